//! A world for one acceptance test: an emulator, a folder with a configuration, and a real CLI that runs the built provider in it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use expect_test::Expect;
use regex_lite::Regex;
use serde_json::{Value, json};
use tempfile::TempDir;
use xtask::clis::Cli;
use xtask::process::{self, Output};
use xtask::terraform;

use crate::cli::every_cli;

/// One command takes a second or two; a provider that hangs must not hold the whole run.
const COMMAND_LIMIT: Duration = Duration::from_secs(120);

/// Stands before every configuration: without it, the products look for `hashicorp/pangea`.
const REQUIRED_PROVIDERS: &str =
    "terraform {\n  required_providers {\n    pangea = {\n      source = \"pangea/pangea\"\n    }\n  }\n}\n";

/// Everything that one test works with. It ends with the value: the emulator stops, the folder goes.
pub struct World {
    cli: Cli,
    emulator: pangea_emulator::Server,
    environment: BTreeMap<String, String>,
    folder: TempDir,
}

/// What Terraform said through `-json`: its diagnostics without line breaks of its own, and how it ended.
pub struct Run {
    pub diagnostics: Vec<Diagnostic>,
    pub output: Output,
}

/// One error or warning, as Terraform passes it on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    pub severity: String,
    pub summary: String,
    pub detail: String,
    /// The resource it is about, or empty.
    pub address: String,
    /// The line of the configuration that it points at, or empty.
    pub code: String,
}

/// A saved plan.
pub struct Plan {
    file: PathBuf,
    text: String,
    /// The whole plan, as `show -json` gives it.
    pub json: Value,
    pub diagnostics: Vec<Diagnostic>,
}

impl World {
    /// An emulator with its seed, and an empty folder. The provider's environment points at that emulator.
    pub fn start(cli: &Cli) -> World {
        World::with(cli, pangea_emulator::Options::default())
    }

    /// Like [`World::start`], with an emulator that behaves otherwise.
    pub fn with(cli: &Cli, options: pangea_emulator::Options) -> World {
        let emulator = pangea_emulator::Server::start(options).unwrap();
        let folder = tempfile::Builder::new().prefix("pangea-it-").tempdir().unwrap();
        let provider = Path::new(env!("CARGO_BIN_EXE_terraform-provider-pangea"));
        let configuration = terraform::cli_configuration(folder.path(), provider).unwrap();
        fs::write(folder.path().join("versions.tf"), REQUIRED_PROVIDERS).unwrap();
        let mut environment: BTreeMap<String, String> = emulator.environment().into_iter().collect();
        environment.insert("TF_CLI_CONFIG_FILE".to_owned(), configuration.to_string_lossy().into_owned());
        // For every command, since some colour their output even into a pipe.
        environment.insert("TF_CLI_ARGS".to_owned(), "-no-color".to_owned());
        World { cli: cli.clone(), emulator, environment, folder }
    }

    /// The program that this world runs.
    pub fn cli(&self) -> &Cli {
        &self.cli
    }

    /// Goes on with another program, on the same state.
    pub fn switch(&mut self, cli: &Cli) {
        self.cli = cli.clone();
    }

    /// The running emulator: what it holds, how others change it behind Terraform's back, and the faults it can be told to make.
    pub fn emulator(&self) -> &pangea_emulator::Server {
        &self.emulator
    }

