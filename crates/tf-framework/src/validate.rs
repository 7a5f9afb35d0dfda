//! Checks of a configuration against its schema that Terraform leaves to the provider.

use std::collections::BTreeMap;

use crate::{
    block::{Block, BlockNesting, Body},
    diagnostics::Diagnostics,
    model::{Misfit, Model},
    modify_plan::read_model,
    path::Path,
    schema::{Attribute, Nesting, Presence, Rule, Shape},
    value::Dynamic,
};

/// How much of a wrong value an error repeats, in characters: enough to recognise it.
const SHOWN_CHARACTERS: usize = 80;

/// Checks a whole block: each attribute, then what the model says about them together.
pub(crate) fn validate<M: Model>(
    body: Body<'_>,
    config: &Dynamic,
    model_rules: impl FnOnce(&M, &mut Diagnostics),
) -> Diagnostics {
    let mut diagnostics = Diagnostics::new();
    if let Dynamic::Map(values) = config {
        check_body(body, values, &Path::root(), &mut diagnostics);
    }
    match read_model::<M>(config) {
        Ok(Some(model)) => model_rules(&model, &mut diagnostics),
        Ok(None) => {}
        Err(misfit) => report(misfit, &mut diagnostics),
    }
    diagnostics
}

/// Refuses each write-only attribute that is set: the host would store its value.
pub(crate) fn refuse_write_only(body: Body<'_>, config: &Dynamic, diagnostics: &mut Diagnostics) {
    if let Dynamic::Map(values) = config {
        refuse_in_object(body, values, &Path::root(), diagnostics);
    }
}

fn refuse_in_object(body: Body<'_>, values: &Values, parent: &Path, diagnostics: &mut Diagnostics) {
    for attribute in body.attributes {
        let path = parent.attr(attribute.name());
        match (values.get(attribute.name()), attribute.shape()) {
            (Some(value), _) if attribute.is_write_only() && !value.is_null() => {
                let detail = format!(
                    "`{path}` is write-only: its value belongs neither into the plan nor into the state, and only Terraform \
                     1.11, OpenTofu 1.11 and newer keep it out of both. Use one of these, or remove the attribute."
                );
                diagnostics.error_at(path, "Write-only attribute not allowed", detail);
            }
            (Some(value), Shape::Nested(nesting, inner)) => {
                for (object, path) in objects(*nesting, value, &path) {
                    refuse_in_object(inner.as_slice().into(), object, &path, diagnostics);
                }
            }
            _ => {}
        }
    }
    for (block, object, path) in written_blocks(body, values, parent) {
        refuse_in_object(block.body(), object, &path, diagnostics);
    }
}

/// Says that a value doesn't fit its field.
pub(crate) fn report(misfit: Misfit, diagnostics: &mut Diagnostics) {
    let detail = format!("`{}` {}.", misfit.path, misfit.problem);
    diagnostics.error_at(misfit.path, "Invalid value", detail);
}

pub(crate) fn check_body(body: Body<'_>, values: &Values, parent: &Path, diagnostics: &mut Diagnostics) {
    for attribute in body.attributes {
        let path = parent.attr(attribute.name());
        let value = values.get(attribute.name()).unwrap_or(&Dynamic::Null);
        check_presence(attribute, value, &path, diagnostics);
        check_version(attribute, values, parent, diagnostics);
        if value.is_null() || value.is_unknown() {
            continue;
        }
        if let Some(instead) = attribute.deprecation() {
            diagnostics.warn_at(path.clone(), "Attribute is deprecated", format!("`{path}` is deprecated. {instead}"));
        }
        for rule in attribute.rules() {
            check_rule(attribute, rule, value, &path, diagnostics);
        }
        if let Shape::Nested(nesting, inner) = attribute.shape() {
            for (object, path) in objects(*nesting, value, &path) {
                check_body(inner.as_slice().into(), object, &path, diagnostics);
            }
        }
    }
    for (block, object, path) in written_blocks(body, values, parent) {
        if let Some(instead) = block.deprecation() {
            let place = parent.attr(block.name());
            diagnostics.warn_at(place.clone(), "Block is deprecated", format!("`{place}` is deprecated. {instead}"));
        }
        check_body(block.body(), object, &path, diagnostics);
    }
}

/// The known objects of all blocks that the configuration holds, and where each of them stands. Terraform counts them.
fn written_blocks<'a>(body: Body<'a>, values: &'a Values, parent: &Path) -> Vec<(&'a Block, &'a Values, Path)> {
    let mut written = Vec::new();
    for block in body.blocks {
        let Some(value) = values.get(block.name()) else { continue };
        let objects = objects(block.nesting().arrangement(), value, &parent.attr(block.name()));
        // The object of a group is there without the block.
        let is_written =
            |object: &Values| block.nesting() != BlockNesting::Group || object.values().any(says_something);
        written.extend(
            objects.into_iter().filter(|(object, _)| is_written(object)).map(|(object, path)| (block, object, path)),
        );
    }
    written
}

