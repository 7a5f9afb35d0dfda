//! JSON Web Keys as PEM: the public key of an EC, RSA or OKP key, as a SubjectPublicKeyInfo.

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

/// The public key as PEM.
///
/// # Errors
/// Why it can't be: the end of a sentence about the key, which repeats none of the key's values, since they may be secret.
pub fn pem(key: &Jwk) -> Result<String, String> {
    match (key.kty.as_deref(), key.crv.as_deref()) {
        (None, _) => Err("has no `kty`, which says what kind of key it is".to_owned()),
        (Some("EC"), curve) => ec(key, curve),
        (Some("RSA"), _) => rsa(key),
        (Some("OKP"), Some("Ed25519")) => ed25519(key),
        (Some("OKP"), _) => Err("is an OKP key of another curve than `Ed25519`".to_owned()),
        (Some("oct"), _) => Err("is a symmetric key (`kty` is `oct`), which has no public half".to_owned()),
        (Some(_), _) => Err("is of a kind that is not known here: `kty` is none of `EC`, `RSA` and `OKP`".to_owned()),
    }
}

fn ec(key: &Jwk, curve: Option<&str>) -> Result<String, String> {
    let known = CURVES.iter().find(|(name, ..)| curve == Some(name));
    let Some((name, curve, length)) = known else {
        return Err("is an EC key whose `crv` is none of `P-256`, `P-384` and `P-521`".to_owned());
    };
    let (x, y) = (part("x", &key.x)?, part("y", &key.y)?);
    if x.len() != *length || y.len() != *length {
        return Err(format!("is a {name} key whose `x` and `y` are not {length} bytes each"));
    }
    public_key(EC_PUBLIC_KEY, Some(curve.into()), &[&[UNCOMPRESSED], x.as_slice(), y.as_slice()].concat())
}

fn rsa(key: &Jwk) -> Result<String, String> {
    let (modulus, exponent) = (part("n", &key.n)?, part("e", &key.e)?);
    let numbers = UintRef::new(&modulus).and_then(|modulus| [modulus, UintRef::new(&exponent)?].to_der());
    public_key(RSA_ENCRYPTION, Some(AnyRef::NULL), &numbers.map_err(too_long)?)
}

fn ed25519(key: &Jwk) -> Result<String, String> {
    let point = part("x", &key.x)?;
    if point.len() != ED25519_BYTES {
        return Err(format!("is an Ed25519 key whose `x` is not {ED25519_BYTES} bytes"));
    }
    public_key(ED25519, None, &point)
}

fn part(name: &str, text: &Option<String>) -> Result<Vec<u8>, String> {
    let text = text.as_deref().filter(|text| !text.is_empty());
    let text = text.ok_or_else(|| format!("has no `{name}`, which its kind of key must have"))?;
    URL_SAFE_NO_PAD.decode(text).map_err(|_| format!("has a member `{name}` that is not base64url without padding"))
}

fn public_key(oid: ObjectIdentifier, parameters: Option<AnyRef<'_>>, key: &[u8]) -> Result<String, String> {
    let written = BitStringRef::from_bytes(key).and_then(|subject_public_key| {
        let algorithm = AlgorithmIdentifierRef { oid, parameters };
        SubjectPublicKeyInfoRef { algorithm, subject_public_key }.to_pem(LineEnding::LF)
    });
    written.map_err(too_long)
}

/// The only thing that can go wrong in writing bytes down.
fn too_long(_: spki::der::Error) -> String {
    "is longer than any key".to_owned()
}

#[cfg(test)]
mod tests;
