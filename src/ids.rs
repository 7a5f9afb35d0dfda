//! Pangea's ids by their prefixes, to tell a person early that an id belongs to something else.
//!
//! Only an id with the prefix of *another* known kind is wrong. Anything else passes: Pangea may have kinds that are not
//! listed here, and Terraform's mocked providers invent ids.

use std::collections::BTreeSet;

use tf_framework::{Diagnostic, Diagnostics, Path, Result, Value};

/// Prefix of an OAuth client's id.
pub const CLIENT: &str = "psa_";
/// Prefix of the id of a client's secret.
pub const CLIENT_SECRET: &str = "pce_";
/// Prefix of the value of a client's secret.
pub const CLIENT_SECRET_VALUE: &str = "pck_";
/// Prefix of an organization's id.
pub const ORGANIZATION: &str = "poi_";
/// Prefix of a project's id.
pub const PROJECT: &str = "ppi_";
/// Prefix of the id of a service's configuration.
pub const SERVICE_CONFIG: &str = "pci_";
/// Prefix of the value of an access or service token.
pub const TOKEN: &str = "pts_";

/// Every prefix that a configuration may hold by mistake, the name of the kind, and what begins with it.
const KINDS: [(&str, &str, &str); 11] = [
    (CLIENT, "client", "the id of a client"),
    (CLIENT_SECRET, "client_secret", "the id of a client secret"),
    (CLIENT_SECRET_VALUE, "client_secret_value", "the value of a client secret"),
    (ORGANIZATION, "organization", "the id of an organization"),
    (PROJECT, "project", "the id of a project"),
    (TOKEN, "token_value", "the value of a token"),
    (SERVICE_CONFIG, "service_config", "the id of a service configuration"),
    ("pui_", "user", "the id of a user"),
    ("pmt_", "token", "the id of a token"),
    ("prq_", "request", "the id of a request"),
    ("pvi_", "vault_item", "the id of a Vault item"),
];

/// Characters after the prefix: 20 bytes in base32.
const TAIL_LENGTH: usize = 32;

/// The prefix of an id, underscore included, or `None` for what has not the form of Pangea's ids: three lowercase letters, an
/// underscore, and 32 of the letters `a` to `z` and digits `2` to `7`.
pub fn prefix(id: &str) -> Option<&str> {
    let (head, tail) = id.split_once('_')?;
    let has_head = head.len() == 3 && head.bytes().all(|letter| letter.is_ascii_lowercase());
    let is_base32 = |letter: u8| letter.is_ascii_lowercase() || (b'2'..=b'7').contains(&letter);
    (has_head && tail.len() == TAIL_LENGTH && tail.bytes().all(is_base32)).then(|| &id[..=head.len()])
}

/// The name of the kind whose ids begin so, such as `project`, where the kind is known here.
pub fn kind(prefix: &str) -> Option<&'static str> {
    KINDS.iter().find(|(known, ..)| *known == prefix).map(|(_, name, _)| *name)
}

/// Why `id` can't be one with the prefix `expected`, as the end of a sentence, or `None`. The id itself is left out: it may
/// be a secret that was pasted into the wrong place.
pub fn mismatch(id: &str, expected: &str) -> Option<String> {
    let (prefix, _, kind) = KINDS.into_iter().find(|(prefix, ..)| id.starts_with(prefix))?;
    (prefix != expected).then(|| format!("looks like {kind}, and should begin with `{expected}`"))
}

/// The error for an attribute that holds an id of another kind, or `None`.
pub fn misplaced(value: &Value<String>, attribute: Path, expected: &str) -> Option<Diagnostic> {
    let problem = mismatch(value.as_deref()?, expected)?;
    Some(Diagnostic::error("Id of another kind", format!("`{attribute}` {problem}.")).at(attribute))
}

/// Adds an error for each id of another kind in a set.
pub fn check_set(values: &Value<BTreeSet<String>>, attribute: &str, expected: &str, diagnostics: &mut Diagnostics) {
    for id in values.known().into_iter().flatten() {
        let problem = misplaced(&Value::from(id.as_str()), Path::attribute(attribute), expected);
        problem.into_iter().for_each(|problem| diagnostics.push(problem));
    }
}

/// The id in the state of a `what`, as every operation after the create needs it.
///
/// # Errors
/// When the state holds none, which only a state edited by hand does.
pub fn of_state<'v>(id: &'v Value<String>, what: &str) -> Result<&'v str> {
    id.as_deref().filter(|id| !id.is_empty()).ok_or_else(|| {
        Diagnostic::error(
            "The state holds no id",
            format!(
                "The state of this {what} holds no id, so the provider can't tell which one it is. Remove it from the \
                 state with `terraform state rm`, and import it by its id."
            ),
        )
        .into()
    })
}

