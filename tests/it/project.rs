//! `pangea_project` and its data source on real programs: the whole life, and what happens when the service and the state disagree.

use expect_test::expect;
use pangea_emulator::{Fault, Options, Switch};
use serde_json::{Value, json};
use xtask::acceptance::every_cli;

use crate::world::{InWorlds as _, World};

const ADDRESS: &str = "pangea_project.it";

/// An id that the emulator never gives out.
const NOWHERE: &str = "ppi_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// A project; `more` goes into the block.
fn project(name: &str, geo: &str, more: &str) -> String {
    format!("resource \"pangea_project\" \"it\" {{\n  name = \"{name}\"\n  geo  = \"{geo}\"\n  {more}\n}}\n")
}

fn id(world: &World) -> String {
    world.text(ADDRESS, "id")
}

/// What the service was asked since the last look, without the token calls.
fn calls(world: &World) -> Vec<String> {
    let calls = world.requests().into_iter();
    calls
        .filter(|call| !call.contains("/oauth/token"))
        .map(|call| call.replace("POST /api.console/v1beta/platform/", ""))
        .collect()
}

#[test]
fn a_project_is_created_and_the_second_plan_is_empty() {
    every_cli().run(|world| {
        let plan = world.config(&project("shop", "us", "")).plan();
        plan.shows(expect![[r#"
              # pangea_project.it will be created
              + resource "pangea_project" "it" {
                  + created_at          = (known after apply)
                  + deletion_protection = false
                  + fqdn                = (known after apply)
                  + geo                 = "us"
                  + id                  = (known after apply)
                  + name                = "shop"
                  + organization_id     = "poi_…"
                  + region              = (known after apply)
                }
            Plan: 1 to add, 0 to change, 0 to destroy.
        "#]]);
        assert_eq!(plan.change(ADDRESS)["after"]["organization_id"], json!(world.variable("PANGEA_ORGANIZATION_ID")));
        world.requests();
        world.apply_planned(&plan);
        assert_eq!(calls(world), ["project/create"]);
        world.plan_is_empty();
        assert_eq!(calls(world), ["project/get"]);

        let made = world.emulator().project_named("shop").unwrap();
        let state = world.values(ADDRESS);
        for (attribute, field) in
            [("id", "id"), ("name", "name"), ("geo", "geo"), ("region", "region"), ("fqdn", "fqdn")]
        {
            assert_eq!(state[attribute], made[field], "{attribute}");
        }
        assert_eq!((&state["organization_id"], &state["created_at"]), (&made["org"], &made["created_at"]));
        assert_eq!(state["deletion_protection"], json!(false));
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn a_new_name_is_given_in_place() {
    every_cli().run(|world| {
        world.config(&project("shop", "us", "")).apply();
        let before = world.values(ADDRESS);
        let plan = world.config(&project("store", "us", "")).plan();
        plan.shows(expect![[r#"
              # pangea_project.it will be updated in-place
              ~ resource "pangea_project" "it" {
                    id                  = "ppi_…"
                  ~ name                = "shop" -> "store"
                    # (6 unchanged attributes hidden)
                }
            Plan: 0 to add, 1 to change, 0 to destroy.
        "#]]);
        world.requests();
        world.apply_planned(&plan);
        assert_eq!(calls(world), ["project/update"]);
        let after = world.values(ADDRESS);
        assert_eq!(after["name"], json!("store"));
        for kept in ["id", "geo", "region", "organization_id", "fqdn", "created_at"] {
            assert_eq!(before[kept], after[kept], "{kept}");
        }
        assert!(world.emulator().project_named("store").is_some());
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn another_geo_replaces_the_project() {
    every_cli().run(|world| {
        world.config(&project("shop", "us", "")).apply();
        let before = id(world);
        let plan = world.config(&project("shop", "eu", "")).plan();
        assert_eq!(plan.actions(), ["replace pangea_project.it (geo)"]);
        // The old project's region says nothing of the new one's.
        assert_eq!(plan.change(ADDRESS)["after_unknown"]["region"], json!(true));
        world.apply_planned(&plan);
        assert_ne!(id(world), before);
        assert_eq!(world.text(ADDRESS, "region"), "eu-central-1");
        assert!(!world.emulator().projects().iter().any(|project| project["id"] == before.as_str()));
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn another_region_replaces_the_project_and_leaving_it_out_keeps_it() {
    every_cli().run(|world| {
        world.config(&project("shop", "us", r#"region = "us-west-2""#)).apply();
        world.plan_is_empty();
        assert_eq!(world.text(ADDRESS, "region"), "us-west-2");
        world.config(&project("shop", "us", ""));
        world.plan_is_empty();
        let plan = world.config(&project("shop", "us", r#"region = "us-east-1""#)).plan();
        assert_eq!(plan.actions(), ["replace pangea_project.it (region)"]);
        world.apply_planned(&plan);
        assert_eq!(world.text(ADDRESS, "region"), "us-east-1");
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn the_region_may_depend_on_what_the_same_apply_makes() {
    every_cli().run(|world| {
        let region = "resource \"terraform_data\" \"region\" {\n  input = \"us-west-2\"\n}\n".to_owned();
        world.config(&(region + &project("shop", "us", "region = terraform_data.region.output"))).apply();
        assert_eq!(world.text(ADDRESS, "region"), "us-west-2");
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn the_organization_is_the_resources_own_else_the_providers() {
    every_cli().run(|world| {
        let organization = world.variable("PANGEA_ORGANIZATION_ID").to_owned();
        world.unset("PANGEA_ORGANIZATION_ID");
        world.config(&project("shop", "us", &format!("organization_id = {organization:?}"))).apply();
        world.plan_is_empty();
        // Without any, an existing project stays where it is.
        world.config(&project("shop", "us", ""));
        world.plan_is_empty();
        // So it does under another default.
        let provider = "provider \"pangea\" {\n  organization_id = \"poi_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"\n}\n";
        world.config(&(provider.to_owned() + &project("shop", "us", "")));
        world.plan_is_empty();
        let moved = project("shop", "us", r#"organization_id = "poi_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa""#);
        assert_eq!(world.config(&moved).plan().actions(), ["replace pangea_project.it (organization_id)"]);
        world.destroy();
    });
}

#[test]
fn a_new_project_without_any_organization_is_refused_in_the_plan() {
    every_cli().run(|world| {
        world.unset("PANGEA_ORGANIZATION_ID").config(&project("shop", "us", ""));
        expect![[r#"
            Error: Missing organization
              at pangea_project.it
              at resource "pangea_project" "it" {

            Neither the resource nor the provider says which organization is meant. Set `organization_id` here or in the provider block, or the environment variable PANGEA_ORGANIZATION_ID. It is the id (`poi_…`) on the page Organization Settings of the Pangea User Console.
        "#]].assert_eq(&world.plan_fails());
        assert_eq!(world.requests(), Vec::<String>::new());
    });
}

#[test]
fn an_imported_project_plans_nothing() {
    every_cli().run(|world| {
        let made = world.emulator().create_project("shop", "eu").unwrap();
        world.config(&project("shop", "eu", ""));
        world.import(ADDRESS, &made);
        world.plan_is_empty();
        assert_eq!(world.values(ADDRESS)["deletion_protection"], json!(false));

        world.forget(ADDRESS);
        let import = format!("import {{\n  to = {ADDRESS}\n  id = {made:?}\n}}\n");
        let plan = world.config(&(project("shop", "eu", "") + &import)).plan();
        assert_eq!(plan.actions(), Vec::<String>::new());
        assert_eq!(plan.change(ADDRESS)["importing"]["id"], json!(made));
        world.apply_planned(&plan);
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn a_wrong_import_id_is_explained() {
    every_cli().run(|world| {
        world.config(&project("shop", "us", ""));
        let client = world.variable("PANGEA_CLIENT_ID").to_owned();
        expect![[r#"
            Error: Wrong import id

            The import id looks like the id of a client, and should begin with `ppi_`. A project is imported by its own id, `ppi_…`.
        "#]].assert_eq(&world.import_fails(ADDRESS, &client));
        assert_eq!(world.requests(), Vec::<String>::new());
        let text = world.import_fails(ADDRESS, NOWHERE);
        assert!(text.contains("Cannot import non-existent remote object"), "{text}");
        assert_eq!(world.values(ADDRESS), Value::Null);
    });
}

#[test]
fn a_project_renamed_by_somebody_else_is_shown_and_named_back() {
    every_cli().run(|world| {
        world.config(&project("shop", "us", "")).apply();
        assert!(world.emulator().rename_project(&id(world), "theirs"));
        let plan = world.plan();
        assert_eq!(
            (plan.drift(), plan.actions()),
            (vec!["update pangea_project.it".to_owned()], vec!["update pangea_project.it".to_owned()])
        );
        assert_eq!(plan.change(ADDRESS)["before"]["name"], json!("theirs"));
        world.apply_planned(&plan);
        assert!(world.emulator().project_named("shop").is_some());
        world.plan_is_empty();
        world.destroy();
    });
}

/// A project that somebody deletes is dropped with a warning, and made again.
fn vanishes_and_comes_back(world: &mut World) {
    world.config(&project("shop", "us", "")).apply();
    let before = id(world);
    assert!(world.emulator().delete_project(&before));
    world.requests();
    let plan = world.plan();
    assert_eq!(calls(world), ["project/get", "org/get"]);
    assert_eq!(
        (plan.drift(), plan.actions()),
        (vec!["delete pangea_project.it".to_owned()], vec!["create pangea_project.it".to_owned()])
    );
    expect![[r#"
        Warning: The project no longer exists
          at pangea_project.it
          at resource "pangea_project" "it" {

        The project ppi_… was deleted outside of Terraform. It is dropped from the state; where the configuration still has it, the next apply creates it again.
    "#]].assert_eq(&plan.warnings());
    world.apply_planned(&plan);
    assert_ne!(id(world), before);
    world.plan_is_empty();

    assert!(world.emulator().delete_project(&id(world)));
    world.destroy();
    assert_eq!(world.values(ADDRESS), Value::Null);
    assert!(world.emulator().leftovers().is_empty());
}

#[test]
fn a_project_that_vanished_is_made_again() {
    every_cli().run(vanishes_and_comes_back);
}

#[test]
fn a_project_that_vanished_is_made_again_where_the_service_answers_404() {
    every_cli().on_each(|cli| {
        let options = Options { switches: [Switch::NotFound404].into(), ..Options::default() };
        vanishes_and_comes_back(&mut World::with(cli, options));
    });
}

#[test]
fn deleting_what_vanished_after_the_plan_is_a_success() {
    every_cli().run(|world| {
        world.config(&project("shop", "us", "")).apply();
        let plan = world.plan_with(&["-destroy"]);
        assert!(world.emulator().delete_project(&id(world)));
        world.apply_planned(&plan);
        assert_eq!(world.values(ADDRESS), Value::Null);
    });
}

#[test]
fn a_project_of_an_organization_that_is_not_visible_stays_in_the_state() {
    every_cli().run(|world| {
        world.config(&project("shop", "us", "")).apply();
        let (before, state) = (id(world), world.state_file());
        // So answers the service to a login of another organization.
        let unseen = json!({"request_id": "prq_a", "status": "ValidationError", "summary": "There was 1 error(s)",
            "result": {"errors": [{"code": "DoesNotExist", "detail": "no such object", "source": "/id"}]}});
        world.emulator().inject(Fault::status(400).body(&unseen.to_string()).path("*/get").always());
        expect![[r#"
            Error: The project and its organization are not visible
              at pangea_project.it
              at resource "pangea_project" "it" {

            Pangea finds neither the project ppi_… nor the organization poi_…, as happens with credentials of another organization. The state stays as it is. Log in to the provider as a client of that organization, or, if the project is really gone, remove it with `terraform state rm`.
        "#]].assert_eq(&world.plan_fails());
        world.apply_fails();
        world.destroy_fails();
        assert_eq!(world.state_file(), state);

        world.emulator().clear_faults();
        world.plan_is_empty();
        assert_eq!(id(world), before);
        world.destroy();
    });
}

#[test]
fn a_login_that_may_not_read_does_not_forget_the_project() {
    every_cli().run(|world| {
        world.config(&project("shop", "us", "")).apply();
        let (before, login) = (id(world), world.variable("PANGEA_CLIENT_ID").to_owned());
        world.emulator().set_roles(&login, &[]);
        let text = world.plan_fails();
        assert!(text.starts_with("Error: Unable to read the project: not allowed\n"), "{text}");
        assert_eq!(id(world), before);
    });
}

#[test]
fn a_project_that_pangea_makes_elsewhere_is_an_error_and_is_replaced_by_the_next_apply() {
    every_cli().run(|world| {
        world.config(&project("shop", "us", "region = \"us-west-2\"\n  deletion_protection = true"));
        let elsewhere = Fault::rewrite("/result/region", json!("us-east-1")).path("*/project/create");
        world.emulator().inject(elsewhere);
        expect![[r#"
            Error: Pangea made the project elsewhere
              at pangea_project.it
              at region = "us-west-2"

            The project ppi_… was asked for with `region` "us-west-2", and was made with "us-east-1". It is in the state as tainted, and the next apply replaces it. Correct `region` before that, or leave it out where Pangea may choose.
        "#]].assert_eq(&world.apply_fails());
        // Tainted and protected, no apply could go on.
        assert_eq!(world.values(ADDRESS)["deletion_protection"], json!(false));
        let first = id(world);
        let plan = world.plan();
        assert!(plan.text().contains("is tainted, so must be replaced"), "{}", plan.text());
        world.apply_planned(&plan);
        assert_ne!(id(world), first);
        assert_eq!(world.values(ADDRESS)["deletion_protection"], json!(true));
        world.plan_is_empty();
    });
}

#[test]
fn invalid_values_are_shown_at_their_attributes_before_anything_is_asked() {
    every_cli().run(|world| {
        let client = world.variable("PANGEA_CLIENT_ID").to_owned();
        world.config(&project("", "mars", &format!("region = \"\"\n  organization_id = {client:?}")));
        expect![[r#"
            Error: Invalid value
              at pangea_project.it
              at name = ""

            `name` must have 1 to 255 characters. The value is "".

            Error: Invalid value
              at pangea_project.it
              at geo  = "mars"

            `geo` must be one of "us", "eu". The value is "mars".

            Error: Invalid value
              at pangea_project.it
              at region = ""

            `region` must have 1 to 255 characters. The value is "".

            Error: Id of another kind
              at pangea_project.it
              at organization_id = "psa_…"

            `organization_id` looks like the id of a client, and should begin with `poi_`.
        "#]]
        .assert_eq(&world.plan_fails());
        assert_eq!(world.requests(), Vec::<String>::new());
    });
}

#[test]
fn a_value_that_only_the_service_refuses_is_shown_at_its_attribute() {
    every_cli().run(|world| {
        world.config(&project("shop", "us", r#"region = "us-north-9""#));
        expect![[r#"
            Error: Unable to create the project: invalid value
              at pangea_project.it
              at region = "us-north-9"

            The provider tried to create the project "shop", and Pangea refused a value: The field region must be one of: us-west-1, us-west-2, us-east-1 (NotEnumMember at /region).

            Correct the value in the configuration.

            Pangea's request id: prq_…
        "#]].assert_eq(&world.apply_fails());
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn many_projects_are_made_at_once() {
    every_cli().run(|world| {
        let many = project("shop-${count.index}", "us", "count = 12");
        world.config(&many).apply();
        world.plan_is_empty();
        assert_eq!(world.emulator().leftovers().projects, 12);
        world.config(&many.replace("12", "3"));
        assert_eq!(world.plan().actions().len(), 9);
        world.apply();
        assert_eq!(world.emulator().leftovers().projects, 3);
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn a_region_that_the_service_does_not_tell_replaces_nothing() {
    every_cli().run(|world| {
        world.config(&project("shop", "us", "region = \"us-west-1\"")).apply();
        let before = id(world);
        world.emulator().inject(Fault::remove("/result/region").path("*/project/get").always());
        world.plan_is_empty();
        world.forget(ADDRESS);
        world.import(ADDRESS, &before);
        assert_eq!(world.values(ADDRESS)["region"], Value::Null);
        assert_eq!(world.plan().actions(), ["update pangea_project.it"]);
        world.apply();
        assert_eq!(id(world), before);
        world.plan_is_empty();
        world.destroy();
    });
}

const FOUND: &str = "data.pangea_project.it";

fn data(lines: &str) -> String {
    format!("data \"pangea_project\" \"it\" {{\n  {lines}\n}}\n")
}

#[test]
fn a_project_that_is_managed_elsewhere_is_found_by_id_and_by_name() {
    every_cli().run(|world| {
        let shop = world.emulator().create_project("shop", "eu").unwrap();
        // The service's search finds this one too; its name is another one.
        world.emulator().create_project("shop of shops", "us").unwrap();
        let organization = world.variable("PANGEA_ORGANIZATION_ID").to_owned();
        for key in [format!("id = {shop:?}"), r#"name = "shop""#.to_owned()] {
            world.config(&data(&key)).apply();
            let found = world.values(FOUND);
            assert_eq!(found["id"], json!(shop));
            assert_eq!((&found["name"], &found["geo"]), (&json!("shop"), &json!("eu")));
            assert_eq!(found["organization_id"], json!(organization));
            for told in ["region", "fqdn", "created_at", "updated_at"] {
                assert!(found[told].is_string(), "{told}");
            }
            world.plan_is_empty();
        }
        // An id says by itself where the project is.
        world.unset("PANGEA_ORGANIZATION_ID").config(&data(&format!("id = {shop:?}"))).apply();
    });
}

#[test]
fn a_search_of_the_service_that_finds_nothing_is_not_believed() {
    every_cli().run(|world| {
        let shop = world.emulator().create_project("shop", "us").unwrap();
        world.emulator().inject(Fault::rewrite("/result", json!({ "results": [], "count": 0 })).path("*/project/list"));
        world.config(&data(r#"name = "shop""#)).apply();
        assert_eq!(world.text(FOUND, "id"), shop);
    });
}

#[test]
fn a_name_of_none_or_of_several_projects_lists_what_there_is() {
    every_cli().run(|world| {
        for name in ["shop", "shop", "shoal"] {
            world.emulator().create_project(name, "us").unwrap();
        }
        expect![[r#"
            Error: Several projects have this name
              at data.pangea_project.it
              at name = "shop"

            2 projects are named "shop":
              - "shop" (ppi_…)
              - "shop" (ppi_…)
            Say by `id` in place of `name` which of them is meant.
        "#]]
        .assert_eq(&world.config(&data(r#"name = "shop""#)).plan_fails());
        expect![[r#"
            Error: No project has this name
              at data.pangea_project.it
              at name = "sho"

            The provider's login sees no project named "sho"; upper and lower case count. It sees:
              - "shoal" (ppi_…)
              - "shop" (ppi_…)
              - "shop" (ppi_…)
              - "AuthN of the emulator" (ppi_…)
            Correct `name`, or use `id`.
        "#]]
        .assert_eq(&world.config(&data(r#"name = "sho""#)).plan_fails());
        let text = world.config(&data(&format!("id = {NOWHERE:?}"))).plan_fails();
        assert!(text.starts_with("Error: No project has this id\n"), "{text}");
    });
}
