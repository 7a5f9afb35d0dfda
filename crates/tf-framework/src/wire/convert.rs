//! Between the protocol's messages and the framework's own types.

use crate::{
    block::{Block, BlockNesting, Body},
    capabilities::ClientCapabilities,
    deferral::DeferredReason,
    diagnostics::{Diagnostic, Diagnostics, Severity},
    log::{SDK_PROTO, keys},
    path::{Path, Step},
    schema::{Attribute, Nesting, Presence, Schema, Shape},
    server::bug,
    types::Type,
    value::Dynamic,
    wire::{
        generated::tfplugin6 as proto,
        json::{self, Undefined},
        msgpack,
    },
};

/// Reads a value of a known type. Neither encoding filled means null, and so does an absent message.
pub(crate) fn value_from_wire(value: Option<&proto::DynamicValue>, ty: &Type) -> Result<Dynamic, Diagnostics> {
    let decoded = match value {
        Some(value) if !value.msgpack.is_empty() => msgpack::decode(&value.msgpack, ty),
        Some(value) if !value.json.is_empty() => json::decode(&value.json, ty, Undefined::Refuse),
        _ => Ok(Dynamic::Null),
    };
    decoded.map_err(|error| {
        Diagnostic::error(
            "Unreadable value from Terraform",
            format!(
                "Terraform sent a value that does not fit the provider's schema: {error}. The versions of Terraform and of \
                 the provider may not go together; otherwise this is a bug in one of them: please report it."
            ),
        )
        .into()
    })
}

/// Writes a value. One that doesn't fit its type is the provider's fault; the error says where.
pub(crate) fn value_to_wire(value: &Dynamic, ty: &Type) -> Result<proto::DynamicValue, Diagnostics> {
    match msgpack::encode(value, ty) {
        Ok(msgpack) => Ok(proto::DynamicValue { msgpack, json: Vec::new() }),
        Err(error) => Err(bug(format!("A value does not fit the provider's own schema: {error}.")).into()),
    }
}

/// What the host says that it can do. An old one says nothing, which means none of it.
pub(crate) fn capabilities_from_wire(capabilities: Option<&proto::ClientCapabilities>) -> ClientCapabilities {
    let capabilities = capabilities.copied().unwrap_or_default();
    tracing::trace!(
        target: SDK_PROTO,
        message = "Announced client capabilities",
        { keys::TF_CLIENT_CAPABILITY_DEFERRAL_ALLOWED } = capabilities.deferral_allowed,
        { keys::TF_CLIENT_CAPABILITY_WRITE_ONLY_ATTRIBUTES_ALLOWED } = capabilities.write_only_attributes_allowed,
        { keys::TF_CLIENT_CAPABILITY_STORE_PLANNED_PRIVATE } = capabilities.store_planned_private,
        { keys::TF_CLIENT_CAPABILITY_COMPUTED_BLOCKS_ALLOWED } = capabilities.computed_blocks_allowed,
    );
    ClientCapabilities {
        deferral_allowed: capabilities.deferral_allowed,
        write_only_attributes_allowed: capabilities.write_only_attributes_allowed,
        computed_blocks_allowed: capabilities.computed_blocks_allowed,
    }
}

pub(crate) fn diagnostics_to_wire(diagnostics: Diagnostics) -> Vec<proto::Diagnostic> {
    diagnostics.into_iter().map(diagnostic_to_wire).collect()
}

fn diagnostic_to_wire(diagnostic: Diagnostic) -> proto::Diagnostic {
    let severity = match diagnostic.severity {
        Severity::Error => proto::diagnostic::Severity::Error,
        Severity::Warning => proto::diagnostic::Severity::Warning,
    };
    proto::Diagnostic {
        severity: severity.into(),
        summary: diagnostic.summary,
        detail: diagnostic.detail,
        attribute: diagnostic.attribute.filter(|path| !path.wire_steps().is_empty()).map(|path| path_to_wire(&path)),
    }
}

/// A path on the wire ends before the first set, whose elements can't be addressed.
pub(crate) fn path_to_wire(path: &Path) -> proto::AttributePath {
    use proto::attribute_path::step::Selector;
    let selector = |step: &Step| match step {
        Step::Attribute(name) => Some(Selector::AttributeName(name.clone())),
        Step::Index(index) => Some(Selector::ElementKeyInt(*index)),
        Step::Key(key) => Some(Selector::ElementKeyString(key.clone())),
        Step::SetElement => None,
    };
    let steps = path.wire_steps().iter().filter_map(selector);
    proto::AttributePath {
        steps: steps.map(|selector| proto::attribute_path::Step { selector: Some(selector) }).collect(),
    }
}

/// A path as a configuration refers to it.
pub(crate) fn path_text(path: &proto::AttributePath) -> String {
    use proto::attribute_path::step::Selector;
    let selectors = path.steps.iter().filter_map(|step| step.selector.as_ref());
    let path = selectors.fold(Path::root(), |path, selector| match selector {
        Selector::AttributeName(name) => path.attr(name),
        Selector::ElementKeyInt(index) => path.index(*index),
        Selector::ElementKeyString(key) => path.key(key),
    });
    path.to_string()
}

