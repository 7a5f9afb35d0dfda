//! What the OAuth server says of itself, at `authorization.access`.

use std::collections::BTreeSet;

use serde::Deserialize;

use crate::{
    api::Api,
    error::Result,
    lenient,
    request::{Request, Service},
};

/// The calls on the OAuth server that need no login. Made by [`Api::oauth`].
#[derive(Clone, Copy, Debug)]
pub struct OAuth<'a> {
    pub(crate) api: &'a Api,
}

impl OAuth<'_> {
    /// Gets the metadata of the authorization server (RFC 8414). No token is sent.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::Kind::Malformed) where something else answers at the address.
    pub async fn metadata(&self) -> Result<ServerMetadata> {
        self.api.send(metadata()).await
    }
}

/// The metadata of the authorization server. Only the issuer is certain to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct ServerMetadata {
    /// The server's own address.
    pub issuer: String,
    /// Where tokens are asked for.
    pub token_endpoint: Option<String>,
    /// Where tokens are looked up.
    pub introspection_endpoint: Option<String>,
    /// Where tokens are revoked.
    pub revocation_endpoint: Option<String>,
    /// Such as `client_credentials`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub grant_types_supported: BTreeSet<String>,
    /// Such as `token`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub response_types_supported: BTreeSet<String>,
    /// Such as `client_secret_basic`.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub token_endpoint_auth_methods_supported: BTreeSet<String>,
    /// The scopes that the server knows. Pangea's guide shows them; its reference page leaves them out.
    #[serde(default, deserialize_with = "lenient::or_default")]
    pub scopes_supported: BTreeSet<String>,
}

fn metadata() -> Request<ServerMetadata> {
    Request::get(Service::AUTHORIZATION_ACCESS, [".well-known", "oauth-authorization-server"]).with_no_token()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn the_metadata_is_asked_for_without_a_token() {
        expect!["GET authorization.access /.well-known/oauth-authorization-server Rest Freely Nobody"]
            .assert_eq(&metadata().shown());
    }
}
