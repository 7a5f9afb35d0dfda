//! The signal that ends waits early.

use tokio::sync::watch;

/// A signal that ends every wait of the client early: back-off, cool-down, polling, and the queue for a free slot.
///
/// A request that is already on its way is finished, because its answer may name something that now exists.
/// Clones share one signal, and it cannot be taken back.
#[derive(Clone, Debug)]
pub struct Stop(watch::Sender<bool>);

impl Stop {
    /// Makes a signal that has not fired.
    pub fn new() -> Stop {
        Stop(watch::Sender::new(false))
    }

    /// Fires the signal.
    pub fn signal(&self) {
        self.0.send_replace(true);
    }

    /// Whether the signal has fired.
    pub fn is_signalled(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until the signal fires; returns at once where it already has.
    pub async fn signalled(&self) {
        let mut receiver = self.0.subscribe();
        if receiver.wait_for(|fired| *fired).await.is_err() {
            // The sender is alive as long as `self` is, so this cannot happen; waiting is the harmless answer.
            std::future::pending::<()>().await;
        }
    }
}

impl Default for Stop {
    fn default() -> Stop {
        Stop::new()
    }
}
