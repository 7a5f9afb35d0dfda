//! `data.pangea_clients`: the clients that the provider's login sees.

use std::collections::BTreeSet;

use pangea_client::{Client, ClientFilter};
use tf_framework::{Context, DataSource, Diagnostics, Model, Path, Result, Value, async_trait};

use super::times::{self, Times};
use crate::{
    diagnose::{Attempt, Explain},
    ids,
    provider::Pangea,
};

const READ: &str = "pangea:platform:account:read";

/// The OAuth clients that the provider's login sees, all or some of them, oldest first.
#[derive(Clone, Debug, Model)]
pub struct Clients {
    /// Only the client with this id, `psa_…`.
    #[attr(optional, length(1..=255))]
    pub client_id: Value<String>,
    /// Only clients whose id holds each of these.
    #[attr(optional)]
    pub client_id_contains: Value<BTreeSet<String>>,
    /// Only clients whose id is one of these. The empty set lets none through.
    #[attr(optional)]
    pub client_id_in: Value<BTreeSet<String>>,
    /// Only clients with this name.
    #[attr(optional, length(1..=255))]
    pub name: Value<String>,
    /// Only clients whose name holds each of these.
    #[attr(optional)]
    pub name_contains: Value<BTreeSet<String>>,
    /// Only clients whose name is one of these. The empty set lets none through.
    #[attr(optional)]
    pub name_in: Value<BTreeSet<String>>,
    /// Only clients that have each of these scopes.
    #[attr(optional)]
    pub scopes: Value<BTreeSet<String>>,
    /// Only clients that were registered within these bounds.
    #[attr(optional)]
    pub created_at: Value<Times>,
    /// Only clients that were last changed within these bounds.
    #[attr(optional)]
    pub updated_at: Value<Times>,
    /// The clients, oldest first.
    #[attr(computed)]
    pub clients: Value<Vec<Listed>>,
}

/// One client. What it may do is on `pangea_client`.
#[derive(Clone, Debug, Model)]
pub struct Listed {
    /// Id of the client, `psa_…`.
    #[attr(computed)]
    pub id: Value<String>,
    /// Name of the client. Names may repeat.
    #[attr(computed)]
    pub name: Value<String>,
    /// How the client authenticates at the token endpoint: `client_secret_basic` or `client_secret_post`.
    #[attr(computed)]
    pub token_endpoint_auth_method: Value<String>,
    /// Lifetime of access tokens in seconds.
    #[attr(computed)]
    pub client_token_expires_in: Value<i64>,
    /// When the client was registered (ISO 8601, UTC).
    #[attr(computed)]
    pub created_at: Value<String>,
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
impl DataSource<Pangea> for Clients {
    const NAME: &'static str = "pangea_clients";

    fn validate(config: &Clients, diagnostics: &mut Diagnostics) {
        let misplaced = ids::misplaced(&config.client_id, Path::attribute("client_id"), ids::CLIENT);
        misplaced.into_iter().for_each(|problem| diagnostics.push(problem));
        ids::check_set(&config.client_id_in, "client_id_in", ids::CLIENT, diagnostics);
        times::check(&config.created_at, "created_at", diagnostics);
        times::check(&config.updated_at, "updated_at", diagnostics);
    }

    async fn read(pangea: &Pangea, config: Clients, _: &mut Context<Clients>) -> Result<Clients> {
        let clients: Vec<Listed> = config.find(pangea).await?.into_iter().map(Listed::from).collect();
        Ok(Clients { clients: clients.into(), ..config })
    }
}

impl Clients {
    /// The clients that fulfil the conditions, in the order of their making, so that a new one comes last.
    ///
    /// # Errors
    /// Where the list can't be had.
    pub(crate) async fn find(&self, pangea: &Pangea) -> Result<Vec<Client>> {
        let api = pangea.api()?;
        if self.lets_none_through() {
            return Ok(Vec::new());
        }
        let attempt = Attempt::new("list", "clients", "").needing(READ);
        let mut found = api.clients().list(&self.filter()).await.explain(pangea, &attempt)?;
        oldest_first(&mut found);
        Ok(found)
    }

    /// Whether a set of choices is empty. In a query, no value at all would let everything through.
    fn lets_none_through(&self) -> bool {
        let is_empty = |set: &Value<BTreeSet<String>>| set.known().is_some_and(BTreeSet::is_empty);
        is_empty(&self.client_id_in) || is_empty(&self.name_in)
    }

    fn filter(&self) -> ClientFilter {
        let list = |set: &Value<BTreeSet<String>>| set.known().into_iter().flatten().cloned().collect();
        ClientFilter {
            client_id: self.client_id.known().cloned(),
            client_id_contains: list(&self.client_id_contains),
            client_id_in: list(&self.client_id_in),
            client_name: self.name.known().cloned(),
            client_name_contains: list(&self.name_contains),
            client_name_in: list(&self.name_in),
            scopes: self.scopes.clone().unwrap_or_default(),
            created_at: times::filter(&self.created_at),
            updated_at: times::filter(&self.updated_at),
        }
    }
}

/// The order of making.
pub(crate) fn oldest_first(clients: &mut [Client]) {
    clients.sort_by(|one, other| (&one.created_at, &one.client_id).cmp(&(&other.created_at, &other.client_id)));
}

impl From<Client> for Listed {
    fn from(found: Client) -> Listed {
        Listed {
            id: found.client_id.into(),
            name: found.client_name.into(),
            token_endpoint_auth_method: found.token_endpoint_auth_method.into(),
            client_token_expires_in: found.client_token_expires_in.into(),
            created_at: found.created_at.into(),
            owner_id: found.owner_id.into(),
            owner_username: found.owner_username.into(),
            creator_id: found.creator_id.into(),
            client_class: found.client_class.into(),
            tenanted_by: found.tenanted_by.into(),
        }
    }
}
