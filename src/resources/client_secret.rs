//! `pangea_client_secret`: a further secret of a client.
//!
//! Pangea shows a secret's value once, in the answer to its making. It goes to the state as it is, or encrypted to an age
//! recipient; what is encrypted can be read by nobody here any more.

mod id;
mod seal;

use pangea_client::{CreatedSecret, ExposeSecret, NewSecret, SecretMetadata, SecretUpdate};
use tf_framework::{
    Context, Diagnostic, Diagnostics, GenerateConfig, Identified, Model, Path, Plan, Resource, Result, Secret,
    Timeouts, Value, async_trait,
};

use crate::{
    diagnose::{Attempt, Explain},
    gone, ids,
    imported::{self, IMPORTED, is_imported},
    plan_help::{self, Calls},
    provider::Pangea,
    resources::{
        OPERATION_LIMIT,
        expiry::{self, Expiring},
        oauth_client::check_name,
    },
};

/// A further secret of an OAuth client, beside the one that came with it. Any number of them open the client at once, so that
/// one can take another's place while both are good.
#[derive(Clone, Default, Model)]
pub struct ClientSecret {
    /// Id of the secret, `pce_…`.
    #[attr(computed, keep_when_unknown)]
    pub id: Value<String>,
    /// The same id, under the API's name.
    #[attr(computed, keep_when_unknown)]
    pub client_secret_id: Value<String>,
    /// Id of the client, `psa_…`. Another client replaces the secret.
    #[attr(required, replace_on_change, length(1..=255))]
    pub client_id: Value<String>,
    /// Name of the secret. Pangea's default is the client's name and ` Secret`. It may not end in ` #2` or a higher number, as the names do
    /// that a rotation in place gives.
    #[attr(optional_computed, keep_when_unknown, length(1..=255))]
    pub name: Value<String>,
    /// Description of the secret.
    #[attr(optional_computed, keep_when_unknown)]
    pub description: Value<String>,
    /// Lifetime in seconds, from the moment it is set. Pangea's default is one year. Another value gives the secret a new expiry,
    /// not a new value; taken away, the expiry stays as it is.
    #[attr(optional, at_least(1))]
    pub expires_in: Value<i64>,
    /// An age recipient, `age1…`, to whom the value is encrypted. The state then holds only the ciphertext, which the recipient's
    /// identity alone decrypts. Another recipient, or none, replaces a secret that is encrypted already.
    #[attr(optional)]
    pub encrypt_to: Value<String>,
    /// Value of the secret, `pck_…`. Null with `encrypt_to`, and after an import, since Pangea shows it once.
    #[attr(computed, sensitive, keep_when_unknown)]
    pub client_secret: Value<Secret>,
    /// The value, encrypted to `encrypt_to` and armored: `age --decrypt` reads it.
    #[attr(computed, keep_when_unknown)]
    pub encrypted_client_secret: Value<String>,
    /// When the secret expires (ISO 8601, UTC).
    #[attr(computed, keep_when_unknown)]
    pub expires_at: Value<String>,
    /// How long each operation may take: all its calls to Pangea and the waits between them. Default 20 minutes each.
    #[attr(optional)]
    pub timeouts: Value<Timeouts>,
}

/// What a call is about, in messages.
const WHAT: &str = "client secret";

/// The scopes that the calls need.
const READ: &str = "pangea:platform:account:read";
const MANAGE: &str = "pangea:platform:account:manage";

/// What its changes come to. A value that the state holds is encrypted without a call.
const CALLS: Calls = Calls { what: WHAT, scope: MANAGE, own: &["encrypt_to", "encrypted_client_secret"] };

/// The API's fields and the attributes that they come from.
const FIELDS: &[(&str, &str)] = &[
    ("client_secret_name", "name"),
    ("client_secret_description", "description"),
    ("client_secret_expires_in", "expires_in"),
];

#[async_trait]
impl Resource<Pangea> for ClientSecret {
    const NAME: &'static str = "pangea_client_secret";

    fn validate(config: &ClientSecret, diagnostics: &mut Diagnostics) {
        let misplaced = ids::misplaced(&config.client_id, Path::attribute("client_id"), ids::CLIENT);
        let no_recipient = config.encrypt_to.as_deref().and_then(seal::check);
        let of_a_rotation = check_name(&config.name, "name");
        misplaced.into_iter().chain(no_recipient).chain(of_a_rotation).for_each(|problem| diagnostics.push(problem));
    }

