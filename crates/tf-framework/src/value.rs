//! Values: [`Value`] is what a model's field holds, [`Dynamic`] is a tree of any type.

use std::{
    collections::{BTreeMap, btree_map},
    fmt, slice, vec,
};

use unicode_normalization::{UnicodeNormalization, is_nfc};

use crate::{
    number::Number,
    path::{Path, Step},
    types::{MAX_DEPTH, Type},
};

/// A value of a known Rust type that Terraform may leave empty, or not know yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value<T> {
    /// No value.
    #[default]
    Null,
    /// A value that will be known after something else was applied.
    Unknown,
    /// A value.
    Known(T),
}

impl<T> Value<T> {
    /// The value, if there is one.
    pub fn known(&self) -> Option<&T> {
        match self {
            Value::Known(value) => Some(value),
            Value::Null | Value::Unknown => None,
        }
    }

    /// The value itself, if there is one.
    pub fn into_known(self) -> Option<T> {
        match self {
            Value::Known(value) => Some(value),
            Value::Null | Value::Unknown => None,
        }
    }

    /// Whether there is no value.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// Whether the value is not known yet.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Value::Unknown)
    }

    /// Whether there is a value.
    pub fn is_known(&self) -> bool {
        matches!(self, Value::Known(_))
    }

    /// Changes the value, and leaves null and unknown as they are.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Value<U> {
        match self {
            Value::Null => Value::Null,
            Value::Unknown => Value::Unknown,
            Value::Known(value) => Value::Known(change(value)),
        }
    }

    /// The value, or `default` where it is null or unknown.
    pub fn or(self, default: T) -> T {
        self.into_known().unwrap_or(default)
    }

    /// The value, or the type's own default where it is null or unknown.
    pub fn unwrap_or_default(self) -> T
    where
        T: Default,
    {
        self.into_known().unwrap_or_default()
    }
}

impl Value<String> {
    /// The text, if there is one.
    pub fn as_deref(&self) -> Option<&str> {
        self.known().map(String::as_str)
    }
}

impl<T> From<T> for Value<T> {
    fn from(value: T) -> Value<T> {
        Value::Known(value)
    }
}

/// Nothing becomes null.
impl<T> From<Option<T>> for Value<T> {
    fn from(value: Option<T>) -> Value<T> {
        value.map_or(Value::Null, Value::Known)
    }
}

impl From<&str> for Value<String> {
    fn from(value: &str) -> Value<String> {
        Value::Known(value.to_owned())
    }
}

/// A value of any type. Lists and tuples are both [`List`](Dynamic::List), maps and objects both [`Map`](Dynamic::Map):
/// which one it is, the type says, and a type always comes along.
///
/// The order of the variants is the order of a set's elements on the wire, so what isn't known stands at the end.
/// `Debug` shows the shape only, since any value may be a secret.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dynamic {
    /// True or false.
    Bool(bool),
    /// A number.
    Number(Number),
    /// Text in Unicode normal form C; [`Dynamic::from`] brings it there.
    String(String),
    /// A list or a tuple.
    List(Vec<Dynamic>),
    /// A set.
    Set(Set),
    /// A map or an object.
    Map(BTreeMap<String, Dynamic>),
    /// What an attribute of type [`Type::Dynamic`] holds: a value and its concrete type. The value may be null or unknown.
    Typed(Box<Type>, Box<Dynamic>),
    /// A value that is not known yet.
    Unknown,
    /// No value.
    #[default]
    Null,
}

impl Dynamic {
    /// A value for an attribute of type [`Type::Dynamic`].
    pub fn typed(ty: Type, value: impl Into<Dynamic>) -> Dynamic {
        Dynamic::Typed(Box::new(ty), Box::new(value.into()))
    }

    /// An object or a map; keys come into normal form C.
    pub fn map(entries: impl IntoIterator<Item = (impl AsRef<str>, impl Into<Dynamic>)>) -> Dynamic {
        Dynamic::Map(entries.into_iter().map(|(key, value)| (nfc(key.as_ref()), value.into())).collect())
    }

    /// A list or a tuple.
    pub fn list(elements: impl IntoIterator<Item = impl Into<Dynamic>>) -> Dynamic {
        Dynamic::List(elements.into_iter().map(Into::into).collect())
    }

