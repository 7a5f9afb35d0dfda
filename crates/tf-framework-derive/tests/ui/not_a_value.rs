//! A field that could be neither null nor unknown.

use tf_framework::Model;

/// A project.
#[derive(Clone, Model)]
struct Project {
    /// Name shown in the console.
    #[attr(required)]
    name: String,
}

fn main() {
    Project::schema(1);
}
