//! From an HTTP request to an endpoint, and from its answer back to HTTP.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State as Extract};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Response;
use futures_util::stream;
use percent_encoding::percent_decode_str;
use serde_json::json;

use crate::access;
use crate::answers::{self, Answer, Problem, Reply};
use crate::call::{Call, Destination, Service};
use crate::clock;
use crate::faults::{self, Afterwards, Effect, Instead};
use crate::ids;
use crate::options::Switch;
use crate::requests::Recorded;
use crate::state::{State, World};
use crate::{
    authn, clients, configs, control, guard, oauth, organization, page, polling, projects, roles, secrets, vault,
};

/// The emulator as a router. Every service is reached by the Host header (`authn.example.test`) or by a prefix of the path (`/authn/...`).
///
/// Faults that cut the connection need [`crate::Server`]; under another server they end the body early.
pub fn app(state: State) -> Router {
    Router::new().fallback(serve).with_state(state)
}

/// How a request came in; the server puts it into the request's extensions.
#[derive(Clone, Copy)]
pub(crate) struct Connection {
    pub(crate) scheme: &'static str,
    pub(crate) peer: SocketAddr,
}

impl Default for Connection {
    /// A request that came through no socket.
    fn default() -> Connection {
        Connection { scheme: "http", peer: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0) }
    }
}

/// A mark on a response: the connection is to be reset instead.
#[derive(Clone, Copy)]
pub(crate) struct Severed;

/// One endpoint: where it is and who answers. `{}` stands for one segment of the path.
struct Endpoint(Service, &'static str, &'static str, Handler);

type Handler = fn(&mut World, &Call) -> Result<Reply, Problem>;

/// The services whose configurations are documents of their own. Their paths are the same at each.
const WITH_CONFIGS: [Service; 3] = [Service::Audit, Service::Redact, Service::AiGuard];

const CONFIG_ENDPOINTS: [(&str, Handler); 5] = [
    ("/v1beta/config", configs::get),
    ("/v1beta/config/create", configs::create),
    ("/v1beta/config/update", configs::update),
    ("/v1beta/config/delete", configs::delete),
    ("/v1beta/config/list", configs::list),
];

const ENDPOINTS: [Endpoint; 28] = {
    use Service::{AiGuard, ApiConsole, Authn, AuthorizationAccess as Access, Vault};
    [
        Endpoint(Access, "GET", "/.well-known/oauth-authorization-server", oauth::metadata),
        Endpoint(Access, "POST", "/v1beta/oauth/token", oauth::token),
        Endpoint(Access, "POST", "/v1beta/oauth/token/introspect", oauth::introspect),
        Endpoint(Access, "POST", "/v1beta/oauth/token/revoke", oauth::revoke),
        Endpoint(Access, "POST", "/v1beta/oauth/clients/register", clients::register),
        Endpoint(Access, "GET", "/v1beta/oauth/clients", clients::list),
        Endpoint(Access, "GET", "/v1beta/oauth/clients/{}", clients::get),
        Endpoint(Access, "POST", "/v1beta/oauth/clients/{}", clients::update),
        Endpoint(Access, "DELETE", "/v1beta/oauth/clients/{}", clients::delete),
        Endpoint(Access, "GET", "/v1beta/oauth/clients/{}/roles", roles::list),
        Endpoint(Access, "POST", "/v1beta/oauth/clients/{}/grant", roles::grant),
        Endpoint(Access, "POST", "/v1beta/oauth/clients/{}/revoke", roles::revoke),
        Endpoint(Access, "POST", "/v1beta/oauth/clients/{}/secrets", secrets::create),
        Endpoint(Access, "GET", "/v1beta/oauth/clients/{}/secrets/metadata", secrets::metadata),
        Endpoint(Access, "POST", "/v1beta/oauth/clients/{}/secrets/{}", secrets::update),
        Endpoint(Access, "DELETE", "/v1beta/oauth/clients/{}/secrets/{}", secrets::revoke),
        Endpoint(ApiConsole, "POST", "/v1beta/platform/org/get", organization::get),
        Endpoint(ApiConsole, "POST", "/v1beta/platform/org/update", organization::update),
        Endpoint(ApiConsole, "POST", "/v1beta/platform/project/get", projects::get),
        Endpoint(ApiConsole, "POST", "/v1beta/platform/project/list", projects::list),
        Endpoint(ApiConsole, "POST", "/v1beta/platform/project/create", projects::create),
        Endpoint(ApiConsole, "POST", "/v1beta/platform/project/update", projects::update),
        Endpoint(ApiConsole, "POST", "/v1beta/platform/project/delete", projects::delete),
        Endpoint(Authn, "POST", "/v2/client/jwks", authn::jwks),
        Endpoint(AiGuard, "POST", "/v1/text/guard", guard::text),
        Endpoint(Vault, "POST", "/v2/get", vault::get),
        Endpoint(Vault, "POST", "/v2/get_bulk", vault::get_bulk),
        Endpoint(Vault, "POST", "/v2/secret/rotate", vault::rotate),
    ]
};

