//! Objects that a read does not find: gone, or only out of sight.

use tf_framework::{Context, Diagnostic, Model, Result};

use crate::{
    diagnose::{Attempt, Explain},
    provider::Pangea,
};

const READ_ORGANIZATION: &str = "pangea:platform:org:read";

/// Private state of an object that names no organization itself: the provider's, when the object was last seen.
const SEEN_IN: &str = "seen_in_organization";

/// Notes the provider's organization with an object that was found, so that a later login of another organization, which
/// doesn't find it, is known for what it is.
pub fn note_organization<M: Model>(pangea: &Pangea, ctx: &mut Context<M>) {
    if let Some(organization) = pangea.default_organization_id().into_known() {
        ctx.private().set(SEEN_IN, organization);
    }
}

/// The organization in which an object was last seen, else the provider's.
pub fn noted_organization<M: Model>(pangea: &Pangea, ctx: &mut Context<M>) -> Option<String> {
    let noted = ctx.private().get(SEEN_IN).and_then(|id| id.as_str()).map(str::to_owned);
    noted.or_else(|| pangea.default_organization_id().into_known())
}

/// Makes sure that an object which isn't found is gone, and not just out of sight: a login of another organization finds
/// nothing of this one, and must not make Terraform forget it. Without an organization to look for, the service is believed.
///
/// # Errors
/// When the organization isn't visible either, or can't be asked for.
pub async fn confirm(pangea: &Pangea, organization: Option<&str>, what: &str, id: &str) -> Result<()> {
    let Some(organization) = organization else { return Ok(()) };
    let looking_for = format!("organization of a {what} that was not found");
    let attempt = Attempt::new("look for", &looking_for, organization).needing(READ_ORGANIZATION);
    if pangea.api()?.organizations().find(organization).await.explain(pangea, &attempt)?.is_some() {
        return Ok(());
    }
    Err(Diagnostic::error(
        format!("The {what} and its organization are not visible"),
        format!(
            "Pangea finds neither the {what} {id} nor the organization {organization}, as happens with credentials of another \
             organization. The state stays as it is. Log in to the provider as a client of that organization, or, if the \
             {what} is really gone, remove it with `terraform state rm`."
        ),
    )
    .into())
}

/// Tells that an object is dropped from the state.
pub fn warn<M: Model>(what: &str, id: &str, ctx: &mut Context<M>) {
    ctx.warn(
        format!("The {what} no longer exists"),
        format!(
            "The {what} {id} was deleted outside of Terraform. It is dropped from the state; where the configuration still has \
             it, the next apply creates it again."
        ),
    );
}
