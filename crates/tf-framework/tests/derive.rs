//! What `#[derive(Model)]` makes of a struct, and what it says to somebody who made a mistake.

use std::collections::BTreeSet;

use tf_framework::{Attribute, Dynamic, Model, Nesting, Object, Path, Presence, Schema, Shape, Type, Value};

const KINDS: [&str; 2] = ["web", "native"];

/// A client of a service.
///
/// It may act on its own.
#[derive(Clone, Debug, PartialEq, Model)]
struct Client {
    /// Identifier.
    #[attr(computed, keep_when_unknown)]
    id: Value<String>,

    /// One of `web` and `native`,
    /// which cannot change.
    #[attr(required, one_of(&KINDS), replace_on_change)]
    r#type: Value<String>,

    /// What it may do.
    #[attr(optional, size(1..=10))]
    scopes: Value<BTreeSet<String>>,

    /// Seconds until a token expires.
    #[attr(optional_computed)]
    #[attr(default(3600))]
    lifetime: Value<i64>,

    /// Its password.
    #[attr(computed, sensitive)]
    secret: Value<String>,

    /// Where it is used.
    #[attr(optional)]
    sites: Value<Vec<Site>>,
}

/// A place.
#[derive(Clone, Debug, PartialEq, Model)]
struct Site {
    /// Where it is.
    #[attr(required)]
    url: Value<String>,
}

/// A model of nothing.
#[derive(Clone, Model)]
struct Empty {}

fn attribute(name: &str) -> Attribute {
    let found = Client::attributes().into_iter().find(|attribute| attribute.name() == name);
    found.expect("the model has no such attribute")
}

fn client() -> Client {
    Client {
        id: Value::Unknown,
        r#type: "web".into(),
        scopes: Value::Known(["read".to_owned()].into()),
        lifetime: Value::Known(60),
        secret: Value::Null,
        sites: Value::Known(vec![Site { url: "https://example.com".into() }]),
    }
}

#[test]
fn attributes_stand_in_the_order_of_the_fields_under_their_plain_names() {
    let attributes = Client::attributes();
    let names: Vec<&str> = attributes.iter().map(Attribute::name).collect();
    assert_eq!(names, ["id", "type", "scopes", "lifetime", "secret", "sites"]);
    assert!(Empty::attributes().is_empty());
}

#[test]
fn doc_comments_are_the_descriptions() {
    assert_eq!(Client::DESCRIPTION, "A client of a service.\n\nIt may act on its own.");
    assert_eq!(attribute("type").description(), "One of `web` and `native`,\nwhich cannot change.");
}

#[test]
fn the_first_word_is_the_presence() {
    assert_eq!(attribute("id").presence(), Presence::Computed);
    assert_eq!(attribute("type").presence(), Presence::Required);
    assert_eq!(attribute("scopes").presence(), Presence::Optional);
    assert_eq!(attribute("lifetime").presence(), Presence::OptionalComputed);
}

#[test]
fn the_other_words_call_builder_functions() {
    assert!(attribute("secret").is_sensitive());
    assert!(!attribute("id").is_sensitive());
}

#[test]
fn the_types_of_the_fields_make_the_type_of_the_value() {
    let Schema { version, attributes, .. } = Client::schema(3);
    assert_eq!(version, 3);
    assert_eq!(attributes.len(), 6);
    assert_eq!(
        Client::schema(3).value_type().to_string(),
        "object({id=string,lifetime=number,scopes=set(string),secret=string,sites=list(object({url=string})),type=string})"
    );
    assert!(matches!(attribute("sites").shape(), Shape::Nested(Nesting::List, site) if site.len() == 1));
    assert!(matches!(attribute("lifetime").shape(), Shape::Plain(Type::Number)));
}

#[test]
fn a_model_survives_the_way_through_an_object() {
    let object = client().into_object();
    assert_eq!(object["type"], Dynamic::from("web"));
    assert_eq!(object["id"], Dynamic::Unknown);
    assert_eq!(Client::from_object(Object::new(object, Path::root())), Ok(client()));
    assert!(Empty::from_object(Object::new(Empty {}.into_object(), Path::root())).is_ok());
}

#[test]
fn a_value_that_does_not_fit_is_reported_with_its_place() {
    let mut object = client().into_object();
    object.insert("sites".to_owned(), Dynamic::list([Dynamic::map([("url", true)])]));
    let misfit = Client::from_object(Object::new(object, Path::root())).unwrap_err();
    assert_eq!(misfit.path.to_string(), "sites[0].url");
}

/// Each file makes one mistake; the file beside it holds what the compiler then says.
#[test]
fn a_mistake_is_one_error_at_its_place() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
