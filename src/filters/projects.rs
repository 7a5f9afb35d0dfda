//! Conditions on the projects of an organization.

use pangea_client::{Project, ProjectFilter};
use tf_framework::{Model, Result, Value};

use crate::{
    diagnose::{Attempt, Explain},
    provider::Pangea,
};

/// Conditions on the projects of an organization. Those that are set must all hold.
#[derive(Clone, Debug, Model)]
pub struct ProjectConditions {
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

impl ProjectConditions {
    /// The projects of an organization that fulfil them, in the order of their making, so that a new one comes last.
    ///
    /// # Errors
    /// Where the list can't be had.
    pub(crate) async fn find(&self, pangea: &Pangea, organization_id: &str) -> Result<Vec<Project>> {
        let filter = ProjectFilter {
            search: self.search.known().cloned(),
            geo: self.geo.known().cloned(),
            region: self.region.known().cloned(),
        };
        let attempt = Attempt::new("list", "projects", "")
            .needing("pangea:platform:project:read")
            .fields(&[("org_id", "organization_id"), ("filter", "search")]);
        let mut found = pangea.api()?.projects().list(organization_id, &filter).await.explain(pangea, &attempt)?;
        found.sort_by(|one, other| (&one.created_at, &one.id).cmp(&(&other.created_at, &other.id)));
        Ok(found)
    }
}
