//! `pangea_client_grant`: scopes and roles added to a client that something else declares.
//!
//! It is additive: it gives what it lists, and takes back only what it added. What it added stands in the state, because a
//! replacement hands nothing else over from the old object to the new one.

mod id;

use std::{collections::BTreeSet, time::Duration};

use pangea_client::Role;
use tf_framework::{
    Context, Diagnostic, Diagnostics, Identified, Model, Path, Plan, Resource, Result, Timeouts, Value, async_trait,
};

use self::id::Words;
use crate::{
    access::Holding,
    diagnose::{Attempt, Explain},
    gone, ids,
    plan_help::{self, Calls},
    provider::{ALLOW_DELETE, Pangea},
    resources::{
        OPERATION_LIMIT, declared_twice,
        role::{RoleModel, check_ids, still_held, to_api, to_model},
        scopes::{FORM, is_scope},
    },
};

/// Scopes and roles added to a client that another resource, another state or the console made.
///
/// Several grants, and the client's own `pangea_management_client`, can stand side by side without a fight: each holds its own. Destroying the grant takes away what it added. A scope that the client had before counts as added too, unless the
/// client's own resource declares it.
#[derive(Clone, Default, Model)]
pub struct ClientGrant {
    /// The client and what is granted, in the form of the import id.
    #[attr(computed)]
    pub id: Value<String>,
    /// The client, `psa_…`. Another one replaces the grant.
    #[attr(required, replace_on_change, length(1..=255))]
    pub client_id: Value<String>,
    /// Scopes to add, such as `pangea:service:audit:config:manage`. Their order has no meaning.
    #[attr(optional, each_must(FORM, is_scope))]
    pub scopes: Value<BTreeSet<String>>,
    /// Roles to add. A management client takes one role at most, its own included.
    #[attr(optional)]
    pub roles: Value<BTreeSet<RoleModel>>,
    /// Those of the scopes that this grant added: what it takes away when it is destroyed.
    #[attr(computed)]
    pub added_scopes: Value<BTreeSet<String>>,
    /// Those of the roles that this grant added.
    #[attr(computed)]
    pub added_roles: Value<BTreeSet<RoleModel>>,
    /// How long each operation may take: all its calls to Pangea and the waits between them. Default 20 minutes each.
    #[attr(optional)]
    pub timeouts: Value<Timeouts>,
}

/// What a call is about, in messages.
const WHAT: &str = "client grant";

/// The scopes that the calls need.
const READ: &str = "pangea:platform:account:read";
const MANAGE: &str = "pangea:platform:account:manage";

/// The scopes without which the provider's own calls fail.
const NEEDED_BY_CALLS: [&str; 5] =
    [READ, MANAGE, "pangea:platform:org:read", "pangea:platform:project:read", "pangea:platform:project:manage"];

/// What its changes come to.
const CALLS: Calls = Calls { what: WHAT, scope: MANAGE, own: &[] };

/// The API's fields and the attributes that they come from.
const FIELDS: &[(&str, &str)] = &[("scope", "scopes"), ("roles", "roles")];

/// Private state: access that the client had before the grant gave it, in the form of an import id. The next read decides
/// whose it is: the client's own, if its resource declares it. Until then it counts as added and is not taken away.
const UNDECIDED: &str = "undecided";

/// How long a read waits for the client's own resource to be read. Terraform orders the two only while the grant is in the
/// configuration; for one that was removed from it, both are read at once.
const DECISION_LIMIT: Duration = Duration::from_secs(2);

/// Private state: the name under which a grant is planned, handed from the first plan of a replacement to the second.
const HOLDER: &str = "holder";

#[async_trait]
impl Resource<Pangea> for ClientGrant {
    const NAME: &'static str = "pangea_client_grant";

