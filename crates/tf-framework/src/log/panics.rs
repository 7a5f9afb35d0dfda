//! Panics: one that is caught costs a request and is logged; one that is not is told in the words that the host knows.
//!
//! Terraform takes any line that starts with `panic: ` for a crash, and tells the user so even when the request was answered.

// Public for tests alone, through `wire::proto`.
#![cfg_attr(not(feature = "client"), allow(unreachable_pub))]

use std::any::Any;
use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::poll_fn;
use std::io::Write;
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::pin::pin;
use std::task::Poll;

thread_local! {
    /// Whether a panic on this thread, now, would be caught by [`guarded`].
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
    /// Where the last guarded panic happened.
    static LOCATION: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs a future to its end, or to its panic.
///
/// Work that the future spawns is not guarded: it runs on its own.
///
/// # Errors
///
/// The text of the panic.
pub async fn guarded<F: Future>(future: F) -> Result<F::Output, PanicMessage> {
    let mut future = pin!(future);
    poll_fn(|cx| {
        let outer = IS_GUARDED.replace(true);
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)));
        IS_GUARDED.set(outer);
        match polled {
            Ok(polled) => polled.map(Ok),
            Err(payload) => Poll::Ready(Err(PanicMessage::new(&*payload))),
        }
    })
    .await
}

/// What a panic said and where, without a backtrace: it is shown to the user, who can report it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PanicMessage {
    message: String,
    location: Option<String>,
}

impl PanicMessage {
    fn new(payload: &(dyn Any + Send)) -> Self {
        Self { message: text(payload).to_owned(), location: LOCATION.take() }
    }
}

/// The message, and the place in the source in parentheses.
impl fmt::Display for PanicMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.location {
            Some(location) => write!(f, " (at {location})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for PanicMessage {}

/// Takes over what is written about panics in this process.
pub(crate) fn install_hook() {
    std::panic::set_hook(Box::new(report));
}

fn report(info: &PanicHookInfo<'_>) {
    let message = text(info.payload());
    let location = info.location().map_or_else(|| "unknown place".to_owned(), ToString::to_string);
    if IS_GUARDED.get() {
        tracing::error!(panic = message, location, "caught a panic in the provider");
        LOCATION.set(Some(location));
        return;
    }
    let mut report = format!("panic: {message}\n\nat {location}\n");
    let backtrace = Backtrace::capture();
    if backtrace.status() == BacktraceStatus::Captured {
        report.push_str(&backtrace.to_string());
    }
    // One write, so that no log line gets in between. Stderr is the last place to report to.
    let _ = std::io::stderr().write_all(report.as_bytes());
}

fn text(payload: &(dyn Any + Send)) -> &str {
    if let Some(text) = payload.downcast_ref::<&str>() {
        text
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text
    } else {
        "no message"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_becomes_its_text() {
        let number = 7;
        let panic = guarded(async { assert_eq!(number, 8, "numbers differ") }).await.unwrap_err();
        assert!(panic.to_string().contains("numbers differ"), "{panic}");
    }

    #[tokio::test]
    async fn a_panic_after_an_await_is_caught_too() {
        let result = guarded(async {
            tokio::task::yield_now().await;
            panic!("late");
        })
        .await;
        assert_eq!(result.map_err(|panic| panic.message), Err("late".to_owned()));
    }

    #[tokio::test]
    async fn the_guard_ends_with_the_future() {
        assert_eq!(guarded(async { IS_GUARDED.get() }).await, Ok(true));
        assert!(!IS_GUARDED.get());
    }
}
