//! `data.pangea_oauth_server`: what Pangea's authorization server says of itself.

use std::collections::BTreeSet;

use tf_framework::{Context, DataSource, Model, Result, Value, async_trait};

use crate::{
    diagnose::{Attempt, Explain},
    provider::Pangea,
};

/// The metadata of Pangea's OAuth authorization server: its addresses, and the scopes that it knows. No login is needed.
#[derive(Clone, Debug, Model)]
pub struct OauthServer {
    /// The server's own address.
    #[attr(computed)]
    pub issuer: Value<String>,
    /// Where tokens are asked for.
    #[attr(computed)]
    pub token_endpoint: Value<String>,
    /// Where tokens are looked up.
    #[attr(computed)]
    pub introspection_endpoint: Value<String>,
    /// Where tokens are revoked.
    #[attr(computed)]
    pub revocation_endpoint: Value<String>,
    /// Grant types, such as `client_credentials`.
    #[attr(computed)]
    pub grant_types_supported: Value<BTreeSet<String>>,
    /// Response types, such as `token`.
    #[attr(computed)]
    pub response_types_supported: Value<BTreeSet<String>>,
    /// Ways to authenticate at the token endpoint, such as `client_secret_basic`.
    #[attr(computed)]
    pub token_endpoint_auth_methods_supported: Value<BTreeSet<String>>,
    /// Scopes that the server knows.
    #[attr(computed)]
    pub scopes_supported: Value<BTreeSet<String>>,
}

#[async_trait]
impl DataSource<Pangea> for OauthServer {
    const NAME: &'static str = "pangea_oauth_server";

    async fn read(pangea: &Pangea, _: OauthServer, _: &mut Context<OauthServer>) -> Result<OauthServer> {
        let attempt = Attempt::new("read", "metadata of the OAuth server", "");
        let found = pangea.open_api()?.oauth().metadata().await.explain(pangea, &attempt)?;
        Ok(OauthServer {
            issuer: found.issuer.into(),
            token_endpoint: found.token_endpoint.into(),
            introspection_endpoint: found.introspection_endpoint.into(),
            revocation_endpoint: found.revocation_endpoint.into(),
            grant_types_supported: found.grant_types_supported.into(),
            response_types_supported: found.response_types_supported.into(),
            token_endpoint_auth_methods_supported: found.token_endpoint_auth_methods_supported.into(),
            scopes_supported: found.scopes_supported.into(),
        })
    }
}
