//! Check 55: functions. A function is called before the provider is configured. Check 67, of arguments.

use serde_json::Value;
use tf_framework::wire::proto::tfplugin6::function::Parameter;
use tf_framework::wire::proto::tfplugin6::{DynamicValue, Function, call_function};

use crate::broken::{Result, broken, ensure};
use crate::samples::FunctionCall;
use crate::session::{Said, Session};
use crate::suite::{Rules, SCHEMA, Suite};
use crate::types;
use crate::value::{complete, fits, from_wire, has_unknown, to_wire};

pub(super) async fn run(suite: &Suite, rules: &mut Rules, _: &mut Vec<Said>) {
    if suite.samples.functions.is_empty() {
        let _ = rules.about(SCHEMA, [55]);
    }
    for (name, sample) in &suite.samples.functions {
        let mut about = rules.about(name, [55, 67]);
        let Ok(mut session) = suite.session().await else { continue };
        let Some(function) = session.schema.functions.get(name).cloned() else {
            about.hold(55, Err(broken!("the schema has no function {name}")));
            continue;
        };
        for call in &sample.calls {
            about.hold(55, one_call(&mut session, name, &function, call).await);
        }
        about.hold(55, wrong_arity(&mut session, name, &function).await);
        if let Some(at) = function.parameters.iter().position(|parameter| parameter.allow_null_value)
            && let Some(call) = sample.calls.iter().find(|call| call.result.is_some() && call.arguments.len() > at)
        {
            about.hold(67, null_argument(&mut session, name, &function, call, at).await);
        } else {
            about.skip(67, "no parameter takes null");
        }
    }
}

/// The parameter of an argument; those past the last one belong to the variadic one.
fn parameter(function: &Function, at: usize) -> Option<&Parameter> {
    function.parameters.get(at).or(function.variadic_parameter.as_ref())
}

fn arguments(function: &Function, values: &[Value]) -> Result<Vec<DynamicValue>> {
    let argument = |(at, value): (usize, &Value)| {
        let parameter =
            parameter(function, at).ok_or_else(|| broken!("the sample has more arguments than parameters"))?;
        let ty = types::parse(&parameter.r#type)?;
        Ok(to_wire(&complete(value.clone(), &ty), &ty))
    };
    values.iter().enumerate().map(argument).collect()
}

async fn one_call(session: &mut Session, name: &str, function: &Function, call: &FunctionCall) -> Result<()> {
    let shown = Value::from(call.arguments.clone());
    let request = call_function::Request { name: name.to_owned(), arguments: arguments(function, &call.arguments)? };
    let answer = session.call_function(request.clone()).await?;
    let again = session.call_function(request).await?;
    ensure!(again == answer, "{shown}: called twice, it gives two results");
    let ty = types::parse(function.r#return.as_ref().map_or(b"", |result| result.r#type.as_slice()))?;
    match (&call.result, call.error_at) {
        (Some(wanted), _) => {
            if let Some(error) = answer.error {
                return Err(broken!("{shown}: {}", error.text));
            }
            ensure!(answer.result.is_some(), "{shown}: neither a result nor an error, which reads as null");
            let found = from_wire(answer.result.as_ref(), &ty).map_err(|problem| broken!("{shown}: {problem}"))?;
            ensure!(!has_unknown(&found), "{shown}: something in the result is unknown");
            let wanted = fits(complete(wanted.clone(), &ty), &ty)?;
            ensure!(found == wanted, "{shown}: gives {found}, and not {wanted}");
        }
        (None, Some(at)) => {
            let error = answer.error.ok_or_else(|| broken!("{shown}: no error, and the sample wants one"))?;
            ensure!(!error.text.is_empty(), "{shown}: an error without a text");
            ensure!(
                error.function_argument == Some(at),
                "{shown}: the error is at {:?}, and not at {at}",
                error.function_argument
            );
        }
        (None, None) => ensure!(answer.error.is_some() || answer.result.is_some(), "{shown}: no answer"),
    }
    Ok(())
}

async fn wrong_arity(session: &mut Session, name: &str, function: &Function) -> Result<()> {
    let null = DynamicValue { msgpack: vec![0xc0], json: Vec::new() };
    let mut counts = Vec::new();
    if !function.parameters.is_empty() {
        counts.push(function.parameters.len() - 1);
    }
    if function.variadic_parameter.is_none() {
        counts.push(function.parameters.len() + 1);
    }
    for count in counts {
        let request = call_function::Request { name: name.to_owned(), arguments: vec![null.clone(); count] };
        let answer = session.call_function(request).await?;
        ensure!(answer.error.is_some(), "{count} arguments for {} parameters are no error", function.parameters.len());
    }
    Ok(())
}

/// OpenTofu passes a null argument as a value of neither encoding.
async fn null_argument(
    session: &mut Session,
    name: &str,
    function: &Function,
    call: &FunctionCall,
    at: usize,
) -> Result<()> {
    let mut values = call.arguments.clone();
    values[at] = Value::Null;
    let request = call_function::Request { name: name.to_owned(), arguments: arguments(function, &values)? };
    let wanted = session.call_function(request.clone()).await?;
    let mut request = request;
    request.arguments[at] = DynamicValue::default();
    let found = session.call_function(request).await?;
    ensure!(found == wanted, "an argument of neither encoding is not taken for null");
    Ok(())
}
