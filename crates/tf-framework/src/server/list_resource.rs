//! A list resource type behind one face, whatever its model.

use std::marker::PhantomData;

use async_trait::async_trait;
use tokio::sync::mpsc::Sender;

use crate::{
    diagnostics::{Diagnostic, Diagnostics},
    list_resource::{ListResource, Results},
    log::guarded,
    model::Model,
    modify_plan::read_model,
    resource::Resource,
    schema::Schema,
    server::{block, lazy_schema::LazySchema, misfit_bug, panicked_leaving},
    stop::StopSignal,
    types::Type,
    validate::validate,
    value::Dynamic,
};

/// What Terraform asks to list.
pub(crate) struct ListRequest {
    pub(crate) config: Dynamic,
    /// How many results are wanted; all there are without one.
    pub(crate) limit: Option<u64>,
    pub(crate) wants_resource: bool,
}

/// What goes to Terraform while a listing runs.
pub(crate) enum ListEvent {
    Found(Listed),
    /// Messages without an object. An error among them is the end of the listing.
    Said(Diagnostics),
    /// The end of the listing, though the provider may not have come to it.
    Enough,
}

/// One object. The identity is wholly known, and so is the resource.
pub(crate) struct Listed {
    pub(crate) display_name: String,
    pub(crate) identity: Dynamic,
    pub(crate) resource: Option<Dynamic>,
    pub(crate) warnings: Diagnostics,
}

#[async_trait]
pub(crate) trait AnyListResource<Api>: Send + Sync {
    fn name(&self) -> &'static str;
    fn schema(&self) -> &Schema;
    fn value_type(&self) -> &Type;
    fn validate(&self, config: Dynamic) -> Diagnostics;
    /// Sends what it finds, and an error last if there is one. Whoever takes the events drops this future when they end.
    async fn list(&self, api: &Api, request: ListRequest, stop: StopSignal, events: Sender<ListEvent>);
}

/// The face of `L`.
pub(crate) struct Typed<L> {
    model: PhantomData<fn() -> L>,
    schema: LazySchema,
}

impl<L: Model> Typed<L> {
    pub(crate) fn new() -> Typed<L> {
        Typed { model: PhantomData, schema: LazySchema::default() }
    }
}

#[async_trait]
impl<Api: Send + Sync + 'static, L: ListResource<Api>> AnyListResource<Api> for Typed<L> {
    fn name(&self) -> &'static str {
        L::Resource::NAME
    }

    fn schema(&self) -> &Schema {
        &self.schema.of::<L>(0).schema
    }

    fn value_type(&self) -> &Type {
        &self.schema.of::<L>(0).value_type
    }

    fn validate(&self, config: Dynamic) -> Diagnostics {
        validate::<L>(self.schema.of::<L>(0).body(), &block(config), L::validate)
    }

    async fn list(&self, api: &Api, request: ListRequest, mut stop: StopSignal, events: Sender<ListEvent>) {
        let mut results = Results::<Api, L::Resource>::new(&request, events);
        let name = L::Resource::NAME;
        let config = match read_model::<L>(&block(request.config)) {
            Ok(Some(config)) => config,
            Ok(None) => return,
            Err(misfit) => {
                let error = misfit_bug(&format!("The configuration of a list of {name} could not be read"), &misfit);
                return results.end(Err(error.into())).await;
            }
        };
        let outcome = tokio::select! {
            outcome = guarded(L::list(api, config, &mut results)) => outcome.unwrap_or_else(|panic| {
                Err(panicked_leaving(&format!("Listing {name}"), &panic, "Nothing was changed.").into())
            }),
            () = stop.stopped_anew() => Err(interrupted(name).into()),
        };
        results.end(outcome).await;
    }
}

/// Results that ended here without a word would read as all there are.
fn interrupted(name: &str) -> Diagnostic {
    Diagnostic::error(
        "The listing was interrupted",
        format!(
            "Terraform asked the provider to stop before all of {name} were listed. Run the query again to see them all."
        ),
    )
}
