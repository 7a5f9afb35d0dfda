//! Planning, as pure functions: what the configuration leaves open becomes a default, a prior value or an unknown, and
//! what changed may replace the object. Values go in, values come out; nothing here waits, asks or remembers.
//!
//! The order is the one that Terraform's own framework follows, with the computed blocks that it doesn't know yet: prior
//! blocks, write-only values forgotten, defaults, what left the configuration and is kept, unknowns, then the prior values that
//! are kept, then replacement. What means the same as before is taken for it ahead of the unknowns, so that a configuration which
//! is only written differently changes nothing.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    block::Body,
    normal_form::normal_form,
    path::Path,
    same::keep_same_in_plan,
    schema::{Nesting, Replacement, Shape},
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
pub(crate) fn draft(body: Body<'_>, prior: &Dynamic, config: &Dynamic, proposed: Dynamic) -> Draft {
    let mut planned = proposed;
    if let (Dynamic::Map(planned), Dynamic::Map(config), Dynamic::Map(prior)) = (&mut planned, config, prior) {
        keep_computed_blocks(body, planned, config, prior);
    }
    planned = normal_form(body, planned);
    if let (Dynamic::Map(planned), Dynamic::Map(config)) = (&mut planned, config) {
        fill_defaults(body, planned, config);
    }
    if let (Dynamic::Map(planned), Dynamic::Map(config), Dynamic::Map(prior)) = (&mut planned, config, prior) {
        keep_left_out(body, planned, config, prior);
    }
    keep_same_in_plan(body, prior, &mut planned);
    if planned != *prior
        && let (Dynamic::Map(planned), Dynamic::Map(config)) = (&mut planned, config)
    {
        mark_unknown(body, planned, config);
    }
    let mut replace = BTreeSet::new();
    if let (Dynamic::Map(planned), Dynamic::Map(config), Dynamic::Map(prior)) = (&mut planned, config, prior) {
        settle(body, planned, config, prior, &Path::root(), &mut replace);
    }
    Draft { planned, replace }
}

type Values = BTreeMap<String, Dynamic>;

/// Gives a computed block that nobody wrote its prior value. Terraform proposes that for attributes, and null for blocks.
fn keep_computed_blocks(body: Body<'_>, planned: &mut Values, config: &Values, prior: &Values) {
    for block in body.blocks {
        let name = block.name();
        let (Some(value), Some(configured), Some(before)) = (planned.get_mut(name), config.get(name), prior.get(name))
        else {
            continue;
        };
        if block.is_computed() && configured.is_null() {
            *value = before.clone();
        } else if block.body().computed_block().is_some() {
            let nesting = block.nesting().arrangement();
            each_object_with_prior(
                nesting,
                value,
                configured,
                before,
                &Path::root(),
                &mut |planned, config, prior, _| {
                    keep_computed_blocks(block.body(), planned, config, prior);
                },
            );
        }
    }
}

/// Puts each default where the configuration is null.
fn fill_defaults(body: Body<'_>, planned: &mut Values, config: &Values) {
    for attribute in body.attributes {
        let (Some(value), Some(configured)) = (planned.get_mut(attribute.name()), config.get(attribute.name())) else {
            continue;
        };
        match (configured, attribute.default_value(), attribute.shape()) {
            (Dynamic::Null, Some(default), _) => *value = default.clone(),
            (_, _, Shape::Nested(nesting, inner)) => {
                let inner = Body::from(inner.as_slice());
                each_object(*nesting, inner, value, configured, &mut |planned, config| {
                    fill_defaults(inner, planned, config);
                });
            }
            _ => {}
        }
    }
    each_block(body, planned, config, &mut fill_defaults);
}

/// Gives a nested attribute that left the configuration its prior value, where that is what is planned in the end. Terraform
/// proposes null for it, again in each plan, and what differs from the prior state would be a change for ever.
fn keep_left_out(body: Body<'_>, planned: &mut Values, config: &Values, prior: &Values) {
    for member in members(body) {
        let (Some(value), Some(configured), Some(before)) =
            (planned.get_mut(member.name), config.get(member.name), prior.get(member.name))
        else {
            continue;
        };
        let Some((nesting, inner)) = member.inside else { continue };
        if member.keeps_prior && member.is_computed && !member.has_default && configured.is_null() && value.is_null() {
            *value = before.clone();
            continue;
        }
        each_object_with_prior(nesting, value, configured, before, &Path::root(), &mut |planned, config, prior, _| {
            keep_left_out(inner, planned, config, prior);
        });
    }
}

