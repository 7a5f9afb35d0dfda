//! A provider with an ephemeral resource, a function, and a write-only attribute that takes the ephemeral value.

use std::fs;
use std::io::{Cursor, Read as _};

use expect_test::expect;
use serde_json::json;
use xtask::acceptance::{Wanted, every_cli, terraform_since};
use xtask::clis::Product;
use xtask::folder::Folder;
use zip::ZipArchive;

use crate::run;

/// What stands in the folder as the code of the locker `hall-3`, and must stand nowhere else.
const CODE: &str = "planted-7f3a-0b51";

fn with_functions() -> Wanted {
    terraform_since(1, 8).or_tofu(1, 7)
}

fn with_ephemeral_resources() -> Wanted {
    terraform_since(1, 10).or_tofu(1, 11)
}

fn with_write_only() -> Wanted {
    terraform_since(1, 11).or_tofu(1, 11)
}

/// The lockers stand beside the configuration, in a folder of their own.
fn provider(hcl: &str) -> String {
    format!("provider \"locker\" {{\n  folder = \"${{path.module}}/lockers\"\n}}\n{hcl}")
}

fn plant(folder: &Folder) {
    fs::create_dir(folder.path().join("lockers")).unwrap();
    fs::write(folder.path().join("lockers/hall-3.code"), CODE).unwrap();
}

