//! When a client's secret is replaced by a new one, as a plan decides it.
//!
//! A planned value never depends on the clock: whether a secret is old enough is decided by a read, which leaves its decision in
//! private state.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tf_framework::{Diagnostic, GoDuration, Model, Path, Plan, Private, Secret, Value};

use super::{Kind, OauthClient, Shared};
use crate::resources::expiry::{self, Expiring};

/// When the secret is rotated in place, and for how long the former one stays good.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Model)]
pub struct Rotation {
    /// Values of any kind, such as a date. Where one of them changes, the secret is rotated. Adding the map, or taking it away,
    /// rotates nothing.
    #[attr(optional)]
    pub rotate_when_changed: Value<BTreeMap<String, String>>,
    /// Age at which the secret is rotated, such as `2160h`; 15 minutes at least. The plan that first sees it that old plans the
    /// rotation, so somebody has to plan and apply often enough.
    #[attr(optional, must(FORM, is_long_enough))]
    pub rotate_after: Value<GoDuration>,
    /// How long the former secret stays good after a rotation, such as `72h`; 15 minutes at least, and `24h` by default. Pangea
    /// itself ends it then. Whoever uses the secret has to take the new one in this time, and after a rotation that was cut off
    /// the next apply has to come in it.
    #[attr(optional, must(FORM, is_long_enough))]
    pub overlap: Value<GoDuration>,
}

/// What an apply does with the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It stays.
    Keep,
    /// Its value leaves the state, and it lives on.
    Forget,
    /// A new one is made, and the former one gets its end.
    New,
    /// What decides is known only during the apply.
    Unknown,
}

/// Private state: set by a read that found the secret gone or expired, until a new one is made.
pub(super) const LOST: &str = "client_secret_lost";

/// Private state: that a read found the secret old enough, and by which limit.
pub(super) const DUE: &str = "client_secret_due";

/// What becomes of the secret.
pub(super) fn fate(prior: &Shared, planned: &Shared, private: &Private) -> Fate {
    match (prior.stores_secret(), &planned.store_client_secret) {
        (_, Value::Unknown) => return Fate::Unknown,
        (true, Value::Known(false)) => return Fate::Forget,
        (false, Value::Known(false)) => return Fate::Keep,
        (false, _) => return Fate::New,
        (true, _) => {}
    }
    let values = |client: &Shared| client.rotation().and_then(|rotation| rotation.rotate_when_changed.known().cloned());
    let is_triggered = matches!((values(prior), values(planned)), (Some(before), Some(after)) if before != after);
    if is_triggered || private.is_set(LOST) || is_due(prior, planned, private) {
        return Fate::New;
    }
    let has_unknown = match &planned.secret_rotation {
        Value::Unknown => true,
        Value::Null => false,
        Value::Known(rotation) => {
            rotation.rotate_when_changed.is_unknown()
                || rotation.rotate_after.is_unknown()
                || rotation.overlap.is_unknown()
        }
    };
    if has_unknown { Fate::Unknown } else { Fate::Keep }
}

/// Plans the secret and what is told of it.
pub(super) fn plan<K: Kind>(plan: &mut Plan<OauthClient<K>>, planned: &OauthClient<K>) {
    let Some(prior) = plan.prior().cloned() else {
        plan.set(PENDING, Value::<BTreeSet<String>>::Null);
        if planned.store_client_secret == Value::Known(false) {
            plan.set(SECRET[0], Value::<Secret>::Null);
            SECRET[1..].iter().for_each(|name| plan.set(name, Value::<String>::Null));
        }
        return;
    };
    let fate = fate(&prior, planned, plan.private());
    if matches!(fate, Fate::New | Fate::Unknown) {
        SECRET.iter().chain([&PENDING]).for_each(|name| plan.set_unknown(name));
        if is_due(&prior, planned, plan.private()) {
            plan.diagnostics().push(too_old(&prior));
        }
        return;
    }
    // What a rotation left undone is done by the next apply, whatever else it does.
    plan.set(PENDING, Value::<BTreeSet<String>>::Null);
    if fate == Fate::Forget && !prior.client_secret.is_null() {
        plan.set(SECRET[0], Value::<Secret>::Null);
        plan.diagnostics().warn_at(
            Path::attribute("store_client_secret"),
            "The client secret is forgotten, not revoked",
            "The value leaves the state and can't be shown again; the secret itself lives on until it expires, and \
             whoever has it can use it. Older copies of the state still hold it.",
        );
    }
    // A lifetime that is left out from now on moves nothing: the expiry stays as it was set.
    let moves_expiry = !planned.client_secret_expires_in.is_null()
        && prior.client_secret_expires_in != planned.client_secret_expires_in;
    if moves_expiry && !prior.client_secret_id.is_null() {
        plan.set_unknown("client_secret_expires_at");
    }
}

