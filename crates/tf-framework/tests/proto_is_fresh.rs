//! The protocol's two halves stay true: `proto/` against the facts of the wire, and the committed Rust against `proto/`.
//!
//! After a change of `proto/`, run this test once with `UPDATE_GENERATED=1`: it writes the Rust anew.

#![allow(clippy::unwrap_used)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorSet};

/// The `.proto` file, its package, and the committed Rust made of it.
const FILES: [(&str, &str, &str); 3] = [
    ("tfplugin6.proto", "tfplugin6", "tfplugin6.rs"),
    ("goplugin.proto", "plugin", "goplugin.rs"),
    ("health.proto", "grpc.health.v1", "health.rs"),
];

#[test]
fn the_generated_code_is_what_the_proto_files_give() {
    let generated = generate();
    for (proto, package, file) in FILES {
        let fresh = format!(
            "//! Generated from `proto/{proto}` by `tests/proto_is_fresh.rs`. Not to be edited by hand.\n\n{}",
            generated[package]
        );
        let path = crate_dir().join("src/wire/generated").join(file);
        if std::env::var_os("UPDATE_GENERATED").is_some() {
            std::fs::write(&path, &fresh).unwrap();
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == fresh,
            "{} is not what proto/{proto} gives: run `UPDATE_GENERATED=1 cargo test -p tf-framework --test proto_is_fresh`",
            path.display()
        );
    }
}

/// `wire-facts.txt` was taken from the compiled descriptors of Terraform 1.16 and of go-plugin, one fact a line.
#[test]
fn the_proto_files_hold_exactly_the_facts_of_the_wire() {
    let wanted = include_str!("wire-facts.txt").lines().map(str::to_owned).collect::<BTreeSet<_>>();
    let ours = facts(&descriptors());
    let missing = wanted.difference(&ours).collect::<Vec<_>>();
    let extra = ours.difference(&wanted).collect::<Vec<_>>();
    assert!(missing.is_empty() && extra.is_empty(), "missing: {missing:#?}\nnot on the wire: {extra:#?}");
}

fn crate_dir() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn descriptors() -> FileDescriptorSet {
    let root = crate_dir().join("../../proto");
    protox::compile(FILES.map(|(proto, _, _)| root.join(proto)), [root]).unwrap()
}

/// Package name to Rust source.
fn generate() -> BTreeMap<String, String> {
    let out = tempfile::tempdir().unwrap();
    let client_only = "#[cfg(feature = \"client\")]";
    tonic_prost_build::configure()
        // Maps in key order, so that the same answer has the same bytes each time.
        .btree_map(".")
        // Values may be secret: `src/wire/generated.rs` writes these two by hand, without contents.
        .skip_debug([".tfplugin6.DynamicValue", ".tfplugin6.RawState"])
        .build_transport(false)
        .client_mod_attribute(".", client_only)
        .emit_rerun_if_changed(false)
        .out_dir(out.path())
        .compile_fds(descriptors())
        .unwrap();
    std::fs::read_dir(out.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path: PathBuf| {
            let package = path.file_stem().unwrap().to_string_lossy().into_owned();
            (package, std::fs::read_to_string(&path).unwrap())
        })
        .collect()
}

fn facts(set: &FileDescriptorSet) -> BTreeSet<String> {
    let mut facts = BTreeSet::new();
    for file in &set.file {
        let package = file.package();
        if package.starts_with("google.protobuf") {
            continue;
        }
        for message in &file.message_type {
            message_facts(package, message, &mut facts);
        }
        for one in &file.enum_type {
            enum_facts(package, one, &mut facts);
        }
        for service in &file.service {
            for method in &service.method {
                let stream = |is: bool| if is { "stream " } else { "" };
                facts.insert(format!(
                    "rpc {package}.{}/{}: {}{} -> {}{}",
                    service.name(),
                    method.name(),
                    stream(method.client_streaming()),
                    method.input_type().trim_start_matches('.'),
                    stream(method.server_streaming()),
                    method.output_type().trim_start_matches('.'),
                ));
            }
        }
    }
    facts
}

fn message_facts(scope: &str, message: &DescriptorProto, facts: &mut BTreeSet<String>) {
    let name = format!("{scope}.{}", message.name());
    facts.insert(format!("message {name}"));
    for field in &message.field {
        facts.insert(format!("field {name}.{} = {}: {}", field.name(), field.number(), field_type(message, field)));
    }
    for one in &message.enum_type {
        enum_facts(&name, one, facts);
    }
    for nested in message.nested_type.iter().filter(|nested| !is_map_entry(nested)) {
        message_facts(&name, nested, facts);
    }
}

fn enum_facts(scope: &str, one: &prost_types::EnumDescriptorProto, facts: &mut BTreeSet<String>) {
    for value in &one.value {
        facts.insert(format!("enum {scope}.{}.{} = {}", one.name(), value.name(), value.number()));
    }
}

fn field_type(message: &DescriptorProto, field: &FieldDescriptorProto) -> String {
    let entry = message
        .nested_type
        .iter()
        .filter(|nested| is_map_entry(nested))
        .find(|nested| field.type_name().ends_with(&format!(".{}.{}", message.name(), nested.name())));
    let mut text = match entry {
        Some(entry) => format!("map<{}, {}>", type_name(&entry.field[0]), type_name(&entry.field[1])),
        None if field.label() == Label::Repeated => format!("repeated {}", type_name(field)),
        None if field.proto3_optional() => format!("optional {}", type_name(field)),
        None => type_name(field),
    };
    // A proto3 optional field sits in a oneof of its own, which nobody sees.
    if let (Some(index), false) = (field.oneof_index, field.proto3_optional()) {
        text += &format!(" in {}", message.oneof_decl[index as usize].name());
    }
    if field.options.as_ref().is_some_and(|options| options.deprecated()) {
        text += " deprecated";
    }
    text
}

fn type_name(field: &FieldDescriptorProto) -> String {
    match field.r#type() {
        Type::Message | Type::Enum => field.type_name().trim_start_matches('.').to_owned(),
        scalar => scalar.as_str_name().trim_start_matches("TYPE_").to_lowercase(),
    }
}

fn is_map_entry(message: &DescriptorProto) -> bool {
    message.options.as_ref().is_some_and(|options| options.map_entry())
}
