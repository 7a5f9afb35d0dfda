//! `pangea_service_config` on real programs: its life, and in whose name it is read, changed and deleted.

use std::time::Duration;

use expect_test::expect;
use pangea_emulator::Fault;
use serde_json::{Value, json};
use xtask::acceptance::{every_cli, terraform_since};

use crate::world::{InWorlds as _, World};

const ADDRESS: &str = "pangea_service_config.it";

/// A project, a client that acts in it, and further blocks.
fn with_project(name: &str, more: &str) -> String {
    format!(
        r#"
resource "pangea_project" "{name}" {{
  name = "{name}"
  geo  = "us"
}}
{}{more}"#,
        client(name, name)
    )
}

/// A client that may change the configurations of a project.
fn client(label: &str, project: &str) -> String {
    format!(
        r#"
resource "pangea_management_client" "{label}" {{
  name                = "{label}"
  scopes              = ["pangea:service:audit:config:manage", "pangea:service:audit:config:read"]
  roles               = [{{ type = "project", id = pangea_project.{project}.id, role = "admin" }}]
  store_client_secret = false
}}
"#
    )
}

/// The configuration, with these lines.
fn config(lines: &str) -> String {
    format!(
        "\nresource \"pangea_service_config\" \"it\" {{\n  service = \"audit\"\n  name    = \"it\"\n  {lines}\n}}\n"
    )
}

const AS_CLIENT: &str = "impersonate_client_id = pangea_management_client.it.client_id";

/// A project, its client, and a configuration with these settings.
fn all(settings: &str) -> String {
    with_project("it", &config(&format!("{AS_CLIENT}\n  settings = {settings}")))
}

fn id(world: &World) -> String {
    world.text(ADDRESS, "id")
}

/// How many secrets were made for runs since the log was cleared.
fn made_for_runs(world: &World) -> usize {
    let made = |request: &pangea_emulator::Recorded| request.method == "POST" && request.path.ends_with("/secrets");
    world.emulator().requests().iter().filter(|request| made(request)).count()
}

/// After any run, no secret of it is alive.
#[track_caller]
fn no_run_secret_is_left(world: &World) {
    assert_eq!(world.emulator().run_secrets(), Vec::<Value>::new());
    assert_eq!(world.emulator().tokens(), Vec::<Value>::new());
}

