//! A function behind one face, whatever its parameters and its result.

use std::{collections::BTreeMap, marker::PhantomData, sync::OnceLock};

use async_trait::async_trait;

use crate::{
    diagnostics::{Diagnostics, Severity},
    function::{Function, FunctionError},
    log::guarded,
    model::{AttributeValue, Misfit, Object},
    path::{Path, Step},
    schema::{Attribute, Presence},
    server::{bug, panicked_leaving},
    types::Type,
    validate::{check_body, check_rule},
    value::Dynamic,
};

/// What a function takes and gives.
#[derive(Clone, Debug)]
pub(crate) struct Signature {
    pub(crate) description: &'static str,
    pub(crate) deprecation: Option<&'static str>,
    pub(crate) parameters: Vec<Attribute>,
    pub(crate) returns: Type,
}

impl Signature {
    /// The parameters that take one argument each, and the one that takes all that follow.
    pub(crate) fn split(&self) -> (&[Attribute], Option<&Attribute>) {
        match self.parameters.split_last() {
            Some((last, fixed)) if last.is_variadic() => (fixed, Some(last)),
            _ => (&self.parameters, None),
        }
    }

    /// The parameter of each of so many arguments, and the path that the argument has.
    pub(crate) fn assign(&self, name: &str, count: usize) -> Result<Vec<(&Attribute, Path)>, FunctionError> {
        let (fixed, variadic) = self.split();
        let wanted = match variadic {
            Some(_) if count >= fixed.len() => None,
            None if count == fixed.len() => None,
            Some(_) => Some("at least"),
            None => Some("exactly"),
        };
        if let Some(wanted) = wanted {
            let text = format!("{name} takes {wanted} {}, and got {count}", arguments(fixed.len()));
            return Err(FunctionError::new(text));
        }
        let path = |parameter: &Attribute| Path::attribute(parameter.name());
        let rest = variadic.into_iter().flat_map(|last| (0_i64..).map(move |index| (last, path(last).index(index))));
        Ok(fixed.iter().map(|parameter| (parameter, path(parameter))).chain(rest).take(count).collect())
    }

    /// The position among all arguments, as the protocol counts, of what stands at this path.
    pub(crate) fn position(&self, path: &Path) -> Option<i64> {
        let mut steps = path.steps().iter();
        let Some(Step::Attribute(name)) = steps.next() else { return None };
        let position = self.parameters.iter().position(|parameter| parameter.name() == name)?;
        let offset = match steps.next() {
            Some(Step::Index(index)) if self.parameters[position].is_variadic() => *index,
            _ => 0,
        };
        i64::try_from(position).ok()?.checked_add(offset)
    }
}

#[async_trait]
pub(crate) trait AnyFunction: Send + Sync {
    fn name(&self) -> &'static str;
    /// The error says what is wrong with the declaration.
    fn signature(&self) -> Result<&Signature, Diagnostics>;
    /// The result for arguments that passed all checks, by the names of their parameters.
    async fn run(&self, arguments: BTreeMap<String, Dynamic>) -> Result<Dynamic, FunctionError>;
}

/// The face of `F`.
pub(crate) struct Typed<F> {
    function: PhantomData<fn() -> F>,
    signature: OnceLock<Result<Signature, Diagnostics>>,
}

impl<F: Function> Typed<F> {
    pub(crate) fn new() -> Typed<F> {
        Typed { function: PhantomData, signature: OnceLock::new() }
    }
}

#[async_trait]
impl<F: Function> AnyFunction for Typed<F> {
    fn name(&self) -> &'static str {
        F::NAME
    }

    fn signature(&self) -> Result<&Signature, Diagnostics> {
        let built = self.signature.get_or_init(|| {
            const { assert!(!F::HAS_BLOCKS, "a function's parameters are attributes, and none of them a block") };
            let parameters = F::attributes();
            let faults = faults(F::NAME, &parameters);
            if !faults.is_empty() {
                return Err(faults);
            }
            let returns = F::Return::shape().value_type();
            Ok(Signature { description: F::DESCRIPTION, deprecation: F::DEPRECATION, parameters, returns })
        });
        built.as_ref().map_err(Clone::clone)
    }

    async fn run(&self, arguments: BTreeMap<String, Dynamic>) -> Result<Dynamic, FunctionError> {
        let is_known = arguments.values().all(Dynamic::is_wholly_known);
        let function = F::from_object(Object::new(arguments, Path::root())).map_err(misfit)?;
        let result = match guarded(async { function.call() }).await {
            Ok(result) => result?.into_dynamic(),
            Err(panic) => return Err(FunctionError::new(panicked_leaving(F::NAME, &panic, "").detail)),
        };
        if is_known && !result.is_wholly_known() {
            let bug = bug(format!("{} made an unknown result of known arguments.", F::NAME));
            return Err(FunctionError::new(bug.detail));
        }
        Ok(result)
    }
}

