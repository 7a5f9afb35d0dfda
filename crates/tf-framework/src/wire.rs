//! The one room that speaks the protocol: the generated messages, and the process contract around them.

pub(crate) mod generated;

/// The generated messages and both halves of each service, for tests that play Terraform.
#[cfg(feature = "client")]
#[doc(hidden)]
pub mod proto {
    pub use super::generated::{goplugin, health, tfplugin6};
}
