//! Checks 20 to 25: the schema as Terraform takes it when it loads a provider. One mistake breaks every configuration.

use std::collections::BTreeSet;

use tf_framework::wire::proto::tfplugin6::schema::nested_block::NestingMode as BlockNesting;
use tf_framework::wire::proto::tfplugin6::schema::object::NestingMode;
use tf_framework::wire::proto::tfplugin6::schema::{Attribute, Block, NestedBlock};
use tf_framework::wire::proto::tfplugin6::{
    self as proto, Function, ResourceIdentitySchema, Schema, get_functions, get_metadata, get_provider_schema,
    get_resource_identity_schemas,
};
use tonic::Code;

use crate::broken::{Broken, Result, broken, ensure};
use crate::plugin::patiently;
use crate::session::{Session, client, errors, refused};
use crate::suite::{About, Rules, SCHEMA, Suite};
use crate::types;
use crate::value::to_wire;

/// Names that Terraform keeps for itself at the top of a resource, where an attribute of that name is out of reach.
const RESERVED: [&str; 7] = ["count", "for_each", "depends_on", "lifecycle", "provider", "provisioner", "connection"];

/// The same in the provider block.
const RESERVED_OF_PROVIDER: [&str; 2] = ["alias", "version"];

/// Whether the provider can be spoken with, and its schema read.
pub(super) async fn run(suite: &Suite, rules: &mut Rules) -> bool {
    let is_lost = [3, 8, 9].into_iter().any(|number| rules.failed(number));
    let mut about = rules.about(SCHEMA, 20..=25);
    if is_lost {
        return false;
    }
    let Some(session) = about.step(21, suite.session().await) else { return false };
    about.hold_all(21, "the schema", fatal(&session));
    about.hold_all(20, "the schema", problems(&session.schema, &session.identities));
    let can_go_on = !about.failed(21);
    agreement(suite, session, &mut about).await;
    can_go_on
}

async fn agreement(suite: &Suite, mut session: Session, about: &mut About<'_>) {
    match patiently(session.provider.get_metadata(get_metadata::Request {})).await {
        Ok(Ok(answer)) => about.hold(22, metadata(&answer.into_inner(), &session.schema)),
        Ok(Err(status)) if status.code() == Code::Unimplemented => {}
        Ok(Err(status)) => about.hold(22, Err(refused("GetMetadata", &status))),
        Err(problem) => about.hold(22, Err(problem)),
    }
    match patiently(session.provider.get_functions(get_functions::Request {})).await {
        Ok(Ok(answer)) => about.hold(24, functions(&answer.into_inner(), &session.schema)),
        Ok(Err(status)) if status.code() == Code::Unimplemented && session.schema.functions.is_empty() => {}
        Ok(Err(status)) => about.hold(24, Err(refused("GetFunctions", &status))),
        Err(problem) => about.hold(24, Err(problem)),
    }
    about.hold(25, the_same_again(suite, &mut session).await);
    if session.schema.server_capabilities.is_some_and(|all| all.get_provider_schema_optional) {
        about.hold(23, any_first_call(suite, &mut session).await);
    }
}

