//! What can go wrong, sorted by what the caller can do next.

use std::{error, fmt, sync::Arc, time::Duration};

/// The result of every call.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong, sorted by what the caller can do next. It is never guessed from a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// The object, or the route, is not there. Ask [`Error::is_gone`] before anything is forgotten because of it.
    NotFound,
    /// The bearer token was not accepted (401), for a minted one also not after another was minted.
    Unauthorized,
    /// The token endpoint did not accept the client's id and secret.
    InvalidClient,
    /// The token is valid and may not do this: a scope or a role is missing. See [`Error::missing_scope`].
    Forbidden,
    /// The service refused the values that were sent. See [`Error::validation_errors`].
    Validation,
    /// The object is in a state that does not allow this (409, 412).
    Conflict,
    /// Too many requests (429), also after every retry that is allowed.
    RateLimited,
    /// The service failed (5xx), also after every retry that is allowed.
    Unavailable,
    /// A create was sent and its outcome is not known: it may or may not have been carried out.
    Ambiguous,
    /// No connection: name resolution, TCP, TLS or the proxy failed, or the connection broke.
    Unreachable,
    /// No answer in time.
    Timeout,
    /// An answer came and is not understood.
    Malformed,
    /// The service is not enabled in the project; this is done in Pangea's console.
    ServiceNotEnabled,
    /// The organization has no credit left.
    NoCredit,
    /// A token is needed and nothing to get one with was configured.
    MissingCredentials,
    /// The client to act as can't be acted as: no secret of it is known, and none could be made. See [`Error::source`](error::Error::source)
    /// and [`Error::is_actor_gone`].
    CannotAct,
    /// A plain `http://` address that is not loopback was configured.
    InsecureTransport,
    /// The configuration cannot be used for another reason; the text names the part.
    InvalidConfig,
    /// The stop signal fired during a wait, or the client was shut down.
    Stopped,
    /// Anything else; the text says what.
    Other,
}

/// What was attempted and what happened.
///
/// `Display` gives both in one line, without the text of [`source`](error::Error::source). Neither it nor `Debug`
/// ever holds a secret: texts of the service are cleaned of what was sent to it and of anything shaped like a token.
#[derive(Clone)]
pub struct Error(Arc<Report>);

/// One fault that the service found in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidationError {
    /// The service's code, such as `DoesNotMatchPattern` or `DoesNotExist`.
    pub code: String,
    /// What is wrong, in the service's words.
    pub detail: String,
    /// A JSON pointer to the faulty value in the request's body, such as `/name`.
    pub source: String,
}

impl Error {
    /// What the caller can do next.
    pub fn kind(&self) -> Kind {
        self.0.failure.kind
    }

    /// Whether the object that was asked for is certainly gone: a 404 of the service itself, or a 400 whose sole error
    /// is `DoesNotExist` at `/id`.
    ///
    /// A 404 with a page of text or HTML, or with JSON that none of Pangea's services writes, is not that: it comes from something
    /// that stands before the service, or from a wrong address, and says nothing about the object.
    pub fn is_gone(&self) -> bool {
        match self.kind() {
            Kind::NotFound => !self.0.failure.foreign,
            Kind::Validation => {
                matches!(self.validation_errors(), [only] if only.code == "DoesNotExist" && only.source == "/id")
            }
            _ => false,
        }
    }

    /// Whether the client to act as is certainly gone.
    pub fn is_actor_gone(&self) -> bool {
        self.kind() == Kind::CannotAct && self.status() == Some(404)
    }

    /// What was attempted, such as `GET authorization.access /v1beta/oauth/clients/psa_…`.
    pub fn request(&self) -> &str {
        &self.0.request
    }

    /// The host (and port, where it is not the scheme's own) that was asked; empty where none was.
    pub fn host(&self) -> &str {
        &self.0.host
    }

    /// The HTTP status, where an answer came.
    pub fn status(&self) -> Option<u16> {
        self.0.failure.status
    }

    /// Pangea's id of the request, for its support.
    pub fn request_id(&self) -> Option<&str> {
        self.0.failure.told.request_id.as_deref()
    }

    /// The service's own code: OAuth's `error`, such as `invalid_scope`, or the envelope's `status`, such as `NotFound`.
    pub fn code(&self) -> Option<&str> {
        self.0.failure.told.code.as_deref()
    }