    fn validate(config: &ClientGrant, diagnostics: &mut Diagnostics) {
        let misplaced = ids::misplaced(&config.client_id, Path::attribute("client_id"), ids::CLIENT);
        misplaced.into_iter().for_each(|problem| diagnostics.push(problem));
        check_ids(&config.roles, diagnostics);
        let nothing = |is_empty: Option<bool>, is_unknown: bool| !is_unknown && is_empty.unwrap_or(true);
        let no_scopes = nothing(config.scopes.known().map(BTreeSet::is_empty), config.scopes.is_unknown());
        let no_roles = nothing(config.roles.known().map(BTreeSet::is_empty), config.roles.is_unknown());
        if no_scopes && no_roles {
            diagnostics.error(
                "Nothing to grant",
                "A client grant needs at least one scope or one role. Set `scopes` or `roles`, or remove the grant.",
            );
        }
    }

    fn modify_plan(pangea: Option<&Pangea>, plan: &mut Plan<ClientGrant>) {
        // A plan that can't be read has its errors from validation already.
        let Ok(planned) = plan.planned() else { return };
        if let Some(pangea) = pangea {
            refuse_lockout(pangea, plan, planned.as_ref());
        }
        let Some(planned) = planned else { return };
        if plan.is_change() {
            match planned.words() {
                Some(words) => plan.set("id", Value::Known(words.to_string())),
                None => plan.set_unknown("id"),
            }
        }
        if let (Some(pangea), Some(client_id)) = (pangea, planned.client_id.as_deref()) {
            warn_or_refuse(pangea, plan, client_id, &planned);
        }
    }

    async fn review_plan(pangea: &Pangea, plan: &Plan<ClientGrant>) -> Diagnostics {
        plan_help::review(pangea, plan, &CALLS).await
    }

    async fn create(pangea: &Pangea, plan: ClientGrant, ctx: &mut Context<ClientGrant>) -> Result<ClientGrant> {
        let pangea = &pangea.within(plan.timeouts.create(OPERATION_LIMIT));
        change(pangea, &ClientGrant::default(), plan, ctx).await
    }

    async fn read(
        pangea: &Pangea,
        mut state: ClientGrant,
        ctx: &mut Context<ClientGrant>,
    ) -> Result<Option<ClientGrant>> {
        let pangea = &pangea.within(state.timeouts.read(OPERATION_LIMIT));
        let client_id = state.client_id().to_owned();
        let attempt = Attempt::new("read", WHAT, &client_id).needing(READ);
        let clients = pangea.api()?.clients();
        let Some(client) = clients.find(&client_id).await.explain(pangea, &attempt)? else {
            gone::confirm_noted(pangea, "client", &client_id, ctx).await?;
            ctx.warn("The client of a grant no longer exists", client_is_gone(&client_id));
            return Ok(None);
        };
        let roles = if state.roles.is_known() {
            clients.roles(&client_id).await.explain(pangea, &attempt)?
        } else {
            Vec::new()
        };
        let access = pangea.access.client(&client_id);
        access.note_roles(&roles);
        access.note_read(state.id.as_deref().unwrap_or_default());
        gone::note_sighting(pangea, ctx);
        let own = if undecided(ctx).is_empty() {
            access.declared()
        } else {
            ctx.private().remove(UNDECIDED);
            access.declared_within(DECISION_LIMIT).await
        };
        let own = own.unwrap_or_default().holding;
        let declared = state.holding();
        let held = Holding {
            scopes: declared.scopes.intersection(&client.scopes).cloned().collect(),
            roles: still_held(&declared.roles, &roles),
        };
        let added = state.added().shared_with(&held).without(&own);
        state.set_holding(&held);
        state.set_added(&added);
        Ok(Some(state))
    }

    async fn update(
        pangea: &Pangea,
        prior: ClientGrant,
        plan: ClientGrant,
        ctx: &mut Context<ClientGrant>,
    ) -> Result<ClientGrant> {
        let pangea = &pangea.within(plan.timeouts.update(OPERATION_LIMIT));
        change(pangea, &prior, plan, ctx).await
    }

