//! An `attr` with nothing in it.

use tf_framework::{Model, Value};

/// A project.
#[derive(Clone, Model)]
struct Project {
    /// Name shown in the console.
    #[attr()]
    name: Value<String>,
}

fn main() {
    Project::schema(1);
}
