//! `action "pangea_token_revoke"`: ends an access token before its time.

use pangea_client::Kind;
use tf_framework::{Action, Diagnostic, Diagnostics, Model, Path, Progress, Result, Secret, Value, async_trait};

use crate::{
    diagnose::Attempt,
    holder::{self, Holder},
    provider::Pangea,
};

/// Revokes an access token, such as one that was shown where it should not have been.
///
/// Only the client that the token belongs to may revoke it: the client that the provider is logged in as; or another one, whose secret is
/// given (`client_id` and `client_secret`), or as which the provider acts (`impersonate_client_id`). Where the token is not good any
/// more, or is another client's, the progress says so and the action succeeds.
#[derive(Clone, Model)]
pub struct TokenRevoke {
    /// The token, `pts_…`.
    #[attr(required, write_only, sensitive, length(1..=4096))]
    pub token: Value<Secret>,
    /// Id of the client whose secret is given, `psa_…`.
    #[attr(optional, length(1..=255))]
    pub client_id: Value<String>,
    /// A secret of that client, `pck_…`.
    #[attr(optional, write_only, sensitive, length(1..=1024))]
    pub client_secret: Value<Secret>,
    /// How that client authenticates: `client_secret_basic` or `client_secret_post`. Defaults to `client_secret_basic`.
    #[attr(optional, one_of(&["client_secret_basic", "client_secret_post"]))]
    pub token_endpoint_auth_method: Value<String>,
    /// The client to act as, `psa_…`. The provider's own default means nothing here.
    #[attr(optional, length(1..=255))]
    pub impersonate_client_id: Value<String>,
}

#[async_trait]
impl Action<Pangea> for TokenRevoke {
    const NAME: &'static str = "pangea_token_revoke";

    fn validate(config: &TokenRevoke, diagnostics: &mut Diagnostics) {
        config.holder().check(diagnostics);
    }

    async fn invoke(pangea: &Pangea, config: TokenRevoke, progress: &mut Progress) -> Result<()> {
        if let Some(missing) = config.missing() {
            return Err(missing.into());
        }
        let holder = config.holder().find();
        let who = holder.to_string();
        let attempt = Attempt::new("revoke", "access token of", &who);
        let token = config.token.known().map_or("", Secret::expose).into();
        match holder::tokens(pangea, &holder)?.revoke(&token).await {
            Err(error) if error.kind() == Kind::Validation => {
                let detail = format!("It has expired, was revoked already, or is not a token of {who}: {error}.");
                progress.warn("Nothing was revoked", detail).await;
            }
            revoked => {
                holder::explain(revoked, pangea, &holder, &attempt)?;
                progress.say(format!("The access token of {who} is revoked.")).await;
            }
        }
        Ok(())
    }
}

impl TokenRevoke {
    /// The error for a value that stands in the configuration and did not come.
    fn missing(&self) -> Option<Diagnostic> {
        let attribute = match () {
            () if !self.token.is_known() => "token",
            () if self.client_id.is_known() && !self.client_secret.is_known() => "client_secret",
            () => return None,
        };
        let detail = format!(
            "`{attribute}` is null: is its variable set? Terraform 1.16 also drops ephemeral values from an action that is run by hand \
             (`-invoke`): give the value through a variable that is `sensitive` and not `ephemeral`. Nothing was revoked."
        );
        Some(Diagnostic::error("The value did not arrive", detail).at(Path::attribute(attribute)))
    }

    fn holder(&self) -> Holder<'_> {
        Holder {
            client_id: &self.client_id,
            client_secret: &self.client_secret,
            token_endpoint_auth_method: &self.token_endpoint_auth_method,
            impersonate_client_id: &self.impersonate_client_id,
        }
    }
}