    async fn delete(pangea: &Pangea, state: ClientGrant, ctx: &mut Context<ClientGrant>) -> Result<()> {
        let pangea = &pangea.within(state.timeouts.delete(OPERATION_LIMIT));
        let access = pangea.access.client(state.client_id());
        let _changing = access.changing.lock().await;
        let left = state.added().shared_with(&undecided(ctx));
        take_away(pangea, &state, &access.not_asked(&state.added().without(&left)), ctx).await?;
        if !left.is_empty() {
            // Terraform 1.11 plans to destroy what left the configuration before it reads it.
            ctx.warn(
                "Access was left to the client",
                format!(
                    "Client {} had {} before this grant was made, and no read has shown since whether that is the client's own. \
                     It keeps that access. Where nothing declares it, revoke it in the console.",
                    state.client_id(),
                    left.names()
                ),
            );
        }
        Ok(())
    }

    async fn import(pangea: &Pangea, id: &str, _: &mut Context<ClientGrant>) -> Result<ClientGrant> {
        import(pangea, Words::parse(id)?).await
    }
}

/// What tells a grant from all others: the client, and what is granted. It changes with the grant.
#[derive(Clone, Model)]
pub struct ClientGrantIdentity {
    /// The client, `psa_…`.
    #[attr(required)]
    pub client_id: Value<String>,
    /// The scopes, sorted.
    #[attr(optional)]
    pub scopes: Value<Vec<String>>,
    /// The roles as `TYPE/ID/ROLE`, sorted.
    #[attr(optional)]
    pub roles: Value<Vec<String>>,
}

#[async_trait]
impl Identified<Pangea> for ClientGrant {
    type Identity = ClientGrantIdentity;

    const IS_MUTABLE: bool = true;

    fn identity(&self) -> Option<ClientGrantIdentity> {
        self.words().map(Words::into_identity)
    }

    async fn import_by_identity(
        pangea: &Pangea,
        identity: ClientGrantIdentity,
        _: &mut Context<ClientGrant>,
    ) -> Result<ClientGrant> {
        import(pangea, Words::from_identity(identity)?).await
    }
}

/// Makes the state of a grant that is there, all of which counts as added.
async fn import(pangea: &Pangea, words: Words) -> Result<ClientGrant> {
    let attempt = Attempt::new("import", WHAT, &words.client_id).needing(READ);
    let clients = pangea.api()?.clients();
    let client = clients.get(&words.client_id).await.explain(pangea, &attempt)?;
    let roles = clients.roles(&words.client_id).await.explain(pangea, &attempt)?;
    let missing = Holding {
        scopes: words.holding.scopes.difference(&client.scopes).cloned().collect(),
        roles: words.holding.roles.difference(&still_held(&words.holding.roles, &roles)).cloned().collect(),
    };
    if !missing.is_empty() {
        return Err(not_granted(&words, &missing, &client.scopes, &roles).into());
    }
    Ok(words.into_state())
}

/// Revokes what was added before and is planned no more, then grants what is planned and not there yet: a client takes no
/// second role beside the first.
async fn change(
    pangea: &Pangea,
    prior: &ClientGrant,
    plan: ClientGrant,
    ctx: &mut Context<ClientGrant>,
) -> Result<ClientGrant> {
    let client_id = plan.client_id().to_owned();
    let access = pangea.access.client(&client_id);
    let _changing = access.changing.lock().await;
    let (before, after) = (prior.holding(), plan.holding());
    access.ask(&after);
    gone::note_sighting(pangea, ctx);
    let own = access.declared();
    let gained = after.without(&before);
    let kept = prior.added().shared_with(&after);
    let before_the_grant = undecided(ctx);
    let lost = access.not_asked(&prior.added().without(&after).without(&before_the_grant));

    let mut state = plan;
    state.id = state.words().map(|words| words.to_string()).into();
    state.set_added(&kept.with(&gained.without(&own.clone().unwrap_or_default().holding)));
    if !lost.is_empty() {
        take_away(pangea, &state, &lost, ctx).await?;
        let mut so_far = prior.clone();
        so_far.set_holding(&before.shared_with(&after));
        so_far.set_added(&kept);
        ctx.save(so_far);
    }
    if !gained.is_empty() {
        if own.is_none() {
            let found = already_there(pangea, &client_id, &gained).await?.with(&before_the_grant);
            if !found.is_empty() {
                let words = Words { client_id: client_id.clone(), holding: found };
                ctx.private().set(UNDECIDED, words.to_string());
            }
        }
        let attempt = Attempt::new("grant access to", "client", &client_id).needing(MANAGE).fields(FIELDS);
        let roles: Vec<Role> = gained.roles.iter().cloned().collect();
        pangea.api()?.clients().grant(&client_id, &gained.scopes, &roles).await.explain(pangea, &attempt)?;
        access.note_roles(&gained.roles);
        refresh_token(pangea, &client_id).await?;
    }
    Ok(state)
}

