//! Understands answers: bare JSON, Pangea's envelope, OAuth's error object, or something else entirely.

use std::{borrow::Cow, time::SystemTime};

use reqwest::header::{CONTENT_TYPE, HeaderMap, WWW_AUTHENTICATE};
use serde_json::{Map, Value};

use crate::{
    error::{Failure, Kind, Reached, Told, ValidationError},
    request::{Decode, Style},
    retry,
    scrub::Scrub,
};

/// How many faults of one refusal are kept; a person reads the first few.
const MAX_ERRORS: usize = 20;

/// The longest id of a request that is believed to be one.
const MAX_REQUEST_ID_CHARS: usize = 100;

/// An answer as it came.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// What a reply comes to when it is no refusal.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer<T> {
    /// The value that was asked for.
    Done(T),
    /// Not finished; the result will be at `/request/{request_id}`.
    Accepted {
        /// `prq_…`.
        request_id: String,
    },
}

/// The id under which Pangea knows the request.
pub(crate) fn request_id(headers: &HeaderMap) -> Option<String> {
    headers.get("x-request-id").and_then(|value| value.to_str().ok()).and_then(plausible_id)
}

/// Understands a reply.
pub(crate) fn read<T>(
    reply: &Reply,
    style: Style,
    decode: Decode<T>,
    scrub: &Scrub,
    wall: SystemTime,
) -> Result<Answer<T>, Failure> {
    let body = Body::parse(&reply.body);
    let refused = || Err(refusal(reply, &body, scrub, wall));
    if !(200..300).contains(&reply.status) {
        return refused();
    }
    let status = body.envelope_status(style);
    let accepted = reply.status == 202 || status.is_some_and(|status| status.eq_ignore_ascii_case("accepted"));
    if accepted && let Some(request_id) = body.request_id().or_else(|| request_id(&reply.headers)) {
        return Ok(Answer::Accepted { request_id });
    }
    let understood = match (status, &body) {
        (Some(status), _) if !status.eq_ignore_ascii_case("success") => return refused(),
        (None, Body::Object(object)) if object.get("error").is_some_and(Value::is_string) => return refused(),
        (Some(_), Body::Object(object)) => take(decode, object.get("result").cloned().unwrap_or_default()),
        (None, Body::Empty) => take(decode, Value::Null),
        (None, Body::Object(object)) if style == Style::Rest || object.is_empty() => {
            take(decode, Value::Object(object.clone()))
        }
        (_, Body::Foreign(_)) => Err("it is not a JSON object".into()),
        _ => Err("it has no `status`, which Pangea's envelope always has".into()),
    };
    understood.map(Answer::Done).map_err(|why| Failure {
        status: Some(reply.status),
        told: Told::id(body.request_id().or_else(|| request_id(&reply.headers))),
        foreign: matches!(body, Body::Foreign(_)),
        reached: Reached::Unknown,
        ..Failure::new(Kind::Malformed, format!("the answer ({}) is not understood: {why}", reply.status))
    })
}

/// Turns JSON into the value that was asked for. The reason for a failure never shows a value of the answer, which may
/// be a secret: serde's messages for a field of another type do.
fn take<T>(decode: Decode<T>, json: Value) -> Result<T, Cow<'static, str>> {
    match decode {
        Decode::Nothing(nothing) => Ok(nothing()),
        Decode::Json(_) if json.is_null() => Err("it holds no result".into()),
        Decode::Json(from_json) => from_json(json).map_err(|error| {
            let text = error.to_string();
            if text.starts_with("missing field") {
                text.into()
            } else {
                "a field is of another type than documented".into()
            }
        }),
    }
}

/// A body, sorted by what can be done with it.
enum Body<'b> {
    Empty,
    Object(Map<String, Value>),
    /// Anything that is no JSON object.
    Foreign(Cow<'b, str>),
}

