//! `data.pangea_service_configs` on real programs: the list, its filters, and in whose project.

use serde_json::{Value, json};
use xtask::acceptance::every_cli;

use crate::{
    service_config_data::{Member, member},
    world::InWorlds as _,
};

const ADDRESS: &str = "data.pangea_service_configs.it";

fn listed(values: &Value) -> Vec<&str> {
    values["configs"].as_array().unwrap().iter().map(|config| config["name"].as_str().unwrap()).collect()
}

#[test]
fn the_configurations_of_the_project_are_listed_oldest_first_and_filtered() {
    every_cli().run(|world| {
        let Member { client_id, ids } = member(world, &["one", "two", "three"]);
        member(world, &["elsewhere"]);
        let with = |lines: &str| {
            format!("data \"pangea_service_configs\" \"it\" {{\n  service = \"audit\"\n  impersonate_client_id = {client_id:?}\n  {lines}\n}}\n")
        };
        world.config(&with("")).apply();
        let values = world.values(ADDRESS);
        assert_eq!(listed(&values), ["one", "two", "three"]);
        assert_eq!(values["configs"][0]["id"], json!(ids[0]));
        let settings: Value = serde_json::from_str(values["configs"][0]["settings"].as_str().unwrap()).unwrap();
        assert_eq!(settings["hot_storage"], json!("14d"));
        world.config(&with(&format!("id_in = [{:?}, {:?}]", ids[0], ids[2]))).apply();
        assert_eq!(listed(&world.values(ADDRESS)), ["one", "three"]);
        world.config(&with("id_in = []")).apply();
        assert_eq!(listed(&world.values(ADDRESS)), Vec::<&str>::new());
        world.config(&with("created_after = \"2999-01-01T00:00:00Z\"")).apply();
        assert_eq!(listed(&world.values(ADDRESS)), Vec::<&str>::new());
        assert!(world.config(&with("created_after = \"soon\"")).plan_fails().contains("must be a time such as"));
        assert_eq!(world.emulator().run_secrets(), Vec::<Value>::new());
    });
}

/// Two projects, and a client of each that lists its project's configurations.
const FROM_A_MAP: &str = r#"
resource "pangea_project" "of" {
  for_each = toset(["one", "two"])

  name = each.key
  geo  = "us"
}

resource "pangea_management_client" "of" {
  for_each = pangea_project.of

  name   = each.key
  scopes = ["pangea:service:audit:config:read"]
  roles  = [{ type = "project", id = each.value.id, role = "admin" }]
}

locals {
  ids = { for name, client in pangea_management_client.of : name => client.client_id }
}

data "pangea_service_configs" "of" {
  for_each = local.ids

  service               = "audit"
  impersonate_client_id = each.value
}
"#;

/// As the guide of many projects has it. With the resource itself in `for_each`, a change of one client would put off all lists.
#[test]
fn where_ids_come_through_a_local_a_client_that_changes_puts_off_its_own_list_alone() {
    every_cli().run(|world| {
        world.config(FROM_A_MAP).apply();
        world.plan_is_empty();
        let plan = world.plan_with(&["-replace=pangea_management_client.of[\"one\"]"]);
        assert_eq!(
            plan.actions(),
            ["read data.pangea_service_configs.of[\"one\"]", "replace pangea_management_client.of[\"one\"]"]
        );
        world.apply_planned(&plan);
        world.plan_is_empty();
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}
