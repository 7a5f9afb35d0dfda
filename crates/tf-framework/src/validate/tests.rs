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
    check_body(attributes.into(), config.as_map().expect("it is an object"), &Path::root(), &mut diagnostics);
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
        refuse_write_only(
            account().as_slice().into(),
            &configured(secret.clone(), Dynamic::from("1"), secret),
            &mut diagnostics,
        );
        let title = "Write-only attribute not allowed";
        assert_eq!(said(&diagnostics), [error(title, "token_wo"), error(title, "logins[0].password_wo")]);
        assert!(!format!("{diagnostics:?}").contains("hunter2"));
    }
    let mut diagnostics = Diagnostics::new();
    refuse_write_only(
        account().as_slice().into(),
        &configured(Dynamic::Null, Dynamic::Null, Dynamic::Null),
        &mut diagnostics,
    );
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

const NESTINGS: [(&str, BlockNesting, &str); 5] = [
    ("single", BlockNesting::Single, "single"),
    ("group", BlockNesting::Group, "group"),
    ("list", BlockNesting::List, "list[0]"),
    ("set", BlockNesting::Set, "set[*]"),
    ("map", BlockNesting::Map, "map[\"key\"]"),
];

fn in_each_nesting(object: &Dynamic) -> Dynamic {
    Dynamic::map([
        ("single", object.clone()),
        ("group", object.clone()),
        ("list", Dynamic::list([object.clone()])),
        ("set", Dynamic::set([object.clone()])),
        ("map", Dynamic::map([("key", object.clone())])),
    ])
}

fn checked_blocks(blocks: &[Block], config: &Dynamic) -> Vec<(String, String)> {
    let mut diagnostics = Diagnostics::new();
    let body = Body { attributes: &[], blocks };
    check_body(body, config.as_map().expect("it is an object"), &Path::root(), &mut diagnostics);
    said(&diagnostics)
}

#[test]
fn what_stands_inside_a_block_is_checked_in_each_nesting() {
    let rule = || {
        vec![
            attribute("name", Presence::Required),
            attribute("kind", Presence::Optional).one_of(&["allow", "deny"]),
            attribute("id", Presence::Computed),
        ]
    };
    let blocks = NESTINGS.map(|(name, nesting, _)| Block::new(name, nesting, rule(), Vec::new()));
    let wrong = Dynamic::map([("name", Dynamic::Null), ("kind", Dynamic::from("maybe")), ("id", Dynamic::from("1"))]);
    let expected: Vec<_> = NESTINGS
        .iter()
        .flat_map(|(.., place)| {
            [
                error("Missing required attribute", &format!("{place}.name")),
                error("Invalid value", &format!("{place}.kind")),
                error("Read-only attribute", &format!("{place}.id")),
            ]
        })
        .collect();
    assert_eq!(checked_blocks(&blocks, &in_each_nesting(&wrong)), expected);
}

#[test]
fn a_deprecated_block_warns_whoever_writes_it() {
    let rule = || vec![attribute("name", Presence::Optional)];
    let blocks = NESTINGS.map(|(name, nesting, _)| {
        Block::new(name, nesting, rule(), vec![Block::new("inner", BlockNesting::List, rule(), Vec::new())])
            .deprecated("Use `rules`.")
    });
    let object = |name: Dynamic| Dynamic::map([("name", name), ("inner", Dynamic::List(Vec::new()))]);
    let expected = NESTINGS.map(|(name, ..)| error("Block is deprecated", name));
    assert_eq!(checked_blocks(&blocks, &in_each_nesting(&object(Dynamic::from("a")))), expected);

    let none = Dynamic::map([
        ("single", Dynamic::Null),
        ("group", object(Dynamic::Null)),
        ("list", Dynamic::List(Vec::new())),
        ("set", Dynamic::Unknown),
        ("map", Dynamic::Map(BTreeMap::new())),
    ]);
    assert_eq!(checked_blocks(&blocks, &none), []);
}

#[test]
fn a_write_only_value_in_a_block_is_refused_at_its_place() {
    let login = || vec![attribute("password_wo", Presence::Optional).write_only()];
    let nestings = NESTINGS.iter().filter(|(_, nesting, _)| *nesting != BlockNesting::Set);
    let blocks: Vec<Block> =
        nestings.map(|(name, nesting, _)| Block::new(*name, *nesting, login(), Vec::new())).collect();
    let mut diagnostics = Diagnostics::new();
    let config = in_each_nesting(&Dynamic::map([("password_wo", Dynamic::from("hunter2"))]));
    refuse_write_only(Body { attributes: &[], blocks: &blocks }, &config, &mut diagnostics);
    let places: Vec<String> = said(&diagnostics).into_iter().map(|(_, place)| place).collect();
    assert_eq!(places, ["single.password_wo", "group.password_wo", "list[0].password_wo", "map[\"key\"].password_wo"]);
}
