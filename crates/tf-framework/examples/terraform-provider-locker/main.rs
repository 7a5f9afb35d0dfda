//! A provider to copy from: an ephemeral resource, a function, and a resource with a write-only attribute.
//!
//! A folder holds lockers. `NAME.code` is the code of a locker, which nobody should read in a plan or a state. Whoever takes a
//! locker has it alone, so that runs don't get into each other's way. The README beside this file says how to run it.

mod label;
mod lease;
mod lockers;
mod safe;

use std::process::ExitCode;

use tf_framework::{
    Diagnostics, EphemeralResourceType, FunctionType, Host, Model, Provider, ResourceType, Result, Value, serve,
};

use crate::{label::Label, lease::Lease, lockers::Lockers, safe::Safe};

fn main() -> ExitCode {
    serve::<Locker>()
}

struct Locker;

/// Lockers are files in a folder.
#[derive(Clone, Model)]
struct Config {
    /// The folder.
    #[attr(required, length(1..=4096))]
    folder: Value<String>,
}

impl Provider for Locker {
    type Config = Config;
    type Api = Lockers;

    const NAME: &'static str = "locker";
    const ADDRESS: &'static str = "example/locker";
    const VERSION: &'static str = "0.1.0";
    const LOG_CRATES: &'static [&'static str] = &["terraform_provider_locker"];

    // Nothing is opened here: the folder may be unknown during a plan, and not each run needs it.
    fn configure(config: Config, _: &Host, _: &mut Diagnostics) -> Result<Lockers> {
        Ok(Lockers::new(config.folder.into_known()))
    }

    fn resources() -> Vec<ResourceType<Lockers>> {
        vec![ResourceType::of::<Safe>().into()]
    }

    fn ephemeral_resources() -> Vec<EphemeralResourceType<Lockers>> {
        vec![EphemeralResourceType::of::<Lease>()]
    }

    fn functions() -> Vec<FunctionType> {
        vec![FunctionType::of::<Label>()]
    }
}