/// Makes every value unknown that the provider is to compute: null in the configuration, and without a default.
fn mark_unknown(body: Body<'_>, planned: &mut Values, config: &Values) {
    for attribute in body.attributes {
        let (Some(value), Some(configured)) = (planned.get_mut(attribute.name()), config.get(attribute.name())) else {
            continue;
        };
        let computed = attribute.presence().is_computed() && attribute.default_value().is_none();
        match (configured, attribute.shape()) {
            (Dynamic::Null, _) if computed => *value = Dynamic::Unknown,
            (_, Shape::Nested(nesting, inner)) => {
                let inner = Body::from(inner.as_slice());
                each_object(*nesting, inner, value, configured, &mut |planned, config| {
                    mark_unknown(inner, planned, config);
                });
            }
            _ => {}
        }
    }
    for block in body.blocks.iter().filter(|block| block.is_computed()) {
        if let (Some(value), Some(Dynamic::Null)) = (planned.get_mut(block.name()), config.get(block.name())) {
            *value = Dynamic::Unknown;
        }
    }
    each_block(body, planned, config, &mut mark_unknown);
}

/// Calls `visit` with each planned object of each block, and the configured object that it came from.
fn each_block(
    body: Body<'_>,
    planned: &mut Values,
    config: &Values,
    visit: &mut dyn FnMut(Body<'_>, &mut Values, &Values),
) {
    for block in body.blocks {
        let (Some(value), Some(configured)) = (planned.get_mut(block.name()), config.get(block.name())) else {
            continue;
        };
        let inner = block.body();
        each_object(block.nesting().arrangement(), inner, value, configured, &mut |planned, config| {
            visit(inner, planned, config);
        });
    }
}

/// Keeps prior values that never change, then notes which changes replace the object.
fn settle(
    body: Body<'_>,
    planned: &mut Values,
    config: &Values,
    prior: &Values,
    path: &Path,
    replace: &mut BTreeSet<Path>,
) {
    for member in members(body) {
        let (Some(value), Some(configured), Some(before)) =
            (planned.get_mut(member.name), config.get(member.name), prior.get(member.name))
        else {
            continue;
        };
        if member.keeps_prior && value.is_unknown() && !configured.is_unknown() {
            *value = before.clone();
        }
        let here = path.attr(member.name);
        if let Some((nesting, inner)) = member.inside {
            each_object_with_prior(nesting, value, configured, before, &here, &mut |planned, config, prior, path| {
                settle(inner, planned, config, prior, path, replace);
            });
        }
        let replaces = match member.replacement {
            Replacement::Never => false,
            Replacement::OnChange => true,
            Replacement::WhenConfigured => !configured.is_null() && !before.is_null(),
        };
        if replaces && value != before {
            replace.insert(here);
        }
    }
}

/// What an attribute and a block have in common.
struct Member<'a> {
    name: &'a str,
    is_computed: bool,
    keeps_prior: bool,
    has_default: bool,
    replacement: Replacement,
    inside: Option<(Nesting, Body<'a>)>,
}

/// The attributes, then the blocks.
fn members(body: Body<'_>) -> impl Iterator<Item = Member<'_>> {
    let attributes = body.attributes.iter().map(|attribute| Member {
        name: attribute.name(),
        is_computed: attribute.presence().is_computed(),
        keeps_prior: attribute.keeps_prior(),
        has_default: attribute.default_value().is_some(),
        replacement: attribute.replacement(),
        inside: match attribute.shape() {
            Shape::Nested(nesting, inner) => Some((*nesting, inner.as_slice().into())),
            Shape::Plain(_) => None,
        },
    });
    attributes.chain(body.blocks.iter().map(|block| Member {
        name: block.name(),
        is_computed: block.is_computed(),
        keeps_prior: block.keeps_prior(),
        has_default: false,
        replacement: block.replacement(),
        inside: Some((block.nesting().arrangement(), block.body())),
    }))
}

/// Calls `visit` with each planned object of a nested attribute or block and the configured object that it came from.
fn each_object(
    nesting: Nesting,
    body: Body<'_>,
    planned: &mut Dynamic,
    config: &Dynamic,
    visit: &mut dyn FnMut(&mut Values, &Values),
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
        (Nesting::Set, Dynamic::Set(planned), Dynamic::Set(config)) if has_computed(body) => {
            *planned = each_of_set(body, std::mem::take(planned), config, visit);
        }
        _ => {}
    }
}

fn visit_pair(planned: &mut Dynamic, config: &Dynamic, visit: &mut dyn FnMut(&mut Values, &Values)) {
    if let (Dynamic::Map(planned), Dynamic::Map(config)) = (planned, config) {
        visit(planned, config);
    }
}

/// The elements of a set have no address: a planned one belongs to the configured one that agrees on everything which only
/// the configuration sets. Looked up by that part, so a large set costs no more than its size (times its logarithm).
fn each_of_set(body: Body<'_>, planned: Set, config: &Set, visit: &mut dyn FnMut(&mut Values, &Values)) -> Set {
    let mut by_configured: BTreeMap<Dynamic, Vec<&Dynamic>> = BTreeMap::new();
    for element in config {
        by_configured.entry(configured_part(body, element)).or_default().push(element);
    }
    let mut visited = Vec::new();
    for mut element in planned {
        let key = configured_part(body, &element);
        if let Some(candidates) = by_configured.get_mut(&key)
            && let Some(at) = candidates.iter().position(|candidate| came_from(body, &element, candidate))
        {
            let config = candidates.swap_remove(at);
            visit_pair(&mut element, config, visit);
        }
        visited.push(element);
    }
    visited.into_iter().collect()
}

/// What only the configuration sets, whole: an object inside may hold something computed.
fn configured_part(body: Body<'_>, element: &Dynamic) -> Dynamic {
    let Dynamic::Map(values) = element else { return element.clone() };
    let configured = members(body)
        .filter(|member| !member.is_computed && !member.inside.is_some_and(|(_, inner)| has_computed(inner)));
    Dynamic::Map(
        configured
            .filter_map(|member| values.get(member.name).map(|value| (member.name.to_owned(), value.clone())))
            .collect(),
    )
}

/// Whether each value that the configured element sets is the planned element's.
fn came_from(body: Body<'_>, planned: &Dynamic, config: &Dynamic) -> bool {
    let (Dynamic::Map(planned), Dynamic::Map(config)) = (planned, config) else { return planned == config };
    members(body).all(|member| match (planned.get(member.name), config.get(member.name)) {
        (_, None | Some(Dynamic::Null)) => true,
        (None, Some(_)) => false,
        (Some(planned), Some(config)) => match member.inside {
            Some((nesting, inner)) if has_computed(inner) => each_came_from(nesting, inner, planned, config),
            _ => planned == config,
        },
    })
}

/// The same for the objects of a nested attribute or block inside the element.
fn each_came_from(nesting: Nesting, body: Body<'_>, planned: &Dynamic, config: &Dynamic) -> bool {
    match (nesting, planned, config) {
        (Nesting::List, Dynamic::List(planned), Dynamic::List(config)) => {
            planned.len() == config.len()
                && planned.iter().zip(config).all(|(planned, config)| came_from(body, planned, config))
        }
        (Nesting::Map, Dynamic::Map(planned), Dynamic::Map(config)) => {
            planned.len() == config.len()
                && config
                    .iter()
                    .all(|(key, config)| planned.get(key).is_some_and(|planned| came_from(body, planned, config)))
        }
        (Nesting::Set, Dynamic::Set(planned), Dynamic::Set(config)) => {
            planned.len() == config.len()
                && config.iter().all(|config| planned.iter().any(|planned| came_from(body, planned, config)))
        }
        (_, planned, config) => came_from(body, planned, config),
    }
}

fn has_computed(body: Body<'_>) -> bool {
    members(body).any(|member| member.is_computed || member.inside.is_some_and(|(_, inner)| has_computed(inner)))
}

/// The same with the prior object at the same place. Set elements have no place, so none of theirs is visited; neither is
/// an object that is new.
fn each_object_with_prior(
    nesting: Nesting,
    planned: &mut Dynamic,
    config: &Dynamic,
    prior: &Dynamic,
    path: &Path,
    visit: &mut dyn FnMut(&mut Values, &Values, &Values, &Path),
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
