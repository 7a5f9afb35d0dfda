//! Which plans are valid: nothing that a configuration says may come out differently.

use serde_json::Value;
use tf_framework::wire::proto::tfplugin6::schema::nested_block::NestingMode as BlockNesting;
use tf_framework::wire::proto::tfplugin6::schema::object::NestingMode;
use tf_framework::wire::proto::tfplugin6::schema::{Attribute, Block, NestedBlock, Object};

use super::counterpart;
use crate::value::{is_unknown, unrefined};

/// What Terraform would call an invalid plan. What comes back of write-only attributes is judged by
/// [`write_only_problems`](super::write_only_problems).
pub fn plan_problems(block: &Block, prior: &Value, config: &Value, planned: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    check_block(block, prior, config, planned, "", &mut problems);
    problems
}

fn check_block(block: &Block, prior: &Value, config: &Value, planned: &Value, path: &str, problems: &mut Vec<String>) {
    match (config.is_null(), planned.is_null()) {
        (true, true) => {}
        (false, true) => problems.push(format!("{path}planned for absence, and the configuration wants existence")),
        (true, false) => problems.push(format!("{path}planned for existence, and the configuration wants absence")),
        (false, false) => {
            check_attributes(&block.attributes, prior, config, planned, path, problems);
            for nested in &block.block_types {
                let name = &nested.type_name;
                let path = format!("{path}{name}");
                check_nested_block(nested, &prior[name], &config[name], &planned[name], &path, problems);
            }
        }
    }
}

fn check_nested_block(
    nested: &NestedBlock,
    prior: &Value,
    config: &Value,
    planned: &Value,
    path: &str,
    problems: &mut Vec<String>,
) {
    let Some(block) = &nested.block else { return };
    let mut report = |problem: &str| problems.push(format!("{path}: {problem}"));
    if nested.nesting() != BlockNesting::Single && planned.is_null() {
        return report("blocks must be empty where there are none, and not null");
    }
    if planned == config {
        return;
    }
    if is_unknown(config) {
        return report("a dynamic block that is unknown must be planned unknown");
    }
    if config.is_null() && block.computed {
        return;
    }
    if is_unknown(planned) {
        return report("planned unknown as a whole; only attributes inside a block may be unknown");
    }
    match nested.nesting() {
        BlockNesting::Single | BlockNesting::Group => {
            check_block(block, prior, config, planned, &format!("{path}."), problems);
        }
        BlockNesting::Set => {
            // Elements of a set can't be told apart, so core trusts the provider with the rest.
            if planned.as_array().is_some_and(|items| items.iter().any(is_unknown)) {
                report("an element is planned unknown as a whole");
            }
        }
        _ => check_elements(config, planned, path, problems, &mut |key, config, planned, problems| {
            let path = format!("{path}.{key}");
            if is_unknown(planned) {
                return problems.push(format!("{path}: an element is planned unknown as a whole"));
            }
            check_block(block, counterpart(prior, key), config, planned, &format!("{path}."), problems);
        }),
    }
}

/// Checks one element: its key, what is configured, what is planned.
type OfElement<'a> = dyn FnMut(&str, &Value, &Value, &mut Vec<String>) + 'a;

/// Lists by index and maps by key: nothing may appear or vanish.
fn check_elements(config: &Value, planned: &Value, path: &str, problems: &mut Vec<String>, check: &mut OfElement<'_>) {
    let keys = |value: &Value| -> Vec<String> {
        match value {
            Value::Array(items) => (0..items.len()).map(|at| at.to_string()).collect(),
            Value::Object(entries) => entries.keys().cloned().collect(),
            _ => Vec::new(),
        }
    };
    let (configured, found) = (keys(config), keys(planned));
    if configured != found {
        let shown = |keys: &[String]| if keys.is_empty() { "none".to_owned() } else { keys.join(", ") };
        return problems.push(format!("{path}: planned {}, and configured are {}", shown(&found), shown(&configured)));
    }
    for key in configured {
        check(&key, counterpart(config, &key), counterpart(planned, &key), problems);
    }
}

fn check_attributes(
    attributes: &[Attribute],
    prior: &Value,
    config: &Value,
    planned: &Value,
    path: &str,
    problems: &mut Vec<String>,
) {
    for attribute in attributes {
        let name = &attribute.name;
        let path = format!("{path}{name}");
        check_attribute(attribute, &prior[name], &config[name], &planned[name], &path, problems);
    }
}

fn check_attribute(
    attribute: &Attribute,
    prior: &Value,
    config: &Value,
    planned: &Value,
    path: &str,
    problems: &mut Vec<String>,
) {
    let keeps_prior = unrefined(planned) == unrefined(prior) && !prior.is_null() && !config.is_null();
    let is_free = attribute.computed && (!attribute.optional || config.is_null());
    if unrefined(planned) == unrefined(config) || keeps_prior || attribute.write_only || is_free {
        return;
    }
    let shown = |value: &Value| if attribute.sensitive { "(sensitive)".to_owned() } else { show(value) };
    match &attribute.nested_type {
        _ if config.is_null() => problems.push(format!(
            "{path}: planned {}, and nothing is configured for this attribute that is not computed",
            shown(planned)
        )),
        Some(nested) => check_nested_attribute(nested, prior, config, planned, path, problems),
        None => problems.push(format!("{path}: planned {}, and configured is {}", shown(planned), shown(config))),
    }
}

fn check_nested_attribute(
    nested: &Object,
    prior: &Value,
    config: &Value,
    planned: &Value,
    path: &str,
    problems: &mut Vec<String>,
) {
    if planned.is_null() {
        return problems.push(format!("{path}: planned for absence, and the configuration wants existence"));
    }
    if is_unknown(planned) {
        return problems.push(format!("{path}: planned unknown, and it is configured"));
    }
    match nested.nesting() {
        // Unknown in the configuration, and planned as something: attributes inside are compared with nothing.
        _ if is_unknown(config) => {
            problems.push(format!("{path}: planned {}, and configured is unknown", show(planned)))
        }
        NestingMode::Set => {
            let (configured, found) = (size(config), size(planned));
            let may_merge = crate::value::has_unknown(planned) && found >= configured;
            if configured != found && !may_merge {
                problems.push(format!("{path}: planned are {found} elements, and configured {configured}"));
            }
        }
        NestingMode::List | NestingMode::Map => {
            check_elements(config, planned, path, problems, &mut |key, config, planned, problems| {
                let path = format!("{path}.{key}.");
                check_attributes(&nested.attributes, counterpart(prior, key), config, planned, &path, problems);
            });
        }
        _ => check_attributes(&nested.attributes, prior, config, planned, &format!("{path}."), problems),
    }
}

fn size(value: &Value) -> usize {
    value.as_array().map_or(0, Vec::len)
}

/// The value for a person's eyes.
pub(super) fn show(value: &Value) -> String {
    if is_unknown(value) { "unknown".to_owned() } else { value.to_string().replace("\\u0000", "") }
}
