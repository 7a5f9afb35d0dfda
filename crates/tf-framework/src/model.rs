//! A struct as the one place where attributes are declared: its fields are the schema, and values go in and out of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    block::{Block, BlockNesting},
    number::Number,
    path::Path,
    schema::{Attribute, Nesting, Presence, Schema, Shape},
    types::Type,
    value::{Dynamic, Value},
};

/// A struct whose fields are attributes. Derived, never written by hand.
///
/// ```
/// use tf_framework::{Model, Value};
///
/// /// A project.
/// #[derive(Clone, Model)]
/// struct Project {
///     /// Name shown in the console, 1 to 255 characters.
///     #[attr(required, length(1..=255))]
///     name: Value<String>,
/// }
/// assert_eq!(Project::attributes()[0].description(), "Name shown in the console, 1 to 255 characters.");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a type that an attribute can hold nor a model",
    note = "use String, bool, i64, Number, Secret, Dynamic, or Vec, BTreeSet, BTreeMap<String, _> of these; a struct becomes a model with `#[derive(Model)]`"
)]
pub trait Model: Clone + Send + Sync + Sized + 'static {
    /// The struct's doc comment: the description on the registry page.
    const DESCRIPTION: &'static str;

    /// Whether a field is a block; false by default.
    const HAS_BLOCKS: bool = false;

    /// The attributes, in the order of the fields; those of a flattened model come last.
    fn attributes() -> Vec<Attribute>;

    /// The nested blocks, in the same order; none by default.
    fn blocks() -> Vec<Block> {
        Vec::new()
    }

    /// Reads the fields out of an object.
    ///
    /// # Errors
    /// [`Misfit`] names the first value that doesn't fit its field.
    fn from_object(object: Object) -> Result<Self, Misfit>;

    /// The fields as an object.
    fn into_object(self) -> BTreeMap<String, Dynamic>;

    /// The schema that the attributes make.
    fn schema(version: i64) -> Schema {
        Schema {
            version,
            description: Self::DESCRIPTION.to_owned(),
            attributes: Self::attributes(),
            blocks: Self::blocks(),
        }
    }
}

/// An object on its way into a [`Model`].
#[derive(Clone)]
pub struct Object {
    attributes: BTreeMap<String, Dynamic>,
    path: Path,
}

impl Object {
    /// The object at `path`; `attributes` holds one value for each attribute.
    pub fn new(attributes: BTreeMap<String, Dynamic>, path: Path) -> Object {
        Object { attributes, path }
    }

    /// Takes one attribute out; a missing one is null.
    ///
    /// # Errors
    /// [`Misfit`] when the value doesn't fit the field.
    pub fn take<V: AttributeValue>(&mut self, name: &str) -> Result<V, Misfit> {
        V::from_dynamic(self.attributes.remove(name).unwrap_or(Dynamic::Null), &self.path.attr(name))
    }
}

/// A value that doesn't fit the field it is meant for, such as a null element in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// Where it stands.
    pub path: Path,
    /// What is wrong, as a sentence without its subject: "must not be null".
    pub problem: String,
}

/// What a field may be: [`Value`] of an [`Element`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an attribute",
    label = "not an attribute's type",
    note = "a field is `Value<T>`, with `T` one of String, bool, i64, Number, Dynamic, a model, or Vec, BTreeSet, BTreeMap<String, _> of these"
)]
pub trait AttributeValue: Sized {
    /// The shape that the schema shows.
    fn shape() -> Shape;

    /// Reads the value.
    ///
    /// # Errors
    /// [`Misfit`] when it doesn't fit.
    fn from_dynamic(value: Dynamic, path: &Path) -> Result<Self, Misfit>;

    /// The value as a tree.
    fn into_dynamic(self) -> Dynamic;

    /// Takes the attribute `name` out of an object; a missing one is null.
    ///
    /// # Errors
    /// [`Misfit`] when it doesn't fit.
    fn take_from(object: &mut Object, name: &str) -> Result<Self, Misfit> {
        object.take(name)
    }

    /// An attribute of this type, to be refined by builder functions.
    fn attribute(name: &str, presence: Presence) -> Attribute {
        Attribute::new(name, Self::shape(), presence)
    }
}

impl<T: Element> AttributeValue for Value<T> {
    fn shape() -> Shape {
        T::shape()
    }

    fn from_dynamic(value: Dynamic, path: &Path) -> Result<Value<T>, Misfit> {
        match value {
            Dynamic::Null => Ok(Value::Null),
            Dynamic::Unknown => Ok(Value::Unknown),
            value => match T::from_known(value, path) {
                Ok(known) => Ok(Value::Known(known)),
                Err(Unfit::Unknown) => Ok(Value::Unknown),
                Err(Unfit::Misfit(misfit)) => Err(misfit),
            },
        }
    }

