//! The example providers, run by real Terraform and OpenTofu programs.

#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod binder;
mod card;
mod conformance;
mod example;
mod faulty;
mod firewall;
mod locker;
mod notebook;

use xtask::acceptance::Wanted;
use xtask::folder::Folder;

use crate::example::example;

/// Runs the scenario with each program that the test is about, in a folder of its own where `example/NAME` is the provider
/// `examples/terraform-provider-NAME`, or `providers/NAME.rs` beside the tests.
#[track_caller]
fn run(wanted: Wanted, name: &str, scenario: impl Fn(&mut Folder)) {
    let provider = example(name);
    wanted.on_each(|cli| scenario(&mut Folder::new(cli, &format!("example/{name}"), &provider)));
}
