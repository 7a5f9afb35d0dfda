//! A client's secret: kept, dropped, or made anew.
//!
//! A rotation makes the new secret first, saves it, and only then gives the former one its end, so that no moment is without a good
//! secret and no end comes before a new one is there. Where it is cut off, the state still names the former secret, and what was
//! made is known by its name: it ends with the generation.

use jiff::{SignedDuration, Timestamp};
use pangea_client::{Api, ExposeSecret, NewSecret, SecretMetadata, SecretUpdate};
use tf_framework::{Context, Diagnostic, Path, Private, Result, Secret, Value};

use super::{
    FIELDS, Kind, OauthClient, READ, Shared,
    rotation::{self, DUE, Fate, LOST},
};
use crate::{diagnose::Explain, imported::is_imported, provider::Pangea};

/// Private state: which generation of the client's secrets the stored one is; the first where there is none.
const GENERATION: &str = "client_secret_generation";

/// Private state: set by an import that found several secrets, until one is made.
const UNSURE: &str = "client_secret_unsure";

/// The longest name that Pangea takes.
const MAX_NAME: usize = 255;

/// How far a time that was read back may lie from the one that was meant, for what a call and its repetitions take.
const SLACK: SignedDuration = SignedDuration::from_mins(5);

/// The longest lifetime that Pangea takes, in seconds: 365 days.
const MAX_LIFETIME: i64 = 31_536_000;

/// The error for a secret's name in the configuration that ends as rotations let theirs end: what has one is taken for a rotation's.
pub(crate) fn check_name(name: &Value<String>, attribute: &str) -> Option<Diagnostic> {
    let (base, generation) = split(name.as_deref()?);
    (generation > 1).then(|| {
        let detail = format!(
            "A name that ends in ` #{generation}` is one that a rotation in place gives, and the next rotation of a secret named \
             \"{base}\" would end what has it. Choose another name, such as \"{base} {generation}\". A secret that has the name already is \
             renamed in the Pangea User Console before it is imported."
        );
        Diagnostic::error("The name is one of a rotation", detail).at(Path::attribute(attribute))
    })
}

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
        None => only(list(pangea, api, state).await?).map(|secret| secret.client_secret_id),
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

/// Fills in what the list of secrets tells, where the client has exactly one. With several, nobody knows which is meant.
pub(super) async fn find_first<K: Kind>(
    pangea: &Pangea,
    api: &Api,
    state: &mut OauthClient<K>,
    private: &mut Private,
) -> Result<()> {
    let secrets = list(pangea, api, state).await?;
    if secrets.len() > 1 {
        private.set(UNSURE, true);
    }
    if let Some(only) = only(secrets) {
        let name = only.client_secret_name.map(|name| {
            let (base, generation) = split(&name);
            private.set(GENERATION, generation);
            base.to_owned()
        });
        state.client_secret_id = only.client_secret_id.into();
        state.client_secret_expires_at = only.client_secret_expires_at.into();
        state.client_secret_created_at = only.created_at.into();
        state.client_secret_name = name.into();
        state.client_secret_description = only.client_secret_description.into();
    }
    Ok(())
}

/// Fills in the id that the registration did not tell. The client is there and so is its secret, so a list that can't be had is no
/// reason to fail: the next rotation looks again.
pub(super) async fn name_first<K: Kind>(pangea: &Pangea, api: &Api, state: &mut OauthClient<K>) {
    if state.client_secret_id.is_null()
        && let Ok(secrets) = list(pangea, api, state).await
    {
        state.client_secret_id = only(secrets).map(|secret| secret.client_secret_id).into();
    }
}

