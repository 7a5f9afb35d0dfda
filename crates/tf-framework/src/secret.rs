//! Text that nothing prints.

use crate::{
    model::{Element, Unfit},
    path::Path,
    schema::Shape,
    types::Type,
    value::Dynamic,
};

/// A string attribute whose value must not reach a log or a message: it has neither `Debug` nor `Display`.
///
/// It still stands in the state in clear, so its attribute is to be declared `sensitive`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides a text.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(text.into())
    }

    /// The text. Every use is a place to look at when secrets are reviewed.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Element for Secret {
    fn shape() -> Shape {
        Shape::Plain(Type::String)
    }

    fn from_known(value: Dynamic, path: &Path) -> Result<Secret, Unfit> {
        String::from_known(value, path).map(Secret)
    }

    fn into_known(self) -> Dynamic {
        self.0.into_known()
    }
}
