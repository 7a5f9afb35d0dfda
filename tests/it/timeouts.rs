//! `timeouts` on real programs: how long an operation may take, and what is said where that was too short.

use expect_test::expect;
use pangea_emulator::Fault;
use xtask::acceptance::every_cli;

use crate::world::{InWorlds as _, World};

/// A project with a client that acts in it.
const BASE: &str = r#"
resource "pangea_project" "it" {
  name = "it"
  geo  = "us"
}

resource "pangea_management_client" "it" {
  name = "it"
  scopes = [
    "pangea:platform:account:manage", "pangea:platform:account:read",
    "pangea:service:audit:config:manage", "pangea:service:audit:config:read",
  ]
  roles               = [{ type = "project", id = pangea_project.it.id, role = "admin" }]
  store_client_secret = false
}
"#;

const HALF_A_MINUTE: &str = r#"create = "30s", read = "30s", update = "30s", delete = "30s""#;

/// One of each resource, with these limits, none of which refers to another.
fn one_of_each(name: &str, client_id: &str, limits: &str) -> String {
    let scope = if name == "first" { "pangea:service:redact:read" } else { "pangea:service:audit:read" };
    format!(
        r#"
locals {{
  client_id = "{client_id}"
}}

resource "pangea_organization" "it" {{
  name     = "{name}"
  adopt    = true
  timeouts = {{ {limits} }}
}}

resource "pangea_project" "it" {{
  name     = "{name}"
  geo      = "us"
  timeouts = {{ {limits} }}
}}

resource "pangea_management_client" "it" {{
  name                = "{name}"
  scopes              = ["pangea:platform:project:read"]
  store_client_secret = false
  timeouts            = {{ {limits} }}
}}

resource "pangea_service_client" "it" {{
  name                  = "{name}"
  scopes                = ["pangea:service:ai-guard:read"]
  store_client_secret   = false
  impersonate_client_id = local.client_id
  timeouts              = {{ {limits} }}
}}

resource "pangea_client_grant" "it" {{
  client_id = local.client_id
  scopes    = ["{scope}"]
  timeouts  = {{ {limits} }}
}}

resource "pangea_client_secret" "it" {{
  client_id = local.client_id
  name      = "{name}"
  timeouts  = {{ {limits} }}
}}

resource "pangea_service_config" "it" {{
  service               = "audit"
  name                  = "{name}"
  impersonate_client_id = local.client_id
  timeouts              = {{ {limits} }}
}}
"#
    )
}

/// From now on every call but those for tokens is told to come again in a minute.
fn keep_waiting(world: &World) {
    for path in ["*/platform/*", "*/oauth/clients*", "*/v1beta/config*"] {
        let fault = Fault::status(429).header("retry-after", "60").path(path).always();
        world.emulator().inject(fault);
    }
}

/// How many resources were out of time in this text.
fn out_of_time(text: &str) -> usize {
    text.matches("The attempts ended at the time limit of the operation, which `timeouts` raises.").count()
}

/// The calls that change something, but for the secrets of the run.
fn changes(world: &World) -> Vec<String> {
    let reads =
        |request: &String| ["GET", "/token", "/get", "/config", "/secrets"].iter().any(|read| request.contains(read));
    world.requests().into_iter().filter(|request| !reads(request)).collect()
}

#[test]
fn every_operation_of_every_resource_keeps_to_its_limit_and_can_go_on_afterwards() {
    every_cli().run(|world| {
        world.config(BASE).apply();
        let client_id = world.text("pangea_management_client.it", "client_id");
        world.forget("pangea_management_client.it");
        world.forget("pangea_project.it");

        let plan = world.config(&one_of_each("first", &client_id, HALF_A_MINUTE)).plan();
        keep_waiting(world);
        let text = world.apply_planned_fails(&plan);
        assert_eq!(out_of_time(&text), 7, "{text}");
        world.emulator().clear_faults();
        world.apply();
        world.plan_is_empty();

        keep_waiting(world);
        let text = world.plan_fails();
        assert_eq!(out_of_time(&text), 7, "{text}");
        world.emulator().clear_faults();

        let plan = world.config(&one_of_each("second", &client_id, HALF_A_MINUTE)).plan();
        keep_waiting(world);
        let text = world.apply_planned_fails(&plan);
        assert_eq!(out_of_time(&text), 7, "{text}");
        world.emulator().clear_faults();
        world.apply();

        world.emulator().clear_requests();
        world.config(&one_of_each("second", &client_id, r#"create = "1h""#)).apply();
        assert_eq!(changes(world), Vec::<String>::new(), "Pangea knows of no limits");
        world.plan_is_empty();
        world.config(&one_of_each("second", &client_id, HALF_A_MINUTE)).apply();

        // Letting an organization go calls nothing.
        let plan = world.plan_with(&["-destroy"]);
        keep_waiting(world);
        let text = world.apply_planned_fails(&plan);
        assert_eq!(out_of_time(&text), 6, "{text}");
        world.emulator().clear_faults();
        world.destroy();
    });
}

#[test]
fn a_limit_that_is_over_is_told_at_the_attribute() {
    every_cli().run(|world| {
        let config = "resource \"pangea_project\" \"it\" {\n  name     = \"shop\"\n  geo      = \"us\"\n  timeouts = { create = \"30s\" }\n}\n";
        keep_waiting(world);
        expect![[r#"
            Error: Unable to create the project: too many requests
              at pangea_project.it
              at timeouts = { create = "30s" }

            The provider tried to create the project "shop". POST api.console /v1beta/platform/project/create at 127.0.0.1:PORT: the service answered 429 (TooManyRequests): Too many requests; the next attempt would be in 60 s, after the operation's time limit of 30 s.

            Pangea asks for fewer requests. Wait a little and run Terraform again. Where this happens often, lower the provider's `max_concurrent_requests` (now 10), or raise `max_retries` (now 4). The attempts ended at the time limit of the operation, which `timeouts` raises. For a read or a delete the limit that was applied last counts: raise it, and apply that with `-refresh=false`.

            Pangea's request id: prq_…
        "#]]
        .assert_eq(&world.config(config).apply_fails());
        let text = world.config(&config.replace("30s", "soon")).validate_fails();
        // Where in the object it is, not every program shows.
        assert!(text.contains("`timeouts.create` must be a length of time such as \"30m\""), "{text}");
    });
}
