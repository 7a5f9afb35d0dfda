//! An operation's time limit: what keeps to it, and how its end is told.

use std::time::Duration;

use expect_test::expect;

use super::world::{FakeClock, Reaction, TOKEN_PATH, World, in_turn, json};
use crate::{Config, Credentials, Error, Kind, NewClient};

const SECONDS: fn(u64) -> Duration = Duration::from_secs;

/// The error's text, without the server's port.
fn text(error: &Error, world: &World) -> String {
    error.to_string().replace(&world.server.address, "ADDRESS")
}

#[tokio::test]
async fn a_wait_that_ends_after_the_limit_is_not_begun() {
    let world = World::answering([json(429, "{}").with("retry-after", "60")]).await;
    let error = world.api.within(SECONDS(30)).clients().get("psa_a").await.unwrap_err();
    assert_eq!((error.kind(), error.is_overdue(), world.clock.slept()), (Kind::RateLimited, true, vec![]));
    expect!["GET authorization.access /v1beta/oauth/clients/psa_a at ADDRESS: the service answered 429: {}; the next attempt would be in 60 s, after the operation's time limit of 30 s"]
        .assert_eq(&text(&error, &world));
}

#[tokio::test]
async fn the_calls_of_an_operation_share_its_limit() {
    let slow = [json(429, "{}").with("retry-after", "20"), json(200, "{}"), json(429, "{}").with("retry-after", "20")];
    let world = World::answering(slow).await;
    let api = world.api.within(SECONDS(30));
    api.clients().delete("psa_a").await.unwrap();
    assert!(api.clients().delete("psa_b").await.unwrap_err().is_overdue());
}

#[tokio::test]
async fn after_the_limit_nothing_is_sent() {
    let world = World::start(|_| None).await;
    let api = world.api.within(SECONDS(30));
    api.clients().get("psa_a").await.unwrap();
    world.clock.advance(SECONDS(31));
    let error = api.clients().register(&NewClient::default()).await.unwrap_err();
    assert_eq!((error.kind(), error.is_overdue(), world.server.calls().len()), (Kind::Timeout, true, 1));
    expect!["POST authorization.access /v1beta/oauth/clients/register at ADDRESS: not sent, since the operation's time limit of 30 s was over"]
        .assert_eq(&text(&error, &world));
    world.api.clients().get("psa_a").await.expect("the limit is that of one operation alone");
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_not_waited_for() {
    let world = World::with(
        |_| Some(Reaction::Hang),
        |config| Config { credentials: Credentials::AccessToken("pts_ready".into()), ..config },
    )
    .await;
    let read = world.api.within(Duration::from_millis(50)).clients().get("psa_a").await.unwrap_err();
    assert_eq!((read.kind(), read.is_overdue(), read.attempts()), (Kind::Timeout, true, 1));
    expect!["GET authorization.access /v1beta/oauth/clients/psa_a at ADDRESS: no whole answer before the operation's time limit of 0.05 s was over"]
        .assert_eq(&text(&read, &world));
    let api = world.api.within(Duration::from_millis(50));
    let create = api.clients().register(&NewClient::default()).await.unwrap_err();
    assert_eq!((create.kind(), create.is_overdue(), create.attempts()), (Kind::Ambiguous, true, 1));
}

#[tokio::test]
async fn a_token_is_minted_within_the_limit_of_the_call_that_needs_it_and_others_mint_their_own() {
    let mut refusals = vec![json(429, "{}").with("retry-after", "60")];
    let refuse = move |call: &super::world::Call| call.line.contains(TOKEN_PATH).then(|| refusals.pop()).flatten();
    let world = World::start(refuse).await;
    let error = world.api.within(SECONDS(30)).clients().get("psa_a").await.unwrap_err();
    assert!(error.is_overdue());
    expect!["POST token endpoint /authorization.access/v1beta/oauth/token at ADDRESS: the service answered 429: {}; the next attempt would be in 60 s, after the operation's time limit of 30 s"]
        .assert_eq(&text(&error, &world));
    world.api.clients().get("psa_a").await.unwrap();
}

#[tokio::test]
async fn whoever_waits_for_anothers_token_waits_no_longer_than_its_own_limit() {
    let hang = |call: &super::world::Call| call.line.contains(TOKEN_PATH).then_some(Reaction::Hang);
    let world = World::on(FakeClock::new(false), hang, |config| config).await;
    let (patient, api) = (world.api.clone(), world.api.within(SECONDS(30)));
    let minting = tokio::spawn(async move { patient.clients().get("psa_a").await });
    while world.server.all().is_empty() {
        tokio::task::yield_now().await;
    }
    let error = api.clients().get("psa_b").await.unwrap_err();
    assert_eq!((error.is_overdue(), world.server.all().len()), (true, 1));
    minting.abort();
}

#[tokio::test]
async fn a_run_secret_is_made_within_the_limit() {
    let reactions = [json(200, super::world::CLIENT), json(429, "{}").with("retry-after", "60")];
    let world = World::start(in_turn(reactions)).await;
    let api = world.api.within(SECONDS(30)).acting_as("psa_actor");
    let error = api.clients().get("psa_b").await.unwrap_err();
    assert!(error.is_overdue(), "{error}");
    assert_eq!(world.server.calls().len(), 2);
}
