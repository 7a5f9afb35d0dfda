//! OAuth clients, their roles and their access, at `authorization.access`.

use std::collections::BTreeSet;

use secrecy::SecretString;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value, json};

use crate::{
    api::Api,
    error::Result,
    lenient,
    paging::{self, Page},
    request::{Decode, Request, Service},
};

/// How many clients or secrets one page holds. The API states no maximum; 100 is that of Pangea's Vault.
pub(crate) const PAGE_SIZE: u32 = 100;

/// The calls on OAuth clients. Made by [`Api::clients`].
#[derive(Clone, Copy, Debug)]
pub struct Clients<'a> {
    pub(crate) api: &'a Api,
}

impl Clients<'_> {
    /// Registers a client and its first secret. The secret's value is in this answer and in no later one.
    ///
    /// # Errors
    /// [`Kind::Ambiguous`](crate::Kind::Ambiguous) where the request was sent and its outcome is not known; it is not sent again,
    /// since names may repeat and a second client would be a live credential that nobody tracks.
    pub async fn register(&self, client: &NewClient) -> Result<RegisteredClient> {
        self.api.create(register(client)).await
    }

    /// Gets one client.
    ///
    /// # Errors
    /// One with [`Error::is_gone`](crate::Error::is_gone) where there is no such client; see [`Clients::find`].
    pub async fn get(&self, client_id: &str) -> Result<Client> {
        self.api.send(get(client_id)).await
    }

    /// Finds one client. One that is gone is `None`.
    ///
    /// # Errors
    /// As [`Clients::get`], but for gone ones.
    pub async fn find(&self, client_id: &str) -> Result<Option<Client>> {
        self.api.find(get(client_id)).await
    }

    /// Lists the clients that the filter lets through, oldest first, all pages.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::Kind::Malformed) where the listing does not end.
    pub async fn list(&self, filter: &ClientFilter) -> Result<Vec<Client>> {
        paging::by_cursor(self.api, |last| list(filter, last)).await
    }

    /// Changes a client's own settings; what the update leaves out stays. Scopes and roles change by [`Clients::grant`] and
    /// [`Clients::revoke`], and the lifetime of tokens cannot be changed.
    ///
    /// # Errors
    /// [`Kind::Validation`](crate::Kind::Validation) where the service refuses a value.
    pub async fn update(&self, client_id: &str, update: &ClientUpdate) -> Result<Client> {
        self.api.send(change(client_id, update)).await
    }

    /// Deletes a client, and with it its secrets.
    ///
    /// # Errors
    /// One with [`Error::is_gone`](crate::Error::is_gone) where there is no such client, also where an earlier attempt of
    /// this very call deleted it and its answer was lost.
    pub async fn delete(&self, client_id: &str) -> Result<()> {
        self.api.send(delete(client_id)).await
    }

    /// Lists a client's roles.
    ///
    /// # Errors
    /// One with [`Error::is_gone`](crate::Error::is_gone) where there is no such client.
    pub async fn roles(&self, client_id: &str) -> Result<Vec<Role>> {
        self.list_roles(client_id, &RoleFilter::default()).await
    }

    /// Lists those of a client's roles that the filter lets through, all pages.
    ///
    /// # Errors
    /// As [`Clients::roles`].
    pub async fn list_roles(&self, client_id: &str, filter: &RoleFilter) -> Result<Vec<Role>> {
        paging::by_cursor(self.api, |last| roles(client_id, filter, last)).await
    }

    /// Adds scopes and roles to a client. What it already holds stays as it is.
    ///
    /// # Errors
    /// [`Kind::Validation`](crate::Kind::Validation) for a second role, which organization and project clients do not take.
    pub async fn grant(&self, client_id: &str, scopes: &BTreeSet<String>, roles: &[Role]) -> Result<()> {
        self.api.send(access(client_id, "grant", scopes, roles)).await
    }

    /// Takes scopes and roles from a client. What it does not hold is passed over.
    ///
    /// # Errors
    /// One with [`Error::is_gone`](crate::Error::is_gone) where there is no such client.
    pub async fn revoke(&self, client_id: &str, scopes: &BTreeSet<String>, roles: &[Role]) -> Result<()> {
        self.api.send(access(client_id, "revoke", scopes, roles)).await
    }
}