    /// A set.
    pub fn set(elements: impl IntoIterator<Item = impl Into<Dynamic>>) -> Dynamic {
        Dynamic::Set(elements.into_iter().map(Into::into).collect())
    }

    /// Whether there is no value, with or without a type.
    pub fn is_null(&self) -> bool {
        match self {
            Dynamic::Typed(_, value) => value.is_null(),
            other => *other == Dynamic::Null,
        }
    }

    /// Whether the value as a whole is not known yet.
    pub fn is_unknown(&self) -> bool {
        match self {
            Dynamic::Typed(_, value) => value.is_unknown(),
            other => *other == Dynamic::Unknown,
        }
    }

    /// Whether nothing in the whole tree is unknown.
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Dynamic::Unknown => false,
            Dynamic::List(elements) => elements.iter().all(Dynamic::is_wholly_known),
            Dynamic::Set(elements) => elements.iter().all(Dynamic::is_wholly_known),
            Dynamic::Map(entries) => entries.values().all(Dynamic::is_wholly_known),
            Dynamic::Typed(_, value) => value.is_wholly_known(),
            Dynamic::Bool(_) | Dynamic::Number(_) | Dynamic::String(_) | Dynamic::Null => true,
        }
    }

    /// The same tree with null in place of everything unknown.
    #[must_use]
    pub fn unknowns_to_null(self) -> Dynamic {
        match self {
            Dynamic::Unknown => Dynamic::Null,
            Dynamic::List(elements) => Dynamic::List(elements.into_iter().map(Dynamic::unknowns_to_null).collect()),
            Dynamic::Set(elements) => Dynamic::Set(elements.into_iter().map(Dynamic::unknowns_to_null).collect()),
            Dynamic::Map(entries) => {
                Dynamic::Map(entries.into_iter().map(|(key, entry)| (key, entry.unknowns_to_null())).collect())
            }
            Dynamic::Typed(ty, value) => Dynamic::Typed(ty, Box::new(value.unknowns_to_null())),
            known => known,
        }
    }

    /// The flag, if this is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Dynamic::Bool(flag) => Some(*flag),
            _ => None,
        }
    }

    /// The number, if this is one.
    pub fn as_number(&self) -> Option<&Number> {
        match self {
            Dynamic::Number(number) => Some(number),
            _ => None,
        }
    }

    /// The text, if this is text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Dynamic::String(text) => Some(text),
            _ => None,
        }
    }

    /// The elements, if this is a list or a tuple.
    pub fn as_list(&self) -> Option<&[Dynamic]> {
        match self {
            Dynamic::List(elements) => Some(elements),
            _ => None,
        }
    }

    /// The elements, if this is a set.
    pub fn as_set(&self) -> Option<&Set> {
        match self {
            Dynamic::Set(elements) => Some(elements),
            _ => None,
        }
    }

    /// The entries, if this is a map or an object.
    pub fn as_map(&self) -> Option<&BTreeMap<String, Dynamic>> {
        match self {
            Dynamic::Map(entries) => Some(entries),
            _ => None,
        }
    }
}

impl From<bool> for Dynamic {
    fn from(value: bool) -> Dynamic {
        Dynamic::Bool(value)
    }
}

impl From<i64> for Dynamic {
    fn from(value: i64) -> Dynamic {
        Dynamic::Number(Number::from(value))
    }
}

impl From<Number> for Dynamic {
    fn from(value: Number) -> Dynamic {
        Dynamic::Number(value)
    }
}

impl From<&str> for Dynamic {
    fn from(value: &str) -> Dynamic {
        Dynamic::String(nfc(value))
    }
}

impl From<String> for Dynamic {
    fn from(value: String) -> Dynamic {
        Dynamic::String(if is_nfc(&value) { value } else { nfc(&value) })
    }
}

impl fmt::Debug for Dynamic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Dynamic::Null => f.write_str("Null"),
            Dynamic::Unknown => f.write_str("Unknown"),
            Dynamic::Bool(_) => f.write_str("Bool(…)"),
            Dynamic::Number(_) => f.write_str("Number(…)"),
            Dynamic::String(_) => f.write_str("String(…)"),
            Dynamic::List(elements) => write!(f, "List({} elements)", elements.len()),
            Dynamic::Set(elements) => write!(f, "Set({} elements)", elements.len()),
            Dynamic::Map(entries) => write!(f, "Map({} entries)", entries.len()),
            Dynamic::Typed(ty, value) => write!(f, "Typed({ty}, {value:?})"),
        }
    }
}

