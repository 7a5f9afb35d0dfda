//! The built provider's answers on the wire, to a caller that plays Terraform: every call, and Terraform's own checks of each answer.

mod calls;
mod generated;
mod life;
mod malformed;
mod process;
mod schema;

use serde_json::{Value, json};

use crate::host::Host;

pub const PROJECT: &str = "pangea_project";
pub const CLIENT: &str = "pangea_management_client";
pub const GRANT: &str = "pangea_client_grant";
pub const SECRET: &str = "pangea_client_secret";
pub const ORGANIZATION: &str = "pangea_organization";
pub const CONFIG: &str = "pangea_service_config";
pub const SERVICE_CLIENT: &str = "pangea_service_client";
pub const JWKS: &str = "pangea_jwks";
pub const RESOURCES: [&str; 7] = [PROJECT, CLIENT, GRANT, SECRET, ORGANIZATION, SERVICE_CLIENT, CONFIG];

pub const READ: &str = "pangea:platform:project:read";
pub const MANAGE: &str = "pangea:platform:project:manage";
pub const AUDIT: &str = "pangea:service:audit:config:manage";

pub fn project(name: &str) -> Value {
    json!({ "name": name, "geo": "us" })
}

pub fn client(name: &str, scopes: &[&str]) -> Value {
    json!({ "name": name, "scopes": scopes })
}

pub fn grant(client_id: &Value, scopes: &[&str]) -> Value {
    json!({ "client_id": client_id, "scopes": scopes })
}

/// A small valid configuration of each resource type; the client of a grant or a secret need not exist for a plan.
pub fn sample(type_name: &str) -> Value {
    match type_name {
        PROJECT => project("it"),
        CLIENT => client("it", &[READ, MANAGE]),
        SERVICE_CLIENT => client("it", &["pangea:service:ai-guard:read"]),
        GRANT => grant(&json!("psa_abcdefghijklmnopqrstuvwxyz234567"), &[AUDIT]),
        SECRET => json!({ "client_id": "psa_abcdefghijklmnopqrstuvwxyz234567" }),
        ORGANIZATION => json!({ "name": "it", "adopt": true }),
        CONFIG => json!({ "service": "audit", "name": "it" }),
        other => panic!("{other} has no sample"),
    }
}

#[tokio::test]
async fn every_resource_type_has_a_sample() {
    let host = Host::unconfigured().await;
    assert!(host.schema.resource_schemas.keys().eq(std::collections::BTreeSet::from(RESOURCES)));
    let data_sources = [
        "pangea_client",
        "pangea_client_roles",
        "pangea_client_secrets",
        "pangea_clients",
        JWKS,
        "pangea_oauth_server",
        "pangea_organization",
        "pangea_project",
        "pangea_projects",
        "pangea_service_config",
        "pangea_service_configs",
        "pangea_text_guard",
    ];
    assert!(host.schema.data_source_schemas.keys().eq(data_sources));
}
