//! Check 33: values that no sound Terraform sends. Each gets an answer, and the process lives on.

use tf_framework::wire::proto::tfplugin6::{
    DynamicValue, apply_resource_change, plan_resource_change, read_data_source, read_resource,
    validate_provider_config, validate_resource_config,
};
use tonic::{Code, Status};

use crate::broken::{Result, broken, ensure};
use crate::plugin::patiently;
use crate::session::{Said, Session, errors};
use crate::suite::{Rules, Suite, VALUES};

pub(super) async fn run(suite: &Suite, rules: &mut Rules, _: &mut Vec<Said>) {
    let mut about = rules.about(VALUES, [33]);
    let Some(mut session) = about.step(33, suite.session().await) else { return };
    about.hold(33, refused_and_alive(&mut session).await);
}

/// Values that are none, or none of any block: what is wrong, and the bytes.
fn malformed() -> Vec<(&'static str, DynamicValue)> {
    let packed = |what, msgpack: &[u8]| (what, DynamicValue { msgpack: msgpack.to_vec(), json: Vec::new() });
    let text = |what, json: &[u8]| (what, DynamicValue { msgpack: Vec::new(), json: json.to_vec() });
    vec![
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
    ]
}

async fn refused_and_alive(session: &mut Session) -> Result<()> {
    let resources: Vec<String> = session.schema.resource_schemas.keys().take(5).cloned().collect();
    let data_sources: Vec<String> = session.schema.data_source_schemas.keys().take(5).cloned().collect();
    for (what, value) in malformed() {
        let config = Some(value);
        for type_name in &resources {
            let type_name = type_name.clone();
            let at = format!("{type_name}, {what}");
            let request = validate_resource_config::Request {
                type_name: type_name.clone(),
                config: config.clone(),
                ..Default::default()
            };
            refused(
                &at,
                patiently(session.provider.validate_resource_config(request))
                    .await?
                    .map(|answer| answer.into_inner().diagnostics),
            )?;
            let request = plan_resource_change::Request {
                type_name: type_name.clone(),
                config: config.clone(),
                proposed_new_state: config.clone(),
                ..Default::default()
            };
            refused(
                &at,
                patiently(session.provider.plan_resource_change(request))
                    .await?
                    .map(|answer| answer.into_inner().diagnostics),
            )?;
            let request = read_resource::Request {
                type_name: type_name.clone(),
                current_state: config.clone(),
                ..Default::default()
            };
            refused(
                &at,
                patiently(session.provider.read_resource(request)).await?.map(|answer| answer.into_inner().diagnostics),
            )?;
            let request = apply_resource_change::Request {
                type_name,
                planned_state: config.clone(),
                config: config.clone(),
                ..Default::default()
            };
            refused(
                &at,
                patiently(session.provider.apply_resource_change(request))
                    .await?
                    .map(|answer| answer.into_inner().diagnostics),
            )?;
        }
        for type_name in &data_sources {
            let request = read_data_source::Request {
                type_name: type_name.clone(),
                config: config.clone(),
                ..Default::default()
            };
            let at = format!("{type_name}, {what}");
            refused(
                &at,
                patiently(session.provider.read_data_source(request))
                    .await?
                    .map(|answer| answer.into_inner().diagnostics),
            )?;
        }
        let request = validate_provider_config::Request { config };
        let answer = patiently(session.provider.validate_provider_config(request)).await?;
        // An empty block may make do with anything; it lives on at least.
        answered(&format!("the provider block, {what}"), answer.map(drop))?;
    }
    // A value of no bytes at all is null, and some calls take that.
    for type_name in resources {
        let request = validate_resource_config::Request { type_name: type_name.clone(), ..Default::default() };
        let answer = patiently(session.provider.validate_resource_config(request)).await?;
        answered(&format!("{type_name}, no value"), answer.map(drop))?;
    }
    Ok(())
}

fn refused(at: &str, answer: Result<Vec<tf_framework::wire::proto::tfplugin6::Diagnostic>, Status>) -> Result<()> {
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
