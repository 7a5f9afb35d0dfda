//! Objects that a read does not find: gone, or only out of sight.

use std::collections::BTreeSet;

use pangea_client::{Error, Kind};
use tf_framework::{Context, Diagnostic, Diagnostics, Model, Private, Result};

use crate::{
    acting,
    diagnose::{Attempt, Explain, request_id},
    provider::Pangea,
};

const READ_ORGANIZATION: &str = "pangea:platform:org:read";
const READ_ROLES: &str = "pangea:platform:account:read";
const READ_PROJECT: &str = "pangea:platform:project:read";

/// Private state of every object that was seen.
const SEEN: &str = "seen";

/// Private state of an object that names no organization itself: the provider's, when the object was last seen.
const SEEN_IN: &str = "seen_in_organization";

/// Private state of an object whose organization is not known: the client that the provider was logged in as when it was last seen.
const SEEN_BY: &str = "seen_by_client";

/// Private state of an object that names no project itself: that of the client as which it was last seen.
const SEEN_IN_PROJECT: &str = "seen_in_project";

/// Notes the provider's organization with an object that was found, so that a later login of another organization, which
/// doesn't find it, is known for what it is. Where the organization is not known, it is the login's client that counts.
pub fn note_sighting<M: Model>(pangea: &Pangea, ctx: &mut Context<M>) {
    ctx.private().set(SEEN, true);
    match (pangea.default_organization_id().into_known(), pangea.login_client_id()) {
        (Some(organization), _) => ctx.private().set(SEEN_IN, organization),
        (None, Some(client_id)) => ctx.private().set(SEEN_BY, client_id),
        (None, None) => {}
    }
}

/// Whether the private state of an object that exists was lost. Terraform keeps the state and not that where the provider dies alone
/// in the middle of an apply. Whatever hangs on a mark in it must then take the careful way.
pub fn is_lost(private: &Private) -> bool {
    !private.is_set(SEEN)
}

fn noted<M: Model>(key: &str, ctx: &mut Context<M>) -> Option<String> {
    ctx.private().get(key).and_then(|id| id.as_str()).map(str::to_owned)
}

/// Notes in which project an object is that is reached as a client: that of the client's role. For a new object the roles are asked
/// for, once in a run and client; for others it counts only what this process has met, so that no read asks for more.
pub async fn note_project<M: Model>(pangea: &Pangea, client_id: Option<&str>, is_new: bool, ctx: &mut Context<M>) {
    note_sighting(pangea, ctx);
    let Some(client_id) = client_id else { return };
    let client = pangea.access.client(client_id);
    if is_new && client.project().is_none() {
        let _changing = client.changing.lock().await;
        if let (None, Ok(api)) = (client.project(), pangea.api()) {
            // Without the right to ask it stays unknown: it only helps once the client is gone.
            let roles = api.clients().roles(client_id).await.unwrap_or_default();
            client.note_project(None);
            client.note_roles(&roles);
        }
    }
    if let Some(Some(project)) = client.project() {
        ctx.private().set(SEEN_IN_PROJECT, project);
    }
}

/// Makes sure that an object whose client is gone, and which nobody else sees, went with its project.
///
/// # Errors
/// When the project is there, when it can't be asked for, or when it isn't known which it was.
pub async fn confirm_with_project<M: Model>(
    pangea: &Pangea,
    client_id: &str,
    what: &str,
    id: &str,
    ctx: &mut Context<M>,
) -> Result<()> {
    let project = noted(SEEN_IN_PROJECT, ctx);
    let fate = match &project {
        None => "In which project it was is not recorded.".to_owned(),
        Some(project) => match find_project(pangea, project, ctx).await {
            Ok(false) => return Ok(()),
            Ok(true) => format!("Its project {project} still exists."),
            Err(errors) => {
                let why: Vec<_> = errors.iter().map(|error| error.detail.as_str()).collect();
                format!("Whether its project {project} still exists can't be told. {}", why.join(" "))
            }
        },
    };
    Err(acting::actor_is_gone(client_id, what, id, &fate).into())
}

