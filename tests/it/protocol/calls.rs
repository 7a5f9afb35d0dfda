//! All 36 calls, those of which the provider has nothing to offer among them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use tf_framework::wire::proto::tfplugin6::{self as proto, provider_client::ProviderClient};
use tonic::transport::Channel;

use super::{CLIENT, PROJECT, RESOURCES, sample};
use crate::host::values::{has_unknown, to_wire};
use crate::host::{Host, errors, start};

const NOTHING: &str = "pangea_nothing";

/// Sends a request that holds nothing but this type name, and gives the errors of the answer.
macro_rules! unknown_type {
    ($provider:expr, $call:ident) => {
        unknown_type!($provider, $call, $call, type_name)
    };
    ($provider:expr, $call:ident, $messages:ident, $field:ident) => {{
        // Some requests have no other field.
        #[allow(clippy::needless_update)]
        let request = proto::$messages::Request { $field: NOTHING.to_owned(), ..Default::default() };
        let answer = $provider.$call(request).await.unwrap().into_inner();
        (stringify!($call), errors(&answer.diagnostics))
    }};
}

/// The answer to every call that takes a type name, or a function's.
async fn of_unknown_type(provider: &mut ProviderClient<Channel>) -> Vec<(&'static str, Vec<String>)> {
    let mut answers = vec![
        unknown_type!(provider, validate_resource_config),
        unknown_type!(provider, validate_data_resource_config),
        unknown_type!(provider, upgrade_resource_state),
        unknown_type!(provider, read_resource),
        unknown_type!(provider, plan_resource_change),
        unknown_type!(provider, apply_resource_change),
        unknown_type!(provider, import_resource_state),
        unknown_type!(provider, move_resource_state, move_resource_state, target_type_name),
        unknown_type!(provider, generate_resource_config),
        unknown_type!(provider, read_data_source),
        unknown_type!(provider, validate_ephemeral_resource_config),
        unknown_type!(provider, open_ephemeral_resource),
        unknown_type!(provider, renew_ephemeral_resource),
        unknown_type!(provider, close_ephemeral_resource),
        unknown_type!(provider, validate_list_resource_config),
        unknown_type!(provider, validate_action_config),
        unknown_type!(provider, plan_action, plan_action, action_type),
        unknown_type!(provider, validate_state_store_config, validate_state_store, type_name),
        unknown_type!(provider, configure_state_store),
        unknown_type!(provider, lock_state),
        unknown_type!(provider, unlock_state),
        unknown_type!(provider, get_states),
        unknown_type!(provider, delete_state),
    ];

    let raw_identity = Some(proto::RawState { json: b"{\"id\":\"x\"}".to_vec(), flatmap: BTreeMap::new() });
    let type_name = NOTHING.to_owned();
    let request = proto::upgrade_resource_identity::Request { type_name: type_name.clone(), version: 0, raw_identity };
    let answer = provider.upgrade_resource_identity(request).await.unwrap().into_inner();
    answers.push(("upgrade_resource_identity", errors(&answer.diagnostics)));

    let request = proto::call_function::Request { name: NOTHING.to_owned(), arguments: Vec::new() };
    let answer = provider.call_function(request).await.unwrap().into_inner();
    assert!(answer.result.is_none());
    answers.push(("call_function", answer.error.map(|error| error.text).into_iter().collect()));

    let request = proto::list_resource::Request { type_name: type_name.clone(), ..Default::default() };
    let mut events = provider.list_resource(request).await.unwrap().into_inner();
    let event = events.message().await.unwrap().unwrap();
    assert!(event.identity.is_none() && events.message().await.unwrap().is_none());
    answers.push(("list_resource", errors(&event.diagnostic)));

    let request = proto::invoke_action::Request { action_type: type_name.clone(), ..Default::default() };
    let mut events = provider.invoke_action(request).await.unwrap().into_inner();
    let Some(proto::invoke_action::event::Type::Completed(completed)) = events.message().await.unwrap().unwrap().r#type
    else {
        panic!("the one event is the completion")
    };
    assert!(events.message().await.unwrap().is_none());
    answers.push(("invoke_action", errors(&completed.diagnostics)));

    let request = proto::read_state_bytes::Request { type_name: type_name.clone(), ..Default::default() };
    let mut chunks = provider.read_state_bytes(request).await.unwrap().into_inner();
    let chunk = chunks.message().await.unwrap().unwrap();
    // Terraform reads the range of every chunk, and crashes where there is none.
    assert!(chunk.range.is_some() && chunks.message().await.unwrap().is_none());
    answers.push(("read_state_bytes", errors(&chunk.diagnostics)));

    let meta = Some(proto::RequestChunkMeta { type_name, ..Default::default() });
    let first = proto::write_state_bytes::RequestChunk { meta, bytes: vec![1; 1000], ..Default::default() };
    let more = proto::write_state_bytes::RequestChunk { bytes: vec![2; 1000], ..Default::default() };
    let answer = provider.write_state_bytes(tokio_stream::iter([first, more])).await.unwrap().into_inner();
    answers.push(("write_state_bytes", errors(&answer.diagnostics)));
    answers
}