/// Every endpoint that is emulated, as `POST /authorization.access/v1beta/oauth/token`; `{}` stands for one segment of the path.
#[must_use]
pub fn endpoints() -> Vec<String> {
    let of_configs = WITH_CONFIGS.into_iter().flat_map(config_endpoints);
    let line = |Endpoint(service, method, path, _): Endpoint| format!("{method} /{}{path}", service.label());
    ENDPOINTS.into_iter().chain(of_configs).map(line).collect()
}

fn config_endpoints(service: Service) -> impl Iterator<Item = Endpoint> {
    CONFIG_ENDPOINTS.into_iter().map(move |(path, handler)| Endpoint(service, "POST", path, handler))
}

async fn serve(Extract(state): Extract<State>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let connection = parts.extensions.get::<Connection>().copied().unwrap_or_default();
    let body = to_bytes(body, MAX_BODY_BYTES).await;
    let destination = Destination::of(connection.scheme, &parts.headers, &parts.uri);
    if (destination.is_none() || parts.uri.path().starts_with("/_emulator/"))
        && let Some(file) = page::serve(connection, &parts.method, parts.uri.path())
    {
        return whole(file);
    }
    if let Some(path) = parts.uri.path().strip_prefix("/_emulator/") {
        let answer = control::serve(&state, connection, &parts.method, path, &body.unwrap_or_default());
        return whole(answer);
    }
    let Some(destination) = destination else {
        return whole(no_service(&state));
    };
    let is_too_large = body.is_err();
    let body = body.map(Vec::from).unwrap_or_default();
    let mut call = Call::new(destination, &parts.method, &parts.uri, &parts.headers, body);
    call.source_ip = connection.peer.ip().to_string();
    let effect = {
        let mut world = state.lock();
        call.request_id = world.mint(ids::REQUEST);
        call.received_at = world.clock.now();
        world.faults.fire(&call)
    };
    if !effect.latency.is_zero() {
        tokio::time::sleep(effect.latency).await;
    }
    let lateness = effect.lateness;
    let (answer, delivery) = answer(&mut state.lock(), &mut call, effect, is_too_large);
    if !lateness.is_zero() {
        tokio::time::sleep(lateness).await;
    }
    deliver(answer, delivery)
}

/// How an answer reaches the caller.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Delivery {
    Whole,
    Truncated,
    Severed,
}

fn answer(world: &mut World, call: &mut Call, effect: Effect, is_too_large: bool) -> (Answer, Delivery) {
    // Before the call is handled: a revocation takes away what names the caller.
    let client_id = access::client_named_by(&world.store, call);
    let by_run_secret = access::secret_behind(&world.store, call).is_some_and(secrets::is_of_a_run);
    let (mut answer, delivery) = match effect.instead {
        Some(Instead::Reset) => (Answer { status: 0, headers: Vec::new(), body: Vec::new() }, Delivery::Severed),
        Some(Instead::Answer { status, headers, body }) => {
            (planned(world, call, status, headers, body), Delivery::Whole)
        }
        None => {
            let held = world.options.accepted;
            let answer = dispatch(world, call, is_too_large);
            match effect.afterwards {
                Some(afterwards) => spoil(world, call, answer, afterwards),
                None => (polling::hold(world, call, answer, held), Delivery::Whole),
            }
        }
    };
    if !answer.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(REQUEST_ID)) {
        answer = answer.header(REQUEST_ID, call.request_id.clone());
    }
    world.log.keep(Recorded {
        at: clock::text(call.received_at),
        request_id: call.request_id.clone(),
        service: call.service.label(),
        method: call.method.clone(),
        path: call.full_path(),
        query: call.query.clone(),
        status: (delivery != Delivery::Severed).then_some(answer.status),
        client_id,
        by_run_secret,
        user_agent: call.user_agent.clone(),
        request_body: String::from_utf8_lossy(&call.body).into_owned(),
        response_body: String::from_utf8_lossy(&answer.body).into_owned(),
        fault: effect.name,
    });
    (answer, delivery)
}

/// Handles a call, and writes what it changed before it is answered for.
fn dispatch(world: &mut World, call: &mut Call, is_too_large: bool) -> Answer {
    if let Some(id) = polling::polled_id(call).map(str::to_owned) {
        return polling::poll(world, call, &id);
    }
    let handled = if is_too_large { Err(Problem::TooLarge) } else { handle(world, call) };
    let handled = match world.store.save() {
        Ok(()) => handled,
        Err(error) => Err(Problem::Internal(format!("The emulator cannot write its data: {error}"))),
    };
    let now = world.clock.now();
    match handled {
        Ok(reply) => answers::success(call, now, reply),
        Err(problem) => answers::refusal(call, now, &problem, world.is_on(Switch::EnvelopeErrors)),
    }
}

