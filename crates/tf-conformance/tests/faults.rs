//! The suite on a sound provider, and on the same with one rule broken at a time: it must fail the check of that rule, and no
//! check that doesn't hang on it.

#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use tf_conformance::samples::{ActionSample, FunctionSample, ReadSample, ResourceSample};
use tf_conformance::{Report, Samples, Scope, Suite, Verdict};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Each fault of `tf-conformance-faulty`, and the check that it must fail.
const FAULTS: &[(&str, u8)] = &[
    ("1", 1),
    ("2", 2),
    ("3", 3),
    ("4", 4),
    ("5", 5),
    ("6", 6),
    ("7", 7),
    ("8", 8),
    ("9", 9),
    ("10", 10),
    ("11", 11),
    ("12-stdio", 12),
    ("12-second", 12),
    ("12-broker", 12),
    ("13", 13),
    ("14", 14),
    ("15", 15),
    ("16", 16),
    ("17", 17),
    ("18", 18),
    ("19-time", 19),
    ("19-level", 19),
    ("19-stdout", 19),
    ("20-required-and-computed", 20),
    ("20-identity", 20),
    ("21-type", 21),
    ("21-block", 21),
    ("21-return", 21),
    ("22", 22),
    ("23", 23),
    ("24", 24),
    ("25", 25),
    ("26", 26),
    ("27", 27),
    ("28", 28),
    ("29", 29),
    ("30", 30),
    ("31", 31),
    ("32", 32),
    ("33", 33),
    ("34", 34),
    ("35-attribute", 35),
    ("35-blocks", 35),
    ("35-element", 35),
    ("36", 36),
    ("37", 37),
    ("38", 38),
    ("39-path", 39),
    ("39-update", 39),
    ("40", 40),
    ("41-value", 41),
    ("41-computed", 41),
    ("41-set", 41),
    ("41-block", 41),
    ("41-unknown", 41),
    ("41-delete", 41),
    ("42", 42),
    ("43", 43),
    ("44-same", 44),
    ("44-old", 44),
    ("45-two", 45),
    ("45-type", 45),
    ("45-state", 45),
    ("46", 46),
    ("47-import", 47),
    ("47-capability", 47),
    ("48-lost", 48),
    ("48-foreign", 48),
    ("49", 49),
    ("50-legacy", 50),
    ("50-deferred", 50),
    ("50-read", 50),
    ("51", 51),
    ("52", 52),
    ("53-config", 53),
    ("53-unknown", 53),
    ("54", 54),
    ("55-pure", 55),
    ("55-arity", 55),
    ("55-argument", 55),
    ("55-absent", 55),
    ("56-limit", 56),
    ("56-identity", 56),
    ("56-object", 56),
    ("57", 57),
    ("58-size", 58),
    ("58-chunk", 58),
    ("58-range", 58),
    ("58-delete", 58),
    ("58-lock", 58),
    ("59", 59),
    ("60-severity", 60),
    ("60-place", 60),
    ("61", 61),
    ("62-exit", 62),
    ("62-crash", 62),
    ("63", 63),
    ("64-read", 64),
    ("64-import", 64),
    ("65", 65),
    ("66", 66),
    ("67", 67),
    ("68", 68),
    ("69-end", 69),
    ("69-empty", 69),
    ("69-order", 69),
    ("69-two", 69),
    ("70", 70),
    ("71", 71),
];

