//! Checks 1 to 19: the process, as its host meets it.

use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use nix::sys::signal::Signal;
use rustls::version::{TLS12, TLS13};
use serde_json::Value;
use tf_framework::wire::proto::goplugin::ConnInfo;
use tf_framework::wire::proto::goplugin::grpc_broker_client::GrpcBrokerClient;
use tf_framework::wire::proto::goplugin::grpc_stdio_client::GrpcStdioClient;
use tf_framework::wire::proto::health::HealthCheckRequest;
use tf_framework::wire::proto::health::health_client::HealthClient;
use tf_framework::wire::proto::tfplugin6::{
    DynamicValue, configure_provider, get_provider_schema, validate_provider_config, validate_resource_config,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;
use tonic::Code;
use tonic::transport::Channel;

use crate::broken::{Result, broken, ensure};
use crate::plugin::{COOKIE, HOST, Handshake, Identity, LAST_WAIT, Plugin, Process, STRANGER, Start, patiently};
use crate::session::{CAPABILITIES, Session, client, refused};
use crate::suite::{About, PROCESS, Rules, Suite};
use crate::types;
use crate::value::{complete, to_wire};

/// How many calls Terraform never has under way at once, by far.
const MANY: usize = 100;

/// A request of a size that no default of gRPC lets through.
const LARGE: usize = 20 << 20;

/// Ports that a host offers to a plugin that listens on TCP.
const PORTS: (u16, u16) = (20_000, 24_000);

pub(super) async fn run(suite: &Suite, rules: &mut Rules) {
    let mut about = rules.about(PROCESS, 1..=19);
    about.hold(1, refuses_a_person(suite.by_hand()).await);
    about.hold(2, refuses_a_person(suite.by_hand().env(COOKIE.0, "chocolate")).await);
    let network = match suite.start().plugin().await {
        Ok(plugin) => plugin.handshake.network,
        Err(problem) => return about.hold(3, Err(problem)),
    };
    about.hold(3, Ok(()));
    about.hold(4, any_versions(suite).await);
    match network.as_str() {
        "tcp" => about.hold(5, ports(suite).await),
        _ => about.hold(6, socket(suite).await),
    }
    about.hold(7, multiplexing(suite).await);
    about.hold(10, in_clear(suite).await);
    about.hold(8, over_tls(suite).await);
    if !about.failed(8) {
        about.hold(9, admits_only_the_host(suite).await);
    }
    if !about.failed(8) && !about.failed(9) {
        spoken_with(suite, &mut about).await;
    }
    debugging(suite, &mut about).await;
}

/// What needs a connection as Terraform makes it.
async fn spoken_with(suite: &Suite, about: &mut About<'_>) {
    about.hold(11, health(suite).await);
    about.hold(12, streams(suite).await);
    about.hold(13, shutdown(suite).await);
    about.hold(14, interrupt(suite).await);
    about.hold(15, connections(suite).await);
    about.hold(16, many_calls(suite).await);
    about.hold(17, large_request(suite).await);
    about.hold(19, logs(suite).await);
}

async fn refuses_a_person(start: Start) -> Result<()> {
    let mut process = start.process()?;
    let first = process.stdout_line().await;
    if let Ok(line) = first {
        return Err(broken!("it prints {line:?} and goes on, as if a host had started it"));
    }
    let (status, _, stderr) = process.end().await?;
    ensure!(status.code() == Some(1), "it ends with {status}, and not with exit code 1");
    ensure!(!stderr.is_empty(), "it ends without a word on stderr");
    Ok(())
}

async fn any_versions(suite: &Suite) -> Result<()> {
    for versions in ["5", "6", "5,6", "7", "x", ""] {
        let plugin = suite.start().env("PLUGIN_PROTOCOL_VERSIONS", versions).plugin().await;
        plugin.map_err(|problem| broken!("for a host of the versions {versions:?}: {problem}"))?;
    }
    Ok(())
}

async fn ports(suite: &Suite) -> Result<()> {
    let range = |min: u16, max: u16| {
        suite.start().env("PLUGIN_MIN_PORT", &min.to_string()).env("PLUGIN_MAX_PORT", &max.to_string())
    };
    let plugin = range(PORTS.0, PORTS.1).plugin().await?;
    let (host, port) = plugin.handshake.address.rsplit_once(':').unwrap_or_default();
    ensure!(host == "127.0.0.1", "it listens on {host:?}, where others can reach it");
    let port: u16 = port.parse().map_err(|_| broken!("{:?} has no port", plugin.handshake.address))?;
    ensure!((PORTS.0..=PORTS.1).contains(&port), "it listens on port {port}, and was given {} to {}", PORTS.0, PORTS.1);
    let backwards = range(PORTS.1, PORTS.0).plugin().await;
    ensure!(backwards.is_err(), "it listens although the host's range of ports ends before it begins");
    Ok(())
}

async fn socket(suite: &Suite) -> Result<()> {
    let folder = tempfile::tempdir().map_err(|error| broken!("no temporary folder: {error}"))?;
    let group = nix::unistd::getgid();
    let start = suite.start().env("PLUGIN_UNIX_SOCKET_DIR", &folder.path().to_string_lossy());
    let plugin = start.env("PLUGIN_UNIX_SOCKET_GROUP", &group.to_string()).plugin().await?;
    let path = Path::new(&plugin.handshake.address).to_owned();
    ensure!(path.starts_with(folder.path()), "the socket is at {}, and not in PLUGIN_UNIX_SOCKET_DIR", path.display());
    let metadata = path.metadata().map_err(|error| broken!("{}: {error}", path.display()))?;
    ensure!(metadata.gid() == group.as_raw(), "the socket's group is {}, and not {group}", metadata.gid());
    let mode = metadata.permissions().mode() & 0o777;
    ensure!(mode == 0o660, "the socket's mode is {mode:o}, and not 660, where PLUGIN_UNIX_SOCKET_GROUP is set");
    let channel = plugin.connect().await?;
    plugin.shut_down(channel).await?;
    ensure!(!path.exists(), "the socket is still there after Shutdown");
    Ok(())
}

async fn multiplexing(suite: &Suite) -> Result<()> {
    for asked in ["", "true", "false"] {
        let plugin = suite.start().env("PLUGIN_MULTIPLEX_GRPC", asked).plugin().await?;
        let found = plugin.handshake.multiplex.as_deref();
        // A server says what it can do, whatever the host would use of it.
        let sound = if asked.is_empty() { found.is_none() } else { matches!(found, Some("true" | "false")) };
        ensure!(sound, "for PLUGIN_MULTIPLEX_GRPC={asked:?} the seventh field is {found:?}");
    }
    Ok(())
}

async fn in_clear(suite: &Suite) -> Result<()> {
    let plugin = suite.start().plugin().await?;
    ensure!(plugin.handshake.certificate.is_none(), "field 6 holds a certificate, and the host sent none");
    answers(plugin.connect().await).await
}

/// A process of a host with a certificate.
async fn with_tls(suite: &Suite) -> Result<Plugin> {
    suite.start().env("PLUGIN_CLIENT_CERT", HOST.0).plugin().await
}

async fn over_tls(suite: &Suite) -> Result<()> {
    let plugin = with_tls(suite).await?;
    for (name, version) in [("1.2", &TLS12), ("1.3", &TLS13)] {
        let channel = plugin.handshake.connect_tls(Some(Identity::new(HOST)?), version).await;
        answers(channel).await.map_err(|problem| broken!("over TLS {name}: {problem}"))?;
    }
    Ok(())
}

async fn admits_only_the_host(suite: &Suite) -> Result<()> {
    let plugin = with_tls(suite).await?;
    for version in [&TLS12, &TLS13] {
        let thief = (HOST.0, STRANGER.1);
        for (who, identity) in [
            ("no certificate", None),
            ("another certificate", Some(STRANGER)),
            ("the host's certificate and not its key", Some(thief)),
        ] {
            let identity = identity.map(Identity::new).transpose()?;
            let channel = plugin.handshake.connect_tls(identity, version).await;
            ensure!(answers(channel).await.is_err(), "a caller with {who} is served, with the provider's credentials");
        }
    }
    ensure!(
        answers(plugin.handshake.connect().await).await.is_err(),
        "a caller in clear is served although the host wants TLS"
    );
    let channel = plugin.handshake.connect_tls(Some(Identity::new(HOST)?), &TLS13).await;
    answers(channel).await.map_err(|problem| broken!("after strangers were refused: {problem}"))
}

/// Whether a call of the provider's own is answered.
async fn answers(channel: Result<Channel>) -> Result<()> {
    let answer = patiently(client(channel?).get_provider_schema(get_provider_schema::Request {})).await?;
    answer.map(drop).map_err(|status| broken!("no call is answered: {:?}: {}", status.code(), status.message()))
}

/// A process and the host's connection to it.
async fn connected(suite: &Suite) -> Result<(Plugin, Channel)> {
    let plugin = with_tls(suite).await?;
    let channel = plugin.handshake.connect_tls(Some(Identity::new(HOST)?), &TLS13).await?;
    Ok((plugin, channel))
}

async fn health(suite: &Suite) -> Result<()> {
    let (_plugin, channel) = connected(suite).await?;
    let request = HealthCheckRequest { service: "plugin".to_owned() };
    let answer = patiently(HealthClient::new(channel).check(request)).await?;
    let answer = answer.map_err(|status| broken!("the health of `plugin` is answered with {status}"))?.into_inner();
    ensure!(answer.status == 1, "the health of `plugin` is {}, and not 1 (SERVING)", answer.status);
    Ok(())
}

async fn streams(suite: &Suite) -> Result<()> {
    let (plugin, channel) = connected(suite).await?;
    // A server need not say anything before it has something to say, so even opening may take as long as the process lives.
    let mut streams = JoinSet::new();
    for _ in 0..2 {
        let mut stdio = GrpcStdioClient::new(channel.clone());
        streams.spawn(async move {
            let mut stream = stdio.stream_stdio(()).await?.into_inner();
            // What is printed may come; the end may not.
            while stream.message().await?.is_some() {}
            Ok(())
        });
    }
    let mut broker = GrpcBrokerClient::new(channel.clone());
    streams.spawn(async move {
        let mut connections = broker.start_stream(tokio_stream::pending::<ConnInfo>()).await?.into_inner();
        while connections.message().await?.is_some() {}
        Ok::<_, tonic::Status>(())
    });
    // Each of the calls gives a stream that ends the time to do so.
    for _ in 0..10 {
        answers(Ok(channel.clone())).await?;
        let ended = streams.try_join_next();
        ensure!(ended.is_none(), "a host's stream ended while the process lives: {ended:?}");
    }
    plugin.shut_down(channel).await.map_err(|problem| broken!("with open streams: {problem}"))?;
    Ok(())
}

async fn shutdown(suite: &Suite) -> Result<()> {
    let (plugin, channel) = connected(suite).await?;
    let (status, _, _) = plugin.shut_down(channel).await?;
    ensure!(status.success(), "after Shutdown the process ends with {status}");
    Ok(())
}

async fn interrupt(suite: &Suite) -> Result<()> {
    let (plugin, channel) = connected(suite).await?;
    for _ in 0..2 {
        plugin.process.signal(Signal::SIGINT)?;
        // Several calls, so that the process gets to look at its signals in between.
        for _ in 0..3 {
            let answer = answers(Ok(channel.clone())).await;
            answer.map_err(|problem| {
                broken!("after an interrupt, which reaches the host and its plugins alike: {problem}")
            })?;
        }
    }
    plugin.process.signal(Signal::SIGINT)?;
    let (status, _, _) = plugin.shut_down(channel).await?;
    ensure!(status.success(), "an interrupt ends the process with {status}");
    Ok(())
}

async fn connections(suite: &Suite) -> Result<()> {
    let plugin = with_tls(suite).await?;
    let dial = || async { plugin.handshake.dial().await.map_err(|error| broken!("nobody listens any more: {error}")) };
    drop(dial().await?);
    let silent = dial().await?;
    let mut garbage = dial().await?;
    // Either end or reset is fine, so long as it comes.
    let _ = garbage.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let _ =
        patiently(garbage.read_to_end(&mut Vec::new())).await.map_err(|_| broken!("garbage is never hung up on"))?;
    let _ = plugin.handshake.connect_tls(None, &TLS12).await;
    let channel = plugin.handshake.connect_tls(Some(Identity::new(HOST)?), &TLS13).await;
    answers(channel).await.map_err(|problem| broken!("after connections that came to nothing: {problem}"))?;
    drop(silent);
    Ok(())
}

/// The provider block of the samples, as it is sent.
async fn block(suite: &Suite, channel: Channel) -> Result<DynamicValue> {
    let answer = patiently(client(channel).get_provider_schema(get_provider_schema::Request {})).await?;
    let schema = answer.map_err(|status| refused("GetProviderSchema", &status))?.into_inner();
    let block =
        schema.provider.and_then(|schema| schema.block).ok_or_else(|| broken!("no schema of the provider block"))?;
    let ty = types::of_block(&block)?;
    let config = suite.samples.provider.config.clone().unwrap_or_else(|| serde_json::json!({}));
    Ok(to_wire(&complete(config, &ty), &ty))
}

async fn many_calls(suite: &Suite) -> Result<()> {
    let (_plugin, channel) = connected(suite).await?;
    // What is wrong with the schema is another check's matter.
    let Ok(config) = block(suite, channel.clone()).await else { return Ok(()) };
    let mut calls = JoinSet::new();
    for _ in 0..MANY {
        let (mut provider, config) = (client(channel.clone()), Some(config.clone()));
        calls.spawn(
            async move { provider.validate_provider_config(validate_provider_config::Request { config }).await },
        );
    }
    for answer in patiently(calls.join_all()).await? {
        answer.map_err(|status| broken!("one of {MANY} calls at once is answered with {status}"))?;
    }
    Ok(())
}

async fn large_request(suite: &Suite) -> Result<()> {
    let (_plugin, channel) = connected(suite).await?;
    let request = validate_resource_config::Request {
        type_name: "conformance_nothing".to_owned(),
        config: Some(DynamicValue { msgpack: vec![0xc0; LARGE], json: Vec::new() }),
        ..Default::default()
    };
    match patiently(client(channel).validate_resource_config(request)).await? {
        Err(status)
            if !matches!(status.code(), Code::NotFound | Code::InvalidArgument)
                && status.message().contains("large") =>
        {
            Err(broken!("a request of 20 MiB is refused: {status}"))
        }
        Err(status) if matches!(status.code(), Code::ResourceExhausted | Code::OutOfRange | Code::Unavailable) => {
            Err(broken!("a request of 20 MiB is refused: {status}"))
        }
        // That there is no such type is another check's matter.
        _ => Ok(()),
    }
}

async fn logs(suite: &Suite) -> Result<()> {
    let plugin = suite.start().env("TF_LOG", "TRACE").env("PLUGIN_CLIENT_CERT", HOST.0).plugin().await?;
    let channel = plugin.handshake.connect_tls(Some(Identity::new(HOST)?), &TLS13).await?;
    let mut session = Session::over(plugin, channel).await?;
    let block = suite.samples.provider.config.clone().unwrap_or_else(|| serde_json::json!({}));
    // Whether it can be configured so is another check's matter.
    let _ = session.configure(&block).await;
    drop(session.provider);
    let (_, stdout, stderr) = session.plugin.shut_down(session.channel).await?;
    ensure!(stdout.is_empty(), "stdout holds more than the handshake line: {stdout:?}");
    stderr.iter().try_for_each(|line| log_line(line))
}

fn log_line(line: &str) -> Result<()> {
    if ["[TRACE]", "[DEBUG]", "[INFO]", "[WARN]", "[ERROR]"].iter().any(|level| line.starts_with(level)) {
        return Ok(());
    }
    ensure!(line.len() < 64 << 10, "a line of {} bytes is split", line.len());
    let value: Value =
        serde_json::from_str(line).map_err(|_| broken!("a line that is no JSON is logged at DEBUG: {line:?}"))?;
    ensure!(value["@message"].is_string(), "@message is no text, which crashes Terraform: {line}");
    let level =
        value["@level"].as_str().ok_or_else(|| broken!("@level is no text, which crashes Terraform: {line}"))?;
    let known = ["trace", "debug", "info", "warn", "error"].contains(&level.to_lowercase().as_str());
    ensure!(known, "Terraform knows no level {level:?}: {line}");
    let Some(timestamp) = value.get("@timestamp") else { return Ok(()) };
    let timestamp =
        timestamp.as_str().ok_or_else(|| broken!("@timestamp is no text, which crashes Terraform: {line}"))?;
    let shape = timestamp.replace(|c: char| c.is_ascii_digit(), "0");
    let zone = shape.strip_prefix("0000-00-00T00:00:00.000000");
    let sound = matches!(zone, Some("Z" | "+00:00" | "-00:00"));
    ensure!(
        sound,
        "@timestamp {timestamp:?} has not six digits behind the second, so Terraform takes the line for plain text"
    );
    Ok(())
}

async fn debugging(suite: &Suite, about: &mut About<'_>) {
    let argument = suite.samples.provider.debug.as_deref().unwrap_or("-debug");
    let Ok(mut process) = suite.by_hand().argument(argument).process() else { return };
    let Some(line) = reattach_line(&mut process).await else { return };
    let attached = match reattach(&line) {
        Ok(handshake) => configured_twice(suite, &handshake).await,
        Err(problem) => Err(problem),
    };
    about.hold(18, attached);
    let ended = interrupted(process).await;
    if !about.failed(14) {
        about.hold(14, ended);
    }
}

/// The line that says how to attach; none where the binary ends without one.
async fn reattach_line(process: &mut Process) -> Option<String> {
    while let Ok(line) = process.stdout_line().await {
        if line.contains("TF_REATTACH_PROVIDERS=") {
            return Some(line);
        }
    }
    None
}

/// What a host makes of the line.
fn reattach(line: &str) -> Result<Handshake> {
    let (_, json) = line.split_once("TF_REATTACH_PROVIDERS=").unwrap_or_default();
    let json = json.trim().trim_matches('\'').replace(r"'\''", "'");
    let all: Value =
        serde_json::from_str(&json).map_err(|error| broken!("TF_REATTACH_PROVIDERS is no JSON: {error}: {json}"))?;
    let one =
        all.as_object().and_then(|all| all.values().next()).ok_or_else(|| broken!("TF_REATTACH_PROVIDERS is empty"))?;
    ensure!(one["Protocol"] == "grpc", "Protocol is {}, and not \"grpc\"", one["Protocol"]);
    ensure!(one["ProtocolVersion"] == 6, "ProtocolVersion is {}, and not 6", one["ProtocolVersion"]);
    ensure!(one["Test"] == true, "Test is {}, and without true Terraform panics", one["Test"]);
    let text = |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| broken!("Addr is {}", one["Addr"]));
    Ok(Handshake {
        network: text(&one["Addr"]["Network"])?,
        address: text(&one["Addr"]["String"])?,
        certificate: None,
        multiplex: None,
    })
}

async fn configured_twice(suite: &Suite, handshake: &Handshake) -> Result<()> {
    let dial = handshake.dial().await;
    drop(dial.map_err(|error| broken!("nobody listens where it says: {error}"))?);
    for _ in 0..2 {
        let channel = handshake.connect().await?;
        let config = Some(block(suite, channel.clone()).await?);
        let mut provider = client(channel);
        for _ in 0..2 {
            let request = configure_provider::Request {
                terraform_version: "1.16.0".to_owned(),
                config: config.clone(),
                client_capabilities: Some(CAPABILITIES),
            };
            let answer = patiently(provider.configure_provider(request)).await?;
            answer.map_err(|status| broken!("configured again in the same process: {status}"))?;
        }
    }
    Ok(())
}

async fn interrupted(process: Process) -> Result<()> {
    process.signal(Signal::SIGINT)?;
    let ended = tokio::time::timeout(LAST_WAIT, process.end()).await;
    ended.map_err(|_| broken!("an interrupt does not end it in debug mode"))?.map(drop)
}
