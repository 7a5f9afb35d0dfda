//! `pangea_service_client` on real programs: its life, and in whose name it is registered, read, changed and deleted.

use expect_test::expect;
use jiff::Timestamp;
use serde_json::{Value, json};
use xtask::acceptance::{every_cli, terraform_since};

use crate::{
    provider_block,
    world::{InWorlds as _, World},
};

const ADDRESS: &str = "pangea_service_client.it";

/// A project, and a management client of it that may register others.
fn project(name: &str) -> String {
    format!(
        r#"
resource "pangea_project" "{name}" {{
  name = "{name}"
  geo  = "us"
}}

resource "pangea_management_client" "{name}" {{
  name = "{name}"
  scopes = [
    "pangea:platform:account:manage", "pangea:platform:account:read",
    "pangea:service:audit:config:manage", "pangea:service:audit:config:read",
  ]
  roles               = [{{ type = "project", id = pangea_project.{name}.id, role = "admin" }}]
  store_client_secret = false
}}
"#
    )
}

/// The configuration of a service that a role can name.
fn audit(name: &str) -> String {
    format!(
        "resource \"pangea_service_config\" \"{name}\" {{\n  service = \"audit\"\n  name = \"{name}\"\n  {}\n}}\n",
        as_client("it")
    )
}

fn as_client(name: &str) -> String {
    format!("impersonate_client_id = pangea_management_client.{name}.client_id")
}

/// A service client with these scopes, and these lines.
fn client(label: &str, scopes: &str, lines: &str) -> String {
    format!(
        "resource \"pangea_service_client\" \"{label}\" {{\n  name   = \"{label}\"\n  scopes = [{scopes}]\n  {lines}\n}}\n"
    )
}

const GUARD: &str = "\"pangea:service:ai-guard:read\"";

/// The project with one service client in it.
fn all(scopes: &str, lines: &str) -> String {
    project("it") + &client("it", scopes, &format!("{}\n  {lines}", as_client("it")))
}

fn id(world: &World) -> String {
    world.text(ADDRESS, "id")
}

fn stored(world: &World) -> Value {
    world.emulator().client(&id(world)).unwrap()
}

#[track_caller]
fn no_run_secret_is_left(world: &World) {
    assert_eq!(world.emulator().run_secrets(), Vec::<Value>::new());
}