impl Body<'_> {
    fn parse(bytes: &[u8]) -> Body<'_> {
        if bytes.trim_ascii().is_empty() {
            return Body::Empty;
        }
        match serde_json::from_slice(bytes) {
            Ok(Value::Object(object)) => Body::Object(object),
            Ok(Value::Null) => Body::Empty,
            _ => Body::Foreign(String::from_utf8_lossy(bytes)),
        }
    }

    fn text(&self, key: &str) -> Option<&str> {
        match self {
            Body::Object(object) => object.get(key).and_then(Value::as_str),
            Body::Empty | Body::Foreign(_) => None,
        }
    }

    /// The envelope's status. A REST service may have a field of that name, so there the envelope's id must stand beside it.
    fn envelope_status(&self, style: Style) -> Option<&str> {
        match style {
            Style::Envelope => self.text("status"),
            Style::Rest => self.text("request_id").and_then(|_| self.text("status")),
        }
    }

    /// Whether Pangea certainly didn't write it: no JSON object, or one of neither shape that its refusals have. A gateway writes such.
    fn is_foreign(&self) -> bool {
        match self {
            Body::Empty => false,
            Body::Object(_) => self.text("status").or(self.text("error")).is_none(),
            Body::Foreign(_) => true,
        }
    }

    fn request_id(&self) -> Option<String> {
        self.text("request_id").and_then(plausible_id)
    }

    fn errors(&self, scrub: &Scrub) -> Vec<ValidationError> {
        let Body::Object(object) = self else { return Vec::new() };
        let errors = object.get("result").and_then(|result| result.get("errors")).and_then(Value::as_array);
        let text = |error: &Value, key| scrub.text(error.get(key).and_then(Value::as_str).unwrap_or_default());
        let one = |error: &Value| ValidationError {
            code: text(error, "code"),
            detail: text(error, "detail"),
            source: text(error, "source"),
        };
        errors.into_iter().flatten().take(MAX_ERRORS).map(one).collect()
    }
}

/// Why the service did not do what it was asked.
fn refusal(reply: &Reply, body: &Body<'_>, scrub: &Scrub, wall: SystemTime) -> Failure {
    let envelope = body.text("status");
    let oauth = body.text("error");
    let errors = body.errors(scrub);
    let (kind, text) = match (envelope, oauth) {
        (Some(status), _) => (kind_of_envelope(reply.status, status), body.text("summary")),
        (None, Some(code)) => (kind_of_oauth(reply.status, code), body.text("error_description")),
        (None, None) => (kind_of_status(reply.status), None),
    };
    let detail = match (text, body) {
        _ if !errors.is_empty() => Some(faults(&errors)),
        (Some(text), _) => Some(scrub.text(text)),
        (None, Body::Foreign(text)) if is_html(reply, text) => {
            Some("a page of HTML, which Pangea's services don't write".to_owned())
        }
        (None, Body::Foreign(text)) => Some(scrub.text(text)),
        (None, Body::Object(object)) if envelope.or(oauth).is_none() => {
            Some(scrub.text(&Value::Object(object.clone()).to_string()))
        }
        (None, Body::Object(_) | Body::Empty) => None,
    };
    let code = envelope.or(oauth).map(|code| scrub.text(code));
    // A success by its status, with a word in the envelope that nobody knows.
    let is_puzzling = (200..300).contains(&reply.status) && kind == Kind::Other;
    let what = format!(
        "the service answered {}{}{}{}",
        reply.status,
        code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default(),
        if (300..400).contains(&reply.status) { ", a redirect, which is never followed" } else { "" },
        detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default(),
    );
    Failure {
        status: Some(reply.status),
        told: Box::new(Told {
            code,
            detail,
            errors,
            scope: body.text("scope").map(|scope| scrub.text(scope)).or_else(|| challenged_scope(&reply.headers)),
            request_id: body.request_id().or_else(|| request_id(&reply.headers)),
        }),
        foreign: body.is_foreign(),
        pause: matches!(kind, Kind::RateLimited | Kind::Unavailable)
            .then(|| retry::pause(&reply.headers, wall))
            .flatten(),
        reached: if matches!(kind, Kind::Unavailable | Kind::Timeout) || reply.status >= 500 || is_puzzling {
            Reached::Unknown
        } else {
            Reached::Refused
        },
        ..Failure::new(kind, what)
    }
}

fn kind_of_status(status: u16) -> Kind {
    match status {
        400 | 422 => Kind::Validation,
        401 => Kind::Unauthorized,
        402 => Kind::NoCredit,
        403 => Kind::Forbidden,
        404 | 410 => Kind::NotFound,
        408 => Kind::Timeout,
        409 | 412 => Kind::Conflict,
        429 => Kind::RateLimited,
        500..=599 if status != 501 => Kind::Unavailable,
        _ => Kind::Other,
    }
}

/// Whether an HTTP status says by itself what happened, whatever code stands in the body.
fn is_telling(status: u16) -> bool {
    matches!(status, 401 | 403 | 404 | 409 | 410 | 412 | 429)
}