/// What a read finds out about the secret: whether it is there, how old it is, and how long it lives.
pub(super) async fn look_after<K: Kind>(
    pangea: &Pangea,
    api: &Api,
    state: &mut OauthClient<K>,
    ctx: &mut Context<OauthClient<K>>,
) -> Result<()> {
    let now = Timestamp::now();
    let checks = pangea.settings().check_client_secrets;
    if let Some(id) = state.client_secret_id.known().cloned()
        && (checks || (rotation::is_by_age(state) && state.client_secret_created_at.is_null()))
    {
        let secrets = list(pangea, api, state).await?;
        let found = secrets.into_iter().find(|secret| secret.client_secret_id == id);
        let is_good = |secret: &SecretMetadata| time(&secret.client_secret_expires_at).is_none_or(|end| end > now);
        match found.filter(|secret| !checks || is_good(secret)) {
            Some(secret) => {
                let told = |told: Option<String>, before: &Value<String>| told.map_or(before.clone(), Value::Known);
                state.client_secret_created_at = told(secret.created_at, &state.client_secret_created_at);
                state.client_secret_expires_at = told(secret.client_secret_expires_at, &state.client_secret_expires_at);
            }
            None if checks => {
                ctx.warn(
                    "The client's secret is gone",
                    format!(
                        "The secret {id} of client {} was revoked outside of Terraform or has expired. Where the secret is stored, the \
                         next apply makes a new one.",
                        state.id()
                    ),
                );
                ctx.private().set(LOST, true);
                state.client_secret = Value::Null;
                state.client_secret_id = Value::Null;
                state.client_secret_expires_at = Value::Null;
                state.client_secret_created_at = Value::Null;
            }
            None => {}
        }
    }
    rotation::note_age(state, ctx.private(), now);
    if let Some(warning) = rotation::expiry_warning(state, now) {
        ctx.warn(warning.summary, warning.detail);
    }
    Ok(())
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
    match rotation::fate(prior, plan, ctx.private()) {
        Fate::New => return rotate(pangea, api, prior, plan, state, ctx).await,
        Fate::Forget => {
            state.client_secret = Value::Null;
            ctx.save(state.clone());
        }
        Fate::Keep | Fate::Unknown => {}
    }
    if prior.pending_revocation.is_known() {
        let secrets = list(pangea, api, state).await?;
        let now = newest(&secrets).map_or_else(Timestamp::now, |newest| newest.max(Timestamp::now()));
        let former = superseded(prior, state, &secrets);
        retire_all(pangea, api, plan, &former, now, state, ctx).await?;
    }
    change_settings(pangea, api, prior, plan, state, ctx).await
}

