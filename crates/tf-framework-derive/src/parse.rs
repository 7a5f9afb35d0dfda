//! What is written: doc comments, and the words of each `#[attr(…)]`.

use proc_macro2::{Ident, TokenStream};
use syn::{
    Attribute, Data, DeriveInput, Error, Expr, ExprLit, Fields, Lit, Meta, Result, Token, Type,
    ext::IdentExt,
    parenthesized,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
    token::Paren,
};

/// A struct as it is written.
pub(crate) struct Struct {
    pub(crate) name: Ident,
    pub(crate) doc: String,
    pub(crate) fields: Vec<Field>,
}

/// A field as it is written.
pub(crate) struct Field {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    pub(crate) doc: String,
    /// The words of all its `#[attr(…)]`; `None` without one.
    pub(crate) words: Option<Vec<Word>>,
}

/// One word of `#[attr(…)]`, with its arguments untouched.
pub(crate) struct Word {
    pub(crate) name: Ident,
    pub(crate) arguments: Option<TokenStream>,
}

/// Reads a struct with named fields.
pub(crate) fn parse(input: &DeriveInput) -> Result<Struct> {
    let Data::Struct(data) = &input.data else {
        return Err(Error::new_spanned(&input.ident, "only a struct can be a model"));
    };
    let Fields::Named(fields) = &data.fields else {
        return Err(Error::new_spanned(
            &input.ident,
            "a model's fields have names: `struct Name { field: Value<String> }`",
        ));
    };
    let fields = fields.named.iter().filter_map(|field| {
        // A named field always has its name.
        let name = field.ident.clone()?;
        let words = words(&field.attrs);
        Some(words.map(|words| Field { name, ty: field.ty.clone(), doc: doc(&field.attrs), words }))
    });
    Ok(Struct { name: input.ident.clone(), doc: doc(&input.attrs), fields: fields.collect::<Result<_>>()? })
}

/// The doc comment without the space that follows the slashes.
fn doc(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit { lit: Lit::Str(line), .. }) => Some(line.value()),
            _ => None,
        },
        _ => None,
    });
    let lines: Vec<String> = lines.map(|line| line.strip_prefix(' ').unwrap_or(&line).to_owned()).collect();
    lines.join("\n").trim().to_owned()
}

fn words(attributes: &[Attribute]) -> Result<Option<Vec<Word>>> {
    let mut words = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("attr")) {
        let list = attribute.parse_args_with(Punctuated::<Word, Token![,]>::parse_terminated)?;
        words.get_or_insert_with(Vec::new).extend(list);
    }
    Ok(words)
}

impl Parse for Word {
    fn parse(input: ParseStream<'_>) -> Result<Word> {
        let name = input.call(Ident::parse_any)?;
        if !input.peek(Paren) {
            return Ok(Word { name, arguments: None });
        }
        let content;
        parenthesized!(content in input);
        Ok(Word { name, arguments: Some(content.parse()?) })
    }
}
