//! What a plan of a client says beyond its attributes: warnings, refusals, and the first secret's future.

use tf_framework::{Diagnostic, Path, Plan};

use super::{Kind, OauthClient, reach, rotation};
use crate::{
    access::Holding,
    acting,
    imported::is_imported,
    protection,
    provider::{ALLOW_DELETE, Pangea},
    resources::declared_twice,
};

/// The name under which the client's own resource plans to hold scopes. Grants use their ids, which never look like this.
const HOLDER: &str = "the client itself";

pub(super) fn modify<K: Kind>(pangea: Option<&Pangea>, plan: &mut Plan<OauthClient<K>>) {
    if let Some(pangea) = pangea {
        let verb = if plan.is_destroy() { "delete" } else { "replace" };
        protection::check_plan(plan, |prior| self_change(pangea, prior, verb));
    }
    let goes = plan.is_destroy() || plan.is_replace();
    let id = plan.prior().and_then(|prior| prior.id.known().cloned());
    if let (Some(pangea), Some(id), true) = (pangea, id, goes) {
        acting::warn_of_orphans(plan, &id, &pangea.objects.leaves(&id));
    }
    // A plan that can't be read has its errors from validation already.
    let Ok(Some(planned)) = plan.planned() else { return };
    reach::plan(pangea, plan, &planned);
    rotation::plan(plan, &planned);
    if let Some(prior) = plan.prior().cloned() {
        warn_of_unmanaged(plan, &prior, &planned);
        if let Some(pangea) = pangea {
            refuse_narrowing(pangea, plan, &prior, &planned);
        }
    }
    if let (Some(pangea), Some(id)) = (pangea, planned.id.as_deref()) {
        let access = pangea.access.client(id);
        access.declare(planned.declared());
        let shared = access.plan(HOLDER, planned.holding());
        warn_of_shared(plan, &shared);
    }
}

/// What an update takes away. The update after an import takes nothing that only the import had found, and turning
/// `exclusive_scopes` on takes nothing before a plan has listed it.
pub(super) fn to_revoke<K: Kind>(prior: &OauthClient<K>, planned: &OauthClient<K>, imported: bool) -> Holding {
    let (was, is) = (prior.declared().exclusive, planned.declared().exclusive);
    let mut lost = prior.holding().without(&planned.holding());
    if (imported && !is) || (!was && is) {
        lost.scopes.clear();
    }
    if imported {
        lost.roles.retain(|_| planned.own.roles().is_known());
    }
    lost
}

/// The error for deleting, replacing or narrowing the client that the provider is logged in as.
pub(super) fn self_change<K: Kind>(pangea: &Pangea, state: &OauthClient<K>, verb: &str) -> Option<Diagnostic> {
    let id = state.id.as_deref()?;
    let is_allowed = state.own.allows_self_change() || pangea.may_delete(id);
    if !pangea.is_login(id) || is_allowed {
        return None;
    }
    Some(Diagnostic::error(
        format!("The plan would {verb} the client that the provider is logged in as"),
        format!(
            "Management client {} ({id}) is the one whose credentials the provider uses, so the run would cut itself off. Log \
             the provider in as another client. If you mean it, set `allow_self_change = true`, apply that by itself, and \
             plan again.\n\nIf Terraform marked the client as tainted after a failure, and it is sound, take the mark away \
             with `terraform untaint ADDRESS`. For a left-over (deposed) object, which no configuration reaches, set the \
             environment variable {ALLOW_DELETE}={id} for one run.",
            state.name.as_deref().unwrap_or_default()
        ),
    ))
}

fn refuse_narrowing<K: Kind>(
    pangea: &Pangea,
    plan: &mut Plan<OauthClient<K>>,
    prior: &OauthClient<K>,
    planned: &OauthClient<K>,
) {
    let imported = is_imported(plan.private());
    if to_revoke(prior, planned, imported).is_empty() {
        return;
    }
    if let Some(refused) = self_change(pangea, prior, "narrow") {
        plan.diagnostics().push(refused.at(Path::attribute("scopes")));
    }
}

/// After an import the state holds all that the client has; what the configuration doesn't declare is let go, or, where the client owns
/// all of its scopes, taken away by a later apply.
fn warn_of_unmanaged<K: Kind>(plan: &mut Plan<OauthClient<K>>, prior: &OauthClient<K>, planned: &OauthClient<K>) {
    if !is_imported(plan.private()) {
        return;
    }
    let mut left = prior.holding().without(&planned.holding()).without(&to_revoke(prior, planned, true));
    let id = prior.id.as_deref().unwrap_or_default();
    if planned.declared().exclusive {
        let later = Holding { scopes: std::mem::take(&mut left.scopes), ..Holding::default() };
        if !later.is_empty() {
            plan.diagnostics().warn(
                "Undeclared scopes of the imported client are not revoked yet",
                format!(
                    "Client {id} has {}, which its configuration does not declare. With `exclusive_scopes = true` they are to be \
                     revoked, but not by this apply: the plan after it lists them. Declare those that are to stay.",
                    later.names()
                ),
            );
        }
    }
    if left.is_empty() {
        return;
    }
    let ways =
        if left.scopes.is_empty() { "" } else { "; set `exclusive_scopes = true` to have undeclared scopes revoked" };
    plan.diagnostics().warn(
        "Access of the imported client becomes unmanaged",
        format!(
            "Client {id} has {}, which its configuration does not declare. The client keeps that access, and this resource no longer \
             manages it. Declare it here or in a `pangea_client_grant` to manage it (one that holds it already \
             keeps it){ways}.",
            left.names()
        ),
    );
}

fn warn_of_shared<K: Kind>(plan: &mut Plan<OauthClient<K>>, shared: &Holding) {
    if !shared.is_empty() {
        plan.diagnostics().warn_at(Path::attribute("scopes"), "Access is declared twice", declared_twice(shared));
    }
}
