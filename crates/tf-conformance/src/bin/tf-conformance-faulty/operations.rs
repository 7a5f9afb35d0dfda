//! What happens to a thing: plans, applies, reads, imports, each a function of values.

use rmpv::Value as Packed;
use serde_json::{Value, json};
use tf_conformance::core::each_value;
use tf_conformance::types;
use tf_conformance::value::{
    UNKNOWN, complete, dynamic, dynamic_parts, from_wire, has_unknown, is_unknown, to_msgpack, to_wire,
};
use tf_framework::wire::proto::tfplugin6::diagnostic::Severity;
use tf_framework::wire::proto::tfplugin6::schema::{Attribute, Block};
use tf_framework::wire::proto::tfplugin6::{Diagnostic, DynamicValue, ResourceIdentityData};

use crate::{breaks, schema, store};

/// What is wrong, for a person.
pub(crate) type Outcome<T> = Result<T, Diagnostic>;

pub(crate) fn error(summary: &str) -> Diagnostic {
    Diagnostic { severity: Severity::Error.into(), summary: summary.to_owned(), ..Default::default() }
}

/// Reads a value, whatever a later version of the protocol may know of what is unknown.
pub(crate) fn read(value: Option<&DynamicValue>, ty: &Value) -> Outcome<Value> {
    let Some(value) = value else { return Ok(Value::Null) };
    let unreadable = |problem: String| {
        if breaks("33") {
            std::process::exit(101);
        }
        error(&format!("The value can't be read: {problem}"))
    };
    if value.msgpack.is_empty() {
        if breaks("28") && !value.json.is_empty() {
            return Err(error("The value is no MessagePack"));
        }
        if breaks("67") && value.json.is_empty() {
            return Err(error("The value has no encoding"));
        }
        if !value.json.is_empty() {
            // A thousand lists in each other are no value either.
            serde_json::from_slice::<Value>(&value.json).map_err(|error| unreadable(error.to_string()))?;
        }
        return from_wire(Some(value), ty).map_err(|problem| unreadable(problem.to_string()));
    }
    if breaks("29") && value.msgpack[0] == 0xdf {
        return Err(error("The value is in a long form"));
    }
    if value.msgpack[0] == 0xc1 {
        return Err(unreadable("the first byte is none of MessagePack".to_owned()));
    }
    let mut rest = value.msgpack.as_slice();
    let packed =
        rmpv::decode::read_value_with_max_depth(&mut rest, 100).map_err(|error| unreadable(error.to_string()))?;
    if !rest.is_empty() {
        return Err(unreadable("bytes follow".to_owned()));
    }
    let plain = DynamicValue { msgpack: to_msgpack(&without_facts(packed)?), json: Vec::new() };
    from_wire(Some(&plain), ty).map_err(|problem| unreadable(problem.to_string()))
}

/// The value with every unknown part plainly unknown.
fn without_facts(packed: Packed) -> Outcome<Packed> {
    Ok(match packed {
        Packed::Ext(_, facts) if breaks("27") && facts.contains(&0x63) => {
            return Err(error("A refinement is not known"));
        }
        Packed::Ext(..) => Packed::Ext(0, vec![0]),
        Packed::F64(number) if breaks("30") && number.fract() == 0.0 => Packed::F64(number + 0.5),
        Packed::Array(items) => Packed::Array(items.into_iter().map(without_facts).collect::<Outcome<_>>()?),
        Packed::Map(entries) => {
            let entries = entries.into_iter().map(|(key, value)| Ok((key, without_facts(value)?)));
            Packed::Map(entries.collect::<Outcome<_>>()?)
        }
        other => other,
    })
}

pub(crate) fn block_type(block: &Block) -> Value {
    types::of_block(block).unwrap_or_default()
}

pub(crate) fn thing_type() -> Value {
    block_type(&schema::thing())
}

pub(crate) fn write(value: &Value) -> Option<DynamicValue> {
    Some(to_wire(value, &thing_type()))
}

/// The identity of a thing; none while its id is not known.
pub(crate) fn identity(state: &Value) -> Option<ResourceIdentityData> {
    let id = state["id"].as_str().filter(|_| !is_unknown(&state["id"]))?;
    Some(identity_of(&json!(id)))
}

pub(crate) fn identity_of(id: &Value) -> ResourceIdentityData {
    let ty = types::of_identity(&schema::identity()).unwrap();
    ResourceIdentityData { identity_data: Some(to_wire(&json!({ "id": id }), &ty)) }
}

pub(crate) fn identity_from(data: Option<&ResourceIdentityData>) -> Outcome<Value> {
    let ty = types::of_identity(&schema::identity()).unwrap();
    read(data.and_then(|data| data.identity_data.as_ref()), &ty)
}

/// The configuration is sound: only a name must not be empty.
pub(crate) fn validate(config: &Value) -> Outcome<()> {
    if config["name"] == "" {
        return Err(error("The name is empty"));
    }
    if breaks("34") && is_unknown(&config["size"]) {
        return Err(error("The size must be known"));
    }
    Ok(())
}

