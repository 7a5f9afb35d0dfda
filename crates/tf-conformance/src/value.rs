//! Values as JSON, and the way to and from the wire.
//!
//! An unknown value is the text [`UNKNOWN`], a refined one that text with its refinements behind it. A value of a dynamic type
//! is an object of its type and its value; a person may write it as Terraform's own JSON does, `{"type": …, "value": …}`, or bare. Numbers are exact, in one spelling each; texts are in
//! normal form C, and sets in one order without doubles, as Terraform's core sees them.

use std::str::FromStr;

use bigdecimal::BigDecimal;
use rmpv::Value as Packed;
use serde_json::{Map, Number, Value, json};
use tf_framework::wire::proto::tfplugin6::DynamicValue;
use unicode_normalization::UnicodeNormalization;

use crate::broken::{Result, broken, ensure};
use crate::refinement::{self, Refinement};
use crate::types::{self, concrete, is_dynamic};

/// The two parts of a dynamic value. Terraform's own JSON calls them `type` and `value`, as an ordinary object might.
const TYPE: &str = "\u{0}type";
const VALUE: &str = "\u{0}value";

/// Stands for an unknown value. No real text holds a zero byte.
pub const UNKNOWN: &str = "\u{0}unknown";

/// Stands for an unknown value of which Terraform knows that it won't be null.
pub const UNKNOWN_NOT_NULL: &str = "\u{0}unknown{\"1\":false}";

/// Bytes of a refinement that core still reads.
const MAX_REFINEMENT: usize = 1024;

/// The extension of MessagePack that carries refinements.
const REFINED: i8 = 12;

/// Whether a value, or anything in it, is unknown.
pub fn has_unknown(value: &Value) -> bool {
    match value {
        Value::Array(items) => items.iter().any(has_unknown),
        Value::Object(fields) => fields.values().any(has_unknown),
        value => is_unknown(value),
    }
}

/// Whether the value as a whole is unknown, refined or not. A dynamic one with a known type counts too.
pub fn is_unknown(value: &Value) -> bool {
    let whole = |value: &Value| value.as_str().is_some_and(|text| text.starts_with(UNKNOWN));
    whole(value) || dynamic_parts(value).is_some_and(|(_, value)| whole(value))
}

/// The same value without what is promised of its unknown parts.
pub fn unrefined(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(unrefined).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), unrefined(value))).collect(),
        Value::String(text) if text.starts_with(UNKNOWN) => json!(UNKNOWN),
        value => value.clone(),
    }
}

/// What is promised of an unknown value.
pub fn refinement(value: &Value) -> Refinement {
    let text = value.as_str().and_then(|text| text.strip_prefix(UNKNOWN)).unwrap_or_default();
    serde_json::from_str(text).map(refinement::of_json).unwrap_or_default()
}

/// A dynamic value: its type beside it.
pub fn dynamic(ty: &Value, value: Value) -> Value {
    json!({ TYPE: ty, VALUE: value })
}

/// The type and the value of a dynamic value.
pub fn dynamic_parts(value: &Value) -> Option<(&Value, &Value)> {
    let fields = value.as_object()?;
    Some((fields.get(TYPE)?, fields.get(VALUE)?))
}

/// The same as a person writes it: an object of `type` and `value` alone, where that is a type.
fn written_dynamic(value: &Value) -> Option<(&Value, &Value)> {
    let fields = value.as_object().filter(|fields| fields.len() == 2)?;
    let (ty, value) = (fields.get("type")?, fields.get("value")?);
    types::parse(ty.to_string().as_bytes()).is_ok().then_some((ty, value))
}