    fn modify_plan(_: Option<&Pangea>, plan: &mut Plan<ClientSecret>) {
        // A plan that can't be read has its errors from validation already.
        let Ok(Some(planned)) = plan.planned() else { return };
        match plan.prior().cloned() {
            None => plan_new_value(plan, &planned),
            Some(prior) => {
                plan_value(plan, &prior, &planned);
                plan_expiry(plan, &prior, &planned);
            }
        }
    }

    async fn review_plan(pangea: &Pangea, plan: &Plan<ClientSecret>) -> Diagnostics {
        plan_help::review(pangea, plan, &CALLS).await
    }

    async fn create(pangea: &Pangea, plan: ClientSecret, ctx: &mut Context<ClientSecret>) -> Result<ClientSecret> {
        let pangea = &pangea.within(plan.timeouts.create(OPERATION_LIMIT));
        let client_id = plan.client_id.as_deref().unwrap_or_default();
        // Nothing is made before it is certain that its value can be kept.
        plan.check_recipient()?;
        let new = NewSecret {
            client_secret_name: plan.name.known().cloned(),
            client_secret_description: plan.description.known().cloned(),
            client_secret_expires_in: plan.expires_in.known().copied(),
        };
        let attempt = Attempt::new("create", "secret of the client", client_id).needing(MANAGE).fields(FIELDS);
        let created = pangea.api()?.clients().create_secret(client_id, &new).await.explain(pangea, &attempt)?;
        gone::note_sighting(pangea, ctx);
        // Known by its id before its value is encrypted: where that fails, the secret is not lost sight of.
        let id = Value::from(created.client_secret_id.as_str());
        ctx.save(ClientSecret { id: id.clone(), client_secret_id: id, ..plan.clone() });
        plan.with_created(created)
    }

    async fn read(
        pangea: &Pangea,
        state: ClientSecret,
        ctx: &mut Context<ClientSecret>,
    ) -> Result<Option<ClientSecret>> {
        let pangea = &pangea.within(state.timeouts.read(OPERATION_LIMIT));
        let id = ids::of_state(&state.id, WHAT)?.to_owned();
        let client_id = state.client_id.as_deref().unwrap_or_default();
        let attempt = Attempt::new("read", WHAT, &id).needing(READ);
        // Terraform itself says that there was nothing to import.
        let is_import = ctx.private().is_set(IMPORTED) && state.name.is_null() && state.expires_at.is_null();
        let secrets = match pangea.api()?.clients().secrets(client_id).await {
            Err(error) if error.is_gone() => {
                if !is_import {
                    pangea.confirm_gone(WHAT, &id, ctx).await?;
                }
                return Ok(None);
            }
            result => result.explain(pangea, &attempt)?,
        };
        let Some(found) = secrets.into_iter().find(|secret| secret.client_secret_id == id) else {
            if !is_import {
                gone::warn(WHAT, &id, ctx);
            }
            return Ok(None);
        };
        imported::keep(ctx.private());
        gone::note_sighting(pangea, ctx);
        let state = state.with_metadata(found);
        if let Some(warning) = state.expiring().and_then(|secret| expiry::warning(&secret, jiff::Timestamp::now())) {
            ctx.warn(warning.summary, warning.detail);
        }
        Ok(Some(state))
    }

    async fn update(
        pangea: &Pangea,
        prior: ClientSecret,
        plan: ClientSecret,
        ctx: &mut Context<ClientSecret>,
    ) -> Result<ClientSecret> {
        let pangea = &pangea.within(plan.timeouts.update(OPERATION_LIMIT));
        plan.check_recipient()?;
        let mut state = prior.clone();
        change_settings(pangea, &prior, &plan, &mut state, ctx).await?;
        if let (Some(recipient), Some(secret)) = (plan.encrypt_to.as_deref(), prior.client_secret.known()) {
            state.encrypted_client_secret = seal::seal(recipient, secret.expose())?.into();
            state.client_secret = Value::Null;
        }
        ctx.private().remove(IMPORTED);
        gone::note_sighting(pangea, ctx);
        Ok(plan.filled_from(state))
    }

    async fn delete(pangea: &Pangea, state: ClientSecret, ctx: &mut Context<ClientSecret>) -> Result<()> {
        let pangea = &pangea.within(state.timeouts.delete(OPERATION_LIMIT));
        let id = ids::of_state(&state.id, WHAT)?;
        let client_id = state.client_id.as_deref().unwrap_or_default();
        let attempt = Attempt::new("revoke", WHAT, id).needing(MANAGE);
        match pangea.api()?.clients().revoke_secret(client_id, id).await {
            Err(error) if error.is_gone() => gone::confirm_noted(pangea, WHAT, id, ctx).await,
            result => result.explain(pangea, &attempt),
        }
    }