/// Notes whether the secret is so old that it is to be rotated. The note doesn't change from one read to the next.
pub(super) fn note_age(state: &Shared, private: &mut Private, now: Timestamp) {
    let limit = state.rotation().and_then(|rotation| rotation.rotate_after.known());
    let age = state.age(now);
    match (limit, age) {
        (Some(limit), Some(age)) if state.stores_secret() && age >= length(limit) => {
            private.set(DUE, json!({ "rotate_after": limit.to_string(), "id": state.client_secret_id.as_deref() }));
        }
        _ => private.remove(DUE),
    }
}

/// Whether the secret's age says when it is rotated.
pub(super) fn is_by_age(state: &Shared) -> bool {
    state.rotation().is_some_and(|rotation| rotation.rotate_after.is_known())
}

/// The error for settings that exclude each other.
pub(super) fn conflict(config: &Shared) -> Option<Diagnostic> {
    let conflicts = config.store_client_secret == Value::Known(false) && config.secret_rotation.is_known();
    conflicts.then(|| {
        Diagnostic::error(
            "There is no secret to rotate",
            "With `store_client_secret = false` the state holds no secret, so none can be rotated. Remove `secret_rotation`, or have the \
             secret stored.",
        )
        .at(Path::attribute("secret_rotation"))
    })
}

/// The warning for a secret whose end has come, or is near.
pub(super) fn expiry_warning(state: &Shared, now: Timestamp) -> Option<Diagnostic> {
    let expiring = Expiring {
        id: state.client_secret_id.as_deref()?,
        expires_at: state.client_secret_expires_at.as_deref()?,
        expires_in: state.client_secret_expires_in.known().copied(),
        advice: "Rotate it: change a value in `secret_rotation.rotate_when_changed`, which has to be there one apply before.",
    };
    expiry::warning(&expiring, now)
}

/// What a new secret plans anew, beside what is pending.
const SECRET: [&str; 4] = ["client_secret", "client_secret_id", "client_secret_expires_at", "client_secret_created_at"];

const PENDING: &str = "pending_revocation";

/// How long the former secret stays good where nothing is said: a day, so that whoever uses it has time to change over.
const DEFAULT_OVERLAP: SignedDuration = SignedDuration::from_hours(24);

/// After a rotation that was cut off, the next apply has to come within this time.
const LEAST: SignedDuration = SignedDuration::from_mins(15);

const FORM: &str = "be at least 15 minutes, such as `24h`";

fn is_long_enough(text: &str) -> bool {
    // What is no length of time at all has an error of its own.
    text.parse().map_or(true, |duration| length(&duration) >= LEAST)
}

/// Whether a read found the secret old enough under the limit that is planned. A limit that was changed since decides at the next
/// read.
fn is_due(prior: &Shared, planned: &Shared, private: &Private) -> bool {
    let Some(due) = private.get(DUE) else { return false };
    let limit = planned.rotation().and_then(|rotation| rotation.rotate_after.known()).map(ToString::to_string);
    limit.is_some()
        && due["rotate_after"].as_str() == limit.as_deref()
        && due["id"].as_str() == prior.client_secret_id.as_deref()
}

