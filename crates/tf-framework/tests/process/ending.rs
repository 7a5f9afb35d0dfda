//! Every way in which a process ends: it cleans up, leaves no socket, and is quick.

use std::path::Path;
use std::process::Stdio;

use nix::sys::signal::Signal;
use tf_framework::wire::proto::goplugin::Empty;
use tf_framework::wire::proto::goplugin::grpc_controller_client::GrpcControllerClient;
use tf_framework::wire::proto::tfplugin6::provider_client::ProviderClient;
use tf_framework::wire::proto::tfplugin6::{apply_resource_change, read_resource};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::Command;

use crate::host::{COOKIE, Handshake, patiently};
use crate::{binary, start};

#[tokio::test]
async fn shutdown_cleans_up_before_it_answers() {
    let cleaning = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let plugin = start().env("PROBE_CLEAN_UP", &cleaning.local_addr().unwrap().to_string()).plugin().await.unwrap();
    let channel = plugin.connect().await.unwrap();
    let mut controller = GrpcControllerClient::new(channel.clone());
    let shutdown = tokio::spawn(async move { controller.shutdown(Empty {}).await });
    let (clean_up, _) = patiently(cleaning.accept()).await.unwrap();

    // Answers come in the order in which they are ready: one to Shutdown would be here by now.
    let mut provider = ProviderClient::new(channel);
    provider.read_resource(read_resource::Request::default()).await.unwrap();
    assert!(!shutdown.is_finished());

    drop(clean_up);
    patiently(shutdown).await.unwrap().unwrap();
    drop(provider);
    let (status, stdout, stderr) = plugin.process.end().await.unwrap();
    assert!(status.success());
    assert_eq!(stdout, "");
    assert!(stderr.is_empty(), "{stderr:?}");
}

#[tokio::test]
async fn a_running_call_does_not_hold_up_the_end() {
    let mut plugin = start().plugin().await.unwrap();
    let channel = plugin.connect().await.unwrap();
    let mut provider = ProviderClient::new(channel.clone());
    let apply =
        tokio::spawn(async move { provider.apply_resource_change(apply_resource_change::Request::default()).await });
    plugin.process.stderr_until("applying for ever").await.unwrap();
    let socket = plugin.handshake.address.clone();
    let (status, _, _) = plugin.shut_down(channel).await.unwrap();
    assert!(status.success());
    assert!(!Path::new(&socket).exists());
    patiently(apply).await.unwrap().unwrap_err();
}

/// Ctrl-C reaches the host and its plugins alike, and only the host knows what to do.
#[tokio::test]
async fn an_interrupt_is_ignored() {
    let mut plugin = start().env("TF_LOG", "DEBUG").plugin().await.unwrap();
    for _ in 0..2 {
        plugin.process.signal(Signal::SIGINT).unwrap();
        plugin.process.stderr_until("ignored an interrupt").await.unwrap();
    }
    ProviderClient::new(plugin.connect().await.unwrap())
        .read_resource(read_resource::Request::default())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_termination_cleans_up() {
    let cleaning = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let plugin = start().env("PROBE_CLEAN_UP", &cleaning.local_addr().unwrap().to_string()).plugin().await.unwrap();
    let socket = plugin.handshake.address.clone();
    let _host = plugin.connect().await.unwrap();
    plugin.process.signal(Signal::SIGTERM).unwrap();
    drop(patiently(cleaning.accept()).await.unwrap());
    let (status, _, _) = plugin.process.end().await.unwrap();
    assert!(status.success(), "{status}");
    assert!(!Path::new(&socket).exists());
}

#[tokio::test]
async fn an_orphan_ends_itself() {
    let temporary = tempfile::tempdir().unwrap();
    // A host that starts the plugin and dies when its own stdin ends. The plugin holds stdout on.
    let mut host = Command::new("/bin/sh")
        .args(["-c", "\"$0\" & read line"])
        .arg(binary())
        .env_clear()
        .env(COOKIE.0, COOKIE.1)
        .env("TMPDIR", temporary.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(host.stdout.take().unwrap()).lines();
    let line = patiently(stdout.next_line()).await.unwrap().unwrap();
    let socket = Handshake::parse(&line).unwrap().address;
    assert!(Path::new(&socket).exists());
    drop(host.stdin.take());
    assert_eq!(patiently(stdout.next_line()).await.unwrap(), None);
    assert!(!Path::new(&socket).exists());
}