/// Changes name, description and expiry in one call, if any of them is to change.
async fn change_settings<K: Kind>(
    pangea: &Pangea,
    api: &Api,
    prior: &OauthClient<K>,
    plan: &OauthClient<K>,
    state: &mut OauthClient<K>,
    ctx: &mut Context<OauthClient<K>>,
) -> Result<()> {
    let Some(secret_id) = prior.client_secret_id.known() else {
        warn_of_no_secret(prior, plan, ctx);
        return Ok(());
    };
    let text = |new: &Value<String>, old: &Value<String>| new.known().filter(|_| new != old).cloned();
    // An import doesn't know the lifetime that the secret was made with, so writing it down must not push the expiry on.
    let records_only = is_imported(ctx.private()) && prior.client_secret_expires_in.is_null();
    let generation = generation(ctx.private());
    let update = SecretUpdate {
        client_secret_name: text(&plan.client_secret_name, &prior.client_secret_name)
            .map(|name| name_of(&name, generation)),
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

/// Makes a new secret and saves it, with what asked for it; then shortens the life of the former one.
async fn rotate<K: Kind>(
    pangea: &Pangea,
    api: &Api,
    prior: &OauthClient<K>,
    plan: &OauthClient<K>,
    state: &mut OauthClient<K>,
    ctx: &mut Context<OauthClient<K>>,
) -> Result<()> {
    let id = state.id().to_owned();
    let default = || Value::Known(format!("{} Secret", plan.name()));
    let base = [&plan.client_secret_name, &prior.client_secret_name].into_iter().find(|name| name.is_known());
    let base = base.cloned().unwrap_or_else(default);
    let generation = generation(ctx.private()) + 1;
    let new = NewSecret {
        client_secret_name: base.as_deref().map(|base| name_of(base, generation)),
        client_secret_description: plan.client_secret_description.known().cloned(),
        client_secret_expires_in: plan.client_secret_expires_in.known().copied(),
    };
    let what = format!("secret of {}", K::WHAT);
    let attempt = plan.attempt("create", &what, &id).fields(FIELDS);
    let created = api.clients().create_secret(&id, &new).await.explain(pangea, &attempt)?;
    let former = prior.pending_revocation.known().into_iter().flatten().cloned();
    let former = former.chain(prior.client_secret_id.known().cloned()).collect::<std::collections::BTreeSet<_>>();
    state.client_secret = Value::Known(Secret::new(created.client_secret.expose_secret()));
    state.client_secret_id = created.client_secret_id.into();
    state.client_secret_expires_at = created.client_secret_expires_at.into();
    state.client_secret_created_at = Value::Null;
    state.client_secret_name = base;
    state.client_secret_description = created.client_secret_description.into();
    state.client_secret_expires_in = plan.client_secret_expires_in;
    state.store_client_secret = true.into();
    state.secret_rotation = plan.secret_rotation.clone();
    state.pending_revocation = Some(former).filter(|former| !former.is_empty()).into();
    let is_unsure = ctx.private().is_set(UNSURE);
    [DUE, LOST, UNSURE].iter().for_each(|key| ctx.private().remove(key));
    ctx.private().set(GENERATION, generation);
    ctx.save(state.clone());

    let secrets = list(pangea, api, state).await?;
    let (stored, others) = apart(state, &secrets);
    let made_at = stored.and_then(|secret| secret.created_at.clone());
    let now = time(&made_at).unwrap_or_else(Timestamp::now);
    let former = if is_unsure {
        warn_of_unsure(&id, &others, ctx);
        Vec::new()
    } else {
        superseded(prior, state, &secrets)
    };
    state.client_secret_created_at = made_at.into();
    retire_all(pangea, api, plan, &former, now, state, ctx).await
}

/// Gives former secrets their end. Until all of them have it, the state names them.
async fn retire_all<K: Kind>(
    pangea: &Pangea,
    api: &Api,
    plan: &OauthClient<K>,
    former: &[&SecretMetadata],
    now: Timestamp,
    state: &mut OauthClient<K>,
    ctx: &mut Context<OauthClient<K>>,
) -> Result<()> {
    let ids = former.iter().map(|secret| secret.client_secret_id.clone()).collect::<std::collections::BTreeSet<_>>();
    state.pending_revocation = Some(ids).filter(|ids| !ids.is_empty()).into();
    ctx.save(state.clone());
    for secret in former {
        retire(pangea, api, plan, secret, now).await?;
    }
    state.pending_revocation = Value::Null;
    ctx.save(state.clone());
    Ok(())
}

/// The secret that the state names, and all others.
fn apart<'s>(state: &Shared, secrets: &'s [SecretMetadata]) -> (Option<&'s SecretMetadata>, Vec<&'s SecretMetadata>) {
    let (stored, others): (Vec<_>, Vec<_>) =
        secrets.iter().partition(|secret| Some(&secret.client_secret_id) == state.client_secret_id.known());
    (stored.first().copied(), others)
}

/// The secrets whose place the stored one took: the one that the state named before, what is pending, and what rotations made that
/// were cut off. A name without a generation tells nothing: a further secret of the client has the first one's name too. What was
/// made after the stored one is of another rotation that goes on at the same time, and left alone: each would end the other's.
fn superseded<'s>(prior: &Shared, state: &Shared, secrets: &'s [SecretMetadata]) -> Vec<&'s SecretMetadata> {
    let (stored, others) = apart(state, secrets);
    // Its value was kept and its id never told.
    if prior.client_secret.is_known() && prior.client_secret_id.is_null() && others.len() == 1 {
        return others;
    }
    let made_at = stored.and_then(|secret| time(&secret.created_at));
    let is_older =
        |secret: &SecretMetadata| time(&secret.created_at).zip(made_at).is_none_or(|(other, made_at)| other < made_at);
    let pending = prior.pending_revocation.known();
    let is_former = |secret: &&SecretMetadata| {
        Some(&secret.client_secret_id) == prior.client_secret_id.known()
            || pending.is_some_and(|pending| pending.contains(&secret.client_secret_id))
            || secret.client_secret_name.as_deref().is_some_and(|name| {
                let (_, generation) = split(name);
                let is_of =
                    |base: &Value<String>| base.as_deref().is_some_and(|base| name == name_of(base, generation));
                generation > 1 && (is_of(&prior.client_secret_name) || is_of(&state.client_secret_name))
            }) && is_older(secret)
    };
    others.into_iter().filter(is_former).collect()
}

