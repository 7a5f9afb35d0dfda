//! Values that are written differently and mean the same: the earlier one stays, so that nothing is shown as changed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::Value as Json;

use crate::{
    block::{Block, Body},
    number::Number,
    schema::{Attribute, Nesting, Shape},
    value::{Dynamic, Set},
};

/// Whether two texts mean the same. Never called with equal ones.
pub(crate) type Same = dyn Fn(&str, &str) -> bool + Send + Sync;

/// Puts the prior value back wherever the new one means the same. Whatever is null or unknown on either side is left alone.
pub(crate) fn keep_same(body: Body<'_>, prior: &Dynamic, new: &mut Dynamic) {
    if let (Dynamic::Map(prior), Dynamic::Map(new)) = (prior, new)
        && compares(body)
    {
        keep_in_object(body, prior, new, &keep_text);
    }
}

/// The same for a plan, where Terraform takes a plain collection only as a whole: as it was, or as it is configured.
pub(crate) fn keep_same_in_plan(body: Body<'_>, prior: &Dynamic, planned: &mut Dynamic) {
    if let (Dynamic::Map(prior), Dynamic::Map(planned)) = (prior, planned)
        && compares(body)
    {
        keep_in_object(body, prior, planned, &|same, prior, planned| {
            let mut kept = planned.clone();
            keep_text(same, prior, &mut kept);
            if kept == *prior {
                *planned = kept;
            }
        });
    }
}

/// Whether two texts are the same JSON, whatever their white space, the order of their keys and the form of their numbers.
pub(crate) fn same_json(one: &str, other: &str) -> bool {
    match (serde_json::from_str(one), serde_json::from_str(other)) {
        (Ok(one), Ok(other)) => same_json_values(&one, &other),
        _ => false,
    }
}

fn same_json_values(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(one), Json::Number(other)) => {
            let number = |number: &serde_json::Number| number.to_string().parse::<Number>();
            one == other || matches!((number(one), number(other)), (Ok(one), Ok(other)) if one == other)
        }
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same_json_values(one, other))
        }
        (Json::Object(one), Json::Object(other)) => {
            let same = |(key, one): (&String, &Json)| other.get(key).is_some_and(|other| same_json_values(one, other));
            one.len() == other.len() && one.iter().all(same)
        }
        (one, other) => one == other,
    }
}

fn compares(body: Body<'_>) -> bool {
    let attribute_compares = |attribute: &Attribute| {
        attribute.same().is_some()
            || match attribute.shape() {
                Shape::Nested(_, inner) => compares(inner.as_slice().into()),
                Shape::Plain(_) => false,
            }
    };
    body.attributes.iter().any(attribute_compares) || body.blocks.iter().any(|block| compares(block.body()))
}

type Attributes = BTreeMap<String, Dynamic>;
type Keep = dyn Fn(&Same, &Dynamic, &mut Dynamic);

fn keep_in_object(body: Body<'_>, prior: &Attributes, new: &mut Attributes, keep: &Keep) {
    for attribute in body.attributes {
        let (Some(prior), Some(new)) = (prior.get(attribute.name()), new.get_mut(attribute.name())) else { continue };
        match (attribute.shape(), attribute.same()) {
            (Shape::Plain(_), Some(same)) => keep(same, prior, new),
            (Shape::Plain(_), None) => {}
            (Shape::Nested(nesting, inner), _) => {
                keep_in_objects(*nesting, inner.as_slice().into(), prior, new, keep);
            }
        }
    }
    for block in body.blocks {
        if let (Some(prior), Some(new)) = (prior.get(block.name()), new.get_mut(block.name())) {
            keep_in_objects(block.nesting().arrangement(), block.body(), prior, new, keep);
        }
    }
}

/// Goes through the objects of a nested attribute, each with the prior one at its place.
fn keep_in_objects(nesting: Nesting, body: Body<'_>, prior: &Dynamic, new: &mut Dynamic, keep: &Keep) {
    let one = |prior: &Dynamic, new: &mut Dynamic| {
        if let (Dynamic::Map(prior), Dynamic::Map(new)) = (prior, new) {
            keep_in_object(body, prior, new, keep);
        }
    };
    match (nesting, prior, new) {
        (Nesting::Single, prior, new) => one(prior, new),
        (Nesting::List, Dynamic::List(prior), Dynamic::List(new)) => {
            prior.iter().zip(new).for_each(|(prior, new)| one(prior, new));
        }
        (Nesting::Map, Dynamic::Map(prior), Dynamic::Map(new)) => {
            new.iter_mut().for_each(|(key, new)| prior.get(key).into_iter().for_each(|prior| one(prior, new)));
        }
        (Nesting::Set, Dynamic::Set(prior), Dynamic::Set(new)) => {
            let rest = |element: &Dynamic| without_compared(body, element);
            *new = keep_in_set(prior, std::mem::take(new), &rest, &one);
        }
        _ => {}
    }
}

