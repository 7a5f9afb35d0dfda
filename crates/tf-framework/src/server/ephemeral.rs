//! An ephemeral resource type behind one face, whatever its model.

use std::{collections::BTreeMap, marker::PhantomData, time::SystemTime};

use async_trait::async_trait;

use crate::{
    Result,
    context::reasons,
    diagnostics::{Diagnostic, Diagnostics},
    ephemeral::{EphemeralContext, EphemeralResource},
    log::guarded,
    model::Model,
    modify_plan::read_model,
    normal_form::normal_form,
    path::Path,
    private::Private,
    same::keep_same,
    schema::{Attribute, Nesting, Schema, Shape},
    server::{bug, lazy_schema::LazySchema, misfit_bug, panicked_leaving, resource::known},
    types::Type,
    validate::validate,
    value::Dynamic,
};

/// What opening came to; the result is null after an error.
pub(crate) struct OpenAnswer {
    pub(crate) result: Dynamic,
    pub(crate) renew_at: Option<SystemTime>,
    pub(crate) private: Private,
    pub(crate) diagnostics: Diagnostics,
}

/// What renewing came to.
pub(crate) struct RenewAnswer {
    pub(crate) renew_at: Option<SystemTime>,
    pub(crate) private: Private,
    pub(crate) diagnostics: Diagnostics,
}

#[async_trait]
pub(crate) trait AnyEphemeralResource<Api>: Send + Sync {
    fn name(&self) -> &'static str;
    fn schema(&self) -> &Schema;
    fn value_type(&self) -> &Type;
    fn validate(&self, config: &Dynamic) -> Diagnostics;
    async fn open(&self, api: &Api, config: Dynamic) -> OpenAnswer;
    async fn renew(&self, api: &Api, private: Private) -> RenewAnswer;
    async fn close(&self, api: &Api, private: Private) -> Diagnostics;
}

/// The face of `E`.
pub(crate) struct Typed<E> {
    model: PhantomData<fn() -> E>,
    schema: LazySchema,
}

impl<E: Model> Typed<E> {
    pub(crate) fn new(_: PhantomData<E>) -> Typed<E> {
        Typed { model: PhantomData, schema: LazySchema::default() }
    }
}

#[async_trait]
impl<Api: Send + Sync + 'static, E: EphemeralResource<Api>> AnyEphemeralResource<Api> for Typed<E> {
    fn name(&self) -> &'static str {
        E::NAME
    }

    fn schema(&self) -> &Schema {
        &self.schema.of::<E>(0).schema
    }

    fn value_type(&self) -> &Type {
        &self.schema.of::<E>(0).value_type
    }

    fn validate(&self, config: &Dynamic) -> Diagnostics {
        validate::<E>(self.schema.of::<E>(0).body(), config, E::validate)
    }

    async fn open(&self, api: &Api, config: Dynamic) -> OpenAnswer {
        let model = match configured::<E>(E::NAME, &config) {
            Ok(model) => model,
            Err(error) => return nothing(error.into()),
        };
        let mut ctx = EphemeralContext::new(Private::default());
        let opened = guard("Open", E::NAME, E::open(api, model, &mut ctx)).await;
        let mut diagnostics = std::mem::take(&mut ctx.diagnostics);
        let opened = match opened {
            Ok(opened) => opened,
            Err(errors) => {
                diagnostics.extend(errors);
                return nothing(diagnostics);
            }
        };
        let body = self.schema.of::<E>(0).body();
        let mut result = normal_form(body, known(E::NAME, opened, &mut diagnostics));
        keep_same(body, &config, &mut result);
        check_kept(E::NAME, body.attributes, &config, &result, &mut diagnostics);
        if !diagnostics.has_errors() {
            return OpenAnswer { result, renew_at: ctx.renew_at, private: ctx.private, diagnostics };
        }
        // Terraform closes nothing of which it heard that it failed to open.
        diagnostics.extend(AnyEphemeralResource::<Api>::close(self, api, ctx.private).await);
        nothing(diagnostics)
    }

    async fn renew(&self, api: &Api, private: Private) -> RenewAnswer {
        let mut ctx = EphemeralContext::new(private);
        let renewed = guard("Renew", E::NAME, E::renew(api, &mut ctx)).await;
        let renew_at = if renewed.is_ok() { ctx.renew_at } else { None };
        ctx.diagnostics.extend(renewed.err().unwrap_or_default());
        RenewAnswer { renew_at, private: ctx.private, diagnostics: ctx.diagnostics }
    }

    async fn close(&self, api: &Api, private: Private) -> Diagnostics {
        let mut ctx = EphemeralContext::new(private);
        let closed = guard("Close", E::NAME, E::close(api, &mut ctx)).await;
        ctx.diagnostics.extend(closed.err().unwrap_or_default());
        ctx.diagnostics
    }
}

