//! Acting in a project: who makes a call that names no project, where its credentials come from, and what becomes of an object
//! whose client can't be acted as.
//!
//! An object records the client that it was made as, and is read and deleted as that one, whatever the provider's default is
//! by then: another client may belong to another project, and would find nothing there.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, MutexGuard, PoisonError},
};

use pangea_client::{Api, Error, Kind};
use tf_framework::{Context, Diagnostic, Diagnostics, Model, Path, Plan, Value};

use crate::{
    diagnose::{self, Attempt, Explain},
    ids, plan_help,
    provider::{Pangea, Setting},
};

/// The attribute that names the client.
pub const IMPERSONATE: &str = "impersonate_client_id";

/// As whom, and where, the calls of one object are made.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The service's host label.
    pub service: &'a str,
    /// The client to act as; none: the service's own token, else the login.
    pub client_id: Option<&'a str>,
    /// The domain of the project, where it is not the provider's.
    pub domain: Option<&'a str>,
}

/// Why an object could not be reached.
pub enum Unreached {
    /// No credentials of its client can be had. Nothing is known of the object.
    NoCredentials(Diagnostic),
    /// Its client may not do what was asked. Nothing is known of the object.
    NotAllowed(Diagnostics),
    /// Its client is gone.
    ActorIsGone,
    /// Anything else.
    Failed(Diagnostics),
}

impl Unreached {
    /// Why the object can only be kept as it stands, where that is so.
    pub fn keeps_unread(&self) -> Option<Diagnostic> {
        match self {
            Unreached::NoCredentials(why) => Some(why.clone()),
            Unreached::NotAllowed(errors) => errors.iter().next().cloned(),
            Unreached::ActorIsGone | Unreached::Failed(_) => None,
        }
    }

    /// The error for an operation that can't go on without reaching the object.
    pub fn into_error(self, client_id: &str, what: &str, id: &str) -> Diagnostics {
        match self {
            Unreached::NoCredentials(why) => why.into(),
            Unreached::ActorIsGone => actor_is_gone(client_id, what, id, "").into(),
            Unreached::NotAllowed(errors) | Unreached::Failed(errors) => errors,
        }
    }
}

impl Unreached {
    /// The error for a data source or a create, which have no state to keep.
    pub fn into_lookup_error(self, place: Place<'_>) -> Diagnostics {
        match self {
            Unreached::NoCredentials(why) => why.into(),
            Unreached::ActorIsGone => Diagnostic::error(
                "The client to act as does not exist",
                format!(
                    "The call was to be made as client {}, which was deleted, or which the provider's login does not see. Name another client \
                     of the project in `{IMPERSONATE}`.",
                    place.client_id.unwrap_or_default()
                ),
            )
            .into(),
            Unreached::NotAllowed(errors) | Unreached::Failed(errors) => errors,
        }
    }
}

impl Pangea {
    /// The client that the calls of an object are made as: its own, else the provider's default.
    pub fn actor_of(&self, own: &Value<String>) -> Value<String> {
        match (own, &self.settings().impersonate_client_id) {
            (Value::Null, Setting::Known(default, _)) => Value::from(default.as_str()),
            (Value::Null, Setting::Unknown(_)) => Value::Unknown,
            (own, _) => own.clone(),
        }
    }

    /// Who stands in for the recorded client of an object, once that is gone: the provider's default, where it is known and another one.
    /// It counts only if it sees the object.
    ///
    /// # Errors
    /// [`Unreached::ActorIsGone`] where nobody does.
    pub fn stand_in_for(&self, recorded: &Value<String>) -> std::result::Result<Value<String>, Unreached> {
        let default = self.actor_of(&Value::Null);
        if default.is_unknown() || default == *recorded { Err(Unreached::ActorIsGone) } else { Ok(default) }
    }

