//! What Terraform's core sends to be planned, and the checks that it makes on what comes back: written anew from what it does.

mod compatible;
mod plan;
mod proposed;

use serde_json::Value;
use tf_framework::wire::proto::tfplugin6::AttributePath;
use tf_framework::wire::proto::tfplugin6::attribute_path::step::Selector;
use tf_framework::wire::proto::tfplugin6::schema::nested_block::NestingMode as BlockNesting;
use tf_framework::wire::proto::tfplugin6::schema::object::NestingMode;
use tf_framework::wire::proto::tfplugin6::schema::{Attribute, Block};

pub use compatible::{object_problems, value_problems};
pub use plan::plan_problems;
pub use proposed::{prepared, proposed_new};

/// What a plan comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Create,
    NoOp,
    Update,
    Replace,
    Delete,
}

/// How Terraform reads a plan. A path whose value did not change causes no replacement, unless it is write-only.
pub fn action(block: &Block, prior: &Value, planned: &Value, replaces: &[AttributePath]) -> Action {
    if planned.is_null() {
        return Action::Delete;
    }
    let counts = |path: &AttributePath| {
        let write_only = attribute_at(block, path).is_some_and(|attribute| attribute.write_only);
        write_only || at(prior, path) != at(planned, path)
    };
    match prior {
        Value::Null => Action::Create,
        _ if replaces.iter().any(counts) => Action::Replace,
        prior if prior == planned => Action::NoOp,
        _ => Action::Update,
    }
}

/// What stands at a path, if there is such a place.
pub fn at<'a>(value: &'a Value, path: &AttributePath) -> Option<&'a Value> {
    path.steps.iter().try_fold(value, |value, step| match step.selector.as_ref()? {
        Selector::AttributeName(name) => value.as_object()?.get(name),
        Selector::ElementKeyString(key) => value.as_object()?.get(key),
        Selector::ElementKeyInt(index) => value.as_array()?.get(usize::try_from(*index).ok()?),
    })
}

/// The path as a person writes it, such as `roles.0.id`.
pub fn shown(path: &AttributePath) -> String {
    let steps = path.steps.iter().map(|step| match &step.selector {
        Some(Selector::AttributeName(name)) => name.clone(),
        Some(Selector::ElementKeyString(key)) => key.clone(),
        Some(Selector::ElementKeyInt(index)) => index.to_string(),
        None => "?".to_owned(),
    });
    steps.collect::<Vec<_>>().join(".")
}

/// The attribute at the end of a path through nested attributes and blocks.
pub fn attribute_at<'a>(block: &'a Block, path: &AttributePath) -> Option<&'a Attribute> {
    let names = path.steps.iter().filter_map(|step| match &step.selector {
        Some(Selector::AttributeName(name)) => Some(name),
        _ => None,
    });
    let (mut attributes, mut blocks, mut found) = (block.attributes.as_slice(), block.block_types.as_slice(), None);
    for name in names {
        if let Some(attribute) = attributes.iter().find(|attribute| attribute.name == *name) {
            found = Some(attribute);
            attributes = attribute.nested_type.as_ref().map_or(&[], |nested| &nested.attributes);
            blocks = &[];
        } else {
            let inner = blocks.iter().find(|nested| nested.type_name == *name)?.block.as_ref()?;
            (attributes, blocks, found) = (&inner.attributes, &inner.block_types, None);
        }
    }
    found
}

/// Write-only values that came back: a host must never see one in an answer.
pub fn write_only_problems(block: &Block, value: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    each_value(block, value, "", &mut |attribute, value, path| {
        if attribute.write_only && !value.is_null() {
            problems.push(format!("{path}: the value of a write-only attribute came back"));
        }
    });
    problems
}

/// Goes through all attributes that stand in a value, nested ones included.
pub fn each_value<'a>(
    block: &'a Block,
    value: &'a Value,
    path: &str,
    visit: &mut impl FnMut(&'a Attribute, &'a Value, &str),
) {
    each_attribute(&block.attributes, value, path, visit);
    for nested in &block.block_types {
        let (Some(inner), path) = (&nested.block, format!("{path}{}", nested.type_name)) else { continue };
        let is_one = matches!(nested.nesting(), BlockNesting::Single | BlockNesting::Group);
        for (key, element) in elements(&value[&nested.type_name], is_one) {
            each_value(inner, element, &format!("{path}{key}."), visit);
        }
    }
}

fn each_attribute<'a>(
    attributes: &'a [Attribute],
    value: &'a Value,
    path: &str,
    visit: &mut impl FnMut(&'a Attribute, &'a Value, &str),
) {
    if !value.is_object() {
        return;
    }
    for attribute in attributes {
        let (value, path) = (&value[&attribute.name], format!("{path}{}", attribute.name));
        visit(attribute, value, &path);
        let Some(nested) = &attribute.nested_type else { continue };
        for (key, element) in elements(value, nested.nesting() == NestingMode::Single) {
            each_attribute(&nested.attributes, element, &format!("{path}{key}."), visit);
        }
    }
}

/// The objects in a nested value, each with its place in it.
fn elements(value: &Value, is_one: bool) -> Vec<(String, &Value)> {
    match value {
        value if is_one => vec![(String::new(), value)],
        Value::Array(items) => items.iter().enumerate().map(|(at, item)| (format!(".{at}"), item)).collect(),
        Value::Object(fields) => fields.iter().map(|(key, item)| (format!(".{key}"), item)).collect(),
        _ => Vec::new(),
    }
}

/// The element of a list or map in another value of the same kind, or null.
fn counterpart<'a>(value: &'a Value, key: &str) -> &'a Value {
    match value {
        Value::Array(items) => key.parse::<usize>().ok().and_then(|at| items.get(at)).unwrap_or(&Value::Null),
        value => value.get(key).unwrap_or(&Value::Null),
    }
}
