//! `list "pangea_service_client"`: the service clients that the provider's login sees.

use std::collections::BTreeSet;

use tf_framework::{DataSource, Diagnostics, ListResource, Model, Result, Results, Value, async_trait};

use super::management_client::is_of_service;
use crate::{
    acting,
    data_sources::{self, times::Times},
    provider::Pangea,
    resources::{ServiceClient, service_client::ServiceClientIdentity},
};

/// The service clients that the provider's login sees, all or some of them, oldest first.
#[derive(Clone, Model)]
pub struct ServiceClients {
    /// The management client (`psa_…`) as which each is read and, once imported, changed: one of the project. Defaults to the provider's.
    #[attr(optional, length(1..=255))]
    pub impersonate_client_id: Value<String>,
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
impl ListResource<Pangea> for ServiceClients {
    type Resource = ServiceClient;

    fn validate(config: &ServiceClients, diagnostics: &mut Diagnostics) {
        acting::check_actor(&config.impersonate_client_id, diagnostics);
        data_sources::Clients::validate(&config.clone().wanted(), diagnostics);
    }

    async fn list(pangea: &Pangea, config: ServiceClients, results: &mut Results<Pangea, ServiceClient>) -> Result<()> {
        let actor = config.impersonate_client_id.clone();
        for client in config.wanted().find(pangea).await?.into_iter().filter(is_of_service) {
            let identity = ServiceClientIdentity { id: client.client_id.into(), impersonate_client_id: actor.clone() };
            if results.push_imported(pangea, client.client_name, identity).await?.is_break() {
                break;
            }
        }
        Ok(())
    }
}

impl ServiceClients {
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
