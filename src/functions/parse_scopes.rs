//! `provider::pangea::parse_scopes`: the scopes in a text such as a token's `scope`.

use std::collections::BTreeSet;

use tf_framework::{Function, FunctionError, Model, Path, Value};

use crate::resources::scopes;

/// Splits a text of scopes, as OAuth writes them, into a set.
///
/// Pangea keeps no order of scopes, and its answers hold them in one text with spaces between. As a set, two such texts compare as
/// they mean it, and a set is what `scopes` of a client takes. A scope that stands there twice is there once; an empty text is an
/// empty set.
#[derive(Clone, Model)]
pub struct ParseScopes {
    /// Scopes with white space between them, such as `pangea:platform:project:read pangea:platform:org:read`.
    #[attr(required)]
    pub scope: Value<String>,
}

impl Function for ParseScopes {
    const NAME: &'static str = "parse_scopes";
    type Return = Value<BTreeSet<String>>;

    fn call(self) -> Result<Value<BTreeSet<String>>, FunctionError> {
        let text = self.scope.unwrap_or_default();
        if let Some((_, position)) = text.split_whitespace().zip(1..).find(|(word, _)| !scopes::is_scope(word)) {
            // The word is left out: whoever mistakes the argument may have passed a secret.
            let error = FunctionError::new(format!("its word {position} must {}", scopes::FORM));
            return Err(error.at(Path::attribute("scope")));
        }
        Ok(text.split_whitespace().map(str::to_owned).collect::<BTreeSet<_>>().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(scope: &str) -> Result<Vec<String>, String> {
        let parsed = ParseScopes { scope: scope.into() }.call();
        parsed.map(|scopes| scopes.unwrap_or_default().into_iter().collect()).map_err(|error| error.to_string())
    }

    #[test]
    fn words_are_scopes_each_once_and_without_order() {
        assert_eq!(call("b:read a:read\n b:read "), Ok(vec!["a:read".to_owned(), "b:read".to_owned()]));
        assert_eq!(call(" "), Ok(Vec::new()));
    }

    #[test]
    fn a_word_that_is_no_scope_is_told_by_its_place() {
        let error = call("a:read b:read,c:read").unwrap_err();
        assert!(error.starts_with("scope: its word 2 must be a scope: "), "{error}");
    }
}
