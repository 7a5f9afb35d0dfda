//! A model without a doc comment.

use tf_framework::{Model, Value};

#[derive(Clone, Model)]
struct Project {
    /// Name shown in the console.
    #[attr(required)]
    name: Value<String>,
}

fn main() {
    Project::schema(1);
}
