//! Scopes: a set of words. The service does not keep their order, and neither does the emulator.

use sha2::{Digest as _, Sha256};

/// The words of a scope text, each once, in the order given.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        if !words.iter().any(|known| known == word) {
            words.push(word.to_owned());
        }
    }
    words
}

/// The text of a scope.
pub(crate) fn text<T: AsRef<str>>(words: &[T]) -> String {
    words.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(" ")
}

/// The words in an order that has nothing to do with how they were given, but is the same each time:
/// whoever compares scopes as texts shall fail here, as on the real service.
pub(crate) fn shuffled(mut words: Vec<String>) -> Vec<String> {
    words.sort_by_cached_key(|word| Sha256::digest(word.as_bytes()).to_vec());
    words
}

/// Whether a word has only the characters of the documented pattern.
pub(crate) fn is_word(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":*_/-".contains(&byte))
}

pub(crate) const ACCOUNT_READ: &str = "pangea:platform:account:read";
pub(crate) const ACCOUNT_MANAGE: &str = "pangea:platform:account:manage";
pub(crate) const ORG_READ: &str = "pangea:platform:org:read";
pub(crate) const ORG_MANAGE: &str = "pangea:platform:org:manage";
pub(crate) const PROJECT_READ: &str = "pangea:platform:project:read";
pub(crate) const PROJECT_MANAGE: &str = "pangea:platform:project:manage";

/// The scopes that open the platform APIs.
pub(crate) const PLATFORM: [&str; 6] =
    [ACCOUNT_READ, ACCOUNT_MANAGE, ORG_READ, ORG_MANAGE, PROJECT_READ, PROJECT_MANAGE];

/// What the metadata lists. The real list is longer; these are the names that the guides show.
pub(crate) const SUPPORTED: [&str; 18] = [
    ACCOUNT_READ,
    "pangea:platform:account:write",
    ACCOUNT_MANAGE,
    ORG_READ,
    ORG_MANAGE,
    PROJECT_READ,
    PROJECT_MANAGE,
    "pangea:service:ai-guard:read",
    "pangea:service:ai-guard:config:read",
    "pangea:service:ai-guard:config:manage",
    "pangea:service:audit:config:read",
    "pangea:service:audit:config:manage",
    "pangea:service:redact:config:read",
    "pangea:service:redact:config:manage",
    "pangea:service:redact:read",
    "pangea:service:vault:sign",
    "pangea:service:vault:config:manage",
    "pangea:service:vault:config:read",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_collapsed_but_case_counts() {
        assert_eq!(words("  b a\tb\nA "), ["b", "a", "A"]);
    }

    #[test]
    fn the_shuffled_order_does_not_depend_on_the_given_one() {
        let forward: Vec<String> = PLATFORM.iter().map(|word| (*word).to_owned()).collect();
        let backward: Vec<String> = PLATFORM.iter().rev().map(|word| (*word).to_owned()).collect();
        assert_eq!(shuffled(forward.clone()), shuffled(backward.clone()));
        assert_ne!(shuffled(forward.clone()), forward);
        assert_ne!(shuffled(backward.clone()), backward);
    }

    #[test]
    fn a_word_outside_the_pattern_is_refused() {
        for good in ["pangea:service:ai-guard:read", "*", "a/b_c"] {
            assert!(is_word(good), "{good}");
        }
        for bad in ["", "a=b", "a,b", "ä"] {
            assert!(!is_word(bad), "{bad}");
        }
    }
}
