//! What is sent again, after which wait, and what never is.

use std::{sync::Arc, time::Duration};

use expect_test::expect;
use futures_util::future::join_all;
use tokio::sync::{Barrier, Notify};

use super::world::{CLIENT, FakeClock, Reaction, World, in_turn, json};
use crate::{BaseUrl, Config, Credentials, Kind, NewClient, NewProject, NewSecret};

const SECONDS: fn(u64) -> Duration = Duration::from_secs;

/// A create against a service that fails in this way: how it ends, and how often it was sent.
async fn create(reactions: impl IntoIterator<Item = Reaction> + 'static) -> (Kind, usize) {
    let world = World::answering(reactions).await;
    let error = world.api.clients().register(&NewClient::default()).await.unwrap_err();
    (error.kind(), world.server.calls().len())
}

/// A service that never answers, and a short limit; a ready token, so that no minting falls under the limit.
async fn hanging() -> World {
    let quick = |config| Config {
        request_timeout: Duration::from_millis(50),
        max_retries: 1,
        credentials: Credentials::AccessToken("pts_ready".into()),
        ..config
    };
    World::with(|_| Some(Reaction::Hang), quick).await
}

#[tokio::test]
async fn retry_after_in_seconds_is_waited_for_to_the_second() {
    let world = World::answering([json(429, "{}").with("retry-after", "7")]).await;
    world.api.clients().get("psa_a").await.unwrap();
    assert_eq!(world.clock.slept(), [SECONDS(7)]);
}

#[tokio::test]
async fn retry_after_as_a_date_is_waited_for_by_the_clock() {
    let world = World::answering([json(503, "{}").with("retry-after", "Tue, 14 Nov 2023 22:13:45 GMT")]).await;
    world.api.clients().get("psa_a").await.unwrap();
    assert_eq!(world.clock.slept(), [SECONDS(25)]);
}

#[tokio::test]
async fn the_rate_limits_reset_is_waited_for_where_retry_after_is_missing() {
    let world = World::answering([json(429, "{}").with("x-ratelimit-reset", "11")]).await;
    world.api.clients().get("psa_a").await.unwrap();
    assert_eq!(world.clock.slept(), [SECONDS(11)]);
}

#[tokio::test]
async fn a_pause_beyond_the_limit_is_told_instead_of_waited_for() {
    let world = World::answering([
        json(429, r#"{"status":"TooManyRequests","summary":"slow down"}"#).with("retry-after", "3600")
    ])
    .await;
    let error = world.api.clients().get("psa_a").await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.waited()), (Kind::RateLimited, 1, Duration::ZERO));
    expect!["GET authorization.access /v1beta/oauth/clients/psa_a at ADDRESS: the service answered 429 (TooManyRequests): slow down; the next attempt would be in 3600 s, and no call waits longer than 300 s in all"]
        .assert_eq(&error.to_string().replace(&world.server.address, "ADDRESS"));
}

#[tokio::test]
async fn waits_add_up_to_the_limit_and_no_further() {
    let slow = vec![json(429, "{}").with("retry-after", "120"); 9];
    let world = World::with(in_turn(slow), |config| Config { max_retries: 8, ..config }).await;
    let error = world.api.clients().get("psa_a").await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.waited()), (Kind::RateLimited, 3, SECONDS(240)));
}

#[tokio::test]
async fn a_host_that_asked_one_caller_to_wait_is_left_alone_by_all() {
    let clock = FakeClock::new(true);
    let world = World::on(clock.clone(), in_turn([json(429, "{}").with("retry-after", "9")]), |config| config).await;
    let told = {
        let api = world.api.clone();
        tokio::spawn(async move { api.clients().get("psa_a").await })
    };
    clock.until_waiting().await;
    let other = {
        let api = world.api.clone();
        tokio::spawn(async move { api.clients().get("psa_b").await })
    };
    clock.until_waiting().await;
    assert_eq!(clock.slept(), [SECONDS(9), SECONDS(9)]);
    assert_eq!(world.server.calls().len(), 1);

    world.stop.signal();
    for task in [told, other] {
        assert_eq!(task.await.unwrap().unwrap_err().kind(), Kind::Stopped);
    }
}