    fn into_dynamic(self) -> Dynamic {
        match self {
            Value::Null => Dynamic::Null,
            Value::Unknown => Dynamic::Unknown,
            Value::Known(known) => known.into_known(),
        }
    }
}

/// What the field of a block may be. The value is null where there is no single block, and in a configuration where nobody
/// wrote a computed one; any other block that isn't there is empty. It is unknown where a `dynamic` block isn't known yet, and
/// where a computed block is still to be filled in.
///
/// A model with blocks can be a block, and no nested attribute:
///
/// ```compile_fail
/// use tf_framework::{Model, Value};
///
/// /// A model with a block.
/// #[derive(Clone, Model)]
/// struct Outer {
///     /// A block.
///     #[attr(block)]
///     inner: Value<Inner>,
/// }
///
/// /// A model without one.
/// #[derive(Clone, Model)]
/// struct Inner {}
///
/// /// A model whose attribute would hold the block.
/// #[derive(Clone, Model)]
/// struct Wrong {
///     /// A nested attribute.
///     #[attr(optional)]
///     outer: Value<Outer>,
/// }
/// Wrong::schema(0);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be a block",
    label = "not a block's type",
    note = "the field of a block is `Value<M>`, `Value<Vec<M>>`, `Value<BTreeSet<M>>` or `Value<BTreeMap<String, M>>` of a model `M`"
)]
pub trait BlockValue: AttributeValue {
    /// A block of this type, to be refined by builder functions.
    fn block(name: &str) -> Block;

    /// Takes the block `name` out of an object.
    ///
    /// # Errors
    /// [`Misfit`] when it doesn't fit.
    fn take_from(object: &mut Object, name: &str) -> Result<Self, Misfit> {
        object.take(name)
    }

    /// The value as a tree.
    fn into_dynamic(self) -> Dynamic {
        AttributeValue::into_dynamic(self)
    }
}

impl<M: Model> BlockValue for Value<M> {
    fn block(name: &str) -> Block {
        Block::new(name, BlockNesting::Single, M::attributes(), M::blocks())
    }
}

impl<M: Model> BlockValue for Value<Vec<M>> {
    fn block(name: &str) -> Block {
        Block::new(name, BlockNesting::List, M::attributes(), M::blocks())
    }
}

impl<M: Model + Ord> BlockValue for Value<BTreeSet<M>> {
    fn block(name: &str) -> Block {
        Block::new(name, BlockNesting::Set, M::attributes(), M::blocks())
    }
}

impl<M: Model> BlockValue for Value<BTreeMap<String, M>> {
    fn block(name: &str) -> Block {
        Block::new(name, BlockNesting::Map, M::attributes(), M::blocks())
    }
}

/// What a [`Value`] may hold. A collection with an unknown element reads as unknown as a whole, since its Rust type has no
/// place for one; the framework's own planning works on [`Dynamic`] and loses nothing.
pub trait Element: Sized {
    /// The shape that the schema shows.
    fn shape() -> Shape;

    /// Reads a value that is neither null nor unknown.
    ///
    /// # Errors
    /// [`Unfit`] when it doesn't fit, or holds an unknown element.
    fn from_known(value: Dynamic, path: &Path) -> Result<Self, Unfit>;

    /// The value as a tree.
    fn into_known(self) -> Dynamic;
}

/// Why a value can't be held by a Rust type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// Part of it is not known yet.
    Unknown,
    /// It is of another type, or holds a null where none may be.
    Misfit(Misfit),
}

impl Unfit {
    fn at(path: &Path, problem: impl Into<String>) -> Unfit {
        Unfit::Misfit(Misfit { path: path.clone(), problem: problem.into() })
    }
}

impl Element for String {
    fn shape() -> Shape {
        Shape::Plain(Type::String)
    }

    fn from_known(value: Dynamic, path: &Path) -> Result<String, Unfit> {
        match value {
            Dynamic::String(text) => Ok(text),
            _ => Err(Unfit::at(path, "must be a string")),
        }
    }

    fn into_known(self) -> Dynamic {
        Dynamic::from(self)
    }
}

impl Element for bool {
    fn shape() -> Shape {
        Shape::Plain(Type::Bool)
    }

    fn from_known(value: Dynamic, path: &Path) -> Result<bool, Unfit> {
        match value {
            Dynamic::Bool(flag) => Ok(flag),
            _ => Err(Unfit::at(path, "must be true or false")),
        }
    }

