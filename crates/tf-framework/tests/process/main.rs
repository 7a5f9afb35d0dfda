//! The process contract between a plugin and its host, on a running binary.

#![allow(clippy::unwrap_used)]

mod by_hand;
mod calls;
mod connections;
mod ending;
#[path = "../cli/example.rs"]
mod example;
mod handshake;
mod logs;
mod streams;

use std::path::Path;

use tf_conformance::plugin::{HOST, STRANGER, Start};

/// The host that plays Terraform, for tests that stop at the first surprise.
mod host {
    pub(crate) use tf_conformance::plugin::{COOKIE, Handshake, Identity, Plugin, Start};

    pub(crate) async fn patiently<F: Future>(future: F) -> F::Output {
        tf_conformance::plugin::patiently(future).await.unwrap()
    }
}

/// The provider under test.
fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_tf-framework-probe"))
}

/// Started by a host that wants no TLS.
fn start() -> Start {
    Start::by_host(binary())
}
