//! Configurations of services: the same five calls at each service that has them.

use std::fmt;

use serde_json::{Map, Value, json};

use crate::{
    api::Api,
    clients::{PAGE_SIZE, TimeFilter, page},
    error::Result,
    paging::{self, Page},
    request::{Decode, Request, Service},
};

/// A service whose configurations are objects of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigService {
    /// Secure Audit Log.
    Audit,
    /// Redact.
    Redact,
    /// AI Guard.
    AiGuard,
}

impl ConfigService {
    /// All of them.
    pub const ALL: [ConfigService; 3] = [ConfigService::Audit, ConfigService::Redact, ConfigService::AiGuard];

    /// The service of a host label, such as `ai-guard`.
    pub fn of(label: &str) -> Option<ConfigService> {
        ConfigService::ALL.into_iter().find(|service| service.label() == label)
    }

    /// The host label, such as `ai-guard`.
    pub fn label(self) -> &'static str {
        self.service().name()
    }

    fn service(self) -> Service {
        match self {
            ConfigService::Audit => Service::AUDIT,
            ConfigService::Redact => Service::REDACT,
            ConfigService::AiGuard => Service::AI_GUARD,
        }
    }
}

impl fmt::Display for ConfigService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

/// The calls on configurations. Made by [`Api::configs`]. They carry the service's own token where one is configured, else the
/// login's; the token decides in which project they act.
#[derive(Clone, Copy, Debug)]
pub struct Configs<'a> {
    pub(crate) api: &'a Api,
    pub(crate) service: ConfigService,
}

impl Configs<'_> {
    /// Finds one configuration. One that is gone, or belongs to another project, is `None`.
    ///
    /// # Errors
    /// [`Kind::Forbidden`](crate::Kind::Forbidden) for a token that is bound to no project.
    pub async fn find(&self, id: &str) -> Result<Option<ServiceConfig>> {
        self.api.find(get(self.service, id)).await
    }

    /// Lists the configurations that the filter lets through, oldest first, all pages.
    ///
    /// # Errors
    /// As [`Configs::find`].
    pub async fn list(&self, filter: &ConfigFilter) -> Result<Vec<ServiceConfig>> {
        paging::by_cursor(self.api, |last| list(self.service, filter, last)).await
    }

    /// Makes a configuration. What the settings leave out the service chooses.
    ///
    /// # Errors
    /// [`Kind::Ambiguous`](crate::Kind::Ambiguous) where the request was sent and its outcome is not known; it is not sent again.
    pub async fn create(&self, name: &str, settings: &Map<String, Value>) -> Result<ServiceConfig> {
        self.api.create(create(self.service, name, settings)).await
    }

    /// Writes a whole configuration: what the settings leave out gets its default again. `updated_at` is that of the version
    /// which was changed; where the service has a later one, it refuses.
    ///
    /// # Errors
    /// [`Kind::Conflict`](crate::Kind::Conflict), or [`Kind::Validation`](crate::Kind::Validation) at `/updated_at`, where somebody
    /// else changed it meanwhile.
    pub async fn update(&self, config: &ServiceConfig) -> Result<ServiceConfig> {
        self.api.send(update(self.service, config)).await
    }

    /// Deletes a configuration.
    ///
    /// # Errors
    /// One with [`Error::is_gone`](crate::Error::is_gone) where there is none.
    pub async fn delete(&self, id: &str) -> Result<()> {
        self.api.send(delete(self.service, id)).await
    }
}

/// A configuration. Timestamps stand as sent (ISO 8601, UTC).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceConfig {
    /// `pci_…`.
    pub id: String,
    /// The name.
    pub name: String,
    /// When it was made.
    pub created_at: Option<String>,
    /// When it was last changed. Not every service tells.
    pub updated_at: Option<String>,
    /// Everything else, as the service has it.
    pub settings: Map<String, Value>,
}

/// Which configurations a listing is to hold. Conditions are joined by *and*; the default lets all through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigFilter {
    /// The id is this.
    pub id: Option<String>,
    /// The id holds each of these.
    pub id_contains: Vec<String>,
    /// The id is one of these.
    pub id_in: Vec<String>,
    /// When it was made.
    pub created_at: TimeFilter,
    /// When it was last changed.
    pub updated_at: TimeFilter,
}

impl ConfigFilter {
    fn body(&self) -> Map<String, Value> {
        let mut body = Map::new();
        let mut add = |key: &str, value: Option<Value>| {
            body.extend(value.map(|value| (key.to_owned(), value)));
        };
        let list = |values: &[String]| (!values.is_empty()).then(|| json!(values));
        add("id", self.id.as_ref().map(|id| json!(id)));
        add("id__contains", list(&self.id_contains));
        add("id__in", list(&self.id_in));
        for (field, time) in [("created_at", &self.created_at), ("updated_at", &self.updated_at)] {
            let bounds =
                [("", &time.at), ("__gt", &time.gt), ("__gte", &time.gte), ("__lt", &time.lt), ("__lte", &time.lte)];
            for (suffix, bound) in bounds {
                add(&format!("{field}{suffix}"), bound.as_ref().map(|bound| json!(bound)));
            }
        }
        body
    }
}

fn get(service: ConfigService, id: &str) -> Request<ServiceConfig> {
    call(service, None, json!({ "id": id })).decoding(Decode::Json(config))
}