/// What makes Terraform crash: the check that all others stand on.
fn fatal(session: &Session) -> Vec<String> {
    let mut problems = Vec::new();
    for (name, schema) in schemas(&session.schema) {
        match &schema.block {
            Some(block) => fatal_block(&name, block, false, &mut problems),
            None => problems.push(format!("{name}: a schema without a block, which crashes Terraform")),
        }
    }
    for (name, action) in &session.schema.action_schemas {
        if action.schema.is_none() {
            problems.push(format!("the action {name} has no schema"));
        }
    }
    for (name, function) in &session.schema.functions {
        let mut check = |what: &str, ty: &[u8]| {
            if let Err(Broken(problem)) = types::parse(ty) {
                problems.push(format!("the function {name}, {what}: {problem}"));
            }
        };
        match &function.r#return {
            Some(of) => check("its result", &of.r#type),
            None => check("no result, which crashes Terraform", b""),
        }
        for parameter in function.parameters.iter().chain(&function.variadic_parameter) {
            check(&parameter.name, &parameter.r#type);
        }
    }
    for (name, schema) in &session.identities {
        if let Err(Broken(problem)) = types::of_identity(schema) {
            problems.push(format!("the identity of {name}: {problem}"));
        }
    }
    problems
}

fn fatal_block(place: &str, block: &Block, in_set: bool, problems: &mut Vec<String>) {
    fatal_attributes(place, &block.attributes, in_set, problems);
    for nested in &block.block_types {
        let place = format!("{place}.{}", nested.type_name);
        let in_set = in_set || nested.nesting() == BlockNesting::Set;
        match &nested.block {
            Some(block) => fatal_block(&place, block, in_set, problems),
            None => problems.push(format!("{place}: a nested block without a block, which crashes Terraform")),
        }
    }
}

fn fatal_attributes(place: &str, attributes: &[Attribute], in_set: bool, problems: &mut Vec<String>) {
    for attribute in attributes {
        let place = format!("{place}.{}", attribute.name);
        match &attribute.nested_type {
            Some(nested) => {
                if nested.nesting() == NestingMode::Invalid {
                    problems.push(format!("{place}: no nesting"));
                }
                let in_set = in_set || nested.nesting() == NestingMode::Set;
                fatal_attributes(&place, &nested.attributes, in_set, problems);
            }
            None => match types::parse(&attribute.r#type) {
                Err(Broken(problem)) => problems.push(format!("{place}: {problem}")),
                Ok(ty) if in_set && types::has_dynamic(&ty) => {
                    problems.push(format!("{place}: something dynamic inside of a set"));
                }
                Ok(_) => {}
            },
        }
        if in_set && attribute.write_only {
            problems.push(format!("{place}: a write-only attribute inside of a set"));
        }
        if !is_name(&attribute.name) {
            problems.push(format!("{place}: {:?} is no name that a configuration can write", attribute.name));
        }
    }
}

/// All schemas of a provider, each with the name of its type.
fn schemas(answer: &get_provider_schema::Response) -> Vec<(String, &Schema)> {
    let one = |name: &str, schema| (name.to_owned(), schema);
    let mut schemas: Vec<_> = answer.provider.iter().map(|schema| one("provider", schema)).collect();
    schemas.extend(answer.provider_meta.iter().map(|schema| one("provider_meta", schema)));
    for all in [
        &answer.resource_schemas,
        &answer.data_source_schemas,
        &answer.ephemeral_resource_schemas,
        &answer.list_resource_schemas,
        &answer.state_store_schemas,
    ] {
        schemas.extend(all.iter().map(|(name, schema)| one(name, schema)));
    }
    let actions = answer.action_schemas.iter();
    schemas.extend(actions.filter_map(|(name, action)| Some(one(name, action.schema.as_ref()?))));
    schemas
}

/// What Terraform refuses, and what would be out of a configuration's reach.
fn problems(
    answer: &get_provider_schema::Response,
    identities: &std::collections::BTreeMap<String, ResourceIdentitySchema>,
) -> Vec<String> {
    let mut problems = errors(&answer.diagnostics);
    if answer.provider.is_none() {
        problems.push("there is no schema of the provider's own block".to_owned());
    }
    for (name, schema) in schemas(answer) {
        if schema.version < 0 {
            problems.push(format!("{name}: version {}", schema.version));
        }
        let reserved = if name == "provider" { &RESERVED_OF_PROVIDER[..] } else { &RESERVED };
        let Some(block) = &schema.block else { continue };
        let names =
            block.attributes.iter().map(|one| &one.name).chain(block.block_types.iter().map(|one| &one.type_name));
        problems.extend(
            names
                .filter(|one| reserved.contains(&one.as_str()))
                .map(|one| format!("{name}.{one}: the name is Terraform's")),
        );
        check_block(&name, block, &mut problems);
    }
    for (name, function) in &answer.functions {
        check_function(name, function, &mut problems);
    }
    for (name, schema) in identities {
        if !answer.resource_schemas.contains_key(name) {
            problems.push(format!("the identity of {name}, which is no resource type"));
        }
        check_identity(name, schema, &mut problems);
    }
    for name in answer.list_resource_schemas.keys().filter(|name| !identities.contains_key(*name)) {
        problems.push(format!("the list of {name} is of no resource type with an identity"));
    }
    problems
}

fn check_block(place: &str, block: &Block, problems: &mut Vec<String>) {
    check_attributes(place, &block.attributes, problems);
    let mut names: BTreeSet<&str> = block.attributes.iter().map(|attribute| attribute.name.as_str()).collect();
    for nested in &block.block_types {
        let place = format!("{place}.{}", nested.type_name);
        if !names.insert(&nested.type_name) {
            problems.push(format!("{place}: the name is there twice"));
        }
        check_nested_block(&place, nested, problems);
        let Some(inner) = &nested.block else { continue };
        if inner.computed && !all_computed(inner) {
            problems.push(format!("{place}: a computed block with something inside that is not computed"));
        }
        check_block(&place, inner, problems);
    }
}

fn check_nested_block(place: &str, nested: &NestedBlock, problems: &mut Vec<String>) {
    let (min, max) = (nested.min_items, nested.max_items);
    let mut check = |sound: bool, problem: &str| {
        if !sound {
            problems.push(format!("{place}: {problem}"));
        }
    };
    let name = &nested.type_name;
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    check(is_name, "not a name of a block");
    check(min >= 0 && max >= 0, "a negative number of blocks");
    match nested.nesting() {
        BlockNesting::Single => check(min == max && min <= 1, "a single block has min and max both 0 or both 1"),
        BlockNesting::Group | BlockNesting::Map => check(min == 0 && max == 0, "min and max must be 0"),
        BlockNesting::List | BlockNesting::Set => check(max == 0 || min <= max, "min is above max"),
        BlockNesting::Invalid => check(false, "no nesting"),
    }
    let computed = nested.block.as_ref().is_some_and(|block| block.computed);
    check(
        !computed || (nested.nesting() != BlockNesting::Group && min == 0),
        "a computed block that is a group, or has a minimum",
    );
}

fn all_computed(block: &Block) -> bool {
    block.attributes.iter().all(|attribute| attribute.computed)
        && block.block_types.iter().filter_map(|nested| nested.block.as_ref()).all(|inner| inner.computed)
}

fn check_attributes(place: &str, attributes: &[Attribute], problems: &mut Vec<String>) {
    let mut names = BTreeSet::new();
    for attribute in attributes {
        let place = format!("{place}.{}", attribute.name);
        let mut check = |sound: bool, problem: &str| {
            if !sound {
                problems.push(format!("{place}: {problem}"));
            }
        };
        let (required, optional, computed) = (attribute.required, attribute.optional, attribute.computed);
        check(names.insert(&attribute.name), "the name is there twice");
        check(required || optional || computed, "neither required nor optional nor computed");
        check(!(required && (optional || computed)), "required, and optional or computed besides");
        check(
            attribute.deprecated || attribute.deprecation_message.is_empty(),
            "a message of deprecation, and not deprecated",
        );
        check(!(attribute.write_only && computed), "write-only and computed");
        check(attribute.nested_type.is_none() || attribute.r#type.is_empty(), "a type and a nested type");
        if let Some(nested) = &attribute.nested_type {
            check_attributes(&place, &nested.attributes, problems);
        }
    }
}

fn check_function(name: &str, function: &Function, problems: &mut Vec<String>) {
    let mut names = BTreeSet::new();
    if !is_name(name) {
        problems.push(format!("{name:?} is no name of a function"));
    }
    for parameter in function.parameters.iter().chain(&function.variadic_parameter) {
        if !is_name(&parameter.name) || !names.insert(&parameter.name) {
            problems.push(format!("the function {name}: its parameter {:?} has no name of its own", parameter.name));
        }
    }
}

fn check_identity(name: &str, schema: &ResourceIdentitySchema, problems: &mut Vec<String>) {
    if schema.version < 0 {
        problems.push(format!("the identity of {name}: version {}", schema.version));
    }
    for attribute in &schema.identity_attributes {
        let place = format!("the identity of {name}, {}", attribute.name);
        if attribute.required_for_import == attribute.optional_for_import {
            problems.push(format!("{place}: either required or optional for import, and one of them"));
        }
        let ty = types::parse(&attribute.r#type).unwrap_or_default();
        if matches!(types::kind(&ty), "map" | "set" | "object") {
            problems.push(format!("{place}: Terraform takes no {} here", types::kind(&ty)));
        }
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn metadata(metadata: &get_metadata::Response, schema: &get_provider_schema::Response) -> Result<()> {
    ensure!(metadata.server_capabilities == schema.server_capabilities, "the capabilities differ");
    let same = |kind: &str, of_metadata: Vec<&String>, of_schema: Vec<&String>| {
        let (of_metadata, of_schema) = (BTreeSet::from_iter(of_metadata), BTreeSet::from_iter(of_schema));
        let differ: Vec<_> = of_metadata.symmetric_difference(&of_schema).collect();
        ensure!(differ.is_empty(), "of the {kind}, {differ:?} are in one of the two alone");
        Ok(())
    };
    same(
        "resources",
        metadata.resources.iter().map(|one| &one.type_name).collect(),
        schema.resource_schemas.keys().collect(),
    )?;
    same(
        "data sources",
        metadata.data_sources.iter().map(|one| &one.type_name).collect(),
        schema.data_source_schemas.keys().collect(),
    )?;
    same("functions", metadata.functions.iter().map(|one| &one.name).collect(), schema.functions.keys().collect())?;
    same(
        "ephemeral resources",
        metadata.ephemeral_resources.iter().map(|one| &one.type_name).collect(),
        schema.ephemeral_resource_schemas.keys().collect(),
    )?;
    same(
        "lists",
        metadata.list_resources.iter().map(|one| &one.type_name).collect(),
        schema.list_resource_schemas.keys().collect(),
    )?;
    same(
        "actions",
        metadata.actions.iter().map(|one| &one.type_name).collect(),
        schema.action_schemas.keys().collect(),
    )?;
    same(
        "state stores",
        metadata.state_stores.iter().map(|one| &one.type_name).collect(),
        schema.state_store_schemas.keys().collect(),
    )
}

fn functions(answer: &get_functions::Response, schema: &get_provider_schema::Response) -> Result<()> {
    ensure!(errors(&answer.diagnostics).is_empty(), "GetFunctions: {}", errors(&answer.diagnostics)[0]);
    let names = |all: &std::collections::BTreeMap<String, Function>| all.keys().cloned().collect::<Vec<_>>().join(", ");
    ensure!(
        answer.functions == schema.functions,
        "GetFunctions gives [{}], and the schema [{}], or one of them in another shape",
        names(&answer.functions),
        names(&schema.functions)
    );
    Ok(())
}

async fn the_same_again(suite: &Suite, session: &mut Session) -> Result<()> {
    let again = patiently(session.provider.get_provider_schema(get_provider_schema::Request {})).await?;
    let again = again.map_err(|status| refused("GetProviderSchema", &status))?.into_inner();
    ensure!(again == session.schema, "asked again, the process gives another schema");
    if !session.identities.is_empty() {
        let request = get_resource_identity_schemas::Request {};
        let again = patiently(session.provider.get_resource_identity_schemas(request)).await?;
        let again = again.map_err(|status| refused("GetResourceIdentitySchemas", &status))?.into_inner();
        ensure!(again.identity_schemas == session.identities, "asked again, the process gives other identity schemas");
    }
    let other = suite.session().await?;
    ensure!(other.schema == session.schema, "another process gives another schema");
    Ok(())
}

/// In a process that was never asked for its schema, each call is answered as in one that was.
async fn any_first_call(suite: &Suite, known: &mut Session) -> Result<()> {
    let block = known
        .schema
        .provider
        .as_ref()
        .and_then(|schema| schema.block.as_ref())
        .ok_or_else(|| broken!("no provider"))?;
    let ty = types::of_block(block)?;
    let config = suite.samples.provider.config.clone().unwrap_or_else(|| serde_json::json!({}));
    let config = Some(to_wire(&crate::value::complete(config, &ty), &ty));
    for call in 0..6 {
        let (_plugin, channel) = suite.connected().await?;
        let mut first = client(channel);
        macro_rules! same {
            ($call:ident, $request:expr) => {{
                let request = $request;
                let fresh = patiently(first.$call(request.clone())).await?;
                let fresh =
                    fresh.map_err(|status| broken!("as the first call: {}", refused(stringify!($call), &status)))?;
                let known = patiently(known.provider.$call(request)).await?;
                let known = known.map_err(|status| refused(stringify!($call), &status))?;
                let (fresh, known) = (errors(&fresh.get_ref().diagnostics), errors(&known.get_ref().diagnostics));
                ensure!(
                    fresh == known,
                    "as the first call, {} fails with {fresh:?}, and later with {known:?}",
                    stringify!($call)
                );
            }};
        }
        let Some((type_name, sample)) =
            suite.samples.resources.iter().find(|(name, _)| known.schema.resource_schemas.contains_key(*name))
        else {
            same!(validate_provider_config, proto::validate_provider_config::Request { config: config.clone() });
            continue;
        };
        match call {
            0 => same!(validate_provider_config, proto::validate_provider_config::Request { config: config.clone() }),
            1 => same!(
                configure_provider,
                proto::configure_provider::Request {
                    terraform_version: "1.16.0".to_owned(),
                    config: config.clone(),
                    client_capabilities: Some(crate::session::CAPABILITIES)
                }
            ),
            2 => {
                let request = known.plan_request(type_name, None, &unfilled(&sample.config))?;
                same!(
                    validate_resource_config,
                    proto::validate_resource_config::Request {
                        type_name: type_name.clone(),
                        config: request.config,
                        client_capabilities: request.client_capabilities
                    }
                );
            }
            3 => same!(plan_resource_change, known.plan_request(type_name, None, &unfilled(&sample.config))?),
            4 => same!(
                upgrade_resource_state,
                proto::upgrade_resource_state::Request {
                    type_name: type_name.clone(),
                    version: known.schema.resource_schemas[type_name].version,
                    raw_state: Some(proto::RawState { json: b"{}".to_vec(), ..Default::default() })
                }
            ),
            _ => same!(
                validate_data_resource_config,
                proto::validate_data_resource_config::Request {
                    type_name: "conformance_nothing".to_owned(),
                    ..Default::default()
                }
            ),
        }
    }
    Ok(())
}

/// The configuration with what other objects would fill in left unknown.
fn unfilled(config: &serde_json::Value) -> serde_json::Value {
    use serde_json::Value;
    match config {
        Value::String(text) if text.contains("${") => Value::String(crate::value::UNKNOWN.to_owned()),
        Value::Array(items) => items.iter().map(unfilled).collect(),
        Value::Object(fields) => fields.iter().map(|(name, value)| (name.clone(), unfilled(value))).collect(),
        other => other.clone(),
    }
}
