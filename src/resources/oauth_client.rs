//! An OAuth client with its first secret: what `pangea_management_client` and `pangea_service_client` share, which is nearly
//! everything. A [`Kind`] says what is the one's alone.
//!
//! A client's resource owns only the scopes and roles that it declares; what grants or people added beside is left alone, unless
//! `exclusive_scopes` says otherwise. Scopes and roles change by grant and revoke alone, each a difference, so that two
//! resources on one client never overwrite each other.

mod plan;
mod reach;
mod rotation;
mod secret;

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::{Deref, DerefMut},
};

use pangea_client::{Api, Client, ClientUpdate, NewClient, RegisteredClient, Role};
use tf_framework::{
    Attribute, Context, Diagnostic, Diagnostics, Dynamic, Misfit, Model, Object, Plan, Resource, Result, Secret,
    Timeouts, Value, async_trait,
};

use crate::{
    access::{Declared, Holding},
    acting,
    diagnose::{Attempt, Explain},
    gone, ids,
    imported::{self, IMPORTED, is_imported},
    plan_help::{self, Calls},
    provider::Pangea,
    resources::{
        OPERATION_LIMIT,
        role::{RoleModel, check_ids, still_held, to_api, to_model},
        scopes::{FORM, is_scope},
    },
};

pub use rotation::Rotation;
pub(crate) use secret::check_name;

/// A client in the state of its resource: what all clients have, and what its kind has besides.
#[derive(Clone, Default)]
pub struct OauthClient<K> {
    /// What its kind alone has.
    pub own: K,
    /// What all clients have. It can be reached through the client itself.
    pub shared: Shared,
}

/// What one kind of client has besides; its doc comment is the resource's description.
pub trait Kind: Model + Default {
    /// The resource type's full name.
    const NAME: &'static str;
    /// What a call is about, in messages.
    const WHAT: &'static str;
    /// The class that the API has for it.
    const CLASS: &'static str;

    /// What the scopes apply to, as declared.
    fn roles(&self) -> &Value<BTreeSet<RoleModel>>;

    /// Declares other roles.
    fn set_roles(&mut self, roles: Value<BTreeSet<RoleModel>>);

    /// The client as which this one is managed; null: the provider's login.
    fn actor(&self) -> &Value<String> {
        &Value::Null
    }

    /// Sets who manages it, where the kind has that.
    fn set_actor(&mut self, _actor: Value<String>) {}

    /// Whether it may be deleted, replaced or narrowed although the provider is logged in as it.
    fn allows_self_change(&self) -> bool {
        false
    }

    /// What an import knows before the first read: its own part, and the client's id.
    ///
    /// # Errors
    /// Where the import id is of another form.
    fn of_import<'i>(pangea: &Pangea, id: &'i str) -> Result<(Self, &'i str)>;
}

