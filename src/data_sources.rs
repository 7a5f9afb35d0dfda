//! The data sources, one file each.

pub mod jwks;

pub use jwks::Jwks;
