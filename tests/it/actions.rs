//! The actions on real programs: by hand, after a change of something else, and what they say.

use serde_json::Value;
use xtask::acceptance::{Wanted, terraform_since};
use xtask::http;
use xtask::process::Output;

use crate::ephemeral_client_secret::example;
use crate::world::{InWorlds as _, World};

const CLIENT: &str = "pangea_management_client.shop";

/// OpenTofu has none.
fn with_actions() -> Wanted {
    terraform_since(1, 14)
}

fn invoke(world: &World, action: &str) -> Output {
    world.run(&["apply", "-json", "-auto-approve", "-input=false", &format!("-invoke=action.{action}")])
}

/// What an action said while it ran, in order.
fn progress(output: &Output) -> Vec<String> {
    let lines = output.stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let said = lines.filter(|line| line["type"] == "action_progress");
    said.map(|line| line["hook"]["message"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Whether a secret of the client opens it.
fn opens(world: &World, client_id: &str, secret: &str) -> bool {
    let url = format!("{}/authorization.access/v1beta/oauth/token", world.emulator().url());
    let form = format!("grant_type=client_credentials&client_id={client_id}&client_secret={secret}");
    let kind = ("Content-Type", "application/x-www-form-urlencoded");
    http::request("POST", &url, &[kind], &form).unwrap().0 == 200
}

#[test]
fn a_secret_is_rotated_by_hand_and_after_a_change_and_told_by_its_id_alone() {
    with_actions().run(|world| {
        let config = example("actions", "pangea_client_secret_rotate/action.tf");
        world.config(&config).apply();
        let (client, first) = (world.text(CLIENT, "client_id"), world.text(CLIENT, "client_secret_id"));
        let value = world.text(CLIENT, "client_secret");
        let output = invoke(world, "pangea_client_secret_rotate.shop");
        assert_eq!(output.code, Some(0), "{}", output.stdout);
        assert!(!output.stdout.contains("pck_"), "{}", output.stdout);
        let secrets = world.emulator().secrets(&client);
        assert_eq!(secrets.len(), 2, "{secrets:?}");
        let second = secrets[1]["client_secret_id"].as_str().unwrap();
        let told = |made: &str| {
            format!(
                "Secret {made} is the current version of the item of {first} now. The version that it took the place of stays good for \
                 24h."
            )
        };
        assert_eq!(progress(&output), [told(second)]);
        assert!(opens(world, &client, &value));
        world.emulator().advance(std::time::Duration::from_secs(86_401));
        assert!(!opens(world, &client, &value));
        world.plan_is_empty();

        // The configuration still names the first one, which is a version of the same item.
        let output = world.config(&config.replace("2026-Q1", "2026-Q2")).apply().output;
        assert_eq!(world.emulator().secrets(&client).len(), 3);
        let third = world.emulator().secrets(&client)[2]["client_secret_id"].as_str().unwrap().to_owned();
        assert_eq!(progress(&output), [told(&third)]);

        // The new value is read where it is.
        let read = format!(
            "\nephemeral \"pangea_client_secret\" \"it\" {{\n  client_id = {CLIENT}.client_id\n  client_secret_id = {third:?}\n  \
             impersonate_client_id = {CLIENT}.client_id\n\n  lifecycle {{\n    postcondition {{\n      condition = \
             startswith(self.client_secret, \"pck_\") && self.client_secret != {CLIENT}.client_secret\n      error_message = \
             \"not read\"\n    }}\n  }}\n}}\n"
        );
        world.config(&(config.replace("2026-Q1", "2026-Q2") + &read)).plan_is_empty();
        world.config(&config.replace("2026-Q1", "2026-Q2")).destroy();
        assert!(world.emulator().leftovers().is_empty(), "{}", world.emulator().leftovers());
    });
}

#[test]
fn a_rotation_that_cannot_be_is_told_at_its_attribute_or_with_what_vault_says() {
    with_actions().run(|world| {
        let config = example("actions", "pangea_client_secret_rotate/action.tf");
        for (wrong, expected) in [("\"soon\"", "be a number and a unit"), ("\"24hurs\"", "BadFormatPangeaDuration")] {
            world.config(&config).apply();
            world.config(&config.replace("\"24h\"", wrong));
            let output = invoke(world, "pangea_client_secret_rotate.shop");
            assert!(output.code == Some(1) && output.stdout.contains(expected), "{}", output.stdout);
        }
        let lost = "\"pce_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"";
        world.config(&config.replace("pangea_management_client.shop.client_secret_id", lost));
        let output = invoke(world, "pangea_client_secret_rotate.shop");
        assert!(
            output.code == Some(1) && output.stdout.contains("The secret is not in this Vault"),
            "{}",
            output.stdout
        );
        let client = world.text(CLIENT, "client_id");
        assert_eq!(world.emulator().secrets(&client).len(), 1, "nothing was rotated");
        world.config(&config).destroy();
    });
}

#[test]
fn a_token_is_revoked_and_one_that_is_not_good_any_more_is_told() {
    with_actions().run(|world| {
        let login = world.emulator().credentials().unwrap();
        let url = format!("{}/authorization.access/v1beta/oauth/token", world.emulator().url());
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}",
            login.client_id, login.client_secret
        );
        let kind = ("Content-Type", "application/x-www-form-urlencoded");
        let (_, body) = http::request("POST", &url, &[kind], &form).unwrap();
        let token = serde_json::from_str::<Value>(&body).unwrap()["access_token"].as_str().unwrap().to_owned();
        assert_eq!(world.emulator().tokens().len(), 1);

        world.set("TF_VAR_token", &token).config(&example("actions", "pangea_token_revoke/action.tf"));
        let output = invoke(world, "pangea_token_revoke.shown");
        assert_eq!(output.code, Some(0), "{}", output.stdout);
        assert_eq!(progress(&output), ["The access token of the login is revoked."]);
        assert_eq!(world.emulator().tokens(), Vec::<Value>::new());

        let output = invoke(world, "pangea_token_revoke.shown");
        assert_eq!(output.code, Some(0), "{}", output.stdout);
        let said = progress(&output).join("\n");
        assert!(said.starts_with("Warning: Nothing was revoked: It has expired, was revoked already"), "{said}");
        assert!(!output.stdout.contains(&token), "{}", output.stdout);

        // From an ephemeral variable the value doesn't come everywhere, and then nothing else is done in its place.
        let ephemeral = example("actions", "pangea_token_revoke/action.tf").replace("sensitive ", "ephemeral ");
        let output = world.config(&ephemeral).run(&["apply", "-auto-approve", "-invoke=action.pangea_token_revoke.shown"]);
        let is_dropped = world.cli().minor() >= (1, 16);
        assert_eq!(output.code, Some(i32::from(is_dropped)), "{}{}", output.stdout, output.stderr);
        assert_eq!(output.stderr.contains("The value did not arrive"), is_dropped, "{}", output.stderr);
        assert_eq!(output.stderr.contains("is null: is its variable set?"), is_dropped, "{}", output.stderr);

        let wrong = "action \"pangea_token_revoke\" \"shown\" {\n  config {\n    token     = \"pts_a\"\n    client_id = \"psa_a\"\n  }\n}\n";
        let text = world.config(wrong).validate_fails();
        assert!(text.starts_with("Error: Whose token is meant?"), "{text}");
    });
}