/// A client to register. Everything but the name and the scopes may be left to the service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewClient {
    /// The name. It need not be unique.
    pub client_name: String,
    /// What the client may ask for in its tokens.
    pub scopes: BTreeSet<String>,
    /// What the scopes apply to. An organization or project client takes one role; without any it can call nothing.
    pub roles: Vec<Role>,
    /// `client_secret_basic` (the service's default) or `client_secret_post`.
    pub token_endpoint_auth_method: Option<String>,
    /// Where an authorization may redirect to. The service's default is none.
    pub redirect_uris: Option<Vec<String>>,
    /// The service's default is `client_credentials`.
    pub grant_types: Option<Vec<String>>,
    /// The service's default is `token`.
    pub response_types: Option<Vec<String>>,
    /// The first secret's name. The service's default is the client's name and ` Secret`.
    pub client_secret_name: Option<String>,
    /// The first secret's description.
    pub client_secret_description: Option<String>,
    /// The first secret's lifetime in seconds. The service's default is a year.
    pub client_secret_expires_in: Option<i64>,
    /// The lifetime of the client's tokens in seconds. The service's default is 3600.
    pub client_token_expires_in: Option<i64>,
}

/// A change of a client's own settings. `None` leaves a setting as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ClientUpdate {
    /// The new name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_name: Option<String>,
    /// `client_secret_basic` or `client_secret_post`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_method: Option<String>,
    /// The new list, in place of the old.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redirect_uris: Option<Vec<String>>,
    /// The new list, in place of the old.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grant_types: Option<Vec<String>>,
    /// The new list, in place of the old.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_types: Option<Vec<String>>,
}

/// A registered client. Only its id and name are certain to be sent; timestamps stand as sent (ISO 8601, UTC).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Client {
    /// `psa_…`.
    pub client_id: String,
    /// The name.
    pub client_name: String,
    /// All scopes of the client. One without any may be sent without the field.
    #[serde(rename = "scope", default, deserialize_with = "lenient::scopes")]
    pub scopes: BTreeSet<String>,
    /// `client_secret_basic` or `client_secret_post`.
    #[serde(default, deserialize_with = "lenient::if_readable")]
    pub token_endpoint_auth_method: Option<String>,
    /// Where an authorization may redirect to.
    #[serde(default, deserialize_with = "lenient::without_nulls")]
    pub redirect_uris: Vec<String>,
    /// Such as `client_credentials`.
    #[serde(default, deserialize_with = "lenient::without_nulls")]
    pub grant_types: Vec<String>,
    /// Such as `token`.
    #[serde(default, deserialize_with = "lenient::without_nulls")]
    pub response_types: Vec<String>,
    /// The lifetime of the client's tokens in seconds.
    #[serde(default, deserialize_with = "lenient::if_readable")]
    pub client_token_expires_in: Option<i64>,
    /// The user who owns the client, `pui_…`.
    #[serde(default, deserialize_with = "lenient::if_readable")]
    pub owner_id: Option<String>,
    /// The owner's e-mail address.
    #[serde(default, deserialize_with = "lenient::if_readable")]
    pub owner_username: Option<String>,
    /// The client that registered this one, `psa_…`.
    #[serde(default, deserialize_with = "lenient::if_readable")]
    pub creator_id: Option<String>,
    /// `management`, or what service clients have.
    #[serde(default, deserialize_with = "lenient::if_readable")]
    pub client_class: Option<String>,
    /// `organization` or `project`.
    #[serde(default, deserialize_with = "lenient::if_readable")]
    pub tenanted_by: Option<String>,
    /// When the client was registered.
    #[serde(default, deserialize_with = "lenient::if_readable")]
    pub created_at: Option<String>,
    /// When the client was last changed.
    #[serde(default, deserialize_with = "lenient::if_readable")]
    pub updated_at: Option<String>,
}

