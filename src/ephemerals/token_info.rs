//! `ephemeral.pangea_token_info`: what is known of a token.

use std::collections::BTreeSet;

use tf_framework::{Diagnostics, EphemeralContext, EphemeralResource, Model, Result, Secret, Value, async_trait};

use crate::{
    diagnose::Attempt,
    holder::{self, Holder},
    provider::Pangea,
};

/// What Pangea knows of an access token (OAuth's introspection, RFC 7662): whether it is good, whose it is, and what it may do.
///
/// Pangea tells a client only of its own tokens. Any other, and one that is unknown, expired or revoked, is not `active`, and nothing
/// more is said of it. Asked is as the client that the provider is logged in as; or as another one, whose secret is given (`client_id` and
/// `client_secret`), or as which the provider acts (`impersonate_client_id`).
#[derive(Clone, Model)]
pub struct TokenInfo {
    /// The token, `pts_…`.
    #[attr(required, sensitive, length(1..=4096))]
    pub token: Value<Secret>,
    /// Id of the client whose secret is given, `psa_…`.
    #[attr(optional, length(1..=255))]
    pub client_id: Value<String>,
    /// A secret of that client, `pck_…`.
    #[attr(optional, sensitive, length(1..=1024))]
    pub client_secret: Value<Secret>,
    /// How that client authenticates: `client_secret_basic` or `client_secret_post`. Defaults to `client_secret_basic`.
    #[attr(optional, one_of(&["client_secret_basic", "client_secret_post"]))]
    pub token_endpoint_auth_method: Value<String>,
    /// The client to act as, `psa_…`. The provider's own default means nothing here.
    #[attr(optional, length(1..=255))]
    pub impersonate_client_id: Value<String>,
    /// Whether the token is good, and a token of that client.
    #[attr(computed)]
    pub active: Value<bool>,
    /// Id of the token, `pmt_…`.
    #[attr(computed)]
    pub token_id: Value<String>,
    /// Name of the client.
    #[attr(computed)]
    pub username: Value<String>,
    /// Id of the user who owns the client, `pui_…`.
    #[attr(computed)]
    pub subject: Value<String>,
    /// Address of the authorization server.
    #[attr(computed)]
    pub issuer: Value<String>,
    /// The scopes of the token; empty for one that is not active.
    #[attr(computed)]
    pub scopes: Value<BTreeSet<String>>,
    /// When the token was issued (ISO 8601, UTC).
    #[attr(computed)]
    pub issued_at: Value<String>,
    /// From when on it is good (ISO 8601, UTC).
    #[attr(computed)]
    pub not_before: Value<String>,
    /// When it expires (ISO 8601, UTC).
    #[attr(computed)]
    pub expires_at: Value<String>,
}

#[async_trait]
impl EphemeralResource<Pangea> for TokenInfo {
    const NAME: &'static str = "pangea_token_info";

    fn validate(config: &TokenInfo, diagnostics: &mut Diagnostics) {
        config.holder().check(diagnostics);
    }

    async fn open(pangea: &Pangea, config: TokenInfo, _: &mut EphemeralContext) -> Result<TokenInfo> {
        let holder = config.holder().find();
        let attempt = Attempt::new("look up", "access token", "");
        let token = config.token.known().map_or("", Secret::expose).into();
        let found = holder::tokens(pangea, &holder)?.introspect(&token).await;
        let found = holder::explain(found, pangea, &holder, &attempt)?;
        Ok(TokenInfo {
            active: found.active.into(),
            token_id: found.jti.into(),
            username: found.username.into(),
            subject: found.sub.into(),
            issuer: found.iss.into(),
            scopes: found.scopes.into(),
            issued_at: time(found.iat),
            not_before: time(found.nbf),
            expires_at: time(found.exp),
            ..config
        })
    }
}

impl TokenInfo {
    fn holder(&self) -> Holder<'_> {
        Holder {
            client_id: &self.client_id,
            client_secret: &self.client_secret,
            token_endpoint_auth_method: &self.token_endpoint_auth_method,
            impersonate_client_id: &self.impersonate_client_id,
        }
    }
}

fn time(seconds: Option<i64>) -> Value<String> {
    let time = seconds.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    time.map(|time| time.to_string()).into()
}