/// Calls a function with one value for each argument.
pub(crate) async fn call(
    function: &dyn AnyFunction,
    assigned: &[(&Attribute, Path)],
    signature: &Signature,
    values: Vec<Dynamic>,
) -> Result<Dynamic, FunctionError> {
    let mut is_called = true;
    for ((parameter, path), value) in assigned.iter().zip(&values) {
        if value.is_null() && parameter.presence() == Presence::Required {
            return Err(FunctionError::new(format!("`{path}` must not be null")).at(path.clone()));
        }
        is_called &= value.is_wholly_known() || parameter.is_unknown_allowed();
    }
    if !is_called {
        return Ok(Dynamic::Unknown);
    }
    let (fixed, variadic) = signature.split();
    let mut values = values.into_iter();
    let one_each = fixed.iter().map(|parameter| (parameter.name().to_owned(), values.next().unwrap_or_default()));
    let mut arguments: BTreeMap<String, Dynamic> = one_each.collect();
    if let Some(last) = variadic {
        arguments.insert(last.name().to_owned(), Dynamic::List(values.collect()));
    }
    check(signature, &arguments)?;
    function.run(arguments).await
}

/// The rules of all parameters. Those of the variadic one hold for the list of its arguments and for each of them.
fn check(signature: &Signature, arguments: &BTreeMap<String, Dynamic>) -> Result<(), FunctionError> {
    let mut diagnostics = Diagnostics::new();
    check_body(signature.parameters.as_slice().into(), arguments, &Path::root(), &mut diagnostics);
    if let (_, Some(last)) = signature.split()
        && let Some(Dynamic::List(rest)) = arguments.get(last.name())
    {
        for (argument, index) in rest.iter().zip(0_i64..).filter(|(argument, _)| is_single(argument)) {
            let path = Path::attribute(last.name()).index(index);
            let rules = last.rules().iter().filter(|rule| !rule.of_each_element);
            rules.for_each(|rule| check_rule(last, rule, argument, &path, &mut diagnostics));
        }
    }
    let errors: Vec<_> = diagnostics.iter().filter(|one| one.severity == Severity::Error).collect();
    let Some(first) = errors.first() else { return Ok(()) };
    let text = errors.iter().map(|error| error.detail.as_str()).collect::<Vec<_>>().join("\n");
    Err(FunctionError { text, argument: first.attribute.clone() })
}

/// Whether it is no collection: a rule about the size of the list of arguments is not one about an argument.
fn is_single(value: &Dynamic) -> bool {
    !matches!(value, Dynamic::List(_) | Dynamic::Set(_) | Dynamic::Map(_))
}

/// An argument that has the parameter's type, and doesn't fit its field: a null in a list.
fn misfit(misfit: Misfit) -> FunctionError {
    FunctionError::new(format!("`{}` {}", misfit.path, misfit.problem)).at(misfit.path)
}

/// What is wrong with a declaration. Terraform would load nothing of a provider with one of these, or crash.
fn faults(name: &str, parameters: &[Attribute]) -> Diagnostics {
    let mut faults = Diagnostics::new();
    let mut fault = |what: String| faults.push(bug(format!("The function {name:?} {what}.")));
    if !is_identifier(name) {
        fault("has a name that is no identifier".to_owned());
    }
    for (index, parameter) in parameters.iter().enumerate() {
        let parameter_name = parameter.name();
        if !is_identifier(parameter_name) {
            fault(format!("has a parameter {parameter_name:?}, which is no identifier"));
        }
        if parameters[..index].iter().any(|earlier| earlier.name() == parameter_name) {
            fault(format!("has two parameters {parameter_name:?}"));
        }
        if parameter.presence().is_computed() {
            fault(format!("has a computed parameter {parameter_name:?}; it must be required or optional"));
        }
        if !parameter.is_variadic() {
            continue;
        }
        if index + 1 != parameters.len() {
            fault(format!("has parameters after the variadic {parameter_name:?}"));
        }
        if !matches!(parameter.shape().value_type(), Type::List(_)) {
            fault(format!("has a variadic parameter {parameter_name:?} that is no list"));
        }
        if parameter.presence() != Presence::Required {
            fault(format!("has an optional variadic parameter {parameter_name:?}; a list of arguments is never null"));
        }
    }
    faults
}

/// Letters, digits and underscores, no digit at the front: part of what Terraform takes, and all that a name should hold.
fn is_identifier(name: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_lowercase() || c == '_';
    name.starts_with(is_letter) && name.chars().all(|c| is_letter(c) || c.is_ascii_digit())
}

fn arguments(count: usize) -> String {
    if count == 1 { "1 argument".to_owned() } else { format!("{count} arguments") }
}
