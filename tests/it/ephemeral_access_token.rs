//! `ephemeral.pangea_access_token` on real programs: whose token it is, what it may do, and that none is left.

use expect_test::expect;
use serde_json::{Value, json};
use xtask::acceptance::every_cli;

use crate::ephemeral_client_secret::example;
use crate::world::InWorlds as _;

/// A client of its own secret, and a token of each holder, looked up as that holder.
const TOKENS: &str = r#"
resource "pangea_project" "it" {
  name = "it"
  geo  = "us"
}

resource "pangea_management_client" "it" {
  name                       = "it"
  scopes                     = ["pangea:platform:project:read", "pangea:platform:account:read"]
  token_endpoint_auth_method = "client_secret_post"
  roles                      = [{ type = "project", id = pangea_project.it.id, role = "admin" }]
}

ephemeral "pangea_access_token" "login" {
  scopes = ["pangea:platform:project:read"]
}

ephemeral "pangea_token_info" "login" {
  token = ephemeral.pangea_access_token.login.access_token

  lifecycle {
    postcondition {
      condition     = self.active && self.username == "org-admin" && join(" ", self.scopes) == "pangea:platform:project:read"
      error_message = "not the login's"
    }
    postcondition {
      condition     = timecmp(self.expires_at, self.issued_at) > 0 && startswith(self.token_id, "pmt_")
      error_message = "times or id are wrong"
    }
  }
}

ephemeral "pangea_access_token" "given" {
  client_id                  = pangea_management_client.it.client_id
  client_secret              = pangea_management_client.it.client_secret
  token_endpoint_auth_method = "client_secret_post"

  lifecycle {
    postcondition {
      condition     = length(self.granted_scopes) == 2 && timecmp(self.expires_at, plantimestamp()) > 0
      error_message = "not all scopes"
    }
  }
}

ephemeral "pangea_token_info" "given" {
  token                      = ephemeral.pangea_access_token.given.access_token
  client_id                  = pangea_management_client.it.client_id
  client_secret              = pangea_management_client.it.client_secret
  token_endpoint_auth_method = "client_secret_post"

  lifecycle {
    postcondition {
      condition     = self.active && self.username == "it"
      error_message = "not the client's"
    }
  }
}

ephemeral "pangea_access_token" "acting" {
  impersonate_client_id = pangea_management_client.it.client_id
  scopes                = ["pangea:platform:project:read"]
}

ephemeral "pangea_token_info" "acting" {
  token                 = ephemeral.pangea_access_token.acting.access_token
  impersonate_client_id = pangea_management_client.it.client_id

  lifecycle {
    postcondition {
      condition     = self.active && self.username == "it" && length(self.scopes) == 1
      error_message = "not the client's either"
    }
  }
}

ephemeral "pangea_token_info" "of_another" {
  token = ephemeral.pangea_access_token.acting.access_token

  lifecycle {
    postcondition {
      condition     = !self.active && self.token_id == null && length(self.scopes) == 0
      error_message = "Pangea tells a client of its own tokens alone"
    }
  }
}
"#;

#[test]
fn tokens_of_the_login_of_a_given_client_and_of_one_that_is_acted_as_live_as_long_as_the_run() {
    every_cli().run(|world| {
        world.config(TOKENS);
        world.validate();
        assert_eq!(world.requests(), Vec::<String>::new(), "nothing is minted to validate");
        world.apply();
        world.plan_is_empty();
        assert_eq!(world.emulator().tokens(), Vec::<Value>::new());
        assert_eq!(world.emulator().run_secrets(), Vec::<Value>::new());
        assert!(!world.state_file().contains("pts_"));
        world.destroy();
        assert!(world.emulator().leftovers().is_empty(), "{}", world.emulator().leftovers());
    });
}

#[test]
fn a_token_goes_to_another_provider_block_as_in_the_example() {
    every_cli().run(|world| {
        world.config(&example("ephemeral-resources", "pangea_access_token/ephemeral-resource.tf")).apply();
        assert_eq!(world.values("data.pangea_text_guard.greeting")["blocked"], json!(false));
        assert_eq!(world.emulator().tokens(), Vec::<Value>::new());
        world.destroy();
        assert!(world.emulator().leftovers().is_empty(), "{}", world.emulator().leftovers());

        world.config(&example("ephemeral-resources", "pangea_token_info/ephemeral-resource.tf")).apply();
        assert_eq!(world.emulator().tokens(), Vec::<Value>::new());
    });
}

#[test]
fn a_token_that_cannot_be_had_is_told_with_what_to_change() {
    every_cli().run(|world| {
        let block = |lines: &str| format!("ephemeral \"pangea_access_token\" \"it\" {{\n  {lines}\n}}\n");
        let login = world.emulator().credentials().unwrap();
        let cases = [
            (r#"client_id = "psa_a""#.to_owned(), expect!["Error: Whose token is meant?"]),
            (r#"impersonate_client_id = "ppi_a""#.to_owned(), expect!["Error: Id of another kind"]),
            (
                r#"token_endpoint_auth_method = "client_secret_post""#.to_owned(),
                expect!["Error: Whose token is meant?"],
            ),
            (
                format!("client_id = {:?}\n  client_secret = \"pck_wrong\"", login.client_id),
                expect!["Error: Wrong client id or secret"],
            ),
            (
                r#"impersonate_client_id = "psa_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa""#.to_owned(),
                expect!["Error: The client to act as does not exist"],
            ),
            (
                r#"scopes = ["pangea:service:vault:sign"]"#.to_owned(),
                expect!["Error: Unable to get the access token: refused as invalid"],
            ),
        ];
        for (lines, expected) in cases {
            let text = world.config(&block(&lines)).plan_fails();
            assert!(!text.contains("pck_wrong"), "{text}");
            expected.assert_eq(text.lines().next().unwrap_or_default());
        }
        world.unset("PANGEA_CLIENT_ID").unset("PANGEA_CLIENT_SECRET").set("PANGEA_ACCESS_TOKEN", "pts_ready");
        let text = world.config(&block("")).plan_fails();
        assert!(text.starts_with("Error: The login has no secret"), "{text}");
    });
}
