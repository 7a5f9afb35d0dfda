//! What is answered: bare JSON or the Pangea envelope when a call succeeds, and each host family's own shape when it does not.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::call::{Call, Family};
use crate::clock;

/// A handler's success: a status and, for the envelope's hosts, its `result`, else the body itself. No body at all is `None`.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Option<Value>,
    /// What the envelope says in a sentence.
    pub(crate) summary: &'static str,
}

impl Reply {
    pub(crate) fn ok(body: Value) -> Reply {
        Reply::of(200, body)
    }

    pub(crate) fn of(status: u16, body: Value) -> Reply {
        Reply { status, body: Some(body), summary: "Success" }
    }

    pub(crate) fn empty(status: u16) -> Reply {
        Reply { status, body: None, summary: "Success" }
    }
}

/// Why a call was refused, before it is put into a host family's shape.
#[derive(Clone, Debug)]
pub(crate) enum Problem {
    /// Fields that are missing or wrong, at least one.
    Invalid(Vec<Issue>),
    /// The body is not what the content type promises.
    Unreadable(String),
    /// No bearer token, or none that is alive.
    Unauthorized(&'static str),
    /// A live token that may not do this: what it lacks, and the scope that would help, if one would.
    Forbidden {
        lacks: String,
        scope: Option<&'static str>,
    },
    /// Nothing has this path or this id.
    NotFound(String),
    MethodNotAllowed(&'static str),
    TooLarge,
    /// An error of the token endpoints in its exact documented form.
    OAuth {
        status: u16,
        error: &'static str,
        description: String,
    },
    /// A fault that was asked for, in the family's own shape.
    Injected(u16),
    Internal(String),
}

/// One entry of `result.errors`.
#[derive(Clone, Debug)]
pub(crate) struct Issue {
    pub(crate) code: &'static str,
    pub(crate) detail: String,
    /// JSON pointer into the request.
    pub(crate) source: String,
}

impl Problem {
    /// A single wrong field.
    pub(crate) fn field(code: &'static str, source: &str, detail: impl Into<String>) -> Problem {
        Problem::Invalid(vec![Issue { code, source: source.to_owned(), detail: detail.into() }])
    }

    /// What the console answers for an id that names nothing: it is RPC over POST, so the id is a wrong field and not a wrong address.
    pub(crate) fn missing(source: &str) -> Problem {
        Problem::field("DoesNotExist", source, "The value does not name anything that this token may see")
    }
}

/// A whole answer, before it becomes HTTP.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &Value) -> Answer {
        Answer {
            status,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: body.to_string().into_bytes(),
        }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Answer {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// The answer of a call that succeeded.
pub(crate) fn success(call: &Call, now: Timestamp, reply: Reply) -> Answer {
    match (reply.body, call.service.family()) {
        (None, _) => Answer { status: reply.status, headers: Vec::new(), body: Vec::new() },
        (Some(body), Family::Bare) => Answer::json(reply.status, &body),
        (Some(result), Family::Envelope) => {
            Answer::json(reply.status, &envelope(call, now, "Success", reply.summary, result))
        }
    }
}

/// The answer of a call that was refused. `enveloped` puts the bare hosts' errors into the envelope too.
pub(crate) fn refusal(call: &Call, now: Timestamp, problem: &Problem, enveloped: bool) -> Answer {
    match call.service.family() {
        Family::Bare if !enveloped => bare_refusal(call, problem),
        _ => enveloped_refusal(call, now, problem),
    }
}

/// The Pangea standard response. Official clients demand every one of these keys and forbid any other.
pub(crate) fn envelope(call: &Call, now: Timestamp, status: &str, summary: &str, result: Value) -> Value {
    json!({
        "request_id": call.request_id,
        "request_time": clock::text(call.received_at),
        "response_time": clock::text(now),
        "status": status,
        "summary": summary,
        "result": result,
    })
}

fn enveloped_refusal(call: &Call, now: Timestamp, problem: &Problem) -> Answer {
    let (http, status, summary, result) = match problem {
        Problem::Invalid(issues) => (400, "ValidationError", summary_of(issues), errors(issues)),
        Problem::Unreadable(why) => (400, "InvalidPayloadReceived", why.clone(), Value::Null),
        Problem::Unauthorized(_) => (401, "Unauthorized", NOT_AUTHORIZED.to_owned(), errors(&[])),
        Problem::Forbidden { lacks, .. } => (403, "Unauthorized", format!("{NOT_AUTHORIZED}: {lacks}"), errors(&[])),
        Problem::NotFound(what) => (404, "NotFound", what.clone(), Value::Null),
        Problem::MethodNotAllowed(_) => (405, "NotFound", METHOD_NOT_ALLOWED.to_owned(), Value::Null),
        Problem::TooLarge => (413, "InvalidPayloadReceived", TOO_LARGE.to_owned(), Value::Null),
        Problem::OAuth { status, description, .. } => (*status, "Failed", description.clone(), Value::Null),
        Problem::Injected(http) => (*http, status_name(*http), injected(*http), injected_result(*http)),
        Problem::Internal(why) => (500, "InternalError", why.clone(), Value::Null),
    };
    let answer = Answer::json(http, &envelope(call, now, status, &summary, result));
    with_allow(answer, problem)
}

fn bare_refusal(call: &Call, problem: &Problem) -> Answer {
    let (http, error, description) = match problem {
        Problem::Invalid(issues) => (400, oauth_code(call, issues), described(issues)),
        Problem::Unreadable(why) => (400, "invalid_request", why.clone()),
        Problem::Unauthorized(why) => (401, "invalid_token", (*why).to_owned()),
        Problem::Forbidden { lacks, .. } => (403, "insufficient_scope", lacks.clone()),
        Problem::NotFound(what) => (404, "invalid_request", what.clone()),
        Problem::MethodNotAllowed(_) => (405, "invalid_request", METHOD_NOT_ALLOWED.to_owned()),
        Problem::TooLarge => (413, "invalid_request", TOO_LARGE.to_owned()),
        Problem::OAuth { status, error, description } => (*status, *error, description.clone()),
        Problem::Injected(http) => (*http, oauth_name(*http), injected(*http)),
        Problem::Internal(why) => (500, "server_error", why.clone()),
    };
    let answer = Answer::json(http, &json!({ "error": error, "error_description": description }));
    let answer = match problem {
        Problem::Unauthorized(_) => answer.header("www-authenticate", "Bearer error=\"invalid_token\""),
        Problem::Forbidden { scope: Some(scope), .. } => {
            answer.header("www-authenticate", format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\""))
        }
        // RFC 6749 5.2 asks for the challenge where the client tried the Authorization header.
        Problem::OAuth { status: 401, .. } => answer.header("www-authenticate", "Basic realm=\"pangea\""),
        _ => answer,
    };
    with_allow(answer, problem)
}

fn with_allow(answer: Answer, problem: &Problem) -> Answer {
    match problem {
        Problem::MethodNotAllowed(allowed) => answer.header("allow", *allowed),
        _ => answer,
    }
}

/// RFC 6749 and 7591 have codes for the two things that go wrong most; everything else is `invalid_request`.
fn oauth_code(call: &Call, issues: &[Issue]) -> &'static str {
    if issues.iter().any(|issue| issue.source == "/scope") {
        "invalid_scope"
    } else if call.describes_a_client() {
        "invalid_client_metadata"
    } else {
        "invalid_request"
    }
}

fn errors(issues: &[Issue]) -> Value {
    let errors: Vec<Value> = issues
        .iter()
        .map(|issue| json!({ "code": issue.code, "detail": issue.detail, "source": issue.source }))
        .collect();
    json!({ "errors": errors })
}

/// The wording of a real answer: the count, then each detail.
fn summary_of(issues: &[Issue]) -> String {
    let details: Vec<&str> = issues.iter().map(|issue| issue.detail.as_str()).collect();
    let verb = if issues.len() == 1 { "was" } else { "were" };
    format!("There {verb} {} error(s) in the given payload: {}", issues.len(), details.join("; "))
}

fn described(issues: &[Issue]) -> String {
    let each: Vec<String> =
        issues.iter().map(|issue| format!("{}: {} ({})", issue.source, issue.detail, issue.code)).collect();
    each.join("; ")
}

fn status_name(http: u16) -> &'static str {
    match http {
        400 => "ValidationError",
        401 | 403 => "Unauthorized",
        402 => "NoCredit",
        404 => "NotFound",
        429 => "TooManyRequests",
        500 => "InternalError",
        502 => "ProviderError",
        503 => "ServiceNotAvailable",
        _ => "Failed",
    }
}

fn oauth_name(http: u16) -> &'static str {
    match http {
        401 => "invalid_token",
        403 => "insufficient_scope",
        429 => "temporarily_unavailable",
        503 => "temporarily_unavailable",
        500..=599 => "server_error",
        _ => "invalid_request",
    }
}

fn injected(http: u16) -> String {
    match http {
        401 | 403 => NOT_AUTHORIZED.to_owned(),
        429 => "Too many requests".to_owned(),
        _ => format!("The emulator was asked to answer {http}"),
    }
}

fn injected_result(http: u16) -> Value {
    match http {
        // A validation error has at least one entry.
        400 => errors(&[Issue { code: "BadState", detail: injected(http), source: String::new() }]),
        401 | 403 => errors(&[]),
        _ => Value::Null,
    }
}

const NOT_AUTHORIZED: &str = "Not authorized to access this resource";
const METHOD_NOT_ALLOWED: &str = "This endpoint does not take this method";
const TOO_LARGE: &str = "The body is too large";