    /// The way to a place. Nothing is asked of the service yet.
    ///
    /// # Errors
    /// Where the credentials are not known, or there are none.
    pub fn at(&self, place: Place<'_>) -> std::result::Result<Api, Unreached> {
        let Some(client_id) = place.client_id else {
            let api = self.service_api(place.service).map_err(Unreached::Failed)?;
            return Ok(moved(api.clone(), place.domain));
        };
        self.check_actor(client_id)?;
        Ok(moved(self.client_of_api().acting_as(client_id), place.domain))
    }

    /// Whether it is known how a client is acted as. Nothing is asked of the service.
    ///
    /// # Errors
    /// Where the credentials are not known, or there are none.
    pub fn check_actor(&self, client_id: &str) -> std::result::Result<(), Unreached> {
        self.check_connection().map_err(Unreached::Failed)?;
        let settings = self.settings();
        let given = match &settings.client_credentials {
            _ if self.is_login(client_id) => true,
            Some(credentials) => match credentials.get(client_id) {
                Some(Value::Unknown) => return Err(not_known(client_id)),
                given => given.is_some(),
            },
            None => return Err(not_known(client_id)),
        };
        if !given {
            if settings.mint_run_secrets.is_unknown() {
                return Err(not_known(client_id));
            }
            if settings.mint_run_secrets == Value::Known(true) {
                self.check_login(None).map_err(Unreached::Failed)?;
            }
        }
        Ok(())
    }

    /// Keeps an object as it stands in the state, since nobody can read it now, and tells so once for its client.
    pub fn keep_unread<M: Model>(&self, client_id: &str, what: &str, why: &Diagnostic, ctx: &mut Context<M>) {
        if self.objects.first_unread(client_id) {
            ctx.warn(
                format!("Objects of client {client_id} were not read"),
                format!(
                    "A {what}, and whatever else acts as that client, stays in the state as it is: Terraform does not notice what has \
                     changed on Pangea meanwhile. The reason: {}",
                    why.detail
                ),
            );
        }
    }
}

/// Sorts the failure of a call that was made as a client.
pub fn sorted<T>(
    result: pangea_client::Result<T>,
    pangea: &Pangea,
    place: Place<'_>,
    attempt: &Attempt<'_>,
) -> std::result::Result<T, Unreached> {
    match result {
        Err(error) if error.is_actor_gone() => Err(Unreached::ActorIsGone),
        Err(error) if error.kind() == Kind::CannotAct => {
            Err(Unreached::NoCredentials(no_credentials(place.client_id.unwrap_or_default(), &error)))
        }
        Err(error) if error.kind() == Kind::Forbidden && place.client_id.is_some_and(|id| !pangea.is_login(id)) => {
            Err(error).explain(pangea, attempt).map_err(Unreached::NotAllowed)
        }
        result => result.explain(pangea, attempt).map_err(Unreached::Failed),
    }
}

/// Plans who an object's calls are made as: what the configuration says, else what is recorded, else the provider's default.
pub fn plan_actor<M: Model>(pangea: Option<&Pangea>, plan: &mut Plan<M>, configured: &Value<String>, is_new: bool) {
    let Some(pangea) = pangea.filter(|_| is_new && configured.is_null()) else { return };
    match pangea.actor_of(configured) {
        Value::Unknown => plan.set_unknown(IMPERSONATE),
        actor => plan.set(IMPERSONATE, actor),
    }
}

