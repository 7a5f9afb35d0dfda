//! A client's secrets, at `authorization.access`.

use std::time::Duration;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    clients::{CREATED_AT, Clients, PAGE_SIZE, TimeFilter, client_path, page},
    error::{Kind, Result},
    lenient,
    paging::{self, Page},
    request::{Decode, Request, Service},
};

/// With this begins the name of every secret that is made for one run alone and revoked at its end. What lists or counts a
/// client's secrets leaves such names out.
pub const RUN_SECRET_PREFIX: &str = "terraform-run-";

impl Clients<'_> {
    /// Makes a further secret of a client. Its value is in this answer and in no later one.
    ///
    /// # Errors
    /// [`Kind::Ambiguous`](crate::Kind::Ambiguous) where the request was sent and its outcome is not known; it is not sent again.
    pub async fn create_secret(&self, client_id: &str, secret: &NewSecret) -> Result<CreatedSecret> {
        self.api.create(create(client_id, secret)).await
    }

    /// Makes a secret for this run alone, which lives so many seconds unless it is prolonged. Its name begins with
    /// [`RUN_SECRET_PREFIX`]; whoever asks for it revokes it.
    ///
    /// # Errors
    /// As [`Clients::create_secret`], but where its outcome is not known, what it may have made is revoked and another is made.
    pub async fn create_run_secret(&self, client_id: &str, seconds: i64) -> Result<CreatedSecret> {
        let name = format!("{RUN_SECRET_PREFIX}{:016x}", rand::random::<u64>());
        let new = NewSecret {
            client_secret_description: Some(format!(
                "Made by {} for one run, and revoked at its end.",
                self.api.config().user_agent
            )),
            client_secret_name: Some(name.clone()),
            client_secret_expires_in: Some(seconds),
        };
        match self.create_secret(client_id, &new).await {
            Err(error) if error.kind() == Kind::Ambiguous => {
                // The name is this call's own, so whatever has it was made by this call.
                self.sweep(client_id, &name).await;
                self.create_secret(client_id, &new).await
            }
            made => made,
        }
    }

    /// Lets a secret that was made so long ago, and expires then, live so many seconds from now on. Gives when it expires.
    ///
    /// No source states whether an expiry counts from now or from the making, so it is read back, and set anew where it did not
    /// move. Both times come from the service in one form, so as texts they compare like times.
    ///
    /// # Errors
    /// As [`Clients::update_secret`].
    pub async fn prolong_secret(
        &self,
        client_id: &str,
        client_secret_id: &str,
        expires_at: Option<&str>,
        seconds: i64,
        age: Duration,
    ) -> Result<Option<String>> {
        let age = i64::try_from(age.as_secs()).unwrap_or_default();
        let prolong = async |seconds| {
            let update = SecretUpdate { client_secret_expires_in: Some(seconds), ..SecretUpdate::default() };
            let updated = self.update_secret(client_id, client_secret_id, &update).await?;
            Ok(updated.client_secret_expires_at)
        };
        let until = prolong(seconds).await?;
        if until.as_deref() > expires_at { Ok(until) } else { prolong(seconds.saturating_add(age)).await }
    }

    /// Revokes what a create made whose outcome nobody knows.
    async fn sweep(&self, client_id: &str, name: &str) {
        let secrets = self.secrets(client_id).await.unwrap_or_default();
        for secret in secrets.iter().filter(|secret| secret.client_secret_name.as_deref() == Some(name)) {
            if self.revoke_secret(client_id, &secret.client_secret_id).await.is_err() {
                tracing::debug!("a secret of this run was not revoked; it expires by itself");
            }
        }
    }

    /// Lists a client's secrets, without their values, oldest first, all pages.
    ///
    /// # Errors
    /// One with [`Error::is_gone`](crate::Error::is_gone) where there is no such client.
    pub async fn secrets(&self, client_id: &str) -> Result<Vec<SecretMetadata>> {
        self.list_secrets(client_id, &SecretFilter::default()).await
    }

    /// Lists those of a client's secrets that the filter lets through, without their values, oldest first, all pages.
    ///
    /// # Errors
    /// As [`Clients::secrets`].
    pub async fn list_secrets(&self, client_id: &str, filter: &SecretFilter) -> Result<Vec<SecretMetadata>> {
        paging::by_cursor(self.api, |last| list(client_id, filter, last)).await
    }

    /// Changes a secret's name, description or expiry; what the update leaves out stays.
    ///
    /// # Errors
    /// One with [`Error::is_gone`](crate::Error::is_gone) where there is no such client or secret.
    pub async fn update_secret(
        &self,
        client_id: &str,
        client_secret_id: &str,
        update: &SecretUpdate,
    ) -> Result<UpdatedSecret> {
        self.api.send(change(client_id, client_secret_id, update)).await
    }

    /// Revokes a secret.
    ///
    /// # Errors
    /// One with [`Error::is_gone`](crate::Error::is_gone) where there is no such client or secret, also where an earlier attempt
    /// of this very call revoked it and its answer was lost.
    pub async fn revoke_secret(&self, client_id: &str, client_secret_id: &str) -> Result<()> {
        self.api.send(revoke(client_id, client_secret_id)).await
    }
}