/// The calls that name no type, and need no more than to be answered.
async fn of_no_type(provider: &mut ProviderClient<Channel>) -> Vec<&'static str> {
    let metadata = provider.get_metadata(proto::get_metadata::Request {}).await.unwrap().into_inner();
    assert_eq!(errors(&metadata.diagnostics), Vec::<String>::new());
    let schema = provider.get_provider_schema(proto::get_provider_schema::Request {}).await.unwrap().into_inner();
    assert_eq!(errors(&schema.diagnostics), Vec::<String>::new());
    let request = proto::get_resource_identity_schemas::Request {};
    let identities = provider.get_resource_identity_schemas(request).await.unwrap().into_inner();
    assert!(identities.diagnostics.is_empty());
    assert!(identities.identity_schemas.keys().all(|name| schema.resource_schemas.contains_key(name)));
    let functions = provider.get_functions(proto::get_functions::Request {}).await.unwrap().into_inner();
    assert!(functions.functions == schema.functions && functions.diagnostics.is_empty());
    let stopped = provider.stop_provider(proto::stop_provider::Request {}).await.unwrap().into_inner();
    assert_eq!(stopped.error, "");
    // No value at all is a null one, which no Terraform sends: an error or none, but an answer.
    let request = proto::validate_provider_config::Request::default();
    provider.validate_provider_config(request).await.unwrap();
    provider.configure_provider(proto::configure_provider::Request::default()).await.unwrap();
    vec![
        "get_metadata",
        "get_provider_schema",
        "get_resource_identity_schemas",
        "get_functions",
        "stop_provider",
        "validate_provider_config",
        "configure_provider",
    ]
}

#[tokio::test]
async fn every_call_is_answered_and_one_for_an_unknown_type_says_so() {
    let mut host = Host::start().await;
    let answers = of_unknown_type(&mut host.provider).await;
    for (call, errors) in &answers {
        assert!(errors.len() == 1 && errors[0].contains(NOTHING), "{call}: {errors:?}");
    }
    let mut called: BTreeSet<String> = answers.iter().map(|(call, _)| (*call).to_owned()).collect();
    called.extend(of_no_type(&mut host.provider).await.into_iter().map(str::to_owned));
    assert_eq!(called, calls_of_the_protocol());
}

/// The calls as `proto/tfplugin6.proto` lists them, in snake case.
fn calls_of_the_protocol() -> BTreeSet<String> {
    let text = include_str!("../../../proto/tfplugin6.proto");
    let names = text.lines().filter_map(|line| line.trim().strip_prefix("rpc ")?.split('(').next());
    let snake = |name: &str| {
        let spaced =
            name.trim().chars().map(|c| if c.is_uppercase() { format!("_{}", c.to_lowercase()) } else { c.into() });
        spaced.collect::<String>().trim_start_matches('_').to_owned()
    };
    let calls: BTreeSet<String> = names.map(snake).collect();
    assert_eq!(calls.len(), 36);
    calls
}

#[tokio::test]
async fn what_the_resource_types_do_not_support_is_an_error_and_never_silence() {
    let mut host = Host::start().await;
    for type_name in RESOURCES {
        let request = proto::move_resource_state::Request {
            source_type_name: "other_thing".to_owned(),
            target_type_name: type_name.to_owned(),
            source_state: Some(proto::RawState { json: b"{}".to_vec(), flatmap: BTreeMap::new() }),
            ..Default::default()
        };
        let answer = host.provider.move_resource_state(request).await.unwrap().into_inner();
        let errors_of_move = errors(&answer.diagnostics);
        assert!(errors_of_move[0].contains(type_name) && errors_of_move[0].contains("other_thing"));
        assert!(answer.target_state.is_none());
    }
}

