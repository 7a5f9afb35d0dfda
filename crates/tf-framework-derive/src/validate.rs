//! What is said: every field has a description and a presence. All mistakes are reported at once.

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

/// A model without mistakes.
pub(crate) struct Model {
    pub(crate) description: String,
    pub(crate) attributes: Vec<Attribute>,
}

/// One attribute of a model.
pub(crate) struct Attribute {
    pub(crate) field: Ident,
    /// The field's name as Terraform sees it: without `r#`.
    pub(crate) name: String,
    pub(crate) ty: Type,
    pub(crate) description: String,
    /// A variant of `tf_framework::Presence`.
    pub(crate) presence: Ident,
    pub(crate) calls: Vec<Word>,
}

/// Checks a struct.
pub(crate) fn validate(written: Struct) -> Result<Model> {
    let mut mistakes = Vec::new();
    if written.doc.is_empty() {
        let text = format!("model `{}` has no doc comment; it becomes the description in the registry", written.name);
        mistakes.push(Error::new_spanned(&written.name, text));
    }
    let mut attributes = Vec::new();
    for field in written.fields {
        match attribute(field) {
            Ok(attribute) => attributes.push(attribute),
            Err(mistake) => mistakes.push(mistake),
        }
    }
    let first = mistakes.into_iter().reduce(|mut all, mistake| {
        all.combine(mistake);
        all
    });
    first.map_or(Ok(Model { description: written.doc, attributes }), Err)
}

fn attribute(field: Field) -> Result<Attribute> {
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
    let presence = presence(words.next(), &field.name)?;
    let calls: Vec<Word> = words.collect();
    if let Some(second) = calls.iter().find(|word| variant(&word.name).is_some()) {
        let text = format!("`{}` comes first or not at all", second.name);
        return Err(Error::new_spanned(&second.name, text));
    }
    Ok(Attribute { field: field.name, name, ty: field.ty, description: field.doc, presence, calls })
}

fn presence(first: Option<Word>, field: &Ident) -> Result<Ident> {
    let Some(first) = first else {
        return Err(Error::new_spanned(field, format!("`#[attr()]` begins with {}", choices())));
    };
    let Some(variant) = variant(&first.name) else {
        let text = format!("`#[attr(…)]` begins with {}; `{}` is none of them", choices(), first.name);
        return Err(Error::new_spanned(&first.name, text));
    };
    match first.arguments {
        None => Ok(Ident::new(variant, Span::call_site())),
        Some(_) => Err(Error::new_spanned(&first.name, format!("`{}` takes no arguments", first.name))),
    }
}

fn variant(word: &Ident) -> Option<&'static str> {
    PRESENCES.iter().find(|(name, _)| word == name).map(|(_, variant)| *variant)
}

fn choices() -> String {
    format!("one of {}", PRESENCES.map(|(name, _)| format!("`{name}`")).join(", "))
}
