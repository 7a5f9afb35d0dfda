//! The proposal: the configuration, with what is computed filled in from the prior state.

use serde_json::{Map, Value, json};
use tf_framework::wire::proto::tfplugin6::schema::nested_block::NestingMode as BlockNesting;
use tf_framework::wire::proto::tfplugin6::schema::object::NestingMode;
use tf_framework::wire::proto::tfplugin6::schema::{Attribute, Block, NestedBlock};

use super::{counterpart, each_attribute};
use crate::value::{is_unknown, unrefined};

/// The configuration merged with the prior state: what a provider plans from. Null for a destroy.
pub fn proposed_new(block: &Block, prior: &Value, config: &Value) -> Value {
    if config.is_null() { Value::Null } else { proposed_object(block, prior, config) }
}

fn proposed_object(block: &Block, prior: &Value, config: &Value) -> Value {
    if config.is_null() || is_unknown(config) {
        return prior.clone();
    }
    let mut proposed = proposed_attributes(&block.attributes, prior, config);
    for nested in &block.block_types {
        let value = proposed_block(nested, &prior[&nested.type_name], &config[&nested.type_name]);
        proposed.insert(nested.type_name.clone(), value);
    }
    Value::Object(proposed)
}

/// The value as it goes to a provider that knows computed blocks: one that nothing was written for is null.
pub fn prepared(block: &Block, value: &Value) -> Value {
    let Value::Object(fields) = value else { return value.clone() };
    let mut fields = fields.clone();
    for nested in &block.block_types {
        let Some(inner) = &nested.block else { continue };
        let value = fields.entry(nested.type_name.clone()).or_insert(Value::Null);
        *value = match (nested.nesting(), &*value) {
            (BlockNesting::Single | BlockNesting::Group, one) => prepared(inner, one),
            (_, Value::Array(items)) if inner.computed && items.is_empty() => Value::Null,
            (_, Value::Object(items)) if inner.computed && items.is_empty() => Value::Null,
            (_, Value::Array(items)) => items.iter().map(|item| prepared(inner, item)).collect(),
            (_, Value::Object(items)) => items.iter().map(|(key, item)| (key.clone(), prepared(inner, item))).collect(),
            (_, other) => other.clone(),
        };
    }
    Value::Object(fields)
}

fn proposed_attributes(attributes: &[Attribute], prior: &Value, config: &Value) -> Map<String, Value> {
    let propose = |attribute: &Attribute| {
        let (config, prior) = (&config[&attribute.name], &prior[&attribute.name]);
        let value = match &attribute.nested_type {
            // What was configured before and is no more was taken away by the user.
            _ if attribute.computed && config.is_null() && was_configured(attribute, prior) => Value::Null,
            _ if attribute.computed && config.is_null() => prior.clone(),
            Some(nested) => {
                let inner = |prior: &Value, config: &Value| {
                    if config.is_null() || is_unknown(config) {
                        return config.clone();
                    }
                    Value::Object(proposed_attributes(&nested.attributes, prior, config))
                };
                let same = |prior: &Value, config: &Value| attributes_came_from(&nested.attributes, prior, config);
                match nested.nesting() {
                    NestingMode::Set => proposed_set(prior, config, &same, &inner),
                    NestingMode::Single => inner(prior, config),
                    _ => proposed_elements(prior, config, &inner),
                }
            }
            None => config.clone(),
        };
        (attribute.name.clone(), value)
    };
    attributes.iter().map(propose).collect()
}

fn proposed_block(nested: &NestedBlock, prior: &Value, config: &Value) -> Value {
    let Some(block) = nested.block.as_ref().filter(|_| !is_unknown(config)) else { return config.clone() };
    let inner = |prior: &Value, config: &Value| proposed_object(block, prior, config);
    let same = |prior: &Value, config: &Value| came_from(block, prior, config);
    match nested.nesting() {
        BlockNesting::Single if config.is_null() => Value::Null,
        BlockNesting::Single | BlockNesting::Group => inner(prior, config),
        BlockNesting::Set => proposed_set(prior, config, &same, &inner),
        _ => proposed_elements(prior, config, &inner),
    }
}

