//! Check 53: data sources. Check 62: panics in a read or a create.

use serde_json::Value;
use tf_framework::wire::proto::tfplugin6::{read_data_source, validate_data_resource_config};

use crate::broken::{Result, broken, ensure};
use crate::checks::resource::make_needed;
use crate::samples::{ReadSample, behind, filled};
use crate::session::{CAPABILITIES, Kind, Said, Session, errors, no_errors};
use crate::suite::{Rules, SCHEMA, Suite};
use crate::value::{complete, from_wire, has_unknown, to_wire};

pub(super) async fn run(suite: &Suite, rules: &mut Rules, said: &mut Vec<Said>) {
    if suite.samples.data_sources.is_empty() {
        let _ = rules.about(SCHEMA, [53]);
    }
    for (name, sample) in &suite.samples.data_sources {
        let mut about = rules.about(name, [53]);
        let Ok(mut session) = suite.configured().await else { continue };
        about.hold(53, data_source(&mut session, name, sample).await);
        said.append(&mut session.said);
    }
    let panics = suite.samples.resources.iter().filter_map(|(name, sample)| Some((name, sample.panics.as_ref()?)));
    let mut asked = suite.samples.actions.values().any(|sample| sample.panics.is_some());
    for (name, config) in panics {
        asked = true;
        let mut about = rules.about(name, [62]);
        let Ok(session) = suite.configured().await else { continue };
        about.hold(62, panic(session, name, config).await);
    }
    if !asked {
        let _ = rules.about(SCHEMA, [62]);
    }
}

async fn data_source(session: &mut Session, name: &str, sample: &ReadSample) -> Result<()> {
    let (needed, made) = make_needed(session, &sample.needs).await?;
    let outcome = read(session, name, sample, &needed).await;
    for object in made.iter().rev() {
        let _ = session.destroy(object).await;
    }
    outcome
}

async fn read(session: &mut Session, name: &str, sample: &ReadSample, needed: &Value) -> Result<()> {
    let ty = session.value_type(Kind::DataSource, name)?;
    let config = if sample.config.is_null() { serde_json::json!({}) } else { sample.config.clone() };
    let config = complete(filled(&config, &|path| behind(needed, path))?, &ty);
    let wire = Some(to_wire(&config, &ty));
    let request = validate_data_resource_config::Request { type_name: name.to_owned(), config: wire.clone() };
    no_errors("ValidateDataResourceConfig", &session.validate_data_resource_config(request).await?.diagnostics)?;
    let request = read_data_source::Request {
        type_name: name.to_owned(),
        config: wire,
        client_capabilities: Some(CAPABILITIES),
        ..Default::default()
    };
    let answer = session.read_data_source(request).await?;
    no_errors("ReadDataSource", &answer.diagnostics)?;
    ensure!(answer.deferred.is_none(), "a read is deferred, and Terraform did not allow it");
    let state = from_wire(answer.state.as_ref(), &ty)?;
    ensure!(!state.is_null(), "the state is null");
    ensure!(!has_unknown(&state), "something in the state is unknown");
    for (attribute, configured) in config.as_object().into_iter().flatten() {
        let found = &state[attribute.as_str()];
        let kept = configured.is_null()
            || configured.as_array().is_some_and(Vec::is_empty)
            || found == configured
            || is_partial(configured, found);
        ensure!(kept, "{attribute} was configured as {configured}, and comes back as {found}");
    }
    Ok(())
}

/// Whether the answer holds what was configured, and more where nothing was.
fn is_partial(configured: &Value, found: &Value) -> bool {
    match (configured, found) {
        (Value::Null, _) => true,
        (Value::Object(configured), Value::Object(found)) => {
            configured.iter().all(|(name, value)| found.get(name).is_some_and(|found| is_partial(value, found)))
        }
        (Value::Array(configured), Value::Array(found)) => {
            configured.len() == found.len() && configured.iter().zip(found).all(|(one, other)| is_partial(one, other))
        }
        (one, other) => one == other,
    }
}

async fn panic(mut session: Session, name: &str, config: &Value) -> Result<()> {
    let plan = session.plan(name, None, config).await?;
    let applied = session.apply(&plan, &Value::Null, &plan.planned).await;
    let applied = applied.map_err(|problem| broken!("a panic in a create is no answer: {problem}"))?;
    ensure!(!errors(&applied.answer.diagnostics).is_empty(), "a create that panics reads as a success");
    session.validated(name, config, Some(CAPABILITIES)).await.map_err(|problem| broken!("after a panic: {problem}"))?;
    drop(session.provider);
    // How a process ends is another check's matter.
    let Ok((_, _, stderr)) = session.plugin.shut_down(session.channel).await else { return Ok(()) };
    let told = |line: &&String| line.starts_with("panic: ") || line.starts_with("fatal error: ");
    if let Some(line) = stderr.iter().find(told) {
        return Err(broken!(
            "the call was answered, and {line:?} on stderr reads as a crash of the plugin all the same"
        ));
    }
    Ok(())
}
