//! Projects: get, list, create, update, delete.

use serde_json::{Value, json};

use crate::access::{self, Caller};
use crate::answers::{Problem, Reply};
use crate::authn;
use crate::call::Call;
use crate::clients;
use crate::clock;
use crate::fields::Fields;
use crate::ids;
use crate::listing::shown;
use crate::oauth::object;
use crate::options::Switch;
use crate::organization::{missing, must_be_own};
use crate::scopes::{PROJECT_MANAGE, PROJECT_READ};
use crate::state::World;
use crate::store::{Document, Table, text};

/// `POST /v1beta/platform/project/get`
pub(crate) fn get(world: &mut World, call: &Call) -> Result<Reply, Problem> {
    let caller = access::caller(world, call, PROJECT_READ)?;
    let id = id_of_body(call)?;
    let project = find(world, &caller, &id)?;
    Ok(Reply::ok(Value::Object(shown(project, &FIELDS))))
}

/// `POST /v1beta/platform/project/list`. Pages by `offset` and `limit`; without a limit everything comes at once.
pub(crate) fn list(world: &mut World, call: &Call) -> Result<Reply, Problem> {
    let caller = access::caller(world, call, PROJECT_READ)?;
    let body = call.object()?;
    let mut fields = Fields::of(&body);
    let organization = fields.required_id("org_id", ids::ORGANIZATION);
    let filter = fields
        .object("filter", |filter| (filter.optional("search"), filter.word("geo", &GEOS), filter.optional("region")));
    let offset = fields.number("offset", 0, MAX_OFFSET).unwrap_or_default();
    let limit = fields.number("limit", 1, MAX_OFFSET);
    fields.finish()?;
    must_be_own(world, &caller, &organization, "/org_id")?;

    let (search, geo, region) = filter.unwrap_or_default();
    let search = search.unwrap_or_default().to_lowercase();
    let is = |wanted: &Option<String>, value: &str| wanted.as_deref().is_none_or(|wanted| wanted == value);
    let mut projects = world.store.by_age(Table::Projects);
    projects.retain(|project| {
        text(project, "org") == organization
            && text(project, "name").to_lowercase().contains(&search)
            && is(&geo, text(project, "geo"))
            && is(&region, text(project, "region"))
    });
    Ok(Reply::ok(page(&projects, offset, limit)))
}

/// `POST /v1beta/platform/project/create`
pub(crate) fn create(world: &mut World, call: &Call) -> Result<Reply, Problem> {
    let caller = access::caller(world, call, PROJECT_MANAGE)?;
    let body = call.object()?;
    let mut fields = Fields::of(&body);
    let organization = fields.required_id("org_id", ids::ORGANIZATION);
    let name = fields.required_name("name");
    let geo = fields.required("geo");
    if !geo.is_empty() {
        fields.member("geo", &geo, &GEOS);
    }
    // One official client always sends the region, empty where its caller gave none.
    let region = fields.optional("region").filter(|region| !region.is_empty());
    if let Some(region) = &region {
        fields.member("region", region, regions(&geo));
    }
    fields.finish()?;
    must_be_own(world, &caller, &organization, "/org_id")?;
    let region = region.unwrap_or_else(|| default_region(world, &geo).to_owned());
    let id = world.mint(ids::PROJECT);
    let wanted = Wanted { organization: &organization, name: &name, geo: &geo, region: &region };
    let project = add(world, &id, wanted);
    Ok(Reply::ok(Value::Object(shown(&project, &FIELDS))))
}

/// `POST /v1beta/platform/project/update`. Only the name can change.
pub(crate) fn update(world: &mut World, call: &Call) -> Result<Reply, Problem> {
    let caller = access::caller(world, call, PROJECT_MANAGE)?;
    let body = call.object()?;
    let mut fields = Fields::of(&body);
    let id = fields.required_id("id", ids::PROJECT);
    let name = fields.required_name("name");
    fields.finish()?;
    find(world, &caller, &id)?;
    let project = rename(world, &id, &name).ok_or_else(|| Problem::missing("/id"))?;
    Ok(Reply::ok(Value::Object(shown(&project, &FIELDS))))
}

/// `POST /v1beta/platform/project/delete`. Answers with what is gone, the one form that every official client takes.
pub(crate) fn delete(world: &mut World, call: &Call) -> Result<Reply, Problem> {
    let caller = access::caller(world, call, PROJECT_MANAGE)?;
    let id = id_of_body(call)?;
    caller.must_be_organization()?;
    let project = find(world, &caller, &id)?.clone();
    if world.is_on(Switch::KeepProjectsWithClients) && !clients_of(world, &id).is_empty() {
        return Err(Problem::field("BadState", "/id", "The project still has clients"));
    }
    remove(world, &id);
    Ok(Reply::ok(Value::Object(shown(&project, &FIELDS))))
}

