//! A folder with a configuration, in which a real CLI runs a built provider, and what comes of it: diagnostics, plans, the state.

// Called by tests alone, where a surprise may stop everything.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;
use std::time::Duration;

use expect_test::Expect;
use regex_lite::Regex;
use serde_json::Value;
use tempfile::TempDir;

use crate::clis::Cli;
use crate::process::{self, Output};
use crate::{terraform, workspace};

/// One command takes a second or two; a provider that hangs must not hold the whole run.
const COMMAND_LIMIT: Duration = Duration::from_secs(120);

/// How the folder's name begins, so that its path can be masked.
const PREFIX: &str = "pangea-it-";

/// What one test works with. It goes with the value.
pub struct Folder {
    cli: Cli,
    environment: BTreeMap<String, String>,
    folder: TempDir,
    /// Where the commands run, below the folder.
    below: PathBuf,
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

impl Folder {
    /// An empty one, in which `source` (such as `pangea/pangea`) is the provider of this binary, with no `init`.
    pub fn new(cli: &Cli, source: &str, provider: &Path) -> Folder {
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir().unwrap();
        let configuration = terraform::cli_configuration(folder.path(), source, provider).unwrap();
        fs::write(folder.path().join("versions.tf"), required_providers(source)).unwrap();
        let environment = BTreeMap::from([
            ("TF_CLI_CONFIG_FILE".to_owned(), configuration.to_string_lossy().into_owned()),
            // For every command, since some colour their output even into a pipe.
            ("TF_CLI_ARGS".to_owned(), "-no-color".to_owned()),
        ]);
        Folder { cli: cli.clone(), environment, folder, below: PathBuf::new() }
    }

    /// The program that runs here.
    pub fn cli(&self) -> &Cli {
        &self.cli
    }

    /// Goes on with another program, on the same state.
    pub fn switch(&mut self, cli: &Cli) {
        self.cli = cli.clone();
    }

    /// Where the configuration and the state stand.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join(&self.below)
    }

    /// Goes on in a copy of one of the repository's examples, beside a copy of the modules that it calls.
    #[track_caller]
    pub fn example(&mut self, name: &str) -> &mut Folder {
        for part in [name, "modules"] {
            copy(&workspace().join("examples").join(part), &self.folder.path().join(part)).unwrap();
        }
        self.below = PathBuf::from(name);
        self.run(&["get"]).success().unwrap();
        self
    }

