//! `terraform query` on real programs: what is found, and that what it generates plans nothing but imports.

use std::fs;

use serde_json::{Value, json};
use xtask::acceptance::{Wanted, terraform_since};
use xtask::process::Output;

use crate::client_secrets::make_secret;
use crate::world::{InWorlds as _, World};

/// OpenTofu has nothing like it.
fn with_query() -> Wanted {
    terraform_since(1, 14)
}

/// Two projects, a client that has a further secret, and one that is for a service.
const OBJECTS: &str = r#"
resource "pangea_project" "shop" {
  name = "shop"
  geo  = "us"
}

resource "pangea_project" "eu" {
  name       = "shop of europe"
  geo        = "eu"
  depends_on = [pangea_project.shop]
}

resource "pangea_management_client" "it" {
  name                       = "it"
  scopes                     = ["pangea:platform:project:read", "pangea:platform:account:read"]
  token_endpoint_auth_method = "client_secret_post"
  client_token_expires_in    = 600
  roles                      = [{ type = "project", id = pangea_project.shop.id, role = "admin" }]
}

resource "pangea_client_secret" "second" {
  client_id   = pangea_management_client.it.id
  name        = "second"
  description = "for the pipeline"
}
"#;

/// Queries one type; `body` goes into the `list` block.
fn query(world: &World, kind: &str, body: &str, options: &[&str]) -> Output {
    let list = format!("list \"{kind}\" \"it\" {{\n  provider = pangea\n{body}\n}}\n");
    fs::write(world.path().join("it.tfquery.hcl"), list).unwrap();
    world.run(&[&["query", "-json"], options].concat())
}

/// What the query told of each object that it found; it must have succeeded.
#[track_caller]
fn found(output: &Output) -> Vec<Value> {
    assert_eq!(output.code, Some(0), "{}{}", output.stdout, output.stderr);
    let told = |key: &'static str| {
        let lines = output.stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter_map(|line| line.get(key).cloned()).collect::<Vec<_>>()
    };
    let results = told("list_resource_found");
    assert_eq!(told("list_complete")[0]["total"], results.len());
    results
}

/// The names under which objects were found.
#[track_caller]
fn names(output: &Output) -> Vec<String> {
    found(output).iter().map(|one| one["display_name"].as_str().unwrap().to_owned()).collect()
}

fn config(lines: &str) -> String {
    format!("  config {{\n    {lines}\n  }}")
}

#[test]
fn a_query_finds_what_the_apis_filters_let_through_oldest_first() {
    with_query().run(|world| {
        world.config(OBJECTS).apply();
        let project = world.text("pangea_project.eu", "id");
        let client = world.text("pangea_management_client.it", "id");
        let second = world.text("pangea_client_secret.second", "id");
        make_secret(world, &client, "terraform-run-of-somebody");
        let all = query(world, "pangea_project", "", &[]);
        let all_names = names(&all);
        assert_eq!(all_names[1..], ["shop", "shop of europe"], "the seed's comes first");
        assert_eq!(found(&all)[2]["identity"], json!({ "id": project }));
        assert!(found(&all)[2].get("resource_object").is_none_or(Value::is_null));
        let cases = [
            ("pangea_project", config("search = \"shop\"\n    geo = \"eu\""), vec!["shop of europe"]),
            ("pangea_project", "  limit = 1".to_owned(), vec![all_names[0].as_str()]),
            ("pangea_management_client", String::new(), vec!["org-admin", "it"]),
            ("pangea_management_client", config("name_contains = [\"t\"]"), vec!["it"]),
            ("pangea_management_client", config("scopes = [\"pangea:platform:org:manage\"]"), vec!["org-admin"]),
            ("pangea_management_client", config("name_in = []"), vec![]),
            // Each client has a first one.
            ("pangea_client_secret", config(&format!("client_id = {client:?}")), vec!["it Secret", "second"]),
            // That of a run is nobody's to import.
            (
                "pangea_client_secret",
                config("name_contains = [\"e\"]"),
                vec!["org-admin Secret", "it Secret", "second"],
            ),
        ];
        for (kind, body, expected) in cases {
            assert_eq!(names(&query(world, kind, &body, &[])), expected, "{kind} {body}");
        }
        let secrets = found(&query(world, "pangea_client_secret", &config("name = \"second\""), &[]));
        assert_eq!(secrets[0]["identity"], json!({ "client_id": client, "client_secret_id": second }));

        let wrong = query(world, "pangea_management_client", &config("client_id = \"ppi_a\""), &[]);
        assert!(wrong.code == Some(1) && wrong.stdout.contains("Id of another kind"), "{}", wrong.stdout);
        world.destroy();
    });
}

