//! The functions, one file each: pure, and called before the provider is configured.

pub mod basic_auth;
pub mod jwk_to_pem;
pub mod parse_id;
pub mod parse_scopes;

pub use basic_auth::BasicAuth;
pub use jwk_to_pem::JwkToPem;
pub use parse_id::ParseId;
pub use parse_scopes::ParseScopes;
