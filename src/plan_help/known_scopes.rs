//! The scopes that Pangea's guides name, to tell a misspelt one. A scope that is not here may well be right.

use std::collections::BTreeSet;

/// The platform's scopes.
const PLATFORM: [&str; 7] = [
    "pangea:platform:account:manage",
    "pangea:platform:account:read",
    "pangea:platform:account:write",
    "pangea:platform:org:manage",
    "pangea:platform:org:read",
    "pangea:platform:project:manage",
    "pangea:platform:project:read",
];

/// How the scopes of services begin.
const SERVICE: &str = "pangea:service:";

/// Whether the guides name a scope, or its form: one of the platform's, or a service's `pangea:service:NAME:ACTION` and
/// `pangea:service:NAME:config:read` or `manage`. What holds a `*` is a pattern, whose meaning is Pangea's to say.
pub(super) fn is_in_the_guides(scope: &str) -> bool {
    scope.contains('*') || PLATFORM.contains(&scope) || is_of_a_service(scope)
}

fn is_of_a_service(scope: &str) -> bool {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    let parts: Vec<_> = scope.strip_prefix(SERVICE).unwrap_or_default().split(':').collect();
    match parts[..] {
        [service, action] => is_word(service) && is_word(action) && action != "config",
        [service, "config", action] => is_word(service) && ["read", "manage"].contains(&action),
        _ => false,
    }
}

/// The listed scope that is most like another, if it is like it at all: with a third of its letters to change at most.
pub(super) fn nearest<'s>(scope: &str, listed: &'s BTreeSet<String>) -> Option<&'s str> {
    let all = listed.iter().map(String::as_str).chain(PLATFORM);
    let distance = |other: &str| strsim::osa_distance(scope, other);
    all.min_by_key(|other| distance(other)).filter(|other| distance(other) <= scope.chars().count() / 3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guides_name_scopes_of_the_platform_and_the_form_of_a_services() {
        for known in [
            "pangea:platform:account:write",
            "pangea:service:ai-guard:read",
            "pangea:service:vault:sign",
            "pangea:service:vault:config:manage",
            "pangea:service:*",
            "*",
        ] {
            assert!(is_in_the_guides(known), "{known}");
        }
        for unknown in [
            "pangea:platform:project:raed",
            "pangea:platform:project",
            "pangea:service:audit",
            "pangea:service:audit:config",
            "pangea:service:audit:config:mange",
            "pangea:service::read",
            "pangea:services:audit:read",
            "read",
            "",
        ] {
            assert!(!is_in_the_guides(unknown), "{unknown}");
        }
    }

    #[test]
    fn the_nearest_scope_is_one_that_may_have_been_meant() {
        let listed = BTreeSet::from(["pangea:service:audit:config:manage".to_owned()]);
        assert_eq!(nearest("pangea:platform:project:raed", &listed), Some("pangea:platform:project:read"));
        assert_eq!(nearest("pangea:service:audit:config:mange", &listed), Some("pangea:service:audit:config:manage"));
        assert_eq!(nearest("everything", &listed), None);
        assert_eq!(nearest("", &listed), None);
    }
}
