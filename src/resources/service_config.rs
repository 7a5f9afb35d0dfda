//! `pangea_service_config`: the configuration of a service in a project.
//!
//! It owns what its settings declare, and nothing else of the document: an update reads the whole, changes what is declared, and
//! submits it with the time of the version that the plan was made for, so that nobody's change is overwritten.

mod settings;

use pangea_client::{Api, ConfigService, Kind, ServiceConfig as Document};
use serde_json::Value as Json;
use tf_framework::{
    Context, Diagnostic, Diagnostics, Identified, Model, Path, Plan, Resource, Result, Timeouts, Value, async_trait,
};

use self::settings::{Settings, contains, declared};
use crate::{
    acting::{self, Place, Unreached},
    diagnose::{Attempt, EVERY_OTHER},
    gone, ids,
    imported::IMPORTED,
    plan_help,
    provider::Pangea,
    resources::OPERATION_LIMIT,
};

/// The configuration of a service (Secure Audit Log, Redact or AI Guard) in a project.
///
/// Nothing in the call says in which project: the client does that makes it. Name a client of the project in
/// `impersonate_client_id`, here or in the provider block.
#[derive(Clone, Default, Model)]
pub struct ServiceConfig {
    /// Id of the configuration (`pci_…`).
    #[attr(computed, keep_when_unknown)]
    pub id: Value<String>,
    /// The service: `audit`, `redact` or `ai-guard`. Another one replaces the configuration.
    #[attr(required, replace_on_change, one_of(&["audit", "redact", "ai-guard"]))]
    pub service: Value<String>,
    /// Name shown in the console, 1 to 255 characters.
    #[attr(required, length(1..=255))]
    pub name: Value<String>,
    /// Settings of the service as a JSON object, such as `jsonencode({ retention = "30d" })`. Only what stands here is managed: a
    /// setting that is left out, or `null`, keeps its value, or gets the service's default. Form and order have no meaning. Another
    /// `version`, and another `schema` of an audit configuration, replaces the configuration, since Pangea can't change them.
    #[attr(optional)]
    pub settings: Value<String>,
    /// The client (`psa_…`) as which the configuration is read and changed: one of the project. Defaults to the provider's; what
    /// the configuration was made as is recorded. Another client of the same project changes nothing but that.
    #[attr(optional_computed, keep_when_unknown, length(1..=255))]
    pub impersonate_client_id: Value<String>,
    /// Domain of the project's services, where it is not the provider's, such as `aws.eu.pangea.cloud`.
    #[attr(optional, length(1..=255))]
    pub domain: Value<String>,
    /// When it was made (RFC 3339). Null where the service does not tell.
    #[attr(computed, keep_when_unknown)]
    pub created_at: Value<String>,
    /// How long each operation may take: all its calls to Pangea and the waits between them. Default 20 minutes each.
    #[attr(optional)]
    pub timeouts: Value<Timeouts>,
}

/// What a call is about, in messages.
const WHAT: &str = "service configuration";

/// Private state: the time of the last change that was seen, which an update submits.
const SEEN: &str = "seen_updated_at";

/// Private state: what of the settings can't be changed, as the document has it.
const SEEN_IMMUTABLE: &str = "seen_immutable";

/// What of the settings can't be changed.
const IMMUTABLE: [&str; 2] = ["version", "schema"];

/// What stands beside the settings in the document, under attributes of its own or none.
const NO_SETTINGS: [&str; 4] = ["id", "name", "created_at", "updated_at"];

#[async_trait]
impl Resource<Pangea> for ServiceConfig {
    const NAME: &'static str = "pangea_service_config";

    fn validate(config: &ServiceConfig, diagnostics: &mut Diagnostics) {
        acting::check_actor(&config.impersonate_client_id, diagnostics);
        let Some(text) = config.settings.as_deref() else { return };
        let problem = match settings::parse(text) {
            Err(problem) => problem,
            Ok(settings) => match NO_SETTINGS.into_iter().find(|field| settings.contains_key(*field)) {
                Some("name") => "holds `name`, which is an attribute of its own".to_owned(),
                Some(field) => format!("holds `{field}`, which Pangea sets"),
                None => match settings::twice(text) {
                    Some(key) => format!("holds `{key}` twice in one object, and one of the two would be lost"),
                    None => return,
                },
            },
        };
        let detail = format!("`settings` {problem}. It is a JSON object, best written with `jsonencode`.");
        diagnostics.error_at(Path::attribute("settings"), "Invalid settings", detail);
    }

