//! A block that would hold plain strings.

use tf_framework::{Model, Value};

/// A project.
#[derive(Clone, Model)]
struct Project {
    /// Who may see it.
    #[attr(block)]
    viewer: Value<Vec<String>>,
}

fn main() {
    Project::schema(1);
}
