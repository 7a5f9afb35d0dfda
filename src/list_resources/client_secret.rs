//! `list "pangea_client_secret"`: the secrets of one client, or of all that the provider's login sees.

use pangea_client::{ClientFilter, SecretMetadata};
use tf_framework::{Diagnostics, ListResource, Model, Path, Result, Results, Value, async_trait};

use crate::{
    diagnose::Explain,
    filters::{SecretConditions, clients::list_clients, secrets},
    ids,
    provider::Pangea,
    resources::ClientSecret,
};

/// The secrets of one client, or of all clients that the provider's login sees, oldest first. Those that the provider made for a run alone
/// are left out.
#[derive(Clone, Model)]
pub struct ClientSecrets {
    /// Only secrets of this client, `psa_…`. Without it, the secrets of each client are asked for in turn.
    #[attr(optional, length(1..=255))]
    pub client_id: Value<String>,
    #[attr(flatten)]
    pub conditions: SecretConditions,
}

#[async_trait]
impl ListResource<Pangea> for ClientSecrets {
    type Resource = ClientSecret;

    fn validate(config: &ClientSecrets, diagnostics: &mut Diagnostics) {
        let misplaced = ids::misplaced(&config.client_id, Path::attribute("client_id"), ids::CLIENT);
        misplaced.into_iter().for_each(|problem| diagnostics.push(problem));
        config.conditions.check(diagnostics);
    }

    async fn list(pangea: &Pangea, config: ClientSecrets, results: &mut Results<Pangea, ClientSecret>) -> Result<()> {
        let client_ids = match config.client_id.known() {
            Some(client_id) => vec![client_id.clone()],
            None => {
                let clients = list_clients(pangea, &ClientFilter::default()).await?;
                clients.into_iter().map(|client| client.client_id).collect()
            }
        };
        for client_id in client_ids {
            let found = match config.conditions.find(pangea.api()?, &client_id).await {
                // Deleted since the clients were listed.
                Err(error) if error.is_gone() && config.client_id.is_null() => continue,
                found => found.explain(pangea, &secrets::attempt(&client_id))?,
            };
            for secret in found {
                let name = secret.client_secret_name.clone().unwrap_or_else(|| secret.client_secret_id.clone());
                if results.push(name, listed(&client_id, secret)).await.is_break() {
                    return Ok(());
                }
            }
        }
        Ok(())
    }
}

/// A secret as an import of it comes to.
fn listed(client_id: &str, found: SecretMetadata) -> ClientSecret {
    ClientSecret {
        id: found.client_secret_id.as_str().into(),
        client_secret_id: found.client_secret_id.into(),
        client_id: client_id.into(),
        name: found.client_secret_name.into(),
        description: found.client_secret_description.into(),
        expires_at: found.client_secret_expires_at.into(),
        ..ClientSecret::default()
    }
}
