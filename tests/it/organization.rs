//! `pangea_organization` and its data source on real programs: taken over only when told to, and let go again.

use expect_test::expect;
use pangea_emulator::Fault;
use serde_json::{Value, json};
use xtask::acceptance::{every_cli, terraform_since};

use crate::world::{InWorlds as _, World};

const ADDRESS: &str = "pangea_organization.it";

const DATA: &str = "data \"pangea_organization\" \"it\" {}\n";

fn with_id(id: &str) -> String {
    format!("data \"pangea_organization\" \"it\" {{\n  id = \"{id}\"\n}}\n")
}

#[test]
fn the_organization_is_the_providers_or_the_one_that_is_named() {
    every_cli().run(|world| {
        let id = world.variable("PANGEA_ORGANIZATION_ID").to_owned();
        for config in [DATA.to_owned(), with_id(&id)] {
            world.config(&config).apply();
            let found = world.values("data.pangea_organization.it");
            assert_eq!(found["id"], json!(id));
            assert_eq!(found["name"], json!("Emulated Organization"));
            assert_eq!(found["owner_email"], json!("owner@example.com"));
            assert_eq!(found["csp"], json!("aws"));
            for told in ["owner", "created_at", "updated_at"] {
                assert!(found[told].is_string(), "{told}");
            }
            world.plan_is_empty();
        }
        world.unset("PANGEA_ORGANIZATION_ID").config(&with_id(&id)).apply();
    });
}

