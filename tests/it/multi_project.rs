//! `examples/multi-project`: many projects from one map and one provider block, through all that happens to them.

use serde_json::{Value, json};
use xtask::acceptance::every_cli;

use crate::world::{InWorlds as _, World};

const PROJECTS: usize = 25;
/// A project, three clients, a grant, a configuration, three secrets, and what remembers the rotation.
const IN_A_PROJECT: usize = 10;

#[test]
fn twenty_five_projects_from_one_map_live_through_every_change_and_leave_nothing() {
    every_cli().run(|world| {
        world.example("multi-project").apply();
        let left = world.emulator().leftovers();
        assert_eq!((left.projects, left.clients, left.configs), (PROJECTS, 3 * PROJECTS, PROJECTS));
        assert_eq!(left.secrets, 3 * PROJECTS, "each client has the one secret that is declared");
        assert_eq!(counted(&world.state()["values"]["root_module"]), PROJECTS * IN_A_PROJECT);
        nothing_secret_is_left(world);
        world.plan_is_empty();

        rename(world, "ads       = {}", "ads       = { name = \"adverts\" }");
        let plan = world.plan();
        assert!(
            plan.actions().iter().all(|action| action.starts_with("update module.project[\"ads\"].")),
            "{:?}",
            plan.actions()
        );
        world.apply_planned(&plan);
        assert!(world.emulator().project_named("adverts").is_some());

        rename(world, "  support   = {}\n", "");
        let plan = world.plan();
        assert_eq!(plan.actions().len(), IN_A_PROJECT);
        assert!(
            plan.actions().iter().all(|action| action.starts_with("delete module.project[\"support\"].")),
            "{:?}",
            plan.actions()
        );
        world.apply_planned(&plan);
        assert_eq!(world.emulator().project_named("support"), None);

        a_client_is_replaced(world);
        every_secret_is_rotated(world);
        who_may_only_read_changes_nothing(world);

        world.destroy();
        assert!(world.emulator().leftovers().is_empty(), "{}", world.emulator().leftovers());
        nothing_secret_is_left(world);
    });
}

fn a_client_is_replaced(world: &mut World) {
    let operator = "module.project[\"billing\"].pangea_management_client.operator";
    let plan = world.plan_with(&[&format!("-replace={operator}")]);
    let replaced =
        |address: &str| plan.actions().iter().any(|action| action.starts_with("replace") && action.contains(address));
    assert!(replaced(operator) && replaced("pangea_client_grant.operator"), "{:?}", plan.actions());
    assert!(
        plan.actions()
            .iter()
            .any(|action| action.starts_with("update") && action.contains("pangea_service_config.audit"))
    );
    world.apply_planned(&plan);
    nothing_secret_is_left(world);
    world.plan_is_empty();
}

fn every_secret_is_rotated(world: &mut World) {
    let before = secret_ids(world);
    world.set("TF_VAR_rotation", "2026-12");
    let plan = world.plan();
    let replaced = plan.actions().into_iter().filter(|action| action.starts_with("replace (create first)"));
    assert_eq!(replaced.count(), 3 * (PROJECTS - 1));
    world.apply_planned(&plan);
    let after = secret_ids(world);
    assert_eq!(after.len(), before.len());
    assert!(after.iter().all(|id| !before.contains(id)), "every secret is another one");
    nothing_secret_is_left(world);
    world.plan_is_empty();
}

/// A login that may only read can't act as the projects' clients: it warns, and takes nothing for gone.
fn who_may_only_read_changes_nothing(world: &mut World) {
    let organization = world.variable("PANGEA_ORGANIZATION_ID").to_owned();
    let scope = "pangea:platform:account:read pangea:platform:org:read pangea:platform:project:read";
    let reader = world.emulator().create_client("reader", scope, &[("organization", &organization, "admin")]).unwrap();
    let secret = world.emulator().create_secret(&reader).unwrap();
    let login = ["PANGEA_CLIENT_ID", "PANGEA_CLIENT_SECRET"].map(|name| (name, world.variable(name).to_owned()));
    world.set("PANGEA_CLIENT_ID", &reader).set("PANGEA_CLIENT_SECRET", &secret);
    let before = world.state_file();
    let plan = world.plan();
    assert_eq!((plan.actions(), plan.drift()), (vec![], vec![]));
    assert!(plan.warnings().contains("were not read"), "{}", plan.warnings());
    assert_eq!(world.state_file(), before);
    login.iter().for_each(|(name, value)| {
        world.set(name, value);
    });
    world.emulator().delete_client(&reader);
}

/// No secret of a run lives, and no secret at all stands in the state.
#[track_caller]
fn nothing_secret_is_left(world: &World) {
    assert_eq!(world.emulator().run_secrets(), Vec::<Value>::new());
    assert_eq!(world.emulator().tokens(), Vec::<Value>::new());
    let state = world.state_file();
    let shown = world.emulator().secret_values().into_iter().filter(|secret| state.contains(secret.as_str()));
    assert_eq!(shown.count(), 0, "secrets in the state");
}

fn rename(world: &World, from: &str, to: &str) {
    let file = world.path().join("projects.auto.tfvars");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains(from), "{text}");
    std::fs::write(file, text.replace(from, to)).unwrap();
}

fn secret_ids(world: &World) -> Vec<Value> {
    let clients = world.emulator().clients().into_iter().filter(|client| client["seeded"] != json!(true));
    let secrets = clients.flat_map(|client| world.emulator().secrets(client["client_id"].as_str().unwrap_or_default()));
    secrets.map(|secret| secret["client_secret_id"].clone()).collect()
}

/// The managed resources of a module and of those below it.
fn counted(module: &Value) -> usize {
    let below = module["child_modules"].as_array().into_iter().flatten();
    module["resources"].as_array().map_or(0, Vec::len) + below.map(counted).sum::<usize>()
}
