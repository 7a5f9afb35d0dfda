//! `data.pangea_organization`: the organization.

use tf_framework::{Context, DataSource, Diagnostic, Diagnostics, Model, Path, Result, Value, async_trait};

use super::lookup;
use crate::{
    diagnose::{Attempt, Explain},
    ids,
    provider::{Pangea, missing_organization},
};

const WHAT: &str = "organization";
const READ: &str = "pangea:platform:org:read";

/// An organization: its name, and who owns it.
#[derive(Clone, Debug, Model)]
pub struct Organization {
    /// Id of the organization (`poi_…`). Defaults to the provider's `organization_id`.
    #[attr(optional_computed, length(1..=255))]
    pub id: Value<String>,
    /// Name of the organization.
    #[attr(computed)]
    pub name: Value<String>,
    /// Id of the user who owns the organization.
    #[attr(computed)]
    pub owner: Value<String>,
    /// E-mail address of the user who owns the organization.
    #[attr(computed)]
    pub owner_email: Value<String>,
    /// Cloud provider of the organization, such as `aws`.
    #[attr(computed)]
    pub csp: Value<String>,
    /// When it was made (RFC 3339).
    #[attr(computed)]
    pub created_at: Value<String>,
    /// When it was last changed (RFC 3339).
    #[attr(computed)]
    pub updated_at: Value<String>,
}

#[async_trait]
impl DataSource<Pangea> for Organization {
    const NAME: &'static str = "pangea_organization";

    fn validate(config: &Organization, diagnostics: &mut Diagnostics) {
        let misplaced = ids::misplaced(&config.id, Path::attribute("id"), ids::ORGANIZATION);
        misplaced.into_iter().for_each(|problem| diagnostics.push(problem));
    }

    async fn read(pangea: &Pangea, config: Organization, _: &mut Context<Organization>) -> Result<Organization> {
        if config.id.is_null() && pangea.default_organization_id().is_null() {
            return Err(nothing_to_read().into());
        }
        let id = pangea.organization_id(&config.id)?;
        let attempt = Attempt::new("read", WHAT, &id).needing(READ);
        let found = pangea.api()?.organizations().find(&id).await.explain(pangea, &attempt)?;
        let found = found.ok_or_else(|| lookup::none_with_id(&id, WHAT))?;
        ids::same(&id, &found.id, WHAT)?;
        Ok(Organization {
            id: found.id.into(),
            name: found.name.into(),
            owner: found.owner.into(),
            owner_email: found.owner_email.into(),
            csp: found.csp.into(),
            created_at: found.created_at.into(),
            updated_at: found.updated_at.into(),
        })
    }
}

/// The same as for a resource, but for the attribute's name.
fn nothing_to_read() -> Diagnostic {
    let missing = missing_organization();
    let detail = missing.detail.replace("Neither the resource", "Neither the data source").replace(
        "Set `organization_id` here or in the provider block",
        "Set `id` here, `organization_id` in the provider block",
    );
    Diagnostic { detail, ..missing }.at(Path::attribute("id"))
}
