//! The program `pangea-emulator`: an emulator for the shell, which prints what to export.

use std::fs;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use pangea_emulator::{Options, Server, Switch};

/// Emulates Pangea's management APIs. Prints the variables to export, and runs until it is stopped.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// File that keeps the documents, with live secrets in them, across restarts.
    #[arg(long)]
    data: Option<PathBuf>,
    /// Make an organization, a management client, a project and an AuthN token where the data holds none.
    #[arg(long)]
    seed: bool,
    /// Behaviours that differ from the best guess about the real service; may be repeated.
    #[arg(long = "switch", value_name = "NAME")]
    switches: Vec<Switch>,
    /// Answer every console and AuthN call this many times with 202 before its result is given.
    #[arg(long, default_value_t = 0, value_name = "TIMES")]
    accepted: u32,
    /// Serve HTTPS, and write the certificate of the authority made for it to this file.
    #[arg(long, value_name = "CA_FILE")]
    tls: Option<PathBuf>,
    /// Make the same ids and secrets in every run.
    #[arg(long, value_name = "NUMBER")]
    rng_seed: Option<u64>,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nobody is left to be told where stderr is closed.
            let _ = writeln!(io::stderr(), "pangea-emulator: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> io::Result<()> {
    if !arguments.listen.ip().is_loopback() {
        writeln!(
            io::stderr(),
            "pangea-emulator: warning: {} is not a loopback address; whoever reaches it can use the credentials below",
            arguments.listen
        )?;
    }
    let server = Server::start(Options {
        listen: arguments.listen,
        data: arguments.data,
        seed: arguments.seed,
        switches: arguments.switches.into_iter().collect(),
        accepted: arguments.accepted,
        tls: arguments.tls.is_some(),
        rng_seed: arguments.rng_seed,
    })?;
    if let (Some(file), Some(certificate)) = (&arguments.tls, server.ca_certificate_pem()) {
        fs::write(file, certificate)?;
    }
    announce(&server, arguments.tls)?;
    wait_for_the_end()
}

/// Prints lines that a shell can `eval`, and flushes them, since the reader may be a pipe.
fn announce(server: &Server, ca_file: Option<PathBuf>) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "# Pangea emulator. Open {}/ in a browser to see what it holds.", server.url())?;
    for (name, value) in server.environment() {
        writeln!(out, "export {name}='{value}'")?;
    }
    if let Some(file) = ca_file {
        writeln!(out, "# Trust this authority, as the provider's ca_certificate_pem:")?;
        writeln!(out, "export PANGEA_EMULATOR_CA_FILE='{}'", file.display())?;
    }
    if server.credentials().is_none() {
        writeln!(out, "# There is no client yet: start with --seed to get one.")?;
    }
    out.flush()
}

fn wait_for_the_end() -> io::Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(tokio::signal::ctrl_c())
}