/// A client with its first secret, as only the registration answers it.
#[derive(Clone, Debug)]
pub struct RegisteredClient {
    /// The client.
    pub client: Client,
    /// The first secret's id, `pce_…`. Pangea's guide shows it; none of its SDKs knows it.
    pub client_secret_id: Option<String>,
    /// The first secret's value, `pck_…`.
    pub client_secret: SecretString,
    /// When the first secret expires, as sent (ISO 8601, UTC).
    pub client_secret_expires_at: Option<String>,
    /// The first secret's name.
    pub client_secret_name: Option<String>,
    /// The first secret's description.
    pub client_secret_description: Option<String>,
}

/// A role: what a client's scopes apply to.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Role {
    /// `organization`, `project`, or a service's configuration such as `service_ai_guard_config`.
    pub r#type: String,
    /// The object's id, such as `ppi_…`, or the name of a registry group.
    pub id: String,
    /// Such as `admin` or `manager`.
    pub role: String,
    /// The service, where the role is one of a service. The empty text that the API sends is `None`.
    #[serde(default, deserialize_with = "lenient::non_empty", skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// The service configuration, `pci_…`, where the role is one of a service.
    #[serde(default, deserialize_with = "lenient::non_empty", skip_serializing_if = "Option::is_none")]
    pub service_config_id: Option<String>,
}

/// Which roles a listing is to hold. Conditions are joined by *and*; the default lets all through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoleFilter {
    /// `organization`, `project`, or a service's configuration such as `service_ai_guard_config`.
    pub resource_type: Option<String>,
    /// The object's id, such as `ppi_…`.
    pub resource_id: Option<String>,
    /// Such as `admin`.
    pub role: Option<String>,
}

/// Which clients a listing is to hold. Conditions are joined by *and*; the default lets all through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientFilter {
    /// The id is this.
    pub client_id: Option<String>,
    /// The id holds each of these.
    pub client_id_contains: Vec<String>,
    /// The id is one of these.
    pub client_id_in: Vec<String>,
    /// The name is this.
    pub client_name: Option<String>,
    /// The name holds each of these.
    pub client_name_contains: Vec<String>,
    /// The name is one of these.
    pub client_name_in: Vec<String>,
    /// The client has each of these scopes.
    pub scopes: BTreeSet<String>,
    /// When the client was registered.
    pub created_at: TimeFilter,
    /// When the client was last changed.
    pub updated_at: TimeFilter,
}

/// Bounds of a time, as ISO 8601 texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TimeFilter {
    /// Exactly then.
    pub at: Option<String>,
    /// Later than this.
    pub gt: Option<String>,
    /// Then or later.
    pub gte: Option<String>,
    /// Earlier than this.
    pub lt: Option<String>,
    /// Then or earlier.
    pub lte: Option<String>,
}

fn register(client: &NewClient) -> Request<RegisteredClient> {
    let mut body = Map::new();
    body.insert("client_name".to_owned(), json!(client.client_name));
    body.insert("scope".to_owned(), json!(lenient::scope_text(&client.scopes)));
    let optional = [
        ("token_endpoint_auth_method", json!(client.token_endpoint_auth_method)),
        ("redirect_uris", json!(client.redirect_uris)),
        ("grant_types", json!(client.grant_types)),
        ("response_types", json!(client.response_types)),
        ("client_secret_name", json!(client.client_secret_name)),
        ("client_secret_description", json!(client.client_secret_description)),
        ("client_secret_expires_in", json!(client.client_secret_expires_in)),
        ("client_token_expires_in", json!(client.client_token_expires_in)),
    ];
    let set = optional.into_iter().filter(|(_, value)| !value.is_null());
    body.extend(set.map(|(key, value)| (key.to_owned(), value)));
    if !client.roles.is_empty() {
        body.insert("roles".to_owned(), json!(client.roles));
    }
    Request::<Value>::post(
        Service::AUTHORIZATION_ACCESS,
        ["v1beta", "oauth", "clients", "register"],
        Value::Object(body),
    )
    .decoding(Decode::Json(registered))
    .at_most_once()
}

