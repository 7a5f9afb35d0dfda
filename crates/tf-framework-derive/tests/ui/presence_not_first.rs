//! A presence in the second place.

use tf_framework::{Model, Value};

/// A project.
#[derive(Clone, Model)]
struct Project {
    /// Name shown in the console.
    #[attr(sensitive, required)]
    name: Value<String>,
}

fn main() {
    Project::schema(1);
}
