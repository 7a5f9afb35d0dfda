//! `ephemeral.pangea_client_secret`: a secret that exists while the run needs it, or one that exists already, read through Vault.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use pangea_client::ExposeSecret;
use tf_framework::{
    Diagnostic, Diagnostics, EphemeralContext, EphemeralResource, Model, Path, Result, Secret, Value, async_trait,
};

use crate::{
    acting::{self, IMPERSONATE},
    diagnose::{Attempt, Explain},
    ids,
    in_vault::InVault,
    provider::Pangea,
};

/// A secret of a client for this run alone: made when Terraform opens it, revoked when nothing in the run needs it any more.
///
/// A plan opens it and closes it, and so does an apply, each time with another value. Where Terraform is killed, nobody closes it, and
/// it expires by itself within `expires_in`, which is pushed on as long as the run lasts.
///
/// With a `client_secret_id` nothing is made: the secret of that id is read through Vault, and stays.
#[derive(Clone, Model)]
pub struct ClientSecret {
    /// Id of the client, `psa_…`.
    #[attr(required, length(1..=255))]
    pub client_id: Value<String>,
    /// Id of the secret, `pce_…`. Set, it is a secret that exists already, and is read through Vault; left out, it is that of the
    /// secret which is made.
    #[attr(optional_computed, length(1..=255))]
    pub client_secret_id: Value<String>,
    /// How many seconds the secret lives where nobody closes it, 60 to 86400. Defaults to 600.
    #[attr(optional, between(60..=86_400))]
    pub expires_in: Value<i64>,
    /// The client (`psa_…`) as which Vault is asked: one of the project whose Vault holds the secret. Defaults to the provider's.
    #[attr(optional, length(1..=255))]
    pub impersonate_client_id: Value<String>,
    /// Domain of that project's services, where it is not the provider's, such as `aws.eu.pangea.cloud`.
    #[attr(optional, length(1..=255))]
    pub domain: Value<String>,
    /// Value of the secret, `pck_…`.
    #[attr(computed, sensitive)]
    pub client_secret: Value<Secret>,
    /// When the secret expires unless it is pushed on (ISO 8601, UTC). Null for one that is read through Vault.
    #[attr(computed)]
    pub expires_at: Value<String>,
}

const MANAGE: &str = "pangea:platform:account:manage";

/// What the operations hand on to each other.
const CLIENT_ID: &str = "client_id";
const CLIENT_SECRET_ID: &str = "client_secret_id";
const EXPIRES_IN: &str = "expires_in";
const EXPIRES_AT: &str = "expires_at";
const MADE_AT: &str = "made_at";

/// Seconds: long enough to miss a renewal, short enough that what a killed run left behind is soon nothing.
const DEFAULT_EXPIRES_IN: i64 = 600;

#[async_trait]
impl EphemeralResource<Pangea> for ClientSecret {
    const NAME: &'static str = "pangea_client_secret";

    fn validate(config: &ClientSecret, diagnostics: &mut Diagnostics) {
        let client = ids::misplaced(&config.client_id, Path::attribute(CLIENT_ID), ids::CLIENT);
        let secret = ids::misplaced(&config.client_secret_id, Path::attribute(CLIENT_SECRET_ID), ids::CLIENT_SECRET);
        client.into_iter().chain(secret).for_each(|problem| diagnostics.push(problem));
        acting::check_actor(&config.impersonate_client_id, diagnostics);
        if !config.client_secret_id.is_null() && !config.expires_in.is_null() {
            let detail = "`expires_in` is of a secret that is made, and with `client_secret_id` none is. Take one of the two away.";
            diagnostics
                .push(Diagnostic::error("Nothing is made that could expire", detail).at(Path::attribute(EXPIRES_IN)));
        }
        let of_vault = [(IMPERSONATE, &config.impersonate_client_id), ("domain", &config.domain)];
        for (attribute, _) in
            of_vault.into_iter().filter(|(_, value)| config.client_secret_id.is_null() && !value.is_null())
        {
            let detail = format!(
                "`{attribute}` says how Vault is asked for a secret that exists already. Without `client_secret_id` a secret is made, \
                 which is the login's own call. Set `client_secret_id`, or take `{attribute}` away."
            );
            diagnostics.push(Diagnostic::error("Vault is not asked", detail).at(Path::attribute(attribute)));
        }
    }

    async fn open(pangea: &Pangea, config: ClientSecret, ctx: &mut EphemeralContext) -> Result<ClientSecret> {
        match config.client_secret_id.known().cloned() {
            Some(client_secret_id) => config.read_in_vault(pangea, &client_secret_id).await,
            None => config.make(pangea, ctx).await,
        }
    }

