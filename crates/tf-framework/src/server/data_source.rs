//! A data source type behind one face, whatever its model.

use std::marker::PhantomData;

use async_trait::async_trait;

use crate::{
    capabilities::ClientCapabilities,
    context::{Context, Outcome},
    data_source::DataSource,
    deferral::Deferral,
    diagnostics::Diagnostics,
    log::guarded,
    model::Model,
    modify_plan::read_model,
    normal_form::normal_form,
    private::Private,
    same::keep_same,
    schema::Schema,
    server::{
        lazy_schema::LazySchema,
        misfit_bug, panicked,
        resource::{StateAnswer, known_unless_deferred},
    },
    types::Type,
    validate::validate,
    value::Dynamic,
};

#[async_trait]
pub(crate) trait AnyDataSource<Api>: Send + Sync {
    fn name(&self) -> &'static str;
    fn schema(&self) -> &Schema;
    fn value_type(&self) -> &Type;
    fn validate(&self, config: &Dynamic) -> Diagnostics;
    /// The state is null after an error.
    async fn read(&self, api: &Api, config: Dynamic, client: ClientCapabilities) -> StateAnswer;
}

/// The face of `D`.
pub(crate) struct Typed<D> {
    model: PhantomData<fn() -> D>,
    schema: LazySchema,
}

impl<D: Model> Typed<D> {
    pub(crate) fn new(_: PhantomData<D>) -> Typed<D> {
        Typed { model: PhantomData, schema: LazySchema::default() }
    }
}

#[async_trait]
impl<Api: Send + Sync + 'static, D: DataSource<Api>> AnyDataSource<Api> for Typed<D> {
    fn name(&self) -> &'static str {
        D::NAME
    }

    fn schema(&self) -> &Schema {
        &self.schema.of::<D>(0).schema
    }

    fn value_type(&self) -> &Type {
        &self.schema.of::<D>(0).value_type
    }

    fn validate(&self, config: &Dynamic) -> Diagnostics {
        validate::<D>(self.schema.of::<D>(0).body(), config, D::validate)
    }

    async fn read(&self, api: &Api, config: Dynamic, client: ClientCapabilities) -> StateAnswer {
        let model = match read_model::<D>(&config) {
            Ok(Some(model)) => model,
            Ok(None) => return StateAnswer::nothing(Diagnostics::new()),
            Err(misfit) => {
                let error = misfit_bug(&format!("A configuration of {} could not be read", D::NAME), &misfit);
                return StateAnswer::nothing(error.into());
            }
        };
        let deferral = Deferral::of(format!("The read of a {}", D::NAME), client.deferral_allowed);
        let mut ctx = Context::new(Some(model.clone()), Private::default()).deferrable(deferral);
        let result = match guarded(D::read(api, model, &mut ctx)).await {
            Ok(result) => result,
            Err(panic) => Err(panicked(&format!("Read of a {}", D::NAME), &panic).into()),
        };
        let Outcome { result, mut diagnostics } = ctx.outcome(result);
        let answered = |model| known_unless_deferred(D::NAME, model, &ctx.deferral, &mut diagnostics);
        let mut state = result.map_or(Dynamic::Null, answered);
        keep_same(self.schema.of::<D>(0).body(), &config, &mut state);
        let state = normal_form(self.schema.of::<D>(0).body(), state);
        StateAnswer { state, private: Private::default(), diagnostics, deferred: ctx.deferral.reason() }
    }
}
