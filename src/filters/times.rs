//! Bounds of a time, as filters write them.

use pangea_client::TimeFilter;
use tf_framework::{Diagnostic, Diagnostics, Model, Path, Value};

/// Bounds of a time. Those that are set must all hold.
#[derive(Clone, Debug, Model)]
pub struct Times {
    /// Exactly then (RFC 3339).
    #[attr(optional)]
    pub at: Value<String>,
    /// Later than this (RFC 3339).
    #[attr(optional)]
    pub gt: Value<String>,
    /// Then or later (RFC 3339).
    #[attr(optional)]
    pub gte: Value<String>,
    /// Earlier than this (RFC 3339).
    #[attr(optional)]
    pub lt: Value<String>,
    /// Then or earlier (RFC 3339).
    #[attr(optional)]
    pub lte: Value<String>,
}

/// The filter of the API for these bounds.
pub(crate) fn filter(times: &Value<Times>) -> TimeFilter {
    let Some(times) = times.known() else { return TimeFilter::default() };
    TimeFilter {
        at: times.at.known().cloned(),
        gt: times.gt.known().cloned(),
        gte: times.gte.known().cloned(),
        lt: times.lt.known().cloned(),
        lte: times.lte.known().cloned(),
    }
}

/// Checks that each bound is a time.
pub(crate) fn check(times: &Value<Times>, attribute: &str, diagnostics: &mut Diagnostics) {
    let Some(times) = times.known() else { return };
    let bounds = [("at", &times.at), ("gt", &times.gt), ("gte", &times.gte), ("lt", &times.lt), ("lte", &times.lte)];
    for (name, bound) in bounds {
        if bound.as_deref().is_some_and(|text| text.parse::<jiff::Timestamp>().is_err()) {
            let detail = format!("`{attribute}.{name}` must be a time such as `2026-01-31T12:00:00Z` (RFC 3339).");
            diagnostics.push(Diagnostic::error("Not a time", detail).at(Path::attribute(attribute)));
        }
    }
}
