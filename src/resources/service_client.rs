//! `pangea_service_client`: an OAuth client that calls the services of one project.

use std::collections::BTreeSet;

use tf_framework::{Context, Diagnostic, Identified, Model, Resource as _, Result, Value, async_trait};

use super::oauth_client::{Kind, OauthClient};
use crate::{ids, provider::Pangea, resources::role::RoleModel};

/// A service client in the state of its resource.
pub type ServiceClient = OauthClient<Service>;

/// An OAuth client that calls the services of one project, such as AI Guard or Redact, with its first secret. Its name is unique
/// in the project.
///
/// Its scopes say which calls it may make, its roles say with which configurations of the services. Nothing in the call that
/// registers it says in which project: the client does that registers it. Name a management client of the project in
/// `impersonate_client_id`, here or in the provider block.
#[derive(Clone, Default, Model)]
pub struct Service {
    /// What the scopes apply to: configurations of services, by their ids. Left out, roles are not managed.
    #[attr(optional)]
    pub roles: Value<BTreeSet<RoleModel>>,
    /// The management client (`psa_…`) as which this one is registered, read and changed: one of the project. Defaults to the
    /// provider's, else its login; what the client was registered as is recorded. Another client of the same project changes
    /// nothing but that.
    #[attr(optional_computed, keep_when_unknown, length(1..=255))]
    pub impersonate_client_id: Value<String>,
}

impl Kind for Service {
    const NAME: &'static str = "pangea_service_client";
    const WHAT: &'static str = "service client";
    const CLASS: &'static str = "service";

    fn roles(&self) -> &Value<BTreeSet<RoleModel>> {
        &self.roles
    }

    fn set_roles(&mut self, roles: Value<BTreeSet<RoleModel>>) {
        self.roles = roles;
    }

    fn actor(&self) -> &Value<String> {
        &self.impersonate_client_id
    }

    fn set_actor(&mut self, actor: Value<String>) {
        self.impersonate_client_id = actor;
    }

    fn of_import<'i>(pangea: &Pangea, id: &'i str) -> Result<(Service, &'i str)> {
        let (actor, id) = match id.split_once('/') {
            Some((actor, id)) => (Value::from(actor), id),
            None => (Value::Null, id),
        };
        let is_client = |id: &str| ids::unusable(id, ids::CLIENT).is_none();
        if !is_client(id) || actor.as_deref().is_some_and(|actor| !is_client(actor)) {
            return Err(wrong_import().into());
        }
        let actor = pangea.actor_of(&actor).into_known().into();
        Ok((Service { impersonate_client_id: actor, ..Service::default() }, id))
    }
}

/// What tells a client from all others, and the client by which it is found.
#[derive(Clone, Model)]
pub struct ServiceClientIdentity {
    /// Id of the client, `psa_…`.
    #[attr(required)]
    pub id: Value<String>,
    /// The management client (`psa_…`) as which it is read and changed; left out, the provider's own.
    #[attr(optional)]
    pub impersonate_client_id: Value<String>,
}

#[async_trait]
impl Identified<Pangea> for ServiceClient {
    type Identity = ServiceClientIdentity;

    const IS_MUTABLE: bool = true;

    fn identity(&self) -> Option<ServiceClientIdentity> {
        let actor = &self.own.impersonate_client_id;
        (self.id.is_known() && !actor.is_unknown())
            .then(|| ServiceClientIdentity { id: self.id.clone(), impersonate_client_id: actor.clone() })
    }

    async fn import_by_identity(
        pangea: &Pangea,
        identity: ServiceClientIdentity,
        ctx: &mut Context<ServiceClient>,
    ) -> Result<ServiceClient> {
        let id = identity.id.into_known().unwrap_or_default();
        let id = match identity.impersonate_client_id.known() {
            Some(actor) => format!("{actor}/{id}"),
            None => id,
        };
        ServiceClient::import(pangea, &id, ctx).await
    }
}

fn wrong_import() -> Diagnostic {
    Diagnostic::error(
        "Wrong import id",
        "The import id is not that of a client, `psa_…`. A management client of its project to read it as, where the provider has no \
         default, stands before it: `psa_…/psa_…`.",
    )
}
