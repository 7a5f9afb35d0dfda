//! `data.pangea_service_configs`: the configurations of a service in a project.

use std::collections::BTreeSet;

use pangea_client::{ConfigFilter, TimeFilter};
use tf_framework::{Context, DataSource, Diagnostics, Model, Result, Value, async_trait};

use super::service_config;
use crate::{
    acting::{self, Place},
    ids,
    provider::Pangea,
};

/// The configurations of a service in a project, all or some of them, oldest first.
///
/// Nothing in the call says in which project: the client does that makes it.
#[derive(Clone, Debug, Model)]
pub struct ServiceConfigs {
    /// The service: `audit`, `redact` or `ai-guard`.
    #[attr(required, one_of(&["audit", "redact", "ai-guard"]))]
    pub service: Value<String>,
    /// The client (`psa_…`) to list them as: one of the project. Defaults to the provider's.
    #[attr(optional, length(1..=255))]
    pub impersonate_client_id: Value<String>,
    /// Domain of the project's services, where it is not the provider's, such as `aws.eu.pangea.cloud`.
    #[attr(optional, length(1..=255))]
    pub domain: Value<String>,
    /// Only configurations whose id holds each of these.
    #[attr(optional)]
    pub id_contains: Value<BTreeSet<String>>,
    /// Only configurations whose id is one of these. The empty set lets none through.
    #[attr(optional)]
    pub id_in: Value<BTreeSet<String>>,
    /// Only configurations that were made later than this (RFC 3339).
    #[attr(optional, must(IS_TIME, is_time))]
    pub created_after: Value<String>,
    /// Only configurations that were made earlier than this (RFC 3339).
    #[attr(optional, must(IS_TIME, is_time))]
    pub created_before: Value<String>,
    /// Only configurations that were last changed later than this (RFC 3339).
    #[attr(optional, must(IS_TIME, is_time))]
    pub updated_after: Value<String>,
    /// Only configurations that were last changed earlier than this (RFC 3339).
    #[attr(optional, must(IS_TIME, is_time))]
    pub updated_before: Value<String>,
    /// The configurations, oldest first.
    #[attr(computed)]
    pub configs: Value<Vec<Listed>>,
}

/// One configuration.
#[derive(Clone, Debug, Model)]
pub struct Listed {
    /// Id of the configuration (`pci_…`).
    #[attr(computed)]
    pub id: Value<String>,
    /// Name of the configuration.
    #[attr(computed)]
    pub name: Value<String>,
    /// All settings, as a JSON object.
    #[attr(computed)]
    pub settings: Value<String>,
    /// When it was made (RFC 3339). Null where the service does not tell.
    #[attr(computed)]
    pub created_at: Value<String>,
    /// When it was last changed (RFC 3339). Null where the service does not tell.
    #[attr(computed)]
    pub updated_at: Value<String>,
}

#[async_trait]
impl DataSource<Pangea> for ServiceConfigs {
    const NAME: &'static str = "pangea_service_configs";

    fn validate(config: &ServiceConfigs, diagnostics: &mut Diagnostics) {
        acting::check_actor(&config.impersonate_client_id, diagnostics);
        ids::check_set(&config.id_in, "id_in", ids::SERVICE_CONFIG, diagnostics);
    }

    async fn read(pangea: &Pangea, config: ServiceConfigs, _: &mut Context<ServiceConfigs>) -> Result<ServiceConfigs> {
        if config.id_in.known().is_some_and(BTreeSet::is_empty) {
            // In a request, no id at all would let everything through.
            return Ok(ServiceConfigs { configs: Vec::new().into(), ..config });
        }
        let actor = pangea.actor_of(&config.impersonate_client_id);
        let place = Place {
            service: config.service.as_deref().unwrap_or_default(),
            client_id: actor.as_deref(),
            domain: config.domain.as_deref(),
        };
        let found = service_config::list(pangea, place, &config.filter()).await?;
        let configs: Vec<Listed> = found.into_iter().map(Listed::from).collect();
        Ok(ServiceConfigs { configs: configs.into(), ..config })
    }
}

impl ServiceConfigs {
    fn filter(&self) -> ConfigFilter {
        let list = |set: &Value<BTreeSet<String>>| set.known().into_iter().flatten().cloned().collect();
        let within = |after: &Value<String>, before: &Value<String>| TimeFilter {
            gt: after.known().cloned(),
            lt: before.known().cloned(),
            ..TimeFilter::default()
        };
        ConfigFilter {
            id: None,
            id_contains: list(&self.id_contains),
            id_in: list(&self.id_in),
            created_at: within(&self.created_after, &self.created_before),
            updated_at: within(&self.updated_after, &self.updated_before),
        }
    }
}

impl From<pangea_client::ServiceConfig> for Listed {
    fn from(found: pangea_client::ServiceConfig) -> Listed {
        Listed {
            id: found.id.into(),
            name: found.name.into(),
            settings: serde_json::Value::Object(found.settings).to_string().into(),
            created_at: found.created_at.into(),
            updated_at: found.updated_at.into(),
        }
    }
}

const IS_TIME: &str = "be a time such as `2025-01-31T00:00:00Z` (RFC 3339)";

fn is_time(text: &str) -> bool {
    text.parse::<jiff::Timestamp>().is_ok()
}
