//! A plan as a resource may look at it and change it.

use std::collections::BTreeSet;

use crate::{
    deferral::{Deferral, DeferredReason},
    diagnostics::Diagnostics,
    model::{AttributeValue, Misfit, Model, Object},
    path::Path,
    plan::Draft,
    private::Private,
    value::Dynamic,
};

/// A planned change: of what, to what, and whether it replaces the object.
#[derive(Debug)]
pub struct Plan<M> {
    prior: Option<M>,
    config: Option<M>,
    pub(crate) planned: Dynamic,
    pub(crate) replace: BTreeSet<Path>,
    pub(crate) private: Private,
    planned_private: Option<Private>,
    pub(crate) diagnostics: Diagnostics,
    pub(crate) deferral: Deferral,
}

impl<M: Model> Plan<M> {
    pub(crate) fn new(
        prior: Option<M>,
        config: Option<M>,
        draft: Draft,
        private: Private,
        planned_private: Option<Private>,
    ) -> Plan<M> {
        let Draft { planned, replace } = draft;
        Plan {
            prior,
            config,
            planned,
            replace,
            private,
            planned_private,
            diagnostics: Diagnostics::new(),
            deferral: Deferral::default(),
        }
    }

    /// The state before; `None` for a create, the second half of a replacement, and a tainted object.
    pub fn prior(&self) -> Option<&M> {
        self.prior.as_ref()
    }

    /// The configuration; `None` for a destroy.
    pub fn config(&self) -> Option<&M> {
        self.config.as_ref()
    }

    /// The state after, as planned so far; `None` for a destroy.
    ///
    /// # Errors
    /// [`Misfit`] when a planned value doesn't fit its field.
    pub fn planned(&self) -> std::result::Result<Option<M>, Misfit> {
        read_model(&self.planned)
    }

    /// Whether the object is to be destroyed.
    pub fn is_destroy(&self) -> bool {
        self.planned.is_null()
    }

    /// Whether something is to change.
    pub fn is_change(&self) -> bool {
        match (&self.prior, &self.planned) {
            (Some(prior), planned) => Dynamic::Map(prior.clone().into_object()) != *planned,
            (None, planned) => !planned.is_null(),
        }
    }

    /// Whether the object is to be replaced, as this plan says: another reason (`-replace`, a tainted object) isn't known
    /// here.
    pub fn is_replace(&self) -> bool {
        !self.replace.is_empty()
    }

    /// Plans a value. Terraform accepts one only for a computed attribute that the configuration leaves null.
    pub fn set<V: AttributeValue>(&mut self, attribute: &str, value: V) {
        if let Dynamic::Map(planned) = &mut self.planned {
            planned.insert(attribute.to_owned(), value.into_dynamic());
        }
    }

    /// Plans a value that is known only after the change.
    pub fn set_unknown(&mut self, attribute: &str) {
        if let Dynamic::Map(planned) = &mut self.planned {
            planned.insert(attribute.to_owned(), Dynamic::Unknown);
        }
    }

    /// Replaces the object because of this attribute. Terraform ignores it where the attribute doesn't change.
    pub fn replace(&mut self, attribute: &str) {
        self.replace.insert(Path::attribute(attribute));
    }

    /// Says that this can't be planned yet: Terraform then shows the change as deferred, and plans it again in a later run.
    /// Where the host doesn't allow that (see [`may_defer`](Plan::may_defer)), it becomes an error of the plan.
    pub fn defer(&mut self, reason: DeferredReason) {
        if let Err(errors) = self.deferral.defer(reason) {
            self.diagnostics.extend(errors);
        }
    }

    /// Whether the host takes it for an answer that this can't be planned yet: Terraform 1.9, in a run that allows it.
    pub fn may_defer(&self) -> bool {
        self.deferral.is_allowed()
    }

    /// Private state as stored with the object, in the first plan of a change and in the one at apply alike; what it holds in
    /// the end goes to the apply. It is empty for a create, and in the second half of a replacement it is what the first half
    /// left.
    pub fn private(&mut self) -> &mut Private {
        &mut self.private
    }

    /// What the first plan of this change left in [`private`](Plan::private), when Terraform plans again before it applies.
    /// `None` in the first plan, and with every host before Terraform 1.16: those forget it.
    ///
    /// The two plans must agree with and without it, so it can save work, such as a decision that is dear to take twice, and
    /// must not change what is planned.
    pub fn planned_private(&self) -> Option<&Private> {
        self.planned_private.as_ref()
    }

    /// Messages of the plan. An error stops Terraform before anything is changed.
    pub fn diagnostics(&mut self) -> &mut Diagnostics {
        &mut self.diagnostics
    }
}

/// Reads a whole state, plan or configuration; null is `None`.
pub(crate) fn read_model<M: Model>(value: &Dynamic) -> std::result::Result<Option<M>, Misfit> {
    match value {
        Dynamic::Map(attributes) => M::from_object(Object::new(attributes.clone(), Path::root())).map(Some),
        // A whole value that is unknown has no attribute that is known.
        Dynamic::Unknown => {
            let attributes = M::attributes().into_iter().map(|attribute| attribute.name().to_owned());
            let names = attributes.chain(M::blocks().into_iter().map(|block| block.name().to_owned()));
            let unknown = names.map(|name| (name, Dynamic::Unknown)).collect();
            M::from_object(Object::new(unknown, Path::root())).map(Some)
        }
        _ => Ok(None),
    }
}
