//! Checks 54 and 68: ephemeral resources.

use serde_json::Value;
use tf_framework::wire::proto::tfplugin6::{
    close_ephemeral_resource, open_ephemeral_resource, renew_ephemeral_resource, validate_ephemeral_resource_config,
};

use crate::broken::{Result, broken, ensure};
use crate::checks::resource::make_needed;
use crate::core::plan_problems;
use crate::samples::{ReadSample, behind, filled};
use crate::session::{CAPABILITIES, Kind, Said, Session, no_errors};
use crate::suite::{About, Rules, SCHEMA, Suite};
use crate::value::{complete, from_wire, has_unknown, to_wire};

pub(super) async fn run(suite: &Suite, rules: &mut Rules, said: &mut Vec<Said>) {
    if suite.samples.ephemeral_resources.is_empty() {
        let _ = rules.about(SCHEMA, [54, 68]);
    }
    for (name, sample) in &suite.samples.ephemeral_resources {
        let mut about = rules.about(name, [54, 68]);
        let Ok(mut session) = suite.configured().await else { continue };
        let Some((needed, made)) = about.step(54, make_needed(&mut session, &sample.needs).await) else { continue };
        if let Some(config) = about.step(54, configuration(&session, name, sample, &needed)) {
            life(&mut session, &mut about, name, &config).await;
        }
        for object in made.iter().rev() {
            let _ = session.destroy(object).await;
        }
        said.append(&mut session.said);
    }
}

fn configuration(session: &Session, name: &str, sample: &ReadSample, needed: &Value) -> Result<Value> {
    let config = if sample.config.is_null() { serde_json::json!({}) } else { sample.config.clone() };
    session.configuration(Kind::EphemeralResource, name, &filled(&config, &|path| behind(needed, path))?)
}

async fn life(session: &mut Session, about: &mut About<'_>, name: &str, config: &Value) {
    let Some(opened) = about.step(54, open(session, name, config).await) else { return };
    let mut renewed = None;
    if opened.renew_at.is_some() {
        let Some(answer) = about.step(54, renew(session, name, opened.private.clone()).await) else { return };
        renewed = answer;
    }
    about.hold(54, close(session, name, opened.private.clone()).await);
    // OpenTofu hands over what the last renewal gave; another host may have nothing.
    for (what, private) in [("a renewed private value", renewed), ("no private value", None)] {
        let closed = match open(session, name, config).await {
            Ok(_) => close(session, name, private).await,
            Err(problem) => Err(problem),
        };
        about.hold(68, closed.map_err(|problem| broken!("with {what}: {problem}")));
    }
}

async fn open(session: &mut Session, name: &str, config: &Value) -> Result<open_ephemeral_resource::Response> {
    let ty = session.value_type(Kind::EphemeralResource, name)?;
    let wire = Some(to_wire(&complete(config.clone(), &ty), &ty));
    let request = validate_ephemeral_resource_config::Request { type_name: name.to_owned(), config: wire.clone() };
    let answer = session.validate_ephemeral_resource_config(request).await?;
    no_errors("ValidateEphemeralResourceConfig", &answer.diagnostics)?;
    let request = open_ephemeral_resource::Request {
        type_name: name.to_owned(),
        config: wire,
        client_capabilities: Some(CAPABILITIES),
    };
    let answer = session.open_ephemeral_resource(request).await?;
    no_errors("OpenEphemeralResource", &answer.diagnostics)?;
    ensure!(answer.deferred.is_none(), "it is deferred, and no host allows that");
    let result = from_wire(answer.result.as_ref(), &ty)?;
    let problems = plan_problems(session.block(Kind::EphemeralResource, name)?, &Value::Null, config, &result);
    ensure!(problems.is_empty(), "the result: {}", problems[0]);
    ensure!(!has_unknown(&result), "something in the result is unknown, which OpenTofu refuses");
    Ok(answer)
}

async fn renew(session: &mut Session, name: &str, private: Option<Vec<u8>>) -> Result<Option<Vec<u8>>> {
    let mut last = private;
    for _ in 0..2 {
        let request = renew_ephemeral_resource::Request { type_name: name.to_owned(), private: last.clone() };
        let answer = session.renew_ephemeral_resource(request).await?;
        no_errors("RenewEphemeralResource", &answer.diagnostics)?;
        last = answer.private;
    }
    Ok(last)
}

async fn close(session: &mut Session, name: &str, private: Option<Vec<u8>>) -> Result<()> {
    let request = close_ephemeral_resource::Request { type_name: name.to_owned(), private };
    let answer = session.close_ephemeral_resource(request).await?;
    no_errors("CloseEphemeralResource", &answer.diagnostics)
}
