//! A provider's process, from its arguments to its exit code.

// Public for tests alone, through `wire::proto`.
#![cfg_attr(not(feature = "client"), allow(unreachable_pub))]

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tonic::transport::Server;
use tracing::level_filters::LevelFilter;

use crate::log;
use crate::wire::environment::Environment;
use crate::wire::generated::goplugin::grpc_broker_server::GrpcBrokerServer;
use crate::wire::generated::goplugin::grpc_controller_server::GrpcControllerServer;
use crate::wire::generated::goplugin::grpc_stdio_server::GrpcStdioServer;
use crate::wire::generated::health::health_server::HealthServer;
use crate::wire::generated::tfplugin6::provider_server::{Provider, ProviderServer};
use crate::wire::handshake::{NOTICE, handshake_line, reattach_text};
use crate::wire::lifecycle::Lifecycle;
use crate::wire::side_services::{Broker, Controller, Healthy, Stdio};
use crate::wire::signals;
use crate::wire::socket::{self, Network};
use crate::wire::start_error::StartError;
use crate::wire::tls;

/// Largest message in bytes, either way; the same as Terraform's own servers. tonic's default is 4 MiB.
const MAX_MESSAGE: usize = 256 << 20;

/// How long connections may take to end once everything is cleaned up. The host kills 2 s after the answer to Shutdown; as
/// a rule it has hung up long before.
const LAST_ANSWERS_LIMIT: Duration = Duration::from_secs(1);

/// Threads that run calls: two, so that one that computes holds up nobody else. Each costs some 50 µs at the start, and the
/// default is one per core.
const WORKERS: usize = 2;

/// Exit code for arguments that make no sense, as shells and most tools use it.
const USAGE: u8 = 2;

/// A provider program: what it is called, what it serves, and how it cleans up.
pub struct Program<S> {
    /// The name in `terraform-provider-NAME`.
    pub name: &'static str,
    /// The version, without a `v`.
    pub version: &'static str,
    /// The provider's source address, such as `hashicorp/random`.
    pub address: &'static str,
    /// The crates whose log lines go to the host, beside the framework's own.
    pub log_crates: &'static [&'static str],
    /// What the program can do besides serving.
    pub jobs: &'static [Job],
    /// The provider's calls.
    pub service: S,
    /// Runs once, before the process ends on any ordered way: at most 5 s, and the host waits for it.
    pub on_shutdown: BoxFuture<'static, ()>,
    /// The kind of socket; the default is right but for tests.
    pub network: Network,
}

/// Something that a provider's program does when a person asks it to, with its name as the first argument.
pub struct Job {
    /// The argument, such as `export`.
    pub name: &'static str,
    /// What it does, in one line of the help.
    pub about: &'static str,
    /// Does it, with the arguments that follow.
    pub run: fn(&[String]) -> ExitCode,
}

/// Runs the program as its arguments say, until its host or a signal ends it.
///
/// Without arguments it is a plugin and insists on being started by a host; with `--debug` it waits for one to attach.
pub fn serve<S: Provider>(program: Program<S>) -> ExitCode {
    let arguments =
        std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned()).collect::<Vec<_>>();
    let environment = Environment::of_process();
    if let Some((name, rest)) = arguments.split_first()
        && let Some(job) = program.jobs.iter().find(|job| job.name == name)
    {
        return (job.run)(rest);
    }
    match Command::parse(&arguments) {
        Ok(Command::Version) => {
            print(&format!("{} v{}\n", program.file_name(), program.version));
            ExitCode::SUCCESS
        }
        Ok(Command::Help) => {
            print(&program.help());
            ExitCode::SUCCESS
        }
        Ok(Command::Serve(Mode::Plugin)) if !environment.has_cookie => {
            complain(NOTICE);
            ExitCode::FAILURE
        }
        Ok(Command::Serve(mode)) => run(program, mode, &environment),
        Err(argument) => {
            complain(&format!("{}: unknown argument {argument:?}; --help lists them all\n", program.file_name()));
            ExitCode::from(USAGE)
        }
    }
}

/// Who ends the process, and who is told where it listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// A host started the process, and ends it.
    Plugin,
    /// A developer started the process; any number of hosts attach to it, one after another.
    Debug,
}

#[derive(Debug, PartialEq, Eq)]
enum Command {
    Version,
    Help,
    Serve(Mode),
}

impl Command {
    /// One dash or two: Go's programs take both, and people are used to either. The error is the argument.
    fn parse(arguments: &[String]) -> Result<Self, &str> {
        let mut command = Self::Serve(Mode::Plugin);
        for argument in arguments {
            let name = argument.strip_prefix('-').unwrap_or_default();
            command = match name.strip_prefix('-').unwrap_or(name) {
                "version" => return Ok(Self::Version),
                "help" | "h" => return Ok(Self::Help),
                "debug" => Self::Serve(Mode::Debug),
                _ => return Err(argument),
            };
        }
        Ok(command)
    }
}

