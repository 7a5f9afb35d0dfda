//! Values as the tests write them: JSON, with [`UNKNOWN`] for what is known only after the apply.

use rmpv::Value as Packed;
use serde_json::{Map, Value, json};
use tf_framework::wire::proto::tfplugin6::DynamicValue;
use tf_framework::wire::proto::tfplugin6::schema::Attribute;
use tf_framework::wire::proto::tfplugin6::schema::object::NestingMode;

/// Stands for an unknown value. No real text holds a zero byte.
pub const UNKNOWN: &str = "\u{0}unknown";

/// Stands for an unknown value of which Terraform knows that it won't be null; it is sent refined, and never comes back.
pub const UNKNOWN_NOT_NULL: &str = "\u{0}unknown, not null";

/// Whether a value, or anything in it, is unknown.
pub fn has_unknown(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_unknown),
        Value::Object(fields) => fields.values().any(has_unknown),
        value => is_unknown(value),
    }
}

pub fn is_unknown(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.starts_with(UNKNOWN))
}

/// The type of a block that has nothing but attributes, as the protocol writes types.
pub fn block_type(attributes: &[Attribute]) -> Value {
    let types = attributes.iter().map(|attribute| (attribute.name.clone(), attribute_type(attribute)));
    json!(["object", types.collect::<Map<_, _>>()])
}

pub fn attribute_type(attribute: &Attribute) -> Value {
    let Some(nested) = &attribute.nested_type else { return serde_json::from_slice(&attribute.r#type).unwrap() };
    let object = block_type(&nested.attributes);
    match nested.nesting() {
        NestingMode::Single => object,
        NestingMode::List => json!(["list", object]),
        NestingMode::Set => json!(["set", object]),
        NestingMode::Map => json!(["map", object]),
        NestingMode::Invalid => panic!("{} has no nesting", attribute.name),
    }
}

/// The value with each attribute that was left out as null, and sets in one order.
pub fn complete(value: Value, ty: &Value) -> Value {
    match (value, ty[0].as_str()) {
        (Value::Object(mut fields), Some("object")) => {
            let types = ty[1].as_object().unwrap();
            let whole = types.iter().map(|(name, ty)| {
                let value = fields.remove(name).unwrap_or_default();
                (name.clone(), complete(value, ty))
            });
            let whole = whole.collect();
            assert!(fields.is_empty(), "the type has no attributes {fields:?}");
            Value::Object(whole)
        }
        (Value::Object(fields), Some("map")) => {
            fields.into_iter().map(|(key, value)| (key, complete(value, &ty[1]))).collect()
        }
        (Value::Array(items), Some("list")) => items.into_iter().map(|item| complete(item, &ty[1])).collect(),
        (Value::Array(items), Some("set")) => {
            let mut items: Vec<_> = items.into_iter().map(|item| complete(item, &ty[1])).collect();
            items.sort_by_key(Value::to_string);
            Value::Array(items)
        }
        (value, _) => value,
    }
}

/// The value as Terraform sends it.
pub fn to_wire(value: &Value) -> DynamicValue {
    let mut msgpack = Vec::new();
    rmpv::encode::write_value(&mut msgpack, &pack(value)).unwrap();
    DynamicValue { msgpack, json: Vec::new() }
}

/// The value that a provider answered. It must be of the type, with every attribute there; sets come in one order.
pub fn from_wire(value: Option<&DynamicValue>, ty: &Value) -> Value {
    let Some(value) = value.filter(|value| !value.msgpack.is_empty()) else { return Value::Null };
    let mut rest = value.msgpack.as_slice();
    let packed = rmpv::decode::read_value(&mut rest).unwrap();
    assert!(rest.is_empty(), "{} bytes after the value", rest.len());
    let value = unpack(packed);
    assert_fits(&value, ty);
    complete(value, ty)
}

fn pack(value: &Value) -> Packed {
    match value {
        Value::Null => Packed::Nil,
        Value::Bool(flag) => Packed::Boolean(*flag),
        Value::Number(number) => number.as_i64().map_or_else(|| Packed::F64(number.as_f64().unwrap()), Packed::from),
        Value::String(text) if text == UNKNOWN => Packed::Ext(0, vec![0]),
        // A map with the one entry 1 (nullness): false.
        Value::String(text) if text == UNKNOWN_NOT_NULL => Packed::Ext(12, vec![0x81, 0x01, 0xc2]),
        Value::String(text) => Packed::from(text.as_str()),
        Value::Array(items) => Packed::Array(items.iter().map(pack).collect()),
        Value::Object(fields) => {
            Packed::Map(fields.iter().map(|(name, value)| (Packed::from(name.as_str()), pack(value))).collect())
        }
    }
}

fn unpack(packed: Packed) -> Value {
    match packed {
        Packed::Nil => Value::Null,
        Packed::Boolean(flag) => json!(flag),
        Packed::Integer(number) => number.as_i64().map_or_else(|| json!(number.as_u64()), |number| json!(number)),
        Packed::F64(number) => json!(number),
        Packed::String(text) => json!(text.into_str().expect("a text is UTF-8")),
        Packed::Array(items) => items.into_iter().map(unpack).collect(),
        Packed::Map(entries) => {
            let fields = entries.into_iter().map(|(name, value)| (name.as_str().unwrap().to_owned(), unpack(value)));
            fields.collect()
        }
        Packed::Ext(..) => json!(UNKNOWN),
        other => panic!("{other} is no value of Terraform"),
    }
}

fn assert_fits(value: &Value, ty: &Value) {
    if value.is_null() || is_unknown(value) {
        return;
    }
    match (value, ty.as_str(), ty[0].as_str()) {
        (Value::String(_), Some("string"), _) | (Value::Bool(_), Some("bool"), _) => {}
        (Value::Number(_), Some("number"), _) => {}
        (Value::Object(fields), _, Some("object")) => {
            let types = ty[1].as_object().unwrap();
            assert!(fields.keys().eq(types.keys()), "{fields:?} is not of type {ty}");
            fields.iter().for_each(|(name, value)| assert_fits(value, &types[name]));
        }
        (Value::Object(fields), _, Some("map")) => fields.values().for_each(|value| assert_fits(value, &ty[1])),
        (Value::Array(items), _, Some("list")) => items.iter().for_each(|item| assert_fits(item, &ty[1])),
        (Value::Array(items), _, Some("set")) => {
            for (at, item) in items.iter().enumerate() {
                assert_fits(item, &ty[1]);
                assert!(!items[..at].contains(item), "{item} is twice in a set");
            }
        }
        _ => panic!("{value} is not of type {ty}"),
    }
}
