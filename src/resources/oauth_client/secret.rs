//! The first secret of a client: kept, dropped, or made anew.

use pangea_client::{Api, ExposeSecret, NewSecret, SecretMetadata, SecretUpdate};
use tf_framework::{Context, Diagnostic, Path, Result, Secret, Value};

use super::{FIELDS, IMPORTED, Kind, OauthClient, READ};
use crate::{diagnose::Explain, provider::Pangea};

/// How long a secret that was replaced by a new one stays valid, in seconds: a day, so that whoever uses it has time to
/// change over.
const OVERLAP_SECONDS: i64 = 24 * 60 * 60;

/// Revokes the secret that came with the client, so that none is alive. `told` is its id, where the registration gave it:
/// the guide's answer does, the SDKs' types have no place for it. The list of secrets always names it.
pub(super) async fn drop_first<K: Kind>(
    pangea: &Pangea,
    api: &Api,
    state: &OauthClient<K>,
    told: Option<String>,
) -> Result<()> {
    let client_id = state.id();
    let secret_id = match told {
        Some(told) => Some(told),
        None => only(pangea, api, state).await?.map(|secret| secret.client_secret_id),
    };
    let Some(secret_id) = secret_id else {
        return Err(Diagnostic::error(
            "The first secret could not be revoked",
            format!(
                "The {} {client_id} exists, and Pangea does not say which of its secrets is the first. Revoke it in the \
                 console, or apply again: the client is marked as tainted and will be replaced.",
                K::WHAT
            ),
        )
        .into());
    };
    let what = format!("first secret of {}", K::WHAT);
    let attempt = state.attempt("revoke", &what, client_id);
    match api.clients().revoke_secret(client_id, &secret_id).await {
        // An attempt whose answer was lost had revoked it.
        Err(error) if error.is_gone() => Ok(()),
        result => result.explain(pangea, &attempt),
    }
}

/// Fills in what the list of secrets tells, where the client has exactly one.
pub(super) async fn find_first<K: Kind>(pangea: &Pangea, api: &Api, state: &mut OauthClient<K>) -> Result<()> {
    if let Some(only) = only(pangea, api, state).await? {
        state.client_secret_id = only.client_secret_id.into();
        state.client_secret_expires_at = only.client_secret_expires_at.into();
        state.client_secret_name = only.client_secret_name.into();
        state.client_secret_description = only.client_secret_description.into();
    }
    Ok(())
}

/// The client's secret. With several, nobody knows which is meant.
async fn only<K: Kind>(pangea: &Pangea, api: &Api, state: &OauthClient<K>) -> Result<Option<SecretMetadata>> {
    let mut secrets = list(pangea, api, state).await?;
    Ok(secrets.pop().filter(|_| secrets.is_empty()))
}

/// The client's secrets, without those that runs make for themselves.
async fn list<K: Kind>(pangea: &Pangea, api: &Api, state: &OauthClient<K>) -> Result<Vec<SecretMetadata>> {
    let attempt = state.attempt("list the secrets of", K::WHAT, state.id()).needing(READ);
    let mut secrets = api.clients().secrets(state.id()).await.explain(pangea, &attempt)?;
    secrets.retain(|secret| !secret.is_of_a_run());
    Ok(secrets)
}

/// Changes the secret as planned.
pub(super) async fn change<K: Kind>(
    pangea: &Pangea,
    api: &Api,
    prior: &OauthClient<K>,
    plan: &OauthClient<K>,
    state: &mut OauthClient<K>,
    ctx: &mut Context<OauthClient<K>>,
) -> Result<()> {
    if !prior.stores_secret() && plan.stores_secret() {
        return make_anew(pangea, api, plan, state, ctx).await;
    }
    if !plan.stores_secret() {
        state.client_secret = Value::Null;
        ctx.save(state.clone());
    }
    let Some(secret_id) = prior.client_secret_id.known() else {
        warn_of_no_secret(prior, plan, ctx);
        return Ok(());
    };
    let text = |new: &Value<String>, old: &Value<String>| new.known().filter(|_| new != old).cloned();
    // An import doesn't know the lifetime that the secret was made with, so writing it down must not push the expiry on.
    let records_only = ctx.private().is_set(IMPORTED) && prior.client_secret_expires_in.is_null();
    let update = SecretUpdate {
        client_secret_name: text(&plan.client_secret_name, &prior.client_secret_name),
        client_secret_description: text(&plan.client_secret_description, &prior.client_secret_description),
        client_secret_expires_in: (plan.client_secret_expires_in.known().copied())
            .filter(|_| !records_only && plan.client_secret_expires_in != prior.client_secret_expires_in),
    };
    if update == SecretUpdate::default() {
        return Ok(());
    }
    let id = state.id().to_owned();
    let what = format!("secret of {}", K::WHAT);
    let attempt = plan.attempt("update", &what, &id).fields(FIELDS);
    let updated = match api.clients().update_secret(&id, secret_id, &update).await {
        Err(error) if error.is_gone() => return Err(no_longer_there(&id, secret_id).into()),
        result => result.explain(pangea, &attempt)?,
    };
    state.client_secret_expires_at = updated.client_secret_expires_at.into();
    state.client_secret_name = plan.client_secret_name.clone();
    state.client_secret_description = plan.client_secret_description.clone();
    state.client_secret_expires_in = plan.client_secret_expires_in;
    ctx.save(state.clone());
    Ok(())
}

