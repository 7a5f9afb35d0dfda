//! Tokens, scopes, roles and tenancy: who may do what.

use serde_json::{Value, json};

use crate::caller::{CLIENTS, Emulator, ORG, PROJECT, REGISTER, each, project_role};

const ALL: &str = "pangea:platform:account:read pangea:platform:account:manage pangea:platform:org:read \
                   pangea:platform:org:manage pangea:platform:project:read pangea:platform:project:manage";

#[test]
fn without_a_live_token_each_host_answers_401_in_its_own_shape() {
    let emulator = Emulator::start();
    for headers in [&[][..], &[("authorization", "Bearer pts_nonsense")], &[("authorization", "Basic eDp5")]] {
        let bare = emulator.send("GET", CLIENTS, headers, None);
        assert_eq!(bare.oauth_error(), (401, "invalid_token"));
        assert!(bare.header("www-authenticate").unwrap().starts_with("Bearer"));
        let envelope = emulator.send("POST", &format!("{ORG}/get"), headers, Some("{}"));
        assert_eq!(envelope.errors(), (401, String::new()));
        assert_eq!(envelope.json["status"], "Unauthorized");
        assert_eq!(envelope.json["summary"], "Not authorized to access this resource");
    }
}

#[test]
fn every_endpoint_needs_its_scope() {
    let emulator = Emulator::start();
    let (id, organization, project) =
        (&emulator.seed.client_id, &emulator.seed.organization_id, &emulator.seed.project_id);
    let client = format!("{CLIENTS}/{id}");
    let endpoints: [(&str, String, &str); 19] = [
        ("POST", REGISTER.to_owned(), "account:manage"),
        ("GET", CLIENTS.to_owned(), "account:read"),
        ("GET", client.clone(), "account:read"),
        ("POST", client.clone(), "account:manage"),
        ("DELETE", client.clone(), "account:manage"),
        ("GET", format!("{client}/roles"), "account:read"),
        ("POST", format!("{client}/grant"), "account:manage"),
        ("POST", format!("{client}/revoke"), "account:manage"),
        ("POST", format!("{client}/secrets"), "account:manage"),
        ("GET", format!("{client}/secrets/metadata"), "account:read"),
        ("POST", format!("{client}/secrets/pce_x"), "account:manage"),
        ("DELETE", format!("{client}/secrets/pce_x"), "account:manage"),
        ("POST", format!("{ORG}/get"), "org:read"),
        ("POST", format!("{ORG}/update"), "org:manage"),
        ("POST", format!("{PROJECT}/get"), "project:read"),
        ("POST", format!("{PROJECT}/list"), "project:read"),
        ("POST", format!("{PROJECT}/create"), "project:manage"),
        ("POST", format!("{PROJECT}/update"), "project:manage"),
        ("POST", format!("{PROJECT}/delete"), "project:manage"),
    ];
    let body = json!({ "id": project, "org_id": organization, "name": "x", "geo": "us" });
    for (method, path, scope) in endpoints {
        let scope = format!("pangea:platform:{scope}");
        let others: Vec<&str> = ALL.split_whitespace().filter(|word| *word != scope).collect();
        let caller = emulator.organization_client(&others.join(" "));
        let token = emulator.login(&caller.id, &caller.secret);
        let refused = emulator.call(method, &path, &token, (method == "POST").then_some(&body));
        assert_eq!(refused.status, 403, "{method} {path}: {}", refused.text);
        assert!(refused.text.contains(&scope), "{}", refused.text);
        let is_bare = path.starts_with("/authorization");
        assert_eq!(refused.json.get("error").is_some(), is_bare);
        if is_bare {
            assert_eq!(refused.oauth_error(), (403, "insufficient_scope"));
            assert!(refused.header("www-authenticate").unwrap().contains(&scope));
        } else {
            assert_eq!(refused.json["status"], "Unauthorized");
        }
    }
}

#[test]
fn a_scope_that_the_client_lost_no_longer_counts_in_its_tokens() {
    let emulator = Emulator::start();
    let client = emulator.organization_client("pangea:platform:account:read");
    let token = emulator.login(&client.id, &client.secret);
    assert_eq!(emulator.call("GET", CLIENTS, &token, None).status, 200);
    emulator.set_scope(&client.id, &["pangea:platform:org:read"]);
    let refused = emulator.call("GET", CLIENTS, &token, None);
    assert_eq!(refused.oauth_error(), (403, "insufficient_scope"));
    assert!(refused.description().starts_with("the client lacks"));
}

#[test]
fn a_granted_scope_counts_only_in_new_tokens() {
    let emulator = Emulator::start();
    let client = emulator.organization_client("pangea:platform:org:read");
    let token = emulator.login(&client.id, &client.secret);
    emulator.set_scope(&client.id, &["pangea:platform:account:read"]);
    assert_eq!(emulator.call("GET", CLIENTS, &token, None).status, 403);
    let token = emulator.login(&client.id, &client.secret);
    assert_eq!(emulator.call("GET", CLIENTS, &token, None).status, 200);
}

