//! `data.pangea_client_roles` on real programs.

use expect_test::expect;
use serde_json::json;
use xtask::acceptance::every_cli;

use crate::world::{InWorlds as _, World};

fn data(filter: &str) -> String {
    format!(
        r#"
data "pangea_client_roles" "it" {{
  client_id = pangea_management_client.it.id
  {filter}
}}
resource "pangea_management_client" "it" {{
  name   = "it"
  scopes = ["pangea:platform:project:read"]
}}
"#
    )
}

fn roles(world: &World) -> serde_json::Value {
    world.values("data.pangea_client_roles.it")["roles"].clone()
}

#[test]
fn the_roles_are_those_that_the_filter_lets_through() {
    every_cli().run(|world| {
        world.config(&data("")).apply();
        assert_eq!(roles(world), json!([]));
        let id = world.text("pangea_management_client.it", "id");
        let project = world.emulator().credentials().unwrap().project_id;
        let config = "pci_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
        world.emulator().set_roles(
            &id,
            &[("project", &project, "admin"), ("service_ai_guard_config", config, "manager")],
        );
        let role = |kind: &str, id: &str, role: &str| json!({ "type": kind, "id": id, "role": role, "service": null, "service_config_id": null });
        let admin = role("project", &project, "admin");
        let manager = role("service_ai_guard_config", config, "manager");
        for (filter, expected) in [
            ("", json!([manager, admin])),
            (r#"resource_type = "project""#, json!([admin])),
            (r#"role = "manager""#, json!([manager])),
            (r#"resource_id = "ppi_a""#, json!([])),
        ] {
            world.config(&data(filter)).apply();
            let found = roles(world);
            assert_eq!(found.as_array().unwrap().len(), expected.as_array().unwrap().len(), "{filter}");
            for one in expected.as_array().unwrap() {
                assert!(found.as_array().unwrap().contains(one), "{filter}: {found}");
            }
            world.plan_is_empty();
        }
        world.config(&data("")).destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn a_client_that_is_not_there_is_an_error_and_not_an_empty_set() {
    every_cli().run(|world| {
        let lost = "data \"pangea_client_roles\" \"it\" {\n  client_id = \"psa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"\n}\n";
        let text = world.config(lost).plan_fails();
        let paragraphs: Vec<&str> = text.trim_end().split("\n\n").collect();
        expect![[r#"
            Error: Unable to list the roles of the client: it does not exist
              at data.pangea_client_roles.it
              at data "pangea_client_roles" "it" {

            Check `client_id`: the client was deleted, or is one that the provider's login doesn't see."#]]
        .assert_eq(&format!("{}\n\n{}", paragraphs[0], paragraphs[2]));
        let text = world.config(&lost.replace("psa_", "pce_")).plan_fails();
        assert!(text.contains("looks like the id of a client secret, and should begin with `psa_`"), "{text}");
    });
}
