//! An enum.

use tf_framework::{Model, Value};

/// A project.
#[derive(Clone, Model)]
enum Project {
    /// Named.
    Named(Value<String>),
}

fn main() {
    Project::schema(1);
}
