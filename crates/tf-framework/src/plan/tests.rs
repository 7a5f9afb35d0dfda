//! Plans as Terraform proposes them, and what comes of them.

use super::*;
use crate::{
    block::{Block, BlockNesting},
    schema::{Attribute, Presence},
    types::Type,
};

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
    draft(project().as_slice().into(), &prior, &Dynamic::Map(config), Dynamic::Map(proposed))
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
    let draft = draft(project().as_slice().into(), &Dynamic::Null, &config, config.clone());
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
    let draft = draft(project().as_slice().into(), &prior, &config, prior.clone());
    assert_eq!(planned(&draft, "protected"), Dynamic::Bool(false));
    assert_eq!(planned(&draft, "updated_at"), Dynamic::Unknown);
}

/// Terraform proposes null for it, since a person must have removed it, and proposes that again as long as it is there.
#[test]
fn a_nested_attribute_that_left_the_configuration_and_is_kept_is_no_change_for_ever() {
    let inner = vec![attribute("name", Presence::Optional)];
    let owner = Attribute::new("owner", Shape::Nested(Nesting::Single, inner), Presence::OptionalComputed);
    let planned = |owner: Attribute| {
        let attributes = [owner, attribute("updated_at", Presence::Computed)];
        let prior = object([("owner", object([("name", text("me"))])), ("updated_at", text("monday"))]);
        let config = object([("owner", Dynamic::Null), ("updated_at", Dynamic::Null)]);
        let proposed = object([("owner", Dynamic::Null), ("updated_at", text("monday"))]);
        (draft(attributes.as_slice().into(), &prior, &config, proposed).planned, prior)
    };
    let (kept, prior) = planned(owner.clone().keep_when_unknown());
    assert_eq!(kept, prior);
    let (open, _) = planned(owner);
    assert_eq!(open, object([("owner", Dynamic::Unknown), ("updated_at", Dynamic::Unknown)]));
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
    let made = draft([region].as_slice().into(), &prior, &config, config.clone());
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
        with_roles(Presence::Optional).as_slice().into(),
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
    let draft = draft(with_roles(Presence::Optional).as_slice().into(), &Dynamic::Null, &config, config.clone());
    let Dynamic::Set(roles) = planned(&draft, "roles") else { panic!("roles are a set") };
    assert_eq!(roles.len(), 20_000);
    assert!(roles.iter().all(|role| role.as_map().expect("an object")["kind"] == text("project")));
}

#[test]
fn an_unknown_nested_attribute_stays_as_it_is() {
    let config = object([("roles", Dynamic::Unknown)]);
    let draft = draft(with_roles(Presence::Optional).as_slice().into(), &Dynamic::Null, &config, config.clone());
    assert_eq!(planned(&draft, "roles"), Dynamic::Unknown);
}

const NESTINGS: [(&str, BlockNesting); 5] = [
    ("single", BlockNesting::Single),
    ("group", BlockNesting::Group),
    ("list", BlockNesting::List),
    ("set", BlockNesting::Set),
    ("map", BlockNesting::Map),
];

/// A block of each nesting, each with a block inside.
fn blocks() -> Vec<Block> {
    let port = || {
        vec![
            Attribute::new("port", Type::Number, Presence::Required),
            attribute("protocol", Presence::OptionalComputed).default("tcp"),
        ]
    };
    let rule = || {
        vec![
            attribute("name", Presence::Optional),
            attribute("kind", Presence::OptionalComputed).default("allow"),
            attribute("id", Presence::Computed),
        ]
    };
    let inner = || vec![Block::new("inner", BlockNesting::List, port(), Vec::new())];
    NESTINGS.map(|(name, nesting)| Block::new(name, nesting, rule(), inner())).into()
}

fn rule(name: &str, kind: Dynamic, id: Dynamic, protocol: Dynamic) -> Dynamic {
    let port = object([("port", Dynamic::from(80)), ("protocol", protocol)]);
    object([("name", text(name)), ("kind", kind), ("id", id), ("inner", Dynamic::list([port]))])
}

fn in_each_nesting(rule: &Dynamic) -> Dynamic {
    object([
        ("single", rule.clone()),
        ("group", rule.clone()),
        ("list", Dynamic::list([rule.clone()])),
        ("set", Dynamic::set([rule.clone()])),
        ("map", Dynamic::map([("key", rule.clone())])),
    ])
}