#[tokio::test]
async fn a_stop_ends_the_wait_and_tells_what_it_was_for() {
    let clock = FakeClock::new(true);
    let world = World::on(clock.clone(), in_turn([json(500, r#"{"error":"server_error"}"#)]), |config| config).await;
    let api = world.api.clone();
    let call = tokio::spawn(async move { api.clients().get("psa_a").await });
    clock.until_waiting().await;
    world.stop.signal();
    let error = call.await.unwrap().unwrap_err();
    assert_eq!(error.kind(), Kind::Stopped);
    expect!["GET authorization.access /v1beta/oauth/clients/psa_a at ADDRESS: stopped while waiting to try again; before that, the service answered 500 (server_error)"]
        .assert_eq(&error.to_string().replace(&world.server.address, "ADDRESS"));
}

#[tokio::test]
async fn after_a_stop_what_needs_no_wait_is_still_done() {
    let world = World::start(|_| None).await;
    world.stop.signal();
    world.api.clients().revoke_secret("psa_a", "pce_a").await.unwrap();
}

#[tokio::test]
async fn a_failure_that_heals_is_not_seen() {
    let world = World::answering([json(500, "{}"), json(502, "<html>"), json(503, ""), json(504, "{}")]).await;
    world.api.clients().get("psa_a").await.unwrap();
    let bounds = [500, 1_000, 2_000, 4_000].map(Duration::from_millis);
    assert_eq!(world.server.calls().len(), 5);
    assert!(world.clock.slept().iter().zip(bounds).all(|(slept, bound)| *slept <= bound), "{:?}", world.clock.slept());
}

#[tokio::test]
async fn a_failure_that_stays_is_told_with_its_attempts() {
    let world =
        World::answering(vec![json(500, r#"{"status":"InternalError","summary":"boom","request_id":"prq_a"}"#); 9])
            .await;
    let error = world.api.projects().get("ppi_a").await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.request_id()), (Kind::Unavailable, 5, Some("prq_a")));
}

#[tokio::test]
async fn what_cannot_pass_is_not_tried_again() {
    for status in [400, 403, 404, 409, 501, 507] {
        let world = World::answering(vec![json(status, "{}"); 3]).await;
        world.api.clients().get("psa_a").await.unwrap_err();
        assert_eq!(world.server.calls().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn reads_and_deletes_are_sent_again_when_their_answer_is_lost() {
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{\"client_id\":".to_vec();
    let world = World::answering([Reaction::Close, Reaction::Bytes(cut)]).await;
    assert_eq!(world.api.clients().get("psa_a").await.unwrap().client_name, "one");
    assert_eq!(world.server.calls().len(), 3);

    let world = World::answering([Reaction::Close]).await;
    world.api.clients().delete("psa_a").await.unwrap();
    assert_eq!(world.server.calls().len(), 2);
}

#[tokio::test]
async fn a_create_that_may_have_been_carried_out_is_not_sent_again() {
    let cut = b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n{".to_vec();
    assert_eq!(create([Reaction::Close]).await, (Kind::Ambiguous, 1));
    assert_eq!(create([Reaction::Bytes(cut)]).await, (Kind::Ambiguous, 1));
    assert_eq!(create([json(500, "{}")]).await, (Kind::Ambiguous, 1));
    assert_eq!(create([json(503, "{}").with("retry-after", "1")]).await, (Kind::Ambiguous, 1));
    assert_eq!(create([json(200, "{\"client_id\"")]).await, (Kind::Ambiguous, 1));
    assert_eq!(create([json(200, "")]).await, (Kind::Ambiguous, 1));
}

#[tokio::test]
async fn a_create_that_was_refused_is_sent_again() {
    assert_eq!(create(vec![json(429, "{}"); 9]).await, (Kind::RateLimited, 5));
    assert_eq!(create([json(429, "{}"), json(400, "{}")]).await, (Kind::Validation, 2));
}

#[tokio::test]
async fn no_kind_of_create_is_sent_twice() {
    let world = World::answering(vec![Reaction::Close; 9]).await;
    let project = world.api.projects().create(&NewProject::default()).await.unwrap_err();
    let secret = world.api.clients().create_secret("psa_a", &NewSecret::default()).await.unwrap_err();
    assert_eq!((project.kind(), secret.kind()), (Kind::Ambiguous, Kind::Ambiguous));
    assert_eq!(world.server.calls().len(), 2);
    expect!["POST api.console /v1beta/platform/project/create at ADDRESS may or may not have been carried out: the connection broke before the whole answer was there"]
        .assert_eq(&project.to_string().replace(&world.server.address, "ADDRESS"));
}

#[tokio::test]
async fn a_refused_connection_is_tried_again_and_then_told() {
    // The port was free a moment ago and nobody listens on it now.
    let address = { std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap() };
    let nobody = |config| Config {
        base_url: BaseUrl::Template(format!("http://{address}")),
        credentials: Credentials::AccessToken("pts_ready".into()),
        ..config
    };
    let world = World::with(|_| None, nobody).await;
    let error = world.api.clients().register(&NewClient::default()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (Kind::Unreachable, 5));
    expect!["POST authorization.access /v1beta/oauth/clients/register at ADDRESS: no connection could be made"]
        .assert_eq(&error.to_string().replace(&address.to_string(), "ADDRESS"));
    assert!(std::error::Error::source(&error).is_some());
}

#[tokio::test]
async fn no_answer_in_time_is_told_with_the_limit() {
    let world = hanging().await;
    let error = world.api.clients().get("psa_a").await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (Kind::Timeout, 2));
    expect!["GET authorization.access /v1beta/oauth/clients/psa_a at ADDRESS: no whole answer within 0.05 s"]
        .assert_eq(&error.to_string().replace(&world.server.address, "ADDRESS"));
}

#[tokio::test]
async fn a_create_without_an_answer_in_time_is_not_sent_again() {
    let world = hanging().await;
    let error = world.api.clients().register(&NewClient::default()).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (Kind::Ambiguous, 1));
}

#[tokio::test]
async fn a_stop_ends_the_queue_for_a_slot_and_nothing_that_was_sent() {
    let arrived = Arc::new(Notify::new());
    let meeting = Arc::new(Barrier::new(2));
    let (told, meet) = (arrived.clone(), meeting.clone());
    let slow = move |call: &super::world::Call| {
        call.line.ends_with("/psa_a").then(|| {
            told.notify_one();
            Reaction::Meet(meet.clone())
        })
    };
    let world = World::with(slow, |config| Config { max_concurrent_requests: 1, ..config }).await;
    let api = world.api.clone();
    let sent = tokio::spawn(async move { api.clients().get("psa_a").await });
    arrived.notified().await;
    world.stop.signal();
    let queued = tokio::time::timeout(SECONDS(10), world.api.clients().get("psa_b")).await.expect("it queues on");
    assert_eq!(queued.unwrap_err().kind(), Kind::Stopped);
    meeting.wait().await;
    sent.await.unwrap().unwrap();
}

#[tokio::test]
async fn no_more_requests_are_on_their_way_than_allowed() {
    let pairs = Arc::new(Barrier::new(2));
    let meet = move |call: &super::world::Call| call.line.starts_with("GET").then(|| Reaction::Meet(pairs.clone()));
    let world = World::with(meet, |config| Config { max_concurrent_requests: 2, ..config }).await;
    let clients = world.api.clients();
    let answers = join_all((0..6).map(|_| clients.get("psa_a"))).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(world.server.peak(), 2);
}

#[tokio::test]
async fn a_call_that_was_put_off_is_looked_at_with_the_same_token_until_it_is_done() {
    let pending = r#"{"status":"Accepted","summary":"later","result":null,"request_id":"prq_a"}"#;
    let done = format!(r#"{{"status":"SUCCESS","result":{CLIENT},"request_id":"prq_a"}}"#);
    let reactions =
        [json(202, pending), json(202, pending), json(503, "{}").with("retry-after", "2"), json(200, &done)];
    let world = World::answering(reactions).await;
    let client = world.api.clients().get("psa_a").await.unwrap();
    assert_eq!(client.client_id, "psa_a");
    let seen: Vec<_> = world
        .server
        .calls()
        .into_iter()
        .map(|call| format!("{} {}", call.line, call.header("authorization").unwrap()))
        .collect();
    expect![[r#"
        [
            "GET /authorization.access/v1beta/oauth/clients/psa_a Bearer pts_1",
            "GET /authorization.access/request/prq_a Bearer pts_1",
            "GET /authorization.access/request/prq_a Bearer pts_1",
            "GET /authorization.access/request/prq_a Bearer pts_1",
        ]
    "#]]
    .assert_debug_eq(&seen);
    assert_eq!(world.clock.slept(), [SECONDS(1), SECONDS(2), SECONDS(2)]);
}

#[tokio::test]
async fn a_call_that_is_put_off_for_ever_ends() {
    let pending = r#"{"status":"Accepted","result":null,"request_id":"prq_a"}"#;
    let world = World::start(move |call| {
        call.line
            .contains("/v1beta/platform")
            .then(|| json(202, pending))
            .or_else(|| call.line.contains("/request/").then(|| json(202, pending)))
    })
    .await;
    let read = world.api.projects().get("ppi_a").await.unwrap_err();
    let create = world.api.projects().create(&NewProject::default()).await.unwrap_err();
    assert_eq!((read.kind(), create.kind()), (Kind::Timeout, Kind::Ambiguous));
    assert_eq!((read.waited().as_secs(), read.request_id()), (127, Some("prq_a")));
}

#[tokio::test]
async fn a_result_that_is_out_of_reach_does_not_make_the_object_gone() {
    let pending = r#"{"status":"Accepted","result":null,"request_id":"prq_a"}"#;
    let lost = r#"{"status":"NotFound","result":null,"request_id":"prq_b"}"#;
    let world = World::answering([json(202, pending), json(404, lost)]).await;
    let error = world.api.projects().find("ppi_a").await.unwrap_err();
    assert_eq!(error.kind(), Kind::Other);
}
