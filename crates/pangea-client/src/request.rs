//! Requests as plain values: built and tested without any I/O.

use std::fmt;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::{Failure, Kind};

/// A service, named by its host label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Service(&'static str);

impl Service {
    /// OAuth clients, their secrets and roles, and the OAuth endpoints.
    pub(crate) const AUTHORIZATION_ACCESS: Service = Service("authorization.access");
    /// Organizations and projects.
    pub(crate) const API_CONSOLE: Service = Service("api.console");
    /// AuthN, with its signing keys.
    pub(crate) const AUTHN: Service = Service("authn");
    /// Secure Audit Log.
    pub(crate) const AUDIT: Service = Service("audit");
    /// Redact.
    pub(crate) const REDACT: Service = Service("redact");
    /// AI Guard.
    pub(crate) const AI_GUARD: Service = Service("ai-guard");
    /// Vault.
    pub(crate) const VAULT: Service = Service("vault");

    pub(crate) fn name(self) -> &'static str {
        self.0
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// How a service writes its answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Bare JSON, and the HTTP status says what happened.
    Rest,
    /// Pangea's envelope: `status`, `summary`, `result`, `request_id`.
    Envelope,
}

/// Whether a request may be sent again when nobody knows whether it was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// It may: doing it twice is the same as doing it once.
    Freely,
    /// It may not: doing it twice makes two objects.
    AtMostOnce,
}

/// Whose token a request carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bearer {
    /// The login's.
    Login,
    /// The service's own where one is configured, else the login's.
    Service,
    /// No token: what anybody may ask.
    Nobody,
}

/// How the answer becomes a value.
pub(crate) enum Decode<T> {
    /// From the JSON of the answer (or of the envelope's `result`).
    Json(fn(Value) -> serde_json::Result<T>),
    /// The answer holds nothing that is needed, so no body, `{}` and `null` are as good as any.
    Nothing(fn() -> T),
}

impl<T> Clone for Decode<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Decode<T> {}

/// One call of the API, before it is sent.
pub(crate) struct Request<T> {
    pub(crate) method: Method,
    pub(crate) service: Service,
    pub(crate) style: Style,
    /// Unescaped; each entry stays one segment.
    pub(crate) path: Vec<String>,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) body: Option<Value>,
    pub(crate) repeat: Repeat,
    pub(crate) bearer: Bearer,
    pub(crate) decode: Decode<T>,
}

impl<T: DeserializeOwned> Request<T> {
    /// A read at a REST service.
    pub(crate) fn get<'p>(service: Service, path: impl IntoIterator<Item = &'p str>) -> Request<T> {
        Request::rest(Method::GET, service, path, Decode::Json(serde_json::from_value))
    }

    /// A call at a REST service whose answer is needed.
    pub(crate) fn post<'p>(service: Service, path: impl IntoIterator<Item = &'p str>, body: Value) -> Request<T> {
        Request { body: Some(body), ..Request::rest(Method::POST, service, path, Decode::Json(serde_json::from_value)) }
    }

    /// A call at an envelope service whose result is needed.
    pub(crate) fn call<'p>(service: Service, path: impl IntoIterator<Item = &'p str>, body: Value) -> Request<T> {
        Request { style: Style::Envelope, ..Request::post(service, path, body) }
    }
}

impl Request<()> {
    /// A delete at a REST service.
    pub(crate) fn delete<'p>(service: Service, path: impl IntoIterator<Item = &'p str>) -> Request<()> {
        Request::rest(Method::DELETE, service, path, Decode::Nothing(|| ()))
    }
}

