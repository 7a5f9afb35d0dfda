//! Who gets a call answered, and who does not.

use rustls::SupportedProtocolVersion;
use rustls::version::{TLS12, TLS13};
use tf_framework::wire::proto::health::HealthCheckRequest;
use tf_framework::wire::proto::health::health_client::HealthClient;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tonic::transport::Channel;

use crate::host::{Identity, Plugin, patiently};
use crate::{HOST, STRANGER, start};

async fn with_tls() -> Plugin {
    start().env("PLUGIN_CLIENT_CERT", HOST.0).plugin().await.unwrap()
}

async fn answers(channel: tf_conformance::Result<Channel>) -> bool {
    match channel {
        Ok(channel) => HealthClient::new(channel).check(HealthCheckRequest::default()).await.is_ok(),
        Err(_) => false,
    }
}

/// Whether this caller gets an answer, with the host served before and after.
async fn serves(identity: Option<(&str, &str)>, version: &'static SupportedProtocolVersion) -> bool {
    let plugin = with_tls().await;
    let connect = |identity: Option<(&str, &str)>| {
        let identity = identity.map(|identity| Identity::new(identity).unwrap());
        plugin.handshake.connect_tls(identity, version)
    };
    assert!(answers(connect(Some(HOST)).await).await);
    let served = answers(connect(identity).await).await;
    assert!(answers(connect(Some(HOST)).await).await);
    served
}

#[tokio::test]
async fn the_host_is_served_over_both_versions_of_tls() {
    assert!(serves(Some(HOST), &TLS12).await);
    assert!(serves(Some(HOST), &TLS13).await);
}

#[tokio::test]
async fn a_caller_without_a_certificate_is_refused() {
    assert!(!serves(None, &TLS12).await);
    assert!(!serves(None, &TLS13).await);
}

#[tokio::test]
async fn a_caller_with_another_certificate_is_refused() {
    assert!(!serves(Some(STRANGER), &TLS12).await);
    assert!(!serves(Some(STRANGER), &TLS13).await);
}

/// The certificate is public: any process of the user can read it from the environment.
#[tokio::test]
async fn a_caller_with_the_hosts_certificate_and_not_its_key_is_refused() {
    let thief = (HOST.0, STRANGER.1);
    assert!(!serves(Some(thief), &TLS12).await);
    assert!(!serves(Some(thief), &TLS13).await);
}

#[tokio::test]
async fn a_caller_in_clear_is_refused_where_tls_is_wanted() {
    let plugin = with_tls().await;
    assert!(!answers(plugin.handshake.connect().await).await);
}

#[tokio::test]
async fn a_host_that_wants_no_tls_is_served_in_clear() {
    let plugin = start().plugin().await.unwrap();
    assert!(answers(plugin.handshake.connect().await).await);
}

#[tokio::test]
async fn connections_that_come_to_nothing_cost_nothing() {
    for tls in [false, true] {
        let plugin = if tls { with_tls().await } else { start().plugin().await.unwrap() };
        // Opened and closed, as a host does that attaches.
        drop(plugin.handshake.dial().await.unwrap());
        // Opened and silent, held to the end of the test.
        let silent = plugin.handshake.dial().await.unwrap();
        // Garbage: the other side hangs up.
        let mut garbage = plugin.handshake.dial().await.unwrap();
        garbage.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        let mut rest = Vec::new();
        // Either end or reset is fine, so long as it comes.
        let _ = patiently(garbage.read_to_end(&mut rest)).await;

        let channel = if tls {
            let host = Identity::new(HOST).unwrap();
            plugin.handshake.connect_tls(Some(host), &TLS13).await
        } else {
            plugin.handshake.connect().await
        };
        assert!(answers(channel).await);
        drop(silent);
    }
}