    fn modify_plan(pangea: Option<&Pangea>, plan: &mut Plan<ServiceConfig>) {
        // A plan that can't be read has its errors from validation already.
        let Ok(Some(planned)) = plan.planned() else { return };
        let configured = plan.config().map(|config| config.impersonate_client_id.clone()).unwrap_or_default();
        let is_new = plan.prior().is_none();
        acting::plan_actor(pangea, plan, &configured, is_new);
        plan_settings(plan, &planned);
        if let (Some(pangea), Some(actor), Some(id)) =
            (pangea, planned.impersonate_client_id.as_deref(), planned.id.as_deref())
        {
            let object = format!("{WHAT} {id}");
            if pangea.objects.stays(actor, &object) {
                acting::warn_of_orphans(plan, actor, &[object].into());
            }
        }
    }

    async fn review_plan(pangea: &Pangea, plan: &Plan<ServiceConfig>) -> Diagnostics {
        let Some(object) = plan.planned().ok().flatten().or_else(|| plan.prior().cloned()) else {
            return Diagnostics::new();
        };
        if !plan_help::is_told(plan, &[acting::IMPERSONATE, "domain"]) {
            return Diagnostics::new();
        }
        let service = object.service.as_deref().unwrap_or_default();
        let purpose = format!("{} this {WHAT}", plan_help::verb(plan));
        acting::lacking(pangea, &object.impersonate_client_id, Some(service), &purpose, &manage(service)).await
    }

    async fn create(pangea: &Pangea, plan: ServiceConfig, ctx: &mut Context<ServiceConfig>) -> Result<ServiceConfig> {
        let pangea = &pangea.within(plan.timeouts.create(OPERATION_LIMIT));
        let configured = ctx.config().map(|config| config.impersonate_client_id.clone()).unwrap_or_default();
        let actor = match plan.impersonate_client_id {
            Value::Unknown => pangea.actor_of(&configured),
            ref planned => planned.clone(),
        };
        let plan = ServiceConfig { impersonate_client_id: actor.into_known().into(), ..plan };
        let name = plan.name.clone().unwrap_or_default();
        let place = plan.place();
        let scope = manage(place.service);
        let attempt = plan.attempt("create", &name, &scope);
        gone::note_project(pangea, place.client_id.or(pangea.login_client_id()), true, ctx).await;
        let created = async {
            let api = pangea.at(place)?;
            let made = api.configs(plan.service()).create(&name, &plan.declared()).await;
            acting::sorted(made, pangea, place, &attempt)
        };
        // Nothing is recorded yet, so a client that isn't there is a wrong name and not a lost one.
        let made = created.await.map_err(|unreached| unreached.into_lookup_error(place))?;
        note_seen(ctx, &made);
        Ok(plan.filled_from(&made))
    }

    async fn read(
        pangea: &Pangea,
        state: ServiceConfig,
        ctx: &mut Context<ServiceConfig>,
    ) -> Result<Option<ServiceConfig>> {
        let pangea = &pangea.within(state.timeouts.read(OPERATION_LIMIT));
        let id = ids::of_state(&state.id, WHAT)?.to_owned();
        let is_import = ctx.private().is_set(IMPORTED);
        let found = match look_where_it_is(pangea, &state, &id).await {
            Err(unreached) if !is_import && let Some(why) = unreached.keeps_unread() => {
                pangea.keep_unread(state.place().client(), WHAT, &why, ctx);
                return Ok(Some(state));
            }
            Err(Unreached::ActorIsGone) if !is_import => {
                gone::confirm_with_project(pangea, state.place().client(), WHAT, &id, ctx).await?;
                gone::warn(WHAT, &id, ctx);
                return Ok(None);
            }
            found => found.map_err(|unreached| unreached.into_error(state.place().client(), WHAT, &id))?,
        };
        let Some((found, reached_as)) = found else {
            // Terraform itself says that there was nothing to import.
            if !is_import {
                gone::confirm_in_project(pangea, state.place().client_id, WHAT, &id, ctx).await?;
                gone::warn(WHAT, &id, ctx);
            }
            return Ok(None);
        };
        ids::same(&id, &found.id, WHAT)?;
        note_seen(ctx, &found);
        let caller = reached_as.place().client_id.or(pangea.login_client_id());
        gone::note_project(pangea, caller, is_import, ctx).await;
        // All of it is taken over at once, so the mark has done its work.
        ctx.private().remove(IMPORTED);
        let settings = if is_import {
            // What the configuration declares decides later; until then all of it is taken over.
            Some(settings::text(&found.settings)).into()
        } else {
            settings::refreshed(&state.settings, &found.settings)
        };
        let created_at = found.created_at.map_or(state.created_at, Value::Known);
        Ok(Some(ServiceConfig { name: found.name.into(), settings, created_at, ..state }))
    }

