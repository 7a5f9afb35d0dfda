//! `cargo xtask docs`: the pages under `docs/` in the registries' layout, from the provider's schema, its doc comments and `examples/`.
//!
//! Of a page it owns the front matter, the title, the introduction, the example, the schema and the import; every other section, and
//! what stands below the last code block of an owned one, is prose that people write in the page itself and that stays.
//! `rules` checks what the registries demand of the whole folder.

mod page;
mod rules;
mod schema;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::terraform::{self, SOURCE};
use crate::{cargo, clis, process, workspace};

pub use rules::problems;

/// What one command of the CLI may take.
const COMMAND_LIMIT: Duration = Duration::from_secs(120);

/// What the names of all types begin with.
const PREFIX: &str = "pangea_";

/// The job: writes the pages, or with `check` says which are not as they should be. Either way it holds them to the registries' rules.
pub fn run(check: bool) -> Result<()> {
    cargo::build_programs()?;
    let provider = crate::target().join("debug/terraform-provider-pangea");
    let schemas = schemas(&clis::make()?.path, &provider)?;
    let root = workspace();
    let pages = pages(&root, &schemas)?;
    let stale = pages.iter().filter(|(file, text)| fs::read_to_string(root.join(file)).ok().as_ref() != Some(text));
    let stale: Vec<_> = stale.collect();
    if !check {
        for (file, text) in &stale {
            let file = root.join(file);
            fs::create_dir_all(file.parent().unwrap_or(&root))?;
            fs::write(&file, text).with_context(|| format!("can't write {}", file.display()))?;
            println!("wrote {}", file.display());
        }
    }
    let mut wrong = problems(&root, &schemas);
    if check {
        wrong.extend(stale.iter().map(|(file, _)| format!("{} is stale: run `cargo xtask docs`", file.display())));
    }
    ensure!(wrong.is_empty(), "the pages are not in order:\n  {}", wrong.join("\n  "));
    println!("{} pages, {} problems", pages.len(), wrong.len());
    Ok(())
}

/// What a CLI says of a built provider: the part of `providers schema -json` that is its own. Terraform 1.14 and newer tell all kinds.
///
/// # Errors
///
/// Where the CLI or the provider does not run.
pub fn schemas(cli: &Path, provider: &Path) -> Result<Value> {
    let folder = tempfile::tempdir()?;
    let configuration = terraform::cli_configuration(folder.path(), SOURCE, provider)?;
    let source = format!("terraform {{\n  required_providers {{\n    pangea = {{ source = \"{SOURCE}\" }}\n  }}\n}}\n");
    fs::write(folder.path().join("main.tf"), source)?;
    let mut command = process::isolated(cli);
    command.args(["providers", "schema", "-json"]).current_dir(folder.path()).env("TF_CLI_CONFIG_FILE", configuration);
    let said = process::output(&mut command, COMMAND_LIMIT)?.success()?.stdout;
    let all: Value = serde_json::from_str(&said)?;
    // The products name their own registry before the address.
    let ours = all["provider_schemas"].as_object().into_iter().flatten().find(|(name, _)| name.ends_with(SOURCE));
    Ok(ours.context("the CLI does not tell the provider's schema")?.1.clone())
}

/// Every page as it should be, by its path from `root`, with the prose that stands there now.
///
/// # Errors
///
/// Where an example or an import snippet is missing; all of them are named.
pub fn pages(root: &Path, schemas: &Value) -> Result<BTreeMap<PathBuf, String>> {
    let mut pages = BTreeMap::new();
    let mut missing = Vec::new();
    for subject in subjects(schemas) {
        let file = subject.page();
        let present = fs::read_to_string(root.join(&file)).unwrap_or_default();
        match page::render(root, &subject, &present) {
            Ok(text) => {
                pages.insert(file, text);
            }
            Err(error) => missing.push(format!("{}: {error:#}", file.display())),
        }
    }
    if !missing.is_empty() {
        bail!("{}", missing.join("\n"));
    }
    Ok(pages)
}

