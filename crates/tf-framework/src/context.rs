//! What an operation is given beside its values: the configuration, private state, and ways to tell the person something.

use crate::{
    Result,
    deferral::{Deferral, DeferredReason},
    diagnostics::{Diagnostic, Diagnostics},
    model::Model,
    path::Path,
    private::Private,
};

/// Goes with every operation on a resource or data source.
#[derive(Debug)]
pub struct Context<M> {
    pub(crate) config: Option<M>,
    pub(crate) saved: Option<M>,
    pub(crate) private: Private,
    pub(crate) diagnostics: Diagnostics,
    pub(crate) deferral: Deferral,
}

impl<M: Model> Context<M> {
    pub(crate) fn new(config: Option<M>, private: Private) -> Context<M> {
        Context { config, saved: None, private, diagnostics: Diagnostics::new(), deferral: Deferral::default() }
    }

    pub(crate) fn deferrable(self, deferral: Deferral) -> Context<M> {
        Context { deferral, ..self }
    }

    /// The configuration as written, without defaults: there in create and update, `None` in every other operation. The only
    /// place where a write-only value can be read.
    pub fn config(&self) -> Option<&M> {
        self.config.as_ref()
    }

    /// Says what is true now. Call it whenever the service has been changed: if the operation fails afterwards, or panics,
    /// this is what Terraform stores, its unknown values as null. What an operation returns replaces what was saved.
    pub fn save(&mut self, state: M) {
        self.saved = Some(state);
    }

    /// Private state: the stored one in read, update and delete, empty in create and import. What it holds in the end is
    /// stored.
    pub fn private(&mut self) -> &mut Private {
        &mut self.private
    }

    /// Says that this read or import can't be done yet: what is returned may then hold unknowns, and Terraform asks again in
    /// a later plan. Needs Terraform 1.9 in a run that allows it, see [`may_defer`](Context::may_defer).
    ///
    /// # Errors
    /// Where the host doesn't allow it, and in create, update and delete, which can't wait: what the person should read. With
    /// `?` it ends the operation.
    pub fn defer(&mut self, reason: DeferredReason) -> Result<()> {
        self.deferral.defer(reason)
    }

    /// Whether the host takes it for an answer that this can't be done yet.
    pub fn may_defer(&self) -> bool {
        self.deferral.is_allowed()
    }

    /// Tells the person something without failing.
    pub fn warn(&mut self, summary: impl Into<String>, detail: impl Into<String>) {
        self.diagnostics.warn(summary, detail);
    }

    /// The same, pointing at an attribute.
    pub fn warn_at(&mut self, attribute: Path, summary: impl Into<String>, detail: impl Into<String>) {
        self.diagnostics.warn_at(attribute, summary, detail);
    }
}

/// The outcome of an operation, as the framework passes it on.
pub(crate) struct Outcome<T> {
    pub(crate) result: Option<T>,
    pub(crate) diagnostics: Diagnostics,
}

impl<M: Model> Context<M> {
    /// Takes the diagnostics out of the context and of a failed result, warnings first.
    pub(crate) fn outcome<T>(&mut self, result: Result<T>) -> Outcome<T> {
        let mut diagnostics = std::mem::take(&mut self.diagnostics);
        match result {
            Ok(value) => Outcome { result: Some(value), diagnostics },
            Err(errors) => {
                diagnostics.extend(reasons(errors));
                Outcome { result: None, diagnostics }
            }
        }
    }
}

/// The messages of a failed operation. One that failed without saying why would read as a success.
pub(crate) fn reasons(mut errors: Diagnostics) -> Diagnostics {
    if !errors.has_errors() {
        errors.push(Diagnostic::error(
            "The operation failed without a message",
            "The provider gave no reason. This is always a bug in the provider: please report it.",
        ));
    }
    errors
}
