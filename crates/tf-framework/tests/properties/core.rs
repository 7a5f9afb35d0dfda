//! What Terraform does around a plan, written from its rules: the proposal, the checks of a planned value, the comparison of
//! two plans, and what is known once the change is applied.

use std::collections::BTreeMap;

use tf_framework::{Attribute, Dynamic, Nesting, Presence, Shape, Type};

type Object = BTreeMap<String, Dynamic>;

/// The state before, or null, merged with the configuration.
pub(crate) fn proposed_new(attributes: &[Attribute], prior: &Dynamic, config: &Dynamic) -> Dynamic {
    match config {
        Dynamic::Map(config) => Dynamic::Map(
            attributes
                .iter()
                .map(|attribute| {
                    let name = attribute.name();
                    (name.to_owned(), proposed_attribute(attribute, &inside(prior, name), &config[name]))
                })
                .collect(),
        ),
        // Every attribute of an unknown object is unknown.
        Dynamic::Unknown => Dynamic::map(attributes.iter().map(|attribute| (attribute.name(), Dynamic::Unknown))),
        _ => Dynamic::Null,
    }
}

fn proposed_attribute(attribute: &Attribute, prior: &Dynamic, config: &Dynamic) -> Dynamic {
    if attribute.presence().is_computed() && config.is_null() {
        return if came_from_configuration(attribute, prior) { Dynamic::Null } else { prior.clone() };
    }
    let Shape::Nested(nesting, inner) = attribute.shape() else { return config.clone() };
    match (nesting, config) {
        (Nesting::Single, Dynamic::Map(_)) => proposed_new(inner, prior, config),
        (Nesting::List, Dynamic::List(elements)) => {
            let prior = prior.as_list().unwrap_or_default();
            let proposed = elements.iter().enumerate().map(|(index, element)| match prior.get(index) {
                Some(prior) => proposed_new(inner, prior, element),
                None => element.clone(),
            });
            Dynamic::list(proposed)
        }
        (Nesting::Map, Dynamic::Map(entries)) => {
            Dynamic::map(entries.iter().map(|(key, entry)| (key, proposed_new(inner, &inside(prior, key), entry))))
        }
        (Nesting::Set, Dynamic::Set(elements)) => {
            let mut unused: Vec<&Dynamic> = prior.as_set().into_iter().flatten().collect();
            let proposed = elements.iter().map(|element| {
                let from = unused.iter().position(|prior| may_come_from(inner, prior, element));
                let prior = from.map_or(Dynamic::Null, |place| unused.remove(place).clone());
                proposed_new(inner, &prior, element)
            });
            Dynamic::set(proposed.collect::<Vec<_>>())
        }
        (_, config) => config.clone(),
    }
}

/// Whether the configuration must have set this value, since something in it is nothing that a provider computes.
fn came_from_configuration(attribute: &Attribute, prior: &Dynamic) -> bool {
    match attribute.shape() {
        Shape::Nested(nesting, inner) if attribute.presence() == Presence::OptionalComputed => {
            objects(*nesting, prior).into_iter().any(|object| holds_configured(inner, object))
        }
        _ => false,
    }
}

fn holds_configured(attributes: &[Attribute], object: &Object) -> bool {
    attributes.iter().any(|attribute| {
        let value = &object[attribute.name()];
        !value.is_null()
            && (!attribute.presence().is_computed()
                || match attribute.shape() {
                    Shape::Nested(nesting, inner) => {
                        objects(*nesting, value).into_iter().any(|object| holds_configured(inner, object))
                    }
                    Shape::Plain(_) => false,
                })
    })
}

/// Whether a prior element of a set may be the configured one with computed values filled in.
fn may_come_from(attributes: &[Attribute], prior: &Dynamic, config: &Dynamic) -> bool {
    let (Dynamic::Map(before), Dynamic::Map(configured)) = (prior, config) else {
        return prior == config || prior.is_null();
    };
    attributes.iter().all(|attribute| {
        let (before, configured) = (&before[attribute.name()], &configured[attribute.name()]);
        if before == configured {
            return true;
        }
        match attribute.shape() {
            Shape::Plain(Type::Set(_)) | Shape::Nested(Nesting::Set, _) => false,
            Shape::Plain(_) => attribute.presence().is_computed() && configured.is_null(),
            Shape::Nested(nesting, inner) => match (nesting, before, configured) {
                (_, Dynamic::Null, _) => true,
                (Nesting::Single, before, configured) => may_come_from(inner, before, configured),
                (Nesting::List, Dynamic::List(before), Dynamic::List(configured)) => {
                    before.len() <= configured.len()
                        && before.iter().zip(configured).all(|(one, other)| may_come_from(inner, one, other))
                }
                (Nesting::Map, Dynamic::Map(before), Dynamic::Map(configured)) => before.iter().all(|(key, before)| {
                    configured.get(key).is_some_and(|configured| may_come_from(inner, before, configured))
                }),
                _ => false,
            },
        }
    })
}

