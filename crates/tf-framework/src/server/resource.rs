//! A resource type behind one face, whatever its model: values in and out are untyped here.

use std::{collections::BTreeSet, marker::PhantomData};

use async_trait::async_trait;

use crate::{
    Result,
    block::Body,
    capabilities::ClientCapabilities,
    context::{Context, Outcome},
    deferral::{Deferral, DeferredReason},
    diagnostics::{Diagnostic, Diagnostics},
    log::guarded,
    model::Model,
    modify_plan::{Plan, read_model},
    path::Path,
    plan::draft,
    private::Private,
    resource::Resource,
    same::keep_same,
    schema::Schema,
    server::{bug, lazy_schema::LazySchema, misfit_bug, panicked},
    types::Type,
    validate::{refuse_write_only, validate},
    value::Dynamic,
    wire::json::{self, Undefined},
};

/// What Terraform asks to plan. Null stands for "no object".
pub(crate) struct PlanRequest {
    pub(crate) prior: Dynamic,
    pub(crate) config: Dynamic,
    pub(crate) proposed: Dynamic,
    pub(crate) prior_private: Private,
    /// What the first plan of this change stored, where the host sends it with the second.
    pub(crate) planned_private: Option<Private>,
    pub(crate) client: ClientCapabilities,
}

pub(crate) struct PlanAnswer {
    pub(crate) planned: Dynamic,
    pub(crate) replace: BTreeSet<Path>,
    pub(crate) private: Private,
    pub(crate) diagnostics: Diagnostics,
    pub(crate) deferred: Option<DeferredReason>,
}

/// What Terraform asks to apply. A null plan is a delete, a null prior state a create.
pub(crate) struct ApplyRequest {
    pub(crate) prior: Dynamic,
    pub(crate) planned: Dynamic,
    pub(crate) config: Dynamic,
    pub(crate) planned_private: Private,
}

/// The state after an operation; null when there is no object.
pub(crate) struct StateAnswer {
    pub(crate) state: Dynamic,
    pub(crate) private: Private,
    pub(crate) diagnostics: Diagnostics,
    pub(crate) deferred: Option<DeferredReason>,
}

impl StateAnswer {
    pub(crate) fn nothing(diagnostics: Diagnostics) -> StateAnswer {
        StateAnswer::of(Dynamic::Null, Private::default(), diagnostics)
    }

    fn of(state: Dynamic, private: Private, diagnostics: Diagnostics) -> StateAnswer {
        StateAnswer { state, private, diagnostics, deferred: None }
    }

    /// What means the same as in the plan, or in the state before, is answered as it was written there.
    fn in_the_words_of(mut self, body: Body<'_>, before: &Dynamic) -> StateAnswer {
        keep_same(body, before, &mut self.state);
        self
    }
}

#[async_trait]
pub(crate) trait AnyResource<Api>: Send + Sync {
    fn name(&self) -> &'static str;
    fn schema(&self) -> &Schema;
    fn value_type(&self) -> &Type;
    fn validate(&self, config: &Dynamic, capabilities: ClientCapabilities) -> Diagnostics;
    async fn plan(&self, api: Option<&Api>, request: PlanRequest) -> PlanAnswer;
    fn plans_while_deferred(&self) -> bool;
    async fn apply(&self, api: &Api, request: ApplyRequest) -> StateAnswer;
    async fn read(&self, api: &Api, state: Dynamic, private: Private, client: ClientCapabilities) -> StateAnswer;
    async fn import(&self, api: &Api, id: &str, client: ClientCapabilities) -> StateAnswer;
    fn upgrade(&self, version: i64, json: &[u8]) -> Result<Dynamic>;
}

/// The face of `R`.
pub(crate) struct Typed<R> {
    model: PhantomData<fn() -> R>,
    schema: LazySchema,
}

impl<R> Typed<R> {
    pub(crate) fn new(_: PhantomData<R>) -> Typed<R> {
        Typed { model: PhantomData, schema: LazySchema::default() }
    }
}

impl<R: Model> Typed<R> {
    /// The error for a host that takes a computed block for an ordinary one: what the provider puts there would be an invalid
    /// plan to it.
    fn computed_blocks_error<Api: Send + Sync + 'static>(&self, capabilities: ClientCapabilities) -> Option<Diagnostic>
    where
        R: Resource<Api>,
    {
        let block = AnyResource::<Api>::schema(self).body().computed_block();
        let block = block.filter(|_| !capabilities.computed_blocks_allowed)?;
        Some(Diagnostic::error(
            "Computed blocks not allowed",
            format!(
                "The provider may add `{}` blocks to a {}, which only Terraform 1.16 and newer let it do. Use one of these, or \
                 remove the resource.",
                block.name(),
                R::NAME
            ),
        ))
    }
}

