//! One binary for all integration tests: real Terraform and OpenTofu run the built provider against the emulator.

// Helpers here are called by tests alone, where a surprise may stop everything; clippy knows that only of functions marked as tests.
#![allow(clippy::unwrap_used, clippy::print_stderr, unreachable_pub)]

mod actions;
mod checks;
mod client;
mod client_grant;
mod client_roles;
mod client_secret;
mod client_secrets;
mod clients;
mod concurrency;
mod conformance;
mod deletion_protection;
mod drift;
mod endpoints;
mod ephemeral_access_token;
mod ephemeral_client_secret;
mod errors;
mod examples;
mod export;
mod functions;
mod generated_config;
mod host;
mod identity;
mod jwks;
mod management_client;
mod multi_project;
mod oauth_server;
mod organization;
mod plan_help;
mod project;
mod projects;
mod protocol;
mod provider_block;
mod query;
mod rotation;
mod secrets;
mod service_client;
mod service_config;
mod service_config_data;
mod service_configs;
mod text_guard;
mod tidy;
mod timeouts;
// The vocabulary of the tests: a word may be out of use for a while.
#[allow(dead_code)]
mod world;
