//! Check 59: an unknown name, in every call that takes one.

use tf_framework::wire::proto::tfplugin6::{self as proto};
use tonic::{Code, Status};

use crate::broken::{Result, broken, ensure};
use crate::plugin::patiently;
use crate::session::{Kind, Said, Session, errors, refused};
use crate::suite::{Rules, SCHEMA, Suite};

/// A name that no provider has.
const NOTHING: &str = "conformance_nothing";

pub(super) async fn run(suite: &Suite, rules: &mut Rules, said: &mut Vec<Said>) {
    let mut about = rules.about(SCHEMA, [59]);
    let Some(mut session) = about.step(59, suite.session().await) else { return };
    about.hold(59, of_calls(&mut session).await);
    about.hold(59, of_streams(&mut session).await);
    said.append(&mut session.said);
}

/// A request that holds nothing but an unknown name must be answered with an error that names it.
macro_rules! unknown {
    ($session:expr, $supported:expr, $call:ident, $messages:ident, $field:ident) => {{
        #[allow(clippy::needless_update)]
        let request = proto::$messages::Request { $field: NOTHING.to_owned(), ..Default::default() };
        let answer = patiently($session.provider.$call(request)).await?;
        named(stringify!($call), $supported, answer.map(|answer| errors(&answer.get_ref().diagnostics)))?;
    }};
}

async fn of_calls(session: &mut Session) -> Result<()> {
    let schema = &session.schema;
    let has = (
        !schema.resource_schemas.is_empty(),
        !schema.data_source_schemas.is_empty(),
        !schema.ephemeral_resource_schemas.is_empty(),
        !schema.list_resource_schemas.is_empty(),
        !schema.action_schemas.is_empty(),
        !schema.state_store_schemas.is_empty(),
    );
    let capabilities = schema.server_capabilities.unwrap_or_default();
    let (moves, generates) = (capabilities.move_resource_state, capabilities.generate_resource_config);
    unknown!(session, has.0, validate_resource_config, validate_resource_config, type_name);
    unknown!(session, has.0, upgrade_resource_state, upgrade_resource_state, type_name);
    unknown!(session, has.0, read_resource, read_resource, type_name);
    unknown!(session, has.0, plan_resource_change, plan_resource_change, type_name);
    unknown!(session, has.0, apply_resource_change, apply_resource_change, type_name);
    unknown!(session, has.0, import_resource_state, import_resource_state, type_name);
    unknown!(session, moves, move_resource_state, move_resource_state, target_type_name);
    unknown!(session, generates, generate_resource_config, generate_resource_config, type_name);
    unknown!(session, has.1, validate_data_resource_config, validate_data_resource_config, type_name);
    unknown!(session, has.1, read_data_source, read_data_source, type_name);
    unknown!(session, has.2, validate_ephemeral_resource_config, validate_ephemeral_resource_config, type_name);
    unknown!(session, has.2, open_ephemeral_resource, open_ephemeral_resource, type_name);
    unknown!(session, has.2, renew_ephemeral_resource, renew_ephemeral_resource, type_name);
    unknown!(session, has.3, validate_list_resource_config, validate_list_resource_config, type_name);
    unknown!(session, has.4, validate_action_config, validate_action_config, type_name);
    unknown!(session, has.4, plan_action, plan_action, action_type);
    unknown!(session, has.5, validate_state_store_config, validate_state_store, type_name);
    unknown!(session, has.5, configure_state_store, configure_state_store, type_name);
    unknown!(session, has.5, lock_state, lock_state, type_name);
    unknown!(session, has.5, unlock_state, unlock_state, type_name);
    unknown!(session, has.5, get_states, get_states, type_name);
    unknown!(session, has.5, delete_state, delete_state, type_name);

    if !session.identities.is_empty() {
        let raw_identity = Some(proto::RawState { json: b"{\"id\":\"x\"}".to_vec(), ..Default::default() });
        let request =
            proto::upgrade_resource_identity::Request { type_name: NOTHING.to_owned(), version: 0, raw_identity };
        let answer = patiently(session.provider.upgrade_resource_identity(request)).await?;
        named("upgrade_resource_identity", true, answer.map(|answer| errors(&answer.get_ref().diagnostics)))?;
    }
    // An empty answer is right as well: Terraform closes whatever it opened.
    let request = proto::close_ephemeral_resource::Request { type_name: NOTHING.to_owned(), private: None };
    match patiently(session.provider.close_ephemeral_resource(request)).await? {
        Err(status) if has.2 || status.code() != Code::Unimplemented => {
            return Err(refused("CloseEphemeralResource", &status));
        }
        _ => {}
    }
    Ok(())
}

async fn of_streams(session: &mut Session) -> Result<()> {
    let (lists, actions) =
        (!session.schema.list_resource_schemas.is_empty(), !session.schema.action_schemas.is_empty());
    let request = proto::call_function::Request { name: NOTHING.to_owned(), arguments: Vec::new() };
    let answer = patiently(session.provider.call_function(request)).await?;
    let said = answer.map(|answer| answer.into_inner().error.map(|error| error.text).into_iter().collect());
    named("call_function", !session.schema.functions.is_empty(), said)?;

    let request = proto::list_resource::Request { type_name: NOTHING.to_owned(), ..Default::default() };
    let said = match patiently(session.provider.list_resource(request)).await? {
        Ok(events) => {
            let event = patiently(events.into_inner().message()).await?;
            event.map(|event| event.map(|event| errors(&event.diagnostic)).unwrap_or_default())
        }
        Err(status) => Err(status),
    };
    named("list_resource", lists, said)?;

    let request = proto::invoke_action::Request { action_type: NOTHING.to_owned(), ..Default::default() };
    let said = match patiently(session.provider.invoke_action(request)).await? {
        Ok(events) => {
            patiently(events.into_inner().message()).await?.map(|event| match event.and_then(|event| event.r#type) {
                Some(proto::invoke_action::event::Type::Completed(completed)) => {
                    session.note_event("InvokeAction", Kind::Action, NOTHING, &completed.diagnostics);
                    errors(&completed.diagnostics)
                }
                _ => Vec::new(),
            })
        }
        Err(status) => Err(status),
    };
    named("invoke_action", actions, said)
}

/// Where the provider has nothing of the kind, no host ever asks, and a status is as good.
fn named(call: &str, supported: bool, answer: Result<Vec<String>, Status>) -> Result<()> {
    match answer {
        Err(status) if !supported && status.code() == Code::Unimplemented => Ok(()),
        Err(status) => Err(broken!("for an unknown name, {}", refused(call, &status))),
        Ok(errors) => {
            ensure!(!errors.is_empty(), "{call} takes an unknown name without an error");
            ensure!(
                errors.iter().any(|error| error.contains(NOTHING)),
                "the error of {call} does not name what is unknown: {}",
                errors[0]
            );
            Ok(())
        }
    }
}
