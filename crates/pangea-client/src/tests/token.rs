//! The token: when it is minted, replaced and revoked.

use std::time::Duration;

use expect_test::expect;
use futures_util::future::join_all;

use super::world::{CLIENT_ID, CLIENT_SECRET, REVOKE_PATH, Reaction, TOKEN_PATH, World, json, login};
use crate::{AuthMethod, Config, Credentials, Kind};

fn bearers(world: &World) -> Vec<String> {
    world.server.calls().iter().map(|call| call.header("authorization").unwrap_or("none").to_owned()).collect()
}

/// Shuts the client down and gives the bodies of the revocations.
async fn revoked(world: &World) -> Vec<String> {
    world.api.shutdown().await;
    let calls = world.server.all().into_iter().filter(|call| call.line == format!("POST {REVOKE_PATH}"));
    let mut bodies: Vec<_> = calls.map(|call| call.body).collect();
    bodies.sort();
    bodies
}

#[tokio::test]
async fn nothing_is_sent_before_the_first_call() {
    let world = World::start(|_| None).await;
    let _ = (world.api.clients(), world.api.clone());
    world.api.forget_token(CLIENT_ID).await;
    world.api.shutdown().await;
    assert_eq!(world.server.all().len(), 0);
}

#[tokio::test]
async fn twenty_callers_at_once_mint_one_token() {
    let world = World::with(|_| None, |config| Config { max_concurrent_requests: 20, ..config }).await;
    let clients = world.api.clients();
    let answers = join_all((0..20).map(|_| clients.get("psa_a"))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(world.server.token_calls().len(), 1);
    assert_eq!(bearers(&world), vec!["Bearer pts_1"; 20]);
}

#[tokio::test]
async fn callers_who_waited_for_a_mint_share_its_failure() {
    let world =
        World::start(|call| call.line.contains(TOKEN_PATH).then(|| json(401, r#"{"error":"invalid_client"}"#))).await;
    let clients = world.api.clients();
    let answers = join_all((0..20).map(|_| clients.get("psa_a"))).await;
    assert!(answers.into_iter().all(|answer| answer.unwrap_err().kind() == Kind::InvalidClient));
    assert_eq!(world.server.token_calls().len(), 1);

    // A later caller tries for itself.
    clients.get("psa_a").await.unwrap_err();
    assert_eq!(world.server.token_calls().len(), 2);
}

#[tokio::test]
async fn basic_credentials_travel_in_the_header() {
    let world = World::start(|_| None).await;
    world.api.clients().get("psa_a").await.unwrap();
    let calls = world.server.token_calls();
    assert_eq!(calls[0].body, "grant_type=client_credentials");
    assert_eq!(calls[0].header("content-type"), Some("application/x-www-form-urlencoded"));
    expect![
        "Basic cHNhX2FiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6MjM0NTY3OnBja19hYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejIzNDU2Nw=="
    ]
    .assert_eq(calls[0].header("authorization").unwrap());
}

#[tokio::test]
async fn posted_credentials_travel_in_the_form() {
    let world = World::with(|_| None, |config| Config { credentials: login(AuthMethod::Post), ..config }).await;
    world.api.clients().get("psa_a").await.unwrap();
    let calls = world.server.token_calls();
    assert_eq!(calls[0].header("authorization"), None);
    expect!["grant_type=client_credentials&client_id=psa_abcdefghijklmnopqrstuvwxyz234567&client_secret=pck_abcdefghijklmnopqrstuvwxyz234567"]
        .assert_eq(&calls[0].body);
}

#[tokio::test]
async fn scopes_narrow_the_token() {
    let narrowed = |config: Config| {
        let scopes = Some(["pangea:platform:org:read", "a"].map(str::to_owned).into());
        let Credentials::ClientCredentials { client_id, client_secret, auth_method, .. } = config.credentials else {
            unreachable!()
        };
        Config {
            credentials: Credentials::ClientCredentials { client_id, client_secret, auth_method, scopes },
            ..config
        }
    };
    let world = World::with(|_| None, narrowed).await;
    world.api.clients().get("psa_a").await.unwrap();
    assert_eq!(
        world.server.token_calls()[0].body,
        "grant_type=client_credentials&scope=a+pangea%3Aplatform%3Aorg%3Aread"
    );
}

#[tokio::test]
async fn a_token_is_replaced_a_minute_before_it_expires() {
    let world = World::start(|_| None).await;
    for seconds in [0, 3_538, 2] {
        world.clock.advance(Duration::from_secs(seconds));
        world.api.clients().get("psa_a").await.unwrap();
    }
    assert_eq!(bearers(&world), ["Bearer pts_1", "Bearer pts_1", "Bearer pts_2"]);
    // The first still lives for most of a minute, so it is revoked too.
    assert_eq!(revoked(&world).await, ["token=pts_1", "token=pts_2"]);
}

#[tokio::test]
async fn a_token_that_has_expired_is_not_revoked() {
    let world = World::start(|_| None).await;
    world.api.clients().get("psa_a").await.unwrap();
    world.clock.advance(Duration::from_secs(4_000));
    world.api.clients().get("psa_a").await.unwrap();
    assert_eq!(revoked(&world).await, ["token=pts_2"]);
}

#[tokio::test]
async fn a_token_that_lives_half_a_minute_serves_more_than_one_call() {
    let short = r#"{"access_token":"pts_short","expires_in":30}"#;
    let world = World::start(move |call| call.line.ends_with(TOKEN_PATH).then(|| json(200, short))).await;
    for seconds in [0, 22, 1] {
        world.clock.advance(Duration::from_secs(seconds));
        world.api.clients().get("psa_a").await.unwrap();
    }
    assert_eq!(world.server.token_calls().len(), 2);
}

#[tokio::test]
async fn a_401_mints_one_more_token_even_for_a_create() {
    let created = r#"{"client_id":"psa_a","client_name":"one","client_secret":"pck_a"}"#;
    let world = World::answering([json(401, r#"{"error":"invalid_token"}"#), json(200, created)]).await;
    world.api.clients().register(&Default::default()).await.unwrap();
    assert_eq!(bearers(&world), ["Bearer pts_1", "Bearer pts_2"]);
}

#[tokio::test]
async fn a_second_401_is_the_answer() {
    let world = World::answering(vec![json(401, r#"{"error":"invalid_token"}"#); 5]).await;
    let error = world.api.clients().get("psa_a").await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (Kind::Unauthorized, 2));
    assert_eq!(world.server.token_calls().len(), 2);
}

#[tokio::test]
async fn callers_who_meet_a_401_together_mint_one_more_token_together() {
    let refuse_the_first = |call: &super::world::Call| {
        (call.header("authorization") == Some("Bearer pts_1")).then(|| json(401, r#"{"error":"invalid_token"}"#))
    };
    let world = World::start(refuse_the_first).await;
    let clients = world.api.clients();
    let answers = join_all((0..10).map(|_| clients.get("psa_a"))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(world.server.token_calls().len(), 2);
}

#[tokio::test]
async fn a_ready_token_is_neither_replaced_nor_revoked() {
    let ready = |config| Config { credentials: Credentials::AccessToken("pts_ready".into()), ..config };
    let world = World::with(super::world::in_turn([json(401, "{}")]), ready).await;
    let error = world.api.clients().get("psa_a").await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unauthorized);
    world.api.shutdown().await;
    let lines: Vec<_> = world.server.all().into_iter().map(|call| call.line).collect();
    assert_eq!(lines, ["GET /authorization.access/v1beta/oauth/clients/psa_a"]);
}

#[tokio::test]
async fn without_credentials_nothing_is_sent() {
    let world = World::with(|_| None, |config| Config { credentials: Credentials::None, ..config }).await;
    let error = world.api.clients().get("psa_a").await.unwrap_err();
    assert_eq!(error.kind(), Kind::MissingCredentials);
    expect![
        "GET authorization.access /v1beta/oauth/clients/psa_a: it needs a token, and no credentials are configured"
    ]
    .assert_eq(&error.to_string());
    assert_eq!(world.server.all().len(), 0);
}

#[tokio::test]
async fn a_wrong_secret_is_named_as_such() {
    let refusal = r#"{"error":"invalid_client","error_description":"The client pck_abcdefghijklmnopqrstuvwxyz234567 is unknown"}"#;
    let world = World::start(move |call| call.line.ends_with(TOKEN_PATH).then(|| json(401, refusal))).await;
    let error = world.api.clients().get("psa_a").await.unwrap_err();
    assert_eq!((error.kind(), error.code(), error.status()), (Kind::InvalidClient, Some("invalid_client"), Some(401)));
    expect!["POST token endpoint /authorization.access/v1beta/oauth/token at ADDRESS: the service answered 401 (invalid_client): The client [redacted] is unknown"]
        .assert_eq(&error.to_string().replace(&world.server.address, "ADDRESS"));
}

#[tokio::test]
async fn a_404_of_the_token_endpoint_says_nothing_about_the_object() {
    let missing = r#"{"error":"invalid_request","error_description":"no such page"}"#;
    let world = World::start(move |call| call.line.ends_with(TOKEN_PATH).then(|| json(404, missing))).await;
    let error = world.api.clients().find("psa_a").await.unwrap_err();
    assert_eq!((error.kind(), error.is_gone()), (Kind::Other, false));
}

#[tokio::test]
async fn a_token_endpoint_that_is_busy_is_asked_again() {
    let mut busy = vec![json(503, "{}"), json(429, "{}").with("retry-after", "3")];
    let world = World::start(move |call| if call.line.ends_with(TOKEN_PATH) { busy.pop() } else { None }).await;
    world.api.clients().get("psa_a").await.unwrap();
    assert_eq!(world.server.token_calls().len(), 3);
    assert_eq!(world.clock.slept()[0], Duration::from_secs(3));
}

#[tokio::test]
async fn a_forgotten_token_is_replaced_now_and_revoked_at_the_end() {
    let world = World::start(|_| None).await;
    world.api.clients().get("psa_a").await.unwrap();
    world.api.forget_token(CLIENT_ID).await;
    world.api.clients().get("psa_a").await.unwrap();
    assert_eq!(bearers(&world), ["Bearer pts_1", "Bearer pts_2"]);

    assert_eq!(revoked(&world).await, ["token=pts_1", "token=pts_2"]);
}

#[tokio::test]
async fn after_the_shutdown_no_token_is_minted() {
    let world = World::start(|_| None).await;
    world.api.clients().get("psa_a").await.unwrap();
    world.api.shutdown().await;
    let error = world.api.clients().get("psa_a").await.unwrap_err();
    assert_eq!(error.kind(), Kind::Stopped);
    assert_eq!(world.server.token_calls().len(), 1);
}

#[tokio::test]
async fn a_shutdown_ends_although_the_service_hangs() {
    let world = World::start(|call| call.line.ends_with(REVOKE_PATH).then_some(Reaction::Hang)).await;
    world.api.clients().get("psa_a").await.unwrap();
    tokio::time::pause();
    let start = tokio::time::Instant::now();
    world.api.shutdown().await;
    assert_eq!(start.elapsed().as_secs(), 4);
}

#[tokio::test]
async fn a_service_has_its_own_token_first_then_the_general_one_then_the_login() {
    async fn bearer(change: impl FnOnce(Config) -> Config) -> String {
        let keys = |call: &super::world::Call| {
            call.line.contains("jwks").then(|| json(200, r#"{"status":"success","result":{"keys":[]}}"#))
        };
        let world = World::with(keys, change).await;
        world.api.authn().jwks().await.unwrap();
        world.api.clients().get("psa_a").await.unwrap();
        bearers(&world).join(", ")
    }
    let general = |config| Config { service_token: Some("pts_general".into()), ..config };
    let own = |config| Config { service_tokens: [("authn".to_owned(), "pts_own".into())].into(), ..general(config) };
    assert_eq!(bearer(own).await, "Bearer pts_own, Bearer pts_1");
    assert_eq!(bearer(general).await, "Bearer pts_general, Bearer pts_1");
    assert_eq!(bearer(|config| config).await, "Bearer pts_1, Bearer pts_1");
}

#[tokio::test]
async fn an_overridden_endpoint_gets_the_credentials_and_no_other() {
    let elsewhere = super::world::Server::start(|call| {
        Some(json(200, &format!(r#"{{"access_token":"pts_{}"}}"#, call.line.len())))
    })
    .await;
    let token = Some(format!("http://{}/token", elsewhere.address));
    let revocation = Some(format!("http://{}/revoke", elsewhere.address));
    let world = World::with(
        |_| None,
        |config| Config { endpoints: crate::Endpoints { token, revocation, introspection: None }, ..config },
    )
    .await;
    world.api.clients().get("psa_a").await.unwrap();
    world.api.shutdown().await;
    assert_eq!(elsewhere.all().into_iter().map(|call| call.line).collect::<Vec<_>>(), ["POST /token", "POST /revoke"]);
    assert!(
        world.server.all().iter().all(|call| !call.headers.contains("Basic") && !call.body.contains(CLIENT_SECRET))
    );
}

#[tokio::test]
async fn the_scopes_of_the_token_are_those_that_its_endpoint_says() {
    let world = World::start(|call| {
        let token = r#"{"access_token":"pts_1","token_type":"Bearer","expires_in":3599,"scope":"b  a"}"#;
        call.line.contains(TOKEN_PATH).then(|| json(200, token))
    })
    .await;
    let expected = Some(["a", "b"].map(str::to_owned).into());
    assert_eq!(world.api.granted_scopes().await, expected);
    assert_eq!(world.api.granted_scopes().await, expected);
    assert_eq!(world.server.all().len(), 1);
}

#[tokio::test]
async fn scopes_that_can_not_be_had_are_asked_for_once() {
    let world = World::start(|call| call.line.contains(TOKEN_PATH).then(|| json(503, "{}"))).await;
    assert_eq!(world.api.granted_scopes().await, None);
    assert_eq!(world.server.all().len(), 1);
}

#[tokio::test]
async fn the_scopes_of_a_ready_token_are_not_known_and_nothing_is_asked() {
    let ready = |config: Config| Config { credentials: Credentials::AccessToken("pts_a".into()), ..config };
    let world = World::with(|_| None, ready).await;
    assert_eq!(world.api.granted_scopes().await, None);
    assert_eq!(world.server.all().len(), 0);
}
