//! A field without a doc comment, which would be a page without a description.

use tf_framework::{Model, Value};

/// A project.
#[derive(Clone, Model)]
struct Project {
    #[attr(required)]
    name: Value<String>,
}

fn main() {
    Project::schema(1);
}
