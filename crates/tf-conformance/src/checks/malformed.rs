//! Check 33: values that no sound Terraform sends. Each gets an answer, and the process lives on.

use rmpv::Value as Packed;
use serde_json::{Value, json};
use tf_framework::wire::proto::tfplugin6::{
    Diagnostic, DynamicValue, apply_resource_change, plan_resource_change, read_data_source, read_resource,
    validate_provider_config, validate_resource_config,
};
use tonic::{Code, Status};

use crate::broken::{Result, broken, ensure};
use crate::plugin::patiently;
use crate::session::{Kind, Said, Session, errors};
use crate::suite::{Rules, Suite, VALUES};
use crate::value::{complete, pack, to_msgpack, to_wire};

pub(super) async fn run(suite: &Suite, rules: &mut Rules, _: &mut Vec<Said>) {
    let mut about = rules.about(VALUES, [33]);
    let Some(mut session) = about.step(33, suite.session().await) else { return };
    about.hold(33, refused_and_alive(&mut session).await);
}

/// Values that are none, or none of a block of this type: what is wrong, and the bytes.
fn malformed(ty: &Value) -> Vec<(&'static str, DynamicValue)> {
    let packed = |what, msgpack: &[u8]| (what, DynamicValue { msgpack: msgpack.to_vec(), json: Vec::new() });
    let text = |what, json: &[u8]| (what, DynamicValue { msgpack: Vec::new(), json: json.to_vec() });
    let mut values = vec![
        packed("a number", &[0x01]),
        packed("a list", &[0x90]),
        packed("an attribute that does not exist", &[0x81, 0xa3, b'x', b'_', b'y', 0x01]),
        packed("a key that is no text", &[0x81, 0x01, 0x01]),
        packed("the reserved byte", &[0xc1]),
        packed("a map that is cut", &[0x82, 0xa1, b'a']),
        packed("a length beyond the end", &[0xdf, 0xff, 0xff, 0xff, 0xff]),
        packed("an extension beyond the end", &[0xc9, 0xff, 0xff, 0xff, 0xff, 0x00]),
        packed("a thousand lists in each other", &[0x91; 1000]),
        text("no JSON", b"{"),
        text("JSON of the wrong kind", b"[]"),
        text("a thousand lists in each other in JSON", &[b'['; 1000]),
    ];
    let whole = to_wire(&complete(json!({}), ty), ty).msgpack;
    values.push(packed("bytes after the value", &[whole.as_slice(), &[0xc0]].concat()));
    if let (Packed::Map(mut entries), true) = (pack(&complete(json!({}), ty), ty), ty[1] != json!({})) {
        entries.pop();
        values.push(packed("a map without one of the attributes", &to_msgpack(&Packed::Map(entries))));
    }
    values
}

async fn refused_and_alive(session: &mut Session) -> Result<()> {
    let resources: Vec<String> = session.schema.resource_schemas.keys().take(5).cloned().collect();
    let data_sources: Vec<String> = session.schema.data_source_schemas.keys().take(5).cloned().collect();
    for type_name in &resources {
        for (what, value) in malformed(&session.value_type(Kind::Resource, type_name)?) {
            resource(session, type_name, what, value).await?;
        }
        // A value of no bytes at all is null, and some calls take that.
        let request = validate_resource_config::Request { type_name: type_name.clone(), ..Default::default() };
        let answer = patiently(session.provider.validate_resource_config(request)).await?;
        answered(&format!("{type_name}, no value"), answer.map(drop))?;
    }
    for type_name in &data_sources {
        for (what, value) in malformed(&session.value_type(Kind::DataSource, type_name)?) {
            let request =
                read_data_source::Request { type_name: type_name.clone(), config: Some(value), ..Default::default() };
            let answer = patiently(session.provider.read_data_source(request)).await?;
            refused(&format!("{type_name}, {what}"), answer.map(|answer| answer.into_inner().diagnostics))?;
        }
    }
    for (what, value) in malformed(&session.value_type(Kind::Provider, "provider")?) {
        let request = validate_provider_config::Request { config: Some(value) };
        let answer = patiently(session.provider.validate_provider_config(request)).await?;
        // An empty block may make do with anything; it lives on at least.
        answered(&format!("the provider block, {what}"), answer.map(drop))?;
    }
    Ok(())
}

async fn resource(session: &mut Session, type_name: &str, what: &str, value: DynamicValue) -> Result<()> {
    let (at, config, type_name) = (format!("{type_name}, {what}"), Some(value), type_name.to_owned());
    let request = validate_resource_config::Request {
        type_name: type_name.clone(),
        config: config.clone(),
        ..Default::default()
    };
    let answer = patiently(session.provider.validate_resource_config(request)).await?;
    refused(&at, answer.map(|answer| answer.into_inner().diagnostics))?;
    let request = plan_resource_change::Request {
        type_name: type_name.clone(),
        config: config.clone(),
        proposed_new_state: config.clone(),
        ..Default::default()
    };
    let answer = patiently(session.provider.plan_resource_change(request)).await?;
    refused(&at, answer.map(|answer| answer.into_inner().diagnostics))?;
    let request =
        read_resource::Request { type_name: type_name.clone(), current_state: config.clone(), ..Default::default() };
    let answer = patiently(session.provider.read_resource(request)).await?;
    refused(&at, answer.map(|answer| answer.into_inner().diagnostics))?;
    let request =
        apply_resource_change::Request { type_name, planned_state: config.clone(), config, ..Default::default() };
    let answer = patiently(session.provider.apply_resource_change(request)).await?;
    refused(&at, answer.map(|answer| answer.into_inner().diagnostics))
}

fn refused(at: &str, answer: Result<Vec<Diagnostic>, Status>) -> Result<()> {
    match answer {
        Ok(diagnostics) => {
            ensure!(!errors(&diagnostics).is_empty(), "{at}: it is taken for a value");
            Ok(())
        }
        Err(status) => answered(at, Err(status)),
    }
}

/// A status is as good as an error, unless it says that the process is gone.
fn answered(at: &str, answer: Result<(), Status>) -> Result<()> {
    match answer {
        Err(status) if matches!(status.code(), Code::Unavailable | Code::Cancelled) || is_cut(&status) => {
            Err(broken!("{at}: the process does not live through it: {status}"))
        }
        _ => Ok(()),
    }
}

/// Whether the connection broke, which tonic tells as an unknown error.
fn is_cut(status: &Status) -> bool {
    status.code() == Code::Unknown && std::error::Error::source(status).is_some()
}