/// Reads the two halves of a registration's answer, which stand side by side in one object.
fn registered(answer: Value) -> serde_json::Result<RegisteredClient> {
    #[derive(Deserialize)]
    struct FirstSecret {
        #[serde(default, deserialize_with = "lenient::if_readable")]
        client_secret_id: Option<String>,
        client_secret: SecretString,
        #[serde(default, deserialize_with = "lenient::if_readable")]
        client_secret_expires_at: Option<String>,
        #[serde(default, deserialize_with = "lenient::if_readable")]
        client_secret_name: Option<String>,
        #[serde(default, deserialize_with = "lenient::if_readable")]
        client_secret_description: Option<String>,
    }

    let client = Client::deserialize(&answer)?;
    let first: FirstSecret = serde_json::from_value(answer)?;
    Ok(RegisteredClient {
        client,
        client_secret_id: first.client_secret_id,
        client_secret: first.client_secret,
        client_secret_expires_at: first.client_secret_expires_at,
        client_secret_name: first.client_secret_name,
        client_secret_description: first.client_secret_description,
    })
}

fn get(client_id: &str) -> Request<Client> {
    Request::get(Service::AUTHORIZATION_ACCESS, client_path(client_id))
}

fn list(filter: &ClientFilter, last: Option<&str>) -> Request<Page<Client>> {
    // Oldest first, so that what is registered meanwhile comes after what was read.
    let fixed = [("order", "asc".to_owned()), ("order_by", "created_at".to_owned()), ("size", PAGE_SIZE.to_string())];
    Request::<Value>::get(Service::AUTHORIZATION_ACCESS, ["v1beta", "oauth", "clients"])
        .with_query(filter.query())
        .with_query(fixed)
        .with_query(last.map(|last| ("last", last.to_owned())))
        .decoding(Decode::Json(|answer| page(answer, &["clients"])))
}

fn change(client_id: &str, update: &ClientUpdate) -> Request<Client> {
    Request::post(Service::AUTHORIZATION_ACCESS, client_path(client_id), json!(update))
}

fn delete(client_id: &str) -> Request<()> {
    Request::delete(Service::AUTHORIZATION_ACCESS, client_path(client_id))
}

fn roles(client_id: &str, filter: &RoleFilter, last: Option<&str>) -> Request<Page<Role>> {
    let conditions =
        [("resource_type", &filter.resource_type), ("resource_id", &filter.resource_id), ("role", &filter.role)];
    Request::<Value>::get(Service::AUTHORIZATION_ACCESS, client_path(client_id).into_iter().chain(["roles"]))
        .with_query(conditions.into_iter().filter_map(|(key, value)| Some((key, value.clone()?))))
        .with_query(last.map(|last| ("last", last.to_owned())))
        .decoding(Decode::Json(|answer| page(answer, &["roles"])))
}

/// Both keys are always sent, since three of Pangea's SDKs type both as required.
fn access(client_id: &str, verb: &str, scopes: &BTreeSet<String>, roles: &[Role]) -> Request<()> {
    let body = json!({ "roles": roles, "scope": lenient::scope_text(scopes) });
    Request::<Value>::post(Service::AUTHORIZATION_ACCESS, client_path(client_id).into_iter().chain([verb]), body)
        .ignoring_the_answer()
}

pub(crate) fn client_path(client_id: &str) -> [&str; 4] {
    ["v1beta", "oauth", "clients", client_id]
}

