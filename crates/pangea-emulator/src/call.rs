//! One request, taken apart: which service it is for, who sends it, and what it says.

use axum::http::{HeaderMap, Method, Uri, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::answers::Problem;

/// The services that the emulator plays. On the real service each is a host of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    AuthorizationAccess,
    ApiConsole,
    Authn,
    Audit,
    Redact,
    AiGuard,
    Vault,
}

/// How a service's answers look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// The document itself, and errors in the OAuth shape.
    Bare,
    /// The Pangea standard response around everything.
    Envelope,
}

impl Service {
    pub(crate) const ALL: [Service; 7] = [
        Service::AuthorizationAccess,
        Service::ApiConsole,
        Service::Authn,
        Service::Audit,
        Service::Redact,
        Service::AiGuard,
        Service::Vault,
    ];

    /// The host label, which `{SERVICE_NAME}` stands for in a base URL template.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Service::AuthorizationAccess => "authorization.access",
            Service::ApiConsole => "api.console",
            Service::Authn => "authn",
            Service::Audit => "audit",
            Service::Redact => "redact",
            Service::AiGuard => "ai-guard",
            Service::Vault => "vault",
        }
    }

    pub(crate) fn family(self) -> Family {
        match self {
            Service::AuthorizationAccess => Family::Bare,
            _ => Family::Envelope,
        }
    }
}

/// A request, and what the router knows about it.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) request_id: String,
    pub(crate) received_at: Timestamp,
    pub(crate) service: Service,
    /// The address at which the caller reached the service, without trailing slash.
    pub(crate) base_url: String,
    pub(crate) method: String,
    /// Without the service's prefix.
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) authorization: Option<String>,
    pub(crate) user_agent: Option<String>,
    pub(crate) source_ip: String,
    pub(crate) body: Vec<u8>,
    /// What the endpoint's placeholders matched, in order.
    pub(crate) parameters: Vec<String>,
}

/// Where a request goes: the service, the address it was reached at, and the path that is left.
pub(crate) struct Destination {
    pub(crate) service: Service,
    pub(crate) base_url: String,
    pub(crate) path: String,
}

impl Destination {
    /// By the Host header (`authn.anything`), as on the real service, else by the first segment of the path (`/authn/...`).
    pub(crate) fn of(scheme: &str, headers: &HeaderMap, uri: &Uri) -> Option<Destination> {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()).or(uri.host()).unwrap_or("localhost");
        let path = uri.path();
        Service::ALL.into_iter().find_map(|service| {
            let label = service.label();
            if host.strip_prefix(label).is_some_and(|rest| rest.starts_with('.')) {
                return Some(Destination { service, base_url: format!("{scheme}://{host}"), path: path.to_owned() });
            }
            let rest = path.strip_prefix('/')?.strip_prefix(label)?;
            (rest.is_empty() || rest.starts_with('/')).then(|| Destination {
                service,
                base_url: format!("{scheme}://{host}/{label}"),
                path: rest.to_owned(),
            })
        })
    }
}

impl Call {
    pub(crate) fn new(to: Destination, method: &Method, uri: &Uri, headers: &HeaderMap, body: Vec<u8>) -> Call {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Call {
            request_id: String::new(),
            received_at: Timestamp::UNIX_EPOCH,
            service: to.service,
            base_url: to.base_url,
            method: method.to_string(),
            path: to.path,
            query: pairs(uri.query().unwrap_or_default().as_bytes()),
            authorization: text(header::AUTHORIZATION),
            user_agent: text(header::USER_AGENT),
            source_ip: String::new(),
            body,
            parameters: Vec::new(),
        }
    }

    /// The path with the service before it, as a path-prefix caller writes it.
    pub(crate) fn full_path(&self) -> String {
        format!("/{}{}", self.service.label(), self.path)
    }

    /// What the endpoint's placeholder number `index` matched.
    pub(crate) fn parameter(&self, index: usize) -> &str {
        self.parameters.get(index).map(String::as_str).unwrap_or_default()
    }

    /// Whether the body describes a client, so that a wrong field is wrong client metadata in the words of RFC 7591.
    pub(crate) fn describes_a_client(&self) -> bool {
        self.method == "POST"
            && self
                .path
                .strip_prefix("/v1beta/oauth/clients/")
                .is_some_and(|rest| !rest.is_empty() && !rest.contains('/'))
    }

    /// The bearer token, if the request has one.
    pub(crate) fn bearer(&self) -> Option<&str> {
        self.credentials("Bearer")
    }

    /// The user name and password of HTTP Basic authentication.
    pub(crate) fn basic(&self) -> Option<(String, String)> {
        let decoded = STANDARD.decode(self.credentials("Basic")?.trim()).ok()?;
        let text = String::from_utf8(decoded).ok()?;
        let (name, password) = text.split_once(':')?;
        Some((form_decoded(name), form_decoded(password)))
    }

    fn credentials(&self, scheme: &str) -> Option<&str> {
        let (given, rest) = self.authorization.as_deref()?.split_once(' ')?;
        given.eq_ignore_ascii_case(scheme).then_some(rest)
    }

    /// All values of a query key, in order.
    pub(crate) fn query_all(&self, key: &str) -> Vec<&str> {
        all(&self.query, key)
    }

    /// The last value of a query key; an empty one counts as absent.
    pub(crate) fn query_one(&self, key: &str) -> Option<&str> {
        one(&self.query, key)
    }

    /// The body as a form. The endpoints that take forms have no other field than texts.
    pub(crate) fn form(&self) -> Vec<(String, String)> {
        pairs(&self.body)
    }

    /// The body as a JSON object; no body at all is an empty one.
    pub(crate) fn object(&self) -> Result<Map<String, Value>, Problem> {
        if self.body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Map::new());
        }
        match serde_json::from_slice(&self.body) {
            Ok(Value::Object(object)) => Ok(object),
            Ok(_) => Err(Problem::field("InvalidObject", "", "The body must be a JSON object")),
            Err(error) => Err(Problem::Unreadable(format!("The body is not JSON: {error}"))),
        }
    }
}

/// All values of a key, in order.
pub(crate) fn all<'p>(pairs: &'p [(String, String)], key: &str) -> Vec<&'p str> {
    pairs.iter().filter(|(name, _)| name == key).map(|(_, value)| value.as_str()).collect()
}

/// The last value of a key; an empty one counts as absent.
pub(crate) fn one<'p>(pairs: &'p [(String, String)], key: &str) -> Option<&'p str> {
    all(pairs, key).pop().filter(|value| !value.is_empty())
}

/// RFC 6749 2.3.1 has both halves form-encoded. Ids and secrets of Pangea need no escape, so a plain value decodes to itself.
fn form_decoded(text: &str) -> String {
    let encoded = format!("v={}", text.replace('&', "%26"));
    form_urlencoded::parse(encoded.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}

fn pairs(encoded: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(encoded).into_owned().collect()
}
