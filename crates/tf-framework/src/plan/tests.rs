//! Plans as Terraform proposes them, and what comes of them.

use super::*;
use crate::{schema::Presence, types::Type};

fn attribute(name: &str, presence: Presence) -> Attribute {
    Attribute::new(name, Type::String, presence)
}

fn project() -> Vec<Attribute> {
    vec![
        attribute("id", Presence::Computed).keep_when_unknown(),
        attribute("name", Presence::Required),
        attribute("geo", Presence::Required).replace_on_change(),
        attribute("region", Presence::OptionalComputed).keep_when_unknown().replace_when_configured(),
        attribute("updated_at", Presence::Computed),
        Attribute::new("protected", Type::Bool, Presence::OptionalComputed).default(false),
    ]
}

fn object<const N: usize>(values: [(&str, Dynamic); N]) -> Dynamic {
    Dynamic::map(values)
}

fn text(text: &str) -> Dynamic {
    Dynamic::from(text)
}

/// The prior state, the configuration and Terraform's merge of both, with `changes` laid over the first.
fn update(changes: &[(&str, Dynamic)], settle: &[(&str, Dynamic)]) -> Draft {
    let prior = object([
        ("id", text("ppi_1")),
        ("name", text("one")),
        ("geo", text("us")),
        ("region", text("us-west-1")),
        ("updated_at", text("monday")),
        ("protected", Dynamic::Bool(false)),
    ]);
    let mut config = prior.as_map().expect("it is an object").clone();
    for computed in ["id", "region", "updated_at", "protected"] {
        config.insert(computed.to_owned(), Dynamic::Null);
    }
    let mut proposed = prior.as_map().expect("it is an object").clone();
    for (name, value) in changes.iter().chain(settle) {
        config.insert((*name).to_owned(), value.clone());
        proposed.insert((*name).to_owned(), value.clone());
    }
    draft(&project(), &prior, &Dynamic::Map(config), Dynamic::Map(proposed))
}

fn planned(draft: &Draft, name: &str) -> Dynamic {
    draft.planned.as_map().expect("it is an object")[name].clone()
}

#[test]
fn what_the_provider_computes_is_unknown_when_the_object_is_created() {
    let config = object([
        ("id", Dynamic::Null),
        ("name", text("one")),
        ("geo", text("us")),
        ("region", Dynamic::Null),
        ("updated_at", Dynamic::Null),
        ("protected", Dynamic::Null),
    ]);
    let draft = draft(&project(), &Dynamic::Null, &config, config.clone());
    for computed in ["id", "region", "updated_at"] {
        assert_eq!(planned(&draft, computed), Dynamic::Unknown, "{computed}");
    }
    assert_eq!(planned(&draft, "protected"), Dynamic::Bool(false));
    assert_eq!(draft.replace, BTreeSet::new());
}

#[test]
fn nothing_is_unknown_when_nothing_changes() {
    let draft = update(&[], &[]);
    assert!(draft.planned.is_wholly_known());
    assert_eq!(planned(&draft, "updated_at"), text("monday"));
}

#[test]
fn a_change_keeps_the_id_and_makes_the_rest_unknown() {
    let draft = update(&[("name", text("two"))], &[]);
    assert_eq!(planned(&draft, "id"), text("ppi_1"));
    assert_eq!(planned(&draft, "region"), text("us-west-1"));
    assert_eq!(planned(&draft, "updated_at"), Dynamic::Unknown);
    assert_eq!(draft.replace, BTreeSet::new());
}

#[test]
fn a_default_that_the_state_lacks_is_a_change() {
    let prior = object([("protected", Dynamic::Null), ("updated_at", text("monday"))]);
    let config = object([("protected", Dynamic::Null), ("updated_at", Dynamic::Null)]);
    let draft = draft(&project(), &prior, &config, prior.clone());
    assert_eq!(planned(&draft, "protected"), Dynamic::Bool(false));
    assert_eq!(planned(&draft, "updated_at"), Dynamic::Unknown);
}

#[test]
fn an_attribute_that_replaces_says_so_only_when_it_changes() {
    assert_eq!(update(&[("geo", text("us"))], &[]).replace, BTreeSet::new());
    assert_eq!(update(&[("geo", text("eu"))], &[]).replace, BTreeSet::from([Path::attribute("geo")]));
    assert_eq!(update(&[("geo", Dynamic::Unknown)], &[]).replace, BTreeSet::from([Path::attribute("geo")]));
}

#[test]
fn an_attribute_that_replaces_when_configured_may_be_left_out() {
    assert_eq!(update(&[("region", text("us-east-1"))], &[]).replace, BTreeSet::from([Path::attribute("region")]));
    let left_out = update(&[("name", text("two"))], &[("region", Dynamic::Null)]);
    assert_eq!(left_out.replace, BTreeSet::new());
}

#[test]
fn a_value_that_was_not_known_before_does_not_replace_when_it_is_configured() {
    let prior = object([("region", Dynamic::Null)]);
    let config = object([("region", text("us-east-1"))]);
    let region = attribute("region", Presence::OptionalComputed).keep_when_unknown().replace_when_configured();
    let made = draft(&[region], &prior, &config, config.clone());
    assert_eq!(made, Draft { planned: config, replace: BTreeSet::new() });
}

fn with_roles(presence: Presence) -> Vec<Attribute> {
    let role = vec![
        attribute("id", Presence::Required),
        attribute("kind", Presence::OptionalComputed).default("project"),
        attribute("granted_at", Presence::Computed),
    ];
    vec![Attribute::new("roles", Shape::Nested(Nesting::Set, role), presence)]
}

fn role(id: &str, kind: Dynamic, granted_at: Dynamic) -> Dynamic {
    object([("id", text(id)), ("kind", kind), ("granted_at", granted_at)])
}

#[test]
fn a_set_element_finds_its_configuration_by_what_only_the_configuration_sets() {
    let prior = object([("roles", Dynamic::set([role("a", text("project"), text("monday"))]))]);
    let configured = [role("a", Dynamic::Null, Dynamic::Null), role("b", text("organization"), Dynamic::Null)];
    let proposed = [role("a", text("project"), text("monday")), role("b", text("organization"), Dynamic::Null)];
    let draft = draft(
        &with_roles(Presence::Optional),
        &prior,
        &object([("roles", Dynamic::set(configured))]),
        object([("roles", Dynamic::set(proposed))]),
    );
    let expected = [role("a", text("project"), Dynamic::Unknown), role("b", text("organization"), Dynamic::Unknown)];
    assert_eq!(planned(&draft, "roles"), Dynamic::set(expected));
}

#[test]
fn each_of_twenty_thousand_elements_finds_its_configuration() {
    let many =
        |kind: Dynamic| Dynamic::set((0..20_000).map(|n| role(&format!("role-{n:05}"), kind.clone(), Dynamic::Null)));
    let config = object([("roles", many(Dynamic::Null))]);
    let draft = draft(&with_roles(Presence::Optional), &Dynamic::Null, &config, config.clone());
    let Dynamic::Set(roles) = planned(&draft, "roles") else { panic!("roles are a set") };
    assert_eq!(roles.len(), 20_000);
    assert!(roles.iter().all(|role| role.as_map().expect("an object")["kind"] == text("project")));
}

#[test]
fn an_unknown_nested_attribute_stays_as_it_is() {
    let config = object([("roles", Dynamic::Unknown)]);
    let draft = draft(&with_roles(Presence::Optional), &Dynamic::Null, &config, config.clone());
    assert_eq!(planned(&draft, "roles"), Dynamic::Unknown);
}
