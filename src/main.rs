//! The plugin's program: serves the provider, and decides nothing.

use std::process::ExitCode;

fn main() -> ExitCode {
    tf_framework::serve::<terraform_provider_pangea::PangeaProvider>()
}
