//! Planning, as pure functions: what the configuration leaves open becomes a default, a prior value or an unknown, and
//! what changed may replace the object. Values go in, values come out; nothing here waits, asks or remembers.
//!
//! The order is the one that Terraform's own framework follows: defaults, write-only values forgotten, unknowns, then the
//! prior values that are kept, then replacement. What means the same as before is taken for it ahead of the unknowns, so that
//! a configuration which is only written differently changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    normal_form::normal_form,
    path::Path,
    same::keep_same_in_plan,
    schema::{Attribute, Nesting, Replacement, Shape},
    value::{Dynamic, Set},
};

/// A planned value, and the attributes whose change replaces the object.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Draft {
    pub(crate) planned: Dynamic,
    pub(crate) replace: BTreeSet<Path>,
}

/// Plans a create (`prior` is null) or an update. `proposed` is Terraform's merge of configuration and prior state, where
/// computed attributes without configuration hold the prior value, or null on create.
pub(crate) fn draft(attributes: &[Attribute], prior: &Dynamic, config: &Dynamic, proposed: Dynamic) -> Draft {
    let mut planned = proposed;
    if let (Dynamic::Map(planned), Dynamic::Map(config)) = (&mut planned, config) {
        fill_defaults(attributes, planned, config);
    }
    planned = normal_form(attributes, planned);
    keep_same_in_plan(attributes, prior, &mut planned);
    if planned != *prior
        && let (Dynamic::Map(planned), Dynamic::Map(config)) = (&mut planned, config)
    {
        mark_unknown(attributes, planned, config);
    }
    let mut replace = BTreeSet::new();
    if let (Dynamic::Map(planned), Dynamic::Map(config), Dynamic::Map(prior)) = (&mut planned, config, prior) {
        settle(attributes, planned, config, prior, &Path::root(), &mut replace);
    }
    Draft { planned, replace }
}

type Attributes = BTreeMap<String, Dynamic>;

/// Puts each default where the configuration is null.
fn fill_defaults(attributes: &[Attribute], planned: &mut Attributes, config: &Attributes) {
    for attribute in attributes {
        let (Some(value), Some(configured)) = (planned.get_mut(attribute.name()), config.get(attribute.name())) else {
            continue;
        };
        match (configured, attribute.default_value(), attribute.shape()) {
            (Dynamic::Null, Some(default), _) => *value = default.clone(),
            (_, _, Shape::Nested(nesting, inner)) => {
                each_object(*nesting, inner, value, configured, &mut |planned, config| {
                    fill_defaults(inner, planned, config);
                });
            }
            _ => {}
        }
    }
}

/// Makes every value unknown that the provider is to compute: null in the configuration, and without a default.
fn mark_unknown(attributes: &[Attribute], planned: &mut Attributes, config: &Attributes) {
    for attribute in attributes {
        let (Some(value), Some(configured)) = (planned.get_mut(attribute.name()), config.get(attribute.name())) else {
            continue;
        };
        let computed = attribute.presence().is_computed() && attribute.default_value().is_none();
        match (configured, attribute.shape()) {
            (Dynamic::Null, _) if computed => *value = Dynamic::Unknown,
            (_, Shape::Nested(nesting, inner)) => {
                each_object(*nesting, inner, value, configured, &mut |planned, config| {
                    mark_unknown(inner, planned, config);
                });
            }
            _ => {}
        }
    }
}

/// Keeps prior values that never change, then notes which changes replace the object.
fn settle(
    attributes: &[Attribute],
    planned: &mut Attributes,
    config: &Attributes,
    prior: &Attributes,
    path: &Path,
    replace: &mut BTreeSet<Path>,
) {
    for attribute in attributes {
        let name = attribute.name();
        let (Some(value), Some(configured), Some(before)) = (planned.get_mut(name), config.get(name), prior.get(name))
        else {
            continue;
        };
        if attribute.keeps_prior() && value.is_unknown() && !configured.is_unknown() {
            *value = before.clone();
        }
        let here = path.attr(name);
        if let Shape::Nested(nesting, inner) = attribute.shape() {
            each_object_with_prior(*nesting, value, configured, before, &here, &mut |planned, config, prior, path| {
                settle(inner, planned, config, prior, path, replace);
            });
        }
        let replaces = match attribute.replacement() {
            Replacement::Never => false,
            Replacement::OnChange => true,
            Replacement::WhenConfigured => !configured.is_null() && !before.is_null(),
        };
        if replaces && value != before {
            replace.insert(here);
        }
    }
}

