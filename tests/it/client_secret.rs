//! `pangea_client_secret` on real programs: its life, rotation without a gap, and a state that holds only ciphertext.

use age::x25519::Identity;
use base64::{Engine, prelude::BASE64_STANDARD};
use expect_test::expect;
use pangea_emulator::Fault;
use serde_json::{Value, json};
use xtask::acceptance::{every_cli, terraform_since};
use xtask::http;

use crate::world::{InWorlds as _, World};

const ADDRESS: &str = "pangea_client_secret.it";

const CLIENT: &str = r#"
resource "pangea_management_client" "it" {
  name                = "it"
  scopes              = ["pangea:platform:project:read"]
  store_client_secret = false
}
"#;

/// A client without a secret in the state, and a secret of it; `more` goes into its block.
fn secret(more: &str) -> String {
    format!(
        "{CLIENT}\nresource \"pangea_client_secret\" \"it\" {{\n  client_id = pangea_management_client.it.id\n  {more}\n}}\n"
    )
}

/// The secrets that the service holds of the client.
fn held(world: &World) -> Vec<Value> {
    world.emulator().secrets(&world.text("pangea_management_client.it", "id"))
}

/// Whether a token can be had with this value.
fn opens(world: &World, value: &str) -> bool {
    let url = format!("{}/authorization.access/v1beta/oauth/token", world.emulator().url());
    let login = format!("{}:{value}", world.text("pangea_management_client.it", "id"));
    let basic = format!("Basic {}", BASE64_STANDARD.encode(login));
    let headers = [("Authorization", basic.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
    let (status, _) = http::request("POST", &url, &headers, "grant_type=client_credentials").unwrap();
    status == 200
}

fn decrypted(identity: &Identity, armored: &str) -> String {
    String::from_utf8(age::decrypt(identity, armored.as_bytes()).unwrap()).unwrap()
}

/// What the service was asked since the last look, without the token calls.
fn calls(world: &World) -> Vec<String> {
    let calls = world.requests().into_iter().filter(|call| !call.contains("/oauth/token"));
    calls.map(|call| call.replace("/authorization.access/v1beta/oauth/clients", "")).collect()
}

#[test]
fn a_secret_is_made_changed_in_place_and_revoked() {
    every_cli().run(|world| {
        world.config(CLIENT).apply();
        let plan = world.config(&secret("name = \"second\"\n  expires_in = 864000000")).plan();
        plan.shows(expect![[r#"
              # pangea_client_secret.it will be created
              + resource "pangea_client_secret" "it" {
                  + client_id        = "psa_…"
                  + client_secret    = (sensitive value)
                  + client_secret_id = (known after apply)
                  + description      = (known after apply)
                  + expires_at       = (known after apply)
                  + expires_in       = 864000000
                  + id               = (known after apply)
                  + name             = "second"
                }
            Plan: 1 to add, 0 to change, 0 to destroy.
        "#]]);
        let refused = world.apply_fails();
        assert!(refused.contains("client_secret_expires_in must be at most 31536000"), "{refused}");

        world.config(&secret("name = \"second\"\n  expires_in = 86400")).plan();
        world.requests();
        world.apply();
        assert!(calls(world).contains(&"POST /psa_…/secrets".to_owned()));
        world.plan_is_empty();
        let state = world.values(ADDRESS);
        assert_eq!(state["id"], state["client_secret_id"]);
        assert_eq!((&state["encrypted_client_secret"], &state["encrypt_to"]), (&Value::Null, &Value::Null));
        let value = state["client_secret"].as_str().unwrap().to_owned();
        assert!(opens(world, &value));
        assert_eq!((held(world).len(), &held(world)[0]["client_secret_name"]), (1, &json!("second")));

        // The value stays; only what is said of it changes.
        let plan =
            world.config(&secret("name = \"third\"\n  description = \"of the test\"\n  expires_in = 172800")).plan();
        assert_eq!(plan.actions(), ["update pangea_client_secret.it"]);
        assert_eq!(plan.change(ADDRESS)["after_unknown"], json!({ "expires_at": true }));
        world.requests();
        world.apply_planned(&plan);
        assert_eq!(calls(world), ["POST /psa_…/secrets/pce_…"]);
        let after = world.values(ADDRESS);
        assert_eq!((&after["client_secret"], &after["id"]), (&json!(value), &state["id"]));
        assert_ne!(after["expires_at"], state["expires_at"]);
        assert_eq!(held(world)[0]["client_secret_description"], json!("of the test"));
        world.plan_is_empty();

        world.config(CLIENT).apply();
        assert_eq!(held(world), Vec::<Value>::new());
        assert!(!opens(world, &value));
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn a_rotation_leaves_no_moment_without_a_secret_that_opens() {
    every_cli().run(|world| {
        let rotated = |round: u8| {
            let lifecycle =
                "lifecycle {\n    create_before_destroy = true\n    replace_triggered_by = [terraform_data.round]\n  }";
            format!("resource \"terraform_data\" \"round\" {{\n  input = {round}\n}}\n") + &secret(lifecycle)
        };
        world.config(&rotated(1)).apply();
        let first = world.text(ADDRESS, "client_secret");
        let plan = world.config(&rotated(2)).plan();
        assert_eq!(plan.actions().last().unwrap(), "update terraform_data.round");
        world.requests();
        world.apply_planned(&plan);
        // The new one is there before the old one goes.
        let order: Vec<_> = calls(world).into_iter().filter(|call| !call.starts_with("GET")).collect();
        assert_eq!(order, ["POST /psa_…/secrets", "DELETE /psa_…/secrets/pce_…"]);
        let second = world.text(ADDRESS, "client_secret");
        assert!(first != second && opens(world, &second) && !opens(world, &first));
        world.plan_is_empty();
        world.config(&rotated(2)).destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn with_a_recipient_no_plan_and_no_state_holds_the_value() {
    every_cli().run(|world| {
        let identity = Identity::generate();
        let recipient = format!("encrypt_to = \"{}\"", identity.to_public());
        let plan = world.config(&secret(&recipient)).plan();
        assert_eq!(plan.change(ADDRESS)["after_unknown"]["client_secret"], Value::Null, "it is planned null");
        world.apply_planned(&plan);
        world.plan_is_empty();
        let state = world.values(ADDRESS);
        assert_eq!(state["client_secret"], Value::Null);
        let value = decrypted(&identity, state["encrypted_client_secret"].as_str().unwrap());
        assert!(opens(world, &value));
        assert!(!world.state_file().contains(&value) && !world.state_file().contains("pck_"), "the value is stored");

        // A new recipient can't be given what nobody here can read.
        let other = Identity::generate();
        let plan = world.config(&secret(&format!("encrypt_to = \"{}\"", other.to_public()))).plan();
        assert_eq!(plan.actions(), ["replace pangea_client_secret.it (encrypt_to)"]);
        world.apply_planned(&plan);
        let next = decrypted(&other, &world.text(ADDRESS, "encrypted_client_secret"));
        assert!(next != value && opens(world, &next) && !opens(world, &value));
        world.plan_is_empty();
        assert_eq!(world.config(&secret("")).plan().actions(), ["replace pangea_client_secret.it (encrypt_to)"]);
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn a_value_that_the_state_holds_is_encrypted_in_place_with_a_warning() {
    every_cli().run(|world| {
        world.config(&secret("")).apply();
        let value = world.text(ADDRESS, "client_secret");
        let identity = Identity::generate();
        let plan = world.config(&secret(&format!("encrypt_to = \"{}\"", identity.to_public()))).plan();
        assert_eq!(plan.actions(), ["update pangea_client_secret.it"]);
        assert!(plan.warnings().contains("Older copies of the state hold the secret"), "{}", plan.warnings());
        world.requests();
        world.apply_planned(&plan);
        assert_eq!(calls(world), Vec::<String>::new());
        assert_eq!(decrypted(&identity, &world.text(ADDRESS, "encrypted_client_secret")), value);
        assert!(!world.state_file().contains(&value), "the value is stored");
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn what_is_no_recipient_is_refused_before_anything_is_made() {
    every_cli().run(|world| {
        expect![[r#"
            Error: Not an age recipient
              at pangea_client_secret.it
              at encrypt_to = "ssh-ed25519 AAAA"

            `encrypt_to` must be an age recipient of the native kind (X25519): `age1…`, as `age-keygen` and `age-keygen -y` print it. Keys of SSH and of age's plugins are not supported.
        "#]]
        .assert_eq(&world.config(&secret(r#"encrypt_to = "ssh-ed25519 AAAA""#)).plan_fails());
        // Known only during the apply: nothing is made then either.
        let later = "resource \"terraform_data\" \"later\" {\n  input = \"nobody\"\n}\n".to_owned();
        let text = world.config(&(later + &secret("encrypt_to = terraform_data.later.output"))).apply_fails();
        assert!(text.starts_with("Error: Not an age recipient\n"), "{text}");
        assert_eq!(held(world), Vec::<Value>::new());
        world.config(CLIENT).destroy();
    });
}

#[test]
fn a_secret_is_imported_without_its_value_and_keeps_its_expiry() {
    every_cli().run(|world| {
        world.config(&secret("name = \"it\"\n  expires_in = 8640000")).apply();
        let (client, id) = (world.text(ADDRESS, "client_id"), world.text(ADDRESS, "id"));
        let expiry = world.text(ADDRESS, "expires_at");
        world.forget(ADDRESS);
        world.import(ADDRESS, &format!("{client}/{id}"));
        let state = world.values(ADDRESS);
        assert_eq!((&state["client_secret"], &state["encrypted_client_secret"]), (&Value::Null, &Value::Null));
        assert_eq!((&state["name"], &state["expires_at"]), (&json!("it"), &json!(expiry)));

        // The lifetime is written down, and pushes nothing on, also where the mark of the import was lost.
        world.lose_private_state();
        assert_eq!(world.plan().actions(), ["update pangea_client_secret.it"]);
        world.requests();
        world.apply();
        assert!(calls(world).iter().all(|call| call.starts_with("GET")));
        assert_eq!(world.text(ADDRESS, "expires_at"), expiry);
        world.plan_is_empty();

        world.forget(ADDRESS);
        let text = world.import_fails(ADDRESS, &id);
        assert!(text.contains("It has no `/` after the client's id."), "{text}");
        let text = world.import_fails(ADDRESS, &format!("{client}/pce_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
        assert!(text.contains("Cannot import non-existent remote object"), "{text}");
        world.import(ADDRESS, &format!("{client}/{id}"));
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn a_secret_is_imported_by_its_identity() {
    terraform_since(1, 12).or_tofu(1, 12).run(|world| {
        world.config(&secret("")).apply();
        let (client, id) = (world.text(ADDRESS, "client_id"), world.text(ADDRESS, "id"));
        world.forget(ADDRESS);
        let identity = format!("{{ client_id = {client:?}, client_secret_id = {id:?} }}");
        let import = format!("import {{\n  to       = {ADDRESS}\n  identity = {identity}\n}}\n");
        world.config(&(secret("") + &import)).apply();
        world.plan_is_empty();
        assert_eq!(world.text(ADDRESS, "id"), id);
        world.destroy();
    });
}

#[test]
fn a_secret_that_is_gone_is_made_again_and_one_that_is_refused_is_kept() {
    every_cli().run(|world| {
        world.config(&secret("")).apply();
        let id = world.text(ADDRESS, "id");
        world.emulator().inject(Fault::status(403).path("*/secrets/metadata").always());
        assert!(world.plan_fails().contains("not allowed"));
        world.emulator().clear_faults();
        assert_eq!(world.text(ADDRESS, "id"), id);

        world.emulator().delete_secret(&id);
        let plan = world.plan();
        assert_eq!(plan.actions(), ["create pangea_client_secret.it"]);
        assert!(plan.warnings().contains("The client secret no longer exists"), "{}", plan.warnings());
        world.apply_planned(&plan);
        world.plan_is_empty();

        // With its client, it goes too.
        world.emulator().delete_client(&world.text("pangea_management_client.it", "id"));
        let plan = world.plan();
        assert_eq!(plan.actions(), ["create pangea_client_secret.it", "create pangea_management_client.it"]);
        world.apply_planned(&plan);
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn a_secret_that_has_expired_or_soon_will_is_a_warning() {
    every_cli().run(|world| {
        world.config(&secret("")).apply();
        let soon = in_days(3);
        let place = "/client-secrets/0/client_secret_expires_at";
        world.emulator().inject(Fault::rewrite(place, json!(soon)).path("*/secrets/metadata"));
        let warnings = world.plan().warnings();
        assert!(warnings.starts_with("Warning: The client secret expires soon\n"), "{warnings}");
        world.emulator().inject(Fault::rewrite(place, json!("2020-01-01T00:00:00.000000Z")).path("*/secrets/metadata"));
        let warnings = world.plan().warnings();
        assert!(warnings.starts_with("Warning: The client secret has expired\n"), "{warnings}");
        world.destroy();
    });
}

/// So many days from now, as the API writes it.
fn in_days(days: i64) -> String {
    let then = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * days);
    format!("{then:.6}")
}
