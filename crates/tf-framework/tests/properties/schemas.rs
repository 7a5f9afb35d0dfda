//! Schemas, and the configurations and states that they allow.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use tf_framework::{Attribute, Dynamic, Nesting, Presence, Shape, Type};

use crate::values::{Open, values};

/// The attributes of a block, nested ones among them.
pub(crate) fn schemas() -> impl Strategy<Value = Vec<Attribute>> {
    attributes(2, Sets::Any)
}

/// The same, where the elements of a set can be told apart: they hold plain values, and what is computed in them can't be set by
/// the configuration as well. Elements of another kind Terraform itself does not always find again.
pub(crate) fn schemas_with_distinct_elements() -> impl Strategy<Value = Vec<Attribute>> {
    attributes(2, Sets::Distinct)
}

/// Which attributes there are in the elements of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sets {
    Any,
    Distinct,
    /// Of the second kind, and this is such an element.
    InDistinct,
}

fn attributes(levels: u32, sets: Sets) -> BoxedStrategy<Vec<Attribute>> {
    let names = ["a", "b", "c", "d"];
    vec(attribute(levels, sets), 1..=names.len())
        .prop_map(move |made| made.into_iter().zip(names).map(|(attribute, name)| attribute.named(name)).collect())
        .boxed()
}

/// An attribute that has no name yet.
#[derive(Clone, Debug)]
struct Unnamed {
    shape: Shape,
    presence: Presence,
    default: Option<Dynamic>,
    keeps_prior: bool,
    replacement: u8,
}

impl Unnamed {
    fn named(self, name: &str) -> Attribute {
        let mut attribute = Attribute::new(name, self.shape.clone(), self.presence);
        if let Some(default) = self.default.filter(|_| self.presence == Presence::OptionalComputed) {
            attribute = attribute.default(default);
        }
        if self.keeps_prior {
            attribute = attribute.keep_when_unknown();
        }
        match self.replacement {
            0 => attribute.replace_on_change(),
            1 => attribute.replace_when_configured(),
            _ => attribute,
        }
    }
}

fn attribute(levels: u32, sets: Sets) -> BoxedStrategy<Unnamed> {
    let shape = match levels.checked_sub(1) {
        None => plain().boxed(),
        Some(_) if sets == Sets::InDistinct => plain().boxed(),
        Some(deeper) => {
            let nesting =
                prop_oneof![Just(Nesting::Single), Just(Nesting::List), Just(Nesting::Set), Just(Nesting::Map)];
            let nested = nesting.prop_flat_map(move |nesting| {
                let inner = match (nesting, sets) {
                    (Nesting::Set, Sets::Distinct) => Sets::InDistinct,
                    (_, sets) => sets,
                };
                attributes(deeper, inner).prop_map(move |inner| Shape::Nested(nesting, inner))
            });
            prop_oneof![3 => plain(), 2 => nested].boxed()
        }
    };
    (shape, presence(), any::<bool>(), 0_u8..6)
        .prop_flat_map(move |(shape, presence, keeps_prior, replacement)| {
            let simple = !matches!(shape, Shape::Plain(Type::Set(_)));
            let presence = match (sets, presence) {
                (Sets::InDistinct, Presence::Computed) if simple => Presence::Computed,
                (Sets::InDistinct, Presence::Computed | Presence::OptionalComputed) => Presence::Optional,
                (_, presence) => presence,
            };
            let default = option::weighted(0.3, value(&shape, Filled::State));
            let shape = Just(shape);
            (shape, default).prop_map(move |(shape, default)| Unnamed {
                shape,
                presence,
                default,
                keeps_prior,
                replacement,
            })
        })
        .boxed()
}

fn plain() -> impl Strategy<Value = Shape> {
    let ty = prop_oneof![
        4 => Just(Type::String),
        2 => Just(Type::Bool),
        1 => Just(Type::Number),
        1 => Just(Type::list(Type::String)),
        1 => Just(Type::set(Type::String)),
        1 => Just(Type::map(Type::Bool)),
        1 => Just(Type::Dynamic),
    ];
    ty.prop_map(Shape::Plain)
}

fn presence() -> impl Strategy<Value = Presence> {
    prop_oneof![
        Just(Presence::Required),
        Just(Presence::Optional),
        Just(Presence::Computed),
        Just(Presence::OptionalComputed)
    ]
}

/// Who wrote a value, and so what may stand in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Filled {
    /// The configuration: nothing computed, and anything may be unknown.
    Config,
    /// The same, with everything known.
    KnownConfig,
    /// The state: anything may be there or not, all of it known.
    State,
}

/// A configuration that this schema allows, with unknown values.
pub(crate) fn configs(attributes: &[Attribute]) -> BoxedStrategy<Dynamic> {
    object(attributes, Filled::Config)
}

/// A configuration that this schema allows, wholly known.
pub(crate) fn known_configs(attributes: &[Attribute]) -> BoxedStrategy<Dynamic> {
    object(attributes, Filled::KnownConfig)
}

/// A state of this schema.
pub(crate) fn states(attributes: &[Attribute]) -> BoxedStrategy<Dynamic> {
    object(attributes, Filled::State)
}