/// The value with each attribute that was left out as null, each number in its one spelling, sets in one order, and dynamic
/// values with their types. What does not fit the type stays as it is.
pub fn complete(value: Value, ty: &Value) -> Value {
    match (value, types::kind(ty)) {
        (Value::Object(mut fields), "object") => {
            let types = ty[1].as_object().cloned().unwrap_or_default();
            let mut whole: Map<_, _> = types
                .iter()
                .map(|(name, ty)| (name.clone(), complete(fields.remove(name).unwrap_or_else(|| absent(ty)), ty)))
                .collect();
            whole.extend(fields);
            Value::Object(whole)
        }
        (value @ Value::Object(_), "dynamic-list" | "dynamic-map") if written_dynamic(&value).is_some() => {
            let (found, value) = (&value["type"], value["value"].clone());
            complete(wrapped(complete(value, found), found, ty), ty)
        }
        (Value::Object(fields), "map" | "dynamic-map") => {
            fields.into_iter().map(|(key, value)| (key, complete(value, &ty[1]))).collect()
        }
        (Value::Array(items), "list" | "dynamic-list") => {
            items.into_iter().map(|item| complete(item, &ty[1])).collect()
        }
        (Value::Array(items), "tuple") => {
            items.into_iter().enumerate().map(|(at, item)| complete(item, &ty[1][at])).collect()
        }
        (Value::Array(items), "set") => in_order(items.into_iter().map(|item| complete(item, &ty[1])).collect()),
        (value, "dynamic") if value.is_null() || is_unknown(&value) && value.is_string() => value,
        (value, "dynamic") => match dynamic_parts(&value).or_else(|| written_dynamic(&value)) {
            Some((ty, value)) => dynamic(ty, complete(value.clone(), ty)),
            None => {
                let ty = types::of_json(&value);
                dynamic(&ty, complete(value, &ty))
            }
        },
        (Value::Number(number), _) => exact(&number.to_string()).map_or(Value::Number(number), Value::Number),
        (Value::String(text), "string") if !text.starts_with(UNKNOWN) => json!(text.nfc().collect::<String>()),
        (value, _) => value,
    }
}

/// What stands for nothing: blocks are empty where attributes are null.
fn absent(ty: &Value) -> Value {
    match ty[2].as_str() {
        Some("block") if types::kind(ty).ends_with("map") => json!({}),
        Some("block") => json!([]),
        Some("group") => json!({}),
        _ => Value::Null,
    }
}

fn in_order(mut items: Vec<Value>) -> Value {
    items.sort_by_cached_key(Value::to_string);
    // Two unknown elements may come to be different.
    items.dedup_by(|one, other| one == other && !has_unknown(one));
    Value::Array(items)
}

/// A number in its one spelling: no exponent, no zeros at the end.
pub fn exact(text: &str) -> Option<Number> {
    let number = BigDecimal::from_str(text).ok()?.normalized();
    // `normalized` turns 1000 into 1e3.
    Number::from_str(&number.to_plain_string()).ok()
}

/// The value in Terraform's own JSON, as a state is stored: a dynamic one stands in an object with its type.
pub fn to_json(value: &Value, ty: &Value) -> Value {
    let with_type = |ty: Value, value: Value| json!({ "type": ty, "value": value });
    if let Some((ty, value)) = dynamic_parts(value) {
        return with_type(ty.clone(), to_json(value, ty));
    }
    match (value, types::kind(ty)) {
        (Value::Array(items), "dynamic-list") => {
            let types: Vec<_> = items.iter().map(|item| concrete(&ty[1], item)).collect();
            with_type(json!(["tuple", types]), plain(value))
        }
        (Value::Object(entries), "dynamic-map") => {
            let types: Map<_, _> = entries.iter().map(|(key, item)| (key.clone(), concrete(&ty[1], item))).collect();
            with_type(json!(["object", types]), plain(value))
        }
        (Value::Array(items), kind) => {
            let types = |at: usize| if kind == "tuple" { &ty[1][at] } else { &ty[1] };
            items.iter().enumerate().map(|(at, item)| to_json(item, types(at))).collect()
        }
        (Value::Object(fields), kind) => {
            let types = |name: &str| if kind == "object" { &ty[1][name] } else { &ty[1] };
            fields.iter().map(|(name, value)| (name.clone(), to_json(value, types(name)))).collect()
        }
        (value, _) => value.clone(),
    }
}

