//! A provider with a list resource and an action.

use std::fs;

use serde_json::{Value, json};
use xtask::acceptance::{Wanted, every_cli, terraform_since};
use xtask::folder::Folder;
use xtask::process::Output;

use crate::run;

const PROVIDER: &str = "provider \"notebook\" {\n  folder = path.module\n}\n";

/// A note that archives all notes on an event of its life.
const NOTE: &str = r#"
action "notebook_archive" "all" {
  config {
    name = "archive"
  }
}

resource "notebook_note" "it" {
  title = "delta"
  text  = "d"
  lifecycle {
    action_trigger {
      events  = [EVENT]
      actions = [action.notebook_archive.all]
    }
  }
}
"#;

/// Lists and actions came with 1.14; OpenTofu has neither.
fn with_lists_and_actions() -> Wanted {
    terraform_since(1, 14)
}

/// Runs the scenario in a folder that holds three notes already.
#[track_caller]
fn with_notes(wanted: Wanted, scenario: impl Fn(&mut Folder)) {
    run(wanted, "notebook", |folder| {
        folder.config(PROVIDER);
        for title in ["gamma", "alpha", "beta"] {
            fs::write(folder.path().join(format!("{title}.txt")), format!("{title}\n")).unwrap();
        }
        scenario(folder);
    });
}

/// Lists notes; `body` goes into the `list` block.
fn query(folder: &Folder, body: &str, arguments: &[&str]) -> Output {
    let list = format!("list \"notebook_note\" \"it\" {{\n  provider = notebook\n{body}\n}}\n");
    fs::write(folder.path().join("it.tfquery.hcl"), list).unwrap();
    folder.run(&[&["query", "-json"], arguments].concat())
}

/// What stands under `key` in each line of `-json` that has it.
fn told(output: &Output, key: &str) -> Vec<Value> {
    let lines = output.stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter_map(|line| line.get(key).cloned()).collect()
}

/// The identities that a query found, which must have succeeded.
#[track_caller]
fn found(output: &Output) -> Vec<Value> {
    assert_eq!(output.code, Some(0), "{}{}", output.stdout, output.stderr);
    let results = told(output, "list_resource_found");
    assert_eq!(told(output, "list_complete")[0]["total"], results.len());
    results.into_iter().map(|result| result["identity"].clone()).collect()
}

/// The titles of the errors.
fn errors(output: &Output) -> Vec<Value> {
    let diagnostics = told(output, "diagnostic").into_iter();
    diagnostics.filter(|one| one["severity"] == "error").map(|one| one["summary"].clone()).collect()
}

/// The progress of actions, and how each of them ended, in order.
fn actions(output: &Output) -> Vec<String> {
    let lines = output.stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let events = lines.filter_map(|line| match line["type"].as_str()? {
        "action_progress" => line["hook"]["message"].as_str().map(str::to_owned),
        "action_complete" => Some("complete".to_owned()),
        "action_errored" => line["hook"]["error"].as_str().map(|error| format!("errored: {error}")),
        _ => None,
    });
    events.collect()
}

const APPLY: &[&str] = &["apply", "-json", "-auto-approve", "-input=false"];

/// Applies a note with an action on this event.
fn apply_with_action(folder: &mut Folder, event: &str) -> Output {
    folder.config(&format!("{PROVIDER}{}", NOTE.replace("EVENT", event)));
    folder.run(APPLY)
}

fn archive(folder: &Folder) -> String {
    fs::read_to_string(folder.path().join("archive")).unwrap_or_default()
}

#[test]
fn the_resource_works_with_programs_that_know_nothing_of_lists_and_actions() {
    run(every_cli(), "notebook", |folder| {
        let note = |text: &str| {
            format!("{PROVIDER}resource \"notebook_note\" \"it\" {{\n  title = \"one\"\n  text = \"{text}\"\n}}\n")
        };
        folder.config(&note("1")).apply();
        folder.plan_is_empty();
        folder.config(&note("22")).apply();
        folder.plan_is_empty();
        assert_eq!(folder.values("notebook_note.it"), json!({ "title": "one", "text": "22", "size": 2 }));
        folder.forget("notebook_note.it");
        folder.import("notebook_note.it", "one");
        folder.plan_is_empty();
        folder.destroy();
        assert!(!folder.path().join("one.txt").exists());
    });
}

