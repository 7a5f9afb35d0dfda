//! `terraform-provider-pangea export`: import blocks and HCL for what exists, where no `terraform query` does it: Terraform before
//! 1.14, and OpenTofu.
//!
//! Each object is imported and read as Terraform would, and its configuration is what Terraform itself has the provider generate.
//! An import block names no provider: beside the object's own `resource` block every version takes that, and none takes the name.
//! Grants are not exported, since what they gave belongs to their clients by now; nor are secrets of a run.

mod hcl;
mod objects;

use std::{fmt::Write as _, io::Write as _, process::ExitCode};

use pangea_client::Stop;
use tf_framework::{Diagnostic, Diagnostics, Job, Provider as _, Result, Severity};

use crate::provider::{Block, Pangea, PangeaProvider, Settings, environment_of_process};

/// The job, as the program knows it.
pub const JOB: Job = Job { name: "export", about: "Write import blocks and HCL for what exists.", run };

const HELP: &str = "\
Usage: terraform-provider-pangea export > imported.tf

Writes an import block and a resource block for whatever the login sees: the organization, projects, management and service
clients, their further secrets, and service configurations in projects where one of the clients can act. A plan of it imports, and changes
nothing. Values of secrets can't be read, so none is written.

It logs in as the provider does: PANGEA_CLIENT_ID and PANGEA_CLIENT_SECRET, or PANGEA_ACCESS_TOKEN. PANGEA_ORGANIZATION_ID names
the organization, PANGEA_DOMAIN or PANGEA_BASE_URL_TEMPLATE the address. Nothing is changed, but for a secret of ten minutes for
each client that is acted as, which is revoked in the end.
";

/// What a shell takes for a misuse.
const USAGE: u8 = 2;

fn run(arguments: &[String]) -> ExitCode {
    match arguments {
        [] => {}
        [only] if ["--help", "-help", "-h"].contains(&only.as_str()) => return print(HELP),
        [first, ..] => {
            complain(&format!(
                "terraform-provider-pangea export: unknown argument {first:?}; --help says what it does\n"
            ));
            return ExitCode::from(USAGE);
        }
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("terraform-provider-pangea export: cannot start: {error}\n"));
            return ExitCode::FAILURE;
        }
    };
    let mut warnings = Diagnostics::new();
    match runtime.block_on(export(&mut warnings)) {
        Ok(text) => {
            complain(&rendered(&warnings));
            print(&text)
        }
        Err(errors) => {
            warnings.extend(errors);
            complain(&rendered(&warnings));
            ExitCode::FAILURE
        }
    }
}

/// Everything that is found, as the text of a file.
async fn export(warnings: &mut Diagnostics) -> Result<String> {
    let (settings, found) = Settings::resolve(&Block::default(), &environment_of_process);
    if found.has_errors() {
        return Err(found);
    }
    warnings.extend(found);
    let stop = Stop::new();
    let pangea = Pangea::new(settings, "export", stop.clone())?;
    let text = tokio::select! {
        text = write(&pangea, warnings) => text,
        _ = tokio::signal::ctrl_c() => {
            stop.signal();
            Err(Diagnostic::error("The export was stopped", "Nothing was written.").into())
        }
    };
    pangea.shutdown().await;
    text
}

async fn write(pangea: &Pangea, warnings: &mut Diagnostics) -> Result<String> {
    let types = PangeaProvider::resources();
    let mut text = format!(
        "# Written by terraform-provider-pangea {}: what exists, to be imported. A plan of it changes nothing.\n# The import \
         blocks can go once they are applied.\n",
        PangeaProvider::VERSION
    );
    let mut names = hcl::Names::default();
    for object in objects::find(pangea, warnings).await? {
        let Some(kind) = types.iter().find(|kind| kind.name() == object.kind) else { continue };
        // What was deleted since it was listed is not there to be imported.
        let Some(config) = kind.configuration_of(pangea, &object.import_id, warnings).await? else { continue };
        let name = names.unused(object.kind, &object.name);
        let id = hcl::quoted(&object.import_id);
        let body = hcl::body(&config);
        // Writing to a text does not fail.
        let _ = write!(
            text,
            "\nimport {{\n  to = {kind}.{name}\n  id = {id}\n}}\n\nresource \"{kind}\" \"{name}\" {{\n{body}}}\n",
            kind = object.kind
        );
    }
    Ok(text)
}

/// Messages as Terraform shows them, without its frame.
fn rendered(diagnostics: &Diagnostics) -> String {
    let one = |diagnostic: &Diagnostic| {
        let severity = match diagnostic.severity {
            Severity::Error => "Error",
            Severity::Warning => "Warning",
        };
        format!("{severity}: {}\n\n{}\n\n", diagnostic.summary, diagnostic.detail)
    };
    diagnostics.iter().map(one).collect()
}

/// Whoever reads no more, such as `head`, has what he wants.
fn print(text: &str) -> ExitCode {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    ExitCode::SUCCESS
}

fn complain(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}
