//! Conditions on the secrets of a client.

use std::collections::BTreeSet;

use pangea_client::{Api, SecretFilter, SecretMetadata};
use tf_framework::{Diagnostics, Model, Value};

use super::{
    is_empty, list,
    times::{self, Times},
};
use crate::diagnose::Attempt;

/// Conditions on the secrets of a client. Those that are set must all hold.
#[derive(Clone, Debug, Model)]
pub struct SecretConditions {
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

impl SecretConditions {
    /// Checks times.
    pub(crate) fn check(&self, diagnostics: &mut Diagnostics) {
        times::check(&self.created_at, "created_at", diagnostics);
    }

    /// The secrets of a client that fulfil them, in the order of their making. Those that the provider made for a run alone are left
    /// out.
    ///
    /// # Errors
    /// Those of the call, to be explained as [`attempt`].
    pub(crate) async fn find(&self, api: &Api, client_id: &str) -> pangea_client::Result<Vec<SecretMetadata>> {
        if is_empty(&self.name_in) {
            return Ok(Vec::new());
        }
        let mut found = api.clients().list_secrets(client_id, &self.filter()).await?;
        found.retain(|secret| !secret.is_of_a_run());
        found.sort_by(|one, other| {
            (&one.created_at, &one.client_secret_id).cmp(&(&other.created_at, &other.client_secret_id))
        });
        Ok(found)
    }

    fn filter(&self) -> SecretFilter {
        SecretFilter {
            client_secret_name: self.name.known().cloned(),
            client_secret_name_contains: list(&self.name_contains),
            client_secret_name_in: list(&self.name_in),
            created_at: times::filter(&self.created_at),
        }
    }
}

/// What [`SecretConditions::find`] is about, in messages.
pub(crate) const fn attempt(client_id: &str) -> Attempt<'_> {
    Attempt::new("list the secrets of", "client", client_id).needing("pangea:platform:account:read")
}
