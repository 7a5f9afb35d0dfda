//! Which real programs the acceptance tests run on, and the tally of what ran where. For test binaries of every package.
//!
//! They are those of `PANGEA_TEST_CLIS` (paths, colon-separated; one that does not run is a failure); unset, `terraform` and `tofu` on
//! `PATH`, and the newer Terraform that `cargo xtask clis` makes under `target/cli/` (made here where it is missing).
//! Where there is none, the tests are skipped and say so; with `PANGEA_REQUIRE_TERRAFORM=1` they fail instead.

// Called by tests alone, where a surprise may stop everything.
#![allow(clippy::unwrap_used)]

use std::env;
use std::fs::{self, File};
use std::io::Write;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::{Mutex, OnceLock};

use crate::clis::{self, Cli, Product};
use crate::{process, target};

/// For tests that hold on every program of every age.
pub fn every_cli() -> Wanted {
    Wanted { terraform: Some((0, 0)), tofu: Some((0, 0)) }
}

/// For tests of what Terraform has since the given minor version, and OpenTofu does not (but see [`Wanted::or_tofu`]).
pub fn terraform_since(major: u32, minor: u32) -> Wanted {
    Wanted { terraform: Some((major, minor)), tofu: None }
}

/// The programs that a test is about.
#[derive(Clone, Copy)]
pub struct Wanted {
    terraform: Option<(u32, u32)>,
    tofu: Option<(u32, u32)>,
}

impl Wanted {
    /// OpenTofu has it as well, since the given minor version.
    pub fn or_tofu(self, major: u32, minor: u32) -> Wanted {
        Wanted { tofu: Some((major, minor)), ..self }
    }

    /// Runs the scenario with each of them, and fails in the end if it failed on one.
    #[track_caller]
    pub fn on_each(self, scenario: impl Fn(&Cli)) {
        let (mut ran, mut failed) = (Vec::new(), Vec::new());
        for cli in all() {
            if !self.includes(cli) {
                record(cli, "skipped");
                continue;
            }
            let passed = panic::catch_unwind(AssertUnwindSafe(|| scenario(cli))).is_ok();
            record(cli, if passed { "passed" } else { "failed" });
            ran.push(cli.to_string());
            if !passed {
                failed.push(cli.to_string());
            }
        }
        eprintln!("ran on: {}", ran.join(", "));
        assert!(failed.is_empty(), "failed on {}; the reasons stand above", failed.join(", "));
    }

    fn includes(self, cli: &Cli) -> bool {
        let oldest = match cli.product {
            Product::Terraform => self.terraform,
            Product::OpenTofu => self.tofu,
        };
        oldest.is_some_and(|oldest| cli.minor() >= oldest)
    }
}

/// The programs of this run. Found once; a failure to find them fails each test that asks.
pub fn all() -> &'static [Cli] {
    static CLIS: OnceLock<Result<Vec<Cli>, String>> = OnceLock::new();
    match CLIS.get_or_init(find) {
        Ok(clis) => clis,
        Err(error) => panic!("{error}"),
    }
}

fn find() -> Result<Vec<Cli>, String> {
    if let Some(named) = env::var_os("PANGEA_TEST_CLIS").filter(|named| !named.is_empty()) {
        let probe = |path: &Path| Cli::probe(path).map_err(|error| format!("PANGEA_TEST_CLIS: {error:#}"));
        return env::split_paths(&named).map(|path| probe(&path)).collect();
    }
    let mut clis = Vec::new();
    let on_path = ["terraform", "tofu"].iter().filter_map(|name| process::on_path(&[name]));
    for found in on_path.map(|path| Cli::probe(&path)).chain([clis::make()]) {
        match found {
            Ok(cli) => clis.push(cli),
            Err(error) => tell(&format!("acceptance tests go on without one CLI: {error:#}")),
        }
    }
    if clis.is_empty() {
        if env::var_os("PANGEA_REQUIRE_TERRAFORM").is_some_and(|required| required == "1") {
            return Err("PANGEA_REQUIRE_TERRAFORM=1, and there is no Terraform or OpenTofu that runs".to_owned());
        }
        tell("ACCEPTANCE TESTS ARE SKIPPED: there is no Terraform or OpenTofu on PATH, and none could be made");
    }
    Ok(clis)
}

/// Straight to stderr: what `eprintln!` says in a test that passes is never seen.
fn tell(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Adds a line (program, outcome, test) to the tally of this test binary, `target/acceptance-NAME.tsv`. Each run of the binary begins
/// it anew, and CI counts the lines of all of them.
fn record(cli: &Cli, outcome: &str) {
    static FILE: OnceLock<Mutex<Option<File>>> = OnceLock::new();
    let file = FILE.get_or_init(|| {
        let path: &Path = &target().join(format!("acceptance-{}.tsv", binary()));
        let made = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| File::create(path));
        Mutex::new(made.map_err(|error| tell(&format!("{}: {error}", path.display()))).ok())
    });
    let thread = std::thread::current();
    let line = format!("{cli}\t{outcome}\t{}\n", thread.name().unwrap_or("?"));
    if let Some(file) = file.lock().unwrap().as_mut() {
        file.write_all(line.as_bytes()).unwrap();
    }
}

/// The name of this test binary: its file is `NAME-HASH`.
fn binary() -> String {
    let file = env::current_exe().unwrap();
    let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    stem.rsplit_once('-').map_or(stem.clone(), |(name, _)| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_names_the_programs_it_is_about() {
        let cli = |product, version: &str| Cli { path: "x".into(), product, version: version.to_owned() };
        let old = cli(Product::Terraform, "1.11.4");
        let new = cli(Product::Terraform, "1.16.0-rc2");
        let tofu = cli(Product::OpenTofu, "1.12.6");

        assert!([&old, &new, &tofu].iter().all(|cli| every_cli().includes(cli)));
        assert_eq!([&old, &new, &tofu].map(|cli| terraform_since(1, 12).includes(cli)), [false, true, false]);
        assert_eq!(
            [&old, &new, &tofu].map(|cli| terraform_since(1, 12).or_tofu(1, 12).includes(cli)),
            [false, true, true]
        );
    }

    #[test]
    fn the_tally_is_named_after_the_test_binary() {
        assert_eq!(binary(), "xtask");
    }
}
