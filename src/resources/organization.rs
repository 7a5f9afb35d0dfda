//! `pangea_organization`: the name of the organization, which neither Terraform nor any call makes or deletes.

use pangea_client::Organization as Found;
use tf_framework::{
    Context, Diagnostic, Diagnostics, Identified, Model, Path, Plan, Resource, Result, Timeouts, Value, async_trait,
};

use crate::{
    diagnose::{Attempt, Explain},
    ids,
    plan_help::{self, Calls},
    provider::{Pangea, missing_organization},
    resources::OPERATION_LIMIT,
};

const WHAT: &str = "organization";
const READ: &str = "pangea:platform:org:read";
const MANAGE: &str = "pangea:platform:org:manage";

/// What a change of one that is held already comes to.
const CALLS: Calls = Calls { what: WHAT, scope: MANAGE, own: &["adopt"] };

/// The organization's name. Organizations are made in the Pangea User Console alone, so this resource takes over one that is
/// there, and lets it go again.
#[derive(Clone, Debug, Default, Model)]
pub struct Organization {
    /// Id of the organization (`poi_…`).
    #[attr(computed, keep_when_unknown)]
    pub id: Value<String>,
    /// Id (`poi_…`) of the organization to take over. Defaults to the provider's. Another value lets the one go and takes over
    /// the other; a new default of the provider changes nothing.
    #[attr(optional_computed, length(1..=255), keep_when_unknown, replace_when_configured)]
    pub organization_id: Value<String>,
    /// Name of the organization, 1 to 255 characters.
    #[attr(required, length(1..=255))]
    pub name: Value<String>,
    /// Whether the organization, which exists already, may be taken over and given this name. Defaults to `false`, which is an
    /// error where the organization was not imported.
    #[attr(optional_computed, default(false))]
    pub adopt: Value<bool>,
    /// Id of the user who owns the organization.
    #[attr(computed, keep_when_unknown)]
    pub owner: Value<String>,
    /// E-mail address of the user who owns the organization.
    #[attr(computed, keep_when_unknown)]
    pub owner_email: Value<String>,
    /// Cloud provider of the organization, such as `aws`.
    #[attr(computed, keep_when_unknown)]
    pub csp: Value<String>,
    /// When it was made (RFC 3339).
    #[attr(computed, keep_when_unknown)]
    pub created_at: Value<String>,
    /// How long each operation may take: all its calls to Pangea and the waits between them. Default 20 minutes each.
    #[attr(optional)]
    pub timeouts: Value<Timeouts>,
}

#[async_trait]
impl Resource<Pangea> for Organization {
    const NAME: &'static str = "pangea_organization";

    fn validate(config: &Organization, diagnostics: &mut Diagnostics) {
        let organization =
            ids::misplaced(&config.organization_id, Path::attribute("organization_id"), ids::ORGANIZATION);
        organization.into_iter().for_each(|problem| diagnostics.push(problem));
    }

    fn modify_plan(pangea: Option<&Pangea>, plan: &mut Plan<Organization>) {
        let lets_go = plan.is_destroy() || plan.is_replace();
        if let Some(prior) = plan.prior().filter(|_| lets_go) {
            let forgotten = prior.forgotten();
            plan.diagnostics().push(forgotten);
        }
        // A plan that can't be read has its errors from validation already.
        let Ok(Some(planned)) = plan.planned() else { return };
        if plan.prior().is_some() && !lets_go {
            return;
        }
        if plan.prior().is_none() {
            plan_organization(pangea, plan);
        }
        if planned.adopt == Value::Known(false) {
            plan.diagnostics().push(not_adopted());
        }
    }

    async fn review_plan(pangea: &Pangea, plan: &Plan<Organization>) -> Diagnostics {
        // Letting go calls nothing, and one that is taken over may have the name already.
        if plan.prior().is_none() || plan.is_destroy() || plan.is_replace() {
            return Diagnostics::new();
        }
        plan_help::review(pangea, plan, &CALLS).await
    }

    async fn create(pangea: &Pangea, plan: Organization, ctx: &mut Context<Organization>) -> Result<Organization> {
        if plan.adopt != Value::Known(true) {
            return Err(not_adopted().into());
        }
        let pangea = &pangea.within(plan.timeouts.create(OPERATION_LIMIT));
        let id = pangea.organization_id(&plan.organization_id)?;
        let found = find(pangea, &id).await?;
        let name = plan.name.as_deref().unwrap_or_default();
        if found.name != name {
            rename(pangea, &id, name).await?;
            ctx.warn(
                "The organization has a new name",
                format!(
                    "The organization {id} was named \"{}\". Now that it is adopted, its name is \"{name}\".",
                    found.name
                ),
            );
        }
        Ok(Organization::from(found).settled(plan))
    }

    async fn read(pangea: &Pangea, state: Organization, _: &mut Context<Organization>) -> Result<Option<Organization>> {
        let pangea = &pangea.within(state.timeouts.read(OPERATION_LIMIT));
        let found = Organization::from(find(pangea, ids::of_state(&state.id, WHAT)?).await?);
        // What the service leaves out stays as it was: that is not known to have changed.
        let told = |told: Value<String>, before| if told.is_null() { before } else { told };
        Ok(Some(Organization {
            owner: told(found.owner, state.owner),
            owner_email: told(found.owner_email, state.owner_email),
            csp: told(found.csp, state.csp),
            created_at: told(found.created_at, state.created_at),
            adopt: state.adopt.or(false).into(),
            timeouts: state.timeouts,
            ..found
        }))
    }