#[async_trait]
impl<Api: Send + Sync + 'static, R: Resource<Api>> AnyResource<Api> for Typed<R> {
    fn name(&self) -> &'static str {
        R::NAME
    }

    fn schema(&self) -> &Schema {
        &self.schema.of::<R>(R::VERSION).schema
    }

    fn value_type(&self) -> &Type {
        &self.schema.of::<R>(R::VERSION).value_type
    }

    fn validate(&self, config: &Dynamic, capabilities: ClientCapabilities) -> Diagnostics {
        let body = AnyResource::<Api>::schema(self).body();
        let mut diagnostics = validate::<R>(body, config, R::validate);
        if !capabilities.write_only_attributes_allowed {
            refuse_write_only(body, config, &mut diagnostics);
        }
        if let Some(error) = self.computed_blocks_error::<Api>(capabilities) {
            diagnostics.push(error);
        }
        diagnostics
    }

    async fn plan(&self, api: Option<&Api>, request: PlanRequest) -> PlanAnswer {
        let PlanRequest { prior, config, proposed, prior_private, planned_private, client } = request;
        let destroys = proposed.is_null();
        let draft = draft(AnyResource::<Api>::schema(self).body(), &prior, &config, proposed);
        let models = read_model::<R>(&prior).and_then(|prior| Ok((prior, read_model::<R>(&config)?)));
        let (prior, config) = match models {
            Ok(models) => models,
            Err(misfit) => {
                let diagnostics = misfit_bug(&format!("A state of {} could not be read", R::NAME), &misfit).into();
                return PlanAnswer {
                    planned: draft.planned,
                    replace: draft.replace,
                    private: prior_private,
                    diagnostics,
                    deferred: None,
                };
            }
        };
        let mut plan = Plan::new(prior, config, draft, prior_private, planned_private);
        plan.deferral = Deferral::of(format!("The plan of a {}", R::NAME), client.deferral_allowed);
        R::modify_plan(api, &mut plan);
        if let Some(error) = self.computed_blocks_error::<Api>(client).filter(|_| !destroys) {
            plan.diagnostics.push(error);
        }
        if destroys && !plan.planned.is_null() {
            plan.diagnostics.push(bug(format!("{} planned a value for an object to be destroyed.", R::NAME)));
        }
        if let (Some(api), true, false) = (api, plan.is_change(), plan.diagnostics.has_errors()) {
            let review = R::review_plan(api, &plan).await;
            plan.diagnostics.extend(review);
        }
        let deferred = plan.deferral.reason().filter(|_| !plan.diagnostics.has_errors());
        PlanAnswer {
            planned: plan.planned,
            replace: plan.replace,
            private: plan.private,
            diagnostics: plan.diagnostics,
            deferred,
        }
    }

    fn plans_while_deferred(&self) -> bool {
        R::PLANS_WHILE_DEFERRED
    }

    async fn apply(&self, api: &Api, request: ApplyRequest) -> StateAnswer {
        let ApplyRequest { prior, planned, config, planned_private } = request;
        let body = AnyResource::<Api>::schema(self).body();
        let models = read_model::<R>(&prior)
            .and_then(|prior| Ok((prior, read_model::<R>(&planned)?, read_model::<R>(&config)?)));
        let (before, after, config) = match models {
            Ok(models) => models,
            Err(misfit) => {
                let diagnostics = misfit_bug(&format!("A plan of {} could not be read", R::NAME), &misfit).into();
                return StateAnswer::of(prior, planned_private, diagnostics);
            }
        };
        match (before, after) {
            (None, None) => StateAnswer::nothing(bug("Terraform asked to change nothing into nothing.").into()),
            (None, Some(plan)) => {
                let mut ctx = Context::new(config, Private::default());
                let result = guard("Create", R::NAME, R::create(api, plan, &mut ctx)).await;
                changed(ctx, result, prior).in_the_words_of(body, &planned)
            }
            (Some(before), Some(plan)) => {
                let mut ctx = Context::new(config, planned_private);
                let result = guard("Update", R::NAME, R::update(api, before, plan, &mut ctx)).await;
                changed(ctx, result, prior).in_the_words_of(body, &planned)
            }
            (Some(before), None) => {
                let mut ctx = Context::new(None, planned_private);
                let result = guard("Delete", R::NAME, R::delete(api, before, &mut ctx)).await;
                deleted(ctx, result, prior)
            }
        }
    }

    async fn read(&self, api: &Api, state: Dynamic, private: Private, client: ClientCapabilities) -> StateAnswer {
        let model = match read_model::<R>(&state) {
            Ok(Some(model)) => model,
            Ok(None) => return StateAnswer::of(Dynamic::Null, private, Diagnostics::new()),
            Err(misfit) => {
                let diagnostics = misfit_bug(&format!("A state of {} could not be read", R::NAME), &misfit).into();
                return StateAnswer::of(state, private, diagnostics);
            }
        };
        let deferral = Deferral::of(format!("The read of a {}", R::NAME), client.deferral_allowed);
        let mut ctx = Context::new(None, private.clone()).deferrable(deferral);
        let result = guard("Read", R::NAME, R::read(api, model, &mut ctx)).await;
        let Outcome { result, mut diagnostics } = ctx.outcome(result);
        match result {
            Some(Some(model)) => {
                let found = known_unless_deferred(R::NAME, model, &ctx.deferral, &mut diagnostics);
                StateAnswer { state: found, private: ctx.private, diagnostics, deferred: ctx.deferral.reason() }
                    .in_the_words_of(AnyResource::<Api>::schema(self).body(), &state)
            }
            Some(None) => StateAnswer { deferred: ctx.deferral.reason(), ..StateAnswer::nothing(diagnostics) },
            // What couldn't be read is still there as far as anyone knows.
            None => StateAnswer::of(state, private, diagnostics),
        }
    }

    async fn import(&self, api: &Api, id: &str, client: ClientCapabilities) -> StateAnswer {
        let mut ctx = importing(R::NAME, client);
        let result = guard("Import", R::NAME, R::import(api, id, &mut ctx)).await;
        changed(ctx, result, Dynamic::Null)
    }

    fn upgrade(&self, version: i64, json: &[u8]) -> Result<Dynamic> {
        let ty = AnyResource::<Api>::value_type(self);
        let unreadable = |problem: String| {
            Diagnostic::error(
                "Unable to read the stored state",
                format!(
                    "The stored state of a {} at schema version {version} can't be read: {problem}. The state file may \
                     have been edited by hand, or written by another provider. Restore it from a backup, or remove the \
                     object from the state and import it again.",
                    R::NAME
                ),
            )
        };
        let decode = |json: &[u8]| {
            json::decode(json, ty, Undefined::Ignore).map_err(|error| unreadable(error.to_string()).into())
        };
        if version == R::VERSION {
            return decode(json);
        }
        let stored = serde_json::from_slice(json).map_err(|error| unreadable(error.to_string()))?;
        decode(R::upgrade(version, stored)?.to_string().as_bytes())
    }
}