#[test]
fn a_query_that_includes_the_resource_tells_what_an_import_comes_to_and_no_secret() {
    with_query().run(|world| {
        world.config(OBJECTS).apply();
        let whole = |kind: &str| {
            let output = query(world, kind, "  include_resource = true", &[]);
            assert!(!output.stdout.contains("pck_"), "a value is told");
            found(&output).pop().unwrap()["resource_object"].clone()
        };
        let project = whole("pangea_project");
        assert_eq!((&project["name"], &project["deletion_protection"]), (&json!("shop of europe"), &json!(false)));
        let client = whole("pangea_management_client");
        assert_eq!(client["scopes"], world.values("pangea_management_client.it")["scopes"]);
        assert_eq!(client["roles"][0]["role"], "admin");
        let secret = whole("pangea_client_secret");
        assert_eq!((&secret["description"], &secret["client_secret"]), (&json!("for the pipeline"), &Value::Null));
        world.destroy();
    });
}

#[test]
fn what_a_query_generates_plans_imports_alone_and_the_plan_after_them_is_empty() {
    with_query().run(|world| {
        world.config(OBJECTS).apply();
        let client = world.text("pangea_management_client.it", "id");
        let addresses =
            ["pangea_project.shop", "pangea_project.eu", "pangea_management_client.it", "pangea_client_secret.second"];
        addresses.iter().for_each(|address| world.forget(address));
        world.config("");
        let lists = format!(
            r#"
list "pangea_project" "found" {{
  provider = pangea
  config {{
    search = "shop"
  }}
}}

list "pangea_management_client" "found" {{
  provider = pangea
  config {{
    client_id = {client:?}
  }}
}}

list "pangea_client_secret" "found" {{
  provider = pangea
  config {{
    client_id = {client:?}
    name      = "second"
  }}
}}
"#
        );
        fs::write(world.path().join("it.tfquery.hcl"), lists).unwrap();
        let output = world.run(&["query", "-json", "-generate-config-out=found.tf"]);
        assert_eq!(output.code, Some(0), "{}{}", output.stdout, output.stderr);
        let generated = fs::read_to_string(world.path().join("found.tf")).unwrap();
        assert!(!generated.contains("pck_") && !generated.contains("created_at"), "{generated}");

        let plan = world.plan();
        assert_eq!((plan.actions(), plan.drift()), (vec![], vec![]), "{generated}{}", plan.text());
        let changes = plan.json["resource_changes"].as_array().unwrap();
        let imported = changes.iter().filter(|change| change["change"]["importing"].is_object());
        assert_eq!((changes.len(), imported.count()), (4, 4));
        world.apply_planned(&plan);
        world.plan_is_empty();
        world.destroy();
        assert!(world.emulator().leftovers().is_empty(), "{}", world.emulator().leftovers());
    });
}

#[test]
fn a_service_client_is_listed_apart_and_imported_as_the_client_that_it_is_read_as() {
    with_query().run(|world| {
        let objects = OBJECTS.replace("platform:project:read", "platform:account:manage");
        let service = "resource \"pangea_service_client\" \"app\" {\n  name = \"app\"\n  scopes = [\"pangea:service:ai-guard:read\"]\n  \
                       impersonate_client_id = pangea_management_client.it.client_id\n}\n";
        world.config(&format!("{objects}{service}")).apply();
        assert_eq!(names(&query(world, "pangea_management_client", "", &[])), ["org-admin", "it"]);
        world.forget("pangea_service_client.app");
        let actor = world.text("pangea_management_client.it", "id");
        let body = config(&format!("impersonate_client_id = {actor:?}"));
        world.config(&objects);
        let output = query(world, "pangea_service_client", &body, &["-generate-config-out=found.tf"]);
        assert_eq!(names(&output), ["app"]);
        let plan = world.plan();
        let changes = plan.json["resource_changes"].as_array().unwrap();
        let imported = changes.iter().filter(|change| change["change"]["importing"].is_object());
        assert_eq!((plan.actions(), imported.count()), (Vec::<String>::new(), 1), "{}", plan.text());
        fs::remove_file(world.path().join("found.tf")).unwrap();
        // It goes with its project.
        world.destroy();
    });
}

#[test]
fn every_example_of_a_list_is_found_good_by_a_query() {
    with_query().run(|world| {
        world.config(OBJECTS).apply();
        for folder in fs::read_dir(xtask::workspace().join("examples/list-resources")).unwrap() {
            let file = folder.unwrap().path().join("list-resource.tfquery.hcl");
            fs::copy(&file, world.path().join("it.tfquery.hcl")).unwrap();
            let output = world.run(&["query", "-json"]);
            assert_eq!(output.code, Some(0), "{}: {}{}", file.display(), output.stdout, output.stderr);
        }
        world.destroy();
    });
}
