//! Objects that a read does not find: gone, or only out of sight.

use tf_framework::{Context, Diagnostic, Model, Result};

use crate::{
    diagnose::{Attempt, Explain},
    provider::Pangea,
};

const READ_ORGANIZATION: &str = "pangea:platform:org:read";

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