/// Shortens a secret's life to the overlap, and never lengthens it. One that is gone is retired already.
///
/// No source states whether an expiry counts from now or from the making of the secret, so it is read back and corrected. The longer
/// lifetime is tried first: it is the right one or ends too late, so whoever is cut off between the two ends nothing too early, and the
/// next apply sees what is left to do.
async fn retire<K: Kind>(
    pangea: &Pangea,
    api: &Api,
    plan: &OauthClient<K>,
    secret: &SecretMetadata,
    now: Timestamp,
) -> Result<()> {
    let overlap = plan.overlap();
    let end = now + overlap;
    if time(&secret.client_secret_expires_at).is_some_and(|expires_at| expires_at <= end + SLACK) {
        return Ok(());
    }
    let age = time(&secret.created_at).map_or(SignedDuration::ZERO, |made| now.duration_since(made));
    let from_now = overlap.as_secs();
    let from_making = from_now.saturating_add(age.as_secs().max(0)).min(MAX_LIFETIME);
    let what = format!("former secret of {}", K::WHAT);
    let attempt = plan.attempt("retire", &what, plan.id());
    for seconds in [from_making, from_now] {
        let update = SecretUpdate { client_secret_expires_in: Some(seconds), ..SecretUpdate::default() };
        let updated = match api.clients().update_secret(plan.id(), &secret.client_secret_id, &update).await {
            Err(error) if error.is_gone() => return Ok(()),
            result => result.explain(pangea, &attempt)?,
        };
        if time(&updated.client_secret_expires_at).is_none_or(|expires_at| expires_at <= end + SLACK) {
            return Ok(());
        }
    }
    Err(lives_on(plan.id(), &secret.client_secret_id).into())
}

/// The client's secret, where it is the only one.
fn only(mut secrets: Vec<SecretMetadata>) -> Option<SecretMetadata> {
    secrets.pop().filter(|_| secrets.is_empty())
}

/// The client's secrets, without those that runs make for themselves.
async fn list<K: Kind>(pangea: &Pangea, api: &Api, state: &OauthClient<K>) -> Result<Vec<SecretMetadata>> {
    let attempt = state.attempt("list the secrets of", K::WHAT, state.id()).needing(READ);
    let mut secrets = api.clients().secrets(state.id()).await.explain(pangea, &attempt)?;
    secrets.retain(|secret| !secret.is_of_a_run());
    Ok(secrets)
}

/// When the newest of the secrets was made, by the service's clock.
fn newest(secrets: &[SecretMetadata]) -> Option<Timestamp> {
    secrets.iter().filter_map(|secret| time(&secret.created_at)).max()
}

fn time(text: &Option<String>) -> Option<Timestamp> {
    text.as_deref()?.parse().ok()
}

fn generation(private: &Private) -> u64 {
    private.get(GENERATION).and_then(serde_json::Value::as_u64).unwrap_or(1)
}

/// The name that a secret of a generation has on Pangea. The first has the name as it is.
fn name_of(base: &str, generation: u64) -> String {
    if generation <= 1 {
        return base.to_owned();
    }
    let ending = format!(" #{generation}");
    let room = MAX_NAME.saturating_sub(ending.chars().count());
    base.chars().take(room).chain(ending.chars()).collect()
}

