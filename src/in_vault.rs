//! A client's secret in Vault, found by its id.

use pangea_client::VaultSecret;
use tf_framework::{Diagnostic, Path, Result, Value};

use crate::{
    acting::{self, Place},
    diagnose::Attempt,
    provider::Pangea,
};

/// The service's host label.
const SERVICE: &str = "vault";

/// A secret, and as whom Vault is asked for it.
pub(crate) struct InVault<'c> {
    pub(crate) client_id: &'c str,
    pub(crate) client_secret_id: &'c str,
    /// The client to act as, the provider's default included.
    pub(crate) actor: Value<String>,
    pub(crate) domain: &'c Value<String>,
}

impl InVault<'_> {
    /// The way to the project's Vault.
    pub(crate) fn place(&self) -> Place<'_> {
        Place { service: SERVICE, client_id: self.actor.as_deref(), domain: self.domain.as_deref() }
    }

    /// Does something to the secret, once its item is found.
    ///
    /// # Errors
    /// Where there is no such item, or it can't be reached.
    pub(crate) async fn on_item<T>(
        &self,
        pangea: &Pangea,
        verb: &str,
        call: impl AsyncFnOnce(pangea_client::Vault<'_>, &VaultSecret) -> pangea_client::Result<T>,
    ) -> Result<T> {
        let place = self.place();
        let attempt = Attempt::new(verb, "client secret in Vault", self.client_secret_id)
            .at_service(SERVICE)
            .acting_as(place.client_id);
        let done = async {
            let api = pangea.at(place)?;
            let vault = api.vault();
            let found = vault.find_client_secret(self.client_id, self.client_secret_id).await;
            match acting::sorted(found, pangea, place, &attempt)? {
                Some(secret) => acting::sorted(call(vault, &secret).await, pangea, place, &attempt).map(Some),
                None => Ok(None),
            }
        };
        let done = done.await.map_err(|unreached| unreached.into_lookup_error(place))?;
        done.ok_or_else(|| self.not_there().into())
    }

    fn not_there(&self) -> Diagnostic {
        Diagnostic::error(
            "The secret is not in this Vault",
            format!(
                "Vault was asked for the secret {} of client {}, and holds no item with it. Check the two ids. Each project has a Vault \
                 of its own, and the token decides which is asked: name a client of the right project in `impersonate_client_id`. A secret \
                 that was revoked is in no Vault.",
                self.client_secret_id, self.client_id
            ),
        )
        .at(Path::attribute("client_secret_id"))
    }
}