/// Pangea's clients sort by the envelope's status, and the HTTP statuses that go with it are not documented.
fn kind_of_envelope(http: u16, status: &str) -> Kind {
    match status {
        "ServiceNotEnabled" => Kind::ServiceNotEnabled,
        "NoCredit" => Kind::NoCredit,
        _ if is_telling(http) => kind_of_status(http),
        "ValidationError" | "InvalidPayloadReceived" | "MissingConfigID" | "MissingConfigIDScope" | "BadOffset" => {
            Kind::Validation
        }
        "Unauthorized" => Kind::Unauthorized,
        "Forbidden" | "ForbiddenVaultOperation" => Kind::Forbidden,
        "NotFound" | "VaultItemNotFound" => Kind::NotFound,
        "TooManyRequests" => Kind::RateLimited,
        "InternalError" | "ServiceNotAvailable" | "ProviderError" => Kind::Unavailable,
        _ => kind_of_status(http),
    }
}

/// RFC 6749 section 5.2 and RFC 6750 section 3.1 name the codes.
fn kind_of_oauth(http: u16, code: &str) -> Kind {
    match code {
        "invalid_client" => Kind::InvalidClient,
        _ if is_telling(http) => kind_of_status(http),
        "invalid_token" => Kind::Unauthorized,
        "insufficient_scope" | "access_denied" | "unauthorized_client" => Kind::Forbidden,
        "temporarily_unavailable" | "server_error" => Kind::Unavailable,
        _ if http < 300 => Kind::Validation,
        _ => kind_of_status(http),
    }
}

fn faults(errors: &[ValidationError]) -> String {
    let one = |error: &ValidationError| match error.source.as_str() {
        "" => format!("{} ({})", error.detail, error.code),
        source => format!("{} ({} at {source})", error.detail, error.code),
    };
    errors.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn is_html(reply: &Reply, text: &str) -> bool {
    let declared = reply
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.contains("html"));
    declared || text.trim_start().starts_with('<')
}

/// The scope that a bearer challenge asks for (RFC 6750 section 3).
fn challenged_scope(headers: &HeaderMap) -> Option<String> {
    let challenge = headers.get(WWW_AUTHENTICATE)?.to_str().ok()?;
    let (_, after) = challenge.split_once("scope=\"")?;
    let (scope, _) = after.split_once('"')?;
    Some(Scrub::default().text(scope))
}