    async fn renew(pangea: &Pangea, ctx: &mut EphemeralContext) -> Result<()> {
        let private = ctx.private();
        let (client_id, id) = (private.text(CLIENT_ID).to_owned(), private.text(CLIENT_SECRET_ID).to_owned());
        let expires_at = private.text(EXPIRES_AT).to_owned();
        let seconds = number(ctx, EXPIRES_IN).unwrap_or(DEFAULT_EXPIRES_IN);
        let age = Duration::from_secs(now().saturating_sub(number(ctx, MADE_AT).unwrap_or_default()).unsigned_abs());
        let attempt = Attempt::new("prolong", "secret of this run", &id).needing(MANAGE);
        let clients = pangea.api()?.clients();
        let prolonged = clients.prolong_secret(&client_id, &id, Some(&expires_at), seconds, age).await;
        if let Err(error) = &prolonged {
            // Terraform loses what a renewal says.
            tracing::warn!(client_secret_id = id, reason = %error, "a secret of this run was not prolonged");
        }
        if let Some(expires_at) = prolonged.explain(pangea, &attempt)? {
            ctx.private().set(EXPIRES_AT, expires_at);
        }
        ctx.renew_at(renewal(seconds));
        Ok(())
    }

    async fn close(pangea: &Pangea, ctx: &mut EphemeralContext) -> Result<()> {
        let private = ctx.private();
        let (client_id, id) = (private.text(CLIENT_ID).to_owned(), private.text(CLIENT_SECRET_ID).to_owned());
        if id.is_empty() {
            return Ok(());
        }
        let attempt = Attempt::new("revoke", "secret of this run", &id).needing(MANAGE);
        match pangea.api()?.clients().revoke_secret(&client_id, &id).await {
            // With its client, or by somebody.
            Err(error) if error.is_gone() => Ok(()),
            revoked => revoked.explain(pangea, &attempt),
        }
    }
}

impl ClientSecret {
    async fn make(self, pangea: &Pangea, ctx: &mut EphemeralContext) -> Result<ClientSecret> {
        let client_id = self.client_id.clone().unwrap_or_default();
        let seconds = self.expires_in.or(DEFAULT_EXPIRES_IN);
        let attempt = Attempt::new("make a secret for this run of", "client", &client_id)
            .needing(MANAGE)
            .fields(&[("client_secret_expires_in", EXPIRES_IN), ("id", CLIENT_ID)]);
        let made = pangea.api()?.clients().create_run_secret(&client_id, seconds).await.explain(pangea, &attempt)?;
        let private = ctx.private();
        private.set(CLIENT_ID, client_id);
        private.set(CLIENT_SECRET_ID, made.client_secret_id.as_str());
        private.set(EXPIRES_IN, seconds);
        private.set(MADE_AT, now());
        private.set(EXPIRES_AT, made.client_secret_expires_at.as_deref().unwrap_or_default());
        ctx.renew_at(renewal(seconds));
        Ok(ClientSecret {
            client_secret_id: made.client_secret_id.into(),
            client_secret: Value::Known(Secret::new(made.client_secret.expose_secret())),
            expires_at: made.client_secret_expires_at.into(),
            ..self
        })
    }

    async fn read_in_vault(self, pangea: &Pangea, client_secret_id: &str) -> Result<ClientSecret> {
        let secret = InVault {
            client_id: self.client_id.as_deref().unwrap_or_default(),
            client_secret_id,
            actor: pangea.actor_of(&self.impersonate_client_id),
            domain: &self.domain,
        };
        let read = secret.on_item(pangea, "read", async |vault, found| {
            Ok((vault.read_client_secret(found).await?, found.state.clone()))
        });
        let (value, state) = read.await?;
        let value = value.ok_or_else(|| no_value(client_secret_id, state.as_deref().unwrap_or("unknown")))?;
        let client_secret = Value::Known(Secret::new(value.expose_secret()));
        Ok(ClientSecret { client_secret, expires_at: Value::Null, ..self })
    }
}

fn no_value(client_secret_id: &str, state: &str) -> Diagnostic {
    Diagnostic::error(
        "The secret's value is gone",
        format!(
            "Vault holds the secret {client_secret_id}, but no value of it any more (its state is `{state}`), as after a rotation. Name \
             the secret that took its place: `data.pangea_client_secrets` lists those of the client."
        ),
    )
    .at(Path::attribute(CLIENT_SECRET_ID))
}

/// Twice within the secret's life, so that one renewal may fail.
fn renewal(seconds: i64) -> SystemTime {
    SystemTime::now() + Duration::from_secs(seconds.unsigned_abs()) * 2 / 5
}

fn number(ctx: &mut EphemeralContext, key: &str) -> Option<i64> {
    ctx.private().get(key).and_then(serde_json::Value::as_i64)
}

/// Seconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or_default()
}