    async fn import(_: &Pangea, id: &str, ctx: &mut Context<ClientSecret>) -> Result<ClientSecret> {
        let (client_id, client_secret_id) = id::parse(id)?;
        ctx.private().set(IMPORTED, true);
        Ok(ClientSecret {
            id: client_secret_id.into(),
            client_secret_id: client_secret_id.into(),
            client_id: client_id.into(),
            ..ClientSecret::default()
        })
    }
}

/// What tells a secret from all others.
#[derive(Clone, Model)]
pub struct ClientSecretIdentity {
    /// Id of the client, `psa_…`.
    #[attr(required)]
    pub client_id: Value<String>,
    /// Id of the secret, `pce_…`.
    #[attr(required)]
    pub client_secret_id: Value<String>,
}

#[async_trait]
impl Identified<Pangea> for ClientSecret {
    type Identity = ClientSecretIdentity;

    fn identity(&self) -> Option<ClientSecretIdentity> {
        let is_whole = self.client_id.is_known() && self.id.is_known();
        is_whole.then(|| ClientSecretIdentity { client_id: self.client_id.clone(), client_secret_id: self.id.clone() })
    }

    async fn import_by_identity(
        pangea: &Pangea,
        identity: ClientSecretIdentity,
        ctx: &mut Context<ClientSecret>,
    ) -> Result<ClientSecret> {
        let part = |value: Value<String>| value.into_known().unwrap_or_default();
        let id = format!("{}/{}", part(identity.client_id), part(identity.client_secret_id));
        ClientSecret::import(pangea, &id, ctx).await
    }
}

impl GenerateConfig<Pangea> for ClientSecret {
    /// A name that is refused is left out, and stays what it is on Pangea.
    fn generate_config(state: &ClientSecret, config: &mut ClientSecret, _: &mut Diagnostics) {
        if check_name(&state.name, "name").is_some() {
            config.name = Value::Null;
        }
    }
}

/// Plans the value of a secret that is to be made: as it is, or encrypted.
fn plan_new_value(plan: &mut Plan<ClientSecret>, planned: &ClientSecret) {
    match planned.encrypt_to {
        Value::Known(_) => plan.set("client_secret", Value::<Secret>::Null),
        Value::Null => plan.set("encrypted_client_secret", Value::<String>::Null),
        Value::Unknown => {}
    }
}

/// Plans what a changed recipient means for a secret that is there.
fn plan_value(plan: &mut Plan<ClientSecret>, prior: &ClientSecret, planned: &ClientSecret) {
    if prior.encrypt_to == planned.encrypt_to {
        return;
    }
    if prior.encrypted_client_secret.is_known() {
        // Nobody here can decrypt it, so only a new secret can be read by another recipient, or by none.
        plan.replace("encrypt_to");
        return;
    }
    let place = Path::attribute("encrypt_to");
    match (prior.client_secret.known(), &planned.encrypt_to) {
        (Some(_), Value::Known(_)) => {
            plan.set("client_secret", Value::<Secret>::Null);
            plan.set_unknown("encrypted_client_secret");
            plan.diagnostics().warn_at(
                place,
                "Older copies of the state hold the secret",
                "From now on the state holds the value encrypted. Copies of the state that were made before still hold it in \
                 clear: to be safe from those, replace the secret with `-replace=ADDRESS`.",
            );
        }
        (Some(_), Value::Unknown) => {
            plan.set_unknown("client_secret");
            plan.set_unknown("encrypted_client_secret");
        }
        (None, Value::Known(_)) => plan.diagnostics().warn_at(
            place,
            "There is no value to encrypt",
            "The value of an imported secret is not known, so `encrypt_to` is written down and encrypts nothing. Replace the \
             secret with `-replace=ADDRESS` for one whose value is kept.",
        ),
        _ => {}
    }
}

/// Another lifetime moves the expiry. One that is left out from now on moves nothing.
fn plan_expiry(plan: &mut Plan<ClientSecret>, prior: &ClientSecret, planned: &ClientSecret) {
    let records_only = is_imported(plan.private()) && prior.expires_in.is_null();
    if !records_only && !planned.expires_in.is_null() && prior.expires_in != planned.expires_in {
        plan.set_unknown("expires_at");
    }
}

