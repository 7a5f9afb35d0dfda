//! Deletion protection on real programs: each way in which Terraform comes to delete an object, refused by the prior state alone.

use expect_test::expect;
use pangea_emulator::Fault;
use serde_json::json;
use xtask::acceptance::{every_cli, terraform_since};

use crate::world::{InWorlds as _, World};

const ADDRESS: &str = "pangea_project.it";

/// A project; `more` goes into the block.
fn project(geo: &str, more: &str) -> String {
    format!("resource \"pangea_project\" \"it\" {{\n  name = \"shop\"\n  geo  = \"{geo}\"\n  {more}\n}}\n")
}

const PROTECTED: &str = "deletion_protection = true";

const CREATE_FIRST: &str = "lifecycle {\n    create_before_destroy = true\n  }";

fn id(world: &World) -> String {
    world.text(ADDRESS, "id")
}

/// Applies a protected project, and gives its id.
fn protected(world: &mut World) -> String {
    world.config(&project("us", PROTECTED)).apply();
    world.plan_is_empty();
    world.requests();
    id(world)
}

/// The project is in the service, and nobody asked for its end.
#[track_caller]
fn untouched(world: &World, project: &str) {
    assert!(world.emulator().projects().iter().any(|found| found["id"] == project));
    let calls = world.requests();
    assert!(!calls.iter().any(|call| call.ends_with("/project/delete")), "{calls:?}");
}

