//! `provider::pangea::parse_id`: what an id is the id of.

use tf_framework::{Function, FunctionError, Model, Path, Value};

use crate::ids;

/// Tells what a Pangea id is the id of.
///
/// Every id of Pangea begins with three letters that name its kind. With this a module checks the ids that it is given, such as
/// in the `validation` of a variable: whatever has not the form of an id is an error.
///
/// The result has `prefix`, such as `ppi_`, and `kind`: `organization`, `project`, `client`, `client_secret`, `service_config`, `user`,
/// `token`, `request` or `vault_item`; `client_secret_value` or `token_value` for a value that is no id; null for a kind that this version
/// of the provider doesn't know.
#[derive(Clone, Model)]
pub struct ParseId {
    /// The id, such as `ppi_…`.
    #[attr(required)]
    pub id: Value<String>,
}

/// The parts of an id.
#[derive(Clone, Debug, PartialEq, Eq, Model)]
pub struct Parsed {
    /// The kind, such as `project`; null for one that nobody knows here.
    #[attr(computed)]
    pub kind: Value<String>,
    /// The letters and the underscore that it begins with, such as `ppi_`.
    #[attr(computed)]
    pub prefix: Value<String>,
}

impl Function for ParseId {
    const NAME: &'static str = "parse_id";
    type Return = Value<Parsed>;

    fn call(self) -> Result<Value<Parsed>, FunctionError> {
        let id = self.id.unwrap_or_default();
        // The text is left out of the message: it may be a secret that was passed by mistake.
        let prefix = ids::prefix(&id).ok_or_else(|| {
            let form = "it is no Pangea id: three lowercase letters, an underscore, and 32 of the letters a to z and digits 2 to 7";
            FunctionError::new(form).at(Path::attribute("id"))
        })?;
        Ok(Value::Known(Parsed { kind: ids::kind(prefix).map_or(Value::Null, Value::from), prefix: prefix.into() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_is_that_of_the_prefix_and_null_where_nobody_knows_it() {
        for (prefix, kind) in
            [("ppi_", Value::from("project")), ("pce_", Value::from("client_secret")), ("pxx_", Value::Null)]
        {
            let parsed = ParseId { id: format!("{prefix}ywcfkrtk2yzcaypn5sttkxk6ciyrtx3p").into() }.call().unwrap();
            assert_eq!(parsed.known(), Some(&Parsed { kind, prefix: prefix.into() }));
        }
    }

    #[test]
    fn what_is_no_id_is_an_error_that_does_not_repeat_it() {
        let error = ParseId { id: "hunter2".into() }.call().unwrap_err().to_string();
        assert!(error.starts_with("id: it is no Pangea id: ") && !error.contains("hunter2"), "{error}");
    }
}
