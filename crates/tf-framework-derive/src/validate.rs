//! What is said: every field has a description, and is an attribute with a presence or a block, or it holds another model. All
//! mistakes are reported at once.

use proc_macro2::{Ident, Span};
use syn::{Error, Result, Type, ext::IdentExt};

use crate::parse::{Field, Struct, Word};

/// The words that say who gives an attribute its value, and the variants of `tf_framework::Presence` they stand for.
const PRESENCES: [(&str, &str); 4] = [
    ("required", "Required"),
    ("optional", "Optional"),
    ("computed", "Computed"),
    ("optional_computed", "OptionalComputed"),
];

/// The word that makes a field a nested block.
const BLOCK: &str = "block";

/// The word for a field that is a model itself, whose attributes and blocks stand among the others.
const FLATTEN: &str = "flatten";

/// A model without mistakes.
pub(crate) struct Model {
    pub(crate) description: String,
    pub(crate) members: Vec<Member>,
    pub(crate) inner: Vec<Inner>,
}

/// A model inside of a model.
pub(crate) struct Inner {
    pub(crate) field: Ident,
    pub(crate) ty: Type,
}

/// One attribute or block of a model.
pub(crate) struct Member {
    pub(crate) field: Ident,
    /// The field's name as Terraform sees it: without `r#`.
    pub(crate) name: String,
    pub(crate) ty: Type,
    pub(crate) description: String,
    pub(crate) kind: Kind,
    pub(crate) calls: Vec<Word>,
}

/// What the first word makes of a field.
pub(crate) enum Kind {
    /// An attribute of this variant of `tf_framework::Presence`.
    Attribute(Ident),
    /// A nested block.
    Block,
}

/// Checks a struct.
pub(crate) fn validate(written: Struct) -> Result<Model> {
    let mut mistakes = Vec::new();
    if written.doc.is_empty() {
        let text = format!("model `{}` has no doc comment; it becomes the description in the registry", written.name);
        mistakes.push(Error::new_spanned(&written.name, text));
    }
    let (mut members, mut inner) = (Vec::new(), Vec::new());
    for field in written.fields {
        if field.words.iter().flatten().next().is_some_and(|first| first.name == FLATTEN) {
            match flattened(field) {
                Ok(model) => inner.push(model),
                Err(mistake) => mistakes.push(mistake),
            }
            continue;
        }
        match member(field) {
            Ok(member) => members.push(member),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    let first = mistakes.into_iter().reduce(|mut all, mistake| {
        all.combine(mistake);
        all
    });
    first.map_or(Ok(Model { description: written.doc, members, inner }), Err)
}

fn flattened(field: Field) -> Result<Inner> {
    match field.words.iter().flatten().nth(1) {
        None => Ok(Inner { field: field.name, ty: field.ty }),
        Some(second) => {
            let text = format!("`flatten` stands alone: what `{}` says belongs into the model inside", second.name);
            Err(Error::new_spanned(&second.name, text))
        }
    }
}

fn member(field: Field) -> Result<Member> {
    let name = field.name.unraw().to_string();
    if field.doc.is_empty() {
        let text = format!("attribute `{name}` has no doc comment; it becomes the description in the registry");
        return Err(Error::new_spanned(&field.name, text));
    }
    let Some(words) = field.words else {
        let text = format!("attribute `{name}` has no `#[attr(…)]`; it begins with {}", choices());
        return Err(Error::new_spanned(&field.name, text));
    };
    let mut words = words.into_iter();
    let kind = kind(words.next(), &field.name)?;
    let calls: Vec<Word> = words.collect();
    if let Some(second) = calls.iter().find(|word| is_misplaced(&word.name, &kind)) {
        let text = format!("`{}` comes first or not at all", second.name);
        return Err(Error::new_spanned(&second.name, text));
    }
    Ok(Member { field: field.name, name, ty: field.ty, description: field.doc, kind, calls })
}

fn kind(first: Option<Word>, field: &Ident) -> Result<Kind> {
    let Some(first) = first else {
        return Err(Error::new_spanned(field, format!("`#[attr()]` begins with {}", choices())));
    };
    let kind = match variant(&first.name) {
        Some(variant) => Some(Kind::Attribute(Ident::new(variant, Span::call_site()))),
        None => (first.name == BLOCK).then_some(Kind::Block),
    };
    let Some(kind) = kind else {
        let text = format!("`#[attr(…)]` begins with {}; `{}` is none of them", choices(), first.name);
        return Err(Error::new_spanned(&first.name, text));
    };
    match first.arguments {
        None => Ok(kind),
        Some(_) => Err(Error::new_spanned(&first.name, format!("`{}` takes no arguments", first.name))),
    }
}

fn variant(word: &Ident) -> Option<&'static str> {
    PRESENCES.iter().find(|(name, _)| word == name).map(|(_, variant)| *variant)
}

/// A block has no presence, and its builder function `computed` is a word like any other.
fn is_misplaced(word: &Ident, kind: &Kind) -> bool {
    word == BLOCK || word == FLATTEN || matches!(kind, Kind::Attribute(_)) && variant(word).is_some()
}

fn choices() -> String {
    let words = PRESENCES.map(|(name, _)| name).into_iter().chain([BLOCK, FLATTEN]);
    format!("one of {}", words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "))
}
