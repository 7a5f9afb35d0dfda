//! `pangea_client_grant` on real programs: its whole life, and how it and its client get along.

use pangea_emulator::Fault;
use serde_json::json;
use xtask::acceptance::every_cli;

use crate::world::{InWorlds as _, World};

const CLIENT: &str = "pangea_management_client.it";
const GRANT: &str = "pangea_client_grant.it";
const READ: &str = "pangea:platform:project:read";
const MANAGE: &str = "pangea:platform:project:manage";
const AUDIT: &str = "pangea:service:audit:config:manage";

fn list(scopes: &[&str]) -> String {
    scopes.iter().map(|scope| format!("{scope:?}")).collect::<Vec<_>>().join(", ")
}

fn client(scopes: &[&str]) -> String {
    let scopes = list(scopes);
    format!("resource \"pangea_management_client\" \"it\" {{\n  name   = \"it\"\n  scopes = [{scopes}]\n}}\n")
}

fn grant(name: &str, scopes: &[&str]) -> String {
    let scopes = list(scopes);
    format!(
        "resource \"pangea_client_grant\" \"{name}\" {{\n  client_id = pangea_management_client.it.id\n  scopes    = [{scopes}]\n}}\n"
    )
}

/// A configuration of a client and one grant.
fn both(client_scopes: &[&str], grant_scopes: &[&str]) -> String {
    client(client_scopes) + &grant("it", grant_scopes)
}

fn held(world: &World) -> Vec<String> {
    world.scopes(&world.text(CLIENT, "id"))
}

fn sorted(scopes: &[&str]) -> Vec<String> {
    let mut sorted: Vec<_> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    sorted.sort();
    sorted
}

