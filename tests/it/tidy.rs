//! The rules of this house that no compiler checks.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use terraform_provider_pangea::PangeaProvider;
use tf_framework::Provider as _;
use xtask::acceptance::{every_cli, terraform_since};
use xtask::{docs, process, workspace};

/// `cargo tree` answers in a second.
const TREE_LIMIT: Duration = Duration::from_secs(120);
/// What one command of a CLI may take.
const COMMAND_LIMIT: Duration = Duration::from_secs(120);

#[test]
fn every_resource_has_its_file_example_import_page_and_acceptance_test() {
    let types = PangeaProvider::resources().into_iter().map(|resource| short(resource.name()));
    let missing = missing(types, |name| {
        vec![
            format!("src/resources/{name}.rs"),
            format!("examples/resources/pangea_{name}/resource.tf"),
            format!("examples/resources/pangea_{name}/import.sh"),
            format!("docs/resources/{name}.md"),
            format!("tests/it/{name}.rs"),
        ]
    });
    assert!(missing.is_empty(), "missing: {missing:#?}");
}

#[test]
fn every_data_source_has_its_file_example_page_and_acceptance_test() {
    let types = PangeaProvider::data_sources().into_iter().map(|source| short(source.name()));
    let missing = missing(types, |name| {
        vec![
            format!("src/data_sources/{name}.rs"),
            format!("examples/data-sources/pangea_{name}/data-source.tf"),
            format!("docs/data-sources/{name}.md"),
            format!("tests/it/{name}.rs"),
        ]
    });
    assert!(missing.is_empty(), "missing: {missing:#?}");
}

#[test]
fn every_ephemeral_resource_has_its_file_example_and_page() {
    let types = PangeaProvider::ephemeral_resources().into_iter().map(|ephemeral| short(ephemeral.name()));
    let missing = missing(types, |name| {
        vec![
            format!("src/ephemerals/{name}.rs"),
            format!("examples/ephemeral-resources/pangea_{name}/ephemeral-resource.tf"),
            format!("docs/ephemeral-resources/{name}.md"),
        ]
    });
    assert!(missing.is_empty(), "missing: {missing:#?}");
}

#[test]
fn every_list_resource_has_its_file_example_and_page() {
    let missing = missing(PangeaProvider::list_resources().into_iter().map(|list| short(list.name())), |name| {
        vec![
            format!("src/list_resources/{name}.rs"),
            format!("examples/list-resources/pangea_{name}/list-resource.tfquery.hcl"),
            format!("docs/list-resources/{name}.md"),
        ]
    });
    assert!(missing.is_empty(), "missing: {missing:#?}");
}

#[test]
fn every_action_has_its_file_example_and_page() {
    let missing = missing(PangeaProvider::actions().into_iter().map(|action| short(action.name())), |name| {
        vec![
            format!("src/actions/{name}.rs"),
            format!("examples/actions/pangea_{name}/action.tf"),
            format!("docs/actions/{name}.md"),
        ]
    });
    assert!(missing.is_empty(), "missing: {missing:#?}");
}

#[test]
fn every_function_has_its_file_example_and_page() {
    let missing = missing(PangeaProvider::functions().into_iter().map(|function| short(function.name())), |name| {
        vec![
            format!("src/functions/{name}.rs"),
            format!("examples/functions/{name}/function.tf"),
            format!("docs/functions/{name}.md"),
        ]
    });
    assert!(missing.is_empty(), "missing: {missing:#?}");
}

