//! Metadata, tokens, introspection, revocation.

use std::time::Duration;

use serde_json::json;

use crate::caller::{CLIENTS, Emulator, ORG, TOKEN, basic, is_id, scopes};

const INTROSPECT: &str = "/authorization.access/v1beta/oauth/token/introspect";
const REVOKE: &str = "/authorization.access/v1beta/oauth/token/revoke";
const METADATA: &str = "/authorization.access/.well-known/oauth-authorization-server";

#[test]
fn metadata_names_every_endpoint_under_the_address_it_was_asked_at() {
    let emulator = Emulator::start();
    let by_path = emulator.send("GET", METADATA, &[], None).json;
    let base = format!("{}/authorization.access", emulator.url());
    assert_eq!(by_path["issuer"], base);
    assert_eq!(by_path["token_endpoint"], format!("{base}/v1beta/oauth/token"));
    assert_eq!(by_path["grant_types_supported"], json!(["client_credentials"]));
    assert_eq!(by_path["response_types_supported"], json!(["token"]));

    let host = [("host", "authorization.access.example.test:8080")];
    let by_host = emulator.send("GET", "/.well-known/oauth-authorization-server", &host, None).json;
    let base = "http://authorization.access.example.test:8080";
    assert_eq!(by_host["issuer"], base);
    assert_eq!(by_host["introspection_endpoint"], format!("{base}/v1beta/oauth/token/introspect"));
    assert_eq!(by_host["revocation_endpoint"], format!("{base}/v1beta/oauth/token/revoke"));
}

#[test]
fn a_token_without_a_scope_asked_for_has_all_of_the_clients() {
    let emulator = Emulator::start();
    let seed = &emulator.seed;
    let token = emulator.token_request(&seed.client_id, &seed.client_secret, "grant_type=client_credentials").json;
    assert!(is_id(&token["access_token"], "pts"));
    assert_eq!((&token["token_type"], &token["expires_in"]), (&json!("Bearer"), &json!(3599)));
    assert_eq!(scopes(&token["scope"]).len(), 6);
}

#[test]
fn a_scope_asked_for_narrows_the_token() {
    let emulator = Emulator::start();
    let seed = &emulator.seed;
    let form = "grant_type=client_credentials&scope=pangea:platform:org:read";
    let token = emulator.token_request(&seed.client_id, &seed.client_secret, form).json;
    assert_eq!(token["scope"], "pangea:platform:org:read");
    let body = json!({ "id": seed.organization_id, "name": "x" });
    let refused = emulator.call("POST", &format!("{ORG}/update"), token["access_token"].as_str().unwrap(), Some(&body));
    assert_eq!(refused.status, 403);
}

#[test]
fn the_credentials_may_come_in_the_body() {
    let emulator = Emulator::start();
    let seed = &emulator.seed;
    let form =
        format!("grant_type=client_credentials&client_id={}&client_secret={}", seed.client_id, seed.client_secret);
    assert_eq!(emulator.form(TOKEN, &[], &form).status, 200);
}

#[test]
fn the_token_endpoint_names_what_is_wrong() {
    let emulator = Emulator::start();
    let (id, secret) = (emulator.seed.client_id.as_str(), emulator.seed.client_secret.as_str());
    let ask = |form: &str| {
        let answer = emulator.token_request(id, secret, form);
        (answer.status, answer.oauth_error().1.to_owned())
    };
    assert_eq!(ask(""), (400, "invalid_request".into()));
    assert_eq!(ask("grant_type=password"), (400, "unsupported_grant_type".into()));
    assert_eq!(ask("grant_type=client_credentials&scope=a:b"), (400, "invalid_scope".into()));
    assert_eq!(ask("grant_type=client_credentials&client_secret=x"), (400, "invalid_request".into()));

    let wrong = emulator.token_request(id, "pck_wrong", "grant_type=client_credentials");
    assert_eq!(wrong.oauth_error(), (401, "invalid_client"));
    assert!(wrong.header("www-authenticate").unwrap().starts_with("Basic"));
    let unknown = emulator.token_request("psa_unknown", secret, "grant_type=client_credentials");
    assert_eq!(unknown.oauth_error(), (401, "invalid_client"));
    assert_eq!(emulator.form(TOKEN, &[], "grant_type=client_credentials").oauth_error(), (401, "invalid_client"));
    let garbled = emulator.form(TOKEN, &[("authorization", "Basic %%%")], "grant_type=client_credentials");
    assert_eq!(garbled.oauth_error(), (401, "invalid_client"));
}

