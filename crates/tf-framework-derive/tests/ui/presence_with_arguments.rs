//! A presence that is called like a function.

use tf_framework::{Model, Value};

/// A project.
#[derive(Clone, Model)]
struct Project {
    /// Name shown in the console.
    #[attr(required(true))]
    name: Value<String>,
}

fn main() {
    Project::schema(1);
}
