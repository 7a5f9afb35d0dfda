//! The data sources, one file each.

pub mod client;
pub mod client_roles;
pub mod client_secrets;
pub mod clients;
pub mod jwks;
pub mod oauth_server;
pub mod organization;
pub mod project;
pub mod projects;
pub mod service_config;
pub mod service_configs;
pub mod text_guard;

mod lookup;

pub use client::Client;
pub use client_roles::ClientRoles;
pub use client_secrets::ClientSecrets;
pub use clients::Clients;
pub use jwks::Jwks;
pub use oauth_server::OauthServer;
pub use organization::Organization;
pub use project::Project;
pub use projects::Projects;
pub use service_config::ServiceConfig;
pub use service_configs::ServiceConfigs;
pub use text_guard::TextGuard;
