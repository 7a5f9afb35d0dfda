//! `list "pangea_management_client"`: the management clients that the provider's login sees.

use pangea_client::Client;
use tf_framework::{Diagnostics, ListResource, Model, Result, Results, async_trait};

use crate::{
    filters::ClientConditions,
    provider::Pangea,
    resources::{ManagementClient, management_client::ManagementClientIdentity},
};

/// The management clients that the provider's login sees, all or some of them, oldest first. The client that the provider is logged in
/// as is among them.
#[derive(Clone, Model)]
pub struct ManagementClients {
    #[attr(flatten)]
    pub conditions: ClientConditions,
}

#[async_trait]
impl ListResource<Pangea> for ManagementClients {
    type Resource = ManagementClient;

    fn validate(config: &ManagementClients, diagnostics: &mut Diagnostics) {
        config.conditions.check(diagnostics);
    }

    async fn list(
        pangea: &Pangea,
        config: ManagementClients,
        results: &mut Results<Pangea, ManagementClient>,
    ) -> Result<()> {
        for client in config.conditions.find(pangea).await?.into_iter().filter(|client| !is_of_service(client)) {
            // Roles are told of one client at a time, so each is read where more than its identity is wanted.
            let identity = ManagementClientIdentity { id: client.client_id.into() };
            if results.push_imported(pangea, client.client_name, identity).await?.is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// Whether a client is one of a service. No source shows what its class is, only what it is not.
pub(crate) fn is_of_service(client: &Client) -> bool {
    client.client_class.as_deref().is_some_and(|class| class != "management")
}
