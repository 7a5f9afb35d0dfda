//! Finding one object by its id or its name, and what is said where that does not name exactly one.

use tf_framework::{Diagnostic, Diagnostics, Path, Result, Value};

/// How many objects an error lists: what fits on a screen.
const MAX_LISTED: usize = 20;

/// An object that people call by a name.
pub(super) trait Named {
    fn id(&self) -> &str;
    fn name(&self) -> &str;
}

/// Checks that a data source is told either an id or a name. Values may be unknown.
pub(super) fn check_key(id: &Value<String>, name: &Value<String>, what: &str, diagnostics: &mut Diagnostics) {
    let problem = match (id, name) {
        (Value::Null, Value::Null) => "Neither is set.",
        (Value::Known(_), Value::Known(_)) => "Both are set.",
        _ => return,
    };
    diagnostics.error(
        format!("Which {what} is meant?"),
        format!("A {what} is looked up either by its `id` or by its `name`. {problem} Set one of the two."),
    );
}

/// The only object with this name, if there is one.
///
/// # Errors
/// Where several have it.
pub(super) fn the_only<T: Named>(mut found: Vec<T>, name: &str, what: &str) -> Result<Option<T>> {
    found.retain(|one| one.name() == name);
    if found.len() < 2 {
        return Ok(found.pop());
    }
    Err(Diagnostic::error(
        format!("Several {what}s have this name"),
        format!(
            "{} {what}s are named \"{name}\":\n{}\nSay by `id` in place of `name` which of them is meant.",
            found.len(),
            listed(&found)
        ),
    )
    .at(Path::attribute("name"))
    .into())
}

/// The error for a name that no object has. `all` is what there is.
pub(super) fn none_named<T: Named>(mut all: Vec<T>, name: &str, what: &str) -> Diagnostics {
    // Those whose names come near stand first.
    let lower = name.to_lowercase();
    all.sort_by_cached_key(|one| {
        let own = one.name().to_lowercase();
        let is_near = own.contains(&lower) || lower.contains(&own);
        (!is_near, own, one.id().to_owned())
    });
    let there =
        if all.is_empty() { format!("It sees no {what} at all.") } else { format!("It sees:\n{}", listed(&all)) };
    Diagnostic::error(
        format!("No {what} has this name"),
        format!(
            "The provider's login sees no {what} named \"{name}\"; upper and lower case count. {there}\nCorrect `name`, or use \
             `id`."
        ),
    )
    .at(Path::attribute("name"))
    .into()
}

/// The error for an id that no object has.
pub(super) fn none_with_id(id: &str, what: &str) -> Diagnostics {
    Diagnostic::error(
        format!("No {what} has this id"),
        format!(
            "The provider's login sees no {what} {id}. It was deleted, or belongs to an organization or project that this \
             login does not see. Compare `id` with the Pangea User Console."
        ),
    )
    .at(Path::attribute("id"))
    .into()
}

/// A line for each object, as many as fit.
fn listed<T: Named>(all: &[T]) -> String {
    let mut lines: Vec<_> =
        all.iter().take(MAX_LISTED).map(|one| format!("  - \"{}\" ({})", one.name(), one.id())).collect();
    if all.len() > MAX_LISTED {
        lines.push(format!("  - and {} more", all.len() - MAX_LISTED));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;
    use crate::testing::render;

    struct Pet(&'static str, &'static str);

    impl Named for Pet {
        fn id(&self) -> &str {
            self.0
        }

        fn name(&self) -> &str {
            self.1
        }
    }

    fn check(problem: &Diagnostics, expected: Expect) {
        expected.assert_eq(&render(problem));
    }

    #[test]
    fn an_object_is_named_by_its_id_or_its_name() {
        let key = |id: Value<String>, name: Value<String>| {
            let mut diagnostics = Diagnostics::new();
            check_key(&id, &name, "pet", &mut diagnostics);
            diagnostics
        };
        assert!(key("a".into(), Value::Null).is_empty());
        assert!(key(Value::Unknown, "b".into()).is_empty());
        check(
            &key("a".into(), "b".into()),
            expect![[r#"
                Error: Which pet is meant?

                A pet is looked up either by its `id` or by its `name`. Both are set. Set one of the two.
            "#]],
        );
        assert!(render(&key(Value::Null, Value::Null)).contains("Neither is set."));
    }

    #[test]
    fn only_the_very_name_counts() {
        let found = vec![Pet("a", "Rex"), Pet("b", "rex"), Pet("c", "Rexy")];
        assert_eq!(the_only(found, "Rex", "pet").unwrap().unwrap().id(), "a");
        assert!(the_only(Vec::<Pet>::new(), "Rex", "pet").unwrap().is_none());
    }

    #[test]
    fn several_of_a_name_are_listed() {
        let found = vec![Pet("a", "Rex"), Pet("b", "Rex")];
        check(
            &the_only(found, "Rex", "pet").err().unwrap(),
            expect![[r#"
                Error at name: Several pets have this name

                2 pets are named "Rex":
                  - "Rex" (a)
                  - "Rex" (b)
                Say by `id` in place of `name` which of them is meant.
            "#]],
        );
    }

    #[test]
    fn where_none_has_the_name_those_near_it_stand_first() {
        let all = vec![Pet("a", "Bello"), Pet("b", "Tyrannosaurus rex"), Pet("c", "Asta")];
        check(
            &none_named(all, "Rex", "pet"),
            expect![[r#"
                Error at name: No pet has this name

                The provider's login sees no pet named "Rex"; upper and lower case count. It sees:
                  - "Tyrannosaurus rex" (b)
                  - "Asta" (c)
                  - "Bello" (a)
                Correct `name`, or use `id`.
            "#]],
        );
        let many = (0..30).map(|_| Pet("a", "Bello")).collect();
        assert!(render(&none_named(many, "Rex", "pet")).contains("  - and 10 more\n"));
    }
}