impl<S> Program<S> {
    fn file_name(&self) -> String {
        format!("terraform-provider-{}", self.name)
    }

    fn help(&self) -> String {
        let names: String = self.jobs.iter().map(|job| format!(" | {}", job.name)).collect();
        let jobs: String = self.jobs.iter().map(|job| format!("  {:<9}  {}\n", job.name, job.about)).collect();
        format!(
            "\
{name} v{version}: the provider {address} for Terraform and OpenTofu, protocol 6.

Usage: {name} [--debug | --version | --help{names}]

Without an argument it is a plugin: Terraform or OpenTofu starts it.

  --debug    Wait for hosts to attach, and print how they do. Ctrl-C ends it.
  --version  Print the version.
  --help     Print this.
{jobs}",
            name = self.file_name(),
            version = self.version,
            address = self.address,
        )
    }
}

fn run<S: Provider>(program: Program<S>, mode: Mode, environment: &Environment) -> ExitCode {
    let level = environment.log_level.unwrap_or(match mode {
        // A host that keeps no log drops even these; one that doesn't filter gets only what matters.
        Mode::Plugin => LevelFilter::ERROR,
        Mode::Debug => LevelFilter::INFO,
    });
    log::init(level, program.log_crates);
    log::install_hook();
    let name = program.file_name();
    let result = runtime().and_then(|runtime| {
        let result = runtime.block_on(serve_until_stopped(program, mode, environment));
        // What still runs belongs to a host that no longer listens.
        runtime.shutdown_background();
        result
    });
    log::flush();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&format!("[ERROR] {name}: {error}\n"));
            ExitCode::FAILURE
        }
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, StartError> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKERS)
        .enable_all()
        .build()
        .map_err(|error| StartError::new("cannot start the asynchronous runtime", error))
}

async fn serve_until_stopped<S: Provider>(
    program: Program<S>,
    mode: Mode,
    environment: &Environment,
) -> Result<(), StartError> {
    let lifecycle = Lifecycle::new(program.on_shutdown);
    signals::watch(mode, lifecycle.clone())?;
    let endpoint = socket::bind(program.network, environment).await?;
    let tls = match (mode, &environment.client_certificate) {
        (Mode::Plugin, Some(certificate)) => Some(tls::mutual_tls(certificate)?),
        // A developer's host shows no certificate; the socket's directory keeps others out.
        _ => None,
    };
    let (acceptor, certificate) = tls.map(|tls| (tls.acceptor, tls.certificate)).unzip();
    let incoming = socket::connections(endpoint.listener, acceptor);

    let provider = ProviderServer::new(program.service)
        .max_decoding_message_size(MAX_MESSAGE)
        .max_encoding_message_size(MAX_MESSAGE);
    let server = Server::builder()
        .add_service(provider)
        .add_service(GrpcControllerServer::new(Controller(lifecycle.clone())))
        .add_service(GrpcStdioServer::new(Stdio(lifecycle.clone())))
        .add_service(GrpcBrokerServer::new(Broker(lifecycle.clone())))
        .add_service(HealthServer::new(Healthy))
        .serve_with_incoming_shutdown(incoming, lifecycle.stopped());

    print(&match mode {
        Mode::Plugin => handshake_line(&endpoint.address, certificate.as_ref(), environment.asks_for_multiplexing),
        Mode::Debug => reattach_text(program.address, std::process::id(), &endpoint.address),
    });

    tokio::select! {
        served = server => served.map_err(|error| StartError::new("cannot serve", error)),
        () = async {
            lifecycle.stopped().await;
            tokio::time::sleep(LAST_ANSWERS_LIMIT).await;
        } => Ok(()),
    }
}

/// Writes to stdout at once. A host that has gone reads nothing, and ends the process in other ways.
fn print(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// Writes to stderr, the last place to report to.
fn complain(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_take_one_dash_or_two() {
        let parse = |arguments: &[&str]| {
            let arguments = arguments.iter().map(ToString::to_string).collect::<Vec<_>>();
            Command::parse(&arguments).map_err(str::to_owned)
        };
        assert_eq!(parse(&[]), Ok(Command::Serve(Mode::Plugin)));
        assert_eq!(parse(&["-debug"]), Ok(Command::Serve(Mode::Debug)));
        assert_eq!(parse(&["--debug"]), Ok(Command::Serve(Mode::Debug)));
        assert_eq!(parse(&["--debug", "--version"]), Ok(Command::Version));
        assert_eq!(parse(&["-h"]), Ok(Command::Help));
        assert_eq!(parse(&["debug"]), Err("debug".to_owned()));
        assert_eq!(parse(&["--debug", "x"]), Err("x".to_owned()));
        assert_eq!(parse(&[""]), Err(String::new()));
    }
}
