//! The endpoints that no resource has for itself.

use pangea_emulator::Options;
use serde_json::json;
use xtask::acceptance::every_cli;

use crate::world::{InWorlds as _, World};

#[test]
fn each_service_keeps_its_configurations() {
    every_cli().run(|world| {
        world.config(&configs("before")).apply();
        world.plan_is_empty();
        world.config(&configs("after")).apply();
        world.plan_is_empty();
        for service in SERVICES {
            let id = world.text(&format!("pangea_service_config.it[\"{service}\"]"), "id");
            let kept = world.emulator().config(&id).unwrap();
            assert_eq!((&kept["service"], &kept["name"]), (&json!(service), &json!("after")));
        }
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn an_answer_that_comes_later_is_asked_for_until_it_is_there() {
    every_cli().on_each(|cli| {
        let mut world = World::with(cli, Options { accepted: 2, ..Options::default() });
        world.config("resource \"pangea_project\" \"it\" {\n  name = \"it\"\n  geo  = \"us\"\n}\n").apply();
        let polls = world.emulator().requests().into_iter().filter(|request| request.path.contains("/request/"));
        assert!(polls.count() >= 2, "the service was polled");
        world.plan_is_empty();
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

const SERVICES: [&str; 2] = ["redact", "ai-guard"];

/// A configuration of this name at each service, made by a client that may.
fn configs(name: &str) -> String {
    let scopes = SERVICES
        .map(|service| format!("\"pangea:service:{service}:config:manage\", \"pangea:service:{service}:config:read\""));
    format!(
        r#"
resource "pangea_project" "it" {{
  name = "it"
  geo  = "us"
}}

resource "pangea_management_client" "it" {{
  name                = "it"
  scopes              = [{}]
  roles               = [{{ type = "project", id = pangea_project.it.id, role = "admin" }}]
  store_client_secret = false
}}

resource "pangea_service_config" "it" {{
  for_each              = toset(["redact", "ai-guard"])
  service               = each.key
  name                  = "{name}"
  impersonate_client_id = pangea_management_client.it.client_id
}}
"#,
        scopes.join(", ")
    )
}
