//! `pangea_project`: a project of an organization.

use pangea_client::NewProject;
use tf_framework::{
    Context, Diagnostic, Diagnostics, Identified, Model, Path, Plan, Resource, Result, Timeouts, Value, async_trait,
};

use crate::{
    diagnose::{Attempt, Explain},
    gone, ids,
    plan_help::{self, Calls},
    protection,
    provider::{ALLOW_DELETE, Pangea, missing_organization},
    resources::OPERATION_LIMIT,
};

const READ: &str = "pangea:platform:project:read";
const MANAGE: &str = "pangea:platform:project:manage";

/// What its changes come to: of a project that is there, only the name is Pangea's to change.
const CALLS: Calls =
    Calls { what: "project", scope: MANAGE, own: &["deletion_protection", "organization_id", "region"] };

/// A project of an organization. Its services, their configurations and its clients live in it, and are deleted with it.
#[derive(Clone, Debug, Default, Model)]
pub struct Project {
    /// Id of the project (`ppi_…`).
    #[attr(computed, keep_when_unknown)]
    pub id: Value<String>,
    /// Name of the project, 1 to 255 characters. Names may repeat.
    #[attr(required, length(1..=255))]
    pub name: Value<String>,
    /// Where the project's data lives: `us` or `eu`. Another value replaces the project.
    #[attr(required, one_of(&["us", "eu"]), replace_on_change)]
    pub geo: Value<String>,
    /// Region within the geo, such as `us-west-1`. Defaults to what Pangea chooses. Another value replaces the project.
    #[attr(optional_computed, length(1..=255), keep_when_unknown, replace_when_configured)]
    pub region: Value<String>,
    /// Id (`poi_…`) of the organization. Defaults to the provider's. Another value replaces the project; a new default of the
    /// provider leaves it where it is.
    #[attr(optional_computed, length(1..=255), keep_when_unknown, replace_when_configured)]
    pub organization_id: Value<String>,
    /// Whether deleting or replacing the project is refused. Defaults to `false`.
    #[attr(optional_computed, default(false))]
    pub deletion_protection: Value<bool>,
    /// Domain of the project's services, such as `aws.us.pangea.cloud`.
    #[attr(computed, keep_when_unknown)]
    pub fqdn: Value<String>,
    /// When it was made (RFC 3339).
    #[attr(computed, keep_when_unknown)]
    pub created_at: Value<String>,
    /// How long each operation may take: all its calls to Pangea and the waits between them. Default 20 minutes each.
    #[attr(optional)]
    pub timeouts: Value<Timeouts>,
}

#[async_trait]
impl Resource<Pangea> for Project {
    const NAME: &'static str = "pangea_project";

    fn validate(config: &Project, diagnostics: &mut Diagnostics) {
        let organization =
            ids::misplaced(&config.organization_id, Path::attribute("organization_id"), ids::ORGANIZATION);
        organization.into_iter().for_each(|problem| diagnostics.push(problem));
    }

    fn modify_plan(pangea: Option<&Pangea>, plan: &mut Plan<Project>) {
        protection::check_plan(plan, |prior| prior.refusal(pangea));
        if plan.prior().is_none() {
            plan_organization(pangea, plan);
        }
    }

    async fn review_plan(pangea: &Pangea, plan: &Plan<Project>) -> Diagnostics {
        plan_help::review(pangea, plan, &CALLS).await
    }

    async fn create(pangea: &Pangea, plan: Project, ctx: &mut Context<Project>) -> Result<Project> {
        let pangea = &pangea.within(plan.timeouts.create(OPERATION_LIMIT));
        let api = pangea.api()?;
        let wanted = NewProject {
            org_id: pangea.organization_id(&plan.organization_id)?,
            name: plan.name.clone().unwrap_or_default(),
            geo: plan.geo.clone().unwrap_or_default(),
            region: plan.region.clone().into_known(),
        };
        let attempt = Attempt::new("create", "project", &wanted.name).needing(MANAGE).fields(&[
            ("name", "name"),
            ("geo", "geo"),
            ("region", "region"),
            ("org_id", "organization_id"),
        ]);
        let made = api.projects().create(&wanted).await.explain(pangea, &attempt)?;
        let project = Project {
            deletion_protection: plan.deletion_protection,
            timeouts: plan.timeouts.clone(),
            ..Project::from(made)
        };
        if let Some(problem) = project.misplaced(&plan) {
            // Unprotected, so that the next apply can replace what this one leaves behind as tainted.
            ctx.save(Project { deletion_protection: Value::Known(false), ..project });
            return Err(problem.into());
        }
        Ok(project.settled(plan))
    }