    fn into_known(self) -> Dynamic {
        Dynamic::Bool(self)
    }
}

impl Element for Number {
    fn shape() -> Shape {
        Shape::Plain(Type::Number)
    }

    fn from_known(value: Dynamic, path: &Path) -> Result<Number, Unfit> {
        match value {
            Dynamic::Number(number) => Ok(number),
            _ => Err(Unfit::at(path, "must be a number")),
        }
    }

    fn into_known(self) -> Dynamic {
        Dynamic::Number(self)
    }
}

impl Element for i64 {
    fn shape() -> Shape {
        Shape::Plain(Type::Number)
    }

    fn from_known(value: Dynamic, path: &Path) -> Result<i64, Unfit> {
        let number = Number::from_known(value, path)?;
        number.to_i64().ok_or_else(|| Unfit::at(path, "must be a whole number, and not a huge one"))
    }

    fn into_known(self) -> Dynamic {
        Dynamic::Number(Number::from(self))
    }
}

impl Element for Dynamic {
    fn shape() -> Shape {
        Shape::Plain(Type::Dynamic)
    }

    fn from_known(value: Dynamic, _: &Path) -> Result<Dynamic, Unfit> {
        Ok(value)
    }

    fn into_known(self) -> Dynamic {
        self
    }
}

impl<M: Model> Element for M {
    fn shape() -> Shape {
        const {
            assert!(
                !M::HAS_BLOCKS,
                "a nested attribute holds no blocks: make the field a block, or the blocks attributes"
            );
        }
        Shape::Nested(Nesting::Single, M::attributes())
    }

    fn from_known(value: Dynamic, path: &Path) -> Result<M, Unfit> {
        match value {
            Dynamic::Map(attributes) => M::from_object(Object::new(attributes, path.clone())).map_err(Unfit::Misfit),
            _ => Err(Unfit::at(path, "must be an object")),
        }
    }

    fn into_known(self) -> Dynamic {
        Dynamic::Map(self.into_object())
    }
}

impl<T: Element> Element for Vec<T> {
    fn shape() -> Shape {
        collection(T::shape(), Nesting::List, Type::list)
    }

    fn from_known(value: Dynamic, path: &Path) -> Result<Vec<T>, Unfit> {
        let Dynamic::List(elements) = value else { return Err(Unfit::at(path, "must be a list")) };
        let indexed = elements.into_iter().zip(0_i64..);
        indexed.map(|(element, index)| from_element(element, path.index(index))).collect()
    }

    fn into_known(self) -> Dynamic {
        Dynamic::List(self.into_iter().map(T::into_known).collect())
    }
}

impl<T: Element + Ord> Element for BTreeSet<T> {
    fn shape() -> Shape {
        collection(T::shape(), Nesting::Set, Type::set)
    }

    fn from_known(value: Dynamic, path: &Path) -> Result<BTreeSet<T>, Unfit> {
        let Dynamic::Set(elements) = value else { return Err(Unfit::at(path, "must be a set")) };
        elements.into_iter().map(|element| from_element(element, path.element())).collect()
    }

    fn into_known(self) -> Dynamic {
        Dynamic::Set(self.into_iter().map(T::into_known).collect())
    }
}

impl<T: Element> Element for BTreeMap<String, T> {
    fn shape() -> Shape {
        collection(T::shape(), Nesting::Map, Type::map)
    }

    fn from_known(value: Dynamic, path: &Path) -> Result<BTreeMap<String, T>, Unfit> {
        let Dynamic::Map(entries) = value else { return Err(Unfit::at(path, "must be a map")) };
        let read = |(key, entry): (String, Dynamic)| {
            let value = from_element(entry, path.key(&key))?;
            Ok((key, value))
        };
        entries.into_iter().map(read).collect()
    }

    fn into_known(self) -> Dynamic {
        Dynamic::Map(self.into_iter().map(|(key, entry)| (key, entry.into_known())).collect())
    }
}

fn collection(element: Shape, nesting: Nesting, plain: fn(Type) -> Type) -> Shape {
    match element {
        Shape::Nested(Nesting::Single, attributes) => Shape::Nested(nesting, attributes),
        // Terraform has no nested attribute inside another's elements, so such a collection is plain.
        other => Shape::Plain(plain(other.value_type())),
    }
}

fn from_element<T: Element>(element: Dynamic, path: Path) -> Result<T, Unfit> {
    match element {
        Dynamic::Null => Err(Unfit::at(&path, "must not be null")),
        Dynamic::Unknown => Err(Unfit::Unknown),
        known => T::from_known(known, &path),
    }
}
