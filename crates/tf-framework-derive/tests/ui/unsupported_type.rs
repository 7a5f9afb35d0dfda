//! A value of a type that Terraform does not know: a short float would lose digits.

use tf_framework::{Model, Value};

/// A project.
#[derive(Clone, Model)]
struct Project {
    /// Share of the budget.
    #[attr(required)]
    share: Value<f32>,
}

fn main() {
    Project::schema(1);
}
