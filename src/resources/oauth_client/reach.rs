//! As whom a client is managed: the provider's login, or another client of its project.
//!
//! It is recorded, and every later call is made as the recorded one, since a client of another project sees nothing here.

use pangea_client::{Api, Client};
use tf_framework::{Context, Diagnostic, Diagnostics, Path, Plan, Result};

use super::{Kind, OauthClient, READ};
use crate::{
    acting::{self, Place, Unreached},
    gone, plan_help,
    provider::Pangea,
};

/// The service at which clients are managed.
const SERVICE: &str = "authorization.access";

impl<K: Kind> OauthClient<K> {
    /// As whom, and where, it is managed.
    pub(super) fn place(&self) -> Place<'_> {
        Place { service: SERVICE, client_id: self.own.actor().as_deref(), domain: None }
    }

    /// Why it was not reached, as an error.
    pub(super) fn unreached(&self, unreached: Unreached, object: &str) -> Diagnostics {
        unreached.into_error(self.place().client_id.unwrap_or_default(), K::WHAT, object)
    }
}

/// The way to the calls. Nothing is asked of the service yet.
pub(super) fn api<K: Kind>(pangea: &Pangea, client: &OauthClient<K>) -> std::result::Result<Api, Unreached> {
    match client.place().client_id {
        None => pangea.api().cloned().map_err(Unreached::Failed),
        Some(_) => pangea.at(client.place()),
    }
}

/// Reads the client as whoever manages it; where that one is gone, as the provider's default. With it comes the way on which it was found.
pub(super) async fn look<K: Kind>(
    pangea: &Pangea,
    client: &OauthClient<K>,
) -> std::result::Result<Option<(Client, Api)>, Unreached> {
    match look_as_recorded(pangea, client).await {
        Err(Unreached::ActorIsGone) => {
            let mut instead = client.clone();
            instead.own.set_actor(pangea.stand_in_for(client.own.actor())?);
            match look_as_recorded(pangea, &instead).await {
                Ok(Some(found)) => Ok(Some(found)),
                _ => Err(Unreached::ActorIsGone),
            }
        }
        found => found,
    }
}

/// The way for a change. Where another client manages it, or is to from now on, it is read first: one of another project doesn't see it.
pub(super) async fn api_for_change<K: Kind>(
    pangea: &Pangea,
    prior: &OauthClient<K>,
    plan: &OauthClient<K>,
    ctx: &mut Context<OauthClient<K>>,
) -> Result<Api> {
    let moves = prior.own.actor() != plan.own.actor();
    if !moves && plan.place().client_id.is_none() {
        return Ok(pangea.api()?.clone());
    }
    // The plan of an update always knows the id; the prior state is what was read by it.
    let mut client = prior.clone();
    client.own.set_actor(plan.own.actor().clone());
    let found = if moves { look_as_recorded(pangea, &client).await } else { look(pangea, &client).await };
    match found.map_err(|unreached| client.unreached(unreached, prior.id()))? {
        Some((_, api)) => Ok(api),
        None if !moves => {
            gone::confirm_in_project(pangea, plan.place().client_id, K::WHAT, prior.id(), ctx).await?;
            Err(acting::vanished(K::WHAT, prior.id()).into())
        }
        None => Err(acting::not_there(plan.place().client_id, K::WHAT, prior.id()).into()),
    }
}

/// The way for a deletion; `None` where there is nothing to delete any more.
pub(super) async fn api_for_delete<K: Kind>(
    pangea: &Pangea,
    state: &OauthClient<K>,
    ctx: &mut Context<OauthClient<K>>,
) -> Result<Option<Api>> {
    let Some(actor) = state.place().client_id else { return Ok(Some(pangea.api()?.clone())) };
    match look(pangea, state).await {
        Err(Unreached::ActorIsGone) => {
            gone::confirm_with_project(pangea, actor, K::WHAT, state.id(), ctx).await.map(|()| None)
        }
        Ok(None) => gone::confirm_in_project(pangea, Some(actor), K::WHAT, state.id(), ctx).await.map(|()| None),
        found => Ok(found.map_err(|unreached| state.unreached(unreached, state.id()))?.map(|(_, api)| api)),
    }
}

/// Plans who manages the client, and notes that it stays and acts as that one.
pub(super) fn plan<K: Kind>(pangea: Option<&Pangea>, plan: &mut Plan<OauthClient<K>>, planned: &OauthClient<K>) {
    if !is_acted_for::<K>() {
        return;
    }
    let configured = plan.config().map(|config| config.own.actor().clone()).unwrap_or_default();
    let is_new = plan.prior().is_none();
    acting::plan_actor(pangea, plan, &configured, is_new);
    if let (Some(pangea), Some(actor), Some(id)) = (pangea, planned.own.actor().as_deref(), planned.id.as_deref()) {
        let object = format!("{} {id}", K::WHAT);
        if pangea.objects.stays(actor, &object) {
            acting::warn_of_orphans(plan, actor, &[object].into());
        }
    }
}

/// The warning for a new client that nobody of a project registers: a login of the organization makes it the organization's.
pub(super) async fn review<K: Kind>(pangea: &Pangea, plan: &Plan<OauthClient<K>>) -> Diagnostics {
    let is_new = plan.prior().is_none() || plan.is_replace();
    let Ok(Some(planned)) = plan.planned() else { return Diagnostics::new() };
    if !is_acted_for::<K>() || !is_new || !planned.own.actor().is_null() {
        return Diagnostics::new();
    }
    match plan_help::is_login_of_organization(pangea).await {
        Some(true) => in_no_project(K::WHAT, "will belong").into(),
        _ => Diagnostics::new(),
    }
}

/// The same after the create, where the plan could not know what the login is.
pub(super) fn warn_of_organization<K: Kind>(pangea: &Pangea, made: &OauthClient<K>, ctx: &mut Context<OauthClient<K>>) {
    let is_in_none = made.tenanted_by.as_deref() == Some("organization");
    if is_acted_for::<K>() && made.own.actor().is_null() && pangea.login_client_id().is_none() && is_in_none {
        let warning = in_no_project(K::WHAT, "belongs");
        ctx.warn(warning.summary, warning.detail);
    }
}

fn in_no_project(what: &str, belongs: &str) -> Diagnostic {
    Diagnostic::warning(
        format!("The {what} {belongs} to no project"),
        format!(
            "A {what} belongs to the project of the client that registers it. The provider's login does that here, which is of the \
             organization and of no project, so the {what} {belongs} to the organization, and the services of a project refuse it. Name a \
             management client of the project in `{IMPERSONATE}`, here or in the provider block; a client that exists is replaced for that \
             with `terraform apply -replace=ADDRESS`.",
            IMPERSONATE = acting::IMPERSONATE
        ),
    )
    .at(Path::attribute(acting::IMPERSONATE))
}

/// Whether this kind of client may be managed as another one.
fn is_acted_for<K: Kind>() -> bool {
    K::attributes().iter().any(|attribute| attribute.name() == acting::IMPERSONATE)
}

async fn look_as_recorded<K: Kind>(
    pangea: &Pangea,
    client: &OauthClient<K>,
) -> std::result::Result<Option<(Client, Api)>, Unreached> {
    let attempt = client.attempt("read", K::WHAT, client.id()).needing(READ);
    let api = api(pangea, client)?;
    let found = acting::sorted(api.clients().find(client.id()).await, pangea, client.place(), &attempt)?;
    Ok(found.map(|found| (found, api)))
}
