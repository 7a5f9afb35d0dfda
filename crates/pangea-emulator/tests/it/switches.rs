//! Each open question, answered the other way.

use std::time::Duration;

use pangea_emulator::{Options, Switch};
use serde_json::json;

use crate::caller::{CLIENTS, Emulator, PROJECT, REGISTER, TOKEN, basic};

#[test]
fn as_documented_grants_answer_with_no_body_and_regions_are_those_of_the_guide() {
    let emulator = Emulator::switched(Switch::AsDocumented);
    let client = emulator.organization_client("a");
    for verb in ["grant", "revoke"] {
        let answer = emulator.post(&format!("{CLIENTS}/{}/{verb}", client.id), &json!({ "roles": [], "scope": "b" }));
        assert_eq!((answer.status, answer.text.as_str(), answer.header("content-length")), (200, "", Some("0")));
    }
    let project = emulator.post(&format!("{PROJECT}/get"), &json!({ "id": emulator.project("p") }));
    assert_eq!(project.result()["region"], "us-west-2");
}

#[test]
fn errors_of_the_bare_host_may_come_in_an_envelope() {
    let emulator = Emulator::switched(Switch::EnvelopeErrors);
    assert_eq!(emulator.send("GET", CLIENTS, &[], None).errors(), (401, String::new()));
    assert_eq!(
        emulator.post(REGISTER, &json!({})).errors(),
        (400, "FieldRequired /client_name, FieldRequired /scope".into())
    );
    let missing = emulator.get(&format!("{CLIENTS}/psa_x"));
    assert_eq!((missing.status, &missing.json["status"]), (404, &json!("NotFound")));
    assert!(emulator.get(CLIENTS).json["clients"].is_array(), "a success stays bare");
}

#[test]
fn creation_may_answer_201() {
    let emulator = Emulator::switched(Switch::Created201);
    let client = emulator.post(REGISTER, &json!({ "client_name": "x", "scope": "a" }));
    assert_eq!(client.status, 201);
    let path = format!("{CLIENTS}/{}/secrets", client.json["client_id"].as_str().unwrap());
    assert_eq!(emulator.post(&path, &json!({})).status, 201);
}

#[test]
fn deletion_may_answer_204() {
    let emulator = Emulator::switched(Switch::Delete204);
    let client = emulator.organization_client("a");
    let secret = emulator.delete(&format!("{CLIENTS}/{}/secrets/{}", client.id, client.secret_id));
    assert_eq!((secret.status, secret.text.as_str()), (204, ""));
    assert_eq!(emulator.delete(&format!("{CLIENTS}/{}", client.id)).status, 204);
}

#[test]
fn a_failed_revocation_may_answer_200() {
    let emulator = Emulator::switched(Switch::RevokeFailure200);
    let login = basic(&emulator.seed.client_id, &emulator.seed.client_secret);
    let answer = emulator.form(&format!("{TOKEN}/revoke"), &[("authorization", &login)], "token=pts_x");
    assert_eq!((answer.status, &answer.json["error"]), (200, &json!("invalid_request")));
}

#[test]
fn an_unknown_project_may_answer_404() {
    let emulator = Emulator::switched(Switch::NotFound404);
    let answer = emulator.post(&format!("{PROJECT}/get"), &json!({ "id": format!("ppi_{}", "a".repeat(32)) }));
    assert_eq!(
        (answer.status, &answer.json["status"], &answer.json["result"]),
        (404, &json!("NotFound"), &json!(null))
    );
}

#[test]
fn a_scope_beyond_the_clients_may_be_left_out() {
    let emulator = Emulator::switched(Switch::NarrowScope);
    let client = emulator.organization_client("a b");
    let token = emulator.token_request(&client.id, &client.secret, "grant_type=client_credentials&scope=a z");
    assert_eq!((token.status, &token.json["scope"]), (200, &json!("a")));
}

#[test]
fn the_token_endpoint_may_insist_on_the_registered_method() {
    let emulator = Emulator::switched(Switch::StrictAuthMethod);
    let client = emulator
        .register(json!({ "client_name": "x", "scope": "a", "token_endpoint_auth_method": "client_secret_post" }));
    let basic = emulator.token_request(&client.id, &client.secret, "grant_type=client_credentials");
    assert_eq!(basic.oauth_error(), (401, "invalid_client"));
    let form = format!("grant_type=client_credentials&client_id={}&client_secret={}", client.id, client.secret);
    assert_eq!(emulator.form(TOKEN, &[], &form).status, 200);
}

#[test]
fn tokens_may_end_with_their_secret() {
    let emulator = Emulator::switched(Switch::TokensEndWithSecret);
    let client = emulator.organization_client("pangea:platform:account:read");
    let token = emulator.login(&client.id, &client.secret);
    assert_eq!(emulator.call("GET", CLIENTS, &token, None).status, 200);
    emulator.expire_secret(&client.secret_id);
    emulator.advance(Duration::from_millis(1));
    assert_eq!(emulator.call("GET", CLIENTS, &token, None).status, 401);
}

#[test]
fn a_project_with_clients_may_be_kept() {
    let emulator = Emulator::switched(Switch::KeepProjectsWithClients);
    let project = emulator.project("p");
    let client = emulator.project_client(&project, "a");
    let delete = || emulator.post(&format!("{PROJECT}/delete"), &json!({ "id": project }));
    assert_eq!(delete().errors(), (400, "BadState /id".into()));
    emulator.delete_client(&client.id);
    assert_eq!(delete().status, 200);
}

#[test]
fn names_of_clients_may_have_to_be_new() {
    let emulator = Emulator::switched(Switch::UniqueClientNames);
    let client = emulator.register(json!({ "client_name": "same", "scope": "a" }));
    let second = emulator.post(REGISTER, &json!({ "client_name": "same", "scope": "a" }));
    assert_eq!(second.oauth_error(), (400, "invalid_client_metadata"));
    let again = emulator.post(&format!("{CLIENTS}/{}", client.id), &json!({ "client_name": "same" }));
    assert_eq!(again.status, 200, "a client may keep its own name");
    let taken = emulator.post(&format!("{CLIENTS}/{}", client.id), &json!({ "client_name": "org-admin" }));
    assert_eq!(taken.status, 400);
}

#[test]
fn every_console_call_may_be_accepted_first() {
    let emulator = Emulator::with(Options { accepted: 1, ..Options::default() });
    let body = json!({ "org_id": emulator.seed.organization_id, "name": "slow", "geo": "us" });
    let accepted = emulator.post(&format!("{PROJECT}/create"), &body);
    assert_eq!(accepted.status, 202);
    let path = format!("/api.console/request/{}", accepted.json["request_id"].as_str().unwrap());
    assert_eq!(emulator.get(&path).result()["name"], "slow");
    assert_eq!(emulator.post(&format!("{PROJECT}/get"), &json!({})).status, 400, "a refusal comes at once");
    assert_eq!(emulator.get(CLIENTS).status, 200, "the bare host never does that");
}
