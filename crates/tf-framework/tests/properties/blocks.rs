//! Plans of schemas with blocks in every nesting, computed ones among them, and with write-only attributes. The conformance suite
//! plays Terraform here: its proposal, and its checks of what was planned and applied.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::{Value, json};
use tf_conformance::core::{object_problems, plan_problems, prepared, proposed_new, write_only_problems};
use tf_conformance::types;
use tf_conformance::value::{UNKNOWN, complete, from_wire, has_unknown, is_unknown, to_wire};
use tf_framework::inside::{plan_on_wire, schema_on_wire};
use tf_framework::wire::proto::tfplugin6::DynamicValue;
use tf_framework::wire::proto::tfplugin6::schema::nested_block::NestingMode;
use tf_framework::wire::proto::tfplugin6::schema::{self as wire, NestedBlock};
use tf_framework::{Attribute, Block, BlockNesting, Presence, Schema, Type};

use crate::cases;

/// A schema, and configurations of it.
#[derive(Clone, Debug)]
struct Case {
    schema: Schema,
    /// Whatever may be configured, unknown values too.
    open: Value,
    /// Two of which everything is known.
    known: [Value; 2],
}

/// What Terraform knows of it.
struct Host {
    schema: Schema,
    block: wire::Block,
    ty: Value,
}

impl Host {
    fn of(schema: Schema) -> Host {
        let block = schema_on_wire(&schema).block.unwrap();
        let ty = types::of_block(&block).unwrap();
        Host { schema, block, ty }
    }

    /// What is planned, and whether Terraform takes it.
    fn plan(&self, prior: &Value, config: &Value) -> (Value, Vec<String>) {
        let (prior, config) = (complete(prior.clone(), &self.ty), complete(config.clone(), &self.ty));
        let proposed = prepared(&self.block, &proposed_new(&self.block, &prior, &config));
        let config = prepared(&self.block, &config);
        let bytes = |value: &Value| to_wire(value, &self.ty).msgpack;
        let planned = plan_on_wire(&self.schema, &bytes(&prior), &bytes(&config), &bytes(&proposed));
        let (msgpack, replace) = planned.unwrap_or_else(|error| panic!("{error}"));
        assert!(replace.is_empty());
        let planned = from_wire(Some(&DynamicValue { msgpack, json: Vec::new() }), &self.ty).unwrap();
        let mut problems = plan_problems(&self.block, &prior, &config, &planned);
        problems.extend(write_only_problems(&self.block, &planned));
        (planned, problems)
    }

    /// The state after a provider did what was planned, with a value of its own for each unknown.
    fn applied(&self, planned: &Value) -> Value {
        let made = complete(filled(&self.block, planned, &mut 0), &self.ty);
        assert!(!has_unknown(&made));
        assert_eq!(object_problems(&self.block, planned, &made), Vec::<String>::new());
        made
    }
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn every_plan_with_blocks_is_valid_by_terraforms_rules(case in tried()) {
        let host = Host::of(case.schema);
        let (created, problems) = host.plan(&Value::Null, &case.known[0]);
        prop_assert_eq!(problems, Vec::<String>::new());
        let (_, problems) = host.plan(&Value::Null, &case.open);
        prop_assert_eq!(problems, Vec::<String>::new());
        let (_, problems) = host.plan(&host.applied(&created), &case.open);
        prop_assert_eq!(problems, Vec::<String>::new());
    }

    #[test]
    fn the_plan_after_an_apply_of_blocks_is_empty(case in tried()) {
        let host = Host::of(case.schema);
        let mut state = Value::Null;
        for config in &case.known {
            let (planned, problems) = host.plan(&state, config);
            prop_assert_eq!(problems, Vec::<String>::new());
            state = host.applied(&planned);
            let (again, _) = host.plan(&state, config);
            prop_assert_eq!(&again, &state, "configured as {}", config);
        }
    }

