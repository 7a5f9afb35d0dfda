//! Plans of whatever change of whatever schema pass Terraform's own checks, and lead where they should.

use std::collections::BTreeSet;

use proptest::prelude::*;
use tf_framework::inside::{default_of, draft, keeps_prior};
use tf_framework::{Attribute, Dynamic, Nesting, Path, Shape, Step, Type};

use crate::cases;
use crate::core::{keeps_promise, plan_faults, proposed_new};
use crate::schemas::{configs, known_configs, resolved, schemas, schemas_with_distinct_elements, states};
use crate::values::shown;

/// A schema, a state before or null, and a configuration.
#[derive(Clone, Debug)]
struct Change {
    attributes: Vec<Attribute>,
    prior: Dynamic,
    config: Dynamic,
}

impl Change {
    fn draft(&self) -> (Dynamic, BTreeSet<Path>) {
        let proposed = proposed_new(&self.attributes, &self.prior, &self.config);
        draft(&self.attributes, &self.prior, &self.config, proposed)
    }
}

fn changes(schemas: impl Strategy<Value = Vec<Attribute>>) -> impl Strategy<Value = Change> {
    schemas.prop_flat_map(|attributes| {
        let prior = prop_oneof![1 => Just(Dynamic::Null), 3 => states(&attributes)];
        (prior, configs(&attributes)).prop_map(move |(prior, config)| Change {
            attributes: attributes.clone(),
            prior,
            config,
        })
    })
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn every_plan_is_valid_by_terraforms_rules(change in changes(schemas())) {
        let (planned, _) = change.draft();
        let Change { attributes, prior, config } = &change;
        let faults = plan_faults(attributes, prior, config, &planned);
        prop_assert!(faults.is_empty(), "{faults:?}: {} for {}", shown(&planned), shown(config));
    }

    #[test]
    fn what_the_provider_fills_in_is_never_planned_as_null(change in changes(schemas())) {
        let (planned, _) = change.draft();
        if planned != change.prior {
            let Change { attributes, prior, config } = &change;
            let null = null_for_good(attributes, prior, config, &planned);
            prop_assert_eq!(null, None, "{} for {} after {}", shown(&planned), shown(config), shown(prior));
        }
    }

    #[test]
    fn what_replaces_the_object_is_a_place_in_it(change in changes(schemas())) {
        let (planned, replace) = change.draft();
        for path in replace {
            prop_assert!(leads_somewhere(&path, &planned) || leads_somewhere(&path, &change.prior), "{}", path);
            prop_assert!(path.wire_steps() == path.steps() && !path.is_root(), "{}", path);
        }
    }

    #[test]
    fn the_plan_before_the_apply_keeps_what_the_first_one_promised(
        (change, known) in changes(schemas_with_distinct_elements()).prop_flat_map(|change| {
            let known = resolved(&change.attributes, &change.config);
            (Just(change), known)
        })
    ) {
        let (first, _) = change.draft();
        let (second, _) = Change { config: known, ..change }.draft();
        prop_assert!(keeps_promise(&first, &second), "{} after {}", shown(&second), shown(&first));
    }

    #[test]
    fn the_plan_after_an_apply_is_empty(
        (attributes, config, other) in schemas_with_distinct_elements().prop_flat_map(|attributes| {
            let (config, other) = (known_configs(&attributes), known_configs(&attributes));
            (Just(attributes), config, other)
        })
    ) {
        let created = Change { attributes: attributes.clone(), prior: Dynamic::Null, config: config.clone() };
        let made = applied(&attributes, &created.draft().0);
        let unchanged = Change { attributes: attributes.clone(), prior: made.clone(), config };
        let (planned, replace) = unchanged.draft();
        prop_assert!(planned == made && replace.is_empty(), "{} after creating {}", shown(&planned), shown(&made));

        let updated = Change { config: other.clone(), ..unchanged };
        let changed = applied(&attributes, &updated.draft().0);
        let (planned, replace) = Change { attributes, prior: changed.clone(), config: other }.draft();
        prop_assert!(planned == changed && replace.is_empty(), "{} after updating to {}", shown(&planned), shown(&changed));
    }

    #[test]
    fn a_destroy_plans_nothing((attributes, prior) in schemas().prop_flat_map(|attributes| {
        let prior = states(&attributes);
        (Just(attributes), prior)
    })) {
        let (planned, replace) = draft(&attributes, &prior, &Dynamic::Null, Dynamic::Null);
        prop_assert!(planned.is_null() && replace.is_empty());
    }
}

