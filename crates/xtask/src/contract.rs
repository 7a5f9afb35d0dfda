//! `cargo xtask contract`: the emulator against Pangea's official Python SDK, which shares no line with our client.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::emulator::Emulator;
use crate::{cargo, process, target, venv, workspace};

/// The only published version of the SDK that has the management APIs.
const SDK: &str = "pangea-sdk==6.5.0b1";
/// About 100 calls; the SDK sleeps through two polls of 5 s in one of them.
const CHECKS_LIMIT: Duration = Duration::from_secs(300);

/// The job: every check must pass, and the same checks must notice a mistake planted in the emulator.
pub fn run() -> Result<()> {
    cargo::build_programs()?;
    let binary = target().join("debug/pangea-emulator");
    let folder = target().join("contract");
    let python = venv::ensure(&folder.join("venv"), SDK)
        .context("the SDK can't be installed (it comes from PyPI; Python 3 and access to PyPI are needed)")?;

    println!("== The emulator as it is");
    let emulator = Emulator::start(&binary, &folder.join("emulator.log"), false)?;
    let sound = process::shown(&mut checks(&python, &emulator), CHECKS_LIMIT)?;
    ensure!(sound.code == Some(0), "the emulator does not keep the contract");
    ensure!(sound.stdout.contains("passed, 0 failed"), "the checks did not say how many passed");
    drop(emulator);

    println!("\n== The emulator with one planted mistake");
    let emulator = Emulator::start(&binary, &folder.join("emulator.log"), false)?;
    let planted = process::output(checks(&python, &emulator).arg("--expect-failure"), CHECKS_LIMIT)?;
    // Not its closing count: a reader would take it for failed tests.
    let noticed: Vec<&str> = planted.stdout.lines().filter(|line| line.starts_with("FAIL")).collect();
    ensure!(
        planted.code == Some(0) && !noticed.is_empty(),
        "no check noticed it:\n{}{}",
        planted.stdout,
        planted.stderr
    );
    println!("noticed by: {}", noticed.join("\n            "));
    println!("\nThe contract is kept, and the planted mistake was noticed.");
    Ok(())
}

fn checks(python: &Path, emulator: &Emulator) -> Command {
    let mut command = process::isolated(python);
    // -I: nothing but the SDK and the script, whatever the shell says of Python.
    command.arg("-I").arg(workspace().join("crates/pangea-emulator/contract/contract.py"));
    emulator.point(&mut command);
    command
}
