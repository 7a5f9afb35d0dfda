//! OAuth clients: register, list, get, update, delete.

use serde_json::{Map, Value, json};

use crate::access::{self, Caller};
use crate::answers::{Problem, Reply};
use crate::call::Call;
use crate::clock;
use crate::fields::Fields;
use crate::ids;
use crate::listing::{Listing, shown};
use crate::oauth::object;
use crate::options::Switch;
use crate::roles::{self, Tenancy};
use crate::scopes::{self, ACCOUNT_MANAGE, ACCOUNT_READ};
use crate::secrets;
use crate::state::World;
use crate::store::{Document, Table, text};

/// `POST /v1beta/oauth/clients/register`
pub(crate) fn register(world: &mut World, call: &Call) -> Result<Reply, Problem> {
    let caller = access::caller(world, call, ACCOUNT_MANAGE)?;
    let body = call.object()?;
    let mut fields = Fields::of(&body);
    let name = fields.required_name("client_name");
    let scope = required_scope(&mut fields);
    let settings = settings(&mut fields);
    // The guide names the lifetime of tokens differently than the official clients do; theirs wins.
    let other_lifetime = fields.seconds("access_token_expires_in", u64::MAX);
    let lifetime = fields.seconds("client_token_expires_in", u64::MAX).or(other_lifetime);
    let secret = secrets::Wanted::read(&mut fields);
    let asked = roles::read(&mut fields);
    fields.finish()?;

    let tenancy = roles::admit(world, &caller, &asked, &[])?.unwrap_or_else(|| Tenancy::of_caller(&caller));
    let client = json!({
        "client_id": world.mint(ids::CLIENT),
        "client_name": name,
        "scope": scopes::text(&scope),
        "client_token_expires_in": lifetime.unwrap_or(DEFAULT_TOKEN_SECONDS),
        "owner_id": caller.owner_id,
        "owner_username": caller.owner_username,
        "creator_id": caller.client_id,
        "client_class": roles::class(&asked, &scope),
        "tenanted_by": tenancy.kind(),
        "organization": caller.organization,
        "project": tenancy.project,
        "roles": asked,
    });
    let mut client = object(client);
    for (field, default) in setting_defaults() {
        let given = settings.get(field).cloned();
        client.insert(field.to_owned(), given.unwrap_or(default));
    }
    must_have_a_free_name(world, &client, &name)?;
    let answer = add(world, client, secret, &caller, call);
    let status = if world.is_on(Switch::Created201) { 201 } else { 200 };
    Ok(Reply::of(status, Value::Object(answer)))
}

/// `GET /v1beta/oauth/clients`
pub(crate) fn list(world: &mut World, call: &Call) -> Result<Reply, Problem> {
    let caller = access::caller(world, call, ACCOUNT_READ)?;
    let wanted = call.query_all("scopes").iter().flat_map(|given| scopes::words(given)).collect::<Vec<String>>();
    let mut clients = world.store.by_age(Table::Clients);
    clients.retain(|client| is_visible(&caller, client));
    if !wanted.is_empty() {
        clients.retain(|client| {
            let held = scopes::words(text(client, "scope"));
            wanted.iter().all(|scope| held.contains(scope))
        });
    }
    let page = LISTING.page(&call.query, clients)?;
    let clients: Vec<Document> = page.items.into_iter().map(|client| shown(client, &FIELDS)).collect();
    Ok(Reply::ok(json!({ "clients": clients, "count": page.count, "last": page.last })))
}

/// `GET /v1beta/oauth/clients/{client_id}`
pub(crate) fn get(world: &mut World, call: &Call) -> Result<Reply, Problem> {
    let caller = access::caller(world, call, ACCOUNT_READ)?;
    let client = find(world, &caller, call.parameter(0))?;
    Ok(Reply::ok(Value::Object(shown(client, &FIELDS))))
}

/// `POST /v1beta/oauth/clients/{client_id}`. A scope given here replaces the old one whole.
pub(crate) fn update(world: &mut World, call: &Call) -> Result<Reply, Problem> {
    let caller = access::caller(world, call, ACCOUNT_MANAGE)?;
    let body = call.object()?;
    let mut fields = Fields::of(&body);
    let name = fields.name("client_name");
    let scope = if fields.has("scope") { Some(required_scope(&mut fields)) } else { None };
    let mut changes = settings(&mut fields);
    // The official clients demand one of these two from their callers, whatever else is changed.
    if !fields.has("client_name") && !fields.has("scope") {
        fields.note_whole("MustProvideOne", "One of client_name and scope is required");
    }
    fields.finish()?;
    let found = find(world, &caller, call.parameter(0))?.clone();
    if let Some(name) = &name {
        must_have_a_free_name(world, &found, name)?;
        changes.insert("client_name".to_owned(), json!(name));
    }
    if let Some(scope) = scope {
        changes.insert("scope".to_owned(), json!(scopes::text(&scope)));
    }
    let now = clock::text(world.clock.now());
    let client = find_mut(world, &caller, call.parameter(0))?;
    client.extend(changes);
    client.insert("updated_at".to_owned(), json!(now));
    Ok(Reply::ok(Value::Object(shown(client, &FIELDS))))
}

/// `DELETE /v1beta/oauth/clients/{client_id}`. Its secrets and tokens end with it.
pub(crate) fn delete(world: &mut World, call: &Call) -> Result<Reply, Problem> {
    let caller = access::caller(world, call, ACCOUNT_MANAGE)?;
    let id = text(find(world, &caller, call.parameter(0))?, "client_id").to_owned();
    remove(world, &id);
    Ok(deleted(world))
}

