//! Faults to order, in process and over HTTP.

use std::io::ErrorKind;
use std::time::{Duration, Instant};

use pangea_emulator::Fault;
use serde_json::json;

use crate::caller::{Answer, CLIENTS, Emulator, PROJECT, REGISTER};

const FAULTS: &str = "/_emulator/faults";

fn get_project(emulator: &Emulator) -> Answer {
    emulator.post(&format!("{PROJECT}/get"), &json!({ "id": emulator.seed.project_id }))
}

fn try_register(emulator: &Emulator, name: &str) -> Result<Answer, ErrorKind> {
    let bearer = format!("Bearer {}", emulator.token);
    let body = json!({ "client_name": name, "scope": "a" }).to_string();
    emulator.try_send("POST", REGISTER, &[("authorization", &bearer)], Some(&body)).map_err(|error| error.kind())
}

#[test]
fn a_status_comes_in_the_shape_of_its_host() {
    let emulator = Emulator::start();
    for (status, error, name) in [
        (400, "invalid_request", "ValidationError"),
        (401, "invalid_token", "Unauthorized"),
        (403, "insufficient_scope", "Unauthorized"),
        (404, "invalid_request", "NotFound"),
        (429, "temporarily_unavailable", "TooManyRequests"),
        (500, "server_error", "InternalError"),
        (502, "server_error", "ProviderError"),
        (503, "temporarily_unavailable", "ServiceNotAvailable"),
    ] {
        emulator.inject(Fault::status(status).times(2));
        assert_eq!(emulator.get(CLIENTS).oauth_error(), (status, error));
        let envelope = get_project(&emulator);
        assert_eq!((envelope.status, &envelope.json["status"]), (status, &json!(name)));
        assert_eq!(envelope.json["request_id"], envelope.header("x-request-id").unwrap());
    }
    assert_eq!(get_project(&emulator).status, 200, "the faults are used up");
}

#[test]
fn a_fault_carries_the_headers_and_the_body_it_was_given() {
    let emulator = Emulator::start();
    emulator.inject(Fault::status(503).header("retry-after", "7").body("<html>busy</html>"));
    let answer = emulator.get(CLIENTS);
    assert_eq!((answer.status, answer.text.as_str()), (503, "<html>busy</html>"));
    assert_eq!((answer.header("retry-after"), answer.header("content-type")), (Some("7"), Some("text/html")));
    assert!(answer.header("x-request-id").unwrap().starts_with("prq_"));
}

#[test]
fn a_fault_meets_only_the_requests_it_names() {
    let emulator = Emulator::start();
    emulator.inject(Fault::status(500).method("POST").path("*/project/get").skip(1).times(2));
    assert_eq!(emulator.get(CLIENTS).status, 200);
    let statuses: Vec<u16> = (0..5).map(|_| get_project(&emulator).status).collect();
    assert_eq!(statuses, [200, 500, 500, 200, 200]);
    emulator.inject(Fault::status(500).path("/authorization.access/*").always());
    for _ in 0..3 {
        assert_eq!(emulator.get(CLIENTS).status, 500);
    }
    emulator.clear_faults();
    assert_eq!(emulator.get(CLIENTS).status, 200);
}

#[test]
fn a_reset_connection_did_nothing() {
    let emulator = Emulator::start();
    emulator.inject(Fault::reset());
    assert_eq!(try_register(&emulator, "never").err(), Some(ErrorKind::ConnectionReset));
    assert!(emulator.client_named("never").is_none());
}

#[test]
fn a_lost_answer_did_its_work() {
    let emulator = Emulator::start();
    emulator.inject(Fault::lost_answer());
    assert_eq!(try_register(&emulator, "lost").err(), Some(ErrorKind::ConnectionReset));
    assert!(emulator.client_named("lost").is_some());
}

#[test]
fn a_truncated_answer_ends_before_its_length() {
    let emulator = Emulator::start();
    emulator.inject(Fault::truncated());
    assert_eq!(try_register(&emulator, "half").err(), Some(ErrorKind::UnexpectedEof));
    assert!(emulator.client_named("half").is_some());
}

#[test]
fn a_malformed_answer_did_its_work() {
    let emulator = Emulator::start();
    emulator.inject(Fault::malformed("{\"client_id\": "));
    let answer = try_register(&emulator, "garbled").unwrap();
    assert_eq!((answer.status, answer.text.as_str()), (200, "{\"client_id\": "));
    assert!(emulator.client_named("garbled").is_some());
}

#[test]
fn latency_delays_and_adds_to_another_fault() {
    let emulator = Emulator::start();
    emulator.inject(Fault::latency(Duration::from_millis(60)));
    emulator.inject(Fault::status(500));
    let started = Instant::now();
    assert_eq!(emulator.get(CLIENTS).status, 500);
    assert!(started.elapsed() >= Duration::from_millis(60));
}

