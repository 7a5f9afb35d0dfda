//! `list "pangea_management_client"`: the management clients that the provider's login sees.

use std::collections::BTreeSet;

use pangea_client::Client;
use tf_framework::{DataSource, Diagnostics, ListResource, Model, Result, Results, Value, async_trait};

use crate::{
    data_sources::{self, times::Times},
    provider::Pangea,
    resources::{ManagementClient, management_client::ManagementClientIdentity},
};

/// The management clients that the provider's login sees, all or some of them, oldest first. The client that the provider is logged in
/// as is among them.
#[derive(Clone, Model)]
pub struct ManagementClients {
    /// Only the client with this id, `psa_…`.
    #[attr(optional, length(1..=255))]
    pub client_id: Value<String>,
    /// Only clients whose id holds each of these.
    #[attr(optional)]
    pub client_id_contains: Value<BTreeSet<String>>,
    /// Only clients whose id is one of these. The empty set lets none through.
    #[attr(optional)]
    pub client_id_in: Value<BTreeSet<String>>,
    /// Only clients with this name.
    #[attr(optional, length(1..=255))]
    pub name: Value<String>,
    /// Only clients whose name holds each of these.
    #[attr(optional)]
    pub name_contains: Value<BTreeSet<String>>,
    /// Only clients whose name is one of these. The empty set lets none through.
    #[attr(optional)]
    pub name_in: Value<BTreeSet<String>>,
    /// Only clients that have each of these scopes.
    #[attr(optional)]
    pub scopes: Value<BTreeSet<String>>,
    /// Only clients that were registered within these bounds.
    #[attr(optional)]
    pub created_at: Value<Times>,
    /// Only clients that were last changed within these bounds.
    #[attr(optional)]
    pub updated_at: Value<Times>,
}

#[async_trait]
impl ListResource<Pangea> for ManagementClients {
    type Resource = ManagementClient;

    fn validate(config: &ManagementClients, diagnostics: &mut Diagnostics) {
        data_sources::Clients::validate(&config.clone().wanted(), diagnostics);
    }

    async fn list(
        pangea: &Pangea,
        config: ManagementClients,
        results: &mut Results<Pangea, ManagementClient>,
    ) -> Result<()> {
        for client in config.wanted().find(pangea).await?.into_iter().filter(|client| !is_of_service(client)) {
            // Roles are told of one client at a time, so each is read where more than its identity is wanted.
            let identity = ManagementClientIdentity { id: client.client_id.into() };
            if results.push_imported(pangea, client.client_name, identity).await?.is_break() {
                break;
            }
        }
        Ok(())
    }
}

impl ManagementClients {
    /// The same conditions as the data source has them.
    fn wanted(self) -> data_sources::Clients {
        data_sources::Clients {
            client_id: self.client_id,
            client_id_contains: self.client_id_contains,
            client_id_in: self.client_id_in,
            name: self.name,
            name_contains: self.name_contains,
            name_in: self.name_in,
            scopes: self.scopes,
            created_at: self.created_at,
            updated_at: self.updated_at,
            clients: Value::Null,
        }
    }
}

/// Whether a client is one of a service. No source shows what its class is, only what it is not.
pub(crate) fn is_of_service(client: &Client) -> bool {
    client.client_class.as_deref().is_some_and(|class| class != "management")
}
