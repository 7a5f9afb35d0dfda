//! Configuration for an object that exists: what `terraform plan -generate-config-out` writes into a file.

use std::collections::BTreeMap;

use crate::{
    Result,
    block::{Block, Body},
    capabilities::ClientCapabilities,
    diagnostics::Diagnostics,
    modify_plan::read_model,
    normal_form::normal_form,
    path::Path,
    registration::{Registration, ResourceType},
    resource::Resource,
    schema::{Attribute, Nesting, Presence, Shape},
    server::{misfit_bug, resource::StateAnswer},
    validate::keeps_rules,
    value::Dynamic,
};

/// A resource that knows better than its schema how an object is configured. Needs Terraform 1.14; older ones, and OpenTofu,
/// make a guess of their own and don't ask.
///
/// Every resource generates configuration: what the state holds, without what only the provider sets, without what equals
/// its default, without deprecated attributes, and without values that are not worth writing since the provider keeps them
/// anyway. Whatever is left out or written, the plan of it changes nothing. Implement this trait where the schema can't tell:
/// of two attributes that exclude each other, only one may be written.
///
/// ```
/// # use tf_framework::{Context, Diagnostics, GenerateConfig, Model, Resource, ResourceType, Result, Value, async_trait};
/// /// A record of a zone.
/// #[derive(Clone, Model)]
/// struct Record {
///     /// Id of the zone. Set it or `zone_name`.
///     #[attr(optional_computed)]
///     zone_id: Value<String>,
///     /// Name of the zone. Set it or `zone_id`.
///     #[attr(optional_computed)]
///     zone_name: Value<String>,
/// }
///
/// impl GenerateConfig<()> for Record {
///     fn generate_config(_state: &Record, config: &mut Record, _: &mut Diagnostics) {
///         config.zone_id = Value::Null;
///     }
/// }
/// # #[async_trait]
/// # impl Resource<()> for Record {
/// #     const NAME: &'static str = "example_record";
/// #     async fn create(_: &(), plan: Record, _: &mut Context<Record>) -> Result<Record> { Ok(plan) }
/// #     async fn read(_: &(), state: Record, _: &mut Context<Record>) -> Result<Option<Record>> { Ok(Some(state)) }
/// #     async fn update(_: &(), _: Record, plan: Record, _: &mut Context<Record>) -> Result<Record> { Ok(plan) }
/// #     async fn delete(_: &(), _: Record, _: &mut Context<Record>) -> Result<()> { Ok(()) }
/// # }
///
/// let entry: ResourceType<()> = ResourceType::of::<Record>().generates_config().into();
/// assert_eq!(entry.name(), "example_record");
/// ```
pub trait GenerateConfig<Api: Send + Sync + 'static>: Resource<Api> {
    /// Changes what the framework made of `state`. Terraform writes the outcome into the file, plans it as the
    /// configuration, and shows every difference from the state as a change. An error stops the plan, and no file is
    /// written.
    fn generate_config(state: &Self, config: &mut Self, diagnostics: &mut Diagnostics);
}

impl<Api: Send + Sync + 'static, R: GenerateConfig<Api>> Registration<Api, R> {
    /// It knows better than its schema how an object is configured.
    pub fn generates_config(mut self) -> Registration<Api, R> {
        self.entry.generator = Some(revise::<Api, R>);
        self
    }
}

impl<Api: Send + Sync + 'static> ResourceType<Api> {
    /// The configuration of an object that exists, as Terraform has it generated: attributes and blocks in the schema's order,
    /// without those that are left out. It is imported by its id, and read; where there is no such object, it is `None`.
    ///
    /// # Errors
    /// Those of the import, the read and the generation. Warnings go to `diagnostics`.
    pub async fn configuration_of(
        &self,
        api: &Api,
        import_id: &str,
        diagnostics: &mut Diagnostics,
    ) -> Result<Option<Vec<(String, Dynamic)>>> {
        let client = ClientCapabilities::default();
        let imported = settle(self.resource.import(api, import_id, client).await, diagnostics)?;
        let found = settle(self.resource.read(api, imported.state, imported.private, client).await, diagnostics)?;
        let body = self.resource.schema().body();
        let mut config = configuration(body, &found.state);
        if let Some(revise) = self.generator.filter(|_| !config.is_null()) {
            config = revise(&found.state, &config, diagnostics)?;
        }
        let Dynamic::Map(mut config) = config else { return Ok(None) };
        let names = body.attributes.iter().map(Attribute::name).chain(body.blocks.iter().map(Block::name));
        let written = names.filter_map(|name| config.remove_entry(name)).filter(|(_, value)| !value.is_null());
        Ok(Some(written.collect()))
    }
}

/// Passes warnings on, and fails where there is an error.
fn settle(mut answer: StateAnswer, diagnostics: &mut Diagnostics) -> Result<StateAnswer> {
    let told = std::mem::take(&mut answer.diagnostics);
    if told.has_errors() {
        return Err(told);
    }
    diagnostics.extend(told);
    Ok(answer)
}

