//! An action type behind one face, whatever its model.

use std::marker::PhantomData;

use async_trait::async_trait;
use tokio::sync::mpsc::Sender;

use crate::{
    action::{Action, Progress},
    context::reasons,
    diagnostics::{Diagnostics, Severity},
    log::guarded,
    model::Model,
    modify_plan::read_model,
    schema::Schema,
    server::{block, bug, lazy_schema::LazySchema, misfit_bug, panicked_leaving},
    types::Type,
    validate::validate,
    value::Dynamic,
};

/// What goes to Terraform while an action runs. The completion is the last, and comes always.
#[derive(Debug)]
pub(crate) enum ActionEvent {
    Progress(String),
    Completed(Diagnostics),
}

#[async_trait]
pub(crate) trait AnyAction<Api>: Send + Sync {
    fn name(&self) -> &'static str;
    fn schema(&self) -> &Schema;
    fn value_type(&self) -> &Type;
    fn validate(&self, config: Dynamic) -> Diagnostics;
    async fn plan(&self, api: Option<&Api>, config: Dynamic) -> Diagnostics;
    /// Runs it and sends its progress; what it comes to is for the completion.
    async fn invoke(&self, api: &Api, config: Dynamic, events: Sender<ActionEvent>) -> Diagnostics;
}

/// The face of `A`.
pub(crate) struct Typed<A> {
    model: PhantomData<fn() -> A>,
    schema: LazySchema,
}

impl<A: Model> Typed<A> {
    pub(crate) fn new() -> Typed<A> {
        Typed { model: PhantomData, schema: LazySchema::default() }
    }
}

#[async_trait]
impl<Api: Send + Sync + 'static, A: Action<Api>> AnyAction<Api> for Typed<A> {
    fn name(&self) -> &'static str {
        A::NAME
    }

    fn schema(&self) -> &Schema {
        &self.schema.of::<A>(0).schema
    }

    fn value_type(&self) -> &Type {
        &self.schema.of::<A>(0).value_type
    }

    fn validate(&self, config: Dynamic) -> Diagnostics {
        validate::<A>(self.schema.of::<A>(0).body(), &block(config), A::validate)
    }

    async fn plan(&self, api: Option<&Api>, config: Dynamic) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        match configuration::<Api, A>(config) {
            Ok(config) => A::plan(api, &config, &mut diagnostics).await,
            Err(errors) => diagnostics.extend(errors),
        }
        diagnostics
    }

    async fn invoke(&self, api: &Api, config: Dynamic, events: Sender<ActionEvent>) -> Diagnostics {
        let config = match configuration::<Api, A>(config) {
            Ok(config) => config,
            Err(errors) => return errors,
        };
        let mut progress = Progress::new(events);
        let outcome = guarded(A::invoke(api, config, &mut progress)).await.unwrap_or_else(|panic| {
            let aftermath =
                "What it had done before the panic stays done: look at the service before you run it again.";
            Err(panicked_leaving(&format!("The action {}", A::NAME), &panic, aftermath).into())
        });
        let mut errors = Diagnostics::new();
        for diagnostic in outcome.err().map(reasons).into_iter().flatten() {
            match diagnostic.severity {
                Severity::Warning => progress.warn(diagnostic.summary, diagnostic.detail).await,
                Severity::Error => errors.push(diagnostic),
            }
        }
        let mut diagnostics = progress.warnings;
        diagnostics.extend(errors);
        diagnostics
    }
}

fn configuration<Api: Send + Sync + 'static, A: Action<Api>>(config: Dynamic) -> Result<A, Diagnostics> {
    let what = format!("A configuration of {} could not be read", A::NAME);
    match read_model::<A>(&block(config)) {
        Ok(Some(config)) => Ok(config),
        Ok(None) => Err(bug(format!("{what}: it is no block.")).into()),
        Err(misfit) => Err(misfit_bug(&what, &misfit).into()),
    }
}
