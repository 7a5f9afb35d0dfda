//! The life of each resource type, each answer held to Terraform's own checks (which [`Host`] makes).

use std::time::Duration;

use pangea_emulator::Fault;
use serde_json::{Value, json};
use tf_conformance::core::{Action, object_problems};
use tf_framework::wire::proto::tfplugin6::{
    DynamicValue, RawState, apply_resource_change, stop_provider, upgrade_resource_state, validate_resource_config,
};

use super::{AUDIT, CLIENT, GRANT, MANAGE, PROJECT, READ, RESOURCES, client, grant, project, sample};
use crate::host::values::{UNKNOWN, UNKNOWN_NOT_NULL, complete, from_wire, to_wire};
use crate::host::{Host, Object, errors, path};

/// In a run of its own: plans against `object`, checks what the plan comes to, applies it, and shows that nothing is left to do.
async fn change(host: &mut Host, object: &Object, config: Value, expected: Action) -> Object {
    host.next_run().await;
    let planned = host.plan(object.type_name, Some(object), config.clone()).await;
    assert_eq!(planned.action, expected, "{config}: {}", planned.state);
    let applied = host.apply(&planned).await.unwrap();
    settled(host, &applied, config).await;
    applied
}

/// A refresh finds what is stored, and the plan after it has nothing to do.
async fn settled(host: &mut Host, object: &Object, config: Value) {
    let read = host.refresh(object).await.unwrap();
    assert_eq!(read.state, object.state);
    assert_eq!((&read.private, &read.identity), (&object.private, &object.identity));
    let planned = host.plan(object.type_name, Some(&read), config).await;
    assert_eq!((planned.action, &planned.state), (Action::NoOp, &object.state));
}

/// With `-replace`, and for a tainted object, Terraform plans the second half of a replacement although nothing asked for one.
#[tokio::test]
async fn a_protected_project_is_not_replaced_by_force_either() {
    let mut host = Host::start().await;
    let config = json!({ "name": "it", "geo": "us", "deletion_protection": true });
    let made = host.create(PROJECT, config.clone()).await;
    let first = host.plan_request(PROJECT, Some(&made), &config);
    let first = host.plan_answer(first).await;
    assert_eq!(errors(&first.diagnostics), Vec::<String>::new());
    let forced = Object { state: Value::Null, private: first.planned_private, ..made.clone() };
    let refused = host.plan_fails(PROJECT, Some(&forced), config.clone()).await;
    assert!(refused[0].starts_with("Project is protected"), "{refused:?}");

    // Of a tainted one the plan knows nothing at all, so the delete itself refuses, and the object stays.
    host.next_run().await;
    host.plan(PROJECT, None, config.clone()).await;
    let delete = host.delete_fails(&made).await;
    assert!(delete.0[0].starts_with("Project is protected"), "{delete:?}");
    assert_eq!(delete.1.as_ref(), Some(&made));
    assert!(host.emulator.project_named("it").is_some());
}

#[tokio::test]
async fn a_clients_secret_leaves_the_state_and_comes_back_anew() {
    let mut host = Host::start().await;
    let with = |keep: bool| json!({ "name": "it", "scopes": [READ], "store_client_secret": keep });
    let bare = host.create(CLIENT, with(false)).await;
    settled(&mut host, &bare, with(false)).await;
    assert_eq!(bare.state["client_secret"], Value::Null);
    let id = bare.state["id"].as_str().unwrap().to_owned();
    assert!(host.emulator.secrets(&id).is_empty());

    let kept = change(&mut host, &bare, with(true), Action::Update).await;
    assert!(kept.state["client_secret"].is_string());
    let planned = host.plan(CLIENT, Some(&kept), with(false)).await;
    assert_eq!(planned.warnings.len(), 1, "{:?}", planned.warnings);
    let forgotten = change(&mut host, &kept, with(false), Action::Update).await;
    assert_eq!(forgotten.state["client_secret"], Value::Null);
    host.destroy(&forgotten).await;
}

async fn valid(host: &mut Host, type_name: &'static str, config: &Value) {
    assert_eq!(validated(host, type_name, host.wire(type_name, config)).await, Vec::<String>::new(), "{config}");
}

async fn validated(host: &mut Host, type_name: &'static str, config: DynamicValue) -> Vec<String> {
    let request = validate_resource_config::Request {
        type_name: type_name.to_owned(),
        config: Some(config),
        ..Default::default()
    };
    errors(&host.provider.validate_resource_config(request).await.unwrap().into_inner().diagnostics)
}

