//! The warning for a secret whose end has come, or is near.

use jiff::{SignedDuration, Timestamp};
use tf_framework::Diagnostic;

use super::ClientSecret;

/// How long before its expiry a secret is warned of: a week, in which a person who plans on working days sees it.
const NEAR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What to say of the secret's expiry, if anything. One that is meant to live shortly is not warned of before its end: its
/// end is always near.
pub(super) fn warning(secret: &ClientSecret, now: Timestamp) -> Option<Diagnostic> {
    let text = secret.expires_at.as_deref()?;
    let left = text.parse::<Timestamp>().ok()?.duration_since(now);
    let lifetime = secret.expires_in.known().copied().map(SignedDuration::from_secs);
    let is_short = lifetime.is_some_and(|lifetime| lifetime <= NEAR + NEAR);
    let id = secret.id.as_deref().unwrap_or_default();
    if left <= SignedDuration::ZERO {
        return Some(Diagnostic::warning(
            "The client secret has expired",
            format!(
                "The secret {id} expired at {text}, and opens nothing any more. Replace it with `-replace=ADDRESS`."
            ),
        ));
    }
    (left <= NEAR && !is_short).then(|| {
        Diagnostic::warning(
            "The client secret expires soon",
            format!(
                "The secret {id} expires at {text}. Replace it before, with `-replace=ADDRESS` and `create_before_destroy`, or give it \
                 another `expires_in`."
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(expires_at: &str, expires_in: Option<i64>) -> Option<String> {
        let secret =
            ClientSecret { expires_at: expires_at.into(), expires_in: expires_in.into(), ..ClientSecret::default() };
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
