//! What stands in the handshake line, and where the socket goes.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use crate::{HOST, start};

#[tokio::test]
async fn the_line_is_the_same_whatever_versions_a_host_offers() {
    for versions in ["5", "6", "5,6", "7", "", "x"] {
        let plugin = start().env("PLUGIN_PROTOCOL_VERSIONS", versions).plugin().await.unwrap();
        assert_eq!(plugin.handshake.network, "unix");
        assert!(plugin.handshake.certificate.is_none());
    }
}

#[tokio::test]
async fn the_seventh_field_answers_a_question_and_is_absent_otherwise() {
    for (asked, answer) in [("", None), ("true", Some("false")), ("false", Some("false"))] {
        let plugin = start().env("PLUGIN_MULTIPLEX_GRPC", asked).plugin().await.unwrap();
        assert_eq!(plugin.handshake.multiplex.as_deref(), answer);
    }
}

#[tokio::test]
async fn a_certificate_of_the_host_is_answered_with_one() {
    let plugin = start().env("PLUGIN_CLIENT_CERT", HOST.0).plugin().await.unwrap();
    assert!(plugin.handshake.certificate.is_some());
}

#[tokio::test]
async fn a_certificate_that_is_none_ends_the_start() {
    let output = start().env("PLUGIN_CLIENT_CERT", "-----BEGIN NOTHING-----").output().await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        stderr.starts_with("[ERROR] terraform-provider-probe: cannot read the certificate in PLUGIN_CLIENT_CERT: "),
        "{stderr}"
    );
}

#[tokio::test]
async fn only_the_user_reaches_the_socket_and_it_is_removed() {
    let elsewhere = tempfile::tempdir().unwrap();
    let plugin = start().env("PLUGIN_UNIX_SOCKET_DIR", elsewhere.path().to_str().unwrap()).plugin().await.unwrap();
    let socket = Path::new(&plugin.handshake.address).to_owned();
    let directory = socket.parent().unwrap();
    assert_eq!(directory.parent(), Some(elsewhere.path()));
    let mode = directory.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
    let channel = plugin.connect().await.unwrap();
    plugin.shut_down(channel).await.unwrap();
    assert_eq!(elsewhere.path().read_dir().unwrap().count(), 0);
}

#[tokio::test]
async fn a_group_may_be_let_in_by_number_or_name() {
    let id = nix::unistd::getgid();
    let name = nix::unistd::Group::from_gid(id).unwrap().unwrap().name;
    for group in [id.to_string(), name] {
        let plugin = start().env("PLUGIN_UNIX_SOCKET_GROUP", &group).plugin().await.unwrap();
        let socket = Path::new(&plugin.handshake.address);
        for (path, mode) in [(socket, 0o660), (socket.parent().unwrap(), 0o710)] {
            let metadata = path.metadata().unwrap();
            assert_eq!(metadata.mode() & 0o777, mode, "{}", path.display());
            assert_eq!(metadata.gid(), id.as_raw());
        }
        plugin.connect().await.unwrap();
    }
}

#[tokio::test]
async fn an_unknown_group_ends_the_start() {
    let start = start().env("PLUGIN_UNIX_SOCKET_GROUP", "no such group");
    let temporary = start.temporary();
    let output = start.output().await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    assert!(!temporary.exists() || temporary.read_dir().unwrap().count() == 0);
}

#[tokio::test]
async fn tcp_takes_the_first_free_port_of_the_range() {
    // Two ports that stand together: the first one taken by this test, the second one free.
    let (taken, next) = loop {
        let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        if let Some(next) = port.checked_add(1)
            && std::net::TcpListener::bind(("127.0.0.1", next)).is_ok()
        {
            break (taken, next);
        }
    };
    let first = taken.local_addr().unwrap().port();
    let plugin = start()
        .env("PROBE_NETWORK", "tcp")
        .env("PLUGIN_MIN_PORT", &first.to_string())
        .env("PLUGIN_MAX_PORT", &first.saturating_add(50).to_string())
        .plugin()
        .await
        .unwrap();
    assert_eq!(plugin.handshake.network, "tcp");
    let (address, port) = plugin.handshake.address.rsplit_once(':').unwrap();
    assert_eq!(address, "127.0.0.1");
    let port: u16 = port.parse().unwrap();
    assert!((next..=first + 50).contains(&port), "{port} is not after {first}");
    plugin.connect().await.unwrap();
}

#[tokio::test]
async fn tcp_without_a_range_takes_any_port() {
    let plugin = start().env("PROBE_NETWORK", "tcp").plugin().await.unwrap();
    plugin.connect().await.unwrap();
}

#[tokio::test]
async fn a_range_that_ends_before_it_begins_is_an_error() {
    let output = start()
        .env("PROBE_NETWORK", "tcp")
        .env("PLUGIN_MIN_PORT", "2000")
        .env("PLUGIN_MAX_PORT", "1999")
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    expect_test::expect![[r#"
        [ERROR] terraform-provider-probe: cannot listen on 127.0.0.1, ports 2000 to 1999: PLUGIN_MIN_PORT is above PLUGIN_MAX_PORT
    "#]]
    .assert_eq(&String::from_utf8(output.stderr).unwrap());
}
