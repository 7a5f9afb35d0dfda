//! The commands of the official guides, as `curl` sends them, with only the host changed; and the answers that the guides show.

use pangea_emulator::Switch;
use serde_json::{Value, json};

use crate::caller::{Answer, CLIENTS, Emulator, JWKS, PROJECT, REGISTER, TOKEN, basic, is_id, scopes};

const ORGANIZATION: &str = "poi_qie5kaj5o3622tw4qj5qbyw77ship4bh";
const GUIDE_PROJECT: &str = "ppi_vjmsx2q26gkqaxa2eit6karm2ccdbk7s";

fn guide() -> Emulator {
    Emulator::switched(Switch::AsDocumented)
}

/// `curl --data` with the two headers that every command of the guide has.
fn curl(emulator: &Emulator, path: &str, data: &Value) -> Answer {
    let bearer = format!("Bearer {}", emulator.token);
    let headers = [("Accept", "*/*"), ("Content-Type", "application/json"), ("Authorization", bearer.as_str())];
    emulator.send("POST", path, &headers, Some(&format!("{data:#}")))
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn the_metadata() {
    let emulator = guide();
    let answer = emulator.send(
        "GET",
        "/authorization.access/.well-known/oauth-authorization-server",
        &[("Accept", "*/*")],
        None,
    );
    assert_eq!(answer.status, 200);
    assert_eq!(
        keys(&answer.json),
        [
            "grant_types_supported",
            "introspection_endpoint",
            "issuer",
            "response_types_supported",
            "revocation_endpoint",
            "scopes_supported",
            "token_endpoint",
            "token_endpoint_auth_methods_supported"
        ]
    );
}

#[test]
fn a_token_its_introspection_and_its_revocation() {
    let emulator = guide();
    let login = basic(&emulator.seed.client_id, &emulator.seed.client_secret);
    let wanted = "pangea:platform:org:read pangea:platform:project:read pangea:platform:project:manage \
                  pangea:platform:account:read pangea:platform:account:manage";
    let form = format!("grant_type=client_credentials&scope={}", wanted.replace(':', "%3A").replace(' ', "%20"));
    let token = emulator.form(TOKEN, &[("authorization", &login)], &form);
    assert_eq!(keys(&token.json), ["access_token", "expires_in", "scope", "token_type"]);
    assert_eq!(token.json["expires_in"], 3599);
    assert_eq!(scopes(&token.json["scope"]), scopes(&json!(wanted)));
    assert_ne!(token.json["scope"], wanted, "the guide shows another order");

    let form = format!("token={}", token.json["access_token"].as_str().unwrap());
    let seen = emulator.form(&format!("{TOKEN}/introspect"), &[("authorization", &login)], &form);
    assert_eq!(
        keys(&seen.json),
        ["active", "client_id", "exp", "iat", "iss", "jti", "nbf", "scope", "sub", "token_type", "username"]
    );
    let revoked = emulator.form(&format!("{TOKEN}/revoke"), &[("authorization", &login)], &form);
    assert_eq!((revoked.status, revoked.text.as_str()), (200, ""));
    let inactive = emulator.form(&format!("{TOKEN}/introspect"), &[("authorization", &login)], &form);
    assert_eq!(inactive.json, json!({ "active": false }));
}

#[test]
fn an_organization_admin_client_is_registered_extended_narrowed_and_checked() {
    let emulator = guide();
    let scope = "pangea:platform:account:read pangea:platform:account:manage pangea:platform:project:read pangea:platform:project:manage";
    let client = curl(
        &emulator,
        REGISTER,
        &json!({
            "client_name": "My Organization Admin Client",
            "scope": scope,
            "roles": [{ "id": ORGANIZATION, "type": "organization", "role": "admin" }],
        }),
    );
    assert_eq!(client.status, 200);
    assert_eq!(
        keys(&client.json),
        [
            "client_class",
            "client_id",
            "client_name",
            "client_secret",
            "client_secret_description",
            "client_secret_expires_at",
            "client_secret_id",
            "client_secret_name",
            "client_token_expires_in",
            "created_at",
            "creator_id",
            "grant_types",
            "owner_id",
            "owner_username",
            "redirect_uris",
            "response_types",
            "scope",
            "tenanted_by",
            "token_endpoint_auth_method",
            "updated_at"
        ]
    );
    assert_eq!((&client.json["scope"], &client.json["tenanted_by"]), (&json!(scope), &json!("organization")));
    assert_eq!(client.json["client_secret_name"], "My Organization Admin Client Secret");

    let path = format!("{CLIENTS}/{}", client.json["client_id"].as_str().unwrap());
    let grant = json!({ "roles": [], "scope": "pangea:platform:org:read pangea:platform:org:manage" });
    let granted = curl(&emulator, &format!("{path}/grant"), &grant);
    assert_eq!((granted.status, granted.text.as_str()), (200, ""));
    let revoke = json!({ "roles": [], "scope": "pangea:platform:org:manage" });
    let revoked = curl(&emulator, &format!("{path}/revoke"), &revoke);
    assert_eq!((revoked.status, revoked.text.as_str()), (200, ""));

    let bearer = format!("Bearer {}", emulator.token);
    let got = emulator.send("GET", &path, &[("Authorization", &bearer)], None);
    assert_eq!(scopes(&got.json["scope"]), scopes(&json!(format!("{scope} pangea:platform:org:read"))));
    let roles = emulator.send("GET", &format!("{path}/roles"), &[("Authorization", &bearer)], None);
    let role = json!({ "type": "organization", "id": ORGANIZATION, "service": "", "role": "admin" });
    assert_eq!(roles.json, json!({ "roles": [role], "last": "MTox", "count": 1 }));
}

#[test]
fn a_project_admin_client_is_registered_and_extended() {
    let emulator = guide();
    let client = curl(
        &emulator,
        REGISTER,
        &json!({
            "client_name": "My Project Admin Client",
            "scope": "pangea:platform:account:read pangea:platform:account:manage",
            "roles": [{ "id": GUIDE_PROJECT, "type": "project", "role": "admin" }],
        }),
    );
    assert_eq!((client.status, &client.json["tenanted_by"]), (200, &json!("project")));
    let path = format!("{CLIENTS}/{}", client.json["client_id"].as_str().unwrap());
    for verb in ["grant", "revoke"] {
        let body = json!({ "roles": [], "scope": "pangea:service:audit:config:manage" });
        let answer = curl(&emulator, &format!("{path}/{verb}"), &body);
        assert_eq!((answer.status, answer.text.as_str()), (200, ""));
    }
    let bearer = format!("Bearer {}", emulator.token);
    let roles = emulator.send("GET", &format!("{path}/roles"), &[("Authorization", &bearer)], None);
    let role = json!({ "type": "project", "id": GUIDE_PROJECT, "service": "", "role": "admin" });
    assert_eq!(roles.json, json!({ "roles": [role], "last": "MTox", "count": 1 }));
}

#[test]
fn projects_are_listed_read_and_renamed() {
    let emulator = guide();
    let list = curl(&emulator, &format!("{PROJECT}/list"), &json!({ "org_id": ORGANIZATION }));
    let listed = list.result();
    assert_eq!((&listed["count"], &listed["next"], &listed["previous"]), (&json!(1), &json!(null), &json!(null)));
    assert_eq!(listed["results"][0]["region"], "us-west-2");

    let got = curl(&emulator, &format!("{PROJECT}/get"), &json!({ "id": GUIDE_PROJECT }));
    assert_eq!((&got.json["status"], &got.json["summary"]), (&json!("Success"), &json!("Success")));
    let project = got.result();
    assert_eq!(keys(project), ["created_at", "fqdn", "geo", "id", "name", "org", "region", "updated_at"]);
    assert_eq!(project["fqdn"], "aws.us.pangea.cloud");

    let renamed =
        curl(&emulator, &format!("{PROJECT}/update"), &json!({ "id": GUIDE_PROJECT, "name": "Service Gateway" }));
    assert_eq!(renamed.result()["name"], "Service Gateway");
}

#[test]
fn the_keys_without_a_body() {
    let emulator = guide();
    let bearer = format!("Bearer {}", emulator.seed.authn_token);
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let answer = emulator.send("POST", JWKS, &headers, None);
    assert_eq!(keys(&answer.json), ["request_id", "request_time", "response_time", "result", "status", "summary"]);
    assert!(is_id(&answer.json["request_id"], "prq"));
    assert!(!answer.result()["keys"].as_array().unwrap().is_empty());
}
