//! The ephemeral resources, one file each: what exists while Terraform runs, and stands in no plan and no state.

pub mod access_token;
pub mod client_secret;
pub mod token_info;

pub use access_token::AccessToken;
pub use client_secret::ClientSecret;
pub use token_info::TokenInfo;