#[test]
fn introspection_tells_a_client_about_its_own_token() {
    let emulator = Emulator::start();
    let seed = &emulator.seed;
    let login = basic(&seed.client_id, &seed.client_secret);
    let form = format!("token={}", emulator.token);
    let seen = emulator.form(INTROSPECT, &[("authorization", &login)], &form).json;
    assert_eq!((&seen["active"], &seen["token_type"]), (&json!(true), &json!("Bearer")));
    assert_eq!((&seen["client_id"], &seen["username"]), (&json!(seed.client_id), &json!("org-admin")));
    assert_eq!(seen["exp"].as_i64().unwrap() - seen["iat"].as_i64().unwrap(), 3600);
    assert_eq!(seen["nbf"], seen["iat"]);
    assert!(is_id(&seen["sub"], "pui") && is_id(&seen["jti"], "pmt"), "{seen}");
    assert_eq!(seen["iss"], format!("{}/authorization.access", emulator.url()));
}

#[test]
fn introspection_says_only_inactive_to_anybody_else() {
    let emulator = Emulator::start();
    let other = emulator.organization_client("pangea:platform:org:read");
    let form = format!("token={}", emulator.token);
    for login in [basic(&other.id, &other.secret), basic(&other.id, "wrong")] {
        let seen = emulator.form(INTROSPECT, &[("authorization", &login)], &form);
        assert_eq!((seen.status, seen.text.as_str()), (200, r#"{"active":false}"#));
    }
    assert_eq!(emulator.form(INTROSPECT, &[], &form).text, r#"{"active":false}"#);
}

#[test]
fn a_revoked_token_opens_nothing_and_cannot_be_revoked_again() {
    let emulator = Emulator::start();
    let login = basic(&emulator.seed.client_id, &emulator.seed.client_secret);
    let form = format!("token={}", emulator.token);
    let revoked = emulator.form(REVOKE, &[("authorization", &login)], &form);
    assert_eq!((revoked.status, revoked.text.as_str()), (200, ""));
    assert_eq!(emulator.get(CLIENTS).oauth_error(), (401, "invalid_token"));
    let again = emulator.form(REVOKE, &[("authorization", &login)], &form);
    assert_eq!(again.status, 400);
    assert_eq!(again.json, json!({ "error": "invalid_request", "error_description": "The token does not exist" }));
}

#[test]
fn nobody_revokes_the_token_of_another() {
    let emulator = Emulator::start();
    let other = emulator.organization_client("pangea:platform:org:read");
    let form = format!("token={}", emulator.token);
    let refused = emulator.form(REVOKE, &[("authorization", &basic(&other.id, &other.secret))], &form);
    assert_eq!(refused.oauth_error(), (400, "invalid_request"));
    let wrong = emulator.form(REVOKE, &[("authorization", &basic(&other.id, "wrong"))], &form);
    assert_eq!(wrong.oauth_error(), (401, "invalid_client"));
    assert_eq!(emulator.get(CLIENTS).status, 200);
}

#[test]
fn a_token_ends_when_its_time_is_over() {
    let emulator = Emulator::start();
    let client = emulator.register(json!({
        "client_name": "short", "scope": "pangea:platform:account:read", "access_token_expires_in": 60, "roles": [emulator.organization_role()],
    }));
    let token = emulator.login(&client.id, &client.secret);
    emulator.advance(Duration::from_secs(58));
    assert_eq!(emulator.call("GET", CLIENTS, &token, None).status, 200);
    emulator.advance(Duration::from_secs(2));
    assert_eq!(emulator.call("GET", CLIENTS, &token, None).oauth_error(), (401, "invalid_token"));
    assert!(!emulator.tokens().iter().any(|live| live["client_id"] == client.id));
}