/// The value as Terraform sends it. What does not fit the type is sent all the same, by its own looks.
pub fn to_wire(value: &Value, ty: &Value) -> DynamicValue {
    DynamicValue { msgpack: to_msgpack(&pack(value, ty)), json: Vec::new() }
}

/// The bytes of a value of MessagePack.
pub fn to_msgpack(packed: &Packed) -> Vec<u8> {
    let mut msgpack = Vec::new();
    // A vector takes whatever is written to it.
    let _ = rmpv::encode::write_value(&mut msgpack, packed);
    msgpack
}

/// The value of MessagePack that Terraform would send.
pub fn pack(value: &Value, ty: &Value) -> Packed {
    match value {
        Value::Null => Packed::Nil,
        Value::String(text) if text.starts_with(UNKNOWN) => pack_unknown(&text[UNKNOWN.len()..]),
        Value::Bool(flag) => Packed::Boolean(*flag),
        Value::Number(number) => pack_number(number),
        Value::String(text) => Packed::from(text.as_str()),
        Value::Array(items) if types::kind(ty) == "dynamic-list" => {
            let types: Vec<_> = items.iter().map(|item| concrete(&ty[1], item)).collect();
            pack_dynamic(&json!(["tuple", types]), &plain(value))
        }
        Value::Object(entries) if types::kind(ty) == "dynamic-map" => {
            let types: Map<_, _> = entries.iter().map(|(key, item)| (key.clone(), concrete(&ty[1], item))).collect();
            pack_dynamic(&json!(["object", types]), &plain(value))
        }
        Value::Array(items) => {
            let types = |at: usize| if types::kind(ty) == "tuple" { &ty[1][at] } else { &ty[1] };
            Packed::Array(items.iter().enumerate().map(|(at, item)| pack(item, types(at))).collect())
        }
        Value::Object(fields) => {
            if let Some((ty, value)) = dynamic_parts(value) {
                return pack_dynamic(ty, value);
            }
            let types = |name: &str| if types::kind(ty) == "object" { &ty[1][name] } else { &ty[1] };
            let fields = fields.iter().map(|(name, value)| (Packed::from(name.as_str()), pack(value, types(name))));
            Packed::Map(fields.collect())
        }
    }
}

fn pack_dynamic(ty: &Value, value: &Value) -> Packed {
    Packed::Array(vec![Packed::Binary(ty.to_string().into_bytes()), pack(value, ty)])
}

/// The same value with dynamic parts bare, for a type that names what they are.
fn plain(value: &Value) -> Value {
    if let Some((_, value)) = dynamic_parts(value) {
        return value.clone();
    }
    match value {
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), plain(value))).collect(),
        value => value.clone(),
    }
}

fn pack_unknown(refinements: &str) -> Packed {
    match serde_json::from_str(refinements) {
        Ok(json) => Packed::Ext(REFINED, to_msgpack(&refinement::to_packed(&json))),
        Err(_) => Packed::Ext(0, vec![0]),
    }
}

/// A number as Terraform packs it: an integer, else a float that is exactly it, else its digits.
fn pack_number(number: &Number) -> Packed {
    let text = number.to_string();
    if let Some(number) = number.as_i64() {
        return Packed::from(number);
    }
    let is_integer = !text.contains(['.', 'e', 'E']);
    if is_integer && let Ok(number) = text.parse::<u64>() {
        return if i64::try_from(number).is_ok() { Packed::from(number) } else { Packed::from(text) };
    }
    let float = text.parse::<f64>().unwrap_or(f64::NAN);
    let same = BigDecimal::try_from(float).is_ok_and(|float| Ok(float) == BigDecimal::from_str(&text));
    if same && !is_integer { Packed::F64(float) } else { Packed::from(text) }
}