fn too_old(prior: &Shared) -> Diagnostic {
    let age = prior.age(Timestamp::now()).map(|age| age.as_hours()).unwrap_or_default();
    let age = if age < 48 { format!("{age} hours") } else { format!("{} days", age / 24) };
    Diagnostic::warning(
        "The client secret is rotated because of its age",
        format!(
            "The secret {} of client {} was made {age} ago, and `rotate_after` allows no more. The apply makes a new one, and the \
             former stays good for the overlap.",
            prior.client_secret_id.as_deref().unwrap_or_default(),
            prior.id()
        ),
    )
    .at(Path::attribute("secret_rotation").attr("rotate_after"))
}

fn length(duration: &GoDuration) -> SignedDuration {
    SignedDuration::try_from(duration.length()).unwrap_or(SignedDuration::MAX)
}

impl Shared {
    fn rotation(&self) -> Option<&Rotation> {
        self.secret_rotation.known()
    }

    /// How long a former secret stays good.
    pub(super) fn overlap(&self) -> SignedDuration {
        self.rotation().and_then(|rotation| rotation.overlap.known()).map_or(DEFAULT_OVERLAP, length)
    }

    /// How old the secret is; `None` where nobody told when it was made.
    fn age(&self, now: Timestamp) -> Option<SignedDuration> {
        let made = self.client_secret_created_at.as_deref()?.parse::<Timestamp>().ok()?;
        Some(now.duration_since(made))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(values: Option<&str>, rotate_after: Option<&str>) -> Shared {
        let rotation = Rotation {
            rotate_when_changed: values.map(|value| BTreeMap::from([("on".to_owned(), value.to_owned())])).into(),
            rotate_after: rotate_after.map(|text| text.parse::<GoDuration>().unwrap()).into(),
            overlap: Value::Null,
        };
        Shared {
            secret_rotation: Value::Known(rotation),
            store_client_secret: true.into(),
            client_secret_id: "pce_a".into(),
            client_secret_created_at: "2026-01-01T00:00:00Z".into(),
            ..Shared::default()
        }
    }

    #[test]
    fn only_a_change_of_values_that_were_there_before_rotates() {
        let fate = |before: Shared, after: Shared| fate(&before, &after, &Private::default());
        let none = || Shared { secret_rotation: Value::Null, ..client(None, None) };
        assert_eq!(fate(client(Some("1"), None), client(Some("2"), None)), Fate::New);
        assert_eq!(fate(client(Some("1"), None), client(Some("1"), Some("24h"))), Fate::Keep);
        for (before, after) in [
            (none(), client(Some("1"), None)),
            (client(Some("1"), None), none()),
            (client(None, None), client(Some("1"), None)),
            (client(Some("1"), None), client(None, None)),
        ] {
            assert_eq!(fate(before, after), Fate::Keep);
        }
        let unknown = Shared { secret_rotation: Value::Unknown, ..client(None, None) };
        assert_eq!(fate(client(Some("1"), None), unknown), Fate::Unknown);
    }

    #[test]
    fn an_age_decides_only_under_the_limit_that_it_was_noted_under() {
        let state = client(None, Some("24h"));
        let mut private = Private::default();
        note_age(&state, &mut private, "2026-01-01T23:00:00Z".parse().unwrap());
        assert_eq!(private, Private::default());
        note_age(&state, &mut private, "2026-01-02T00:00:00Z".parse().unwrap());
        let noted = private.clone();
        note_age(&state, &mut private, "2026-01-09T00:00:00Z".parse().unwrap());
        assert_eq!(private, noted, "the note stays the same, or each read would write a new state");
        assert_eq!(fate(&state, &state, &private), Fate::New);
        assert_eq!(fate(&state, &client(None, Some("48h")), &private), Fate::Keep);
        let made_anew = Shared { client_secret_id: "pce_b".into(), ..state };
        assert_eq!(fate(&made_anew, &made_anew, &private), Fate::Keep);
    }

    #[test]
    fn an_overlap_of_less_than_a_quarter_of_an_hour_is_refused() {
        for (text, is_good) in [("15m", true), ("14m59s", false), ("0", false), ("24h", true), ("no length", true)] {
            assert_eq!(is_long_enough(text), is_good, "{text}");
        }
    }
}
