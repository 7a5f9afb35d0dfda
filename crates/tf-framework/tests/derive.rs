//! What `#[derive(Model)]` makes of a struct. What it says to somebody who made a mistake is tested beside the macro.

use std::collections::{BTreeMap, BTreeSet};

use tf_framework::{
    Attribute, Block, BlockNesting, Dynamic, Model, Nesting, Object, Path, Presence, Schema, Shape, Type, Value,
};

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

/// A model with a block of each nesting.
#[derive(Clone, Debug, PartialEq, Model)]
struct Firewall {
    /// Its name.
    #[attr(required)]
    name: Value<String>,

    /// At most one.
    #[attr(block, min_items(1))]
    single: Value<Rule>,

    /// One in any case.
    #[attr(block, group)]
    group: Value<Rule>,

    /// In order.
    #[attr(block, min_items(1), max_items(3))]
    list: Value<Vec<Rule>>,

    /// Without order.
    #[attr(block, computed)]
    set: Value<BTreeSet<Rule>>,

    /// With labels.
    #[attr(block, deprecated("Use `list`."))]
    map: Value<BTreeMap<String, Rule>>,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Model)]
struct Rule {
    /// Who.
    #[attr(optional_computed)]
    source: Value<String>,
}

/// A model with another one inside.
#[derive(Clone, Debug, PartialEq, Model)]
struct Signpost {
    #[attr(flatten)]
    site: Site,

    /// Where it points to.
    #[attr(optional)]
    direction: Value<String>,

    #[attr(flatten)]
    firewall: Firewall,
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

#[test]
fn the_word_block_makes_a_field_a_nested_block() {
    let names = |blocks: &[Block]| blocks.iter().map(|block| block.name().to_owned()).collect::<Vec<_>>();
    let blocks = Firewall::blocks();
    assert_eq!(Firewall::attributes().len(), 1);
    assert_eq!(names(&blocks), ["single", "group", "list", "set", "map"]);
    let nestings: Vec<BlockNesting> = blocks.iter().map(Block::nesting).collect();
    use BlockNesting::{Group, List, Map, Set, Single};
    assert_eq!(nestings, [Single, Group, List, Set, Map]);
    assert_eq!((blocks[2].least_items(), blocks[2].most_items()), (1, Some(3)));
    assert!(blocks[3].is_computed() && !blocks[2].is_computed());
    assert_eq!(blocks[4].deprecation(), Some("Use `list`."));
    assert_eq!(blocks[0].description(), "At most one.");
    assert_eq!(
        Firewall::schema(0).value_type().to_string(),
        "object({group=object({source=string}),list=list(object({source=string})),map=map(object({source=string})),\
         name=string,set=set(object({source=string})),single=object({source=string})})"
    );
}

#[test]
fn blocks_survive_the_way_through_an_object() {
    let rule = || Rule { source: "10.0.0.0/8".into() };
    let firewall = Firewall {
        name: "edge".into(),
        single: Value::Null,
        group: Value::Known(rule()),
        list: Value::Known(vec![rule(), Rule { source: Value::Unknown }]),
        set: Value::Unknown,
        map: Value::Known([("k".to_owned(), rule())].into()),
    };
    let object = firewall.clone().into_object();
    assert_eq!(object["single"], Dynamic::Null);
    assert_eq!(object["list"].as_list().map(<[_]>::len), Some(2));
    assert_eq!(Firewall::from_object(Object::new(object, Path::root())), Ok(firewall));
}

#[test]
fn the_word_flatten_puts_what_another_model_has_among_the_rest() {
    let names: Vec<String> = Signpost::attributes().iter().map(|attribute| attribute.name().to_owned()).collect();
    assert_eq!(names, ["direction", "url", "name"]);
    assert_eq!(Signpost::blocks().len(), Firewall::blocks().len());
    let has_blocks = [Signpost::HAS_BLOCKS, Client::HAS_BLOCKS];
    assert_eq!(has_blocks, [true, false]);
    let firewall = Firewall {
        name: "edge".into(),
        single: Value::Null,
        group: Value::Known(Rule { source: Value::Unknown }),
        list: Value::Null,
        set: Value::Null,
        map: Value::Null,
    };
    let signpost = Signpost { site: Site { url: "https://example.com".into() }, direction: "north".into(), firewall };
    let object = signpost.clone().into_object();
    assert_eq!(object["url"], Dynamic::from("https://example.com"));
    assert_eq!(Signpost::from_object(Object::new(object.clone(), Path::root())), Ok(signpost));
    let misfit = Signpost::from_object(Object::new([("url".to_owned(), Dynamic::from(1))].into(), Path::root()));
    assert_eq!(misfit.unwrap_err().path.to_string(), "url");
}
