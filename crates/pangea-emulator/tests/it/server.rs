//! The server itself: addresses, routing, persistence, TLS, the log and the view.

use std::net::TcpStream;
use std::sync::Arc;

use pangea_emulator::{Options, Server, State, app};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::json;
use tower::ServiceExt as _;

use crate::caller::{CLIENTS, Emulator, JWKS, PROJECT, exchange};

#[test]
fn a_service_is_reached_by_its_host_name_too() {
    let emulator = Emulator::start();
    let bearer = format!("Bearer {}", emulator.token);
    let ask = |host: &str, method: &str, path: &str| {
        emulator.send(method, path, &[("host", host), ("authorization", &bearer)], None)
    };
    assert_eq!(ask("authorization.access.aws.us.pangea.cloud", "GET", "/v1beta/oauth/clients").status, 200);
    assert_eq!(ask("api.console.localhost:80", "POST", "/v1beta/platform/project/get").errors().1, "FieldRequired /id");
    assert_eq!(ask("authn.localhost", "POST", "/v2/client/jwks").status, 403);
}

#[test]
fn a_path_without_a_service_or_an_endpoint_is_not_found() {
    let emulator = Emulator::start();
    for path in ["/index.html", "/v1beta/oauth/clients", "/authnx/v2/client/jwks"] {
        let answer = emulator.get(path);
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.header("x-request-id").is_some());
    }
    assert_eq!(emulator.get("/authorization.access/v9").oauth_error(), (404, "invalid_request"));
    assert_eq!(emulator.get("/api.console").json["status"], "NotFound");
    let wrong = emulator.get(JWKS);
    assert_eq!((wrong.status, wrong.header("allow")), (405, Some("POST")));
    let wrong = emulator.call("PUT", CLIENTS, &emulator.token, None);
    assert_eq!((wrong.status, wrong.header("allow")), (405, Some("GET")));
}

#[test]
fn every_answer_has_a_request_id_of_its_own_and_the_envelope_repeats_it() {
    let emulator = Emulator::start();
    let mut seen = Vec::new();
    for _ in 0..2 {
        let answer = emulator.post(&format!("{PROJECT}/get"), &json!({}));
        assert_eq!(answer.json["request_id"], answer.header("x-request-id").unwrap());
        let keys: Vec<&String> = answer.json.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["request_id", "request_time", "response_time", "result", "status", "summary"]);
        assert!(answer.json["request_time"].as_str() < answer.json["response_time"].as_str());
        seen.push(answer.header("x-request-id").unwrap().to_owned());
        seen.push(emulator.get(CLIENTS).header("x-request-id").unwrap().to_owned());
    }
    assert!(seen.iter().all(|id| id.starts_with("prq_")));
    seen.dedup();
    assert_eq!(seen.len(), 4);
}

#[test]
fn a_body_beyond_the_limit_is_refused() {
    let emulator = Emulator::start();
    let name = "x".repeat(2 * 1024 * 1024);
    assert_eq!(emulator.post(&format!("{CLIENTS}/register"), &json!({ "client_name": name })).oauth_error().0, 413);
}

#[test]
fn the_documents_survive_a_restart_and_the_seed_is_not_made_twice() {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { data: Some(folder.path().join("data.json")), ..Options::default() };
    let emulator = Emulator::with(options.clone());
    let project = emulator.project("kept");
    let client = emulator.project_client(&project, "a b");
    emulator.post(&format!("{CLIENTS}/{}/revoke", client.id), &json!({ "roles": [], "scope": "b" }));
    emulator.rename_client(&client.id, "renamed aside");
    let (token, seed) = (emulator.token.clone(), emulator.seed.clone());
    let before = emulator.clients();
    drop(emulator);

    let emulator = Emulator::with(options);
    assert_eq!(emulator.seed.client_secret, seed.client_secret);
    assert_eq!(emulator.clients(), before, "what was changed aside is kept too");
    assert_eq!(emulator.call("GET", CLIENTS, &token, None).status, 200, "tokens survive too");
    emulator.login(&client.id, &client.secret);
    let jwks = emulator.call("POST", JWKS, &seed.authn_token, None);
    assert_eq!(jwks.result()["keys"].as_array().unwrap().len(), 2);
}

