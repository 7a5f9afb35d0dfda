//! `ephemeral.pangea_access_token`: a token for this run alone.

use std::{
    collections::BTreeSet,
    time::{Duration, SystemTime},
};

use pangea_client::{ExposeSecret, Kind, SecretString};
use tf_framework::{Diagnostics, EphemeralContext, EphemeralResource, Model, Result, Secret, Value, async_trait};

use crate::{
    diagnose::Attempt,
    holder::{self, Holder},
    provider::Pangea,
    resources::scopes,
};

/// An access token for this run alone: minted when Terraform opens it, revoked when nothing in the run needs it any more.
///
/// It is a token of the client that the provider is logged in as; or of another one, whose secret is given (`client_id` and
/// `client_secret`), or as which the provider acts (`impersonate_client_id`).
#[derive(Clone, Model)]
pub struct AccessToken {
    /// Id of the client whose secret is given, `psa_…`.
    #[attr(optional, length(1..=255))]
    pub client_id: Value<String>,
    /// A secret of that client, `pck_…`.
    #[attr(optional, sensitive, length(1..=1024))]
    pub client_secret: Value<Secret>,
    /// How that client authenticates: `client_secret_basic` or `client_secret_post`. Defaults to `client_secret_basic`.
    #[attr(optional, one_of(&["client_secret_basic", "client_secret_post"]))]
    pub token_endpoint_auth_method: Value<String>,
    /// The client to act as, `psa_…`: its secret is found, or made for the run, as the provider's page says. The provider's own default
    /// means nothing here.
    #[attr(optional, length(1..=255))]
    pub impersonate_client_id: Value<String>,
    /// The scopes to ask for. All that the client has by default, also where the provider's `scopes` narrows its own tokens.
    #[attr(optional, each_must(scopes::FORM, scopes::is_scope))]
    pub scopes: Value<BTreeSet<String>>,
    /// The token, `pts_…`.
    #[attr(computed, sensitive)]
    pub access_token: Value<Secret>,
    /// The scopes that it was granted. Null where Pangea doesn't say.
    #[attr(computed)]
    pub granted_scopes: Value<BTreeSet<String>>,
    /// When the token expires (ISO 8601, UTC), by this machine's clock. Null where Pangea doesn't say.
    #[attr(computed)]
    pub expires_at: Value<String>,
}

const ACCESS_TOKEN: &str = "access_token";
const EXPIRES_AT: &str = "expires_at";

/// How long before its end a token is told to be near it.
const NOTICE: Duration = Duration::from_secs(60);

#[async_trait]
impl EphemeralResource<Pangea> for AccessToken {
    const NAME: &'static str = "pangea_access_token";

    fn validate(config: &AccessToken, diagnostics: &mut Diagnostics) {
        config.holder().check(diagnostics);
    }

    async fn open(pangea: &Pangea, config: AccessToken, ctx: &mut EphemeralContext) -> Result<AccessToken> {
        let holder = config.holder().find();
        let attempt = Attempt::new("get", "access token", "").fields(&[("scope", "scopes")]);
        let asked_at = SystemTime::now();
        let minted = holder::tokens(pangea, &holder)?.mint(config.scopes.known()).await;
        let minted = holder::explain(minted, pangea, &holder, &attempt)?;
        holder::remember(&holder, ctx.private());
        ctx.private().set(ACCESS_TOKEN, minted.access_token.expose_secret());
        let end = minted.expires_in.map(Duration::from_secs).and_then(|life| asked_at.checked_add(life));
        let expires_at = end.and_then(|end| jiff::Timestamp::try_from(end).ok()).map(|end| format!("{end:.0}"));
        if let Some(notice) = end.and_then(|end| end.checked_sub(NOTICE)).filter(|notice| *notice > asked_at) {
            ctx.private().set(EXPIRES_AT, expires_at.as_deref().unwrap_or_default());
            ctx.renew_at(notice);
        }
        Ok(AccessToken {
            access_token: Value::Known(Secret::new(minted.access_token.expose_secret())),
            granted_scopes: minted.scopes.into(),
            expires_at: expires_at.into(),
            ..config
        })
    }

    /// A token can't be prolonged, and Terraform takes no other value once one is open. So the person hears of the end before
    /// calls begin to fail.
    async fn renew(_: &Pangea, ctx: &mut EphemeralContext) -> Result<()> {
        let expires_at = ctx.private().text(EXPIRES_AT).to_owned();
        tracing::warn!(expires_at, "an access token of this run is about to expire");
        ctx.warn(
            "An access token of this run is about to expire",
            format!(
                "It expires at {expires_at}, and neither can it be prolonged nor can Terraform take another in its place: calls that \
                 carry it will fail. Give the client tokens that live longer (`client_token_expires_in`)."
            ),
        );
        Ok(())
    }

    async fn close(pangea: &Pangea, ctx: &mut EphemeralContext) -> Result<()> {
        let token = SecretString::from(ctx.private().text(ACCESS_TOKEN));
        let holder = holder::recalled(ctx.private());
        let attempt = Attempt::new("revoke", "access token", "");
        match holder::tokens(pangea, &holder)?.revoke(&token).await {
            // It has expired, or its client is gone, and with it its tokens.
            Err(error) if matches!(error.kind(), Kind::Validation | Kind::InvalidClient) || error.is_actor_gone() => {
                Ok(())
            }
            revoked => holder::explain(revoked, pangea, &holder, &attempt),
        }
    }
}

impl AccessToken {
    fn holder(&self) -> Holder<'_> {
        Holder {
            client_id: &self.client_id,
            client_secret: &self.client_secret,
            token_endpoint_auth_method: &self.token_endpoint_auth_method,
            impersonate_client_id: &self.impersonate_client_id,
        }
    }
}