/// What every kind of client has.
#[derive(Clone, Default, Model)]
pub struct Shared {
    /// Id of the client, `psa_…`.
    #[attr(computed, keep_when_unknown)]
    pub id: Value<String>,
    /// The same id, under the name that OAuth has for it.
    #[attr(computed, keep_when_unknown)]
    pub client_id: Value<String>,
    /// Name shown in the console, 1 to 255 characters.
    #[attr(required, length(1..=255))]
    pub name: Value<String>,
    /// What the client's tokens may do, such as `pangea:platform:project:read`. Only the scopes listed here are managed:
    /// one that was added elsewhere stays, unless `exclusive_scopes` is set. Their order has no meaning.
    #[attr(required, size(1..=usize::MAX), each_must(FORM, is_scope))]
    pub scopes: Value<BTreeSet<String>>,
    /// Whether scopes that are not listed are revoked. Default `false`. Turning it on revokes nothing yet: the next plan
    /// lists what it will take away. A client with it can't have a `pangea_client_grant`.
    #[attr(optional_computed, default(false))]
    pub exclusive_scopes: Value<bool>,
    /// How the client authenticates at the token endpoint: `client_secret_basic` or `client_secret_post`. Pangea's default
    /// is `client_secret_basic`.
    #[attr(optional_computed, keep_when_unknown, one_of(&["client_secret_basic", "client_secret_post"]))]
    pub token_endpoint_auth_method: Value<String>,
    /// Redirect URIs. Client credentials, the only grant that Pangea offers, use none.
    #[attr(optional_computed, keep_when_unknown)]
    pub redirect_uris: Value<BTreeSet<String>>,
    /// Grant types. Pangea's default is `client_credentials`.
    #[attr(optional_computed, keep_when_unknown)]
    pub grant_types: Value<BTreeSet<String>>,
    /// Response types. Pangea's default is `token`.
    #[attr(optional_computed, keep_when_unknown)]
    pub response_types: Value<BTreeSet<String>>,
    /// Lifetime of access tokens in seconds. Pangea's default is 3600. Another value replaces the client, since the API
    /// can't change it.
    #[attr(optional_computed, keep_when_unknown, replace_when_configured, at_least(1))]
    pub client_token_expires_in: Value<i64>,
    /// Name of the first secret. Pangea's default is the client's name and ` Secret`. It may not end in ` #2` or a higher number: those are
    /// for what a rotation makes of it.
    #[attr(optional_computed, keep_when_unknown, length(1..=255))]
    pub client_secret_name: Value<String>,
    /// Description of the first secret.
    #[attr(optional_computed, keep_when_unknown)]
    pub client_secret_description: Value<String>,
    /// Lifetime of the first secret in seconds, from the moment it is set. Pangea's default is one year. Another value gives
    /// the secret a new expiry.
    #[attr(optional, at_least(1))]
    pub client_secret_expires_in: Value<i64>,
    /// Whether the first secret is kept in the state. Default `true`. With `false` it is revoked as soon as the client
    /// exists, and none is in the state. From `true` to `false` only the value is forgotten: the secret itself lives on. From
    /// `false` to `true` a new secret is made.
    #[attr(optional_computed, default(true))]
    pub store_client_secret: Value<bool>,
    /// Puts a new secret in the place of the first, in place and with an overlap: the new one is made and stored, then the former one
    /// gets its end. Not with `store_client_secret = false`.
    #[attr(optional)]
    pub secret_rotation: Value<Rotation>,
    /// Value of the secret, `pck_…`. Pangea shows it once, so it is null after an import.
    #[attr(computed, sensitive, keep_when_unknown)]
    pub client_secret: Value<Secret>,
    /// Id of the secret, `pce_…`.
    #[attr(computed, keep_when_unknown)]
    pub client_secret_id: Value<String>,
    /// When the secret expires (ISO 8601, UTC).
    #[attr(computed, keep_when_unknown)]
    pub client_secret_expires_at: Value<String>,
    /// When the secret was made (ISO 8601, UTC).
    #[attr(computed, keep_when_unknown)]
    pub client_secret_created_at: Value<String>,
    /// Ids of former secrets that a rotation failed to give an end. The next apply does that. Otherwise null.
    #[attr(computed, keep_when_unknown)]
    pub pending_revocation: Value<BTreeSet<String>>,
    /// When the client was registered (ISO 8601, UTC).
    #[attr(computed, keep_when_unknown)]
    pub created_at: Value<String>,
    /// Id of the user who owns the client, `pui_…`.
    #[attr(computed, keep_when_unknown)]
    pub owner_id: Value<String>,
    /// E-mail address of the user who owns the client.
    #[attr(computed, keep_when_unknown)]
    pub owner_username: Value<String>,
    /// Id of the client that registered this one, `psa_…`.
    #[attr(computed, keep_when_unknown)]
    pub creator_id: Value<String>,
    /// Class of the client: `management` or `service`.
    #[attr(computed, keep_when_unknown)]
    pub client_class: Value<String>,
    /// What the client belongs to: `organization` or `project`.
    #[attr(computed, keep_when_unknown)]
    pub tenanted_by: Value<String>,
    /// How long each operation may take: all its calls to Pangea and the waits between them. Default 20 minutes each.
    #[attr(optional)]
    pub timeouts: Value<Timeouts>,
}

/// The scopes that the calls need.
const READ: &str = "pangea:platform:account:read";
const MANAGE: &str = "pangea:platform:account:manage";

/// What Pangea never hears of.
const OWN: &[&str] =
    &["allow_self_change", "exclusive_scopes", "store_client_secret", "secret_rotation", acting::IMPERSONATE];

