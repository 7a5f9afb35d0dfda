//! AuthN's signing keys, at `authn`.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    api::Api,
    error::Result,
    request::{Decode, Request, Service},
};

/// The calls on AuthN. Made by [`Api::authn`]. They carry AuthN's own token where one is configured, else the login's.
#[derive(Clone, Copy, Debug)]
pub struct Authn<'a> {
    pub(crate) api: &'a Api,
}

impl Authn<'_> {
    /// Gets the public keys with which AuthN's tokens can be verified.
    ///
    /// # Errors
    /// [`Kind::ServiceNotEnabled`](crate::Kind::ServiceNotEnabled) where AuthN is not enabled in the token's project.
    pub async fn jwks(&self) -> Result<Jwks> {
        self.api.send(jwks()).await
    }
}

/// A set of keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jwks {
    /// The keys, in the order of the service.
    pub keys: Vec<Jwk>,
    /// The whole set as a JSON document, members in alphabetical order.
    pub document: String,
}

/// One key. Which fields are there depends on `kty`; those that are not listed here stand in `document`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Jwk {
    /// Type of the key: `EC`, `RSA`, `OKP`.
    pub kty: Option<String>,
    /// Id of the key; on the real service a Vault item's id, `|`, and its version.
    pub kid: Option<String>,
    /// Algorithm, such as `ES256`.
    pub alg: Option<String>,
    /// What the key is for, such as `sig`.
    pub r#use: Option<String>,
    /// Curve, such as `P-256`.
    pub crv: Option<String>,
    /// First coordinate, base64url.
    pub x: Option<String>,
    /// Second coordinate, base64url.
    pub y: Option<String>,
    /// RSA modulus, base64url.
    pub n: Option<String>,
    /// RSA exponent, base64url.
    pub e: Option<String>,
    /// The whole key as a JSON document, members in alphabetical order.
    #[serde(skip)]
    pub document: String,
}

/// The body is an empty object: the schema allows no member.
fn jwks() -> Request<Jwks> {
    Request::<Value>::call(Service::AUTHN, ["v2", "client", "jwks"], json!({}))
        .decoding(Decode::Json(set))
        .with_service_token()
}

fn set(answer: Value) -> serde_json::Result<Jwks> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<Value>,
    }

    let document = answer.to_string();
    let Set { keys } = serde_json::from_value(answer)?;
    let keys = keys.into_iter().map(|key| {
        let document = key.to_string();
        Ok(Jwk { document, ..serde_json::from_value(key)? })
    });
    Ok(Jwks { keys: keys.collect::<serde_json::Result<_>>()?, document })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn the_keys_are_asked_for_with_an_empty_object_as_the_service() {
        expect![[r#"
            POST authn /v2/client/jwks Envelope Freely Service
              {}"#]]
        .assert_eq(&jwks().shown());
    }
}
