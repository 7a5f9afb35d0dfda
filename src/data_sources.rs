//! The data sources, one file each.

pub mod jwks;
pub mod service_config;
pub mod service_configs;
pub mod text_guard;

pub use jwks::Jwks;
pub use service_config::ServiceConfig;
pub use service_configs::ServiceConfigs;
pub use text_guard::TextGuard;
