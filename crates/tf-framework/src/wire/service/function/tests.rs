//! Functions through the calls: their declaration, their arguments, and what goes wrong with both.

use std::sync::Arc;

use tonic::transport::Channel;

use super::*;
use crate::{
    Attribute, Dynamic, Function, FunctionType, Host, Misfit, Model, Object, Path, Presence, Provider, Result, Value,
    async_trait,
    server::Server,
    wire::{
        generated::tfplugin6::provider_client::ProviderClient,
        service::in_process::{errors, host},
    },
};

/// A provider with functions alone.
struct Speech;

/// Nothing to configure.
#[derive(Clone, Model)]
struct Nothing {}

/// Joins words
/// to a name.
///
/// All but letters is refused.
#[derive(Clone, Model)]
struct Join {
    /// What stands between.
    #[attr(optional, length(1..=3))]
    separator: Value<String>,
    /// What happens.
    #[attr(required, one_of(&["join", "fail", "fail at all", "fail at separator", "fail nowhere", "panic", "give null", "give unknown"]))]
    scene: Value<String>,
    /// The words.
    #[attr(required, variadic, size(0..=3), must("begin with a letter", |word| word.starts_with(char::is_alphabetic)))]
    words: Value<Vec<String>>,
}

impl Function for Join {
    const NAME: &'static str = "join";
    const DEPRECATION: Option<&'static str> = Some("Use another.");
    type Return = Value<String>;

    fn call(self) -> Result<Value<String>, FunctionError> {
        let words = self.words.unwrap_or_default();
        match self.scene.as_deref() {
            Some("fail") => Err(FunctionError::new("words is too short.").at(Path::attribute("words").index(1))),
            Some("fail at all") => Err(FunctionError::new("nothing fits")),
            Some("fail at separator") => Err(FunctionError::new("it is odd").at(Path::attribute("separator"))),
            Some("fail nowhere") => Err(FunctionError::new("it is odd").at(Path::attribute("nothing"))),
            Some("panic") => panic!("the voice broke"),
            Some("give null") => Ok(Value::Null),
            Some("give unknown") => Ok(Value::Unknown),
            _ => Ok(words.join(self.separator.as_deref().unwrap_or("-")).into()),
        }
    }
}

/// A pair.
#[derive(Clone, Model)]
struct Pair {
    /// One.
    #[attr(required, length(1..=3))]
    one: Value<String>,
    /// Another.
    #[attr(optional)]
    other: Value<i64>,
}

/// Tells what it got.
#[derive(Clone, Model)]
struct Tell {
    /// Anything.
    #[attr(optional, allow_unknown)]
    anything: Value<Dynamic>,
    /// A pair.
    #[attr(optional)]
    pair: Value<Pair>,
    /// Words.
    #[attr(optional, allow_unknown)]
    words: Value<Vec<String>>,
}

impl Function for Tell {
    const NAME: &'static str = "tell";
    type Return = Value<Vec<Pair>>;

    fn call(self) -> Result<Value<Vec<Pair>>, FunctionError> {
        let told = match (&self.anything, &self.words) {
            (Value::Unknown, _) | (_, Value::Unknown) => return Ok(Value::Unknown),
            (Value::Null, _) => "nil",
            (Value::Known(_), _) => "any",
        };
        let pair = self.pair.or(Pair { one: told.into(), other: Value::Null });
        Ok(vec![pair].into())
    }
}

/// Has no parameter.
#[derive(Clone, Model)]
struct Nought {}

impl Function for Nought {
    const NAME: &'static str = "nought";
    type Return = Value<bool>;

    fn call(self) -> Result<Value<bool>, FunctionError> {
        Ok(true.into())
    }
}

macro_rules! provider {
    ($provider:ident, $($function:ident),*) => {
        #[async_trait]
        impl Provider for $provider {
            type Config = Nothing;
            type Api = ();
            const NAME: &'static str = "speech";
            const ADDRESS: &'static str = "example/speech";
            const VERSION: &'static str = "1.0.0";
            const LOG_CRATES: &'static [&'static str] = &[];

            fn configure(_: Nothing, _: &Host, _: &mut Diagnostics) -> Result<()> {
                Ok(())
            }

            fn functions() -> Vec<FunctionType> {
                vec![$(FunctionType::of::<$function>()),*]
            }
        }
    };
}

provider!(Speech, Join, Tell, Nought);

