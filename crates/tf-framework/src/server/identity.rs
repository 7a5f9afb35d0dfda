//! The identity of a resource type behind one face, whatever its model.

use std::marker::PhantomData;

use async_trait::async_trait;

use crate::{
    Result,
    capabilities::ClientCapabilities,
    diagnostics::{Diagnostic, Diagnostics},
    identity::Identified,
    model::Model,
    modify_plan::read_model,
    path::Path,
    schema::{Attribute, Presence, Schema},
    server::{
        bug,
        lazy_schema::LazySchema,
        misfit_bug,
        resource::{StateAnswer, changed, guard, importing},
    },
    types::Type,
    validate::report,
    value::Dynamic,
    wire::json::{self, Undefined},
};

/// Version of every identity schema. Terraform counts a state without an identity as version 0, so a schema that starts
/// there is never asked to upgrade nothing.
const VERSION: i64 = 0;

#[async_trait]
pub(crate) trait AnyIdentity<Api>: Send + Sync {
    fn schema(&self) -> &Schema;
    fn value_type(&self) -> &Type;
    /// The identity of an object in this state; null while part of it is not known, and where there is no object.
    fn of_state(&self, state: &Dynamic) -> Dynamic;
    /// The error for an identity that changed and may not.
    fn check_unchanged(&self, before: &Dynamic, after: &Dynamic) -> Result<()>;
    async fn import(&self, api: &Api, identity: &Dynamic, client: ClientCapabilities) -> StateAnswer;
    fn upgrade(&self, version: i64, json: &[u8]) -> Result<Dynamic>;
}

/// The face of `R`'s identity.
pub(crate) struct Typed<R> {
    model: PhantomData<fn() -> R>,
    schema: LazySchema,
}

impl<R> Typed<R> {
    pub(crate) fn new() -> Typed<R> {
        Typed { model: PhantomData, schema: LazySchema::default() }
    }
}

#[async_trait]
impl<Api: Send + Sync + 'static, R: Identified<Api>> AnyIdentity<Api> for Typed<R> {
    fn schema(&self) -> &Schema {
        &self.schema.of::<R::Identity>(VERSION).schema
    }

    fn value_type(&self) -> &Type {
        &self.schema.of::<R::Identity>(VERSION).value_type
    }

    fn of_state(&self, state: &Dynamic) -> Dynamic {
        let identity = read_model::<R>(state).ok().flatten().and_then(|state| state.identity());
        self.whole::<Api>(identity).unwrap_or(Dynamic::Null)
    }

    fn check_unchanged(&self, before: &Dynamic, after: &Dynamic) -> Result<()> {
        if R::IS_MUTABLE || before.is_null() || after.is_null() || before == after {
            return Ok(());
        }
        Err(bug(format!("The identity of a {} changed, which it must not.", R::NAME)).into())
    }

    async fn import(&self, api: &Api, identity: &Dynamic, client: ClientCapabilities) -> StateAnswer {
        if let Some(attribute) = missing(&self.schema.of::<R::Identity>(VERSION).schema.attributes, identity) {
            return StateAnswer::nothing(missing_part(R::NAME, attribute).into());
        }
        let model = match read_model::<R::Identity>(identity) {
            Ok(Some(model)) => model,
            Ok(None) => return StateAnswer::nothing(bug("Terraform asked to import nothing.").into()),
            Err(misfit) => {
                let mut diagnostics = Diagnostics::new();
                report(misfit, &mut diagnostics);
                return StateAnswer::nothing(diagnostics);
            }
        };
        let mut ctx = importing(R::NAME, client);
        let result = guard("Import", R::NAME, R::import_by_identity(api, model, &mut ctx)).await;
        changed(ctx, result, Dynamic::Null)
    }

    fn upgrade(&self, version: i64, json: &[u8]) -> Result<Dynamic> {
        if version != VERSION {
            return Err(Diagnostic::error(
                "Unable to upgrade the resource identity",
                format!(
                    "The identity of this {} was stored at version {version}, and this version of the provider reads version \
                     {VERSION} only. Use the version of the provider that wrote it.",
                    R::NAME
                ),
            )
            .into());
        }
        let decoded = json::decode(json, &self.schema.of::<R::Identity>(VERSION).value_type, Undefined::Ignore);
        decoded.map_err(|error| {
            let misfit = crate::model::Misfit { path: error.path, problem: error.message };
            misfit_bug(&format!("A stored identity of {} could not be read", R::NAME), &misfit).into()
        })
    }
}

impl<R> Typed<R> {
    /// The identity as a value; `None` while part of it is missing or not known. A missing part names no object, and an unknown
    /// one hides Terraform's plan.
    pub(crate) fn whole<Api: Send + Sync + 'static>(&self, identity: Option<R::Identity>) -> Option<Dynamic>
    where
        R: Identified<Api>,
    {
        let identity = Dynamic::Map(identity?.into_object());
        let is_whole = identity.is_wholly_known()
            && missing(&self.schema.of::<R::Identity>(VERSION).schema.attributes, &identity).is_none();
        is_whole.then_some(identity)
    }
}

/// The first required attribute that an identity lacks. Terraform checks that it is there, and lets null and `""` through.
fn missing<'a>(attributes: &'a [Attribute], identity: &Dynamic) -> Option<&'a str> {
    let is_missing = |value: Option<&Dynamic>| value.is_none_or(|value| value.is_null() || value.as_str() == Some(""));
    let required = attributes.iter().filter(|attribute| attribute.presence() == Presence::Required);
    let values = identity.as_map();
    required.map(Attribute::name).find(|name| is_missing(values.and_then(|values| values.get(*name))))
}

fn missing_part(name: &str, attribute: &str) -> Diagnostic {
    Diagnostic::error(
        "Incomplete identity",
        format!("A {name} can't be imported by an identity whose `{attribute}` is null or empty. Give it a value."),
    )
    .at(Path::attribute(attribute))
}