fn draft_blocks(blocks: &[Block], prior: &Dynamic, config: &Dynamic, proposed: Dynamic) -> Draft {
    draft(Body { attributes: &[], blocks }, prior, config, proposed)
}

#[test]
fn inside_blocks_of_each_nesting_defaults_are_filled_in_and_the_rest_is_unknown() {
    let config = in_each_nesting(&rule("a", Dynamic::Null, Dynamic::Null, Dynamic::Null));
    let draft = draft_blocks(&blocks(), &Dynamic::Null, &config, config.clone());
    assert_eq!(draft.planned, in_each_nesting(&rule("a", text("allow"), Dynamic::Unknown, text("tcp"))));
    assert_eq!(draft.replace, BTreeSet::new());
}

#[test]
fn blocks_that_did_not_change_stay_as_they_are() {
    let config = in_each_nesting(&rule("a", Dynamic::Null, Dynamic::Null, Dynamic::Null));
    let prior = in_each_nesting(&rule("a", text("allow"), text("id-1"), text("tcp")));
    assert_eq!(draft_blocks(&blocks(), &prior, &config, prior.clone()).planned, prior);
}

#[test]
fn a_set_block_that_did_not_change_finds_its_defaults_beside_one_that_did() {
    let set = |rules: Vec<Dynamic>| object([("set", Dynamic::set(rules))]);
    let blocks = vec![blocks().remove(3)];
    let prior = set(vec![rule("a", text("allow"), text("id-1"), text("tcp"))]);
    let new = || rule("b", Dynamic::Null, Dynamic::Null, Dynamic::Null);
    let config = set(vec![rule("a", Dynamic::Null, Dynamic::Null, Dynamic::Null), new()]);
    let proposed = set(vec![rule("a", text("allow"), text("id-1"), text("tcp")), new()]);
    let planned = |name| rule(name, text("allow"), Dynamic::Unknown, text("tcp"));
    let draft = draft_blocks(&blocks, &prior, &config, proposed);
    assert_eq!(draft.planned, set(vec![planned("a"), planned("b")]));
}

#[test]
fn a_dynamic_block_that_is_not_known_yet_is_returned_unchanged() {
    let config = object(NESTINGS.map(|(name, _)| (name, Dynamic::Unknown)));
    let prior = in_each_nesting(&rule("a", text("allow"), text("id-1"), text("tcp")));
    for prior in [Dynamic::Null, prior] {
        assert_eq!(draft_blocks(&blocks(), &prior, &config, config.clone()).planned, config);
    }
}

#[test]
fn a_block_that_is_not_computed_is_never_unknown() {
    let none = object([
        ("single", Dynamic::Null),
        ("group", rule("a", Dynamic::Null, Dynamic::Null, Dynamic::Null)),
        ("list", Dynamic::List(Vec::new())),
        ("set", Dynamic::Set(Set::default())),
        ("map", Dynamic::Map(BTreeMap::new())),
    ]);
    let planned = draft_blocks(&blocks(), &Dynamic::Null, &none, none.clone()).planned;
    let (planned, none) = (planned.as_map().expect("an object"), none.as_map().expect("an object"));
    for name in ["single", "list", "set", "map"] {
        assert_eq!(planned[name], none[name], "{name}");
    }
}

#[test]
fn a_change_inside_a_block_replaces_at_its_own_path() {
    let leaf = || vec![attribute("zone", Presence::Optional).replace_on_change()];
    let blocks = NESTINGS.map(|(name, nesting)| Block::new(name, nesting, leaf(), Vec::new()));
    let zone = |zone: &str| in_each_nesting(&object([("zone", text(zone))]));
    let draft = draft_blocks(&blocks, &zone("a"), &zone("b"), zone("b"));
    let places: Vec<String> = draft.replace.iter().map(Path::to_string).collect();
    assert_eq!(places, ["group.zone", "list[0].zone", "map[\"key\"].zone", "single.zone"]);
}