pub(crate) fn deferred_to_wire(reason: Option<DeferredReason>) -> Option<proto::Deferred> {
    use proto::deferred::Reason;
    let reason = match reason? {
        DeferredReason::ResourceConfigUnknown => Reason::ResourceConfigUnknown,
        DeferredReason::ProviderConfigUnknown => Reason::ProviderConfigUnknown,
        DeferredReason::AbsentPrerequisite => Reason::AbsentPrereq,
    };
    Some(proto::Deferred { reason: reason.into() })
}

pub(crate) fn schema_to_wire(schema: &Schema) -> proto::Schema {
    proto::Schema {
        version: schema.version,
        block: Some(proto::schema::Block {
            version: schema.version,
            description: schema.description.clone(),
            ..body_to_wire(schema.body())
        }),
    }
}

fn body_to_wire(body: Body<'_>) -> proto::schema::Block {
    let mut blocks: Vec<&Block> = body.blocks.iter().collect();
    blocks.sort_by_key(|block| block.name());
    proto::schema::Block {
        attributes: attributes_to_wire(body.attributes),
        block_types: blocks.into_iter().map(block_to_wire).collect(),
        description_kind: proto::StringKind::Markdown.into(),
        ..Default::default()
    }
}

fn block_to_wire(block: &Block) -> proto::schema::NestedBlock {
    use proto::schema::nested_block::NestingMode;
    let count = |items: usize| i64::try_from(items).unwrap_or(i64::MAX);
    let least = count(block.least_items());
    let (nesting, most) = match block.nesting() {
        // Terraform wants both bounds of a single block to be the same.
        BlockNesting::Single => (NestingMode::Single, least),
        BlockNesting::Group => (NestingMode::Group, 0),
        BlockNesting::List => (NestingMode::List, block.most_items().map_or(0, count)),
        BlockNesting::Set => (NestingMode::Set, block.most_items().map_or(0, count)),
        BlockNesting::Map => (NestingMode::Map, 0),
    };
    proto::schema::NestedBlock {
        type_name: block.name().to_owned(),
        nesting: nesting.into(),
        min_items: least,
        max_items: most,
        block: Some(proto::schema::Block {
            description: block.description().to_owned(),
            deprecated: block.deprecation().is_some(),
            deprecation_message: block.deprecation().unwrap_or_default().to_owned(),
            computed: block.is_computed(),
            ..body_to_wire(block.body())
        }),
    }
}

pub(crate) fn identity_schema_to_wire(schema: &Schema) -> proto::ResourceIdentitySchema {
    use proto::resource_identity_schema::IdentityAttribute;
    let attribute = |attribute: &Attribute| IdentityAttribute {
        name: attribute.name().to_owned(),
        r#type: attribute.shape().value_type().to_json(),
        required_for_import: attribute.presence() == Presence::Required,
        optional_for_import: attribute.presence() != Presence::Required,
        description: attribute.description().to_owned(),
    };
    let mut identity_attributes: Vec<_> = schema.attributes.iter().map(attribute).collect();
    identity_attributes.sort_by(|one, other| one.name.cmp(&other.name));
    proto::ResourceIdentitySchema { version: schema.version, identity_attributes }
}

/// Sorted by name, so that the same schema is the same bytes whatever the order of its declaration.
fn attributes_to_wire(attributes: &[Attribute]) -> Vec<proto::schema::Attribute> {
    let mut sorted: Vec<&Attribute> = attributes.iter().collect();
    sorted.sort_by_key(|attribute| attribute.name());
    sorted.into_iter().map(attribute_to_wire).collect()
}

fn attribute_to_wire(attribute: &Attribute) -> proto::schema::Attribute {
    let (ty, nested_type) = match attribute.shape() {
        Shape::Plain(ty) => (ty.to_json(), None),
        Shape::Nested(nesting, inner) => (Vec::new(), Some(object_to_wire(*nesting, inner))),
    };
    let presence = attribute.presence();
    proto::schema::Attribute {
        name: attribute.name().to_owned(),
        r#type: ty,
        nested_type,
        description: attribute.description().to_owned(),
        description_kind: proto::StringKind::Markdown.into(),
        required: presence == Presence::Required,
        optional: matches!(presence, Presence::Optional | Presence::OptionalComputed),
        computed: presence.is_computed(),
        sensitive: attribute.is_sensitive(),
        deprecated: attribute.deprecation().is_some(),
        deprecation_message: attribute.deprecation().unwrap_or_default().to_owned(),
        write_only: attribute.is_write_only(),
    }
}

fn object_to_wire(nesting: Nesting, attributes: &[Attribute]) -> proto::schema::Object {
    use proto::schema::object::NestingMode;
    let nesting = match nesting {
        Nesting::Single => NestingMode::Single,
        Nesting::List => NestingMode::List,
        Nesting::Set => NestingMode::Set,
        Nesting::Map => NestingMode::Map,
    };
    proto::schema::Object { attributes: attributes_to_wire(attributes), nesting: nesting.into(), ..Default::default() }
}