/// Unknown at plan, known at apply: the second plan and the result must fit the first plan.
#[tokio::test]
async fn a_plan_made_with_unknowns_holds_once_they_are_known() {
    let mut host = Host::start().await;
    for name in ["name", "scopes", "client_secret_name", "client_token_expires_in", "store_client_secret"] {
        let mut config = json!({ "name": "it", "scopes": [READ] });
        config[name] = json!(UNKNOWN);
        let first = host.plan(CLIENT, None, config.clone()).await;
        config[name] = match name {
            "scopes" => json!([MANAGE]),
            "client_token_expires_in" => json!(77),
            "store_client_secret" => json!(false),
            _ => json!("later"),
        };
        let second = host.plan(CLIENT, None, config).await;
        assert_eq!(object_problems(host.block(CLIENT), &first.state, &second.state), Vec::<String>::new());
        let made = host.apply(&second).await.unwrap();
        host.destroy(&made).await;
    }
}

#[tokio::test]
async fn what_is_unknown_inside_of_a_set_is_planned_too() {
    let mut host = Host::start().await;
    let client_id = host.create(CLIENT, client("it", &[READ])).await.state["id"].clone();
    let role = |id: &str| json!({ "type": "organization", "id": id, "role": UNKNOWN, "service": UNKNOWN_NOT_NULL });
    for roles in [json!([role(UNKNOWN)]), json!([role("poi_x")]), json!([UNKNOWN]), json!([])] {
        let config = json!({ "name": "it", "scopes": [READ, UNKNOWN], "roles": roles });
        valid(&mut host, CLIENT, &config).await;
        host.plan(CLIENT, None, config).await;
        let config = json!({ "client_id": client_id, "scopes": [READ, UNKNOWN], "roles": roles });
        valid(&mut host, GRANT, &config).await;
        host.plan(GRANT, None, config).await;
    }
}

#[tokio::test]
async fn an_error_of_a_configuration_points_at_what_is_wrong() {
    let mut host = Host::start().await;
    let with = |type_name: &str, name: &str, value: Value| {
        let mut config = sample(type_name);
        config[name] = value;
        config
    };
    let role = json!({ "type": "organization", "id": "", "role": "admin" });
    for (type_name, name, value, expected) in [
        (PROJECT, "name", json!(""), "name"),
        (PROJECT, "name", Value::Null, "name"),
        (PROJECT, "geo", json!("mars"), "geo"),
        (PROJECT, "fqdn", json!("a.example"), "fqdn"),
        (PROJECT, "organization_id", json!("ppi_x"), "organization_id"),
        (CLIENT, "scopes", json!([]), "scopes"),
        (CLIENT, "scopes", json!(["a b"]), "scopes"),
        (CLIENT, "roles", json!([role]), "roles"),
        (CLIENT, "client_token_expires_in", json!(0), "client_token_expires_in"),
        (CLIENT, "token_endpoint_auth_method", json!("none"), "token_endpoint_auth_method"),
        (GRANT, "client_id", json!(""), "client_id"),
    ] {
        let config = Some(host.wire(type_name, &with(type_name, name, value.clone())));
        let request =
            validate_resource_config::Request { type_name: type_name.to_owned(), config, ..Default::default() };
        let said = host.provider.validate_resource_config(request).await.unwrap().into_inner().diagnostics;
        let at: Vec<_> = said.iter().map(|one| one.attribute.as_ref().map(path)).collect();
        assert_eq!(at, [Some(expected.to_owned())], "{name} = {value}: {:?}", errors(&said));
    }
}

#[tokio::test]
async fn unknown_values_in_the_provider_block_wait_until_a_call_needs_them() {
    let mut host = Host::unconfigured().await;
    let names: Vec<String> =
        host.provider_type()[1].as_object().unwrap().keys().filter(|name| *name != "max_retries").cloned().collect();
    for name in names {
        let block = json!({ name.as_str(): UNKNOWN });
        assert_eq!(host.configure(block).await, Vec::<String>::new(), "{name}");
        host.plan(PROJECT, None, project("it")).await;
    }
    assert_eq!(host.configure(json!({ "client_secret": UNKNOWN })).await, Vec::<String>::new());
    let planned = host.plan(PROJECT, None, project("it")).await;
    let (errors, stored) = host.apply_fails(&planned).await;
    assert!(errors[0].contains("`client_secret`"), "{errors:?}");
    assert_eq!(stored, None);
}

