//! What validation and plans tell before Pangea refuses it: ids of another kind, scopes that nobody knows, and scopes that the
//! provider's own token lacks.

use expect_test::expect;
use pangea_emulator::Fault;
use xtask::acceptance::every_cli;

use crate::provider_block::token;
use crate::world::{InWorlds as _, World};

/// One of everything that takes an id, with ids of other kinds.
const MISPLACED: &str = r#"
resource "pangea_project" "it" {
  name            = "it"
  geo             = "us"
  organization_id = "ppi_a"
}

resource "pangea_organization" "it" {
  name            = "it"
  organization_id = "psa_a"
}

resource "pangea_management_client" "it" {
  name   = "it"
  scopes = ["pangea:platform:org:read"]
  roles  = [{ type = "project", id = "poi_a", role = "admin" }]
}

resource "pangea_client_grant" "it" {
  client_id = "pce_a"
  roles = [
    { type = "organization", id = "ppi_a", role = "admin" },
    { type = "service_audit_config", id = "pvi_a", role = "manager", service_config_id = "psa_a" },
  ]
}

resource "pangea_client_secret" "it" {
  client_id = "pui_a"
}

resource "pangea_service_config" "it" {
  name                  = "it"
  service               = "audit"
  impersonate_client_id = "pci_a"
}

data "pangea_project" "it" {
  id = "psa_a"
}

data "pangea_projects" "it" {
  organization_id = "ppi_a"
}

data "pangea_organization" "it" {
  id = "ppi_a"
}

data "pangea_client" "it" {
  id = "pce_a"
}

data "pangea_clients" "it" {
  client_id    = "ppi_a"
  client_id_in = ["psa_a", "poi_a"]
}

data "pangea_client_roles" "it" {
  client_id     = "ppi_a"
  resource_type = "project"
  resource_id   = "poi_a"
}

data "pangea_client_secrets" "it" {
  client_id = "pce_a"
}

data "pangea_service_config" "it" {
  service               = "audit"
  id                    = "pvi_a"
  impersonate_client_id = "pce_a"
}

data "pangea_service_configs" "it" {
  service               = "audit"
  id_in                 = ["ppi_a"]
  impersonate_client_id = "pce_a"
}

data "pangea_text_guard" "it" {
  text                  = "it"
  impersonate_client_id = "ppi_a"
}

data "pangea_jwks" "it" {
  impersonate_client_id = "ppi_a"
}
"#;

