//! `terraform-provider-pangea export`: what it writes is planned as imports, and as nothing else.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use expect_test::expect;
use pangea_emulator::Fault;
use serde_json::{Value, json};
use xtask::acceptance::every_cli;
use xtask::folder::mask;
use xtask::process::{self, Output};

use crate::world::{InWorlds as _, World};

/// Two clients with further secrets, two projects of the same name, a grant, and configurations with settings that HCL must escape.
const EVERYTHING: &str = r#"
resource "pangea_project" "shop" {
  name                = "Shop ${upper("eu")}"
  geo                 = "us"
  deletion_protection = true
}

resource "pangea_project" "other" {
  name       = "shop-eu"
  geo        = "us"
  depends_on = [pangea_project.shop]
}

resource "pangea_management_client" "pipeline" {
  name = "a \"quoted\" $${name}\nof two lines"
  scopes = [
    "pangea:platform:account:manage",
    "pangea:platform:account:read",
    "pangea:service:audit:config:manage",
    "pangea:service:audit:config:read",
  ]
  roles                = [{ type = "project", id = pangea_project.shop.id, role = "admin" }]
  client_secret_name   = "first"
  allow_self_change    = true
  exclusive_scopes     = false
  store_client_secret  = true
  secret_rotation      = { rotate_when_changed = { on = "1" } }
}

resource "pangea_client_grant" "it" {
  client_id = pangea_management_client.pipeline.id
  scopes    = ["pangea:platform:project:read"]
}

resource "pangea_client_secret" "second" {
  client_id  = pangea_management_client.pipeline.id
  name       = "second 2"
  expires_in = 864000
}

resource "pangea_service_client" "app" {
  name                  = "app"
  scopes                = ["pangea:service:ai-guard:read"]
  impersonate_client_id = pangea_management_client.pipeline.id
  store_client_secret   = false
  depends_on            = [pangea_client_secret.second]
}

resource "pangea_management_client" "bare" {
  name                    = "bare"
  scopes                  = ["pangea:platform:org:read"]
  client_token_expires_in = 1800
  depends_on              = [pangea_service_client.app]
}

resource "pangea_service_config" "audit" {
  service               = "audit"
  name                  = "shop <audit>"
  impersonate_client_id = pangea_client_grant.it.client_id
  settings = jsonencode({
    version     = 2
    schema      = { fields = [{ id = "message", type = "string" }] }
    retention   = "30d"
    ui_metadata = { "a key" = "<%%{if}&>", list = [1, true, { deep = "a text that is long enough to break the line up" }] }
  })
}
"#;

