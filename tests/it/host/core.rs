//! What Terraform's core sends to be planned, and the checks that it makes on what comes back: the part of them that concerns
//! attributes, since the provider has no nested blocks.

use serde_json::{Map, Value};
use tf_framework::wire::proto::tfplugin6::schema::Attribute;
use tf_framework::wire::proto::tfplugin6::schema::object::NestingMode;

use super::values::{has_unknown, is_unknown};

/// What a plan comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Create,
    NoOp,
    Update,
    Replace,
    Delete,
}

/// How Terraform reads a plan. A path whose value did not change causes no replacement.
pub fn action(prior: &Value, planned: &Value, replaces: &[String]) -> Action {
    if planned.is_null() {
        return Action::Delete;
    }
    let changed = |path: &String| {
        let at = |value: &Value| value.pointer(&format!("/{}", path.replace('.', "/"))).cloned();
        at(prior) != at(planned)
    };
    match prior {
        Value::Null => Action::Create,
        prior if prior == planned => Action::NoOp,
        _ if replaces.iter().any(changed) => Action::Replace,
        _ => Action::Update,
    }
}

/// The configuration merged with the prior state: what a provider plans from.
pub fn proposed_new(attributes: &[Attribute], prior: &Value, config: &Value) -> Value {
    let Value::Object(configured) = config else { return Value::Null };
    let propose = |attribute: &Attribute| {
        let (config, prior) = (&configured[&attribute.name], &prior[&attribute.name]);
        let value = match &attribute.nested_type {
            _ if attribute.computed && config.is_null() => prior.clone(),
            Some(nested) => proposed_nested(nested.nesting(), &nested.attributes, prior, config),
            None => config.clone(),
        };
        (attribute.name.clone(), value)
    };
    Value::Object(attributes.iter().map(propose).collect())
}

fn proposed_nested(nesting: NestingMode, attributes: &[Attribute], prior: &Value, config: &Value) -> Value {
    match (nesting, config) {
        (NestingMode::Single, Value::Object(_)) => proposed_new(attributes, prior, config),
        (NestingMode::List, Value::Array(items)) => {
            items.iter().enumerate().map(|(at, item)| proposed_new(attributes, &prior[at], item)).collect()
        }
        (NestingMode::Map, Value::Object(entries)) => {
            let entries =
                entries.iter().map(|(key, item)| (key.clone(), proposed_new(attributes, &prior[key.as_str()], item)));
            entries.collect()
        }
        (NestingMode::Set, Value::Array(items)) => {
            let mut unused: Vec<&Value> = prior.as_array().into_iter().flatten().collect();
            let propose = |item: &Value| {
                let found = unused.iter().position(|prior| came_from(attributes, prior, item));
                let prior = found.map_or(Value::Null, |at| unused.remove(at).clone());
                proposed_new(attributes, &prior, item)
            };
            items.iter().map(propose).collect()
        }
        _ => config.clone(),
    }
}

/// Whether two elements of a set agree, apart from what the provider may have computed.
fn came_from(attributes: &[Attribute], prior: &Value, config: &Value) -> bool {
    attributes.iter().all(|attribute| {
        let (prior, config) = (&prior[&attribute.name], &config[&attribute.name]);
        prior == config || (attribute.computed && config.is_null())
    })
}

/// What Terraform would call an invalid plan.
pub fn plan_problems(attributes: &[Attribute], prior: &Value, config: &Value, planned: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    match (config, planned) {
        (Value::Null, Value::Null) => {}
        (Value::Object(config), Value::Object(planned)) => {
            check_plan(attributes, prior, config, planned, "", &mut problems);
        }
        _ => problems.push("planned for absence where the configuration wants existence, or the reverse".to_owned()),
    }
    problems
}

fn check_plan(
    attributes: &[Attribute],
    prior: &Value,
    config: &Map<String, Value>,
    planned: &Map<String, Value>,
    path: &str,
    problems: &mut Vec<String>,
) {
    for attribute in attributes {
        let name = attribute.name.as_str();
        let (prior, config, planned) = (&prior[name], &config[name], &planned[name]);
        let same = planned == config || (is_unknown(planned) && is_unknown(config));
        let keeps_prior = planned == prior && !prior.is_null() && !config.is_null();
        let computed = attribute.computed && (!attribute.optional || config.is_null());
        if same || keeps_prior || computed {
            continue;
        }
        let nested = attribute.nested_type.as_ref();
        match nested.map(|nested| (nested.nesting(), &nested.attributes)) {
            Some((NestingMode::Single, inner)) if config.is_object() && planned.is_object() => {
                let (config, planned) = (config.as_object().unwrap(), planned.as_object().unwrap());
                check_plan(inner, prior, config, planned, &format!("{path}{name}."), problems);
            }
            // Terraform checks of a set no more than that its size is possible.
            Some((NestingMode::Set, _)) if size(config) == size(planned) && size(config).is_some() => {}
            _ => problems.push(format!("{path}{name}: planned {planned} for {config}")),
        }
    }
}

fn size(value: &Value) -> Option<usize> {
    value.as_array().map(Vec::len)
}

/// What Terraform would call an inconsistent or invalid result of an apply.
pub fn apply_problems(ty: &Value, planned: &Value, new: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    if has_unknown(new) {
        problems.push(format!("unknown after apply: {new}"));
    }
    problems.extend(disagreements(ty, planned, new));
    problems
}

/// Where a result does not keep what was planned, or a second plan what the first said.
pub fn disagreements(ty: &Value, planned: &Value, new: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    check_apply(ty, planned, new, "", &mut problems);
    problems
}

fn check_apply(ty: &Value, planned: &Value, new: &Value, path: &str, problems: &mut Vec<String>) {
    if is_unknown(planned) {
        return;
    }
    match (ty[0].as_str(), planned, new) {
        (Some("object" | "map"), Value::Object(planned), Value::Object(new)) => {
            if !planned.keys().eq(new.keys()) {
                problems.push(format!("{path}: the keys changed"));
            }
            for (name, planned) in planned {
                let ty = if ty[0] == "map" { &ty[1] } else { &ty[1][name] };
                check_apply(ty, planned, &new[name], &format!("{path}.{name}"), problems);
            }
        }
        (Some("list"), Value::Array(planned), Value::Array(new)) if planned.len() == new.len() => {
            for (planned, new) in planned.iter().zip(new) {
                check_apply(&ty[1], planned, new, path, problems);
            }
        }
        (Some("set"), Value::Array(planned), Value::Array(new)) => {
            let fits = |planned: &Value, new: &Value| {
                let mut problems = Vec::new();
                check_apply(&ty[1], planned, new, path, &mut problems);
                problems.is_empty()
            };
            let lost = planned.iter().any(|planned| !new.iter().any(|new| fits(planned, new)));
            let appeared = new.iter().any(|new| !planned.iter().any(|planned| fits(planned, new)));
            if lost || appeared || new.len() > planned.len() {
                problems.push(format!("{path}: the set was planned as {planned:?} and is {new:?}"));
            }
        }
        _ if planned == new => {}
        _ => problems.push(format!("{path}: was {planned}, but now {new}")),
    }
}