#[test]
fn the_schema_names_the_list_and_the_action() {
    run(with_lists_and_actions(), "notebook", |folder| {
        let schema = folder.config(PROVIDER).provider_schema();
        let attribute = |kind: &str, name: &str, attribute: &str| {
            schema[kind][name]["block"]["attributes"][attribute]["type"].clone()
        };
        assert_eq!(attribute("list_resource_schemas", "notebook_note", "title_prefix"), "string");
        assert_eq!(attribute("action_schemas", "notebook_archive", "name"), "string");
    });
}

#[test]
fn a_query_finds_what_is_there() {
    with_notes(with_lists_and_actions(), |folder| {
        let output = query(folder, "", &[]);
        assert_eq!(found(&output), [json!({"title": "alpha"}), json!({"title": "beta"}), json!({"title": "gamma"})]);
        let first = &told(&output, "list_resource_found")[0];
        assert_eq!((&first["display_name"], &first["resource_object"]), (&json!("alpha"), &Value::Null));

        let output = query(folder, "  config {\n    title_prefix = \"be\"\n  }", &[]);
        assert_eq!(found(&output), [json!({"title": "beta"})]);
    });
}

#[test]
fn a_query_that_includes_the_resource_shows_all_of_it() {
    with_notes(with_lists_and_actions(), |folder| {
        let output = query(folder, "  include_resource = true", &[]);
        assert_eq!(found(&output).len(), 3);
        let last = &told(&output, "list_resource_found")[2];
        assert_eq!(last["resource_object"], json!({ "title": "gamma", "text": "gamma\n", "size": 6 }));
    });
}

#[test]
fn a_limit_below_the_total_is_kept() {
    with_notes(with_lists_and_actions(), |folder| {
        let output = query(folder, "  limit = 2", &[]);
        assert_eq!(found(&output), [json!({"title": "alpha"}), json!({"title": "beta"})]);
    });
}

/// Terraform shows none of the objects then.
#[test]
fn an_error_in_the_middle_of_a_query_is_told() {
    with_notes(with_lists_and_actions(), |folder| {
        fs::write(folder.path().join("beta.txt"), [0xff, 0xfe]).unwrap();
        let output = query(folder, "  include_resource = true", &[]);
        assert_eq!((output.code, errors(&output)), (Some(1), vec![json!("The notebook can't be used")]));
        assert!(told(&output, "list_resource_found").is_empty());
        assert_eq!(found(&query(folder, "", &[])).len(), 3, "what is not asked for is not read");
    });
}

#[test]
fn what_a_query_generates_imports_everything_and_plans_no_change() {
    with_notes(with_lists_and_actions(), |folder| {
        let output = query(folder, "  config {\n    title_prefix = \"\"\n  }", &["-generate-config-out=found.tf"]);
        assert_eq!(found(&output).len(), 3);
        let generated = fs::read_to_string(folder.path().join("found.tf")).unwrap();
        assert!(!generated.contains("size"), "{generated}");

        let plan = folder.plan();
        assert_eq!((plan.actions(), plan.drift()), (vec![], vec![]));
        let changes = plan.json["resource_changes"].as_array().unwrap();
        let imported = changes.iter().filter(|change| change["change"]["importing"].is_object());
        assert_eq!((changes.len(), imported.count()), (3, 3));
        folder.apply_planned(&plan);
        folder.plan_is_empty();
    });
}

#[test]
fn an_action_runs_after_the_create_and_its_progress_is_shown() {
    with_notes(with_lists_and_actions(), |folder| {
        let output = apply_with_action(folder, "after_create");
        assert_eq!(output.code, Some(0), "{}", output.stdout);
        let archived = |title: &str, number| format!("\"{title}\" archived, {number} of 4");
        let progress = [archived("alpha", 1), archived("beta", 2), archived("delta", 3), archived("gamma", 4)];
        assert_eq!(actions(&output), [progress.as_slice(), &["complete".to_owned()]].concat());
        assert!(archive(folder).contains("# delta\n\nd\n"));
        folder.plan_is_empty();
    });
}

