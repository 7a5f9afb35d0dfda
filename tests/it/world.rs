//! A world for one acceptance test: an emulator, and a folder in which a real CLI runs the built provider against it.

use std::ops::{Deref, DerefMut};
use std::path::Path;

use serde_json::{Value, json};
use xtask::acceptance::{self, Wanted, every_cli};
use xtask::clis::Cli;
use xtask::folder::{Folder, mask};

/// Everything that one test works with. It ends with the value: the emulator stops, the folder goes.
///
/// It is the [`Folder`] for whatever a CLI does.
pub struct World {
    emulator: pangea_emulator::Server,
    folder: Folder,
}

/// Runs a scenario in a world of each program that a test is about.
pub trait InWorlds {
    /// In a world of its own on each of them; fails in the end if it failed on one.
    #[track_caller]
    fn run(self, scenario: impl Fn(&mut World));

    /// In a world of each of them, with each newer one of the same product: the two products write providers' addresses otherwise.
    #[track_caller]
    fn run_in_pairs(self, scenario: impl Fn(&mut World, &Cli));
}

impl InWorlds for Wanted {
    fn run(self, scenario: impl Fn(&mut World)) {
        self.on_each(|cli| scenario(&mut World::start(cli)));
    }

    fn run_in_pairs(self, scenario: impl Fn(&mut World, &Cli)) {
        self.on_each(|cli| {
            let is_newer = |other: &&Cli| other.product == cli.product && other.minor() > cli.minor();
            acceptance::all().iter().filter(is_newer).for_each(|other| scenario(&mut World::start(cli), other));
        });
    }
}

impl World {
    /// An emulator with its seed, and an empty folder. The provider's environment points at that emulator.
    pub fn start(cli: &Cli) -> World {
        World::with(cli, pangea_emulator::Options::default())
    }

    /// Like [`World::start`], with an emulator that behaves otherwise.
    pub fn with(cli: &Cli, options: pangea_emulator::Options) -> World {
        let emulator = pangea_emulator::Server::start(options).unwrap();
        let provider = Path::new(env!("CARGO_BIN_EXE_terraform-provider-pangea"));
        let mut folder = Folder::new(cli, xtask::terraform::SOURCE, provider);
        emulator.environment().into_iter().for_each(|(name, value)| {
            folder.set(&name, &value);
        });
        World { emulator, folder }
    }

    /// The running emulator: what it holds, how others change it behind Terraform's back, and the faults it can be told to make.
    pub fn emulator(&self) -> &pangea_emulator::Server {
        &self.emulator
    }

    /// The scopes of a client as the service holds them, sorted; none where there is no such client.
    pub fn scopes(&self, client_id: &str) -> Vec<String> {
        let client = self.emulator.client(client_id).unwrap_or_default();
        let words = client["scope"].as_str().unwrap_or_default().split_whitespace();
        let mut scopes: Vec<_> = words.map(str::to_owned).collect();
        scopes.sort();
        scopes
    }

    /// What the service was asked since the last call of this, oldest first, ids masked: `POST /api.console/v1beta/platform/project/get`.
    pub fn requests(&self) -> Vec<String> {
        let requests = self.emulator.requests();
        self.emulator.clear_requests();
        requests.iter().map(|request| mask(&format!("{} {}", request.method, request.path))).collect()
    }
}

impl Deref for World {
    type Target = Folder;

    fn deref(&self) -> &Folder {
        &self.folder
    }
}

impl DerefMut for World {
    fn deref_mut(&mut self) -> &mut Folder {
        &mut self.folder
    }
}

#[test]
fn a_world_shows_what_terraform_does() {
    every_cli().run(|world| {
        let with = |input: &str, trigger: u8| {
            format!("resource \"terraform_data\" \"it\" {{\n  input = \"{input}\"\n  triggers_replace = {trigger}\n}}\noutput \"it\" {{\n  value = terraform_data.it.output\n}}\n")
        };
        world.config(&with("one", 1)).apply();
        world.plan_is_empty();
        assert_eq!((world.output("it"), world.text("terraform_data.it", "input")), (json!("one"), "one".to_owned()));

        let plan = world.config(&with("two", 1)).plan();
        assert_eq!(plan.actions(), ["update terraform_data.it"]);
        world.apply_planned(&plan);
        assert_eq!(world.config(&with("two", 2)).plan().actions(), ["replace terraform_data.it (triggers_replace)"]);

        world.taint("terraform_data.it");
        let plan = world.config(&with("two", 1)).plan();
        assert!(plan.text().contains("# terraform_data.it is tainted, so must be replaced"), "{}", plan.text());
        world.untaint("terraform_data.it");
        world.plan_is_empty();

        let error = world.config("resource \"terraform_data\" \"it\" {\n  input = nothing.here\n}\n").apply_fails();
        assert!(error.starts_with("Error: Reference to undeclared resource\n  at input = nothing.here\n"), "{error}");
        world.config(&with("two", 1)).destroy();
        assert_eq!(world.values("terraform_data.it"), Value::Null);
    });
}
