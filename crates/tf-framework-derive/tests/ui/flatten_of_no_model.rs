//! Only a model has attributes to put among the others.

use tf_framework::{Model, Value};

/// A project.
#[derive(Clone, Model)]
struct Project {
    #[attr(flatten)]
    name: Value<String>,
}

fn main() {
    Project::schema(1);
}
