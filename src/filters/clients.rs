//! Conditions on OAuth clients.

use std::collections::BTreeSet;

use pangea_client::{Client, ClientFilter};
use tf_framework::{Diagnostics, Model, Path, Result, Value};

use super::{
    is_empty, list,
    times::{self, Times},
};
use crate::{
    diagnose::{Attempt, Explain},
    ids,
    provider::Pangea,
};

const READ: &str = "pangea:platform:account:read";

/// Conditions on OAuth clients. Those that are set must all hold.
#[derive(Clone, Debug, Model)]
pub struct ClientConditions {
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
}

impl ClientConditions {
    /// Checks ids and times.
    pub(crate) fn check(&self, diagnostics: &mut Diagnostics) {
        let misplaced = ids::misplaced(&self.client_id, Path::attribute("client_id"), ids::CLIENT);
        misplaced.into_iter().for_each(|problem| diagnostics.push(problem));
        ids::check_set(&self.client_id_in, "client_id_in", ids::CLIENT, diagnostics);
        times::check(&self.created_at, "created_at", diagnostics);
        times::check(&self.updated_at, "updated_at", diagnostics);
    }

    /// The clients that fulfil them, in the order of their making, so that a new one comes last.
    ///
    /// # Errors
    /// Where the list can't be had.
    pub(crate) async fn find(&self, pangea: &Pangea) -> Result<Vec<Client>> {
        if is_empty(&self.client_id_in) || is_empty(&self.name_in) {
            return Ok(Vec::new());
        }
        list_clients(pangea, &self.filter()).await
    }

    fn filter(&self) -> ClientFilter {
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

/// The clients that a filter lets through, in the order of their making.
pub(crate) async fn list_clients(pangea: &Pangea, filter: &ClientFilter) -> Result<Vec<Client>> {
    let attempt = Attempt::new("list", "clients", "").needing(READ);
    let mut found = pangea.api()?.clients().list(filter).await.explain(pangea, &attempt)?;
    found.sort_by(|one, other| (&one.created_at, &one.client_id).cmp(&(&other.created_at, &other.client_id)));
    Ok(found)
}