/// What a resource makes of a state and of the configuration that follows from the schema.
pub(crate) type Generator = fn(&Dynamic, &Dynamic, &mut Diagnostics) -> Result<Dynamic>;

fn revise<Api: Send + Sync + 'static, R: GenerateConfig<Api>>(
    state: &Dynamic,
    config: &Dynamic,
    diagnostics: &mut Diagnostics,
) -> Result<Dynamic> {
    let models = read_model::<R>(state).and_then(|state| Ok((state, read_model::<R>(config)?)));
    match models {
        Ok((Some(state), Some(mut config))) => {
            R::generate_config(&state, &mut config, diagnostics);
            Ok(Dynamic::Map(config.into_object()))
        }
        Ok(_) => Ok(Dynamic::Null),
        Err(misfit) => Err(misfit_bug(&format!("A state of {} could not be read", R::NAME), &misfit).into()),
    }
}

/// The configuration that plans to `state`, as far as the schema tells; null for no state.
pub(crate) fn configuration(body: Body<'_>, state: &Dynamic) -> Dynamic {
    match state {
        Dynamic::Map(values) => normal_form(body, Dynamic::Map(configured(body, values, &Path::root()))),
        _ => Dynamic::Null,
    }
}

fn configured(body: Body<'_>, values: &BTreeMap<String, Dynamic>, parent: &Path) -> BTreeMap<String, Dynamic> {
    let versions: Vec<&str> = body.attributes.iter().filter_map(Attribute::version_attribute).collect();
    let attributes = body.attributes.iter().map(|attribute| {
        let is_version = versions.contains(&attribute.name());
        let value = values.get(attribute.name()).unwrap_or(&Dynamic::Null);
        let path = parent.attr(attribute.name());
        let value = match attribute.shape() {
            _ if is_left_out(attribute, is_version, value, &path) => Dynamic::Null,
            Shape::Plain(_) => value.clone(),
            Shape::Nested(nesting, inner) => {
                each_object(*nesting, value, &|object| Dynamic::Map(configured(inner.as_slice().into(), object, &path)))
            }
        };
        (attribute.name().to_owned(), value)
    });
    let blocks = body.blocks.iter().map(|block| {
        let value = values.get(block.name()).filter(|_| block.deprecation().is_none()).unwrap_or(&Dynamic::Null);
        let path = parent.attr(block.name());
        let value = each_object(block.nesting().arrangement(), value, &|object| {
            Dynamic::Map(configured(block.body(), object, &path))
        });
        (block.name().to_owned(), value)
    });
    attributes.chain(blocks).collect()
}

fn is_left_out(attribute: &Attribute, is_version: bool, value: &Dynamic, path: &Path) -> bool {
    match attribute.presence() {
        Presence::Computed => true,
        // The state has none.
        _ if attribute.is_write_only() => true,
        // A configuration without it would be refused.
        Presence::Required => false,
        // It goes with a write-only value, which nobody remembers.
        _ if is_version => true,
        // Terraform leaves what is deprecated out of the file, and must not plan as if it stood there.
        _ if attribute.deprecation().is_some() => true,
        Presence::Optional => !keeps_rules(attribute, value),
        Presence::OptionalComputed => match (attribute.default_value(), attribute.shape()) {
            // Not worth a line, and planned all the same.
            (Some(default), _) => value == default,
            // Terraform takes a nested one that is left out for removed.
            (None, Shape::Nested(..)) => false,
            (None, Shape::Plain(_)) => {
                let is_id = *path == Path::attribute("id");
                // Terraform writes `null` for a sensitive value.
                is_id || value.as_str() == Some("") || attribute.is_sensitive() || !keeps_rules(attribute, value)
            }
        },
    }
}

