//! Until when the calls of one operation must be over.

use std::time::Duration;

use tokio::time::Instant;

use crate::{
    clock::Clock,
    error::{Failure, Kind},
};

/// The end of an operation, if it has one.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Deadline(Option<End>);

#[derive(Clone, Copy, Debug)]
struct End {
    at: Instant,
    limit: Duration,
}

impl Deadline {
    /// The end of an operation that begins now; none where no clock can hold it.
    pub(crate) fn after(limit: Duration, now: Instant) -> Deadline {
        Deadline(now.checked_add(limit).map(|at| End { at, limit }))
    }

    /// How much time is left.
    pub(crate) fn remaining(self, now: Instant) -> Duration {
        self.0.map_or(Duration::MAX, |end| end.at.saturating_duration_since(now))
    }

    /// What the future comes to, unless the operation is over before.
    pub(crate) async fn cut<T>(self, clock: &dyn Clock, future: impl Future<Output = T>) -> Result<T, Failure> {
        if self.0.is_none() {
            return Ok(future.await);
        }
        let end = async { clock.sleep(self.remaining(clock.now())).await };
        tokio::select! {
            biased;
            outcome = future => Ok(outcome),
            () = end => Err(self.over()),
        }
    }

    /// The failure of a call that comes too late.
    pub(crate) fn over(self) -> Failure {
        let what = format!("not sent, since the operation's time limit of {} was over", self.limit());
        Failure { overdue: true, ..Failure::new(Kind::Timeout, what) }
    }

    /// How long the operation may take, for messages.
    pub(crate) fn limit(self) -> String {
        format!("{} s", self.0.map_or(Duration::MAX, |end| end.limit).as_secs_f64())
    }
}
