//! Values as JSON, the form of stored state. Only read: a provider answers in MessagePack.
//!
//! Reading is lenient, as Terraform's own reader is, since state may stem from an older provider: numbers and bools may
//! stand as strings and the other way round, and a missing attribute is null where the schema asks for it.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use crate::{
    path::Step,
    types::{MAX_DEPTH, Type},
    value::{Dynamic, ValueError, insert_once, missing, nfc, too_deep, unsupported, wrong_tuple},
};

/// What to do with an attribute that the type doesn't have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Undefined {
    /// Skip it: a newer schema may have dropped it.
    Ignore,
    /// Fail: the value was written for exactly this type.
    Refuse,
}

/// Reads a value of type `ty`.
pub(crate) fn decode(bytes: &[u8], ty: &Type, undefined: Undefined) -> Result<Dynamic, ValueError> {
    let json = serde_json::from_slice(bytes).map_err(|error| ValueError::new(format!("not JSON: {error}")))?;
    Reader { undefined, complete: false }.value(json, ty, MAX_DEPTH)
}

struct Reader {
    undefined: Undefined,
    /// Whether every attribute must be there: inside a value that was written together with its type. A few bytes of type
    /// could otherwise call for any number of nulls.
    complete: bool,
}

impl Reader {
    /// `depth` is how many levels may still follow.
    fn value(&self, json: Json, ty: &Type, depth: usize) -> Result<Dynamic, ValueError> {
        let depth = depth.checked_sub(1).ok_or_else(too_deep)?;
        match (ty, json) {
            (_, Json::Null) => Ok(Dynamic::Null),
            (Type::String, Json::String(text)) => Ok(Dynamic::from(text)),
            (Type::String, Json::Number(number)) => Ok(Dynamic::String(number.to_string())),
            (Type::String, Json::Bool(flag)) => Ok(Dynamic::String(flag.to_string())),
            (Type::Number, Json::Number(number)) => parse_number(number.as_str()),
            (Type::Number, Json::String(text)) => parse_number(&text),
            (Type::Bool, Json::Bool(flag)) => Ok(Dynamic::Bool(flag)),
            (Type::Bool, Json::String(text)) => match text.as_str() {
                "true" | "1" => Ok(Dynamic::Bool(true)),
                "false" | "0" => Ok(Dynamic::Bool(false)),
                _ => Err(ValueError::new("bool is required, not another string")),
            },
            (Type::List(inner), Json::Array(elements)) => {
                let elements = elements.into_iter().zip(0..).map(|(element, index)| {
                    self.value(element, inner, depth).map_err(|error| error.inside(Step::Index(index)))
                });
                Ok(Dynamic::List(elements.collect::<Result<_, _>>()?))
            }
            (Type::Set(inner), Json::Array(elements)) => {
                let elements = elements
                    .into_iter()
                    .map(|element| self.value(element, inner, depth).map_err(|error| error.inside(Step::SetElement)));
                Ok(Dynamic::Set(elements.collect::<Result<_, _>>()?))
            }
            (Type::Tuple(types), Json::Array(elements)) => self.tuple(elements, types, depth),
            (Type::Map(inner), Json::Object(entries)) => self.map(entries, inner, depth),
            (Type::Object(types), Json::Object(attributes)) => self.object(attributes, types, depth),
            (Type::Dynamic, Json::Object(parts)) => self.dynamic(parts, depth),
            (Type::Dynamic, other) => {
                Err(ValueError::new(format!("an object of value and type is required, not {}", kind(&other))))
            }
            (ty, other) => Err(ValueError::new(format!("{ty} is required, not {}", kind(&other)))),
        }
    }

    fn tuple(&self, elements: Vec<Json>, types: &[Type], depth: usize) -> Result<Dynamic, ValueError> {
        if elements.len() != types.len() {
            return Err(wrong_tuple(types.len(), elements.len()));
        }
        let elements = elements.into_iter().zip(types).zip(0..).map(|((element, inner), index)| {
            self.value(element, inner, depth).map_err(|error| error.inside(Step::Index(index)))
        });
        Ok(Dynamic::List(elements.collect::<Result<_, _>>()?))
    }

    fn map(&self, json: Map<String, Json>, inner: &Type, depth: usize) -> Result<Dynamic, ValueError> {
        let mut entries = BTreeMap::new();
        for (key, entry) in json {
            let key = nfc(&key);
            let value = self.value(entry, inner, depth).map_err(|error| error.inside(Step::Key(key.clone())))?;
            insert_once(&mut entries, key, value)?;
        }
        Ok(Dynamic::Map(entries))
    }

