//! `provider::pangea::basic_auth`: the credential with which a client authenticates at the token endpoint.

use base64::{Engine, engine::general_purpose::STANDARD};
use tf_framework::{Function, FunctionError, Model, Path, Secret, Value};

/// Makes the credential of HTTP Basic authentication for a client and its secret.
///
/// It is what Pangea's guides put into `PANGEA_BASIC_AUTHENTICATION_CREDENTIAL`, and follows the word `Basic` in the header
/// `Authorization` of a request to the token, introspection or revocation endpoint. It is as secret as the secret itself: where
/// that is sensitive or ephemeral, so is the result.
#[derive(Clone, Model)]
pub struct BasicAuth {
    /// Id of the client, `psa_…`.
    #[attr(required)]
    pub client_id: Value<String>,
    /// Value of one of its secrets, `pck_…`.
    #[attr(required)]
    pub client_secret: Value<Secret>,
}

impl Function for BasicAuth {
    const NAME: &'static str = "basic_auth";
    type Return = Value<Secret>;

    fn call(self) -> Result<Value<Secret>, FunctionError> {
        let client_id = self.client_id.unwrap_or_default();
        let client_secret = self.client_secret.known().map_or("", Secret::expose);
        let error = |text: &str, argument: &str| Err(FunctionError::new(text).at(Path::attribute(argument)));
        if client_id.is_empty() {
            return error("it is empty, and must be the id of a client, `psa_…`", "client_id");
        }
        if client_id.contains(':') {
            return error("it holds a colon, which ends the id in such a credential (RFC 7617)", "client_id");
        }
        if client_secret.is_empty() {
            return error("it is empty, and must be the value of a secret, `pck_…`", "client_secret");
        }
        if [client_id.as_str(), client_secret].iter().any(|text| text.chars().any(char::is_control)) {
            return error(
                "it or `client_id` holds a control character, such as a line break at its end",
                "client_secret",
            );
        }
        Ok(Value::Known(Secret::new(STANDARD.encode(format!("{client_id}:{client_secret}")))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(client_id: &str, client_secret: &str) -> Result<String, String> {
        let arguments =
            BasicAuth { client_id: client_id.into(), client_secret: Value::Known(Secret::new(client_secret)) };
        match arguments.call() {
            Ok(credential) => Ok(credential.known().map_or("", Secret::expose).to_owned()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn the_credential_is_that_of_the_guides() {
        // echo -n psa_a:pck_b | base64
        assert_eq!(call("psa_a", "pck_b").as_deref(), Ok("cHNhX2E6cGNrX2I="));
    }

    #[test]
    fn what_no_server_could_read_is_an_error_at_its_argument() {
        let cases = [("", "pck_b", "client_id"), ("psa:a", "pck_b", "client_id"), ("psa_a", "", "client_secret")];
        for (client_id, client_secret, argument) in cases.into_iter().chain([("psa_a", "pck_b\n", "client_secret")]) {
            let error = call(client_id, client_secret).unwrap_err();
            assert!(error.starts_with(&format!("{argument}: ")) && !error.contains("pck_b"), "{error}");
        }
    }
}