/// Not configured: functions are called on such a provider.
async fn speech() -> ProviderClient<Channel> {
    host(Service(Arc::new(Server::<Speech>::new()))).await
}

/// A value on the wire, and JSON instead of msgpack where that says more.
fn json(text: &str) -> proto::DynamicValue {
    proto::DynamicValue { msgpack: Vec::new(), json: text.as_bytes().to_vec() }
}

fn unknown_value() -> proto::DynamicValue {
    proto::DynamicValue { msgpack: vec![0xd4, 0, 0], json: Vec::new() }
}

async fn answer(name: &str, arguments: Vec<proto::DynamicValue>) -> proto::call_function::Response {
    let request = proto::call_function::Request { name: name.to_owned(), arguments };
    speech().await.call_function(request).await.unwrap().into_inner()
}

/// The result of a call that works, in its type.
async fn value(name: &str, ty: &Type, arguments: Vec<proto::DynamicValue>) -> Dynamic {
    let answer = answer(name, arguments).await;
    assert_eq!(answer.error, None);
    value_from_wire(Some(&answer.result.expect("an absent result would be null without a word")), ty).unwrap()
}

/// The text of a call that fails, and the argument that it blames.
async fn failure(name: &str, arguments: Vec<proto::DynamicValue>) -> (String, Option<i64>) {
    let answer = answer(name, arguments).await;
    assert_eq!(answer.result, None);
    let error = answer.error.expect("it fails");
    (error.text, error.function_argument)
}

fn scene(scene: &str, words: &[&str]) -> Vec<proto::DynamicValue> {
    let words = words.iter().map(|word| json(&format!("{word:?}")));
    [json("null"), json(&format!("{scene:?}"))].into_iter().chain(words).collect()
}

async fn join(arguments: Vec<proto::DynamicValue>) -> Dynamic {
    value("join", &Type::String, arguments).await
}

#[tokio::test]
async fn arguments_go_to_the_fields_in_their_order_and_the_rest_to_the_last() {
    assert_eq!(join(scene("join", &["a", "b", "c"])).await, Dynamic::from("a-b-c"));
    assert_eq!(join(scene("join", &[])).await, Dynamic::from(""));
    assert_eq!(join(vec![json("\"+\""), json("\"join\""), json("\"a\""), json("\"b\"")]).await, Dynamic::from("a+b"));
    assert_eq!(value("nought", &Type::Bool, vec![]).await, Dynamic::from(true));
}

#[tokio::test]
async fn an_argument_with_neither_encoding_is_null() {
    let arguments = vec![proto::DynamicValue::default(), json("\"join\""), json("\"a\"")];
    assert_eq!(join(arguments).await, Dynamic::from("a"));
    let arguments = vec![json("null"), proto::DynamicValue::default()];
    assert_eq!(failure("join", arguments).await, ("`scene` must not be null".to_owned(), Some(1)));
}

#[tokio::test]
async fn null_is_refused_where_it_may_not_be_and_a_result_where_it_is_one() {
    let mut arguments = scene("join", &["a", "b"]);
    arguments[3] = json("null");
    assert_eq!(failure("join", arguments).await, ("`words[1]` must not be null".to_owned(), Some(3)));
    let list = [json("null"), json("null"), json("[\"a\",null]")];
    assert_eq!(failure("tell", list.into()).await, ("`words[1]` must not be null".to_owned(), Some(2)));
    assert_eq!(join(scene("give null", &[])).await, Dynamic::Null);
}

#[tokio::test]
async fn a_function_takes_as_many_arguments_as_it_declares() {
    for (name, count, text) in [
        ("join", 1, "join takes at least 2 arguments, and got 1"),
        ("join", 0, "join takes at least 2 arguments, and got 0"),
        ("tell", 2, "tell takes exactly 3 arguments, and got 2"),
        ("tell", 4, "tell takes exactly 3 arguments, and got 4"),
        ("nought", 1, "nought takes exactly 0 arguments, and got 1"),
    ] {
        assert_eq!(failure(name, vec![json("null"); count]).await, (text.to_owned(), None));
    }
}

#[tokio::test]
async fn something_unknown_in_an_argument_makes_the_result_unknown_without_a_call() {
    let mut arguments = scene("panic", &["a"]);
    arguments[2] = unknown_value();
    assert_eq!(join(arguments).await, Dynamic::Unknown);
    let pair =
        proto::DynamicValue { msgpack: [&b"\x82\xa3one"[..], &[0xd4, 0, 0], b"\xa5other\xc0"].concat(), json: vec![] };
    let returns = Type::list(Pair::schema(0).value_type());
    assert_eq!(value("tell", &returns, vec![json("null"), pair, json("null")]).await, Dynamic::Unknown);
}