fn keep_text(same: &Same, prior: &Dynamic, new: &mut Dynamic) {
    match (prior, new) {
        (Dynamic::String(prior), Dynamic::String(new)) if prior != new && same(prior, new) => {
            new.clone_from(prior);
        }
        (Dynamic::List(prior), Dynamic::List(new)) => {
            prior.iter().zip(new).for_each(|(prior, new)| keep_text(same, prior, new));
        }
        (Dynamic::Map(prior), Dynamic::Map(new)) => {
            for (key, new) in new {
                prior.get(key).into_iter().for_each(|prior| keep_text(same, prior, new));
            }
        }
        (Dynamic::Set(prior), Dynamic::Set(new)) => {
            let keep = |prior: &Dynamic, new: &mut Dynamic| keep_text(same, prior, new);
            *new = keep_in_set(prior, std::mem::take(new), &|_| Dynamic::Null, &keep);
        }
        _ => {}
    }
}

/// The elements of a set have no place. Each new one that is not among the prior ones takes the first prior one, not taken
/// yet, that `keep` turns it into; only those with the same `key` are tried.
fn keep_in_set(prior: &Set, new: Set, key: &dyn Fn(&Dynamic) -> Dynamic, keep: &dyn Fn(&Dynamic, &mut Dynamic)) -> Set {
    let unchanged: BTreeSet<&Dynamic> = new.iter().filter(|element| prior.contains(element)).collect();
    let mut left: BTreeMap<Dynamic, VecDeque<&Dynamic>> = BTreeMap::new();
    for element in prior.iter().filter(|element| !unchanged.contains(element)) {
        left.entry(key(element)).or_default().push_back(element);
    }
    let settled = new.iter().map(|element| {
        if unchanged.contains(element) {
            return element.clone();
        }
        let Some(candidates) = left.get_mut(&key(element)) else { return element.clone() };
        let becomes = |candidate: &Dynamic| {
            let mut kept = element.clone();
            keep(candidate, &mut kept);
            kept == *candidate
        };
        let at = candidates.iter().position(|candidate| becomes(candidate));
        at.and_then(|at| candidates.remove(at)).unwrap_or(element).clone()
    });
    settled.collect()
}

