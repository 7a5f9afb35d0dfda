//! Settings as JSON: what is declared of a document, whether it is so, and how it is laid over the rest.

use std::{collections::BTreeSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value as Json};
use tf_framework::Value;

/// The settings of a configuration.
pub(super) type Settings = Map<String, Json>;

/// Reads what a person wrote. The error completes the sentence "`settings` …".
pub(super) fn parse(text: &str) -> Result<Settings, String> {
    match serde_json::from_str(text) {
        Ok(Json::Object(settings)) => Ok(settings),
        Ok(_) => Err("is not a JSON object".to_owned()),
        // The position is enough: the text itself may be long, or hold what is nobody's business.
        Err(error) => Err(format!("is not JSON (line {}, column {})", error.line(), error.column())),
    }
}

/// The first key that stands twice in one object. Whoever reads JSON keeps the last one and says nothing.
pub(super) fn twice(text: &str) -> Option<String> {
    serde_json::from_str::<Twice>(text).ok()?.0
}

struct Twice(Option<String>);

impl<'de> Deserialize<'de> for Twice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Twice, D::Error> {
        deserializer.deserialize_any(Look)
    }
}

/// Looks through objects and lists, and has nothing to say of anything else.
struct Look;

impl<'de> Visitor<'de> for Look {
    type Value = Twice;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Twice, A::Error> {
        let (mut keys, mut found) = (BTreeSet::new(), None);
        while let Some(key) = members.next_key::<String>()? {
            let within = members.next_value::<Twice>()?.0;
            let again = (!keys.insert(key.clone())).then_some(key);
            found = found.or(within).or(again);
        }
        Ok(Twice(found))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Twice, A::Error> {
        let mut found = None;
        while let Some(Twice(within)) = items.next_element()? {
            found = found.or(within);
        }
        Ok(Twice(found))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Twice, E> {
        Ok(Twice(None))
    }

    fn visit_str<E>(self, _: &str) -> Result<Twice, E> {
        Ok(Twice(None))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Twice, E> {
        Ok(Twice(None))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Twice, E> {
        Ok(Twice(None))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Twice, E> {
        Ok(Twice(None))
    }

    fn visit_unit<E>(self) -> Result<Twice, E> {
        Ok(Twice(None))
    }
}

/// What an attribute declares: a null is as good as left out, as everywhere in Terraform. Nothing while it is not known; validation has
/// said what can't be read.
pub(super) fn declared(settings: &Value<String>) -> Settings {
    read(settings).unwrap_or_default()
}

fn read(settings: &Value<String>) -> Option<Settings> {
    let mut settings = parse(settings.as_deref()?).ok()?;
    leave_out_nulls(&mut settings);
    Some(settings)
}

/// A null in a list stays: there it has a place of its own.
fn leave_out_nulls(settings: &mut Settings) {
    settings.retain(|_, value| !value.is_null());
    settings.values_mut().for_each(leave_out_nulls_within);
}

fn leave_out_nulls_within(value: &mut Json) {
    match value {
        Json::Object(inner) => leave_out_nulls(inner),
        Json::Array(items) => items.iter_mut().for_each(leave_out_nulls_within),
        _ => {}
    }
}

/// The text of settings, members in alphabetical order.
pub(super) fn text(settings: &Settings) -> String {
    Json::Object(settings.clone()).to_string()
}

/// Whether a document has what is declared. Objects may have more; lists have the same length; a null is as good as nothing.
pub(super) fn contains(actual: Option<&Json>, declared: Option<&Json>) -> bool {
    let is_nothing = |value: Option<&Json>| value.is_none_or(Json::is_null);
    match (actual, declared) {
        (actual, declared) if is_nothing(declared) => is_nothing(actual) || declared.is_none(),
        (Some(Json::Object(actual)), Some(Json::Object(declared))) => {
            declared.iter().all(|(key, value)| contains(actual.get(key), Some(value)))
        }
        (Some(Json::Array(actual)), Some(Json::Array(declared))) => {
            actual.len() == declared.len()
                && actual.iter().zip(declared).all(|(actual, declared)| contains(Some(actual), Some(declared)))
        }
        (Some(Json::Number(actual)), Some(Json::Number(declared))) => {
            actual == declared || (actual.as_f64() == declared.as_f64() && actual.as_f64().is_some())
        }
        (actual, declared) => actual == declared,
    }
}

/// The settings after a read: as they stand, where the document still has them; else what it has in their places.
pub(super) fn refreshed(settings: &Value<String>, actual: &Settings) -> Value<String> {
    let Some(declared) = read(settings) else { return settings.clone() };
    if declared.iter().all(|(key, value)| contains(actual.get(key), Some(value))) {
        return settings.clone();
    }
    Value::Known(text(&in_place_of(&declared, actual)))
}

/// Changes a document to what is declared, and leaves the rest of it.
pub(super) fn lay_over(document: &mut Settings, declared: &Settings) {
    for (key, value) in declared {
        if contains(document.get(key), Some(value)) {
            continue;
        }
        match (document.get_mut(key), value) {
            (Some(Json::Object(inner)), Json::Object(declared)) => lay_over(inner, declared),
            (_, value) => drop(document.insert(key.clone(), value.clone())),
        }
    }
}

/// What the document has in the places that are declared.
fn in_place_of(declared: &Settings, actual: &Settings) -> Settings {
    let one = |(key, value): (&String, &Json)| {
        let actual = actual.get(key).cloned().unwrap_or_default();
        let actual = match (value, actual) {
            (Json::Object(declared), Json::Object(actual)) => Json::Object(in_place_of(declared, &actual)),
            (_, actual) => actual,
        };
        (key.clone(), actual)
    };
    declared.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(json: Json) -> Settings {
        json.as_object().unwrap().clone()
    }

    fn has(actual: Json, declared: Json) -> bool {
        contains(Some(&actual), Some(&declared))
    }

    #[test]
    fn a_document_may_have_more_than_is_declared_but_not_in_a_list() {
        assert!(has(json!({"a": 1, "b": {"c": 2, "d": 3}}), json!({"b": {"c": 2}})));
        assert!(has(json!([{"a": 1, "b": 2}]), json!([{"a": 1}])));
        assert!(!has(json!([1, 2]), json!([1])));
        assert!(!has(json!({"a": 1}), json!({"a": 2})));
    }

    #[test]
    fn a_number_is_the_same_however_it_is_written_and_a_null_is_nothing() {
        assert!(has(json!({"a": 1.0}), json!({"a": 1})));
        assert!(has(json!({}), json!({"a": null})));
        assert!(!has(json!({"a": 1}), json!({"a": null})));
    }

    #[test]
    fn what_is_declared_is_laid_over_and_the_rest_stays() {
        let mut document = object(json!({"a": {"b": 1, "c": 2}, "d": [1, 2], "e": 5}));
        lay_over(&mut document, &object(json!({"a": {"b": 9}, "d": [3], "f": true})));
        assert_eq!(Json::Object(document), json!({"a": {"b": 9, "c": 2}, "d": [3], "e": 5, "f": true}));
    }

    #[test]
    fn a_read_keeps_the_text_until_the_document_has_something_else_there() {
        let written: Value<String> = Value::from("{ \"b\": 1 }");
        assert_eq!(refreshed(&written, &object(json!({"a": 5, "b": 1}))), written);
        assert_eq!(refreshed(&written, &object(json!({"a": 5, "b": 2}))), Value::from(r#"{"b":2}"#));
        assert_eq!(refreshed(&Value::Null, &object(json!({"a": 5}))), Value::Null);
    }

    #[test]
    fn a_key_that_stands_twice_in_one_object_is_found_at_any_depth() {
        assert_eq!(twice(r#"{"a": 1, "b": [{"c": -2, "c": 1e3}], "b": null}"#), Some("c".to_owned()));
        assert_eq!(twice(r#"{"a": 1.5, "b": true, "a": "x"}"#), Some("a".to_owned()));
        assert_eq!(twice(r#"{"a": {"a": 1}, "b": [{"a": 12345678901234567890123}, {"a": 2}]}"#), None);
    }

    #[test]
    fn a_null_declares_nothing_but_in_a_list() {
        let written = Value::from(r#"{"a": null, "b": {"c": null, "d": 1}, "e": [null, {"f": null}]}"#);
        assert_eq!(Json::Object(declared(&written)), json!({"b": {"d": 1}, "e": [null, {}]}));
        let actual = json!({"a": 14, "b": {"c": 2, "d": 1}, "e": [null, {"f": 3}]});
        assert_eq!(refreshed(&written, &object(actual)), written);
    }

    #[test]
    fn what_is_no_object_is_told_without_being_repeated() {
        assert_eq!(parse("[1]"), Err("is not a JSON object".to_owned()));
        assert_eq!(parse("{\"a\": pck_x}"), Err("is not JSON (line 1, column 7)".to_owned()));
    }
}