/// Makes sure that an object which its client does not find is gone, and not only out of sight because the client has left the project in
/// which the object was seen. `client_id` is who looked, where that was not the login.
///
/// # Errors
/// When the client is in another project by now, or in none, and the object's still exists; when that can't be told, or what was noted
/// is lost.
pub async fn confirm_in_project<M: Model>(
    pangea: &Pangea,
    client_id: Option<&str>,
    what: &str,
    id: &str,
    ctx: &mut Context<M>,
) -> Result<()> {
    let Some(project) = noted(SEEN_IN_PROJECT, ctx) else {
        return if is_lost(ctx.private()) { Err(in_no_known_organization(what, id).into()) } else { Ok(()) };
    };
    let Some(client_id) = client_id.or(pangea.login_client_id()) else { return Ok(()) };
    let now = async {
        let attempt = Attempt::new("look for the roles of", "client", client_id).needing(READ_ROLES);
        let roles = pangea.api()?.clients().roles(client_id).await.explain(pangea, &attempt)?;
        let now: BTreeSet<_> = roles.into_iter().filter(|role| role.r#type == "project").map(|role| role.id).collect();
        let is_gone = now.contains(&project) || !find_project(pangea, &project, ctx).await?;
        Ok((!is_gone).then_some(now))
    };
    match now.await {
        Ok(None) => Ok(()),
        Ok(Some(now)) => Err(acting::client_has_left(client_id, &now, what, id, &project).into()),
        Err(why) => Err(out_of_sight(client_id, what, id, &project, &why).into()),
    }
}

fn out_of_sight(client_id: &str, what: &str, id: &str, project: &str, why: &Diagnostics) -> Diagnostic {
    let why: Vec<_> = why.iter().map(|error| error.detail.as_str()).collect();
    Diagnostic::error(
        format!("The {what} is not visible"),
        format!(
            "Client {client_id} finds no {what} {id}, which was seen in project {project}. Whether it is gone, or the client is in another \
             project, can't be told, so the state stays as it is. Log in as a client of that project or of the organization. The reason: {}",
            why.join(" ")
        ),
    )
}

/// Whether there is such a project. That it is gone is believed only where its organization is visible.
async fn find_project<M: Model>(pangea: &Pangea, project: &str, ctx: &mut Context<M>) -> Result<bool> {
    let looking_for = "project of an object that is not found";
    let attempt = Attempt::new("look for", looking_for, project).needing(READ_PROJECT);
    if pangea.api()?.projects().find(project).await.explain(pangea, &attempt)?.is_some() {
        return Ok(true);
    }
    confirm_noted(pangea, "project", project, ctx).await.map(|()| false)
}

/// Makes sure, as [`confirm`] does, that something which isn't found is gone: by the organization that was noted with the object, else
/// by the login that saw it last.
///
/// # Errors
/// As [`confirm`].
pub async fn confirm_noted<M: Model>(pangea: &Pangea, what: &str, id: &str, ctx: &mut Context<M>) -> Result<()> {
    let (organization, login) = (noted(SEEN_IN, ctx), pangea.login_client_id());
    if organization.is_none() && login.is_some() && noted(SEEN_BY, ctx).as_deref() == login {
        return Ok(());
    }
    confirm(pangea, organization.as_deref(), what, id).await
}

/// Makes sure that an object which isn't found is gone, and not just out of sight: a login of another organization finds
/// nothing of this one, and must not make Terraform forget it.
///
/// # Errors
/// When the organization isn't visible either, can't be asked for, or isn't known.
pub async fn confirm(pangea: &Pangea, organization: Option<&str>, what: &str, id: &str) -> Result<()> {
    let Some(organization) = organization else { return Err(in_no_known_organization(what, id).into()) };
    let looking_for = format!("organization of a {what} that was not found");
    let attempt = Attempt::new("look for", &looking_for, organization).needing(READ_ORGANIZATION);
    let found = match pangea.api()?.organizations().find(organization).await {
        Err(error) if error.kind() == Kind::Forbidden => {
            return Err(sees_no_organization(what, id, organization, &error).into());
        }
        found => found.explain(pangea, &attempt)?,
    };
    if found.is_some() {
        return Ok(());
    }
    Err(Diagnostic::error(
        format!("The {what} and its organization are not visible"),
        format!(
            "Pangea finds neither the {what} {id} nor the organization {organization}, as happens with credentials of another \
             organization. The state stays as it is. Log in to the provider as a client of that organization, or, if the \
             {what} is really gone, remove it with `terraform state rm`."
        ),
    )
    .into())
}

fn sees_no_organization(what: &str, id: &str, organization: &str, error: &Error) -> Diagnostic {
    Diagnostic::error(
        format!("The {what} is not visible"),
        format!(
            "Pangea finds no {what} {id}. Whether it is gone can be told only by a login that sees the organization {organization}: this one \
             lacks the scope `{READ_ORGANIZATION}`, or a role on the organization. The state stays as it is. Plan once with a login of the \
             organization; or, if the {what} is really gone, remove it with `terraform state rm`.{}",
            request_id(error)
        ),
    )
}

fn in_no_known_organization(what: &str, id: &str) -> Diagnostic {
    Diagnostic::error(
        format!("The {what} is not visible"),
        format!(
            "Pangea finds no {what} {id}. It may be gone, or the provider may be logged in to another organization or project: in \
             which organization it was seen last is not recorded. The state stays as it is. Log in as the client that made it; \
             or, if the {what} is really gone, remove it with `terraform state rm`. With the provider's `organization_id` (or \
             PANGEA_ORGANIZATION_ID) set, the organization is recorded at each read, and such a case is told apart."
        ),
    )
}

/// Tells that an object is dropped from the state.
pub fn warn<M: Model>(what: &str, id: &str, ctx: &mut Context<M>) {
    ctx.warn(
        format!("The {what} no longer exists"),
        format!(
            "The {what} {id} was deleted outside of Terraform. It is dropped from the state; where the configuration still has \
             it, the next apply creates it again."
        ),
    );
}
