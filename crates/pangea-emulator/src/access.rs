//! Who calls, and what that token may do: scope says which endpoints, role says which objects, and neither alone is enough.

use serde_json::Value;

use crate::answers::Problem;
use crate::call::Call;
use crate::clock;
use crate::scopes;
use crate::state::World;
use crate::store::{Document, Store, Table, text};

/// A client with a live token.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) client_id: String,
    pub(crate) client_name: String,
    pub(crate) owner_id: String,
    pub(crate) owner_username: String,
    pub(crate) organization: String,
    /// The one project that the caller may reach; none means all of the organization.
    pub(crate) project: Option<String>,
}

impl Caller {
    /// Whether a document of the organization, in this project if in any, is the caller's to see.
    pub(crate) fn reaches(&self, organization: &str, project: &str) -> bool {
        self.organization == organization && self.project.as_deref().is_none_or(|own| own == project)
    }

    /// # Errors
    /// `Forbidden` for whoever is bound to one project.
    pub(crate) fn must_be_organization(&self) -> Result<(), Problem> {
        match self.project {
            None => Ok(()),
            Some(_) => Err(lacks_role("the client's role does not reach the organization")),
        }
    }
}

/// The caller of a platform API, who needs this scope and an admin role.
///
/// # Errors
/// `Unauthorized` without a live token, `Forbidden` without the scope or the role.
pub(crate) fn caller(world: &mut World, call: &Call, scope: &'static str) -> Result<Caller, Problem> {
    let token = live_token(world, call)?;
    let client = world.store.get(Table::Clients, text(&token, "client_id")).ok_or(DEAD)?;
    must_hold(scope, &token, client)?;
    let project = admin_of(client)?;
    Ok(Caller {
        client_id: text(client, "client_id").to_owned(),
        client_name: text(client, "client_name").to_owned(),
        owner_id: text(client, "owner_id").to_owned(),
        owner_username: text(client, "owner_username").to_owned(),
        organization: text(client, "organization").to_owned(),
        project,
    })
}

/// The project in which a caller of a per-project service acts. Nothing in such a call names it: the token decides. A client needs
/// the scope, where the endpoint has one; a service token of the console may do everything at its services.
///
/// # Errors
/// `Unauthorized` without a live token, `Forbidden` for a token that is bound to no project or lacks the scope.
pub(crate) fn project_of_caller(
    world: &mut World,
    call: &Call,
    scope: Option<&'static str>,
) -> Result<String, Problem> {
    let value = call.bearer().ok_or(MISSING)?;
    if let Some(token) = world.store.get(Table::ServiceTokens, value) {
        let serves = token
            .get("services")
            .and_then(Value::as_array)
            .is_some_and(|services| services.iter().any(|name| name.as_str() == Some(call.service.label())));
        return if serves {
            Ok(text(token, "project").to_owned())
        } else {
            Err(lacks_role(&format!("the service token is not for {}", call.service.label())))
        };
    }
    let token = live_token(world, call)?;
    let client = world.store.get(Table::Clients, text(&token, "client_id")).ok_or(DEAD)?;
    if let Some(scope) = scope {
        must_hold(scope, &token, client)?;
    }
    if roles(client).is_empty() {
        return Err(lacks_role(NO_ROLE));
    }
    match text(client, "project") {
        "" => Err(lacks_role("the token is bound to no project: an organization client cannot act in one")),
        project => Ok(project.to_owned()),
    }
}

/// The roles of a client.
pub(crate) fn roles(client: &Document) -> &[Value] {
    client.get("roles").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// Who sent the request, for the log: the client of its token or of its credentials, whether they are right or not.
pub(crate) fn client_named_by(store: &Store, call: &Call) -> Option<String> {
    if let Some(value) = call.bearer() {
        let token = store.get(Table::Tokens, value)?;
        return Some(text(token, "client_id").to_owned());
    }
    if let Some((client_id, _)) = call.basic() {
        return Some(client_id);
    }
    call.form().into_iter().find(|(key, _)| key == "client_id").map(|(_, value)| value)
}

/// A token keeps the scopes that it was taken with, but they count only while the client has them too.
fn must_hold(scope: &'static str, token: &Document, client: &Document) -> Result<(), Problem> {
    for (holder, held) in [("token", token), ("client", client)] {
        if !scopes::words(text(held, "scope")).iter().any(|word| word == scope) {
            let lacks = format!("the {holder} lacks the scope {scope}");
            return Err(Problem::Forbidden { lacks, scope: Some(scope) });
        }
    }
    Ok(())
}

/// The secret that the request's token was taken with, or that it shows itself.
pub(crate) fn secret_behind<'s>(store: &'s Store, call: &Call) -> Option<&'s Document> {
    if let Some(value) = call.bearer() {
        return store.get(Table::Secrets, text(store.get(Table::Tokens, value)?, "client_secret_id"));
    }
    let posted = || call.form().into_iter().find(|(key, _)| key == "client_secret").map(|(_, value)| value);
    let shown = call.basic().map(|(_, secret)| secret).or_else(posted)?;
    store.all(Table::Secrets).map(|(_, secret)| secret).find(|secret| text(secret, "client_secret") == shown)
}

/// What the bearer token stands for, if it lives.
fn live_token(world: &mut World, call: &Call) -> Result<Document, Problem> {
    let value = call.bearer().ok_or(MISSING)?;
    let now = world.clock.now();
    let token = world.store.get(Table::Tokens, value).ok_or(DEAD)?;
    if !world.lives(token, now) {
        return Err(DEAD);
    }
    Ok(token.clone())
}

/// The project whose admin a client is; none for an admin of the organization.
fn admin_of(client: &Document) -> Result<Option<String>, Problem> {
    for role in roles(client).iter().filter_map(Value::as_object) {
        match (text(role, "type"), text(role, "role")) {
            ("organization", "admin") => return Ok(None),
            ("project", "admin") => return Ok(Some(text(role, "id").to_owned())),
            _ => {}
        }
    }
    Err(lacks_role(if roles(client).is_empty() {
        NO_ROLE
    } else {
        "the client's role does not reach the platform APIs"
    }))
}

fn lacks_role(lacks: &str) -> Problem {
    Problem::Forbidden { lacks: lacks.to_owned(), scope: None }
}

/// Whether a document's `expires_at` (or another field with a time) is over.
pub(crate) fn is_over(document: &Document, field: &str, now: jiff::Timestamp) -> bool {
    clock::parse(text(document, field)).is_some_and(|end| end <= now)
}

const MISSING: Problem = Problem::Unauthorized("The request has no bearer token");
const DEAD: Problem = Problem::Unauthorized("The access token is unknown, expired or revoked");
const NO_ROLE: &str = "the client has no role, so it can call nothing";
