//! A small sound provider, and the same with one rule broken: the variable `FAULT` names the rule.
//!
//! It is written on the wire alone, so that any rule can be broken in one place, and no framework stands in between. Objects are
//! files in the folder that `FAULTY_FOLDER` names, since each process of a host is a new one.

// The tests have no other way to tell it what to do, and a surprise may end it.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

mod operations;
mod process;
mod schema;
mod service;
mod state_store;
mod store;

use std::process::ExitCode;
use std::sync::LazyLock;

static FAULT: LazyLock<String> = LazyLock::new(|| std::env::var("FAULT").unwrap_or_default());

/// Whether this rule is to be broken.
fn breaks(fault: &str) -> bool {
    *FAULT == fault
}

fn main() -> ExitCode {
    process::serve(service::Service::default())
}