    async fn update(
        pangea: &Pangea,
        prior: ServiceConfig,
        plan: ServiceConfig,
        ctx: &mut Context<ServiceConfig>,
    ) -> Result<ServiceConfig> {
        let pangea = &pangea.within(plan.timeouts.update(OPERATION_LIMIT));
        let id = ids::of_state(&prior.id, WHAT)?.to_owned();
        let plan = plan.with_known_actor(&prior);
        let place = plan.place();
        let moves = place.client_id != prior.place().client_id || plan.domain != prior.domain;
        // As the client that is to act from now on: one of another project does not see it.
        let found = if moves {
            look(pangea, &plan, &id).await.map(|found| found.map(|found| (found, plan.clone())))
        } else {
            look_where_it_is(pangea, &plan, &id).await
        };
        let found = found.map_err(|unreached| unreached.into_error(place.client(), WHAT, &id))?;
        let Some((found, reached_as)) = found else {
            if moves {
                return Err(acting::not_there(place.client_id, WHAT, &id).into());
            }
            gone::confirm_in_project(pangea, place.client_id, WHAT, &id, ctx).await?;
            return Err(acting::vanished(WHAT, &id).into());
        };
        let mut wanted = found.clone();
        wanted.name = plan.name.clone().unwrap_or_default();
        settings::lay_over(&mut wanted.settings, &plan.declared());
        if wanted == found {
            note_seen(ctx, &found);
            return Ok(plan.filled_from(&found));
        }
        if let Some(part) =
            IMMUTABLE.into_iter().find(|part| !contains(found.settings.get(*part), wanted.settings.get(*part)))
        {
            return Err(immutable(part, &id).into());
        }
        refuse_stale(ctx, &found)?;
        let scope = manage(place.service);
        let attempt = plan.attempt("update", &id, &scope);
        let api = pangea.at(reached_as.place()).map_err(|unreached| unreached.into_error(place.client(), WHAT, &id))?;
        let updated = match api.configs(plan.service()).update(&wanted).await {
            Err(error) if is_conflict(&error) => return Err(conflict(&id).into()),
            updated => acting::sorted(updated, pangea, place, &attempt),
        };
        let updated = updated.map_err(|unreached| unreached.into_error(place.client(), WHAT, &id))?;
        note_seen(ctx, &updated);
        Ok(plan.filled_from(&updated))
    }

    async fn delete(pangea: &Pangea, state: ServiceConfig, ctx: &mut Context<ServiceConfig>) -> Result<()> {
        let pangea = &pangea.within(state.timeouts.delete(OPERATION_LIMIT));
        let id = ids::of_state(&state.id, WHAT)?;
        let place = state.place();
        let scope = manage(place.service);
        let attempt = state.attempt("delete", id, &scope);
        let delete = async |state: &ServiceConfig| {
            let api: Api = pangea.at(state.place())?;
            match api.configs(state.service()).delete(id).await {
                Err(error) if error.is_gone() => Ok(false),
                result => acting::sorted(result.map(|()| true), pangea, state.place(), &attempt),
            }
        };
        let deleted = match delete(&state).await {
            Err(Unreached::ActorIsGone) => match look_where_it_is(pangea, &state, id).await {
                Ok(Some((_, reached_as))) => delete(&reached_as).await,
                Ok(None) => Err(Unreached::ActorIsGone),
                Err(unreached) => Err(unreached),
            },
            deleted => deleted,
        };
        match deleted {
            Ok(true) => Ok(()),
            Ok(false) => gone::confirm_in_project(pangea, place.client_id, WHAT, id, ctx).await,
            Err(Unreached::ActorIsGone) => gone::confirm_with_project(pangea, place.client(), WHAT, id, ctx).await,
            Err(unreached) => Err(unreached.into_error(place.client(), WHAT, id)),
        }
    }

    async fn import(_: &Pangea, id: &str, ctx: &mut Context<ServiceConfig>) -> Result<ServiceConfig> {
        let parts: Vec<&str> = id.split('/').collect();
        let (client_id, service, id) = match parts.as_slice() {
            [service, id] => (None, *service, *id),
            [client_id, service, id] => (Some(*client_id), *service, *id),
            _ => return Err(wrong_import(id).into()),
        };
        only_ids(service, id, client_id, ctx)
    }
}