    async fn update(
        pangea: &Pangea,
        prior: Organization,
        plan: Organization,
        _: &mut Context<Organization>,
    ) -> Result<Organization> {
        let pangea = &pangea.within(plan.timeouts.update(OPERATION_LIMIT));
        if prior.name != plan.name {
            let id = ids::of_state(&prior.id, WHAT)?;
            rename(pangea, id, plan.name.as_deref().unwrap_or_default()).await?;
        }
        Ok(prior.settled(plan))
    }

    /// Nothing is asked of Pangea: an organization can't be deleted, and its former name is not known.
    async fn delete(_: &Pangea, _: Organization, _: &mut Context<Organization>) -> Result<()> {
        Ok(())
    }

    async fn import(_: &Pangea, id: &str, _: &mut Context<Organization>) -> Result<Organization> {
        let id = ids::of_import(id, WHAT, ids::ORGANIZATION)?;
        Ok(Organization { id: id.into(), adopt: Value::Known(false), ..Organization::default() })
    }
}

/// What tells an organization from all others.
#[derive(Clone, Model)]
pub struct OrganizationIdentity {
    /// Id of the organization (`poi_…`).
    #[attr(required)]
    pub id: Value<String>,
}

#[async_trait]
impl Identified<Pangea> for Organization {
    type Identity = OrganizationIdentity;

    fn identity(&self) -> Option<OrganizationIdentity> {
        self.id.is_known().then(|| OrganizationIdentity { id: self.id.clone() })
    }

    async fn import_by_identity(
        pangea: &Pangea,
        identity: OrganizationIdentity,
        ctx: &mut Context<Organization>,
    ) -> Result<Organization> {
        Organization::import(pangea, identity.id.as_deref().unwrap_or_default(), ctx).await
    }
}

/// The organization. One that is not seen is an error and never a reason to forget it: nothing can have deleted it.
async fn find(pangea: &Pangea, id: &str) -> Result<Found> {
    let attempt = Attempt::new("read", WHAT, id).needing(READ);
    let found = pangea.api()?.organizations().find(id).await.explain(pangea, &attempt)?;
    let found = found.ok_or_else(|| {
        Diagnostic::error(
            "The organization is not visible",
            format!(
                "Pangea shows no organization {id} to the provider's login, as happens with credentials of another organization \
                 or of a project. The state stays as it is. Log in to the provider as a client of that organization, with \
                 the role `admin` on it; if it is really gone, remove it with `terraform state rm`."
            ),
        )
    })?;
    ids::same(id, &found.id, WHAT)?;
    Ok(found)
}

async fn rename(pangea: &Pangea, id: &str, name: &str) -> Result<()> {
    let attempt = Attempt::new("rename", WHAT, id).needing(MANAGE).fields(&[("name", "name")]);
    pangea.api()?.organizations().update(id, name).await.map(drop).explain(pangea, &attempt)
}

/// The error for a create that nobody allowed.
fn not_adopted() -> Diagnostic {
    Diagnostic::error(
        "The organization exists already",
        "Organizations are made in the Pangea User Console, so there is nothing to create: Terraform would take over the one that \
         is there and give it this name. If that is meant, set `adopt = true`, or import it by its id (`poi_…`).",
    )
    .at(Path::attribute("adopt"))
}

/// Plans the provider's organization where the resource names none.
fn plan_organization(pangea: Option<&Pangea>, plan: &mut Plan<Organization>) {
    let names_none = plan.config().is_some_and(|config| config.organization_id.is_null());
    let Some(pangea) = pangea.filter(|_| names_none) else { return };
    match pangea.default_organization_id() {
        Value::Known(default) => plan.set("organization_id", Value::Known(default)),
        Value::Unknown => {}
        Value::Null => plan.diagnostics().push(missing_organization()),
    }
}

impl Organization {
    /// The warning for an organization that leaves the state.
    fn forgotten(&self) -> Diagnostic {
        Diagnostic::warning(
            "The organization is forgotten, not deleted",
            format!(
                "Pangea's API deletes no organization. \"{}\" ({}) stays as it is, with its present name, and Terraform no \
                 longer manages it.",
                self.name.as_deref().unwrap_or_default(),
                self.id.as_deref().unwrap_or_default()
            ),
        )
    }

    /// The state after an apply: what was planned, and the service's values where the plan had none yet.
    fn settled(self, plan: Organization) -> Organization {
        let fill = |planned: Value<String>, answered| if planned.is_unknown() { answered } else { planned };
        Organization {
            id: fill(plan.id, self.id),
            organization_id: fill(plan.organization_id, self.organization_id),
            name: plan.name,
            adopt: plan.adopt,
            owner: fill(plan.owner, self.owner),
            owner_email: fill(plan.owner_email, self.owner_email),
            csp: fill(plan.csp, self.csp),
            created_at: fill(plan.created_at, self.created_at),
            timeouts: plan.timeouts,
        }
    }
}

impl From<Found> for Organization {
    fn from(found: Found) -> Organization {
        Organization {
            id: found.id.as_str().into(),
            organization_id: found.id.into(),
            name: found.name.into(),
            adopt: Value::Known(false),
            owner: found.owner.into(),
            owner_email: found.owner_email.into(),
            csp: found.csp.into(),
            created_at: found.created_at.into(),
            timeouts: Value::Null,
        }
    }
}
