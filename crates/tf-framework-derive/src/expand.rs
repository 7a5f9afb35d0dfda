//! The generated code: an implementation of `tf_framework::Model`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{DeriveInput, Error, spanned::Spanned};

use crate::validate::{Inner, Kind, Member, Model};

/// The implementation for a struct without mistakes.
pub(crate) fn expand(input: &DeriveInput, model: &Model) -> TokenStream {
    let (blocks, attributes): (Vec<&Member>, Vec<&Member>) =
        model.members.iter().partition(|member| matches!(member.kind, Kind::Block));
    let has_blocks = !blocks.is_empty();
    let (attributes, blocks) = (attributes.into_iter().map(build), blocks.into_iter().map(build));
    let reads = model.members.iter().map(read);
    let writes = model.members.iter().map(write);
    let fields: Vec<_> = model.inner.iter().map(|Inner { field, .. }| field).collect();
    let inner: Vec<_> = model.inner.iter().map(face).collect();
    let bodies = [
        quote! {
            let mut attributes = ::std::vec![#(#attributes),*];
            #(attributes.extend(#inner::attributes());)*
            attributes
        },
        quote! {
            let mut blocks = ::std::vec![#(#blocks),*];
            #(blocks.extend(#inner::blocks());)*
            blocks
        },
        // A model inside takes what is its own.
        quote! {
            ::std::result::Result::Ok(Self {
                #(#fields: #inner::from_object(object.clone())?,)*
                #(#reads),*
            })
        },
        quote! {
            let mut object = ::std::collections::BTreeMap::from([#(#writes),*]);
            #(object.extend(#inner::into_object(self.#fields));)*
            object
        },
    ];
    implementation(input, &model.description, &quote! { #has_blocks #(|| #inner::HAS_BLOCKS)* }, &bodies)
}

/// The mistakes, and an implementation that only keeps every use of the model from being reported too.
pub(crate) fn stub(input: &DeriveInput, error: &Error) -> TokenStream {
    let errors = error.to_compile_error();
    let unreachable = || quote! { ::std::unreachable!() };
    let implementation = implementation(input, "", &quote! { false }, &[(); 4].map(|()| unreachable()));
    quote! { #errors #implementation }
}

fn implementation(
    input: &DeriveInput,
    description: &str,
    has_blocks: &TokenStream,
    bodies: &[TokenStream; 4],
) -> TokenStream {
    let name = &input.ident;
    let (generics, arguments, conditions) = input.generics.split_for_impl();
    let [attributes, blocks, from_object, into_object] = bodies;
    quote! {
        #[automatically_derived]
        #[allow(unused_mut, unused_variables)]
        impl #generics ::tf_framework::Model for #name #arguments #conditions {
            const DESCRIPTION: &'static str = #description;
            const HAS_BLOCKS: bool = #has_blocks;

            fn attributes() -> ::std::vec::Vec<::tf_framework::Attribute> {
                #attributes
            }

            fn blocks() -> ::std::vec::Vec<::tf_framework::Block> {
                #blocks
            }

            fn from_object(
                mut object: ::tf_framework::Object,
            ) -> ::std::result::Result<Self, ::tf_framework::Misfit> {
                #from_object
            }

            fn into_object(self) -> ::std::collections::BTreeMap<::std::string::String, ::tf_framework::Dynamic> {
                #into_object
            }
        }
    }
}

/// The builder calls. Each stands at its word, where the compiler then reports what it doesn't like.
fn build(member: &Member) -> TokenStream {
    let Member { name, description, kind, calls, .. } = member;
    let ty = value(member);
    let calls = calls.iter().map(|call| {
        let (word, arguments) = (&call.name, &call.arguments);
        quote_spanned! { word.span()=> .#word(#arguments) }
    });
    let new = match kind {
        Kind::Attribute(presence) => quote! { #ty::attribute(#name, ::tf_framework::Presence::#presence) },
        Kind::Block => quote! { #ty::block(#name) },
    };
    quote! { #new.describe(#description) #(#calls)* }
}

fn read(member: &Member) -> TokenStream {
    let Member { field, name, .. } = member;
    let ty = value(member);
    quote! { #field: #ty::take_from(&mut object, #name)? }
}

fn write(member: &Member) -> TokenStream {
    let Member { field, name, .. } = member;
    let ty = value(member);
    quote! { (::std::string::String::from(#name), #ty::into_dynamic(self.#field)) }
}

/// Every use of a field's type stands at that type, so that a type that doesn't fit is one error and not three.
fn value(member: &Member) -> TokenStream {
    let ty = &member.ty;
    match member.kind {
        Kind::Attribute(_) => quote_spanned! { ty.span()=> <#ty as ::tf_framework::AttributeValue> },
        Kind::Block => quote_spanned! { ty.span()=> <#ty as ::tf_framework::BlockValue> },
    }
}

/// A model inside, as the model that it is.
fn face(Inner { ty, .. }: &Inner) -> TokenStream {
    quote_spanned! { ty.span()=> <#ty as ::tf_framework::Model> }
}
