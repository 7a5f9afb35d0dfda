//! When a request is sent again, and how long is waited before it.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use reqwest::header::{HeaderMap, RETRY_AFTER};
use tokio::time::Instant;

use crate::{
    error::{Failure, Kind, Reached},
    request::Repeat,
};

/// How long one call may wait in all, between attempts and in cool-downs. A stuck call is worse than a failed one, and
/// what a service asks for beyond this a person should decide on.
pub(crate) const MAX_TOTAL_WAIT: Duration = Duration::from_secs(300);

/// The longest back-off before the first retry; it doubles with each further one.
const FIRST_BACKOFF: Duration = Duration::from_millis(500);

/// The longest back-off at all: beyond it a service that came back is left idle for no gain.
const MAX_BACKOFF: Duration = Duration::from_secs(15);

/// Numbers from here on in `x-ratelimit-reset` are a time of day in Unix seconds, below it a number of seconds.
const EARLIEST_UNIX_TIME: u64 = 1_000_000_000;

/// Whether a request may be sent again after this failure.
pub(crate) fn may_repeat(failure: &Failure, repeat: Repeat) -> bool {
    let may_pass = match failure.kind {
        Kind::RateLimited => true,
        Kind::Unreachable | Kind::Timeout => !failure.lasting,
        // Other 5xx say that the server cannot do this at all, or come from a middleman with rules of its own.
        Kind::Unavailable => !matches!(failure.status, Some(status) if status > 500 && !matches!(status, 502..=504)),
        _ => false,
    };
    may_pass && !failure.overdue && (repeat == Repeat::Freely || failure.reached == Reached::Refused)
}

/// The failure as the caller sees it: what may have been carried out, and must not be twice, is ambiguous.
pub(crate) fn settle(failure: Failure, repeat: Repeat) -> Failure {
    match (repeat, failure.reached) {
        (Repeat::AtMostOnce, Reached::Unknown) => Failure { kind: Kind::Ambiguous, ..failure },
        _ => failure,
    }
}

/// Exponential back-off with full jitter: any time from nothing to the bound, so that callers that failed together
/// don't come back together. `retry` counts from 0, `chance` lies between 0 and 1.
pub(crate) fn backoff(retry: u32, chance: f64) -> Duration {
    let bound = FIRST_BACKOFF.saturating_mul(2_u32.saturating_pow(retry)).min(MAX_BACKOFF);
    bound.mul_f64(chance.clamp(0.0, 1.0))
}

/// How long an answer asks to wait: `Retry-After` as seconds or as a date, else `x-ratelimit-reset`.
pub(crate) fn pause(headers: &HeaderMap, wall: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let until = |then: SystemTime| then.duration_since(wall).unwrap_or_default();
    if let Some(value) = text(RETRY_AFTER.as_str()) {
        if let Ok(seconds) = value.parse() {
            return Some(Duration::from_secs(seconds));
        }
        if let Ok(date) = httpdate::parse_http_date(value) {
            return Some(until(date));
        }
    }
    match text("x-ratelimit-reset")?.parse::<u64>().ok()? {
        // Pangea sends 0 along with every answer, also where there is no limit.
        0 => None,
        seconds if seconds < EARLIEST_UNIX_TIME => Some(Duration::from_secs(seconds)),
        time => UNIX_EPOCH.checked_add(Duration::from_secs(time)).map(until),
    }
}

/// Until when each host asked to be left alone. Shared by all callers: one that was told holds back all.
#[derive(Default)]
pub(crate) struct CoolDowns(Mutex<HashMap<String, Instant>>);

impl CoolDowns {
    /// Leaves a host alone until `then`; an earlier end does not shorten a longer pause.
    pub(crate) fn extend(&self, host: &str, then: Option<Instant>) {
        // A pause that no clock can hold ends this caller's wait at its limit; the others are asked by the host itself.
        let Some(then) = then else { return };
        let mut ends = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let end = ends.entry(host.to_owned()).or_insert(then);
        *end = (*end).max(then);
    }

    /// How long the host is still to be left alone.
    pub(crate) fn remaining(&self, host: &str, now: Instant) -> Duration {
        let ends = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ends.get(host).map(|end| end.saturating_duration_since(now)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: SystemTime = UNIX_EPOCH;

    fn paused(name: &'static str, value: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        pause(&headers, NOON + Duration::from_secs(1_700_000_000))
    }

    #[test]
    fn retry_after_is_read_as_seconds_and_as_a_date() {
        assert_eq!(paused("retry-after", " 7 "), Some(Duration::from_secs(7)));
        assert_eq!(paused("retry-after", "Tue, 14 Nov 2023 22:13:50 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(paused("retry-after", "Tue, 14 Nov 2023 22:13:00 GMT"), Some(Duration::ZERO));
        assert_eq!(paused("retry-after", "soon"), None);
    }

    #[test]
    fn the_rate_limit_reset_is_read_as_seconds_and_as_a_time() {
        assert_eq!(paused("x-ratelimit-reset", "0"), None);
        assert_eq!(paused("x-ratelimit-reset", "12"), Some(Duration::from_secs(12)));
        assert_eq!(paused("x-ratelimit-reset", "1700000009"), Some(Duration::from_secs(9)));
        assert_eq!(paused("x-ratelimit-reset", "-1"), None);
    }

    #[test]
    fn backoff_doubles_up_to_its_limit() {
        let bounds: Vec<_> = [0, 1, 2, 5, 40].map(|retry| backoff(retry, 1.0).as_millis()).into();
        assert_eq!(bounds, [500, 1_000, 2_000, 15_000, 15_000]);
        assert_eq!(backoff(3, 0.0), Duration::ZERO);
    }

    #[test]
    fn a_create_is_repeated_only_when_it_was_refused() {
        let failed = |kind, status, reached| Failure { status, reached, ..Failure::new(kind, "") };
        let cases = [
            (failed(Kind::RateLimited, Some(429), Reached::Refused), true, true),
            (failed(Kind::Unreachable, None, Reached::Refused), true, true),
            (failed(Kind::Unreachable, None, Reached::Unknown), true, false),
            (failed(Kind::Timeout, None, Reached::Unknown), true, false),
            (failed(Kind::Unavailable, Some(503), Reached::Unknown), true, false),
            (failed(Kind::Unavailable, Some(507), Reached::Unknown), false, false),
            (failed(Kind::Malformed, Some(200), Reached::Unknown), false, false),
            (failed(Kind::Forbidden, Some(403), Reached::Refused), false, false),
        ];
        for (failure, freely, at_most_once) in cases {
            assert_eq!(may_repeat(&failure, Repeat::Freely), freely, "{failure:?}");
            assert_eq!(may_repeat(&failure, Repeat::AtMostOnce), at_most_once, "{failure:?}");
        }
    }

    #[test]
    fn a_later_shorter_pause_does_not_end_a_longer_one() {
        let (cool_downs, now) = (CoolDowns::default(), Instant::now());
        cool_downs.extend("a", now.checked_add(Duration::from_secs(9)));
        cool_downs.extend("a", now.checked_add(Duration::from_secs(2)));
        assert_eq!(cool_downs.remaining("a", now), Duration::from_secs(9));
        assert_eq!(cool_downs.remaining("b", now), Duration::ZERO);
    }
}
