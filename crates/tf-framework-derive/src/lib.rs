//! `#[derive(Model)]` turns the fields of a struct into calls of `tf-framework`'s builder functions.
//!
//! It knows the shape of a struct and never what a word in `#[attr(…)]` means: all but the first word become method calls
//! at the place where they stand, so the compiler checks their spelling and a new builder function needs no change here.
//! The stages are `parse` (what is written), `validate` (what it says) and `expand` (the generated code).

mod expand;
mod parse;
mod validate;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Implements `tf_framework::Model` for a struct with named fields.
///
/// The struct and each field need a doc comment: it is the description in the registry. Each field needs
/// `#[attr(PRESENCE, …)]`, where `PRESENCE` is `required`, `optional`, `computed` or `optional_computed`; every other word,
/// with or without arguments, is a builder function of `tf_framework::Attribute`. `#[attr(block, …)]` makes the field a nested
/// block instead, whose other words are the builder functions of `tf_framework::Block`. `#[attr(flatten)]`, alone and without a doc
/// comment, is for a field that is a model itself: its attributes and blocks stand among the others.
#[proc_macro_derive(Model, attributes(attr))]
pub fn derive_model(input: TokenStream) -> TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    let expanded = match parse::parse(&input).and_then(validate::validate) {
        Ok(model) => expand::expand(&input, &model),
        Err(error) => expand::stub(&input, &error),
    };
    expanded.into()
}