    async fn read(pangea: &Pangea, state: Project, ctx: &mut Context<Project>) -> Result<Option<Project>> {
        let pangea = &pangea.within(state.timeouts.read(OPERATION_LIMIT));
        let id = ids::of_state(&state.id, "project")?;
        let attempt = Attempt::new("read", "project", id).needing(READ);
        let Some(found) = pangea.api()?.projects().find(id).await.explain(pangea, &attempt)? else {
            // An import knows no name yet, and Terraform itself says that there was nothing to import.
            if state.name.is_known() {
                gone::confirm(pangea, state.organization_id.as_deref(), "project", id).await?;
                gone::warn("project", id, ctx);
            }
            return Ok(None);
        };
        ids::same(id, &found.id, "project")?;
        let found = Project::from(found);
        // What the service leaves out stays as it was: that is not known to have changed.
        let told = |told: Value<String>, before| if told.is_null() { before } else { told };
        Ok(Some(Project {
            region: told(found.region, state.region),
            fqdn: told(found.fqdn, state.fqdn),
            created_at: told(found.created_at, state.created_at),
            deletion_protection: state.deletion_protection.or(false).into(),
            timeouts: state.timeouts,
            ..found
        }))
    }

    async fn update(pangea: &Pangea, prior: Project, plan: Project, _: &mut Context<Project>) -> Result<Project> {
        if prior.name == plan.name {
            // Only the protection or a limit changes, or what an import did not learn: Pangea need not be told of either.
            return Ok(prior.settled(plan));
        }
        let pangea = &pangea.within(plan.timeouts.update(OPERATION_LIMIT));
        let id = ids::of_state(&prior.id, "project")?;
        let attempt = Attempt::new("rename", "project", id).needing(MANAGE).fields(&[("name", "name")]);
        let name = plan.name.as_deref().unwrap_or_default();
        let renamed = pangea.api()?.projects().update(id, name).await.explain(pangea, &attempt)?;
        Ok(Project::from(renamed).settled(plan))
    }

    async fn delete(pangea: &Pangea, state: Project, _: &mut Context<Project>) -> Result<()> {
        // The plan of everything else was refused already.
        if let Some(refused) = state.refusal(Some(pangea)) {
            let tainted = "Terraform marked this project as tainted after a failure. If it is sound, take the mark away with \
                           `terraform untaint ADDRESS`.";
            return Err(Diagnostic { detail: format!("{tainted}\n\n{}", refused.detail), ..refused }.into());
        }
        let pangea = &pangea.within(state.timeouts.delete(OPERATION_LIMIT));
        let id = ids::of_state(&state.id, "project")?;
        let attempt = Attempt::new("delete", "project", id).needing(MANAGE);
        match pangea.api()?.projects().delete(id).await {
            Err(error) if error.is_gone() => {
                gone::confirm(pangea, state.organization_id.as_deref(), "project", id).await
            }
            outcome => outcome.explain(pangea, &attempt),
        }
    }

    async fn import(_: &Pangea, id: &str, _: &mut Context<Project>) -> Result<Project> {
        let id = ids::of_import(id, "project", ids::PROJECT)?;
        Ok(Project { id: id.into(), deletion_protection: Value::Known(false), ..Project::default() })
    }
}

/// What tells a project from all others.
#[derive(Clone, Model)]
pub struct ProjectIdentity {
    /// Id of the project (`ppi_…`).
    #[attr(required)]
    pub id: Value<String>,
}

#[async_trait]
impl Identified<Pangea> for Project {
    type Identity = ProjectIdentity;

    fn identity(&self) -> Option<ProjectIdentity> {
        self.id.is_known().then(|| ProjectIdentity { id: self.id.clone() })
    }