/// The value that a provider answered; none, or one of neither encoding, is null. It must be of the type, with every attribute.
///
/// # Errors
/// What core would find wrong with it.
pub fn from_wire(value: Option<&DynamicValue>, ty: &Value) -> Result<Value> {
    let Some(value) = value else { return Ok(Value::Null) };
    if !value.msgpack.is_empty() {
        let mut rest = value.msgpack.as_slice();
        let packed =
            rmpv::decode::read_value(&mut rest).map_err(|error| broken!("the value is no MessagePack: {error}"))?;
        ensure!(rest.is_empty(), "{} bytes follow the value", rest.len());
        return unpack(packed, ty, "");
    }
    if value.json.is_empty() {
        return Ok(Value::Null);
    }
    let json = serde_json::from_slice(&value.json).map_err(|error| broken!("the value is no JSON: {error}"))?;
    fits(complete(json, ty), ty)
}

/// The value, if it is one of the type.
///
/// # Errors
/// What does not fit.
pub fn fits(value: Value, ty: &Value) -> Result<Value> {
    from_wire(Some(&to_wire(&value, ty)), ty)
}

fn unpack(packed: Packed, ty: &Value, path: &str) -> Result<Value> {
    let misfit = |packed: &Packed| broken!("{}: {packed} is not of type {}", place(path), types::shown(ty));
    match (packed, types::kind(ty)) {
        (Packed::Nil, _) => Ok(Value::Null),
        (Packed::Ext(REFINED, body), _) => unpack_refined(&body, ty, path),
        (Packed::Ext(kind, body), _) => {
            ensure!(
                body.len() <= 1,
                "{}: core can't read an extension of type {kind} and {} bytes",
                place(path),
                body.len()
            );
            Ok(json!(UNKNOWN))
        }
        (packed, "dynamic") => unpack_dynamic(packed, path),
        (packed, "dynamic-list" | "dynamic-map") => {
            let value = unpack_dynamic(packed, path)?;
            match dynamic_parts(&value) {
                Some((found, value)) if !is_unknown(value) => Ok(wrapped(value.clone(), found, ty)),
                _ => Ok(json!(UNKNOWN)),
            }
        }
        (Packed::Boolean(flag), "bool") => Ok(json!(flag)),
        (packed @ (Packed::Integer(_) | Packed::F32(_) | Packed::F64(_) | Packed::String(_)), "number") => {
            let text = number_text(&packed).ok_or_else(|| misfit(&packed))?;
            exact(&text).map(Value::Number).ok_or_else(|| misfit(&packed))
        }
        (Packed::String(text), "string") => {
            let text = text.into_str().ok_or_else(|| broken!("{}: the text is no UTF-8", place(path)))?;
            Ok(json!(text.nfc().collect::<String>()))
        }
        (Packed::Binary(bytes), "string") => {
            let text = String::from_utf8(bytes).map_err(|_| broken!("{}: the text is no UTF-8", place(path)))?;
            Ok(json!(text.nfc().collect::<String>()))
        }
        (Packed::Array(items), "list") => {
            items.into_iter().enumerate().map(|(at, item)| unpack(item, &ty[1], &format!("{path}[{at}]"))).collect()
        }
        (Packed::Array(items), "set") => {
            let items: Result<Vec<_>> =
                items.into_iter().map(|item| unpack(item, &ty[1], &format!("{path}[…]"))).collect();
            Ok(in_order(items?))
        }
        (Packed::Array(items), "tuple") => {
            let types = ty[1].as_array().map_or(&[][..], Vec::as_slice);
            ensure!(items.len() == types.len(), "{}: {} elements, and not {}", place(path), items.len(), types.len());
            let items = items.into_iter().zip(types).enumerate();
            items.map(|(at, (item, ty))| unpack(item, ty, &format!("{path}[{at}]"))).collect()
        }
        (Packed::Map(entries), "map" | "object") => unpack_map(entries, ty, path),
        (packed, _) => Err(misfit(&packed)),
    }
}

