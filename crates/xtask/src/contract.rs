//! `cargo xtask contract`: the emulator against Pangea's official Python SDK, which shares no line with our client.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::emulator::Emulator;
use crate::{process, target, venv, workspace};

/// The only published version of the SDK that has the management APIs.
const SDK: &str = "pangea-sdk==6.5.0b1";
/// About 100 calls; the SDK sleeps through two polls of 5 s in one of them.
const CHECK_LIMIT: Duration = Duration::from_secs(300);
/// A first build on a slow machine.
const BUILD_LIMIT: Duration = Duration::from_secs(1800);

/// The job: every check must pass, and the same checks must fail on an emulator with one planted mistake.
pub fn run() -> Result<()> {
    let binary = build()?;
    let folder = target().join("contract");
    let python = venv::ensure(&folder.join("venv"), SDK)
        .context("the SDK can't be installed (it comes from PyPI; Python 3 and access to PyPI are needed)")?;

    println!("== The emulator as it is");
    let sound = check(&python, &binary, &[], &folder)?;
    if sound.code != Some(0) {
        bail!("the emulator does not keep the contract");
    }

    println!("\n== The emulator with one planted mistake: the checks must see it");
    let planted = check(&python, &binary, PLANTED, &folder)?;
    if planted.code == Some(0) || planted.code.is_none() {
        bail!("the checks passed on an emulator with a planted mistake: they prove nothing");
    }
    println!("\nThe contract is kept, and the planted mistake was caught.");
    Ok(())
}

/// The emulator's switch for one wrong answer.
const PLANTED: &[&str] = &["--plant-mistake"];

fn build() -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(workspace())
        .args(["build", "--quiet", "--package", "pangea-emulator", "--target-dir"])
        .arg(target());
    process::shown(&mut command, BUILD_LIMIT)?.success().context("the emulator does not build")?;
    Ok(target().join("debug/pangea-emulator"))
}

fn check(python: &Path, binary: &Path, arguments: &[&str], folder: &Path) -> Result<process::Output> {
    let emulator = Emulator::start(binary, arguments, &folder.join("emulator.log"))?;
    let mut command = process::isolated(python);
    command.arg(workspace().join("crates/pangea-emulator/contract/contract.py")).args(["--url", emulator.url()]);
    emulator.point(&mut command);
    process::shown(&mut command, CHECK_LIMIT)
}