    /// Where the configuration and the state stand.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Sets a variable for the commands that follow.
    pub fn set(&mut self, name: &str, value: &str) -> &mut World {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Takes a variable away from the commands that follow.
    pub fn unset(&mut self, name: &str) -> &mut World {
        self.environment.remove(name);
        self
    }

    /// A variable as the provider sees it, such as `PANGEA_ORGANIZATION_ID`.
    pub fn variable(&self, name: &str) -> &str {
        self.environment.get(name).map_or("", String::as_str)
    }

    /// Replaces the configuration.
    pub fn config(&mut self, hcl: &str) -> &mut World {
        fs::write(self.folder().join("main.tf"), hcl).unwrap();
        self
    }

    /// Plans and applies; any error is the test's end.
    #[track_caller]
    pub fn apply(&mut self) -> Run {
        self.succeeds(&["apply", "-json", "-auto-approve", "-input=false"])
    }

    /// Applies exactly what was planned.
    #[track_caller]
    pub fn apply_planned(&mut self, plan: &Plan) -> Run {
        self.succeeds(&["apply", "-json", "-input=false", &plan.file.to_string_lossy()])
    }

    /// Plans and applies, which must fail, and gives the errors that the user reads.
    #[track_caller]
    pub fn apply_fails(&mut self) -> String {
        self.fails(&["apply", "-json", "-auto-approve", "-input=false"])
    }

    /// Plans, and gives what would be done.
    #[track_caller]
    pub fn plan(&mut self) -> Plan {
        self.plan_with(&[])
    }

    /// Plans with further options, such as `-replace=ADDRESS` or `-destroy`.
    #[track_caller]
    pub fn plan_with(&mut self, options: &[&str]) -> Plan {
        let file = self.folder().join("plan.bin");
        let out = format!("-out={}", file.display());
        let run = self.succeeds(&[&["plan", "-json", "-input=false", &out], options].concat());
        let path = file.to_string_lossy().into_owned();
        let json = serde_json::from_str(&self.run(&["show", "-json", &path]).success().unwrap().stdout).unwrap();
        let text = self.run(&["show", &path]).success().unwrap().stdout;
        Plan { file, text, json, diagnostics: run.diagnostics }
    }

    /// Plans, which must fail, and gives the errors that the user reads.
    #[track_caller]
    pub fn plan_fails(&mut self) -> String {
        self.fails(&["plan", "-json", "-input=false"])
    }

    /// The plan must have nothing to do: neither to resources nor to outputs.
    #[track_caller]
    pub fn plan_is_empty(&mut self) -> Run {
        let run = self.json(&["plan", "-json", "-input=false", "-detailed-exitcode"]);
        if run.output.code != Some(0) {
            let why = if run.output.code == Some(2) { self.plan().text() } else { run.text() };
            panic!("the plan is not empty on {}:\n{why}", self.cli);
        }
        run
    }

    /// Destroys everything in the state.
    #[track_caller]
    pub fn destroy(&mut self) -> Run {
        self.succeeds(&["destroy", "-json", "-auto-approve", "-input=false"])
    }

    /// Destroys, which must fail, and gives the errors that the user reads.
    #[track_caller]
    pub fn destroy_fails(&mut self) -> String {
        self.fails(&["destroy", "-json", "-auto-approve", "-input=false"])
    }

    /// `import ADDRESS ID`, and what it printed.
    #[track_caller]
    pub fn import(&mut self, address: &str, id: &str) -> String {
        let output = self.run(&["import", "-input=false", address, id]);
        assert_eq!(output.code, Some(0), "{}{}", output.stdout, output.stderr);
        mask(&(output.stdout + &output.stderr))
    }

    /// `import ADDRESS ID`, which must fail, and what it printed on one line for each paragraph.
    #[track_caller]
    pub fn import_fails(&mut self, address: &str, id: &str) -> String {
        let output = self.run(&["import", "-input=false", address, id]);
        assert_eq!(output.code, Some(1), "{}{}", output.stdout, output.stderr);
        mask(&unwrapped(&output.stderr))
    }

    /// Marks a resource as damaged, so that the next apply replaces it.
    #[track_caller]
    pub fn taint(&mut self, address: &str) {
        self.run(&["taint", address]).success().unwrap();
    }

    /// Takes that mark away.
    #[track_caller]
    pub fn untaint(&mut self, address: &str) {
        self.run(&["untaint", address]).success().unwrap();
    }

    /// Lets Terraform forget a resource that stays where it is.
    #[track_caller]
    pub fn forget(&mut self, address: &str) {
        self.run(&["state", "rm", address]).success().unwrap();
    }

    /// The state, as `show -json` gives it.
    #[track_caller]
    pub fn state(&self) -> Value {
        serde_json::from_str(&self.run(&["show", "-json"]).success().unwrap().stdout).unwrap()
    }

    /// The state file, byte by byte.
    pub fn state_file(&self) -> String {
        fs::read_to_string(self.folder().join("terraform.tfstate")).unwrap_or_default()
    }

    /// The values of one resource or data source in the state; null where it is not there.
    #[track_caller]
    pub fn values(&self, address: &str) -> Value {
        let state = self.state();
        let resources = state["values"]["root_module"]["resources"].as_array().cloned().unwrap_or_default();
        let found = resources.into_iter().find(|resource| resource["address"] == address);
        found.map_or(Value::Null, |resource| resource["values"].clone())
    }

    /// One attribute, which must be a string, of one resource in the state.
    #[track_caller]
    pub fn text(&self, address: &str, attribute: &str) -> String {
        let values = self.values(address);
        values[attribute]
            .as_str()
            .unwrap_or_else(|| panic!("{address}.{attribute} is {}", values[attribute]))
            .to_owned()
    }

    /// The value of an output.
    #[track_caller]
    pub fn output(&self, name: &str) -> Value {
        serde_json::from_str(&self.run(&["output", "-json", name]).success().unwrap().stdout).unwrap()
    }

    /// What `show` prints of the state, masked.
    #[track_caller]
    pub fn show(&self) -> String {
        mask(&self.run(&["show"]).success().unwrap().stdout)
    }

    /// Runs the program with any arguments, in the world's folder, and gives what comes back.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Output {
        let mut command = process::isolated(&self.cli.path);
        command.args(arguments).current_dir(self.folder()).envs(&self.environment);
        process::output(&mut command, COMMAND_LIMIT).unwrap()
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

    #[track_caller]
    fn succeeds(&self, arguments: &[&str]) -> Run {
        let run = self.json(arguments);
        assert_eq!(run.output.code, Some(0), "{} on {}:\n{}{}", arguments[0], self.cli, run.text(), run.output.stderr);
        run
    }

    #[track_caller]
    fn fails(&self, arguments: &[&str]) -> String {
        let run = self.json(arguments);
        assert_eq!(run.output.code, Some(1), "{} on {} did not fail:\n{}", arguments[0], self.cli, run.output.stdout);
        rendered(run.diagnostics.iter().filter(|diagnostic| diagnostic.severity == "error"))
    }

    #[track_caller]
    fn json(&self, arguments: &[&str]) -> Run {
        let output = self.run(arguments);
        let diagnostics = diagnostics(&output.stdout);
        Run { diagnostics, output }
    }
}

impl Run {
    /// All that the user reads.
    pub fn text(&self) -> String {
        rendered(&self.diagnostics)
    }

