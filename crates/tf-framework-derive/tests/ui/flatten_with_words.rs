//! A model inside says itself what its attributes are.

use tf_framework::{Model, Value};

/// A project.
#[derive(Clone, Model)]
struct Project {
    #[attr(flatten, optional)]
    viewer: Viewer,
}

/// A viewer.
#[derive(Clone, Model)]
struct Viewer {
    /// Its name.
    #[attr(optional)]
    name: Value<String>,
}

fn main() {
    Project::schema(1);
}
