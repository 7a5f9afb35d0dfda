//! Deferral: what can't be done yet waits for a later plan, instead of failing.
//!
//! Terraform takes such an answer only where it says so with the request: in Stacks, and with the experimental
//! `plan -allow-deferral` of Terraform 1.9 and newer. OpenTofu never does. Everywhere else whoever defers fails with an error
//! that says what is waited for.

use crate::{Result, diagnostics::Diagnostic};

/// Why something can't be done yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeferredReason {
    /// Part of the object's own configuration is not known yet.
    ResourceConfigUnknown,
    /// Part of the provider's configuration is not known yet.
    ProviderConfigUnknown,
    /// Something else has to exist first.
    AbsentPrerequisite,
}

impl DeferredReason {
    fn sentence(self) -> &'static str {
        match self {
            DeferredReason::ResourceConfigUnknown => "part of its configuration is known only after an apply",
            DeferredReason::ProviderConfigUnknown => {
                "part of the provider's configuration is known only after an apply"
            }
            DeferredReason::AbsentPrerequisite => "something that it needs does not exist yet",
        }
    }
}

/// Whether an operation may be deferred, and whether it was.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deferral {
    allowed: bool,
    /// The operation and its object, for the error: "The read of a pangea_project".
    subject: String,
    reason: Option<DeferredReason>,
}

impl Deferral {
    pub(crate) fn of(subject: impl Into<String>, allowed: bool) -> Deferral {
        Deferral { allowed, subject: subject.into(), reason: None }
    }

    pub(crate) fn is_allowed(&self) -> bool {
        self.allowed
    }

    pub(crate) fn reason(&self) -> Option<DeferredReason> {
        self.reason
    }

    pub(crate) fn defer(&mut self, reason: DeferredReason) -> Result<()> {
        if !self.allowed {
            let subject = if self.subject.is_empty() { "This change" } else { &self.subject };
            return Err(not_allowed(subject, reason).into());
        }
        self.reason = Some(reason);
        Ok(())
    }
}

/// The error for what has to wait and may not.
pub(crate) fn not_allowed(subject: &str, reason: DeferredReason) -> Diagnostic {
    Diagnostic::error(
        "Not possible yet",
        format!(
            "{subject} has to wait, because {}, and Terraform did not allow the provider to put it off. Apply first what is \
             waited for, with `terraform apply -target=ADDRESS`; then run this again.",
            reason.sentence()
        ),
    )
}
