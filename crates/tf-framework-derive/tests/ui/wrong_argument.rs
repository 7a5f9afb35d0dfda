//! A builder function with an argument of another type.

use tf_framework::{Model, Value};

/// A project.
#[derive(Clone, Model)]
struct Project {
    /// Name shown in the console.
    #[attr(required, length("long"))]
    name: Value<String>,
}

fn main() {
    Project::schema(1);
}
