//! `data.pangea_service_configs` on real programs: the list, its filters, and in whose project.

use serde_json::{Value, json};
use xtask::acceptance::every_cli;

use crate::{
    service_config_data::{Member, member},
    world::InWorlds as _,
};

const ADDRESS: &str = "data.pangea_service_configs.it";

fn listed(values: &Value) -> Vec<&str> {
    values["configs"].as_array().unwrap().iter().map(|config| config["name"].as_str().unwrap()).collect()
}

#[test]
fn the_configurations_of_the_project_are_listed_oldest_first_and_filtered() {
    every_cli().run(|world| {
        let Member { client_id, ids } = member(world, &["one", "two", "three"]);
        member(world, &["elsewhere"]);
        let with = |lines: &str| {
            format!("data \"pangea_service_configs\" \"it\" {{\n  service = \"audit\"\n  impersonate_client_id = {client_id:?}\n  {lines}\n}}\n")
        };
        world.config(&with("")).apply();
        let values = world.values(ADDRESS);
        assert_eq!(listed(&values), ["one", "two", "three"]);
        assert_eq!(values["configs"][0]["id"], json!(ids[0]));
        let settings: Value = serde_json::from_str(values["configs"][0]["settings"].as_str().unwrap()).unwrap();
        assert_eq!(settings["hot_storage"], json!("14d"));
        world.config(&with(&format!("id_in = [{:?}, {:?}]", ids[0], ids[2]))).apply();
        assert_eq!(listed(&world.values(ADDRESS)), ["one", "three"]);
        world.config(&with("id_in = []")).apply();
        assert_eq!(listed(&world.values(ADDRESS)), Vec::<&str>::new());
        world.config(&with("created_after = \"2999-01-01T00:00:00Z\"")).apply();
        assert_eq!(listed(&world.values(ADDRESS)), Vec::<&str>::new());
        assert!(world.config(&with("created_after = \"soon\"")).plan_fails().contains("must be a time such as"));
        assert_eq!(world.emulator().run_secrets(), Vec::<Value>::new());
    });
}
