//! An equals sign where a word or a comma belongs.

use tf_framework::{Model, Value};

/// A project.
#[derive(Clone, Model)]
struct Project {
    /// Name shown in the console.
    #[attr(required, length = 3)]
    name: Value<String>,
}

fn main() {
    Project::schema(1);
}
