//! Black-box checks of any provider binary that speaks Terraform's protocol 6.
//!
//! Charter: this room knows the wire, what Terraform and OpenTofu send over it, and what they hold the answers to. It never
//! knows a framework's own types, nor what any provider is about.
//!
//! Reading order: [`plugin`] (the process and the way to it), [`value`] and [`types`] (values as JSON), [`core`] (what
//! Terraform's core sends, and the checks that it makes).

pub mod broken;
pub mod core;
pub mod plugin;
pub mod refinement;
pub mod types;
pub mod value;

pub use broken::{Broken, Result};
