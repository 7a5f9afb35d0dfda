//! `cargo xtask conformance`: holds a provider's binary to the conformance suite, and prints the table.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use tf_conformance::{Samples, Scope, Suite};

use crate::emulator::Emulator;
use crate::{cargo, target, workspace};

/// The job: any binary with its samples, or our own with ours against the emulator. One failed check is an error.
pub fn run(binary: Option<&Path>, samples: Option<&Path>) -> Result<()> {
    let Some(binary) = binary else {
        ensure!(samples.is_none(), "samples go with the binary that they are of; name it before --config");
        return own();
    };
    let samples = samples.map(Samples::read).transpose().map_err(|problem| anyhow::anyhow!("{problem}"))?;
    report(&Suite { binary: binary.to_owned(), samples: samples.unwrap_or_default(), scope: Scope::All })
}

fn own() -> Result<()> {
    cargo::build_programs()?;
    let log = target().join("conformance-emulator.log");
    let emulator = Emulator::start(&target().join("debug/pangea-emulator"), &log, false)?;
    let mut samples =
        Samples::read(&workspace().join("tests/conformance")).map_err(|problem| anyhow::anyhow!("{problem}"))?;
    samples.provider.environment.extend(emulator.environment().iter().cloned());
    report(&Suite { binary: target().join("debug/terraform-provider-pangea"), samples, scope: Scope::All })
}

fn report(suite: &Suite) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    let report = runtime.block_on(suite.run());
    println!("{report}");
    let failed = report.failed();
    ensure!(failed.is_empty(), "{} of the checks failed", failed.len());
    Ok(())
}