fn says_something(value: &Dynamic) -> bool {
    match value {
        Dynamic::List(list) => !list.is_empty(),
        Dynamic::Set(set) => !set.is_empty(),
        Dynamic::Map(map) => map.values().any(says_something),
        value => !value.is_null(),
    }
}

/// A write-only value and its version go together: without a version a new value would go unnoticed, and without a value a
/// new version would change nothing.
fn check_version(attribute: &Attribute, values: &Values, parent: &Path, diagnostics: &mut Diagnostics) {
    let Some(version) = attribute.version_attribute() else { return };
    let name = attribute.name();
    let is_set = |name: &str| values.get(name).is_some_and(|value| !value.is_null());
    let (missing, set, reason) = match (is_set(name), is_set(version)) {
        (true, false) => {
            (version, name, "Its value is not stored, so only a new version tells Terraform that it changed")
        }
        (false, true) => (name, version, "It says when that value changed"),
        _ => return,
    };
    let (missing, set) = (parent.attr(missing), parent.attr(set));
    let detail = format!("`{set}` is set, and `{missing}` is not. {reason}. Set both, or neither.");
    diagnostics.error_at(set, "Version and value go together", detail);
}

/// Terraform checks this at the top of a block, and not inside nested attributes.
fn check_presence(attribute: &Attribute, value: &Dynamic, path: &Path, diagnostics: &mut Diagnostics) {
    match (attribute.presence(), value) {
        (Presence::Required, Dynamic::Null) => {
            let detail = format!("`{path}` is required, and the configuration does not set it.");
            diagnostics.error_at(path.clone(), "Missing required attribute", detail);
        }
        (Presence::Computed, value) if !value.is_null() => {
            let detail = format!("`{path}` is set by the provider. Remove it from the configuration.");
            diagnostics.error_at(path.clone(), "Read-only attribute", detail);
        }
        _ => {}
    }
}

/// Whether a configuration may set this value, as far as the attribute's own rules say.
pub(crate) fn keeps_rules(attribute: &Attribute, value: &Dynamic) -> bool {
    let mut diagnostics = Diagnostics::new();
    for rule in attribute.rules() {
        check_rule(attribute, rule, value, &Path::root(), &mut diagnostics);
    }
    !diagnostics.has_errors()
}

pub(crate) fn check_rule(
    attribute: &Attribute,
    rule: &Rule,
    value: &Dynamic,
    path: &Path,
    diagnostics: &mut Diagnostics,
) {
    let broken = match value {
        Dynamic::List(elements) if rule.of_each_element => elements
            .iter()
            .zip(0_i64..)
            .find_map(|(element, index)| fails(rule, element).then(|| (element, path.index(index)))),
        Dynamic::Set(elements) if rule.of_each_element => {
            elements.iter().find_map(|element| fails(rule, element).then(|| (element, path.element())))
        }
        value => fails(rule, value).then(|| (value, path.clone())),
    };
    let Some((value, place)) = broken else { return };
    let subject = if rule.of_each_element { format!("Each element of `{path}`") } else { format!("`{path}`") };
    let shown = if attribute.is_sensitive() || attribute.is_write_only() { String::new() } else { shown(value) };
    diagnostics.error_at(place, "Invalid value", format!("{subject} must {}.{shown}", rule.requirement));
}

fn fails(rule: &Rule, value: &Dynamic) -> bool {
    !value.is_null() && !value.is_unknown() && !(rule.test)(value)
}

fn shown(value: &Dynamic) -> String {
    match value {
        Dynamic::String(text) if text.chars().count() > SHOWN_CHARACTERS => {
            let start: String = text.chars().take(SHOWN_CHARACTERS).collect();
            format!(" The value begins with {start:?}.")
        }
        Dynamic::String(text) => format!(" The value is {text:?}."),
        Dynamic::Number(number) => format!(" The value is {number}."),
        Dynamic::List(elements) => format!(" It has {}.", elements.len()),
        Dynamic::Set(elements) => format!(" It has {}.", elements.len()),
        Dynamic::Map(entries) => format!(" It has {}.", entries.len()),
        _ => String::new(),
    }
}

type Values = BTreeMap<String, Dynamic>;

type Objects<'a> = Vec<(&'a Values, Path)>;

/// The known objects of a nested attribute, and where each of them stands.
fn objects<'a>(nesting: Nesting, value: &'a Dynamic, path: &Path) -> Objects<'a> {
    let placed: Vec<(&Dynamic, Path)> = match (nesting, value) {
        (Nesting::Single, object) => vec![(object, path.clone())],
        (Nesting::List, Dynamic::List(list)) => {
            list.iter().zip(0_i64..).map(|(object, index)| (object, path.index(index))).collect()
        }
        (Nesting::Set, Dynamic::Set(set)) => set.iter().map(|object| (object, path.element())).collect(),
        (Nesting::Map, Dynamic::Map(map)) => map.iter().map(|(key, object)| (object, path.key(key))).collect(),
        _ => Vec::new(),
    };
    let known = |(object, path): (&'a Dynamic, Path)| match object {
        Dynamic::Map(attributes) => Some((attributes, path)),
        _ => None,
    };
    placed.into_iter().filter_map(known).collect()
}

#[cfg(test)]
mod tests;