/// What tells a configuration from all others, and the client by which it is found.
#[derive(Clone, Model)]
pub struct ServiceConfigIdentity {
    /// The service: `audit`, `redact` or `ai-guard`.
    #[attr(required)]
    pub service: Value<String>,
    /// Id of the configuration (`pci_…`).
    #[attr(required)]
    pub id: Value<String>,
    /// The client (`psa_…`) as which it is read and changed; left out, the provider's own.
    #[attr(optional)]
    pub impersonate_client_id: Value<String>,
}

#[async_trait]
impl Identified<Pangea> for ServiceConfig {
    type Identity = ServiceConfigIdentity;

    const IS_MUTABLE: bool = true;

    fn identity(&self) -> Option<ServiceConfigIdentity> {
        (self.id.is_known() && !self.impersonate_client_id.is_unknown()).then(|| ServiceConfigIdentity {
            service: self.service.clone(),
            id: self.id.clone(),
            impersonate_client_id: self.impersonate_client_id.clone(),
        })
    }

    async fn import_by_identity(
        _: &Pangea,
        identity: ServiceConfigIdentity,
        ctx: &mut Context<ServiceConfig>,
    ) -> Result<ServiceConfig> {
        let ServiceConfigIdentity { service, id, impersonate_client_id } = &identity;
        let text = |value: &Value<String>| value.clone().unwrap_or_default();
        only_ids(&text(service), &text(id), impersonate_client_id.as_deref(), ctx)
    }
}

/// What an import knows before the first read.
fn only_ids(
    service: &str,
    id: &str,
    client_id: Option<&str>,
    ctx: &mut Context<ServiceConfig>,
) -> Result<ServiceConfig> {
    let is_other = |id: &str, expected| ids::unusable(id, expected).is_some();
    if ConfigService::of(service).is_none()
        || is_other(id, ids::SERVICE_CONFIG)
        || client_id.is_some_and(|client_id| is_other(client_id, ids::CLIENT))
    {
        return Err(wrong_import(&format!("{service}/{id}")).into());
    }
    ctx.private().set(IMPORTED, true);
    Ok(ServiceConfig {
        id: id.into(),
        service: service.into(),
        impersonate_client_id: client_id.map(str::to_owned).into(),
        ..ServiceConfig::default()
    })
}

/// Looks for the configuration as its client.
async fn look(pangea: &Pangea, state: &ServiceConfig, id: &str) -> std::result::Result<Option<Document>, Unreached> {
    let place = state.place();
    let scope = format!("pangea:service:{}:config:read", place.service);
    let attempt = state.attempt("read", id, &scope);
    let api = pangea.at(place)?;
    acting::sorted(api.configs(state.service()).find(id).await, pangea, place, &attempt)
}

/// The same, and where that client is gone, as the provider's default. The answer says as whom it was reached.
async fn look_where_it_is(
    pangea: &Pangea,
    state: &ServiceConfig,
    id: &str,
) -> std::result::Result<Option<(Document, ServiceConfig)>, Unreached> {
    match look(pangea, state, id).await {
        Err(Unreached::ActorIsGone) => {
            let default = pangea.stand_in_for(&state.impersonate_client_id)?;
            let instead = ServiceConfig { impersonate_client_id: default, ..state.clone() };
            match look(pangea, &instead, id).await {
                Ok(Some(found)) => Ok(Some((found, instead))),
                _ => Err(Unreached::ActorIsGone),
            }
        }
        found => found.map(|found| found.map(|found| (found, state.clone()))),
    }
}

/// Plans the settings: those that say the same in another form stay as they are, and what can't be changed replaces.
fn plan_settings(plan: &mut Plan<ServiceConfig>, planned: &ServiceConfig) {
    let Some(prior) = plan.prior() else { return };
    let (mut before, after) = (declared(&prior.settings), declared(&planned.settings));
    let prior_text = prior.settings.clone();
    if planned.settings.is_known() && prior_text.is_known() && planned.settings != prior_text {
        let is_same = after.iter().all(|(key, value)| contains(before.get(key), Some(value)));
        if is_same {
            plan.set("settings", prior_text);
            return;
        }
    }
    // What was not declared before has a value on Pangea all the same.
    for (part, value) in plan.private().get(SEEN_IMMUTABLE).and_then(Json::as_object).into_iter().flatten() {
        before.entry(part.as_str()).or_insert_with(|| value.clone());
    }
    let changes = |part: &str| match (before.get(part), after.get(part)) {
        (Some(before), Some(after)) => !contains(Some(before), Some(after)),
        _ => false,
    };
    if IMMUTABLE.iter().any(|part| changes(part)) {
        plan.replace("settings");
    }
}