#[test]
fn a_client_without_a_role_can_call_nothing() {
    let emulator = Emulator::start();
    let client = emulator.register(json!({ "client_name": "x", "scope": ALL }));
    let token = emulator.login(&client.id, &client.secret);
    let bare = emulator.call("GET", CLIENTS, &token, None);
    assert_eq!(bare.oauth_error(), (403, "insufficient_scope"));
    assert!(bare.description().contains("no role"));
    let get =
        emulator.call("POST", &format!("{ORG}/get"), &token, Some(&json!({ "id": emulator.seed.organization_id })));
    assert_eq!(get.errors(), (403, String::new()));
}

#[test]
fn a_project_client_reaches_its_project_and_no_other() {
    let emulator = Emulator::start();
    let (own, other) = (emulator.project("own"), emulator.project("other"));
    let client = emulator.project_client(&own, ALL);
    let token = emulator.login(&client.id, &client.secret);
    let ask = |path: &str, body: Value| {
        emulator.call("POST", &format!("/api.console/v1beta/platform/{path}"), &token, Some(&body))
    };
    assert_eq!(ask("project/get", json!({ "id": own })).result()["id"], own);
    assert_eq!(ask("project/update", json!({ "id": own, "name": "new" })).result()["name"], "new");
    assert_eq!(ask("project/get", json!({ "id": other })).errors(), (400, "DoesNotExist /id".into()));
    assert_eq!(ask("project/update", json!({ "id": other, "name": "x" })).errors(), (400, "DoesNotExist /id".into()));
    let organization = &emulator.seed.organization_id;
    for (path, body) in [
        ("project/delete", json!({ "id": own })),
        ("project/create", json!({ "org_id": organization, "name": "x", "geo": "us" })),
        ("project/list", json!({ "org_id": organization })),
        ("org/get", json!({ "id": organization })),
        ("org/update", json!({ "id": organization, "name": "x" })),
    ] {
        assert_eq!(ask(path, body).errors(), (403, String::new()), "{path}");
    }
}

#[test]
fn a_project_client_sees_the_clients_of_its_project_alone() {
    let emulator = Emulator::start();
    let (own, other) = (emulator.project("own"), emulator.project("other"));
    let client = emulator.project_client(&own, ALL);
    let stranger = emulator.project_client(&other, "a");
    let token = emulator.login(&client.id, &client.secret);
    let listed = emulator.call("GET", CLIENTS, &token, None).json;
    assert_eq!(each(&listed["clients"], "client_id"), [client.id.as_str()]);
    for id in [&stranger.id, &emulator.seed.client_id] {
        let path = format!("{CLIENTS}/{id}");
        assert_eq!(emulator.call("GET", &path, &token, None).status, 404);
        assert_eq!(emulator.call("DELETE", &path, &token, None).status, 404);
        assert_eq!(emulator.call("POST", &format!("{path}/secrets"), &token, Some(&json!({}))).status, 404);
    }
    assert_eq!(emulator.call("GET", &format!("{CLIENTS}/{}", client.id), &token, None).status, 200);
}

#[test]
fn a_project_client_gives_no_role_beyond_its_project() {
    let emulator = Emulator::start();
    let (own, other) = (emulator.project("own"), emulator.project("other"));
    let client = emulator.project_client(&own, ALL);
    let token = emulator.login(&client.id, &client.secret);
    let register = |role: Option<Value>| {
        let body = json!({ "client_name": "x", "scope": "a", "roles": role.into_iter().collect::<Vec<_>>() });
        emulator.call("POST", REGISTER, &token, Some(&body))
    };
    assert_eq!(register(Some(emulator.organization_role())).oauth_error(), (403, "insufficient_scope"));
    assert_eq!(register(Some(project_role(&other))).oauth_error(), (400, "invalid_client_metadata"));
    let made = register(Some(project_role(&own)));
    assert_eq!((made.status, &made.json["creator_id"]), (200, &json!(client.id)));
    let roleless = register(None);
    assert_eq!((roleless.status, &roleless.json["tenanted_by"]), (200, &json!("project")));
}

#[test]
fn a_service_client_reaches_no_platform_api() {
    let emulator = Emulator::start();
    let role = json!({ "type": "service_ai_guard_config", "id": format!("pci_{}", "a".repeat(32)), "role": "manager" });
    let client = emulator.register(json!({ "client_name": "s", "scope": ALL, "roles": [role] }));
    let token = emulator.login(&client.id, &client.secret);
    assert_eq!(emulator.call("GET", CLIENTS, &token, None).oauth_error(), (403, "insufficient_scope"));
}
