//! A function: pure, and called before the provider is configured.

use tf_framework::{Function, FunctionError, Model, Path, Value};

/// Makes the name of a locker.
///
/// `provider::locker::label("hall", null, "east", "3")` is `"hall-east-3"`.
#[derive(Clone, Model)]
pub(crate) struct Label {
    /// Where the locker stands, 1 to 20 characters.
    #[attr(required, length(1..=20))]
    place: Value<String>,
    /// What comes between the parts: `-` where it is null.
    #[attr(optional, one_of(&["-", "--"]))]
    separator: Value<String>,
    /// Further parts, each of them once.
    #[attr(required, variadic, length(1..=20))]
    parts: Value<Vec<String>>,
}

impl Function for Label {
    const NAME: &'static str = "label";
    type Return = Value<String>;

    // The rules have been checked, nothing is unknown, and only the separator may be null.
    fn call(self) -> Result<Value<String>, FunctionError> {
        let separator = self.separator.as_deref().unwrap_or("-");
        let mut label = self.place.unwrap_or_default();
        let parts = self.parts.unwrap_or_default();
        for (index, part) in parts.iter().enumerate() {
            if parts[..index].contains(part) {
                // A path names the argument; for the variadic parameter, an index says which of its arguments.
                let path = Path::attribute("parts").index(i64::try_from(index).unwrap_or_default());
                return Err(FunctionError::new(format!("{part:?} is there already")).at(path));
            }
            label = label + separator + part;
        }
        Ok(label.into())
    }
}