#[tokio::test]
async fn a_read_that_fails_changes_nothing_that_is_stored() {
    let mut host = Host::start().await;
    let project = host.create(PROJECT, project("it")).await;
    let client = host.create(CLIENT, client("it", &[READ])).await;
    let grant = host.create(GRANT, grant(&client.state["id"], &[MANAGE])).await;
    for mut object in [project, client, grant] {
        object.private = br#"{"imported":"ZmFsc2U="}"#.to_vec();
        for status in [401, 403, 422] {
            host.emulator.inject(Fault::status(status).path("*/oauth/clients*").always());
            host.emulator.inject(Fault::status(status).path("*/platform/*").always());
            let answer = host.read_answer(&object).await;
            assert_eq!(errors(&answer.diagnostics).len(), 1, "{status}");
            assert_eq!(from_wire(answer.new_state.as_ref(), &host.value_type(object.type_name)), object.state);
            assert_eq!(answer.private, object.private);
            host.emulator.clear_faults();
        }
    }
}

#[tokio::test]
async fn a_create_that_makes_nothing_stores_nothing() {
    let mut host = Host::start().await;
    host.emulator.inject(Fault::status(403).path("*/clients/register").always());
    host.emulator.inject(Fault::status(403).path("*/project/create").always());
    host.emulator.inject(Fault::status(403).path("*/grant").always());
    host.emulator.inject(Fault::status(403).path("*/secrets").always());
    host.emulator.inject(Fault::status(403).path("*/org/update").always());
    for type_name in RESOURCES {
        let planned = host.plan(type_name, None, sample(type_name)).await;
        let (_, stored) = host.apply_fails(&planned).await;
        assert_eq!(stored, None, "{type_name}");
    }
}

#[tokio::test]
async fn a_create_that_fails_half_way_stores_what_it_made() {
    let mut host = Host::start().await;
    host.emulator.inject(Fault::status(403).method("POST").path("*/secrets/*/revoke").always());
    host.emulator.inject(Fault::status(403).method("DELETE").path("*/secrets/*").always());
    let config = json!({ "name": "it", "scopes": [READ], "store_client_secret": false });
    let planned = host.plan(CLIENT, None, config).await;
    let (_, stored) = host.apply_fails(&planned).await;
    let stored = stored.unwrap();
    assert_eq!(stored.state["id"], host.emulator.client_named("it").unwrap()["client_id"]);
    host.emulator.clear_faults();
    host.destroy(&stored).await;
}

#[tokio::test]
async fn a_change_that_fails_stores_the_truth() {
    let mut host = Host::start().await;
    let made = host.create(CLIENT, client("it", &[READ, MANAGE])).await;
    host.next_run().await;
    host.emulator.inject(Fault::status(403).path("*/grant"));
    // The name changes, one scope goes, and the other doesn't come.
    let planned = host.plan(CLIENT, Some(&made), client("new", &[READ, AUDIT])).await;
    let (_, stored) = host.apply_fails(&planned).await;
    let stored = stored.unwrap();
    assert_eq!((&stored.state["name"], &stored.state["scopes"]), (&json!("new"), &json!([READ])));
    assert_eq!(stored.state["client_secret"], made.state["client_secret"]);
    let healed = change(&mut host, &stored, client("new", &[READ, AUDIT]), Action::Update).await;

    host.emulator.inject(Fault::status(403).method("DELETE"));
    let planned = host.plan(CLIENT, Some(&healed), Value::Null).await;
    let (_, stored) = host.apply_fails(&planned).await;
    assert_eq!(stored.unwrap().state, healed.state);
    host.destroy(&healed).await;
}

#[tokio::test]
async fn a_stored_state_is_upgraded_whatever_it_holds() {
    let mut host = Host::unconfigured().await;
    for type_name in RESOURCES {
        let ty = host.value_type(type_name);
        let whole = complete(sample(type_name), &ty);
        // Terraform writes state in several lines, and drops an attribute that the schema doesn't have; an older one may not.
        let mut more = whole.clone();
        more["of_a_newer_version"] = json!({ "deep": [1, 2.5, null] });
        for stored in
            [serde_json::to_vec_pretty(&whole), serde_json::to_vec(&more), serde_json::to_vec(&sample(type_name))]
        {
            assert_eq!(host.upgrade(type_name, 0, &stored.unwrap()).await, Ok(whole.clone()));
        }
        for (version, json) in [(0, "{"), (0, "[]"), (0, ""), (0, "{\"id\":{}}"), (7, "{}"), (-1, "{}")] {
            let refused = host.upgrade(type_name, version, json.as_bytes()).await;
            assert!(refused.unwrap_err()[0].contains(type_name), "{version} {json}");
        }
        let flatmap = [("id".to_owned(), "x".to_owned())].into();
        let raw_state = Some(RawState { json: Vec::new(), flatmap });
        let request = upgrade_resource_state::Request { type_name: type_name.to_owned(), version: 0, raw_state };
        let answer = host.provider.upgrade_resource_state(request).await.unwrap().into_inner();
        assert_eq!(errors(&answer.diagnostics).len(), 1);
    }
}

