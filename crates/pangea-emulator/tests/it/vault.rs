//! Vault's view of client secrets: where they are, what is shown of them, and what a rotation leaves behind.

use std::time::Duration;

use serde_json::{Value, json};

use crate::caller::{Answer, Client, Emulator, is_id};

fn vault(emulator: &Emulator, call: &str, body: Value) -> Answer {
    let token = emulator.create_service_token(&emulator.seed.project_id, &["vault"]);
    emulator.call("POST", &format!("/vault/v2/{call}"), &token, Some(&body))
}

fn member(emulator: &Emulator) -> Client {
    emulator.project_client(&emulator.seed.project_id.clone(), "pangea:platform:project:read")
}

/// The only item that the filter finds.
fn item(emulator: &Emulator, filter: Value) -> Value {
    let found = vault(emulator, "get_bulk", json!({ "filter": filter, "version": "all" }));
    let items = found.result()["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{items:?}");
    items[0].clone()
}

#[test]
fn a_secret_is_found_by_its_id_and_read_with_its_value() {
    let emulator = Emulator::start();
    let client = member(&emulator);
    member(&emulator);
    let id = emulator.secrets(&client.id)[0]["client_secret_id"].clone();
    let found = item(&emulator, json!({ "type": "pangea_platform_client_secret", "metadata_client_id": id }));
    assert!(is_id(&found["id"], "pvi"), "{found}");
    let read = vault(&emulator, "get", json!({ "id": found["id"], "version": 1 }));
    let version = &read.result()["item_versions"][0];
    assert_eq!((&version["client_secret_id"], &version["client_secret"]), (&id, &json!(client.secret)));
    assert_eq!((&version["state"], &read.result()["client_id"]), (&json!("active"), &json!(client.id)));
}

#[test]
fn the_secrets_of_another_project_are_not_there() {
    let emulator = Emulator::start();
    let other = emulator.project("other");
    let client = emulator.project_client(&other, "pangea:platform:project:read");
    let id = emulator.secrets(&client.id)[0]["client_secret_id"].clone();
    let found = vault(&emulator, "get_bulk", json!({ "filter": { "metadata_client_id": id } }));
    assert_eq!(found.result()["items"], json!([]));
    let item = json!({ "id": format!("pvi_{}", "a".repeat(32)) });
    assert_eq!(vault(&emulator, "get", item.clone()).errors(), (400, "DoesNotExist /id".to_owned()));
    assert_eq!(vault(&emulator, "secret/rotate", item).errors(), (400, "DoesNotExist /id".to_owned()));
}

#[test]
fn a_rotation_mints_a_secret_and_the_old_one_opens_its_client_until_the_grace_period_is_over() {
    let emulator = Emulator::start();
    let client = member(&emulator);
    let opens =
        |secret: &str| emulator.token_request(&client.id, secret, "grant_type=client_credentials").status == 200;
    let id = emulator.secrets(&client.id)[0]["client_secret_id"].clone();
    let found = item(&emulator, json!({ "metadata_client_id": id }));
    let body = json!({ "id": found["id"], "rotation_state": "suspended", "rotation_grace_period": "1h" });
    let rotated = vault(&emulator, "secret/rotate", body);
    let new = rotated.result()["item_versions"][0].clone();
    assert_eq!((&new["version"], &rotated.result()["num_versions"]), (&json!(2), &json!(2)));
    assert!(is_id(&new["client_secret_id"], "pce") && new["client_secret_id"] != id);
    let value = new["client_secret"].as_str().unwrap();
    assert!(opens(value) && opens(&client.secret));
    emulator.advance(Duration::from_secs(3_601));
    assert!(opens(value) && !opens(&client.secret));

    // The item is now found by the id of its latest version, and still holds the one before.
    let found = item(&emulator, json!({ "metadata_client_id": new["client_secret_id"] }));
    assert_eq!(found["item_versions"][0]["client_secret_id"], id);
    assert_eq!(found["item_versions"][0]["state"], "suspended");
}

#[test]
fn what_vault_cannot_read_is_named() {
    let emulator = Emulator::start();
    for (call, body, error) in [
        ("get", json!({}), "FieldRequired /id"),
        (
            "get",
            json!({ "id": format!("pvi_{}", "a".repeat(32)), "version": "newest" }),
            "DoesNotMatchPattern /version",
        ),
        (
            "secret/rotate",
            json!({ "id": format!("pvi_{}", "a".repeat(32)), "rotation_grace_period": "soon" }),
            "BadFormatPangeaDuration /rotation_grace_period",
        ),
        ("get_bulk", json!({ "filter": { "colour": "red" } }), "UnexpectedProperty /filter/colour"),
    ] {
        let (status, said) = vault(&emulator, call, body).errors();
        assert_eq!((status, said.contains(error)), (400, true), "{call}: {said}");
    }
}
