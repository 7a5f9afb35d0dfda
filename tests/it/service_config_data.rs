//! `data.pangea_service_config` on real programs: by id and by name, and what is said where that is not one.

use expect_test::expect;
use serde_json::{Value, json};
use xtask::acceptance::every_cli;

use crate::world::{InWorlds as _, World};

const ADDRESS: &str = "data.pangea_service_config.it";

/// A client of a project of its own, and the configurations of that project.
pub struct Member {
    pub client_id: String,
    pub ids: Vec<String>,
}

/// Makes a project, a client of it, and audit configurations of these names.
pub fn member(world: &World, names: &[&str]) -> Member {
    let emulator = world.emulator();
    let project = emulator.create_project("it", "us").unwrap();
    let scope = "pangea:service:audit:config:read pangea:service:ai-guard:read";
    let client_id = emulator.create_client("it", scope, &[("project", &project, "admin")]).unwrap();
    let ids = names.iter().map(|name| emulator.create_config("audit", &project, name)).collect();
    Member { client_id, ids }
}

fn data(client_id: &str, key: &str) -> String {
    format!(
        "data \"pangea_service_config\" \"it\" {{\n  service = \"audit\"\n  impersonate_client_id = {client_id:?}\n  {key}\n}}\n"
    )
}

#[test]
fn a_configuration_is_found_by_its_id_and_by_its_name() {
    every_cli().run(|world| {
        let Member { client_id, ids } = member(world, &["one", "two"]);
        for key in [format!("id = {:?}", ids[1]), "name = \"two\"".to_owned()] {
            world.config(&data(&client_id, &key)).apply();
            world.plan_is_empty();
            let values = world.values(ADDRESS);
            assert_eq!((&values["id"], &values["name"]), (&json!(ids[1]), &json!("two")));
            assert!(values["updated_at"].is_string());
            let settings: Value = serde_json::from_str(values["settings"].as_str().unwrap()).unwrap();
            assert_eq!((&settings["version"], settings.get("name")), (&json!(1), None));
        }
        assert_eq!(world.emulator().run_secrets(), Vec::<Value>::new());
    });
}

#[test]
fn what_is_not_found_or_found_twice_is_said_with_what_there_is() {
    every_cli().run(|world| {
        let Member { client_id, .. } = member(world, &["one", "one"]);
        expect![[r#"
            Error: No service configuration has this name
              at data.pangea_service_config.it
              at name = "on"

            The project's audit has no configuration "on". It has:
              - "one" (pci_…)
              - "one" (pci_…)
        "#]]
        .assert_eq(&world.config(&data(&client_id, "name = \"on\"")).plan_fails());
        let text = world.config(&data(&client_id, "name = \"one\"")).plan_fails();
        assert!(text.starts_with("Error: Several service configurations have this name\n"), "{text}");
        let stranger = member(world, &["mine"]);
        let text = world.config(&data(&client_id, &format!("id = {:?}", stranger.ids[0]))).plan_fails();
        assert!(text.starts_with("Error: No service configuration has this id\n"), "{text}");
        let text = world.config(&data(&client_id, "")).plan_fails();
        assert!(text.starts_with("Error: Which service configuration is meant?\n"), "{text}");
    });
}

#[test]
fn without_credentials_a_data_source_is_an_error_that_says_what_to_supply() {
    every_cli().run(|world| {
        let Member { client_id, .. } = member(world, &["one"]);
        let block = "provider \"pangea\" {\n  mint_run_secrets = false\n}\n";
        let text = world.config(&format!("{block}{}", data(&client_id, "name = \"one\""))).plan_fails();
        assert!(text.starts_with("Error: No credentials to act as client psa_…\n"), "{text}");
        world.emulator().delete_client(&client_id);
        let text = world.config(&data(&client_id, "name = \"one\"")).plan_fails();
        assert!(text.starts_with("Error: The client to act as does not exist\n"), "{text}");
    });
}
