//! Building what a job runs.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::{process, target, workspace};

/// A first build on a slow machine.
const BUILD_LIMIT: Duration = Duration::from_secs(1800);

/// The programs that jobs run, as debug builds. Always both together: Cargo would build what they share anew for one alone, since its
/// features then differ.
pub fn build_programs() -> Result<()> {
    build(&["--bins", "--package", "terraform-provider-pangea", "--package", "pangea-emulator"])
}

/// `cargo build` with these arguments, into `target/` of the workspace, for the person to see.
pub fn build(arguments: &[&str]) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    // What Cargo tells a program that it runs makes build scripts run again, and with them half of the tree.
    let told = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    names.filter(|name| told(name)).for_each(|name| {
        command.env_remove(name);
    });
    command.current_dir(workspace()).arg("build").args(arguments).arg("--target-dir").arg(target());
    process::shown(&mut command, BUILD_LIMIT)?.success().context("the build failed")?;
    Ok(())
}
