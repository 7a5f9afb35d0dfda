//! The organization: get and update. No call lists, makes or deletes one.

use serde_json::{Value, json};

use crate::access::{self, Caller};
use crate::answers::{Problem, Reply};
use crate::call::Call;
use crate::clock;
use crate::fields::Fields;
use crate::ids;
use crate::listing::shown;
use crate::options::Switch;
use crate::scopes::{ORG_MANAGE, ORG_READ};
use crate::state::World;
use crate::store::Table;

/// `POST /v1beta/platform/org/get`
pub(crate) fn get(world: &mut World, call: &Call) -> Result<Reply, Problem> {
    let caller = access::caller(world, call, ORG_READ)?;
    let body = call.object()?;
    let mut fields = Fields::of(&body);
    let id = fields.required_id("id", ids::ORGANIZATION);
    fields.finish()?;
    must_be_own(world, &caller, &id, "/id")?;
    answer(world, &id)
}

/// `POST /v1beta/platform/org/update`
pub(crate) fn update(world: &mut World, call: &Call) -> Result<Reply, Problem> {
    let caller = access::caller(world, call, ORG_MANAGE)?;
    let body = call.object()?;
    let mut fields = Fields::of(&body);
    let id = fields.required_id("id", ids::ORGANIZATION);
    let name = fields.required_name("name");
    fields.finish()?;
    must_be_own(world, &caller, &id, "/id")?;
    let now = clock::text(world.clock.now());
    if let Some(organization) = world.store.get_mut(Table::Organizations, &id) {
        organization.insert("name".to_owned(), json!(name));
        organization.insert("updated_at".to_owned(), json!(now));
    }
    answer(world, &id)
}

/// Whether the caller administers this organization.
///
/// # Errors
/// `Forbidden` for a caller that is bound to a project; `DoesNotExist` at `source` for any other organization.
pub(crate) fn must_be_own(world: &World, caller: &Caller, id: &str, source: &str) -> Result<(), Problem> {
    caller.must_be_organization()?;
    if caller.organization == id { Ok(()) } else { Err(missing(world, source)) }
}

/// How the console says that an id names nothing.
pub(crate) fn missing(world: &World, source: &str) -> Problem {
    if world.is_on(Switch::NotFound404) {
        Problem::NotFound("The object does not exist".to_owned())
    } else {
        Problem::missing(source)
    }
}

fn answer(world: &World, id: &str) -> Result<Reply, Problem> {
    let organization = world.store.get(Table::Organizations, id).ok_or_else(|| missing(world, "/id"))?;
    Ok(Reply::ok(Value::Object(shown(organization, &FIELDS))))
}

const FIELDS: [&str; 7] = ["id", "name", "owner", "owner_email", "created_at", "updated_at", "csp"];
