//! Checks 56 and 70: list resources.

use serde_json::Value;
use tf_framework::wire::proto::tfplugin6::{list_resource, validate_list_resource_config};

use crate::broken::{Result, broken, ensure};
use crate::checks::resource::make_needed;
use crate::plugin::patiently;
use crate::samples::{ReadSample, behind, filled};
use crate::session::{Kind, Said, Session, errors, no_errors, refused};
use crate::suite::{Rules, SCHEMA, Suite};
use crate::value::{from_wire, has_unknown, to_wire};

/// What Terraform asks for by default.
const LIMIT: i64 = 100;

pub(super) async fn run(suite: &Suite, rules: &mut Rules, said: &mut Vec<Said>) {
    if suite.samples.list_resources.is_empty() {
        let _ = rules.about(SCHEMA, [56, 70]);
    }
    for (name, sample) in &suite.samples.list_resources {
        let mut about = rules.about(name, [56, 70]);
        let Ok(mut session) = suite.configured().await else { continue };
        let Some((needed, made)) = about.step(56, make_needed(&mut session, &sample.needs).await) else { continue };
        let found = listed(&mut session, name, sample, &needed).await;
        if let Some(found) = about.step(56, found) {
            about.hold(56, Ok(()));
            about.hold(70, identified(&session, name, &found));
            about.hold(70, cancelled(&mut session, name, sample, &needed).await);
        }
        for object in made.iter().rev() {
            let _ = session.destroy(object).await;
        }
        said.append(&mut session.said);
    }
}

fn request(
    session: &Session,
    name: &str,
    sample: &ReadSample,
    needed: &Value,
    limit: i64,
    include: bool,
) -> Result<list_resource::Request> {
    let ty = session.value_type(Kind::ListResource, name)?;
    let config = if sample.config.is_null() { serde_json::json!({}) } else { sample.config.clone() };
    let config = session.configuration(Kind::ListResource, name, &filled(&config, &|path| behind(needed, path))?)?;
    let config = Some(to_wire(&config, &ty));
    Ok(list_resource::Request { type_name: name.to_owned(), config, include_resource_object: include, limit })
}

/// All results, with and without their objects, and with a limit below their number.
async fn listed(
    session: &mut Session,
    name: &str,
    sample: &ReadSample,
    needed: &Value,
) -> Result<Vec<list_resource::Event>> {
    let all = request(session, name, sample, needed, LIMIT, false)?;
    let validate = validate_list_resource_config::Request {
        type_name: name.to_owned(),
        config: all.config.clone(),
        ..Default::default()
    };
    no_errors("ValidateListResourceConfig", &session.validate_list_resource_config(validate).await?.diagnostics)?;
    let plain = events(session, name, all.clone()).await?;
    ensure!(!plain.is_empty(), "the list is empty, and a sample needs something to be found");
    ensure!(
        plain.iter().all(|event| event.identity.is_some()),
        "an event has no identity, which ends the list in Terraform"
    );
    let ty = session.value_type(Kind::Resource, name)?;
    for event in events(session, name, list_resource::Request { include_resource_object: true, ..all.clone() }).await? {
        let object =
            event.resource_object.as_ref().ok_or_else(|| broken!("an event has no object, and it was asked for"))?;
        let object = from_wire(Some(object), &ty).map_err(|problem| broken!("an event's object: {problem}"))?;
        ensure!(!object.is_null() && !has_unknown(&object), "an event's object is null or has something unknown in it");
    }
    let limit = i64::try_from(plain.len()).unwrap_or(LIMIT) - 1;
    if limit > 0 {
        let some = events(session, name, list_resource::Request { limit, ..all }).await?;
        let count = some.len();
        ensure!(i64::try_from(count).unwrap_or(LIMIT) <= limit, "with a limit of {limit}, {count} results come");
    }
    Ok(plain)
}

async fn events(
    session: &mut Session,
    name: &str,
    request: list_resource::Request,
) -> Result<Vec<list_resource::Event>> {
    let stream = patiently(session.provider.list_resource(request)).await?;
    let mut stream = stream.map_err(|status| refused("ListResource", &status))?.into_inner();
    let mut events = Vec::new();
    while let Some(event) = patiently(stream.message()).await?.map_err(|status| refused("ListResource", &status))? {
        session.note_event("ListResource", Kind::ListResource, name, &event.diagnostic);
        let said = errors(&event.diagnostic);
        ensure!(said.is_empty(), "ListResource: {}", said[0]);
        // One with nothing but a warning is skipped.
        if event.identity.is_some() || event.diagnostic.is_empty() {
            events.push(event);
        }
    }
    Ok(events)
}

fn identified(session: &Session, name: &str, events: &[list_resource::Event]) -> Result<()> {
    for event in events {
        let identity = session.identity(name, event.identity.as_ref())?;
        ensure!(
            !identity.is_null() && !has_unknown(&identity),
            "an event's identity is null or unknown, and is shown so"
        );
    }
    Ok(())
}

/// Terraform cancels the stream once it has enough; the process must go on as if nothing had been.
async fn cancelled(session: &mut Session, name: &str, sample: &ReadSample, needed: &Value) -> Result<()> {
    let all = request(session, name, sample, needed, LIMIT, false)?;
    let stream = patiently(session.provider.list_resource(all.clone())).await?;
    let mut stream = stream.map_err(|status| refused("ListResource", &status))?.into_inner();
    patiently(stream.message()).await?.map_err(|status| refused("ListResource", &status))?;
    drop(stream);
    let again = events(session, name, all).await.map_err(|problem| broken!("after a cancel: {problem}"))?;
    ensure!(!again.is_empty(), "after a cancel, the list is empty");
    Ok(())
}