#[test]
fn a_service_client_belongs_to_the_project_of_the_client_that_registers_it_and_changes_in_place() {
    every_cli().run(|world| {
        let with = |scopes: &str, config: &str, name: &str| {
            let role = format!(
                "roles = [{{ type = \"service_audit_config\", id = pangea_service_config.{config}.id, role = \"manager\", service = \"audit\" }}]"
            );
            let all = all(scopes, &role).replace("  name   = \"it\"\n", &format!("  name   = {name:?}\n"));
            all + &audit("one") + &audit("two")
        };
        world.config(&with(GUARD, "one", "it")).apply();
        no_run_secret_is_left(world);
        world.plan_is_empty();
        let (before, values) = (id(world), world.values(ADDRESS));
        assert_eq!(stored(world)["project"], json!(world.text("pangea_project.it", "id")));
        assert_eq!((&values["client_class"], &values["tenanted_by"]), (&json!("service"), &json!("project")));
        assert_eq!(values["creator_id"], json!(world.text("pangea_management_client.it", "id")));
        assert_eq!(values["roles"][0]["id"], json!(world.text("pangea_service_config.one", "id")));
        assert!(values["client_secret"].as_str().unwrap().starts_with("pck_"));

        let plan = world.config(&with("\"pangea:service:redact:read\"", "two", "new")).plan();
        assert_eq!(plan.actions(), ["update pangea_service_client.it"]);
        world.apply_planned(&plan);
        assert_eq!((id(world), world.scopes(&before)), (before, vec!["pangea:service:redact:read".to_owned()]));
        assert_eq!(stored(world)["client_name"], json!("new"));
        assert_eq!(stored(world)["roles"][0]["id"], json!(world.text("pangea_service_config.two", "id")));
        world.plan_is_empty();
        world.destroy();
        no_run_secret_is_left(world);
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn its_secret_is_rotated_and_looked_after_in_the_name_of_the_client_that_manages_it() {
    every_cli().run(|world| {
        let with = |value: u8| all(GUARD, &format!("secret_rotation = {{ rotate_when_changed = {{ on = {value} }} }}"));
        let checking =
            |value: u8| format!("provider \"pangea\" {{\n  check_client_secrets = true\n}}\n{}", with(value));
        let secret_id = |world: &World| world.text(ADDRESS, "client_secret_id");
        let secrets = |world: &World| world.emulator().secrets(&id(world));
        world.config(&with(1)).apply();
        let (first, actor) = (secret_id(world), world.text("pangea_management_client.it", "id"));
        let plan = world.config(&with(2)).plan();
        assert_eq!(plan.actions(), ["update pangea_service_client.it"]);
        world.emulator().clear_requests();
        world.apply_planned(&plan);
        let path = format!("/clients/{}/secrets", id(world));
        let calls = world.emulator().requests().into_iter().filter(|call| call.path.contains(&path));
        let callers: Vec<_> = calls.map(|call| call.client_id).collect();
        assert_eq!(callers, vec![Some(actor); 3], "made, listed, shortened");
        let second = secret_id(world);
        assert_ne!(second, first);
        let ends = |secret: &Value| secret["client_secret_expires_at"].as_str().unwrap().parse::<Timestamp>().unwrap();
        let [former, new] = secrets(world).try_into().unwrap();
        assert_eq!((&former["client_secret_id"], &new["client_secret_id"]), (&json!(first), &json!(second)));
        assert_eq!(new["client_secret_name"], json!("it Secret #2"));
        let hours = ends(&former).duration_since(Timestamp::now()).as_hours();
        assert!((22..=24).contains(&hours), "{hours}");
        world.plan_is_empty();

        // Another secret of it says nothing; one that is gone is drift where secrets are checked, and a new one takes its place.
        world.config(&checking(2)).plan_is_empty();
        world.emulator().delete_secret(&second);
        world.config(&with(2)).plan_is_empty();
        let plan = world.config(&checking(2)).plan();
        assert_eq!(plan.drift(), ["update pangea_service_client.it"]);
        assert!(plan.warnings().contains("The client's secret is gone"), "{}", plan.warnings());
        world.apply_planned(&plan);
        assert_ne!(secret_id(world), second);
        world.plan_is_empty();
        no_run_secret_is_left(world);
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn an_import_names_the_client_that_manages_it_or_leaves_it_to_the_login() {
    every_cli().run(|world| {
        let config = all(GUARD, "");
        world.config(&config).apply();
        let (client, actor) = (id(world), world.text("pangea_management_client.it", "id"));
        world.forget(ADDRESS);
        world.import(ADDRESS, &format!("{actor}/{client}"));
        world.plan_is_empty();
        world.forget(ADDRESS);
        assert!(world.import_fails(ADDRESS, "pci_a").contains("Wrong import id"));
        expect![[r#"
            Error: Client of another kind

            Client psa_… is a management client, as Pangea says, and this resource is for a service client. Import it to a `pangea_management_client`. Nothing was imported.
        "#]]
        .assert_eq(&world.import_fails(ADDRESS, &actor));
        world.emulator().set_client_field(&client, "client_class", json!("another"));
        world.import(ADDRESS, &format!("{actor}/{client}"));
        world.forget(ADDRESS);
        world.emulator().set_client_field(&client, "client_class", json!("service"));
        let other = "resource \"pangea_management_client\" \"other\" {\n  name = \"other\"\n  scopes = [\"a:b\"]\n}\n";
        world.config(&(config.clone() + other));
        let text = world.import_fails("pangea_management_client.other", &client);
        assert!(text.contains("is a service client, as Pangea says"), "{text}");
        assert!(text.contains("Import it to a `pangea_service_client`"), "{text}");
        world.config(&config);
        world.import(ADDRESS, &client);
        assert_eq!(world.values(ADDRESS)["impersonate_client_id"], Value::Null);
        let plan = world.plan();
        assert_eq!(plan.actions(), ["update pangea_service_client.it"]);
        world.apply_planned(&plan);
        assert_eq!(world.text(ADDRESS, "impersonate_client_id"), actor);
        world.plan_is_empty();
        world.emulator().delete_client(&client);
        let plan = world.plan();
        assert_eq!(plan.actions(), ["create pangea_service_client.it"]);
        assert!(plan.warnings().contains("The service client no longer exists"), "{}", plan.warnings());
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn an_import_by_identity_names_the_client_that_manages_it() {
    terraform_since(1, 12).or_tofu(1, 12).run(|world| {
        let config = all(GUARD, "");
        world.config(&config).apply();
        let actor = world.text("pangea_management_client.it", "id");
        let identity = format!("{{ id = {:?}, impersonate_client_id = {actor:?} }}", id(world));
        world.forget(ADDRESS);
        world.config(&format!("{config}import {{\n  to       = {ADDRESS}\n  identity = {identity}\n}}\n"));
        let plan = world.plan();
        assert_eq!(plan.actions(), Vec::<String>::new());
        world.apply_planned(&plan);
        world.config(&config).plan_is_empty();
        world.destroy();
    });
}

#[test]
fn a_name_that_is_taken_in_the_project_and_a_client_of_another_project_are_errors_that_say_what_to_do() {
    every_cli().run(|world| {
        let twin = client("twin", GUARD, &as_client("it")).replace("name   = \"twin\"", "name   = \"it\"");
        world.config(&all(GUARD, "")).apply();
        let text = world.config(&(all(GUARD, "") + &twin)).apply_fails();
        assert!(text.contains("/client_name: Another client has this name"), "{text}");

        let both =
            |who: &str| project("it") + &project("other") + &client("it", GUARD, &as_client(who));
        world.config(&both("it")).apply();
        let before = id(world);
        expect![[r#"
            Error: The service client is not in the project of the client that is to act
              at pangea_service_client.it
              at impersonate_client_id = pangea_management_client.other.client_id

            `impersonate_client_id` says who calls, and moves nothing: the service client psa_… stays in its project, and client psa_… does not find it there. Name a client of that project. To delete it there and make it anew in the other project, run `terraform apply -replace=ADDRESS`.
        "#]]
        .assert_eq(&world.config(&both("other")).apply_fails());
        assert_eq!(id(world), before);
        let plan = world.plan_with(&["-replace=pangea_service_client.it"]);
        world.apply_planned(&plan);
        assert_eq!(stored(world)["project"], json!(world.text("pangea_project.other", "id")));
        world.plan_is_empty();
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn without_credentials_the_state_is_kept_and_where_the_client_that_manages_it_is_gone_the_login_stands_in() {
    every_cli().run(|world| {
        let config = all(GUARD, "");
        world.config(&config).apply();
        let blind = format!("provider \"pangea\" {{\n  mint_run_secrets = false\n}}\n{config}");
        let run = world.config(&blind).plan_is_empty();
        assert_eq!(run.warnings().matches("were not read").count(), 1, "{}", run.warnings());
        let changed = blind.replace("ai-guard", "redact");
        assert!(world.config(&changed).apply_fails().contains("No credentials to act as client"));

        let literal = world.text("pangea_management_client.it", "id");
        let orphan = config.replace("pangea_management_client.it.client_id", &format!("{literal:?}"));
        world.emulator().delete_client(&literal);
        world.config(&orphan.replace("ai-guard", "redact"));
        let plan = world.plan();
        assert!(plan.actions().contains(&"update pangea_service_client.it".to_owned()), "{:?}", plan.actions());
        world.apply_planned(&plan);
        assert_eq!(world.scopes(&id(world)), ["pangea:service:redact:read"]);
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn a_service_client_that_a_login_of_the_organization_registers_is_warned_of_since_it_is_in_no_project() {
    every_cli().run(|world| {
        world.config(&client("it", GUARD, ""));
        let plan = world.plan();
        expect![[r#"
            Warning: The service client will belong to no project
              at pangea_service_client.it
              at resource "pangea_service_client" "it" {

            A service client belongs to the project of the client that registers it. The provider's login does that here, which is of the organization and of no project, so the service client will belong to the organization, and the services of a project refuse it. Name a management client of the project in `impersonate_client_id`, here or in the provider block; a client that exists is replaced for that with `terraform apply -replace=ADDRESS`.
        "#]]
        .assert_eq(&plan.warnings());
        // Terraform plans again before it applies.
        assert_eq!(world.apply_planned(&plan).warnings(), plan.warnings());
        assert_eq!(world.values(ADDRESS)["tenanted_by"], json!("organization"));
        assert_eq!(world.plan_is_empty().warnings(), "");
        world.destroy();

        // Whose a ready token is, the plan doesn't know.
        let project = world.emulator().create_project("it", "us").unwrap();
        let scope = "pangea:platform:account:manage pangea:platform:account:read";
        let member = world.emulator().create_client("member", scope, &[("project", &project, "admin")]).unwrap();
        let secret = world.emulator().create_secret(&member).unwrap();
        let token = provider_block::token(world);
        world.set("PANGEA_CLIENT_ID", &member).set("PANGEA_CLIENT_SECRET", &secret);
        assert_eq!(world.plan().warnings(), "");
        world.set("PANGEA_ACCESS_TOKEN", &token);
        assert_eq!(world.plan().warnings(), "");
        let run = world.apply();
        assert!(run.warnings().contains("The service client belongs to no project"), "{}", run.warnings());
        world.destroy();
    });
}
