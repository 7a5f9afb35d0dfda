//! The table of Pangea's endpoints, held to what is there; and the endpoints that no resource has for itself.

use std::collections::BTreeSet;
use std::fs;

use pangea_emulator::Options;
use serde_json::json;
use terraform_provider_pangea::PangeaProvider;
use tf_framework::Provider as _;
use xtask::acceptance::every_cli;
use xtask::workspace;

use crate::world::{InWorlds as _, World};

/// The polling of answers that come later is no route: it is at every service.
const POLLING: &str = "GET /{}/request/{}";

#[test]
fn every_endpoint_has_its_user_its_test_and_its_route() {
    let text = fs::read_to_string(workspace().join("crates/pangea-client/ENDPOINTS.md")).unwrap();
    let rows: Vec<Vec<&str>> = text
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    let types = types();
    let mut listed = BTreeSet::new();
    for row in rows {
        let [endpoint, users, test] = row.as_slice() else { panic!("{row:?} has not three cells") };
        listed.insert(endpoint.trim_matches('`').to_owned());
        assert!(!users.is_empty(), "{endpoint} has no user");
        for user in quoted(users) {
            assert!(types.contains(user), "{endpoint}: there is no {user}");
        }
        let (file, name) = test.trim_matches('`').split_once("::").unwrap();
        let tests = fs::read_to_string(workspace().join(format!("tests/it/{file}.rs"))).unwrap_or_default();
        assert!(tests.contains(&format!("\nfn {name}() {{")), "{endpoint}: there is no test {test}");
    }
    // The same five paths at three services are told once.
    let is_told_once = |route: &String| !route.contains(" /redact/") && !route.contains(" /ai-guard/v1beta/config");
    let routes = pangea_emulator::endpoints().into_iter().filter(is_told_once).chain([POLLING.to_owned()]);
    assert_eq!(listed, routes.collect());
}

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

/// Every type that the provider has, of any kind.
fn types() -> BTreeSet<&'static str> {
    let mut types = BTreeSet::new();
    types.extend(PangeaProvider::resources().iter().map(|one| one.name()));
    types.extend(PangeaProvider::data_sources().iter().map(|one| one.name()));
    types.extend(PangeaProvider::ephemeral_resources().iter().map(|one| one.name()));
    types.extend(PangeaProvider::actions().iter().map(|one| one.name()));
    types
}

/// The words of a cell that stand between backticks.
fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}