/// The elements of a set, sorted. Equal elements count once, except those with something unknown inside: Terraform keeps
/// each of them, because two values that aren't known yet may turn out different.
///
/// Built by `collect()`, in one sort, so that a set of thousands costs no more than a list.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Set(Vec<Dynamic>);

impl Set {
    /// The number of elements.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The elements, sorted.
    pub fn iter(&self) -> slice::Iter<'_, Dynamic> {
        self.0.iter()
    }

    /// Whether `element` is in the set.
    pub fn contains(&self, element: &Dynamic) -> bool {
        self.0.binary_search(element).is_ok()
    }
}

impl FromIterator<Dynamic> for Set {
    fn from_iter<I: IntoIterator<Item = Dynamic>>(elements: I) -> Set {
        let mut sorted: Vec<Dynamic> = elements.into_iter().collect();
        sorted.sort_unstable();
        sorted.dedup_by(|one, other| one == other && one.is_wholly_known());
        Set(sorted)
    }
}

impl IntoIterator for Set {
    type Item = Dynamic;
    type IntoIter = vec::IntoIter<Dynamic>;

    fn into_iter(self) -> vec::IntoIter<Dynamic> {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Set {
    type Item = &'a Dynamic;
    type IntoIter = slice::Iter<'a, Dynamic>;

    fn into_iter(self) -> slice::Iter<'a, Dynamic> {
        self.iter()
    }
}

impl fmt::Debug for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Set({} elements)", self.len())
    }
}

/// A value that can't be read or written, and where. The sentence never repeats the value, which may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValueError {
    /// Where the value stands.
    pub path: Path,
    /// What is wrong, as a sentence without a full stop.
    pub message: String,
}

impl ValueError {
    pub(crate) fn new(message: impl Into<String>) -> ValueError {
        ValueError { path: Path::root(), message: message.into() }
    }

    /// The same error, seen from one level further out.
    pub(crate) fn inside(self, step: Step) -> ValueError {
        ValueError { path: self.path.inside(step), message: self.message }
    }
}

impl fmt::Display for ValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_root() { f.write_str(&self.message) } else { write!(f, "{}: {}", self.path, self.message) }
    }
}

impl std::error::Error for ValueError {}

/// A value whose type is not the required one.
pub(crate) fn mismatch(value: &Dynamic, ty: &Type) -> ValueError {
    let found = match value {
        Dynamic::Bool(_) => "a bool",
        Dynamic::Number(_) => "a number",
        Dynamic::String(_) => "a string",
        Dynamic::List(_) => "a list",
        Dynamic::Set(_) => "a set",
        Dynamic::Map(_) => "a map",
        Dynamic::Typed(..) => "a value with its own type",
        Dynamic::Unknown => "an unknown value",
        Dynamic::Null => "null",
    };
    match ty {
        Type::Dynamic => ValueError::new(format!("a value with its own type is required, not {found}")),
        ty => ValueError::new(format!("{ty} is required, not {found}")),
    }
}

pub(crate) fn missing(name: &str) -> ValueError {
    ValueError::new(format!("the attribute {name:?} is missing"))
}

pub(crate) fn unsupported(name: &str) -> ValueError {
    ValueError::new(format!("the attribute {name:?} is not supported"))
}

pub(crate) fn wrong_tuple(wanted: usize, found: impl fmt::Display) -> ValueError {
    ValueError::new(format!("a tuple of {wanted} elements is required, not of {found}"))
}

pub(crate) fn too_deep() -> ValueError {
    ValueError::new(format!("the value is deeper than {MAX_DEPTH} levels"))
}

/// Text in Unicode normal form C, as Terraform keeps and compares it.
pub(crate) fn nfc(text: &str) -> String {
    if is_nfc(text) { text.to_owned() } else { text.nfc().collect() }
}