fn list(service: ConfigService, filter: &ConfigFilter, last: Option<&str>) -> Request<Page<ServiceConfig>> {
    let mut body = json!({ "order": "asc", "order_by": "created_at", "size": PAGE_SIZE });
    let filter = filter.body();
    if !filter.is_empty() {
        body["filter"] = Value::Object(filter);
    }
    if let Some(last) = last {
        body["last"] = json!(last);
    }
    call(service, Some("list"), body).decoding(Decode::Json(configs))
}

fn create(service: ConfigService, name: &str, settings: &Map<String, Value>) -> Request<ServiceConfig> {
    let mut body = settings.clone();
    body.insert("name".to_owned(), json!(name));
    call(service, Some("create"), Value::Object(body)).decoding(Decode::Json(config)).at_most_once()
}

fn update(service: ConfigService, changed: &ServiceConfig) -> Request<ServiceConfig> {
    let mut body = changed.settings.clone();
    body.insert("id".to_owned(), json!(changed.id));
    body.insert("name".to_owned(), json!(changed.name));
    body.extend(changed.updated_at.as_ref().map(|at| ("updated_at".to_owned(), json!(at))));
    call(service, Some("update"), Value::Object(body)).decoding(Decode::Json(config))
}

fn delete(service: ConfigService, id: &str) -> Request<()> {
    call(service, Some("delete"), json!({ "id": id })).ignoring_the_answer()
}

fn call(service: ConfigService, verb: Option<&str>, body: Value) -> Request<Value> {
    Request::call(service.service(), ["v1beta", "config"].into_iter().chain(verb), body).with_service_token()
}

fn config(answer: Value) -> serde_json::Result<ServiceConfig> {
    let Value::Object(mut settings) = answer else { return Err(serde::de::Error::custom("missing field `id`")) };
    let mut text = |field: &str| match settings.remove(field) {
        Some(Value::String(text)) => Some(text),
        _ => None,
    };
    let required =
        |field: &'static str, text: Option<String>| text.ok_or_else(|| serde::de::Error::missing_field(field));
    Ok(ServiceConfig {
        id: required("id", text("id"))?,
        name: required("name", text("name"))?,
        created_at: text("created_at"),
        updated_at: text("updated_at"),
        settings,
    })
}

fn configs(answer: Value) -> serde_json::Result<Page<ServiceConfig>> {
    let Page { items, count, last } = page::<Value>(answer, &["items"])?;
    let items = items.into_iter().map(config).collect::<serde_json::Result<_>>()?;
    Ok(Page { items, count, last })
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check<T>(request: Request<T>, expected: Expect) {
        expected.assert_eq(&request.shown());
    }

    fn settings() -> Map<String, Value> {
        json!({ "shards": 2 }).as_object().unwrap().clone()
    }

    #[test]
    fn one_configuration_is_read_made_changed_and_deleted_at_its_service() {
        check(
            get(ConfigService::AiGuard, "pci_a"),
            expect![[r#"
                POST ai-guard /v1beta/config Envelope Freely Service
                  {"id":"pci_a"}"#]],
        );
        check(
            create(ConfigService::Audit, "one", &settings()),
            expect![[r#"
                POST audit /v1beta/config/create Envelope AtMostOnce Service
                  {"name":"one","shards":2}"#]],
        );
        let changed = ServiceConfig {
            id: "pci_a".into(),
            name: "two".into(),
            updated_at: Some("2025-01-01T00:00:00Z".into()),
            settings: settings(),
            ..ServiceConfig::default()
        };
        check(
            update(ConfigService::Redact, &changed),
            expect![[r#"
                POST redact /v1beta/config/update Envelope Freely Service
                  {"id":"pci_a","name":"two","shards":2,"updated_at":"2025-01-01T00:00:00Z"}"#]],
        );
        check(
            delete(ConfigService::Redact, "pci_a"),
            expect![[r#"
                POST redact /v1beta/config/delete Envelope Freely Service
                  {"id":"pci_a"}"#]],
        );
    }

    #[test]
    fn a_listing_says_its_filter_in_the_body() {
        check(
            list(ConfigService::Audit, &ConfigFilter::default(), Some("MTox")),
            expect![[r#"
                POST audit /v1beta/config/list Envelope Freely Service
                  {"last":"MTox","order":"asc","order_by":"created_at","size":100}"#]],
        );
        let filter = ConfigFilter {
            id_in: vec!["pci_a".into()],
            created_at: TimeFilter { gt: Some("2025-01-01T00:00:00Z".into()), ..TimeFilter::default() },
            ..ConfigFilter::default()
        };
        check(
            list(ConfigService::Audit, &filter, None),
            expect![[r#"
                POST audit /v1beta/config/list Envelope Freely Service
                  {"filter":{"created_at__gt":"2025-01-01T00:00:00Z","id__in":["pci_a"]},"order":"asc","order_by":"created_at","size":100}"#]],
        );
    }

    #[test]
    fn what_is_no_field_of_every_service_is_a_setting() {
        let read =
            config(json!({ "id": "pci_a", "name": "one", "updated_at": "t", "version": 3, "schema": {} })).unwrap();
        assert_eq!((read.id.as_str(), read.updated_at.as_deref(), read.created_at), ("pci_a", Some("t"), None));
        assert_eq!(Value::Object(read.settings), json!({ "version": 3, "schema": {} }));
        assert!(config(json!({ "name": "one" })).is_err());
    }

    #[test]
    fn a_service_is_known_by_its_label() {
        assert_eq!(ConfigService::ALL.map(|service| ConfigService::of(service.label())), ConfigService::ALL.map(Some));
        assert_eq!(ConfigService::of("vault"), None);
    }
}
