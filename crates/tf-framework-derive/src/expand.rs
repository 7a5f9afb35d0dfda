//! The generated code: an implementation of `tf_framework::Model`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{DeriveInput, Error, spanned::Spanned};

use crate::validate::{Attribute, Model};

/// The implementation for a struct without mistakes.
pub(crate) fn expand(input: &DeriveInput, model: &Model) -> TokenStream {
    let attributes = model.attributes.iter().map(build);
    let reads = model.attributes.iter().map(read);
    let writes = model.attributes.iter().map(write);
    let bodies = [
        quote! { ::std::vec![#(#attributes),*] },
        quote! { ::std::result::Result::Ok(Self { #(#reads),* }) },
        quote! { ::std::collections::BTreeMap::from([#(#writes),*]) },
    ];
    implementation(input, &model.description, &bodies)
}

/// The mistakes, and an implementation that only keeps every use of the model from being reported too.
pub(crate) fn stub(input: &DeriveInput, error: &Error) -> TokenStream {
    let errors = error.to_compile_error();
    let unreachable = || quote! { ::std::unreachable!() };
    let implementation = implementation(input, "", &[unreachable(), unreachable(), unreachable()]);
    quote! { #errors #implementation }
}

fn implementation(input: &DeriveInput, description: &str, bodies: &[TokenStream; 3]) -> TokenStream {
    let name = &input.ident;
    let (generics, arguments, conditions) = input.generics.split_for_impl();
    let [attributes, from_object, into_object] = bodies;
    quote! {
        #[automatically_derived]
        #[allow(unused_mut, unused_variables)]
        impl #generics ::tf_framework::Model for #name #arguments #conditions {
            const DESCRIPTION: &'static str = #description;

            fn attributes() -> ::std::vec::Vec<::tf_framework::Attribute> {
                #attributes
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
fn build(attribute: &Attribute) -> TokenStream {
    let Attribute { name, description, presence, calls, .. } = attribute;
    let ty = attribute_value(attribute);
    let calls = calls.iter().map(|call| {
        let (word, arguments) = (&call.name, &call.arguments);
        quote_spanned! { word.span()=> .#word(#arguments) }
    });
    quote! {
        #ty::attribute(#name, ::tf_framework::Presence::#presence).describe(#description) #(#calls)*
    }
}

fn read(attribute: &Attribute) -> TokenStream {
    let Attribute { field, name, .. } = attribute;
    let ty = attribute_value(attribute);
    quote! { #field: #ty::take_from(&mut object, #name)? }
}

fn write(attribute: &Attribute) -> TokenStream {
    let Attribute { field, name, .. } = attribute;
    let ty = attribute_value(attribute);
    quote! { (::std::string::String::from(#name), #ty::into_dynamic(self.#field)) }
}

/// Every use of a field's type stands at that type, so that a type that doesn't fit is one error and not three.
fn attribute_value(attribute: &Attribute) -> TokenStream {
    let ty = &attribute.ty;
    quote_spanned! { ty.span()=> <#ty as ::tf_framework::AttributeValue> }
}
