//! Reading a JSON body field by field, and collecting everything that is wrong with it before it is refused.

use serde_json::{Map, Value};
use url::Url;

use crate::answers::{Issue, Problem};
use crate::ids;
use crate::scopes;

/// The fields of one JSON object. Each getter notes what is wrong and goes on with a stand-in; [`Fields::finish`] tells.
/// A null counts as absent everywhere, since the official clients send nulls for what was not set.
pub(crate) struct Fields<'a> {
    object: &'a Map<String, Value>,
    /// JSON pointer of the object itself.
    at: String,
    issues: Vec<Issue>,
}

impl<'a> Fields<'a> {
    pub(crate) fn of(object: &'a Map<String, Value>) -> Fields<'a> {
        Fields { object, at: String::new(), issues: Vec::new() }
    }

    /// # Errors
    /// Everything that was noted, if anything was.
    pub(crate) fn finish(self) -> Result<(), Problem> {
        if self.issues.is_empty() { Ok(()) } else { Err(Problem::Invalid(self.issues)) }
    }

    /// Notes a wrong field.
    pub(crate) fn note(&mut self, code: &'static str, field: &str, detail: impl Into<String>) {
        let source = format!("{}/{}", self.at, field.replace('~', "~0").replace('/', "~1"));
        self.issues.push(Issue { code, source, detail: detail.into() });
    }

    /// Notes what is wrong with the object as a whole.
    pub(crate) fn note_whole(&mut self, code: &'static str, detail: &str) {
        let source = self.at.clone();
        self.issues.push(Issue { code, source, detail: detail.to_owned() });
    }

    /// Whether the field is there and not null.
    pub(crate) fn has(&self, field: &str) -> bool {
        self.value(field).is_some()
    }

    /// A text that must be there.
    pub(crate) fn required(&mut self, field: &str) -> String {
        if !self.has(field) {
            self.note("FieldRequired", field, format!("The field {field} is required"));
        }
        self.optional(field).unwrap_or_default()
    }

    /// A text that may be absent.
    pub(crate) fn optional(&mut self, field: &str) -> Option<String> {
        match self.value(field)? {
            Value::String(text) => Some(text.clone()),
            _ => {
                self.note("InvalidString", field, format!("The field {field} must be a string"));
                None
            }
        }
    }

    /// A name that must be there: 1 to 255 characters.
    pub(crate) fn required_name(&mut self, field: &str) -> String {
        if !self.has(field) {
            self.note("FieldRequired", field, format!("The field {field} is required"));
        }
        self.name(field).unwrap_or_default()
    }

    /// A name that may be absent: 1 to 255 characters.
    pub(crate) fn name(&mut self, field: &str) -> Option<String> {
        let name = self.optional(field)?;
        match name.chars().count() {
            0 => self.note("BelowMinLength", field, format!("The field {field} must not be empty")),
            1..=MAX_NAME_CHARACTERS => {}
            _ => {
                let detail = format!("The field {field} must have at most {MAX_NAME_CHARACTERS} characters");
                self.note("AboveMaxLength", field, detail);
            }
        }
        Some(name)
    }

    /// An identifier with this prefix that must be there.
    pub(crate) fn required_id(&mut self, field: &str, prefix: &str) -> String {
        let id = self.required(field);
        if !id.is_empty() || matches!(self.value(field), Some(Value::String(_))) {
            self.matches_id(field, &id, prefix);
        }
        id
    }

    /// An identifier with this prefix that may be absent.
    pub(crate) fn id(&mut self, field: &str, prefix: &str) -> Option<String> {
        let id = self.optional(field)?;
        self.matches_id(field, &id, prefix);
        Some(id)
    }

    /// One of a few words, that may be absent.
    pub(crate) fn word(&mut self, field: &str, words: &[&str]) -> Option<String> {
        let word = self.optional(field)?;
        self.member(field, &word, words);
        Some(word)
    }

    /// Notes a value that is none of the words.
    pub(crate) fn member(&mut self, field: &str, word: &str, words: &[&str]) {
        if !words.contains(&word) {
            self.note("NotEnumMember", field, format!("The field {field} must be one of: {}", words.join(", ")));
        }
    }

    /// A whole number that may be absent, at least 1 and at most `most`.
    pub(crate) fn seconds(&mut self, field: &str, most: u64) -> Option<u64> {
        self.number(field, 1, most)
    }

    /// A whole number that may be absent, within these bounds.
    pub(crate) fn number(&mut self, field: &str, least: u64, most: u64) -> Option<u64> {
        let value = self.value(field)?;
        let Some(number) = value.as_i64() else {
            self.note("InvalidInteger", field, format!("The field {field} must be an integer"));
            return None;
        };
        match u64::try_from(number) {
            Ok(number) if number > most => {
                self.note("IsTooBig", field, format!("The field {field} must be at most {most}"));
                None
            }
            Ok(number) if number >= least => Some(number),
            _ => {
                self.note("IsTooSmall", field, format!("The field {field} must be at least {least}"));
                None
            }
        }
    }

    /// A scope: words of the allowed characters, separated by spaces.
    pub(crate) fn scope(&mut self, field: &str) -> Option<Vec<String>> {
        let text = self.optional(field)?;
        let words = scopes::words(&text);
        if !words.iter().all(|word| scopes::is_word(word)) {
            self.note("DoesNotMatchPattern", field, format!("The field {field} must be scopes separated by spaces"));
        }
        Some(words)
    }

    /// A list of texts, each one of `words` (or null where `nullable`).
    pub(crate) fn words(&mut self, field: &str, words: &[&str], nullable: bool) -> Option<Value> {
        let list = self.list(field)?;
        for (index, item) in list.iter().enumerate() {
            let at = format!("{field}/{index}");
            match item {
                Value::Null if nullable => {}
                Value::String(word) if words.contains(&word.as_str()) => {}
                Value::String(_) => {
                    self.note_at("NotEnumMember", &at, format!("Must be one of: {}", words.join(", ")));
                }
                _ => self.note_at("InvalidString", &at, "Must be a string"),
            }
        }
        Some(Value::Array(list.clone()))
    }

    /// A list of absolute addresses.
    pub(crate) fn uris(&mut self, field: &str) -> Option<Value> {
        let list = self.list(field)?;
        for (index, item) in list.iter().enumerate() {
            let at = format!("{field}/{index}");
            match item.as_str() {
                Some(text) if Url::parse(text).is_ok() => {}
                Some(_) => self.note_at("BadFormatURI", &at, "Must be a URI"),
                None => self.note_at("InvalidString", &at, "Must be a string"),
            }
        }
        Some(Value::Array(list.clone()))
    }

    /// A list of objects, each read by `read`, which is given the object's fields and leaves its notes in them.
    pub(crate) fn objects<T>(&mut self, field: &str, mut read: impl FnMut(&mut Fields<'a>) -> T) -> Option<Vec<T>> {
        let list = self.list(field)?;
        let mut found = Vec::new();
        for (index, item) in list.iter().enumerate() {
            let at = format!("{field}/{index}");
            match item.as_object() {
                Some(object) => {
                    let mut inner = Fields { object, at: format!("{}/{at}", self.at), issues: Vec::new() };
                    found.push(read(&mut inner));
                    self.issues.append(&mut inner.issues);
                }
                None => self.note_at("InvalidObject", &at, "Must be an object"),
            }
        }
        Some(found)
    }

    /// An object that may be absent.
    pub(crate) fn object<T>(&mut self, field: &str, read: impl FnOnce(&mut Fields<'a>) -> T) -> Option<T> {
        let Some(object) = self.value(field)?.as_object() else {
            self.note("InvalidObject", field, format!("The field {field} must be an object"));
            return None;
        };
        let mut inner = Fields { object, at: format!("{}/{field}", self.at), issues: Vec::new() };
        let found = read(&mut inner);
        self.issues.append(&mut inner.issues);
        Some(found)
    }

    /// Whether something is true, that may be absent.
    pub(crate) fn flag(&mut self, field: &str) {
        if self.value(field).is_some_and(|value| !value.is_boolean()) {
            self.note("InvalidBool", field, format!("The field {field} must be true or false"));
        }
    }

    /// A list of texts, that may be absent.
    pub(crate) fn texts(&mut self, field: &str) -> Option<Vec<String>> {
        let list = self.list(field)?;
        let texts: Vec<String> = list.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect();
        if texts.len() < list.len() {
            self.note("InvalidString", field, format!("The field {field} must hold strings"));
        }
        Some(texts)
    }

    /// The value as it came, if there is one and it is not null.
    pub(crate) fn raw(&self, field: &str) -> Option<&'a Value> {
        self.value(field)
    }

    /// The fields as pairs of texts, a list as one pair for each item. Others than `known` are noted, objects passed over.
    pub(crate) fn pairs(&mut self, known: &[&str]) -> Vec<(String, String)> {
        self.only(known);
        let mut pairs = Vec::new();
        for (field, value) in self.object.iter().filter(|(field, _)| known.contains(&field.as_str())) {
            let items = match value {
                Value::Array(items) => items.iter().collect(),
                other => vec![other],
            };
            for item in items {
                match item {
                    Value::String(text) => pairs.push((field.clone(), text.clone())),
                    Value::Number(number) => pairs.push((field.clone(), number.to_string())),
                    _ => {}
                }
            }
        }
        pairs
    }

    /// Notes every field but these.
    pub(crate) fn only(&mut self, known: &[&str]) {
        let object = self.object;
        for field in object.keys().filter(|field| !known.contains(&field.as_str())) {
            self.note("UnexpectedProperty", field, format!("The field {field} is not allowed"));
        }
    }

    /// Notes every field, for endpoints that take none.
    pub(crate) fn none_allowed(&mut self) {
        self.only(&[]);
    }

    fn list(&mut self, field: &str) -> Option<&'a Vec<Value>> {
        let list = self.value(field)?.as_array();
        if list.is_none() {
            self.note("InvalidArray", field, format!("The field {field} must be an array"));
        }
        list
    }

    fn matches_id(&mut self, field: &str, id: &str, prefix: &str) {
        if !ids::is(id, prefix) {
            let detail = format!("The field {field} must match ^{prefix}_[a-z2-7]{{32}}$");
            self.note("DoesNotMatchPattern", field, detail);
        }
    }

    /// Notes what is wrong at a pointer below this object that needs no escaping.
    fn note_at(&mut self, code: &'static str, at: &str, detail: impl Into<String>) {
        self.issues.push(Issue { code, source: format!("{}/{at}", self.at), detail: detail.into() });
    }

    fn value(&self, field: &str) -> Option<&'a Value> {
        self.object.get(field).filter(|value| !value.is_null())
    }
}

