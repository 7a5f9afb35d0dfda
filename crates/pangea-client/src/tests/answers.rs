//! Answers as real bytes: empty, cut, oversized, foreign, and in pages.

use expect_test::expect;

use super::world::{Call, Reaction, World, json};
use crate::{ClientFilter, Error, Kind, NewClient, NewSecret, ProjectFilter, Role, SecretUpdate};

async fn get(reaction: Reaction) -> Result<crate::Client, Error> {
    World::answering([reaction]).await.api.clients().get("psa_a").await
}

async fn told(reaction: Reaction) -> String {
    let error = get(reaction).await.unwrap_err();
    let text = error.to_string().replace(error.host(), "HOST");
    format!(
        "{:?}: {}",
        error.kind(),
        text.trim_start_matches("GET authorization.access /v1beta/oauth/clients/psa_a at HOST: ")
    )
}

#[tokio::test]
async fn no_body_an_empty_object_and_204_are_enough_where_nothing_is_needed() {
    for reaction in [json(200, ""), json(200, " \n"), json(200, "{}"), json(200, "null"), json(204, "")] {
        let world = World::start(move |call| (!call.line.contains("/token")).then(|| reaction.clone())).await;
        let clients = world.api.clients();
        let role = [Role::new("project", "ppi_a", "admin")];
        clients.grant("psa_a", &["a".to_owned()].into(), &role).await.unwrap();
        clients.revoke("psa_a", &["a".to_owned()].into(), &[]).await.unwrap();
        clients.delete("psa_a").await.unwrap();
        clients.revoke_secret("psa_a", "pce_a").await.unwrap();
        world.api.projects().delete("ppi_a").await.unwrap();
    }
}

#[tokio::test]
async fn a_page_of_html_is_no_success_even_where_nothing_is_needed() {
    let world = World::answering([json(200, "<html>Sign in</html>")]).await;
    let error = world.api.clients().grant("psa_a", &Default::default(), &[]).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Malformed);
}