#[tokio::test]
async fn an_import_reads_what_is_there_and_only_that() {
    let mut host = Host::start().await;
    let made = host.create(CLIENT, client("it", &[READ])).await;
    let id = made.state["id"].as_str().unwrap().to_owned();
    let imported = host.import(CLIENT, &id).await.unwrap();
    let read = host.refresh(&imported).await.unwrap();
    assert_eq!(host.plan(CLIENT, Some(&read), client("it", &[READ])).await.action, Action::NoOp);

    let grant_id = format!("{id}/{READ}");
    let imported = host.import(GRANT, &grant_id).await.unwrap();
    let read = host.refresh(&imported).await.unwrap();
    assert_eq!(host.plan(GRANT, Some(&read), grant(&json!(id), &[READ])).await.action, Action::NoOp);

    // Of the right form, and not there: the read after the import finds nothing, which Terraform reports. A grant's import looks
    // at the client already.
    let unknown = "abcdefghijklmnopqrstuvwxyz234567";
    for (type_name, id) in [(PROJECT, format!("ppi_{unknown}")), (CLIENT, format!("psa_{unknown}"))] {
        let imported = host.import(type_name, &id).await.unwrap();
        let answer = host.read_answer(&imported).await;
        assert_eq!(errors(&answer.diagnostics), Vec::<String>::new());
        assert_eq!(from_wire(answer.new_state.as_ref(), &host.value_type(type_name)), Value::Null);
    }
    let refused = host.import(GRANT, &format!("psa_{unknown}/{READ}")).await.unwrap_err();
    assert!(refused[0].contains("does not exist"), "{refused:?}");
    for type_name in RESOURCES {
        for id in ["", " ", "pci_abcdefghijklmnopqrstuvwxyz234567"] {
            let refused = host.import(type_name, id).await;
            assert!(refused.is_err(), "{type_name} {id:?}: {refused:?}");
        }
        // An id of no kind that is known here goes to the service, as one segment of the path, and is not found there.
        for id in ["it", "psa_", "a/../b", "?", "\u{0}", "💥"] {
            if let Ok(imported) = host.import(type_name, id).await {
                let answer = host.read_answer(&imported).await;
                let state = from_wire(answer.new_state.as_ref(), &host.value_type(type_name));
                assert!(state.is_null() || !errors(&answer.diagnostics).is_empty(), "{type_name} {id:?}: {state}");
            }
        }
    }
}

#[tokio::test]
async fn a_state_from_before_there_were_identities_gets_one_from_the_next_read() {
    let mut host = Host::start().await;
    let client = host.create(CLIENT, client("it", &[READ])).await;
    let grant = host.create(GRANT, grant(&client.state["id"], &[MANAGE])).await;
    let project = host.create(PROJECT, project("it")).await;
    for object in [client, grant, project] {
        let without = Object { identity: Value::Null, ..object.clone() };
        assert_eq!(host.refresh(&without).await.unwrap().identity, object.identity);
    }
}

/// A person who presses Ctrl-C waits for no time-out.
#[tokio::test]
async fn a_stop_is_answered_at_once_and_later_calls_work() {
    let mut host = Host::start().await;
    let latency = Duration::from_secs(5);
    host.emulator.inject(Fault::latency(latency).path("*/project/create"));
    let planned = host.plan(PROJECT, None, project("slow")).await;
    let request = apply_resource_change::Request {
        type_name: PROJECT.to_owned(),
        prior_state: Some(to_wire(&Value::Null)),
        planned_state: Some(to_wire(&planned.state)),
        config: Some(host.wire(PROJECT, &project("slow"))),
        ..Default::default()
    };
    let mut provider = host.provider.clone();
    let apply = tokio::spawn(async move { provider.apply_resource_change(request).await });
    // The apply is under way once its request has reached the service.
    while !host.emulator.requests().iter().any(|request| request.path.ends_with("/oauth/token")) {
        tokio::task::yield_now().await;
    }
    let asked = std::time::Instant::now();
    assert_eq!(host.provider.stop_provider(stop_provider::Request {}).await.unwrap().into_inner().error, "");
    assert!(asked.elapsed() < Duration::from_secs(1));
    let answer = apply.await.unwrap().unwrap().into_inner();
    assert!(answer.new_state.is_some());
    assert!(answer.diagnostics.iter().all(|diagnostic| !diagnostic.summary.is_empty()));
    // Whether it went through or was given up, the process lives on.
    let made = host.create(PROJECT, project("after")).await;
    settled(&mut host, &made, project("after")).await;
}