/// Changes name, description and expiry in one call, if any of them is to change.
async fn change_settings(
    pangea: &Pangea,
    prior: &ClientSecret,
    plan: &ClientSecret,
    state: &mut ClientSecret,
    ctx: &mut Context<ClientSecret>,
) -> Result<()> {
    let text = |new: &Value<String>, old: &Value<String>| new.known().filter(|_| new != old).cloned();
    // An import doesn't know the lifetime that the secret was made with, so writing it down must not push the expiry on.
    let records_only = is_imported(ctx.private()) && prior.expires_in.is_null();
    let update = SecretUpdate {
        client_secret_name: text(&plan.name, &prior.name),
        client_secret_description: text(&plan.description, &prior.description),
        client_secret_expires_in: (plan.expires_in.known().copied())
            .filter(|_| !records_only && plan.expires_in != prior.expires_in),
    };
    if update == SecretUpdate::default() {
        return Ok(());
    }
    let id = ids::of_state(&prior.id, WHAT)?;
    let client_id = prior.client_id.as_deref().unwrap_or_default();
    let attempt = Attempt::new("update", WHAT, id).needing(MANAGE).fields(FIELDS);
    let updated = match pangea.api()?.clients().update_secret(client_id, id, &update).await {
        Err(error) if error.is_gone() => return Err(no_longer_there(client_id, id).into()),
        result => result.explain(pangea, &attempt)?,
    };
    state.name = plan.name.clone();
    state.description = plan.description.clone();
    state.expires_in = plan.expires_in;
    state.expires_at = updated.client_secret_expires_at.map_or(prior.expires_at.clone(), Value::Known);
    ctx.save(state.clone());
    Ok(())
}

fn no_longer_there(client_id: &str, id: &str) -> Diagnostic {
    Diagnostic::error(
        "The client secret no longer exists",
        format!(
            "The secret {id} of client {client_id} was revoked outside of Terraform after it was read. Run `terraform plan` again: \
             it plans to make a new one."
        ),
    )
}

impl ClientSecret {
    fn expiring(&self) -> Option<Expiring<'_>> {
        Some(Expiring {
            id: self.id.as_deref()?,
            expires_at: self.expires_at.as_deref()?,
            expires_in: self.expires_in.known().copied(),
            advice: "Put another in its place with `-replace=ADDRESS` and `create_before_destroy`, or, before its end, give it another \
                     `expires_in`.",
        })
    }

    fn check_recipient(&self) -> Result<()> {
        self.encrypt_to.as_deref().and_then(seal::check).map_or(Ok(()), |problem| Err(problem.into()))
    }

    /// The state right after the secret was made: what was planned, and what the service added.
    fn with_created(self, created: CreatedSecret) -> Result<ClientSecret> {
        let value = created.client_secret.expose_secret();
        let (plain, sealed) = match self.encrypt_to.as_deref() {
            Some(recipient) => (Value::Null, Value::Known(seal::seal(recipient, value)?)),
            None => (Value::Known(Secret::new(value)), Value::Null),
        };
        let made = ClientSecret {
            id: created.client_secret_id.as_str().into(),
            client_secret_id: created.client_secret_id.into(),
            name: created.client_secret_name.into(),
            description: created.client_secret_description.into(),
            client_secret: plain,
            encrypted_client_secret: sealed,
            expires_at: created.client_secret_expires_at.into(),
            ..self.clone()
        };
        Ok(self.filled_from(made))
    }

    /// What the list of secrets tells of it. What it leaves out stays as it was: that is not known to have changed.
    fn with_metadata(self, found: SecretMetadata) -> ClientSecret {
        let told = |told: Option<String>, before| told.map_or(before, Value::Known);
        ClientSecret {
            name: told(found.client_secret_name, self.name),
            description: told(found.client_secret_description, self.description),
            expires_at: told(found.client_secret_expires_at, self.expires_at),
            ..self
        }
    }

    /// A plan, its unknowns taken from `known`. What the plan knew stays, as Terraform demands.
    fn filled_from(self, known: ClientSecret) -> ClientSecret {
        fn fill<T>(planned: Value<T>, known: Value<T>) -> Value<T> {
            if planned.is_unknown() { known } else { planned }
        }
        ClientSecret {
            id: fill(self.id, known.id),
            client_secret_id: fill(self.client_secret_id, known.client_secret_id),
            client_id: self.client_id,
            name: fill(self.name, known.name),
            description: fill(self.description, known.description),
            expires_in: self.expires_in,
            encrypt_to: self.encrypt_to,
            client_secret: fill(self.client_secret, known.client_secret),
            encrypted_client_secret: fill(self.encrypted_client_secret, known.encrypted_client_secret),
            expires_at: fill(self.expires_at, known.expires_at),
            timeouts: self.timeouts,
        }
    }
}
