//! The organization, at `api.console`.

use serde::Deserialize;
use serde_json::json;

use crate::{
    api::Api,
    error::Result,
    request::{Request, Service},
};

/// The calls on organizations. Made by [`Api::organizations`].
#[derive(Clone, Copy, Debug)]
pub struct Organizations<'a> {
    pub(crate) api: &'a Api,
}

impl Organizations<'_> {
    /// Gets one organization.
    ///
    /// # Errors
    /// One with [`Error::is_gone`](crate::Error::is_gone) where the token sees no such organization; see [`Organizations::find`].
    pub async fn get(&self, id: &str) -> Result<Organization> {
        self.api.send(get(id)).await
    }

    /// Finds one organization. One that the token does not see is `None`.
    ///
    /// # Errors
    /// As [`Organizations::get`], but for those that are not seen.
    pub async fn find(&self, id: &str) -> Result<Option<Organization>> {
        self.api.find(get(id)).await
    }

    /// Renames an organization; nothing else of it can be changed.
    ///
    /// # Errors
    /// [`Kind::Validation`](crate::Kind::Validation) where the service refuses the name.
    pub async fn update(&self, id: &str, name: &str) -> Result<Organization> {
        self.api.send(rename(id, name)).await
    }
}

/// An organization. Timestamps stand as sent (ISO 8601, UTC).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Organization {
    /// `poi_…`.
    pub id: String,
    /// The name.
    pub name: String,
    /// The owner, a user.
    pub owner: Option<String>,
    /// The owner's e-mail address.
    pub owner_email: Option<String>,
    /// The cloud provider.
    pub csp: Option<String>,
    /// When the organization was created.
    pub created_at: Option<String>,
    /// When the organization was last changed.
    pub updated_at: Option<String>,
}

fn get(id: &str) -> Request<Organization> {
    Request::call(Service::API_CONSOLE, path("get"), json!({ "id": id }))
}

fn rename(id: &str, name: &str) -> Request<Organization> {
    Request::call(Service::API_CONSOLE, path("update"), json!({ "id": id, "name": name }))
}

fn path(verb: &str) -> [&str; 4] {
    ["v1beta", "platform", "org", verb]
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn an_organization_is_read_and_renamed_by_its_id() {
        expect![[r#"
            POST api.console /v1beta/platform/org/get Envelope Freely Login
              {"id":"poi_a"}"#]]
        .assert_eq(&get("poi_a").shown());
        expect![[r#"
            POST api.console /v1beta/platform/org/update Envelope Freely Login
              {"id":"poi_a","name":"two"}"#]]
        .assert_eq(&rename("poi_a", "two").shown());
    }
}