#[test]
fn a_configuration_is_made_by_a_client_of_the_same_apply_and_the_second_plan_is_empty() {
    every_cli().run(|world| {
        world.config(&all(r#"jsonencode({ hot_storage = "7d" })"#)).apply();
        let asks_for_roles = |request: &String| request.ends_with("/roles");
        assert!(!world.requests().iter().any(asks_for_roles), "the client's project is known in this process");
        no_run_secret_is_left(world);
        world.plan_is_empty();
        no_run_secret_is_left(world);
        let stored = world.emulator().config(&id(world)).unwrap();
        assert_eq!((&stored["hot_storage"], &stored["name"]), (&json!("7d"), &json!("it")));
        assert_eq!(stored["project"], json!(world.text("pangea_project.it", "id")));
        assert_eq!(world.text(ADDRESS, "impersonate_client_id"), world.text("pangea_management_client.it", "id"));
        assert!(world.values(ADDRESS)["created_at"].is_string());
        let state = world.state_file();
        assert!(!state.contains("pck_") && !state.contains("pts_"), "a secret is in the state");
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn form_and_what_is_not_declared_give_no_difference() {
    every_cli().run(|world| {
        world.config(&all(r#"jsonencode({ hot_storage = "7d", shards = 2 })"#)).apply();
        world.config(&all(r#""{ \"shards\": 2.0,   \"hot_storage\": \"7d\" }""#));
        world.plan_is_empty();
        world.emulator().set_config_field(&id(world), "retention", json!("9d"));
        world.plan_is_empty();
        world.config(&all(r#"jsonencode({ shards = 2 })"#));
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn a_null_in_the_settings_is_as_good_as_left_out() {
    every_cli().run(|world| {
        world.config(&all(r#"jsonencode({ hot_storage = null, shards = 2, vault_sign = null })"#)).apply();
        assert_eq!(world.emulator().config(&id(world)).unwrap()["hot_storage"], json!("14d"), "Pangea's default");
        world.plan_is_empty();
        world.emulator().set_config_field(&id(world), "hot_storage", json!("9d"));
        world.plan_is_empty();
        world.config(&all(r#"jsonencode({ hot_storage = null, shards = 3 })"#)).apply();
        world.plan_is_empty();
        let stored = world.emulator().config(&id(world)).unwrap();
        assert_eq!((&stored["hot_storage"], &stored["shards"]), (&json!("9d"), &json!(3)));
        world.destroy();
    });
}

#[test]
fn a_change_happens_in_place_and_leaves_what_is_not_declared() {
    every_cli().run(|world| {
        world.config(&all(r#"jsonencode({ hot_storage = "7d" })"#)).apply();
        let before = id(world);
        world.emulator().set_config_field(&before, "shards", json!(3));
        let changed = all(r#"jsonencode({ hot_storage = "9d" })"#).replace("name    = \"it\"", "name    = \"new\"");
        let plan = world.config(&changed).plan();
        assert_eq!(plan.actions(), ["update pangea_service_config.it"]);
        world.apply_planned(&plan);
        let stored = world.emulator().config(&before).unwrap();
        assert_eq!(
            (&stored["hot_storage"], &stored["shards"], &stored["name"]),
            (&json!("9d"), &json!(3), &json!("new"))
        );
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn a_declared_setting_that_somebody_changed_is_drift() {
    every_cli().run(|world| {
        world.config(&all(r#"jsonencode({ hot_storage = "7d" })"#)).apply();
        world.emulator().set_config_field(&id(world), "hot_storage", json!("1d"));
        let plan = world.plan();
        assert_eq!(
            (plan.actions(), plan.drift()),
            (vec![format!("update {ADDRESS}")], vec![format!("update {ADDRESS}")])
        );
        world.apply_planned(&plan);
        assert_eq!(world.emulator().config(&id(world)).unwrap()["hot_storage"], json!("7d"));
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn another_schema_replaces_the_configuration() {
    every_cli().run(|world| {
        let with = |kind: &str| {
            all(&format!(
                "jsonencode({{ version = 3, schema = {{ fields = [{{ id = \"a\", type = \"{kind}\" }}] }} }})"
            ))
        };
        // What is declared for the first time may be what the configuration has, or not.
        world.config(&all("jsonencode({ shards = 2 })")).apply();
        let first = id(world);
        world.config(&all("jsonencode({ shards = 2, version = 1 })")).apply();
        assert_eq!(id(world), first);
        world.config(&all("jsonencode({ shards = 2 })")).apply();
        let plan = world.config(&with("text")).plan();
        assert_eq!(plan.actions(), ["replace pangea_service_config.it (settings)"]);
        world.apply_planned(&plan);
        let before = id(world);
        let plan = world.config(&with("string")).plan();
        assert_eq!(plan.actions(), ["replace pangea_service_config.it (settings)"]);
        world.apply_planned(&plan);
        assert_ne!(id(world), before);
        assert_eq!(world.emulator().config(&before), None);
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn an_import_names_the_client_and_takes_over_what_is_there() {
    every_cli().run(|world| {
        world.config(&all(r#"jsonencode({ hot_storage = "7d" })"#)).apply();
        let import = format!("{}/audit/{}", world.text(ADDRESS, "impersonate_client_id"), id(world));
        world.forget(ADDRESS);
        world.import(ADDRESS, &import);
        world.plan_is_empty();
        world.forget(ADDRESS);
        let text = world.import_fails(ADDRESS, "pci_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
        assert!(text.contains("is not `SERVICE/pci_…`"), "{text}");
        world.import(ADDRESS, &import);
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn an_import_by_identity_names_the_client_too() {
    terraform_since(1, 12).or_tofu(1, 12).run(|world| {
        let config = all(r#"jsonencode({ hot_storage = "7d" })"#);
        world.config(&config).apply();
        let identity = format!(
            "{{ service = \"audit\", id = {:?}, impersonate_client_id = {:?} }}",
            id(world),
            world.text(ADDRESS, "impersonate_client_id")
        );
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
fn a_configuration_that_vanished_is_made_again_with_a_warning() {
    every_cli().run(|world| {
        world.config(&all("jsonencode({})")).apply();
        world.emulator().delete_config(&id(world));
        let plan = world.plan();
        assert_eq!(plan.actions(), ["create pangea_service_config.it"]);
        assert!(plan.warnings().contains("The service configuration no longer exists"), "{}", plan.warnings());
        world.apply_planned(&plan);
        world.emulator().delete_config(&id(world));
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn nothing_is_written_over_what_somebody_changed_since_the_plan() {
    every_cli().run(|world| {
        world.config(&all(r#"jsonencode({ hot_storage = "7d" })"#)).apply();
        world.config(&all(r#"jsonencode({ hot_storage = "9d" })"#));
        let plan = world.plan();
        world.emulator().set_config_field(&id(world), "shards", json!(3));
        expect![[r#"
            Error: The service configuration was changed by somebody else
              at pangea_service_config.it
              at resource "pangea_service_config" "it" {

            The service configuration pci_… was changed on Pangea after this plan was made, so nothing was written over it. Run `terraform plan` to see how it is now, and apply that.
        "#]]
        .assert_eq(&world.apply_planned_fails(&plan));
        assert_eq!(world.emulator().config(&id(world)).unwrap()["hot_storage"], json!("7d"));
        world.apply();
        assert_eq!(world.emulator().config(&id(world)).unwrap()["shards"], json!(3));

        world.config(&all(r#"jsonencode({ hot_storage = "5d" })"#));
        world.lose_private_state();
        let plan = world.plan_with(&["-refresh=false"]);
        let text = world.apply_planned_fails(&plan);
        assert!(text.starts_with("Error: Whether the service configuration was changed is not known\n"), "{text}");

        // The service may notice what the provider could not.
        let body = r#"{"status":"ValidationError","summary":"late","request_id":"prq_x","result":{"errors":[{"code":"BadState","detail":"late","source":"/updated_at"}]}}"#;
        world.emulator().inject(Fault::status(400).body(body).path("*/config/update"));
        let text = world.apply_fails();
        assert!(text.starts_with("Error: The service configuration was changed by somebody else\n"), "{text}");
        world.apply();
        world.destroy();
    });
}

#[test]
fn what_pangea_refuses_is_shown_at_the_settings() {
    every_cli().run(|world| {
        world.config(&all(r#"jsonencode({ hot_storage = "soon" })"#));
        let text = world.apply_fails();
        assert!(text.contains("at settings = jsonencode"), "{text}");
        assert!(text.contains("BadFormatPangeaDuration at /hot_storage"), "{text}");
        no_run_secret_is_left(world);
        for (settings, problem) in [
            ("\"[1]\"", "`settings` is not a JSON object"),
            ("jsonencode({ name = \"x\" })", "`settings` holds `name`, which is an attribute of its own"),
            (r#""{ \"a\": { \"b\": 1, \"b\": 2 } }""#, "`settings` holds `b` twice in one object"),
            ("jsonencode({ updated_at = \"x\" })", "`settings` holds `updated_at`, which Pangea sets"),
        ] {
            let text = world.config(&all(settings)).plan_fails();
            assert!(text.contains(problem), "{text}");
        }
    });
}

/// Makes everything, then another provider block, with these lines, stands before it.
fn then_with_provider(world: &mut World, config: &str, lines: &str) {
    world.config(config).apply();
    world.config(&format!("provider \"pangea\" {{\n  {lines}\n}}\n{config}"));
}

#[test]
fn the_providers_default_is_recorded_and_a_new_default_moves_nothing() {
    every_cli().run(|world| {
        // The default is a literal id, so its client stands elsewhere.
        let [one, other] = ["one", "other"].map(|name| {
            let project = world.emulator().create_project(name, "us").unwrap();
            world
                .emulator()
                .create_client(
                    name,
                    "pangea:service:audit:config:manage pangea:service:audit:config:read \
                     pangea:platform:account:manage pangea:platform:account:read",
                    &[("project", &project, "admin")],
                )
                .unwrap()
        });
        let objects = config("")
            + "resource \"pangea_service_client\" \"it\" {\n  name   = \"it\"\n  scopes = [\"pangea:service:ai-guard:read\"]\n}\n";
        let with =
            |client: &str| format!("provider \"pangea\" {{\n  impersonate_client_id = {client:?}\n}}\n{objects}");
        world.config(&with(&one)).apply();
        for address in [ADDRESS, "pangea_service_client.it"] {
            assert_eq!(world.text(address, "impersonate_client_id"), one);
        }
        // Read with the new default, they would look gone, and second ones would be made.
        world.config(&with(&other)).plan_is_empty();
        world.config(&objects).plan_is_empty();
        world.config(&with(&other)).destroy();
        let left = world.emulator().leftovers();
        assert_eq!((left.configs, left.clients), (0, 2), "one and other are left");
    });
}

#[test]
fn another_client_of_the_project_changes_nothing_but_who_calls() {
    every_cli().run(|world| {
        let both = |who: &str| {
            let more = format!(
                "{}{}",
                client("second", "it"),
                config(&format!("impersonate_client_id = pangea_management_client.{who}.client_id"))
            );
            with_project("it", &more)
        };
        world.config(&both("it")).apply();
        let before = id(world);
        let plan = world.config(&both("second")).plan();
        assert_eq!(plan.actions(), ["update pangea_service_config.it"]);
        world.apply_planned(&plan);
        assert_eq!(id(world), before);
        assert_eq!(world.text(ADDRESS, "impersonate_client_id"), world.text("pangea_management_client.second", "id"));
        world.plan_is_empty();
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn a_grant_counts_at_once_though_its_client_has_acted_before() {
    every_cli().run(|world| {
        let grant = r#"
resource "pangea_client_grant" "it" {
  client_id  = pangea_management_client.it.client_id
  scopes     = ["pangea:service:redact:config:manage", "pangea:service:redact:config:read"]
  depends_on = [pangea_service_config.it]
}

resource "pangea_service_config" "later" {
  service               = "redact"
  name                  = "later"
  impersonate_client_id = pangea_client_grant.it.client_id
}
"#;
        world.config(&format!("{}{grant}", all("null"))).apply();
        world.plan_is_empty();
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
        no_run_secret_is_left(world);
    });
}

#[test]
fn a_client_that_is_replaced_or_vanished_takes_its_configuration_along() {
    every_cli().run(|world| {
        let with = |lifetime: u32| {
            all("jsonencode({})").replace(
                "store_client_secret = false",
                &format!("store_client_secret = false\n  client_token_expires_in = {lifetime}"),
            )
        };
        world.config(&with(600)).apply();
        let (config, client) = (id(world), world.text(ADDRESS, "impersonate_client_id"));
        let plan = world.config(&with(900)).plan();
        assert_eq!(
            plan.actions(),
            ["replace pangea_management_client.it (client_token_expires_in)", "update pangea_service_config.it"]
        );
        world.apply_planned(&plan);
        assert_eq!(id(world), config, "the configuration stays");
        let second = world.text(ADDRESS, "impersonate_client_id");
        assert_ne!(second, client);
        no_run_secret_is_left(world);
        world.plan_is_empty();

        // One that vanished stops no apply: the provider names another that sees the configuration, for that apply alone.
        let scope = "pangea:service:audit:config:manage pangea:service:audit:config:read";
        let project = world.text("pangea_project.it", "id");
        let heir = world.emulator().create_client("heir", scope, &[("project", &project, "admin")]).unwrap();
        world.emulator().delete_client(&second);
        let helped = format!("provider \"pangea\" {{\n  impersonate_client_id = {heir:?}\n}}\n{}", with(900));
        let plan = world.config(&helped).plan();
        assert_eq!(plan.actions(), ["create pangea_management_client.it", "update pangea_service_config.it"]);
        world.apply_planned(&plan);
        assert_eq!(id(world), config);
        world.config(&with(900)).plan_is_empty();
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn a_client_of_another_project_is_an_error_that_says_how_to_move() {
    every_cli().run(|world| {
        let both = |who: &str| {
            let configured = config(&format!("impersonate_client_id = pangea_management_client.{who}.client_id"));
            with_project("it", &with_project("other", &configured))
        };
        world.config(&both("it")).apply();
        world.config(&both("other"));
        expect![[r#"
            Error: The service configuration is not in the project of the client that is to act
              at pangea_service_config.it
              at impersonate_client_id = pangea_management_client.other.client_id

            `impersonate_client_id` says who calls, and moves nothing: the service configuration pci_… stays in its project, and client psa_… does not find it there. Name a client of that project. To delete it there and make it anew in the other project, run `terraform apply -replace=ADDRESS`.
        "#]]
        .assert_eq(&world.apply_fails());
        assert_eq!(world.emulator().leftovers().configs, 1);
        let plan = world.plan_with(&["-replace=pangea_service_config.it"]);
        world.apply_planned(&plan);
        let stored = world.emulator().configs();
        assert_eq!((stored.len(), &stored[0]["project"]), (1, &json!(world.text("pangea_project.other", "id"))));
        world.plan_is_empty();
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn without_credentials_a_read_keeps_the_state_and_warns_once_and_a_change_is_an_error() {
    every_cli().run(|world| {
        let two = |settings: &str| {
            let second = config(AS_CLIENT).replace("\"it\" {", "\"second\" {").replace("name    = \"it\"", "name    = \"second\"");
            format!("{}{second}", all(settings))
        };
        let (old, new) = (two(r#"jsonencode({ hot_storage = "7d" })"#), two(r#"jsonencode({ hot_storage = "9d" })"#));
        then_with_provider(world, &old, "mint_run_secrets = false");
        let before = id(world);
        world.emulator().clear_requests();
        let run = world.plan_is_empty();
        assert_eq!(run.warnings().matches("were not read").count(), 1, "{}", run.warnings());
        assert_eq!(made_for_runs(world), 0);

        world.config(&format!("provider \"pangea\" {{\n  mint_run_secrets = false\n}}\n{new}"));
        expect![[r#"
            Error: No credentials to act as client psa_…
              at pangea_service_config.it
              at resource "pangea_service_config" "it" {

            acting as client psa_…: no secret of it is given, and none may be made for this run. Either put a secret of the client to act as into the provider's `client_credentials`, by its id; or let the provider make one for the run (`mint_run_secrets`, true by default), for which its login needs the scope `pangea:platform:account:manage` and a role that reaches the client.
        "#]]
        .assert_eq(&world.apply_fails());
        assert!(world.destroy_fails().contains("No credentials to act as client"));
        assert_eq!(id(world), before);

        // Nothing is known of an object right after its import, so there keeping the state would be storing nulls.
        world.forget(ADDRESS);
        let import = format!("{}/audit/{before}", world.text("pangea_management_client.it", "id"));
        let text = world.import_fails(ADDRESS, &import);
        assert!(text.contains("No credentials to act as client"), "{text}");
        world.config(&old);
        world.import(ADDRESS, &import);
        world.plan_is_empty();
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn a_read_only_login_plans_with_a_warning_and_changes_nothing() {
    every_cli().run(|world| {
        world.config(&all(r#"jsonencode({ hot_storage = "7d" })"#)).apply();
        let login = world.variable("PANGEA_CLIENT_ID").to_owned();
        let read = ["pangea:platform:account:read", "pangea:platform:project:read", "pangea:platform:org:read"];
        world.emulator().set_scope(&login, &read);
        let run = world.plan_is_empty();
        assert!(run.warnings().contains("no secret could be made for it"), "{}", run.warnings());
        no_run_secret_is_left(world);
    });
}

#[test]
fn a_given_secret_is_used_and_one_that_is_unknown_keeps_the_state() {
    every_cli().run(|world| {
        let given = |trigger: u8| {
            let block = "provider \"pangea\" {\n  alias = \"acting\"\n  mint_run_secrets = false\n  client_credentials = {\n    (pangea_management_client.it.client_id) = terraform_data.secret.output\n  }\n}\n";
            let secret = format!("resource \"terraform_data\" \"secret\" {{\n  input = pangea_management_client.it.client_secret\n  triggers_replace = {trigger}\n}}\n");
            let stored = all("jsonencode({})").replace("store_client_secret = false", "").replace(AS_CLIENT, &format!("provider = pangea.acting\n  {AS_CLIENT}"));
            format!("{block}{secret}{stored}")
        };
        world.config(&given(1)).apply();
        world.emulator().clear_requests();
        world.plan_is_empty();
        assert_eq!(made_for_runs(world), 0);

        // While the secret is on its way, the map is there and this value of it unknown.
        let plan = world.config(&given(2)).plan();
        assert!(plan.warnings().contains("depends on something that is known only after an apply"), "{}", plan.warnings());
        assert_eq!(plan.actions(), ["replace terraform_data.secret (triggers_replace)"]);
        world.apply_planned(&plan);
        world.plan_is_empty();

        // While the client itself is replaced, its id is on its way too, and with it the whole map.
        let before = id(world);
        let plan = world.plan_with(&["-replace=pangea_management_client.it"]);
        assert!(plan.warnings().contains("depends on something that is known only after an apply"), "{}", plan.warnings());
        assert!(plan.actions().contains(&format!("update {ADDRESS}")), "{:?}", plan.actions());
        world.apply_planned(&plan);
        assert_eq!((id(world), made_for_runs(world)), (before, 0));
        world.plan_is_empty();
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn a_wrong_secret_says_where_it_comes_from_and_never_what_it_is() {
    every_cli().run(|world| {
        world.config(&all("jsonencode({})")).apply();
        let client = world.text(ADDRESS, "impersonate_client_id");
        let wrong = "pck_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
        let block =
            format!("provider \"pangea\" {{\n  client_credentials = {{\n    {client:?} = {wrong:?}\n  }}\n}}\n");
        world.config(&format!("{block}{}", all("jsonencode({})")));
        let text = world.plan_fails();
        assert!(text.contains("whose secret comes from the provider's attribute `client_credentials`"), "{text}");
        assert!(!text.contains("aaaaaaaa"), "{text}");
    });
}

#[test]
fn where_the_client_is_gone_the_default_stands_in_and_else_three_ways_are_named() {
    every_cli().run(|world| {
        let project = world.emulator().create_project("it", "us").unwrap();
        let scope = "pangea:service:audit:config:manage pangea:service:audit:config:read";
        let [one, heir] = ["one", "heir"].map(|name| world.emulator().create_client(name, scope, &[("project", &project, "admin")]).unwrap());
        let configured = config(&format!("impersonate_client_id = {one:?}"));
        world.config(&configured).apply();
        world.emulator().delete_client(&one);
        expect![[r#"
            Error: The client of the service configuration no longer exists
              at pangea_service_config.it
              at resource "pangea_service_config" "it" {

            The service configuration pci_… is recorded with client psa_…, which was deleted, and the provider's default does not see it. Its project ppi_… still exists. Three ways lead on: set the provider's `impersonate_client_id` to a living client of the same project; let Terraform forget the object and leave it there, with a block `removed { lifecycle { destroy = false } }` and `-refresh=false`, since Terraform reads it first; or take it out of the state with `terraform state rm ADDRESS`, as is right where its project is gone too.
        "#]]
        .assert_eq(&world.plan_fails());
        // Forgetting it asks nothing at all.
        let (before, configs) = (world.state_file(), world.emulator().configs());
        world.config(&format!("removed {{\n  from = {ADDRESS}\n  lifecycle {{\n    destroy = false\n  }}\n}}\n"));
        world.requests();
        world.run(&["apply", "-refresh=false", "-auto-approve", "-input=false"]).success().unwrap();
        assert_eq!((world.values(ADDRESS), world.requests()), (Value::Null, vec![]));
        assert_eq!(world.emulator().configs(), configs);

        std::fs::write(world.path().join("terraform.tfstate"), before).unwrap();
        world.config(&format!("provider \"pangea\" {{\n  impersonate_client_id = {heir:?}\n}}\n{}", config("")));
        world.plan_is_empty();
        world.destroy();
        assert_eq!(world.emulator().leftovers().configs, 0);
    });
}

#[test]
fn what_went_with_its_project_is_dropped_once_that_is_confirmed_and_its_destroy_succeeds() {
    every_cli().run(|world| {
        let project = world.emulator().create_project("it", "us").unwrap();
        let scope = "pangea:service:audit:config:manage pangea:service:audit:config:read pangea:platform:account:manage pangea:platform:account:read";
        let actor = world.emulator().create_client("one", scope, &[("project", &project, "admin")]).unwrap();
        let actor = format!("impersonate_client_id = {actor:?}");
        let service_client = format!("resource \"pangea_service_client\" \"it\" {{\n  name = \"it\"\n  scopes = [\"pangea:service:ai-guard:read\"]\n  {actor}\n}}\n");
        world.config(&(config(&actor) + &service_client)).apply();
        let asked = world.requests().iter().filter(|request| request.ends_with("/roles")).count();
        assert_eq!(asked, 1, "the client is asked for its project once");
        world.plan_is_empty();
        assert!(!world.requests().iter().any(|request| request.ends_with("/roles")));
        world.emulator().delete_project(&project);

        // Whoever may not ask for projects can't tell.
        let login = world.variable("PANGEA_CLIENT_ID").to_owned();
        let before: Vec<_> = world.scopes(&login);
        let before: Vec<_> = before.iter().map(String::as_str).collect();
        let blind: Vec<_> = before.iter().copied().filter(|scope| !scope.contains(":project:")).collect();
        world.emulator().set_scope(&login, &blind);
        let text = world.plan_fails();
        assert!(text.contains("still exists can't be told. ") && text.contains("pangea:platform:project:read"), "{text}");
        world.emulator().set_scope(&login, &before);
        world.unset("PANGEA_ORGANIZATION_ID");
        world.emulator().clear_requests();

        let plan = world.plan();
        assert_eq!(plan.actions(), ["create pangea_service_client.it", "create pangea_service_config.it"]);
        for what in ["service client", "service configuration"] {
            assert!(plan.warnings().contains(&format!("The {what} no longer exists")), "{}", plan.warnings());
        }
        let plan = world.plan_with(&["-destroy", "-refresh=false"]);
        world.apply_planned(&plan);
        assert_eq!(world.values(ADDRESS), Value::Null);
    });
}

#[test]
fn a_client_that_leaves_the_project_of_its_objects_or_loses_its_role_takes_nothing_along() {
    every_cli().run(|world| {
        let all = |project: &str| {
            format!(
                r#"
resource "pangea_project" "all" {{
  for_each = toset(["one", "two"])
  name     = each.key
  geo      = "us"
}}

resource "pangea_management_client" "it" {{
  name = "it"
  scopes = [
    "pangea:platform:account:manage", "pangea:platform:account:read",
    "pangea:service:audit:config:manage", "pangea:service:audit:config:read",
  ]
  roles               = [{{ type = "project", id = pangea_project.all["{project}"].id, role = "admin" }}]
  store_client_secret = false
}}

resource "pangea_service_client" "it" {{
  name   = "it"
  scopes = ["pangea:service:ai-guard:read"]
  {AS_CLIENT}
}}
{}"#,
                config(AS_CLIENT)
            )
        };
        world.config(&all("one")).apply();
        let client = world.text("pangea_management_client.it", "id");
        let (config_id, service_client) = (id(world), world.text("pangea_service_client.it", "id"));

        world.config(&all("two")).apply();
        let text = world.plan_fails();
        for what in ["service configuration", "service client"] {
            assert!(text.contains(&format!("Error: The client of the {what} is no longer in its project\n")), "{text}");
        }
        assert!(text.contains("has its role in project ppi_… by now"), "{text}");
        let plan = world.plan_with(&["-destroy", "-refresh=false"]);
        let text = world.apply_planned_fails(&plan);
        assert_eq!(text.matches("is no longer in its project").count(), 2, "{text}");
        assert_eq!((id(world), world.text("pangea_service_client.it", "id")), (config_id.clone(), service_client));
        assert!(world.emulator().config(&config_id).is_some());
        world.config(&all("one"));
        let target = "-target=pangea_management_client.it";
        world.run(&["apply", "-auto-approve", "-input=false", target]).success().unwrap();
        world.plan_is_empty();

        // A role that was taken away comes back with the next apply.
        assert!(world.emulator().set_roles(&client, &[]));
        let plan = world.plan();
        assert_eq!(plan.actions(), ["update pangea_management_client.it"]);
        assert_eq!(plan.warnings().matches("were not read").count(), 1, "{}", plan.warnings());
        world.apply_planned(&plan);
        world.plan_is_empty();
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn a_configuration_of_the_login_is_not_forgotten_under_a_login_of_another_project() {
    every_cli().run(|world| {
        let login = |name: &str| {
            format!(
                r#"
resource "pangea_project" "{name}" {{
  name = "{name}"
  geo  = "us"
}}

resource "pangea_management_client" "{name}" {{
  name   = "{name}"
  scopes = [
    "pangea:platform:account:read", "pangea:platform:project:read", "pangea:platform:org:read",
    "pangea:service:audit:config:manage", "pangea:service:audit:config:read",
  ]
  roles  = [{{ type = "project", id = pangea_project.{name}.id, role = "admin" }}]
}}
"#
            )
        };
        world.config(&(login("one") + &login("two"))).apply();
        let credentials = ["one", "two"].map(|name| {
            let address = format!("pangea_management_client.{name}");
            (world.text(&address, "id"), world.text(&address, "client_secret"))
        });
        let log_in = |world: &mut World, number: usize| {
            let (client_id, secret) = &credentials[number];
            world.set("PANGEA_CLIENT_ID", client_id).set("PANGEA_CLIENT_SECRET", secret);
        };
        for address in ["pangea_management_client.one", "pangea_management_client.two"] {
            world.forget(address);
        }
        for address in ["pangea_project.one", "pangea_project.two"] {
            world.forget(address);
        }
        log_in(world, 0);
        world.config(&config("")).apply();
        log_in(world, 1);
        let text = world.plan_fails();
        assert!(text.contains("Error: The service configuration is not visible\n"), "{text}");
        let plan = world.plan_with(&["-destroy", "-refresh=false"]);
        assert!(world.apply_planned_fails(&plan).contains("Error: The service configuration is not visible\n"));
        world.lose_private_state();
        let text = world.plan_fails();
        assert!(text.contains("in which organization it was seen last is not recorded"), "{text}");
        log_in(world, 0);
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn a_plan_that_deletes_the_client_of_what_stays_warns() {
    every_cli().run(|world| {
        world.config(&all("jsonencode({})")).apply();
        let client = world.text(ADDRESS, "impersonate_client_id");
        let project =
            with_project("it", "").split("\nresource \"pangea_management_client\"").next().unwrap().to_owned();
        world.config(&format!(
            "{project}{}",
            config(&format!("impersonate_client_id = {client:?}\n  settings = jsonencode({{}})"))
        ));
        let plan = world.plan();
        assert_eq!(plan.actions(), ["delete pangea_management_client.it"]);
        assert!(plan.warnings().contains("Objects act as a client that is to be deleted"), "{}", plan.warnings());
        // Where both go, there is nothing to warn of.
        world.config(&project);
        let plan = world.plan();
        assert!(!plan.warnings().contains("Objects act as a client"), "{}", plan.warnings());
        world.config(&all("jsonencode({})")).destroy();
    });
}

#[test]
fn one_secret_serves_a_whole_run_and_one_that_could_not_be_revoked_dies_by_itself() {
    every_cli().run(|world| {
        let many = format!(
            "{}{}",
            with_project("it", ""),
            config(AS_CLIENT).replace("name    = \"it\"", "count = 10\n  name = \"it-${count.index}\"")
        );
        world.config(&many).apply();
        world.emulator().clear_requests();
        world.plan_is_empty();
        assert_eq!(made_for_runs(world), 1);
        // A program's patience of two seconds begins with the provider's last answer, so a slow service still gets to revoke it.
        let slow = Duration::from_millis(2_200);
        world.emulator().inject(Fault::latency(slow).method("DELETE").path("*/secrets/*"));
        world.plan_is_empty();
        no_run_secret_is_left(world);
        // As after a kill: nobody revokes what was made.
        world.emulator().inject(Fault::reset().method("DELETE").path("*/secrets/*").always());
        world.plan_is_empty();
        let left = world.emulator().run_secrets();
        assert_eq!(left.len(), 1);
        assert!(left[0]["client_secret_description"].as_str().unwrap().contains("for one run"));
        world.emulator().advance(Duration::from_secs(601));
        assert_eq!(world.emulator().run_secrets(), Vec::<Value>::new());
        world.emulator().clear_faults();
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn a_provider_that_is_killed_leaves_a_secret_that_is_dead_in_ten_minutes_and_the_next_apply_goes_on() {
    every_cli().run(|world| {
        world.config(&with_project("it", "")).apply();
        world.config(&all("null"));
        let never = Duration::from_secs(3600);
        world.emulator().inject(Fault::latency(never).path("/audit/v1beta/config/create").always());
        let has_begun = || !world.emulator().run_secrets().is_empty() && !world.emulator().tokens().is_empty();
        world.killed_when(&["apply", "-auto-approve", "-input=false"], has_begun);
        assert_eq!(world.emulator().run_secrets().len(), 1);
        world.emulator().clear_faults();
        world.apply();
        world.plan_is_empty();
        assert_eq!(world.emulator().run_secrets().len(), 1, "that of the killed run alone");
        world.emulator().advance(Duration::from_secs(600));
        assert_eq!(world.emulator().run_secrets(), Vec::<Value>::new());
        world.destroy();
        assert_eq!(world.emulator().leftovers().configs, 0);
    });
}

#[test]
fn the_login_acts_as_itself_without_another_secret() {
    every_cli().run(|world| {
        let project = world.emulator().create_project("it", "us").unwrap();
        let scope = "pangea:service:audit:config:manage pangea:service:audit:config:read";
        let member = world.emulator().create_client("member", scope, &[("project", &project, "admin")]).unwrap();
        let secret = world.emulator().create_secret(&member).unwrap();
        world.set("PANGEA_CLIENT_ID", &member).set("PANGEA_CLIENT_SECRET", &secret);
        for lines in ["", &format!("impersonate_client_id = {member:?}")] {
            world.config(&config(lines)).apply();
            world.plan_is_empty();
            assert_eq!(made_for_runs(world), 0);
        }
        world.destroy();
        assert_eq!(world.emulator().leftovers().configs, 0);
    });
}
