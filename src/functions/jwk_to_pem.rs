//! `provider::pangea::jwk_to_pem`: the public key of a JSON Web Key as PEM.

use pangea_client::Jwk;
use tf_framework::{Function, FunctionError, Model, Path, Value};

use crate::jwk_pem;

/// Writes the public key of a JSON Web Key (JWK) as PEM (`PUBLIC KEY`).
///
/// It takes EC keys of the curves P-256, P-384 and P-521, RSA keys, and OKP keys of the curve Ed25519. Where the key holds its
/// private half too, that is left out. Of the keys of `data.pangea_jwks` the PEM is there already; this is for keys from elsewhere.
#[derive(Clone, Model)]
pub struct JwkToPem {
    /// The key as a JSON object, such as `jsonencode` makes it. Members that its kind of key doesn't need mean nothing.
    #[attr(required)]
    pub jwk: Value<String>,
}

impl Function for JwkToPem {
    const NAME: &'static str = "jwk_to_pem";
    type Return = Value<String>;

    fn call(self) -> Result<Value<String>, FunctionError> {
        let error = |text: String| FunctionError::new(text).at(Path::attribute("jwk"));
        // What the parser says may repeat a part of the text, which may hold a private key.
        let key: Jwk = serde_json::from_str(self.jwk.as_deref().unwrap_or_default()).map_err(|problem| {
            let place = format!("line {} column {}", problem.line(), problem.column());
            let what = match problem.is_data() {
                true => "is not a JSON object whose members `kty`, `crv`, `x`, `y`, `n` and `e` are texts",
                false => "is not JSON",
            };
            error(format!("it {what}: see {place}"))
        })?;
        jwk_pem::pem(&key).map(Value::from).map_err(|reason| error(format!("the key {reason}")))
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(jwk: &str, expected: Expect) {
        let called = JwkToPem { jwk: jwk.into() }.call();
        expected.assert_eq(&called.map_or_else(|error| error.to_string(), |pem| pem.unwrap_or_default()));
    }

    #[test]
    fn the_private_half_of_a_key_is_left_out() {
        check(
            r#"{"kty": "OKP", "crv": "Ed25519", "d": "c2VjcmV0", "x": "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg"}"#,
            expect![[r#"
                -----BEGIN PUBLIC KEY-----
                MCowBQYDK2VwAyEAA6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg=
                -----END PUBLIC KEY-----
            "#]],
        );
    }

    #[test]
    fn what_is_no_key_is_told_at_the_argument_and_not_repeated() {
        check("c2VjcmV0", expect!["jwk: it is not JSON: see line 1 column 1"]);
        check(
            r#"["c2VjcmV0"]"#,
            expect![
                "jwk: it is not a JSON object whose members `kty`, `crv`, `x`, `y`, `n` and `e` are texts: see line 1 column 12"
            ],
        );
        check(
            r#"{"kty": 7}"#,
            expect![
                "jwk: it is not a JSON object whose members `kty`, `crv`, `x`, `y`, `n` and `e` are texts: see line 1 column 9"
            ],
        );
        check(
            r#"{"kty": "EC"}"#,
            expect!["jwk: the key is an EC key whose `crv` is none of `P-256`, `P-384` and `P-521`"],
        );
    }
}
