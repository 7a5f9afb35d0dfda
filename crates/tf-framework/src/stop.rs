//! The person pressed Ctrl-C: Terraform says so once, and running operations should come to an end of their own accord.

use tokio::sync::watch;

/// Tells whether Terraform asked to stop. Cheap to clone.
///
/// An operation that is told to stop still answers with what it has done: what it must not do is begin another wait.
#[derive(Clone, Debug)]
pub struct StopSignal(watch::Receiver<bool>);

impl StopSignal {
    /// Whether the call came.
    pub fn is_stopped(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns when the call comes; never, if it doesn't.
    pub async fn stopped(&mut self) {
        if self.0.wait_for(|stopped| *stopped).await.is_err() {
            // The server is gone without having called: nothing will ever stop this wait.
            std::future::pending::<()>().await;
        }
    }

    /// Returns when the call comes again: one that came before this signal was made says nothing to what began after it.
    pub(crate) async fn stopped_anew(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// The side that calls.
#[derive(Debug)]
pub(crate) struct Stopper(watch::Sender<bool>);

impl Stopper {
    pub(crate) fn new() -> Stopper {
        Stopper(watch::Sender::new(false))
    }

    pub(crate) fn signal(&self) -> StopSignal {
        StopSignal(self.0.subscribe())
    }

    pub(crate) fn stop(&self) {
        self.0.send_replace(true);
    }
}
