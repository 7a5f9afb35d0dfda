//! Vault's view of client secrets: get, get in bulk, rotate. An item holds one secret of one client, and each rotation adds a version with
//! an id and a value of its own.
//!
//! No source names the scopes of these calls, so none is asked for, and none says in which project's Vault the secrets of an
//! organization's client are: here in that of the oldest project.

use serde_json::{Map, Value, json};

use crate::access;
use crate::answers::{Problem, Reply};
use crate::call::Call;
use crate::clock;
use crate::fields::Fields;
use crate::ids;
use crate::listing::Listing;
use crate::oauth::object;
use crate::secrets;
use crate::state::World;
use crate::store::{Document, Table, text};

/// `POST /v2/get`
pub(crate) fn get(world: &mut World, call: &Call) -> Result<Reply, Problem> {
    let project = access::project_of_caller(world, call, None)?;
    let body = call.object()?;
    let mut fields = Fields::of(&body);
    let id = fields.required_id("id", ids::VAULT_ITEM);
    fields.only(&["id", "version", "config_id"]);
    let version = version(&body, &mut fields);
    fields.finish()?;
    let versions = find(world, &project, &id)?;
    Ok(Reply::ok(Value::Object(item(&versions, version))))
}

/// `POST /v2/get_bulk`
pub(crate) fn get_bulk(world: &mut World, call: &Call) -> Result<Reply, Problem> {
    let project = access::project_of_caller(world, call, None)?;
    let body = call.object()?;
    let mut fields = Fields::of(&body);
    let mut asked = fields.object("filter", |filter| filter.pairs(&FILTERS)).unwrap_or_default();
    asked.extend(fields.pairs(&["filter", "version", "last", "order", "order_by", "size", "config_id"]));
    let version = version(&body, &mut fields);
    fields.finish()?;
    let rows: Vec<Document> = items(world, &project).iter().map(|versions| row(versions)).collect();
    let page = LISTING.page(&asked, rows.iter().collect())?;
    let found: Vec<Document> = page
        .items
        .into_iter()
        .filter_map(|row| Some(item(&find(world, &project, text(row, "id")).ok()?, version)))
        .collect();
    Ok(Reply::ok(json!({ "items": found, "last": page.last, "count": page.count })))
}

/// `POST /v2/secret/rotate`. The version before opens its client until the grace period is over.
pub(crate) fn rotate(world: &mut World, call: &Call) -> Result<Reply, Problem> {
    let project = access::project_of_caller(world, call, None)?;
    let body = call.object()?;
    let mut fields = Fields::of(&body);
    let id = fields.required_id("id", ids::VAULT_ITEM);
    let state = fields.word("rotation_state", &["deactivated", "suspended", "destroyed"]);
    let grace = grace_period(&mut fields);
    fields.only(&["id", "rotation_state", "rotation_grace_period", "config_id"]);
    fields.finish()?;
    let versions = find(world, &project, &id)?;
    let latest = versions.last().cloned().unwrap_or_default();
    let (now, new_id) = (world.clock.now(), world.mint(ids::SECRET));
    let mut new = latest.clone();
    new.remove(STATE);
    new.extend(object(json!({
        "client_secret_id": new_id,
        "client_secret": world.mint(ids::SECRET_VALUE),
        "client_secret_expires_at": clock::text(clock::after(now, secrets::MAX_SECONDS)),
        "created_at": clock::text(now),
        "updated_at": clock::text(now),
        VERSION: number(&latest) + 1,
    })));
    new.remove("seeded");
    world.store.insert(Table::Secrets, &new_id, new);
    if let Some(old) = world.store.get_mut(Table::Secrets, text(&latest, "client_secret_id")) {
        old.insert(STATE.to_owned(), json!(state.as_deref().unwrap_or("deactivated")));
        old.insert("client_secret_expires_at".to_owned(), json!(clock::text(clock::after(now, grace))));
        old.insert("updated_at".to_owned(), json!(clock::text(now)));
    }
    let versions = find(world, &project, &id)?;
    Ok(Reply::ok(Value::Object(item(&versions, Versions::Latest))))
}

/// What a new secret notes of the item that holds it.
pub(crate) fn of_new_secret(world: &mut World) -> Document {
    object(json!({ ITEM: world.mint(ids::VAULT_ITEM), VERSION: 1 }))
}

/// Which versions an answer shows.
#[derive(Clone, Copy)]
enum Versions {
    Latest,
    All,
    One(u64),
}

fn version(body: &Document, fields: &mut Fields<'_>) -> Versions {
    match body.get("version") {
        None | Some(Value::Null) => Versions::Latest,
        Some(Value::String(word)) if word == "all" => Versions::All,
        Some(given) => {
            let number = given.as_u64().or_else(|| given.as_str()?.parse().ok());
            if number.is_none() {
                fields.note("DoesNotMatchPattern", "version", "The field version must be a number or `all`");
            }
            Versions::One(number.unwrap_or_default())
        }
    }
}