/// The warning where the provider's own token lacks the scope that a call needs, at a service or at none: the call's own, or, where it is made
/// as a client that gets a secret for the run, the one to make that. What other tokens hold is not known here.
pub async fn lacking(
    pangea: &Pangea,
    actor: &Value<String>,
    service: Option<&str>,
    purpose: &str,
    scope: &str,
) -> Diagnostics {
    let settings = pangea.settings();
    match actor {
        Value::Known(actor) if pangea.is_login(actor) => plan_help::lacking(pangea, purpose, scope).await,
        Value::Known(actor) => {
            let given = settings.client_credentials.as_ref().is_none_or(|given| given.contains_key(actor));
            if given || settings.mint_run_secrets != Value::Known(true) {
                return Diagnostics::new();
            }
            let purpose = format!("{purpose} as client {actor}, with a secret for the run");
            plan_help::lacking(pangea, &purpose, "pangea:platform:account:manage").await
        }
        Value::Null
            if service.is_some_and(|service| settings.service_token_source(service).is_none())
                && plan_help::is_login_of_organization(pangea).await == Some(true) =>
        {
            nobody_of_a_project(purpose).into()
        }
        Value::Null if service.is_none_or(|service| settings.service_token_source(service).is_none()) => {
            plan_help::lacking(pangea, purpose, scope).await
        }
        Value::Null | Value::Unknown => Diagnostics::new(),
    }
}

fn nobody_of_a_project(purpose: &str) -> Diagnostic {
    Diagnostic::warning(
        "Nobody of a project makes the call",
        format!(
            "To {purpose}, a client of the project is needed. The provider's login is of the organization and of no project, and a project's \
             services refuse it, whatever its scopes. Name a client of the project in `{IMPERSONATE}`, here or in the provider block."
        ),
    )
    .at(Path::attribute(IMPERSONATE))
}

/// The error for an id of another kind where a client belongs.
pub fn check_actor(own: &Value<String>, diagnostics: &mut Diagnostics) {
    let problem = ids::misplaced(own, Path::attribute(IMPERSONATE), ids::CLIENT);
    problem.into_iter().for_each(|problem| diagnostics.push(problem));
}

/// The error for an object that the client which is to act from now on doesn't see.
pub fn not_there(client_id: Option<&str>, what: &str, id: &str) -> Diagnostic {
    let who = match client_id {
        Some(client_id) => format!("client {client_id}"),
        None => "the provider's own token".to_owned(),
    };
    Diagnostic::error(
        format!("The {what} is not in the project of the client that is to act"),
        format!(
            "`{IMPERSONATE}` says who calls, and moves nothing: the {what} {id} stays in its project, and {who} does not find it \
             there. Name a client of that project. To delete it there and make it anew in the other project, run \
             `terraform apply -replace=ADDRESS`."
        ),
    )
    .at(Path::attribute(IMPERSONATE))
}

/// The error for an object that was there when the plan was made.
pub fn vanished(what: &str, id: &str) -> Diagnostic {
    Diagnostic::error(
        format!("The {what} no longer exists"),
        format!(
            "The {what} {id} was deleted after this plan was made. Run `terraform plan` again: it plans to make it anew."
        ),
    )
}

/// The error for an object that its client does not find, since the client is no longer in the object's project.
pub fn client_has_left(client_id: &str, now: &BTreeSet<String>, what: &str, id: &str, project: &str) -> Diagnostic {
    let now = match now.iter().cloned().collect::<Vec<_>>().join(" and ") {
        nowhere if nowhere.is_empty() => "has no role in any project by now".to_owned(),
        now => format!("has its role in project {now} by now"),
    };
    Diagnostic::error(
        format!("The client of the {what} is no longer in its project"),
        format!(
            "The {what} {id} is in project {project}. Client {client_id}, as which it is read, changed and deleted, {now}, so it does not \
             find it there, and nothing was touched. Three ways lead on: give the client its role in project {project} back, and apply that \
             with `-target` on the client where this stands in the way; name another client of that project in `{IMPERSONATE}`, and apply \
             that with `-refresh=false`; or let Terraform forget the object and leave it there, with a block \
             `removed {{ lifecycle {{ destroy = false }} }}` and `-refresh=false`."
        ),
    )
    .at(Path::attribute(IMPERSONATE))
}

