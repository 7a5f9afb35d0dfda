//! The types that Terraform's values have, and how they are written: as JSON on the wire, as expressions for people.

use std::{collections::BTreeMap, fmt};

use serde_json::json;

use crate::value::nfc;

/// Deepest nesting of a type or a value that is read or written. Real ones stay below ten levels. The limit keeps the
/// recursion far from the end of the stack when the input is hostile.
pub(crate) const MAX_DEPTH: usize = 64;

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Type {
    /// Unicode text in normal form C.
    String,
    /// A decimal number of any size; see [`Number`](crate::Number).
    Number,
    /// True or false.
    Bool,
    /// Decided by each value, which carries its own type.
    Dynamic,
    /// Elements of one type, in order.
    List(Box<Type>),
    /// Elements of one type, without order and without repetition.
    Set(Box<Type>),
    /// Values of one type under keys that the user picks.
    Map(Box<Type>),
    /// Named attributes, each with a type of its own.
    Object(BTreeMap<String, Type>),
    /// A fixed number of elements, each with a type of its own.
    Tuple(Vec<Type>),
}

impl Type {
    /// A list of `element`.
    pub fn list(element: Type) -> Type {
        Type::List(Box::new(element))
    }

    /// A set of `element`.
    pub fn set(element: Type) -> Type {
        Type::Set(Box::new(element))
    }

    /// A map from strings to `element`.
    pub fn map(element: Type) -> Type {
        Type::Map(Box::new(element))
    }

    /// An object with these attributes.
    pub fn object(attributes: impl IntoIterator<Item = (impl Into<String>, Type)>) -> Type {
        Type::Object(attributes.into_iter().map(|(name, ty)| (name.into(), ty)).collect())
    }

    /// The compact JSON of the wire, such as `["list","string"]`. Attributes are sorted, so equal types give equal bytes.
    pub fn to_json(&self) -> Vec<u8> {
        self.to_json_value().to_string().into_bytes()
    }

    /// Reads the JSON of the wire. The list of optional attribute names, which Terraform writes for type constraints,
    /// is accepted and dropped: a value always has all attributes.
    ///
    /// # Errors
    /// [`TypeError`] says what is not a type.
    pub fn from_json(json: &[u8]) -> Result<Type, TypeError> {
        let value = serde_json::from_slice(json).map_err(|error| TypeError(format!("not JSON: {error}")))?;
        Type::from_json_value(&value, MAX_DEPTH)
    }

    pub(crate) fn to_json_value(&self) -> serde_json::Value {
        match self {
            Type::String => json!("string"),
            Type::Number => json!("number"),
            Type::Bool => json!("bool"),
            Type::Dynamic => json!("dynamic"),
            Type::List(element) => json!(["list", element.to_json_value()]),
            Type::Set(element) => json!(["set", element.to_json_value()]),
            Type::Map(element) => json!(["map", element.to_json_value()]),
            Type::Object(attributes) => {
                let attributes: serde_json::Map<_, _> =
                    attributes.iter().map(|(name, ty)| (name.clone(), ty.to_json_value())).collect();
                json!(["object", attributes])
            }
            Type::Tuple(elements) => {
                let elements: Vec<_> = elements.iter().map(Type::to_json_value).collect();
                json!(["tuple", elements])
            }
        }
    }

    /// `depth` is how many levels may still follow.
    pub(crate) fn from_json_value(value: &serde_json::Value, depth: usize) -> Result<Type, TypeError> {
        use serde_json::Value as Json;

        let depth = depth.checked_sub(1).ok_or_else(|| TypeError(format!("deeper than {MAX_DEPTH} levels")))?;
        let inner = |value: &Json| Type::from_json_value(value, depth);
        let (kind, rest) = match value {
            Json::String(name) => return Type::primitive(name),
            Json::Array(parts) => match parts.split_first() {
                Some((Json::String(kind), rest)) => (kind.as_str(), rest),
                _ => {
                    return Err(TypeError("an array that does not begin with a name".to_owned()));
                }
            },
            _ => return Err(TypeError("neither a name nor an array".to_owned())),
        };
        match (kind, rest) {
            ("list", [element]) => Ok(Type::list(inner(element)?)),
            ("set", [element]) => Ok(Type::set(inner(element)?)),
            ("map", [element]) => Ok(Type::map(inner(element)?)),
            ("object", [Json::Object(attributes)] | [Json::Object(attributes), Json::Array(_)]) => {
                let attribute = |(name, ty): (&String, &Json)| Ok((nfc(name), inner(ty)?));
                Ok(Type::Object(attributes.iter().map(attribute).collect::<Result<_, _>>()?))
            }
            ("tuple", [Json::Array(elements)]) => {
                Ok(Type::Tuple(elements.iter().map(inner).collect::<Result<_, _>>()?))
            }
            _ => Err(TypeError(format!("{kind:?} with the wrong parts"))),
        }
    }

