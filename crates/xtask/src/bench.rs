//! `cargo xtask bench`: how fast the release build of the provider starts, and how much memory it then holds.
//!
//! Absolute times say little on a strange machine, so each stands beside a bare process measured in the same run.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::{cargo, process, target};

/// Enough for a median that repeats to a tenth of a millisecond.
const ROUNDS: usize = 41;
/// What a provider may take from start to its handshake line.
const START_BUDGET: Duration = Duration::from_millis(5);
/// What it may take of the time of another provider that is given with `--peer`.
const PEER_SHARE: f64 = 0.2;
/// What it may hold in memory at that moment, in KiB.
const MEMORY_BUDGET: u64 = 8 * 1024;
/// What the release binary may weigh, in bytes.
const BINARY_BUDGET: u64 = 10_000_000;
/// Terraform's own value: without it a provider says that it is a plugin, and ends.
const COOKIE: (&str, &str) =
    ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2");
/// A certificate as Terraform makes it (P-521, its own authority), so that the provider sets up mutual TLS. Nobody holds its key.
const CLIENT_CERTIFICATE: &str = include_str!("bench_client.pem");

/// The job. A figure over its budget is an error.
pub fn run(peer: Option<&Path>) -> Result<()> {
    // The whole release build may take minutes: link-time optimization.
    cargo::build(&["--release", "--package", "terraform-provider-pangea"])?;
    let provider = target().join("release/terraform-provider-pangea");
    let bare = measure(Path::new("echo"))?;
    println!("bare process (echo)   start {:>9}   memory at that moment {:>7}", ms(bare.start), "-");
    let ours = measure(&provider)?;
    println!("this provider         start {:>9}   memory at that moment {:>4} KiB", ms(ours.start), ours.memory);
    let ratio = ours.start.as_secs_f64() / bare.start.as_secs_f64();
    let size = fs::metadata(&provider)?.len();
    println!("\n{ratio:.1} x a bare process; medians of {ROUNDS}; binary {:.1} MB", size as f64 / 1e6);
    if let Some(peer) = peer {
        let theirs = measure(peer).with_context(|| format!("the peer {} can't be measured", peer.display()))?;
        println!(
            "the peer              start {:>9}   memory at that moment {:>4} KiB",
            ms(theirs.start),
            theirs.memory
        );
        let share = ours.start.as_secs_f64() / theirs.start.as_secs_f64();
        println!("{share:.2} x the peer");
        ensure!(share <= PEER_SHARE, "start takes {share:.2} of the peer's time, over the budget of {PEER_SHARE}");
    }
    ensure!(ours.start <= START_BUDGET, "start takes {}, over the budget of {}", ms(ours.start), ms(START_BUDGET));
    ensure!(ours.memory <= MEMORY_BUDGET, "memory is {} KiB, over the budget of {MEMORY_BUDGET} KiB", ours.memory);
    ensure!(size <= BINARY_BUDGET, "the binary has {size} bytes, over the budget of {BINARY_BUDGET}");
    println!("All within budget: {} , {MEMORY_BUDGET} KiB, {} MB.", ms(START_BUDGET), BINARY_BUDGET / 1_000_000);
    Ok(())
}

struct Figures {
    /// From the start of the process to its first whole line.
    start: Duration,
    /// Resident, in KiB; 0 where the process is gone by then.
    memory: u64,
}

fn measure(program: &Path) -> Result<Figures> {
    // Killed providers leave their sockets behind; they go with this folder.
    let folder = tempfile::tempdir()?;
    let mut rounds = (0..ROUNDS).map(|_| one_start(program, folder.path())).collect::<Result<Vec<_>>>()?;
    rounds.sort_by_key(|figures| figures.start);
    let start = rounds[ROUNDS / 2].start;
    rounds.sort_by_key(|figures| figures.memory);
    Ok(Figures { start, memory: rounds[ROUNDS / 2].memory })
}

fn one_start(program: &Path, folder: &Path) -> Result<Figures> {
    let mut command = process::isolated(program);
    command.env(COOKIE.0, COOKIE.1).env("PLUGIN_PROTOCOL_VERSIONS", "6").env("PLUGIN_CLIENT_CERT", CLIENT_CERTIFICATE);
    command.env("PLUGIN_MIN_PORT", "10000").env("PLUGIN_MAX_PORT", "25000").env("TMPDIR", folder);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let started = Instant::now();
    let mut child = Ended(command.spawn().with_context(|| format!("{} does not start", program.display()))?);
    let mut line = String::new();
    BufReader::new(child.0.stdout.take().context("it has no stdout")?).read_line(&mut line)?;
    let figures = Figures { start: started.elapsed(), memory: resident(child.0.id()) };
    ensure!(!line.is_empty(), "{} ended without a handshake line", program.display());
    Ok(figures)
}

/// A process that ends with this value.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn resident(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn ms(time: Duration) -> String {
    format!("{:.2} ms", time.as_secs_f64() * 1000.0)
}