/// What a successful DELETE of this host answers.
pub(crate) fn deleted(world: &World) -> Reply {
    if world.is_on(Switch::Delete204) { Reply::empty(204) } else { Reply::ok(json!({})) }
}

/// Removes a client with everything that hangs on it.
pub(crate) fn remove(world: &mut World, id: &str) -> bool {
    world.store.retain(Table::Secrets, |secret| text(secret, "client_id") != id);
    world.store.retain(Table::Tokens, |token| text(token, "client_id") != id);
    world.store.remove(Table::Clients, id).is_some()
}

/// Stores a client with its first secret. The document given lacks only its times.
pub(crate) fn add(
    world: &mut World,
    mut client: Document,
    wanted: secrets::Wanted,
    caller: &Caller,
    call: &Call,
) -> Document {
    let wanted = wanted.or_description("Auto-created first client secret");
    // The secret first: the guide's example has it expire a little less than a year after `created_at`.
    let secret = secrets::add(world, &client, wanted, caller, call);
    let now = clock::text(world.clock.now());
    client.insert("created_at".to_owned(), json!(now));
    client.insert("updated_at".to_owned(), json!(now));
    let id = text(&client, "client_id").to_owned();
    let mut answer = shown(&client, &FIELDS);
    answer.extend(shown(&secret, &secrets::CREATED_FIELDS));
    world.store.insert(Table::Clients, &id, client);
    answer
}

/// A client that the caller may see.
pub(crate) fn find<'a>(world: &'a World, caller: &Caller, id: &str) -> Result<&'a Document, Problem> {
    let client = world.store.get(Table::Clients, id);
    client.filter(|client| is_visible(caller, client)).ok_or_else(no_client)
}

pub(crate) fn find_mut<'a>(world: &'a mut World, caller: &Caller, id: &str) -> Result<&'a mut Document, Problem> {
    let client = world.store.get_mut(Table::Clients, id);
    client.filter(|client| is_visible(caller, client)).ok_or_else(no_client)
}

/// The fields of a client that the API shows.
pub(crate) const FIELDS: [&str; 15] = [
    "client_id",
    "created_at",
    "updated_at",
    "client_name",
    "scope",
    "token_endpoint_auth_method",
    "redirect_uris",
    "grant_types",
    "response_types",
    "client_token_expires_in",
    "owner_id",
    "owner_username",
    "creator_id",
    "client_class",
    "tenanted_by",
];

fn is_visible(caller: &Caller, client: &Document) -> bool {
    caller.reaches(text(client, "organization"), text(client, "project"))
}

fn no_client() -> Problem {
    Problem::NotFound("The client does not exist".to_owned())
}

fn required_scope(fields: &mut Fields<'_>) -> Vec<String> {
    if !fields.has("scope") {
        fields.note("FieldRequired", "scope", "The field scope is required");
    }
    let scope = fields.scope("scope");
    if scope.as_ref().is_some_and(Vec::is_empty) {
        fields.note("BelowMinLength", "scope", "At least one scope is required");
    }
    scope.unwrap_or_default()
}

/// The settings that registration and update share, those that were given.
fn settings(fields: &mut Fields<'_>) -> Map<String, Value> {
    let mut given = Map::new();
    if let Some(method) = fields.word("token_endpoint_auth_method", &AUTH_METHODS) {
        given.insert("token_endpoint_auth_method".to_owned(), json!(method));
    }
    if let Some(uris) = fields.uris("redirect_uris") {
        given.insert("redirect_uris".to_owned(), uris);
    }
    if let Some(types) = fields.words("grant_types", &GRANT_TYPES, false) {
        given.insert("grant_types".to_owned(), types);
    }
    if let Some(types) = fields.words("response_types", &RESPONSE_TYPES, true) {
        given.insert("response_types".to_owned(), types);
    }
    given
}

pub(crate) fn setting_defaults() -> [(&'static str, Value); 4] {
    [
        ("token_endpoint_auth_method", json!("client_secret_basic")),
        ("redirect_uris", json!([])),
        ("grant_types", json!(["client_credentials"])),
        ("response_types", json!(["token"])),
    ]
}

/// The console says that a service client's name is unique in its project; nothing is said of management clients.
fn must_have_a_free_name(world: &World, client: &Document, name: &str) -> Result<(), Problem> {
    if text(client, "client_class") != "service" && !world.is_on(Switch::UniqueClientNames) {
        return Ok(());
    }
    let taken = world.store.all(Table::Clients).any(|(_, other)| {
        text(other, "client_name") == name
            && text(other, "client_id") != text(client, "client_id")
            && text(other, "client_class") == text(client, "client_class")
            && text(other, "organization") == text(client, "organization")
            && text(other, "project") == text(client, "project")
    });
    if taken {
        return Err(Problem::field("ItemNotUnique", "/client_name", "Another client has this name"));
    }
    Ok(())
}

/// As the guide's examples show it.
pub(crate) const DEFAULT_TOKEN_SECONDS: u64 = 3600;

const AUTH_METHODS: [&str; 2] = ["client_secret_basic", "client_secret_post"];
const GRANT_TYPES: [&str; 2] = ["client_credentials", "authorization_code"];
const RESPONSE_TYPES: [&str; 3] = ["token", "code", "id_token"];

const LISTING: Listing = Listing {
    times: &["created_at", "updated_at"],
    texts: &["client_id", "client_name"],
    orders: &[
        ("id", "client_id"),
        ("created_at", "created_at"),
        ("updated_at", "updated_at"),
        ("name", "client_name"),
        // Every token is a bearer token, so this leaves the order as it is.
        ("token_type", "token_type"),
    ],
};