/// What of this the client has already.
async fn already_there(pangea: &Pangea, client_id: &str, holding: &Holding) -> Result<Holding> {
    let attempt = Attempt::new("read", "client", client_id).needing(READ);
    let clients = pangea.api()?.clients();
    let client = clients.get(client_id).await.explain(pangea, &attempt)?;
    let roles =
        if holding.roles.is_empty() { Vec::new() } else { clients.roles(client_id).await.explain(pangea, &attempt)? };
    Ok(Holding {
        scopes: holding.scopes.intersection(&client.scopes).cloned().collect(),
        roles: still_held(&holding.roles, &roles),
    })
}

/// What the client had before the grant, as long as no read has decided whose it is.
fn undecided(ctx: &mut Context<ClientGrant>) -> Holding {
    let words = ctx.private().get(UNDECIDED).and_then(|words| Words::parse(words.as_str()?).ok());
    words.map(|words| words.holding).unwrap_or_default()
}

/// Revokes. A client that is gone has nothing left to revoke.
async fn take_away(pangea: &Pangea, state: &ClientGrant, lost: &Holding, ctx: &mut Context<ClientGrant>) -> Result<()> {
    if lost.is_empty() {
        return Ok(());
    }
    let client_id = state.client_id();
    let attempt = Attempt::new("revoke access of", "client", client_id).needing(MANAGE).fields(FIELDS);
    let roles: Vec<Role> = lost.roles.iter().cloned().collect();
    match pangea.api()?.clients().revoke(client_id, &lost.scopes, &roles).await {
        Err(error) if error.is_gone() => return gone::confirm_noted(pangea, "client", client_id, ctx).await,
        result => result.explain(pangea, &attempt)?,
    }
    refresh_token(pangea, client_id).await
}

/// A token that was made before its client's access changed may not show the change, whether the client is the login or one that this
/// run acts as.
async fn refresh_token(pangea: &Pangea, client_id: &str) -> Result<()> {
    pangea.api()?.forget_token(client_id).await;
    Ok(())
}

/// The run would stop halfway if it took from its own login what its calls need.
fn refuse_lockout(pangea: &Pangea, plan: &mut Plan<ClientGrant>, planned: Option<&ClientGrant>) {
    let Some(prior) = plan.prior() else { return };
    let client_id = prior.client_id();
    if !pangea.is_login(client_id) || pangea.may_delete(client_id) {
        return;
    }
    let replaces = plan.is_replace();
    let kept = planned.filter(|_| !replaces).map(ClientGrant::holding).unwrap_or_default();
    let mut needed = prior.added().without(&kept);
    needed.scopes.retain(|scope| NEEDED_BY_CALLS.contains(&scope.as_str()));
    needed.roles.clear();
    if needed.is_empty() {
        return;
    }
    let refused = Diagnostic::error(
        "The plan would narrow the client that the provider is logged in as",
        format!(
            "The grant added {} to client {client_id}, whose credentials the provider uses, and would take it away again in the \
             middle of the run. Log the provider in as another client, or grant it that access elsewhere. If you mean it, set \
             the environment variable {ALLOW_DELETE}={client_id} for one run.",
            needed.names()
        ),
    );
    plan.diagnostics().push(refused);
}

