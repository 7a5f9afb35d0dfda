//! The attribute `timeouts`, as most providers have it: how long an operation may take.
//!
//! The framework reads the lengths and no more: it never ends an operation by itself, since only the operation knows what it
//! would leave behind. A resource asks for its limit and keeps to it.
//!
//! ```
//! use std::time::Duration;
//! use tf_framework::{Model, Timeouts, Value};
//!
//! /// A database, which takes a while.
//! #[derive(Clone, Model)]
//! struct Database {
//!     /// How long its operations may take.
//!     #[attr(optional)]
//!     timeouts: Value<Timeouts>,
//! }
//!
//! fn patience(plan: &Database) -> Duration {
//!     plan.timeouts.create(Duration::from_secs(1200))
//! }
//! # assert_eq!(patience(&Database { timeouts: Value::Null }), Duration::from_secs(1200));
//! ```
//!
//! No service knows them, so a `read` answers the state's own: `timeouts: state.timeouts`. An import can't know them and leaves
//! them null; where the configuration sets some, the next plan shows that they are added, and `update` has nothing to tell the
//! service. A configuration without them shows no change.

use std::time::Duration;

use crate::{Model, duration::GoDuration, value::Value};

/// How long each operation on the object may take.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Model)]
pub struct Timeouts {
    /// How long creating may take, such as `30m` or `1h30m`.
    #[attr(optional)]
    pub create: Value<GoDuration>,
    /// How long reading may take, such as `30s` or `5m`.
    #[attr(optional)]
    pub read: Value<GoDuration>,
    /// How long updating may take, such as `30m` or `1h30m`.
    #[attr(optional)]
    pub update: Value<GoDuration>,
    /// How long deleting may take, such as `30m` or `1h30m`. It holds for a destroy once it was applied before.
    #[attr(optional)]
    pub delete: Value<GoDuration>,
}

/// How long reading a data source may take.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Model)]
pub struct ReadTimeout {
    /// How long reading may take, such as `30s` or `5m`.
    #[attr(optional)]
    pub read: Value<GoDuration>,
}

/// How long opening an ephemeral resource may take.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Model)]
pub struct OpenTimeout {
    /// How long opening may take, such as `30s` or `5m`.
    #[attr(optional)]
    pub open: Value<GoDuration>,
}

/// How long an action may take.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Model)]
pub struct InvokeTimeout {
    /// How long the action may take, such as `30m` or `1h30m`.
    #[attr(optional)]
    pub invoke: Value<GoDuration>,
}

impl Value<GoDuration> {
    /// How long it is, or `default` where it is null or unknown.
    pub fn length_or(&self, default: Duration) -> Duration {
        self.known().map_or(default, GoDuration::length)
    }
}

impl Value<Timeouts> {
    /// How long creating may take; `default` where nothing is set.
    pub fn create(&self, default: Duration) -> Duration {
        self.known().map_or(default, |timeouts| timeouts.create.length_or(default))
    }

    /// How long reading may take; `default` where nothing is set.
    pub fn read(&self, default: Duration) -> Duration {
        self.known().map_or(default, |timeouts| timeouts.read.length_or(default))
    }

    /// How long updating may take; `default` where nothing is set.
    pub fn update(&self, default: Duration) -> Duration {
        self.known().map_or(default, |timeouts| timeouts.update.length_or(default))
    }

    /// How long deleting may take; `default` where nothing is set.
    pub fn delete(&self, default: Duration) -> Duration {
        self.known().map_or(default, |timeouts| timeouts.delete.length_or(default))
    }
}

impl Value<ReadTimeout> {
    /// How long reading may take; `default` where nothing is set.
    pub fn read(&self, default: Duration) -> Duration {
        self.known().map_or(default, |timeout| timeout.read.length_or(default))
    }
}

impl Value<OpenTimeout> {
    /// How long opening may take; `default` where nothing is set.
    pub fn open(&self, default: Duration) -> Duration {
        self.known().map_or(default, |timeout| timeout.open.length_or(default))
    }
}

impl Value<InvokeTimeout> {
    /// How long the action may take; `default` where nothing is set.
    pub fn invoke(&self, default: Duration) -> Duration {
        self.known().map_or(default, |timeout| timeout.invoke.length_or(default))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{modify_plan::read_model, value::Dynamic};

    const DEFAULT: Duration = Duration::from_secs(7);

    #[test]
    fn a_length_that_is_set_stands_before_the_default() {
        let set = Value::Known(Timeouts { create: "30m".parse().ok().into(), ..Timeouts::default() });
        assert_eq!(set.create(DEFAULT), Duration::from_secs(1800));
        assert_eq!(set.delete(DEFAULT), DEFAULT);
        for unset in [Value::Null, Value::Unknown] {
            assert_eq!(unset.create(DEFAULT), DEFAULT);
        }
    }

    #[test]
    fn what_is_no_length_is_an_error_at_its_attribute() {
        let timeouts = Dynamic::map([("create", Dynamic::from("soon"))]);
        let misfit = read_model::<Timeouts>(&timeouts).expect_err("it is no length");
        assert_eq!(misfit.path.to_string(), "create");
        assert!(misfit.problem.starts_with("must be a length of time"), "{}", misfit.problem);
    }
}
