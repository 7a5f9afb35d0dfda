//! The nightly drift job's script: what it says of a plan without drift, of one with drift, and of one that did not see everything.

use std::path::Path;

use expect_test::expect;
use xtask::acceptance::every_cli;
use xtask::folder::mask;
use xtask::process::{Output, on_path};
use xtask::workspace;

use crate::world::{InWorlds as _, World};

/// A project, a configuration in it, and a check that every plan reads.
const WATCHED: &str = r#"
resource "pangea_project" "shop" {
  name = "shop"
  geo  = "us"
}

resource "pangea_management_client" "pipeline" {
  name   = "shop-pipeline"
  scopes = ["pangea:service:audit:config:read", "pangea:service:audit:config:manage"]
  roles  = [{ type = "project", id = pangea_project.shop.id, role = "admin" }]
}

resource "pangea_service_config" "audit" {
  service               = "audit"
  name                  = "shop"
  impersonate_client_id = pangea_management_client.pipeline.id
}

check "server_answers" {
  data "pangea_oauth_server" "it" {}
  assert {
    condition     = data.pangea_oauth_server.it.issuer != ""
    error_message = "No issuer."
  }
}
"#;

#[test]
fn the_drift_job_tells_drift_from_a_check_and_from_objects_that_it_could_not_see() {
    if on_path(&["jq"]).is_none() {
        eprintln!("skipped: jq is not on PATH");
        return;
    }
    every_cli().run(|world| {
        world.config(WATCHED).apply();
        assert_eq!(told(&drift(world)), "0\n");

        let project = world.text("pangea_project.shop", "id");
        let client = world.text("pangea_management_client.pipeline", "id");
        world.emulator().rename_project(&project, "theirs");
        world.emulator().set_scope(&client, &["pangea:service:audit:config:read"]);
        expect![[r#"
            2
            changed elsewhere: pangea_management_client.pipeline: update
            changed elsewhere: pangea_project.shop: update
            planned: pangea_management_client.pipeline: update
            planned: pangea_project.shop: update
        "#]].assert_eq(&told(&drift(world)));
        assert!(world.emulator().rename_project(&project, "shop"));
        world.apply();

        // Nobody can act as the client: its configuration is kept as it stands.
        world.config(&format!("provider \"pangea\" {{\n  mint_run_secrets = false\n}}\n{WATCHED}"));
        expect![[r#"
            1
            Objects of client psa_… were not read: A service configuration, and whatever else acts as that client, stays in the state as it is: Terraform does not notice what has changed on Pangea meanwhile. The reason: acting as client psa_…: no secret of it is given, and none may be made for this run. Either put a secret of the client to act as into the provider's `client_credentials`, by its id; or let the provider make one for the run (`mint_run_secrets`, true by default), for which its login needs the scope `pangea:platform:account:manage` and a role that reaches the client.
        "#]].assert_eq(&told(&drift(world)));

        let secret = world.variable("PANGEA_CLIENT_SECRET").to_owned();
        world.unset("PANGEA_CLIENT_SECRET");
        let output = drift(world);
        assert!(
            output.code == Some(1) && output.stderr.starts_with("Missing Pangea credentials: "),
            "{}",
            output.stderr
        );
        world.set("PANGEA_CLIENT_SECRET", &secret).config(WATCHED).destroy();
    });
}

fn drift(world: &World) -> Output {
    world.script(&workspace().join("examples/drift/drift.sh"))
}

/// The exit code, what is on the standard output, and what on the standard error.
fn told(output: &Output) -> String {
    let code = output.code.map_or("none".to_owned(), |code| code.to_string());
    mask(&format!("{code}\n{}{}", output.stdout, output.stderr))
}

#[test]
fn the_pages_show_the_files_that_are_tested() {
    for (page, file) in [("drift", "drift/drift.sh"), ("checks", "checks/main.tf")] {
        let read = |path: &Path| std::fs::read_to_string(workspace().join(path)).unwrap();
        let page = read(Path::new(&format!("docs/guides/{page}.md")));
        assert!(page.contains(&read(Path::new(&format!("examples/{file}")))), "the page does not show examples/{file}");
    }
}