/// The configuration as a model. Both programs open with a wholly known one only.
fn configured<E: Model>(name: &str, config: &Dynamic) -> Result<E, Diagnostic> {
    if !config.is_wholly_known() {
        return Err(bug_of_host(format!("Terraform asked to open a {name} before its configuration was known.")));
    }
    match read_model::<E>(config) {
        Ok(Some(model)) => Ok(model),
        Ok(None) => Err(bug_of_host(format!("Terraform asked to open a {name} without a configuration."))),
        Err(misfit) => Err(misfit_bug(&format!("A configuration of {name} could not be read"), &misfit)),
    }
}

fn bug_of_host(what: String) -> Diagnostic {
    Diagnostic::error("Unexpected request", format!("{what} This is a bug in Terraform or OpenTofu: please report it."))
}

fn nothing(diagnostics: Diagnostics) -> OpenAnswer {
    OpenAnswer { result: Dynamic::Null, renew_at: None, private: Private::default(), diagnostics }
}

/// Runs one operation; a panic becomes an error, and so does a failure without a word.
async fn guard<T>(verb: &str, name: &str, operation: impl Future<Output = Result<T>>) -> Result<T> {
    match guarded(operation).await {
        Ok(result) => result.map_err(reasons),
        Err(panic) => {
            let aftermath = "What was opened before the panic may still be open.";
            Err(panicked_leaving(&format!("{verb} of a {name}"), &panic, aftermath).into())
        }
    }
}

/// Terraform refuses a result that holds another value than the configuration does, and so does the framework for all programs.
fn check_kept(name: &str, attributes: &[Attribute], config: &Dynamic, result: &Dynamic, diagnostics: &mut Diagnostics) {
    let (Dynamic::Map(config), Dynamic::Map(result)) = (config, result) else { return };
    for path in changed(attributes, config, result, &Path::root()) {
        let text = format!("{name} was opened with another `{path}` than the configuration has.");
        diagnostics.push(bug(text).at(path));
    }
}

/// The attributes that were changed and may not: what is configured stays as it is, and what is not stays null unless it is
/// computed.
fn changed(
    attributes: &[Attribute],
    config: &BTreeMap<String, Dynamic>,
    result: &BTreeMap<String, Dynamic>,
    parent: &Path,
) -> Vec<Path> {
    let is_changed = |attribute: &Attribute| {
        let value = |values: &BTreeMap<String, Dynamic>| values.get(attribute.name()).cloned().unwrap_or_default();
        let (config, result) = (value(config), value(result));
        let path = parent.attr(attribute.name());
        match attribute.shape() {
            _ if config.is_null() && attribute.presence().is_computed() => Vec::new(),
            Shape::Nested(nesting, inner) => changed_inside(*nesting, inner, &config, &result, path),
            Shape::Plain(_) if config == result => Vec::new(),
            Shape::Plain(_) => vec![path],
        }
    };
    attributes.iter().flat_map(is_changed).collect()
}

fn changed_inside(
    nesting: Nesting,
    attributes: &[Attribute],
    config: &Dynamic,
    result: &Dynamic,
    path: Path,
) -> Vec<Path> {
    let object = |config: &Dynamic, result: &Dynamic, path: Path| match (config, result) {
        (Dynamic::Map(config), Dynamic::Map(result)) => changed(attributes, config, result, &path),
        (config, result) if config == result => Vec::new(),
        _ => vec![path],
    };
    match (nesting, config, result) {
        (Nesting::Single, config, result) => object(config, result, path),
        (Nesting::List, Dynamic::List(config), Dynamic::List(result)) if config.len() == result.len() => {
            let pairs = config.iter().zip(result).zip(0_i64..);
            pairs.flat_map(|((config, result), index)| object(config, result, path.index(index))).collect()
        }
        (Nesting::Map, Dynamic::Map(config), Dynamic::Map(result)) if config.keys().eq(result.keys()) => {
            let pairs = config.iter().zip(result.values());
            pairs.flat_map(|((key, config), result)| object(config, result, path.key(key))).collect()
        }
        (Nesting::Set, Dynamic::Set(config), Dynamic::Set(result)) if config.len() == result.len() => {
            let is_kept = |config| result.iter().any(|result| object(config, result, path.element()).is_empty());
            if config.iter().all(is_kept) { Vec::new() } else { vec![path] }
        }
        (_, config, result) if config == result => Vec::new(),
        _ => vec![path],
    }
}
