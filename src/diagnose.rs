//! The client's errors as diagnostics: the only place where one becomes the other.
//!
//! Each text says what was tried, what happened, and what the person can do next. It names where settings came from and
//! never shows a value of theirs that may be secret.

use std::{error::Error as _, fmt::Write as _};

use pangea_client::{Error, Kind, ValidationError};
use tf_framework::{Diagnostic, Diagnostics, Path, Result};

use crate::provider::{Login, Pangea, Setting, Settings, Source};

/// Where management clients and their secrets are made and shown.
const CREDENTIALS_PAGE: &str =
    "the page Organization API Credentials (or Project API Credentials) of the Pangea User Console";

/// Where the tokens of a project's services are made.
const SERVICE_TOKENS: &str =
    "Service tokens are made on the service's page in the Pangea User Console, under API Credentials.";

/// Stands in place of a field's name for every field that has no attribute of its own.
pub const EVERY_OTHER: &str = "*";

/// What an operation was about to do, for the text of its failure.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    verb: &'a str,
    what: &'a str,
    object: &'a str,
    scope: &'a str,
    service: Option<&'a str>,
    actor: Option<&'a str>,
    attributes: &'a [(&'a str, &'a str)],
}

impl<'a> Attempt<'a> {
    /// To do `verb` (`create`) to a `what` (`project`). `object` is its id or name, empty where it has none; where `verb`
    /// says what it is done to, `what` is empty.
    pub const fn new(verb: &'a str, what: &'a str, object: &'a str) -> Attempt<'a> {
        Attempt { verb, what, object, scope: "", service: None, actor: None, attributes: &[] }
    }

    /// The scope that the call needs.
    #[must_use]
    pub const fn needing(self, scope: &'a str) -> Attempt<'a> {
        Attempt { scope, ..self }
    }

    /// The call goes to this service, by its host label such as `authn`, with the service's token.
    #[must_use]
    pub const fn at_service(self, service: &'a str) -> Attempt<'a> {
        Attempt { service: Some(service), ..self }
    }

    /// The call is made as this client, where one is named.
    #[must_use]
    pub const fn acting_as(self, actor: Option<&'a str>) -> Attempt<'a> {
        Attempt { actor, ..self }
    }

    /// Which field of the request's body comes from which attribute. A fault that the service finds in the field, or inside
    /// it, is shown at the attribute.
    #[must_use]
    pub const fn fields(self, attributes: &'a [(&'a str, &'a str)]) -> Attempt<'a> {
        Attempt { attributes, ..self }
    }

    /// The object with its kind: `the project "shop"`.
    fn object(&self) -> String {
        match (self.what, self.object) {
            ("", object) => format!("\"{object}\""),
            (what, "") => format!("the {what}"),
            (what, object) => format!("the {what} \"{object}\""),
        }
    }

    /// The start of every title: `Unable to create the project`.
    fn title(&self) -> String {
        match self.what {
            "" => format!("Unable to {}", self.verb),
            what => format!("Unable to {} the {what}", self.verb),
        }
    }

    fn attribute_of(&self, pointer: &str) -> Option<Path> {
        let field = pointer.trim_start_matches('/').split('/').next()?;
        let of = |wanted: &str| self.attributes.iter().find(|(name, _)| *name == wanted);
        let (_, attribute) = of(field).or_else(|| of(EVERY_OTHER))?;
        Some(Path::attribute(*attribute))
    }
}

/// Turns the client's errors into what the person reads.
pub trait Explain<T> {
    /// The same result with its error explained.
    ///
    /// # Errors
    /// The explanation.
    fn explain(self, pangea: &Pangea, attempt: &Attempt<'_>) -> Result<T>;
}

impl<T> Explain<T> for pangea_client::Result<T> {
    fn explain(self, pangea: &Pangea, attempt: &Attempt<'_>) -> Result<T> {
        self.map_err(|error| diagnostics(&error, pangea, attempt))
    }
}

/// The error for a setting that the client refuses before any call.
pub fn unusable(error: &Error, source: Source) -> Diagnostic {
    let (summary, advice) = match error.kind() {
        Kind::InsecureTransport => {
            ("Insecure address", "Use an https:// address; plain http:// is for an emulator on this machine.")
        }
        _ => ("Unusable provider configuration", "Correct it; nothing was sent to Pangea."),
    };
    let setting = match source {
        Source::Default => "The provider's configuration".to_owned(),
        source => format!("The value of {source}"),
    };
    source.blame(Diagnostic::error(summary, format!("{setting} can't be used: {}. {advice}", what(error))))
}

/// The error for a call that needs a login where none, or half of one, is configured. A call to a `service` needs less.
pub fn missing_credentials(settings: &Settings, service: Option<&str>) -> Diagnostic {
    let problem = match &settings.login {
        Login::Half(source, (attribute, variable)) => format!(
            "The credentials are half there: one part comes from {source}, and the other is missing. Set the provider's \
             attribute `{attribute}` or the environment variable {variable}."
        ),
        _ => "Neither the provider block nor the environment says how to log in to Pangea. Set one of:\n  \
              - `client_id` and `client_secret`, or PANGEA_CLIENT_ID and PANGEA_CLIENT_SECRET: a management client, whose \
              tokens the provider gets, renews and revokes;\n  \
              - `access_token`, or PANGEA_ACCESS_TOKEN: a ready token, which lives an hour as a rule."
            .to_owned(),
    };
    let less = match service {
        Some(service) => format!(
            "\n\nFor {} alone a token of the service is enough: the provider's attribute `service_token`, or the environment \
             variable PANGEA_SERVICE_TOKEN or the service's own, such as PANGEA_AUTHN_TOKEN.",
            service_name(service)
        ),
        None => String::new(),
    };
    Diagnostic::error(
        "Missing Pangea credentials",
        format!("{problem}\n\nManagement clients and their secrets are made on {CREDENTIALS_PAGE}.{less}"),
    )
}

fn diagnostics(error: &Error, pangea: &Pangea, attempt: &Attempt<'_>) -> Diagnostics {
    let faults = error.validation_errors();
    if error.kind() == Kind::MissingCredentials {
        return missing_credentials(pangea.settings(), attempt.service).into();
    }
    if error.kind() == Kind::Validation && !error.is_gone() && !faults.is_empty() {
        let mut diagnostics = Diagnostics::new();
        faults.iter().for_each(|fault| diagnostics.push(refused_value(error, fault, attempt)));
        return diagnostics;
    }
    let (gist, advice) = advice(error, pangea, attempt);
    let summary = format!("{}: {gist}", attempt.title());
    let happened = format!("The provider tried to {} {}. {}.", attempt.verb, attempt.object(), sentence(error));
    let diagnostic = |limit| Diagnostic::error(summary, format!("{happened}\n\n{advice}{limit}{}", request_id(error)));
    if error.is_overdue() {
        let limit = " The attempts ended at the time limit of the operation, which `timeouts` raises. For a read or a delete the limit that was applied \
                     last counts: raise it, and apply that with `-refresh=false`.";
        return diagnostic(limit).at(Path::attribute("timeouts")).into();
    }
    diagnostic("").into()
}

/// One fault that the service found in what was sent, at the attribute that it came from.
fn refused_value(error: &Error, fault: &ValidationError, attempt: &Attempt<'_>) -> Diagnostic {
    let attribute = attempt.attribute_of(&fault.source);
    let advice = match attribute {
        Some(_) => "Correct the value in the configuration.",
        None => "Compare the configuration with the documentation of the resource.",
    };
    let detail = format!(
        "The provider tried to {} {}, and Pangea refused a value: {} ({} at {}).\n\n{advice}{}",
        attempt.verb,
        attempt.object(),
        fault.detail.trim_end_matches('.'),
        fault.code,
        if fault.source.is_empty() { "/" } else { &fault.source },
        request_id(error),
    );
    let diagnostic = Diagnostic::error(format!("{}: invalid value", attempt.title()), detail);
    match attribute {
        Some(attribute) => diagnostic.at(attribute),
        None => diagnostic,
    }
}

/// The gist for the title, and what to do.
fn advice(error: &Error, pangea: &Pangea, attempt: &Attempt<'_>) -> (&'static str, String) {
    let settings = pangea.settings();
    match error.kind() {
        Kind::NotFound | Kind::Validation if error.is_gone() => ("it does not exist", gone(attempt)),
        Kind::NotFound => ("wrong address", format!("{} Something answers there that is not Pangea's API.", check_address(settings))),
        Kind::Validation => ("refused as invalid", invalid(error, settings)),
        Kind::Unauthorized => ("token not accepted", unauthorized(pangea, attempt)),
        Kind::InvalidClient => ("wrong client id or secret", invalid_client(pangea, attempt)),
        Kind::CannotAct => ("no credentials to act as the client", how_to_act()),
        Kind::Forbidden => ("not allowed", forbidden(error, pangea, attempt)),
        Kind::Conflict => ("conflict with its present state", format!(
            "Something else may be changing {} at the same time. Run `terraform plan` to see how it is now, then apply again.",
            attempt.object()
        )),
        Kind::RateLimited => ("too many requests", format!(
            "Pangea asks for fewer requests. Wait a little and run Terraform again. Where this happens often, lower the \
             provider's `max_concurrent_requests` (now {}), or raise `max_retries` (now {}).",
            settings.max_concurrent_requests, settings.max_retries
        )),
        Kind::Unavailable => ("Pangea failed", format!(
            "This is a fault of the service, not of the configuration. Run Terraform again later; where it passes after \
             a while, a higher `max_retries` (now {}) bridges it. Pangea's support can look the request up by its id.",
            settings.max_retries
        )),
        Kind::Ambiguous => ("outcome unknown", ambiguous(attempt)),
        Kind::Unreachable => ("the connection failed", unreachable(settings)),
        Kind::Timeout if error.is_overdue() => (
            "not done in time",
            "Run Terraform again: it goes on from what is in the state. A call that was cut off may have been carried out all the same.".to_owned(),
        ),
        Kind::Timeout => ("no answer in time", format!(
            "Run Terraform again. Where Pangea is slow for long, raise the provider's `request_timeout` (now {} s for \
             one attempt). {}",
            settings.request_timeout.as_secs_f64(), check_address(settings)
        )),
        Kind::Malformed => ("answer not understood", format!(
            "A proxy or gateway on the way may have answered in Pangea's place. {} If the address is right, please report \
             this as a bug of the provider, with the request id.",
            check_address(settings)
        )),
        Kind::ServiceNotEnabled => ("service not enabled", not_enabled(attempt)),
        Kind::NoCredit => ("no credit left", "The organization has no credit left for this call. Look at its billing in the Pangea User Console.".to_owned()),
        Kind::InsecureTransport | Kind::InvalidConfig => (
            "unusable provider configuration",
            "Correct the provider block or its environment variables; nothing was sent to Pangea.".to_owned(),
        ),
        Kind::Stopped => (
            "stopped",
            "Terraform was asked to stop, so nothing more was begun. What was done before is in the state; run Terraform \
             again to go on."
                .to_owned(),
        ),
        _ => ("unexpected answer", "Run Terraform again. If it stays, please report this as a bug of the provider, with the request id.".to_owned()),
    }
}

fn gone(attempt: &Attempt<'_>) -> String {
    if attempt.verb == "import" {
        return "Compare the id with the one in the console, and the provider's login with the organization or project that \
                it is in."
            .to_owned();
    }
    if attempt.what == "client" {
        return "Check `client_id`: the client was deleted, or is one that the provider's login doesn't see."
            .to_owned();
    }
    format!(
        "It was deleted outside of Terraform, or belongs to an organization or project that the provider's login doesn't \
         see. Run `terraform plan`: it reads {} again, and plans to create what is gone.",
        attempt.object()
    )
}

fn invalid(error: &Error, settings: &Settings) -> String {
    let narrowed = match (error.code(), &settings.scopes) {
        (Some("invalid_scope"), Some(_)) => {
            " The provider's attribute `scopes` narrows its token: each of them must be a scope that the client holds."
        }
        _ => "",
    };
    format!("Compare the configuration with what Pangea says about it.{narrowed}")
}

/// What makes acting as a client possible.
pub fn how_to_act() -> String {
    "Either put a secret of the client to act as into the provider's `client_credentials`, by its id; or let the provider make one for \
     the run (`mint_run_secrets`, true by default), for which its login needs the scope `pangea:platform:account:manage` and a role \
     that reaches the client."
        .to_owned()
}

/// Where the secret comes from with which a client is acted as.
fn secret_of(pangea: &Pangea, client_id: &str) -> String {
    let settings = pangea.settings();
    match &settings.login {
        Login::Client { secret: (_, source), .. } if pangea.is_login(client_id) => format!("comes from {source}"),
        _ if settings.client_credentials.as_ref().is_some_and(|given| given.contains_key(client_id)) => {
            "comes from the provider's attribute `client_credentials`".to_owned()
        }
        _ => "was made for this run".to_owned(),
    }
}

fn unauthorized(pangea: &Pangea, attempt: &Attempt<'_>) -> String {
    let settings = pangea.settings();
    if let Some(client_id) = attempt.actor {
        return format!(
            "The call was made as client {client_id} (`impersonate_client_id`), whose secret {}, with a token that was just got. The \
             client may have been deleted meanwhile, or the service takes no token of this kind.",
            secret_of(pangea, client_id)
        );
    }
    if let Some(source) = attempt.service.and_then(|service| settings.service_token_source(service)) {
        return format!(
            "The token comes from {source}. It may have expired or been revoked, or belong to another service or domain. \
             {SERVICE_TOKENS}"
        );
    }
    match &settings.login {
        Login::Token(_, source) => format!(
            "The token comes from {source}. It has expired or was revoked, or belongs to another domain. Get a new one, or \
             set `client_id` and `client_secret` in its place: then the provider gets its tokens itself."
        ),
        Login::Client { id: (_, id), secret: (_, secret) } => format!(
            "The provider had just got this token for the client whose id comes from {id} and whose secret comes from \
             {secret}. The client may have been deleted, or the service takes no token of this kind: AuthN and other \
             services of a project may need a service token in the provider's `service_token`."
        ),
        Login::Unknown(_) | Login::Half(..) | Login::Nobody => missing_credentials(settings, attempt.service).detail,
    }
}

fn invalid_client(pangea: &Pangea, attempt: &Attempt<'_>) -> String {
    let settings = pangea.settings();
    if let Some(client_id) = attempt.actor {
        return format!(
            "The call was to be made as client {client_id} (`impersonate_client_id`), whose secret {}; the provider's own login comes \
             first where none is given. Check that the secret belongs to that client and has not expired or been revoked. Clients and \
             their secrets are on {CREDENTIALS_PAGE}.",
            secret_of(pangea, client_id)
        );
    }
    let origin = match &settings.login {
        Login::Client { id: (_, id), secret: (_, secret) } => {
            format!("The client id comes from {id}, and the secret comes from {secret}. ")
        }
        _ => String::new(),
    };
    format!(
        "{origin}Check that the two belong together, that the secret has not expired or been revoked, and that the client \
         was made for this domain (from {}). Clients and their secrets are on {CREDENTIALS_PAGE}.",
        address_source(settings)
    )
}

fn forbidden(error: &Error, pangea: &Pangea, attempt: &Attempt<'_>) -> String {
    let settings = pangea.settings();
    if let Some(client_id) = attempt.actor {
        let scope = match error.missing_scope().unwrap_or(attempt.scope) {
            "" => String::new(),
            scope => format!("the scope `{scope}` and "),
        };
        return format!(
            "The call was made as client {client_id} (`impersonate_client_id`), which needs {scope}a role in the project, such as \
             `admin` on it. Where a `pangea_client_grant` gives it that, refer to the client through the grant's `client_id`, so that \
             the grant comes first."
        );
    }
    if let Some(source) = attempt.service.and_then(|service| settings.service_token_source(service)) {
        return format!("The token comes from {source}, and is valid but not for this. {SERVICE_TOKENS}");
    }
    let who = match (&settings.login, pangea.login_client_id()) {
        (Login::Token(_, source), _) => format!("the client of the token from {source}"),
        (_, Some(id)) => format!("the client {id} that the provider is logged in as"),
        (_, None) => "the client".to_owned(),
    };
    if attempt.service.is_some() {
        return format!(
            "The call was made as {who}, and a project's services answer only who belongs to the project: a client of the \
             whole organization does not. Name a client of the project in `impersonate_client_id`, set the provider's \
             `service_token`, or log in as a client of the project. {SERVICE_TOKENS}"
        );
    }
    let scope = match error.missing_scope().unwrap_or(attempt.scope) {
        "" => String::new(),
        scope => format!(" the scope `{scope}` and"),
    };
    let narrowed = match &settings.scopes {
        Some(_) => " The provider's attribute `scopes` narrows the token, so the scope must stand there too.",
        None => "",
    };
    format!(
        "The token is valid, but not for this: {who} needs{scope} a role that reaches the object, such as `admin` on the \
         organization or the project.{narrowed} Scopes and roles are granted on {CREDENTIALS_PAGE}."
    )
}

fn ambiguous(attempt: &Attempt<'_>) -> String {
    if attempt.what.contains("secret") {
        return format!(
            "So a secret may exist now that nobody holds, or may not. Look at the secrets of the client in the Pangea User \
             Console, by the time, and revoke what nobody knows. Then apply again: {} is made anew.",
            attempt.object()
        );
    }
    format!(
        "So {} may exist now, or may not. Look for it in the Pangea User Console, by its name and the time. If it is \
         there, take it into the state with an `import` block and its id, or delete it. Only then apply again: names may \
         repeat, and another apply may make it a second time.",
        attempt.object()
    )
}

fn unreachable(settings: &Settings) -> String {
    let proxy = match settings.proxy_url {
        Some(_) => "that the provider's `proxy_url` is right",
        None => "whether a proxy is needed (`proxy_url`, or the variable HTTPS_PROXY)",
    };
    format!(
        "{} Check the network and {proxy}. For a private certification authority set `ca_certificate_pem`.",
        check_address(settings)
    )
}

fn not_enabled(attempt: &Attempt<'_>) -> String {
    let service = attempt.service.map_or("the service", service_name);
    format!(
        "Services are enabled by hand: in the Pangea User Console choose the project that the token belongs to, open the \
         page of {service}, and enable it."
    )
}

/// A service's name as people write it, by its host label.
fn service_name(label: &str) -> &str {
    match label {
        "authn" => "AuthN",
        "audit" => "Secure Audit Log",
        "redact" => "Redact",
        "ai-guard" => "AI Guard",
        label => label,
    }
}

fn check_address(settings: &Settings) -> String {
    format!("The address comes from {}; check it (`domain` or `base_url_template`).", address_source(settings))
}

fn address_source(settings: &Settings) -> Source {
    match &settings.address {
        Setting::Known(_, source) => *source,
        Setting::Unknown(attribute) => Source::Attribute(attribute),
        Setting::Absent => Source::Default,
    }
}

/// What the client says happened, with the root of its causes and how often it tried.
fn sentence(error: &Error) -> String {
    let mut text = error.to_string();
    if let Some(cause) = root_cause(error).filter(|cause| !text.contains(cause.as_str())) {
        let _ = write!(text, " ({cause})");
    }
    if error.attempts() > 1 {
        let _ = write!(text, ", in {} attempts", error.attempts());
        if error.waited().as_secs() > 0 {
            let _ = write!(text, " with {} s of waiting between them", error.waited().as_secs());
        }
    }
    text.truncate(text.trim_end_matches('.').len());
    text
}

/// The innermost cause, such as "Connection refused": those around it only say which layer passed it on. Kept to failures
/// of the connection, since others are told whole by the error itself.
fn root_cause(error: &Error) -> Option<String> {
    if error.kind() != Kind::Unreachable {
        return None;
    }
    let innermost = std::iter::successors(error.source(), |&cause| cause.source()).last()?;
    Some(innermost.to_string())
}

/// The client's sentence without the request that it names.
fn what(error: &Error) -> String {
    let text = error.to_string();
    text.strip_prefix("configuration: ").unwrap_or(&text).trim_end_matches('.').to_owned()
}

/// The end of a text, with Pangea's id of the request where there is one.
pub(crate) fn request_id(error: &Error) -> String {
    error.request_id().map(|id| format!("\n\nPangea's request id: {id}")).unwrap_or_default()
}

#[cfg(test)]
mod tests;