    /// The warnings that the user reads; empty where there are none.
    pub fn warnings(&self) -> String {
        rendered(self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == "warning"))
    }
}

impl Plan {
    /// What would be done, one line for each resource with something to do: `update pangea_project.it`, `replace pangea_project.it (geo)`.
    pub fn actions(&self) -> Vec<String> {
        let changes = self.json["resource_changes"].as_array().cloned().unwrap_or_default();
        changes.iter().filter_map(action).collect()
    }

    /// What has changed behind Terraform's back, in the form of [`Plan::actions`].
    pub fn drift(&self) -> Vec<String> {
        let changes = self.json["resource_drift"].as_array().cloned().unwrap_or_default();
        changes.iter().filter_map(action).collect()
    }

    /// The planned change of one resource: `before`, `after`, `after_unknown` and more.
    #[track_caller]
    pub fn change(&self, address: &str) -> Value {
        let changes = self.json["resource_changes"].as_array().cloned().unwrap_or_default();
        let found = changes.into_iter().find(|change| change["address"] == address);
        found.unwrap_or_else(|| panic!("{address} is not in the plan"))["change"].clone()
    }

    /// Compares what the user reads of the resources with a snapshot; ids and times are masked.
    #[track_caller]
    pub fn shows(&self, expected: Expect) {
        expected.assert_eq(&self.text());
    }

    /// The warnings that the user reads; empty where there are none.
    pub fn warnings(&self) -> String {
        rendered(self.diagnostics.iter().filter(|diagnostic| diagnostic.severity == "warning"))
    }

    /// From the first resource to the closing count. What the products say around it differs, and is theirs.
    pub fn text(&self) -> String {
        let wanted =
            self.text.lines().skip_while(|line| !line.starts_with("  # ")).filter(|line| !line.trim().is_empty());
        let mut lines: Vec<&str> = wanted.collect();
        if let Some(count) = lines.iter().rposition(|line| line.starts_with("Plan: ")) {
            lines.truncate(count + 1);
        }
        let text = mask(&lines.join("\n"));
        if text.is_empty() { text } else { text + "\n" }
    }
}

fn action(change: &Value) -> Option<String> {
    let actions: Vec<&str> = change["change"]["actions"].as_array()?.iter().filter_map(Value::as_str).collect();
    let verb = match actions.as_slice() {
        ["no-op"] => return None,
        ["delete", "create"] => "replace",
        ["create", "delete"] => "replace (create first)",
        other => other.first().copied()?,
    };
    let paths: Vec<String> = change["change"]["replace_paths"].as_array().into_iter().flatten().map(dotted).collect();
    let because = if paths.is_empty() { String::new() } else { format!(" ({})", paths.join(", ")) };
    Some(format!("{verb} {}{because}", change["address"].as_str()?))
}

