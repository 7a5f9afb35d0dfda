//! Scopes: sets of names, of which the provider knows the form and never the list.

/// How a scope reads; Pangea's SDKs carry this pattern.
pub(crate) const FORM: &str =
    "be a scope: letters, digits and the characters `:*_/-`, such as `pangea:platform:project:read`";

/// Whether a text is one scope.
pub(crate) fn is_scope(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || ":*_/-".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_has_no_spaces_and_is_not_empty() {
        assert!(is_scope("pangea:service:ai-guard:read"));
        assert!(is_scope("*"));
        assert!(!is_scope("a b"));
        assert!(!is_scope(""));
    }
}
