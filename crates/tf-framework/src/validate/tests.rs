//! Configurations with mistakes, and what is said about them.

use super::*;
use crate::types::Type;

fn attribute(name: &str, presence: Presence) -> Attribute {
    Attribute::new(name, Type::String, presence)
}

/// The summary and the place of each message.
fn said(diagnostics: &Diagnostics) -> Vec<(String, String)> {
    let place = |path: &Option<Path>| path.as_ref().map(Path::to_string).unwrap_or_default();
    diagnostics.iter().map(|diagnostic| (diagnostic.summary.clone(), place(&diagnostic.attribute))).collect()
}

fn checked(attributes: &[Attribute], config: &Dynamic) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    check_attributes(attributes, config.as_map().expect("it is an object"), &Path::root(), &mut diagnostics);
    diagnostics
}

fn error(summary: &str, place: &str) -> (String, String) {
    (summary.to_owned(), place.to_owned())
}

fn account() -> Vec<Attribute> {
    let login = vec![attribute("user", Presence::Optional), attribute("password_wo", Presence::Optional).write_only()];
    vec![
        attribute("token_wo", Presence::Optional).write_only().length(8..=64).versioned_by("token_wo_version"),
        attribute("token_wo_version", Presence::Optional),
        Attribute::new("logins", Shape::Nested(Nesting::List, login), Presence::Optional),
    ]
}

fn configured(token: Dynamic, version: Dynamic, password: Dynamic) -> Dynamic {
    let login = Dynamic::map([("user", Dynamic::from("u")), ("password_wo", password)]);
    Dynamic::map([("token_wo", token), ("token_wo_version", version), ("logins", Dynamic::list([login]))])
}

#[test]
fn a_host_that_would_store_a_write_only_value_gets_an_error_at_each() {
    for secret in [Dynamic::from("hunter2-hunter2"), Dynamic::Unknown] {
        let mut diagnostics = Diagnostics::new();
        refuse_write_only(&account(), &configured(secret.clone(), Dynamic::from("1"), secret), &mut diagnostics);
        let title = "Write-only attribute not allowed";
        assert_eq!(said(&diagnostics), [error(title, "token_wo"), error(title, "logins[0].password_wo")]);
        assert!(!format!("{diagnostics:?}").contains("hunter2"));
    }
    let mut diagnostics = Diagnostics::new();
    refuse_write_only(&account(), &configured(Dynamic::Null, Dynamic::Null, Dynamic::Null), &mut diagnostics);
    assert!(diagnostics.is_empty());
}

#[test]
fn a_write_only_value_and_its_version_are_set_together() {
    let title = "Version and value go together";
    let said_about =
        |token: Dynamic, version: Dynamic| said(&checked(&account(), &configured(token, version, Dynamic::Null)));
    let secret = || Dynamic::from("hunter2-hunter2");
    assert_eq!(said_about(secret(), Dynamic::Null), [error(title, "token_wo")]);
    assert_eq!(said_about(Dynamic::Null, Dynamic::from("1")), [error(title, "token_wo_version")]);
    for (token, version) in [
        (secret(), Dynamic::from("1")),
        (secret(), Dynamic::Unknown),
        (Dynamic::Unknown, Dynamic::from("1")),
        (Dynamic::Null, Dynamic::Null),
    ] {
        assert_eq!(said_about(token, version), []);
    }
}

#[test]
fn a_rule_that_a_write_only_value_breaks_does_not_show_it() {
    let wrong = configured(Dynamic::from("hunter2"), Dynamic::from("1"), Dynamic::Null);
    let diagnostics = checked(&account(), &wrong);
    assert_eq!(said(&diagnostics), [error("Invalid value", "token_wo")]);
    assert!(!format!("{diagnostics:?}").contains("hunter2"));
}
