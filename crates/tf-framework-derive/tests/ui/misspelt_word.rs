//! A word that is no builder function.

use tf_framework::{Model, Value};

/// A project.
#[derive(Clone, Model)]
struct Project {
    /// Name shown in the console.
    #[attr(required, sensitiv)]
    name: Value<String>,
}

fn main() {
    Project::schema(1);
}
