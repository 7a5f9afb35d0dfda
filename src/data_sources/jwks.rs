//! `data.pangea_jwks`: the keys that verify the tokens of a project's AuthN service.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use pangea_client::Jwk;
use spki::{
    AlgorithmIdentifierRef, ObjectIdentifier, SubjectPublicKeyInfoRef,
    der::{
        Encode, EncodePem,
        asn1::{AnyRef, BitStringRef, UintRef},
        pem::LineEnding,
    },
};
use tf_framework::{Context, DataSource, Diagnostics, Model, Result, Value, async_trait};

use crate::{
    acting::{self, Place},
    diagnose::Attempt,
    provider::Pangea,
};

/// The public keys that verify the tokens of a project's AuthN service, as a JSON Web Key Set, and each of them as PEM. The
/// token decides which project's keys come back.
#[derive(Clone, Debug, Model)]
pub struct Jwks {
    /// The client (`psa_…`) to read them as: one of the project. Defaults to the provider's.
    #[attr(optional, length(1..=255))]
    pub impersonate_client_id: Value<String>,
    /// Domain of the project's services, where it is not the provider's, such as `aws.eu.pangea.cloud`.
    #[attr(optional, length(1..=255))]
    pub domain: Value<String>,
    /// The keys, in Pangea's order.
    #[attr(computed)]
    pub keys: Value<Vec<Key>>,
    /// The whole key set as JSON, for programs that take a JWKS document.
    #[attr(computed)]
    pub json: Value<String>,
}

/// One key. Which attributes it has depends on its kind; the others are null.
#[derive(Clone, Debug, Model)]
pub struct Key {
    /// Id of the key. Pangea writes the Vault item's id, a bar and its version.
    #[attr(computed)]
    pub kid: Value<String>,
    /// Kind of key: `EC`, `RSA`, `OKP` or another.
    #[attr(computed)]
    pub kty: Value<String>,
    /// Signing algorithm, such as `ES256`.
    #[attr(computed)]
    pub alg: Value<String>,
    /// What the key is for, such as `sig`.
    #[attr(computed)]
    pub r#use: Value<String>,
    /// Curve of an EC or OKP key, such as `P-256`.
    #[attr(computed)]
    pub crv: Value<String>,
    /// X coordinate of an EC key, or the whole of an OKP key (base64url).
    #[attr(computed)]
    pub x: Value<String>,
    /// Y coordinate of an EC key (base64url).
    #[attr(computed)]
    pub y: Value<String>,
    /// Modulus of an RSA key (base64url).
    #[attr(computed)]
    pub n: Value<String>,
    /// Public exponent of an RSA key (base64url).
    #[attr(computed)]
    pub e: Value<String>,
    /// The key as PEM (`PUBLIC KEY`). Null where the kind of key is not known.
    #[attr(computed)]
    pub pem: Value<String>,
}

#[async_trait]
impl DataSource<Pangea> for Jwks {
    const NAME: &'static str = "pangea_jwks";

    fn validate(config: &Jwks, diagnostics: &mut Diagnostics) {
        acting::check_actor(&config.impersonate_client_id, diagnostics);
    }

    async fn read(pangea: &Pangea, config: Jwks, _: &mut Context<Jwks>) -> Result<Jwks> {
        let actor = pangea.actor_of(&config.impersonate_client_id);
        let place = Place { service: "authn", client_id: actor.as_deref(), domain: config.domain.as_deref() };
        let attempt =
            Attempt::new("read", "signing keys (JWKS)", "").at_service(place.service).acting_as(place.client_id);
        let found = async {
            let api = pangea.at(place)?;
            acting::sorted(api.authn().jwks().await, pangea, place, &attempt)
        };
        let found = found.await.map_err(|unreached| unreached.into_lookup_error(place))?;
        let keys: Vec<Key> = found.keys.into_iter().map(Key::from).collect();
        Ok(Jwks { keys: keys.into(), json: found.document.into(), ..config })
    }
}

impl From<Jwk> for Key {
    fn from(key: Jwk) -> Key {
        Key {
            pem: pem(&key).into(),
            kid: key.kid.into(),
            kty: key.kty.into(),
            alg: key.alg.into(),
            r#use: key.r#use.into(),
            crv: key.crv.into(),
            x: key.x.into(),
            y: key.y.into(),
            n: key.n.into(),
            e: key.e.into(),
        }
    }
}

/// RFC 3279 section 2.3.1.
const RSA_ENCRYPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
/// RFC 5480 section 2.1.1.
const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
/// RFC 8410 section 3.
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// The curves of RFC 7518 section 6.2.1.1: name, identifier (RFC 5480 section 2.1.1.1), and bytes of a coordinate.
const CURVES: [(&str, ObjectIdentifier, usize); 3] = [
    ("P-256", ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7"), 32),
    ("P-384", ObjectIdentifier::new_unwrap("1.3.132.0.34"), 48),
    ("P-521", ObjectIdentifier::new_unwrap("1.3.132.0.35"), 66),
];

/// An uncompressed point begins with this byte (SEC 1 section 2.3.3).
const UNCOMPRESSED: u8 = 4;

/// Bytes of an Ed25519 key (RFC 8032 section 5.1.5).
const ED25519_BYTES: usize = 32;

/// The key as a SubjectPublicKeyInfo in PEM; `None` for a key of an unknown kind, or one whose parts are no such key.
fn pem(key: &Jwk) -> Option<String> {
    match (key.kty.as_deref()?, key.crv.as_deref()) {
        ("EC", Some(curve)) => {
            let (_, curve, length) = CURVES.iter().find(|(name, ..)| *name == curve)?;
            let (x, y) = (decode(&key.x)?, decode(&key.y)?);
            let whole = x.len() == *length && y.len() == *length;
            let point = [&[UNCOMPRESSED], x.as_slice(), y.as_slice()].concat();
            whole.then(|| public_key(EC_PUBLIC_KEY, Some(curve.into()), &point)).flatten()
        }
        ("RSA", _) => {
            let (modulus, exponent) = (decode(&key.n)?, decode(&key.e)?);
            let numbers = [UintRef::new(&modulus).ok()?, UintRef::new(&exponent).ok()?];
            public_key(RSA_ENCRYPTION, Some(AnyRef::NULL), &numbers.to_der().ok()?)
        }
        ("OKP", Some("Ed25519")) => {
            let key = decode(&key.x).filter(|key| key.len() == ED25519_BYTES)?;
            public_key(ED25519, None, &key)
        }
        _ => None,
    }
}

fn decode(part: &Option<String>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part.as_deref()?).ok().filter(|bytes| !bytes.is_empty())
}

fn public_key(oid: ObjectIdentifier, parameters: Option<AnyRef<'_>>, key: &[u8]) -> Option<String> {
    let subject_public_key = BitStringRef::from_bytes(key).ok()?;
    let algorithm = AlgorithmIdentifierRef { oid, parameters };
    SubjectPublicKeyInfoRef { algorithm, subject_public_key }.to_pem(LineEnding::LF).ok()
}

#[cfg(test)]
mod tests;
