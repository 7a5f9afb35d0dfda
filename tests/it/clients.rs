//! `data.pangea_clients` on real programs: the API's filters, all pages, and an order that stays.

use pangea_emulator::Fault;
use serde_json::json;
use xtask::acceptance::every_cli;

use crate::world::{InWorlds as _, World};

const CLIENTS: &str = r#"
resource "pangea_management_client" "it" {
  for_each = { one = "pangea:platform:project:read", two = "pangea:platform:project:manage", three = "pangea:platform:project:read" }
  name     = "it-${each.key}"
  scopes   = [each.value, "pangea:platform:org:read"]
}
"#;

fn with(filter: &str) -> String {
    format!("{CLIENTS}\ndata \"pangea_clients\" \"it\" {{\n  {filter}\n}}\n")
}

/// Names of the clients that were found, sorted: three clients of one apply are made in any order.
fn names(world: &World) -> Vec<String> {
    let clients = world.values("data.pangea_clients.it")["clients"].clone();
    let mut names: Vec<_> =
        clients.as_array().unwrap().iter().map(|client| client["name"].as_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

#[test]
fn the_filters_are_the_apis_own() {
    every_cli().run(|world| {
        world.config(CLIENTS).apply();
        let two = world.text("pangea_management_client.it[\"two\"]", "id");
        for (filter, expected) in [
            (format!("client_id = {two:?}"), vec!["it-two"]),
            (format!("client_id_in = [{two:?}]"), vec!["it-two"]),
            (format!("client_id_contains = [{:?}]", &two[4..14]), vec!["it-two"]),
            ("client_id_in = []".to_owned(), vec![]),
            (r#"name = "it-one""#.to_owned(), vec!["it-one"]),
            (r#"name_contains = ["it-", "o"]"#.to_owned(), vec!["it-one", "it-two"]),
            (r#"name_in = ["it-one", "it-three", "it-four"]"#.to_owned(), vec!["it-one", "it-three"]),
            ("name_in = []".to_owned(), vec![]),
            (
                "name_contains = [\"it-\"]\n  scopes = [\"pangea:platform:org:read\", \"pangea:platform:project:read\"]".to_owned(),
                vec!["it-one", "it-three"],
            ),
            ("created_at = { lt = \"2000-01-01T00:00:00Z\" }".to_owned(), vec![]),
            (
                "name_contains = [\"it-\"]\n  updated_at = { gte = \"2000-01-01T00:00:00Z\", lt = \"2999-01-01T00:00:00Z\" }".to_owned(),
                vec!["it-one", "it-three", "it-two"],
            ),
        ] {
            world.config(&with(&filter)).apply();
            assert_eq!(names(world), expected, "{filter}");
            world.plan_is_empty();
        }
        let text = world.config(&with(r#"created_at = { gt = "yesterday" }"#)).plan_fails();
        assert!(text.contains("at created_at = { gt = \"yesterday\" }\n\n`created_at.gt` must be a time"), "{text}");
        world.config(CLIENTS).destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn every_page_is_read_and_the_order_is_that_of_their_making() {
    every_cli().run(|world| {
        let many =
            "resource \"pangea_management_client\" \"it\" {\n  count = 3\n  name = \"it\"\n  scopes = [\"a:b\"]\n}\n";
        world.config(many).apply();
        let all = format!("{many}data \"pangea_clients\" \"it\" {{}}\n");
        world.config(&all).apply();
        let clients = world.values("data.pangea_clients.it")["clients"].clone();
        assert_eq!(clients.as_array().unwrap().len(), 4);
        assert_eq!(clients[0]["name"], json!("org-admin"));
        let times: Vec<_> = (0..4).map(|n| clients[n]["created_at"].as_str().unwrap().to_owned()).collect();
        assert!(times.is_sorted(), "{times:?}");

        // The first page brings one client of four: the rest comes with the second, in whatever order.
        let mut documents = world.emulator().clients();
        documents.reverse();
        for part in [&documents[..1], &documents[1..]] {
            world.emulator().inject(Fault::rewrite("/clients", json!(part)).path("*/oauth/clients"));
        }
        world.requests();
        world.plan_is_empty();
        assert_eq!(world.requests().iter().filter(|call| call.ends_with("/oauth/clients")).count(), 2);
        world.config(many).destroy();
    });
}