fn handle(world: &mut World, call: &mut Call) -> Result<Reply, Problem> {
    let mut allowed = None;
    let of_configs = WITH_CONFIGS.into_iter().filter(|service| *service == call.service).flat_map(config_endpoints);
    for Endpoint(service, method, pattern, handler) in ENDPOINTS.into_iter().chain(of_configs) {
        if service != call.service {
            continue;
        }
        let Some(parameters) = matched(pattern, &call.path) else { continue };
        if method == call.method {
            call.parameters = parameters;
            return handler(world, call);
        }
        // `register` fits the pattern of a client's id too, but no client is named so.
        allowed = allowed.or(Some(method));
    }
    match allowed {
        Some(method) => Err(Problem::MethodNotAllowed(method)),
        None => Err(Problem::NotFound(format!("There is no endpoint {}", call.path))),
    }
}

/// What the placeholders of a pattern stand for, if the path fits it.
fn matched(pattern: &str, path: &str) -> Option<Vec<String>> {
    let (mut expected, mut given) = (pattern.split('/'), path.split('/'));
    let mut parameters = Vec::new();
    loop {
        match (expected.next(), given.next()) {
            (None, None) => return Some(parameters),
            (Some("{}"), Some(segment)) if !segment.is_empty() => {
                parameters.push(percent_decode_str(segment).decode_utf8().ok()?.into_owned());
            }
            (Some(word), Some(segment)) if word == segment => {}
            _ => return None,
        }
    }
}

/// The answer that a fault asks for in place of handling.
fn planned(
    world: &mut World,
    call: &Call,
    status: u16,
    headers: Vec<(String, String)>,
    body: Option<String>,
) -> Answer {
    let now = world.clock.now();
    let mut answer = match body {
        Some(body) => {
            let is_json = serde_json::from_str::<serde_json::Value>(&body).is_ok();
            let kind = if is_json { "application/json" } else { "text/html" };
            Answer { status, headers: vec![("content-type".to_owned(), kind.to_owned())], body: body.into_bytes() }
        }
        None => answers::refusal(call, now, &Problem::Injected(status), world.is_on(Switch::EnvelopeErrors)),
    };
    answer.headers.extend(headers);
    answer
}

fn spoil(world: &mut World, call: &Call, mut answer: Answer, afterwards: Afterwards) -> (Answer, Delivery) {
    match afterwards {
        Afterwards::Body(body) => {
            answer.body = body.into_bytes();
            (answer, Delivery::Whole)
        }
        Afterwards::Rewrite { pointer, value } => {
            faults::rewrite(&mut answer, &pointer, value);
            (answer, Delivery::Whole)
        }
        Afterwards::Hold(times) => (polling::hold(world, call, answer, times), Delivery::Whole),
        Afterwards::Truncate => (answer, Delivery::Truncated),
        Afterwards::Lose => (answer, Delivery::Severed),
    }
}

fn no_service(state: &State) -> Answer {
    let names: Vec<&str> = Service::ALL.into_iter().map(Service::label).collect();
    let description = format!(
        "No service is named. Use a path that begins with one of these, or a host name that does: {}",
        names.join(", ")
    );
    let request_id = state.lock().mint(ids::REQUEST);
    Answer::json(404, &json!({ "error": "invalid_request", "error_description": description }))
        .header(REQUEST_ID, request_id)
}

fn deliver(answer: Answer, delivery: Delivery) -> Response {
    match delivery {
        Delivery::Whole => whole(answer),
        Delivery::Truncated => truncated(answer),
        Delivery::Severed => {
            let mut response = Response::new(cut_after(Bytes::new()));
            response.extensions_mut().insert(Severed);
            response
        }
    }
}

fn whole(mut answer: Answer) -> Response {
    let body = Body::from(std::mem::take(&mut answer.body));
    with_headers(Response::new(body), answer)
}

/// Promises the whole body and ends after half of it.
fn truncated(mut answer: Answer) -> Response {
    let mut body = Bytes::from(std::mem::take(&mut answer.body));
    let length = body.len();
    body.truncate(length / 2);
    let mut response = with_headers(Response::new(cut_after(body)), answer);
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    response
}

fn with_headers(mut response: Response, answer: Answer) -> Response {
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in answer.headers {
        // A header that HTTP cannot carry can only come from a fault's plan; it is left out.
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(&value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

/// A body that ends in an error after these bytes. The pause lets the server send them before it sees the error.
fn cut_after(bytes: Bytes) -> Body {
    Body::from_stream(stream::unfold(Some(bytes), |state| async {
        match state {
            Some(bytes) if !bytes.is_empty() => Some((Ok(bytes), Some(Bytes::new()))),
            Some(_) => {
                tokio::task::yield_now().await;
                Some((Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset)), None))
            }
            None => None,
        }
    }))
}

const REQUEST_ID: &str = "x-request-id";

/// Far more than any request of these APIs.
const MAX_BODY_BYTES: usize = 1024 * 1024;
