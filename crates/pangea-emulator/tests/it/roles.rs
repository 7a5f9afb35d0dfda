//! Roles, grant and revoke.

use serde_json::{Value, json};

use crate::caller::{CLIENTS, Client, Emulator, REGISTER, project_role, scopes};

fn roles(emulator: &Emulator, client: &Client, query: &str) -> Value {
    let answer = emulator.get(&format!("{CLIENTS}/{}/roles{query}", client.id));
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json
}

fn scope(emulator: &Emulator, client: &Client) -> Value {
    emulator.get(&format!("{CLIENTS}/{}", client.id)).json["scope"].clone()
}

fn plain(emulator: &Emulator) -> Client {
    emulator.register(json!({ "client_name": "x", "scope": "a b" }))
}

#[test]
fn roles_are_listed_with_an_empty_service_and_filtered() {
    let emulator = Emulator::start();
    let client = emulator.organization_client("a");
    let organization = &emulator.seed.organization_id;
    let role = json!({ "type": "organization", "id": organization, "role": "admin", "service": "" });
    assert_eq!(roles(&emulator, &client, ""), json!({ "roles": [role], "count": 1, "last": "MTox" }));
    let matching = format!("?resource_type=organization&resource_id={organization}&role=admin&ConfigID=");
    assert_eq!(roles(&emulator, &client, &matching)["count"], 1);
    for other in ["?resource_type=project", "?resource_id=poi_x", "?role=viewer"] {
        assert_eq!(roles(&emulator, &client, other)["roles"], json!([]), "{other}");
    }
}

#[test]
fn a_grant_adds_scopes_once_and_does_not_keep_their_order() {
    let emulator = Emulator::start();
    let client = emulator.register(json!({ "client_name": "x", "scope": "a b c d e f" }));
    let path = format!("{CLIENTS}/{}/grant", client.id);
    let answer = emulator.post(&path, &json!({ "roles": [], "scope": "g a g" }));
    assert_eq!((answer.status, answer.text.as_str()), (200, "{}"));
    let granted = scope(&emulator, &client);
    assert_eq!(scopes(&granted), ["a", "b", "c", "d", "e", "f", "g"]);
    assert_ne!(granted, "a b c d e f g");
}

#[test]
fn a_revoke_takes_what_is_there_and_ignores_the_rest() {
    let emulator = Emulator::start();
    let client = plain(&emulator);
    let path = format!("{CLIENTS}/{}/revoke", client.id);
    assert_eq!(
        emulator.post(&path, &json!({ "roles": [project_role(&emulator.seed.project_id)], "scope": "b z" })).text,
        "{}"
    );
    assert_eq!(scope(&emulator, &client), "a");
    emulator.post(&path, &json!({ "roles": null, "scope": "a" }));
    assert_eq!(scope(&emulator, &client), "", "everything may be revoked");
}

#[test]
fn grant_and_revoke_move_updated_at_even_without_a_change() {
    let emulator = Emulator::start();
    let client = plain(&emulator);
    for verb in ["grant", "revoke"] {
        let before = emulator.client(&client.id).unwrap()["updated_at"].as_str().unwrap().to_owned();
        assert_eq!(emulator.post(&format!("{CLIENTS}/{}/{verb}", client.id), &json!({})).status, 200);
        assert!(emulator.client(&client.id).unwrap()["updated_at"].as_str().unwrap() > before.as_str());
    }
}

#[test]
fn the_first_role_may_be_granted_later_and_decides_where_the_client_belongs() {
    let emulator = Emulator::start();
    let project = emulator.project("p");
    let client = plain(&emulator);
    let path = format!("{CLIENTS}/{}/grant", client.id);
    for _ in 0..2 {
        assert_eq!(emulator.post(&path, &json!({ "roles": [project_role(&project)], "scope": "" })).status, 200);
        assert_eq!(roles(&emulator, &client, "")["count"], 1, "the same role again is no second one");
    }
    assert_eq!(emulator.get(&format!("{CLIENTS}/{}", client.id)).json["tenanted_by"], "project");
}