/// What the process knows of the client makes some grants pointless, and one impossible.
fn warn_or_refuse(pangea: &Pangea, plan: &mut Plan<ClientGrant>, client_id: &str, planned: &ClientGrant) {
    let access = pangea.access.client(client_id);
    if access.declared().is_some_and(|declared| declared.exclusive) {
        plan.diagnostics().error_at(
            Path::attribute("client_id"),
            "The client owns all its scopes",
            format!(
                "Client {client_id} is declared with `exclusive_scopes = true`, so it would revoke what this grant adds, and \
                 the grant would add it again, for ever. List the scopes on the client instead, or drop `exclusive_scopes`."
            ),
        );
        return;
    }
    let holder = holder_of(plan, planned);
    let mut shared = access.plan(&holder, planned.holding());
    if access.has_twin(&holder) {
        shared = planned.holding();
    }
    if !shared.is_empty() {
        plan.diagnostics().warn_at(Path::attribute("scopes"), "Access is declared twice", declared_twice(&shared));
    }
}

/// A name by which a grant is known to its process: the id it has, or the one it is to get.
fn holder_of(plan: &mut Plan<ClientGrant>, planned: &ClientGrant) -> String {
    let stored = plan.prior().and_then(|prior| prior.id.known().cloned());
    let handed_on = plan.private().get(HOLDER).and_then(|name| name.as_str()).map(str::to_owned);
    match stored {
        Some(id) => {
            plan.private().set(HOLDER, id.clone());
            id
        }
        None => handed_on.or_else(|| planned.words().map(|words| words.to_string())).unwrap_or_default(),
    }
}

fn client_is_gone(client_id: &str) -> String {
    format!(
        "Client {client_id} was deleted outside of Terraform, and with it all that was granted to it. The grant is dropped from \
         the state; where the configuration still has it, the next apply makes it again."
    )
}

fn not_granted(words: &Words, missing: &Holding, scopes: &BTreeSet<String>, roles: &[Role]) -> Diagnostic {
    let actual = Holding { scopes: scopes.clone(), roles: roles.iter().cloned().collect() };
    Diagnostic::error(
        "The client does not have what is to be imported",
        format!(
            "Client {} does not have {}. It has {}. Import what it has, or let Terraform create the grant.",
            words.client_id,
            missing.names(),
            if actual.is_empty() { "no scope and no role".to_owned() } else { actual.names() }
        ),
    )
}

impl ClientGrant {
    fn client_id(&self) -> &str {
        self.client_id.as_deref().unwrap_or_default()
    }

    /// What the grant declares.
    fn holding(&self) -> Holding {
        Holding { scopes: self.scopes.clone().unwrap_or_default(), roles: to_api(&self.roles) }
    }

    /// Sets what is left of what the grant declares; what it doesn't declare stays null.
    fn set_holding(&mut self, holding: &Holding) {
        if self.scopes.is_known() {
            self.scopes = holding.scopes.clone().into();
        }
        if self.roles.is_known() {
            self.roles = to_model(holding.roles.iter().cloned()).into();
        }
    }

    fn added(&self) -> Holding {
        Holding { scopes: self.added_scopes.clone().unwrap_or_default(), roles: to_api(&self.added_roles) }
    }

    fn set_added(&mut self, added: &Holding) {
        self.added_scopes = added.scopes.clone().into();
        self.added_roles = to_model(added.roles.iter().cloned()).into();
    }

    /// The parts of the id; `None` while one of them is unknown.
    fn words(&self) -> Option<Words> {
        let all_known = |roles: &BTreeSet<RoleModel>| roles.iter().all(|role| role.to_api().is_some());
        let unknown = self.scopes.is_unknown() || self.roles.is_unknown() || !self.roles.known().is_none_or(all_known);
        let client_id = self.client_id.known()?.clone();
        (!unknown).then(|| Words { client_id, holding: self.holding() })
    }
}
