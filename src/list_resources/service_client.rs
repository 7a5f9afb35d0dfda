//! `list "pangea_service_client"`: the service clients that the provider's login sees.

use tf_framework::{Diagnostics, ListResource, Model, Result, Results, Value, async_trait};

use super::management_client::is_of_service;
use crate::{
    acting,
    filters::ClientConditions,
    provider::Pangea,
    resources::{ServiceClient, service_client::ServiceClientIdentity},
};

/// The service clients that the provider's login sees, all or some of them, oldest first.
#[derive(Clone, Model)]
pub struct ServiceClients {
    /// The management client (`psa_…`) as which each is read and, once imported, changed: one of the project. Defaults to the provider's.
    #[attr(optional, length(1..=255))]
    pub impersonate_client_id: Value<String>,
    #[attr(flatten)]
    pub conditions: ClientConditions,
}

#[async_trait]
impl ListResource<Pangea> for ServiceClients {
    type Resource = ServiceClient;

    fn validate(config: &ServiceClients, diagnostics: &mut Diagnostics) {
        acting::check_actor(&config.impersonate_client_id, diagnostics);
        config.conditions.check(diagnostics);
    }

    async fn list(pangea: &Pangea, config: ServiceClients, results: &mut Results<Pangea, ServiceClient>) -> Result<()> {
        let actor = config.impersonate_client_id.clone();
        for client in config.conditions.find(pangea).await?.into_iter().filter(is_of_service) {
            let identity = ServiceClientIdentity { id: client.client_id.into(), impersonate_client_id: actor.clone() };
            if results.push_imported(pangea, client.client_name, identity).await?.is_break() {
                break;
            }
        }
        Ok(())
    }
}
