//! Secrets of a client.

use std::time::Duration;

use serde_json::{Value, json};

use crate::caller::{CLIENTS, Client, Emulator, each, is_id};

const YEAR: u64 = 31_536_000;

fn client(emulator: &Emulator) -> Client {
    emulator.register(json!({ "client_name": "owner", "scope": "pangea:platform:org:read" }))
}

fn opens(emulator: &Emulator, client: &Client, secret: &str) -> bool {
    emulator.token_request(&client.id, secret, "grant_type=client_credentials").status == 200
}

fn seconds_between(earlier: &Value, later: &Value) -> f64 {
    let time = |value: &Value| value.as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
    time(later).duration_since(time(earlier)).as_secs_f64()
}

#[test]
fn a_further_secret_gets_an_id_of_its_own_and_opens_the_client_too() {
    let emulator = Emulator::start();
    let client = client(&emulator);
    let given = format!("pce_{}", "a".repeat(32));
    let body = json!({
        "client_id": client.id, "client_secret_id": given, "client_secret_expires_in": 60,
        "client_secret_name": "second", "client_secret_description": "d",
    });
    let secret = emulator.post(&format!("{CLIENTS}/{}/secrets", client.id), &body);
    assert_eq!(secret.status, 200);
    let secret = secret.json;
    assert!(is_id(&secret["client_secret_id"], "pce") && is_id(&secret["client_secret"], "pck"), "{secret}");
    assert_ne!(secret["client_secret_id"], given);
    assert_eq!((&secret["client_secret_name"], &secret["client_secret_description"]), (&json!("second"), &json!("d")));
    assert_eq!(secret["client_id"], client.id);
    assert!(opens(&emulator, &client, secret["client_secret"].as_str().unwrap()));
    assert!(opens(&emulator, &client, &client.secret));
}

#[test]
fn a_secret_without_any_field_has_defaults() {
    let emulator = Emulator::start();
    let client = client(&emulator);
    let secret = emulator.post(&format!("{CLIENTS}/{}/secrets", client.id), &json!({})).json;
    assert_eq!(
        (&secret["client_secret_name"], &secret["client_secret_description"]),
        (&json!("owner Secret"), &json!(""))
    );
    let stored = &emulator.secrets(&client.id)[1];
    assert_eq!(seconds_between(&stored["created_at"], &secret["client_secret_expires_at"]), YEAR as f64);
}

#[test]
fn a_malformed_secret_id_and_wrong_durations_are_refused() {
    let emulator = Emulator::start();
    let client = client(&emulator);
    for (body, code) in [
        (json!({ "client_secret_id": "x" }), "DoesNotMatchPattern"),
        (json!({ "client_secret_expires_in": 0 }), "IsTooSmall"),
        (json!({ "client_secret_expires_in": YEAR + 1 }), "IsTooBig"),
        (json!({ "client_secret_name": "" }), "BelowMinLength"),
        (json!({ "client_secret_description": 1 }), "InvalidString"),
    ] {
        let answer = emulator.post(&format!("{CLIENTS}/{}/secrets", client.id), &body);
        assert_eq!(answer.oauth_error(), (400, "invalid_request"));
        assert!(answer.description().ends_with(&format!("({code})")), "{}", answer.text);
    }
}

#[test]
fn a_secret_stops_opening_its_client_when_it_expires_and_its_tokens_live_on() {
    let emulator = Emulator::start();
    let client = client(&emulator);
    let path = format!("{CLIENTS}/{}/secrets/{}", client.id, client.secret_id);
    emulator.post(&path, &json!({ "client_secret_expires_in": 60 }));
    emulator.login(&client.id, &client.secret);
    emulator.advance(Duration::from_secs(61));
    assert!(!opens(&emulator, &client, &client.secret));
    assert!(emulator.tokens().iter().any(|token| token["client_id"] == client.id));
}

