//! A tiny provider, to copy from.

use std::process::ExitCode;

use tf_framework::{Diagnostics, Host, Model, Provider, Result, Value, serve};

fn main() -> ExitCode {
    serve::<Locker>()
}

struct Locker;

/// Locks are files in a folder.
#[derive(Clone, Debug, Model)]
struct Config {
    /// The folder that holds the locks.
    #[attr(required, length(1..=4096))]
    folder: Value<String>,
}

/// What every operation gets.
struct Api;

impl Provider for Locker {
    type Config = Config;
    type Api = Api;

    const NAME: &'static str = "locker";
    const ADDRESS: &'static str = "example/locker";
    const VERSION: &'static str = "0.1.0";
    const LOG_CRATES: &'static [&'static str] = &["terraform_provider_locker"];

    fn configure(_: Config, _: &Host, _: &mut Diagnostics) -> Result<Api> {
        Ok(Api)
    }
}
