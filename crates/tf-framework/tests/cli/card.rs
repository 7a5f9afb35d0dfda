//! A resource that takes over objects of another type, with JSON and timeouts, and whose configuration is generated.

use std::fs;

use serde_json::json;
use xtask::acceptance::{Wanted, every_cli, terraform_since};

use crate::run;

const PROVIDER: &str = "provider \"notebook\" {\n  folder = path.module\n}\n";

/// Moves across types came with 1.8, and with OpenTofu 1.10.
fn with_moves() -> Wanted {
    terraform_since(1, 8).or_tofu(1, 10)
}

fn note(text: &str) -> String {
    format!("{PROVIDER}resource \"notebook_note\" \"it\" {{\n  title = \"it\"\n  text = {text}\n}}\n")
}

fn card(fields: &str, more: &str) -> String {
    format!("{PROVIDER}resource \"notebook_card\" \"it\" {{\n  title = \"it\"\n  fields = {fields}\n{more}}}\n")
}

fn moved(from: &str) -> String {
    format!("moved {{\n  from = {from}.it\n  to   = notebook_card.it\n}}\n")
}

#[test]
fn an_object_goes_on_under_another_type_without_a_change() {
    run(with_moves(), "notebook", |folder| {
        folder.config(&note("\"{ \\\"a\\\": 1 }\"")).apply();
        let plan = folder.config(&(card("jsonencode({ a = 1 })", "") + &moved("notebook_note"))).plan();
        assert_eq!(plan.actions(), Vec::<String>::new(), "{}", plan.text());
        folder.apply();
        assert_eq!(folder.text("notebook_card.it", "fields"), "{ \"a\": 1 }", "it stays as it was written");
        assert_eq!(folder.values("notebook_card.it")["field_count"], 1);
        assert!(folder.values("notebook_note.it").is_null());
        folder.plan_is_empty();
        folder.destroy();
    });
}

#[test]
fn an_object_that_nothing_takes_over_stays_and_the_error_names_both_types() {
    run(with_moves(), "notebook", |folder| {
        let data = "resource \"terraform_data\" \"it\" {\n  input = 1\n}\n";
        folder.config(&(PROVIDER.to_owned() + data)).apply();
        let error = folder.config(&(card("\"{}\"", "") + &moved("terraform_data"))).plan_fails();
        assert!(error.contains("A notebook_card can't take over the state of a terraform_data of"), "{error}");
        assert!(!folder.values("terraform_data.it").is_null());

        folder.config(&note("\"milk\"")).apply();
        let error = folder.config(&(card("\"{}\"", "") + &moved("notebook_note"))).plan_fails();
        assert!(error.contains("The note can't become a card"), "{error}");
        assert!(!folder.values("notebook_note.it").is_null());
    });
}

#[test]
fn json_that_is_only_written_differently_is_no_change() {
    run(every_cli(), "notebook", |folder| {
        folder.config(&card("\"{ \\\"b\\\": 1, \\\"a\\\": [2] }\"", "")).apply();
        folder.plan_is_empty();
        folder.config(&card("jsonencode({ a = [2], b = 1 })", "")).plan_is_empty();
        let plan = folder.config(&card("jsonencode({ a = [3], b = 1 })", "")).plan();
        assert_eq!(plan.actions(), ["update notebook_card.it"]);
        folder.apply();
        folder.plan_is_empty();
        let error = folder.config(&card("\"{\"", "")).validate_fails();
        assert!(error.contains("`fields` must be JSON"), "{error}");
    });
}

#[test]
fn timeouts_cause_no_drift_and_a_bad_one_is_named() {
    run(every_cli(), "notebook", |folder| {
        let timeouts = "  timeouts = { create = \"1h30m\" }\n";
        folder.config(&card("\"{}\"", timeouts)).apply();
        folder.plan_is_empty();
        folder.forget("notebook_card.it");
        folder.config(&card("\"{}\"", "")).import("notebook_card.it", "it");
        folder.plan_is_empty();
        // What an import can't know is added once, and then stays.
        folder.config(&card("\"{}\"", timeouts)).apply();
        folder.plan_is_empty();
        let error = folder.config(&card("\"{}\"", "  timeouts = { create = \"soon\" }\n")).validate_fails();
        assert!(error.contains("`timeouts.create` must be a length of time"), "{error}");
    });
}

#[test]
fn what_is_generated_for_an_import_plans_no_change() {
    run(terraform_since(1, 14), "notebook", |folder| {
        fs::write(folder.path().join("it.txt"), "{\n  \"a\": 1\n}\n").unwrap();
        let file = folder.path().join("generated.tf");
        for what in ["id = \"it\"", "identity = { title = \"it\" }"] {
            let import = |more: &str| format!("{PROVIDER}import {{\n  to = notebook_card.it\n{more}  {what}\n}}\n");
            // Terraform 1.16 asks for the provider's name here, and no version takes it once the resource is written down.
            let plan =
                folder.config(&import("  provider = notebook\n")).plan_with(&["-generate-config-out=generated.tf"]);
            assert_eq!(plan.change("notebook_card.it")["actions"], json!(["no-op"]), "{}", plan.text());
            let generated = fs::read_to_string(&file).unwrap();
            assert!(generated.contains("jsonencode(") && !generated.contains("field_count"), "{generated}");
            let plan = folder.config(&import("")).plan();
            assert_eq!(plan.change("notebook_card.it")["actions"], json!(["no-op"]), "{}", plan.text());
            folder.apply();
            folder.plan_is_empty();
            folder.forget("notebook_card.it");
            fs::remove_file(&file).unwrap();
        }
    });
}
