//! The end of a process: clean up once, then tell everyone.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::watch;

use crate::log::guarded;

/// How long the clean-up may take. The host waits for it; the person at the terminal does too.
const CLEAN_UP_LIMIT: Duration = Duration::from_secs(5);

/// What every part of the process asks to learn that the end has come.
pub(crate) struct Lifecycle {
    clean_up: Mutex<Option<BoxFuture<'static, ()>>>,
    stopped: watch::Sender<bool>,
}

impl Lifecycle {
    pub(crate) fn new(clean_up: BoxFuture<'static, ()>) -> Arc<Self> {
        Arc::new(Self { clean_up: Mutex::new(Some(clean_up)), stopped: watch::Sender::new(false) })
    }

    /// Cleans up and ends serving; returns when the clean-up is over. Later callers wait for the first one.
    pub(crate) async fn shut_down(self: &Arc<Self>) {
        let clean_up = self.clean_up.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(clean_up) = clean_up {
            // A task of its own: a host that hangs up in the middle must not cut the clean-up short.
            let this = self.clone();
            tokio::spawn(async move {
                match tokio::time::timeout(CLEAN_UP_LIMIT, guarded(clean_up)).await {
                    Ok(Ok(())) => {}
                    Ok(Err(panic)) => tracing::error!(%panic, "the clean-up before exit panicked"),
                    Err(_) => tracing::error!("the clean-up before exit took too long"),
                }
                this.stopped.send_replace(true);
            });
        }
        self.stopped().await;
    }

    /// Waits for the end.
    pub(crate) fn stopped(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut stopped = self.stopped.subscribe();
        async move {
            // A dropped sender is an end too.
            let _ = stopped.wait_for(|stopped| *stopped).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_clean_up_that_hangs_is_given_up() {
        let lifecycle = Lifecycle::new(Box::pin(std::future::pending()));
        lifecycle.shut_down().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_clean_up_that_panics_still_ends_the_process() {
        let lifecycle = Lifecycle::new(Box::pin(async { panic!("no way out") }));
        lifecycle.shut_down().await;
    }

    #[tokio::test(start_paused = true)]
    async fn every_caller_waits_for_the_one_clean_up() {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let lifecycle = Lifecycle::new(Box::pin(async {
            receiver.await.unwrap();
        }));
        let first = tokio::spawn({
            let lifecycle = lifecycle.clone();
            async move { lifecycle.shut_down().await }
        });
        let second = tokio::spawn({
            let lifecycle = lifecycle.clone();
            async move { lifecycle.shut_down().await }
        });
        tokio::task::yield_now().await;
        assert!(!first.is_finished() && !second.is_finished());
        sender.send(()).unwrap();
        first.await.unwrap();
        second.await.unwrap();
    }
}
