//! Two mistakes in one model, both reported.

use tf_framework::{Model, Value};

/// A project.
#[derive(Clone, Model)]
struct Project {
    #[attr(required)]
    name: Value<String>,
    /// Where it is.
    place: Value<String>,
}

fn main() {
    Project::schema(1);
}
