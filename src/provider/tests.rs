//! What the configured provider gives to operations.

use expect_test::{Expect, expect};
use tf_framework::Model;

use super::*;
use crate::testing::{pangea, render};

const LOGIN: [(&str, &str); 2] = [("PANGEA_CLIENT_ID", "psa_a"), ("PANGEA_CLIENT_SECRET", "pck_hidden")];

fn fails<T>(result: Result<T>, expected: Expect) {
    expected.assert_eq(&render(&result.err().expect("it succeeded")));
}

#[test]
fn the_schemas_are_sound() {
    assert_eq!(tf_framework::check_schema::<PangeaProvider>(), []);
}

#[test]
fn credentials_that_are_missing_are_explained_at_the_first_call() {
    fails(
        pangea(Block::default(), &[]).api(),
        expect![[r#"
            Error: Missing Pangea credentials

            Neither the provider block nor the environment says how to log in to Pangea. Set one of:
              - `client_id` and `client_secret`, or PANGEA_CLIENT_ID and PANGEA_CLIENT_SECRET: a management client, whose tokens the provider gets, renews and revokes;
              - `access_token`, or PANGEA_ACCESS_TOKEN: a ready token, which lives an hour as a rule.

            Management clients and their secrets are made on the page Organization API Credentials (or Project API Credentials) of the Pangea User Console.
        "#]],
    );
    fails(
        pangea(Block::default(), &LOGIN[..1]).api(),
        expect![[r#"
            Error: Missing Pangea credentials

            The credentials are half there: one part comes from the environment variable PANGEA_CLIENT_ID, and the other is missing. Set the provider's attribute `client_secret` or the environment variable PANGEA_CLIENT_SECRET.

            Management clients and their secrets are made on the page Organization API Credentials (or Project API Credentials) of the Pangea User Console.
        "#]],
    );
}

#[test]
fn what_is_unknown_is_named_at_the_first_call() {
    fails(
        pangea(Block { client_id: Value::Unknown, ..Block::default() }, &LOGIN).api(),
        expect![[r#"
        Error: Provider configuration is not known yet

        The provider's attribute `client_id` depends on something that is known only after an apply, and this operation has to call Pangea now. Apply what it depends on first, with `terraform apply -target=ADDRESS`, or set `client_id` to a value that is known.
    "#]],
    );
    for block in [
        Block { domain: Value::Unknown, ..Block::default() },
        Block { scopes: Value::Unknown, ..Block::default() },
        Block { proxy_url: Value::Unknown, ..Block::default() },
        Block { max_retries: Value::Unknown, ..Block::default() },
    ] {
        assert!(pangea(block.clone(), &LOGIN).api().is_err());
        assert!(pangea(block, &LOGIN).service_api("authn").is_err());
    }
}

#[test]
fn a_service_is_called_with_its_own_token_or_as_the_login() {
    let token = [("PANGEA_AUTHN_TOKEN", "pts_hidden")];
    assert!(pangea(Block::default(), &token).service_api("authn").is_ok());
    assert!(pangea(Block::default(), &token).api().is_err());
    assert!(pangea(Block::default(), &LOGIN).service_api("authn").is_ok());
    let unknown = Block { service_token: Value::Unknown, ..Block::default() };
    assert!(pangea(unknown, &LOGIN).service_api("authn").is_err());
}

#[test]
fn an_objects_own_organization_wins_over_the_providers() {
    let pangea = pangea(Block { organization_id: "poi_default".into(), ..Block::default() }, &LOGIN);
    assert_eq!(pangea.organization_id(&"poi_own".into()).as_deref(), Ok("poi_own"));
    assert_eq!(pangea.organization_id(&Value::Unknown).as_deref(), Ok("poi_default"));
    assert_eq!(pangea.organization_id(&Value::Null).as_deref(), Ok("poi_default"));
}

#[test]
fn an_organization_that_is_set_nowhere_is_asked_for() {
    fails(
        pangea(Block::default(), &LOGIN).organization_id(&Value::Null),
        expect![[r#"
        Error at organization_id: Missing organization

        Neither the resource nor the provider says which organization is meant. Set `organization_id` here or in the provider block, or the environment variable PANGEA_ORGANIZATION_ID. It is the id (`poi_…`) on the page Organization Settings of the Pangea User Console.
    "#]],
    );
}

#[test]
fn only_the_client_that_logs_in_is_the_login() {
    assert!(pangea(Block::default(), &LOGIN).is_login("psa_a"));
    assert!(!pangea(Block::default(), &LOGIN).is_login("psa_b"));
    assert!(!pangea(Block::default(), &[("PANGEA_ACCESS_TOKEN", "pts_hidden")]).is_login("psa_a"));
}

#[test]
fn the_user_agent_names_both_versions_and_nothing_that_a_header_cannot_hold() {
    assert_eq!(user_agent("1.11.4"), format!("terraform-provider-pangea/{} terraform/1.11.4", PangeaProvider::VERSION));
    assert!(user_agent("1\r\n2 ü").ends_with("terraform/12"));
}

#[test]
fn every_secret_of_the_block_is_sensitive() {
    let sensitive: Vec<_> =
        Block::attributes().iter().filter(|a| a.is_sensitive()).map(|a| a.name().to_owned()).collect();
    assert_eq!(sensitive, ["client_secret", "access_token", "service_token", "client_credentials", "proxy_url"]);
}

#[tokio::test]
async fn the_hosts_wish_to_stop_ends_the_clients_waits() {
    let stop = Stop::new();
    bridge(std::future::ready(()), stop.clone()).unwrap();
    stop.signalled().await;
}
