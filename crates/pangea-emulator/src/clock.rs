//! The emulator's time: the machine's, pushed forward by tests.

use std::time::Duration;

use jiff::Timestamp;

/// A clock that never shows the same microsecond twice, so that whatever was made first sorts first.
#[derive(Default)]
pub(crate) struct Clock {
    advanced: Duration,
    last: Option<Timestamp>,
}

impl Clock {
    /// The time now, later than every time shown before.
    pub(crate) fn now(&mut self) -> Timestamp {
        let machine = Timestamp::now()
            .saturating_add(self.advanced)
            .and_then(|now| Timestamp::from_microsecond(now.as_microsecond()))
            .unwrap_or(Timestamp::MAX);
        let now = match self.last {
            Some(last) if last >= machine => last.saturating_add(TICK).unwrap_or(Timestamp::MAX),
            _ => machine,
        };
        self.last = Some(now);
        now
    }

    /// Pushes the clock forward.
    pub(crate) fn advance(&mut self, by: Duration) {
        self.advanced = self.advanced.saturating_add(by);
    }
}

/// The form in which the API writes times: ISO 8601, UTC, microseconds.
pub(crate) fn text(time: Timestamp) -> String {
    format!("{time:.6}")
}

/// A time as the API writes it, or any other RFC 3339 form.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// `time` and so many seconds more.
pub(crate) fn after(time: Timestamp, seconds: u64) -> Timestamp {
    time.saturating_add(Duration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

/// The API's times have microseconds; a shorter step would show the same text twice.
const TICK: Duration = Duration::from_micros(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_readings_show_the_same_text() {
        let mut clock = Clock::default();
        let readings: Vec<String> = (0..1000).map(|_| text(clock.now())).collect();
        assert!(readings.is_sorted_by(|one, two| one < two));
    }

    #[test]
    fn a_time_is_written_with_six_digits_and_z() {
        let time = parse("2025-04-19T01:42:16.9Z").expect("a time");
        assert_eq!(text(time), "2025-04-19T01:42:16.900000Z");
    }

    #[test]
    fn advancing_moves_every_later_reading() {
        let mut clock = Clock::default();
        let before = clock.now();
        clock.advance(Duration::from_secs(3600));
        assert!(clock.now() >= after(before, 3600));
    }
}
