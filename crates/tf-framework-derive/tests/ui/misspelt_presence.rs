//! A presence that does not exist.

use tf_framework::{Model, Value};

/// A project.
#[derive(Clone, Model)]
struct Project {
    /// Name shown in the console.
    #[attr(requierd)]
    name: Value<String>,
}

fn main() {
    Project::schema(1);
}
