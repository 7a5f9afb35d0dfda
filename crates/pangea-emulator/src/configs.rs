//! Configurations of services: get, create, update, delete, list, the same five at each service that has them.
//!
//! Nothing in a call names a project: the token decides. An update submits the whole object, and the time of the last change that
//! its caller has seen: whoever has seen an older one is refused.

mod forms;

use serde_json::{Map, Value, json};

use crate::access;
use crate::answers::{Problem, Reply};
use crate::call::{Call, Service};
use crate::clock;
use crate::fields::Fields;
use crate::ids;
use crate::listing::Listing;
use crate::state::World;
use crate::store::{Document, Table, text};

/// `POST /v1beta/config`
pub(crate) fn get(world: &mut World, call: &Call) -> Result<Reply, Problem> {
    let project = access::project_of_caller(world, call, Some(read_scope(call.service)))?;
    let id = id_of_body(call)?;
    let config = find(world, call, &project, &id)?;
    Ok(Reply::ok(Value::Object(public(config))))
}

/// `POST /v1beta/config/create`
pub(crate) fn create(world: &mut World, call: &Call) -> Result<Reply, Problem> {
    let project = access::project_of_caller(world, call, Some(manage_scope(call.service)))?;
    let body = call.object()?;
    let mut fields = Fields::of(&body);
    let form = forms::of(call.service, &mut fields, None);
    fields.required_name("name");
    if fields.has("id") && call.service != Service::AiGuard {
        fields.note("UnexpectedProperty", "id", "The service chooses the id");
    }
    let given = forms::read(form, &mut fields, None);
    fields.finish()?;
    let id = world.mint(ids::SERVICE_CONFIG);
    let now = clock::text(world.clock.now());
    let mut config = Map::new();
    config.insert("id".to_owned(), json!(id));
    config.extend(given);
    config.insert("created_at".to_owned(), json!(now));
    config.insert("updated_at".to_owned(), json!(now));
    Ok(store(world, call, &project, config))
}

/// `POST /v1beta/config/update`. What is left out gets its default again.
pub(crate) fn update(world: &mut World, call: &Call) -> Result<Reply, Problem> {
    let project = access::project_of_caller(world, call, Some(manage_scope(call.service)))?;
    let body = call.object()?;
    let mut fields = Fields::of(&body);
    let id = fields.required_id("id", ids::SERVICE_CONFIG);
    let found = find(world, call, &project, &id).cloned();
    let form = forms::of(call.service, &mut fields, found.as_ref().ok());
    fields.required_name("name");
    // The schema of AI Guard demands it and has no such field, and no official client sends it there.
    let seen = if call.service == Service::AiGuard {
        fields.optional("updated_at")
    } else {
        Some(fields.required("updated_at"))
    };
    let given = forms::read(form, &mut fields, found.as_ref().ok());
    fields.finish()?;
    let found = found?;
    if seen.is_some_and(|seen| clock::parse(&seen) != clock::parse(text(&found, "updated_at"))) {
        let detail = "The configuration was changed since the caller has seen it";
        return Err(Problem::field("BadState", "/updated_at", detail));
    }
    let mut config = Map::new();
    for kept in ["id", "created_at"] {
        config.insert(kept.to_owned(), found.get(kept).cloned().unwrap_or_default());
    }
    config.extend(given);
    config.insert("updated_at".to_owned(), json!(clock::text(world.clock.now())));
    Ok(store(world, call, &project, config))
}

/// `POST /v1beta/config/delete`. Answers with what is gone.
pub(crate) fn delete(world: &mut World, call: &Call) -> Result<Reply, Problem> {
    let project = access::project_of_caller(world, call, Some(manage_scope(call.service)))?;
    let id = id_of_body(call)?;
    let config = find(world, call, &project, &id)?.clone();
    world.store.remove(Table::Configs, &id);
    Ok(Reply::ok(Value::Object(public(&config))))
}

/// `POST /v1beta/config/list`
pub(crate) fn list(world: &mut World, call: &Call) -> Result<Reply, Problem> {
    let project = access::project_of_caller(world, call, Some(read_scope(call.service)))?;
    let body = call.object()?;
    let asked = asked(&body)?;
    let mut configs = world.store.by_age(Table::Configs);
    configs.retain(|config| is_of(config, call, &project));
    let page = LISTING.page(&asked, configs)?;
    let items: Vec<Document> = page.items.into_iter().map(public).collect();
    Ok(Reply::ok(json!({ "count": page.count, "last": page.last, "items": items })))
}