    fn primitive(name: &str) -> Result<Type, TypeError> {
        match name {
            "string" => Ok(Type::String),
            "number" => Ok(Type::Number),
            "bool" => Ok(Type::Bool),
            "dynamic" => Ok(Type::Dynamic),
            _ => Err(TypeError(format!("the unknown name {name:?}"))),
        }
    }
}

/// Writes the type as a configuration does: `list(object({name=string}))`, with `any` for the dynamic type.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::String => f.write_str("string"),
            Type::Number => f.write_str("number"),
            Type::Bool => f.write_str("bool"),
            Type::Dynamic => f.write_str("any"),
            Type::List(element) => write!(f, "list({element})"),
            Type::Set(element) => write!(f, "set({element})"),
            Type::Map(element) => write!(f, "map({element})"),
            Type::Object(attributes) => {
                f.write_str("object({")?;
                for (index, (name, ty)) in attributes.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma}{name}={ty}")?;
                }
                f.write_str("})")
            }
            Type::Tuple(elements) => {
                f.write_str("tuple([")?;
                for (index, ty) in elements.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma}{ty}")?;
                }
                f.write_str("])")
            }
        }
    }
}

/// Bytes that are not the JSON of a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeError(String);

impl fmt::Display for TypeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not a type: {}", self.0)
    }
}

impl std::error::Error for TypeError {}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Result<Type, String> {
        Type::from_json(json.as_bytes()).map_err(|error| error.to_string())
    }

    #[test]
    fn every_type_survives_its_json() {
        for (json, text) in [
            (r#""string""#, "string"),
            (r#""number""#, "number"),
            (r#""bool""#, "bool"),
            (r#""dynamic""#, "any"),
            (r#"["list","string"]"#, "list(string)"),
            (r#"["set",["list","number"]]"#, "set(list(number))"),
            (r#"["map","dynamic"]"#, "map(any)"),
            (r#"["object",{"a":"string","b":["list","bool"]}]"#, "object({a=string,b=list(bool)})"),
            (r#"["object",{}]"#, "object({})"),
            (r#"["tuple",["string",["tuple",[]]]]"#, "tuple([string,tuple([])])"),
        ] {
            let ty = parse(json).expect(json);
            assert_eq!(String::from_utf8(ty.to_json()).unwrap(), json);
            assert_eq!(ty.to_string(), text);
        }
    }

    #[test]
    fn the_names_of_optional_attributes_are_accepted_and_dropped() {
        assert_eq!(parse(r#"["object", {"a": "string"}, ["a"]]"#), Ok(Type::object([("a", Type::String)])));
    }

    #[test]
    fn attributes_are_sorted_and_normalized() {
        let ty = parse(r#"["object",{"z":"bool","e\u0301":"string"}]"#).unwrap();
        assert_eq!(ty, Type::object([("\u{e9}", Type::String), ("z", Type::Bool)]));
    }

    #[test]
    fn what_is_no_type_is_refused_with_a_reason() {
        for (json, reason) in [
            (r#""text""#, "the unknown name \"text\""),
            ("1", "neither a name nor an array"),
            ("[]", "an array that does not begin with a name"),
            (r#"["list"]"#, "\"list\" with the wrong parts"),
            (r#"["list","bool","bool"]"#, "\"list\" with the wrong parts"),
            (r#"["object",["string"]]"#, "\"object\" with the wrong parts"),
            (r#"["tuple",{"a":"bool"}]"#, "\"tuple\" with the wrong parts"),
            (r#""bool" "bool""#, "not JSON: trailing characters at line 1 column 8"),
            ("", "not JSON: EOF while parsing a value at line 1 column 0"),
        ] {
            assert_eq!(parse(json).expect_err(json), format!("not a type: {reason}"));
        }
    }

    #[test]
    fn a_type_of_too_many_levels_is_refused() {
        let nested = |levels: usize| format!("{}\"bool\"{}", r#"["list","#.repeat(levels), "]".repeat(levels));
        assert!(parse(&nested(MAX_DEPTH - 1)).is_ok());
        assert_eq!(parse(&nested(MAX_DEPTH)).unwrap_err(), "not a type: deeper than 64 levels");
        assert!(parse(&nested(100_000)).is_err());
    }
}