#[test]
fn a_management_client_takes_no_second_role() {
    let emulator = Emulator::start();
    let project = emulator.project("p");
    let client = emulator.project_client(&project, "a");
    let second = json!({ "roles": [emulator.organization_role()], "scope": "z" });
    let refused = emulator.post(&format!("{CLIENTS}/{}/grant", client.id), &second);
    assert_eq!(refused.oauth_error(), (400, "invalid_request"));
    assert!(refused.description().contains("single role"), "{}", refused.text);
    assert_eq!(scope(&emulator, &client), "a", "a refused grant grants nothing");

    let two =
        json!({ "client_name": "x", "scope": "a", "roles": [project_role(&project), emulator.organization_role()] });
    assert_eq!(emulator.post(REGISTER, &two).oauth_error(), (400, "invalid_client_metadata"));
}

#[test]
fn a_role_is_changed_by_revoke_and_then_grant() {
    let emulator = Emulator::start();
    let (one, two) = (emulator.project("one"), emulator.project("two"));
    let client = emulator.project_client(&one, "a");
    let change = |verb: &str, project: &str| {
        let body = json!({ "roles": [project_role(project)], "scope": "" });
        assert_eq!(emulator.post(&format!("{CLIENTS}/{}/{verb}", client.id), &body).status, 200);
    };
    change("revoke", &one);
    assert_eq!(roles(&emulator, &client, "")["count"], 0);
    change("grant", &two);
    assert_eq!(roles(&emulator, &client, &format!("?resource_id={two}"))["count"], 1);
}

#[test]
fn a_service_client_may_have_several_roles() {
    let emulator = Emulator::start();
    let config = |letter: &str| json!({ "type": "service_ai_guard_config", "id": format!("pci_{}", letter.repeat(32)), "role": "manager" });
    let client = emulator.register(json!({ "client_name": "s", "scope": "a", "roles": [config("a"), config("b")] }));
    assert_eq!(client.body["client_class"], "service");
    assert_eq!(roles(&emulator, &client, "?resource_type=service_ai_guard_config")["count"], 2);
}

#[test]
fn a_wrong_role_is_named_by_its_pointer() {
    let emulator = Emulator::start();
    for (role, expected) in [
        (json!({}), "/roles/0/type: The field type is required (FieldRequired)"),
        (json!({ "type": "galaxy", "id": "x", "role": "admin" }), "(NotEnumMember)"),
        (
            json!({ "type": "project", "id": "x", "role": "admin" }),
            "/roles/0/id: The field id must match ^ppi_[a-z2-7]{32}$ (DoesNotMatchPattern)",
        ),
        (json!({ "type": "service_redact_config", "id": "x", "role": "manager" }), "(DoesNotMatchPattern)"),
        (
            json!({ "type": "project", "id": emulator.seed.project_id, "role": "king" }),
            "/roles/0/role: The field role must be one of: admin (NotEnumMember)",
        ),
        (json!({ "type": "project", "id": format!("ppi_{}", "a".repeat(32)), "role": "admin" }), "(DoesNotExist)"),
        (json!({ "type": "organization", "id": format!("poi_{}", "a".repeat(32)), "role": "admin" }), "(DoesNotExist)"),
        (json!("admin"), "/roles/0: Must be an object (InvalidObject)"),
    ] {
        let answer = emulator.post(REGISTER, &json!({ "client_name": "x", "scope": "a", "roles": [role] }));
        assert_eq!(answer.oauth_error(), (400, "invalid_client_metadata"));
        assert!(answer.description().contains(expected), "{}", answer.text);
    }
    let client = plain(&emulator);
    let answer = emulator.post(&format!("{CLIENTS}/{}/grant", client.id), &json!({ "roles": {}, "scope": "a,b" }));
    assert_eq!(answer.oauth_error(), (400, "invalid_scope"));
    assert!(answer.description().contains("InvalidArray") && answer.description().contains("DoesNotMatchPattern"));
}

#[test]
fn nobody_grants_to_a_client_that_is_not_there() {
    let emulator = Emulator::start();
    for (method, verb) in [("POST", "grant"), ("POST", "revoke"), ("GET", "roles")] {
        let answer = emulator.call(method, &format!("{CLIENTS}/psa_none/{verb}"), &emulator.token, None);
        assert_eq!(answer.oauth_error(), (404, "invalid_request"), "{verb}");
    }
}