#[tokio::test]
async fn a_state_without_an_identity_is_upgraded_to_none() {
    let mut host = Host::start().await;
    for raw_identity in [None, Some(proto::RawState::default())] {
        let request =
            proto::upgrade_resource_identity::Request { type_name: PROJECT.to_owned(), version: 0, raw_identity };
        let answer = host.provider.upgrade_resource_identity(request).await.unwrap().into_inner();
        assert!(answer.upgraded_identity.is_none() && answer.diagnostics.is_empty());
    }
}

/// Terraform skips GetProviderSchema where it knows the schema from an earlier process.
#[tokio::test]
async fn any_call_may_be_the_first() {
    let host = Host::start().await;
    let config = |type_name: &str| Some(host.wire(type_name, &sample(type_name)));
    let block = Some(to_wire(&crate::host::values::complete(json!({}), &host.provider_type())));
    for call in ["plan", "validate", "validate_provider", "configure", "upgrade", "import", "read", "apply", "metadata"]
    {
        let plugin = start(&host.emulator).plugin().await.unwrap();
        let mut provider = ProviderClient::new(plugin.connect().await.unwrap());
        let type_name = CLIENT.to_owned();
        let said = match call {
            "plan" => {
                let request = host.plan_request(CLIENT, None, &sample(CLIENT));
                let answer = provider.plan_resource_change(request).await.unwrap().into_inner();
                assert!(answer.planned_state.is_some());
                answer.diagnostics
            }
            "validate" => {
                let config = config(CLIENT);
                let request = proto::validate_resource_config::Request { type_name, config, ..Default::default() };
                provider.validate_resource_config(request).await.unwrap().into_inner().diagnostics
            }
            "validate_provider" => {
                let request = proto::validate_provider_config::Request { config: block.clone() };
                provider.validate_provider_config(request).await.unwrap().into_inner().diagnostics
            }
            "configure" => {
                let request = proto::configure_provider::Request { config: block.clone(), ..Default::default() };
                provider.configure_provider(request).await.unwrap().into_inner().diagnostics
            }
            "upgrade" => {
                let raw_state = Some(proto::RawState { json: b"{}".to_vec(), flatmap: BTreeMap::new() });
                let request = proto::upgrade_resource_state::Request { type_name, version: 0, raw_state };
                provider.upgrade_resource_state(request).await.unwrap().into_inner().diagnostics
            }
            "metadata" => {
                provider.get_metadata(proto::get_metadata::Request {}).await.unwrap().into_inner().diagnostics
            }
            // What has to reach the service needs the configuration first, and says so.
            "import" => {
                let id = "psa_abcdefghijklmnopqrstuvwxyz234567".to_owned();
                let request = proto::import_resource_state::Request { type_name, id, ..Default::default() };
                let answer = provider.import_resource_state(request).await.unwrap().into_inner();
                assert_eq!(not_configured(&answer.diagnostics), 1);
                Vec::new()
            }
            "read" => {
                let request = proto::read_resource::Request {
                    type_name,
                    current_state: config(CLIENT),
                    private: b"{}".to_vec(),
                    ..Default::default()
                };
                let answer = provider.read_resource(request.clone()).await.unwrap().into_inner();
                assert_eq!(not_configured(&answer.diagnostics), 1);
                assert!(answer.new_state == request.current_state && answer.private == request.private);
                Vec::new()
            }
            "apply" => {
                let request = proto::apply_resource_change::Request {
                    type_name,
                    planned_state: config(CLIENT),
                    config: config(CLIENT),
                    ..Default::default()
                };
                let answer = provider.apply_resource_change(request).await.unwrap().into_inner();
                assert_eq!(not_configured(&answer.diagnostics), 1);
                assert!(answer.new_state.is_none_or(|state| state.msgpack.is_empty()));
                Vec::new()
            }
            other => panic!("{other}"),
        };
        assert_eq!(errors(&said), Vec::<String>::new(), "{call}");
    }
}

fn not_configured(diagnostics: &[proto::Diagnostic]) -> usize {
    errors(diagnostics).iter().filter(|error| error.starts_with("The provider is not configured")).count()
}

#[tokio::test]
async fn a_plan_without_a_configured_provider_still_holds_nothing_that_is_made_up() {
    let mut host = Host::unconfigured().await;
    for type_name in [PROJECT, CLIENT] {
        let planned = host.plan(type_name, None, sample(type_name)).await;
        assert!(has_unknown(&planned.state["id"]), "{}", planned.state);
    }
}