#[test]
fn a_grant_and_its_client_do_not_fight() {
    every_cli().run(|world| {
        world.config(&both(&[READ], &[MANAGE, AUDIT])).apply();
        world.plan_is_empty();
        assert_eq!(held(world), sorted(&[READ, MANAGE, AUDIT]));
        assert_eq!(world.values(GRANT)["added_scopes"], json!(sorted(&[MANAGE, AUDIT])));
        world.config(&both(&[READ], &[AUDIT, MANAGE]));
        world.plan_is_empty();
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn other_scopes_change_the_grant_in_place() {
    every_cli().run(|world| {
        world.config(&both(&[READ], &[MANAGE])).apply();
        world.config(&both(&[READ], &[AUDIT]));
        assert_eq!(world.plan().actions(), ["update pangea_client_grant.it"]);
        world.apply();
        assert_eq!(held(world), sorted(&[READ, AUDIT]));
        assert_eq!(world.values(GRANT)["added_scopes"], json!([AUDIT]));
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn another_client_replaces_the_grant() {
    every_cli().run(|world| {
        let other = client(&[READ]).replace("\"it\"", "\"other\"");
        world.config(&(both(&[READ], &[MANAGE]) + &other)).apply();
        let moved =
            both(&[READ], &[MANAGE]).replace("pangea_management_client.it.id", "pangea_management_client.other.id");
        world.config(&(moved + &other));
        assert_eq!(world.plan().actions(), ["replace pangea_client_grant.it (client_id)"]);
        world.apply();
        assert_eq!(held(world), sorted(&[READ]));
        assert_eq!(world.scopes(&world.text("pangea_management_client.other", "id")), sorted(&[READ, MANAGE]));
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn a_grant_is_imported_by_its_client_and_words_and_then_plans_nothing() {
    every_cli().run(|world| {
        world.config(&both(&[READ], &[MANAGE, AUDIT])).apply();
        let id = world.text(GRANT, "id");
        assert_eq!(id, format!("{}/{MANAGE} {AUDIT}", world.text(CLIENT, "id")));
        world.forget(GRANT);
        world.import(GRANT, &id);
        world.plan_is_empty();
        assert_eq!(world.values(GRANT)["added_scopes"], json!(sorted(&[MANAGE, AUDIT])));
        world.destroy();
    });
}

#[test]
fn importing_what_the_client_does_not_have_says_what_it_has() {
    every_cli().run(|world| {
        world.config(&client(&[READ])).apply();
        let id = format!("{}/{MANAGE}", world.text(CLIENT, "id"));
        world.config(&both(&[READ], &[MANAGE]));
        let text = world.import_fails(GRANT, &id);
        assert!(text.contains(&format!("does not have `{MANAGE}`. It has `{READ}`")), "{text}");
    });
}

#[test]
fn a_lost_grant_is_drift_and_is_granted_again() {
    every_cli().run(|world| {
        world.config(&both(&[READ], &[MANAGE])).apply();
        world.emulator().set_scope(&world.text(CLIENT, "id"), &[READ]);
        let plan = world.plan();
        assert_eq!(plan.actions(), ["update pangea_client_grant.it"]);
        assert_eq!(plan.drift(), ["update pangea_client_grant.it"]);
        world.apply_planned(&plan);
        assert_eq!(held(world), sorted(&[READ, MANAGE]));
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn a_grant_goes_with_a_client_that_vanished_and_both_come_back() {
    every_cli().run(|world| {
        world.config(&both(&[READ], &[MANAGE])).apply();
        world.emulator().delete_client(&world.text(CLIENT, "id"));
        let plan = world.plan();
        assert_eq!(plan.actions(), ["create pangea_client_grant.it", "create pangea_management_client.it"]);
        world.apply_planned(&plan);
        assert_eq!(held(world), sorted(&[READ, MANAGE]));
        world.destroy();
    });
}

#[test]
fn a_grant_that_overlaps_its_client_leaves_the_clients_own_scopes_when_it_goes() {
    every_cli().run(|world| {
        world.config(&both(&[READ, MANAGE], &[MANAGE, AUDIT])).apply();
        let plan = world.plan();
        assert!(plan.warnings().contains("Access is declared twice"), "{}", plan.warnings());
        assert_eq!(plan.actions(), Vec::<String>::new());
        world.plan_is_empty();
        world.config(&client(&[READ, MANAGE])).apply();
        assert_eq!(held(world), sorted(&[READ, MANAGE]));
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn a_client_id_of_another_kind_is_refused_before_anything_is_asked() {
    every_cli().run(|world| {
        let elsewhere = grant("it", &[READ]).replace("pangea_management_client.it.id", "\"ppi_a\"");
        let text = world.config(&elsewhere).plan_fails();
        assert!(text.contains("`client_id` looks like the id of a project"), "{text}");
        assert_eq!(world.requests(), Vec::<String>::new());
    });
}

#[test]
fn a_grant_to_a_client_that_exists_already_leaves_the_clients_own_scopes_when_it_goes() {
    every_cli().run(|world| {
        world.config(&client(&[READ, MANAGE])).apply();
        world.config(&both(&[READ, MANAGE], &[MANAGE])).apply();
        world.config(&client(&[READ, MANAGE])).apply();
        assert_eq!(held(world), sorted(&[READ, MANAGE]));
        world.destroy();
    });
}

#[test]
fn what_was_granted_by_hand_before_the_grant_goes_with_it() {
    every_cli().run(|world| {
        let scope = format!("{READ} {MANAGE}");
        let elsewhere = world.emulator().create_client("elsewhere", &scope, &[]).unwrap();
        let to_it = grant("it", &[MANAGE, AUDIT]).replace("pangea_management_client.it.id", &format!("{elsewhere:?}"));
        world.config(&to_it).apply();
        assert_eq!(world.values(GRANT)["added_scopes"], json!(sorted(&[MANAGE, AUDIT])));
        world.plan_is_empty();
        world.destroy();
        assert_eq!(world.scopes(&elsewhere), [READ]);
    });
}

#[test]
fn a_scope_that_moves_from_a_grant_to_its_client_is_never_lost() {
    every_cli().run(|world| {
        world.config(&both(&[READ], &[MANAGE, AUDIT])).apply();
        world.config(&both(&[READ, MANAGE], &[AUDIT])).apply();
        assert_eq!(held(world), sorted(&[READ, MANAGE, AUDIT]));
        world.plan_is_empty();
        world.config(&both(&[READ], &[AUDIT, MANAGE])).apply();
        assert_eq!(held(world), sorted(&[READ, MANAGE, AUDIT]));
        world.plan_is_empty();
        // Without a refresh, the grant's own read does not tell it what the client declares by now.
        world.config(&both(&[READ, MANAGE], &[AUDIT]));
        world.run(&["apply", "-refresh=false", "-auto-approve", "-input=false"]).success().unwrap();
        assert_eq!(held(world), sorted(&[READ, MANAGE, AUDIT]));
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn two_grants_may_swap_their_scopes() {
    every_cli().run(|world| {
        let of = |one: &str, other: &str| client(&[READ]) + &grant("one", &[one]) + &grant("other", &[other]);
        world.config(&of(MANAGE, AUDIT)).apply();
        world.config(&of(AUDIT, MANAGE)).apply();
        assert_eq!(held(world), sorted(&[READ, MANAGE, AUDIT]));
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn a_grant_that_is_replaced_by_a_new_one_first_keeps_its_scopes() {
    every_cli().run(|world| {
        let config = both(&[READ], &[MANAGE]).replace("  scopes    = [\"pangea:platform:project:manage\"]\n", "  scopes    = [\"pangea:platform:project:manage\"]\n  lifecycle {\n    create_before_destroy = true\n  }\n");
        world.config(&config).apply();
        let plan = world.plan_with(&["-replace=pangea_client_grant.it"]);
        assert_eq!(plan.actions(), ["replace (create first) pangea_client_grant.it"]);
        world.apply_planned(&plan);
        assert_eq!(held(world), sorted(&[READ, MANAGE]));
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn a_grant_on_a_client_that_owns_all_its_scopes_is_refused() {
    every_cli().run(|world| {
        let exclusive = client(&[READ]).replace("}\n", "  exclusive_scopes = true\n}\n");
        let both = exclusive.clone() + &grant("it", &[MANAGE]);
        // Where the same apply makes the client, that is known once it is there.
        let text = world.config(&both).apply_fails();
        assert!(text.contains("The client owns all its scopes"), "{text}");
        assert_eq!(held(world), [READ]);
        let text = world.plan_fails();
        assert!(text.contains("The client owns all its scopes"), "{text}");
        world.config(&client(&[READ]));
        world.destroy();
    });
}

#[test]
fn a_client_and_its_grant_imported_in_one_plan_take_nothing_from_each_other() {
    every_cli().run(|world| {
        world.config(&both(&[READ], &[MANAGE])).apply();
        let (client_id, grant_id) = (world.text(CLIENT, "id"), world.text(GRANT, "id"));
        world.forget(GRANT);
        world.forget(CLIENT);
        let imports = format!(
            "import {{\n  to = {CLIENT}\n  id = {client_id:?}\n}}\nimport {{\n  to = {GRANT}\n  id = {grant_id:?}\n}}\n"
        );
        world.config(&(both(&[READ], &[MANAGE]) + &imports)).apply();
        assert_eq!(held(world), sorted(&[READ, MANAGE]));
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn a_role_may_be_granted_and_is_taken_back() {
    every_cli().run(|world| {
        let organization = world.variable("PANGEA_ORGANIZATION_ID").to_owned();
        let role = format!(
            "resource \"pangea_client_grant\" \"it\" {{\n  client_id = pangea_management_client.it.id\n  roles     = [{{ type = \"organization\", id = {organization:?}, role = \"admin\" }}]\n}}\n"
        );
        world.config(&(client(&[READ]) + &role)).apply();
        world.plan_is_empty();
        assert_eq!(world.values(GRANT)["added_roles"][0]["id"], json!(organization));
        world.config(&client(&[READ])).apply();
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn another_role_changes_the_grant_in_place() {
    every_cli().run(|world| {
        let projects = "resource \"pangea_project\" \"it\" {\n  count = 2\n  name  = \"it\"\n  geo   = \"us\"\n}\n";
        let on = |index: u8| {
            let role = format!("[{{ type = \"project\", id = pangea_project.it[{index}].id, role = \"admin\" }}]");
            format!(
                "{projects}{}{}",
                client(&[READ]),
                grant("it", &[AUDIT]).replace("\n}", &format!("\n  roles = {role}\n}}"))
            )
        };
        world.config(&on(0)).apply();
        world.config(&on(1));
        assert_eq!(world.plan().actions(), ["update pangea_client_grant.it"]);
        world.apply();
        let second = world.values("pangea_project.it[1]")["id"].clone();
        assert_eq!(world.values(GRANT)["added_roles"][0]["id"], second);
        let client = world.emulator().client(&world.text(CLIENT, "id")).unwrap();
        assert_eq!(client["roles"].as_array().map(Vec::len), Some(1));
        assert_eq!(client["roles"][0]["id"], second);
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn a_grant_that_fails_after_the_revoke_is_finished_by_the_next_apply() {
    every_cli().run(|world| {
        world.config(&both(&[READ], &[MANAGE])).apply();
        world.config(&both(&[READ], &[AUDIT]));
        world.emulator().inject(Fault::status(403).path("*/grant"));
        world.apply_fails();
        assert_eq!(held(world), sorted(&[READ]));
        assert_eq!(world.values(GRANT)["added_scopes"], json!([]));
        world.apply();
        assert_eq!(held(world), sorted(&[READ, AUDIT]));
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn a_grant_of_nothing_is_refused_before_anything_is_asked() {
    every_cli().run(|world| {
        let config = client(&[READ])
            + "resource \"pangea_client_grant\" \"it\" {\n  client_id = pangea_management_client.it.id\n}\n";
        let text = world.config(&config).plan_fails();
        assert!(text.contains("Nothing to grant"), "{text}");
        assert_eq!(world.requests(), Vec::<String>::new());
    });
}

#[test]
fn two_grants_that_are_alike_are_seen_once_both_are_read() {
    every_cli().run(|world| {
        world.config(&(client(&[READ]) + &grant("one", &[MANAGE]) + &grant("other", &[MANAGE]))).apply();
        let plan = world.plan();
        assert_eq!(plan.actions(), Vec::<String>::new());
        assert!(plan.warnings().contains("Access is declared twice"), "{}", plan.warnings());
        world.destroy();
    });
}

#[test]
fn a_grant_does_not_take_from_the_login_what_the_providers_calls_need() {
    every_cli().run(|world| {
        let own = world.variable("PANGEA_CLIENT_ID").to_owned();
        let before = world.scopes(&own);
        let to_login = grant("it", &["pangea:platform:account:manage"])
            .replace("pangea_management_client.it.id", &format!("{own:?}"));
        world.config(&to_login).apply();
        let text = world.destroy_fails();
        assert!(text.contains("would narrow the client that the provider is logged in as"), "{text}");
        assert_eq!(world.scopes(&own), before);
        world.forget(GRANT);

        let harmless = to_login.replace("pangea:platform:account:manage", AUDIT);
        world.config(&harmless).apply();
        world.destroy();
        assert_eq!(world.scopes(&own), before);
    });
}

#[test]
fn a_login_of_another_organization_does_not_make_terraform_forget_clients_and_grants() {
    every_cli().run(|world| {
        world.config(&both(&[READ], &[MANAGE])).apply();
        let elsewhere = pangea_emulator::Server::start(pangea_emulator::Options::default()).unwrap();
        let here: Vec<_> = world.emulator().environment();
        elsewhere.environment().iter().for_each(|(name, value)| {
            world.set(name, value);
        });
        let text = world.plan_fails();
        assert!(text.contains("its organization are not visible"), "{text}");
        world.lose_private_state();
        let text = world.plan_fails();
        assert!(text.contains("in which organization it was seen last is not recorded"), "{text}");
        here.iter().for_each(|(name, value)| {
            world.set(name, value);
        });
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn what_another_login_does_not_find_is_not_deleted_by_it() {
    every_cli().run(|world| {
        let secret = "resource \"pangea_client_secret\" \"it\" {\n  client_id = pangea_client_grant.it.client_id\n}\n";
        world.unset("PANGEA_ORGANIZATION_ID").config(&(both(&[READ], &[MANAGE]) + secret)).apply();
        let own = world.variable("PANGEA_CLIENT_ID").to_owned();
        let elsewhere = pangea_emulator::Server::start(pangea_emulator::Options::default()).unwrap();
        elsewhere.environment().iter().for_each(|(name, value)| {
            world.set(name, value);
        });
        for (address, what) in
            [("pangea_client_secret.it", "client secret"), (GRANT, "client"), (CLIENT, "management client")]
        {
            let plan = world.plan_with(&["-destroy", "-refresh=false"]);
            let text = world.apply_planned_fails(&plan);
            assert!(text.contains(&format!("Error: The {what} is not visible")), "{text}");
            assert_ne!(world.values(address), json!(null), "it is still known");
            world.forget(address);
        }
        // The client that saw it last is believed.
        world.config(&client(&[READ])).unset("PANGEA_ORGANIZATION_ID").apply();
        let (client_id, login) = (world.text(CLIENT, "id"), world.variable("PANGEA_CLIENT_ID").to_owned());
        assert_ne!(login, own);
        elsewhere.delete_client(&client_id);
        assert_eq!(world.plan().actions(), [format!("create {CLIENT}")]);
    });
}

#[test]
fn importing_the_client_of_a_grant_takes_nothing_from_the_grant() {
    every_cli().run(|world| {
        world.config(&both(&[READ], &[MANAGE])).apply();
        let client_id = world.text(CLIENT, "id");
        world.forget(CLIENT);
        world.import(CLIENT, &client_id);
        world.run(&["apply", "-refresh-only", "-auto-approve", "-input=false"]).success().unwrap();
        assert_eq!(world.values(GRANT)["added_scopes"], json!([MANAGE]));
        world.apply();
        world.config(&client(&[READ])).apply();
        assert_eq!(held(world), [READ]);
        world.destroy();
    });
}
