//! Objects that a plan must not delete: deletion protection, and the client that the provider is logged in as.
//!
//! Only the prior state decides, so turning protection off is an apply of its own. Terraform shows a deletion in four ways:
//! as a destroy plan; as a plan that replaces; as a plan that looks like no change and is followed by a second one without a
//! prior state (`-replace`, `replace_triggered_by`), which is told by a mark in private state; and for a tainted object not
//! at all before the delete itself.

use tf_framework::{Diagnostic, Model, Plan};

/// Key of the mark that the first of two plans leaves for the second.
const REFUSED: &str = "deletion_refused";

/// Refuses a plan that deletes the object. `refusal` looks at the prior state and gives the error, or `None` where the
/// object may go.
pub fn check_plan<M: Model>(plan: &mut Plan<M>, refusal: impl FnOnce(&M) -> Option<Diagnostic>) {
    let Some(prior) = plan.prior() else {
        if let Some(mark) = plan.private().get(REFUSED).cloned() {
            let part = |name: &str| mark.get(name).and_then(|text| text.as_str()).unwrap_or_default().to_owned();
            plan.diagnostics().error(part("summary"), part("detail"));
        }
        return;
    };
    match refusal(prior) {
        Some(refused) if plan.is_destroy() || plan.is_replace() => plan.diagnostics().push(refused),
        Some(refused) => {
            let mark = [("summary", refused.summary), ("detail", refused.detail)];
            plan.private()
                .set(REFUSED, serde_json::Map::from_iter(mark.map(|(key, text)| (key.to_owned(), text.into()))));
        }
        None => plan.private().remove(REFUSED),
    }
}
