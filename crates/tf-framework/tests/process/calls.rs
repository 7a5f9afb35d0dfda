//! Calls: the services beside the provider's own, many at once, and large ones.

use tf_framework::wire::proto::goplugin::ConnInfo;
use tf_framework::wire::proto::goplugin::grpc_broker_client::GrpcBrokerClient;
use tf_framework::wire::proto::goplugin::grpc_stdio_client::GrpcStdioClient;
use tf_framework::wire::proto::health::HealthCheckRequest;
use tf_framework::wire::proto::health::health_client::HealthClient;
use tf_framework::wire::proto::tfplugin6::provider_client::ProviderClient;
use tf_framework::wire::proto::tfplugin6::{
    DynamicValue, plan_resource_change, read_resource, stop_provider, validate_provider_config,
};
use tokio::task::JoinSet;
use tonic::Code;

use crate::host::patiently;
use crate::start;

#[tokio::test]
async fn health_is_known_for_the_plugin_and_the_server() {
    let plugin = start().plugin().await.unwrap();
    let mut health = HealthClient::new(plugin.connect().await.unwrap());
    for (service, expected) in [("", Ok(1)), ("plugin", Ok(1)), ("x", Err(Code::NotFound))] {
        let request = HealthCheckRequest { service: service.to_owned() };
        let answer = health.check(request).await;
        let answer = answer.map(|answer| answer.into_inner().status).map_err(|status| status.code());
        assert_eq!(answer, expected, "{service:?}");
    }
}

#[tokio::test]
async fn the_hosts_streams_stay_open_until_the_end_several_at_a_time() {
    let plugin = start().plugin().await.unwrap();
    let channel = plugin.connect().await.unwrap();
    let mut stdio = GrpcStdioClient::new(channel.clone());
    let mut first = stdio.stream_stdio(()).await.unwrap().into_inner();
    let mut second = stdio.stream_stdio(()).await.unwrap().into_inner();
    let mut broker = GrpcBrokerClient::new(channel.clone());
    let outgoing = tokio_stream::pending::<ConnInfo>();
    let mut connections = broker.start_stream(outgoing).await.unwrap().into_inner();

    let mut streams = JoinSet::new();
    streams.spawn(async move { first.message().await.map(|data| data.is_none()) });
    streams.spawn(async move { second.message().await.map(|data| data.is_none()) });
    streams.spawn(async move { connections.message().await.map(|info| info.is_none()) });

    // Other calls are answered meanwhile, and none of the streams has ended or said anything.
    let mut provider = ProviderClient::new(channel.clone());
    provider.read_resource(read_resource::Request::default()).await.unwrap();
    assert!(streams.try_join_next().is_none());

    plugin.shut_down(channel).await.unwrap();
    for ended_in_order in patiently(streams.join_all()).await {
        assert_eq!(ended_in_order.map_err(|status| status.code()), Ok(true));
    }
}

#[tokio::test]
async fn a_hundred_calls_at_once_are_answered() {
    let plugin = start().plugin().await.unwrap();
    let provider = ProviderClient::new(plugin.connect().await.unwrap());
    let mut calls = JoinSet::new();
    for _ in 0..100 {
        let mut provider = provider.clone();
        calls.spawn(async move { provider.read_resource(read_resource::Request::default()).await });
    }
    for answer in patiently(calls.join_all()).await {
        answer.unwrap();
    }
}

#[tokio::test]
async fn twenty_mebibytes_go_both_ways() {
    let plugin = start().plugin().await.unwrap();
    let mut provider = ProviderClient::new(plugin.connect().await.unwrap())
        .max_decoding_message_size(64 << 20)
        .max_encoding_message_size(64 << 20);
    let state = DynamicValue { msgpack: vec![7; 20 << 20], json: Vec::new() };
    let request = read_resource::Request { current_state: Some(state.clone()), ..Default::default() };
    let answer = patiently(provider.read_resource(request)).await.unwrap();
    assert_eq!(answer.into_inner().new_state, Some(state));
}

#[tokio::test]
async fn a_call_that_is_not_there_is_unimplemented() {
    let plugin = start().plugin().await.unwrap();
    let mut provider = ProviderClient::new(plugin.connect().await.unwrap());
    let answer = provider.stop_provider(stop_provider::Request {}).await;
    assert_eq!(answer.unwrap_err().code(), Code::Unimplemented);
}

#[tokio::test]
async fn a_caught_panic_costs_one_call_and_is_logged() {
    let plugin = start().plugin().await.unwrap();
    let channel = plugin.connect().await.unwrap();
    let mut provider = ProviderClient::new(channel.clone());
    for _ in 0..2 {
        let request = validate_provider_config::Request::default();
        let answer = provider.validate_provider_config(request).await.unwrap();
        let summary = &answer.get_ref().diagnostics[0].summary;
        assert!(summary.starts_with("caught in validate (at "), "{summary}");
        assert!(!summary.contains('\n'), "{summary}");
    }
    let (_, _, stderr) = plugin.shut_down(channel).await.unwrap();
    assert_eq!(stderr.len(), 2, "{stderr:#?}");
    for line in stderr {
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line["@level"], "error");
        assert_eq!(line["panic"], "caught in validate");
    }
}

/// Terraform shows the user what follows such a line.
#[tokio::test]
async fn an_uncaught_panic_is_told_in_the_words_that_the_host_knows() {
    let mut plugin = start().plugin().await.unwrap();
    let mut provider = ProviderClient::new(plugin.connect().await.unwrap());
    let request = plan_resource_change::Request::default();
    provider.plan_resource_change(request).await.unwrap_err();
    let lines = plugin.process.stderr_until("uncaught").await.unwrap();
    assert_eq!(lines, ["panic: uncaught in plan"]);
}