    #[test]
    fn another_write_only_value_changes_nothing(case in tried()) {
        let host = Host::of(case.schema);
        let [config, _] = &case.known;
        let (planned, _) = host.plan(&Value::Null, config);
        let state = host.applied(&planned);
        let (again, _) = host.plan(&state, &with_other_secrets(&host.block, config));
        prop_assert_eq!(&again, &state);
    }
}

fn tried() -> impl Strategy<Value = Case> {
    bodies(2, Where::Top).prop_flat_map(|(attributes, blocks)| {
        let schema = Schema { version: 0, description: String::new(), attributes, blocks };
        let block = schema_on_wire(&schema).block.unwrap();
        let known = || configured(&block, false);
        (configured(&block, true), known(), known()).prop_map(move |(open, one, other)| Case {
            schema: schema.clone(),
            open,
            known: [one, other],
        })
    })
}

/// Where attributes and blocks stand, and so which there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Where {
    Top,
    /// Inside of an ordinary block.
    Block,
    /// Inside of a set: plain values, of which those that only the configuration sets tell the elements apart. Terraform itself
    /// does not always find other elements again.
    Set,
    /// Inside of a computed block, where everything is the provider's.
    Computed,
}

fn bodies(levels: u32, place: Where) -> BoxedStrategy<(Vec<Attribute>, Vec<Block>)> {
    let attributes = vec(attribute(place), 1..4).prop_map(|makers| {
        let named = makers.into_iter().zip(["a", "b", "c"]);
        named.map(|(make, name)| make(Attribute::new(name, Type::String, Presence::Optional))).collect()
    });
    let blocks = match levels.checked_sub(1) {
        Some(deeper) if matches!(place, Where::Top | Where::Block) => {
            let blocks = (option::of(block("x", deeper, place)), option::of(block("y", deeper, place)));
            blocks.prop_map(|(one, other)| one.into_iter().chain(other).collect()).boxed()
        }
        _ => Just(Vec::new()).boxed(),
    };
    (attributes, blocks).boxed()
}

/// Makes the attribute of a name into one of a kind.
type Kind = fn(Attribute) -> Attribute;

fn with(attribute: &Attribute, presence: Presence) -> Attribute {
    Attribute::new(attribute.name(), Type::String, presence)
}

fn attribute(place: Where) -> BoxedStrategy<Kind> {
    let required: Kind = |attribute| with(&attribute, Presence::Required);
    let optional: Kind = |attribute| attribute;
    let computed: Kind = |attribute| with(&attribute, Presence::Computed);
    let open: Kind = |attribute| with(&attribute, Presence::OptionalComputed);
    let kept: Kind = |attribute| with(&attribute, Presence::OptionalComputed).keep_when_unknown();
    let filled: Kind = |attribute| with(&attribute, Presence::OptionalComputed).default("d");
    let secret: Kind = |attribute| attribute.write_only();
    match place {
        Where::Computed => prop_oneof![Just(computed), Just(open)].boxed(),
        Where::Set => prop_oneof![2 => Just(required), 1 => Just(optional), 1 => Just(computed)].boxed(),
        Where::Top | Where::Block => {
            let kinds = [required, optional, computed, open, kept, filled, secret];
            proptest::sample::select(kinds.to_vec()).boxed()
        }
    }
}

fn block(name: &'static str, levels: u32, place: Where) -> BoxedStrategy<Block> {
    let nestings =
        [BlockNesting::Single, BlockNesting::Group, BlockNesting::List, BlockNesting::Set, BlockNesting::Map];
    let nesting = proptest::sample::select(nestings.to_vec());
    (nesting, any::<bool>(), any::<bool>())
        .prop_flat_map(move |(nesting, computed, kept)| {
            let computed = computed && place == Where::Top && nesting != BlockNesting::Group;
            let inner = match (nesting, place) {
                _ if computed => Where::Computed,
                (BlockNesting::Set, _) => Where::Set,
                _ => Where::Block,
            };
            bodies(levels, inner).prop_map(move |(attributes, blocks)| {
                let block = match nesting {
                    BlockNesting::Group => Block::new(name, BlockNesting::Single, attributes, blocks).group(),
                    nesting => Block::new(name, nesting, attributes, blocks),
                };
                match (computed, kept) {
                    (true, true) => block.computed().keep_when_unknown(),
                    (true, false) => block.computed(),
                    (false, _) => block,
                }
            })
        })
        .boxed()
}

