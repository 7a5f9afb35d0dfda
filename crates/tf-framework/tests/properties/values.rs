//! Types, values of a type, and their JSON.

use std::ops::Range;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use tf_framework::{Dynamic, Number, Type};

/// How many elements a collection has.
const ELEMENTS: Range<usize> = 0..4;

/// Any type. A collection holds no dynamic values: they would have to be of one type, which no schema can promise.
pub(crate) fn types() -> impl Strategy<Value = Type> {
    let leaf = prop_oneof![8 => simple_types(), 1 => Just(Type::Dynamic)];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            concrete_types().prop_map(Type::list),
            concrete_types().prop_map(Type::set),
            concrete_types().prop_map(Type::map),
            btree_map(names(), inner.clone(), ELEMENTS).prop_map(Type::object),
            vec(inner, ELEMENTS).prop_map(Type::Tuple),
        ]
    })
}

/// Any type whose values need no types of their own.
pub(crate) fn concrete_types() -> impl Strategy<Value = Type> {
    simple_types().prop_recursive(3, 8, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(Type::list),
            inner.clone().prop_map(Type::set),
            inner.clone().prop_map(Type::map),
            btree_map(names(), inner.clone(), ELEMENTS).prop_map(Type::object),
            vec(inner, ELEMENTS).prop_map(Type::Tuple),
        ]
    })
}

fn simple_types() -> impl Strategy<Value = Type> {
    prop_oneof![Just(Type::String), Just(Type::Number), Just(Type::Bool)]
}

/// What a value may be, beside known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Open {
    /// Null or unknown, at any level.
    Any,
    /// Null, at any level: what a state may hold.
    Null,
    /// Neither.
    Never,
}

/// Any value of this type.
pub(crate) fn values(ty: &Type, open: Open) -> BoxedStrategy<Dynamic> {
    let known = known(ty, open);
    match open {
        Open::Any => prop_oneof![1 => Just(Dynamic::Null), 1 => Just(Dynamic::Unknown), 6 => known].boxed(),
        Open::Null => prop_oneof![1 => Just(Dynamic::Null), 6 => known].boxed(),
        Open::Never => known,
    }
}

fn known(ty: &Type, open: Open) -> BoxedStrategy<Dynamic> {
    match ty {
        Type::String => texts().prop_map(Dynamic::from).boxed(),
        Type::Number => numbers().prop_map(Dynamic::from).boxed(),
        Type::Bool => any::<bool>().prop_map(Dynamic::from).boxed(),
        Type::List(inner) => vec(values(inner, open), ELEMENTS).prop_map(Dynamic::list).boxed(),
        Type::Set(inner) => vec(values(inner, open), ELEMENTS).prop_map(Dynamic::set).boxed(),
        Type::Map(inner) => btree_map(names(), values(inner, open), ELEMENTS).prop_map(Dynamic::map).boxed(),
        Type::Object(attributes) => {
            let attributes: Vec<_> = attributes
                .iter()
                .map(|(name, ty)| {
                    values(ty, open).prop_map({
                        let name = name.clone();
                        move |value| (name.clone(), value)
                    })
                })
                .collect();
            attributes.prop_map(Dynamic::map).boxed()
        }
        Type::Tuple(types) => {
            types.iter().map(|ty| values(ty, open)).collect::<Vec<_>>().prop_map(Dynamic::list).boxed()
        }
        Type::Dynamic => {
            let with_type = move |ty: Type| values(&ty, open).prop_map(move |value| Dynamic::typed(ty.clone(), value));
            concrete_types().prop_flat_map(with_type).boxed()
        }
    }
}

/// A type and a value of it.
pub(crate) fn typed_values(open: Open) -> impl Strategy<Value = (Type, Dynamic)> {
    types().prop_flat_map(move |ty| values(&ty, open).prop_map(move |value| (ty.clone(), value)))
}

/// Any text in normal form C, short names among it.
pub(crate) fn texts() -> impl Strategy<Value = String> {
    let normal = |text: String| Dynamic::from(text).as_str().unwrap_or_default().to_owned();
    prop_oneof![2 => "[a-z]{0,6}", 1 => any::<String>().prop_map(normal)]
}