/// Makes sure that Pangea answered the `what` that was asked for: another one must not take its place in the state.
///
/// # Errors
/// When the ids differ.
pub fn same(asked: &str, answered: &str, what: &str) -> Result<()> {
    if asked == answered {
        return Ok(());
    }
    let detail = format!(
        "The provider asked Pangea for the {what} {asked}, and was answered {answered}. The state stays as it is. Run Terraform \
         again; where it stays so, something between here and Pangea mixes answers up."
    );
    Err(Diagnostic::error(format!("Another {what} was answered"), detail).into())
}

/// Why an import id can't be one with the prefix `expected`, as the end of a sentence, or `None`: it is of another kind, or holds what no
/// id holds.
pub fn unusable(id: &str, expected: &str) -> Option<String> {
    let is_stray = |c: char| !c.is_ascii_graphic() || matches!(c, '/' | '"' | '\'' | '`');
    match mismatch(id, expected) {
        _ if id.trim().is_empty() => Some("is empty".to_owned()),
        None if id.contains(is_stray) => Some("holds a blank, a slash or another character that no id has".to_owned()),
        problem => problem,
    }
}

/// Checks an import id that is the id of a `what` alone.
///
/// # Errors
/// When it can't be one.
pub fn of_import<'i>(id: &'i str, what: &str, expected: &str) -> Result<&'i str> {
    let problem = unusable(id, expected);
    match problem {
        None => Ok(id),
        Some(problem) => {
            let detail = format!("The import id {problem}. A {what} is imported by its own id, `{expected}…`.");
            Err(Diagnostic::error("Wrong import id", detail).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_known_prefix_is_wrong() {
        for good in ["ppi_ywcfkrtk2yzcaypn5sttkxk6ciyrtx3p", "ppi_", "pxx_unknown", "mocked", ""] {
            assert_eq!(mismatch(good, PROJECT), None, "{good}");
        }
        let problem = mismatch("poi_ywcfkrtk2yzcaypn5sttkxk6ciyrtx3p", PROJECT).unwrap();
        expect_test::expect!["looks like the id of an organization, and should begin with `ppi_`"].assert_eq(&problem);
    }

    #[test]
    fn an_id_has_a_prefix_of_three_letters_and_32_characters_of_base32() {
        assert_eq!(prefix("ppi_ywcfkrtk2yzcaypn5sttkxk6ciyrtx3p"), Some("ppi_"));
        assert_eq!(prefix("pxx_ywcfkrtk2yzcaypn5sttkxk6ciyrtx3p"), Some("pxx_"));
        for bad in [
            "",
            "ppi",
            "ppi_",
            "ppi_ywcfkrtk2yzcaypn5sttkxk6ciyrtx3",
            "ppi_ywcfkrtk2yzcaypn5sttkxk6ciyrtx3pp",
            "ppi_ywcfkrtk2yzcaypn5sttkxk6ciyrtx31",
            "PPI_ywcfkrtk2yzcaypn5sttkxk6ciyrtx3p",
            "pp_ywcfkrtk2yzcaypn5sttkxk6ciyrtx3pp",
            "ä_ywcfkrtk2yzcaypn5sttkxk6ciyrtx3p",
        ] {
            assert_eq!(prefix(bad), None, "{bad}");
        }
        assert_eq!((kind("ppi_"), kind("pxx_")), (Some("project"), None));
    }

    #[test]
    fn a_secret_in_the_wrong_place_is_not_repeated() {
        let secret = Value::from("pck_ywcfkrtk2yzcaypn5sttkxk6ciyrtx3p");
        let error = misplaced(&secret, Path::attribute("organization_id"), ORGANIZATION).unwrap();
        assert!(!format!("{error:?}").contains("ywcfk"), "{error:?}");
    }

    #[test]
    fn an_import_id_is_checked_for_its_kind_and_for_being_there() {
        assert_eq!(of_import("ppi_a", "project", PROJECT), Ok("ppi_a"));
        assert!(of_import(" ", "project", PROJECT).is_err());
        assert!(of_import("psa_a", "project", PROJECT).is_err());
        for stray in ["ppi_a ", "my project", "ppi_a/ppi_b", "\"ppi_a\"", "ppi_a\n", "ppi_ä"] {
            assert!(unusable(stray, PROJECT).is_some_and(|why| why.contains("no id has")), "{stray:?}");
        }
        assert_eq!(unusable("a8f5k2", PROJECT), None);
    }
}
