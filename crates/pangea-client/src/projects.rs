//! Projects, at `api.console`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    api::Api,
    error::Result,
    lenient,
    paging::{self, OffsetPage},
    request::{Decode, Request, Service},
};

/// The calls on projects. Made by [`Api::projects`].
#[derive(Clone, Copy, Debug)]
pub struct Projects<'a> {
    pub(crate) api: &'a Api,
}

impl Projects<'_> {
    /// Creates a project. The token must be one of an organization client.
    ///
    /// # Errors
    /// [`Kind::Ambiguous`](crate::Kind::Ambiguous) where the request was sent and its outcome is not known; it is not sent again,
    /// since names may repeat.
    pub async fn create(&self, project: &NewProject) -> Result<Project> {
        self.api.create(create(project)).await
    }

    /// Gets one project.
    ///
    /// # Errors
    /// One with [`Error::is_gone`](crate::Error::is_gone) where there is no such project; see [`Projects::find`].
    pub async fn get(&self, id: &str) -> Result<Project> {
        self.api.send(get(id)).await
    }

    /// Finds one project. One that is gone is `None`.
    ///
    /// A project of an organization that the token cannot see looks gone as well: check the organization with
    /// [`Organizations::find`](crate::Organizations::find) before anything is forgotten.
    ///
    /// # Errors
    /// As [`Projects::get`], but for gone ones.
    pub async fn find(&self, id: &str) -> Result<Option<Project>> {
        self.api.find(get(id)).await
    }

    /// Lists an organization's projects that the filter lets through, all pages.
    ///
    /// # Errors
    /// [`Kind::Malformed`](crate::Kind::Malformed) where the listing does not end.
    pub async fn list(&self, org_id: &str, filter: &ProjectFilter) -> Result<Vec<Project>> {
        paging::by_offset(self.api, |offset| list(org_id, filter, offset)).await
    }

    /// Renames a project; nothing else of it can be changed.
    ///
    /// # Errors
    /// [`Kind::Validation`](crate::Kind::Validation) where the service refuses the name.
    pub async fn update(&self, id: &str, name: &str) -> Result<Project> {
        self.api.send(rename(id, name)).await
    }

    /// Deletes a project. The token must be one of an organization client.
    ///
    /// # Errors
    /// One with [`Error::is_gone`](crate::Error::is_gone) where there is no such project, also where an earlier attempt of this
    /// very call deleted it and its answer was lost.
    pub async fn delete(&self, id: &str) -> Result<()> {
        self.api.send(delete(id)).await
    }
}

/// A project to create.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct NewProject {
    /// The organization, `poi_…`.
    pub org_id: String,
    /// The name. It need not be unique.
    pub name: String,
    /// `us` or `eu`.
    pub geo: String,
    /// Such as `us-west-2`. The service chooses one of the geo where it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

/// A project. Timestamps stand as sent (ISO 8601, UTC).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Project {
    /// `ppi_…`.
    pub id: String,
    /// The name.
    pub name: String,
    /// The organization, `poi_…`.
    pub org: String,
    /// `us` or `eu`.
    pub geo: String,
    /// Such as `us-west-2`; any text, since Pangea's sources disagree on the values.
    #[serde(default, deserialize_with = "lenient::non_empty")]
    pub region: Option<String>,
    /// The domain of the project's services, such as `aws.us.pangea.cloud`. Pangea's guide shows it; none of its SDKs knows it.
    #[serde(default, deserialize_with = "lenient::non_empty")]
    pub fqdn: Option<String>,
    /// When the project was created.
    #[serde(default, deserialize_with = "lenient::if_readable")]
    pub created_at: Option<String>,
    /// When the project was last changed.
    #[serde(default, deserialize_with = "lenient::if_readable")]
    pub updated_at: Option<String>,
}

/// Which projects a listing is to hold. The default lets all through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ProjectFilter {
    /// A text to search for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    /// `us` or `eu`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geo: Option<String>,
    /// Such as `us-west-2`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
}

fn create(project: &NewProject) -> Request<Project> {
    Request::call(Service::API_CONSOLE, path("create"), json!(project)).at_most_once()
}

fn get(id: &str) -> Request<Project> {
    Request::call(Service::API_CONSOLE, path("get"), json!({ "id": id }))
}

/// The first page is asked for without a size: the guide's answer then holds every project, and where it doesn't, `count` says so.
fn list(org_id: &str, filter: &ProjectFilter, offset: usize) -> Request<OffsetPage<Project>> {
    let mut body = Map::new();
    body.insert("org_id".to_owned(), json!(org_id));
    if *filter != ProjectFilter::default() {
        body.insert("filter".to_owned(), json!(filter));
    }
    if offset > 0 {
        body.insert("offset".to_owned(), json!(offset));
    }
    Request::call(Service::API_CONSOLE, path("list"), Value::Object(body))
}

fn rename(id: &str, name: &str) -> Request<Project> {
    Request::call(Service::API_CONSOLE, path("update"), json!({ "id": id, "name": name }))
}

/// The sources disagree on what a delete answers: the project, nothing, or an empty object.
fn delete(id: &str) -> Request<()> {
    Request::<Value>::call(Service::API_CONSOLE, path("delete"), json!({ "id": id })).decoding(Decode::Nothing(|| ()))
}

fn path(verb: &str) -> [&str; 4] {
    ["v1beta", "platform", "project", verb]
}

impl paging::Identified for Project {
    fn id(&self) -> &str {
        &self.id
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
    fn a_project_is_created_at_most_once() {
        let project = NewProject { org_id: "poi_a".into(), name: "one".into(), geo: "us".into(), region: None };
        check(
            create(&project),
            expect![[r#"
            POST api.console /v1beta/platform/project/create Envelope AtMostOnce Login
              {"geo":"us","name":"one","org_id":"poi_a"}"#]],
        );
        check(
            create(&NewProject { region: Some("us-west-2".into()), ..project }),
            expect![[r#"
            POST api.console /v1beta/platform/project/create Envelope AtMostOnce Login
              {"geo":"us","name":"one","org_id":"poi_a","region":"us-west-2"}"#]],
        );
    }

    #[test]
    fn one_project_is_read_renamed_and_deleted_by_its_id() {
        check(
            get("ppi_a"),
            expect![[r#"
            POST api.console /v1beta/platform/project/get Envelope Freely Login
              {"id":"ppi_a"}"#]],
        );
        check(
            rename("ppi_a", "two"),
            expect![[r#"
            POST api.console /v1beta/platform/project/update Envelope Freely Login
              {"id":"ppi_a","name":"two"}"#]],
        );
        check(
            delete("ppi_a"),
            expect![[r#"
            POST api.console /v1beta/platform/project/delete Envelope Freely Login
              {"id":"ppi_a"}"#]],
        );
    }

    #[test]
    fn a_listing_goes_on_at_its_offset() {
        check(
            list("poi_a", &ProjectFilter::default(), 0),
            expect![[r#"
            POST api.console /v1beta/platform/project/list Envelope Freely Login
              {"org_id":"poi_a"}"#]],
        );
        check(
            list("poi_a", &ProjectFilter { geo: Some("eu".into()), ..ProjectFilter::default() }, 31),
            expect![[r#"
            POST api.console /v1beta/platform/project/list Envelope Freely Login
              {"filter":{"geo":"eu"},"offset":31,"org_id":"poi_a"}"#]],
        );
    }
}
