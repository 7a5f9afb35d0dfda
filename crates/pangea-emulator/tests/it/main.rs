//! The emulator as its callers see it: over a socket, with a client of a hundred lines.

// Helpers here are called by tests alone, where a surprise may stop everything; clippy knows that only of functions marked as tests.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

mod authn;
mod binary;
mod caller;
mod clients;
mod configs;
mod faults;
mod guard;
mod guides;
mod oauth;
mod organization;
mod page;
mod permissions;
mod projects;
mod roles;
mod secrets;
mod server;
mod switches;
mod vault;