#[test]
fn a_protected_project_is_not_destroyed() {
    every_cli().run(|world| {
        let it = protected(world);
        expect![[r#"
            Error: Project is protected from deletion
              at pangea_project.it
              at resource "pangea_project" "it" {

            The project "shop" (ppi_…) has `deletion_protection = true` in the state, and would be deleted with everything in it. If that is meant, set `deletion_protection = false`, apply that by itself, and then delete or replace the project.

            A left-over (deposed) object of an earlier replacement is reached by no configuration: allow its deletion with the environment variable PANGEA_ALLOW_DELETE=ppi_….
        "#]].assert_eq(&world.destroy_fails());
        untouched(world, &it);
        world.plan_is_empty();
    });
}

#[test]
fn a_protected_project_that_left_the_configuration_is_not_deleted() {
    every_cli().run(|world| {
        let it = protected(world);
        let text = world.config("").plan_fails();
        assert!(text.starts_with("Error: Project is protected from deletion\n"), "{text}");
        world.config(&project("us", "deletion_protection = true\n  count = 0"));
        world.apply_fails();
        untouched(world, &it);
        assert_eq!(id(world), it);
    });
}

#[test]
fn an_attribute_that_replaces_is_refused_and_so_is_turning_protection_off_in_the_same_apply() {
    every_cli().run(|world| {
        let it = protected(world);
        for changed in [project("eu", PROTECTED), project("eu", ""), project("us", "region = \"us-east-1\"")] {
            let text = world.config(&changed).plan_fails();
            assert!(text.starts_with("Error: Project is protected from deletion\n"), "{text}");
            world.apply_fails();
        }
        untouched(world, &it);

        // An apply of its own, which asks nothing of the service.
        let plan = world.config(&project("us", "")).plan();
        assert_eq!(plan.actions(), ["update pangea_project.it"]);
        world.apply_planned(&plan);
        assert_eq!(id(world), it);
        world.config(&project("eu", "")).apply();
        assert_ne!(id(world), it);
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn replacing_a_protected_project_by_hand_is_refused() {
    every_cli().run(|world| {
        let it = protected(world);
        let run = world.run(&["plan", "-input=false", "-replace=pangea_project.it"]);
        assert_eq!(run.code, Some(1), "{}", run.stdout);
        assert!(run.stderr.contains("Project is protected from deletion"), "{}", run.stderr);
        let run = world.run(&["apply", "-auto-approve", "-input=false", "-replace=pangea_project.it"]);
        assert_eq!(run.code, Some(1), "{}", run.stdout);
        untouched(world, &it);

        world.config(&project("us", "")).apply();
        let plan = world.plan_with(&["-replace=pangea_project.it"]);
        assert_eq!(plan.actions(), ["replace pangea_project.it"]);
        world.apply_planned(&plan);
        assert_ne!(id(world), it);
        world.destroy();
    });
}

#[test]
fn a_trigger_does_not_replace_a_protected_project() {
    every_cli().run(|world| {
        let with = |trigger: &str, protection: &str| {
            let lifecycle = "lifecycle {\n    replace_triggered_by = [terraform_data.trigger]\n  }";
            let trigger = format!("resource \"terraform_data\" \"trigger\" {{\n  input = \"{trigger}\"\n}}\n");
            trigger + &project("us", &format!("{protection}\n  {lifecycle}"))
        };
        world.config(&with("one", PROTECTED)).apply();
        let it = id(world);
        world.requests();
        let text = world.config(&with("two", PROTECTED)).plan_fails();
        assert!(text.starts_with("Error: Project is protected from deletion\n"), "{text}");
        untouched(world, &it);
        world.config(&with("one", "")).apply();
        world.config(&with("two", "")).apply();
        assert_ne!(id(world), it);
        world.destroy();
    });
}

#[test]
fn a_tainted_project_is_refused_in_the_delete_itself_and_the_way_out_is_told() {
    every_cli().run(|world| {
        let it = protected(world);
        world.taint(ADDRESS);
        expect![[r#"
            Error: Project is protected from deletion

            Terraform marked this project as tainted after a failure. If it is sound, take the mark away with `terraform untaint ADDRESS`.

            The project "shop" (ppi_…) has `deletion_protection = true` in the state, and would be deleted with everything in it. If that is meant, set `deletion_protection = false`, apply that by itself, and then delete or replace the project.

            A left-over (deposed) object of an earlier replacement is reached by no configuration: allow its deletion with the environment variable PANGEA_ALLOW_DELETE=ppi_….
        "#]].assert_eq(&world.apply_fails());
        untouched(world, &it);
        world.untaint(ADDRESS);
        world.plan_is_empty();
        assert_eq!(id(world), it);
    });
}

#[test]
fn a_variable_allows_one_run_to_delete_the_project_that_it_names() {
    every_cli().run(|world| {
        let it = protected(world);
        world.set("PANGEA_ALLOW_DELETE", "ppi_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
        world.destroy_fails();
        untouched(world, &it);

        world.set("PANGEA_ALLOW_DELETE", &format!("ppi_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa, {it}"));
        let plan = world.plan_with(&["-replace=pangea_project.it"]);
        assert_eq!(plan.actions(), ["replace pangea_project.it"]);
        world.apply_planned(&plan);
        assert_ne!(id(world), it);
        // The new one is protected, and not named.
        world.destroy_fails();
        let new = id(world);
        world.set("PANGEA_ALLOW_DELETE", &new).destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn a_left_over_of_a_replacement_that_no_configuration_reaches_goes_with_the_variable() {
    every_cli().run(|world| {
        world.config(&project("us", &format!("{PROTECTED}\n  {CREATE_FIRST}"))).apply();
        let old = id(world);
        world.taint(ADDRESS);
        world.requests();
        world.apply_fails();
        untouched(world, &old);
        // The new project stands beside the old one, which only the state still knows.
        let new = id(world);
        assert_ne!(new, old);
        let text = world.plan_fails();
        assert!(text.contains("PANGEA_ALLOW_DELETE=ppi_…"), "{text}");

        world.set("PANGEA_ALLOW_DELETE", &old).apply();
        assert_eq!(world.emulator().leftovers().projects, 1);
        assert_eq!(id(world), new);
        world.unset("PANGEA_ALLOW_DELETE").plan_is_empty();
    });
}

#[test]
fn a_create_that_fails_halfway_leaves_no_protection_behind() {
    every_cli().run(|world| {
        world.config(&project("us", &format!("region = \"us-west-2\"\n  {PROTECTED}")));
        world.emulator().inject(Fault::rewrite("/result/region", json!("us-east-1")).path("*/project/create"));
        world.apply_fails();
        assert_eq!(world.values(ADDRESS)["deletion_protection"], json!(false));
        world.apply();
        assert_eq!(world.values(ADDRESS)["deletion_protection"], json!(true));
        assert_eq!(world.emulator().leftovers().projects, 1);
        world.plan_is_empty();
    });
}

#[test]
fn a_rename_before_does_not_change_what_is_refused_after() {
    every_cli().run(|world| {
        let it = protected(world);
        // The plan of a rename leaves its mark in private state, too.
        world.config(&project("us", PROTECTED).replace("shop", "store")).apply();
        world.config(&project("us", "").replace("shop", "store")).apply();
        world.config(&project("us", "")).apply();
        assert_eq!(id(world), it);
        let plan = world.plan_with(&["-replace=pangea_project.it"]);
        world.apply_planned(&plan);
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn an_imported_project_is_not_protected_until_an_apply_says_so() {
    every_cli().run(|world| {
        let it = world.emulator().create_project("shop", "us").unwrap();
        world.config(&project("us", PROTECTED));
        world.import(ADDRESS, &it);
        let plan = world.plan();
        assert_eq!(plan.actions(), ["update pangea_project.it"]);
        world.requests();
        world.apply_planned(&plan);
        assert!(!world.requests().iter().any(|call| call.ends_with("/project/update")));
        world.destroy_fails();
    });
}

#[test]
fn a_project_that_is_only_forgotten_is_not_asked_about() {
    terraform_since(1, 7).or_tofu(1, 10).run(|world| {
        let it = protected(world);
        let forget = format!("removed {{\n  from = {ADDRESS}\n  lifecycle {{\n    destroy = false\n  }}\n}}\n");
        world.config(&forget).apply();
        assert!(world.values(ADDRESS).is_null());
        untouched(world, &it);
    });
}
