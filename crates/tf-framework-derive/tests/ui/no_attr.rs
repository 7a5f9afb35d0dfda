//! A field that does not say who sets it.

use tf_framework::{Model, Value};

/// A project.
#[derive(Clone, Model)]
struct Project {
    /// Name shown in the console.
    name: Value<String>,
}

fn main() {
    Project::schema(1);
}
