//! `ephemeral.pangea_client_secret` on real programs: a secret that lives as long as a run, and one that is read through Vault.

use std::fs;
use std::time::Duration;

use expect_test::expect;
use serde_json::{Value, json};
use tf_framework::wire::proto::tfplugin6::{
    close_ephemeral_resource, open_ephemeral_resource, renew_ephemeral_resource,
};
use xtask::acceptance::every_cli;
use xtask::http;

use crate::host::Host;
use crate::world::{InWorlds as _, World};

const ADDRESS: &str = "pangea_management_client.it";

/// A client of a project that may not be asked for its own secret but through Vault.
const CLIENT: &str = r#"
resource "pangea_project" "it" {
  name = "it"
  geo  = "us"
}

resource "pangea_management_client" "it" {
  name   = "it"
  scopes = ["pangea:service:vault:read"]
  roles  = [{ type = "project", id = pangea_project.it.id, role = "admin" }]
}
"#;

/// An example file, as it stands on the pages.
pub fn example(kind: &str, file: &str) -> String {
    fs::read_to_string(xtask::workspace().join("examples").join(kind).join(file)).unwrap()
}

/// How often a secret was made and revoked since the last call of this.
fn made_and_revoked(world: &World) -> (usize, usize) {
    let requests = world.emulator().requests();
    world.emulator().clear_requests();
    let made = |path: &str| path.ends_with("/secrets");
    let count = |method: &str, wanted: &dyn Fn(&str) -> bool| {
        requests.iter().filter(|request| request.method == method && wanted(&request.path)).count()
    };
    (count("POST", &made), count("DELETE", &|path| path.contains("/secrets/")))
}

#[test]
fn a_second_provider_block_acts_with_a_secret_of_the_run_that_is_gone_in_the_end() {
    every_cli().run(|world| {
        world.config(&example("ephemeral-resources", "pangea_client_secret/ephemeral-resource.tf"));
        world.validate();
        assert_eq!(world.requests(), Vec::<String>::new());
        world.apply();
        let (made, revoked) = made_and_revoked(world);
        // The revocation of the client's own first secret is among them.
        assert_eq!((made, revoked), (1, 2), "the client did not exist in the plan");
        assert_eq!(world.emulator().run_secrets(), Vec::<Value>::new());
        assert_eq!(world.values("pangea_service_config.audit")["name"], json!("shop"));

        world.plan_is_empty();
        assert_eq!(made_and_revoked(world), (1, 1), "a plan opens it and closes it");
        let state = world.state_file();
        assert!(!state.contains("pck_") && !state.contains("terraform-run-"), "{state}");
        world.destroy();
        assert_eq!(world.emulator().run_secrets(), Vec::<Value>::new());
        assert!(world.emulator().leftovers().is_empty(), "{}", world.emulator().leftovers());
    });
}

#[test]
fn a_secret_that_exists_is_read_through_the_vault_of_its_project() {
    every_cli().run(|world| {
        world.config(CLIENT).apply();
        let secret = |id: &str| {
            format!(
                "{CLIENT}
ephemeral \"pangea_client_secret\" \"it\" {{
  client_id             = {ADDRESS}.client_id
  client_secret_id      = {id}
  impersonate_client_id = {ADDRESS}.client_id

  lifecycle {{
    postcondition {{
      condition     = self.client_secret == {ADDRESS}.client_secret && self.expires_at == null
      error_message = \"another value\"
    }}
  }}
}}
"
            )
        };
        world.requests();
        world.config(&secret(&format!("{ADDRESS}.client_secret_id"))).plan_is_empty();
        let asked = world.requests();
        assert!(asked.contains(&"POST /vault/v2/get_bulk".to_owned()), "{asked:?}");
        assert!(asked.contains(&"POST /vault/v2/get".to_owned()), "{asked:?}");
        assert_eq!(
            world.emulator().secrets(&world.text(ADDRESS, "client_id")).len(),
            1,
            "none is made and none revoked"
        );

        world.config(&secret("\"pce_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\""));
        let text = world.plan_fails();
        assert!(text.starts_with("Error: The secret is not in this Vault"), "{text}");
        assert!(text.contains("name a client of the right project in `impersonate_client_id`"), "{text}");

        destroy_value(world);
        let text = world.config(&secret(&format!("{ADDRESS}.client_secret_id"))).plan_fails();
        assert!(text.starts_with("Error: The secret's value is gone"), "{text}");
        assert!(text.contains("(its state is `destroyed`)"), "{text}");
        world.config(CLIENT).destroy();
    });
}