    async fn import_by_identity(
        pangea: &Pangea,
        identity: ProjectIdentity,
        ctx: &mut Context<Project>,
    ) -> Result<Project> {
        Project::import(pangea, identity.id.as_deref().unwrap_or_default(), ctx).await
    }
}

impl Project {
    /// Why the project may not be deleted, judged by its state alone; `None` where it may.
    fn refusal(&self, pangea: Option<&Pangea>) -> Option<Diagnostic> {
        if self.deletion_protection != Value::Known(true) {
            return None;
        }
        let (id, name) = (self.id.as_deref().unwrap_or_default(), self.name.as_deref().unwrap_or_default());
        if pangea.is_some_and(|pangea| pangea.may_delete(id)) {
            return None;
        }
        Some(Diagnostic::error(
            "Project is protected from deletion",
            format!(
                "The project \"{name}\" ({id}) has `deletion_protection = true` in the state, and would be deleted with \
                 everything in it. If that is meant, set `deletion_protection = false`, apply that by itself, and then \
                 delete or replace the project.\n\nA left-over (deposed) object of an earlier replacement is reached by no \
                 configuration: allow its deletion with the environment variable {ALLOW_DELETE}={id}."
            ),
        ))
    }

    /// Where the service made another project than was planned. Nothing of this can be changed later, so it is an error and
    /// not a difference to show in every plan from now on.
    fn misplaced(&self, plan: &Project) -> Option<Diagnostic> {
        let attributes = [
            ("geo", &self.geo, &plan.geo),
            ("region", &self.region, &plan.region),
            ("organization_id", &self.organization_id, &plan.organization_id),
        ];
        let differs = |(_, made, planned): &(_, &Value<String>, &Value<String>)| {
            made.is_known() && planned.is_known() && made != planned
        };
        let (attribute, made, planned) = attributes.into_iter().find(differs)?;
        let text = |value: &Value<String>| value.as_deref().unwrap_or_default().to_owned();
        Some(
            Diagnostic::error(
                "Pangea made the project elsewhere",
                format!(
                    "The project {} was asked for with `{attribute}` \"{}\", and was made with \"{}\". It is in the state as \
                     tainted, and the next apply replaces it. Correct `{attribute}` before that, or leave it out where \
                     Pangea may choose.",
                    text(&self.id),
                    text(planned),
                    text(made)
                ),
            )
            .at(Path::attribute(attribute)),
        )
    }

    /// The state after an apply: what was planned, and the service's values where the plan had none yet.
    fn settled(self, plan: Project) -> Project {
        let fill = |planned: Value<String>, answered| if planned.is_unknown() { answered } else { planned };
        Project {
            id: fill(plan.id, self.id),
            name: fill(plan.name, self.name),
            geo: fill(plan.geo, self.geo),
            region: fill(plan.region, self.region),
            organization_id: fill(plan.organization_id, self.organization_id),
            deletion_protection: plan.deletion_protection,
            fqdn: fill(plan.fqdn, self.fqdn),
            created_at: fill(plan.created_at, self.created_at),
            timeouts: plan.timeouts,
        }
    }
}

/// The project as the service knows it, which is without protection.
impl From<pangea_client::Project> for Project {
    fn from(project: pangea_client::Project) -> Project {
        Project {
            id: project.id.into(),
            name: project.name.into(),
            geo: project.geo.into(),
            region: project.region.into(),
            organization_id: project.org.into(),
            deletion_protection: Value::Known(false),
            fqdn: project.fqdn.into(),
            created_at: project.created_at.into(),
            timeouts: Value::Null,
        }
    }
}

/// Plans the provider's organization for a new project that names none.
fn plan_organization(pangea: Option<&Pangea>, plan: &mut Plan<Project>) {
    let names_none = plan.config().is_some_and(|config| config.organization_id.is_null());
    let Some(pangea) = pangea.filter(|_| names_none) else { return };
    match pangea.default_organization_id() {
        Value::Known(default) => plan.set("organization_id", Value::Known(default)),
        Value::Unknown => {}
        Value::Null => plan.diagnostics().push(missing_organization()),
    }
}

#[cfg(test)]
mod tests;
