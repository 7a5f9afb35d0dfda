//! `pangea_management_client`: an OAuth client that may call Pangea's management APIs.

use std::collections::BTreeSet;

use tf_framework::{Context, Identified, Model, Resource as _, Result, Value, async_trait};

use super::oauth_client::{Kind, OauthClient};
use crate::{ids, provider::Pangea, resources::role::RoleModel};

/// A management client in the state of its resource.
pub type ManagementClient = OauthClient<Management>;

/// An OAuth client that calls Pangea's management APIs, those of the organization or those of one project, with its first
/// secret. Names may repeat.
///
/// Its scopes say which calls it may make, its role says on what. Without a role it can call nothing: declare one here, or
/// grant one with `pangea_client_grant`.
#[derive(Clone, Default, Model)]
pub struct Management {
    /// What the scopes apply to. Pangea gives a management client one role at most. Left out, roles are not managed. A
    /// changed role is revoked before the new one is granted.
    #[attr(optional, size(0..=1))]
    pub roles: Value<BTreeSet<RoleModel>>,
    /// Whether Terraform may delete, replace or narrow this client while the provider is logged in as it. Default `false`.
    /// It counts once it is in the state, so turning it on is an apply of its own.
    #[attr(optional_computed, default(false))]
    pub allow_self_change: Value<bool>,
}

impl Kind for Management {
    const NAME: &'static str = "pangea_management_client";
    const WHAT: &'static str = "management client";
    const CLASS: &'static str = "management";

    fn roles(&self) -> &Value<BTreeSet<RoleModel>> {
        &self.roles
    }

    fn set_roles(&mut self, roles: Value<BTreeSet<RoleModel>>) {
        self.roles = roles;
    }

    fn allows_self_change(&self) -> bool {
        self.allow_self_change == Value::Known(true)
    }

    fn of_import<'i>(_: &Pangea, id: &'i str) -> Result<(Management, &'i str)> {
        let own = Management { allow_self_change: false.into(), ..Management::default() };
        Ok((own, ids::of_import(id, Management::WHAT, ids::CLIENT)?))
    }
}

/// What tells a client from all others.
#[derive(Clone, Model)]
pub struct ManagementClientIdentity {
    /// Id of the client, `psa_…`.
    #[attr(required)]
    pub id: Value<String>,
}

#[async_trait]
impl Identified<Pangea> for ManagementClient {
    type Identity = ManagementClientIdentity;

    fn identity(&self) -> Option<ManagementClientIdentity> {
        self.id.is_known().then(|| ManagementClientIdentity { id: self.id.clone() })
    }

    async fn import_by_identity(
        pangea: &Pangea,
        identity: ManagementClientIdentity,
        ctx: &mut Context<ManagementClient>,
    ) -> Result<ManagementClient> {
        ManagementClient::import(pangea, identity.id.as_deref().unwrap_or_default(), ctx).await
    }
}
