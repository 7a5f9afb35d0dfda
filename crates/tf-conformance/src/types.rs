//! Types as the protocol writes them in JSON, and the types that blocks come to.
//!
//! Two are our own, for lists and maps of blocks that hold something dynamic: `["dynamic-list", T]` and `["dynamic-map", T]`
//! travel as a dynamic tuple or object. The third part of a collection's type says that it is of blocks, which are empty where
//! attributes are null.

use serde_json::{Map, Value, json};
use tf_framework::wire::proto::tfplugin6::ResourceIdentitySchema;
use tf_framework::wire::proto::tfplugin6::schema::nested_block::NestingMode as BlockNesting;
use tf_framework::wire::proto::tfplugin6::schema::object::NestingMode;
use tf_framework::wire::proto::tfplugin6::schema::{Attribute, Block, NestedBlock};

use crate::broken::{Result, broken, ensure};
use crate::value::dynamic_parts;

/// The name of a type, or of what it is made of: `string`, `list`, `object`; empty where it is none.
pub fn kind(ty: &Value) -> &str {
    ty.as_str().or_else(|| ty[0].as_str()).unwrap_or_default()
}

/// Whether this is the type that takes anything.
pub fn is_dynamic(ty: &Value) -> bool {
    ty == "dynamic"
}

/// Reads a type out of its JSON.
///
/// # Errors
/// Where it is none: in a schema, that crashes Terraform.
pub fn parse(json: &[u8]) -> Result<Value> {
    let shown = || String::from_utf8_lossy(json).into_owned();
    let ty = serde_json::from_slice(json).map_err(|error| broken!("the type {:?} is no JSON: {error}", shown()))?;
    ensure!(is_type(&ty), "{} is no type that Terraform knows", shown());
    Ok(ty)
}

fn is_type(ty: &Value) -> bool {
    let parts = ty.as_array().map_or(0, Vec::len);
    match (ty.as_str(), kind(ty)) {
        (Some("string" | "number" | "bool" | "dynamic"), _) => true,
        (None, "list" | "set" | "map") => parts == 2 && is_type(&ty[1]),
        (None, "object") => {
            let optional = ty.get(2).is_none_or(Value::is_array);
            (parts == 2 || parts == 3 && optional) && ty[1].as_object().is_some_and(|types| types.values().all(is_type))
        }
        (None, "tuple") => parts == 2 && ty[1].as_array().is_some_and(|types| types.iter().all(is_type)),
        _ => false,
    }
}

/// Whether a type is dynamic or has something dynamic in it.
pub fn has_dynamic(ty: &Value) -> bool {
    match kind(ty) {
        "dynamic" | "dynamic-list" | "dynamic-map" => true,
        "list" | "set" | "map" => has_dynamic(&ty[1]),
        "object" => ty[1].as_object().is_some_and(|types| types.values().any(has_dynamic)),
        "tuple" => ty[1].as_array().is_some_and(|types| types.iter().any(has_dynamic)),
        _ => false,
    }
}

/// The type of a block's value: every attribute and every nested block is an attribute of it.
///
/// # Errors
/// Where an attribute's type is none.
pub fn of_block(block: &Block) -> Result<Value> {
    let mut types = Map::new();
    for attribute in &block.attributes {
        types.insert(attribute.name.clone(), of_attribute(attribute)?);
    }
    for nested in &block.block_types {
        types.insert(nested.type_name.clone(), of_nested_block(nested)?);
    }
    Ok(json!(["object", types]))
}

fn of_attributes(attributes: &[Attribute]) -> Result<Value> {
    of_block(&Block { attributes: attributes.to_vec(), ..Default::default() })
}

/// The type of one attribute.
///
/// # Errors
/// Where it is none.
pub fn of_attribute(attribute: &Attribute) -> Result<Value> {
    let Some(nested) = &attribute.nested_type else {
        return parse(&attribute.r#type).map_err(|problem| broken!("{}: {problem}", attribute.name));
    };
    let object = of_attributes(&nested.attributes)?;
    match nested.nesting() {
        NestingMode::Single => Ok(object),
        NestingMode::List => Ok(json!(["list", object])),
        NestingMode::Set => Ok(json!(["set", object])),
        NestingMode::Map => Ok(json!(["map", object])),
        NestingMode::Invalid => Err(broken!("{}: no nesting", attribute.name)),
    }
}

fn of_nested_block(nested: &NestedBlock) -> Result<Value> {
    let object = of_block(nested.block.as_ref().unwrap_or(&Block::default()))?;
    let collection = |kind: &str| {
        let kind = if has_dynamic(&object) { format!("dynamic-{kind}") } else { kind.to_owned() };
        json!([kind, object, "block"])
    };
    match nested.nesting() {
        BlockNesting::Single => Ok(object),
        // Marked, since it is an object even where nothing is configured.
        BlockNesting::Group => Ok(json!(["object", object[1], "group"])),
        BlockNesting::List => Ok(collection("list")),
        BlockNesting::Map => Ok(collection("map")),
        BlockNesting::Set => Ok(json!(["set", object, "block"])),
        BlockNesting::Invalid => Err(broken!("{}: no nesting", nested.type_name)),
    }
}

/// The type of an identity.
///
/// # Errors
/// Where an attribute's type is none.
pub fn of_identity(schema: &ResourceIdentitySchema) -> Result<Value> {
    let mut types = Map::new();
    for attribute in &schema.identity_attributes {
        let ty = parse(&attribute.r#type).map_err(|problem| broken!("{}: {problem}", attribute.name))?;
        types.insert(attribute.name.clone(), ty);
    }
    Ok(json!(["object", types]))
}

/// The type of a value that a person wrote as JSON.
pub fn of_json(value: &Value) -> Value {
    match value {
        Value::Null => json!("dynamic"),
        Value::Bool(_) => json!("bool"),
        Value::Number(_) => json!("number"),
        Value::String(_) => json!("string"),
        Value::Array(items) => json!(["tuple", items.iter().map(of_json).collect::<Vec<_>>()]),
        Value::Object(fields) => {
            json!(["object", fields.iter().map(|(name, value)| (name.clone(), of_json(value))).collect::<Map<_, _>>()])
        }
    }
}

/// The type with what is dynamic replaced by the types that stand in the value.
pub(crate) fn concrete(ty: &Value, value: &Value) -> Value {
    match kind(ty) {
        "dynamic" => dynamic_parts(value).map_or_else(|| ty.clone(), |(ty, _)| ty.clone()),
        "object" => {
            let types = ty[1].as_object().cloned().unwrap_or_default();
            let types: Map<_, _> =
                types.into_iter().map(|(name, ty)| (name.clone(), concrete(&ty, &value[&name]))).collect();
            json!(["object", types])
        }
        "list" | "set" | "map" => json!([ty[0], ty[1]]),
        _ => ty.clone(),
    }
}

/// The type as Terraform would write it.
pub(crate) fn shown(ty: &Value) -> String {
    match kind(ty) {
        "object" => "object".to_owned(),
        kind @ ("list" | "set" | "map") => format!("{kind} of {}", shown(&ty[1])),
        kind => kind.to_owned(),
    }
}
