//! What this provider's schema has beyond what Terraform asks of every schema.

use tf_framework::wire::proto::tfplugin6::schema::Attribute;
use tf_framework::wire::proto::tfplugin6::{Schema, StringKind, get_resource_identity_schemas};

use super::{CLIENT, RESOURCES, SERVICE_CLIENT};
use crate::host::Host;

#[tokio::test]
async fn everything_is_described_in_markdown() {
    let schema = Host::unconfigured().await.schema;
    let types =
        schema.resource_schemas.iter().chain(&schema.data_source_schemas).chain(&schema.ephemeral_resource_schemas);
    let types = types.chain(&schema.list_resource_schemas).map(|(name, schema)| (name.as_str(), schema));
    for (name, schema) in types.chain(schema.provider.iter().map(|schema| ("provider", schema))) {
        let Schema { block: Some(block), .. } = schema else { panic!("{name} has no block") };
        assert!(!block.description.is_empty() && block.description_kind() == StringKind::Markdown, "{name}");
        are_described(name, &block.attributes);
    }
    for (name, function) in &schema.functions {
        let parameters = function.parameters.iter().chain(&function.variadic_parameter);
        assert!(!function.summary.is_empty() && !function.description.is_empty(), "{name}");
        parameters.for_each(|parameter| assert!(!parameter.description.is_empty(), "{name}({})", parameter.name));
    }
}

fn are_described(place: &str, attributes: &[Attribute]) {
    for attribute in attributes {
        let place = format!("{place}.{}", attribute.name);
        assert!(!attribute.description.is_empty(), "{place}");
        if let Some(nested) = &attribute.nested_type {
            are_described(&place, &nested.attributes);
        }
    }
}

/// Tried with every program: a `dynamic` block that may be left out, unknown in the plan and not there in the apply, is an
/// "inconsistent final plan" for which the provider is blamed. An attribute with attributes inside is null instead.
#[tokio::test]
async fn what_may_be_left_out_is_an_attribute_and_never_a_block() {
    let schema = Host::unconfigured().await.schema;
    let actions = schema.action_schemas.iter().map(|(name, action)| (name.as_str(), action.schema.as_ref()));
    let types =
        schema.resource_schemas.iter().chain(&schema.data_source_schemas).chain(&schema.ephemeral_resource_schemas);
    let types = types.chain(&schema.list_resource_schemas).map(|(name, schema)| (name.as_str(), Some(schema)));
    let mut looked_at = 0;
    for (name, schema) in types.chain(actions).chain([("provider", schema.provider.as_ref())]) {
        let block = schema.and_then(|schema| schema.block.as_ref()).unwrap();
        assert!(block.block_types.is_empty(), "{name} has a block");
        looked_at += 1;
    }
    assert!(looked_at > RESOURCES.len(), "{looked_at}");
    let rotates = |name: &str| {
        schema.resource_schemas[name].block.as_ref().unwrap().attributes.iter().any(|attribute| {
            attribute.name == "secret_rotation" && attribute.nested_type.is_some() && attribute.optional
        })
    };
    assert!(rotates(CLIENT) && rotates(SERVICE_CLIENT));
}

#[tokio::test]
async fn an_identity_is_described_and_was_never_another() {
    let mut host = Host::unconfigured().await;
    let request = get_resource_identity_schemas::Request {};
    let identities = host.provider.get_resource_identity_schemas(request).await.unwrap().into_inner();
    for (name, schema) in &identities.identity_schemas {
        // Terraform counts a state without an identity as one of version 0, and would have it upgraded.
        assert_eq!(schema.version, 0, "{name}");
        assert!(schema.identity_attributes.iter().any(|attribute| attribute.required_for_import), "{name}");
        assert!(schema.identity_attributes.iter().all(|attribute| !attribute.description.is_empty()), "{name}");
    }
}

#[tokio::test]
async fn all_that_the_framework_can_do_is_announced() {
    let host = Host::unconfigured().await;
    let capabilities = host.schema.server_capabilities.unwrap();
    assert!(capabilities.plan_destroy && capabilities.get_provider_schema_optional);
    assert!(capabilities.move_resource_state && capabilities.generate_resource_config);
}
