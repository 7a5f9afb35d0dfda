//! Configuration that Terraform generates for what it imports: 1.14 and newer ask the provider for it.

use std::fs;

use serde_json::json;
use xtask::acceptance::terraform_since;

use crate::world::{InWorlds as _, World};

const READ: &str = "pangea:platform:project:read";
const MANAGE: &str = "pangea:platform:project:manage";

/// One object of each type, which then are in no state. By id and by identity, what to import as what.
fn unmanaged(world: &mut World) -> [Vec<(&'static str, String)>; 2] {
    let config = format!(
        r#"
resource "pangea_project" "it" {{
  name = "it"
  geo  = "us"
}}
resource "pangea_management_client" "it" {{
  name                    = "it"
  scopes                  = ["{READ}"]
  client_token_expires_in = 3600
}}
resource "pangea_client_grant" "it" {{
  client_id = pangea_management_client.it.id
  scopes    = ["{MANAGE}"]
}}
"#
    );
    world.config(&config).apply();
    let addresses = ["pangea_project.it", "pangea_management_client.it", "pangea_client_grant.it"];
    let ids = addresses.map(|address| world.text(address, "id"));
    addresses.iter().for_each(|address| world.forget(address));
    let [project, client, _] = &ids;
    let identities = [
        format!("identity = {{ id = {project:?} }}"),
        format!("identity = {{ id = {client:?} }}"),
        format!("identity = {{ client_id = {client:?}, scopes = [{MANAGE:?}] }}"),
    ];
    let by_id = ids.iter().map(|id| format!("id = {id:?}"));
    [addresses.into_iter().zip(by_id).collect(), addresses.into_iter().zip(identities).collect()]
}

/// `more` goes into each block.
fn imports(wanted: &[(&str, String)], more: &str) -> String {
    let import = |(address, what): &(&str, String)| format!("import {{\n  to = {address}\n{more}  {what}\n}}\n");
    wanted.iter().map(import).collect()
}

#[test]
fn the_file_that_is_generated_for_every_resource_plans_no_change() {
    terraform_since(1, 14).run(|world| {
        for by_identity in [0, 1] {
            let wanted = unmanaged(world)[by_identity].clone();
            let file = world.path().join("generated.tf");
            // Terraform 1.16 finds a provider outside of `hashicorp/` only where the import names it.
            let named = imports(&wanted, "  provider = pangea\n");
            let plan = world.config(&named).plan_with(&["-generate-config-out=generated.tf"]);
            for (address, _) in &wanted {
                assert_eq!(plan.change(address)["actions"], json!(["no-op"]), "{}", plan.text());
            }
            let generated = fs::read_to_string(&file).unwrap();
            for read_only in [" id ", "created_at", "client_secret ", "fqdn", "added_scopes"] {
                assert!(!generated.contains(read_only), "{read_only} in {generated}");
            }

            // Planned once more as what a person then has in the folder; there no version takes the name.
            let plan = world.config(&imports(&wanted, "")).plan();
            for (address, _) in &wanted {
                assert_eq!(plan.change(address)["actions"], json!(["no-op"]), "{generated}{}", plan.text());
            }
            world.apply();
            world.plan_is_empty();
            world.destroy();
            fs::remove_file(&file).unwrap();
        }
        assert!(world.emulator().leftovers().is_empty());
    });
}
