//! `data.pangea_jwks`: the keys that verify the tokens of a project's AuthN service.

use pangea_client::Jwk;
use tf_framework::{Context, DataSource, Diagnostics, Model, Result, Value, async_trait};

use crate::{
    acting::{self, Place},
    diagnose::Attempt,
    jwk_pem,
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
            pem: jwk_pem::pem(&key).ok().into(),
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
