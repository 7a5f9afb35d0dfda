//! What the provider offers: every kind of thing, and blocks in every nesting.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use tf_framework::wire::proto::tfplugin6::function::{Parameter, Return};
use tf_framework::wire::proto::tfplugin6::resource_identity_schema::IdentityAttribute;
use tf_framework::wire::proto::tfplugin6::schema::nested_block::NestingMode as BlockNesting;
use tf_framework::wire::proto::tfplugin6::schema::object::NestingMode;
use tf_framework::wire::proto::tfplugin6::schema::{Attribute, Block, NestedBlock, Object};
use tf_framework::wire::proto::tfplugin6::{
    ActionSchema, Function, ResourceIdentitySchema, Schema, ServerCapabilities, get_provider_schema,
};

use crate::breaks;

pub(crate) const THING: &str = "faulty_thing";
pub(crate) const THINGS: &str = "faulty_things";
pub(crate) const TOKEN: &str = "faulty_token";
pub(crate) const RING: &str = "faulty_ring";
pub(crate) const CHEST: &str = "faulty_chest";

static ASKED: AtomicU32 = AtomicU32::new(0);

pub(crate) fn all() -> get_provider_schema::Response {
    let mut thing = Schema { version: 1, block: Some(thing()) };
    if breaks("25") {
        thing.block.as_mut().unwrap().description = ASKED.fetch_add(1, Ordering::Relaxed).to_string();
    }
    get_provider_schema::Response {
        provider: Some(only(vec![optional("name", "string")])),
        server_capabilities: capabilities(),
        resource_schemas: [(THING.to_owned(), thing)].into(),
        data_source_schemas: [(
            THINGS.to_owned(),
            only(vec![optional("name", "string"), computed("count_of_them", "number")]),
        )]
        .into(),
        ephemeral_resource_schemas: [(
            TOKEN.to_owned(),
            only(vec![required("user", "string"), computed("token", "string")]),
        )]
        .into(),
        functions: functions(),
        list_resource_schemas: [(THING.to_owned(), only(vec![optional("name", "string")]))].into(),
        action_schemas: [(RING.to_owned(), ActionSchema { schema: Some(only(vec![required("times", "number")])) })]
            .into(),
        state_store_schemas: [(CHEST.to_owned(), only(vec![optional("name", "string")]))].into(),
        ..Default::default()
    }
}

pub(crate) fn capabilities() -> Option<ServerCapabilities> {
    Some(ServerCapabilities {
        plan_destroy: true,
        get_provider_schema_optional: true,
        move_resource_state: true,
        generate_resource_config: true,
    })
}

pub(crate) fn functions() -> BTreeMap<String, Function> {
    let parameter = |name: &str, ty: &str, allow_null_value| Parameter {
        name: name.to_owned(),
        r#type: format!("\"{ty}\"").into_bytes(),
        allow_null_value,
        ..Default::default()
    };
    let returns = |ty: &str| Some(Return { r#type: format!("\"{ty}\"").into_bytes() });
    let mut join = Function {
        parameters: vec![parameter("separator", "string", false)],
        variadic_parameter: Some(parameter("texts", "string", false)),
        r#return: returns("string"),
        ..Default::default()
    };
    if breaks("21-return") {
        join.r#return = None;
    }
    let echo = Function {
        parameters: vec![parameter("value", "dynamic", true)],
        r#return: returns("dynamic"),
        ..Default::default()
    };
    [("join".to_owned(), join), ("echo".to_owned(), echo)].into()
}

pub(crate) fn identity() -> ResourceIdentitySchema {
    ResourceIdentitySchema {
        version: 1,
        identity_attributes: vec![IdentityAttribute {
            name: "id".to_owned(),
            r#type: b"\"string\"".to_vec(),
            required_for_import: true,
            ..Default::default()
        }],
    }
}

/// The resource's block.
pub(crate) fn thing() -> Block {
    let mut kind = optional("kind", "string");
    kind.computed = breaks("20-required-and-computed");
    kind.required = kind.computed;
    kind.optional = !kind.computed;
    let mut size = optional("size", "number");
    if breaks("21-type") {
        size.r#type = b"numbr".to_vec();
    }
    let secret = Attribute { write_only: true, ..optional("secret", "string") };
    let spec = Attribute {
        name: "spec".to_owned(),
        optional: true,
        nested_type: Some(Object {
            nesting: NestingMode::Single.into(),
            attributes: vec![optional("shape", "string"), computed("code", "string")],
            ..Default::default()
        }),
        ..Default::default()
    };
    let attributes = vec![
        computed("id", "string"),
        required("name", "string"),
        kind,
        size,
        optional("any", "dynamic"),
        secret,
        spec,
        Attribute { r#type: br#"["map","string"]"#.to_vec(), ..optional("tags", "") },
        Attribute { r#type: br#"["set","string"]"#.to_vec(), ..optional("notes", "") },
    ];
    let peers = Block { computed: true, ..of(vec![computed("address", "string")]) };
    let block_types = vec![
        nested("port", BlockNesting::List, of(vec![required("number", "number"), computed("open", "bool")])),
        nested("rule", BlockNesting::Set, of(vec![optional("from", "string")])),
        nested("limits", BlockNesting::Single, of(vec![optional("max", "number")])),
        nested("meta", BlockNesting::Group, of(vec![optional("owner", "string")])),
        nested("item", BlockNesting::Map, of(vec![optional("text", "string")])),
        nested("extra", BlockNesting::List, of(vec![optional("value", "dynamic")])),
        nested("peer", BlockNesting::List, peers),
    ];
    Block { attributes, block_types, ..Default::default() }
}

fn only(attributes: Vec<Attribute>) -> Schema {
    Schema { version: 0, block: Some(of(attributes)) }
}

fn of(attributes: Vec<Attribute>) -> Block {
    Block { attributes, ..Default::default() }
}

fn nested(name: &str, nesting: BlockNesting, block: Block) -> NestedBlock {
    NestedBlock { type_name: name.to_owned(), nesting: nesting.into(), block: Some(block), ..Default::default() }
}

fn attribute(name: &str, ty: &str) -> Attribute {
    Attribute { name: name.to_owned(), r#type: format!("\"{ty}\"").into_bytes(), ..Default::default() }
}

fn required(name: &str, ty: &str) -> Attribute {
    Attribute { required: true, ..attribute(name, ty) }
}

fn optional(name: &str, ty: &str) -> Attribute {
    Attribute { optional: true, ..attribute(name, ty) }
}

fn computed(name: &str, ty: &str) -> Attribute {
    Attribute { computed: true, ..attribute(name, ty) }
}