/// The objects of a nested attribute, each of them changed.
fn each_object(nesting: Nesting, value: &Dynamic, change: &dyn Fn(&BTreeMap<String, Dynamic>) -> Dynamic) -> Dynamic {
    let changed = |object: &Dynamic| object.as_map().map_or(Dynamic::Null, change);
    match (nesting, value) {
        (Nesting::Single, object) => changed(object),
        (Nesting::List, Dynamic::List(list)) => Dynamic::List(list.iter().map(changed).collect()),
        (Nesting::Set, Dynamic::Set(set)) => Dynamic::Set(set.iter().map(changed).collect()),
        (Nesting::Map, Dynamic::Map(map)) => {
            Dynamic::Map(map.iter().map(|(key, object)| (key.clone(), changed(object))).collect())
        }
        _ => Dynamic::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{plan::draft, types::Type};

    fn text(name: &str, presence: Presence) -> Attribute {
        Attribute::new(name, Type::String, presence)
    }

    fn schema() -> Vec<Attribute> {
        let role = vec![
            text("kind", Presence::OptionalComputed).default("project"),
            text("name", Presence::Required),
            text("since", Presence::Computed),
        ];
        vec![
            text("id", Presence::OptionalComputed),
            text("name", Presence::Required),
            text("note", Presence::Optional),
            text("region", Presence::OptionalComputed),
            text("empty_region", Presence::OptionalComputed),
            text("odd_region", Presence::OptionalComputed).one_of(&["us", "eu"]),
            text("password", Presence::OptionalComputed).sensitive(),
            text("old_name", Presence::Optional).deprecated("Use name."),
            text("key_wo", Presence::Optional).write_only().versioned_by("key_wo_version"),
            text("key_wo_version", Presence::Optional),
            text("made_at", Presence::Computed),
            Attribute::new("protected", Type::Bool, Presence::OptionalComputed).default(false),
            Attribute::new("size", Type::Number, Presence::OptionalComputed).default(1),
            Attribute::new("roles", Shape::Nested(Nesting::Set, role), Presence::OptionalComputed),
        ]
    }

    fn state() -> Dynamic {
        let role = |name: &str, kind: &str| {
            Dynamic::map([("kind", Dynamic::from(kind)), ("name", name.into()), ("since", "monday".into())])
        };
        Dynamic::map([
            ("id", Dynamic::from("x_1")),
            ("name", "one".into()),
            ("note", "".into()),
            ("region", "us-west-1".into()),
            ("empty_region", "".into()),
            ("odd_region", "moon".into()),
            ("password", "hunter2".into()),
            ("old_name", Dynamic::Null),
            ("key_wo", Dynamic::Null),
            ("key_wo_version", Dynamic::Null),
            ("made_at", "monday".into()),
            ("protected", false.into()),
            ("size", 2.into()),
            ("roles", Dynamic::set([role("owner", "project"), role("reader", "organization")])),
        ])
    }

    #[test]
    fn a_configuration_holds_what_a_person_would_write() {
        let config = configuration(schema().as_slice().into(), &state());
        let role =
            |name: &str, kind: Dynamic| Dynamic::map([("kind", kind), ("name", name.into()), ("since", Dynamic::Null)]);
        let expected = Dynamic::map([
            ("id", Dynamic::Null),
            ("name", "one".into()),
            ("note", "".into()),
            ("region", "us-west-1".into()),
            ("empty_region", Dynamic::Null),
            ("odd_region", Dynamic::Null),
            ("password", Dynamic::Null),
            ("old_name", Dynamic::Null),
            ("key_wo", Dynamic::Null),
            ("key_wo_version", Dynamic::Null),
            ("made_at", Dynamic::Null),
            ("protected", Dynamic::Null),
            ("size", 2.into()),
            ("roles", Dynamic::set([role("owner", Dynamic::Null), role("reader", "organization".into())])),
        ]);
        for attribute in schema() {
            let value = |value: &Dynamic| value.as_map().expect("an object")[attribute.name()].clone();
            assert!(value(&config) == value(&expected), "{}", attribute.name());
        }
    }

    #[test]
    fn a_generated_configuration_plans_no_change() {
        let (config, prior) = (configuration(schema().as_slice().into(), &state()), state());
        // Terraform's merge: what is computed and not configured has its prior value.
        let mut proposed = config.as_map().expect("an object").clone();
        for name in ["id", "empty_region", "odd_region", "password", "made_at", "protected", "roles"] {
            proposed.insert(name.to_owned(), prior.as_map().expect("an object")[name].clone());
        }
        assert!(draft(schema().as_slice().into(), &prior, &config, Dynamic::Map(proposed)).planned == prior);
    }

    /// Terraform refuses a version without its value.
    #[test]
    fn the_version_of_a_value_that_nobody_remembers_is_left_out() {
        let Dynamic::Map(mut state) = state() else { panic!("an object") };
        state.insert("key_wo_version".to_owned(), "3".into());
        let config = configuration(schema().as_slice().into(), &Dynamic::Map(state));
        assert!(config.as_map().expect("an object")["key_wo_version"].is_null());
    }

    #[test]
    fn no_state_is_no_configuration() {
        assert_eq!(configuration(schema().as_slice().into(), &Dynamic::Null), Dynamic::Null);
    }

    #[test]
    fn nested_objects_of_every_arrangement_are_reached() {
        let inner = || vec![text("name", Presence::Required), text("since", Presence::Computed)];
        let object = |since: Dynamic| Dynamic::map([("name", Dynamic::from("one")), ("since", since)]);
        type Arrange = fn(Dynamic) -> Dynamic;
        let arranged: [(Nesting, Arrange); 4] = [
            (Nesting::Single, |object| object),
            (Nesting::List, |object| Dynamic::list([object])),
            (Nesting::Set, |object| Dynamic::set([object])),
            (Nesting::Map, |object| Dynamic::map([("key", object)])),
        ];
        for (nesting, arrange) in arranged {
            let schema = [Attribute::new("at", Shape::Nested(nesting, inner()), Presence::Optional)];
            let state = Dynamic::map([("at", arrange(object("monday".into())))]);
            let expected = Dynamic::map([("at", arrange(object(Dynamic::Null)))]);
            assert!(configuration(schema.as_slice().into(), &state) == expected, "{nesting:?}");
        }
    }
}
