//! Environment variables: their names, and the one place where they are read.

/// Looks a variable up by its name. The provider's asks the process; a test's asks a list.
pub type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

/// A variable of this process, without the blanks around it: a shell or a CI system often leaves a line break at the end, and no setting
/// of this provider begins or ends with one. An empty one counts as not set, as shells and CI systems often can't remove one; so does one
/// that isn't Unicode, which no setting of this provider can be.
#[expect(clippy::disallowed_methods, reason = "the one place where the provider reads its environment")]
pub fn of_process(name: &str) -> Option<String> {
    std::env::var(name).ok().map(|value| value.trim().to_owned()).filter(|value| !value.is_empty())
}

/// No variable at all: what can be said of the provider block alone.
pub(super) fn none(_: &str) -> Option<String> {
    None
}

pub(super) const DOMAIN: &str = "PANGEA_DOMAIN";
pub(super) const BASE_URL_TEMPLATE: &str = "PANGEA_BASE_URL_TEMPLATE";
pub(super) const CLIENT_ID: &str = "PANGEA_CLIENT_ID";
pub(super) const CLIENT_SECRET: &str = "PANGEA_CLIENT_SECRET";
pub(super) const ACCESS_TOKEN: &str = "PANGEA_ACCESS_TOKEN";
pub(super) const ORGANIZATION_ID: &str = "PANGEA_ORGANIZATION_ID";
pub(super) const SERVICE_TOKEN: &str = "PANGEA_SERVICE_TOKEN";
pub(super) const TOKEN_ENDPOINT: &str = "PANGEA_TOKEN_ENDPOINT";
pub(super) const INTROSPECTION_ENDPOINT: &str = "PANGEA_INTROSPECTION_ENDPOINT";
pub(super) const REVOCATION_ENDPOINT: &str = "PANGEA_REVOCATION_ENDPOINT";

/// The tokens of single services: the service's host label, and its variable.
pub(super) const SERVICE_TOKENS: [(&str, &str); 4] = [
    ("authn", "PANGEA_AUTHN_TOKEN"),
    ("audit", "PANGEA_AUDIT_TOKEN"),
    ("redact", "PANGEA_REDACT_TOKEN"),
    ("ai-guard", "PANGEA_AI_GUARD_TOKEN"),
];

/// Ids of objects that may be deleted although their state says that they are protected, separated by commas. The way out
/// for a left-over (deposed) object, which no configuration reaches.
pub const ALLOW_DELETE: &str = "PANGEA_ALLOW_DELETE";