/// The name without its generation, and the generation.
fn split(name: &str) -> (&str, u64) {
    let parts = name.rsplit_once(" #").and_then(|(base, number)| Some((base, number.parse().ok()?)));
    parts.filter(|(_, generation)| *generation > 1).unwrap_or((name, 1))
}

/// Secrets of which one may be the former one are left alone.
fn warn_of_unsure<K: Kind>(client_id: &str, others: &[&SecretMetadata], ctx: &mut Context<OauthClient<K>>) {
    if others.is_empty() {
        return;
    }
    let ids = others.iter().map(|secret| secret.client_secret_id.as_str()).collect::<Vec<_>>().join(", ");
    ctx.warn(
        "The former secret was not retired",
        format!(
            "When client {client_id} was imported it had several secrets, and nobody knows which one the new secret takes the place of. \
             All of them live on: {ids}. Revoke those that nobody uses, in the Pangea User Console."
        ),
    );
}

/// The error for a former secret that the service lets live on.
fn lives_on(client_id: &str, secret_id: &str) -> Diagnostic {
    Diagnostic::error(
        "The former secret did not get its end",
        format!(
            "Pangea took the new expiry of the secret {secret_id} of client {client_id}, and lets it live longer all the same. The new \
             secret is stored. Apply again, which tries it once more, or revoke the former secret in the Pangea User Console."
        ),
    )
}

/// The error for settings of a secret that was revoked or has expired, which no read noticed.
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_carries_its_generation_and_gives_it_back() {
        for (base, generation, name) in [("it Secret", 1, "it Secret"), ("it Secret", 12, "it Secret #12")] {
            assert_eq!(name_of(base, generation), name);
            assert_eq!(split(name), (base, generation));
        }
        for name in ["key #", "key #1", "key #two", "#2x", "key#2"] {
            assert_eq!(split(name), (name, 1), "{name}");
        }
        assert_eq!(name_of(&"x".repeat(MAX_NAME), 2).chars().count(), MAX_NAME);
    }

    #[test]
    fn a_name_that_only_a_rotation_gives_is_refused_where_it_is_configured() {
        let refused = check_name(&"key #2".into(), "name").unwrap();
        assert_eq!(refused.summary, "The name is one of a rotation");
        assert!(refused.detail.contains("such as \"key 2\""), "{}", refused.detail);
        for good in ["key", "key #1", "key #", "key 2", "#2"]
            .map(Value::<String>::from)
            .iter()
            .chain([&Value::Null, &Value::Unknown])
        {
            assert!(check_name(good, "name").is_none(), "{good:?}");
        }
    }

    #[test]
    fn of_two_rotations_at_once_the_later_retires_what_the_earlier_made_and_not_the_other_way_round() {
        let secret = |id: &str, name: &str, second: u8| {
            let made = format!("2026-01-01T00:00:{second:02}Z");
            serde_json::from_value(json!({ "client_secret_id": id, "client_secret_name": name, "created_at": made }))
                .unwrap()
        };
        // Both began with the first, and each made a second one before either looked at what there is.
        let secrets: [SecretMetadata; 4] = [
            secret("first", "key", 0),
            secret("cut off", "key #2", 1),
            secret("earlier", "key #2", 2),
            secret("later", "key #2", 3),
        ];
        let client =
            |id: &str| Shared { client_secret_id: id.into(), client_secret_name: "key".into(), ..Shared::default() };
        let retired = |stored: &str| -> Vec<&str> {
            let former = superseded(&client("first"), &client(stored), &secrets);
            former.into_iter().map(|secret| secret.client_secret_id.as_str()).collect()
        };
        assert_eq!(retired("earlier"), ["first", "cut off"]);
        assert_eq!(retired("later"), ["first", "cut off", "earlier"]);
    }
}
