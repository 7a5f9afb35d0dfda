//! A word that only an attribute has.

use tf_framework::{Model, Value};

/// A project.
#[derive(Clone, Model)]
struct Project {
    /// Who may see it.
    #[attr(block, sensitive)]
    viewer: Value<Vec<Viewer>>,
}

/// A viewer.
#[derive(Clone, Model)]
struct Viewer {}

fn main() {
    Project::schema(1);
}
