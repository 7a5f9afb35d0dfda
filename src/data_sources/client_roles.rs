//! `data.pangea_client_roles`: the roles of a client.

use std::collections::BTreeSet;

use pangea_client::RoleFilter;
use tf_framework::{Context, DataSource, Diagnostics, Model, Path, Result, Value, async_trait};

use crate::{
    diagnose::{Attempt, Explain},
    ids,
    provider::Pangea,
    resources::role::{RoleModel, kind_of_object, to_model},
};

const READ: &str = "pangea:platform:account:read";

/// The roles of an OAuth client, all or some of them: what its scopes apply to.
#[derive(Clone, Debug, Model)]
pub struct ClientRoles {
    /// Id of the client, `psa_…`.
    #[attr(required, length(1..=255))]
    pub client_id: Value<String>,
    /// Only roles on this kind of object: `organization`, `project`, or a service's configuration such as
    /// `service_ai_guard_config`.
    #[attr(optional, length(1..=255))]
    pub resource_type: Value<String>,
    /// Only roles on this object, such as `ppi_…`.
    #[attr(optional, length(1..=255))]
    pub resource_id: Value<String>,
    /// Only roles of this level, such as `admin`.
    #[attr(optional, length(1..=255))]
    pub role: Value<String>,
    /// The roles.
    #[attr(computed)]
    pub roles: Value<BTreeSet<RoleModel>>,
}

#[async_trait]
impl DataSource<Pangea> for ClientRoles {
    const NAME: &'static str = "pangea_client_roles";

    fn validate(config: &ClientRoles, diagnostics: &mut Diagnostics) {
        let misplaced = ids::misplaced(&config.client_id, Path::attribute("client_id"), ids::CLIENT);
        let object = config.resource_type.as_deref().and_then(kind_of_object);
        let other = object.and_then(|kind| ids::misplaced(&config.resource_id, Path::attribute("resource_id"), kind));
        misplaced.into_iter().chain(other).for_each(|problem| diagnostics.push(problem));
    }

    async fn read(pangea: &Pangea, config: ClientRoles, _: &mut Context<ClientRoles>) -> Result<ClientRoles> {
        let client_id = config.client_id.as_deref().unwrap_or_default();
        let filter = RoleFilter {
            resource_type: config.resource_type.known().cloned(),
            resource_id: config.resource_id.known().cloned(),
            role: config.role.known().cloned(),
        };
        let attempt = Attempt::new("list the roles of", "client", client_id).needing(READ);
        let roles = pangea.api()?.clients().list_roles(client_id, &filter).await.explain(pangea, &attempt)?;
        Ok(ClientRoles { roles: to_model(roles).into(), ..config })
    }
}