/// An object without what may be written differently: what two elements that mean the same agree on.
fn without_compared(body: Body<'_>, element: &Dynamic) -> Dynamic {
    let Dynamic::Map(values) = element else { return element.clone() };
    let plain = body.attributes.iter().filter(|attribute| {
        attribute.same().is_none()
            && !matches!(attribute.shape(), Shape::Nested(_, inner) if compares(inner.as_slice().into()))
    });
    let blocks = body.blocks.iter().filter(|block| !compares(block.body())).map(Block::name);
    let plain = plain.map(Attribute::name).chain(blocks);
    Dynamic::Map(plain.filter_map(|name| Some((name.to_owned(), values.get(name)?.clone()))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{schema::Presence, types::Type};

    fn schema() -> Vec<Attribute> {
        let plain = |name: &str, ty: Type| Attribute::new(name, ty, Presence::Optional);
        let rule = || {
            vec![
                Attribute::new("name", Type::String, Presence::Required),
                Attribute::new("body", Type::String, Presence::Optional).json(),
            ]
        };
        let nested = |name: &str, nesting| Attribute::new(name, Shape::Nested(nesting, rule()), Presence::Optional);
        vec![
            plain("settings", Type::String).json(),
            plain("colour", Type::String).same_when(str::eq_ignore_ascii_case),
            plain("exact", Type::String),
            plain("list", Type::list(Type::String)).json(),
            plain("set", Type::set(Type::String)).json(),
            plain("map", Type::map(Type::String)).json(),
            nested("one", Nesting::Single),
            nested("some", Nesting::List),
            nested("any", Nesting::Set),
            nested("named", Nesting::Map),
        ]
    }

    fn kept(name: &str, prior: impl Into<Dynamic>, new: impl Into<Dynamic>) -> Dynamic {
        let mut new = Dynamic::map([(name, new.into())]);
        keep_same(schema().as_slice().into(), &Dynamic::map([(name, prior.into())]), &mut new);
        new.as_map().expect("an object")[name].clone()
    }

    fn planned(name: &str, prior: impl Into<Dynamic>, config: impl Into<Dynamic>) -> Dynamic {
        let mut planned = Dynamic::map([(name, config.into())]);
        keep_same_in_plan(schema().as_slice().into(), &Dynamic::map([(name, prior.into())]), &mut planned);
        planned.as_map().expect("an object")[name].clone()
    }

    /// The same JSON, written in two ways, and other JSON.
    const ONE: &str = r#"{"a":1,"b":[true,null]}"#;
    const SPACED: &str = "{ \"b\": [true, null],\n  \"a\": 1.0 }";
    const OTHER: &str = r#"{"a":2,"b":[true,null]}"#;

    #[test]
    fn a_value_that_means_the_same_stays_as_it_was() {
        assert_eq!(kept("settings", ONE, SPACED), Dynamic::from(ONE));
        assert_eq!(kept("settings", SPACED, ONE), Dynamic::from(SPACED));
        assert_eq!(kept("colour", "Red", "RED"), Dynamic::from("Red"));
    }

    #[test]
    fn another_value_or_none_replaces_it() {
        assert_eq!(kept("settings", ONE, OTHER), Dynamic::from(OTHER));
        assert_eq!(kept("exact", "Red", "RED"), Dynamic::from("RED"));
        for nothing in [Dynamic::Null, Dynamic::Unknown] {
            assert_eq!(kept("settings", ONE, nothing.clone()), nothing);
            assert_eq!(kept("settings", nothing, ONE), Dynamic::from(ONE));
        }
    }

    #[test]
    fn the_strings_of_a_collection_are_compared_one_by_one() {
        let (one, spaced, other) = (Dynamic::from(ONE), Dynamic::from(SPACED), Dynamic::from(OTHER));
        let list = Dynamic::list([&spaced, &other, &one].map(Clone::clone));
        let expected = Dynamic::list([&one, &other, &one].map(Clone::clone));
        assert_eq!(kept("list", Dynamic::list([ONE, "1"]), list), expected);
        let map = Dynamic::map([("x", spaced.clone()), ("y", spaced.clone())]);
        assert_eq!(kept("map", Dynamic::map([("x", ONE)]), map), Dynamic::map([("x", one), ("y", spaced)]));
        assert_eq!(kept("set", Dynamic::set([ONE, "7"]), Dynamic::set([OTHER, SPACED])), Dynamic::set([ONE, OTHER]));
    }

    #[test]
    fn two_elements_of_a_set_never_become_one() {
        // Both mean the same; each prior element is taken once.
        assert_eq!(kept("set", Dynamic::set([ONE]), Dynamic::set([SPACED, "{\"a\":1,\"b\":[true,null] }"])), {
            let rest = if SPACED < "{\"a\"" { "{\"a\":1,\"b\":[true,null] }" } else { SPACED };
            Dynamic::set([ONE, rest])
        });
        assert_eq!(kept("set", Dynamic::set([ONE, "7"]), Dynamic::set([ONE, SPACED])), Dynamic::set([ONE, SPACED]));
    }

    fn rule(name: &str, body: &str) -> Dynamic {
        Dynamic::map([("name", name), ("body", body)])
    }

    #[test]
    fn nested_objects_are_compared_at_their_places() {
        type Arrange = fn(Dynamic) -> Dynamic;
        let arranged: [(&str, Arrange); 4] = [
            ("one", |object| object),
            ("some", |object| Dynamic::list([object])),
            ("any", |object| Dynamic::set([object])),
            ("named", |object| Dynamic::map([("key", object)])),
        ];
        for (name, arrange) in arranged {
            let (prior, new) = (arrange(rule("x", ONE)), arrange(rule("x", SPACED)));
            assert!(kept(name, prior.clone(), new.clone()) == prior, "{name}");
            assert!(planned(name, prior.clone(), new) == prior, "{name}");
            let changed = arrange(rule("y", OTHER));
            assert!(kept(name, prior, changed.clone()) == changed, "{name}");
        }
    }

    #[test]
    fn an_element_of_a_set_is_found_by_what_else_it_holds() {
        let prior = Dynamic::set([rule("x", ONE), rule("y", ONE)]);
        let new = Dynamic::set([rule("y", SPACED), rule("z", SPACED)]);
        assert!(kept("any", prior, new) == Dynamic::set([rule("y", ONE), rule("z", SPACED)]));
    }

    #[test]
    fn a_plan_takes_a_plain_collection_as_it_was_or_as_it_is_configured() {
        assert_eq!(planned("list", Dynamic::list([ONE]), Dynamic::list([SPACED])), Dynamic::list([ONE]));
        let changed = Dynamic::list([SPACED, OTHER]);
        assert_eq!(planned("list", Dynamic::list([ONE]), changed.clone()), changed);
        assert_eq!(planned("set", Dynamic::set([ONE]), Dynamic::set([SPACED])), Dynamic::set([ONE]));
    }

    #[test]
    fn json_is_compared_by_what_it_means() {
        for (one, other) in [("1", "1.0"), ("10", "1e1"), ("[1,2]", "[1, 2]"), ("\"a\"", "\"\\u0061\""), (ONE, SPACED)]
        {
            assert!(same_json(one, other), "{one} {other}");
        }
        for (one, other) in [
            ("1", "\"1\""),
            ("[1,2]", "[2,1]"),
            ("{}", "{\"a\":null}"),
            ("[1]", "[1,1]"),
            ("{\"a\":1}", "{\"b\":1}"),
            ("0.1", "0.10000000000000001"),
            ("x", "x "),
        ] {
            assert!(!same_json(one, other), "{one} {other}");
        }
    }

    #[test]
    fn a_large_set_costs_no_more_than_its_size() {
        let many = |body: &str| Dynamic::set((0..5_000).map(|n| rule(&format!("rule-{n:05}"), body)));
        assert!(kept("any", many(ONE), many(SPACED)) == many(ONE));
    }
}
