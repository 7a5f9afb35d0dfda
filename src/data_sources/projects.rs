//! `data.pangea_projects`: the projects of an organization.

use tf_framework::{Context, DataSource, Diagnostics, Model, Path, Result, Value, async_trait};

use crate::{filters::ProjectConditions, ids, provider::Pangea};

/// The projects of an organization, all or some of them, oldest first.
#[derive(Clone, Debug, Model)]
pub struct Projects {
    /// Id (`poi_…`) of the organization. Defaults to the provider's.
    #[attr(optional_computed, length(1..=255))]
    pub organization_id: Value<String>,
    #[attr(flatten)]
    pub conditions: ProjectConditions,
    /// The projects, oldest first.
    #[attr(computed)]
    pub projects: Value<Vec<Listed>>,
}

/// One project.
#[derive(Clone, Debug, Model)]
pub struct Listed {
    /// Id of the project (`ppi_…`).
    #[attr(computed)]
    pub id: Value<String>,
    /// Name of the project. Names may repeat.
    #[attr(computed)]
    pub name: Value<String>,
    /// Where the project's data lives: `us` or `eu`.
    #[attr(computed)]
    pub geo: Value<String>,
    /// Region within the geo, such as `us-west-1`.
    #[attr(computed)]
    pub region: Value<String>,
    /// Domain of the project's services, such as `aws.us.pangea.cloud`.
    #[attr(computed)]
    pub fqdn: Value<String>,
    /// When it was made (RFC 3339).
    #[attr(computed)]
    pub created_at: Value<String>,
    /// When it was last changed (RFC 3339).
    #[attr(computed)]
    pub updated_at: Value<String>,
}

#[async_trait]
impl DataSource<Pangea> for Projects {
    const NAME: &'static str = "pangea_projects";

    fn validate(config: &Projects, diagnostics: &mut Diagnostics) {
        let organization =
            ids::misplaced(&config.organization_id, Path::attribute("organization_id"), ids::ORGANIZATION);
        organization.into_iter().for_each(|problem| diagnostics.push(problem));
    }

    async fn read(pangea: &Pangea, config: Projects, _: &mut Context<Projects>) -> Result<Projects> {
        let organization = pangea.organization_id(&config.organization_id)?;
        let found = config.conditions.find(pangea, &organization).await?;
        let projects: Vec<Listed> = found.into_iter().map(Listed::from).collect();
        Ok(Projects { organization_id: organization.into(), projects: projects.into(), ..config })
    }
}

impl From<pangea_client::Project> for Listed {
    fn from(found: pangea_client::Project) -> Listed {
        Listed {
            id: found.id.into(),
            name: found.name.into(),
            geo: found.geo.into(),
            region: found.region.into(),
            fqdn: found.fqdn.into(),
            created_at: found.created_at.into(),
            updated_at: found.updated_at.into(),
        }
    }
}