/// The API's fields and the attributes that they come from.
const FIELDS: &[(&str, &str)] = &[
    ("client_name", "name"),
    ("scope", "scopes"),
    ("roles", "roles"),
    ("token_endpoint_auth_method", "token_endpoint_auth_method"),
    ("redirect_uris", "redirect_uris"),
    ("grant_types", "grant_types"),
    ("response_types", "response_types"),
    ("client_token_expires_in", "client_token_expires_in"),
    ("client_secret_name", "client_secret_name"),
    ("client_secret_description", "client_secret_description"),
    ("client_secret_expires_in", "client_secret_expires_in"),
];

#[async_trait]
impl<K: Kind> Resource<Pangea> for OauthClient<K> {
    const NAME: &'static str = K::NAME;

    fn validate(config: &OauthClient<K>, diagnostics: &mut Diagnostics) {
        acting::check_actor(config.own.actor(), diagnostics);
        let of_a_rotation = check_name(&config.client_secret_name, "client_secret_name");
        rotation::conflict(config).into_iter().chain(of_a_rotation).for_each(|problem| diagnostics.push(problem));
        check_ids(config.own.roles(), diagnostics);
    }

    fn modify_plan(pangea: Option<&Pangea>, plan: &mut Plan<OauthClient<K>>) {
        plan::modify(pangea, plan);
    }

    async fn review_plan(pangea: &Pangea, plan: &Plan<OauthClient<K>>) -> Diagnostics {
        let mut warnings = plan_help::review(pangea, plan, &Calls { what: K::WHAT, scope: MANAGE, own: OWN }).await;
        warnings.extend(reach::review(pangea, plan).await);
        warnings
    }

    async fn create(
        pangea: &Pangea,
        mut plan: OauthClient<K>,
        ctx: &mut Context<OauthClient<K>>,
    ) -> Result<OauthClient<K>> {
        let pangea = &pangea.within(plan.timeouts.create(OPERATION_LIMIT));
        if plan.own.actor().is_unknown() {
            let configured = ctx.config().map(|config| config.own.actor().clone()).unwrap_or_default();
            plan.own.set_actor(pangea.actor_of(&configured).into_known().into());
        }
        gone::note_project(pangea, plan.place().client_id, true, ctx).await;
        let attempt = plan.attempt("create", K::WHAT, plan.name()).fields(FIELDS);
        let registered = async {
            let api = reach::api(pangea, &plan)?;
            acting::sorted(api.clients().register(&plan.to_new()).await, pangea, plan.place(), &attempt)
                .map(|registered| (api, registered))
        };
        // Nothing is recorded yet, so a client that isn't there is a wrong name and not a lost one.
        let (api, registered) = registered.await.map_err(|unreached| unreached.into_lookup_error(plan.place()))?;
        let client_id = registered.client.client_id.clone();
        let access = pangea.access.client(&client_id);
        access.declare(plan.declared());
        access.ask(&plan.holding());
        access.note_roles(&plan.holding().roles);
        let first_secret = registered.client_secret_id.clone();
        // Where it is not to be stored, the plan has no secret, and so has the state.
        let mut state = OauthClient { shared: plan.shared.with_registered(registered), own: plan.own };
        ctx.save(state.clone());
        reach::warn_of_organization(pangea, &state, ctx);
        if state.stores_secret() {
            secret::name_first(pangea, &api, &mut state).await;
        } else {
            secret::drop_first(pangea, &api, &state, first_secret).await?;
        }
        Ok(state)
    }

