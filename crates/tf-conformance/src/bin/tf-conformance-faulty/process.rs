//! The process: the framework's own is sound, and each fault is put around it.

use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ServerConfig;
use rustls_pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tf_conformance::plugin::{COOKIE, Handshake};
use tf_framework::wire::proto::{Network, Program, mutual_tls, serve as serve_soundly};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, copy_bidirectional};
use tokio::net::UnixListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_rustls::TlsAcceptor;
use tonic::codegen::http;
use tonic::{Code, Status};
use tower::ServiceExt;

use crate::breaks;
use crate::service::Service;

/// Faults of a single call of go-plugin's services: which, and the status that it is answered with.
const CALLS: [(&str, &str, Code); 4] = [
    ("11", "/grpc.health.v1.Health/Check", Code::NotFound),
    ("12-stdio", "/plugin.GRPCStdio/StreamStdio", Code::Ok),
    ("12-second", "/plugin.GRPCStdio/StreamStdio", Code::AlreadyExists),
    ("12-broker", "/plugin.GRPCBroker/StartStream", Code::Unimplemented),
];

pub(crate) fn serve(service: Service) -> ExitCode {
    let variable = |name: &str| std::env::var(name).ok();
    let is_plugin = std::env::args().len() == 1;
    let cookie = variable(COOKIE.0);
    if breaks("1") && cookie.is_none() && is_plugin
        || breaks("2") && cookie.as_ref().is_some_and(|cookie| cookie != COOKIE.1)
    {
        return again(Command::new(this()).env(COOKIE.0, COOKIE.1).env_remove("FAULT"));
    }
    if is_plugin && variable("FAULT").is_some() && cookie.is_none_or(|cookie| cookie != COOKIE.1) {
        return again(Command::new(this()).env_remove("FAULT"));
    }
    let versions = variable("PLUGIN_PROTOCOL_VERSIONS").unwrap_or_default();
    if breaks("4") && !versions.contains('6') && is_plugin {
        return ExitCode::FAILURE;
    }
    if breaks("5") {
        let mut command = Command::new(this());
        return again(command.env_remove("PLUGIN_MIN_PORT").env_remove("PLUGIN_MAX_PORT").env("FAULT", "tcp"));
    }
    if breaks("6") {
        return again(Command::new(this()).env_remove("PLUGIN_UNIX_SOCKET_DIR").env_remove("FAULT"));
    }
    if breaks("7") && is_plugin {
        return again(Command::new(this()).env("PLUGIN_MULTIPLEX_GRPC", "true").env_remove("FAULT"));
    }
    if breaks("3") {
        println!("starting");
    }
    if breaks("19-time") {
        eprintln!(r#"{{"@level":"info","@message":"starting","@timestamp":"2026-01-01T00:00:00.123Z"}}"#);
    }
    if breaks("19-level") {
        eprintln!(r#"{{"@level":3,"@message":"starting"}}"#);
    }
    let of_calls = CALLS.iter().map(|(fault, ..)| *fault);
    if ["8", "9", "10", "13", "14", "15", "18"].into_iter().chain(of_calls).any(breaks) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        return runtime.block_on(around());
    }
    serve_soundly(Program {
        name: "faulty",
        version: "0.1.0",
        address: "example/faulty",
        log_crates: &["tf_conformance_faulty"],
        jobs: &[],
        service,
        on_shutdown: Box::pin(async {}),
        network: if breaks("tcp") { Network::Tcp } else { Network::default() },
    })
}

fn this() -> PathBuf {
    std::env::current_exe().unwrap()
}

/// Becomes the same program in another environment.
fn again(command: &mut Command) -> ExitCode {
    let error = command.args(std::env::args().skip(1)).exec();
    eprintln!("[ERROR] {error}");
    ExitCode::FAILURE
}

/// Runs a sound process, and stands between it and the host.
async fn around() -> ExitCode {
    let mut command = tokio::process::Command::new(this());
    command.args(std::env::args().skip(1)).env_remove("FAULT").stdout(Stdio::piped()).kill_on_drop(true);
    if breaks("9") || spoiled_call().is_some() {
        command.env_remove("PLUGIN_CLIENT_CERT");
    }
    let mut child = command.spawn().unwrap();
    let mut interrupts = (!breaks("14")).then(|| signal(SignalKind::interrupt()).unwrap());
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut socket = None;
    loop {
        tokio::select! {
            line = lines.next_line() => match line.unwrap() {
                Some(line) => {
                    let line = told(&line, &mut socket);
                    let mut stdout = std::io::stdout().lock();
                    writeln!(stdout, "{line}").unwrap();
                    stdout.flush().unwrap();
                }
                None => break,
            },
            () = async { match &mut interrupts {
                Some(interrupts) => { interrupts.recv().await; }
                None => std::future::pending().await,
            } } => {
                // For a developer an interrupt is the end.
                if std::env::args().len() > 1 {
                    child.kill().await.unwrap();
                }
            }
        }
    }
    let status = child.wait().await.unwrap();
    if let Some(socket) = socket {
        let _ = std::fs::remove_file(socket);
    }
    if breaks("13") {
        std::future::pending::<()>().await;
    }
    let was_killed = status.code().is_none();
    if status.success() || was_killed { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A line of the sound process, as the host gets it.
fn told(line: &str, socket: &mut Option<PathBuf>) -> String {
    if breaks("18") {
        return line.replace("\"Test\":true", "\"Test\":false");
    }
    let Ok(handshake) = Handshake::parse(line) else { return line.to_owned() };
    if breaks("8") && handshake.certificate.is_some() {
        return format!("{line}==");
    }
    let wants_tls = std::env::var_os("PLUGIN_CLIENT_CERT").is_some();
    if breaks("10") && !wants_tls {
        return line.replace("|grpc|", &format!("|grpc|{}", STANDARD_NO_PAD.encode([0; 60])));
    }
    if !(breaks("15") || (breaks("9") || spoiled_call().is_some()) && wants_tls) {
        return line.to_owned();
    }
    let folder = std::env::var_os("PLUGIN_UNIX_SOCKET_DIR").map_or_else(std::env::temp_dir, PathBuf::from);
    let path = folder.join(format!("plugin-around-{}", std::process::id()));
    let listener = UnixListener::bind(&path).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o660)).unwrap();
    let mut fields: Vec<String> = line.split('|').map(str::to_owned).collect();
    fields[3] = path.display().to_string();
    *socket = Some(path);
    if let Some(spoiled) = spoiled_call() {
        let host = std::env::var("PLUGIN_CLIENT_CERT").unwrap();
        let Some((acceptor, certificate)) = mutual_tls(&host) else { return line.to_owned() };
        fields[5] = STANDARD_NO_PAD.encode(certificate);
        tokio::spawn(calls(listener, handshake, acceptor, spoiled));
        return fields.join("|");
    }
    let acceptor = if breaks("9") {
        let (acceptor, certificate) = for_anybody();
        fields[5] = STANDARD_NO_PAD.encode(certificate);
        Some(acceptor)
    } else {
        None
    };
    tokio::spawn(connections(listener, handshake, acceptor));
    fields.join("|")
}

/// TLS that asks nobody for a certificate.
fn for_anybody() -> (TlsAcceptor, CertificateDer<'static>) {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let certificate: CertificateDer<'static> = certificate.into();
    let mut config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    (TlsAcceptor::from(Arc::new(config)), certificate)
}

async fn connections(listener: UnixListener, inner: Handshake, acceptor: Option<TlsAcceptor>) {
    loop {
        let (mut outer, _) = listener.accept().await.unwrap();
        let (inner, acceptor) = (inner.clone(), acceptor.clone());
        tokio::spawn(async move {
            let mut sound = inner.dial().await.unwrap();
            match acceptor {
                Some(acceptor) => {
                    let Ok(mut outer) = acceptor.accept(outer).await else { return };
                    let _ = copy_bidirectional(&mut outer, &mut sound).await;
                }
                None => {
                    // A connection that comes to nothing is the end of it all.
                    let mut first = [0];
                    if outer.read(&mut first).await.unwrap_or_default() == 0 {
                        std::process::exit(101);
                    }
                    sound.write_all(&first).await.unwrap();
                    let _ = copy_bidirectional(&mut outer, &mut sound).await;
                }
            }
        });
    }
}

/// The call that this process spoils, if it does.
fn spoiled_call() -> Option<(&'static str, Code)> {
    CALLS.into_iter().find(|(fault, ..)| breaks(fault)).map(|(_, path, code)| (path, code))
}

/// Hands every call on to the sound process but one, which it answers itself.
async fn calls(listener: UnixListener, inner: Handshake, acceptor: TlsAcceptor, (path, code): (&'static str, Code)) {
    let asked = Arc::new(AtomicU32::new(0));
    loop {
        let (outer, _) = listener.accept().await.unwrap();
        let (inner, acceptor, asked) = (inner.clone(), acceptor.clone(), Arc::clone(&asked));
        tokio::spawn(async move {
            let Ok(outer) = acceptor.accept(outer).await else { return };
            let sound = inner.connect().await.unwrap();
            let service = hyper::service::service_fn(move |request: http::Request<hyper::body::Incoming>| {
                let is_first = request.uri().path() == path && asked.fetch_add(1, Ordering::Relaxed) == 0;
                let is_spoiled = request.uri().path() == path && !(code == Code::AlreadyExists && is_first);
                let sound = sound.clone();
                async move {
                    match is_spoiled {
                        true => Ok(Status::new(code, "spoiled").into_http()),
                        false => sound.oneshot(request.map(tonic::body::Body::new)).await,
                    }
                }
            });
            let http2 = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            let _ = http2.serve_connection(TokioIo::new(outer), service).await;
        });
    }
}
