//! A provider that panics: the person reads an error about it, and the process goes on.

use serde_json::{Value, json};
use xtask::acceptance::every_cli;
use xtask::folder::Folder;

use crate::run;

/// Two things, of which the first panics in this operation.
fn configuration(operation: &str) -> String {
    format!(
        "resource \"faulty_thing\" \"bad\" {{\n  panics_in = \"{operation}\"\n}}\nresource \"faulty_thing\" \"good\" {{}}\n"
    )
}

/// What the person reads is one error in the provider's words, not the host's report of a crash.
#[track_caller]
fn assert_told(arguments: &[&str], folder: &Folder) {
    let output = folder.run(arguments);
    let told = format!("{}{}", output.stdout, output.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(output.code, Some(1), "{told}");
    assert!(told.contains("The provider panicked") && told.contains("as the configuration says"), "{told}");
    for crash in ["plugin crashed", "did not respond", "Stack trace"] {
        assert!(!told.contains(crash), "{crash:?} in {told}");
    }
    // What was not known yet when the state was saved brings no error of its own.
    assert_eq!(told.matches("Error: ").count(), 1, "{told}");
}

const APPLY: [&str; 3] = ["apply", "-auto-approve", "-input=false"];

#[test]
fn a_panic_in_a_plan_is_an_error_of_its_own() {
    run(every_cli(), "faulty", |folder| {
        folder.config(&configuration("plan"));
        assert_told(&["plan", "-input=false"], folder);
    });
}

#[test]
fn a_panic_in_a_create_leaves_what_was_made_in_the_state_and_the_other_calls_alone() {
    run(every_cli(), "faulty", |folder| {
        folder.config(&configuration("create"));
        assert_told(&APPLY, folder);
        assert_eq!(folder.text("faulty_thing.good", "id"), "made");
        let bad = folder.values("faulty_thing.bad");
        assert_eq!((&bad["id"], &bad["later"], &bad["at_last"]), (&json!("made"), &Value::Null, &Value::Null));
        folder.config(&configuration("nothing"));
        assert_eq!(folder.plan().actions(), ["replace faulty_thing.bad"]);
        folder.apply();
        folder.plan_is_empty();
    });
}

#[test]
fn a_panic_in_any_other_operation_leaves_the_state_as_it_was() {
    run(every_cli(), "faulty", |folder| {
        folder.config(&configuration("nothing")).apply();
        folder.config(&configuration("update"));
        assert_told(&APPLY, folder);
        assert_eq!(folder.text("faulty_thing.bad", "panics_in"), "nothing");
        folder.config(&configuration("delete")).apply();
        assert_told(&["destroy", "-auto-approve", "-input=false"], folder);
        assert_eq!(folder.text("faulty_thing.bad", "panics_in"), "delete");
    });
}
