//! An ephemeral resource: opened in each plan and apply, renewed as long as the run needs it, closed at its end.

use std::time::{Duration, SystemTime};

use tf_framework::{EphemeralContext, EphemeralResource, Model, Result, Value, async_trait};

use crate::lockers::Lockers;

/// How long a lease is good for where the configuration doesn't say.
const DEFAULT_SECONDS: i64 = 600;

/// A locker that the run has for itself, and its code.
#[derive(Clone, Model)]
pub(crate) struct Lease {
    /// The locker: lowercase letters, digits and hyphens.
    #[attr(required, must("hold only lowercase letters, digits and hyphens", is_name))]
    name: Value<String>,
    /// How long the lease is good for without being renewed, 600 seconds by default.
    #[attr(optional, at_least(1))]
    seconds: Value<i64>,
    /// The code of the locker.
    #[attr(computed, sensitive)]
    code: Value<String>,
}

pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

#[async_trait]
impl EphemeralResource<Lockers> for Lease {
    const NAME: &'static str = "locker_lease";

    async fn open(lockers: &Lockers, config: Lease, ctx: &mut EphemeralContext) -> Result<Lease> {
        let name = config.name.clone().unwrap_or_default();
        let seconds = config.seconds.or(DEFAULT_SECONDS);
        // First what can fail without leaving anything behind: after an error, nobody calls `close`.
        let code = lockers.code(&name)?;
        lockers.take(&name)?;
        // All that `close` needs is there from the start: Terraform gives it what `open` left, OpenTofu what `renew` left.
        ctx.private().set("name", name);
        ctx.private().set("seconds", seconds);
        ctx.renew_at(half_of(seconds));
        Ok(Lease { code: code.into(), ..config })
    }

    async fn renew(lockers: &Lockers, ctx: &mut EphemeralContext) -> Result<()> {
        lockers.keep(ctx.private().text("name"))?;
        let renewals = number(ctx, "renewals").unwrap_or(0) + 1;
        ctx.private().set("renewals", renewals);
        let seconds = number(ctx, "seconds").unwrap_or(DEFAULT_SECONDS);
        ctx.renew_at(half_of(seconds));
        Ok(())
    }

    async fn close(lockers: &Lockers, ctx: &mut EphemeralContext) -> Result<()> {
        // A Terraform never tells of renewals here, and an OpenTofu does: nothing may hang on it.
        let renewals = number(ctx, "renewals");
        lockers.give_back(ctx.private().text("name"), renewals)
    }
}

fn number(ctx: &mut EphemeralContext, key: &str) -> Option<i64> {
    ctx.private().get(key).and_then(serde_json::Value::as_i64)
}

/// Half-way to the end of the lease, so that a renewal may be late.
fn half_of(seconds: i64) -> SystemTime {
    SystemTime::now() + Duration::from_secs(seconds.unsigned_abs()) / 2
}