/// Puts an entry into a map that must not hold its key yet.
pub(crate) fn insert_once(
    entries: &mut BTreeMap<String, Dynamic>,
    key: String,
    value: Dynamic,
) -> Result<(), ValueError> {
    match entries.entry(key) {
        btree_map::Entry::Vacant(place) => {
            place.insert(value);
            Ok(())
        }
        btree_map::Entry::Occupied(entry) => Err(ValueError::new(format!("the key {:?} appears twice", entry.key()))),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_value_is_null_unknown_or_known() {
        let name = Value::from("web");
        assert_eq!(name.as_deref(), Some("web"));
        assert_eq!(name.map(|text| text.len()), Value::Known(3));
        assert_eq!(Value::<i64>::from(None), Value::Null);
        assert_eq!(Value::from(Some(1_i64)), Value::Known(1));
        assert_eq!(Value::<i64>::Unknown.or(7), 7);
        assert_eq!(Value::<i64>::default().unwrap_or_default(), 0);
        assert!(Value::<i64>::Unknown.map(|number| number + 1).is_unknown());
    }

    #[test]
    fn text_and_keys_come_into_normal_form() {
        assert_eq!(Dynamic::from("e\u{301}"), Dynamic::from(String::from("\u{e9}")));
        assert_eq!(Dynamic::map([("e\u{301}", 1_i64)]), Dynamic::map([("\u{e9}", 1_i64)]));
    }

    #[test]
    fn a_set_is_sorted_and_holds_a_known_element_once() {
        let set = Dynamic::set(["b", "a", "b"]);
        assert_eq!(set, Dynamic::set(["a", "b"]));
        let elements: Vec<_> = set.as_set().unwrap().iter().map(|element| element.as_str().unwrap()).collect();
        assert_eq!(elements, ["a", "b"]);
        assert!(set.as_set().unwrap().contains(&Dynamic::from("a")));
    }

    #[test]
    fn a_set_keeps_every_element_that_may_turn_out_different() {
        let half_known = || Dynamic::map([("id", Dynamic::Unknown), ("kind", Dynamic::from("x"))]);
        let set: Set =
            [Dynamic::Unknown, half_known(), Dynamic::from("a"), half_known(), Dynamic::Unknown].into_iter().collect();
        assert_eq!(set.len(), 5);
        assert_eq!(set.iter().next_back(), Some(&Dynamic::Unknown));
        assert_eq!(Dynamic::Set(set).unknowns_to_null().as_set().unwrap().len(), 3);
    }

    #[test]
    fn null_and_unknown_are_seen_through_their_type() {
        assert!(Dynamic::typed(Type::String, Dynamic::Null).is_null());
        assert!(Dynamic::typed(Type::String, Dynamic::Unknown).is_unknown());
        assert!(!Dynamic::typed(Type::String, "a").is_null());
    }

    #[test]
    fn an_unknown_anywhere_makes_the_tree_not_wholly_known() {
        for value in [
            Dynamic::Unknown,
            Dynamic::list([Dynamic::Null, Dynamic::Unknown]),
            Dynamic::set([Dynamic::Unknown]),
            Dynamic::map([("a", Dynamic::list([Dynamic::Unknown]))]),
            Dynamic::typed(Type::String, Dynamic::Unknown),
        ] {
            assert!(!value.is_wholly_known());
            assert!(value.unknowns_to_null().is_wholly_known());
        }
        assert!(Dynamic::list([Dynamic::Null]).is_wholly_known());
    }

    #[test]
    fn debug_shows_the_shape_and_never_the_contents() {
        let secret = Dynamic::map([("hunter2", Dynamic::list([Dynamic::from("hunter2")]))]);
        assert_eq!(format!("{secret:?}"), "Map(1 entries)");
        let typed = Dynamic::typed(Type::String, "hunter2");
        assert_eq!(format!("{typed:?}"), "Typed(string, String(…))");
        assert_eq!(format!("{:?}", Dynamic::from(42_i64)), "Number(…)");
    }

    #[test]
    fn equal_trees_hash_alike() {
        let trees: HashSet<Dynamic> =
            [Dynamic::set(["a", "b"]), Dynamic::set(["b", "a"]), Dynamic::Number("1.0".parse().unwrap()), 1_i64.into()]
                .into();
        assert_eq!(trees.len(), 2);
    }
}
