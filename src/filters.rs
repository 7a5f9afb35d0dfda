//! The conditions on what is listed, as data sources and list resources share them.

pub(crate) mod clients;
pub(crate) mod projects;
pub(crate) mod secrets;
mod times;

use std::collections::BTreeSet;

use tf_framework::Value;

pub use self::{clients::ClientConditions, projects::ProjectConditions, secrets::SecretConditions, times::Times};

fn list(set: &Value<BTreeSet<String>>) -> Vec<String> {
    set.known().into_iter().flatten().cloned().collect()
}

/// Whether a set of choices lets nothing through. In a query, no value at all would let everything through.
fn is_empty(choices: &Value<BTreeSet<String>>) -> bool {
    choices.known().is_some_and(BTreeSet::is_empty)
}
