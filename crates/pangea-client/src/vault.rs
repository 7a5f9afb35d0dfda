//! Client secrets in Vault, at `vault`: where one can be read again, and rotated.
//!
//! Vault knows its items by ids of its own, `pvi_…`, and no endpoint tells the one of a client secret. So the item is looked for by its
//! metadata, and known by the ids of the secrets that are its versions.

use secrecy::SecretString;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use crate::{
    api::Api,
    clients::{PAGE_SIZE, page},
    error::Result,
    lenient,
    paging::{self, Page},
    request::{Decode, Request, Service},
};

/// The type of an item that holds the secrets of a client of the management APIs.
const CLIENT_SECRET: &str = "pangea_platform_client_secret";

/// The calls on Vault. Made by [`Api::vault`]. They carry Vault's own token where one is configured, else the login's; the token
/// decides in which project's Vault they look.
#[derive(Clone, Copy, Debug)]
pub struct Vault<'a> {
    pub(crate) api: &'a Api,
}

impl Vault<'_> {
    /// Finds the item that holds a client's secret, as the latest of its versions or as an older one. No value is kept of what is
    /// looked through.
    ///
    /// # Errors
    /// [`Kind::Forbidden`](crate::Kind::Forbidden) for a token that is bound to no project.
    pub async fn find_client_secret(&self, client_id: &str, client_secret_id: &str) -> Result<Option<VaultSecret>> {
        // The specification's example has the id of a secret where the name of the field says that of a client; and of a version that
        // is not the latest, no metadata may tell, so in the end all items are looked through.
        for metadata in [Some(client_secret_id), Some(client_id), None] {
            let items: Vec<Item<Version>> = paging::by_cursor(self.api, |last| find(metadata, last)).await?;
            let found = items.into_iter().find_map(|item| item.version(client_secret_id));
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// Reads the value of a secret; `None` where its version holds none any more.
    ///
    /// # Errors
    /// [`Kind::NotFound`](crate::Kind::NotFound) or one with [`Error::is_gone`](crate::Error::is_gone) where the item is gone.
    pub async fn read_client_secret(&self, secret: &VaultSecret) -> Result<Option<SecretString>> {
        let item = self.api.send(get(secret)).await?;
        let wanted = |version: &ValueVersion| version.version == secret.version;
        Ok(item.item_versions.into_iter().find(wanted).and_then(|version| version.client_secret))
    }

    /// Has Vault mint a new value, as a new version of the item with a `client_secret_id` of its own, which is given.
    ///
    /// # Errors
    /// [`Kind::Ambiguous`](crate::Kind::Ambiguous) where the request was sent and its outcome is not known; it is not sent again.
    pub async fn rotate_client_secret(
        &self,
        item_id: &str,
        state: Option<RotationState>,
        grace_period: Option<&str>,
    ) -> Result<VaultSecret> {
        self.api.create(rotate(item_id, state, grace_period)).await
    }
}

/// A client's secret as a version of an item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VaultSecret {
    /// The item, `pvi_…`.
    pub item_id: String,
    /// The version's number, from 1 on.
    pub version: i64,
    /// The secret, `pce_…`.
    pub client_secret_id: String,
    /// The state of the version, such as `active`.
    pub state: Option<String>,
}

/// What becomes of the version before, once its grace period is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RotationState {
    /// `deactivated`.
    Deactivated,
    /// `suspended`.
    Suspended,
    /// `destroyed`.
    Destroyed,
}

impl RotationState {
    /// All of them.
    pub const ALL: [RotationState; 3] =
        [RotationState::Deactivated, RotationState::Suspended, RotationState::Destroyed];

    /// The API's word for it.
    pub fn word(self) -> &'static str {
        match self {
            RotationState::Deactivated => "deactivated",
            RotationState::Suspended => "suspended",
            RotationState::Destroyed => "destroyed",
        }
    }
}

/// An item, as far as it is needed.
#[derive(Deserialize)]
#[serde(bound = "V: DeserializeOwned")]
struct Item<V> {
    id: String,
    #[serde(default, deserialize_with = "lenient::or_default")]
    item_versions: Vec<V>,
}

/// A version without its value.
#[derive(Deserialize)]
struct Version {
    version: i64,
    state: Option<String>,
    client_secret_id: Option<String>,
}

#[derive(Deserialize)]
struct ValueVersion {
    version: i64,
    client_secret: Option<SecretString>,
}

