//! The checks of the example: silent while all is well, and a warning for a secret that expires soon and a guard that blocks no more.

use std::fs;

use expect_test::expect;
use pangea_emulator::Fault;
use serde_json::json;
use xtask::acceptance::every_cli;
use xtask::workspace;

use crate::world::InWorlds as _;

#[test]
fn a_secret_that_expires_soon_and_a_guard_that_blocks_no_more_are_warnings() {
    every_cli().run(|world| {
        let project = world.emulator().create_project("shop", "us").unwrap();
        let roles = [("project", project.as_str(), "admin")];
        let client = world.emulator().create_client("pipeline", "pangea:service:ai-guard:read", &roles).unwrap();
        let checks = fs::read_to_string(workspace().join("examples/checks/main.tf")).unwrap();
        world.set("TF_VAR_client_id", &client).config(&checks);
        assert_eq!(world.plan().warnings(), "");

        let secret = format!(
            "resource \"pangea_client_secret\" \"it\" {{\n  client_id  = {client:?}\n  expires_in = 86400\n}}\n"
        );
        fs::write(world.path().join("secret.tf"), secret).unwrap();
        world.apply();
        world.emulator().inject(Fault::rewrite("/result/blocked", json!(false)).path("*/text/guard").always());
        let warnings = world.plan().warnings();
        let mut failed: Vec<_> = warnings
            .split("\n\n")
            .map(str::trim)
            .filter(|part| part.contains("of client psa_… expires") || part.contains("lets a"))
            .collect();
        failed.sort_unstable();
        expect![[r#"
            A secret of client psa_… expires within 30 days.
            AI Guard lets a prompt injection pass."#]]
        .assert_eq(&failed.join("\n"));
        assert_eq!(warnings.matches("Warning: Check block assertion failed").count(), 2, "{warnings}");
    });
}