#[test]
fn a_data_file_that_cannot_be_written_is_the_callers_500() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("inside");
    std::fs::create_dir(&data).unwrap();
    let emulator = Emulator::with(Options { data: Some(data.join("data.json")), ..Options::default() });
    std::fs::remove_dir_all(&data).unwrap();
    let answer = emulator.post(&format!("{CLIENTS}/register"), &json!({ "client_name": "x", "scope": "a" }));
    assert_eq!(answer.oauth_error(), (500, "server_error"));
}

#[test]
fn a_data_file_of_somebody_else_stops_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data.json");
    std::fs::write(&data, "{}").unwrap();
    let error = Server::start(Options { data: Some(data), ..Options::default() }).err().unwrap();
    assert!(error.to_string().contains("data.json"), "{error}");
}

#[test]
fn tls_is_spoken_to_whoever_trusts_the_authority() {
    let emulator = Server::start(Options { tls: true, ..Options::default() }).unwrap();
    assert!(emulator.base_url_template().starts_with("https://127.0.0.1:"));
    let metadata = "/authorization.access/.well-known/oauth-authorization-server";
    let connect = |roots: RootCertStore, name: &'static str| {
        let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let session = ClientConnection::new(Arc::new(config), ServerName::try_from(name).unwrap()).unwrap();
        let stream = StreamOwned::new(session, TcpStream::connect(emulator.address()).unwrap());
        exchange(stream, &emulator.address().to_string(), "GET", metadata, &[], None)
    };
    let trusting = || {
        let mut roots = RootCertStore::empty();
        let pem = emulator.ca_certificate_pem().unwrap();
        roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
        roots
    };
    for name in ["127.0.0.1", "localhost", "authorization.access.localhost"] {
        let answer = connect(trusting(), name).unwrap();
        assert_eq!(answer.json["issuer"], format!("{}/authorization.access", emulator.url()));
    }
    assert!(connect(trusting(), "example.com").is_err());
    assert!(connect(RootCertStore::empty(), "localhost").is_err());
}

#[test]
fn the_log_tells_who_asked_what_and_keeps_no_secret() {
    let emulator = Emulator::start();
    let client = emulator.organization_client("pangea:platform:account:read");
    let token = emulator.login(&client.id, &client.secret);
    emulator.clear_requests();
    let headers = [("authorization", &*format!("Bearer {token}")), ("user-agent", "tester/1.0")];
    emulator.send("GET", &format!("{CLIENTS}?size=1&client_name={}", client.secret), &headers, None);
    emulator.token_request(
        &client.id,
        "hunter2-wrong",
        &format!("grant_type=client_credentials&client_secret={}", client.secret),
    );
    emulator.post(&format!("{CLIENTS}/{}/secrets", client.id), &json!({ "client_secret_name": "n" }));

    let log = emulator.requests();
    assert_eq!(log.len(), 3);
    assert_eq!(log[0].line(), "GET /authorization.access/v1beta/oauth/clients 200");
    assert_eq!(
        (log[0].client_id.as_deref(), log[0].user_agent.as_deref()),
        (Some(client.id.as_str()), Some("tester/1.0"))
    );
    assert_eq!(log[0].query, [("size".to_owned(), "1".to_owned()), ("client_name".to_owned(), "pck_***".to_owned())]);
    assert_eq!(log[1].client_id.as_deref(), Some(client.id.as_str()));
    assert_eq!(log[2].request_json(), json!({ "client_secret_name": "n" }));
    let all = format!("{log:?}");
    assert!(all.contains("client_secret_expires_at"), "the bodies are there");
    for secret in emulator.secret_values().iter().map(String::as_str).chain(["hunter2"]) {
        assert!(!all.contains(secret), "{secret}");
    }
}

