//! The calls about functions. A function's failure is a message of its own kind, never a diagnostic.

use std::collections::BTreeMap;

use super::{Answer, Service, unknown};
use crate::{
    diagnostics::Diagnostics,
    function::FunctionError,
    provider::Provider,
    schema::{Attribute, Presence},
    server::function::{AnyFunction, Signature, call},
    types::Type,
    value::Dynamic,
    wire::{
        convert::{value_from_wire, value_to_wire},
        generated::tfplugin6 as proto,
    },
};

/// Whatever goes wrong around a call is told as the function's failure.
impl Answer for proto::call_function::Response {
    fn with(self, diagnostics: Vec<proto::Diagnostic>) -> Self {
        let texts: Vec<String> = diagnostics.into_iter().map(|diagnostic| diagnostic.detail).collect();
        let error = (!texts.is_empty()).then(|| error_to_wire(None, &texts.join("\n")));
        proto::call_function::Response { error, ..self }
    }

    fn diagnostics(&self) -> &[proto::Diagnostic] {
        &[]
    }
}

impl<P: Provider> Service<P> {
    /// All functions, as they stand in the schema.
    pub(super) fn functions(&self) -> Result<BTreeMap<String, proto::Function>, Diagnostics> {
        let functions = self.0.functions.iter();
        functions.map(|(name, function)| Ok(((*name).to_owned(), function_to_wire(function.signature()?)))).collect()
    }

    pub(super) async fn function_call(
        &self,
        request: &proto::call_function::Request,
    ) -> Result<proto::call_function::Response, Diagnostics> {
        let Some(function) = self.0.functions.get(request.name.as_str()) else {
            return Err(unknown("function", &request.name).into());
        };
        let signature = function.signature()?;
        match called(function.as_ref(), signature, &request.arguments).await {
            Ok(result) => {
                let result = Some(value_to_wire(&result, &signature.returns)?);
                Ok(proto::call_function::Response { result, error: None })
            }
            Err(FunctionError { text, argument }) => {
                let position = argument.and_then(|path| signature.position(&path));
                Ok(proto::call_function::Response { result: None, error: Some(error_to_wire(position, &text)) })
            }
        }
    }
}

async fn called(
    function: &dyn AnyFunction,
    signature: &Signature,
    arguments: &[proto::DynamicValue],
) -> Result<Dynamic, FunctionError> {
    let assigned = signature.assign(function.name(), arguments.len())?;
    let mut values = Vec::with_capacity(arguments.len());
    for (argument, (parameter, path)) in arguments.iter().zip(&assigned) {
        let value = value_from_wire(Some(argument), &argument_type(parameter));
        values.push(value.map_err(|error| unreadable(error).at(path.clone()))?);
    }
    call(function, &assigned, signature, values).await
}

fn unreadable(diagnostics: Diagnostics) -> FunctionError {
    let texts: Vec<String> = diagnostics.into_iter().map(|diagnostic| diagnostic.detail).collect();
    FunctionError::new(texts.join("\n"))
}

/// Terraform puts the full stop.
fn error_to_wire(function_argument: Option<i64>, text: &str) -> proto::FunctionError {
    let text = text.trim_end();
    proto::FunctionError { text: text.strip_suffix('.').unwrap_or(text).to_owned(), function_argument }
}

fn function_to_wire(signature: &Signature) -> proto::Function {
    let (fixed, variadic) = signature.split();
    let summary = signature.description.split("\n\n").next().unwrap_or_default();
    proto::Function {
        parameters: fixed.iter().map(parameter_to_wire).collect(),
        variadic_parameter: variadic.map(parameter_to_wire),
        r#return: Some(proto::function::Return { r#type: signature.returns.to_json() }),
        summary: summary.replace('\n', " "),
        description: signature.description.to_owned(),
        description_kind: proto::StringKind::Markdown.into(),
        deprecation_message: signature.deprecation.unwrap_or_default().to_owned(),
    }
}

fn parameter_to_wire(parameter: &Attribute) -> proto::function::Parameter {
    proto::function::Parameter {
        name: parameter.name().to_owned(),
        r#type: argument_type(parameter).to_json(),
        allow_null_value: parameter.presence() == Presence::Optional,
        allow_unknown_values: parameter.is_unknown_allowed(),
        description: parameter.description().to_owned(),
        description_kind: proto::StringKind::Markdown.into(),
    }
}

/// The type of one argument: each that goes to a variadic parameter is an element of its list.
fn argument_type(parameter: &Attribute) -> Type {
    match parameter.shape().value_type() {
        Type::List(element) if parameter.is_variadic() => *element,
        ty => ty,
    }
}

#[cfg(test)]
mod tests;