    /// Sets a variable for the commands that follow.
    pub fn set(&mut self, name: &str, value: &str) -> &mut Folder {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// Takes a variable away from the commands that follow.
    pub fn unset(&mut self, name: &str) -> &mut Folder {
        self.environment.remove(name);
        self
    }

    /// A variable as the provider sees it, such as `PANGEA_ORGANIZATION_ID`.
    pub fn variable(&self, name: &str) -> &str {
        self.environment.get(name).map_or("", String::as_str)
    }

    /// Replaces the configuration.
    pub fn config(&mut self, hcl: &str) -> &mut Folder {
        fs::write(self.path().join("main.tf"), hcl).unwrap();
        self
    }

    /// Checks the configuration; any error is the test's end.
    #[track_caller]
    pub fn validate(&mut self) -> Run {
        let output = self.run(&["validate", "-json"]);
        let run = Run { diagnostics: validated(&output.stdout), output };
        assert_eq!(run.output.code, Some(0), "validate on {}:\n{}{}", self.cli, run.text(), run.output.stderr);
        run
    }

    /// Checks the configuration, which must fail, and gives the errors that the user reads.
    #[track_caller]
    pub fn validate_fails(&mut self) -> String {
        let output = self.run(&["validate", "-json"]);
        assert_eq!(output.code, Some(1), "validate on {} did not fail:\n{}", self.cli, output.stdout);
        errors(&validated(&output.stdout))
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

    /// Applies exactly what was planned, which must fail, and gives the errors that the user reads.
    #[track_caller]
    pub fn apply_planned_fails(&mut self, plan: &Plan) -> String {
        self.fails(&["apply", "-json", "-input=false", &plan.file.to_string_lossy()])
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
        let file = self.path().join("plan.bin");
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
        fs::read_to_string(self.path().join("terraform.tfstate")).unwrap_or_default()
    }

    /// Takes the private state of every object away, as Terraform itself does where the provider dies alone in the middle of an apply.
    #[track_caller]
    pub fn lose_private_state(&mut self) {
        let mut state: Value = serde_json::from_str(&self.state_file()).unwrap();
        let resources = state["resources"].as_array_mut().into_iter().flatten();
        for instance in resources.flat_map(|resource| resource["instances"].as_array_mut().into_iter().flatten()) {
            instance.as_object_mut().unwrap().remove("private");
        }
        fs::write(self.path().join("terraform.tfstate"), state.to_string()).unwrap();
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

    /// All that `providers schema -json` says of the one provider of the configuration.
    #[track_caller]
    pub fn provider_schema(&self) -> Value {
        let said = self.run(&["providers", "schema", "-json"]).success().unwrap().stdout;
        let said: Value = serde_json::from_str(&said).unwrap();
        let mut providers = said["provider_schemas"].as_object().unwrap().values().cloned();
        let schema = providers.next().unwrap();
        assert_eq!(providers.next(), None, "there is a second provider");
        schema
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

    /// Runs the program with any arguments, in the folder, and gives what comes back.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Output {
        process::output(&mut self.command(arguments), COMMAND_LIMIT).unwrap()
    }

    /// Runs the program with any arguments, and kills it with the provider as soon as the condition holds.
    #[track_caller]
    pub fn killed_when(&self, arguments: &[&str], condition: impl Fn() -> bool) {
        process::killed_when(&mut self.command(arguments), COMMAND_LIMIT, condition).unwrap();
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = process::isolated(&self.cli.path);
        command.args(arguments).current_dir(self.path()).envs(&self.environment);
        command
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
        // Whatever goes wrong, the program must find nothing wrong with the provider's answers.
        let blames = |error: &Diagnostic| {
            ["Provider produced", "Provider returned"].iter().any(|it| error.summary.starts_with(it))
        };
        assert!(!run.diagnostics.iter().any(blames), "{} on {}:\n{}", arguments[0], self.cli, run.text());
        errors(&run.diagnostics)
    }

    /// Runs a shell script here, which finds the program by the variable `TERRAFORM`.
    pub fn script(&self, file: &Path) -> Output {
        let mut command = process::isolated("sh");
        command.arg(file).current_dir(self.path()).envs(&self.environment).env("TERRAFORM", &self.cli.path);
        process::output(&mut command, COMMAND_LIMIT).unwrap()
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

/// Copies a folder with all that is in it.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

/// Stands before every configuration: without it, the products look for the provider among their own.
fn required_providers(source: &str) -> String {
    let name = source.rsplit('/').next().unwrap_or(source);
    format!("terraform {{\n  required_providers {{\n    {name} = {{\n      source = \"{source}\"\n    }}\n  }}\n}}\n")
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
    let told = events.filter(|event| event["type"] == "diagnostic");
    collect(told.map(|event| event["diagnostic"].clone()))
}

/// The diagnostics of `validate -json`, which prints one document.
fn validated(document: &str) -> Vec<Diagnostic> {
    let document: Value = serde_json::from_str(document).unwrap();
    collect(document["diagnostics"].as_array().cloned().unwrap_or_default())
}

fn collect(diagnostics: impl IntoIterator<Item = Value>) -> Vec<Diagnostic> {
    let read = diagnostics.into_iter().map(|diagnostic| {
        let text = |value: &Value| value.as_str().unwrap_or_default().trim().to_owned();
        Diagnostic {
            severity: text(&diagnostic["severity"]),
            summary: text(&diagnostic["summary"]),
            detail: text(&diagnostic["detail"]),
            address: text(&diagnostic["address"]),
            code: text(&diagnostic["snippet"]["code"]),
        }
    });
    read.filter(|diagnostic| !diagnostic.summary.contains("development overrides")).collect()
}

fn errors(diagnostics: &[Diagnostic]) -> String {
    rendered(diagnostics.iter().filter(|diagnostic| diagnostic.severity == "error"))
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
        assert_eq!(
            rendered(&diagnostics(&text)),
            "Error: No\n  at pangea_project.it\n  at geo = \"mars\"\n\nBecause.\n"
        );
    }

    #[test]
    fn a_replacement_names_what_causes_it() {
        let change = json!({"address": "pangea_project.it", "change": {"actions": ["delete", "create"], "replace_paths": [["geo"], ["roles", 0]]}});
        assert_eq!(action(&change).unwrap(), "replace pangea_project.it (geo, roles.0)");
        assert_eq!(action(&json!({"address": "a.b", "change": {"actions": ["no-op"]}})), None);
    }
}