    /// The service's own words, bounded and cleaned.
    pub fn detail(&self) -> Option<&str> {
        self.0.failure.told.detail.as_deref()
    }

    /// The faults that the service found in the request; empty but for [`Kind::Validation`].
    pub fn validation_errors(&self) -> &[ValidationError] {
        &self.0.failure.told.errors
    }

    /// The scope whose lack made this [`Kind::Forbidden`], where the service told.
    pub fn missing_scope(&self) -> Option<&str> {
        self.0.failure.told.scope.as_deref()
    }

    /// Whether the limit of the whole operation ended it ([`crate::Api::within`]), and not that of one attempt or of one call.
    pub fn is_overdue(&self) -> bool {
        self.0.failure.overdue
    }

    /// How often the request was sent.
    pub fn attempts(&self) -> u32 {
        self.0.attempts
    }

    /// How long the call waited between attempts.
    pub fn waited(&self) -> Duration {
        self.0.waited
    }

    pub(crate) fn new(failure: Failure, request: impl fmt::Display, host: impl Into<String>) -> Error {
        Error(Arc::new(Report {
            request: request.to_string(),
            host: host.into(),
            attempts: 0,
            waited: Duration::ZERO,
            failure,
        }))
    }

    pub(crate) fn tried(self, attempts: u32, waited: Duration) -> Error {
        let Report { request, host, failure, .. } = Arc::unwrap_or_clone(self.0);
        Error(Arc::new(Report { request, host, attempts, waited, failure }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { request, host, failure, .. } = &*self.0;
        write!(f, "{request}")?;
        if !host.is_empty() {
            write!(f, " at {host}")?;
        }
        match failure.kind {
            Kind::Ambiguous => write!(f, " may or may not have been carried out: {}", failure.what),
            _ => write!(f, ": {}", failure.what),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl error::Error for Error {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        match &self.0.failure.source {
            Some(source) => Some(&**source),
            None => None,
        }
    }
}

/// A failure together with the call that it ended.
#[derive(Clone, Debug)]
struct Report {
    request: String,
    host: String,
    attempts: u32,
    waited: Duration,
    failure: Failure,
}

/// What happened in one attempt, before it is known whether another is made.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    pub(crate) kind: Kind,
    /// One sentence without its dot, already cleaned of secrets.
    pub(crate) what: String,
    pub(crate) status: Option<u16>,
    /// Boxed, so that the results of inner functions stay small.
    pub(crate) told: Box<Told>,
    /// The answer was not written by Pangea: text or HTML in place of a JSON object, or one of another shape.
    pub(crate) foreign: bool,
    /// How long the service asks to wait.
    pub(crate) pause: Option<Duration>,
    /// Trying again changes nothing, as with a certificate that is not trusted.
    pub(crate) lasting: bool,
    /// The limit of the whole operation ended it.
    pub(crate) overdue: bool,
    /// Whether the service may have done what it was asked.
    pub(crate) reached: Reached,
    pub(crate) source: Option<Arc<dyn error::Error + Send + Sync>>,
}

/// What the service told about a failure, cleaned of secrets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub(crate) code: Option<String>,
    pub(crate) detail: Option<String>,
    pub(crate) errors: Vec<ValidationError>,
    pub(crate) scope: Option<String>,
    pub(crate) request_id: Option<String>,
}

impl Told {
    /// Nothing but the id of the request.
    pub(crate) fn id(request_id: Option<String>) -> Box<Told> {
        Box::new(Told { request_id, ..Told::default() })
    }
}

/// Whether the service may have done what it was asked in an attempt that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reached {
    /// Certainly not: no connection was made, or the service refused.
    Refused,
    /// Nobody knows: no answer, a broken one, one that isn't understood, or a 5xx.
    Unknown,
}

impl Failure {
    pub(crate) fn new(kind: Kind, what: impl Into<String>) -> Failure {
        Failure {
            kind,
            what: what.into(),
            status: None,
            told: Box::default(),
            foreign: false,
            pause: None,
            lasting: false,
            overdue: false,
            reached: Reached::Refused,
            source: None,
        }
    }

    pub(crate) fn caused_by(self, source: impl error::Error + Send + Sync + 'static) -> Failure {
        Failure { source: Some(Arc::new(source)), ..self }
    }
}
