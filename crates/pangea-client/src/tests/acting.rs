//! Acting as another client: where its secret comes from, and what is left of it in the end.

use std::time::Duration;

use expect_test::expect;
use futures_util::future::join_all;

use super::world::{CLIENT_ID, Call, REVOKE_PATH, Reaction, TOKEN_PATH, World, json};
use crate::{Api, Config, ConfigService, Kind, RUN_SECRET_PREFIX};

const ACTOR: &str = "psa_actoractoractoractoractoractor22";
const CONFIG: &str = r#"{"status":"Success","result":{"id":"pci_a","name":"one"}}"#;
const SECRET: &str =
    r#"{"client_secret_id":"pce_run","client_secret":"pck_run","client_secret_expires_at":"2023-11-14T22:23:20Z"}"#;

/// Answers what acting needs: a secret where one is made, a configuration where one is read.
fn service(call: &Call) -> Option<Reaction> {
    match call.line.as_str() {
        line if line.ends_with("/secrets") => Some(json(200, SECRET)),
        line if line.contains("/v1beta/config") => Some(json(200, CONFIG)),
        line if line.starts_with("DELETE") => Some(json(200, "{}")),
        _ => None,
    }
}

async fn read(api: &Api) -> crate::Result<()> {
    api.acting_as(ACTOR).configs(ConfigService::Audit).find("pci_a").await.map(drop)
}

/// What was asked, in a word or two each.
fn course(world: &World) -> Vec<String> {
    let basic_of_login = format!("psa_{}", &CLIENT_ID[4..8]);
    let short = |call: Call| {
        let who = match call.header("authorization") {
            Some(bearer) if bearer.starts_with("Bearer") => bearer.to_owned(),
            Some(_) => "Basic".to_owned(),
            None => "form".to_owned(),
        };
        let path = call.line.replace(ACTOR, "ACTOR").replace("/authorization.access/v1beta/oauth", "");
        format!("{path} ({who})").replace(&basic_of_login, "LOGIN")
    };
    world.server.all().into_iter().map(short).collect()
}

