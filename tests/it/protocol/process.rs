//! The provider's process: how it ends, and how much it takes. Who may call is the conformance suite's matter.

use std::time::{Duration, Instant};

use pangea_emulator::Fault;
use serde_json::json;
use tf_framework::wire::proto::goplugin::Empty;
use tf_framework::wire::proto::goplugin::grpc_controller_client::GrpcControllerClient;
use tf_framework::wire::proto::tfplugin6::validate_resource_config;
use tokio::task::JoinSet;

use super::{CLIENT, PROJECT, project};
use crate::host::{Host, errors, patiently};

#[tokio::test]
async fn the_token_is_revoked_before_shutdown_answers() {
    let mut host = Host::start().await;
    assert!(host.emulator.tokens().is_empty(), "nothing is asked before it is needed");
    host.create(PROJECT, project("it")).await;
    assert_eq!(host.emulator.tokens().len(), 1);
    patiently(GrpcControllerClient::new(host.channel.clone()).shutdown(Empty {})).await.unwrap();
    assert!(host.emulator.tokens().is_empty());
}

/// Terraform waits for the answer to Shutdown, and a person for Terraform.
#[tokio::test]
async fn a_service_that_does_not_revoke_holds_nothing_up() {
    for fault in [Fault::status(500), Fault::reset(), Fault::latency(Duration::from_secs(60))] {
        let mut host = Host::start().await;
        host.create(PROJECT, project("it")).await;
        host.emulator.inject(fault.path("*/token/revoke").always());
        let asked = Instant::now();
        host.shut_down().await;
        assert!(asked.elapsed() < Duration::from_secs(8), "{:?}", asked.elapsed());
    }
}

#[tokio::test]
async fn a_request_of_twenty_mebibytes_is_read() {
    let mut host = Host::start().await;
    let scopes: Vec<String> =
        (0..420_000).map(|number| format!("pangea:service:of:a:long:name:number:{number:012}")).collect();
    let config = host.wire(CLIENT, &json!({ "name": "big", "scopes": scopes }));
    assert!(config.msgpack.len() > 20 << 20, "{}", config.msgpack.len());
    let request =
        validate_resource_config::Request { type_name: CLIENT.to_owned(), config: Some(config), ..Default::default() };
    let answer = host.provider.validate_resource_config(request).await.unwrap().into_inner();
    assert_eq!(errors(&answer.diagnostics), Vec::<String>::new());
}

#[tokio::test]
async fn a_hundred_reads_at_once_share_one_token() {
    let mut host = Host::start().await;
    let made = host.create(PROJECT, project("it")).await;
    let tokens =
        |host: &Host| host.emulator.requests().iter().filter(|request| request.path.ends_with("/oauth/token")).count();
    let before = tokens(&host);
    let mut reads = JoinSet::new();
    for _ in 0..100 {
        let (mut provider, request) = (host.provider.clone(), host.read_request(&made));
        reads.spawn(async move { provider.read_resource(request).await.unwrap().into_inner() });
    }
    let sound = host.wire(PROJECT, &made.state);
    for answer in patiently(reads.join_all()).await {
        assert_eq!(errors(&answer.diagnostics), Vec::<String>::new());
        assert!(answer.new_state.as_ref() == Some(&sound));
    }
    assert_eq!((before, tokens(&host)), (1, 1));
}
