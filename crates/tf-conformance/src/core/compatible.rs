//! Which results keep what was planned.

use serde_json::Value;
use tf_framework::wire::proto::tfplugin6::schema::Block;
use tf_framework::wire::proto::tfplugin6::schema::NestedBlock;
use tf_framework::wire::proto::tfplugin6::schema::nested_block::NestingMode as BlockNesting;

use super::counterpart;
use super::plan::show;
use crate::types;
use crate::value::{dynamic_parts, is_unknown, refinement};

/// Where a result does not keep what was planned, or a second plan what the first one said. The types of both are the block's.
pub fn object_problems(block: &Block, planned: &Value, new: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    check_block(block, planned, new, "", &mut problems);
    problems
}

fn check_block(block: &Block, planned: &Value, new: &Value, path: &str, problems: &mut Vec<String>) {
    match (planned.is_null(), new.is_null()) {
        (true, true) => return,
        (true, false) => return problems.push(format!("{path}was absent, but is now present")),
        (false, true) => return problems.push(format!("{path}was present, but is now absent")),
        (false, false) => {}
    }
    for attribute in &block.attributes {
        let Ok(ty) = types::of_attribute(attribute) else { continue };
        let path = format!("{path}{}", attribute.name);
        let found = value_problems(&ty, &planned[&attribute.name], &new[&attribute.name], &path);
        if attribute.sensitive && !found.is_empty() {
            problems.push(format!("{path}: the value of a sensitive attribute is another one than planned"));
        } else {
            problems.extend(found);
        }
    }
    for nested in &block.block_types {
        let path = format!("{path}{}", nested.type_name);
        check_nested_block(nested, &planned[&nested.type_name], &new[&nested.type_name], &path, problems);
    }
}

fn check_nested_block(nested: &NestedBlock, planned: &Value, new: &Value, path: &str, problems: &mut Vec<String>) {
    let Some(block) = &nested.block else { return };
    let is_one = matches!(nested.nesting(), BlockNesting::Single | BlockNesting::Group);
    if block.computed && new.is_null() && nested.nesting() != BlockNesting::Single {
        return problems.push(format!("{path}: a computed block is null after the apply"));
    }
    if is_unknown(planned) || (!is_one && (planned.is_null() || new.is_null())) {
        return;
    }
    match (nested.nesting(), planned, new) {
        (BlockNesting::Set, Value::Array(planned), Value::Array(new)) => {
            let fits = |planned: &Value, new: &Value| object_problems(block, planned, new).is_empty();
            check_set(planned, new, path, &fits, problems);
        }
        (BlockNesting::List | BlockNesting::Map, _, _) => {
            let count =
                |value: &Value| value.as_array().map_or_else(|| value.as_object().map_or(0, |all| all.len()), Vec::len);
            let (before, after) = (count(planned), count(new));
            if before != after {
                return problems.push(format!("{path}: planned were {before} blocks, and now there are {after}"));
            }
            for (key, planned) in entries(planned) {
                check_block(block, planned, counterpart(new, &key), &format!("{path}.{key}."), problems);
            }
        }
        _ => check_block(block, planned, new, &format!("{path}."), problems),
    }
}

/// The same for a single value of a type.
pub fn value_problems(ty: &Value, planned: &Value, new: &Value, path: &str) -> Vec<String> {
    let mut problems = Vec::new();
    check_value(ty, planned, new, path, &mut problems);
    problems
}

fn check_value(ty: &Value, planned: &Value, new: &Value, path: &str, problems: &mut Vec<String>) {
    if types::is_dynamic(ty) {
        return check_dynamic(planned, new, path, problems);
    }
    if is_unknown(planned) {
        let promise = refinement(planned);
        if !is_unknown(new) && !promise.admits(new) {
            problems.push(format!("{path}: is now {}, against what the plan promised of it: {promise:?}", show(new)));
        }
        return;
    }
    match (types::kind(ty), planned, new) {
        (
            "object" | "map" | "list" | "tuple",
            Value::Array(_) | Value::Object(_),
            Value::Array(_) | Value::Object(_),
        ) => {
            let types = |key: &str| match types::kind(ty) {
                "object" => &ty[1][key],
                "tuple" => counterpart(&ty[1], key),
                _ => &ty[1],
            };
            for (key, planned) in entries(planned) {
                let path = format!("{path}.{key}");
                match has(new, &key) {
                    true => check_value(types(&key), planned, counterpart(new, &key), &path, problems),
                    false => problems.push(format!("{path}: the element has vanished")),
                }
            }
            let appeared = entries(new).into_iter().filter(|(key, _)| !has(planned, key));
            problems.extend(appeared.map(|(key, _)| format!("{path}.{key}: a new element has appeared")));
        }
        ("set", Value::Array(planned), Value::Array(new)) => {
            let fits = |planned: &Value, new: &Value| value_problems(&ty[1], planned, new, path).is_empty();
            check_set(planned, new, path, &fits, problems);
        }
        _ if planned == new => {}
        _ => problems.push(format!("{path}: was {}, but is now {}", show(planned), show(new))),
    }
}

/// A type that is not known yet may become any; a known one stays.
fn check_dynamic(planned: &Value, new: &Value, path: &str, problems: &mut Vec<String>) {
    match (dynamic_parts(planned), dynamic_parts(new)) {
        // Null or unknown of any type: core has nothing to hold a result to.
        (None, _) => {}
        (Some((before, planned)), Some((after, new))) if before == after => {
            check_value(before, planned, new, path, problems)
        }
        (Some((ty, planned)), None) => check_value(ty, planned, new, path, problems),
        (Some((before, _)), Some((after, _))) => {
            problems.push(format!(
                "{path}: planned as {}, and now of type {}",
                types::shown(before),
                types::shown(after)
            ));
        }
    }
}

/// Elements must correspond both ways. Some may come to be equal, so a set may shrink; it may not grow.
fn check_set(
    planned: &[Value],
    new: &[Value],
    path: &str,
    fits: &dyn Fn(&Value, &Value) -> bool,
    problems: &mut Vec<String>,
) {
    let shown = |items: &[Value]| items.iter().map(show).collect::<Vec<_>>().join(", ");
    let lost = planned.iter().any(|planned| !new.iter().any(|new| fits(planned, new)));
    let appeared = new.iter().any(|new| !planned.iter().any(|planned| fits(planned, new)));
    if lost || appeared || new.len() > planned.len() {
        problems.push(format!("{path}: the set was planned as [{}] and is [{}]", shown(planned), shown(new)));
    }
}

fn entries(value: &Value) -> Vec<(String, &Value)> {
    match value {
        Value::Array(items) => items.iter().enumerate().map(|(at, item)| (at.to_string(), item)).collect(),
        Value::Object(fields) => fields.iter().map(|(key, item)| (key.clone(), item)).collect(),
        _ => Vec::new(),
    }
}

fn has(value: &Value, key: &str) -> bool {
    match value {
        Value::Array(items) => key.parse::<usize>().is_ok_and(|at| at < items.len()),
        value => value.get(key).is_some(),
    }
}
