//! A provider with an identity, a write-only attribute and a computed block.

use std::fs;

use serde_json::{Value, json};
use xtask::acceptance::{every_cli, terraform_since};
use xtask::folder::Folder;

use crate::run;

const PAGE: &str = "binder_page.it";
const INDEX: &str = "binder_index.it";

/// Appears nowhere but where it is planted.
const SECRET: &str = "hunter2hunter2";

fn binder(resources: &str) -> String {
    format!("provider \"binder\" {{\n  folder = \"notes\"\n}}\n{resources}")
}

fn page(arguments: &str) -> String {
    binder(&format!("resource \"binder_page\" \"it\" {{\n  name = \"one\"\n{arguments}\n}}\n"))
}

fn index(arguments: &str) -> String {
    binder(&format!("resource \"binder_index\" \"it\" {{\n  name = \"all\"\n{arguments}\n}}\n"))
}

/// A note as the provider wrote it.
fn note(folder: &Folder, file: &str) -> Value {
    serde_json::from_slice(&fs::read(folder.path().join("notes").join(file)).unwrap()).unwrap()
}

fn put_page(folder: &Folder, name: &str) {
    let pages = folder.path().join("notes/pages");
    fs::create_dir_all(&pages).unwrap();
    fs::write(pages.join(format!("{name}.json")), "{\"text\":\"there\"}").unwrap();
}

#[test]
fn a_write_only_value_reaches_the_service_and_is_written_nowhere_else() {
    run(terraform_since(1, 11).or_tofu(1, 11), "binder", |folder| {
        let log = folder.path().join("terraform.log");
        folder.set("TF_LOG_PROVIDER", "TRACE").set("TF_LOG_PATH", &log.to_string_lossy());
        let configuration = |version: u32| {
            let arguments = format!("  password_wo = var.secret\n  password_wo_version = {version}");
            "variable \"secret\" {\n  ephemeral = true\n}\n".to_owned() + &page(&arguments)
        };
        for version in [1, 2] {
            let secret = format!("{SECRET}-{version}");
            let plan = folder.set("TF_VAR_secret", &secret).config(&configuration(version)).plan();
            assert!(!plan.json.to_string().contains(SECRET), "in the plan on {}", folder.cli());
            folder.apply_planned(&plan);
            assert_eq!(note(folder, "pages/one.json")["password"], secret.as_str());
            assert_eq!(folder.values(PAGE)["password_wo"], Value::Null);
            folder.plan_is_empty();
        }
        // A new value alone is not noticed: nobody remembers the old one.
        folder.set("TF_VAR_secret", &format!("{SECRET}-3")).plan_is_empty();
        let state: Value = serde_json::from_str(&folder.state_file()).unwrap();
        assert!(!state.to_string().contains(SECRET), "in the state on {}", folder.cli());
        assert_eq!(state["resources"][0]["instances"][0]["private"], Value::Null, "private state could hide it");
        let log = fs::read_to_string(&log).unwrap();
        assert!(log.contains("ApplyResourceChange") && !log.contains(SECRET), "in the log on {}", folder.cli());
    });
}

#[test]
fn a_write_only_value_without_its_version_is_refused() {
    run(every_cli(), "binder", |folder| {
        let errors = folder.config(&page(&format!("password_wo = \"{SECRET}\""))).validate_fails();
        assert!(errors.contains("Version and value go together"), "{errors}");
        assert!(errors.contains("`password_wo_version` is not"), "{errors}");
    });
}

#[test]
fn a_page_is_imported_by_its_identity() {
    run(terraform_since(1, 12).or_tofu(1, 12), "binder", |folder| {
        put_page(folder, "one");
        let import = format!("import {{\n  to = {PAGE}\n  identity = {{\n    name = \"one\"\n  }}\n}}\n");
        folder.config(&format!("{}{import}", page("  text = \"there\""))).apply();
        assert_eq!(folder.text(PAGE, "text"), "there");
        folder.plan_is_empty();
    });
}

#[test]
fn a_computed_block_is_left_to_the_provider_set_and_unset() {
    run(terraform_since(1, 16), "binder", |folder| {
        put_page(folder, "a");
        put_page(folder, "b");
        let entry = |page: &str, title: &str| json!({ "page": page, "title": title });

        folder.config(&index("")).apply();
        assert_eq!(folder.values(INDEX)["entry"], json!([entry("a", "a"), entry("b", "b")]), "left to the provider");
        folder.plan_is_empty();

        folder.config(&index("  heading = \"Pages\"")).apply();
        assert_eq!(folder.values(INDEX)["entry"], json!([entry("a", "a"), entry("b", "b")]), "after another change");
        folder.plan_is_empty();

        folder
            .config(&index("  entry {\n    page = \"b\"\n  }\n  entry {\n    page = \"c\"\n    title = \"See\"\n  }"))
            .apply();
        assert_eq!(folder.values(INDEX)["entry"], json!([entry("b", "b"), entry("c", "See")]), "set");
        folder.plan_is_empty();

        // As with any optional and computed value, what was set stays until something else changes.
        folder.config(&index("")).apply();
        folder.plan_is_empty();
        folder.config(&index("  heading = \"All\"")).apply();
        assert_eq!(folder.values(INDEX)["entry"], json!([entry("a", "a"), entry("b", "b")]), "unset");
        folder.plan_is_empty();
        folder.destroy();
    });
}

#[test]
fn a_program_that_does_not_know_computed_blocks_is_told_so() {
    run(every_cli(), "binder", |folder| {
        if !folder.config(&index("")).run(&["validate"]).stderr.contains("Computed blocks not allowed") {
            let knows = folder.cli().product == xtask::clis::Product::Terraform && folder.cli().minor() >= (1, 16);
            assert!(knows, "no error on {}", folder.cli());
        }
    });
}

#[test]
fn what_a_plan_kept_in_private_comes_back_when_it_is_made_again() {
    run(terraform_since(1, 16), "binder", |folder| {
        put_page(folder, "a");
        let log = folder.path().join("terraform.log");
        folder.set("TF_LOG_PROVIDER", "INFO").set("TF_LOG_PATH", &log.to_string_lossy());
        let looks = || fs::read_to_string(&log).unwrap_or_default().matches("looking through the folder").count();
        for (configuration, in_all) in [(index(""), 1), (index("  heading = \"Pages\""), 2)] {
            let plan = folder.config(&configuration).plan();
            assert_eq!(looks(), in_all);
            folder.apply_planned(&plan);
            assert_eq!(looks(), in_all, "the plan at apply looked again");
        }
    });
}
