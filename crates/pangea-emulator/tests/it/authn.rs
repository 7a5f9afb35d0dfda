//! The keys of a project.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use crate::caller::{Emulator, JWKS, PROJECT, each, is_id};

#[test]
fn the_service_token_gets_the_projects_keys_whatever_form_of_empty_the_body_has() {
    let emulator = Emulator::start();
    let bearer = format!("Bearer {}", emulator.seed.authn_token);
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    for body in [None, Some(""), Some(" "), Some("{}")] {
        let answer = emulator.send("POST", JWKS, &headers, body);
        let keys = answer.result()["keys"].as_array().unwrap();
        assert_eq!(keys.len(), 2, "{body:?}");
    }
}

#[test]
fn a_key_is_a_point_on_p256() {
    let emulator = Emulator::start();
    let answer = emulator.call("POST", JWKS, &emulator.seed.authn_token, None);
    for key in answer.result()["keys"].as_array().unwrap() {
        assert_eq!((&key["kty"], &key["alg"], &key["crv"]), (&json!("EC"), &json!("ES256"), &json!("P-256")));
        let (item, version) = key["kid"].as_str().unwrap().split_once('|').unwrap();
        assert!(is_id(&json!(item), "pvi") && version == "1");
        let part = |field: &str| URL_SAFE_NO_PAD.decode(key[field].as_str().unwrap()).unwrap();
        let point = [vec![4], part("x"), part("y")].concat();
        p256::PublicKey::from_sec1_bytes(&point).expect("a point on the curve");
    }
}

#[test]
fn no_property_is_allowed() {
    let emulator = Emulator::start();
    let ask = |body| emulator.call("POST", JWKS, &emulator.seed.authn_token, Some(&body));
    assert_eq!(
        ask(json!({ "a": 1, "b/c": 2 })).errors(),
        (400, "UnexpectedProperty /a, UnexpectedProperty /b~1c".into())
    );
    assert_eq!(ask(json!([])).errors(), (400, "InvalidObject ".into()));
}

#[test]
fn the_token_decides_whose_keys_they_are() {
    let emulator = Emulator::start();
    let keys = |token: &str| {
        let answer = emulator.call("POST", JWKS, token, None);
        each(&answer.result()["keys"], "kid").join(" ")
    };
    let project = emulator.project("another");
    let client = emulator.project_client(&project, "pangea:platform:project:read");
    let own = keys(&emulator.login(&client.id, &client.secret));
    assert_eq!(own.split(' ').count(), 1);
    assert!(!keys(&emulator.seed.authn_token).contains(&own));
}

#[test]
fn a_caller_without_a_project_or_a_role_is_refused() {
    let emulator = Emulator::start();
    let organization = emulator.call("POST", JWKS, &emulator.token, None);
    assert_eq!(organization.errors(), (403, String::new()));
    let roleless = emulator.register(json!({ "client_name": "x", "scope": "a" }));
    let token = emulator.login(&roleless.id, &roleless.secret);
    assert_eq!(emulator.call("POST", JWKS, &token, None).errors(), (403, String::new()));
    assert_eq!(emulator.call("POST", JWKS, "pts_unknown", None).errors(), (401, String::new()));
    assert_eq!(emulator.send("POST", JWKS, &[], None).errors(), (401, String::new()));
}

#[test]
fn the_service_token_opens_nothing_else() {
    let emulator = Emulator::start();
    let body = json!({ "id": emulator.seed.project_id });
    let answer = emulator.call("POST", &format!("{PROJECT}/get"), &emulator.seed.authn_token, Some(&body));
    assert_eq!(answer.errors(), (401, String::new()));
}
