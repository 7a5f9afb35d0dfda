//! The provider's process as its host meets it: who may call, how it ends, and how much it takes.

use std::time::{Duration, Instant};

use pangea_emulator::Fault;
use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};
use serde_json::json;
use tf_conformance::plugin::{HOST, Identity, Plugin, STRANGER};
use tf_framework::wire::proto::goplugin::Empty;
use tf_framework::wire::proto::goplugin::grpc_controller_client::GrpcControllerClient;
use tf_framework::wire::proto::tfplugin6::provider_client::ProviderClient;
use tf_framework::wire::proto::tfplugin6::{configure_provider, get_metadata, validate_resource_config};
use tokio::task::JoinSet;
use tonic::transport::Channel;

use super::{CLIENT, PROJECT, READ, client, project};
use crate::host::{Host, errors, patiently, start};

fn emulator() -> pangea_emulator::Server {
    pangea_emulator::Server::start(pangea_emulator::Options::default()).unwrap()
}

async fn connect(
    plugin: &Plugin,
    identity: Option<(&str, &str)>,
    version: &'static SupportedProtocolVersion,
) -> tf_conformance::Result<Channel> {
    let identity = identity.map(|identity| Identity::new(identity).unwrap());
    plugin.handshake.connect_tls(identity, version).await
}

/// Whether one of the provider's own calls is answered.
async fn is_answered(channel: tf_conformance::Result<Channel>) -> bool {
    let Ok(channel) = channel else { return false };
    patiently(ProviderClient::new(channel).get_metadata(get_metadata::Request {})).await.is_ok()
}

#[tokio::test]
async fn terraform_with_its_certificate_is_served() {
    for version in [&TLS12, &TLS13] {
        let emulator = emulator();
        let plugin = start(&emulator).env("PLUGIN_CLIENT_CERT", HOST.0).plugin().await.unwrap();
        let channel = connect(&plugin, Some(HOST), version).await.unwrap();
        let mut host = Host::over(emulator, plugin, channel).await;
        assert_eq!(host.configure(json!({})).await, Vec::<String>::new());
        let made = host.create(CLIENT, client("it", &[READ])).await;
        host.destroy(&made).await;
    }
}

#[tokio::test]
async fn nobody_else_gets_a_call_answered() {
    let emulator = emulator();
    let plugin = start(&emulator).env("PLUGIN_CLIENT_CERT", HOST.0).plugin().await.unwrap();
    for version in [&TLS12, &TLS13] {
        assert!(!is_answered(connect(&plugin, None, version).await).await, "without a certificate");
        assert!(!is_answered(connect(&plugin, Some(STRANGER), version).await).await, "with another");
        assert!(!is_answered(connect(&plugin, Some((HOST.0, STRANGER.1)), version).await).await, "without its key");
        assert!(!is_answered(plugin.handshake.connect().await).await, "in clear");
        assert!(is_answered(connect(&plugin, Some(HOST), version).await).await);
    }
}

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

#[tokio::test]
async fn whatever_is_logged_is_a_line_that_terraform_reads() {
    let emulator = emulator();
    let plugin = start(&emulator).env("TF_LOG", "TRACE").plugin().await.unwrap();
    let channel = plugin.connect().await.unwrap();
    let mut provider = ProviderClient::new(channel.clone());
    let request = configure_provider::Request::default();
    provider.configure_provider(request).await.unwrap();
    drop(provider);
    let (_, stdout, stderr) = plugin.shut_down(channel).await.unwrap();
    assert_eq!(stdout, "");
    assert!(!stderr.is_empty());
    for line in stderr {
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert!(line["@message"].is_string() && line["@level"].is_string(), "{line}");
        let time = line["@timestamp"].as_str().unwrap();
        let fraction = time.split_once('.').unwrap().1;
        assert_eq!(fraction.trim_end_matches(|c: char| !c.is_ascii_digit()).len(), 6, "{time}");
    }
}