#[test]
fn the_view_shows_everything_but_secrets() {
    let emulator = Emulator::start();
    let client = emulator.organization_client("a");
    let answer = emulator.send("GET", "/_emulator/state", &[], None);
    let view = &answer.json;
    assert_eq!(view["organization"]["id"], emulator.seed.organization_id);
    assert_eq!(view["clients"][1]["roles"][0]["type"], "organization");
    assert_eq!(view["secrets"][1]["client_secret_id"], client.secret_id);
    assert_eq!(view["tokens"][0]["client_id"], emulator.seed.client_id);
    assert_eq!(
        view["left_beside_the_seed"],
        json!({ "projects": 0, "configs": 0, "clients": 1, "secrets": 1, "tokens": 1 })
    );
    assert_eq!(view["summary"], "left beside the seed: 0 projects, 0 configs, 1 clients, 1 secrets, 1 tokens");
    assert_eq!(view["requests"].as_array().unwrap().len(), 2);
    for secret in emulator.secret_values() {
        assert!(!answer.text.contains(&secret));
    }
}

#[test]
fn a_seed_alone_leaves_nothing_beside_it() {
    let server = Server::start(Options::default()).unwrap();
    assert!(server.leftovers().is_empty(), "{}", server.leftovers());
    let names: Vec<String> = server.environment().into_iter().map(|(name, _)| name).collect();
    assert_eq!(
        names,
        [
            "PANGEA_BASE_URL_TEMPLATE",
            "PANGEA_CLIENT_ID",
            "PANGEA_CLIENT_SECRET",
            "PANGEA_ORGANIZATION_ID",
            "PANGEA_AUTHN_TOKEN"
        ]
    );
}

#[test]
fn without_a_seed_there_is_nobody() {
    let server = Server::start(Options { seed: false, ..Options::default() }).unwrap();
    assert!(server.credentials().is_none() && server.clients().is_empty());
    assert_eq!(server.environment().len(), 1);
}

#[test]
fn the_same_rng_seed_gives_the_same_credentials() {
    let secret =
        |rng_seed| State::new(Options { rng_seed, ..Options::default() }).unwrap().credentials().unwrap().client_secret;
    assert_eq!(secret(Some(1)), secret(Some(1)));
    assert_ne!(secret(Some(1)), secret(Some(2)));
    assert_ne!(secret(None), secret(None));
}

#[test]
fn changes_behind_the_apis_back_are_seen_by_it() {
    let emulator = Emulator::start();
    let client = emulator.organization_client("a b");
    let path = format!("{CLIENTS}/{}", client.id);
    assert!(emulator.rename_client(&client.id, "renamed") && emulator.set_scope(&client.id, &["c"]));
    let got = emulator.get(&path).json;
    assert_eq!((&got["client_name"], &got["scope"]), (&json!("renamed"), &json!("c")));
    assert!(got["updated_at"].as_str() > client.body["updated_at"].as_str());
    assert!(emulator.set_roles(&client.id, &[]));
    assert_eq!(emulator.get(&format!("{path}/roles")).json["count"], 0);
    assert!(emulator.delete_client(&client.id) && !emulator.delete_client(&client.id));
    assert_eq!(emulator.get(&path).status, 404);

    let project = emulator.create_project("made aside", "eu").unwrap();
    assert!(emulator.rename_project(&project, "renamed aside"));
    assert_eq!(emulator.project_named("renamed aside").unwrap()["id"], project);
    assert!(emulator.delete_project(&project) && !emulator.rename_project(&project, "x"));
}

#[tokio::test]
async fn the_router_works_without_a_socket() {
    let state = State::new(Options::default()).unwrap();
    let request = axum::http::Request::get("/authorization.access/.well-known/oauth-authorization-server")
        .body(axum::body::Body::empty())
        .unwrap();
    let response = app(state.clone()).oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(state.requests().len(), 1);
}