/// What is wrong with a planned value, each with its place.
pub(crate) fn plan_faults(
    attributes: &[Attribute],
    prior: &Dynamic,
    config: &Dynamic,
    planned: &Dynamic,
) -> Vec<String> {
    let mut faults = Vec::new();
    match (planned, config) {
        (Dynamic::Map(_), Dynamic::Map(_)) => object_faults(attributes, prior, config, planned, "", &mut faults),
        (planned, config) if planned.is_null() == config.is_null() => {}
        _ => faults.push("planned for absence or existence against the configuration".to_owned()),
    }
    faults
}

fn object_faults(
    attributes: &[Attribute],
    prior: &Dynamic,
    config: &Dynamic,
    planned: &Dynamic,
    path: &str,
    faults: &mut Vec<String>,
) {
    for attribute in attributes {
        let name = attribute.name();
        let path = format!("{path}.{name}");
        attribute_faults(attribute, &inside(prior, name), &inside(config, name), &inside(planned, name), &path, faults);
    }
}

fn attribute_faults(
    attribute: &Attribute,
    prior: &Dynamic,
    config: &Dynamic,
    planned: &Dynamic,
    path: &str,
    faults: &mut Vec<String>,
) {
    let kept = planned == prior && !prior.is_null() && !config.is_null();
    let free = attribute.presence() == Presence::Computed || (attribute.presence().is_computed() && config.is_null());
    if planned == config || kept || free {
        return;
    }
    let Shape::Nested(nesting, inner) = attribute.shape() else {
        return faults.push(format!("{path}: the planned value is not the configured one"));
    };
    if planned.is_null() || config.is_null() || planned.is_unknown() {
        return faults.push(format!("{path}: planned null or unknown for a configured value, or the reverse"));
    }
    match (nesting, config, planned) {
        (Nesting::Single, config, planned) => object_faults(inner, prior, config, planned, path, faults),
        (Nesting::List, Dynamic::List(configured), Dynamic::List(elements)) => {
            if configured.len() != elements.len() {
                return faults.push(format!("{path}: other elements than configured"));
            }
            let prior = prior.as_list().unwrap_or_default();
            for (index, (config, planned)) in configured.iter().zip(elements).enumerate() {
                let prior = prior.get(index).unwrap_or(&Dynamic::Null);
                object_faults(inner, prior, config, planned, &format!("{path}[{index}]"), faults);
            }
        }
        (Nesting::Map, Dynamic::Map(configured), Dynamic::Map(entries)) => {
            if !configured.keys().eq(entries.keys()) {
                return faults.push(format!("{path}: other keys than configured"));
            }
            for (key, planned) in entries {
                let prior = inside(prior, key);
                object_faults(inner, &prior, &configured[key], planned, &format!("{path}[{key:?}]"), faults);
            }
        }
        (Nesting::Set, Dynamic::Set(configured), Dynamic::Set(elements)) => {
            let known =
                elements.iter().all(Dynamic::is_wholly_known) && configured.iter().all(Dynamic::is_wholly_known);
            if if known { configured.len() != elements.len() } else { elements.len() < configured.len() } {
                faults.push(format!("{path}: other elements than configured"));
            }
        }
        _ => {}
    }
}

/// Whether a later value, planned again or applied, keeps what the plan promised.
pub(crate) fn keeps_promise(planned: &Dynamic, later: &Dynamic) -> bool {
    match (planned, later) {
        (Dynamic::Unknown | Dynamic::Typed(..), _) => true,
        (Dynamic::List(planned), Dynamic::List(later)) => {
            planned.len() == later.len() && planned.iter().zip(later).all(|(one, other)| keeps_promise(one, other))
        }
        (Dynamic::Map(planned), Dynamic::Map(later)) => {
            planned.keys().eq(later.keys()) && planned.iter().all(|(key, value)| keeps_promise(value, &later[key]))
        }
        (Dynamic::Set(planned), Dynamic::Set(later)) => {
            later.len() <= planned.len()
                && planned.iter().all(|one| later.iter().any(|other| keeps_promise(one, other)))
                && later.iter().all(|other| planned.iter().any(|one| keeps_promise(one, other)))
        }
        (planned, later) => planned == later,
    }
}

/// The value of an attribute or a key; null where there is none, unknown inside an unknown.
fn inside(value: &Dynamic, name: &str) -> Dynamic {
    match value {
        Dynamic::Map(entries) => entries.get(name).cloned().unwrap_or_default(),
        Dynamic::Unknown => Dynamic::Unknown,
        _ => Dynamic::Null,
    }
}

/// The objects of a nested attribute.
pub(crate) fn objects(nesting: Nesting, value: &Dynamic) -> Vec<&Object> {
    let objects: Vec<&Dynamic> = match (nesting, value) {
        (Nesting::Single, object) => vec![object],
        (Nesting::Map, Dynamic::Map(entries)) => entries.values().collect(),
        (_, Dynamic::List(elements)) => elements.iter().collect(),
        (_, Dynamic::Set(elements)) => elements.iter().collect(),
        _ => Vec::new(),
    };
    objects.into_iter().filter_map(Dynamic::as_map).collect()
}
