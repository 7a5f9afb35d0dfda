//! `data.pangea_clients`: the clients that the provider's login sees.

use pangea_client::Client;
use tf_framework::{Context, DataSource, Diagnostics, Model, Result, Value, async_trait};

use crate::{filters::ClientConditions, provider::Pangea};

/// The OAuth clients that the provider's login sees, all or some of them, oldest first.
#[derive(Clone, Debug, Model)]
pub struct Clients {
    #[attr(flatten)]
    pub conditions: ClientConditions,
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
        config.conditions.check(diagnostics);
    }

    async fn read(pangea: &Pangea, config: Clients, _: &mut Context<Clients>) -> Result<Clients> {
        let clients: Vec<Listed> = config.conditions.find(pangea).await?.into_iter().map(Listed::from).collect();
        Ok(Clients { clients: clients.into(), ..config })
    }
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