/// Seconds; none where nothing is said.
fn grace_period(fields: &mut Fields<'_>) -> u64 {
    let Some(period) = fields.optional("rotation_grace_period") else { return 0 };
    let unit = period.trim_start_matches(|c: char| c.is_ascii_digit());
    let count: Option<u64> = period.strip_suffix(unit).and_then(|digits| digits.parse().ok());
    let seconds = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, seconds)| *seconds);
    match count.zip(seconds) {
        Some((count, seconds)) => count.saturating_mul(seconds),
        None => {
            let detail = "The field rotation_grace_period must be a duration such as 14d";
            fields.note("BadFormatPangeaDuration", "rotation_grace_period", detail);
            0
        }
    }
}

/// The versions of an item of a project's Vault, oldest first.
fn find(world: &World, project: &str, id: &str) -> Result<Vec<Document>, Problem> {
    items(world, project)
        .into_iter()
        .find(|versions| versions.first().is_some_and(|first| text(first, ITEM) == id))
        .ok_or_else(|| Problem::missing("/id"))
}

/// All items of a project's Vault, oldest first, each as its versions.
fn items(world: &World, project: &str) -> Vec<Vec<Document>> {
    let oldest = world.store.by_age(Table::Projects).first().map(|project| text(project, "id").to_owned());
    let is_here = |secret: &Document| {
        let client = world.store.get(Table::Clients, text(secret, "client_id"));
        let own = client.map_or("", |client| text(client, "project"));
        if own.is_empty() { oldest.as_deref() == Some(project) } else { own == project }
    };
    let mut items: Vec<Vec<Document>> = Vec::new();
    for secret in world.store.by_age(Table::Secrets).into_iter().filter(|secret| is_here(secret)) {
        let id = text(secret, ITEM);
        match items.iter_mut().find(|versions| versions.first().is_some_and(|first| text(first, ITEM) == id)) {
            // Those of the seed were there before anything put them into a Vault.
            _ if id.is_empty() => {}
            Some(versions) => versions.push(secret.clone()),
            None => items.push(vec![secret.clone()]),
        }
    }
    items
}

/// An item as filters see it: flat.
fn row(versions: &[Document]) -> Document {
    let latest = versions.last().cloned().unwrap_or_default();
    object(json!({
        "id": latest.get(ITEM),
        "type": TYPE,
        "name": latest.get("client_secret_name"),
        "folder": "/",
        // The specification's example has the secret's id under this name.
        "metadata_client_id": latest.get("client_secret_id"),
        "metadata_client_secret_name": latest.get("client_secret_name"),
        "created_at": versions.first().and_then(|first| first.get("created_at")),
    }))
}

/// An item as the API shows it.
fn item(versions: &[Document], shown: Versions) -> Document {
    let latest = versions.last().cloned().unwrap_or_default();
    let wanted = versions.iter().filter(|version| match shown {
        Versions::All => true,
        Versions::Latest => number(version) == number(&latest),
        Versions::One(one) => number(version) == one,
    });
    let item_versions: Vec<Value> = wanted.map(shown_version).collect();
    object(json!({
        "id": latest.get(ITEM),
        "type": TYPE,
        "client_id": latest.get("client_id"),
        "name": latest.get("client_secret_name"),
        "folder": "/",
        "enabled": true,
        "tags": [],
        "metadata": {
            "client_id": latest.get("client_secret_id"),
            "client_secret_name": latest.get("client_secret_name"),
        },
        "num_versions": versions.len(),
        "created_at": versions.first().and_then(|first| first.get("created_at")),
        "last_rotated": if versions.len() > 1 { latest.get("created_at") } else { None },
        "item_versions": item_versions,
        "inherited_settings": Map::new(),
    }))
}

fn shown_version(version: &Document) -> Value {
    let state = match text(version, STATE) {
        "" => "active",
        state => state,
    };
    let value = version.get("client_secret").filter(|_| state != "destroyed");
    json!({
        "version": version.get(VERSION),
        "created_at": version.get("created_at"),
        "state": state,
        "rotated_at": if state == "active" { None } else { version.get("updated_at") },
        "client_secret": value,
        "client_secret_id": version.get("client_secret_id"),
    })
}

fn number(version: &Document) -> u64 {
    version.get(VERSION).and_then(Value::as_u64).unwrap_or_default()
}

const TYPE: &str = "pangea_platform_client_secret";

/// Beside the API's own fields of a secret, under names that the API has not.
const ITEM: &str = "vault_item";
const VERSION: &str = "vault_version";
const STATE: &str = "vault_state";

const UNITS: [(&str, u64); 9] = [
    ("s", 1),
    ("sec", 1),
    ("seconds", 1),
    ("min", 60),
    ("minutes", 60),
    ("h", 3_600),
    ("hours", 3_600),
    ("d", 86_400),
    ("days", 86_400),
];

const FILTERS: [&str; 7] =
    ["id", "type", "name", "name__contains", "folder", "metadata_client_id", "metadata_client_secret_name"];

const LISTING: Listing = Listing {
    times: &[],
    texts: &["id", "type", "name", "folder", "metadata_client_id", "metadata_client_secret_name"],
    orders: &[("id", "id"), ("created_at", "created_at"), ("name", "name")],
};
