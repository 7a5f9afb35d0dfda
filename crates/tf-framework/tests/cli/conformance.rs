//! The example providers, held to the conformance suite.

use std::fs;

use serde_json::{Value, json};
use tf_conformance::{Samples, Scope, Suite, Verdict};

use crate::example::example;

/// Runs all checks on the provider with these samples, which stand under the names of their folders, and gives those that were
/// passed. `FOLDER` in the provider block is a folder that holds a file, `hall-3.code`, and another folder, `full`.
async fn conforms(name: &str, samples: Value) -> Vec<u8> {
    let (folder, written) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    fs::write(folder.path().join("hall-3.code"), "1234").unwrap();
    fs::create_dir(folder.path().join("full")).unwrap();
    for (kind, of_kind) in samples.as_object().unwrap() {
        if kind == "provider" {
            let text = of_kind.to_string().replace("FOLDER", &folder.path().to_string_lossy());
            fs::write(written.path().join("provider.json"), text).unwrap();
            continue;
        }
        fs::create_dir(written.path().join(kind)).unwrap();
        for (name, sample) in of_kind.as_object().unwrap() {
            fs::write(written.path().join(kind).join(format!("{name}.json")), sample.to_string()).unwrap();
        }
    }
    let samples = Samples::read(written.path()).unwrap();
    // The process is the same in all of them, so one stands for all.
    let scope = if name == "faulty" { Scope::All } else { Scope::Calls };
    let report = Suite { binary: example(name), samples, scope }.run().await;
    assert_eq!(report.failed(), [0; 0], "{report}");
    let passed = report.rows.iter().filter(|row| row.verdict == Verdict::Passed).map(|row| row.check.number);
    let mut passed: Vec<u8> = passed.collect();
    passed.dedup();
    passed
}

/// None of the checks that an example is there for may be left out.
fn assert_among(passed: &[u8], wanted: &[u8]) {
    let missing: Vec<_> = wanted.iter().filter(|number| !passed.contains(number)).collect();
    assert!(missing.is_empty(), "these were not asked: {missing:?}");
}

#[tokio::test]
async fn the_binder_conforms() {
    let samples = json!({
        "provider": { "config": { "folder": "FOLDER" } },
        "resources": {
            "binder_page": {
                "config": { "name": "one", "text": "words", "password_wo": "p", "password_wo_version": 1 },
                "update": { "name": "one", "text": "more", "password_wo": "q", "password_wo_version": 2 },
                "replace": { "name": "two" },
                "import": "${name}",
                "unknown_to_import": ["password_wo_version"],
                "bad_import": "nothing",
            },
            "binder_index": {
                "needs": { "page": { "type": "binder_page", "config": { "name": "first" } } },
                "config": { "name": "all" },
                "update": { "name": "all", "heading": "Pages", "entry": [{ "page": "first", "title": "The first" }] },
                "replace": { "name": "some" },
            },
        },
    });
    assert_among(&conforms("binder", samples).await, &[39, 43, 45, 47, 63, 64, 65, 66]);
}

#[tokio::test]
async fn the_firewall_conforms() {
    let samples = json!({
        "resources": {
            "firewall_policy": {
                "config": {
                    "name": "one",
                    "log": { "network": "10.0.0.0/8" },
                    "rule": [{ "verdict": "deny", "port": [{ "number": 80 }, { "number": 53, "protocol": "udp" }] }],
                    "exception": [{ "network": "10.1.0.0/16" }],
                },
                "update": {
                    "name": "two",
                    "rule": [{}, { "network": "10.0.0.0/8", "verdict": "deny" }],
                    "exception": [{ "network": "10.1.0.0/16" }, { "network": "10.3.0.0/16", "verdict": "deny" }],
                    "zone": { "inner": { "network": "10.2.0.0/16" } },
                },
                "outlives_delete": "nothing is kept anywhere but in the state",
            },
        },
    });
    assert_among(&conforms("firewall", samples).await, &[35, 38, 39, 41, 42]);
}

#[tokio::test]
async fn the_locker_conforms() {
    let safe = |version: i64| json!({ "name": "vault", "code_wo": "1234", "code_wo_version": version });
    let samples = json!({
        "provider": { "config": { "folder": "FOLDER" } },
        "resources": {
            "locker_safe": {
                "config": safe(1),
                "update": safe(2),
                "replace": { "name": "other", "code_wo": "1234", "code_wo_version": 2 },
            },
        },
        "ephemeral-resources": { "locker_lease": { "config": { "name": "hall-3" } } },
        "functions": {
            "label": {
                "calls": [
                    { "arguments": ["hall", "-", "east", "3"], "result": "hall-east-3" },
                    { "arguments": ["hall", null], "result": "hall" },
                    { "arguments": ["", null], "error_at": 0 },
                    { "arguments": ["hall", "-", "a", "b", "a"], "error_at": 4 },
                ],
            },
        },
    });
    assert_among(&conforms("locker", samples).await, &[47, 54, 55, 67, 68]);
}

#[tokio::test]
async fn the_notebook_conforms() {
    let samples = json!({
        "provider": { "config": { "folder": "FOLDER" } },
        "resources": {
            "notebook_note": {
                "config": { "title": "one", "text": "words" },
                "update": { "title": "one", "text": "more words" },
                "replace": { "title": "two", "text": "more words" },
                "import": "${title}",
                "bad_import": "nothing",
            },
            "notebook_card": {
                "config": { "title": "card", "fields": "{\"a\": 1}", "timeouts": { "create": "1m" } },
                "update": { "title": "card", "fields": "{\"a\":1,\"b\":2}" },
                "replace": { "title": "another", "fields": "{}" },
                "import": "${title}",
                "unknown_to_import": ["timeouts", "fields"],
                "bad_import": "nothing",
            },
        },
        "list-resources": {
            "notebook_note": {
                "needs": {
                    "one": { "type": "notebook_note", "config": { "title": "one", "text": "1" } },
                    "two": { "type": "notebook_note", "config": { "title": "two", "text": "2" } },
                },
                "config": {},
            },
        },
        "actions": {
            "notebook_archive": {
                "needs": { "note": { "type": "notebook_note", "config": { "title": "one", "text": "1" } } },
                "config": { "name": "all" },
                "fails": { "name": "full" },
            },
        },
    });
    assert_among(&conforms("notebook", samples).await, &[45, 46, 56, 57, 69, 70, 71]);
}

#[tokio::test]
async fn a_provider_that_panics_conforms() {
    let thing = |operation: &str| json!({ "panics_in": operation });
    let samples = json!({
        "resources": {
            "faulty_thing": {
                "config": thing("nothing"),
                "update": thing("never"),
                "fails": thing("create"),
                "panics": thing("create"),
                "outlives_delete": "nothing is kept anywhere but in the state",
            },
        },
    });
    assert_among(&conforms("faulty", samples).await, &[51, 62]);
}