fn unpack_map(entries: Vec<(Packed, Packed)>, ty: &Value, path: &str) -> Result<Value> {
    let types = (ty[0] == "object").then(|| ty[1].as_object().cloned().unwrap_or_default());
    let mut fields = Map::new();
    for (key, value) in entries {
        let key = key.as_str().ok_or_else(|| broken!("{}: {key} is no key", place(path)))?.to_owned();
        let inner = format!("{path}.{key}");
        let ty = match &types {
            Some(types) => {
                types.get(&key).ok_or_else(|| broken!("{}: the type has no such attribute", place(&inner)))?
            }
            None => &ty[1],
        };
        fields.insert(key, unpack(value, ty, &inner)?);
    }
    if let Some(types) = &types {
        let lost: Vec<_> = types.keys().filter(|name| !fields.contains_key(*name)).collect();
        ensure!(lost.is_empty(), "{}: the attributes {lost:?} are left out, which core refuses", place(path));
    }
    Ok(Value::Object(fields))
}

fn unpack_dynamic(packed: Packed, path: &str) -> Result<Value> {
    let Packed::Array(parts) = packed else {
        return Err(broken!("{}: {packed} is no dynamic value", place(path)));
    };
    let [ty, value] = <[Packed; 2]>::try_from(parts)
        .map_err(|parts| broken!("{}: a dynamic value of {} parts", place(path), parts.len()))?;
    let json = match &ty {
        Packed::Binary(bytes) => bytes.as_slice(),
        Packed::String(text) => text.as_bytes(),
        _ => return Err(broken!("{}: {ty} is no type", place(path))),
    };
    let ty = types::parse(json).map_err(|problem| broken!("{}: {}", place(path), problem.0))?;
    ensure!(!is_dynamic(&ty), "{}: the type of a dynamic value is dynamic again", place(path));
    let value = unpack(value, &ty, path)?;
    Ok(dynamic(&ty, value))
}

/// Elements of blocks with dynamic attributes, their types beside the values again.
fn wrapped(value: Value, found: &Value, ty: &Value) -> Value {
    match (value, types::kind(ty)) {
        (Value::Null, _) => Value::Null,
        (value, "dynamic") if is_dynamic(found) => value,
        (value, "dynamic") => dynamic(found, value),
        (Value::Array(items), "dynamic-list" | "list" | "set") => {
            let inner = |at: usize| if found[0] == "tuple" { &found[1][at] } else { &found[1] };
            items.into_iter().enumerate().map(|(at, item)| wrapped(item, inner(at), &ty[1])).collect()
        }
        (Value::Object(fields), kind) => {
            let inner = |name: &str| if found[0] == "object" { &found[1][name] } else { &found[1] };
            let outer = |name: &str| if kind == "object" { &ty[1][name] } else { &ty[1] };
            fields
                .into_iter()
                .map(|(name, value)| {
                    let value = wrapped(value, inner(&name), outer(&name));
                    (name, value)
                })
                .collect()
        }
        (value, _) => value,
    }
}

fn unpack_refined(body: &[u8], ty: &Value, path: &str) -> Result<Value> {
    ensure!(body.len() <= MAX_REFINEMENT, "{}: refinements of {} bytes", place(path), body.len());
    let mut rest = body;
    let packed = rmpv::decode::read_value(&mut rest)
        .map_err(|error| broken!("{}: refinements are no MessagePack: {error}", place(path)))?;
    let json = refinement::to_json(&packed, ty).map_err(|problem| broken!("{}: {}", place(path), problem.0))?;
    Ok(json!(format!("{UNKNOWN}{json}")))
}

/// The digits of a number. A fraction is read as core compares it, by its shortest text; an integer by its value.
pub(crate) fn number_text(packed: &Packed) -> Option<String> {
    let of_float = |float: f64| {
        if float.fract() == 0.0 {
            BigDecimal::try_from(float).ok().map(|float| float.to_plain_string())
        } else {
            float.is_finite().then(|| float.to_string())
        }
    };
    match packed {
        Packed::Integer(number) => Some(number.to_string()),
        Packed::F32(float) => of_float(f64::from(*float)),
        Packed::F64(float) => of_float(*float),
        Packed::String(text) => text.as_str().map(str::to_owned),
        _ => None,
    }
}

fn place(path: &str) -> &str {
    match path.strip_prefix('.').unwrap_or(path) {
        "" => "the whole value",
        path => path,
    }
}
