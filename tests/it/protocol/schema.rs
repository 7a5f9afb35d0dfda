//! The schema as Terraform checks it when it loads the provider. One mistake breaks every configuration that names it.

use std::collections::BTreeSet;

use serde_json::Value;
use tf_framework::wire::proto::tfplugin6::schema::object::NestingMode;
use tf_framework::wire::proto::tfplugin6::schema::{Attribute, Block};
use tf_framework::wire::proto::tfplugin6::{
    Schema, StringKind, get_metadata, get_provider_schema, get_resource_identity_schemas,
};

use crate::host::Host;

/// Names that Terraform keeps for itself at the top of a resource, where an attribute of that name is out of reach.
const RESERVED: [&str; 7] = ["count", "for_each", "depends_on", "lifecycle", "provider", "provisioner", "connection"];

#[tokio::test]
async fn terraform_accepts_the_schema() {
    let host = Host::unconfigured().await;
    assert_eq!(problems(&host.schema), Vec::<String>::new());
}

#[tokio::test]
async fn metadata_agrees_with_the_schema() {
    let mut host = Host::unconfigured().await;
    let metadata = host.provider.get_metadata(get_metadata::Request {}).await.unwrap().into_inner();
    assert!(metadata.server_capabilities == host.schema.server_capabilities);
    assert!(metadata.resources.iter().map(|one| &one.type_name).eq(host.schema.resource_schemas.keys()));
    assert!(metadata.data_sources.iter().map(|one| &one.type_name).eq(host.schema.data_source_schemas.keys()));
    assert!(metadata.functions.iter().map(|one| &one.name).eq(host.schema.functions.keys()));
    let others = (metadata.ephemeral_resources, metadata.list_resources, metadata.actions, metadata.state_stores);
    let schema = &host.schema;
    assert_eq!(others.0.len(), schema.ephemeral_resource_schemas.len());
    assert_eq!(others.1.len(), schema.list_resource_schemas.len());
    assert_eq!(others.2.len(), schema.action_schemas.len());
    assert_eq!(others.3.len(), schema.state_store_schemas.len());
}

#[tokio::test]
async fn the_schema_is_the_same_at_every_call_and_in_every_process() {
    let (mut one, other) = (Host::unconfigured().await, Host::unconfigured().await);
    let again = one.provider.get_provider_schema(get_provider_schema::Request {}).await.unwrap().into_inner();
    assert!(again == one.schema && other.schema == one.schema);
    let request = get_resource_identity_schemas::Request {};
    let identities = one.provider.get_resource_identity_schemas(request).await.unwrap().into_inner();
    let again = one.provider.get_resource_identity_schemas(request).await.unwrap().into_inner();
    assert!(again == identities);
}

