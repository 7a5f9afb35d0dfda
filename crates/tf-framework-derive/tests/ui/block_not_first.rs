//! A block comes first, and has no presence.

use tf_framework::{Model, Value};

/// A project.
#[derive(Clone, Model)]
struct Project {
    /// Who may see it.
    #[attr(optional, block)]
    viewer: Value<Vec<Viewer>>,
}

/// A viewer.
#[derive(Clone, Model)]
struct Viewer {}

fn main() {
    Project::schema(1);
}