/// A secret to make. Everything may be left to the service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NewSecret {
    /// The name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret_name: Option<String>,
    /// The description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret_description: Option<String>,
    /// The lifetime in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret_expires_in: Option<i64>,
}

/// A change of a secret. `None` leaves a setting as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SecretUpdate {
    /// The new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret_name: Option<String>,
    /// The new description.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret_description: Option<String>,
    /// The new lifetime in seconds, most likely from now on: no source states from when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_secret_expires_in: Option<i64>,
}

/// A secret with its value, as only its making answers it.
#[derive(Clone, Debug, Deserialize)]
pub struct CreatedSecret {
    /// `pce_…`.
    pub client_secret_id: String,
    /// `pck_…`.
    pub client_secret: SecretString,
    /// When it expires, as sent (ISO 8601, UTC).
    #[serde(default, deserialize_with = "lenient::if_readable")]
    pub client_secret_expires_at: Option<String>,
    /// The name.
    #[serde(default, deserialize_with = "lenient::if_readable")]
    pub client_secret_name: Option<String>,
    /// The description.
    #[serde(default, deserialize_with = "lenient::if_readable")]
    pub client_secret_description: Option<String>,
}

/// A secret after a change. Its value, which the service may send once more, is dropped: nobody needs it here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct UpdatedSecret {
    /// When it expires, as sent (ISO 8601, UTC).
    pub client_secret_expires_at: Option<String>,
    /// The name.
    pub client_secret_name: Option<String>,
    /// The description.
    pub client_secret_description: Option<String>,
}

/// A secret without its value. Timestamps stand as sent (ISO 8601, UTC).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct SecretMetadata {
    /// `pce_…`.
    pub client_secret_id: String,
    /// The client, `psa_…`.
    pub client_id: Option<String>,
    /// When the secret expires.
    pub client_secret_expires_at: Option<String>,
    /// The name.
    pub client_secret_name: Option<String>,
    /// The description.
    pub client_secret_description: Option<String>,
    /// When the secret was made.
    pub created_at: Option<String>,
    /// When the secret was last changed.
    pub updated_at: Option<String>,
    /// By whom and from where the secret was made.
    #[serde(rename = "client_secret_metadata", default, deserialize_with = "lenient::or_default")]
    pub origin: SecretOrigin,
}

/// Which secrets a listing is to hold. Conditions are joined by *and*; the default lets all through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretFilter {
    /// The name is this.
    pub client_secret_name: Option<String>,
    /// The name holds each of these.
    pub client_secret_name_contains: Vec<String>,
    /// The name is one of these.
    pub client_secret_name_in: Vec<String>,
    /// When the secret was made.
    pub created_at: TimeFilter,
}

/// By whom and from where a secret was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct SecretOrigin {
    /// The IP address of the request.
    pub source_ip: Option<String>,
    /// The user agent of the request.
    pub user_agent: Option<String>,
    /// The maker's name.
    pub creator: Option<String>,
    /// The maker's id.
    pub creator_id: Option<String>,
    /// What the maker is.
    pub creator_type: Option<String>,
}

/// The SDKs disagree on whether the body names the client and the secret (four of five send both). The path says the
/// one, and the service mints the other.
fn create(client_id: &str, secret: &NewSecret) -> Request<CreatedSecret> {
    Request::post(Service::AUTHORIZATION_ACCESS, client_path(client_id).into_iter().chain(["secrets"]), json!(secret))
        .at_most_once()
}