    async fn read(
        pangea: &Pangea,
        mut state: OauthClient<K>,
        ctx: &mut Context<OauthClient<K>>,
    ) -> Result<Option<OauthClient<K>>> {
        let pangea = &pangea.within(state.timeouts.read(OPERATION_LIMIT));
        let id = state.id().to_owned();
        let is_import = ctx.private().is_set(IMPORTED) && state.name.is_null();
        imported::keep(ctx.private());
        let found = match reach::look(pangea, &state).await {
            Err(unreached) if !is_import && let Some(why) = unreached.keeps_unread() => {
                pangea.keep_unread(state.place().client_id.unwrap_or_default(), K::WHAT, &why, ctx);
                return Ok(Some(state));
            }
            Err(acting::Unreached::ActorIsGone) if !is_import => {
                let actor = state.place().client_id.unwrap_or_default();
                gone::confirm_with_project(pangea, actor, K::WHAT, &id, ctx).await?;
                gone::warn(K::WHAT, &id, ctx);
                return Ok(None);
            }
            found => found.map_err(|unreached| state.unreached(unreached, &id))?,
        };
        let Some((client, api)) = found else {
            // Terraform itself says that there was nothing to import.
            if !is_import {
                gone::confirm_in_project(pangea, state.place().client_id, K::WHAT, &id, ctx).await?;
                pangea.confirm_gone(K::WHAT, &id, ctx).await?;
            }
            return Ok(None);
        };
        ids::same(&id, &client.client_id, K::WHAT)?;
        let class = client.client_class.clone();
        let actual_scopes = client.scopes.clone();
        state.shared = state.shared.with_client(client);
        if is_import {
            state.exclusive_scopes = false.into();
            state.store_client_secret = true.into();
            secret::find_first(pangea, &api, &mut state, ctx.private()).await?;
        }
        secret::look_after(pangea, &api, &mut state, ctx).await?;
        if is_import || state.own.roles().is_known() {
            let attempt = state.attempt("read", K::WHAT, &id).needing(READ);
            let actual = api.clients().roles(&id).await.explain(pangea, &attempt)?;
            pangea.access.client(&id).note_roles(&actual);
            if is_import {
                check_class::<K>(&id, class.as_deref(), &actual_scopes, &actual)?;
            }
            let roles = if is_import {
                // Without a role there is nothing to declare, and null is how a configuration says so.
                Some(to_model(actual)).filter(|roles| !roles.is_empty()).into()
            } else {
                to_model(still_held(&to_api(state.own.roles()), &actual)).into()
            };
            state.own.set_roles(roles);
        }
        let owns_all = is_import || state.exclusive_scopes == Value::Known(true);
        state.scopes = if owns_all {
            actual_scopes.into()
        } else {
            state.holding().scopes.intersection(&actual_scopes).cloned().collect::<BTreeSet<_>>().into()
        };
        if !ctx.private().is_set(IMPORTED) {
            // After an import the state holds what grants added too, and the configuration alone says which is whose.
            pangea.access.client(&id).declare(state.declared());
        }
        gone::note_project(pangea, state.place().client_id, is_import, ctx).await;
        Ok(Some(state))
    }

    async fn update(
        pangea: &Pangea,
        prior: OauthClient<K>,
        mut plan: OauthClient<K>,
        ctx: &mut Context<OauthClient<K>>,
    ) -> Result<OauthClient<K>> {
        let pangea = &pangea.within(plan.timeouts.update(OPERATION_LIMIT));
        if plan.own.actor().is_unknown() {
            plan.own.set_actor(prior.own.actor().clone());
        }
        let id = prior.id().to_owned();
        let access = pangea.access.client(&id);
        let _changing = access.changing.lock().await;
        let api = reach::api_for_change(pangea, &prior, &plan, ctx).await?;
        access.declare(plan.declared());
        access.ask(&plan.holding());
        let mut state = prior.clone();
        state.own.set_actor(plan.own.actor().clone());
        change_settings(pangea, &api, &plan, &mut state, ctx).await?;
        let lost = access.not_asked(&plan::to_revoke(&prior, &plan, is_imported(ctx.private())));
        change_access(pangea, &api, &plan, &lost, &mut state, ctx).await?;
        secret::change(pangea, &api, &prior, &plan, &mut state, ctx).await?;
        ctx.private().remove(IMPORTED);
        gone::note_sighting(pangea, ctx);
        Ok(plan.filled_from(state))
    }

    async fn delete(pangea: &Pangea, state: OauthClient<K>, ctx: &mut Context<OauthClient<K>>) -> Result<()> {
        let id = state.id();
        // Only a tainted or left-over object comes here without its plan having been refused.
        if let Some(refused) = plan::self_change(pangea, &state, "delete") {
            return Err(refused.into());
        }
        let pangea = &pangea.within(state.timeouts.delete(OPERATION_LIMIT));
        let Some(api) = reach::api_for_delete(pangea, &state, ctx).await? else { return Ok(()) };
        let attempt = state.attempt("delete", K::WHAT, id);
        match api.clients().delete(id).await {
            Err(error) if error.is_gone() => gone::confirm_noted(pangea, K::WHAT, id, ctx).await,
            result => result.explain(pangea, &attempt),
        }
    }