/// What is planned from a proposal.
pub(crate) fn plan(prior: &Value, config: &Value, proposed: &Value) -> Value {
    let mut planned = proposed.clone();
    planned["secret"] = Value::Null;
    let changes = planned != *prior || breaks("38");
    if changes {
        let is_replaced = prior.is_null() || prior["kind"] != planned["kind"];
        if is_replaced || breaks("38") {
            planned["id"] = json!(UNKNOWN);
        }
        unknown_where_computed(&mut planned["spec"], "code");
        for port in planned["port"].as_array_mut().into_iter().flatten() {
            unknown_where_computed(port, "open");
        }
    }
    if config["peer"].is_null() && planned["peer"].is_null() {
        planned["peer"] = if prior["peer"].is_array() { prior["peer"].clone() } else { json!(UNKNOWN) };
    }
    spoil_plan(&mut planned, prior);
    planned
}

fn unknown_where_computed(object: &mut Value, name: &str) {
    if object.is_object() && object[name].is_null() {
        object[name] = json!(UNKNOWN);
    }
}

/// The faults of a plan's values.
fn spoil_plan(planned: &mut Value, prior: &Value) {
    if breaks("26") && planned["name"] == "hello" {
        planned["name"] = json!("hallo");
    }
    if let Some(name) = planned["name"].as_str().filter(|name| breaks("31") && name.contains('\t')) {
        planned["name"] = json!(name.replace('\t', " "));
    }
    if breaks("32") && dynamic_parts(&planned["any"]).is_some_and(|(_, value)| value.is_null()) {
        planned["any"] = dynamic(&json!("number"), Value::Null);
    }
    if breaks("35-attribute") && planned["size"].is_number() && prior.is_null() {
        planned["size"] = json!(41);
    }
    if breaks("35-blocks") && prior.is_null() {
        planned["rule"] = Value::Null;
    }
    if breaks("35-element") && prior.is_null() {
        planned["port"] = json!([]);
    }
    if breaks("36") && is_unknown(&planned["size"]) {
        planned["size"] = Value::Null;
    }
    if breaks("39-update") && prior.is_object() && prior["name"] != planned["name"] {
        planned["tags"] = json!({ "x": "y" });
    }
}

/// Fills in what was not known, and keeps the object.
pub(crate) fn apply(prior: &Value, planned: &Value) -> Value {
    let mut new = planned.clone();
    if has_unknown(&new["id"]) || new["id"].is_null() {
        new["id"] = if prior.is_null() { json!(store::new_id()) } else { prior["id"].clone() };
    }
    if is_unknown(&new["peer"]) {
        new["peer"] = json!([{ "address": "10.0.0.1" }]);
    }
    fill(&mut new);
    if breaks("41-value") {
        new["name"] = json!("another");
    }
    if breaks("41-computed") && new["spec"].is_object() {
        new["spec"]["shape"] = json!("round");
    }
    if breaks("41-set") {
        new["rule"] = json!([{ "from": "there" }, { "from": "elsewhere" }]);
    }
    if breaks("41-block") {
        new["port"] = json!([]);
    }
    if breaks("41-unknown") && new["spec"].is_object() {
        new["spec"]["code"] = json!(UNKNOWN);
    }
    store::put(&new);
    new
}

fn fill(value: &mut Value) {
    if value["spec"].is_object() && is_unknown(&value["spec"]["code"]) {
        value["spec"]["code"] = json!("a code");
    }
    for port in value["port"].as_array_mut().into_iter().flatten() {
        if is_unknown(&port["open"]) {
            port["open"] = json!(true);
        }
    }
}

/// A stored state, brought to this version.
pub(crate) fn upgrade(version: i64, json: &[u8]) -> Outcome<Value> {
    let mut state: Value =
        serde_json::from_slice(json).map_err(|problem| error(&format!("The state is no JSON: {problem}")))?;
    if version == 0 {
        state["name"] = state["title"].take();
    }
    let ty = thing_type();
    let known = ty[1].as_object().unwrap();
    let fields = state.as_object().ok_or_else(|| error("The state is no object"))?;
    let kept = fields.iter().filter(|(name, _)| known.contains_key(*name));
    let state = complete(Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect()), &ty);
    let mut state = from_wire(Some(&to_wire(&state, &ty)), &ty).map_err(|problem| error(&problem.to_string()))?;
    if breaks("44-same") {
        state["size"] = Value::Null;
    }
    if breaks("44-old") && version == 0 {
        state["name"] = json!("lost");
    }
    Ok(state)
}

/// The configuration that would make this state.
pub(crate) fn generate(state: &Value) -> Value {
    let mut config = state.clone();
    let mut read_only = Vec::new();
    each_value(&schema::thing(), state, "", &mut |attribute: &Attribute, _, path| {
        if !attribute.required && !attribute.optional {
            read_only.push(format!("/{}", path.replace('.', "/")));
        }
    });
    for place in read_only {
        if let Some(value) = config.pointer_mut(&place) {
            *value = Value::Null;
        }
    }
    config["peer"] = json!([]);
    if breaks("71") {
        config["id"] = state["id"].clone();
    }
    config
}
