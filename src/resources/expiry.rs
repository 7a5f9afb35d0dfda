//! The warning for a secret whose end has come, or is near.

use jiff::{SignedDuration, Timestamp};
use tf_framework::Diagnostic;

/// How long before its expiry a secret is warned of: a week, in which a person who plans on working days sees it.
const NEAR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A secret that may expire.
pub(super) struct Expiring<'a> {
    /// Its id.
    pub(super) id: &'a str,
    /// When it expires, as the service writes it.
    pub(super) expires_at: &'a str,
    /// The lifetime in seconds that it was given, where that is known.
    pub(super) expires_in: Option<i64>,
    /// What to do about it.
    pub(super) advice: &'a str,
}

/// What to say of the secret's expiry, if anything. One that is meant to live shortly is not warned of before its end: its
/// end is always near.
pub(super) fn warning(secret: &Expiring<'_>, now: Timestamp) -> Option<Diagnostic> {
    let Expiring { id, expires_at, expires_in, advice } = secret;
    let left = expires_at.parse::<Timestamp>().ok()?.duration_since(now);
    let is_short = expires_in.map(SignedDuration::from_secs).is_some_and(|lifetime| lifetime <= NEAR + NEAR);
    if left <= SignedDuration::ZERO {
        let detail = format!("The secret {id} expired at {expires_at}, and opens nothing any more. {advice}");
        return Some(Diagnostic::warning("The client secret has expired", detail));
    }
    (left <= NEAR && !is_short).then(|| {
        let detail = format!("The secret {id} expires at {expires_at}. {advice}");
        Diagnostic::warning("The client secret expires soon", detail)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(expires_at: &str, expires_in: Option<i64>) -> Option<String> {
        let secret = Expiring { id: "pce_a", expires_at, expires_in, advice: "" };
        warning(&secret, "2026-01-01T00:00:00Z".parse().unwrap()).map(|warning| warning.summary)
    }

    #[test]
    fn only_an_end_that_is_near_or_past_is_warned_of() {
        let soon = Some("The client secret expires soon".to_owned());
        let past = Some("The client secret has expired".to_owned());
        assert_eq!(summary("2026-01-09T00:00:00Z", None), None);
        assert_eq!(summary("2026-01-08T00:00:00Z", None), soon);
        assert_eq!(summary("2026-01-02T00:00:00.123456Z", Some(90 * 86_400)), soon);
        assert_eq!(summary("2026-01-02T00:00:00Z", Some(86_400)), None);
        assert_eq!(summary("2026-01-01T00:00:00Z", Some(86_400)), past);
        assert_eq!(summary("2025-01-01T00:00:00Z", None), past);
        assert_eq!(summary("in a while", None), None);
    }
}
