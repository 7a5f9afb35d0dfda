//! Configuration that the provider generates for an object: valid, without what only the provider sets, and planned to no change.

use serde_json::{Value, json};
use tf_conformance::core::Action;
use tf_framework::wire::proto::tfplugin6::{ClientCapabilities, generate_resource_config, validate_resource_config};

use super::{AUDIT, CLIENT, GRANT, MANAGE, PROJECT, READ, RESOURCES, client, grant, project};
use crate::host::values::{from_wire, to_wire};
use crate::host::{Host, Object, errors};

async fn generated(host: &mut Host, object: &Object) -> Value {
    let state = Some(to_wire(&object.state));
    let request = generate_resource_config::Request { type_name: object.type_name.to_owned(), state };
    let answer = host.provider.generate_resource_config(request).await.unwrap().into_inner();
    assert_eq!(errors(&answer.diagnostics), Vec::<String>::new());
    from_wire(answer.config.as_ref(), &host.value_type(object.type_name))
}

/// Imports and reads the object as Terraform does, then plans what is generated for it.
async fn generated_plans_nothing(host: &mut Host, type_name: &'static str, id: &Value) -> Value {
    host.next_run().await;
    let imported = host.import(type_name, id.as_str().unwrap()).await.unwrap();
    let read = host.refresh(&imported).await.unwrap();
    let config = generated(host, &read).await;
    for attribute in host.attributes(type_name).iter().filter(|it| !it.required && !it.optional) {
        assert!(config[&attribute.name].is_null(), "{} is read-only", attribute.name);
    }
    let request = validate_resource_config::Request {
        type_name: type_name.to_owned(),
        config: Some(to_wire(&config)),
        client_capabilities: Some(ClientCapabilities { write_only_attributes_allowed: true, ..Default::default() }),
    };
    let answer = host.provider.validate_resource_config(request).await.unwrap().into_inner();
    assert_eq!(errors(&answer.diagnostics), Vec::<String>::new());
    let planned = host.plan(type_name, Some(&read), config.clone()).await;
    assert_eq!(planned.action, Action::NoOp, "{config} plans {}", planned.state);
    config
}

#[tokio::test]
async fn the_configuration_of_an_imported_object_plans_nothing() {
    let mut host = Host::start().await;
    let project = host.create(PROJECT, project("it")).await.state;
    let made = host.create(CLIENT, client("it", &[READ, MANAGE])).await.state;
    let granted = host.create(GRANT, grant(&made["id"], &[AUDIT])).await.state;

    let config = generated_plans_nothing(&mut host, PROJECT, &project["id"]).await;
    assert_eq!((&config["name"], &config["geo"]), (&json!("it"), &json!("us")));
    assert_eq!(config["region"], project["region"], "what Pangea chose is worth writing down");
    assert!(config["deletion_protection"].is_null(), "a default is not");

    let config = generated_plans_nothing(&mut host, CLIENT, &made["id"]).await;
    assert_eq!(config["name"], json!("it"));

    let config = generated_plans_nothing(&mut host, GRANT, &granted["id"]).await;
    assert_eq!(config["scopes"], json!([AUDIT]));
}

/// A listed object of which nothing but the identity was asked has no state.
#[tokio::test]
async fn no_state_generates_no_configuration() {
    let mut host = Host::unconfigured().await;
    for type_name in RESOURCES {
        let nothing = Object { type_name, state: Value::Null, private: Vec::new(), identity: Value::Null };
        assert_eq!(generated(&mut host, &nothing).await, Value::Null);
    }
}