fn list(client_id: &str, filter: &SecretFilter, last: Option<&str>) -> Request<Page<SecretMetadata>> {
    let fixed = [("order", "asc".to_owned()), ("order_by", "created_at".to_owned()), ("size", PAGE_SIZE.to_string())];
    Request::<Value>::get(
        Service::AUTHORIZATION_ACCESS,
        client_path(client_id).into_iter().chain(["secrets", "metadata"]),
    )
    .with_query(filter.query())
    .with_query(fixed)
    .with_query(last.map(|last| ("last", last.to_owned())))
    // The hyphen is what three SDKs read; the other two look for the other names.
    .decoding(Decode::Json(|answer| page(answer, &["client-secrets", "client_secrets", "secrets"])))
}

fn change(client_id: &str, client_secret_id: &str, update: &SecretUpdate) -> Request<UpdatedSecret> {
    Request::post(Service::AUTHORIZATION_ACCESS, secret_path(client_id, client_secret_id), json!(update))
}

fn revoke(client_id: &str, client_secret_id: &str) -> Request<()> {
    Request::delete(Service::AUTHORIZATION_ACCESS, secret_path(client_id, client_secret_id))
}

fn secret_path<'p>(client_id: &'p str, client_secret_id: &'p str) -> impl Iterator<Item = &'p str> {
    client_path(client_id).into_iter().chain(["secrets", client_secret_id])
}

impl SecretMetadata {
    /// Whether the secret was made for one run alone; see [`RUN_SECRET_PREFIX`].
    pub fn is_of_a_run(&self) -> bool {
        self.client_secret_name.as_deref().is_some_and(|name| name.starts_with(RUN_SECRET_PREFIX))
    }
}

impl SecretFilter {
    fn query(&self) -> Vec<(&'static str, String)> {
        let names = [
            ("client_secret_name", self.client_secret_name.as_slice()),
            ("client_secret_name__contains", &self.client_secret_name_contains),
            ("client_secret_name__in", &self.client_secret_name_in),
        ];
        let names = names.into_iter().flat_map(|(key, values)| values.iter().map(move |value| (key, value.clone())));
        names.chain(self.created_at.query(CREATED_AT)).collect()
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check<T>(request: Request<T>, expected: Expect) {
        expected.assert_eq(&request.shown());
    }

    #[test]
    fn a_further_secret_is_made_at_most_once() {
        check(
            create("psa_a", &NewSecret::default()),
            expect![[r#"
            POST authorization.access /v1beta/oauth/clients/psa_a/secrets Rest AtMostOnce Login
              {}"#]],
        );
        let named = NewSecret {
            client_secret_name: Some("second".into()),
            client_secret_expires_in: Some(600),
            ..NewSecret::default()
        };
        check(
            create("psa_a", &named),
            expect![[r#"
            POST authorization.access /v1beta/oauth/clients/psa_a/secrets Rest AtMostOnce Login
              {"client_secret_expires_in":600,"client_secret_name":"second"}"#]],
        );
    }

    #[test]
    fn a_listing_of_secrets_carries_its_conditions() {
        let filter = SecretFilter {
            client_secret_name: Some("one".into()),
            client_secret_name_contains: vec!["o".into(), "n".into()],
            client_secret_name_in: vec!["one".into()],
            created_at: TimeFilter { lt: Some("2026-01-01T00:00:00Z".into()), ..TimeFilter::default() },
        };
        check(
            list("psa_a", &filter, None),
            expect![[r#"
                GET authorization.access /v1beta/oauth/clients/psa_a/secrets/metadata Rest Freely Login
                  client_secret_name=one
                  client_secret_name__contains=o
                  client_secret_name__contains=n
                  client_secret_name__in=one
                  created_at__lt=2026-01-01T00:00:00Z
                  order=asc
                  order_by=created_at
                  size=100"#]],
        );
    }

    #[test]
    fn secrets_are_listed_changed_and_revoked_by_their_id() {
        check(
            list("psa_a", &SecretFilter::default(), Some("MTox")),
            expect![[r#"
            GET authorization.access /v1beta/oauth/clients/psa_a/secrets/metadata Rest Freely Login
              order=asc
              order_by=created_at
              size=100
              last=MTox"#]],
        );
        check(
            change("psa_a", "pce_b", &SecretUpdate { client_secret_expires_in: Some(900), ..SecretUpdate::default() }),
            expect![[r#"
                POST authorization.access /v1beta/oauth/clients/psa_a/secrets/pce_b Rest Freely Login
                  {"client_secret_expires_in":900}"#]],
        );
        check(
            revoke("psa_a", "pce_b"),
            expect!["DELETE authorization.access /v1beta/oauth/clients/psa_a/secrets/pce_b Rest Freely Login"],
        );
    }
}
