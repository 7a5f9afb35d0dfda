//! `data.pangea_client` on real programs: by id and by name, and all that the client may do.

use expect_test::expect;
use serde_json::json;
use xtask::acceptance::every_cli;

use crate::world::InWorlds as _;

const FOUND: &str = "data.pangea_client.it";
const READ: &str = "pangea:platform:project:read";
const AUDIT: &str = "pangea:service:audit:config:manage";

fn resources() -> String {
    format!(
        r#"
resource "pangea_project" "it" {{
  name = "it"
  geo  = "us"
}}
resource "pangea_management_client" "it" {{
  name   = "it"
  scopes = ["{READ}"]
  roles  = [{{ type = "project", id = pangea_project.it.id, role = "admin" }}]
}}
resource "pangea_client_grant" "it" {{
  client_id = pangea_management_client.it.client_id
  scopes    = ["{AUDIT}"]
}}
"#
    )
}

fn data(lines: &str) -> String {
    format!("data \"pangea_client\" \"it\" {{\n  {lines}\n}}\n")
}

#[test]
fn a_client_is_found_by_id_and_by_name_with_what_grants_added() {
    every_cli().run(|world| {
        world.config(&resources()).apply();
        let id = world.text("pangea_management_client.it", "id");
        let project = world.text("pangea_project.it", "id");
        for key in [format!("id = {id:?}"), format!("client_id = {id:?}"), r#"name = "it""#.to_owned()] {
            let run = world.config(&(resources() + &data(&key))).apply();
            assert_eq!(run.warnings(), "", "it has a role");
            let found = world.values(FOUND);
            assert_eq!(found["id"], json!(id));
            assert_eq!(found["client_id"], json!(id));
            assert_eq!(found["name"], json!("it"));
            assert_eq!(found["effective_scopes"], json!([READ, AUDIT]));
            assert_eq!(
                found["effective_roles"],
                json!([{ "type": "project", "id": project, "role": "admin", "service": null, "service_config_id": null }])
            );
            assert_eq!(found["token_endpoint_auth_method"], json!("client_secret_basic"));
            assert_eq!(found["client_token_expires_in"], json!(3600));
            assert_eq!(found["tenanted_by"], json!("project"));
            for told in ["created_at", "updated_at", "owner_id", "owner_username", "creator_id", "client_class"] {
                assert!(found[told].is_string(), "{told}");
            }
            world.plan_is_empty();
        }
        world.config(&resources()).destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn a_client_that_can_call_nothing_is_a_warning() {
    every_cli().run(|world| {
        let client = "resource \"pangea_management_client\" \"it\" {\n  name = \"it\"\n  scopes = [\"pangea:platform:project:read\"]\n}\n";
        let run = world.config(&(client.to_owned() + &data("id = pangea_management_client.it.id"))).apply();
        expect![[r#"
            Warning: The client has no role
              at data.pangea_client.it
              at data "pangea_client" "it" {

            Client "it" (psa_…) has no role, so its tokens can call nothing, whatever its scopes are. Declare one in the `roles` of its resource, or grant one with `pangea_client_grant`.
        "#]]
        .assert_eq(&run.warnings());
        world.destroy();
    });
}

#[test]
fn a_name_of_none_or_of_several_lists_what_there_is() {
    every_cli().run(|world| {
        let twins = ["one", "two"].map(|label| {
            format!(
                "resource \"pangea_management_client\" \"{label}\" {{\n  name = \"twin\"\n  scopes = [\"{READ}\"]\n}}\n"
            )
        });
        world.config(&twins.concat()).apply();
        expect![[r#"
            Error: Several clients have this name
              at data.pangea_client.it
              at name = "twin"

            2 clients are named "twin":
              - "twin" (psa_…)
              - "twin" (psa_…)
            Say by `id` in place of `name` which of them is meant.
        "#]]
        .assert_eq(&world.config(&(twins.concat() + &data(r#"name = "twin""#))).plan_fails());
        expect![[r#"
            Error: No client has this name
              at data.pangea_client.it
              at name = "Twin"

            The provider's login sees no client named "Twin"; upper and lower case count. It sees:
              - "twin" (psa_…)
              - "twin" (psa_…)
              - "org-admin" (psa_…)
            Correct `name`, or use `id`.
        "#]]
        .assert_eq(&world.config(&(twins.concat() + &data(r#"name = "Twin""#))).plan_fails());
        world.config(&twins.concat()).destroy();
    });
}

#[test]
fn an_id_that_is_not_there_or_of_another_kind_is_told_at_its_place() {
    every_cli().run(|world| {
        expect![[r#"
            Error: No client has this id
              at data.pangea_client.it
              at id = "psa_…"

            The provider's login sees no client psa_…. It was deleted, or belongs to an organization or project that this login does not see. Compare `id` with the Pangea User Console.
        "#]]
        .assert_eq(&world.config(&data(r#"id = "psa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa""#)).plan_fails());
        let text = world.config(&data(r#"id = "ppi_a""#)).plan_fails();
        assert!(text.contains("looks like the id of a project, and should begin with `psa_`"), "{text}");
        expect![[r#"
            Error: Which client is meant?
              at data.pangea_client.it
              at data "pangea_client" "it" {

            A client is looked up either by its `id` or by its `name`. Neither is set. Set one of the two.
        "#]]
        .assert_eq(&world.config(&data("")).plan_fails());
        let text = world.config(&data("id = \"psa_a\"\n  name = \"a\"")).plan_fails();
        assert!(text.contains("Both are set."), "{text}");
        let text = world.config(&data("id = \"psa_a\"\n  client_id = \"psa_a\"")).plan_fails();
        assert!(text.starts_with("Error: The client's id is set twice\n"), "{text}");
    });
}
