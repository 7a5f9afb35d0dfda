//! `list "pangea_client_secret"`: the secrets of one client, or of all that the provider's login sees.

use std::collections::BTreeSet;

use pangea_client::{ClientFilter, SecretFilter, SecretMetadata};
use tf_framework::{Diagnostics, ListResource, Model, Path, Result, Results, Value, async_trait};

use crate::{
    data_sources::{
        clients::oldest_first,
        times::{self, Times},
    },
    diagnose::{Attempt, Explain},
    ids,
    provider::Pangea,
    resources::ClientSecret,
};

const READ: &str = "pangea:platform:account:read";

/// The secrets of one client, or of all clients that the provider's login sees, oldest first. Those that the provider made for a run alone
/// are left out.
#[derive(Clone, Model)]
pub struct ClientSecrets {
    /// Only secrets of this client, `psa_…`. Without it, the secrets of each client are asked for in turn.
    #[attr(optional, length(1..=255))]
    pub client_id: Value<String>,
    /// Only secrets with this name.
    #[attr(optional, length(1..=255))]
    pub name: Value<String>,
    /// Only secrets whose name holds each of these.
    #[attr(optional)]
    pub name_contains: Value<BTreeSet<String>>,
    /// Only secrets whose name is one of these. The empty set lets none through.
    #[attr(optional)]
    pub name_in: Value<BTreeSet<String>>,
    /// Only secrets that were made within these bounds.
    #[attr(optional)]
    pub created_at: Value<Times>,
}

#[async_trait]
impl ListResource<Pangea> for ClientSecrets {
    type Resource = ClientSecret;

    fn validate(config: &ClientSecrets, diagnostics: &mut Diagnostics) {
        let misplaced = ids::misplaced(&config.client_id, Path::attribute("client_id"), ids::CLIENT);
        misplaced.into_iter().for_each(|problem| diagnostics.push(problem));
        times::check(&config.created_at, "created_at", diagnostics);
    }

    async fn list(pangea: &Pangea, config: ClientSecrets, results: &mut Results<Pangea, ClientSecret>) -> Result<()> {
        if config.name_in.known().is_some_and(BTreeSet::is_empty) {
            // In a query, no value at all would let everything through.
            return Ok(());
        }
        let api = pangea.api()?;
        let client_ids = match config.client_id.known() {
            Some(client_id) => vec![client_id.clone()],
            None => {
                let attempt = Attempt::new("list", "clients", "").needing(READ);
                let mut clients = api.clients().list(&ClientFilter::default()).await.explain(pangea, &attempt)?;
                oldest_first(&mut clients);
                clients.into_iter().map(|client| client.client_id).collect()
            }
        };
        for client_id in client_ids {
            let attempt = Attempt::new("list the secrets of", "client", &client_id).needing(READ);
            let mut found = match api.clients().list_secrets(&client_id, &config.filter()).await {
                // Deleted since the clients were listed.
                Err(error) if error.is_gone() && config.client_id.is_null() => continue,
                found => found.explain(pangea, &attempt)?,
            };
            found.retain(|secret| !secret.is_of_a_run());
            found.sort_by(|one, other| {
                (&one.created_at, &one.client_secret_id).cmp(&(&other.created_at, &other.client_secret_id))
            });
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

impl ClientSecrets {
    fn filter(&self) -> SecretFilter {
        let list = |set: &Value<BTreeSet<String>>| set.known().into_iter().flatten().cloned().collect();
        SecretFilter {
            client_secret_name: self.name.known().cloned(),
            client_secret_name_contains: list(&self.name_contains),
            client_secret_name_in: list(&self.name_in),
            created_at: times::filter(&self.created_at),
        }
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