/// An id that can stand in a path and in an error without harm.
fn plausible_id(text: &str) -> Option<String> {
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
    (plain && (1..=MAX_REQUEST_ID_CHARS).contains(&text.len())).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn reply(status: u16, headers: &[(&'static str, &str)], body: &str) -> Reply {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        Reply { status, headers: headers.collect(), body: body.into() }
    }

    fn understood(style: Style, reply: &Reply) -> Result<Answer<Value>, Failure> {
        read(reply, style, Decode::Json(Ok), &Scrub::default(), SystemTime::UNIX_EPOCH)
    }

    /// What a person reads of a refusal, after its kind.
    fn check(status: u16, body: &str, expected: Expect) {
        let failure = understood(Style::Envelope, &reply(status, &[], body)).unwrap_err();
        expected.assert_eq(&format!("{:?}: {}", failure.kind, failure.what));
    }

    #[test]
    fn the_envelopes_status_is_compared_without_case() {
        for status in ["Success", "success", "SUCCESS"] {
            let body = format!(r#"{{"status":"{status}","result":{{"id":"a"}}}}"#);
            assert_eq!(
                understood(Style::Envelope, &reply(200, &[], &body)).unwrap(),
                Answer::Done(serde_json::json!({ "id": "a" }))
            );
        }
    }

    #[test]
    fn what_is_accepted_names_where_its_result_will_be() {
        let accepted = |reply: Reply| match understood(Style::Rest, &reply).unwrap() {
            Answer::Accepted { request_id } => request_id,
            Answer::Done(value) => panic!("{value}"),
        };
        assert_eq!(accepted(reply(202, &[], r#"{"request_id":"prq_a","status":"Accepted"}"#)), "prq_a");
        assert_eq!(accepted(reply(200, &[], r#"{"request_id":"prq_a","status":"accepted"}"#)), "prq_a");
        assert_eq!(accepted(reply(202, &[("x-request-id", "prq_b")], "")), "prq_b");
    }

    #[test]
    fn an_id_that_could_leave_its_place_in_a_path_is_none() {
        understood(Style::Rest, &reply(202, &[], r#"{"request_id":"../x","status":"Accepted"}"#)).unwrap_err();
    }

    #[test]
    fn refusals_are_sorted_by_status_and_code_and_told_in_the_services_words() {
        check(401, r#"{"error":"invalid_token"}"#, expect!["Unauthorized: the service answered 401 (invalid_token)"]);
        check(
            401,
            r#"{"error":"invalid_client","error_description":"no"}"#,
            expect!["InvalidClient: the service answered 401 (invalid_client): no"],
        );
        check(
            403,
            r#"{"error":"insufficient_scope","scope":"a b"}"#,
            expect!["Forbidden: the service answered 403 (insufficient_scope)"],
        );
        check(
            403,
            r#"{"status":"Unauthorized","summary":"Not authorized to access this resource"}"#,
            expect!["Forbidden: the service answered 403 (Unauthorized): Not authorized to access this resource"],
        );
        check(
            403,
            r#"{"status":"ServiceNotEnabled","summary":"AuthN is off"}"#,
            expect!["ServiceNotEnabled: the service answered 403 (ServiceNotEnabled): AuthN is off"],
        );
        check(
            402,
            r#"{"status":"NoCredit","summary":"empty"}"#,
            expect!["NoCredit: the service answered 402 (NoCredit): empty"],
        );
        check(
            404,
            r#"{"error":"invalid_request","error_description":"The client does not exist"}"#,
            expect!["NotFound: the service answered 404 (invalid_request): The client does not exist"],
        );
        check(
            404,
            "<!DOCTYPE html><p>nothing here",
            expect!["NotFound: the service answered 404: a page of HTML, which Pangea's services don't write"],
        );
        check(409, r#"{"status":"Conflict"}"#, expect!["Conflict: the service answered 409 (Conflict)"]);
        check(
            400,
            r#"{"error":"invalid_scope","error_description":"x is not known"}"#,
            expect!["Validation: the service answered 400 (invalid_scope): x is not known"],
        );
        check(
            200,
            r#"{"status":"NotFound","summary":"no"}"#,
            expect!["NotFound: the service answered 200 (NotFound): no"],
        );
        check(
            200,
            r#"{"error":"invalid_request","error_description":"The token does not exist"}"#,
            expect!["Validation: the service answered 200 (invalid_request): The token does not exist"],
        );
        check(
            200,
            r#"{"status":"Failed","summary":"for no reason"}"#,
            expect!["Other: the service answered 200 (Failed): for no reason"],
        );
        check(500, r#"{"status":"ProviderError"}"#, expect!["Unavailable: the service answered 500 (ProviderError)"]);
        check(503, "", expect!["Unavailable: the service answered 503"]);
        check(
            418,
            r#"{"message":"short and stout"}"#,
            expect![[r#"Other: the service answered 418: {"message":"short and stout"}"#]],
        );
        check(301, "", expect!["Other: the service answered 301, a redirect, which is never followed"]);
    }

    #[test]
    fn whether_a_success_with_an_unknown_word_was_carried_out_is_not_known() {
        let reached = |body: &str| understood(Style::Envelope, &reply(200, &[], body)).unwrap_err().reached;
        assert_eq!(reached(r#"{"status":"Failed","summary":"for no reason"}"#), Reached::Unknown);
        for refused in [r#"{"status":"ValidationError"}"#, r#"{"status":"NotFound"}"#, r#"{"error":"invalid_request"}"#]
        {
            assert_eq!(reached(refused), Reached::Refused, "{refused}");
        }
    }

    #[test]
    fn every_fault_of_a_validation_is_told_with_its_place() {
        let body = r#"{"status":"ValidationError","summary":"There were 2 errors","request_id":"prq_a","result":{"errors":[
            {"code":"ItemNotUnique","detail":"taken","source":"/name"},{"code":"BadState","detail":"closed"}]}}"#;
        check(
            400,
            body,
            expect![
                "Validation: the service answered 400 (ValidationError): taken (ItemNotUnique at /name); closed (BadState)"
            ],
        );
        let failure = understood(Style::Envelope, &reply(400, &[], body)).unwrap_err();
        assert_eq!(failure.told.errors[0].source, "/name");
        assert_eq!(failure.told.request_id.as_deref(), Some("prq_a"));
    }

    #[test]
    fn a_missing_scope_is_read_from_the_body_or_the_challenge() {
        let scope = |reply| understood(Style::Rest, &reply).unwrap_err().told.scope;
        let challenge = [("www-authenticate", r#"Bearer realm="x", error="insufficient_scope", scope="a:read b""#)];
        assert_eq!(scope(reply(403, &challenge, "{}")).as_deref(), Some("a:read b"));
        assert_eq!(scope(reply(403, &[], r#"{"error":"insufficient_scope","scope":"c"}"#)).as_deref(), Some("c"));
        assert_eq!(scope(reply(403, &[], "{}")), None);
    }

    #[test]
    fn a_field_called_status_does_not_make_a_rest_answer_an_envelope() {
        let body = r#"{"client_id":"psa_a","status":"disabled"}"#;
        assert!(matches!(understood(Style::Rest, &reply(200, &[], body)), Ok(Answer::Done(_))));
    }
}
