//! Black-box checks of any provider binary that speaks Terraform's protocol 6.
//!
//! Charter: this room knows the wire, what Terraform and OpenTofu send over it, and what they hold the answers to. It never
//! knows a framework's own types, nor what any provider is about.
//!
//! Reading order: [`Suite`] (a provider under test, and the table of checks), [`samples`] (what a person tells of a provider),
//! [`plugin`] and [`session`] (the process and the calls), [`life`] (the steps of a managed object), [`core`] (what Terraform's
//! core sends, and the checks that it makes), [`value`] and [`types`] (values as JSON).

pub mod broken;
mod checks;
pub mod core;
pub mod life;
pub mod plugin;
pub mod refinement;
pub mod samples;
pub mod session;
pub mod suite;
pub mod types;
pub mod value;

pub use broken::{Broken, Result};
pub use samples::Samples;
pub use suite::{Report, Scope, Suite, Verdict};