/// A configuration that nobody made through the API, with the defaults of its service; gives its id.
pub(crate) fn plant(world: &mut World, service: Service, project: &str, name: &str) -> String {
    let body = Map::from_iter([("name".to_owned(), json!(name))]);
    let mut fields = Fields::of(&body);
    let form = forms::of(service, &mut fields, None);
    let id = world.mint(ids::SERVICE_CONFIG);
    let now = clock::text(world.clock.now());
    let mut config = Map::from_iter([("id".to_owned(), json!(id))]);
    config.extend(forms::read(form, &mut fields, None));
    for (field, value) in
        [("created_at", now.as_str()), ("updated_at", &now), (SERVICE, service.label()), (PROJECT, project)]
    {
        config.insert(field.to_owned(), json!(value));
    }
    world.store.insert(Table::Configs, &id, config);
    id
}

/// A change that nobody made through the API: one field of one configuration.
pub(crate) fn set(world: &mut World, id: &str, field: &str, value: Value) -> bool {
    let now = clock::text(world.clock.now());
    let Some(config) = world.store.get_mut(Table::Configs, id) else { return false };
    config.insert(field.to_owned(), value);
    config.insert("updated_at".to_owned(), json!(now));
    true
}

fn store(world: &mut World, call: &Call, project: &str, mut config: Document) -> Reply {
    let answer = config.clone();
    config.insert(SERVICE.to_owned(), json!(call.service.label()));
    config.insert(PROJECT.to_owned(), json!(project));
    let id = text(&config, "id").to_owned();
    world.store.insert(Table::Configs, &id, config);
    Reply::ok(Value::Object(answer))
}

fn find<'a>(world: &'a World, call: &Call, project: &str, id: &str) -> Result<&'a Document, Problem> {
    let config = world.store.get(Table::Configs, id);
    config.filter(|config| is_of(config, call, project)).ok_or_else(|| Problem::missing("/id"))
}

fn is_of(config: &Document, call: &Call, project: &str) -> bool {
    text(config, SERVICE) == call.service.label() && text(config, PROJECT) == project
}

/// The document without what the emulator notes beside it.
fn public(config: &Document) -> Document {
    let shown = config.iter().filter(|(field, _)| *field != SERVICE && *field != PROJECT);
    shown.map(|(field, value)| (field.clone(), value.clone())).collect()
}

fn id_of_body(call: &Call) -> Result<String, Problem> {
    let body = call.object()?;
    let mut fields = Fields::of(&body);
    let id = fields.required_id("id", ids::SERVICE_CONFIG);
    fields.finish()?;
    Ok(id)
}

/// What a list is asked for, the filter and the rest side by side.
fn asked(body: &Document) -> Result<Vec<(String, String)>, Problem> {
    let mut fields = Fields::of(body);
    let mut pairs = Vec::new();
    if let Some(filter) = fields.object("filter", |filter| filter.pairs(&FILTERS)) {
        pairs.extend(filter);
    }
    pairs.extend(fields.pairs(&["filter", "last", "order", "order_by", "size", "config_id"]));
    fields.finish()?;
    Ok(pairs)
}

fn read_scope(service: Service) -> &'static str {
    match service {
        Service::Redact => "pangea:service:redact:config:read",
        Service::AiGuard => "pangea:service:ai-guard:config:read",
        _ => "pangea:service:audit:config:read",
    }
}

fn manage_scope(service: Service) -> &'static str {
    match service {
        Service::Redact => "pangea:service:redact:config:manage",
        Service::AiGuard => "pangea:service:ai-guard:config:manage",
        _ => "pangea:service:audit:config:manage",
    }
}

/// Beside the API's own fields, under names that the API has not.
const SERVICE: &str = "service";
const PROJECT: &str = "project";

const FILTERS: [&str; 13] = [
    "id",
    "id__contains",
    "id__in",
    "created_at",
    "created_at__gt",
    "created_at__gte",
    "created_at__lt",
    "created_at__lte",
    "updated_at",
    "updated_at__gt",
    "updated_at__gte",
    "updated_at__lt",
    "updated_at__lte",
];

const LISTING: Listing = Listing {
    times: &["created_at", "updated_at"],
    texts: &["id"],
    orders: &[("id", "id"), ("created_at", "created_at"), ("updated_at", "updated_at")],
};
