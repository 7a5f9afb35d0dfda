//! Checks 57, 62 and 69: actions.

use serde_json::Value;
use tf_framework::wire::proto::tfplugin6::invoke_action::event::Type;
use tf_framework::wire::proto::tfplugin6::{invoke_action, plan_action, validate_action_config};

use crate::broken::{Result, broken, ensure};
use crate::checks::resource::make_needed;
use crate::plugin::patiently;
use crate::samples::{behind, filled};
use crate::session::{CAPABILITIES, Kind, Said, Session, errors, no_errors, refused};
use crate::suite::{About, Rules, SCHEMA, Suite};
use crate::value::to_wire;

pub(super) async fn run(suite: &Suite, rules: &mut Rules, said: &mut Vec<Said>) {
    if suite.samples.actions.is_empty() {
        let _ = rules.about(SCHEMA, [57, 69]);
    }
    for (name, sample) in &suite.samples.actions {
        let mut about = rules.about(name, [57, 69]);
        let Ok(mut session) = suite.configured().await else { continue };
        let Some((needed, made)) = about.step(57, make_needed(&mut session, &sample.needs).await) else { continue };
        let fill = |config: &Value| filled(config, &|path| behind(&needed, path));
        if let Some(config) = about.step(57, fill(&sample.config)) {
            about.hold(57, planned(&mut session, name, &config).await);
            invoked(&mut session, &mut about, name, &config, false).await;
        }
        if let Some(config) = sample.fails.as_ref().and_then(|config| about.step(57, fill(config))) {
            invoked(&mut session, &mut about, name, &config, true).await;
        }
        if let Some(config) = sample.panics.as_ref().and_then(|config| about.step(57, fill(config))) {
            invoked(&mut session, &mut about, name, &config, true).await;
            let outcome = planned(&mut session, name, &config).await;
            rules.about(name, [62]).hold(62, outcome.map_err(|problem| broken!("after a panic: {problem}")));
        }
        for object in made.iter().rev() {
            let _ = session.destroy(object).await;
        }
        said.append(&mut session.said);
    }
}

async fn planned(session: &mut Session, name: &str, config: &Value) -> Result<()> {
    let ty = session.value_type(Kind::Action, name)?;
    let config = Some(to_wire(&session.configuration(Kind::Action, name, config)?, &ty));
    let request = validate_action_config::Request { type_name: name.to_owned(), config: config.clone() };
    no_errors("ValidateActionConfig", &session.validate_action_config(request).await?.diagnostics)?;
    let request =
        plan_action::Request { action_type: name.to_owned(), config, client_capabilities: Some(CAPABILITIES) };
    let answer = session.plan_action(request).await?;
    no_errors("PlanAction", &answer.diagnostics)?;
    ensure!(answer.deferred.is_none(), "the action is deferred, and Terraform did not allow it");
    Ok(())
}

async fn invoked(session: &mut Session, about: &mut About<'_>, name: &str, config: &Value, fails: bool) {
    let Some(events) = about.step(69, events(session, name, config).await) else { return };
    about.hold(69, in_order(&events));
    let diagnostics: Vec<_> = events
        .into_iter()
        .filter_map(|event| match event.r#type {
            Some(Type::Completed(completed)) => Some(completed.diagnostics),
            _ => None,
        })
        .flatten()
        .collect();
    session.note_event("InvokeAction", Kind::Action, name, &diagnostics);
    let said = errors(&diagnostics);
    let outcome = match (fails, said.first()) {
        (true, None) => Err(broken!("a run that fails ends without an error, and reads as a success")),
        (false, Some(error)) => Err(broken!("InvokeAction: {error}")),
        _ => Ok(()),
    };
    about.hold(57, outcome);
}

async fn events(session: &mut Session, name: &str, config: &Value) -> Result<Vec<invoke_action::Event>> {
    let ty = session.value_type(Kind::Action, name)?;
    let config = Some(to_wire(&session.configuration(Kind::Action, name, config)?, &ty));
    let request =
        invoke_action::Request { action_type: name.to_owned(), config, client_capabilities: Some(CAPABILITIES) };
    let stream = patiently(session.provider.invoke_action(request)).await?;
    let mut stream = stream.map_err(|status| refused("InvokeAction", &status))?.into_inner();
    let mut events = Vec::new();
    while let Some(event) = patiently(stream.message()).await?.map_err(|status| refused("InvokeAction", &status))? {
        events.push(event);
    }
    Ok(events)
}

fn in_order(events: &[invoke_action::Event]) -> Result<()> {
    ensure!(
        events.iter().all(|event| event.r#type.is_some()),
        "an event is neither progress nor an end, which crashes Terraform"
    );
    let is_end = |event: &&invoke_action::Event| matches!(event.r#type, Some(Type::Completed(_)));
    let ends = events.iter().filter(is_end).count();
    ensure!(ends > 0, "the events end without a completion, which reads as a success");
    ensure!(ends == 1, "{ends} completions");
    ensure!(events.last().is_some_and(|event| is_end(&event)), "the completion is not the last event");
    Ok(())
}
