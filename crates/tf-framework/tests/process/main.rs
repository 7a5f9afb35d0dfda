//! The process contract between a plugin and its host, on a running binary.

#![allow(clippy::unwrap_used)]

mod by_hand;
mod calls;
mod connections;
mod ending;
mod handshake;
mod host;
mod logs;

use std::path::Path;

use host::Start;

/// A host's certificate and key, made as go-plugin makes them: P-521, CA:TRUE, self-signed, for `localhost`.
const HOST: (&str, &str) = (include_str!("../data/host.pem"), include_str!("../data/host-key.pem"));

/// Another of the same kind.
const STRANGER: (&str, &str) = (include_str!("../data/stranger.pem"), include_str!("../data/stranger-key.pem"));

/// The provider under test.
fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_tf-framework-probe"))
}

/// Started by a host that wants no TLS.
fn start() -> Start {
    Start::by_host(binary())
}