#[tokio::test]
async fn what_may_be_unknown_reaches_the_function() {
    let returns = Type::list(Pair::schema(0).value_type());
    let nothing = || json("null");
    let told = |one: &str| Dynamic::list([Dynamic::map([("one", Dynamic::from(one)), ("other", Dynamic::Null)])]);
    let anything =
        proto::DynamicValue { msgpack: [&[0x92, 0xc4, 8][..], b"\"string\"", &[0xa1, b'x']].concat(), json: vec![] };
    assert_eq!(value("tell", &returns, vec![nothing(), nothing(), nothing()]).await, told("nil"));
    assert_eq!(value("tell", &returns, vec![anything, nothing(), nothing()]).await, told("any"));
    assert_eq!(value("tell", &returns, vec![unknown_value(), nothing(), nothing()]).await, Dynamic::Unknown);
    let half = proto::DynamicValue { msgpack: vec![0x92, 0xa1, b'a', 0xd4, 0, 0], json: vec![] };
    assert_eq!(value("tell", &returns, vec![nothing(), nothing(), half]).await, Dynamic::Unknown);
}

#[tokio::test]
async fn the_rules_of_the_parameters_are_checked_before_the_call() {
    let mut arguments = scene("panic", &["a", "1", "2"]);
    arguments[0] = json("\"long\"");
    let (text, argument) = failure("join", arguments).await;
    assert_eq!(argument, Some(0));
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "`separator` must have 1 to 3 characters. The value is \"long\".",
            "`words[1]` must begin with a letter. The value is \"1\".",
            "`words[2]` must begin with a letter. The value is \"2\"",
        ]
    );
    let (text, argument) = failure("join", scene("sing", &[])).await;
    assert!(text.starts_with("`scene` must be one of \"join\", "), "{text}");
    assert_eq!(argument, Some(1));
    let many = failure("join", scene("panic", &["a", "b", "c", "d"])).await;
    assert_eq!(many, ("`words` must have at most 3 elements. It has 4".to_owned(), Some(2)));
    assert_eq!(failure("join", scene("panic", &["a", "1"])).await.1, Some(3));
    let pair = json(r#"{"one":"","other":null}"#);
    let (text, argument) = failure("tell", vec![json("null"), pair, json("null")]).await;
    assert_eq!((text.as_str(), argument), ("`pair.one` must have 1 to 3 characters. The value is \"\"", Some(1)));
}

#[tokio::test]
async fn a_failure_names_its_argument_by_the_position_among_all() {
    assert_eq!(failure("join", scene("fail", &["a", "b"])).await, ("words is too short".to_owned(), Some(3)));
    assert_eq!(failure("join", scene("fail at separator", &[])).await, ("it is odd".to_owned(), Some(0)));
    assert_eq!(failure("join", scene("fail at all", &[])).await, ("nothing fits".to_owned(), None));
    assert_eq!(failure("join", scene("fail nowhere", &[])).await, ("it is odd".to_owned(), None));
}

