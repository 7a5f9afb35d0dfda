//! Help while a plan is made: what the apply would be refused for, or would ask for in vain, told before anything is changed.
//!
//! It warns and never blocks. It asks only where something is to change, and where an answer can't be had it says nothing: the
//! operation itself tells whatever is wrong. The scopes of the provider's own token came with the token, and the server's list of
//! scopes is asked for once a process, when a plan names a scope that the guides don't.

mod known_scopes;

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
};

use tf_framework::{Diagnostic, Diagnostics, Dynamic, Model, Path, Plan, Value};
use tokio::sync::OnceCell;

use crate::{
    acting,
    provider::{Login, Pangea},
};

/// What the changes of one type of resource come to.
pub struct Calls {
    /// What one object is called in messages.
    pub what: &'static str,
    /// The scope that its changes need.
    pub scope: &'static str,
    /// Attributes that Pangea never hears of: a change of these alone calls nothing.
    pub own: &'static [&'static str],
}

/// What one process has learned.
#[derive(Default)]
pub struct PlanHelp {
    /// The scopes that the server lists; `None` where it could not be asked.
    listed: OnceCell<Option<BTreeSet<String>>>,
    /// Whether the login administers the organization and so is in no project; `None` where that could not be asked.
    is_of_organization: OnceCell<Option<bool>>,
    /// Set once the scopes of the login's token could not be had, so that no other plan asks for them.
    scopes_unknown: AtomicBool,
}

/// Warns where the provider's token lacks the scope for a planned change, and of planned scopes that nobody knows.
pub async fn review<M: Model>(pangea: &Pangea, plan: &Plan<M>, calls: &Calls) -> Diagnostics {
    let mut warnings = Diagnostics::new();
    if is_told(plan, calls.own) {
        let purpose = format!("{} this {}", verb(plan), calls.what);
        warnings.extend(acting::lacking(pangea, &actor(plan), None, &purpose, calls.scope).await);
    }
    for scope in new_scopes(plan) {
        warnings.extend(unknown(pangea, &scope).await);
    }
    warnings
}

/// What a plan does to the object.
pub fn verb<M: Model>(plan: &Plan<M>) -> &'static str {
    match plan.prior() {
        _ if plan.is_destroy() => "delete",
        None => "create",
        Some(_) if plan.is_replace() => "replace",
        Some(_) => "change",
    }
}

/// Whether Pangea hears of a planned change. What is left out of the configuration from now on is let go without a word, and so
/// is what the provider keeps to itself.
pub fn is_told<M: Model>(plan: &Plan<M>, own: &[&str]) -> bool {
    let Ok(Some(planned)) = plan.planned() else { return true };
    let Some(prior) = plan.prior().filter(|_| !plan.is_replace()) else { return true };
    let before = prior.clone().into_object();
    let is_change = |(name, after): (&String, &Dynamic)| {
        !after.is_null() && before.get(name) != Some(after) && name != "timeouts" && !own.contains(&name.as_str())
    };
    planned.into_object().iter().any(is_change)
}

/// The warning for a scope that the provider's own token lacks. `purpose` follows "to".
pub async fn lacking(pangea: &Pangea, purpose: &str, scope: &str) -> Diagnostics {
    let Login::Client { id: (client_id, _), .. } = &pangea.settings().login else { return Diagnostics::new() };
    let Some(granted) = granted_scopes(pangea).await else { return Diagnostics::new() };
    // What a pattern covers is for Pangea to say.
    if granted.iter().any(|granted| granted == scope || granted.contains('*')) {
        return Diagnostics::new();
    }
    let has = granted.iter().map(|granted| format!("`{granted}`")).collect::<Vec<_>>().join(", ");
    Diagnostic::warning(
        "The provider's token lacks a scope",
        format!(
            "To {purpose}, the provider needs the scope `{scope}`, which the token of client {client_id} does not have: it has {}. A \
             plan may go on without; the apply will most likely be refused. Apply with a client that has the scope, grant it to \
             this one, or add it to the provider's `scopes` where these narrow the token.",
            if has.is_empty() { "none" } else { &has }
        ),
    )
    .into()
}

/// Whether the provider's login administers the organization and so is in no project; `None` where that can't be known.
pub async fn is_login_of_organization(pangea: &Pangea) -> Option<bool> {
    let login = pangea.login_client_id()?;
    let asked = pangea.plan_help.is_of_organization.get_or_init(async || {
        let roles = pangea.api().ok()?.clients().roles(login).await.ok()?;
        Some(roles.iter().any(|role| role.r#type == "organization"))
    });
    *asked.await
}

async fn granted_scopes(pangea: &Pangea) -> Option<BTreeSet<String>> {
    let help = &pangea.plan_help;
    if pangea.check_connection().is_err() || help.scopes_unknown.load(Ordering::Acquire) {
        return None;
    }
    let granted = pangea.client_of_api().granted_scopes().await;
    help.scopes_unknown.fetch_or(granted.is_none(), Ordering::AcqRel);
    granted
}

/// The warning for a scope that neither the server nor the guides list.
async fn unknown(pangea: &Pangea, scope: &str) -> Diagnostics {
    if known_scopes::is_in_the_guides(scope) {
        return Diagnostics::new();
    }
    let listed = pangea.plan_help.listed.get_or_init(async || {
        let metadata = pangea.open_api().ok()?.oauth().metadata().await.ok()?;
        Some(metadata.scopes_supported).filter(|scopes| !scopes.is_empty())
    });
    let Some(listed) = listed.await.as_ref().filter(|listed| !listed.contains(scope)) else {
        return Diagnostics::new();
    };
    let nearest =
        known_scopes::nearest(scope, listed).map(|near| format!(" Did you mean `{near}`?")).unwrap_or_default();
    Diagnostic::warning(
        "Unknown scope",
        format!(
            "Neither Pangea's OAuth server nor its guides list the scope `{scope}`.{nearest} Terraform passes it on as it is, and \
             Pangea decides."
        ),
    )
    .at(Path::attribute(SCOPES))
    .into()
}

/// The client that a plan's calls are made as; null for a resource that has no such attribute.
fn actor<M: Model>(plan: &Plan<M>) -> Value<String> {
    let object = plan.planned().ok().flatten().or_else(|| plan.prior().cloned());
    match object.and_then(|object| object.into_object().remove(acting::IMPERSONATE)) {
        Some(Dynamic::String(id)) => Value::Known(id),
        Some(Dynamic::Unknown) => Value::Unknown,
        _ => Value::Null,
    }
}

/// The attribute under which clients and grants list scopes.
const SCOPES: &str = "scopes";

/// The scopes that a plan adds; none for a resource that has no such attribute.
fn new_scopes<M: Model>(plan: &Plan<M>) -> BTreeSet<String> {
    let words = |model: Option<M>| match model.and_then(|model| model.into_object().remove(SCOPES)) {
        Some(Dynamic::Set(words)) => words.iter().filter_map(word).collect(),
        _ => BTreeSet::new(),
    };
    let before: BTreeSet<String> = words(plan.prior().cloned());
    let after: BTreeSet<String> = words(plan.planned().ok().flatten());
    after.difference(&before).cloned().collect()
}

fn word(word: &Dynamic) -> Option<String> {
    match word {
        Dynamic::String(word) => Some(word.clone()),
        _ => None,
    }
}