    fn object(
        &self,
        mut json: Map<String, Json>,
        types: &BTreeMap<String, Type>,
        depth: usize,
    ) -> Result<Dynamic, ValueError> {
        let mut attributes = BTreeMap::new();
        for (name, inner) in types {
            let attribute = match json.remove(name) {
                None if self.complete => return Err(missing(name)),
                attribute => attribute.unwrap_or(Json::Null),
            };
            let value = self.value(attribute, inner, depth);
            attributes.insert(name.clone(), value.map_err(|error| error.inside(Step::Attribute(name.clone())))?);
        }
        match json.keys().next() {
            Some(name) if self.undefined == Undefined::Refuse => Err(unsupported(name)),
            _ => Ok(Dynamic::Map(attributes)),
        }
    }

    /// An object of exactly a value and its type.
    fn dynamic(&self, mut parts: Map<String, Json>, depth: usize) -> Result<Dynamic, ValueError> {
        let (Some(value), Some(ty), true) = (parts.remove("value"), parts.remove("type"), parts.is_empty()) else {
            return Err(ValueError::new("an object of exactly value and type is required"));
        };
        let ty = Type::from_json_value(&ty, MAX_DEPTH).map_err(|error| ValueError::new(error.to_string()))?;
        let value = Reader { complete: true, ..*self }.value(value, &ty, depth)?;
        // "A dynamic value of the dynamic type" says nothing about the type.
        Ok(if ty == Type::Dynamic { value } else { Dynamic::typed(ty, value) })
    }
}

fn parse_number(text: &str) -> Result<Dynamic, ValueError> {
    text.parse().map(Dynamic::Number).map_err(|error| ValueError::new(format!("{error}")))
}

fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "a bool",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "an array",
        Json::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::msgpack::{
        self,
        tests::{Vector, vectors},
    };

    fn read(ty: &Type, json: &str) -> Result<Dynamic, String> {
        decode(json.as_bytes(), ty, Undefined::Refuse).map_err(|error| error.to_string())
    }

    fn client() -> Type {
        Type::object([("name", Type::String), ("roles", Type::list(Type::object([("type", Type::String)])))])
    }

    #[test]
    fn json_and_msgpack_hold_the_same_values() {
        let mut compared = 0;
        for Vector { ty, expression, sent, json, .. } in vectors() {
            let Some(json) = json else { continue };
            let value = msgpack::decode(&sent, &ty).map_err(|error| error.to_string());
            assert_eq!(read(&ty, &json), value, "{expression} is {json}");
            compared += 1;
        }
        assert_eq!(compared, 72);
    }

    #[test]
    fn every_digit_survives() {
        for text in ["0.1", "18446744073709551616", "3.14159265358979323846264338327950288", "-9223372036854775809"] {
            let value = read(&Type::Number, text).unwrap();
            assert_eq!(value.as_number().unwrap().to_string(), text);
        }
        assert_eq!(read(&Type::Number, "1e3"), read(&Type::Number, "1000.0"));
        assert_eq!(read(&Type::Number, "1e999999"), Err("a number of more than 4096 digits".to_owned()));
    }

    #[test]
    fn primitives_may_stand_as_strings_and_strings_as_primitives() {
        assert_eq!(read(&Type::Number, "\"0.1\""), read(&Type::Number, "0.1"));
        assert_eq!(read(&Type::Bool, "\"true\""), Ok(Dynamic::Bool(true)));
        assert_eq!(read(&Type::Bool, "\"0\""), Ok(Dynamic::Bool(false)));
        assert_eq!(read(&Type::String, "12.50"), Ok(Dynamic::from("12.50")));
        assert_eq!(read(&Type::String, "false"), Ok(Dynamic::from("false")));
    }

    #[test]
    fn a_missing_attribute_is_null_at_any_level() {
        let value = read(&client(), r#"{"roles":[{}]}"#).unwrap();
        let role = Dynamic::map([("type", Dynamic::Null)]);
        assert_eq!(value, Dynamic::map([("name", Dynamic::Null), ("roles", Dynamic::list([role]))]));
    }

    #[test]
    fn an_attribute_of_another_schema_is_refused_or_skipped() {
        let json = r#"{"name":"web","roles":[{"type":"owner","since":1}]}"#;
        assert_eq!(read(&client(), json), Err("roles[0]: the attribute \"since\" is not supported".to_owned()));
        let value = decode(json.as_bytes(), &client(), Undefined::Ignore).map_err(|error| error.to_string());
        assert_eq!(value, read(&client(), r#"{"name":"web","roles":[{"type":"owner"}]}"#));
    }

    #[test]
    fn stored_text_may_be_pretty_and_comes_back_normalized() {
        let value = read(&Type::list(Type::String), "[\n  \"e\u{301}\"\n]\n").unwrap();
        assert_eq!(value, Dynamic::list(["\u{e9}"]));
    }

    #[test]
    fn a_dynamic_value_is_an_object_of_value_and_type() {
        let typed = Dynamic::typed(Type::list(Type::Bool), Dynamic::list([true]));
        for json in [r#"{"value":[true],"type":["list","bool"]}"#, r#"{"type":["list","bool"],"value":[true]}"#] {
            assert_eq!(read(&Type::Dynamic, json), Ok(typed.clone()));
        }
        assert_eq!(read(&Type::Dynamic, "null"), Ok(Dynamic::Null));
        let null = Dynamic::typed(Type::String, Dynamic::Null);
        assert_eq!(read(&Type::Dynamic, r#"{"value":null,"type":"string"}"#), Ok(null));
        for (json, problem) in [
            ("true", "an object of value and type is required, not a bool"),
            (r#"{"value":true}"#, "an object of exactly value and type is required"),
            (r#"{"value":true,"type":"bool","x":1}"#, "an object of exactly value and type is required"),
            (r#"{"value":[{}],"type":["list",["object",{"a":"bool"}]]}"#, "[0]: the attribute \"a\" is missing"),
            (r#"{"value":true,"type":"boolean"}"#, "not a type: the unknown name \"boolean\""),
        ] {
            assert_eq!(read(&Type::Dynamic, json), Err(problem.to_owned()));
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_with_its_place_and_without_its_contents() {
        for (json, problem) in [
            (r#"{"name":["hunter2"]}"#, "name: string is required, not an array"),
            (r#"{"roles":{"hunter2":1}}"#, "roles: list(object({type=string})) is required, not an object"),
            (r#"{"roles":[null,"hunter2"]}"#, "roles[1]: object({type=string}) is required, not a string"),
            (r#"[]"#, "object({name=string,roles=list(object({type=string}))}) is required, not an array"),
        ] {
            assert_eq!(read(&client(), json), Err(problem.to_owned()));
        }
        assert_eq!(read(&Type::Number, "\"hunter2\""), Err("not a decimal number".to_owned()));
        assert_eq!(read(&Type::Bool, "\"hunter2\""), Err("bool is required, not another string".to_owned()));
        assert_eq!(
            read(&Type::set(Type::Tuple(vec![Type::Bool])), "[[]]"),
            Err("[*]: a tuple of 1 elements is required, not of 0".to_owned())
        );
    }

    #[test]
    fn bytes_that_are_no_json_are_refused() {
        for json in ["", "{", "nul", "\"a", "{\"name\":\"web\"} x", "[1,]"] {
            assert!(read(&client(), json).unwrap_err().starts_with("not JSON: "), "{json}");
        }
        assert!(decode(b"\"\xff\"", &Type::String, Undefined::Refuse).is_err());
        let bomb = "[".repeat(100_000);
        assert!(read(&Type::list(Type::Bool), &bomb).unwrap_err().starts_with("not JSON: recursion limit"));
    }

    #[test]
    fn a_set_is_read_in_any_order_without_repetition() {
        assert_eq!(read(&Type::set(Type::String), r#"["b","a","b"]"#), Ok(Dynamic::set(["a", "b"])));
    }

    #[test]
    fn text_with_any_byte_changed_is_read_or_refused_and_never_panics() {
        let mut json = br#"{"any":{"type":["list","number"],"value":[1e3,"2"]},"flag":true}"#.to_vec();
        let ty = Type::object([("any", Type::Dynamic), ("flag", Type::Bool)]);
        for position in 0..json.len() {
            let original = json[position];
            for byte in 0..=255 {
                json[position] = byte;
                if let Ok(value) = decode(&json, &ty, Undefined::Ignore) {
                    let written = msgpack::encode(&value, &ty).unwrap();
                    assert_eq!(msgpack::decode(&written, &ty), Ok(value));
                }
            }
            json[position] = original;
        }
    }

    #[test]
    fn text_cut_anywhere_is_refused() {
        let json = r#"{"name":"web","roles":[{"type":"owner"}]}"#;
        assert!(read(&client(), json).is_ok());
        for end in 0..json.len() {
            assert!(read(&client(), &json[..end]).is_err(), "cut at {end}");
        }
    }
}
