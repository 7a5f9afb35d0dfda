//! `data.pangea_service_config`: the configuration of a service in a project, by its id or its name.

use pangea_client::{ConfigFilter, ConfigService, ServiceConfig as Found};
use tf_framework::{Context, DataSource, Diagnostic, Diagnostics, Model, Path, Result, Value, async_trait};

use crate::{
    acting::{self, Place},
    diagnose::Attempt,
    ids,
    provider::Pangea,
};

/// What a call is about, in messages.
const WHAT: &str = "service configuration";

/// How many configurations an error lists: what fits on a screen.
const MAX_LISTED: usize = 20;

/// The configuration of a service in a project, by its id or its name.
///
/// Nothing in the call says in which project: the client does that makes it.
#[derive(Clone, Debug, Model)]
pub struct ServiceConfig {
    /// The service: `audit`, `redact` or `ai-guard`.
    #[attr(required, one_of(&["audit", "redact", "ai-guard"]))]
    pub service: Value<String>,
    /// Id of the configuration (`pci_…`). Either this or `name` is set.
    #[attr(optional_computed, length(1..=255))]
    pub id: Value<String>,
    /// Name of the configuration. It must be the only one of the service in the project.
    #[attr(optional_computed, length(1..=255))]
    pub name: Value<String>,
    /// The client (`psa_…`) to read it as: one of the project. Defaults to the provider's.
    #[attr(optional, length(1..=255))]
    pub impersonate_client_id: Value<String>,
    /// Domain of the project's services, where it is not the provider's, such as `aws.eu.pangea.cloud`.
    #[attr(optional, length(1..=255))]
    pub domain: Value<String>,
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
impl DataSource<Pangea> for ServiceConfig {
    const NAME: &'static str = "pangea_service_config";

    fn validate(config: &ServiceConfig, diagnostics: &mut Diagnostics) {
        acting::check_actor(&config.impersonate_client_id, diagnostics);
        let misplaced = ids::misplaced(&config.id, Path::attribute("id"), ids::SERVICE_CONFIG);
        misplaced.into_iter().for_each(|problem| diagnostics.push(problem));
        let problem = match (&config.id, &config.name) {
            (Value::Null, Value::Null) => "Neither is set.",
            (Value::Known(_), Value::Known(_)) => "Both are set.",
            _ => return,
        };
        diagnostics.error(
            format!("Which {WHAT} is meant?"),
            format!("A {WHAT} is looked up either by its `id` or by its `name`. {problem} Set one of the two."),
        );
    }

    async fn read(pangea: &Pangea, config: ServiceConfig, _: &mut Context<ServiceConfig>) -> Result<ServiceConfig> {
        let actor = pangea.actor_of(&config.impersonate_client_id);
        let place = Place {
            service: config.service.as_deref().unwrap_or_default(),
            client_id: actor.as_deref(),
            domain: config.domain.as_deref(),
        };
        let found = match config.id.as_deref() {
            Some(id) => by_id(pangea, place, id).await?,
            None => by_name(pangea, place, config.name.as_deref().unwrap_or_default()).await?,
        };
        Ok(ServiceConfig {
            id: found.id.into(),
            name: found.name.into(),
            settings: serde_json::Value::Object(found.settings).to_string().into(),
            created_at: found.created_at.into(),
            updated_at: found.updated_at.into(),
            ..config
        })
    }
}

async fn by_id(pangea: &Pangea, place: Place<'_>, id: &str) -> Result<Found> {
    let scope = read_scope(place);
    let attempt = attempt("read", id, place, &scope);
    let found = async {
        let api = pangea.at(place)?;
        acting::sorted(api.configs(service(place)).find(id).await, pangea, place, &attempt)
    };
    let found = found.await.map_err(|unreached| unreached.into_lookup_error(place))?;
    found.ok_or_else(|| {
        let detail = format!(
            "The project's {} has no configuration {id}: it was deleted, or belongs to another project or service than the calls are made \
             in. Compare `id` and `impersonate_client_id` with the Pangea User Console.",
            place.service
        );
        Diagnostic::error(format!("No {WHAT} has this id"), detail).at(Path::attribute("id")).into()
    })
}

async fn by_name(pangea: &Pangea, place: Place<'_>, name: &str) -> Result<Found> {
    let all = list(pangea, place, &ConfigFilter::default()).await?;
    let (mut named, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|found| found.name == name);
    let (title, detail) = match (named.len(), others.is_empty()) {
        (1, _) => return named.pop().ok_or_else(Diagnostics::new),
        (0, true) => {
            (format!("No {WHAT} has this name"), format!("The project's {} has no configuration.", place.service))
        }
        (0, false) => (
            format!("No {WHAT} has this name"),
            format!("The project's {} has no configuration \"{name}\". It has:\n{}", place.service, listed(&others)),
        ),
        (count, _) => (
            format!("Several {WHAT}s have this name"),
            format!(
                "{count} configurations are named \"{name}\":\n{}\nSay by `id` which of them is meant.",
                listed(&named)
            ),
        ),
    };
    Err(Diagnostic::error(title, detail).at(Path::attribute("name")).into())
}

/// Lists configurations at a place, oldest first.
pub(super) async fn list(pangea: &Pangea, place: Place<'_>, filter: &ConfigFilter) -> Result<Vec<Found>> {
    let scope = read_scope(place);
    let attempt = attempt("list", "", place, &scope);
    let found = async {
        let api = pangea.at(place)?;
        acting::sorted(api.configs(service(place)).list(filter).await, pangea, place, &attempt)
    };
    let mut found = found.await.map_err(|unreached| unreached.into_lookup_error(place))?;
    found.sort_by(|one, other| (&one.created_at, &one.id).cmp(&(&other.created_at, &other.id)));
    Ok(found)
}

fn attempt<'a>(verb: &'a str, object: &'a str, place: Place<'a>, scope: &'a str) -> Attempt<'a> {
    Attempt::new(verb, WHAT, object).needing(scope).at_service(place.service).acting_as(place.client_id)
}

fn read_scope(place: Place<'_>) -> String {
    format!("pangea:service:{}:config:read", place.service)
}

/// The schema takes no other service.
fn service(place: Place<'_>) -> ConfigService {
    ConfigService::of(place.service).unwrap_or(ConfigService::Audit)
}

/// A line for each configuration, as many as fit.
fn listed(all: &[Found]) -> String {
    let mut lines: Vec<_> =
        all.iter().take(MAX_LISTED).map(|one| format!("  - \"{}\" ({})", one.name, one.id)).collect();
    if all.len() > MAX_LISTED {
        lines.push(format!("  - and {} more", all.len() - MAX_LISTED));
    }
    lines.join("\n")
}