    async fn import(pangea: &Pangea, id: &str, ctx: &mut Context<OauthClient<K>>) -> Result<OauthClient<K>> {
        let (own, id) = K::of_import(pangea, id)?;
        ctx.private().set(IMPORTED, true);
        Ok(OauthClient { own, shared: Shared::only_id(id) })
    }
}

/// Makes sure that a client which is imported is none of the other kind. Only a class that says so counts. That of management clients
/// alone is documented, so a service client may turn out to have it as well: there the client must also hold what none of services does.
fn check_class<K: Kind>(id: &str, class: Option<&str>, scopes: &BTreeSet<String>, roles: &[Role]) -> Result<()> {
    let manages = scopes.iter().any(|scope| scope.starts_with("pangea:platform:"))
        || roles.iter().any(|role| matches!(role.r#type.as_str(), "organization" | "project"));
    let (other, what) = match class {
        Some(class) if class == K::CLASS => return Ok(()),
        Some("management") if manages => ("pangea_management_client", "a management client"),
        Some("service") => ("pangea_service_client", "a service client"),
        _ => return Ok(()),
    };
    let detail = format!(
        "Client {id} is {what}, as Pangea says, and this resource is for a {}. Import it to a `{other}`. Nothing was imported.",
        K::WHAT
    );
    Err(Diagnostic::error("Client of another kind", detail).into())
}

/// Changes name, authentication method and the lists, in one call, if any of them is to change.
async fn change_settings<K: Kind>(
    pangea: &Pangea,
    api: &Api,
    plan: &OauthClient<K>,
    state: &mut OauthClient<K>,
    ctx: &mut Context<OauthClient<K>>,
) -> Result<()> {
    let mut update = plan.settings_other_than(state);
    if update == ClientUpdate::default() {
        return Ok(());
    }
    // The API wants a name or a scope in every update, and scopes never change this way.
    update.client_name = plan.name.known().cloned();
    let id = state.id().to_owned();
    let attempt = plan.attempt("update", K::WHAT, &id).fields(FIELDS);
    api.clients().update(&id, &update).await.explain(pangea, &attempt)?;
    state.name = plan.name.clone();
    state.token_endpoint_auth_method = plan.token_endpoint_auth_method.clone();
    state.redirect_uris = plan.redirect_uris.clone();
    state.grant_types = plan.grant_types.clone();
    state.response_types = plan.response_types.clone();
    ctx.save(state.clone());
    Ok(())
}

/// Revokes, then grants: a client of the organization or of a project takes no second role beside the first.
async fn change_access<K: Kind>(
    pangea: &Pangea,
    api: &Api,
    plan: &OauthClient<K>,
    lost: &Holding,
    state: &mut OauthClient<K>,
    ctx: &mut Context<OauthClient<K>>,
) -> Result<()> {
    let id = state.id().to_owned();
    let clients = api.clients();
    let gained = plan.holding().without(&state.holding());
    if !lost.is_empty() {
        let attempt = plan.attempt("revoke access of", K::WHAT, &id).fields(FIELDS);
        let roles: Vec<_> = lost.roles.iter().cloned().collect();
        clients.revoke(&id, &lost.scopes, &roles).await.explain(pangea, &attempt)?;
        // What another resource asked for was left to it, and is no longer this one's either.
        state.set_holding(state.holding().shared_with(&plan.holding()));
        ctx.save(state.clone());
    }
    if !gained.is_empty() {
        let attempt = plan.attempt("grant access to", K::WHAT, &id).fields(FIELDS);
        let roles: Vec<_> = gained.roles.iter().cloned().collect();
        clients.grant(&id, &gained.scopes, &roles).await.explain(pangea, &attempt)?;
    }
    if !(lost.is_empty() && gained.is_empty()) {
        pangea.access.client(&id).note_roles(&to_api(plan.own.roles()));
        // A token of this client that is in use was made before the change and may not show it.
        api.forget_token(&id).await;
    }
    state.scopes = plan.scopes.clone();
    state.own.set_roles(plan.own.roles().clone());
    state.exclusive_scopes = plan.exclusive_scopes;
    ctx.save(state.clone());
    Ok(())
}

impl<K> Deref for OauthClient<K> {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.shared
    }
}

impl<K> DerefMut for OauthClient<K> {
    fn deref_mut(&mut self) -> &mut Shared {
        &mut self.shared
    }
}

/// The attributes of the two parts, side by side.
impl<K: Kind> Model for OauthClient<K> {
    const DESCRIPTION: &'static str = K::DESCRIPTION;

    fn attributes() -> Vec<Attribute> {
        K::attributes().into_iter().chain(Shared::attributes()).collect()
    }

    fn from_object(object: Object) -> std::result::Result<OauthClient<K>, Misfit> {
        Ok(OauthClient { own: K::from_object(object.clone())?, shared: Shared::from_object(object)? })
    }

    fn into_object(self) -> BTreeMap<String, Dynamic> {
        self.own.into_object().into_iter().chain(self.shared.into_object()).collect()
    }
}

impl<K: Kind> OauthClient<K> {
    /// A call about this client, made as whoever manages it, that changes something.
    fn attempt<'a>(&'a self, verb: &'a str, what: &'a str, object: &'a str) -> Attempt<'a> {
        Attempt::new(verb, what, object).needing(MANAGE).acting_as(self.own.actor().as_deref())
    }

    /// The scopes and roles that this resource declares.
    fn holding(&self) -> Holding {
        Holding { scopes: self.scopes.clone().unwrap_or_default(), roles: to_api(self.own.roles()) }
    }

    fn set_holding(&mut self, holding: Holding) {
        self.scopes = holding.scopes.into();
        if self.own.roles().is_known() {
            self.own.set_roles(to_model(holding.roles).into());
        }
    }

    fn declared(&self) -> Declared {
        Declared { holding: self.holding(), exclusive: self.exclusive_scopes == Value::Known(true) }
    }

    fn to_new(&self) -> NewClient {
        let list = |set: &Value<BTreeSet<String>>| set.known().map(|set| set.iter().cloned().collect());
        let holding = self.holding();
        NewClient {
            client_name: self.name().to_owned(),
            scopes: holding.scopes,
            roles: holding.roles.into_iter().collect(),
            token_endpoint_auth_method: self.token_endpoint_auth_method.known().cloned(),
            redirect_uris: list(&self.redirect_uris),
            grant_types: list(&self.grant_types),
            response_types: list(&self.response_types),
            client_secret_name: self.client_secret_name.known().cloned(),
            client_secret_description: self.client_secret_description.known().cloned(),
            client_secret_expires_in: self.client_secret_expires_in.known().copied(),
            client_token_expires_in: self.client_token_expires_in.known().copied(),
        }
    }

    /// A plan, its unknowns taken from `known`. What the plan knew stays, as Terraform demands.
    fn filled_from(self, known: OauthClient<K>) -> OauthClient<K> {
        OauthClient { own: self.own, shared: self.shared.filled_from(known.shared) }
    }
}

impl Shared {
    /// The id that a stored object always has; empty for one that was edited out of the state by hand.
    fn id(&self) -> &str {
        self.id.as_deref().unwrap_or_default()
    }

    fn name(&self) -> &str {
        self.name.as_deref().unwrap_or_default()
    }

    fn stores_secret(&self) -> bool {
        self.store_client_secret != Value::Known(false)
    }

    /// The settings that `other` has otherwise.
    fn settings_other_than(&self, other: &Shared) -> ClientUpdate {
        let list = |ours: &Value<BTreeSet<String>>, theirs: &Value<BTreeSet<String>>| {
            ours.known().filter(|_| ours != theirs).map(|set| set.iter().cloned().collect())
        };
        let text = |ours: &Value<String>, theirs: &Value<String>| ours.known().filter(|_| ours != theirs).cloned();
        ClientUpdate {
            client_name: text(&self.name, &other.name),
            token_endpoint_auth_method: text(&self.token_endpoint_auth_method, &other.token_endpoint_auth_method),
            redirect_uris: list(&self.redirect_uris, &other.redirect_uris),
            grant_types: list(&self.grant_types, &other.grant_types),
            response_types: list(&self.response_types, &other.response_types),
        }
    }

    /// The state right after registration: what was planned, and what the service added.
    fn with_registered(self, registered: RegisteredClient) -> Shared {
        let secret = Secret::new(pangea_client::ExposeSecret::expose_secret(&registered.client_secret));
        let made = Shared {
            client_secret: Value::Known(secret),
            client_secret_id: registered.client_secret_id.into(),
            client_secret_expires_at: registered.client_secret_expires_at.into(),
            client_secret_created_at: registered.client.created_at.clone().into(),
            client_secret_name: registered.client_secret_name.into(),
            client_secret_description: registered.client_secret_description.into(),
            ..Shared::only_id(&registered.client.client_id).with_client(registered.client)
        };
        self.filled_from(made)
    }

    /// Everything that the API tells of a client, but for scopes and roles. What it leaves out stays as it was: that is not
    /// known to have changed.
    fn with_client(self, client: Client) -> Shared {
        fn told<T>(told: Option<T>, before: Value<T>) -> Value<T> {
            told.map_or(before, Value::Known)
        }
        let set = |list: Vec<String>| Value::Known(BTreeSet::from_iter(list));
        Shared {
            client_id: client.client_id.into(),
            name: client.client_name.into(),
            token_endpoint_auth_method: told(client.token_endpoint_auth_method, self.token_endpoint_auth_method),
            redirect_uris: set(client.redirect_uris),
            grant_types: set(client.grant_types),
            response_types: set(client.response_types),
            client_token_expires_in: told(client.client_token_expires_in, self.client_token_expires_in),
            created_at: told(client.created_at, self.created_at),
            owner_id: told(client.owner_id, self.owner_id),
            owner_username: told(client.owner_username, self.owner_username),
            creator_id: told(client.creator_id, self.creator_id),
            client_class: told(client.client_class, self.client_class),
            tenanted_by: told(client.tenanted_by, self.tenanted_by),
            ..self
        }
    }

    /// A plan, its unknowns taken from `known`. What the plan knew stays, as Terraform demands.
    fn filled_from(self, known: Shared) -> Shared {
        fn fill<T>(planned: Value<T>, known: Value<T>) -> Value<T> {
            if planned.is_unknown() { known } else { planned }
        }
        Shared {
            id: fill(self.id, known.id),
            client_id: fill(self.client_id, known.client_id),
            name: self.name,
            scopes: self.scopes,
            exclusive_scopes: self.exclusive_scopes,
            token_endpoint_auth_method: fill(self.token_endpoint_auth_method, known.token_endpoint_auth_method),
            redirect_uris: fill(self.redirect_uris, known.redirect_uris),
            grant_types: fill(self.grant_types, known.grant_types),
            response_types: fill(self.response_types, known.response_types),
            client_token_expires_in: fill(self.client_token_expires_in, known.client_token_expires_in),
            client_secret_name: fill(self.client_secret_name, known.client_secret_name),
            client_secret_description: fill(self.client_secret_description, known.client_secret_description),
            client_secret_expires_in: self.client_secret_expires_in,
            store_client_secret: self.store_client_secret,
            client_secret: fill(self.client_secret, known.client_secret),
            client_secret_id: fill(self.client_secret_id, known.client_secret_id),
            client_secret_expires_at: fill(self.client_secret_expires_at, known.client_secret_expires_at),
            client_secret_created_at: fill(self.client_secret_created_at, known.client_secret_created_at),
            secret_rotation: self.secret_rotation,
            pending_revocation: fill(self.pending_revocation, known.pending_revocation),
            created_at: fill(self.created_at, known.created_at),
            owner_id: fill(self.owner_id, known.owner_id),
            owner_username: fill(self.owner_username, known.owner_username),
            creator_id: fill(self.creator_id, known.creator_id),
            client_class: fill(self.client_class, known.client_class),
            tenanted_by: fill(self.tenanted_by, known.tenanted_by),
            timeouts: self.timeouts,
        }
    }

    /// What an import knows before the first read.
    fn only_id(id: &str) -> Shared {
        Shared { id: id.into(), client_id: id.into(), ..Shared::default() }
    }
}
