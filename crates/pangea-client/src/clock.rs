//! Time as an argument: what the client waits for and compares with.

use std::{
    future::Future,
    pin::Pin,
    time::{Duration, SystemTime},
};

use tokio::time::Instant;

/// The client's source of time. Tests put in one of their own, so that they never sleep.
pub trait Clock: Send + Sync {
    /// A monotonic instant, for the expiry of tokens and the end of cool-downs.
    fn now(&self) -> Instant;

    /// The time of day, for a `Retry-After` that is a date.
    fn wall(&self) -> SystemTime;

    /// Completes when `duration` has passed.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

/// The machine's own clock, through tokio's timer.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        Instant::now()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }
}
