//! Two presences, of which only one can be true.

use tf_framework::{Model, Value};

/// A project.
#[derive(Clone, Model)]
struct Project {
    /// Name shown in the console.
    #[attr(required, computed)]
    name: Value<String>,
}

fn main() {
    Project::schema(1);
}