fn history(folder: &Folder) -> Vec<String> {
    let text = fs::read_to_string(folder.path().join("lockers/history")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn call(arguments: &str) -> String {
    format!("output \"it\" {{\n  value = provider::locker::label({arguments})\n}}\n")
}

#[test]
fn the_schema_names_everything() {
    run(every_cli(), "locker", |folder| {
        let schema = folder.config(&provider("")).provider_schema();
        assert_eq!(schema["provider"]["block"]["attributes"]["folder"]["required"], true, "{schema:#}");
        assert_eq!(schema["resource_schemas"]["locker_safe"]["block"]["attributes"]["code_wo"]["write_only"], true);
        let lease = &schema["ephemeral_resource_schemas"]["locker_lease"]["block"]["attributes"];
        assert_eq!((&lease["code"]["computed"], &lease["code"]["sensitive"]), (&json!(true), &json!(true)));
        let label = &schema["functions"]["label"];
        assert_eq!(
            (&label["summary"], &label["return_type"]),
            (&json!("Makes the name of a locker."), &json!("string"))
        );
        assert_eq!(label["variadic_parameter"]["name"], "parts");
    });
}

#[test]
fn a_function_takes_its_arguments_a_null_and_any_number_more() {
    run(with_functions(), "locker", |folder| {
        for (arguments, label) in [
            (r#""hall", null"#, "hall"),
            (r#""hall", null, "east", "3""#, "hall-east-3"),
            (r#""hall", "--", "east""#, "hall--east"),
            (r#""hall", null, ["a", "b"]..."#, "hall-a-b"),
        ] {
            folder.config(&call(arguments)).apply();
            assert_eq!(folder.output("it"), label, "{arguments}");
            folder.plan_is_empty();
        }
    });
}

#[test]
fn an_unknown_argument_makes_the_result_unknown_until_the_apply() {
    run(with_functions(), "locker", |folder| {
        let label = call("terraform_data.it.output, null, \"east\"");
        folder.config(&format!("resource \"terraform_data\" \"it\" {{\n  input = \"hall\"\n}}\n{label}"));
        assert_eq!(folder.plan().json["output_changes"]["it"]["after_unknown"], true);
        folder.apply();
        assert_eq!(folder.output("it"), "hall-east");
    });
}

#[test]
fn what_is_wrong_with_an_argument_is_told_at_it() {
    run(with_functions(), "locker", |folder| {
        let error = folder.config(&call(r#""", null"#)).plan_fails();
        expect![[r#"
            Error: Invalid function argument
              at value = provider::locker::label("", null)

            Invalid value for "place" parameter: `place` must have 1 to 20 characters. The value is "".
        "#]]
        .assert_eq(&error);
        let error = folder.config(&call(r#""hall", "+""#)).plan_fails();
        expect![[r#"
            Error: Invalid function argument
              at value = provider::locker::label("hall", "+")

            Invalid value for "separator" parameter: `separator` must be one of "-", "--". The value is "+".
        "#]]
        .assert_eq(&error);
        let error = folder.config(&call(r#""hall", null, "a", "b", "a""#)).plan_fails();
        expect![[r#"
            Error: Invalid function argument
              at value = provider::locker::label("hall", null, "a", "b", "a")

            Invalid value for "parts" parameter: "a" is there already.
        "#]]
        .assert_eq(&error);
        let error = folder.config(&call(r#"null, null"#)).plan_fails();
        expect![[r#"
            Error: Invalid function argument
              at value = provider::locker::label(null, null)

            Invalid value for "place" parameter: argument must not be null.
        "#]]
        .assert_eq(&error);
    });
}

/// A lease that is good for two seconds, and something that goes on until it was renewed. When that is, a timer of the program
/// says, and a shell that waits for a file can only look again: how often it does changes nothing but how long the test takes.
const RENEWED: &str = r#"
ephemeral "locker_lease" "it" {
  name    = "hall-3"
  seconds = 2
}

resource "terraform_data" "it" {
  provisioner "local-exec" {
    command     = "until grep -q kept lockers/history; do sleep 0.1; done; printf %s \"$CODE\" > lockers/seen"
    environment = {
      CODE = ephemeral.locker_lease.it.code
    }
  }
}
"#;

#[test]
fn a_lease_is_taken_renewed_and_given_back() {
    run(with_ephemeral_resources(), "locker", |folder| {
        plant(folder);
        folder.config(&provider(RENEWED)).apply();
        assert_eq!(fs::read_to_string(folder.path().join("lockers/seen")).unwrap(), CODE);
        let history = history(folder);
        let (first, rest) = history.split_at(3);
        // Once in the plan, once in the apply.
        assert_eq!(first, ["hall-3 taken", "hall-3 given back", "hall-3 taken"]);
        let (last, renewals) = rest.split_last().unwrap();
        assert!(!renewals.is_empty() && renewals.iter().all(|line| line == "hall-3 kept"), "{history:?}");
        // What Terraform gives to close is what open left; OpenTofu gives what the last renewal left.
        let known = match folder.cli().product {
            Product::Terraform => String::new(),
            Product::OpenTofu => format!(", kept {} times", renewals.len()),
        };
        assert_eq!(*last, format!("hall-3 given back{known}"));
    });
}

const STORED: &str = r#"
ephemeral "locker_lease" "it" {
  name = "hall-3"
}

resource "locker_safe" "it" {
  name            = "vault"
  code_wo         = ephemeral.locker_lease.it.code
  code_wo_version = 1
}
"#;

#[test]
fn an_ephemeral_value_reaches_a_write_only_attribute_and_no_byte_of_plan_or_state() {
    run(with_write_only(), "locker", |folder| {
        plant(folder);
        let safe = folder.path().join("lockers/vault.safe");
        let plan = folder.config(&provider(STORED)).plan();
        look_for_code(folder);
        folder.apply_planned(&plan);
        assert_eq!(fs::read_to_string(&safe).unwrap(), CODE);
        assert_eq!(folder.values("locker_safe.it"), json!({"name": "vault", "code_wo": null, "code_wo_version": 1}));
        look_for_code(folder);
        folder.plan_is_empty();

        // A new value alone is no change; a new version is.
        let next = STORED.replace("version = 1", "version = 2");
        let plan = folder.config(&provider(&next)).plan();
        assert_eq!(plan.actions(), ["update locker_safe.it"]);
        fs::write(&safe, "outdated").unwrap();
        folder.apply_planned(&plan);
        assert_eq!(fs::read_to_string(&safe).unwrap(), CODE);
        folder.destroy();
        look_for_code(folder);
        assert!(!safe.exists());
        assert!(!history(folder).is_empty() && !folder.path().join("lockers/hall-3.taken").exists());
    });
}

/// Every byte that the program wrote into its folder, packed or not.
#[track_caller]
fn look_for_code(folder: &Folder) {
    let mut searched = Vec::new();
    let files = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    for file in files.filter(|path| path.is_file()) {
        let bytes = fs::read(&file).unwrap();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if bytes.starts_with(b"PK") {
            let mut archive = ZipArchive::new(Cursor::new(&bytes)).unwrap();
            for index in 0..archive.len() {
                let mut part = archive.by_index(index).unwrap();
                let mut bytes = Vec::new();
                part.read_to_end(&mut bytes).unwrap();
                searched.push((format!("{name}/{}", part.name().unwrap()), bytes));
            }
        }
        searched.push((name, bytes));
    }
    assert!(searched.iter().any(|(name, _)| name == "plan.bin/tfplan"), "{:?}", searched.iter().map(|(name, _)| name));
    let holds = |bytes: &[u8]| bytes.windows(CODE.len()).any(|window| window == CODE.as_bytes());
    let found: Vec<_> = searched.iter().filter(|(_, bytes)| holds(bytes)).map(|(name, _)| name).collect();
    assert!(found.is_empty(), "the code stands in {found:?}");
}

#[test]
fn what_cannot_be_opened_is_an_error_at_its_attribute() {
    run(with_ephemeral_resources(), "locker", |folder| {
        fs::create_dir(folder.path().join("lockers")).unwrap();
        let lease = |name: &str| provider(&format!("ephemeral \"locker_lease\" \"it\" {{\n  name = {name:?}\n}}\n"));
        let error = folder.config(&lease("hall-4")).plan_fails();
        expect![[r#"
            Error: No such locker
              at ephemeral.locker_lease.it
              at name = "hall-4"

            There is no ./lockers/hall-4.code. Write the code of the locker "hall-4" into it.
        "#]]
        .assert_eq(&error);

        fs::write(folder.path().join("lockers/hall-3.code"), CODE).unwrap();
        fs::write(folder.path().join("lockers/hall-3.taken"), "").unwrap();
        let error = folder.config(&lease("hall-3")).plan_fails();
        expect![[r#"
            Error: The locker is taken
              at ephemeral.locker_lease.it
              at name = "hall-3"

            Another run has the locker "hall-3". Wait for its end; if there is none, remove ./lockers/hall-3.taken.
        "#]]
        .assert_eq(&error);

        let error = folder.config(&lease("Hall 3")).plan_fails();
        expect![[r#"
            Error: Invalid value
              at ephemeral.locker_lease.it
              at name = "Hall 3"

            `name` must hold only lowercase letters, digits and hyphens. The value is "Hall 3".
        "#]]
        .assert_eq(&error);

        fs::remove_file(folder.path().join("lockers/hall-3.taken")).unwrap();
        folder.config(&lease("hall-3")).plan();
    });
}

#[test]
fn a_lease_of_which_the_name_is_not_known_is_opened_in_the_apply_alone() {
    run(with_ephemeral_resources(), "locker", |folder| {
        plant(folder);
        let hcl = r#"
resource "terraform_data" "it" {
  input = "hall-3"
}

ephemeral "locker_lease" "it" {
  name = terraform_data.it.output
}

resource "terraform_data" "user" {
  provisioner "local-exec" {
    command     = "printf %s \"$CODE\" > lockers/seen"
    environment = {
      CODE = ephemeral.locker_lease.it.code
    }
  }
}
"#;
        let plan = folder.config(&provider(hcl)).plan();
        assert_eq!(history(folder), Vec::<String>::new());
        folder.apply_planned(&plan);
        assert_eq!(history(folder), ["hall-3 taken", "hall-3 given back"]);
        assert_eq!(fs::read_to_string(folder.path().join("lockers/seen")).unwrap(), CODE);
    });
}