/// Reads one page of a listing, whose items stand under the first of `keys` that is there.
pub(crate) fn page<T: DeserializeOwned>(mut answer: Value, keys: &[&str]) -> serde_json::Result<Page<T>> {
    #[derive(Deserialize)]
    struct Rest {
        count: Option<u64>,
        #[serde(default, deserialize_with = "lenient::non_empty")]
        last: Option<String>,
    }

    let items = keys.iter().find_map(|key| answer.get_mut(*key).map(Value::take));
    let items: Option<Vec<T>> = match items {
        Some(items) => serde_json::from_value(items)?,
        None => {
            return Err(serde::de::Error::custom(format!(
                "missing field `{}`",
                keys.first().copied().unwrap_or_default()
            )));
        }
    };
    let Rest { count, last } = serde_json::from_value(answer)?;
    Ok(Page { items: items.unwrap_or_default(), count, last })
}

impl ClientFilter {
    fn query(&self) -> Vec<(&'static str, String)> {
        let mut query = Vec::new();
        let mut add = |key: &'static str, values: &mut dyn Iterator<Item = &String>| {
            query.extend(values.map(|value| (key, value.clone())))
        };
        add("client_id", &mut self.client_id.iter());
        add("client_id__contains", &mut self.client_id_contains.iter());
        add("client_id__in", &mut self.client_id_in.iter());
        add("client_name", &mut self.client_name.iter());
        add("client_name__contains", &mut self.client_name_contains.iter());
        add("client_name__in", &mut self.client_name_in.iter());
        add("scopes", &mut self.scopes.iter());
        query.extend(self.created_at.query(CREATED_AT));
        query.extend(self.updated_at.query(UPDATED_AT));
        query
    }
}

/// The keys of a time's bounds, in the order of [`TimeFilter`]'s fields.
pub(crate) const CREATED_AT: [&str; 5] =
    ["created_at", "created_at__gt", "created_at__gte", "created_at__lt", "created_at__lte"];
const UPDATED_AT: [&str; 5] = ["updated_at", "updated_at__gt", "updated_at__gte", "updated_at__lt", "updated_at__lte"];

