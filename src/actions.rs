//! The actions, one file each: what is done and leaves no object for Terraform to manage.

pub mod client_secret_rotate;
pub mod token_revoke;

pub use client_secret_rotate::ClientSecretRotate;
pub use token_revoke::TokenRevoke;
