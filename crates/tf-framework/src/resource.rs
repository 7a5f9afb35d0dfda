//! A managed resource: what a provider writes for one kind of object.

use async_trait::async_trait;

use crate::{
    Result,
    context::Context,
    diagnostics::{Diagnostic, Diagnostics},
    model::Model,
    modify_plan::Plan,
};

/// One kind of object that Terraform creates, reads, updates and deletes. The struct that implements it is the state;
/// `Api` is what the provider's `configure` made.
///
/// The state that `create` and `update` return must hold what was planned wherever the plan knew a value, and no unknown.
#[async_trait]
pub trait Resource<Api: Send + Sync + 'static>: Model {
    /// The type's full name, such as `pangea_project`.
    const NAME: &'static str;

    /// Version of the stored state, 0 by default.
    const VERSION: i64 = 0;

    /// Whether [`modify_plan`](Resource::modify_plan) is called although the whole provider is
    /// [deferred](crate::Host::defer); `false` by default, and the plan is then what the configuration says.
    const PLANS_WHILE_DEFERRED: bool = false;

    /// Checks what no rule of a single attribute can. Values may be unknown. Nothing is asked of the service here.
    fn validate(_config: &Self, _diagnostics: &mut Diagnostics) {}

    /// Changes the plan, after the framework has made it: also called for a destroy. Must be a pure function of the plan
    /// but for its messages, since Terraform plans again before it applies and the two must agree. `api` is `None` only
    /// where the host planned without configuring the provider.
    fn modify_plan(_api: Option<&Api>, _plan: &mut Plan<Self>) {}

    /// Tells what only the service can tell of a change before it is made, such as a right that the login lacks: warnings, which
    /// change nothing. Called after [`modify_plan`](Resource::modify_plan) where something is to change and nothing is wrong, and
    /// again when Terraform plans anew before it applies.
    async fn review_plan(_api: &Api, _plan: &Plan<Self>) -> Diagnostics {
        Diagnostics::new()
    }

    /// Makes the object. Called once for each object, never again after an error: whatever was made before an error must
    /// have been told to [`Context::save`].
    ///
    /// # Errors
    /// What the person should read.
    async fn create(api: &Api, plan: Self, ctx: &mut Context<Self>) -> Result<Self>;

    /// Reads the object as it is; `None` when it is gone, and Terraform then plans to create it again.
    ///
    /// # Errors
    /// What the person should read. The stored state stays.
    async fn read(api: &Api, state: Self, ctx: &mut Context<Self>) -> Result<Option<Self>>;

    /// Changes the object in place from `prior` to `plan`.
    ///
    /// # Errors
    /// What the person should read. The prior state stays, or what was told to [`Context::save`].
    async fn update(api: &Api, prior: Self, plan: Self, ctx: &mut Context<Self>) -> Result<Self>;

    /// Deletes the object. One that is gone already is a success.
    ///
    /// # Errors
    /// What the person should read. The state stays, or what was told to [`Context::save`].
    async fn delete(api: &Api, state: Self, ctx: &mut Context<Self>) -> Result<()>;

    /// Makes a state out of an import id that is complete enough for `read`, which follows at once.
    ///
    /// # Errors
    /// What the person should read; by default, that the type can't be imported.
    async fn import(_api: &Api, _id: &str, _ctx: &mut Context<Self>) -> Result<Self> {
        Err(Diagnostic::error(
            "Import is not supported",
            format!(
                "A {} does not support import. Remove the import, and let Terraform create the object.",
                Self::NAME
            ),
        )
        .into())
    }

    /// Turns a state of an older [`VERSION`](Resource::VERSION) into one that this schema can read. The JSON is as Terraform
    /// stored it.
    ///
    /// # Errors
    /// What the person should read; by default, that there is no way from that version.
    fn upgrade(version: i64, _state: serde_json::Value) -> Result<serde_json::Value> {
        Err(Diagnostic::error(
            "Unable to upgrade the resource state",
            format!(
                "The state of this {} was written at schema version {version}, and this version of the provider reads \
                 version {} only. Use the version of the provider that wrote it, or remove the object from the state and \
                 import it again.",
                Self::NAME,
                Self::VERSION
            ),
        )
        .into())
    }
}