impl TimeFilter {
    /// The bounds that are set, under these keys.
    pub(crate) fn query(&self, keys: [&'static str; 5]) -> impl Iterator<Item = (&'static str, String)> {
        let bounds = [&self.at, &self.gt, &self.gte, &self.lt, &self.lte];
        keys.into_iter().zip(bounds).filter_map(|(key, bound)| Some((key, bound.clone()?)))
    }
}

impl Role {
    /// A role that is not one of a service.
    pub fn new(r#type: impl Into<String>, id: impl Into<String>, role: impl Into<String>) -> Role {
        Role { r#type: r#type.into(), id: id.into(), role: role.into(), service: None, service_config_id: None }
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check<T>(request: Request<T>, expected: Expect) {
        expected.assert_eq(&request.shown());
    }

    fn set(scopes: &[&str]) -> BTreeSet<String> {
        scopes.iter().map(|scope| scope.to_string()).collect()
    }

    #[test]
    fn a_registration_sends_what_is_set_and_is_never_repeated() {
        let least = NewClient { client_name: "one".into(), scopes: set(&["b", "a"]), ..NewClient::default() };
        check(
            register(&least),
            expect![[r#"
            POST authorization.access /v1beta/oauth/clients/register Rest AtMostOnce Login
              {"client_name":"one","scope":"a b"}"#]],
        );
        let most = NewClient {
            roles: vec![Role::new("project", "ppi_a", "admin")],
            token_endpoint_auth_method: Some("client_secret_post".into()),
            redirect_uris: Some(vec!["https://x.y".into()]),
            grant_types: Some(vec!["client_credentials".into()]),
            response_types: Some(vec!["token".into()]),
            client_secret_name: Some("first".into()),
            client_secret_description: Some("of all".into()),
            client_secret_expires_in: Some(86_400),
            client_token_expires_in: Some(60),
            ..least
        };
        check(
            register(&most),
            expect![[r#"
            POST authorization.access /v1beta/oauth/clients/register Rest AtMostOnce Login
              {"client_name":"one","client_secret_description":"of all","client_secret_expires_in":86400,"client_secret_name":"first","client_token_expires_in":60,"grant_types":["client_credentials"],"redirect_uris":["https://x.y"],"response_types":["token"],"roles":[{"id":"ppi_a","role":"admin","type":"project"}],"scope":"a b","token_endpoint_auth_method":"client_secret_post"}"#]],
        );
    }

    #[test]
    fn one_client_is_read_changed_and_deleted_by_its_id() {
        check(get("psa_a"), expect!["GET authorization.access /v1beta/oauth/clients/psa_a Rest Freely Login"]);
        check(
            change("psa_a", &ClientUpdate { client_name: Some("two".into()), ..ClientUpdate::default() }),
            expect![[r#"
                POST authorization.access /v1beta/oauth/clients/psa_a Rest Freely Login
                  {"client_name":"two"}"#]],
        );
        check(delete("psa_a"), expect!["DELETE authorization.access /v1beta/oauth/clients/psa_a Rest Freely Login"]);
    }

    #[test]
    fn a_listing_repeats_the_key_of_a_filter_with_several_values() {
        check(
            list(&ClientFilter::default(), Some("MTox")),
            expect![[r#"
            GET authorization.access /v1beta/oauth/clients Rest Freely Login
              order=asc
              order_by=created_at
              size=100
              last=MTox"#]],
        );
        let filter = ClientFilter {
            client_id_in: vec!["psa_a".into(), "psa_b".into()],
            client_name_contains: vec!["one".into()],
            scopes: set(&["a", "b"]),
            created_at: TimeFilter { gte: Some("2025-04-16T23:43:00Z".into()), ..TimeFilter::default() },
            ..ClientFilter::default()
        };
        check(
            list(&filter, None),
            expect![[r#"
            GET authorization.access /v1beta/oauth/clients Rest Freely Login
              client_id__in=psa_a
              client_id__in=psa_b
              client_name__contains=one
              scopes=a
              scopes=b
              created_at__gte=2025-04-16T23:43:00Z
              order=asc
              order_by=created_at
              size=100"#]],
        );
    }

    #[test]
    fn access_is_granted_and_revoked_with_both_keys() {
        check(
            access("psa_a", "grant", &set(&["a", "b"]), &[]),
            expect![[r#"
            POST authorization.access /v1beta/oauth/clients/psa_a/grant Rest Freely Login
              {"roles":[],"scope":"a b"}"#]],
        );
        check(
            access("psa_a", "revoke", &set(&[]), &[Role::new("project", "ppi_a", "admin")]),
            expect![[r#"
            POST authorization.access /v1beta/oauth/clients/psa_a/revoke Rest Freely Login
              {"roles":[{"id":"ppi_a","role":"admin","type":"project"}],"scope":""}"#]],
        );
        check(
            roles("psa_a", &RoleFilter::default(), None),
            expect!["GET authorization.access /v1beta/oauth/clients/psa_a/roles Rest Freely Login"],
        );
        let admin = RoleFilter { resource_type: Some("project".into()), role: Some("admin".into()), resource_id: None };
        check(
            roles("psa_a", &admin, Some("MTox")),
            expect![[r#"
                GET authorization.access /v1beta/oauth/clients/psa_a/roles Rest Freely Login
                  resource_type=project
                  role=admin
                  last=MTox"#]],
        );
    }

    #[test]
    fn a_roles_empty_service_is_none() {
        let answer = json!({ "roles": [{ "type": "organization", "id": "poi_a", "service": "", "role": "admin" }], "last": "MTox", "count": 1 });
        let page: Page<Role> = page(answer, &["roles"]).unwrap();
        assert_eq!(page.items, [Role::new("organization", "poi_a", "admin")]);
    }

    #[test]
    fn a_client_is_read_from_as_little_as_its_id_and_name() {
        let client: Client =
            serde_json::from_value(json!({ "client_id": "psa_a", "client_name": "one", "scope": null })).unwrap();
        assert_eq!((client.scopes, client.redirect_uris), (set(&[]), Vec::new()));
    }
}