/// What is said of a project when it is made.
pub(crate) struct Wanted<'a> {
    pub(crate) organization: &'a str,
    pub(crate) name: &'a str,
    pub(crate) geo: &'a str,
    pub(crate) region: &'a str,
}

/// Makes a project with the key that signs its JWTs, and stores it.
pub(crate) fn add(world: &mut World, id: &str, wanted: Wanted<'_>) -> Document {
    let now = clock::text(world.clock.now());
    let project = object(json!({
        "id": id,
        "name": wanted.name,
        "org": wanted.organization,
        "created_at": now,
        "updated_at": now,
        "geo": wanted.geo,
        "region": wanted.region,
        "fqdn": format!("aws.{}.pangea.cloud", wanted.geo),
    }));
    world.store.insert(Table::Projects, id, project.clone());
    authn::add_key(world, id);
    project
}

/// Gives a project another name.
pub(crate) fn rename(world: &mut World, id: &str, name: &str) -> Option<Document> {
    let now = clock::text(world.clock.now());
    let project = world.store.get_mut(Table::Projects, id)?;
    project.insert("name".to_owned(), json!(name));
    project.insert("updated_at".to_owned(), json!(now));
    Some(project.clone())
}

/// Removes a project with its clients, keys, configurations and tokens.
pub(crate) fn remove(world: &mut World, id: &str) -> bool {
    for client in clients_of(world, id) {
        clients::remove(world, &client);
    }
    world.store.retain(Table::Keys, |key| text(key, "project") != id);
    world.store.retain(Table::Configs, |config| text(config, "project") != id);
    world.store.retain(Table::ServiceTokens, |token| text(token, "project") != id);
    world.store.remove(Table::Projects, id).is_some()
}

/// The region of a project that was asked for without one. The guide and the SDKs do not agree on that of `us`.
pub(crate) fn default_region(world: &World, geo: &str) -> &'static str {
    match geo {
        "eu" => "eu-central-1",
        _ if world.is_on(Switch::AsDocumented) => "us-west-2",
        _ => "us-west-1",
    }
}

fn page(projects: &[&Document], offset: u64, limit: Option<u64>) -> Value {
    let count = projects.len() as u64;
    let end = limit.map_or(count, |limit| offset.saturating_add(limit).min(count));
    let results: Vec<Document> = projects
        .iter()
        .skip(usize::try_from(offset).unwrap_or(usize::MAX))
        .take(usize::try_from(end.saturating_sub(offset)).unwrap_or(usize::MAX))
        .map(|project| shown(project, &FIELDS))
        .collect();
    // Two generations of the same answer in one: the SDKs know `offset`, the guide shows `next` and `previous`.
    json!({
        "results": results,
        "count": count,
        "offset": offset,
        "next": if end < count { json!(end) } else { Value::Null },
        "previous": if offset > 0 { json!(offset.saturating_sub(limit.unwrap_or(offset))) } else { Value::Null },
    })
}

fn id_of_body(call: &Call) -> Result<String, Problem> {
    let body = call.object()?;
    let mut fields = Fields::of(&body);
    let id = fields.required_id("id", ids::PROJECT);
    fields.finish()?;
    Ok(id)
}

/// A project that the caller may see.
fn find<'a>(world: &'a World, caller: &Caller, id: &str) -> Result<&'a Document, Problem> {
    let project = world.store.get(Table::Projects, id);
    project.filter(|project| caller.reaches(text(project, "org"), id)).ok_or_else(|| missing(world, "/id"))
}

fn clients_of(world: &World, id: &str) -> Vec<String> {
    let of_project = world.store.all(Table::Clients).filter(|(_, client)| text(client, "project") == id);
    of_project.map(|(client_id, _)| client_id.clone()).collect()
}

fn regions(geo: &str) -> &'static [&'static str] {
    match geo {
        "us" => &["us-west-1", "us-west-2", "us-east-1"],
        "eu" => &["eu-central-1"],
        _ => &["us-west-1", "us-west-2", "us-east-1", "eu-central-1"],
    }
}

const GEOS: [&str; 2] = ["us", "eu"];

/// Far beyond any list, and small enough for sums of two to stay exact.
const MAX_OFFSET: u64 = 1 << 53;

const FIELDS: [&str; 8] = ["id", "name", "org", "created_at", "updated_at", "geo", "region", "fqdn"];
