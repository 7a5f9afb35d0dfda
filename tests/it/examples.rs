//! The examples: each validates with every way to import it, and each is applied on the emulator and taken down again.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use xtask::acceptance::every_cli;
use xtask::clis::{Cli, Product};
use xtask::workspace;

use crate::tidy::{files, has_ending};
use crate::world::{InWorlds as _, World};

#[test]
fn every_example_validates_with_every_way_to_import() {
    every_cli().run(|world| {
        for folder in examples(world.cli()) {
            for files in configurations(&folder, world.cli()) {
                put(world, &files);
                world.validate();
            }
        }
    });
}

#[test]
fn every_example_applies_plans_nothing_more_and_leaves_nothing() {
    every_cli().run(|world| {
        plant(world);
        let planted = world.emulator().leftovers();
        for folder in examples(world.cli()) {
            let example = folder.strip_prefix(workspace()).unwrap().display().to_string();
            put(world, &parts(&folder).1);
            world.apply();
            let changes = world.plan().actions();
            // A `check` with a data source of its own is read in every plan.
            assert!(changes.iter().all(|change| change.starts_with("read ")), "{example}: {changes:?}");
            if example.starts_with("examples/resources/") {
                nothing_is_written_without_a_change(world, &example);
            }
            unprotect(world);
            world.destroy();
            assert_eq!(world.emulator().leftovers(), planted, "{example}");
        }
    });
}

/// What a read leaves in private state, too, is the same each time: a new version of the state at every apply is one that nobody asked for.
#[track_caller]
fn nothing_is_written_without_a_change(world: &mut World, example: &str) {
    let before = world.state_file();
    world.apply();
    assert_eq!(world.state_file(), before, "{example}");
}

/// `terraform test` on the example of many projects: with the real provider, and with one whose answers are invented.
#[test]
fn the_tests_of_the_multi_project_example_pass() {
    every_cli().run(|world| {
        let output = world.example("multi-project").run(&["test"]);
        assert!(output.stdout.contains("4 passed, 0 failed"), "{}{}", output.stdout, output.stderr);
        assert!(world.emulator().leftovers().is_empty(), "{}", world.emulator().leftovers());
    });
}

/// What the examples of data sources look up, and variables for those that ask.
fn plant(world: &mut World) {
    let emulator = world.emulator();
    let shop = emulator.create_project("shop", "us").unwrap();
    let scope = "pangea:service:audit:config:read pangea:service:ai-guard:read";
    let client = emulator.create_client("shop-pipeline", scope, &[("project", &shop, "admin")]).unwrap();
    emulator.create_config("audit", &shop, "shop-audit");
    let secret = emulator.create_secret(&client).unwrap();
    let organization = world.variable("PANGEA_ORGANIZATION_ID").to_owned();
    for (name, value) in [("client_id", client), ("client_secret", secret), ("organization_id", organization)] {
        world.set(&format!("TF_VAR_{name}"), &value);
    }
}

/// Makes these files the configuration.
fn put(world: &mut World, files: &[PathBuf]) {
    let text: Vec<String> = files.iter().map(|file| fs::read_to_string(file).unwrap()).collect();
    let text = text.join("\n");
    let names_the_source = text.contains("required_providers");
    fs::write(world.path().join("versions.tf"), if names_the_source { "" } else { SOURCE }).unwrap();
    world.config(&text);
}

/// Protected projects can't be destroyed; to end that is an apply of its own.
fn unprotect(world: &mut World) {
    let text = fs::read_to_string(world.path().join("main.tf")).unwrap();
    if text.contains(PROTECTED) {
        world.config(&text.replace(PROTECTED, "deletion_protection = false")).apply();
    }
}

/// The folders of `examples/` that stand alone and that this program knows the language of. Modules, and what calls them, have tests of
/// their own.
fn examples(cli: &Cli) -> BTreeSet<PathBuf> {
    let tf = files("examples").into_iter().filter(|file| has_ending(file, "tf"));
    let folders: BTreeSet<PathBuf> = tf.filter_map(|file| file.parent().map(Path::to_path_buf)).collect();
    let known = |folder: &PathBuf| {
        let below = folder.strip_prefix(workspace().join("examples")).unwrap();
        let is = |name: &str| below.starts_with(name);
        let has_actions = cli.product == Product::Terraform && cli.minor() >= (1, 14);
        !is("modules") && !is("multi-project") && (has_actions || !is("actions"))
    };
    folders.into_iter().filter(known).collect()
}

/// What stands together in one configuration: the files of a folder, with one import block at a time, since a type has several ways.
fn configurations(folder: &Path, cli: &Cli) -> Vec<Vec<PathBuf>> {
    let (imports, plain) = parts(folder);
    let known = imports.into_iter().filter(|file| !is_named(file, "import-by-identity") || cli.minor() >= (1, 12));
    let with_import: Vec<_> = known.map(|import| plain.iter().cloned().chain([import]).collect()).collect();
    if with_import.is_empty() { vec![plain] } else { with_import }
}

/// The import blocks of an example, a file each, and the rest.
fn parts(folder: &Path) -> (Vec<PathBuf>, Vec<PathBuf>) {
    let all = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|file| has_ending(file, "tf"));
    all.partition(|file| is_named(file, "import-"))
}

fn is_named(file: &Path, start: &str) -> bool {
    file.file_name().unwrap().to_string_lossy().starts_with(start)
}

const PROTECTED: &str = "deletion_protection = true";

const SOURCE: &str =
    "terraform {\n  required_providers {\n    pangea = {\n      source = \"pangea/pangea\"\n    }\n  }\n}\n";
