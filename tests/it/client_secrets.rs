//! `data.pangea_client_secrets` on real programs: what is told of secrets, and what is not.

use serde_json::{Value, json};
use xtask::acceptance::every_cli;
use xtask::http;

use crate::world::{InWorlds as _, World};

const CLIENT: &str = r#"
resource "pangea_management_client" "it" {
  name                      = "it"
  scopes                    = ["pangea:platform:project:read"]
  client_secret_name        = "first"
  client_secret_description = "of the client"
}
"#;

fn data(filter: &str) -> String {
    format!(
        "{CLIENT}\ndata \"pangea_client_secrets\" \"it\" {{\n  client_id = pangea_management_client.it.id\n  {filter}\n}}\n"
    )
}

fn names(world: &World) -> Vec<String> {
    let secrets = world.values("data.pangea_client_secrets.it")["secrets"].clone();
    secrets.as_array().unwrap().iter().map(|secret| secret["name"].as_str().unwrap().to_owned()).collect()
}

/// Makes a further secret behind Terraform's back.
pub fn make_secret(world: &World, client_id: &str, name: &str) {
    let login = world.emulator().credentials().unwrap();
    let url = |path: &str| format!("{}/authorization.access/v1beta/oauth/{path}", world.emulator().url());
    let form =
        format!("grant_type=client_credentials&client_id={}&client_secret={}", login.client_id, login.client_secret);
    let kind = ("Content-Type", "application/x-www-form-urlencoded");
    let (_, body) = http::request("POST", &url("token"), &[kind], &form).unwrap();
    let token = serde_json::from_str::<Value>(&body).unwrap()["access_token"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {token}");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    let body = json!({ "client_secret_name": name }).to_string();
    let (status, _) = http::request("POST", &url(&format!("clients/{client_id}/secrets")), &headers, &body).unwrap();
    assert_eq!(status, 200);
}

#[test]
fn the_secrets_are_told_oldest_first_without_their_values_and_without_those_of_a_run() {
    every_cli().run(|world| {
        world.config(CLIENT).apply();
        let client_id = world.text("pangea_management_client.it", "id");
        for name in ["second", "terraform-run-of-somebody", "a third"] {
            make_secret(world, &client_id, name);
        }
        for (filter, expected) in [
            ("", vec!["first", "second", "a third"]),
            (r#"name = "second""#, vec!["second"]),
            (r#"name_contains = ["ir"]"#, vec!["first", "a third"]),
            (r#"name_in = ["first", "second"]"#, vec!["first", "second"]),
            ("name_in = []", vec![]),
            (r#"created_at = { lte = "2000-01-01T00:00:00Z" }"#, vec![]),
        ] {
            world.config(&data(filter)).apply();
            assert_eq!(names(world), expected, "{filter}");
            world.plan_is_empty();
        }
        world.config(&data("")).apply();
        let first = world.values("data.pangea_client_secrets.it")["secrets"][0].clone();
        assert_eq!(first["id"], json!(world.text("pangea_management_client.it", "client_secret_id")));
        assert_eq!(first["description"], json!("of the client"));
        assert_eq!(first["creator_type"], json!("client"));
        assert_eq!(first["creator_id"], json!(world.emulator().credentials().unwrap().client_id));
        for told in ["expires_at", "created_at", "updated_at", "creator", "source_ip", "user_agent"] {
            assert!(first[told].is_string(), "{told}");
        }
        let value = world.text("pangea_management_client.it", "client_secret");
        let told = world.values("data.pangea_client_secrets.it").to_string();
        assert!(!told.contains(&value) && !told.contains("pck_"), "a value is told");
        world.config(CLIENT).destroy();
    });
}

#[test]
fn a_client_that_is_not_there_is_an_error() {
    every_cli().run(|world| {
        let lost =
            "data \"pangea_client_secrets\" \"it\" {\n  client_id = \"psa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"\n}\n";
        let text = world.config(lost).plan_fails();
        assert!(text.starts_with("Error: Unable to list the secrets of the client: it does not exist\n"), "{text}");
        assert!(text.contains("Check `client_id`"), "{text}");
    });
}
