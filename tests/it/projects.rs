//! `data.pangea_projects` on real programs: all pages, the API's filters, and an order that stays.

use pangea_emulator::Fault;
use serde_json::{Value, json};
use xtask::acceptance::every_cli;

use crate::world::{InWorlds as _, World};

const ALL: &str = "data \"pangea_projects\" \"it\" {}\n";

fn with(filter: &str) -> String {
    format!("data \"pangea_projects\" \"it\" {{\n  {filter}\n}}\n")
}

/// Names of the projects that were found, in their order.
fn names(world: &World) -> Vec<String> {
    let projects = world.values("data.pangea_projects.it")["projects"].clone();
    projects.as_array().unwrap().iter().map(|project| project["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_project_is_listed_oldest_first_whatever_order_and_pages_they_come_in() {
    every_cli().run(|world| {
        let ids = ["c", "a", "b"].map(|name| world.emulator().create_project(name, "us").unwrap());
        world.config(ALL).apply();
        world.plan_is_empty();
        assert_eq!(names(world), ["AuthN of the emulator", "c", "a", "b"]);
        let found = world.values("data.pangea_projects.it");
        assert_eq!(found["organization_id"], json!(world.variable("PANGEA_ORGANIZATION_ID")));
        let first = &found["projects"][1];
        assert_eq!((&first["id"], &first["geo"]), (&json!(ids[0]), &json!("us")));
        for told in ["region", "fqdn", "created_at", "updated_at"] {
            assert!(first[told].is_string(), "{told}");
        }

        // The service gives them in another order, and in two pages.
        let mut shuffled: Vec<Value> = world.emulator().projects();
        shuffled.reverse();
        let page = |part: &[Value]| json!(part);
        world.emulator().inject(Fault::rewrite("/result/results", page(&shuffled[..3])).path("*/project/list"));
        world.emulator().inject(Fault::rewrite("/result/results", page(&shuffled[3..])).path("*/project/list"));
        world.requests();
        world.plan_is_empty();
        assert_eq!(world.requests().iter().filter(|call| call.ends_with("/project/list")).count(), 2);
    });
}

#[test]
fn the_filters_are_the_apis_own() {
    every_cli().run(|world| {
        for (name, geo) in [("shop", "us"), ("shop in europe", "eu"), ("store", "eu")] {
            world.emulator().create_project(name, geo).unwrap();
        }
        for (filter, expected) in [
            (r#"search = "shop""#, vec!["shop", "shop in europe"]),
            (r#"geo = "eu""#, vec!["shop in europe", "store"]),
            ("search = \"shop\"\n  geo = \"eu\"", vec!["shop in europe"]),
            (r#"region = "eu-central-1""#, vec!["shop in europe", "store"]),
            (r#"search = "nothing of the kind""#, vec![]),
        ] {
            world.config(&with(filter)).apply();
            assert_eq!(names(world), expected, "{filter}");
            world.plan_is_empty();
        }
        let text = world.config(&with(r#"geo = "mars""#)).plan_fails();
        assert!(text.contains("geo"), "{text}");
        let text = world.config(&with(r#"organization_id = "ppi_a""#)).plan_fails();
        assert!(text.contains("looks like the id of a project, and should begin with `poi_`"), "{text}");
    });
}

#[test]
fn without_an_organization_the_error_says_where_to_set_one() {
    every_cli().run(|world| {
        world.unset("PANGEA_ORGANIZATION_ID");
        let text = world.config(ALL).plan_fails();
        assert!(text.starts_with("Error: Missing organization\n  at data.pangea_projects.it\n"), "{text}");
    });
}
