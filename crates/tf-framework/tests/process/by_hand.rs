//! What a person gets who starts the binary in a shell.

use expect_test::{Expect, expect};
use tf_framework::wire::proto::tfplugin6::configure_provider;
use tf_framework::wire::proto::tfplugin6::provider_client::ProviderClient;

use crate::binary;
use crate::host::{COOKIE, Handshake, Start};

/// Exit code, stdout and stderr of one start.
async fn check(start: Start, code: i32, stdout: Expect, stderr: Expect) {
    let output = start.output().await.unwrap();
    stdout.assert_eq(&String::from_utf8(output.stdout).unwrap());
    stderr.assert_eq(&String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(code));
}

#[tokio::test]
async fn without_a_cookie_it_says_what_it_is() {
    check(
        Start::by_hand(binary()),
        1,
        expect![""],
        expect![[r#"
            This program is a plugin and is not meant to be run by itself.
            Terraform or OpenTofu starts it when a configuration needs it.
            To start it for a debugger, use --debug; for more, --help.
        "#]],
    )
    .await;
}

#[tokio::test]
async fn a_wrong_cookie_is_no_cookie() {
    let output = Start::by_hand(binary()).env(COOKIE.0, "chocolate").output().await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    assert!(!output.stderr.is_empty());
}

#[tokio::test]
async fn it_knows_its_version() {
    check(
        Start::by_hand(binary()).argument("--version"),
        0,
        expect![[r#"
            terraform-provider-probe v1.2.3
        "#]],
        expect![""],
    )
    .await;
}

#[tokio::test]
async fn it_explains_itself() {
    check(
        Start::by_hand(binary()).argument("-help"),
        0,
        expect![[r#"
            terraform-provider-probe v1.2.3: the provider example/probe for Terraform and OpenTofu, protocol 6.

            Usage: terraform-provider-probe [--debug | --version | --help]

            Without an argument it is a plugin: Terraform or OpenTofu starts it.

              --debug    Wait for hosts to attach, and print how they do. Ctrl-C ends it.
              --version  Print the version.
              --help     Print this.
        "#]],
        expect![""],
    )
    .await;
}

#[tokio::test]
async fn an_unknown_argument_is_an_error_even_for_a_host() {
    check(
        crate::start().argument("--verbose"),
        2,
        expect![""],
        expect![[r#"
            terraform-provider-probe: unknown argument "--verbose"; --help lists them all
        "#]],
    )
    .await;
}

#[tokio::test]
async fn debug_prints_how_to_attach_and_serves_one_host_after_another() {
    // Neither a cookie nor a certificate matters here.
    let start = Start::by_hand(binary()).argument("-debug");
    let mut process = start.env("PLUGIN_CLIENT_CERT", crate::HOST.0).process().unwrap();
    let introduction = process.stdout_line().await.unwrap();
    assert!(introduction.contains("Terraform"), "{introduction}");
    assert_eq!(process.stdout_line().await.unwrap(), "");
    let line = process.stdout_line().await.unwrap();
    assert_eq!(process.stdout_line().await.unwrap(), "");

    let json = line.strip_prefix("\tTF_REATTACH_PROVIDERS='").and_then(|line| line.strip_suffix('\'')).unwrap();
    let all: serde_json::Value = serde_json::from_str(json).unwrap();
    let one = &all["example/probe"];
    assert_eq!(one["Protocol"], "grpc");
    assert_eq!(one["ProtocolVersion"], 6);
    assert_eq!(one["Test"], true);
    assert_eq!(one["Pid"].as_u64(), process.child.id().map(u64::from));
    let handshake = Handshake {
        network: one["Addr"]["Network"].as_str().unwrap().to_owned(),
        address: one["Addr"]["String"].as_str().unwrap().to_owned(),
        certificate: None,
        multiplex: None,
    };

    for _ in 0..2 {
        // A host that attaches first looks whether anybody is there.
        drop(handshake.dial().await.unwrap());
        let mut provider = ProviderClient::new(handshake.connect().await.unwrap());
        for _ in 0..2 {
            let request = configure_provider::Request::default();
            provider.configure_provider(request).await.unwrap();
        }
    }
    process.signal(nix::sys::signal::Signal::SIGINT).unwrap();
    let (status, stdout, _) = process.end().await.unwrap();
    assert!(status.success(), "{status}");
    assert_eq!(stdout, "");
}
