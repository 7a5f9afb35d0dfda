//! The OAuth server: metadata, and the client credentials grant with introspection and revocation.

use serde_json::{Map, Value, json};

use crate::access;
use crate::answers::{Problem, Reply};
use crate::call::Call;
use crate::clock;
use crate::ids;
use crate::options::Switch;
use crate::scopes;
use crate::state::World;
use crate::store::{Document, Table, text};

/// `GET /.well-known/oauth-authorization-server`
pub(crate) fn metadata(_world: &mut World, call: &Call) -> Result<Reply, Problem> {
    let issuer = &call.base_url;
    Ok(Reply::ok(json!({
        "issuer": issuer,
        "token_endpoint": format!("{issuer}/v1beta/oauth/token"),
        "introspection_endpoint": format!("{issuer}/v1beta/oauth/token/introspect"),
        "revocation_endpoint": format!("{issuer}/v1beta/oauth/token/revoke"),
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": ["token"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "scopes_supported": scopes::SUPPORTED,
    })))
}

/// `POST /v1beta/oauth/token`
pub(crate) fn token(world: &mut World, call: &Call) -> Result<Reply, Problem> {
    let login = login(world, call)?;
    match field(call, "grant_type").as_deref() {
        Some("client_credentials") => {}
        Some(_) => return Err(refused(400, "unsupported_grant_type", "Only client_credentials is supported")),
        None => return Err(refused(400, "invalid_request", "The field grant_type is required")),
    }
    let granted = granted(world, call, &login.client)?;
    Ok(Reply::ok(issue(world, call, &login, granted)))
}

/// `POST /v1beta/oauth/token/introspect`. Whatever is wrong, the answer is only that the token is not active.
pub(crate) fn introspect(world: &mut World, call: &Call) -> Result<Reply, Problem> {
    let inactive = || Reply::ok(json!({ "active": false }));
    let Ok(login) = login(world, call) else { return Ok(inactive()) };
    let now = world.clock.now();
    let asked = field(call, "token").unwrap_or_default();
    let token = world.store.get(Table::Tokens, &asked);
    let Some(token) = token.filter(|token| is_of(token, &login.client) && world.lives(token, now)) else {
        return Ok(inactive());
    };
    Ok(Reply::ok(json!({
        "active": true,
        "iss": token.get("issuer"),
        // The owner of the client, not the client itself.
        "sub": login.client.get("owner_id"),
        "exp": token.get("exp"),
        "nbf": token.get("iat"),
        "iat": token.get("iat"),
        "jti": token.get("jti"),
        "client_id": token.get("client_id"),
        "token_type": "Bearer",
        "username": login.client.get("client_name"),
        "scope": token.get("scope"),
    })))
}

/// `POST /v1beta/oauth/token/revoke`. A client may revoke only what was issued to it.
pub(crate) fn revoke(world: &mut World, call: &Call) -> Result<Reply, Problem> {
    let login = login(world, call)?;
    let now = world.clock.now();
    let asked = field(call, "token").unwrap_or_default();
    let token = world.store.get(Table::Tokens, &asked);
    if token.is_some_and(|token| is_of(token, &login.client) && world.lives(token, now)) {
        world.store.remove(Table::Tokens, &asked);
        return Ok(Reply::empty(200));
    }
    let status = if world.is_on(Switch::RevokeFailure200) { 200 } else { 400 };
    Err(refused(status, "invalid_request", "The token does not exist"))
}

/// A client that has shown a live secret of its own.
struct Login {
    client: Document,
    client_secret_id: String,
}