/// Terraform 1.15 asks every process for these, and one mistake breaks the whole provider.
#[tokio::test]
async fn terraform_accepts_the_identities() {
    let mut host = Host::unconfigured().await;
    let request = get_resource_identity_schemas::Request {};
    let identities = host.provider.get_resource_identity_schemas(request).await.unwrap().into_inner();
    for (name, schema) in &identities.identity_schemas {
        assert!(host.schema.resource_schemas.contains_key(name), "{name}");
        // Terraform counts a state without an identity as one of version 0, and would have it upgraded.
        assert_eq!(schema.version, 0, "{name}");
        assert!(schema.identity_attributes.iter().any(|attribute| attribute.required_for_import), "{name}");
        for attribute in &schema.identity_attributes {
            let place = format!("{name}.{}", attribute.name);
            assert!(attribute.required_for_import != attribute.optional_for_import, "{place}");
            assert!(is_name(&attribute.name) && !attribute.description.is_empty(), "{place}");
            let ty: Value = serde_json::from_slice(&attribute.r#type).unwrap();
            let element = if ty[0] == "list" { &ty[1] } else { &ty };
            assert!(matches!(element.as_str(), Some("string" | "number" | "bool")), "{place}: {ty}");
        }
    }
}

#[tokio::test]
async fn all_that_the_framework_can_do_is_announced() {
    let host = Host::unconfigured().await;
    let capabilities = host.schema.server_capabilities.unwrap();
    assert!(capabilities.plan_destroy && capabilities.get_provider_schema_optional);
    assert!(capabilities.move_resource_state && capabilities.generate_resource_config);
}

/// The checker finds what it is there for.
#[tokio::test]
async fn a_wrong_schema_is_seen() {
    let sound = Host::unconfigured().await.schema;
    type Spoil = fn(&mut Attribute);
    let wrong: [(&str, Spoil); 9] = [
        ("optional and required", |attribute| attribute.optional = true),
        ("computed and required", |attribute| attribute.computed = true),
        ("neither", |attribute| attribute.required = false),
        ("no type", |attribute| attribute.r#type.clear()),
        ("no JSON", |attribute| attribute.r#type = b"strin".to_vec()),
        ("no such type", |attribute| attribute.r#type = b"\"text\"".to_vec()),
        ("no description", |attribute| attribute.description.clear()),
        ("reserved", |attribute| attribute.name = "count".to_owned()),
        ("not a name", |attribute| attribute.name = "Geo".to_owned()),
    ];
    for (what, spoil) in wrong {
        let mut schema = sound.clone();
        let block = schema.resource_schemas.get_mut(super::PROJECT).unwrap().block.as_mut().unwrap();
        spoil(block.attributes.iter_mut().find(|attribute| attribute.name == "geo").unwrap());
        assert_eq!(problems(&schema).len(), 1, "{what}");
    }
}

fn problems(answer: &get_provider_schema::Response) -> Vec<String> {
    let mut problems: Vec<String> = answer.diagnostics.iter().map(|diagnostic| diagnostic.summary.clone()).collect();
    if answer.provider.is_none() {
        problems.push("there is no schema of the provider's own block".to_owned());
    }
    let schemas = answer
        .provider
        .iter()
        .map(|schema| ("provider", schema))
        .chain(answer.provider_meta.iter().map(|schema| ("provider_meta", schema)))
        .chain(answer.resource_schemas.iter().map(|(name, schema)| (name.as_str(), schema)))
        .chain(answer.data_source_schemas.iter().map(|(name, schema)| (name.as_str(), schema)))
        .chain(answer.ephemeral_resource_schemas.iter().map(|(name, schema)| (name.as_str(), schema)))
        .chain(answer.list_resource_schemas.iter().map(|(name, schema)| (name.as_str(), schema)));
    for (name, schema) in schemas {
        check_schema(name, schema, &mut problems);
    }
    problems.extend(
        answer
            .functions
            .iter()
            .filter(|(_, function)| function.r#return.is_none())
            .map(|(name, _)| format!("the function {name} returns nothing")),
    );
    problems
}

fn check_schema(name: &str, schema: &Schema, problems: &mut Vec<String>) {
    if schema.version < 0 {
        problems.push(format!("{name}: version {}", schema.version));
    }
    match &schema.block {
        Some(block) => check_block(name, block, problems),
        None => problems.push(format!("{name}: no block, which crashes Terraform")),
    }
}

fn check_block(place: &str, block: &Block, problems: &mut Vec<String>) {
    if block.description.is_empty() || block.description_kind() != StringKind::Markdown {
        problems.push(format!("{place}: no description in Markdown"));
    }
    // The provider has no nested blocks; with the first one, its rules belong here.
    if !block.block_types.is_empty() {
        problems.push(format!("{place}: nested blocks are not checked yet"));
    }
    for attribute in &block.attributes {
        if RESERVED.contains(&attribute.name.as_str()) {
            problems.push(format!("{place}.{}: the name is Terraform's", attribute.name));
        }
    }
    check_attributes(place, &block.attributes, false, problems);
}

fn check_attributes(place: &str, attributes: &[Attribute], inside_set: bool, problems: &mut Vec<String>) {
    let mut names = BTreeSet::new();
    for attribute in attributes {
        let place = format!("{place}.{}", attribute.name);
        let mut check = |sound: bool, problem: &str| {
            if !sound {
                problems.push(format!("{place}: {problem}"));
            }
        };
        check(names.insert(&attribute.name), "the name is there twice");
        check(is_name(&attribute.name), "not a name");
        check(!attribute.description.is_empty(), "no description");
        let (required, optional, computed) = (attribute.required, attribute.optional, attribute.computed);
        check(required || optional || computed, "neither required nor optional nor computed");
        check(!(required && (optional || computed)), "required, and optional or computed besides");
        check(attribute.deprecated || attribute.deprecation_message.is_empty(), "a message, and not deprecated");
        check(!(attribute.write_only && (computed || inside_set)), "write-only where it can't be");
        match &attribute.nested_type {
            Some(nested) => {
                check(attribute.r#type.is_empty(), "a type and a nested type");
                check(nested.nesting() != NestingMode::Invalid, "no nesting");
                let inside_set = inside_set || nested.nesting() == NestingMode::Set;
                check_attributes(&place, &nested.attributes, inside_set, problems);
            }
            None => check(
                serde_json::from_slice::<Value>(&attribute.r#type).is_ok_and(|ty| is_type(&ty, inside_set)),
                "no type that Terraform knows",
            ),
        }
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// Whether this is a type; one that takes anything may not be in a set, nor in any other collection.
fn is_type(ty: &Value, inside_collection: bool) -> bool {
    match (ty.as_str(), ty[0].as_str()) {
        (Some("string" | "number" | "bool"), _) => true,
        (Some("dynamic"), _) => !inside_collection,
        (_, Some("list" | "set" | "map")) => ty.as_array().is_some_and(|ty| ty.len() == 2) && is_type(&ty[1], true),
        (_, Some("object")) => {
            ty[1].as_object().is_some_and(|types| types.values().all(|ty| is_type(ty, inside_collection)))
        }
        (_, Some("tuple")) => {
            ty[1].as_array().is_some_and(|types| types.iter().all(|ty| is_type(ty, inside_collection)))
        }
        _ => false,
    }
}