/// Calls `visit` with each planned object of a nested attribute and the configured object that it came from.
fn each_object(
    nesting: Nesting,
    attributes: &[Attribute],
    planned: &mut Dynamic,
    config: &Dynamic,
    visit: &mut dyn FnMut(&mut Attributes, &Attributes),
) {
    match (nesting, planned, config) {
        (Nesting::Single, Dynamic::Map(planned), Dynamic::Map(config)) => visit(planned, config),
        (Nesting::List, Dynamic::List(planned), Dynamic::List(config)) => {
            for (planned, config) in planned.iter_mut().zip(config) {
                visit_pair(planned, config, visit);
            }
        }
        (Nesting::Map, Dynamic::Map(planned), Dynamic::Map(config)) => {
            for (key, planned) in planned {
                config.get(key).into_iter().for_each(|config| visit_pair(planned, config, visit));
            }
        }
        (Nesting::Set, Dynamic::Set(planned), Dynamic::Set(config)) if has_computed(attributes) => {
            *planned = each_of_set(attributes, std::mem::take(planned), config, visit);
        }
        _ => {}
    }
}

fn visit_pair(planned: &mut Dynamic, config: &Dynamic, visit: &mut dyn FnMut(&mut Attributes, &Attributes)) {
    if let (Dynamic::Map(planned), Dynamic::Map(config)) = (planned, config) {
        visit(planned, config);
    }
}

/// The elements of a set have no address: a planned one belongs to the configured one that agrees on everything which only
/// the configuration sets. Looked up by that part, so a large set costs no more than its size (times its logarithm).
fn each_of_set(
    attributes: &[Attribute],
    planned: Set,
    config: &Set,
    visit: &mut dyn FnMut(&mut Attributes, &Attributes),
) -> Set {
    let mut by_configured: BTreeMap<Dynamic, Vec<&Dynamic>> = BTreeMap::new();
    for element in config {
        by_configured.entry(configured_part(attributes, element)).or_default().push(element);
    }
    let mut visited = Vec::new();
    for mut element in planned {
        let key = configured_part(attributes, &element);
        if let Some(candidates) = by_configured.get_mut(&key)
            && let Some(at) = candidates.iter().position(|candidate| came_from(&element, candidate))
        {
            let config = candidates.swap_remove(at);
            visit_pair(&mut element, config, visit);
        }
        visited.push(element);
    }
    visited.into_iter().collect()
}

fn configured_part(attributes: &[Attribute], element: &Dynamic) -> Dynamic {
    let Dynamic::Map(values) = element else { return element.clone() };
    let configured = attributes.iter().filter(|attribute| !attribute.presence().is_computed());
    Dynamic::Map(
        configured
            .filter_map(|attribute| {
                values.get(attribute.name()).map(|value| (attribute.name().to_owned(), value.clone()))
            })
            .collect(),
    )
}

/// Whether each value that the configured element sets is the planned element's.
fn came_from(planned: &Dynamic, config: &Dynamic) -> bool {
    match (planned, config) {
        (Dynamic::Map(planned), Dynamic::Map(config)) => {
            config.iter().all(|(name, value)| value.is_null() || planned.get(name) == Some(value))
        }
        _ => planned == config,
    }
}

fn has_computed(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.presence().is_computed()
            || match attribute.shape() {
                Shape::Nested(_, inner) => has_computed(inner),
                Shape::Plain(_) => false,
            }
    })
}

/// The same with the prior object at the same place. Set elements have no place, so none of theirs is visited; neither is
/// an object that is new.
fn each_object_with_prior(
    nesting: Nesting,
    planned: &mut Dynamic,
    config: &Dynamic,
    prior: &Dynamic,
    path: &Path,
    visit: &mut dyn FnMut(&mut Attributes, &Attributes, &Attributes, &Path),
) {
    let mut visit_all = |planned: &mut Dynamic, config: &Dynamic, prior: &Dynamic, path: &Path| {
        if let (Dynamic::Map(planned), Dynamic::Map(config), Dynamic::Map(prior)) = (planned, config, prior) {
            visit(planned, config, prior, path);
        }
    };
    match (nesting, planned, config, prior) {
        (Nesting::Single, planned, config, prior) => visit_all(planned, config, prior, path),
        (Nesting::List, Dynamic::List(planned), Dynamic::List(config), Dynamic::List(prior)) => {
            for (((planned, config), prior), index) in planned.iter_mut().zip(config).zip(prior).zip(0_i64..) {
                visit_all(planned, config, prior, &path.index(index));
            }
        }
        (Nesting::Map, Dynamic::Map(planned), Dynamic::Map(config), Dynamic::Map(prior)) => {
            for (key, planned) in planned {
                if let (Some(config), Some(prior)) = (config.get(key), prior.get(key)) {
                    visit_all(planned, config, prior, &path.key(key));
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
