//! Secrets of a client: create, metadata, update, revoke. A client may have any number; all that have not expired open it.

use serde_json::{Value, json};

use crate::access::{self, Caller};
use crate::answers::{Problem, Reply};
use crate::call::Call;
use crate::clients;
use crate::clock;
use crate::fields::Fields;
use crate::ids;
use crate::listing::{Listing, shown};
use crate::oauth::object;
use crate::options::Switch;
use crate::scopes::{ACCOUNT_MANAGE, ACCOUNT_READ};
use crate::state::World;
use crate::store::{Document, Table, text};
use crate::vault;

/// `POST /v1beta/oauth/clients/{client_id}/secrets`
pub(crate) fn create(world: &mut World, call: &Call) -> Result<Reply, Problem> {
    let caller = access::caller(world, call, ACCOUNT_MANAGE)?;
    let body = call.object()?;
    let mut fields = Fields::of(&body);
    let wanted = Wanted::read(&mut fields);
    // Most official clients demand an id from their callers. Nobody knows what it is for; a new one is minted in any case.
    fields.id("client_secret_id", ids::SECRET);
    fields.finish()?;
    let client = clients::find(world, &caller, call.parameter(0))?.clone();
    let secret = add(world, &client, wanted.or_description(""), &caller, call);
    let status = if world.is_on(Switch::Created201) { 201 } else { 200 };
    Ok(Reply::of(status, Value::Object(shown(&secret, &SECRET_FIELDS))))
}

/// `GET /v1beta/oauth/clients/{client_id}/secrets/metadata`
pub(crate) fn metadata(world: &mut World, call: &Call) -> Result<Reply, Problem> {
    let caller = access::caller(world, call, ACCOUNT_READ)?;
    let client = clients::find(world, &caller, call.parameter(0))?;
    let mut secrets = world.store.by_age(Table::Secrets);
    secrets.retain(|secret| text(secret, "client_id") == text(client, "client_id"));
    let page = LISTING.page(&call.query, secrets)?;
    let items: Vec<Document> = page.items.into_iter().map(|secret| shown(secret, &METADATA_FIELDS)).collect();
    // With a hyphen, unlike every other list.
    Ok(Reply::ok(json!({ "client-secrets": items, "count": page.count, "last": page.last })))
}

/// `POST /v1beta/oauth/clients/{client_id}/secrets/{client_secret_id}`. An expiry counts from now.
pub(crate) fn update(world: &mut World, call: &Call) -> Result<Reply, Problem> {
    let caller = access::caller(world, call, ACCOUNT_MANAGE)?;
    let body = call.object()?;
    let mut fields = Fields::of(&body);
    let wanted = Wanted::read(&mut fields);
    fields.finish()?;
    let id = find(world, &caller, call)?;
    let now = world.clock.now();
    let from_creation = world.is_on(Switch::ExpiryFromCreation);
    let Some(secret) = world.store.get_mut(Table::Secrets, &id) else { return Err(no_secret()) };
    let made = clock::parse(text(secret, "created_at")).filter(|_| from_creation);
    let start = made.unwrap_or(now);
    let changes = [
        ("client_secret_expires_at", wanted.expires_in.map(|seconds| clock::text(clock::after(start, seconds)))),
        ("client_secret_name", wanted.name),
        ("client_secret_description", wanted.description),
        ("updated_at", Some(clock::text(now))),
    ];
    for (field, value) in changes {
        if let Some(value) = value {
            secret.insert(field.to_owned(), json!(value));
        }
    }
    // The official clients demand the value here too.
    Ok(Reply::ok(Value::Object(shown(secret, &SECRET_FIELDS))))
}

/// `DELETE /v1beta/oauth/clients/{client_id}/secrets/{client_secret_id}`. The last one may go as well.
pub(crate) fn revoke(world: &mut World, call: &Call) -> Result<Reply, Problem> {
    let caller = access::caller(world, call, ACCOUNT_MANAGE)?;
    let id = find(world, &caller, call)?;
    world.store.remove(Table::Secrets, &id);
    Ok(clients::deleted(world))
}