#[tokio::test]
async fn a_secret_is_made_for_the_run_and_revoked_with_its_token_before_the_logins() {
    let world = World::start(service).await;
    assert!(join_all((0..5).map(|_| read(&world.api))).await.iter().all(Result::is_ok));
    world.api.shutdown().await;
    expect![[r#"
        POST /token (Basic)
        GET /clients/ACTOR (Bearer pts_1)
        POST /clients/ACTOR/secrets (Bearer pts_1)
        POST /token (Basic)
        POST /audit/v1beta/config (Bearer pts_2)
        POST /audit/v1beta/config (Bearer pts_2)
        POST /audit/v1beta/config (Bearer pts_2)
        POST /audit/v1beta/config (Bearer pts_2)
        POST /audit/v1beta/config (Bearer pts_2)
        POST /token/revoke (Basic)
        DELETE /clients/ACTOR/secrets/pce_run (Bearer pts_1)
        POST /token/revoke (Basic)"#]]
    .assert_eq(&course(&world).join("\n"));
    let made = world.server.all().into_iter().find(|call| call.line.ends_with("/secrets")).unwrap();
    let made: serde_json::Value = serde_json::from_str(&made.body).unwrap();
    assert!(made["client_secret_name"].as_str().unwrap().starts_with(RUN_SECRET_PREFIX));
    assert_eq!(made["client_secret_expires_in"], 600);
    assert_eq!(read(&world.api).await.unwrap_err().kind(), Kind::Stopped);
}

#[tokio::test]
async fn a_forgotten_token_is_replaced_and_its_secret_kept() {
    let world = World::start(service).await;
    read(&world.api).await.unwrap();
    world.api.forget_token(ACTOR).await;
    world.api.forget_token("psa_nobody").await;
    read(&world.api).await.unwrap();
    world.api.shutdown().await;
    expect![[r#"
        POST /token (Basic)
        GET /clients/ACTOR (Bearer pts_1)
        POST /clients/ACTOR/secrets (Bearer pts_1)
        POST /token (Basic)
        POST /audit/v1beta/config (Bearer pts_2)
        POST /token (Basic)
        POST /audit/v1beta/config (Bearer pts_3)
        POST /token/revoke (Basic)
        POST /token/revoke (Basic)
        DELETE /clients/ACTOR/secrets/pce_run (Bearer pts_1)
        POST /token/revoke (Basic)"#]]
    .assert_eq(&course(&world).join("\n"));
}

#[tokio::test]
async fn a_secret_that_is_given_is_used_in_the_clients_own_way_and_without_the_logins_scopes() {
    let posts = r#"{"client_id":"psa_a","client_name":"one","token_endpoint_auth_method":"client_secret_post"}"#;
    let script = move |call: &Call| match call.line.starts_with("GET") {
        true => Some(json(200, posts)),
        false => service(call),
    };
    let world = World::with(script, |config| Config {
        client_credentials: [(ACTOR.to_owned(), "pck_given".into())].into(),
        ..config
    })
    .await;
    read(&world.api).await.unwrap();
    let tokens = world.server.token_calls();
    assert_eq!(tokens[1].body, format!("grant_type=client_credentials&client_id={ACTOR}&client_secret=pck_given"));
    world.api.shutdown().await;
    assert!(!world.server.all().iter().any(|call| call.line.contains("secrets")), "none was made, and none revoked");
    assert_eq!(world.server.all().iter().filter(|call| call.line.ends_with(REVOKE_PATH)).count(), 2);
}

#[tokio::test]
async fn the_login_acts_as_itself_with_its_own_token_at_services_too() {
    let world = World::with(service, |config| Config { service_token: Some("pts_service".into()), ..config }).await;
    world.api.acting_as(CLIENT_ID).configs(ConfigService::Audit).find("pci_a").await.unwrap();
    world.api.configs(ConfigService::Audit).find("pci_a").await.unwrap();
    let bearers: Vec<_> =
        world.server.calls().iter().map(|call| call.header("authorization").unwrap().to_owned()).collect();
    assert_eq!(bearers, ["Bearer pts_1", "Bearer pts_service"]);
}

#[tokio::test]
async fn without_a_way_to_a_secret_nothing_is_sent() {
    let world = World::with(service, |config| Config { mint_run_secrets: false, ..config }).await;
    let error = read(&world.api).await.unwrap_err();
    assert_eq!((error.kind(), error.is_actor_gone()), (Kind::CannotAct, false));
    expect!["acting as client psa_actoractoractoractoractoractor22: no secret of it is given, and none may be made for this run"]
        .assert_eq(&error.to_string());
    assert_eq!(world.server.all().len(), 0);
}

#[tokio::test]
async fn a_client_that_is_gone_is_told_from_one_whose_secrets_are_out_of_reach() {
    let gone = |call: &Call| {
        let missing = r#"{"error":"invalid_request","error_description":"The client does not exist"}"#;
        call.line.starts_with("GET").then(|| json(404, missing))
    };
    let error = read(&World::start(gone).await.api).await.unwrap_err();
    assert_eq!((error.kind(), error.is_actor_gone()), (Kind::CannotAct, true));

    let forbidden =
        |call: &Call| call.line.ends_with("/secrets").then(|| json(403, r#"{"error":"insufficient_scope"}"#));
    let error = read(&World::start(forbidden).await.api).await.unwrap_err();
    assert_eq!((error.kind(), error.is_actor_gone()), (Kind::CannotAct, false));
    assert!(error.to_string().contains("no secret could be made for it"), "{error}");
}

#[tokio::test]
async fn a_secret_whose_making_nobody_knows_the_outcome_of_is_looked_up_and_revoked() {
    let mut name = None;
    let script = move |call: &Call| {
        if call.line.ends_with("/secrets") && name.is_none() {
            let body: serde_json::Value = serde_json::from_str(&call.body).unwrap();
            name = body["client_secret_name"].as_str().map(str::to_owned);
            return Some(json(500, "{}"));
        }
        if call.line.contains("/secrets/metadata") {
            let name = name.clone().unwrap_or_default();
            let list = format!(
                r#"{{"client-secrets":[{{"client_secret_id":"pce_lost","client_secret_name":"{name}"}},{{"client_secret_id":"pce_other"}}],"count":2}}"#
            );
            return Some(json(200, &list));
        }
        service(call)
    };
    let world = World::start(script).await;
    read(&world.api).await.unwrap();
    let deleted: Vec<_> = course(&world).into_iter().filter(|line| line.starts_with("DELETE")).collect();
    assert_eq!(deleted, ["DELETE /clients/ACTOR/secrets/pce_lost (Bearer pts_1)"]);
}

#[tokio::test]
async fn a_secret_that_somebody_revoked_is_replaced_once() {
    let mut tokens = 0;
    let script = move |call: &Call| {
        if call.line.ends_with(TOKEN_PATH) {
            tokens += 1;
            // The login's, then the actor's first.
            return (tokens == 2).then(|| json(401, r#"{"error":"invalid_client"}"#));
        }
        service(call)
    };
    let world = World::start(script).await;
    read(&world.api).await.unwrap();
    assert_eq!(course(&world).iter().filter(|line| line.starts_with("POST /clients/ACTOR/secrets")).count(), 2);
}

#[tokio::test]
async fn a_secret_is_renewed_as_long_as_the_handle_lives_and_from_its_making_where_the_expiry_stands_still() {
    let world = World::start(|call| {
        // It counts from the making: the first try moves nothing.
        if call.line.ends_with("/secrets/pce_run") && call.body.contains("600") {
            return Some(json(200, r#"{"client_secret_expires_at":"2023-11-14T22:23:20Z"}"#));
        }
        if call.line.starts_with("POST") && call.line.ends_with("/secrets/pce_run") {
            return Some(json(200, r#"{"client_secret_expires_at":"2023-11-14T22:27:20Z"}"#));
        }
        service(call)
    })
    .await;
    read(&world.api).await.unwrap();
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(240)).await;
    tokio::time::resume();
    let renewals = || -> Vec<String> {
        let calls = world.server.all().into_iter().filter(|call| call.line.ends_with("/secrets/pce_run"));
        calls.map(|call| call.body).collect()
    };
    while renewals().len() < 2 {
        tokio::task::yield_now().await;
    }
    assert_eq!(renewals(), [r#"{"client_secret_expires_in":600}"#, r#"{"client_secret_expires_in":840}"#]);
}

#[tokio::test]
async fn a_shutdown_revokes_although_all_slots_are_taken_and_a_service_hangs() {
    let script = |call: &Call| match call.line.as_str() {
        line if line.ends_with("/v1beta/config/list") => Some(Reaction::Hang),
        _ => service(call),
    };
    let world = World::with(script, |config| Config { max_concurrent_requests: 1, ..config }).await;
    read(&world.api).await.unwrap();
    let hanging = tokio::spawn({
        let api = world.api.acting_as(ACTOR);
        async move { api.configs(ConfigService::Audit).list(&Default::default()).await.map(drop) }
    });
    while !course(&world).iter().any(|line| line.contains("/config/list")) {
        tokio::task::yield_now().await;
    }
    world.api.shutdown().await;
    assert!(course(&world).iter().any(|line| line.starts_with("DELETE")), "{:#?}", course(&world));
    hanging.abort();
}

#[tokio::test]
async fn a_client_that_hangs_at_the_end_does_not_hold_up_the_shutdown() {
    let world = World::start(|call| match call.line.as_str() {
        line if line.ends_with(REVOKE_PATH) || line.starts_with("DELETE") => Some(Reaction::Hang),
        _ => service(call),
    })
    .await;
    read(&world.api).await.unwrap();
    tokio::time::pause();
    let start = tokio::time::Instant::now();
    world.api.shutdown().await;
    assert_eq!(start.elapsed().as_secs(), 4);
}

#[tokio::test]
async fn a_domain_of_its_own_moves_the_service_and_not_where_tokens_come_from() {
    let world = World::start(service).await;
    // A template of addresses wins.
    world.api.at_domain("elsewhere.invalid").configs(ConfigService::Audit).find("pci_a").await.unwrap();
    let config = Config {
        base_url: crate::BaseUrl::Domain("aws.us.pangea.cloud".into()),
        credentials: crate::Credentials::AccessToken("pts_ready".into()),
        max_retries: 0,
        proxy_url: Some("http://127.0.0.1:9".into()),
        ..Config::default()
    };
    let api = Api::new(config).unwrap();
    let error = api.at_domain("aws.eu.pangea.invalid").configs(ConfigService::Audit).find("pci_a").await.unwrap_err();
    assert_eq!(error.host(), "audit.aws.eu.pangea.invalid");
    let error = api.at_domain("evil/@x").configs(ConfigService::Audit).find("pci_a").await.unwrap_err();
    assert_eq!(error.kind(), Kind::InvalidConfig);
}