#[test]
fn a_late_answer_did_its_work_before() {
    let emulator = Emulator::start();
    emulator.inject(Fault::late_answer(Duration::from_millis(60)));
    let started = Instant::now();
    assert_eq!(try_register(&emulator, "late").unwrap().status, 200);
    assert!(started.elapsed() >= Duration::from_millis(60));
    let made = emulator.client_named("late").unwrap()["created_at"].as_str().unwrap().parse::<jiff::Timestamp>();
    assert!(jiff::Timestamp::now().duration_since(made.unwrap()) >= jiff::SignedDuration::from_millis(60));
}

#[test]
fn a_rewritten_answer_differs_in_one_place() {
    let emulator = Emulator::start();
    emulator.inject(Fault::rewrite("/result/region", json!("moon-1")));
    let rewritten = get_project(&emulator);
    assert_eq!(rewritten.result()["region"], "moon-1");
    emulator.inject(Fault::remove("/result/region"));
    assert!(get_project(&emulator).result().get("region").is_none());
    assert_eq!(get_project(&emulator).result()["region"], "us-west-1");
}

#[test]
fn an_accepted_call_is_polled_with_the_same_token() {
    let emulator = Emulator::start();
    emulator.inject(Fault::accepted(2));
    let accepted = get_project(&emulator);
    assert_eq!((accepted.status, &accepted.json["status"]), (202, &json!("Accepted")));
    let result = &accepted.json["result"];
    let id = accepted.json["request_id"].as_str().unwrap();
    assert_eq!(result["location"], format!("{}/api.console/request/{id}", emulator.url()));
    assert!(result["ttl_mins"].is_u64() && result["retry_counter"] == 0);

    let path = format!("/api.console/request/{id}");
    let stranger = emulator.call("GET", &path, &emulator.seed.authn_token, None);
    assert_eq!(stranger.errors(), (401, String::new()));
    let pending = emulator.get(&path);
    assert_eq!((pending.status, &pending.json["result"]["retry_counter"]), (202, &json!(1)));
    for _ in 0..2 {
        assert_eq!(emulator.get(&path).result()["id"], emulator.seed.project_id);
    }
    assert_eq!(emulator.get("/api.console/request/prq_unknown").json["status"], "NotFound");
}

#[test]
fn faults_are_ordered_listed_and_cleared_over_http() {
    let emulator = Emulator::start();
    for (fault, expected) in [
        (json!({ "kind": "status", "status": 429, "headers": { "retry-after": "3" }, "body": { "a": 1 } }), "429"),
        (json!({ "kind": "malformed", "body": "nope" }), "nope"),
        (json!({ "kind": "rewrite", "pointer": "/count", "value": 99 }), "\"count\":99"),
        (json!({ "kind": "rewrite", "pointer": "/count" }), "\"clients\""),
        (json!({ "kind": "latency", "milliseconds": 1 }), "\"count\":1"),
        (json!({ "kind": "accepted", "answers": 3 }), "\"count\":1"),
    ] {
        let mut fault = fault;
        fault["path"] = json!("/v1beta/oauth/*");
        assert_eq!(emulator.send("POST", FAULTS, &[], Some(&fault.to_string())).status, 200, "{fault}");
        let answer = emulator.get(CLIENTS);
        let seen = format!("{} {}", answer.status, answer.text);
        assert!(seen.contains(expected), "{fault}: {seen}");
    }
    emulator.send("POST", FAULTS, &[], Some(r#"{"kind":"reset","times":null,"skip":2}"#));
    let planned = emulator.send("GET", FAULTS, &[], None).json;
    assert_eq!(planned, json!([{ "kind": "reset", "method": null, "path": "*", "skip": 2, "times": null }]));
    assert_eq!(emulator.send("DELETE", FAULTS, &[], None).status, 200);
    assert_eq!(emulator.send("GET", FAULTS, &[], None).json, json!([]));
    let refused = emulator.send("POST", FAULTS, &[], Some(r#"{"kind":"quake"}"#));
    assert_eq!(refused.status, 400);
    assert_eq!(refused.json["error"], "There is no kind of fault named quake");
}

#[test]
fn the_clock_is_pushed_over_http() {
    let emulator = Emulator::start();
    let push = |body: &str| emulator.send("POST", "/_emulator/clock", &[], Some(body)).status;
    assert_eq!(push(r#"{"advance_seconds": 3601}"#), 200);
    assert_eq!(emulator.get(CLIENTS).status, 401, "the token is over");
    assert_eq!(push("{}"), 400);
    assert_eq!(push("x"), 400);
}
