//! `data.pangea_client`: a client by its id or its name, with all that it may do.

use std::collections::BTreeSet;

use pangea_client::{Client as Found, ClientFilter};
use tf_framework::{Context, DataSource, Diagnostics, Model, Path, Result, Value, async_trait};

use super::lookup::{self, Named};
use crate::{
    diagnose::{Attempt, Explain},
    ids,
    provider::Pangea,
    resources::role::{RoleModel, to_model},
};

const WHAT: &str = "client";
const READ: &str = "pangea:platform:account:read";

/// An OAuth client, by its id or its name, with everything that it may do: what its resource declares, what grants added, and
/// what was given to it by hand.
#[derive(Clone, Debug, Model)]
pub struct Client {
    /// Id of the client, `psa_…`. Either this, `client_id` or `name` is set.
    #[attr(optional_computed, length(1..=255))]
    pub id: Value<String>,
    /// Name of the client. It must be the only one that the provider's login sees with this name.
    #[attr(optional_computed, length(1..=255))]
    pub name: Value<String>,
    /// The same id, under the name that OAuth has for it.
    #[attr(optional_computed, length(1..=255))]
    pub client_id: Value<String>,
    /// All scopes of the client.
    #[attr(computed)]
    pub effective_scopes: Value<BTreeSet<String>>,
    /// All roles of the client.
    #[attr(computed)]
    pub effective_roles: Value<BTreeSet<RoleModel>>,
    /// How the client authenticates at the token endpoint: `client_secret_basic` or `client_secret_post`.
    #[attr(computed)]
    pub token_endpoint_auth_method: Value<String>,
    /// Redirect URIs.
    #[attr(computed)]
    pub redirect_uris: Value<BTreeSet<String>>,
    /// Grant types, such as `client_credentials`.
    #[attr(computed)]
    pub grant_types: Value<BTreeSet<String>>,
    /// Response types, such as `token`.
    #[attr(computed)]
    pub response_types: Value<BTreeSet<String>>,
    /// Lifetime of access tokens in seconds.
    #[attr(computed)]
    pub client_token_expires_in: Value<i64>,
    /// When the client was registered (ISO 8601, UTC).
    #[attr(computed)]
    pub created_at: Value<String>,
    /// When the client, or what it may do, was last changed (ISO 8601, UTC).
    #[attr(computed)]
    pub updated_at: Value<String>,
    /// Id of the user who owns the client, `pui_…`.
    #[attr(computed)]
    pub owner_id: Value<String>,
    /// E-mail address of the user who owns the client.
    #[attr(computed)]
    pub owner_username: Value<String>,
    /// Id of the client that registered this one, `psa_…`.
    #[attr(computed)]
    pub creator_id: Value<String>,
    /// Class of the client, such as `management`.
    #[attr(computed)]
    pub client_class: Value<String>,
    /// What the client belongs to: `organization` or `project`.
    #[attr(computed)]
    pub tenanted_by: Value<String>,
}

#[async_trait]
impl DataSource<Pangea> for Client {
    const NAME: &'static str = "pangea_client";

    fn validate(config: &Client, diagnostics: &mut Diagnostics) {
        for (id, attribute) in [(&config.id, "id"), (&config.client_id, "client_id")] {
            let misplaced = ids::misplaced(id, Path::attribute(attribute), ids::CLIENT);
            misplaced.into_iter().for_each(|problem| diagnostics.push(problem));
        }
        match (&config.id, &config.client_id) {
            (Value::Null, client_id) => lookup::check_key(client_id, &config.name, WHAT, diagnostics),
            (id, Value::Null) => lookup::check_key(id, &config.name, WHAT, diagnostics),
            _ => diagnostics.error_at(
                Path::attribute("client_id"),
                "The client's id is set twice",
                "`id` and `client_id` are the same id under two names. Set one of the two.",
            ),
        }
    }

    async fn read(pangea: &Pangea, config: Client, ctx: &mut Context<Client>) -> Result<Client> {
        let found = match config.id.as_deref().or(config.client_id.as_deref()) {
            Some(id) => by_id(pangea, id).await?,
            None => by_name(pangea, config.name.as_deref().unwrap_or_default()).await?,
        };
        let attempt = Attempt::new("list the roles of", WHAT, &found.client_id).needing(READ);
        let roles = pangea.api()?.clients().roles(&found.client_id).await.explain(pangea, &attempt)?;
        if roles.is_empty() {
            ctx.warn(
                "The client has no role",
                format!(
                    "Client \"{}\" ({}) has no role, so its tokens can call nothing, whatever its scopes are. Declare one in \
                     the `roles` of its resource, or grant one with `pangea_client_grant`.",
                    found.client_name, found.client_id
                ),
            );
        }
        Ok(Client { effective_roles: to_model(roles).into(), ..Client::from(found) })
    }
}

async fn by_id(pangea: &Pangea, id: &str) -> Result<Found> {
    let attempt = Attempt::new("read", WHAT, id).needing(READ);
    let found = pangea.api()?.clients().find(id).await.explain(pangea, &attempt)?;
    let found = found.ok_or_else(|| lookup::none_with_id(id, WHAT))?;
    ids::same(id, &found.client_id, WHAT)?;
    Ok(found)
}

async fn by_name(pangea: &Pangea, name: &str) -> Result<Found> {
    let clients = pangea.api()?.clients();
    let attempt = Attempt::new("look for", WHAT, name).needing(READ);
    let filter = ClientFilter { client_name: Some(name.to_owned()), ..ClientFilter::default() };
    let found = clients.list(&filter).await.explain(pangea, &attempt)?;
    if let Some(found) = lookup::the_only(found, name, WHAT)? {
        return Ok(found);
    }
    let all = clients.list(&ClientFilter::default()).await.explain(pangea, &attempt)?;
    Err(lookup::none_named(all, name, WHAT))
}

impl Named for Found {
    fn id(&self) -> &str {
        &self.client_id
    }

    fn name(&self) -> &str {
        &self.client_name
    }
}

/// A client without its roles, which are listed apart.
impl From<Found> for Client {
    fn from(found: Found) -> Client {
        let set = |list: Vec<String>| Value::Known(BTreeSet::from_iter(list));
        Client {
            id: found.client_id.as_str().into(),
            name: found.client_name.into(),
            client_id: found.client_id.into(),
            effective_scopes: found.scopes.into(),
            effective_roles: Value::Null,
            token_endpoint_auth_method: found.token_endpoint_auth_method.into(),
            redirect_uris: set(found.redirect_uris),
            grant_types: set(found.grant_types),
            response_types: set(found.response_types),
            client_token_expires_in: found.client_token_expires_in.into(),
            created_at: found.created_at.into(),
            updated_at: found.updated_at.into(),
            owner_id: found.owner_id.into(),
            owner_username: found.owner_username.into(),
            creator_id: found.creator_id.into(),
            client_class: found.client_class.into(),
            tenanted_by: found.tenanted_by.into(),
        }
    }
}