fn dotted(path: &Value) -> String {
    let steps = path.as_array().into_iter().flatten();
    steps.map(|step| step.as_str().map_or(step.to_string(), str::to_owned)).collect::<Vec<_>>().join(".")
}

/// The diagnostics among the lines that `-json` prints, less the note on the development override that every run brings.
fn diagnostics(lines: &str) -> Vec<Diagnostic> {
    let events = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let told = events.filter(|event| event["type"] == "diagnostic").map(|event| {
        let diagnostic = &event["diagnostic"];
        let text = |value: &Value| value.as_str().unwrap_or_default().trim().to_owned();
        Diagnostic {
            severity: text(&diagnostic["severity"]),
            summary: text(&diagnostic["summary"]),
            detail: text(&diagnostic["detail"]),
            address: text(&diagnostic["address"]),
            code: text(&diagnostic["snippet"]["code"]),
        }
    });
    told.filter(|diagnostic| !diagnostic.summary.contains("development overrides")).collect()
}

/// `Error: summary`, where it points, and the detail, without the line breaks that a terminal's width would bring.
fn rendered<'a>(diagnostics: impl IntoIterator<Item = &'a Diagnostic>) -> String {
    let mut text = String::new();
    for Diagnostic { severity, summary, detail, address, code } in diagnostics {
        let severity = if severity == "error" { "Error" } else { "Warning" };
        text += &format!("{severity}: {summary}\n");
        for place in [address, code] {
            if !place.is_empty() {
                text += &format!("  at {place}\n");
            }
        }
        if !detail.is_empty() {
            text += &format!("\n{detail}\n");
        }
        text += "\n";
    }
    mask(text.trim_end()) + if text.is_empty() { "" } else { "\n" }
}

/// Undoes the line breaks of a terminal's width: each paragraph on one line.
fn unwrapped(text: &str) -> String {
    let paragraphs =
        text.trim().split("\n\n").map(|paragraph| paragraph.lines().map(str::trim).collect::<Vec<_>>().join(" "));
    paragraphs.collect::<Vec<_>>().join("\n\n") + "\n"
}

/// Replaces what differs from run to run: ids and secrets (the kind stays), ports, times; and what differs between the products.
pub fn mask(text: &str) -> String {
    static MASKS: LazyLock<[(Regex, &str); 7]> = LazyLock::new(|| {
        let mask = |pattern, replacement| (Regex::new(pattern).unwrap(), replacement);
        [
            mask(r"\b(p[a-z]{2})_[a-z2-7]{32}\b", "${1}_…"),
            mask(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
            mask(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", "TIME"),
            mask(r"/\S*/pangea-it-\w+", "FOLDER"),
            mask(r"\bOpenTofu\b", "Terraform"),
            mask(r"\bregistry\.opentofu\.org\b", "registry.terraform.io"),
            mask(r"so it must be replaced", "so must be replaced"),
        ]
    });
    MASKS
        .iter()
        .fold(text.to_owned(), |text, (pattern, replacement)| pattern.replace_all(&text, *replacement).into_owned())
}

#[test]
fn what_differs_from_run_to_run_is_masked() {
    let text =
        "psa_abcdefghijklmnopqrstuvwxyz234567 at 127.0.0.1:4010 since 2026-11-22T01:02:03.000004Z, not psa_short";
    assert_eq!(mask(text), "psa_… at 127.0.0.1:PORT since TIME, not psa_short");
}

#[test]
fn diagnostics_are_read_from_the_json_lines() {
    let lines = [
        json!({"type": "version", "terraform": "1.11.4"}),
        json!({"type": "diagnostic", "diagnostic": {"severity": "warning", "summary": "Provider development overrides are in effect"}}),
        json!({"type": "diagnostic", "diagnostic": {"severity": "error", "summary": "No", "detail": "Because.", "address": "pangea_project.it",
            "snippet": {"code": "  geo = \"mars\""}}}),
    ];
    let text = lines.map(|line| line.to_string()).join("\n");
    assert_eq!(rendered(&diagnostics(&text)), "Error: No\n  at pangea_project.it\n  at geo = \"mars\"\n\nBecause.\n");
}

#[test]
fn a_replacement_names_what_causes_it() {
    let change = json!({"address": "pangea_project.it", "change": {"actions": ["delete", "create"], "replace_paths": [["geo"], ["roles", 0]]}});
    assert_eq!(action(&change).unwrap(), "replace pangea_project.it (geo, roles.0)");
    assert_eq!(action(&json!({"address": "a.b", "change": {"actions": ["no-op"]}})), None);
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