/// The first computed value that nothing gives a value, and that is planned as null all the same: Terraform then accepts no
/// other value after the apply.
fn null_for_good(attributes: &[Attribute], prior: &Dynamic, config: &Dynamic, planned: &Dynamic) -> Option<String> {
    let (Dynamic::Map(config), Dynamic::Map(planned)) = (config, planned) else { return None };
    attributes.iter().find_map(|attribute| {
        let name = attribute.name();
        let (config, planned) = (&config[name], &planned[name]);
        let prior = prior.as_map().and_then(|prior| prior.get(name)).unwrap_or(&Dynamic::Null);
        let open = attribute.presence().is_computed() && config.is_null() && default_of(attribute).is_none();
        if open {
            let kept = keeps_prior(attribute) && planned == prior;
            return (planned.is_null() && !kept).then(|| name.to_owned());
        }
        let Shape::Nested(nesting, inner) = attribute.shape() else { return None };
        if config.is_null() || config.is_unknown() || planned == prior {
            return None;
        }
        let within = |config: &Dynamic, planned: &Dynamic, prior: &Dynamic| {
            null_for_good(inner, prior, config, planned).map(|place| format!("{name}.{place}"))
        };
        match (nesting, config, planned) {
            (Nesting::Single, config, planned) => within(config, planned, prior),
            (Nesting::List, Dynamic::List(config), Dynamic::List(planned)) => {
                let prior = prior.as_list().unwrap_or_default();
                let before = |index: usize| prior.get(index).unwrap_or(&Dynamic::Null);
                let mut places = config.iter().zip(planned).enumerate();
                places.find_map(|(index, (config, planned))| within(config, planned, before(index)))
            }
            (Nesting::Map, Dynamic::Map(config), Dynamic::Map(planned)) => planned.iter().find_map(|(key, planned)| {
                let prior = prior.as_map().and_then(|prior| prior.get(key)).unwrap_or(&Dynamic::Null);
                // Elements of a set are tried with configured ones that they have nothing to do with.
                config.get(key).map_or_else(|| Some(name.to_owned()), |config| within(config, planned, prior))
            }),
            // Elements of a set have no place: each must do with some configured one.
            (Nesting::Set, Dynamic::Set(config), Dynamic::Set(planned)) => planned
                .iter()
                .find(|planned| config.iter().all(|config| within(config, planned, &Dynamic::Null).is_some()))
                .map(|_| format!("{name}[*]")),
            _ => None,
        }
    })
}

fn leads_somewhere(path: &Path, value: &Dynamic) -> bool {
    let step = |value: &'_ Dynamic, step: &Step| -> Option<Dynamic> {
        match (step, value) {
            (Step::Attribute(name) | Step::Key(name), Dynamic::Map(entries)) => entries.get(name).cloned(),
            (Step::Index(index), Dynamic::List(elements)) => elements.get(usize::try_from(*index).ok()?).cloned(),
            _ => None,
        }
    };
    path.steps().iter().try_fold(value.clone(), |value, next| step(&value, next)).is_some()
}

/// What the provider makes of a plan: a value of its own for each unknown.
fn applied(attributes: &[Attribute], planned: &Dynamic) -> Dynamic {
    let mut made = 0;
    filled(attributes, planned, &mut made)
}

fn filled(attributes: &[Attribute], planned: &Dynamic, made: &mut i64) -> Dynamic {
    let Dynamic::Map(values) = planned else { return planned.clone() };
    Dynamic::map(attributes.iter().map(|attribute| {
        let value = &values[attribute.name()];
        let value = match (attribute.shape(), value) {
            (Shape::Plain(ty), Dynamic::Unknown) => new_value(ty, made),
            (Shape::Plain(_), value) => value.clone(),
            // An object whose values are all the provider's.
            (Shape::Nested(Nesting::Single, inner), Dynamic::Unknown) => own_object(inner, made),
            (Shape::Nested(Nesting::List, inner), Dynamic::Unknown) => Dynamic::list([own_object(inner, made)]),
            (Shape::Nested(Nesting::Set, inner), Dynamic::Unknown) => Dynamic::set([own_object(inner, made)]),
            (Shape::Nested(Nesting::Map, inner), Dynamic::Unknown) => Dynamic::map([("own", own_object(inner, made))]),
            (Shape::Nested(Nesting::Single, inner), value) => filled(inner, value, made),
            (Shape::Nested(Nesting::List, inner), Dynamic::List(elements)) => {
                Dynamic::list(elements.iter().map(|element| filled(inner, element, made)))
            }
            (Shape::Nested(Nesting::Set, inner), Dynamic::Set(elements)) => {
                Dynamic::set(elements.iter().map(|element| filled(inner, element, made)).collect::<Vec<_>>())
            }
            (Shape::Nested(Nesting::Map, inner), Dynamic::Map(entries)) => {
                Dynamic::map(entries.iter().map(|(key, entry)| (key, filled(inner, entry, made))))
            }
            (Shape::Nested(..), value) => value.clone(),
        };
        (attribute.name(), value)
    }))
}

/// Only computed attributes have a value: any other would tell Terraform that the configuration had set it.
fn own_object(attributes: &[Attribute], made: &mut i64) -> Dynamic {
    let planned = Dynamic::map(attributes.iter().map(|attribute| {
        let computed = attribute.presence().is_computed();
        (attribute.name(), if computed { Dynamic::Unknown } else { Dynamic::Null })
    }));
    filled(attributes, &planned, made)
}

/// A value that no other attribute has, as far as its type has several.
fn new_value(ty: &Type, made: &mut i64) -> Dynamic {
    *made += 1;
    match ty {
        Type::String => Dynamic::from(format!("made {made}")),
        Type::Number => Dynamic::from(1_000 + *made),
        Type::Bool => Dynamic::from(true),
        Type::List(inner) => Dynamic::list([new_value(inner, made)]),
        Type::Set(inner) => Dynamic::set([new_value(inner, made)]),
        Type::Map(inner) => Dynamic::map([("made", new_value(inner, made))]),
        Type::Dynamic => Dynamic::typed(Type::String, format!("made {made}")),
        Type::Object(_) | Type::Tuple(_) => Dynamic::Null,
    }
}
