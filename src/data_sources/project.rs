//! `data.pangea_project`: a project that is managed elsewhere, by its id or its name.

use pangea_client::{Project as Found, ProjectFilter};
use tf_framework::{Context, DataSource, Diagnostics, Model, Path, Result, Value, async_trait};

use super::lookup::{self, Named};
use crate::{
    diagnose::{Attempt, Explain},
    ids,
    provider::Pangea,
};

const WHAT: &str = "project";
const READ: &str = "pangea:platform:project:read";

/// A project, by its id or its name.
#[derive(Clone, Debug, Model)]
pub struct Project {
    /// Id of the project (`ppi_…`). Either this or `name` is set.
    #[attr(optional_computed, length(1..=255))]
    pub id: Value<String>,
    /// Name of the project. It must be the only one of its organization with this name.
    #[attr(optional_computed, length(1..=255))]
    pub name: Value<String>,
    /// Id (`poi_…`) of the organization in which a `name` is looked for. Defaults to the provider's.
    #[attr(optional_computed, length(1..=255))]
    pub organization_id: Value<String>,
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
impl DataSource<Pangea> for Project {
    const NAME: &'static str = "pangea_project";

    fn validate(config: &Project, diagnostics: &mut Diagnostics) {
        lookup::check_key(&config.id, &config.name, WHAT, diagnostics);
        let misplaced = [
            ids::misplaced(&config.id, Path::attribute("id"), ids::PROJECT),
            ids::misplaced(&config.organization_id, Path::attribute("organization_id"), ids::ORGANIZATION),
        ];
        misplaced.into_iter().flatten().for_each(|problem| diagnostics.push(problem));
    }

    async fn read(pangea: &Pangea, config: Project, _: &mut Context<Project>) -> Result<Project> {
        let found = match config.id.as_deref() {
            Some(id) => by_id(pangea, id).await?,
            None => {
                let organization = pangea.organization_id(&config.organization_id)?;
                by_name(pangea, &organization, config.name.as_deref().unwrap_or_default()).await?
            }
        };
        if let Some(organization) = config.organization_id.as_deref() {
            ids::same(organization, &found.org, "project's organization")?;
        }
        Ok(Project::from(found))
    }
}

async fn by_id(pangea: &Pangea, id: &str) -> Result<Found> {
    let attempt = Attempt::new("read", WHAT, id).needing(READ);
    let found = pangea.api()?.projects().find(id).await.explain(pangea, &attempt)?;
    let found = found.ok_or_else(|| lookup::none_with_id(id, WHAT))?;
    ids::same(id, &found.id, WHAT)?;
    Ok(found)
}

/// Asks the service to search first. What it searches in is not said anywhere, so only the whole list tells that there is none.
async fn by_name(pangea: &Pangea, organization: &str, name: &str) -> Result<Found> {
    let projects = pangea.api()?.projects();
    let attempt = Attempt::new("look for", WHAT, name).needing(READ).fields(&[("org_id", "organization_id")]);
    let search = ProjectFilter { search: Some(name.to_owned()), ..ProjectFilter::default() };
    let near = projects.list(organization, &search).await.explain(pangea, &attempt)?;
    if let Some(found) = lookup::the_only(near, name, WHAT)? {
        return Ok(found);
    }
    let all = projects.list(organization, &ProjectFilter::default()).await.explain(pangea, &attempt)?;
    lookup::the_only(all.clone(), name, WHAT)?.ok_or_else(|| lookup::none_named(all, name, WHAT))
}

impl Named for Found {
    fn id(&self) -> &str {
        &self.id
    }

    fn name(&self) -> &str {
        &self.name
    }
}

impl From<Found> for Project {
    fn from(found: Found) -> Project {
        Project {
            id: found.id.into(),
            name: found.name.into(),
            organization_id: found.org.into(),
            geo: found.geo.into(),
            region: found.region.into(),
            fqdn: found.fqdn.into(),
            created_at: found.created_at.into(),
            updated_at: found.updated_at.into(),
        }
    }
}