#[tokio::test]
async fn an_argument_that_does_not_fit_its_type_is_an_error_at_it() {
    let (text, argument) = failure("join", vec![json("null"), json("[]")]).await;
    assert!(text.starts_with("Terraform sent a value that does not fit the provider's schema"), "{text}");
    assert_eq!(argument, Some(1));
    let mut arguments = scene("join", &["a", "b"]);
    arguments[3] = proto::DynamicValue { msgpack: vec![0xc1], json: vec![] };
    assert_eq!(failure("join", arguments).await.1, Some(3));
    let big = json(r#"{"one":"a","other":1.5}"#);
    let (text, argument) = failure("tell", vec![json("null"), big, json("null")]).await;
    assert_eq!((text.as_str(), argument), ("`pair.other` must be a whole number, and not a huge one", Some(1)));
}

#[tokio::test]
async fn a_panic_and_an_unknown_made_of_nothing_are_failures_that_ask_for_a_report() {
    let (text, argument) = failure("join", scene("panic", &[])).await;
    assert!(text.starts_with("join stopped with a panic: the voice broke"), "{text}");
    assert!(text.ends_with("please report it"), "{text}");
    assert_eq!(argument, None);
    let (text, _) = failure("join", scene("give unknown", &[])).await;
    assert!(text.starts_with("join made an unknown result of known arguments"), "{text}");
}

#[tokio::test]
async fn a_name_that_is_none_is_a_failure() {
    let (text, argument) = failure("sing", vec![]).await;
    assert!(text.starts_with("The provider has no function named \"sing\""), "{text}");
    assert_eq!(argument, None);
}

#[tokio::test]
async fn the_schema_holds_what_the_list_of_functions_holds() {
    let mut provider = speech().await;
    let schema = provider.get_provider_schema(proto::get_provider_schema::Request {}).await.unwrap().into_inner();
    let listed = provider.get_functions(proto::get_functions::Request {}).await.unwrap().into_inner();
    assert_eq!(schema.functions, listed.functions);
    let metadata = provider.get_metadata(proto::get_metadata::Request {}).await.unwrap().into_inner();
    let names: Vec<_> = metadata.functions.into_iter().map(|one| one.name).collect();
    assert_eq!(names, ["join", "nought", "tell"]);

    let join = &schema.functions["join"];
    assert_eq!((join.summary.as_str(), join.deprecation_message.as_str()), ("Joins words to a name.", "Use another."));
    assert_eq!(join.description, "Joins words\nto a name.\n\nAll but letters is refused.");
    let shown = |parameter: &proto::function::Parameter| {
        let ty = String::from_utf8(parameter.r#type.clone()).unwrap();
        (parameter.name.clone(), ty, parameter.allow_null_value, parameter.allow_unknown_values)
    };
    let text = || "\"string\"".to_owned();
    let parameters: Vec<_> = join.parameters.iter().map(shown).collect();
    assert_eq!(parameters, [("separator".to_owned(), text(), true, false), ("scene".to_owned(), text(), false, false)]);
    assert_eq!(join.variadic_parameter.as_ref().map(shown), Some(("words".to_owned(), text(), false, false)));
    let returns = schema.functions["tell"].r#return.as_ref().unwrap();
    assert_eq!(returns.r#type, br#"["list",["object",{"one":"string","other":"number"}]]"#);
}

/// Declared by hand in every way that is wrong.
#[derive(Clone)]
struct Wrong;

impl Model for Wrong {
    const DESCRIPTION: &'static str = "Wrong.";

    fn attributes() -> Vec<Attribute> {
        vec![
            Attribute::new("1st", Type::String, Presence::Required),
            Attribute::new("a", Type::String, Presence::Computed),
            Attribute::new("a", Type::String, Presence::Optional).variadic(),
        ]
    }

    fn from_object(_: Object) -> Result<Wrong, Misfit> {
        Ok(Wrong)
    }

    fn into_object(self) -> BTreeMap<String, Dynamic> {
        BTreeMap::new()
    }
}

impl Function for Wrong {
    const NAME: &'static str = "Wrong-Name";
    type Return = Value<bool>;

    fn call(self) -> Result<Value<bool>, FunctionError> {
        Ok(true.into())
    }
}

struct Faulty;

provider!(Faulty, Wrong, Nought);

#[tokio::test]
async fn a_wrong_declaration_is_an_error_that_names_every_fault() {
    let mut provider = host(Service(Arc::new(Server::<Faulty>::new()))).await;
    let schema = provider.get_provider_schema(proto::get_provider_schema::Request {}).await.unwrap().into_inner();
    assert!(schema.functions.is_empty());
    assert_eq!(errors(&schema.diagnostics).len(), 6);
    let details: Vec<_> = schema.diagnostics.iter().map(|one| one.detail.as_str()).collect();
    let text = details.join("\n");
    for fault in [
        "The function \"Wrong-Name\" has a name that is no identifier.",
        "has a parameter \"1st\", which is no identifier.",
        "has a computed parameter \"a\"; it must be required or optional.",
        "has two parameters \"a\".",
        "has a variadic parameter \"a\" that is no list.",
        "has an optional variadic parameter \"a\"; a list of arguments is never null.",
    ] {
        assert!(text.contains(fault), "{fault} is not in:\n{text}");
    }
    let request = proto::call_function::Request { name: "Wrong-Name".to_owned(), arguments: Vec::new() };
    let called = provider.call_function(request).await.unwrap().into_inner();
    assert!(called.error.unwrap().text.contains("no identifier"));
}
