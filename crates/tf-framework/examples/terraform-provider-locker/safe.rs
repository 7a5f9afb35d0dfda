//! A resource with a write-only attribute: the place where the value of an ephemeral resource may go.

use tf_framework::{Context, Model, Resource, Result, Value, async_trait};

use crate::{lease::is_name, lockers::Lockers};

/// A safe that opens to a code.
#[derive(Clone, Model)]
pub(crate) struct Safe {
    /// The safe: lowercase letters, digits and hyphens.
    #[attr(required, must("hold only lowercase letters, digits and hyphens", is_name), replace_on_change)]
    name: Value<String>,
    /// Its code, which stands in no plan and no state.
    #[attr(required, write_only, versioned_by("code_wo_version"))]
    code_wo: Value<String>,
    /// Any number; a new one says that `code_wo` has a new value.
    #[attr(required)]
    code_wo_version: Value<i64>,
}

#[async_trait]
impl Resource<Lockers> for Safe {
    const NAME: &'static str = "locker_safe";

    async fn create(lockers: &Lockers, plan: Safe, ctx: &mut Context<Safe>) -> Result<Safe> {
        set(lockers, &plan, ctx)?;
        Ok(plan)
    }

    async fn read(lockers: &Lockers, state: Safe, _: &mut Context<Safe>) -> Result<Option<Safe>> {
        Ok(lockers.has_safe(state.name.as_deref().unwrap_or_default())?.then_some(state))
    }

    async fn update(lockers: &Lockers, _: Safe, plan: Safe, ctx: &mut Context<Safe>) -> Result<Safe> {
        set(lockers, &plan, ctx)?;
        Ok(plan)
    }

    async fn delete(lockers: &Lockers, state: Safe, _: &mut Context<Safe>) -> Result<()> {
        lockers.set_safe(state.name.as_deref().unwrap_or_default(), None)
    }
}

/// The code stands in the configuration alone: the plan has null in its place.
fn set(lockers: &Lockers, plan: &Safe, ctx: &Context<Safe>) -> Result<()> {
    let code = ctx.config().and_then(|config| config.code_wo.as_deref());
    lockers.set_safe(plan.name.as_deref().unwrap_or_default(), code)
}