/// One kind of thing that has pages: where its schemas, pages and examples are, and since when the products have it.
#[derive(Debug)]
struct Kind {
    /// Its key in `providers schema -json`.
    key: &'static str,
    /// As a page's title calls it.
    title: &'static str,
    /// The folder under `docs/` and `examples/`.
    folder: &'static str,
    /// The example's file name, up to its ending.
    example: &'static str,
    /// The example's ending.
    ending: &'static str,
    /// The versions that know the kind.
    needs: &'static str,
}

/// What the whole provider needs, and with it each of its resources and data sources.
const NEEDS: &str = "Needs Terraform 1.11 or OpenTofu 1.12, or a newer one of either.";

const KINDS: [Kind; 6] = [
    Kind {
        key: "resource_schemas",
        title: "Resource",
        folder: "resources",
        example: "resource",
        ending: "tf",
        needs: NEEDS,
    },
    Kind {
        key: "data_source_schemas",
        title: "Data Source",
        folder: "data-sources",
        example: "data-source",
        ending: "tf",
        needs: NEEDS,
    },
    Kind {
        key: "ephemeral_resource_schemas",
        title: "Ephemeral Resource",
        folder: "ephemeral-resources",
        example: "ephemeral-resource",
        ending: "tf",
        needs: NEEDS,
    },
    Kind { key: "functions", title: "Function", folder: "functions", example: "function", ending: "tf", needs: NEEDS },
    Kind {
        key: "list_resource_schemas",
        title: "List Resource",
        folder: "list-resources",
        example: "list-resource",
        ending: "tfquery.hcl",
        needs: "Needs Terraform 1.14 or newer. OpenTofu 1.12 has no `query`.",
    },
    Kind {
        key: "action_schemas",
        title: "Action",
        folder: "actions",
        example: "action",
        ending: "tf",
        needs: "Needs Terraform 1.14 or newer. OpenTofu 1.12 has no actions.",
    },
];

/// One thing that has a page.
struct Subject<'a> {
    /// `None` is the provider itself.
    kind: Option<&'static Kind>,
    /// The full name, such as `pangea_project`; a function's has no prefix.
    name: &'a str,
    schema: &'a Value,
    /// Null where objects of the type have none.
    identity: &'a Value,
}

impl Subject<'_> {
    fn short(&self) -> &str {
        self.name.strip_prefix(PREFIX).unwrap_or(self.name)
    }

    /// Where its page stands, from the workspace on.
    fn page(&self) -> PathBuf {
        match self.kind {
            Some(kind) => PathBuf::from(format!("docs/{}/{}.md", kind.folder, self.short())),
            None => PathBuf::from("docs/index.md"),
        }
    }

    /// The folder of its examples, from the workspace on.
    fn examples(&self) -> PathBuf {
        match self.kind {
            Some(kind) => PathBuf::from(format!("examples/{}/{}", kind.folder, self.name)),
            None => PathBuf::from("examples/provider"),
        }
    }

    fn is_resource(&self) -> bool {
        self.kind.is_some_and(|kind| kind.key == "resource_schemas")
    }

    fn is_function(&self) -> bool {
        self.kind.is_some_and(|kind| kind.key == "functions")
    }
}

/// Everything that must have a page, the provider first.
fn subjects(schemas: &Value) -> Vec<Subject<'_>> {
    let provider = Subject { kind: None, name: "pangea", schema: &schemas["provider"], identity: &Value::Null };
    let typed = KINDS.iter().flat_map(|kind| {
        let objects = schemas[kind.key].as_object().into_iter().flatten();
        objects.map(move |(name, schema)| {
            let identity = if kind.key == "resource_schemas" {
                &schemas["resource_identity_schemas"][name.as_str()]
            } else {
                &Value::Null
            };
            Subject { kind: Some(kind), name, schema, identity }
        })
    });
    std::iter::once(provider).chain(typed).collect()
}