/// Gives the secret that was forgotten before, if any, a day to live, then makes one for a client that has stored none. In
/// this order a failure at any point leaves the state as it was, so that the next apply does both again.
async fn make_anew<K: Kind>(
    pangea: &Pangea,
    api: &Api,
    plan: &OauthClient<K>,
    state: &mut OauthClient<K>,
    ctx: &mut Context<OauthClient<K>>,
) -> Result<()> {
    let id = state.id().to_owned();
    if let Some(former) = state.client_secret_id.known().cloned() {
        retire(pangea, api, state, &former).await?;
    }
    let new = NewSecret {
        client_secret_name: plan.client_secret_name.known().cloned(),
        client_secret_description: plan.client_secret_description.known().cloned(),
        client_secret_expires_in: plan.client_secret_expires_in.known().copied(),
    };
    let what = format!("secret of {}", K::WHAT);
    let attempt = plan.attempt("create", &what, &id).fields(FIELDS);
    let created = api.clients().create_secret(&id, &new).await.explain(pangea, &attempt)?;
    state.client_secret = Value::Known(Secret::new(created.client_secret.expose_secret()));
    state.client_secret_id = created.client_secret_id.into();
    state.client_secret_expires_at = created.client_secret_expires_at.into();
    state.store_client_secret = true.into();
    ctx.save(state.clone());
    Ok(())
}

/// Shortens a secret's life to the overlap, and never lengthens it. One that is gone is retired already.
async fn retire<K: Kind>(pangea: &Pangea, api: &Api, state: &OauthClient<K>, secret_id: &str) -> Result<()> {
    let secrets = list(pangea, api, state).await?;
    let Some(secret) = secrets.into_iter().find(|secret| secret.client_secret_id == secret_id) else {
        return Ok(());
    };
    if ends_within_overlap(secret.client_secret_expires_at.as_deref()) {
        return Ok(());
    }
    let update = SecretUpdate { client_secret_expires_in: Some(OVERLAP_SECONDS), ..SecretUpdate::default() };
    let what = format!("former secret of {}", K::WHAT);
    let attempt = state.attempt("retire", &what, state.id());
    match api.clients().update_secret(state.id(), secret_id, &update).await {
        Err(error) if error.is_gone() => Ok(()),
        result => result.map(drop).explain(pangea, &attempt),
    }
}

/// Whether a secret ends by itself before the overlap does. The time is Pangea's, compared with this machine's clock: a clock
/// that is wrong by minutes moves the end of a day-long overlap by minutes.
fn ends_within_overlap(expires_at: Option<&str>) -> bool {
    let overlap_ends = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(OVERLAP_SECONDS);
    expires_at.and_then(|at| at.parse::<jiff::Timestamp>().ok()).is_some_and(|at| at <= overlap_ends)
}

/// The error for settings of a secret that was revoked or has expired, which no read notices.
fn no_longer_there(client_id: &str, secret_id: &str) -> Diagnostic {
    Diagnostic::error(
        "The client's secret no longer exists",
        format!(
            "The secret {secret_id} of client {client_id} was revoked outside of Terraform or has expired, so its settings can't \
             be changed. For a new secret undo the change of the settings, set `store_client_secret = false` and apply; then \
             set it to `true` again, with the settings that the new secret is to have."
        ),
    )
}

/// Settings of a secret that nobody can name can't be changed; they are written down only.
fn warn_of_no_secret<K: Kind>(prior: &OauthClient<K>, plan: &OauthClient<K>, ctx: &mut Context<OauthClient<K>>) {
    let changed = [
        ("client_secret_name", prior.client_secret_name != plan.client_secret_name),
        ("client_secret_description", prior.client_secret_description != plan.client_secret_description),
        ("client_secret_expires_in", prior.client_secret_expires_in != plan.client_secret_expires_in),
    ];
    for (attribute, _) in changed.into_iter().filter(|(_, changed)| *changed) {
        ctx.warn_at(
            Path::attribute(attribute),
            "No secret to change",
            format!(
                "The state of client {} names no secret, so `{attribute}` is written down and changes nothing on Pangea. It \
                 takes effect on the next secret that is made.",
                prior.id()
            ),
        );
    }
}
