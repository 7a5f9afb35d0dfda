//! A framework for Terraform and OpenTofu providers: protocol 6.11, values, schemas and plans.
//!
//! It knows Terraform and has never heard of any service or web API. A provider declares models with `#[derive(Model)]`,
//! says with [`Resource`], [`DataSource`], [`EphemeralResource`], [`Function`], [`ListResource`] and [`Action`] what happens to
//! them, lists them in its [`Provider`], and calls [`serve`]. The folder `examples` holds whole providers to copy from.
//!
//! Reading order: [`Value`] and [`Dynamic`] (values), [`Attribute`] and [`Model`] (what a block may hold), [`Resource`],
//! [`DataSource`] and [`Provider`] (what a provider writes), then `plan` (pure), `server` (each call in the framework's own
//! terms) and `wire` (the one room that speaks protobuf).

#![deny(missing_docs)]

// The derive macro names this crate by its outside name, inside it too.
extern crate self as tf_framework;

mod action;
mod block;
mod capabilities;
mod check_schema;
mod context;
mod data_source;
mod deferral;
mod diagnostics;
mod duration;
mod ephemeral;
mod function;
mod generate_config;
mod identity;
#[cfg(feature = "inside")]
#[doc(hidden)]
pub mod inside;
mod list_resource;
mod log;
mod model;
mod modify_plan;
mod move_state;
mod normal_form;
mod number;
mod path;
mod plan;
mod private;
mod provider;
mod registration;
mod resource;
mod same;
mod schema;
mod secret;
mod serve;
mod server;
mod stop;
mod timeouts;
mod types;
mod validate;
mod value;
pub mod wire;

pub use async_trait::async_trait;
pub use tf_framework_derive::Model;

pub use action::{Action, ActionType, Progress};
pub use block::{Block, BlockNesting};
pub use check_schema::{SchemaProblem, check_schema};
pub use context::Context;
pub use data_source::{DataSource, DataSourceType};
pub use deferral::DeferredReason;
pub use diagnostics::{Diagnostic, Diagnostics, Severity};
pub use duration::{GoDuration, NoDuration};
pub use ephemeral::{EphemeralContext, EphemeralResource, EphemeralResourceType};
pub use function::{Function, FunctionError, FunctionType};
pub use generate_config::GenerateConfig;
pub use identity::Identified;
pub use list_resource::{ListResource, ListResourceType, Results};
pub use model::{AttributeValue, BlockValue, Element, Misfit, Model, Object, Unfit};
pub use modify_plan::Plan;
pub use move_state::{MoveSource, MoveState};
pub use number::{Number, NumberError};
pub use path::{Path, Step};
pub use private::Private;
pub use provider::{Host, Provider, serve};
pub use registration::{Registration, ResourceType};
pub use resource::Resource;
pub use schema::{Attribute, Nesting, Presence, Replacement, Schema, Shape};
pub use secret::Secret;
pub use serve::Job;
pub use stop::StopSignal;
pub use timeouts::{InvokeTimeout, OpenTimeout, ReadTimeout, Timeouts};
pub use types::{Type, TypeError};
pub use value::{Dynamic, Set, Value, ValueError};

/// What an operation comes to; the error is what the person reads.
pub type Result<T, E = Diagnostics> = std::result::Result<T, E>;