#[test]
fn an_organization_that_is_not_seen_or_not_named_is_an_error_at_the_id() {
    every_cli().run(|world| {
        let text = world.config(&with_id("poi_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")).plan_fails();
        assert!(text.starts_with("Error: No organization has this id\n"), "{text}");
        let text = world.config(&with_id("ppi_a")).plan_fails();
        assert!(text.contains("`id` looks like the id of a project, and should begin with `poi_`"), "{text}");
        expect![[r#"
            Error: Missing organization
              at data.pangea_organization.it
              at data "pangea_organization" "it" {}

            Neither the data source nor the provider says which organization is meant. Set `id` here, `organization_id` in the provider block, or the environment variable PANGEA_ORGANIZATION_ID. It is the id (`poi_…`) on the page Organization Settings of the Pangea User Console.
        "#]]
        .assert_eq(&world.unset("PANGEA_ORGANIZATION_ID").config(DATA).plan_fails());
    });
}

/// The resource; `more` goes into the block.
fn resource(name: &str, more: &str) -> String {
    format!("resource \"pangea_organization\" \"it\" {{\n  name = \"{name}\"\n  {more}\n}}\n")
}

const ADOPT: &str = "adopt = true";

/// What the service calls it.
fn name(world: &World) -> Value {
    world.emulator().view()["organization"]["name"].clone()
}

/// What the service was asked since the last look, without the token calls.
fn calls(world: &World) -> Vec<String> {
    let calls = world.requests().into_iter().filter(|call| !call.contains("/oauth/token"));
    calls.map(|call| call.replace("POST /api.console/v1beta/platform/", "")).collect()
}

#[test]
fn an_organization_is_taken_over_renamed_and_let_go() {
    every_cli().run(|world| {
        let plan = world.config(&resource("Acme", ADOPT)).plan();
        plan.shows(expect![[r#"
              # pangea_organization.it will be created
              + resource "pangea_organization" "it" {
                  + adopt           = true
                  + created_at      = (known after apply)
                  + csp             = (known after apply)
                  + id              = (known after apply)
                  + name            = "Acme"
                  + organization_id = "poi_…"
                  + owner           = (known after apply)
                  + owner_email     = (known after apply)
                }
            Plan: 1 to add, 0 to change, 0 to destroy.
        "#]]);
        world.requests();
        let run = world.apply_planned(&plan);
        assert_eq!(calls(world), ["org/get", "org/update"]);
        expect![[r#"
            Warning: The organization has a new name
              at pangea_organization.it
              at resource "pangea_organization" "it" {

            The organization poi_… was named "Emulated Organization". Now that it is adopted, its name is "Acme".
        "#]]
        .assert_eq(&run.warnings());
        assert_eq!(name(world), json!("Acme"));
        world.plan_is_empty();

        let state = world.values(ADDRESS);
        assert_eq!(state["id"], json!(world.variable("PANGEA_ORGANIZATION_ID")));
        assert_eq!((&state["csp"], &state["owner_email"]), (&json!("aws"), &json!("owner@example.com")));

        let plan = world.config(&resource("Acme Europe", ADOPT)).plan();
        assert_eq!(plan.actions(), ["update pangea_organization.it"]);
        world.requests();
        world.apply_planned(&plan);
        assert_eq!(calls(world), ["org/update"]);
        assert_eq!(name(world), json!("Acme Europe"));

        let plan = world.plan_with(&["-destroy"]);
        expect![[r#"
            Warning: The organization is forgotten, not deleted
              at pangea_organization.it
              at resource "pangea_organization" "it" {

            Pangea's API deletes no organization. "Acme Europe" (poi_…) stays as it is, with its present name, and Terraform no longer manages it.
        "#]]
        .assert_eq(&plan.warnings());
        world.requests();
        world.apply_planned(&plan);
        assert_eq!(calls(world), Vec::<String>::new());
        assert_eq!((name(world), world.values(ADDRESS)), (json!("Acme Europe"), Value::Null));
    });
}

#[test]
fn an_organization_is_never_taken_over_without_being_told_to() {
    every_cli().run(|world| {
        for more in ["", "adopt = false"] {
            let text = world.config(&resource("Acme", more)).plan_fails();
            assert!(
                text.starts_with("Error: The organization exists already\n  at pangea_organization.it\n"),
                "{text}"
            );
            assert!(text.contains("set `adopt = true`, or import it by its id (`poi_…`)"), "{text}");
        }
        // Known only during the apply, which is then refused.
        let later = "resource \"terraform_data\" \"adopt\" {\n  input = false\n}\n";
        let text =
            world.config(&(later.to_owned() + &resource("Acme", "adopt = terraform_data.adopt.output"))).apply_fails();
        assert!(text.starts_with("Error: The organization exists already\n"), "{text}");
        assert_eq!((name(world), world.values(ADDRESS)), (json!("Emulated Organization"), Value::Null));
    });
}

#[test]
fn an_imported_organization_needs_no_adoption() {
    every_cli().run(|world| {
        let id = world.variable("PANGEA_ORGANIZATION_ID").to_owned();
        world.config(&resource("Emulated Organization", "")).import(ADDRESS, &id);
        world.plan_is_empty();
        world.config(&resource("Acme", "")).apply();
        assert_eq!(name(world), json!("Acme"));
        world.plan_is_empty();
        world.forget(ADDRESS);
        let text = world.import_fails(ADDRESS, "ppi_a");
        assert!(text.contains("looks like the id of a project, and should begin with `poi_`"), "{text}");
    });
}

#[test]
fn an_organization_is_imported_by_its_identity() {
    terraform_since(1, 12).or_tofu(1, 12).run(|world| {
        let id = world.variable("PANGEA_ORGANIZATION_ID").to_owned();
        let import = format!("import {{\n  to       = {ADDRESS}\n  identity = {{ id = {id:?} }}\n}}\n");
        world.config(&(resource("Emulated Organization", "") + &import)).apply();
        world.plan_is_empty();
        assert_eq!(world.text(ADDRESS, "organization_id"), id);
    });
}

#[test]
fn a_name_that_was_changed_elsewhere_is_put_right_and_an_organization_out_of_sight_is_kept() {
    every_cli().run(|world| {
        world.config(&resource("Acme", ADOPT)).apply();
        let id = world.text(ADDRESS, "id");
        world.emulator().rename_organization(&id, "Other");
        assert_eq!(world.plan().actions(), ["update pangea_organization.it"]);
        world.apply();
        assert_eq!(name(world), json!("Acme"));

        let body =
            json!({"request_id": "prq_a", "status": "NotFound", "summary": "no", "result": Value::Null}).to_string();
        world.emulator().inject(Fault::status(404).body(&body).path("*/org/get").always());
        let text = world.plan_fails();
        assert!(text.starts_with("Error: The organization is not visible\n"), "{text}");
        world.emulator().clear_faults();
        assert_eq!(world.text(ADDRESS, "id"), id);
        world.plan_is_empty();
    });
}

#[test]
fn another_organization_is_another_object() {
    every_cli().run(|world| {
        world.config(&resource("Acme", ADOPT)).apply();
        let other = format!("{ADOPT}\n  organization_id = \"poi_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"");
        let plan = world.config(&resource("Acme", &other)).plan();
        assert_eq!(plan.actions(), ["replace pangea_organization.it (organization_id)"]);
        assert!(plan.warnings().contains("The organization is forgotten, not deleted"), "{}", plan.warnings());
        let text = world.config(&resource("Acme", &other.replace(ADOPT, ""))).plan_fails();
        assert!(text.starts_with("Error: The organization exists already\n"), "{text}");
    });
}