/// Rotates the client's secret in Vault and destroys the old value, as somebody in the console would.
fn destroy_value(world: &World) {
    let project = world.text("pangea_project.it", "id");
    let bearer = format!("Bearer {}", world.emulator().create_service_token(&project, &["vault"]));
    let ask = |call: &str, body: Value| {
        let url = format!("{}/vault/v2/{call}", world.emulator().url());
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        let (status, body) = http::request("POST", &url, &headers, &body.to_string()).unwrap();
        assert_eq!(status, 200, "{body}");
        serde_json::from_str::<Value>(&body).unwrap()["result"].clone()
    };
    let items = ask("get_bulk", json!({}))["items"].clone();
    ask("secret/rotate", json!({ "id": items[0]["id"], "rotation_state": "destroyed" }));
}

#[test]
fn what_does_not_go_together_is_told_without_a_request() {
    every_cli().run(|world| {
        let block = |lines: &str| format!("ephemeral \"pangea_client_secret\" \"it\" {{\n  {lines}\n}}\n");
        let cases = [
            ("client_id = \"ppi_aaaa\"", expect![[r#"
                Error: Id of another kind

                `client_id` looks like the id of a project, and should begin with `psa_`.
            "#]]),
            ("client_id = \"psa_a\"\n  client_secret_id = \"pce_a\"\n  expires_in = 60", expect![[r#"
                Error: Nothing is made that could expire

                `expires_in` is of a secret that is made, and with `client_secret_id` none is. Take one of the two away.
            "#]]),
            ("client_id = \"psa_a\"\n  domain = \"aws.eu.pangea.cloud\"", expect![[r#"
                Error: Vault is not asked

                `domain` says how Vault is asked for a secret that exists already. Without `client_secret_id` a secret is made, which is the login's own call. Set `client_secret_id`, or take `domain` away.
            "#]]),
        ];
        for (lines, expected) in cases {
            let text = world.config(&block(lines)).validate_fails();
            let told: Vec<&str> = text.lines().filter(|line| !line.starts_with("  at ")).collect();
            expected.assert_eq(&(told.join("\n") + "\n"));
        }
        assert_eq!(world.requests(), Vec::<String>::new());

        let lost = block("client_id = \"psa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"");
        let text = world.config(&lost).plan_fails();
        assert!(text.contains("the client was deleted, or is one that the provider's login doesn't see"), "{text}");
    });
}

#[tokio::test]
async fn a_renewal_pushes_the_expiry_on_and_each_products_close_revokes_the_secret() {
    let mut host = Host::start().await;
    let client_id = host.emulator.credentials().unwrap().client_id;
    // Terraform closes with what the opening left, OpenTofu with what the last renewal left; both may close twice.
    for closes_with_renewed in [false, true] {
        let name = "pangea_client_secret".to_owned();
        let config = host.ephemeral(&name, &json!({ "client_id": client_id, "expires_in": 120 }));
        let open =
            open_ephemeral_resource::Request { type_name: name.clone(), config: Some(config), ..Default::default() };
        let opened = host.provider.open_ephemeral_resource(open).await.unwrap().into_inner();
        assert_eq!(opened.diagnostics, []);
        assert!(opened.renew_at.is_some());
        let expiry =
            |host: &Host| host.emulator.run_secrets()[0]["client_secret_expires_at"].as_str().unwrap().to_owned();
        let before = expiry(&host);
        let mut private = opened.private.clone();
        for _ in 0..2 {
            host.emulator.advance(Duration::from_secs(100));
            let renew = renew_ephemeral_resource::Request { type_name: name.clone(), private };
            let renewed = host.provider.renew_ephemeral_resource(renew).await.unwrap().into_inner();
            assert_eq!(renewed.diagnostics, []);
            assert!(renewed.renew_at.is_some());
            private = renewed.private;
        }
        assert!(expiry(&host) > before);
        for _ in 0..2 {
            let private = if closes_with_renewed { private.clone() } else { opened.private.clone() };
            let close = close_ephemeral_resource::Request { type_name: name.clone(), private };
            let closed = host.provider.close_ephemeral_resource(close).await.unwrap().into_inner();
            assert_eq!(closed.diagnostics, []);
            assert_eq!(host.emulator.run_secrets(), Vec::<Value>::new());
        }
    }
}