/// What a configuration may say, with unknown values or without.
fn configured(block: &wire::Block, open: bool) -> BoxedStrategy<Value> {
    let unknown = u32::from(open);
    let text = || "[ab]".prop_map(Value::from);
    let attributes = block.attributes.iter().map(|attribute| {
        let value = match (attribute.required, attribute.optional) {
            (true, _) => prop_oneof![4 => text(), unknown => Just(json!(UNKNOWN))].boxed(),
            (_, true) => prop_oneof![3 => text(), 2 => Just(Value::Null), unknown => Just(json!(UNKNOWN))].boxed(),
            _ => Just(Value::Null).boxed(),
        };
        (attribute.name.clone(), value)
    });
    let blocks = block.block_types.iter().map(|nested| {
        let inner = || configured(nested.block.as_ref().unwrap(), open);
        let value = match nested.nesting() {
            NestingMode::Group => inner(),
            NestingMode::Map => btree_map("[kl]", inner(), 0..3).prop_map(|blocks| json!(blocks)).boxed(),
            NestingMode::List | NestingMode::Set => vec(inner(), 0..3).prop_map(Value::Array).boxed(),
            _ => option::of(inner()).prop_map(Option::unwrap_or_default).boxed(),
        };
        (nested.type_name.clone(), value)
    });
    let (names, values): (Vec<String>, Vec<BoxedStrategy<Value>>) = attributes.chain(blocks).unzip();
    values.prop_map(move |values| names.iter().cloned().zip(values).collect()).boxed()
}

/// A planned object with a text of its own for each unknown one.
fn filled(block: &wire::Block, planned: &Value, made: &mut u32) -> Value {
    if planned.is_null() {
        return Value::Null;
    }
    let mut object = planned.clone();
    for attribute in &block.attributes {
        let value = &mut object[&attribute.name];
        if is_unknown(value) {
            *made += 1;
            *value = json!(format!("made {made}"));
        }
    }
    for nested in &block.block_types {
        let inner = nested.block.as_ref().unwrap();
        let value = &mut object[&nested.type_name];
        *value = match &*value {
            unknown if is_unknown(unknown) => own(nested, made),
            Value::Array(blocks) => blocks.iter().map(|block| filled(inner, block, made)).collect(),
            Value::Object(blocks) if nested.nesting() == NestingMode::Map => {
                blocks.iter().map(|(key, block)| (key.clone(), filled(inner, block, made))).collect()
            }
            one => filled(inner, one, made),
        };
    }
    object
}

/// Blocks that a provider adds: one of them.
fn own(nested: &NestedBlock, made: &mut u32) -> Value {
    let inner = nested.block.as_ref().unwrap();
    let unknown = inner.attributes.iter().map(|attribute| (attribute.name.clone(), json!(UNKNOWN)));
    let one = filled(inner, &unknown.collect(), made);
    match nested.nesting() {
        NestingMode::Map => json!({ "own": one }),
        NestingMode::List | NestingMode::Set => json!([one]),
        _ => one,
    }
}

/// The configuration with another text in each write-only attribute that has one.
fn with_other_secrets(block: &wire::Block, config: &Value) -> Value {
    let mut config = config.clone();
    let secret = block.attributes.iter().filter(|attribute| attribute.write_only);
    for attribute in secret {
        if config[&attribute.name].is_string() {
            config[&attribute.name] = json!("another");
        }
    }
    config
}
