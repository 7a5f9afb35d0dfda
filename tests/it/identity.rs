//! Resource identity on real programs: Terraform 1.12 and newer, OpenTofu 1.12 and newer.

use serde_json::{Value, json};
use xtask::acceptance::{Wanted, every_cli, terraform_since};

use crate::world::{InWorlds as _, World};

const READ: &str = "pangea:platform:project:read";
const MANAGE: &str = "pangea:platform:project:manage";

fn with_identity() -> Wanted {
    terraform_since(1, 12).or_tofu(1, 12)
}

/// One object of each type.
fn all() -> String {
    format!(
        r#"
resource "pangea_project" "it" {{
  name = "it"
  geo  = "us"
}}
resource "pangea_management_client" "it" {{
  name   = "it"
  scopes = ["{READ}"]
}}
resource "pangea_client_grant" "it" {{
  client_id = pangea_management_client.it.id
  scopes    = ["{MANAGE}"]
}}
"#
    )
}

fn import(address: &str, identity: &str) -> String {
    format!("import {{\n  to       = {address}\n  identity = {identity}\n}}\n")
}

/// The identity of one resource in the state file; null where there is none.
fn identity(world: &World, kind: &str) -> Value {
    let state: Value = serde_json::from_str(&world.state_file()).unwrap();
    let resources = state["resources"].as_array().unwrap();
    let found = resources.iter().find(|resource| resource["type"] == kind).unwrap();
    found["instances"][0]["identity"].clone()
}

#[test]
fn every_object_is_imported_by_its_identity_and_then_plans_nothing() {
    with_identity().run(|world| {
        world.config(&all()).apply();
        let (project, client) =
            (world.text("pangea_project.it", "id"), world.text("pangea_management_client.it", "id"));
        let addresses = ["pangea_client_grant.it", "pangea_management_client.it", "pangea_project.it"];
        addresses.iter().for_each(|address| world.forget(address));
        let imports = [
            import("pangea_project.it", &format!("{{ id = {project:?} }}")),
            import("pangea_management_client.it", &format!("{{ id = {client:?} }}")),
            import("pangea_client_grant.it", &format!("{{ client_id = {client:?}, scopes = [{MANAGE:?}] }}")),
        ];
        world.config(&(all() + &imports.concat())).apply();
        world.plan_is_empty();
        assert_eq!(identity(world, "pangea_project"), json!({ "id": project }));
        assert_eq!(identity(world, "pangea_management_client"), json!({ "id": client }));
        assert_eq!(
            identity(world, "pangea_client_grant"),
            json!({ "client_id": client, "scopes": [MANAGE], "roles": null })
        );
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn a_required_part_that_is_null_or_empty_is_refused_at_its_place() {
    with_identity().run(|world| {
        for value in ["null", "\"\""] {
            let import = import("pangea_project.it", &format!("{{ id = {value} }}"));
            let text = world.config(&(all() + &import)).plan_fails();
            assert!(text.contains("whose `id` is null or empty"), "{text}");
        }
    });
}

#[test]
fn the_identity_of_a_grant_changes_with_the_grant() {
    with_identity().run(|world| {
        world.config(&all()).apply();
        world.config(&all().replace(MANAGE, "pangea:platform:org:read")).apply();
        assert_eq!(identity(world, "pangea_client_grant")["scopes"], json!(["pangea:platform:org:read"]));
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn the_plan_of_a_new_object_can_be_shown_before_its_identity_is_known() {
    with_identity().run(|world| {
        let plan = world.config(&all()).plan();
        assert_eq!(plan.actions().len(), 3);
        assert!(plan.text().contains("Plan: 3 to add"), "{}", plan.text());
    });
}

#[test]
fn a_state_goes_from_an_older_program_to_a_newer_one_and_back() {
    every_cli().run_in_pairs(|world, other| {
        let first = world.cli().clone();
        world.config(&all()).apply();
        world.switch(other);
        world.plan_is_empty();
        world.config(&all().replace("\"it\"\n  geo", "\"new\"\n  geo")).apply();
        world.plan_is_empty();
        world.switch(&first);
        world.plan_is_empty();
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}