#[test]
fn a_block_may_replace_as_a_whole() {
    let leaf = || vec![attribute("zone", Presence::Optional)];
    let blocks = NESTINGS.map(|(name, nesting)| Block::new(name, nesting, leaf(), Vec::new()).replace_on_change());
    let zone = |zone: &str| in_each_nesting(&object([("zone", text(zone))]));
    assert_eq!(draft_blocks(&blocks, &zone("a"), &zone("a"), zone("a")).replace, BTreeSet::new());
    let expected = NESTINGS.map(|(name, _)| Path::attribute(name));
    assert_eq!(draft_blocks(&blocks, &zone("a"), &zone("b"), zone("b")).replace, expected.into());
}

/// An object with a computed block of each nesting that may have one, and a name to change.
fn computed_blocks(refine: fn(Block) -> Block) -> (Vec<Attribute>, Vec<Block>) {
    let leaf = || vec![attribute("zone", Presence::OptionalComputed)];
    let nestings = NESTINGS.iter().filter(|(_, nesting)| *nesting != BlockNesting::Group);
    let blocks = nestings.map(|(name, nesting)| refine(Block::new(*name, *nesting, leaf(), Vec::new()).computed()));
    (vec![attribute("name", Presence::Required)], blocks.collect())
}

fn with_zones(name: &str, zones: &Dynamic) -> Dynamic {
    let mut all = zones.as_map().expect("an object").clone();
    all.remove("group");
    all.insert("name".to_owned(), text(name));
    Dynamic::Map(all)
}

#[test]
fn computed_blocks_that_nobody_wrote_are_the_providers_to_fill_in() {
    let (attributes, blocks) = computed_blocks(|block| block);
    let body = Body { attributes: &attributes, blocks: &blocks };
    let all = |value: Dynamic| object(NESTINGS.map(|(name, _)| (name, value.clone())));
    let filled = in_each_nesting(&object([("zone", text("a"))]));

    // Terraform proposes null, on create and on update.
    let config = with_zones("one", &all(Dynamic::Null));
    let created = draft(body, &Dynamic::Null, &config, config.clone());
    assert_eq!(created.planned, with_zones("one", &all(Dynamic::Unknown)));

    let prior = with_zones("one", &filled);
    assert_eq!(draft(body, &prior, &config, config.clone()).planned, prior, "nothing changes");

    let config = with_zones("two", &all(Dynamic::Null));
    assert_eq!(draft(body, &prior, &config, config.clone()).planned, with_zones("two", &all(Dynamic::Unknown)));

    let (_, kept) = computed_blocks(Block::keep_when_unknown);
    let body = Body { attributes: &attributes, blocks: &kept };
    assert_eq!(draft(body, &prior, &config, config.clone()).planned, with_zones("two", &filled));
}

#[test]
fn computed_blocks_that_someone_wrote_are_planned_as_written() {
    let (attributes, blocks) = computed_blocks(|block| block);
    let body = Body { attributes: &attributes, blocks: &blocks };
    let zone = |zone: Dynamic| with_zones("one", &in_each_nesting(&object([("zone", zone)])));
    let prior = zone(text("a"));
    assert_eq!(draft(body, &prior, &zone(text("b")), zone(text("b"))).planned, zone(text("b")));
    // In a block that stands there empty, each computed attribute is the provider's.
    let created = draft(body, &Dynamic::Null, &zone(Dynamic::Null), zone(Dynamic::Null));
    assert_eq!(created.planned, zone(Dynamic::Unknown));
}

#[test]
fn a_write_only_value_is_no_change_and_stands_in_no_plan() {
    let attributes = vec![
        attribute("secret_wo", Presence::Optional).write_only(),
        attribute("secret_wo_version", Presence::Optional),
        attribute("updated_at", Presence::Computed),
    ];
    let with = |secret: Dynamic, version: &str, updated: Dynamic| {
        object([("secret_wo", secret), ("secret_wo_version", text(version)), ("updated_at", updated)])
    };
    let prior = with(Dynamic::Null, "1", text("monday"));
    let plan = |version: &str| {
        let config = with(text("hunter2"), version, Dynamic::Null);
        draft(attributes.as_slice().into(), &prior, &config, with(text("hunter2"), version, text("monday"))).planned
    };
    assert_eq!(plan("1"), prior);
    assert_eq!(plan("2"), with(Dynamic::Null, "2", Dynamic::Unknown));
}
