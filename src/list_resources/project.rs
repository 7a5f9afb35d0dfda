//! `list "pangea_project"`: the projects of an organization.

use tf_framework::{Diagnostics, ListResource, Model, Path, Result, Results, Value, async_trait};

use crate::{filters::ProjectConditions, ids, provider::Pangea, resources::Project};

/// The projects of an organization, all or some of them, oldest first.
#[derive(Clone, Model)]
pub struct Projects {
    /// Id (`poi_…`) of the organization. Defaults to the provider's.
    #[attr(optional, length(1..=255))]
    pub organization_id: Value<String>,
    #[attr(flatten)]
    pub conditions: ProjectConditions,
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
        for project in config.conditions.find(pangea, &organization).await? {
            // The list tells all there is to a project.
            if results.push(project.name.clone(), Project::from(project)).await.is_break() {
                break;
            }
        }
        Ok(())
    }
}