/// What a request says about a secret.
pub(crate) struct Wanted {
    /// Lifetime in seconds.
    expires_in: Option<u64>,
    name: Option<String>,
    description: Option<String>,
}

impl Wanted {
    pub(crate) fn read(fields: &mut Fields<'_>) -> Wanted {
        Wanted {
            expires_in: fields.seconds("client_secret_expires_in", MAX_SECONDS),
            name: fields.name("client_secret_name"),
            description: fields.optional("client_secret_description"),
        }
    }

    /// The description where the request has none.
    pub(crate) fn or_description(mut self, default: &str) -> Wanted {
        self.description.get_or_insert_with(|| default.to_owned());
        self
    }
}

/// Makes a secret and stores it.
pub(crate) fn add(world: &mut World, client: &Document, wanted: Wanted, caller: &Caller, call: &Call) -> Document {
    let now = world.clock.now();
    let id = world.mint(ids::SECRET);
    let default_name = format!("{} Secret", text(client, "client_name"));
    let mut secret = object(json!({
        "client_id": client.get("client_id"),
        "client_secret_id": id,
        "client_secret": world.mint(ids::SECRET_VALUE),
        "client_secret_expires_at": clock::text(clock::after(now, wanted.expires_in.unwrap_or(MAX_SECONDS))),
        "client_secret_name": wanted.name.unwrap_or(default_name),
        "client_secret_description": wanted.description.unwrap_or_default(),
        "created_at": clock::text(now),
        "updated_at": clock::text(now),
        "client_secret_metadata": {
            "source_ip": call.source_ip,
            "user_agent": call.user_agent.clone().unwrap_or_default(),
            "creator": caller.client_name,
            "creator_id": caller.client_id,
            "creator_type": "client",
        },
    }));
    secret.extend(vault::of_new_secret(world));
    world.store.insert(Table::Secrets, &id, secret.clone());
    secret
}

/// Whether a secret is one that a run of the provider made for itself, as its name says.
pub(crate) fn is_of_a_run(secret: &Document) -> bool {
    text(secret, "client_secret_name").starts_with(RUN_PREFIX)
}

/// What registration shows of the first secret, beside the client.
pub(crate) const CREATED_FIELDS: [&str; 5] = [
    "client_secret_id",
    "client_secret",
    "client_secret_expires_at",
    "client_secret_name",
    "client_secret_description",
];

/// The id of the secret that a path names, if it is one of the client that the path names.
fn find(world: &World, caller: &Caller, call: &Call) -> Result<String, Problem> {
    let client = clients::find(world, caller, call.parameter(0))?;
    let secret = world.store.get(Table::Secrets, call.parameter(1));
    let secret = secret.filter(|secret| text(secret, "client_id") == text(client, "client_id"));
    Ok(text(secret.ok_or_else(no_secret)?, "client_secret_id").to_owned())
}

fn no_secret() -> Problem {
    Problem::NotFound("The client secret does not exist".to_owned())
}

/// The provider reserves names that begin so for secrets that live as long as one of its runs.
const RUN_PREFIX: &str = "terraform-run-";

/// 365 days: the longest lifetime, and the default.
pub(crate) const MAX_SECONDS: u64 = 31_536_000;

const SECRET_FIELDS: [&str; 6] = [
    "client_id",
    "client_secret_id",
    "client_secret",
    "client_secret_expires_at",
    "client_secret_name",
    "client_secret_description",
];

const METADATA_FIELDS: [&str; 8] = [
    "client_id",
    "client_secret_id",
    "client_secret_expires_at",
    "client_secret_name",
    "client_secret_description",
    "created_at",
    "updated_at",
    "client_secret_metadata",
];

const LISTING: Listing = Listing {
    times: &["created_at"],
    texts: &["client_secret_name"],
    orders: &[
        ("id", "client_secret_id"),
        ("client_secret_id", "client_secret_id"),
        ("created_at", "created_at"),
        ("updated_at", "updated_at"),
        ("client_secret_expires_at", "client_secret_expires_at"),
    ],
};