/// The error for an object whose client is gone, where nothing stands in for it. `fate` says what is known of its project.
pub fn actor_is_gone(client_id: &str, what: &str, id: &str, fate: &str) -> Diagnostic {
    let separator = if fate.is_empty() { "" } else { " " };
    Diagnostic::error(
        format!("The client of the {what} no longer exists"),
        format!(
            "The {what} {id} is recorded with client {client_id}, which was deleted, and the provider's default does not see \
             it.{separator}{fate} Three ways lead on: set the provider's `{IMPERSONATE}` to a living client of the same project; let \
             Terraform forget the object and leave it there, with a block `removed {{ lifecycle {{ destroy = false }} }}` and \
             `-refresh=false`, since OpenTofu reads it first; or take it out of the state with `terraform state rm ADDRESS`, as is right \
             where its project is gone too."
        ),
    )
}

/// Which objects act as which client, in one run.
#[derive(Default)]
pub struct Objects(Mutex<Known>);

#[derive(Default)]
struct Known {
    unread: BTreeSet<String>,
    /// Objects that were read and stay, by client.
    staying: BTreeMap<String, BTreeSet<String>>,
    leaving: BTreeSet<String>,
}

impl Objects {
    /// Whether this is the first object of the client that can't be read.
    fn first_unread(&self, client_id: &str) -> bool {
        self.known().unread.insert(client_id.to_owned())
    }

    /// Notes that an object stays and acts as a client; the answer is whether that client's deletion is planned.
    pub fn stays(&self, client_id: &str, object: &str) -> bool {
        let mut known = self.known();
        known.staying.entry(client_id.to_owned()).or_default().insert(object.to_owned());
        known.leaving.contains(client_id)
    }

    /// Notes that a client's deletion is planned; the answer is what stays and acts as it.
    pub fn leaves(&self, client_id: &str) -> BTreeSet<String> {
        let mut known = self.known();
        known.leaving.insert(client_id.to_owned());
        known.staying.get(client_id).cloned().unwrap_or_default()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // A poisoned lock holds a whole value all the same: nothing here stops halfway.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The warning for a client that is deleted while objects act as it and stay.
pub fn warn_of_orphans<M: Model>(plan: &mut Plan<M>, client_id: &str, objects: &BTreeSet<String>) {
    if objects.is_empty() {
        return;
    }
    let list = objects.iter().cloned().collect::<Vec<_>>().join(", ");
    plan.diagnostics().warn(
        "Objects act as a client that is to be deleted",
        format!(
            "Client {client_id} is to be deleted, and these are read, changed and deleted as that client and stay: {list}. Name \
             another client of their project in their `{IMPERSONATE}`, apply that, and delete the client after it."
        ),
    );
}

fn moved(api: Api, domain: Option<&str>) -> Api {
    match domain {
        Some(domain) => api.at_domain(domain),
        None => api,
    }
}

fn not_known(client_id: &str) -> Unreached {
    Unreached::NoCredentials(Diagnostic::error(
        "The credentials of a client are not known yet",
        format!(
            "The secret of client {client_id}, to act as it, depends on something that is known only after an apply (the provider's \
             `client_credentials` or `mint_run_secrets`), as while a secret is rotated. Apply what it depends on first, or leave the \
             client out of `client_credentials`, so that it gets a secret for the run."
        ),
    ))
}

fn no_credentials(client_id: &str, error: &Error) -> Diagnostic {
    Diagnostic::error(
        format!("No credentials to act as client {client_id}"),
        format!("{error}. {}", diagnose::how_to_act()),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_of_client_and_object_is_planned_second_hears_of_the_other() {
        let objects = Objects::default();
        assert!(!objects.stays("psa_a", "service configuration pci_a"));
        assert_eq!(objects.leaves("psa_a").len(), 1);
        assert!(objects.stays("psa_a", "service configuration pci_b"));
        assert!(objects.leaves("psa_b").is_empty());
    }

    #[test]
    fn only_the_first_unread_object_of_a_client_is_told() {
        let objects = Objects::default();
        assert!(objects.first_unread("psa_a"));
        assert!(!objects.first_unread("psa_a"));
        assert!(objects.first_unread("psa_b"));
    }
}
