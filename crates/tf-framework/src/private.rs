//! Private state: what a provider remembers with an object and Terraform stores without showing it.
//!
//! It stands in the state file in plain text, so it never holds a secret. On the wire it is a JSON object of base64 strings,
//! each of which is JSON again: the layout of Terraform's own framework, so that a provider can change hands.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value as Json;

/// Keys and JSON values that belong to one object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Private(BTreeMap<String, Json>);

impl Private {
    /// What was stored under `key`.
    pub fn get(&self, key: &str) -> Option<&Json> {
        self.0.get(key)
    }

    /// The text under `key`, or none: an empty one.
    pub fn text(&self, key: &str) -> &str {
        self.get(key).and_then(Json::as_str).unwrap_or_default()
    }

    /// Whether `key` holds `true`.
    pub fn is_set(&self, key: &str) -> bool {
        self.get(key) == Some(&Json::Bool(true))
    }

    /// Stores a value.
    pub fn set(&mut self, key: &str, value: impl Into<Json>) {
        self.0.insert(key.to_owned(), value.into());
    }

    /// Forgets a value.
    pub fn remove(&mut self, key: &str) {
        self.0.remove(key);
    }

    /// Reads the wire's bytes. What another plugin framework wrote in another layout is dropped with a line in the log:
    /// it can't be ours, and an object must not become unmanageable over it.
    pub(crate) fn from_wire(bytes: &[u8]) -> Private {
        if bytes.is_empty() {
            return Private::default();
        }
        let entries: BTreeMap<String, String> = match serde_json::from_slice(bytes) {
            Ok(entries) => entries,
            Err(error) => {
                tracing::warn!(%error, "private state in a foreign layout is dropped");
                return Private::default();
            }
        };
        let read = |(key, text): (String, String)| {
            let json = serde_json::from_slice(&STANDARD.decode(text).ok()?).ok()?;
            Some((key, json))
        };
        Private(entries.into_iter().filter_map(read).collect())
    }

    /// The bytes for the wire; none where nothing is stored.
    pub(crate) fn into_wire(self) -> Vec<u8> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let entries = self.0.into_iter().map(|(key, json)| (key, Json::String(STANDARD.encode(json.to_string()))));
        Json::Object(entries.collect()).to_string().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_set_survives_the_wire() {
        let mut private = Private::default();
        private.set("imported", true);
        private.set("scopes", vec!["a", "b"]);
        assert_eq!(Private::from_wire(&private.clone().into_wire()), private);
    }

    #[test]
    fn values_stand_in_base64_as_terraforms_framework_writes_them() {
        let mut private = Private::default();
        private.set("imported", true);
        assert_eq!(private.into_wire(), br#"{"imported":"dHJ1ZQ=="}"#);
    }

    #[test]
    fn nothing_stored_is_no_bytes() {
        assert_eq!(Private::default().into_wire(), b"");
        assert_eq!(Private::from_wire(b""), Private::default());
    }

    #[test]
    fn a_foreign_layout_is_dropped_without_an_error() {
        for foreign in
            [&b"{\"schema_version\":\"1\",\"timeouts\":{\"create\":60}}"[..], b"not json", b"[1]", b"{\"a\":\"%\"}"]
        {
            assert_eq!(Private::from_wire(foreign), Private::default());
        }
    }
}
