//! The organization.

use serde_json::json;

use crate::caller::{Emulator, ORG, is_id};

#[test]
fn the_organization_has_an_owner_and_a_cloud() {
    let emulator = Emulator::start();
    let answer =
        emulator.post(&format!("{ORG}/get"), &json!({ "id": emulator.seed.organization_id, "config_id": "ignored" }));
    let organization = answer.result();
    assert_eq!((&organization["id"], &organization["csp"]), (&json!(emulator.seed.organization_id), &json!("aws")));
    assert!(is_id(&organization["owner"], "pui"));
    assert!(organization["owner_email"].as_str().unwrap().contains('@'));
}

#[test]
fn its_name_can_change() {
    let emulator = Emulator::start();
    let body = json!({ "id": emulator.seed.organization_id, "name": "New" });
    let changed = emulator.post(&format!("{ORG}/update"), &body);
    assert_eq!(changed.result()["name"], "New");
    assert!(changed.result()["updated_at"].as_str() > changed.result()["created_at"].as_str());
    assert_eq!(emulator.post(&format!("{ORG}/get"), &body).result(), changed.result());
}

#[test]
fn wrong_fields_are_named() {
    let emulator = Emulator::start();
    let check = |verb: &str, body| emulator.post(&format!("{ORG}/{verb}"), &body).errors();
    assert_eq!(check("get", json!({})), (400, "FieldRequired /id".into()));
    assert_eq!(check("get", json!({ "id": "poi_short" })), (400, "DoesNotMatchPattern /id".into()));
    assert_eq!(check("get", json!({ "id": format!("poi_{}", "a".repeat(32)) })), (400, "DoesNotExist /id".into()));
    assert_eq!(check("update", json!({ "id": emulator.seed.organization_id })), (400, "FieldRequired /name".into()));
    assert_eq!(
        check("update", json!({ "id": 1, "name": "" })),
        (400, "InvalidString /id, BelowMinLength /name".into())
    );
}