#[test]
fn an_id_of_another_kind_is_an_error_wherever_an_id_is_taken_and_any_other_text_passes() {
    every_cli().run(|world| {
        let text = world.config(MISPLACED).validate_fails();
        expect![[r#"
            data.pangea_client.it: `id` looks like the id of a client secret, and should begin with `psa_`.
            data.pangea_client_roles.it: `client_id` looks like the id of a project, and should begin with `psa_`.
            data.pangea_client_roles.it: `resource_id` looks like the id of an organization, and should begin with `ppi_`.
            data.pangea_client_secrets.it: `client_id` looks like the id of a client secret, and should begin with `psa_`.
            data.pangea_clients.it: `client_id_in` looks like the id of an organization, and should begin with `psa_`.
            data.pangea_clients.it: `client_id` looks like the id of a project, and should begin with `psa_`.
            data.pangea_jwks.it: `impersonate_client_id` looks like the id of a project, and should begin with `psa_`.
            data.pangea_organization.it: `id` looks like the id of a project, and should begin with `poi_`.
            data.pangea_project.it: `id` looks like the id of a client, and should begin with `ppi_`.
            data.pangea_projects.it: `organization_id` looks like the id of a project, and should begin with `poi_`.
            data.pangea_service_config.it: `id` looks like the id of a Vault item, and should begin with `pci_`.
            data.pangea_service_config.it: `impersonate_client_id` looks like the id of a client secret, and should begin with `psa_`.
            data.pangea_service_configs.it: `id_in` looks like the id of a project, and should begin with `pci_`.
            data.pangea_service_configs.it: `impersonate_client_id` looks like the id of a client secret, and should begin with `psa_`.
            data.pangea_text_guard.it: `impersonate_client_id` looks like the id of a project, and should begin with `psa_`.
            pangea_client_grant.it: In `roles`, `id` looks like the id of a Vault item, and should begin with `pci_`.
            pangea_client_grant.it: In `roles`, `id` looks like the id of a project, and should begin with `poi_`.
            pangea_client_grant.it: In `roles`, `service_config_id` looks like the id of a client, and should begin with `pci_`.
            pangea_client_grant.it: `client_id` looks like the id of a client secret, and should begin with `psa_`.
            pangea_client_secret.it: `client_id` looks like the id of a user, and should begin with `psa_`.
            pangea_management_client.it: In `roles`, `id` looks like the id of an organization, and should begin with `ppi_`.
            pangea_organization.it: `organization_id` looks like the id of a client, and should begin with `poi_`.
            pangea_project.it: `organization_id` looks like the id of a project, and should begin with `poi_`.
            pangea_service_config.it: `impersonate_client_id` looks like the id of a service configuration, and should begin with `psa_`.
        "#]].assert_eq(&in_order(&text));
        assert_eq!(text.matches("Error: ").count(), text.matches("Error: Id of another kind").count(), "{text}");

        // As Terraform's mocked providers invent them, and kinds that the provider doesn't know.
        let invented = ["ppi_", "psa_", "pce_", "poi_", "pui_", "pci_", "pvi_"]
            .iter()
            .fold(MISPLACED.to_owned(), |hcl, id| hcl.replace(&format!("\"{id}a\""), "\"a8f5k2\""));
        world.config(&invented).validate();
        world.config(&invented.replace("a8f5k2", "pxx_a")).validate();
        assert_eq!(world.requests(), Vec::<String>::new());
    });
}

#[test]
fn a_scope_that_nobody_lists_is_a_warning_with_the_nearest_one_and_one_question_at_most() {
    every_cli().run(|world| {
        let with = |first: &str, second: &str| {
            let client = |name: &str, scope: &str| {
                format!("resource \"pangea_management_client\" \"{name}\" {{\n  name   = \"{name}\"\n  scopes = [\"{scope}\", \"pangea:service:new-service:read\"]\n}}\n")
            };
            client("one", first) + &client("other", second)
        };
        let misspelt = with("pangea:platform:project:raed", "everything");
        world.config(&misspelt).validate();
        assert_eq!(world.requests(), Vec::<String>::new());
        let plan = world.plan();
        expect![[r#"
            pangea_management_client.one: Neither Pangea's OAuth server nor its guides list the scope `pangea:platform:project:raed`. Did you mean `pangea:platform:project:read`? Terraform passes it on as it is, and Pangea decides.
            pangea_management_client.other: Neither Pangea's OAuth server nor its guides list the scope `everything`. Terraform passes it on as it is, and Pangea decides.
        "#]].assert_eq(&in_order(&plan.warnings()));
        assert_eq!(questions(world), 1);

        // What stands there already is not asked about again, and what the guides name never is.
        world.apply_planned(&plan);
        world.requests();
        world.plan_is_empty();
        world.config(&misspelt.replace("name   = \"one\"", "name   = \"two\"")).apply();
        world.config(&with("pangea:platform:project:read", "pangea:platform:account:write")).apply();
        assert_eq!(questions(world), 0);
        world.destroy();
    });
}

#[test]
fn where_the_server_can_not_be_asked_for_its_scopes_nothing_is_said() {
    every_cli().run(|world| {
        world.emulator().inject(Fault::status(404).path("*/oauth-authorization-server"));
        world.config(
            "resource \"pangea_management_client\" \"it\" {\n  name   = \"it\"\n  scopes = [\"everything\"]\n}\n",
        );
        assert_eq!(world.plan().warnings(), "");
    });
}

#[test]
fn a_plan_names_the_scope_that_the_providers_token_lacks_for_each_change_and_changes_nothing() {
    every_cli().run(|world| {
        let before = r#"
resource "pangea_project" "it" {
  name = "it"
  geo  = "us"
}
"#;
        let after = r#"
resource "pangea_project" "it" {
  name = "renamed"
  geo  = "us"
}

resource "pangea_management_client" "it" {
  name   = "it"
  scopes = ["pangea:platform:org:read"]
}

resource "pangea_client_secret" "it" {
  client_id = "psa_someone"
}
"#;
        world.config(before).apply();
        let full = login_as(world, "reader", "pangea:platform:project:read pangea:platform:org:read");
        world.requests();
        world.plan_is_empty();
        assert_eq!(
            tokens(world),
            ["POST /authorization.access/v1beta/oauth/token", "POST /authorization.access/v1beta/oauth/token/revoke"]
        );
        let plan = world.config(after).plan();
        expect![[r#"
            pangea_client_secret.it: To create this client secret, the provider needs the scope `pangea:platform:account:manage`, which the token of client psa_… does not have: it has `pangea:platform:org:read`, `pangea:platform:project:read`. A plan may go on without; the apply will most likely be refused. Apply with a client that has the scope, grant it to this one, or add it to the provider's `scopes` where these narrow the token.
            pangea_management_client.it: To create this management client, the provider needs the scope `pangea:platform:account:manage`, which the token of client psa_… does not have: it has `pangea:platform:org:read`, `pangea:platform:project:read`. A plan may go on without; the apply will most likely be refused. Apply with a client that has the scope, grant it to this one, or add it to the provider's `scopes` where these narrow the token.
            pangea_project.it: To change this project, the provider needs the scope `pangea:platform:project:manage`, which the token of client psa_… does not have: it has `pangea:platform:org:read`, `pangea:platform:project:read`. A plan may go on without; the apply will most likely be refused. Apply with a client that has the scope, grant it to this one, or add it to the provider's `scopes` where these narrow the token.
        "#]].assert_eq(&in_order(&plan.warnings()));
        assert_eq!(plan.actions().len(), 3);
        assert_eq!(tokens(world).len(), 2);
        let refused = world.apply_planned_fails(&plan);
        assert!(refused.contains("pangea:platform:project:manage"), "{refused}");

        // What the provider keeps to itself needs no scope.
        let protected = before.replace("\"us\"", "\"us\"\n  deletion_protection = true");
        assert_eq!(world.config(&protected).plan().warnings(), "");
        // A destroy is a change too.
        assert!(world.config("").plan().warnings().contains("To delete this project, the provider needs the scope"));

        // A ready token can't be looked into.
        let token = token(world);
        world.set("PANGEA_ACCESS_TOKEN", &token);
        assert_eq!(world.config(after).plan().warnings(), "");
        world.unset("PANGEA_ACCESS_TOKEN");
        for (name, value) in full {
            world.set(name, &value);
        }
        assert_eq!(world.config(after).plan().warnings(), "");
        world.config("").apply();
    });
}

/// A paragraph for each message, sorted, since Terraform looks at several resources at once: the resource, and the message.
fn in_order(messages: &str) -> String {
    let parts: Vec<_> = messages.split("\n\n").collect();
    let message = |message: &[&str]| {
        let address = message[0].lines().nth(1).unwrap_or_default().trim().trim_start_matches("at ");
        format!("{address}: {}\n", message.get(1).copied().unwrap_or_default().trim())
    };
    let mut found: Vec<_> = parts.chunks(2).map(message).collect();
    found.sort();
    found.concat()
}

/// How often the server was asked for its scopes since the last look.
fn questions(world: &World) -> usize {
    world.requests().iter().filter(|request| request.contains("oauth-authorization-server")).count()
}

/// What was asked about tokens since the last look.
fn tokens(world: &World) -> Vec<String> {
    world.requests().into_iter().filter(|request| request.contains("/oauth/token")).collect()
}

/// Logs the provider in as a new client of the whole organization with these scopes; gives the login before.
fn login_as(world: &mut World, name: &str, scopes: &str) -> [(&'static str, String); 2] {
    let before = ["PANGEA_CLIENT_ID", "PANGEA_CLIENT_SECRET"].map(|name| (name, world.variable(name).to_owned()));
    let organization = world.variable("PANGEA_ORGANIZATION_ID").to_owned();
    let client = world.emulator().create_client(name, scopes, &[("organization", &organization, "admin")]).unwrap();
    let secret = world.emulator().create_secret(&client).unwrap();
    world.set("PANGEA_CLIENT_ID", &client).set("PANGEA_CLIENT_SECRET", &secret);
    before
}
