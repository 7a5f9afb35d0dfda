//! Jobs around the provider that are not tests, and the parts of them that the acceptance tests share.
//!
//! What the tests use as well: [`acceptance`] (on which CLIs a test runs), [`folder`] (a CLI that runs a provider, and what it says),
//! [`clis`] (the real Terraform and OpenTofu programs), [`process`] (programs with a time limit and a clean environment),
//! [`terraform`] (the CLI configuration that points at a built provider) and [`http`] (requests to a loopback server).

// Reports are for the person at the terminal; no plugin handshake lives in this crate.
#![allow(clippy::print_stdout, clippy::print_stderr)]

pub mod acceptance;
pub mod bench;
pub mod cargo;
pub mod clis;
pub mod conformance;
pub mod contract;
pub mod demo;
pub mod docs;
pub mod emulator;
pub mod folder;
pub mod http;
pub mod process;
pub mod terraform;
pub mod venv;

use std::path::{Path, PathBuf};

/// The folder that holds the workspace's `Cargo.toml`.
pub fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// Where jobs put what they make: `target/` of the workspace, whatever `CARGO_TARGET_DIR` says, so that they find it again.
pub fn target() -> PathBuf {
    workspace().join("target")
}