#[test]
fn an_action_before_a_create_that_fails_has_run() {
    with_notes(with_lists_and_actions(), |folder| {
        fs::write(folder.path().join("delta.txt"), "before").unwrap();
        let output = apply_with_action(folder, "before_create");
        assert_eq!((output.code, errors(&output)), (Some(1), vec![json!("The note exists")]));
        let actions = actions(&output);
        assert_eq!((actions.len(), actions.last().unwrap().as_str()), (5, "complete"));
        assert!(archive(folder).contains("# delta\n\nbefore\n"));
        assert_eq!(folder.values("notebook_note.it"), Value::Null);
    });
}

#[test]
fn an_action_that_fails_before_the_create_stops_it() {
    with_notes(with_lists_and_actions(), |folder| {
        fs::create_dir(folder.path().join("archive")).unwrap();
        let output = apply_with_action(folder, "before_create");
        assert_eq!(output.code, Some(1), "{}", output.stdout);
        let actions = actions(&output);
        assert!(actions.len() == 1 && actions[0].starts_with("errored: The notebook can't be used"), "{actions:?}");
        assert!(!folder.path().join("delta.txt").exists());
    });
}

#[test]
fn an_action_that_fails_after_the_create_leaves_the_object_as_it_is() {
    with_notes(with_lists_and_actions(), |folder| {
        fs::create_dir(folder.path().join("archive")).unwrap();
        let output = apply_with_action(folder, "after_create");
        assert_eq!(output.code, Some(1), "{}", output.stdout);
        let actions = actions(&output);
        assert!(actions.len() == 1 && actions[0].starts_with("errored: The notebook can't be used"), "{actions:?}");
        assert_eq!(folder.text("notebook_note.it", "text"), "d");
        folder.plan_is_empty();
    });
}

#[test]
fn an_action_is_invoked_alone() {
    with_notes(with_lists_and_actions(), |folder| {
        assert_eq!(apply_with_action(folder, "after_update").code, Some(0));
        assert_eq!(archive(folder), "");
        let output = folder.run(&[APPLY, &["-invoke=action.notebook_archive.all"]].concat());
        assert_eq!((output.code, actions(&output).len()), (Some(0), 5), "{}", output.stdout);
        assert!(archive(folder).starts_with("# alpha\n\nalpha\n"));
    });
}

/// As warnings of an action that succeeded, Terraform shows them nowhere.
#[test]
fn the_warnings_of_an_action_are_shown_as_progress() {
    run(with_lists_and_actions(), "notebook", |folder| {
        folder.config(&format!(
            "{PROVIDER}action \"notebook_archive\" \"all\" {{\n  config {{\n    name = \"x\"\n  }}\n}}\n"
        ));
        let output = folder.run(&[APPLY, &["-invoke=action.notebook_archive.all"]].concat());
        assert_eq!(output.code, Some(0), "{}", output.stdout);
        assert_eq!(actions(&output), ["Warning: Nothing to archive: The notebook has no notes.", "complete"]);
    });
}

#[test]
fn what_an_action_can_tell_beforehand_stops_the_plan() {
    run(with_lists_and_actions(), "notebook", |folder| {
        let nowhere = PROVIDER.replace("path.module", "\"nowhere\"");
        folder.config(&format!("{nowhere}{}", NOTE.replace("EVENT", "after_create")));
        let errors = folder.plan_fails();
        assert!(errors.contains("There is no notebook") && errors.contains("nowhere is no folder"), "{errors}");
    });
}

#[test]
fn mistakes_in_the_configuration_of_a_list_and_an_action_are_told_at_their_attributes() {
    with_notes(with_lists_and_actions(), |folder| {
        let output = query(folder, "  config {\n    title_prefix = 1\n    title = \"x\"\n  }", &[]);
        assert_eq!((output.code, errors(&output)), (Some(1), vec![json!("Unsupported argument")]));

        let note = NOTE.replace("EVENT", "after_create").replace("\"archive\"", "\"../archive\"");
        let errors = folder.config(&format!("{PROVIDER}{note}")).validate_fails();
        assert!(errors.starts_with("Error: Invalid value\n"), "{errors}");
        assert!(errors.contains("at name = \"../archive\"") && errors.contains("letters, digits"), "{errors}");
    });
}