impl<T> Request<T> {
    fn rest<'p>(
        method: Method,
        service: Service,
        path: impl IntoIterator<Item = &'p str>,
        decode: Decode<T>,
    ) -> Request<T> {
        Request {
            method,
            service,
            style: Style::Rest,
            path: path.into_iter().map(str::to_owned).collect(),
            query: Vec::new(),
            body: None,
            repeat: Repeat::Freely,
            bearer: Bearer::Login,
            decode,
        }
    }

    /// The same call where the answer holds nothing that is needed.
    pub(crate) fn ignoring_the_answer(self) -> Request<()> {
        self.decoding(Decode::Nothing(|| ()))
    }

    /// The same call whose answer is read in another way.
    pub(crate) fn decoding<U>(self, decode: Decode<U>) -> Request<U> {
        let Request { method, service, style, path, query, body, repeat, bearer, decode: _ } = self;
        Request { method, service, style, path, query, body, repeat, bearer, decode }
    }

    /// The same call, never sent again once it may have been carried out.
    pub(crate) fn at_most_once(self) -> Request<T> {
        Request { repeat: Repeat::AtMostOnce, ..self }
    }

    /// The same call with the service's own token, where there is one.
    pub(crate) fn with_service_token(self) -> Request<T> {
        Request { bearer: Bearer::Service, ..self }
    }

    /// The same call without a token.
    pub(crate) fn with_no_token(self) -> Request<T> {
        Request { bearer: Bearer::Nobody, ..self }
    }

    /// The same call with more query parameters; one key may stand several times.
    pub(crate) fn with_query(mut self, query: impl IntoIterator<Item = (&'static str, String)>) -> Request<T> {
        self.query.extend(query);
        self
    }

    /// The escaped path. Each entry stays one segment, and none can climb out of its place.
    ///
    /// # Errors
    /// [`Kind::Validation`] for an entry that is empty, `.` or `..`, which no escaping keeps in place: an empty id would
    /// turn a call on one object into one on the collection.
    pub(crate) fn escaped_path(&self) -> Result<String, Failure> {
        let stray = self.path.iter().find(|segment| matches!(segment.as_str(), "" | "." | ".."));
        match stray {
            Some(segment) => {
                Err(Failure::new(Kind::Validation, format!("`{segment}` is not an id, so nothing was sent")))
            }
            None => Ok(self.path_text()),
        }
    }

    /// The whole call as text, for tests of the calls in other files.
    #[cfg(test)]
    pub(crate) fn shown(&self) -> String {
        let query: Vec<_> = self.query.iter().map(|(key, value)| format!("\n  {key}={value}")).collect();
        let body = self.body.as_ref().map(|body| format!("\n  {body}")).unwrap_or_default();
        format!("{self} {:?} {:?} {:?}{}{body}", self.style, self.repeat, self.bearer, query.concat())
    }

    fn path_text(&self) -> String {
        self.path
            .iter()
            .flat_map(|segment| ["/".into(), std::borrow::Cow::from(utf8_percent_encode(segment, SEGMENT))])
            .collect()
    }
}

/// The words that name the call in errors: `GET authorization.access /v1beta/oauth/clients/psa_…`.
impl<T> fmt::Display for Request<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.method, self.service, self.path_text())
    }
}

/// What is escaped in a path segment: all but RFC 3986's unreserved characters.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

#[cfg(test)]
mod tests {
    use super::*;

    fn of(id: &str) -> Request<Value> {
        Request::get(Service::AUTHORIZATION_ACCESS, ["v1beta", "oauth", "clients", id])
    }

    #[test]
    fn an_id_with_a_slash_stays_one_segment() {
        assert_eq!(of("a/b").to_string(), "GET authorization.access /v1beta/oauth/clients/a%2Fb");
        assert_eq!(of("a?b#c d\n%2F").escaped_path().unwrap(), "/v1beta/oauth/clients/a%3Fb%23c%20d%0A%252F");
    }

    #[test]
    fn an_id_that_would_leave_its_place_is_not_sent() {
        for id in ["", ".", ".."] {
            assert_eq!(of(id).escaped_path().unwrap_err().kind, Kind::Validation, "{id}");
        }
        of("...").escaped_path().unwrap();
    }
}
