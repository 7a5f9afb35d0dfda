//! `data.pangea_client_secrets`: the secrets of a client, without their values.

use pangea_client::SecretMetadata;
use tf_framework::{Context, DataSource, Diagnostics, Model, Path, Result, Value, async_trait};

use crate::{
    diagnose::Explain,
    filters::{SecretConditions, secrets},
    ids,
    provider::Pangea,
};

/// The secrets of an OAuth client, all or some of them, oldest first: when they expire, and who made them. Their values are
/// shown by nothing. Those that the provider made for a run alone are left out.
#[derive(Clone, Debug, Model)]
pub struct ClientSecrets {
    /// Id of the client, `psa_…`.
    #[attr(required, length(1..=255))]
    pub client_id: Value<String>,
    #[attr(flatten)]
    pub conditions: SecretConditions,
    /// The secrets, oldest first.
    #[attr(computed)]
    pub secrets: Value<Vec<Listed>>,
}

/// One secret, without its value.
#[derive(Clone, Debug, Model)]
pub struct Listed {
    /// Id of the secret, `pce_…`.
    #[attr(computed)]
    pub id: Value<String>,
    /// Name of the secret.
    #[attr(computed)]
    pub name: Value<String>,
    /// Description of the secret.
    #[attr(computed)]
    pub description: Value<String>,
    /// When the secret expires (ISO 8601, UTC).
    #[attr(computed)]
    pub expires_at: Value<String>,
    /// When the secret was made (ISO 8601, UTC).
    #[attr(computed)]
    pub created_at: Value<String>,
    /// When the secret was last changed (ISO 8601, UTC).
    #[attr(computed)]
    pub updated_at: Value<String>,
    /// Name of who made it.
    #[attr(computed)]
    pub creator: Value<String>,
    /// Id of who made it.
    #[attr(computed)]
    pub creator_id: Value<String>,
    /// What made it, such as `client` or `user`.
    #[attr(computed)]
    pub creator_type: Value<String>,
    /// IP address from which it was made.
    #[attr(computed)]
    pub source_ip: Value<String>,
    /// Program with which it was made.
    #[attr(computed)]
    pub user_agent: Value<String>,
}

#[async_trait]
impl DataSource<Pangea> for ClientSecrets {
    const NAME: &'static str = "pangea_client_secrets";

    fn validate(config: &ClientSecrets, diagnostics: &mut Diagnostics) {
        let misplaced = ids::misplaced(&config.client_id, Path::attribute("client_id"), ids::CLIENT);
        misplaced.into_iter().for_each(|problem| diagnostics.push(problem));
        config.conditions.check(diagnostics);
    }

    async fn read(pangea: &Pangea, config: ClientSecrets, _: &mut Context<ClientSecrets>) -> Result<ClientSecrets> {
        let client_id = config.client_id.as_deref().unwrap_or_default();
        let found = config.conditions.find(pangea.api()?, client_id).await;
        let found = found.explain(pangea, &secrets::attempt(client_id))?;
        let secrets: Vec<Listed> = found.into_iter().map(Listed::from).collect();
        Ok(ClientSecrets { secrets: secrets.into(), ..config })
    }
}

impl From<SecretMetadata> for Listed {
    fn from(found: SecretMetadata) -> Listed {
        Listed {
            id: found.client_secret_id.into(),
            name: found.client_secret_name.into(),
            description: found.client_secret_description.into(),
            expires_at: found.client_secret_expires_at.into(),
            created_at: found.created_at.into(),
            updated_at: found.updated_at.into(),
            creator: found.origin.creator.into(),
            creator_id: found.origin.creator_id.into(),
            creator_type: found.origin.creator_type.into(),
            source_ip: found.origin.source_ip.into(),
            user_agent: found.origin.user_agent.into(),
        }
    }
}