/// Runs one operation; a panic becomes an error, and what the context was told survives.
pub(crate) async fn guard<T>(verb: &str, name: &str, operation: impl Future<Output = Result<T>>) -> Result<T> {
    match guarded(operation).await {
        Ok(result) => result,
        Err(panic) => Err(panicked(&format!("{verb} of a {name}"), &panic).into()),
    }
}

/// The context of an import, by id or by identity.
pub(crate) fn importing<R: Model>(name: &str, client: ClientCapabilities) -> Context<R> {
    let deferral = Deferral::of(format!("The import of a {name}"), client.deferral_allowed);
    Context::new(None, Private::default()).deferrable(deferral)
}

/// The answer to a create, an update or an import. After an error: what was saved, else `fallback`, the state before.
pub(crate) fn changed<R: Model>(mut ctx: Context<R>, result: Result<R>, fallback: Dynamic) -> StateAnswer {
    let Outcome { result, mut diagnostics } = ctx.outcome(result);
    let state = match (result, ctx.saved.take()) {
        (Some(model), _) => known_unless_deferred("The object", model, &ctx.deferral, &mut diagnostics),
        // Terraform adds one error for each unknown of a failed operation, which would bury the real one.
        (None, Some(saved)) => Dynamic::Map(saved.into_object()).unknowns_to_null(),
        (None, None) => fallback,
    };
    let deferred = ctx.deferral.reason().filter(|_| !diagnostics.has_errors());
    StateAnswer { state, private: ctx.private, diagnostics, deferred }
}

fn deleted<R: Model>(mut ctx: Context<R>, result: Result<()>, prior: Dynamic) -> StateAnswer {
    let Outcome { result, diagnostics } = ctx.outcome(result);
    match (result, ctx.saved.take()) {
        (Some(()), _) => StateAnswer::nothing(diagnostics),
        (None, saved) => {
            let state = saved.map_or(prior, |saved| Dynamic::Map(saved.into_object()).unknowns_to_null());
            StateAnswer::of(state, ctx.private, diagnostics)
        }
    }
}

/// The state of an operation that may be deferred, and may then hold unknowns.
pub(crate) fn known_unless_deferred<M: Model>(
    what: &str,
    model: M,
    deferral: &Deferral,
    diagnostics: &mut Diagnostics,
) -> Dynamic {
    match deferral.reason() {
        Some(_) => Dynamic::Map(model.into_object()),
        None => known(what, model, diagnostics),
    }
}

/// A finished state must not hold an unknown: Terraform would refuse it, and OpenTofu could lose the object.
pub(crate) fn known<M: Model>(what: &str, model: M, diagnostics: &mut Diagnostics) -> Dynamic {
    let state = Dynamic::Map(model.into_object());
    if state.is_wholly_known() {
        return state;
    }
    if let Dynamic::Map(attributes) = &state {
        for (name, _) in attributes.iter().filter(|(_, value)| !value.is_wholly_known()) {
            let text = format!("{what} was answered with `{name}` still unknown.");
            diagnostics.push(bug(text).at(Path::attribute(name.as_str())));
        }
    }
    state.unknowns_to_null()
}