#[test]
fn the_pages_are_those_that_the_schema_and_the_examples_make() {
    // Older programs, and OpenTofu, don't tell every kind.
    terraform_since(1, 14).on_each(|cli| {
        let provider = Path::new(env!("CARGO_BIN_EXE_terraform-provider-pangea"));
        let schemas = docs::schemas(&cli.path, provider).unwrap();
        let root = workspace();
        let mut wrong = docs::problems(&root, &schemas);
        for (file, page) in docs::pages(&root, &schemas).unwrap() {
            if fs::read_to_string(root.join(&file)).ok() != Some(page) {
                wrong.push(format!("{} is stale: run `cargo xtask docs`", file.display()));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    });
}

#[test]
fn every_program_reads_the_schema_and_names_every_type() {
    every_cli().on_each(|cli| {
        let provider = Path::new(env!("CARGO_BIN_EXE_terraform-provider-pangea"));
        let schemas = docs::schemas(&cli.path, provider).unwrap();
        let told = |key: &str| schemas[key].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
        let resources: BTreeSet<String> = told("resource_schemas");
        let data_sources: BTreeSet<String> = told("data_source_schemas");
        assert!(resources.iter().eq(sorted(PangeaProvider::resources().iter().map(|one| one.name())).iter()));
        assert!(data_sources.iter().eq(sorted(PangeaProvider::data_sources().iter().map(|one| one.name())).iter()));
    });
}

fn sorted<'a>(names: impl Iterator<Item = &'a str>) -> BTreeSet<String> {
    names.map(str::to_owned).collect()
}

#[test]
fn every_terraform_file_is_formatted() {
    every_cli().on_each(|cli| {
        let mut command = process::isolated(&cli.path);
        let output = process::output(
            command.args(["fmt", "-check", "-recursive", "-diff"]).arg(workspace().join("examples")),
            COMMAND_LIMIT,
        );
        let output = output.unwrap();
        assert_eq!(output.code, Some(0), "{}{}", output.stdout, output.stderr);
    });
}

#[test]
fn every_example_replaces_what_is_in_a_project_together_with_it() {
    let mut left = Vec::new();
    for file in files("examples").into_iter().filter(|file| has_ending(file, "tf")) {
        let text = fs::read_to_string(&file).unwrap();
        if !text.contains("resource \"pangea_project\"") {
            continue;
        }
        for block in text.split("\nresource \"").skip(1).map(|block| block.split("\n}").next().unwrap()) {
            let has_its_role = block.starts_with("pangea_management_client") && block.contains("\"project\"");
            let is_in_it = has_its_role || block.starts_with("pangea_service_c");
            if is_in_it && !block.contains("replace_triggered_by") {
                left.push(format!("{}: {}", file.display(), block.lines().next().unwrap()));
            }
        }
    }
    assert!(left.is_empty(), "{left:#?}");
}

#[test]
fn the_hcl_of_the_readme_and_the_pages_is_formatted() {
    every_cli().on_each(|cli| {
        let folder = tempfile::tempdir().unwrap();
        for (number, (page, hcl)) in hcl_blocks().into_iter().enumerate() {
            let name = page.to_string_lossy().replace(['/', '.'], "_");
            fs::write(folder.path().join(format!("{name}_{number}.tf")), hcl).unwrap();
        }
        let mut command = process::isolated(&cli.path);
        let output =
            process::output(command.args(["fmt", "-check", "-diff"]).current_dir(folder.path()), COMMAND_LIMIT)
                .unwrap();
        assert_eq!(output.code, Some(0), "{}{}", output.stdout, output.stderr);
    });
}

#[test]
fn the_framework_knows_no_web_and_the_client_no_plugin_protocol() {
    for (package, strangers) in [
        ("tf-framework", ["reqwest", "pangea-client", "pangea-emulator"].as_slice()),
        ("pangea-client", &["tonic", "prost", "tf-framework", "pangea-emulator"]),
        ("pangea-emulator", &["pangea-client", "reqwest", "tf-framework", "tonic"]),
        ("terraform-provider-pangea", &["pangea-emulator", "aws-lc-rs", "openssl-sys", "native-tls"]),
    ] {
        let tree = dependencies(package);
        assert!(tree.contains(package), "{tree:?}");
        let found: Vec<_> = strangers.iter().filter(|stranger| tree.contains(**stranger)).collect();
        assert!(found.is_empty(), "{package} must not depend on {found:?}");
    }
}

#[test]
fn every_package_inherits_the_workspaces_lints() {
    let root = workspace();
    let members = fs::read_dir(root.join("crates")).unwrap().map(|entry| entry.unwrap().path().join("Cargo.toml"));
    for manifest in members.chain([root.join("Cargo.toml")]) {
        let text = fs::read_to_string(&manifest).unwrap();
        assert!(text.contains("[lints]\nworkspace = true"), "{} does not inherit the lints", manifest.display());
    }
}

#[test]
fn every_rust_file_says_first_what_it_is() {
    for file in rust_files() {
        let text = fs::read_to_string(&file).unwrap();
        // Generated code says so in its own way.
        if !text.starts_with("// @generated") && !text.starts_with("// This file is @generated") {
            assert!(text.starts_with("//! "), "{} does not begin with a `//!` line", file.display());
        }
    }
}

#[test]
fn nothing_prints_into_the_plugin_handshake() {
    let shipped = ["src", "crates/tf-framework/src", "crates/pangea-client/src"];
    for file in shipped.iter().flat_map(|folder| files(folder)).filter(|file| has_ending(file, "rs")) {
        let text = fs::read_to_string(&file).unwrap();
        for print in ["println!(", "print!(", "eprintln!(", "eprint!(", "dbg!("] {
            let stray = code(&text).any(|line| line.trim_start().starts_with(print));
            assert!(!stray, "{} has a stray {print}", file.display());
        }
    }
}

#[test]
fn no_file_names_a_path_of_somebodys_machine() {
    // In two parts each, so that this file does not name them itself.
    let homes = [("/wo", "rk/"), ("/ro", "ot/"), ("/Use", "rs/"), ("C:\\Use", "rs\\")].map(|(a, b)| format!("{a}{b}"));
    for file in files("").into_iter().filter(|file| !file.ends_with("Cargo.lock")) {
        let Ok(text) = fs::read_to_string(&file) else { continue };
        for home in &homes {
            let line = text.lines().find(|line| line.contains(home.as_str()));
            assert!(line.is_none(), "{} names a machine's path: {}", file.display(), line.unwrap_or_default());
        }
    }
}

#[test]
fn no_test_is_switched_off() {
    let mark = format!("#[{}", "ignore");
    for file in rust_files() {
        let text = fs::read_to_string(&file).unwrap();
        assert!(!text.contains(&mark), "{} has an ignored test", file.display());
    }
}

/// The blocks marked as HCL or Terraform in the README and the pages.
fn hcl_blocks() -> Vec<(PathBuf, String)> {
    let mut blocks = Vec::new();
    for page in files("docs").into_iter().chain([workspace().join("README.md")]).filter(|file| has_ending(file, "md")) {
        let text = fs::read_to_string(&page).unwrap();
        let mut rest = text.as_str();
        while let Some((_, after)) = rest.split_once("```terraform\n").or_else(|| rest.split_once("```hcl\n")) {
            let (block, after) =
                after.split_once("```").unwrap_or_else(|| panic!("{}: a block without an end", page.display()));
            let name = page.strip_prefix(workspace()).unwrap_or(&page).to_path_buf();
            blocks.push((name, block.to_owned()));
            rest = after;
        }
    }
    blocks
}

/// The packages that end up in a build of `package`, by name, itself included.
fn dependencies(package: &str) -> BTreeSet<String> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _lock = ONE_AT_A_TIME.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(workspace()).args([
        "tree",
        "--locked",
        "--offline",
        "--edges",
        "normal",
        "--prefix",
        "none",
        "--format",
        "{p}",
        "--package",
        package,
    ]);
    let tree = process::output(&mut command, TREE_LIMIT).unwrap().success().unwrap().stdout;
    tree.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

/// The code of a file above its tests, without its comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    let above = text.split("#[cfg(test)]").next().unwrap_or_default();
    above.lines().filter(|line| !line.trim_start().starts_with("//"))
}

