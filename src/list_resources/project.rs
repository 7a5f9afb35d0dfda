//! `list "pangea_project"`: the projects of an organization.

use pangea_client::ProjectFilter;
use tf_framework::{Diagnostics, ListResource, Model, Path, Result, Results, Value, async_trait};

use crate::{
    diagnose::{Attempt, Explain},
    ids,
    provider::Pangea,
    resources::Project,
};

const READ: &str = "pangea:platform:project:read";

/// The projects of an organization, all or some of them, oldest first.
#[derive(Clone, Model)]
pub struct Projects {
    /// Id (`poi_…`) of the organization. Defaults to the provider's.
    #[attr(optional, length(1..=255))]
    pub organization_id: Value<String>,
    /// Only projects that Pangea finds by this text.
    #[attr(optional, length(1..=255))]
    pub search: Value<String>,
    /// Only projects whose data lives there: `us` or `eu`.
    #[attr(optional, one_of(&["us", "eu"]))]
    pub geo: Value<String>,
    /// Only projects of this region, such as `us-west-1`.
    #[attr(optional, length(1..=255))]
    pub region: Value<String>,
}

#[async_trait]
impl ListResource<Pangea> for Projects {
    type Resource = Project;

    fn validate(config: &Projects, diagnostics: &mut Diagnostics) {
        let organization =
            ids::misplaced(&config.organization_id, Path::attribute("organization_id"), ids::ORGANIZATION);
        organization.into_iter().for_each(|problem| diagnostics.push(problem));
    }

    async fn list(pangea: &Pangea, config: Projects, results: &mut Results<Pangea, Project>) -> Result<()> {
        let organization = pangea.organization_id(&config.organization_id)?;
        let filter = ProjectFilter {
            search: config.search.known().cloned(),
            geo: config.geo.known().cloned(),
            region: config.region.known().cloned(),
        };
        let attempt = Attempt::new("list", "projects", "")
            .needing(READ)
            .fields(&[("org_id", "organization_id"), ("filter", "search")]);
        let mut found = pangea.api()?.projects().list(&organization, &filter).await.explain(pangea, &attempt)?;
        found.sort_by(|one, other| (&one.created_at, &one.id).cmp(&(&other.created_at, &other.id)));
        for project in found {
            // The list tells all there is to a project.
            if results.push(project.name.clone(), Project::from(project)).await.is_break() {
                break;
            }
        }
        Ok(())
    }
}
