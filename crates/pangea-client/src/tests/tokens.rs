//! Tokens in a caller's own hand, and the search for a secret in Vault.

use super::world::{Call, REVOKE_PATH, Reaction, TOKEN_PATH, World, json};
use crate::{AuthMethod, Config, Credentials, Kind, TokenHolder};

const INTROSPECT_PATH: &str = "/authorization.access/v1beta/oauth/token/introspect";

fn given() -> TokenHolder {
    TokenHolder::Client { client_id: "psa_a".into(), client_secret: "pck_given".into(), auth_method: AuthMethod::Post }
}

fn service(call: &Call) -> Option<Reaction> {
    let active = r#"{"active":true,"client_id":"psa_a","scope":"b a","exp":1700003600,"jti":"pmt_a"}"#;
    match call.line.as_str() {
        line if line.ends_with(INTROSPECT_PATH) => Some(json(200, active)),
        line if line.ends_with(REVOKE_PATH) => Some(json(200, "")),
        _ => None,
    }
}

#[tokio::test]
async fn a_given_client_shows_itself_in_its_own_way_in_all_three_calls() {
    let world = World::start(service).await;
    let tokens = world.api.tokens(given());
    let minted = tokens.mint(Some(&["b".to_owned(), "a".to_owned()].into())).await.unwrap();
    assert_eq!((minted.expires_in, minted.scopes), (Some(3599), Some([].into())));
    let info = tokens.introspect(&minted.access_token).await.unwrap();
    assert!(info.active && info.scopes.len() == 2 && info.exp == Some(1_700_003_600));
    tokens.revoke(&minted.access_token).await.unwrap();
    let credentials = "client_id=psa_a&client_secret=pck_given";
    let bodies: Vec<String> = world.server.all().into_iter().map(|call| call.body).collect();
    assert_eq!(
        bodies,
        [
            format!("grant_type=client_credentials&scope=a+b&{credentials}"),
            format!("token=pts_1&{credentials}"),
            format!("token=pts_1&{credentials}"),
        ]
    );
}

#[tokio::test]
async fn what_narrows_the_tokens_of_the_logins_calls_does_not_narrow_those_in_hand() {
    let world = World::with(service, |config| {
        let Credentials::ClientCredentials { client_id, client_secret, auth_method, .. } = config.credentials else {
            unreachable!("the tests log in as a client");
        };
        let scopes = Some(["only:this".to_owned()].into());
        Config {
            credentials: Credentials::ClientCredentials { client_id, client_secret, auth_method, scopes },
            ..config
        }
    })
    .await;
    world.api.tokens(TokenHolder::Login).mint(None).await.unwrap();
    assert_eq!(world.server.token_calls()[0].body, "grant_type=client_credentials");
}

#[tokio::test]
async fn a_ready_token_can_mint_no_other() {
    let ready = |config| Config { credentials: Credentials::AccessToken("pts_ready".into()), ..config };
    let world = World::with(service, ready).await;
    let error = world.api.tokens(TokenHolder::Login).mint(None).await.unwrap_err();
    assert_eq!((error.kind(), world.server.all().len()), (Kind::CannotAct, 0));
}

#[tokio::test]
async fn a_token_that_is_over_or_a_wrong_secret_is_told_by_kind() {
    let unknown = r#"{"error":"invalid_request","error_description":"The token does not exist"}"#;
    for status in [400, 200] {
        let world = World::start(move |call| call.line.ends_with(REVOKE_PATH).then(|| json(status, unknown))).await;
        let error = world.api.tokens(given()).revoke(&"pts_a".into()).await.unwrap_err();
        assert_eq!((error.kind(), error.is_gone()), (Kind::Validation, false), "{status}");
    }
    let refuse = |call: &Call| call.line.ends_with(TOKEN_PATH).then(|| json(401, r#"{"error":"invalid_client"}"#));
    let error = World::start(refuse).await.api.tokens(given()).mint(None).await.unwrap_err();
    assert_eq!(error.kind(), Kind::InvalidClient);
}

#[tokio::test]
async fn an_older_version_is_found_in_the_end_by_looking_through_all_items() {
    let world = World::start(|call| {
        let item = r#"{"id":"pvi_a","item_versions":[{"version":1,"client_secret_id":"pce_old"}]}"#;
        let items = if call.body.contains("metadata_client_id") { "" } else { item };
        let answer = format!(r#"{{"status":"Success","result":{{"items":[{items}],"last":""}}}}"#);
        call.line.ends_with("/v2/get_bulk").then(|| json(200, &answer))
    })
    .await;
    let found = world.api.vault().find_client_secret("psa_a", "pce_old").await.unwrap().unwrap();
    assert_eq!((found.item_id.as_str(), found.version), ("pvi_a", 1));
    let asked: Vec<bool> = world.server.calls().iter().map(|call| call.body.contains("metadata_client_id")).collect();
    assert_eq!(asked, [true, true, false]);
    assert_eq!(world.api.vault().find_client_secret("psa_a", "pce_other").await.unwrap(), None);
}