/// No source gives a limit for names; 255 is the usual one.
const MAX_NAME_CHARACTERS: usize = 255;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn issues(body: Value, read: impl FnOnce(&mut Fields<'_>)) -> Vec<String> {
        let Value::Object(object) = body else { panic!("not an object") };
        let mut fields = Fields::of(&object);
        read(&mut fields);
        match fields.finish() {
            Ok(()) => Vec::new(),
            Err(Problem::Invalid(issues)) => {
                issues.into_iter().map(|issue| format!("{} {}", issue.code, issue.source)).collect()
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let found = issues(json!({ "id": "nonsense", "name": "" }), |fields| {
            fields.required_id("id", ids::PROJECT);
            fields.required_name("name");
            fields.required("geo");
        });
        assert_eq!(found, ["DoesNotMatchPattern /id", "BelowMinLength /name", "FieldRequired /geo"]);
    }

    #[test]
    fn a_number_is_whole_and_within_its_bounds() {
        let check = |value: Value| {
            issues(json!({ "n": value }), |fields| {
                fields.number("n", 1, 10);
            })
        };
        assert_eq!(check(json!(10)), [""; 0]);
        assert_eq!(check(json!(null)), [""; 0]);
        assert_eq!(check(json!(0)), ["IsTooSmall /n"]);
        assert_eq!(check(json!(-1)), ["IsTooSmall /n"]);
        assert_eq!(check(json!(11)), ["IsTooBig /n"]);
        assert_eq!(check(json!(1.5)), ["InvalidInteger /n"]);
        assert_eq!(check(json!("1")), ["InvalidInteger /n"]);
    }

    #[test]
    fn a_field_inside_a_list_is_named_by_its_whole_pointer() {
        let found = issues(json!({ "roles": [{ "id": "x" }, 7] }), |fields| {
            fields.objects("roles", |role| role.required("role"));
        });
        assert_eq!(found, ["FieldRequired /roles/0/role", "InvalidObject /roles/1"]);
    }

    #[test]
    fn a_pointer_escapes_slash_and_tilde() {
        let found = issues(json!({ "a/b~c": 1 }), |fields| fields.none_allowed());
        assert_eq!(found, ["UnexpectedProperty /a~1b~0c"]);
    }
}