/// The files that these types should have and have not. A provider without types has not been looked at.
fn missing(types: impl Iterator<Item = String>, wanted: impl Fn(&str) -> Vec<String>) -> Vec<String> {
    let types: Vec<_> = types.collect();
    assert!(!types.is_empty(), "the provider has no such types");
    types.iter().flat_map(|name| wanted(name)).filter(|path| !workspace().join(path).is_file()).collect()
}

/// A type's name without the provider's.
fn short(name: &str) -> String {
    name.trim_start_matches("pangea_").to_owned()
}

pub fn has_ending(file: &Path, ending: &str) -> bool {
    file.extension().is_some_and(|found| found == ending)
}

fn rust_files() -> Vec<PathBuf> {
    files("").into_iter().filter(|file| has_ending(file, "rs")).collect()
}

/// All files of the repository under a folder, less what is built and what git keeps.
pub fn files(folder: &str) -> Vec<PathBuf> {
    let (mut open, mut found) = (vec![workspace().join(folder)], Vec::new());
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().map(|entry| entry.unwrap().path()) {
            let name = entry.file_name().unwrap_or_default();
            if name == ".git" || name == "target" || name == ".terraform" {
                continue;
            }
            if entry.is_dir() { open.push(entry) } else { found.push(entry) }
        }
    }
    found
}
