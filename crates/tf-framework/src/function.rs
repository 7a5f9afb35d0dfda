//! A function that configurations call: `provider::pangea::parse_id("…")`.

use std::fmt;

use crate::{
    model::{AttributeValue, Model},
    path::Path,
    server::function::{AnyFunction, Typed},
};

/// One function. The struct that implements it holds the arguments: its fields are the parameters, in their order.
///
/// Needs Terraform 1.8 or OpenTofu 1.7. A function is pure by its signature: it gets its arguments and nothing else, no client
/// and no context, since Terraform calls it before the provider is configured, more than once, and demands the same result for
/// the same arguments, in a plan and in the apply after it.
///
/// - A `required` parameter takes no null, an `optional` one does. All arguments stand in every call: HCL has no way to leave
///   one out but [`variadic`](crate::Attribute::variadic).
/// - Rules such as [`one_of`](crate::Attribute::one_of) and [`must`](crate::Attribute::must) check an argument before the call.
///   One that breaks a rule is an error at that argument.
/// - While any part of an argument is unknown, the function isn't called and its result is unknown, unless the parameter says
///   [`allow_unknown`](crate::Attribute::allow_unknown).
/// - The struct's doc comment is the description; its first paragraph is the summary.
///
/// ```
/// use tf_framework::{Function, FunctionError, FunctionType, Model, Path, Value};
///
/// /// Joins words to a name.
/// ///
/// /// All but letters and digits is refused.
/// #[derive(Clone, Model)]
/// struct Join {
///     /// What stands between the words; a hyphen where it is null.
///     #[attr(optional, length(1..=3))]
///     separator: Value<String>,
///     /// The words.
///     #[attr(required, variadic)]
///     words: Value<Vec<String>>,
/// }
///
/// impl Function for Join {
///     const NAME: &'static str = "join";
///     type Return = Value<String>;
///
///     fn call(self) -> Result<Value<String>, FunctionError> {
///         let words = self.words.unwrap_or_default();
///         let is_odd = |word: &String| !word.chars().all(char::is_alphanumeric);
///         if let Some((word, index)) = words.iter().zip(0..).find(|(word, _)| is_odd(word)) {
///             let error = FunctionError::new(format!("{word:?} holds more than letters and digits"));
///             return Err(error.at(Path::attribute("words").index(index)));
///         }
///         Ok(words.join(self.separator.as_deref().unwrap_or("-")).into())
///     }
/// }
///
/// # fn list() -> FunctionType {
/// FunctionType::of::<Join>() // for Provider::functions
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a function",
    note = "a function is a struct with `#[derive(Model)]` that implements `Function`"
)]
pub trait Function: Model {
    /// The name, as it follows `provider::NAME::`.
    const NAME: &'static str;

    /// What to use instead, if the function is deprecated; `None` by default. Terraform doesn't show it yet; documentation does.
    const DEPRECATION: Option<&'static str> = None;

    /// What it gives: a [`Value`](crate::Value) of any type that an attribute may have. A known result holds no unknown; null
    /// is a result like any other.
    type Return: AttributeValue;

    /// The result for these arguments.
    ///
    /// # Errors
    /// What the person should read, and about which argument.
    fn call(self) -> Result<Self::Return, FunctionError>;
}

/// Why a function has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionError {
    pub(crate) text: String,
    pub(crate) argument: Option<Path>,
}

impl FunctionError {
    /// A sentence that follows `Call to function … failed:`. Terraform adds the full stop.
    pub fn new(text: impl Into<String>) -> FunctionError {
        FunctionError { text: text.into(), argument: None }
    }

    /// The same, about one argument: the sentence then follows `Invalid value for "PARAMETER" parameter:`.
    ///
    /// The path begins with the parameter's name; an index after the variadic one says which of its arguments. What follows
    /// is not shown. Without any of this, OpenTofu blames the first parameter.
    #[must_use]
    pub fn at(self, argument: Path) -> FunctionError {
        FunctionError { argument: Some(argument), ..self }
    }
}

impl fmt::Display for FunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.argument {
            Some(argument) => write!(f, "{argument}: {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

impl std::error::Error for FunctionError {}

/// A function in the provider's list.
pub struct FunctionType(pub(crate) Box<dyn AnyFunction>);

impl FunctionType {
    /// The list entry of `F`.
    pub fn of<F: Function>() -> FunctionType {
        FunctionType(Box::new(Typed::<F>::new()))
    }

    /// The function's name.
    pub fn name(&self) -> &'static str {
        self.0.name()
    }
}