#[test]
fn what_is_exported_is_planned_as_imports_and_as_nothing_else() {
    every_cli().run(|world| {
        world.config(EVERYTHING).apply();
        // What a rotation makes of the first secret is not exported.
        world.config(&EVERYTHING.replace("on = \"1\"", "on = \"2\"")).apply();
        let secrets = world.emulator().secret_values();
        fs::remove_file(world.path().join("terraform.tfstate")).unwrap();
        world.requests();
        let output = export(world, &[]);
        assert_eq!(output.code, Some(0), "{}", output.stderr);
        assert_eq!(output.stderr, "");
        let writes: Vec<_> = world.requests().into_iter().filter(|request| is_write(request)).collect();
        // A secret for the client that is acted as, and its end.
        expect![[r#"
            POST /authorization.access/v1beta/oauth/clients/psa_…/secrets
            DELETE /authorization.access/v1beta/oauth/clients/psa_…/secrets/pce_…"#]]
        .assert_eq(&writes.join("\n"));
        assert_eq!(world.emulator().run_secrets(), Vec::<Value>::new());
        assert!(secrets.iter().all(|secret| !output.stdout.contains(secret)), "a secret is exported");
        expect![[r##"
            # Written by terraform-provider-pangea 0.1.0: what exists, to be imported. A plan of it changes nothing.
            # The import blocks can go once they are applied.

            import {
              to = pangea_organization.emulated_organization
              id = "poi_…"
            }

            resource "pangea_organization" "emulated_organization" {
              organization_id = "poi_…"
              name            = "Emulated Organization"
            }

            import {
              to = pangea_project.authn_of_the_emulator
              id = "ppi_…"
            }

            resource "pangea_project" "authn_of_the_emulator" {
              name            = "AuthN of the emulator"
              geo             = "us"
              region          = "us-west-1"
              organization_id = "poi_…"
            }

            import {
              to = pangea_project.shop_eu
              id = "ppi_…"
            }

            resource "pangea_project" "shop_eu" {
              name            = "Shop EU"
              geo             = "us"
              region          = "us-west-1"
              organization_id = "poi_…"
            }

            import {
              to = pangea_project.shop_eu_2
              id = "ppi_…"
            }

            resource "pangea_project" "shop_eu_2" {
              name            = "shop-eu"
              geo             = "us"
              region          = "us-west-1"
              organization_id = "poi_…"
            }

            import {
              to = pangea_management_client.org_admin
              id = "psa_…"
            }

            resource "pangea_management_client" "org_admin" {
              roles = [{ id = "poi_…", role = "admin", type = "organization" }]
              name  = "org-admin"
              scopes = [
                "pangea:platform:account:manage",
                "pangea:platform:account:read",
                "pangea:platform:org:manage",
                "pangea:platform:org:read",
                "pangea:platform:project:manage",
                "pangea:platform:project:read",
              ]
              token_endpoint_auth_method = "client_secret_basic"
              redirect_uris              = []
              grant_types                = ["client_credentials"]
              response_types             = ["token"]
              client_token_expires_in    = 3600
              client_secret_name         = "org-admin Secret"
              client_secret_description  = "Auto-created first client secret"
            }

            import {
              to = pangea_management_client.a_quoted_name_of_two_lines
              id = "psa_…"
            }

            resource "pangea_management_client" "a_quoted_name_of_two_lines" {
              roles = [{ id = "ppi_…", role = "admin", type = "project" }]
              name  = "a \"quoted\" $${name}\nof two lines"
              scopes = [
                "pangea:platform:account:manage",
                "pangea:platform:account:read",
                "pangea:platform:project:read",
                "pangea:service:audit:config:manage",
                "pangea:service:audit:config:read",
              ]
              token_endpoint_auth_method = "client_secret_basic"
              redirect_uris              = []
              grant_types                = ["client_credentials"]
              response_types             = ["token"]
              client_token_expires_in    = 3600
            }

            import {
              to = pangea_management_client.bare
              id = "psa_…"
            }

            resource "pangea_management_client" "bare" {
              name                       = "bare"
              scopes                     = ["pangea:platform:org:read"]
              token_endpoint_auth_method = "client_secret_basic"
              redirect_uris              = []
              grant_types                = ["client_credentials"]
              response_types             = ["token"]
              client_token_expires_in    = 1800
              client_secret_name         = "bare Secret"
              client_secret_description  = "Auto-created first client secret"
            }

            import {
              to = pangea_service_client.app
              id = "psa_…/psa_…"
            }

            resource "pangea_service_client" "app" {
              impersonate_client_id      = "psa_…"
              name                       = "app"
              scopes                     = ["pangea:service:ai-guard:read"]
              token_endpoint_auth_method = "client_secret_basic"
              redirect_uris              = []
              grant_types                = ["client_credentials"]
              response_types             = ["token"]
              client_token_expires_in    = 3600
            }

            import {
              to = pangea_client_secret.second_2
              id = "psa_…/pce_…"
            }

            resource "pangea_client_secret" "second_2" {
              client_id = "psa_…"
              name      = "second 2"
            }

            import {
              to = pangea_service_config.shop_audit
              id = "psa_…/audit/pci_…"
            }

            resource "pangea_service_config" "shop_audit" {
              service = "audit"
              name    = "shop <audit>"
              settings = jsonencode({
                cold_query_result_retention = "2d"
                hot_storage                 = "14d"
                query_result_retention      = "2d"
                redact_service_config_id    = null
                retention                   = "30d"
                schema                      = { fields = [{ id = "message", type = "string" }] }
                ui_metadata = {
                  "a key" = "<%%{if}&>"
                  list    = [1, true, { deep = "a text that is long enough to break the line up" }]
                }
                vault_service_config_id = null
                vault_sign              = false
                version                 = 2
              })
              impersonate_client_id = "psa_…"
            }
        "##]]
        .assert_eq(&mask(&output.stdout));

        world.config(&output.stdout);
        let formatted = world.run(&["fmt", "-check", "-diff"]);
        assert_eq!(formatted.code, Some(0), "{}", formatted.stdout);
        let plan = world.plan();
        let changes = plan.json["resource_changes"].as_array().unwrap();
        for change in changes {
            assert_eq!(change["change"]["actions"], json!(["no-op"]), "{}", plan.text());
            assert!(change["change"]["importing"]["id"].is_string(), "{change}");
        }
        assert_eq!(changes.len(), output.stdout.matches("import {").count());
        world.apply_planned(&plan);
        world.plan_is_empty();
    });
}

#[test]
fn what_the_login_may_not_see_is_left_out_with_a_warning_and_any_other_failure_ends_the_export() {
    every_cli().on_each(|cli| {
        let mut world = World::start(cli);
        world.unset("PANGEA_ORGANIZATION_ID");
        world.emulator().inject(Fault::status(403).path("*/oauth/clients").method("GET"));
        let output = export(&world, &[]);
        assert_eq!((output.code, output.stdout.matches("import {").count()), (Some(0), 0), "{}", output.stdout);
        expect![[r#"
            Warning: The organization is not exported

            Nothing says which organization is meant, so neither it nor its projects are exported. Set the environment variable PANGEA_ORGANIZATION_ID to its id (`poi_…`), which is on the page Organization Settings of the Pangea User Console.

            Warning: Clients are not exported

            The provider tried to list the clients. GET authorization.access /v1beta/oauth/clients at 127.0.0.1:PORT: the service answered 403 (insufficient_scope): Not authorized to access this resource.

            The token is valid, but not for this: the client psa_… that the provider is logged in as needs the scope `pangea:platform:account:read` and a role that reaches the object, such as `admin` on the organization or the project. Scopes and roles are granted on the page Organization API Credentials (or Project API Credentials) of the Pangea User Console.

            Pangea's request id: prq_…

        "#]].assert_eq(&mask(&output.stderr));

        world.unset("PANGEA_CLIENT_SECRET");
        let output = export(&world, &[]);
        assert_eq!((output.code, output.stdout.as_str()), (Some(1), ""));
        expect![[r#"
            Warning: The organization is not exported

            Nothing says which organization is meant, so neither it nor its projects are exported. Set the environment variable PANGEA_ORGANIZATION_ID to its id (`poi_…`), which is on the page Organization Settings of the Pangea User Console.

            Error: Missing Pangea credentials

            The credentials are half there: one part comes from the environment variable PANGEA_CLIENT_ID, and the other is missing. Set the provider's attribute `client_secret` or the environment variable PANGEA_CLIENT_SECRET.

            Management clients and their secrets are made on the page Organization API Credentials (or Project API Credentials) of the Pangea User Console.

        "#]].assert_eq(&mask(&output.stderr));
    });
}

#[test]
fn the_export_explains_itself_and_its_misuse() {
    let cli = &xtask::acceptance::all()[0];
    let world = World::start(cli);
    for ask in ["--help", "-help", "-h"] {
        let output = export(&world, &[ask]);
        assert!(output.code == Some(0) && output.stdout.contains("PANGEA_ORGANIZATION_ID names"), "{}", output.stdout);
    }
    let output = export(&world, &["--all"]);
    assert_eq!(output.code, Some(2));
    expect![[r#"
        terraform-provider-pangea export: unknown argument "--all"; --help says what it does
    "#]]
    .assert_eq(&output.stderr);
    let output = provider(&world, &["--help"]);
    assert!(output.stdout.contains("  export     Write import blocks and HCL for what exists.\n"), "{}", output.stdout);
    assert_eq!(world.requests(), Vec::<String>::new());
}

fn export(world: &World, arguments: &[&str]) -> Output {
    provider(world, &[&["export"], arguments].concat())
}

/// Runs the provider's own program, with the world's variables alone.
fn provider(world: &World, arguments: &[&str]) -> Output {
    let mut command = Command::new(Path::new(env!("CARGO_BIN_EXE_terraform-provider-pangea")));
    command.env_clear().args(arguments);
    let names =
        ["BASE_URL_TEMPLATE", "CLIENT_ID", "CLIENT_SECRET", "ORGANIZATION_ID"].map(|name| format!("PANGEA_{name}"));
    for name in names.iter().filter(|name| !world.variable(name).is_empty()) {
        command.env(name, world.variable(name));
    }
    process::output(&mut command, Duration::from_secs(60)).unwrap()
}

/// Whether a request may change something. Projects are read by POST.
fn is_write(request: &str) -> bool {
    let is_read =
        ["/get", "/list", "/config", "/oauth/token", "/token/revoke"].iter().any(|end| request.ends_with(end));
    !request.starts_with("GET ") && !is_read
}
