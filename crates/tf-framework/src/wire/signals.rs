//! Signals, and the death of the host: the ends of a process that nobody asks for over the wire.

use std::sync::Arc;
#[cfg(unix)]
use std::time::Duration;

use super::lifecycle::Lifecycle;
use super::start_error::StartError;
use crate::serve::Mode;

/// How often a plugin looks whether its host still lives. An orphan holds live credentials, and nobody would ever end it.
#[cfg(unix)]
const ORPHAN_CHECK: Duration = Duration::from_secs(1);

/// Watches in the background from now on.
///
/// A terminal sends Ctrl-C to the host and to its plugins alike; the host then ends them in order, so a plugin ignores it.
#[cfg(unix)]
pub(crate) fn watch(mode: Mode, lifecycle: Arc<Lifecycle>) -> Result<(), StartError> {
    use std::os::unix::process::parent_id;

    use tokio::signal::unix::{SignalKind, signal};

    let handler = |kind| signal(kind).map_err(|error| StartError::new("cannot listen for signals", error));
    let mut interrupt = handler(SignalKind::interrupt())?;
    let mut terminate = handler(SignalKind::terminate())?;
    let host = parent_id();
    tokio::spawn(async move {
        loop {
            tokio::select! {
                _ = interrupt.recv() => {
                    if mode == Mode::Debug {
                        break;
                    }
                    tracing::debug!("ignored an interrupt: the host decides what it means");
                }
                _ = terminate.recv() => break,
                () = death_of(host), if mode == Mode::Plugin => {
                    tracing::warn!("the host is gone without a word");
                    break;
                }
            }
        }
        lifecycle.shut_down().await;
    });
    Ok(())
}

/// Returns when another process than the host has become the parent.
#[cfg(unix)]
async fn death_of(host: u32) {
    let mut checks = tokio::time::interval(ORPHAN_CHECK);
    while std::os::unix::process::parent_id() == host {
        checks.tick().await;
    }
}

/// Watches in the background from now on. A plugin ignores Ctrl-C, as it does elsewhere.
#[cfg(not(unix))]
pub(crate) fn watch(mode: Mode, lifecycle: Arc<Lifecycle>) -> Result<(), StartError> {
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if mode == Mode::Debug {
                return lifecycle.shut_down().await;
            }
        }
    });
    Ok(())
}