#[test]
fn an_update_counts_the_expiry_from_now_and_answers_with_the_value() {
    let emulator = Emulator::start();
    let client = client(&emulator);
    let path = format!("{CLIENTS}/{}/secrets/{}", client.id, client.secret_id);
    emulator.advance(Duration::from_secs(1000));
    let updated = emulator.post(&path, &json!({ "client_secret_expires_in": 60, "client_secret_name": "new" })).json;
    assert_eq!((&updated["client_secret"], &updated["client_secret_name"]), (&json!(client.secret), &json!("new")));
    assert_eq!(updated["client_secret_description"], "Auto-created first client secret", "what is not given stays");
    let stored = &emulator.secrets(&client.id)[0];
    assert_eq!(seconds_between(&stored["updated_at"], &updated["client_secret_expires_at"]), 60.0);
    assert_eq!(
        emulator.post(&path, &json!({ "client_secret_expires_in": -5 })).oauth_error(),
        (400, "invalid_request")
    );
}

#[test]
fn metadata_is_listed_under_the_hyphenated_key_without_values() {
    let emulator = Emulator::start();
    let client = client(&emulator);
    for name in ["b", "a"] {
        emulator.post(&format!("{CLIENTS}/{}/secrets", client.id), &json!({ "client_secret_name": name }));
    }
    let list = |query: &str| {
        let answer = emulator.get(&format!("{CLIENTS}/{}/secrets/metadata?{query}", client.id));
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert!(!answer.text.contains("pck_"));
        answer.json
    };
    let names = |query: &str| each(&list(query)["client-secrets"], "client_secret_name").join(" ");
    let whole = list("");
    assert_eq!(whole["count"], 3);
    let first = &whole["client-secrets"][0];
    assert_eq!(first["client_secret_id"], client.secret_id);
    assert_eq!(first["client_secret_metadata"]["creator_id"], emulator.seed.client_id);
    assert_eq!(first["client_secret_metadata"]["source_ip"], "127.0.0.1");
    assert_eq!(names("order_by=created_at"), "owner Secret b a");
    assert_eq!(names("client_secret_name=a"), "a");
    assert_eq!(names("client_secret_name__contains=own&client_secret_name__contains=Sec"), "owner Secret");
    assert_eq!(names("client_secret_name__in=a&client_secret_name__in=b&order=desc"), "a b");
    assert_eq!(names(&format!("created_at__gt={}", first["created_at"].as_str().unwrap())), "b a");
    let page = list("size=2");
    assert_eq!(page["client-secrets"].as_array().unwrap().len(), 2);
    assert_eq!(names(&format!("size=2&last={}", page["last"].as_str().unwrap())), "a");
    let by_id = list("order_by=client_secret_id");
    assert!(each(&by_id["client-secrets"], "client_secret_id").is_sorted());
    let refused = emulator.get(&format!("{CLIENTS}/{}/secrets/metadata?order_by=name", client.id));
    assert_eq!(refused.oauth_error(), (400, "invalid_request"));
}

#[test]
fn the_last_secret_may_be_revoked_and_then_it_is_gone() {
    let emulator = Emulator::start();
    let client = client(&emulator);
    let path = format!("{CLIENTS}/{}/secrets/{}", client.id, client.secret_id);
    assert_eq!(emulator.delete(&path).text, "{}");
    assert!(!opens(&emulator, &client, &client.secret));
    assert_eq!(emulator.delete(&path).oauth_error(), (404, "invalid_request"));
    assert_eq!(emulator.post(&path, &json!({})).oauth_error(), (404, "invalid_request"));
}

#[test]
fn a_secret_is_reached_only_through_its_own_client() {
    let emulator = Emulator::start();
    let (one, two) = (client(&emulator), client(&emulator));
    let path = format!("{CLIENTS}/{}/secrets/{}", two.id, one.secret_id);
    assert_eq!(emulator.delete(&path).oauth_error(), (404, "invalid_request"));
    assert!(opens(&emulator, &one, &one.secret));
}
