//! The Pangea provider: what Terraform sees of Pangea's management APIs.
//!
//! Charter: this room knows which attribute maps to which field of the API, and what to tell a person when something goes
//! wrong. It never knows protobuf or HTTP status codes.
//!
//! Reading order: [`provider`] (the provider block, and the lists of what there is), [`resources`], [`data_sources`],
//! [`ephemerals`], [`list_resources`], [`actions`] and [`functions`] (one file each), [`diagnose`] (a client's error in, a
//! diagnostic out), then what several of them share: [`filters`], [`ids`], [`imported`], [`gone`], [`protection`], [`access`], [`acting`], `holder`,
//! `in_vault`, [`plan_help`], [`jwk_pem`].

pub mod access;
pub mod acting;
pub mod actions;
pub mod data_sources;
pub mod diagnose;
pub mod ephemerals;
pub mod export;
pub mod filters;
pub mod functions;
pub mod gone;
pub(crate) mod holder;
pub mod ids;
pub mod imported;
pub(crate) mod in_vault;
pub mod jwk_pem;
pub mod list_resources;
pub mod plan_help;
pub mod protection;
pub mod provider;
pub mod resources;

pub use provider::{Pangea, PangeaProvider};

#[cfg(test)]
mod testing;