fn names() -> impl Strategy<Value = String> {
    prop_oneof![4 => "[a-e]", 1 => texts()]
}

/// Numbers of every kind: whole and not, small and large, exactly a float and not at all.
pub(crate) fn numbers() -> impl Strategy<Value = Number> {
    let finite = || any::<f64>().prop_filter("finite", |float| float.is_finite());
    prop_oneof![
        any::<i64>().prop_map(Number::from),
        (-200_i64..200).prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        finite().prop_map(|float| Number::try_from(float).unwrap()),
        // Every digit of a float, where the shortest text that stands for it has fewer.
        finite().prop_map(|float| format!("{float:.1074}").parse().unwrap()),
        (1_i64..1_000, 0_i32..80)
            .prop_map(|(count, power)| { format!("{:.1074}", count as f64 / 2_f64.powi(power)).parse().unwrap() }),
        "-?[0-9]{1,40}(\\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?".prop_map(|text| text.parse().unwrap()),
    ]
}

/// The JSON in which Terraform stores a value.
pub(crate) fn json_of(value: &Dynamic, ty: &Type) -> Json {
    match (value, ty) {
        (Dynamic::Bool(flag), _) => json!(flag),
        (Dynamic::Number(number), _) => serde_json::from_str(&number.to_string()).unwrap(),
        (Dynamic::String(text), _) => json!(text),
        (Dynamic::List(elements), Type::List(inner)) => {
            elements.iter().map(|element| json_of(element, inner)).collect()
        }
        (Dynamic::List(elements), Type::Tuple(types)) => {
            elements.iter().zip(types).map(|(element, ty)| json_of(element, ty)).collect()
        }
        (Dynamic::Set(elements), Type::Set(inner)) => elements.iter().map(|element| json_of(element, inner)).collect(),
        (Dynamic::Map(entries), Type::Map(inner)) => {
            entries.iter().map(|(key, entry)| (key.clone(), json_of(entry, inner))).collect()
        }
        (Dynamic::Map(attributes), Type::Object(types)) => {
            types.iter().map(|(name, ty)| (name.clone(), json_of(&attributes[name], ty))).collect()
        }
        (Dynamic::Typed(ty, value), Type::Dynamic) => {
            let type_json: Json = serde_json::from_slice(&ty.to_json()).unwrap();
            json!({ "value": json_of(value, ty), "type": type_json })
        }
        (Dynamic::Null, _) => Json::Null,
        (value, ty) => panic!("{value:?} has no JSON as {ty}"),
    }
}

/// A value for whoever reads why a property does not hold; these values are nobody's secret.
pub(crate) fn shown(value: &Dynamic) -> String {
    let all = |elements: &[Dynamic]| elements.iter().map(shown).collect::<Vec<_>>().join(", ");
    match value {
        Dynamic::List(elements) => format!("[{}]", all(elements)),
        Dynamic::Set(elements) => format!("set[{}]", all(&elements.iter().cloned().collect::<Vec<_>>())),
        Dynamic::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| format!("{key}: {}", shown(value)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        Dynamic::Typed(ty, value) => format!("{}:{ty}", shown(value)),
        Dynamic::String(text) => format!("{text:?}"),
        Dynamic::Number(number) => number.to_string(),
        Dynamic::Bool(flag) => flag.to_string(),
        Dynamic::Unknown => "unknown".to_owned(),
        Dynamic::Null => "null".to_owned(),
    }
}

/// How many values there are in a value, itself included.
pub(crate) fn count(value: &Dynamic) -> usize {
    1 + match value {
        Dynamic::List(elements) => elements.iter().map(count).sum(),
        Dynamic::Set(elements) => elements.iter().map(count).sum(),
        Dynamic::Map(entries) => entries.values().map(count).sum::<usize>(),
        // The type takes bytes of its own.
        Dynamic::Typed(_, value) => count(value),
        _ => 0,
    }
}