impl Item<Version> {
    fn version(self, client_secret_id: &str) -> Option<VaultSecret> {
        let found =
            self.item_versions.into_iter().find(|one| one.client_secret_id.as_deref() == Some(client_secret_id))?;
        Some(VaultSecret {
            item_id: self.id,
            version: found.version,
            client_secret_id: client_secret_id.to_owned(),
            state: found.state,
        })
    }

    fn latest(self) -> Option<VaultSecret> {
        let latest = self.item_versions.into_iter().max_by_key(|version| version.version)?;
        Some(VaultSecret {
            item_id: self.id,
            version: latest.version,
            client_secret_id: latest.client_secret_id?,
            state: latest.state,
        })
    }
}

fn find(metadata_client_id: Option<&str>, last: Option<&str>) -> Request<Page<Item<Version>>> {
    let mut body = json!({ "filter": { "type": CLIENT_SECRET }, "version": "all", "size": PAGE_SIZE });
    if let Some(id) = metadata_client_id {
        body["filter"]["metadata_client_id"] = json!(id);
    }
    if let Some(last) = last {
        body["last"] = json!(last);
    }
    call(&["get_bulk"], body).decoding(Decode::Json(|answer| page(answer, &["items"])))
}

fn get(secret: &VaultSecret) -> Request<Item<ValueVersion>> {
    call(&["get"], json!({ "id": secret.item_id, "version": secret.version }))
        .decoding(Decode::Json(serde_json::from_value))
}

fn rotate(item_id: &str, state: Option<RotationState>, grace_period: Option<&str>) -> Request<VaultSecret> {
    let mut body = Map::from_iter([("id".to_owned(), json!(item_id))]);
    body.extend(state.map(|state| ("rotation_state".to_owned(), json!(state.word()))));
    body.extend(grace_period.map(|period| ("rotation_grace_period".to_owned(), json!(period))));
    let rotated = |answer| {
        let item: Item<Version> = serde_json::from_value(answer)?;
        item.latest().ok_or_else(|| serde::de::Error::missing_field("client_secret_id"))
    };
    call(&["secret", "rotate"], Value::Object(body)).decoding(Decode::Json(rotated)).at_most_once()
}

fn call(path: &[&str], body: Value) -> Request<Value> {
    Request::call(Service::VAULT, ["v2"].into_iter().chain(path.iter().copied()), body).with_service_token()
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check<T>(request: Request<T>, expected: Expect) {
        expected.assert_eq(&request.shown());
    }

    #[test]
    fn an_item_is_looked_for_by_its_metadata_and_known_by_its_versions() {
        check(
            find(Some("pce_a"), Some("MTox")),
            expect![[r#"
            POST vault /v2/get_bulk Envelope Freely Service
              {"filter":{"metadata_client_id":"pce_a","type":"pangea_platform_client_secret"},"last":"MTox","size":100,"version":"all"}"#]],
        );
        let item = r#"{"id":"pvi_a","item_versions":[{"version":1,"client_secret_id":"pce_a"},{"version":2,"client_secret_id":"pce_b"}]}"#;
        let item = || serde_json::from_str::<Item<Version>>(item).unwrap();
        assert_eq!(item().version("pce_a").map(|secret| secret.version), Some(1));
        assert_eq!(item().version("pce_c"), None);
        assert_eq!(item().latest().map(|secret| secret.client_secret_id), Some("pce_b".to_owned()));
    }

    #[test]
    fn a_value_is_asked_for_by_item_and_version() {
        let secret = VaultSecret { item_id: "pvi_a".into(), version: 2, client_secret_id: "pce_b".into(), state: None };
        check(
            get(&secret),
            expect![[r#"
            POST vault /v2/get Envelope Freely Service
              {"id":"pvi_a","version":2}"#]],
        );
    }

    #[test]
    fn a_rotation_is_sent_at_most_once_and_leaves_to_vault_what_nobody_says() {
        check(
            rotate("pvi_a", None, None),
            expect![[r#"
            POST vault /v2/secret/rotate Envelope AtMostOnce Service
              {"id":"pvi_a"}"#]],
        );
        check(
            rotate("pvi_a", Some(RotationState::Suspended), Some("1h")),
            expect![[r#"
            POST vault /v2/secret/rotate Envelope AtMostOnce Service
              {"id":"pvi_a","rotation_grace_period":"1h","rotation_state":"suspended"}"#]],
        );
    }
}