fn samples() -> Samples {
    let config = json!({
        "name": "one", "size": 3, "kind": "a", "any": "x", "secret": "s", "spec": { "shape": "square" },
        "tags": { "a": "b" }, "notes": ["n"], "port": [{ "number": 80 }, { "number": 443 }], "rule": [{ "from": "here" }],
        "limits": { "max": 5 }, "item": { "k": { "text": "t" } }, "extra": [{ "value": 1 }, { "value": "two" }]
    });
    let with = |name: &str, value: serde_json::Value| {
        let mut config = config.clone();
        config[name] = value;
        config
    };
    let thing = ResourceSample {
        config: config.clone(),
        update: Some(with("name", json!("two"))),
        replace: Some(with("kind", json!("b"))),
        import: Some("${id}".to_owned()),
        bad_import: Some("nothing".to_owned()),
        unknown_to_import: Vec::new(),
        fails: Some(with("name", json!("fails"))),
        slow: Some(with("name", json!("slow"))),
        panics: Some(with("name", json!("panics"))),
        old_states: serde_json::from_value(json!([{
            "version": 0,
            "state": { "id": "thing-9", "title": "old", "gone": true },
            "becomes": { "id": "thing-9", "name": "old" }
        }]))
        .unwrap(),
        ..Default::default()
    };
    let things: ReadSample = serde_json::from_value(json!({
        "needs": {
            "one": { "type": "faulty_thing", "config": { "name": "one" } },
            "two": { "type": "faulty_thing", "config": { "name": "two" } }
        },
        "config": {}
    }))
    .unwrap();
    let named = |config| ReadSample { config, ..Default::default() };
    let function = |calls| serde_json::from_value::<FunctionSample>(json!({ "calls": calls })).unwrap();
    Samples {
        resources: [("faulty_thing".to_owned(), thing)].into(),
        data_sources: [("faulty_things".to_owned(), named(json!({ "name": "x" })))].into(),
        ephemeral_resources: [("faulty_token".to_owned(), named(json!({ "user": "me" })))].into(),
        functions: [
            (
                "join".to_owned(),
                function(json!([
                    { "arguments": ["-", "a", "b"], "result": "a-b" },
                    { "arguments": ["-"], "result": "" },
                    { "arguments": ["", "a"], "error_at": 0 }
                ])),
            ),
            ("echo".to_owned(), function(json!([{ "arguments": [[1, "a"]], "result": [1, "a"] }]))),
        ]
        .into(),
        state_stores: [("faulty_chest".to_owned(), named(json!({ "name": "x" })))].into(),
        list_resources: [("faulty_thing".to_owned(), things)].into(),
        actions: [(
            "faulty_ring".to_owned(),
            ActionSample { config: json!({ "times": 1 }), fails: Some(json!({ "times": 0 })), ..Default::default() },
        )]
        .into(),
        ..Default::default()
    }
}

async fn report(fault: &str, scope: Scope) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let mut samples = samples();
    let environment = &mut samples.provider.environment;
    environment.insert("FAULT".to_owned(), fault.to_owned());
    environment.insert("FAULTY_FOLDER".to_owned(), folder.path().to_string_lossy().into_owned());
    let binary = Path::new(env!("CARGO_BIN_EXE_tf-conformance-faulty")).to_owned();
    Suite { binary, samples, scope }.run().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sound_provider_passes_every_check() {
    let report = report("", Scope::All).await;
    assert_eq!(report.failed(), [0; 0], "{report}");
    let [passed, failed, blocked, absent] = report.counts();
    // A Unix socket is no TCP.
    assert_eq!((passed, failed, blocked, absent), (70, 0, 0, 1), "{report}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_listens_on_tcp_passes_too() {
    let report = report("tcp", Scope::Process).await;
    assert_eq!(report.failed(), [0; 0], "{report}");
    let ports = report.rows.iter().find(|row| row.check.number == 5).unwrap();
    assert_eq!(ports.verdict, Verdict::Passed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_fails_its_own_check_and_no_other() {
    // As many at once as there are cores, and some that wait.
    let places = Arc::new(Semaphore::new(std::thread::available_parallelism().map_or(2, usize::from) + 1));
    let mut runs = JoinSet::new();
    for (fault, check) in FAULTS {
        let places = Arc::clone(&places);
        runs.spawn(async move {
            let _place = places.acquire().await.unwrap();
            // What a fault of the process does to the calls, or the other way round, is nothing: no code is shared.
            let scope = if *check <= 19 { Scope::Process } else { Scope::Calls };
            (*fault, *check, report(fault, scope).await)
        });
    }
    let mut wrong = Vec::new();
    while let Some(run) = runs.join_next().await {
        let (fault, check, report) = run.unwrap();
        if report.failed() != [check] {
            let failed = report.rows.iter().filter(|row| matches!(row.verdict, Verdict::Failed(_)));
            let failed: Vec<_> =
                failed.map(|row| format!("{} {}: {:?}", row.check.number, row.subject, row.verdict)).collect();
            wrong.push(format!("{fault} must fail {check} alone, and these failed:\n    {}", failed.join("\n    ")));
        }
    }
    wrong.sort();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
