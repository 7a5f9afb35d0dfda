//! An action: something that Terraform has done, without an object that it manages.

use async_trait::async_trait;
use tokio::sync::mpsc::Sender;

use crate::{
    Result,
    diagnostics::{Diagnostic, Diagnostics},
    model::Model,
    server::action::{ActionEvent, AnyAction, Typed},
};

/// One kind of thing that can be done: a reboot, an invalidation of a cache. A resource triggers it before or after it is created
/// or updated (from Terraform 1.16 destroyed too), and `terraform apply -invoke=action.TYPE.NAME` runs it alone. The struct that
/// implements it is the `config` block of an `action` block. Needs Terraform 1.14; OpenTofu has nothing like it and never asks.
///
/// ```
/// use tf_framework::{Action, Diagnostic, Model, Progress, Result, Value, async_trait};
///
/// /// What `configure` made.
/// struct Bell;
///
/// /// Rings the bell.
/// #[derive(Clone, Model)]
/// struct Ring {
///     /// How often, once by default.
///     #[attr(optional, between(1..=10))]
///     times: Value<i64>,
/// }
///
/// #[async_trait]
/// impl Action<Bell> for Ring {
///     const NAME: &'static str = "tower_ring";
///
///     async fn invoke(_bell: &Bell, config: Ring, progress: &mut Progress) -> Result<()> {
///         for stroke in 1..=config.times.or(1) {
///             progress.say(format!("stroke {stroke}")).await;
///         }
///         Ok(())
///     }
/// }
/// ```
#[async_trait]
pub trait Action<Api: Send + Sync + 'static>: Model {
    /// The type's full name, such as `pangea_rotate`.
    const NAME: &'static str;

    /// Checks what no rule of a single attribute can. Values may be unknown. Nothing is asked of the service here.
    fn validate(_config: &Self, _diagnostics: &mut Diagnostics) {}

    /// Says during the plan what would keep the action from running, before anything is changed. Values may be unknown, and nothing
    /// may be done here. `api` is `None` only where the host planned without configuring the provider. Does nothing by default.
    async fn plan(_api: Option<&Api>, _config: &Self, _diagnostics: &mut Diagnostics) {}

    /// Does it. The configuration is wholly known, write-only attributes included.
    ///
    /// It runs to its end, though the person pressed Ctrl-C or Terraform hung up: nothing is left half done. An action that takes long
    /// and may be broken off looks at [`Host::stop`](crate::Host::stop), which `configure` got. What ends it all the same is the end
    /// of the process, when the person presses Ctrl-C again.
    ///
    /// # Errors
    /// What the person should read. A resource that was created before the action stays as it is; one that was to be created or
    /// changed after it is left alone.
    async fn invoke(api: &Api, config: Self, progress: &mut Progress) -> Result<()>;
}

/// Tells the person how far an [`Action`] has come.
#[derive(Debug)]
pub struct Progress {
    events: Sender<ActionEvent>,
    pub(crate) warnings: Diagnostics,
}

impl Progress {
    /// Shows a line at once, such as `3 of 7 nodes are up`.
    pub async fn say(&mut self, message: impl Into<String> + Send) {
        // Without anyone to read it, the action goes on all the same.
        let _ = self.events.send(ActionEvent::Progress(message.into())).await;
    }

    /// Tells the person something without failing. Terraform drops the warnings of a finished action, so this is shown as progress,
    /// at once.
    pub async fn warn(&mut self, summary: impl Into<String> + Send, detail: impl Into<String> + Send) {
        let warning = Diagnostic::warning(summary, detail);
        self.say(format!("Warning: {}: {}", warning.summary, warning.detail)).await;
        self.warnings.push(warning);
    }
}

impl Progress {
    pub(crate) fn new(events: Sender<ActionEvent>) -> Progress {
        Progress { events, warnings: Diagnostics::new() }
    }
}

/// An action in the provider's list.
pub struct ActionType<Api>(pub(crate) Box<dyn AnyAction<Api>>);

impl<Api: Send + Sync + 'static> ActionType<Api> {
    /// The list entry of `A`.
    pub fn of<A: Action<Api>>() -> ActionType<Api> {
        ActionType(Box::new(Typed::<A>::new()))
    }

    /// The type's full name.
    pub fn name(&self) -> &'static str {
        self.0.name()
    }
}