fn login(world: &mut World, call: &Call) -> Result<Login, Problem> {
    let wrong = || refused(401, "invalid_client", "The client credentials are not valid");
    let (client_id, client_secret, method) = credentials(call)?;
    let now = world.clock.now();
    let client = world.store.get(Table::Clients, &client_id).ok_or_else(wrong)?;
    let expected = text(client, "token_endpoint_auth_method");
    if world.is_on(Switch::StrictAuthMethod) && expected != method {
        let description = format!("The client is registered with {expected}");
        return Err(refused(401, "invalid_client", &description));
    }
    let secret = world.store.all(Table::Secrets).map(|(_, secret)| secret).find(|secret| {
        text(secret, "client_id") == client_id
            && text(secret, "client_secret") == client_secret
            && !access::is_over(secret, "client_secret_expires_at", now)
    });
    let secret = secret.ok_or_else(wrong)?;
    Ok(Login { client: client.clone(), client_secret_id: text(secret, "client_secret_id").to_owned() })
}

/// Client id, client secret, and the name of the way in which they came.
fn credentials(call: &Call) -> Result<(String, String, &'static str), Problem> {
    let posted = field(call, "client_secret");
    if call.authorization.is_some() {
        if posted.is_some() {
            return Err(refused(400, "invalid_request", "The client authenticates in more than one way"));
        }
        let (id, secret) =
            call.basic().ok_or_else(|| refused(401, "invalid_client", "The Authorization header is not Basic"))?;
        return Ok((id, secret, "client_secret_basic"));
    }
    match (field(call, "client_id"), posted) {
        (Some(id), Some(secret)) => Ok((id, secret, "client_secret_post")),
        _ => Err(refused(401, "invalid_client", "The request has no client credentials")),
    }
}

/// The scopes of a new token: all that the client has, or those of them that were asked for.
fn granted(world: &World, call: &Call, client: &Document) -> Result<Vec<String>, Problem> {
    let held = scopes::words(text(client, "scope"));
    let Some(asked) = field(call, "scope") else { return Ok(scopes::shuffled(held)) };
    let (granted, denied): (Vec<String>, Vec<String>) =
        scopes::words(&asked).into_iter().partition(|word| held.contains(word));
    if !denied.is_empty() && !world.is_on(Switch::NarrowScope) {
        let description = format!("The client does not have the scope {}", scopes::text(&denied));
        return Err(refused(400, "invalid_scope", &description));
    }
    Ok(scopes::shuffled(granted))
}

fn issue(world: &mut World, call: &Call, login: &Login, granted: Vec<String>) -> Value {
    let now = world.clock.now();
    world.store.retain(Table::Tokens, |token| !access::is_over(token, "expires_at", now));
    let lifetime = login.client.get("client_token_expires_in").and_then(Value::as_u64).unwrap_or_default();
    let issued = now.as_second();
    let expires = clock::after(now, lifetime).as_second();
    let value = world.mint(ids::TOKEN_VALUE);
    let scope = scopes::text(&granted);
    let token = json!({
        "jti": world.mint(ids::TOKEN),
        "client_id": login.client.get("client_id"),
        "client_secret_id": login.client_secret_id,
        "scope": scope,
        "issuer": call.base_url,
        "iat": issued,
        "exp": expires,
        "created_at": clock::text(now),
        "expires_at": jiff::Timestamp::from_second(expires).map(clock::text).unwrap_or_default(),
    });
    world.store.insert(Table::Tokens, &value, object(token));
    // The real service reports 3599 of 3600 seconds: what is left by then, rounded down.
    let left = (expires * 1_000_000 - world.clock.now().as_microsecond()).max(0) / 1_000_000;
    json!({ "access_token": value, "token_type": "Bearer", "expires_in": left, "scope": scope })
}

/// A JSON literal with braces, as a document.
pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

fn is_of(token: &Document, client: &Document) -> bool {
    text(token, "client_id") == text(client, "client_id")
}

/// A field of the form; an empty one counts as absent.
fn field(call: &Call, name: &str) -> Option<String> {
    call.form().into_iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value)
}

fn refused(status: u16, error: &'static str, description: &str) -> Problem {
    Problem::OAuth { status, error, description: description.to_owned() }
}
