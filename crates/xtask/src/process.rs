//! Other programs, run with a time limit and without what the caller's shell would slip in.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::{self, JoinHandle};
use std::time::Duration;
use std::{env, str};

use anyhow::{Context, Result, bail};

/// What a finished program left behind.
#[derive(Debug, Clone)]
pub struct Output {
    /// The exit code; `None` where a signal ended it.
    pub code: Option<i32>,
    /// All of its stdout, with whatever is not UTF-8 replaced.
    pub stdout: String,
    /// All of its stderr, likewise. Empty for [`shown`], which lets stderr through.
    pub stderr: String,
}

impl Output {
    /// The output itself, or an error that holds all that the program said.
    pub fn success(self) -> Result<Output> {
        if self.code == Some(0) {
            return Ok(self);
        }
        let code = self.code.map_or("a signal".to_owned(), |code| format!("exit code {code}"));
        bail!("it ended with {code}\n{}{}", self.stdout, self.stderr)
    }
}

/// A command that the caller's shell can't steer: no `PANGEA_*`, no `TF_*`, no proxy, no word to Terraform's version service.
pub fn isolated(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        if steers(&name.to_string_lossy()) {
            command.env_remove(&name);
        }
    }
    command.env("CHECKPOINT_DISABLE", "1");
    command
}

/// Runs the command to its end and gives what it printed; at `limit` it is killed with all that it started, and that is an error.
pub fn output(command: &mut Command, limit: Duration) -> Result<Output> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // A group of its own, so that the limit reaches a provider that Terraform started.
    let child = command.process_group(0).spawn().with_context(|| format!("{} does not start", line(command)))?;
    let watchdog = Watchdog::over(&child, limit);
    let left = child.wait_with_output().with_context(|| line(command))?;
    let output = Output { code: left.status.code(), stdout: lossy(&left.stdout), stderr: lossy(&left.stderr) };
    if watchdog.fired() {
        bail!("{} took longer than {limit:?}\n{}{}", line(command), output.stdout, output.stderr);
    }
    Ok(output)
}

/// Runs the command until `condition` holds, and then kills it with all that it started, as a machine that dies would. That it ends
/// before, or that `limit` comes first, is an error.
pub fn killed_when(command: &mut Command, limit: Duration, condition: impl Fn() -> bool) -> Result<()> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.process_group(0).spawn().with_context(|| format!("{} does not start", line(command)))?;
    let watchdog = Watchdog::over(&child, limit);
    while !condition() {
        if let Some(status) = child.try_wait()? {
            let why = if watchdog.fired() { "took too long" } else { "ended by itself" };
            bail!("{} {why} ({status})", line(command));
        }
        pause(Duration::from_millis(2));
    }
    kill(&format!("-{}", child.id()));
    child.wait()?;
    watchdog.fired();
    Ok(())
}

/// Like [`output`], but the person at the terminal sees each line as it comes.
pub fn shown(command: &mut Command, limit: Duration) -> Result<Output> {
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    // In the terminal's own group: Ctrl-C is meant for the program that is seen running.
    let mut child = command.spawn().with_context(|| format!("{} does not start", line(command)))?;
    let watchdog = Watchdog::over(&child, limit);
    let mut stdout = String::new();
    if let Some(pipe) = child.stdout.take() {
        for piece in BufReader::new(pipe).split(b'\n') {
            let piece = lossy(&piece?);
            println!("{piece}");
            stdout.push_str(&piece);
            stdout.push('\n');
        }
    }
    let status = child.wait()?;
    if watchdog.fired() {
        bail!("{} took longer than {limit:?}", line(command));
    }
    Ok(Output { code: status.code(), stdout, stderr: String::new() })
}

/// Waits between two looks at something that tells nobody when it changes, such as a file.
#[expect(clippy::disallowed_methods, reason = "the one place for it: a job that looks again and again, within a limit")]
pub fn pause(time: Duration) {
    thread::sleep(time);
}

/// The first of `names` that is a file on `PATH`.
pub fn on_path(names: &[&str]) -> Option<std::path::PathBuf> {
    let path = env::var_os("PATH")?;
    let found = |name: &&str| env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
    names.iter().find_map(found)
}

/// The whole of a file, or what can be read of it: for error messages.
pub fn tail(file: &Path) -> String {
    let mut text = String::new();
    let read = std::fs::File::open(file).and_then(|mut file| file.read_to_string(&mut text));
    read.map_or_else(|error| format!("({} can't be read: {error})", file.display()), |_| text)
}

fn steers(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["PANGEA_", "TF_", "TOFU_", "CHECKPOINT_"].iter().any(|prefix| name.starts_with(prefix)) || name.ends_with("_PROXY")
}

/// The program and its arguments. `Command`'s own `Debug` would print the environment too, and that holds credentials.
fn line(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Kills a process, and its group where it leads one, unless it is told in time that the process has ended.
struct Watchdog {
    ended: mpsc::Sender<()>,
    thread: JoinHandle<bool>,
}

impl Watchdog {
    fn over(child: &Child, limit: Duration) -> Watchdog {
        let process = child.id();
        let (ended, wait) = mpsc::channel();
        let thread = thread::spawn(move || {
            let late = wait.recv_timeout(limit) == Err(RecvTimeoutError::Timeout);
            if late {
                kill(&format!("-{process}"));
                kill(&process.to_string());
            }
            late
        });
        Watchdog { ended, thread }
    }

    fn fired(self) -> bool {
        // The send fails only where the thread is through already, which is what is asked next.
        let _ = self.ended.send(());
        self.thread.join().unwrap_or(false)
    }
}

/// The standard library signals only single children it still holds; `kill` reaches a group as well, without unsafe code.
fn kill(target: &str) {
    let _ = Command::new("kill").args(["-KILL", "--", target]).stderr(Stdio::null()).status();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_never_ends_is_killed_with_its_children() {
        let started = std::time::Instant::now();
        let mut command = isolated("sh");
        command.args(["-c", "echo begun; sleep 600 & wait"]);

        let error = output(&mut command, Duration::from_millis(200)).unwrap_err().to_string();

        assert!(error.contains("took longer than 200ms") && error.contains("begun"), "{error}");
        assert!(started.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn exit_code_and_both_streams_come_back() {
        let left =
            output(isolated("sh").args(["-c", "echo out; echo err >&2; exit 3"]), Duration::from_secs(60)).unwrap();
        assert_eq!((left.code, left.stdout.as_str(), left.stderr.as_str()), (Some(3), "out\n", "err\n"));
    }

    #[test]
    fn what_would_steer_the_provider_is_left_out() {
        for name in
            ["PANGEA_CLIENT_SECRET", "TF_LOG", "TF_CLI_ARGS_plan", "https_proxy", "NO_PROXY", "CHECKPOINT_TIMEOUT"]
        {
            assert!(steers(name), "{name}");
        }
        for name in ["PATH", "HOME", "RUST_BACKTRACE", "TERM"] {
            assert!(!steers(name), "{name}");
        }
    }
}