/// Elements of a list by their index, and of a map by their key. Where there was none, the configuration stands as it is.
fn proposed_elements(prior: &Value, config: &Value, propose: &dyn Fn(&Value, &Value) -> Value) -> Value {
    match config {
        Value::Array(items) => {
            let elements = items.iter().enumerate().map(|(at, item)| match prior.get(at) {
                Some(prior) => propose(prior, item),
                None => item.clone(),
            });
            elements.collect()
        }
        Value::Object(entries) => {
            let elements = entries.iter().map(|(key, item)| (key.clone(), propose(counterpart(prior, key), item)));
            elements.collect()
        }
        other => other.clone(),
    }
}

/// Elements of a set have no name: each takes the first prior one that could have come from it.
fn proposed_set(
    prior: &Value,
    config: &Value,
    same: &dyn Fn(&Value, &Value) -> bool,
    propose: &dyn Fn(&Value, &Value) -> Value,
) -> Value {
    let Value::Array(items) = config else { return config.clone() };
    let mut unused: Vec<&Value> = prior.as_array().into_iter().flatten().collect();
    let mut elements: Vec<_> = items
        .iter()
        .map(|item| {
            let found = unused.iter().position(|prior| same(prior, item));
            let prior = found.map_or(Value::Null, |at| unused.remove(at).clone());
            propose(&prior, item)
        })
        .collect();
    elements.sort_by_cached_key(Value::to_string);
    json!(elements)
}

/// Whether a prior value holds what only a configuration can have put there.
fn was_configured(attribute: &Attribute, prior: &Value) -> bool {
    if !attribute.optional || prior.is_null() {
        return false;
    }
    let Some(nested) = &attribute.nested_type else { return false };
    let mut found = false;
    let mut visit = |inner: &Attribute, value: &Value, _: &str| found |= !value.is_null() && !inner.computed;
    match prior {
        Value::Array(items) => items.iter().for_each(|item| each_attribute(&nested.attributes, item, "", &mut visit)),
        Value::Object(entries) if nested.nesting() == NestingMode::Map => {
            entries.values().for_each(|item| each_attribute(&nested.attributes, item, "", &mut visit));
        }
        one => each_attribute(&nested.attributes, one, "", &mut visit),
    }
    found
}

/// Whether a prior element agrees with a configured one, apart from what was computed.
fn came_from(block: &Block, prior: &Value, config: &Value) -> bool {
    let blocks = block.block_types.iter().all(|nested| {
        let (prior, config) = (&prior[&nested.type_name], &config[&nested.type_name]);
        let Some(inner) = &nested.block else { return true };
        let same = |prior: &Value, config: &Value| came_from(inner, prior, config);
        unrefined(prior) == unrefined(config)
            || match nested.nesting() {
                BlockNesting::Set => false,
                BlockNesting::Single | BlockNesting::Group => same(prior, config),
                _ => elements_agree(prior, config, &same),
            }
    });
    blocks && attributes_came_from(&block.attributes, prior, config)
}

fn attributes_came_from(attributes: &[Attribute], prior: &Value, config: &Value) -> bool {
    attributes.iter().all(|attribute| {
        let (prior, config) = (&prior[&attribute.name], &config[&attribute.name]);
        if unrefined(prior) == unrefined(config) {
            return true;
        }
        match &attribute.nested_type {
            Some(nested) if !config.is_null() => {
                let same = |prior: &Value, config: &Value| attributes_came_from(&nested.attributes, prior, config);
                match nested.nesting() {
                    NestingMode::Set => false,
                    NestingMode::Single => same(prior, config),
                    _ => elements_agree(prior, config, &same),
                }
            }
            _ => attribute.computed && config.is_null(),
        }
    })
}

fn elements_agree(prior: &Value, config: &Value, same: &dyn Fn(&Value, &Value) -> bool) -> bool {
    match (prior, config) {
        (Value::Array(prior), Value::Array(config)) => {
            prior.len() == config.len() && prior.iter().zip(config).all(|(prior, config)| same(prior, config))
        }
        (Value::Object(prior), Value::Object(config)) => {
            prior.keys().eq(config.keys()) && prior.iter().all(|(key, prior)| same(prior, &config[key]))
        }
        _ => false,
    }
}
