//! `pangea_management_client` on real programs: its whole life, and what it may and may not touch.

use pangea_emulator::Fault;
use serde_json::{Value, json};
use xtask::acceptance::every_cli;

use crate::world::{InWorlds as _, World};

/// A client of the seeded organization; `more` goes into the block.
fn client(scopes: &str, more: &str) -> String {
    format!(
        r#"
resource "pangea_management_client" "it" {{
  name   = "it"
  scopes = [{scopes}]
  {more}
}}
"#
    )
}

const READ: &str = r#""pangea:platform:project:read""#;
const READ_MANAGE: &str = r#""pangea:platform:project:read", "pangea:platform:project:manage""#;
const ADDRESS: &str = "pangea_management_client.it";

fn admin(world: &World) -> String {
    let organization = world.variable("PANGEA_ORGANIZATION_ID");
    format!(r#"roles = [{{ type = "organization", id = "{organization}", role = "admin" }}]"#)
}

fn id(world: &World) -> String {
    world.text(ADDRESS, "id")
}

#[test]
fn a_client_is_created_and_the_second_plan_is_empty() {
    every_cli().run(|world| {
        let roles = admin(world);
        world.config(&client(READ_MANAGE, &roles)).apply();
        world.plan_is_empty();
        let values = world.values(ADDRESS);
        assert_eq!(values["client_id"], values["id"]);
        assert_eq!(values["client_token_expires_in"], json!(3600));
        assert_eq!(values["client_secret_name"], json!("it Secret"));
        assert_eq!(values["tenanted_by"], json!("organization"));
        assert!(values["client_secret"].as_str().unwrap().starts_with("pck_"));
        assert!(values["client_secret_id"].as_str().unwrap().starts_with("pce_"));
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn scopes_in_any_order_give_no_difference() {
    every_cli().run(|world| {
        world.config(&client(READ_MANAGE, "")).apply();
        world.config(&client(r#""pangea:platform:project:manage", "pangea:platform:project:read""#, ""));
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn a_new_name_and_new_scopes_change_the_client_in_place() {
    every_cli().run(|world| {
        world.config(&client(READ_MANAGE, "")).apply();
        let before = id(world);
        let renamed = client(r#""pangea:platform:project:read", "pangea:platform:org:read""#, "")
            .replace("\"it\"\n", "\"new\"\n");
        world.config(&renamed);
        let plan = world.plan();
        assert_eq!(plan.actions(), ["update pangea_management_client.it"]);
        world.requests();
        world.apply_planned(&plan);
        let changes: Vec<_> = world.requests().into_iter().filter(|request| !request.contains("token")).collect();
        assert_eq!(
            changes,
            [
                "POST /authorization.access/v1beta/oauth/clients/psa_…",
                "POST /authorization.access/v1beta/oauth/clients/psa_…/revoke",
                "POST /authorization.access/v1beta/oauth/clients/psa_…/grant",
            ]
        );
        assert_eq!(id(world), before);
        assert_eq!(world.scopes(&before), ["pangea:platform:org:read", "pangea:platform:project:read"]);
        assert_eq!(world.emulator().client(&before).unwrap()["client_name"], json!("new"));
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn authentication_method_and_redirect_uris_change_the_client_in_place() {
    every_cli().run(|world| {
        world.config(&client(READ, "")).apply();
        let before = id(world);
        let more = "token_endpoint_auth_method = \"client_secret_post\"\n  redirect_uris = [\"https://b.example\", \"https://a.example\"]";
        world.config(&client(READ, more));
        assert_eq!(world.plan().actions(), ["update pangea_management_client.it"]);
        world.apply();
        let client = world.emulator().client(&before).unwrap();
        assert_eq!(client["token_endpoint_auth_method"], json!("client_secret_post"));
        assert_eq!(client["redirect_uris"], json!(["https://a.example", "https://b.example"]));
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn another_token_lifetime_replaces_the_client() {
    every_cli().run(|world| {
        world.config(&client(READ, "client_token_expires_in = 600")).apply();
        let before = id(world);
        world.config(&client(READ, "client_token_expires_in = 900"));
        let plan = world.plan();
        assert_eq!(plan.actions(), ["replace pangea_management_client.it (client_token_expires_in)"]);
        world.apply_planned(&plan);
        assert_ne!(id(world), before);
        assert!(world.emulator().client(&before).is_none());
        world.plan_is_empty();
        world.config(&client(READ, ""));
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn a_changed_role_is_revoked_before_the_new_one_is_granted() {
    every_cli().run(|world| {
        let project = r#"resource "pangea_project" "it" {
  name = "it"
  geo  = "us"
}
"#;
        let roles = admin(world);
        world.config(&format!("{project}{}", client(READ, &roles))).apply();
        let role = r#"roles = [{ type = "project", id = pangea_project.it.id, role = "admin" }]"#;
        world.config(&format!("{project}{}", client(READ, role)));
        assert_eq!(world.plan().actions(), ["update pangea_management_client.it"]);
        world.apply();
        world.plan_is_empty();
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn an_imported_client_plans_nothing_when_its_configuration_says_what_it_has() {
    every_cli().run(|world| {
        let roles = admin(world);
        world.config(&client(READ_MANAGE, &roles)).apply();
        let client_id = id(world);
        let secret_id = world.text(ADDRESS, "client_secret_id");
        world.forget(ADDRESS);
        world.import(ADDRESS, &client_id);
        world.plan_is_empty();
        let values = world.values(ADDRESS);
        assert_eq!(values["client_secret"], Value::Null);
        assert_eq!(values["client_secret_id"], json!(secret_id));
        assert_eq!(values["store_client_secret"], json!(true));
        world.destroy();
    });
}

#[test]
fn an_import_id_of_another_kind_is_refused() {
    every_cli().run(|world| {
        world.config(&client(READ, ""));
        let text = world.import_fails(ADDRESS, "ppi_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
        assert!(text.contains("the id of a project"), "{text}");
        let text = world.import_fails(ADDRESS, "my client");
        assert!(text.contains("The import id holds a blank, a slash or another character that no id has."), "{text}");
        assert_eq!(world.requests(), Vec::<String>::new());
    });
}

#[test]
fn what_an_imported_client_holds_and_does_not_declare_is_left_alone_with_a_warning() {
    every_cli().run(|world| {
        world.config(&client(READ_MANAGE, "")).apply();
        let client_id = id(world);
        world.forget(ADDRESS);
        world.import(ADDRESS, &client_id);
        world.config(&client(READ, ""));
        let plan = world.plan();
        assert!(plan.warnings().contains("becomes unmanaged"), "{}", plan.warnings());
        assert!(plan.warnings().contains("`pangea:platform:project:manage`"), "{}", plan.warnings());
        world.apply_planned(&plan);
        assert_eq!(world.scopes(&client_id), ["pangea:platform:project:manage", "pangea:platform:project:read"]);
        world.plan_is_empty();

        // A provider that dies in the middle of the apply takes the mark of the import along.
        world.forget(ADDRESS);
        world.import(ADDRESS, &client_id);
        for options in [&[][..], &["-refresh=false"]] {
            world.lose_private_state();
            let plan = world.plan_with(options);
            assert!(plan.warnings().contains("becomes unmanaged"), "{}", plan.warnings());
            if !options.is_empty() {
                world.apply_planned(&plan);
            }
        }
        assert_eq!(world.scopes(&client_id), ["pangea:platform:project:manage", "pangea:platform:project:read"]);
        world.plan_is_empty();

        world.forget(ADDRESS);
        world.import(ADDRESS, &client_id);
        // Owning all scopes, it takes what it doesn't declare, but only what a plan has listed.
        world.config(&client(READ, "exclusive_scopes = true"));
        let plan = world.plan();
        assert!(!plan.warnings().contains("unmanaged"), "{}", plan.warnings());
        assert!(
            plan.warnings().contains("has `pangea:platform:project:manage`, which its configuration does not declare. With `exclusive_scopes = true` they are to be revoked, but not by this apply"),
            "{}",
            plan.warnings()
        );
        world.apply_planned(&plan);
        assert_eq!(world.scopes(&client_id), ["pangea:platform:project:manage", "pangea:platform:project:read"]);
        let plan = world.plan();
        assert_eq!(plan.actions(), ["update pangea_management_client.it"]);
        world.apply_planned(&plan);
        assert_eq!(world.scopes(&client_id), ["pangea:platform:project:read"]);
        world.destroy();
    });
}

#[test]
fn a_lost_scope_is_drift_and_is_granted_again() {
    every_cli().run(|world| {
        world.config(&client(READ_MANAGE, "")).apply();
        let client_id = id(world);
        world.emulator().set_scope(&client_id, &["pangea:platform:project:read"]);
        let plan = world.plan();
        assert_eq!(plan.actions(), ["update pangea_management_client.it"]);
        assert_eq!(plan.drift(), ["update pangea_management_client.it"]);
        world.apply_planned(&plan);
        assert_eq!(world.scopes(&client_id), ["pangea:platform:project:manage", "pangea:platform:project:read"]);
        world.destroy();
    });
}

#[test]
fn a_scope_that_somebody_added_is_nobodys_business_unless_the_client_is_exclusive() {
    every_cli().run(|world| {
        world.config(&client(READ_MANAGE, "")).apply();
        let client_id = id(world);
        let all = ["added:by:hand", "pangea:platform:project:manage", "pangea:platform:project:read"];
        world.emulator().set_scope(&client_id, &all);
        world.plan_is_empty();

        // The apply that makes it exclusive takes nothing away; the next plan lists all that goes.
        world.config(&client(READ, "exclusive_scopes = true")).apply();
        assert_eq!(world.scopes(&client_id), all);
        let plan = world.plan();
        assert_eq!(plan.actions(), ["update pangea_management_client.it"]);
        let change = plan.change(ADDRESS);
        assert_eq!(change["before"]["scopes"], json!(all));
        assert_eq!(change["after"]["scopes"], json!(["pangea:platform:project:read"]));
        world.apply_planned(&plan);
        assert_eq!(world.scopes(&client_id), ["pangea:platform:project:read"]);
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn a_client_that_vanished_is_created_again_with_a_warning() {
    every_cli().run(|world| {
        world.config(&client(READ, "")).apply();
        let before = id(world);
        world.emulator().delete_client(&before);
        let plan = world.plan();
        assert_eq!(plan.actions(), ["create pangea_management_client.it"]);
        assert!(plan.warnings().contains("The management client no longer exists"), "{}", plan.warnings());
        world.apply_planned(&plan);
        assert_ne!(id(world), before);
        world.destroy();
    });
}

#[test]
fn a_client_that_vanished_is_destroyed_without_an_error() {
    every_cli().run(|world| {
        world.config(&client(READ, "")).apply();
        world.emulator().delete_client(&id(world));
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn a_secret_that_is_not_stored_is_revoked_and_nowhere_in_the_state() {
    every_cli().run(|world| {
        world.config(&client(READ, "store_client_secret = false")).apply();
        let client_id = id(world);
        assert_eq!(world.emulator().secrets(&client_id), Vec::<Value>::new());
        let values = world.values(ADDRESS);
        for attribute in ["client_secret", "client_secret_id", "client_secret_expires_at"] {
            assert_eq!(values[attribute], Value::Null, "{attribute}");
        }
        assert!(!world.state_file().contains("pck_"));
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn storing_a_secret_after_all_makes_one_and_forgetting_it_leaves_it_alive() {
    every_cli().run(|world| {
        world.config(&client(READ, "store_client_secret = false")).apply();
        world.config(&client(READ, "")).apply();
        let first = world.text(ADDRESS, "client_secret_id");
        assert!(world.text(ADDRESS, "client_secret").starts_with("pck_"));
        world.plan_is_empty();

        world.config(&client(READ, "store_client_secret = false"));
        let plan = world.plan();
        assert!(plan.warnings().contains("forgotten, not revoked"), "{}", plan.warnings());
        world.apply_planned(&plan);
        assert!(!world.state_file().contains("pck_") || world.values(ADDRESS)["client_secret"].is_null());
        assert_eq!(world.text(ADDRESS, "client_secret_id"), first);
        world.plan_is_empty();

        world.config(&client(READ, "")).apply();
        let secrets = world.emulator().secrets(&id(world));
        assert_eq!(secrets.len(), 2);
        assert_ne!(world.text(ADDRESS, "client_secret_id"), first);
        let ends = |id: &str| {
            let secret = secrets.iter().find(|secret| secret["client_secret_id"] == id).unwrap();
            secret["client_secret_expires_at"].as_str().unwrap().to_owned()
        };
        assert!(ends(&first) < ends(&world.text(ADDRESS, "client_secret_id")), "the former secret ends sooner");
        world.destroy();
    });
}

#[test]
fn a_forgotten_secret_that_cannot_be_retired_is_retired_by_the_next_apply() {
    every_cli().run(|world| {
        world.config(&client(READ, "")).apply();
        let (client_id, first) = (id(world), world.text(ADDRESS, "client_secret_id"));
        world.config(&client(READ, "store_client_secret = false")).apply();
        world.config(&client(READ, ""));
        world.emulator().inject(Fault::status(403).method("POST").path(&format!("*/secrets/{first}")));
        let text = world.apply_fails();
        assert!(text.contains("Unable to retire the former secret of management client"), "{text}");
        // The new one is made before the former one gets its end.
        assert_eq!(world.values(ADDRESS)["pending_revocation"], json!([first]));
        world.apply();
        let secrets = world.emulator().secrets(&client_id);
        assert_eq!(secrets.len(), 2);
        let expiry = |is_first: bool| {
            let secret = secrets.iter().find(|secret| (secret["client_secret_id"] == first) == is_first).unwrap();
            secret["client_secret_expires_at"].as_str().unwrap().to_owned()
        };
        assert!(expiry(true) < expiry(false), "the former secret ends sooner");
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn the_secrets_settings_change_on_the_secret_and_not_by_replacement() {
    every_cli().run(|world| {
        world.config(&client(READ, "client_secret_expires_in = 86400")).apply();
        let (secret, expires) = (world.text(ADDRESS, "client_secret"), world.text(ADDRESS, "client_secret_expires_at"));
        let more = "client_secret_expires_in = 172800\n  client_secret_name = \"first\"";
        world.config(&client(READ, more));
        assert_eq!(world.plan().actions(), ["update pangea_management_client.it"]);
        world.apply();
        assert_eq!(world.text(ADDRESS, "client_secret"), secret);
        assert_ne!(world.text(ADDRESS, "client_secret_expires_at"), expires);
        assert_eq!(world.emulator().secrets(&id(world))[0]["client_secret_name"], json!("first"));
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn a_lifetime_that_is_left_out_moves_no_expiry() {
    every_cli().run(|world| {
        world.config(&client(READ, "client_secret_expires_in = 86400")).apply();
        let expires = world.text(ADDRESS, "client_secret_expires_at");
        world.config(&client(READ, ""));
        assert_eq!(world.plan().change(ADDRESS)["after"]["client_secret_expires_at"], json!(expires));
        world.apply();
        assert_eq!(world.text(ADDRESS, "client_secret_expires_at"), expires);
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn settings_of_a_secret_that_was_revoked_say_how_to_get_a_new_one() {
    every_cli().run(|world| {
        world.config(&client(READ, "")).apply();
        let secret = world.text(ADDRESS, "client_secret_id");
        let other = "client_secret_name = \"other\"";
        world.config(&client(READ, other));
        let gone = Fault::status(404).body(r#"{"error":"invalid_request","error_description":"gone"}"#);
        world.emulator().inject(gone.path(&format!("*/secrets/{secret}")));
        let text = world.apply_fails();
        assert!(text.contains("The client's secret no longer exists"), "{text}");
        world.config(&client(READ, "store_client_secret = false")).apply();
        world.config(&client(READ, other)).apply();
        assert_ne!(world.text(ADDRESS, "client_secret_id"), secret);
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn a_first_secret_that_cannot_be_revoked_leaves_the_client_tracked() {
    every_cli().run(|world| {
        world.config(&client(READ, "store_client_secret = false"));
        world.emulator().inject(Fault::status(403).method("DELETE").path("*/secrets/*").times(1));
        let text = world.apply_fails();
        assert!(text.contains("Unable to revoke the first secret of management client"), "{text}");
        let first = id(world);
        world.apply();
        assert_ne!(id(world), first);
        assert!(world.emulator().client(&first).is_none());
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn a_first_secret_is_revoked_though_the_answers_are_lost_or_do_not_name_it() {
    every_cli().run(|world| {
        world.config(&client(READ, "store_client_secret = false"));
        world.emulator().inject(Fault::remove("/client_secret_id").path("*/register"));
        world.emulator().inject(Fault::lost_answer().method("DELETE").path("*/secrets/*"));
        world.apply();
        assert_eq!(world.emulator().secrets(&id(world)), Vec::<Value>::new());
        assert!(!world.state_file().contains("pck_"));
        world.plan_is_empty();
        world.destroy();
    });
}

/// The client that the provider is logged in as, imported; `more` goes into its block.
fn login(world: &World, scopes: &[String], more: &str) -> String {
    let name = world.emulator().client(world.variable("PANGEA_CLIENT_ID")).unwrap()["client_name"].clone();
    let scopes: Vec<_> = scopes.iter().map(|scope| format!("{scope:?}")).collect();
    client(&scopes.join(", "), more).replace("\"it\"\n", &format!("{name}\n"))
}

#[test]
fn the_client_that_the_provider_is_logged_in_as_is_not_deleted_replaced_or_narrowed() {
    every_cli().run(|world| {
        let own = world.variable("PANGEA_CLIENT_ID").to_owned();
        let scopes = world.scopes(&own);
        let whole = login(world, &scopes, "");
        world.config(&whole);
        world.import(ADDRESS, &own);
        // An update ends the time after the import, in which nothing is taken away.
        let secret = "client_secret_description = \"mine\"";
        let described = login(world, &scopes, secret);
        world.config(&described).apply();

        let narrowed = login(world, &scopes[1..], secret);
        let text = world.config(&narrowed).plan_fails();
        assert!(text.contains("would narrow the client that the provider is logged in as"), "{text}");
        let replaced = login(world, &scopes, &format!("{secret}\n  client_token_expires_in = 77"));
        let text = world.config(&replaced).plan_fails();
        assert!(text.contains("would replace the client"), "{text}");
        let text = world.config(&described).destroy_fails();
        assert!(text.contains("would delete the client"), "{text}");

        let allowed = login(world, &scopes, &format!("{secret}\n  allow_self_change = true"));
        world.config(&allowed).apply();
        let narrowed = login(world, &scopes[1..], &format!("{secret}\n  allow_self_change = true"));
        world.config(&narrowed).apply();
        assert_eq!(world.scopes(&own), scopes[1..]);
    });
}

#[test]
fn replacing_the_login_by_hand_is_refused_in_the_second_plan_and_when_tainted_in_the_delete() {
    every_cli().run(|world| {
        let own = world.variable("PANGEA_CLIENT_ID").to_owned();
        let scopes = world.scopes(&own);
        let whole = login(world, &scopes, "");
        world.config(&whole);
        world.import(ADDRESS, &own);
        let run = world.run(&["plan", "-input=false", "-replace=pangea_management_client.it"]);
        assert_eq!(run.code, Some(1), "{}", run.stdout);
        assert!(run.stderr.contains("would replace the client"), "{}", run.stderr);
        // Of a tainted one the plan knows nothing at all.
        world.taint(ADDRESS);
        let text = world.apply_fails();
        assert!(text.contains("would delete the client") && text.contains("terraform untaint ADDRESS"), "{text}");
        assert!(world.emulator().client(&own).is_some());
    });
}

#[test]
fn a_token_lifetime_that_the_service_does_not_tell_replaces_nothing() {
    every_cli().run(|world| {
        world.config(&client(READ, "client_token_expires_in = 600")).apply();
        let before = id(world);
        world
            .emulator()
            .inject(Fault::remove("/client_token_expires_in").path(&format!("*/clients/{before}")).always());
        world.plan_is_empty();
        world.forget(ADDRESS);
        world.import(ADDRESS, &before);
        assert_eq!(world.values(ADDRESS)["client_token_expires_in"], Value::Null);
        assert_eq!(world.plan().actions(), ["update pangea_management_client.it"]);
        world.apply();
        assert_eq!(id(world), before);
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn a_client_goes_with_its_project_and_comes_back_in_one_apply_where_it_says_so() {
    every_cli().run(|world| {
        let config = |geo: &str| {
            let more = "roles = [{ type = \"project\", id = pangea_project.it.id, role = \"admin\" }]\n  \
                        lifecycle {\n    replace_triggered_by = [pangea_project.it.id]\n  }";
            format!(
                "resource \"pangea_project\" \"it\" {{\n  name = \"it\"\n  geo  = {geo:?}\n}}\n{}",
                client(READ, more)
            )
        };
        world.config(&config("us")).apply();
        let before = id(world);
        world.config(&config("eu")).apply();
        assert_ne!(id(world), before);
        world.plan_is_empty();
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn an_answer_about_another_client_does_not_take_its_place() {
    every_cli().run(|world| {
        world.config(&client(READ, "")).apply();
        let before = id(world);
        let other = json!(format!("psa_{}", "a".repeat(32)));
        world.emulator().inject(Fault::rewrite("/client_id", other).method("GET").path("*/clients/psa_*").times(1));
        let text = world.plan_fails();
        assert!(text.contains("Another management client was answered"), "{text}");
        assert_eq!(id(world), before);
        world.plan_is_empty();
        world.destroy();
    });
}
