//! A struct whose fields have no names.

use tf_framework::{Model, Value};

/// A project.
#[derive(Clone, Model)]
struct Project(Value<String>);

fn main() {
    Project::schema(1);
}