/// Refuses to write over a version that the plan was not made for.
fn refuse_stale(ctx: &mut Context<ServiceConfig>, found: &Document) -> Result<()> {
    if gone::is_lost(ctx.private()) {
        return Err(not_recorded(&found.id).into());
    }
    let seen = ctx.private().get(SEEN).and_then(|seen| seen.as_str()).map(str::to_owned);
    match (seen, &found.updated_at) {
        (Some(seen), Some(now)) if seen != *now => Err(conflict(&found.id).into()),
        _ => Ok(()),
    }
}

fn note_seen(ctx: &mut Context<ServiceConfig>, found: &Document) {
    let immutable = IMMUTABLE.iter().filter_map(|part| Some(((*part).to_owned(), found.settings.get(*part)?.clone())));
    ctx.private().set(SEEN_IMMUTABLE, immutable.collect::<Settings>());
    match &found.updated_at {
        Some(at) => ctx.private().set(SEEN, at.clone()),
        None => ctx.private().remove(SEEN),
    }
}

/// Whether the service refused an update because of a later version.
fn is_conflict(error: &pangea_client::Error) -> bool {
    error.kind() == Kind::Conflict || error.validation_errors().iter().any(|fault| fault.source == "/updated_at")
}

fn conflict(id: &str) -> Diagnostic {
    Diagnostic::error(
        "The service configuration was changed by somebody else",
        format!(
            "The {WHAT} {id} was changed on Pangea after this plan was made, so nothing was written over it. Run `terraform plan` to see \
             how it is now, and apply that."
        ),
    )
}

fn not_recorded(id: &str) -> Diagnostic {
    Diagnostic::error(
        "Whether the service configuration was changed is not known",
        format!(
            "When the {WHAT} {id} was last seen is not recorded, as happens where the provider was killed in the middle of an apply, so \
             nothing was written over it. Run `terraform plan`, which reads it, and apply that."
        ),
    )
}

fn immutable(part: &str, id: &str) -> Diagnostic {
    Diagnostic::error(
        "Settings that can't be changed",
        format!(
            "`settings` declares another `{part}` than the {WHAT} {id} has, and Pangea sets that when a configuration is made. Leave it \
             as it is, or run `terraform apply -replace=ADDRESS`, which deletes the configuration and makes it anew."
        ),
    )
    .at(Path::attribute("settings"))
}

fn wrong_import(id: &str) -> Diagnostic {
    Diagnostic::error(
        "Wrong import id",
        format!(
            "The import id \"{id}\" is not `SERVICE/pci_…`, with `audit`, `redact` or `ai-guard` as SERVICE. A client of the project to \
             read it as, where the provider has no default, stands before it: `psa_…/SERVICE/pci_…`."
        ),
    )
}

fn manage(service: &str) -> String {
    format!("pangea:service:{service}:config:manage")
}

impl Place<'_> {
    /// The client's id, for messages; empty where none is named.
    fn client(&self) -> &str {
        self.client_id.unwrap_or_default()
    }
}

impl ServiceConfig {
    /// Where the configuration is, as its state or plan says.
    fn place(&self) -> Place<'_> {
        Place {
            service: self.service.as_deref().unwrap_or_default(),
            client_id: self.impersonate_client_id.as_deref(),
            domain: self.domain.as_deref(),
        }
    }

    /// The schema takes no other service; a state edited by hand may hold anything.
    fn service(&self) -> ConfigService {
        ConfigService::of(self.place().service).unwrap_or(ConfigService::Audit)
    }

    fn attempt<'a>(&'a self, verb: &'a str, object: &'a str, scope: &'a str) -> Attempt<'a> {
        let place = self.place();
        Attempt::new(verb, WHAT, object)
            .needing(scope)
            .at_service(place.service)
            .acting_as(place.client_id)
            .fields(&[("name", "name"), (EVERY_OTHER, "settings")])
    }

    fn declared(&self) -> Settings {
        declared(&self.settings)
    }

    /// A plan that doesn't say who acts leaves it to who acted before.
    fn with_known_actor(self, prior: &ServiceConfig) -> ServiceConfig {
        match self.impersonate_client_id {
            Value::Unknown => ServiceConfig { impersonate_client_id: prior.impersonate_client_id.clone(), ..self },
            _ => self,
        }
    }

    /// A plan, its unknowns taken from what the service answered.
    fn filled_from(self, made: &Document) -> ServiceConfig {
        fn fill(planned: Value<String>, made: Option<String>) -> Value<String> {
            if planned.is_unknown() { made.into() } else { planned }
        }
        ServiceConfig {
            id: fill(self.id, Some(made.id.clone())),
            created_at: fill(self.created_at, made.created_at.clone()),
            ..self
        }
    }
}