/// The same configuration, with a value for each unknown.
pub(crate) fn resolved(attributes: &[Attribute], config: &Dynamic) -> BoxedStrategy<Dynamic> {
    let Dynamic::Map(values) = config else { return known_configs(attributes) };
    let attributes: Vec<_> = attributes
        .iter()
        .map(|attribute| {
            let name = attribute.name().to_owned();
            let value = resolved_value(attribute, &values[attribute.name()]);
            value.prop_map(move |value| (name.clone(), value))
        })
        .collect();
    attributes.prop_map(Dynamic::map).boxed()
}

fn resolved_value(attribute: &Attribute, config: &Dynamic) -> BoxedStrategy<Dynamic> {
    if config.is_wholly_known() {
        return Just(config.clone()).boxed();
    }
    if config.is_unknown() {
        return configured(attribute, Filled::KnownConfig);
    }
    match (attribute.shape(), config) {
        (Shape::Nested(Nesting::Single, inner), config) => resolved(inner, config),
        (Shape::Nested(Nesting::List, inner), Dynamic::List(elements)) => {
            elements.iter().map(|element| resolved(inner, element)).collect::<Vec<_>>().prop_map(Dynamic::list).boxed()
        }
        (Shape::Nested(Nesting::Set, inner), Dynamic::Set(elements)) => {
            elements.iter().map(|element| resolved(inner, element)).collect::<Vec<_>>().prop_map(Dynamic::set).boxed()
        }
        (Shape::Nested(Nesting::Map, inner), Dynamic::Map(entries)) => {
            let entry = |(key, entry): (&String, &Dynamic)| {
                let key = key.clone();
                resolved(inner, entry).prop_map(move |entry| (key.clone(), entry))
            };
            entries.iter().map(entry).collect::<Vec<_>>().prop_map(Dynamic::map).boxed()
        }
        (shape, config) => resolved_plain(&shape.value_type(), config),
    }
}

/// The same value with something in place of each unknown part.
fn resolved_plain(ty: &Type, value: &Dynamic) -> BoxedStrategy<Dynamic> {
    match (ty, value) {
        (ty, Dynamic::Unknown) => values(ty, Open::Never),
        (Type::List(inner), Dynamic::List(elements)) => {
            let elements: Vec<_> = elements.iter().map(|element| resolved_plain(inner, element)).collect();
            elements.prop_map(Dynamic::list).boxed()
        }
        (Type::Set(inner), Dynamic::Set(elements)) => {
            let elements: Vec<_> = elements.iter().map(|element| resolved_plain(inner, element)).collect();
            elements.prop_map(Dynamic::set).boxed()
        }
        (Type::Map(inner), Dynamic::Map(entries)) => {
            let entry = |(key, entry): (&String, &Dynamic)| {
                let key = key.clone();
                resolved_plain(inner, entry).prop_map(move |entry| (key.clone(), entry))
            };
            entries.iter().map(entry).collect::<Vec<_>>().prop_map(Dynamic::map).boxed()
        }
        // A dynamic value promises nothing while part of it is unknown.
        (Type::Dynamic, _) => values(&Type::Dynamic, Open::Never),
        (_, value) => Just(value.clone()).boxed(),
    }
}

fn object(attributes: &[Attribute], filled: Filled) -> BoxedStrategy<Dynamic> {
    let attributes: Vec<_> = attributes
        .iter()
        .map(|attribute| {
            let name = attribute.name().to_owned();
            configured(attribute, filled).prop_map(move |value| (name.clone(), value))
        })
        .collect();
    attributes.prop_map(Dynamic::map).boxed()
}

fn configured(attribute: &Attribute, filled: Filled) -> BoxedStrategy<Dynamic> {
    let known = value(attribute.shape(), filled);
    let unknown = u32::from(filled == Filled::Config);
    match (attribute.presence(), filled) {
        (Presence::Computed, Filled::Config | Filled::KnownConfig) => Just(Dynamic::Null).boxed(),
        (Presence::Required, _) => prop_oneof![6 => known, unknown => Just(Dynamic::Unknown)].boxed(),
        _ => prop_oneof![4 => known, 3 => Just(Dynamic::Null), unknown => Just(Dynamic::Unknown)].boxed(),
    }
}

fn value(shape: &Shape, filled: Filled) -> BoxedStrategy<Dynamic> {
    let count = 0..3;
    match shape {
        Shape::Plain(ty) if filled == Filled::Config => small(ty, Open::Any),
        Shape::Plain(ty) => small(ty, Open::Never),
        Shape::Nested(Nesting::Single, inner) => object(inner, filled),
        Shape::Nested(Nesting::List, inner) => vec(object(inner, filled), count).prop_map(Dynamic::list).boxed(),
        Shape::Nested(Nesting::Set, inner) => vec(object(inner, filled), count).prop_map(Dynamic::set).boxed(),
        Shape::Nested(Nesting::Map, inner) => {
            btree_map("[a-c]", object(inner, filled), count).prop_map(Dynamic::map).boxed()
        }
    }
}

/// Few different values, so that a configuration often says what the state says already.
fn small(ty: &Type, open: Open) -> BoxedStrategy<Dynamic> {
    match ty {
        Type::String => "[ab]".prop_map(Dynamic::from).boxed(),
        Type::Number => (0_i64..3).prop_map(Dynamic::from).boxed(),
        ty => values(ty, open).prop_filter("it is configured", |value| !value.is_null()).boxed(),
    }
}