#[tokio::test]
async fn answers_that_are_not_understood_are_told_without_their_values() {
    expect![[r#"
        Malformed: the answer (200) is not understood: it holds no result
        Malformed: the answer (200) is not understood: it is not a JSON object
        Malformed: the answer (200) is not understood: missing field `client_name`
        Malformed: the answer (200) is not understood: a field is of another type than documented
        Malformed: the answer (200) is not understood: it is not a JSON object"#]]
    .assert_eq(
        &[
            told(json(200, "")).await,
            told(json(200, r#"{"client_id":"#)).await,
            told(json(200, r#"{"client_id":"psa_a"}"#)).await,
            told(json(200, r#"{"client_id":"psa_a","client_name":{"pck":"planted"}}"#)).await,
            told(json(200, &"[".repeat(100_000))).await,
        ]
        .join("\n"),
    );
}

#[tokio::test]
async fn an_oversized_answer_is_not_read_to_its_end() {
    let endless = [b"HTTP/1.1 200 OK\r\n\r\n".as_slice(), &[b' '; 9 * 1024 * 1024]].concat();
    expect!["Malformed: the answer (200) is larger than 8388608 bytes"]
        .assert_eq(&told(Reaction::Bytes(endless)).await);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let world = World::answering([json(302, "").with("location", "http://127.0.0.1:1/")]).await;
    let error = world.api.clients().get("psa_a").await.unwrap_err();
    assert_eq!((error.kind(), error.status()), (Kind::Other, Some(302)));
    assert_eq!(world.server.calls().len(), 1);
}

#[tokio::test]
async fn an_object_that_is_gone_is_none() {
    let gone = r#"{"status":"ValidationError","summary":"1 error","request_id":"prq_a","result":{"errors":[{"code":"DoesNotExist","detail":"no such project","source":"/id"}]}}"#;
    let world = World::answering([
        json(404, r#"{"error":"invalid_request","error_description":"The client does not exist"}"#),
        json(404, ""),
        json(400, gone),
    ])
    .await;
    assert_eq!(world.api.clients().find("psa_a").await.unwrap(), None);
    assert_eq!(world.api.clients().find("psa_a").await.unwrap(), None);
    assert_eq!(world.api.projects().find("ppi_a").await.unwrap(), None);
}

#[tokio::test]
async fn what_only_looks_gone_is_an_error() {
    let elsewhere = r#"{"status":"ValidationError","result":{"errors":[{"code":"DoesNotExist","detail":"no","source":"/org_id"}]}}"#;
    let two = r#"{"status":"ValidationError","result":{"errors":[{"code":"DoesNotExist","detail":"no","source":"/id"},{"code":"BadState","detail":"","source":""}]}}"#;
    for reaction in [
        json(404, "<html>404</html>"),
        json(404, "404 page not found"),
        json(404, r#"{"message":"no Route matched with those values"}"#),
        json(404, "{}"),
        json(403, "{}"),
        json(400, elsewhere),
        json(400, two),
    ] {
        let world = World::answering([reaction]).await;
        world.api.projects().find("ppi_a").await.unwrap_err();
    }
}

#[tokio::test]
async fn a_project_may_be_there_where_its_creation_is_answered_with_an_unknown_word() {
    let world =
        World::answering([json(200, r#"{"status":"Provisioning","summary":"soon","request_id":"prq_a"}"#)]).await;
    let error = world.api.projects().create(&crate::NewProject::default()).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (Kind::Ambiguous, Some("Provisioning")));
}

#[tokio::test]
async fn a_registration_gives_the_secret_and_the_client() {
    let answer = r#"{"client_id":"psa_a","client_name":"one","scope":"b a","client_secret":"pck_a","client_secret_id":"pce_a","redirect_uris":null,"response_types":["token",null],"unknown":1}"#;
    let world = World::answering([json(200, answer)]).await;
    let registered = world.api.clients().register(&NewClient::default()).await.unwrap();
    assert_eq!(secrecy::ExposeSecret::expose_secret(&registered.client_secret), "pck_a");
    assert_eq!(registered.client_secret_id.as_deref(), Some("pce_a"));
    assert_eq!(registered.client.scopes, ["a", "b"].map(str::to_owned).into());
    assert_eq!(registered.client.response_types, ["token"]);
    assert_eq!(registered.client.redirect_uris, [""; 0]);
}

#[tokio::test]
async fn what_was_made_is_known_by_its_id_whatever_stands_beside_it() {
    let client = r#"{"client_id":"psa_a","client_name":"one","client_secret":"pck_a","client_token_expires_in":"3600","created_at":5,"client_secret_expires_at":{}}"#;
    let registered =
        World::answering([json(200, client)]).await.api.clients().register(&NewClient::default()).await.unwrap();
    assert_eq!((registered.client.client_id.as_str(), registered.client.client_token_expires_in), ("psa_a", None));
    let project =
        r#"{"status":"success","result":{"id":"ppi_a","name":"one","org":"poi_a","geo":"us","created_at":5}}"#;
    let world = World::answering([json(200, project)]).await;
    assert_eq!(world.api.projects().create(&crate::NewProject::default()).await.unwrap().id, "ppi_a");
    let secret = r#"{"client_secret_id":"pce_a","client_secret":"pck_a","client_secret_expires_at":5}"#;
    let made =
        World::answering([json(200, secret)]).await.api.clients().create_secret("psa_a", &NewSecret::default()).await;
    assert_eq!(made.unwrap().client_secret_id, "pce_a");
}

#[tokio::test]
async fn secrets_are_made_listed_changed_and_revoked() {
    let world = World::answering([
        json(200, r#"{"client_id":"psa_a","client_secret_id":"pce_b","client_secret":"pck_b"}"#),
        json(200, r#"{"client-secrets":[{"client_secret_id":"pce_b","client_secret_metadata":null}],"count":1,"last":"MTox"}"#),
        json(200, r#"{"client_id":"psa_a","client_secret_id":"pce_b","client_secret":"pck_b","client_secret_name":"new"}"#),
        json(200, "{}"),
    ])
    .await;
    let clients = world.api.clients();
    assert_eq!(clients.create_secret("psa_a", &NewSecret::default()).await.unwrap().client_secret_id, "pce_b");
    assert_eq!(clients.secrets("psa_a").await.unwrap()[0].client_secret_id, "pce_b");
    let renamed = SecretUpdate { client_secret_name: Some("new".into()), ..SecretUpdate::default() };
    assert_eq!(
        clients.update_secret("psa_a", "pce_b", &renamed).await.unwrap().client_secret_name.as_deref(),
        Some("new")
    );
    clients.revoke_secret("psa_a", "pce_b").await.unwrap();
}

#[tokio::test]
async fn keys_are_typed_and_whole() {
    let answer = r#"{"status":"success","result":{"keys":[{"kid":"pvi_a|1","kty":"EC","alg":"ES256","crv":"P-256","x":"eA","y":"eQ"},{"kty":"OKP","crv":"Ed25519","x":"eA","extra":1.10}]}}"#;
    let jwks = World::answering([json(200, answer)]).await.api.authn().jwks().await.unwrap();
    assert_eq!(jwks.keys[0].kid.as_deref(), Some("pvi_a|1"));
    assert_eq!((jwks.keys[1].kty.as_deref(), jwks.keys[1].y.as_deref()), (Some("OKP"), None));
    assert_eq!(jwks.keys[1].document, r#"{"crv":"Ed25519","extra":1.10,"kty":"OKP","x":"eA"}"#);
    assert_eq!(
        jwks.document.len(),
        r#"{"keys":[]}"#.len() + jwks.keys[0].document.len() + 1 + jwks.keys[1].document.len()
    );
}

/// Lists clients from these pages and gives the names and the number of calls.
async fn listed(pages: Vec<&'static str>) -> (String, usize) {
    let world = World::answering(pages.into_iter().map(|page| json(200, page))).await;
    let clients = world.api.clients().list(&ClientFilter::default()).await.unwrap();
    let names: Vec<_> = clients.into_iter().map(|client| client.client_name).collect();
    (names.concat(), world.server.calls().len())
}

#[tokio::test]
async fn a_listing_ends_on_count_an_empty_page_or_a_repeated_last() {
    const A: &str = r#"{"client_id":"psa_a","client_name":"a"}"#;
    let page = |count: u32, last: &str| &*format!(r#"{{"clients":[{A}],"count":{count},"last":"{last}"}}"#).leak();
    let empty = r#"{"clients":[],"count":9,"last":"x"}"#;
    let null = r#"{"clients":null,"count":0}"#;
    assert_eq!(listed(vec![page(2, "1"), page(2, "2")]).await, ("aa".into(), 2));
    assert_eq!(listed(vec![page(9, "1"), empty]).await, ("a".into(), 2));
    assert_eq!(listed(vec![page(9, "1"), page(9, "1")]).await, ("aa".into(), 2));
    assert_eq!(listed(vec![page(9, "")]).await, ("a".into(), 1));
    assert_eq!(listed(vec![null]).await, (String::new(), 1));
}

#[tokio::test]
async fn a_filter_travels_escaped_as_pangeas_own_clients_escape_it() {
    let world = World::answering([json(200, r#"{"clients":[],"count":0}"#)]).await;
    let filter = ClientFilter {
        client_name: Some("a b&c".into()),
        scopes: ["x:y".to_owned()].into(),
        ..ClientFilter::default()
    };
    world.api.clients().list(&filter).await.unwrap();
    expect!["GET /authorization.access/v1beta/oauth/clients?client_name=a+b%26c&scopes=x%3Ay&order=asc&order_by=created_at&size=100"]
        .assert_eq(&world.server.calls()[0].line);
}

#[tokio::test]
async fn every_request_says_who_sends_it() {
    let named =
        |config| crate::Config { user_agent: "terraform-provider-pangea/0.1.0 Terraform/1.15.5".into(), ..config };
    let world = World::with(|_| None, named).await;
    world.api.clients().get("psa_a").await.unwrap();
    let agents: Vec<_> = world.server.all().iter().map(|call| call.header("user-agent").map(str::to_owned)).collect();
    assert_eq!(agents, vec![Some("terraform-provider-pangea/0.1.0 Terraform/1.15.5".to_owned()); 2]);
}

#[tokio::test]
async fn a_listing_that_never_ends_is_ended() {
    let mut next = 0;
    let endless = move |call: &Call| {
        next += 1;
        (!call.line.contains("/token")).then(|| {
            json(200, &format!(r#"{{"clients":[{{"client_id":"psa_a","client_name":"a"}}],"last":"{next}"}}"#))
        })
    };
    let world = World::start(endless).await;
    let error = world.api.clients().list(&ClientFilter::default()).await.unwrap_err();
    expect!["GET authorization.access /v1beta/oauth/clients: the listing did not end after 1000 pages"]
        .assert_eq(&error.to_string());
    assert_eq!(world.server.calls().len(), 1_000);
}

#[tokio::test]
async fn projects_are_listed_to_the_end_of_either_kind_of_page() {
    let project = |id: &str| format!(r#"{{"id":"{id}","name":"{id}","org":"poi_a","geo":"us","region":"us-west-2"}}"#);
    let page = |ids: &[&str], rest: &str| {
        let results: Vec<_> = ids.iter().map(|id| project(id)).collect();
        json(200, &format!(r#"{{"status":"Success","result":{{"results":[{}]{rest}}}}}"#, results.join(",")))
    };
    let cases = [
        (vec![page(&["a", "b"], r#","count":2,"next":null,"previous":null"#)], "ab", 1),
        (vec![page(&["a", "b"], r#","count":3,"offset":0"#), page(&["c"], r#","count":3,"offset":2"#)], "abc", 2),
        (vec![page(&["a"], r#","count":3"#), page(&["a"], r#","count":3"#)], "a", 2),
        (vec![page(&["a"], "")], "a", 1),
        (vec![page(&[], r#","count":0"#)], "", 1),
    ];
    for (pages, expected, calls) in cases {
        let world = World::answering(pages).await;
        let projects = world.api.projects().list("poi_a", &ProjectFilter::default()).await.unwrap();
        assert_eq!(projects.into_iter().map(|project| project.id).collect::<String>(), expected);
        assert_eq!(world.server.calls().len(), calls, "{expected}");
    }
}
