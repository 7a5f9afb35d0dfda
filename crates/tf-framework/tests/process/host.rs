//! Plays a plugin host: starts a provider's binary, reads the handshake, connects, and ends it.
//!
//! It knows go-plugin's contract and nothing of the framework but the generated messages, so it serves for any provider.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hyper_util::rt::TokioIo;
use p521::ecdsa::signature::Signer as _;
use p521::pkcs8::DecodePrivateKey;
use rustls::client::ResolvesClientCert;
use rustls::crypto::ring;
use rustls::sign::{CertifiedKey, Signer, SigningKey};
use rustls::{ClientConfig, RootCertStore, SignatureAlgorithm, SignatureScheme, SupportedProtocolVersion};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use tempfile::TempDir;
use tf_framework::wire::proto::goplugin::Empty;
use tf_framework::wire::proto::goplugin::grpc_controller_client::GrpcControllerClient;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, BufReader, Lines};
use tokio::net::{TcpStream, UnixStream};
use tokio::process::{Child, ChildStderr, ChildStdout, Command};
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint};
use tower::service_fn;

/// The pair by which every host says that it is one.
pub(crate) const COOKIE: (&str, &str) =
    ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2");

/// No single step of a test takes nearly this long on any machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// How the binary is started.
pub(crate) struct Start {
    command: Command,
    temporary: TempDir,
}

impl Start {
    /// The binary without a cookie, in an environment that is empty but for a temporary folder of its own.
    pub(crate) fn by_hand(binary: &Path) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let mut command = Command::new(binary);
        command
            .env_clear()
            .env("TMPDIR", temporary.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        Self { command, temporary }
    }

    /// As Terraform starts it, but without TLS.
    pub(crate) fn by_host(binary: &Path) -> Self {
        Self::by_hand(binary).env(COOKIE.0, COOKIE.1).env("PLUGIN_PROTOCOL_VERSIONS", "6,5")
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn argument(mut self, argument: &str) -> Self {
        self.command.arg(argument);
        self
    }

    /// Where the binary puts its temporary files.
    pub(crate) fn temporary(&self) -> PathBuf {
        self.temporary.path().to_owned()
    }

    /// Starts it and reads the handshake line.
    pub(crate) async fn plugin(self) -> Plugin {
        let mut process = self.process();
        let line = process.stdout_line().await;
        let handshake = Handshake::parse(&line);
        Plugin { process, handshake }
    }

    /// Starts it and waits for its end.
    pub(crate) async fn output(mut self) -> std::process::Output {
        patiently(self.command.output()).await.unwrap()
    }

    /// Starts it.
    pub(crate) fn process(mut self) -> Process {
        let mut child = self.command.spawn().unwrap();
        Process {
            stdout: BufReader::new(child.stdout.take().unwrap()).lines(),
            stderr: BufReader::new(child.stderr.take().unwrap()).lines(),
            child,
            _temporary: self.temporary,
        }
    }
}

/// A running process.
pub(crate) struct Process {
    pub(crate) child: Child,
    stdout: Lines<BufReader<ChildStdout>>,
    stderr: Lines<BufReader<ChildStderr>>,
    _temporary: TempDir,
}

impl Process {
    pub(crate) async fn stdout_line(&mut self) -> String {
        patiently(self.stdout.next_line()).await.unwrap().expect("a line on stdout")
    }

    /// Reads stderr up to the first line that holds `text`, and returns all that was read.
    pub(crate) async fn stderr_until(&mut self, text: &str) -> Vec<String> {
        let mut lines = Vec::new();
        while let Some(line) = patiently(self.stderr.next_line()).await.unwrap() {
            let found = line.contains(text);
            lines.push(line);
            if found {
                return lines;
            }
        }
        panic!("no line holds {text:?}: {lines:#?}");
    }

    pub(crate) fn signal(&self, signal: nix::sys::signal::Signal) {
        let id = self.child.id().expect("it runs").try_into().unwrap();
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(id), signal).unwrap();
    }

    /// Waits for the end: how it ended, the rest of stdout, the rest of stderr.
    pub(crate) async fn end(mut self) -> (ExitStatus, String, Vec<String>) {
        let mut stdout = String::new();
        let mut rest = self.stdout.into_inner();
        patiently(rest.read_to_string(&mut stdout)).await.unwrap();
        let mut stderr = Vec::new();
        while let Some(line) = patiently(self.stderr.next_line()).await.unwrap() {
            stderr.push(line);
        }
        let status = patiently(self.child.wait()).await.unwrap();
        (status, stdout, stderr)
    }
}

/// What the handshake line says.
#[derive(Clone, Debug)]
pub(crate) struct Handshake {
    pub(crate) network: String,
    pub(crate) address: String,
    pub(crate) certificate: Option<CertificateDer<'static>>,
    pub(crate) multiplex: Option<String>,
}

impl Handshake {
    /// Takes the line as go-plugin does, and insists on protocol 6 over gRPC.
    pub(crate) fn parse(line: &str) -> Self {
        let fields = line.split('|').collect::<Vec<_>>();
        assert!(matches!(fields.len(), 6 | 7), "{line}");
        assert_eq!((fields[0], fields[1], fields[4]), ("1", "6", "grpc"), "{line}");
        assert!(matches!(fields[2], "unix" | "tcp"), "{line}");
        Self {
            network: fields[2].to_owned(),
            address: fields[3].to_owned(),
            certificate: (!fields[5].is_empty()).then(|| STANDARD_NO_PAD.decode(fields[5]).unwrap().into()),
            multiplex: fields.get(6).map(ToString::to_string),
        }
    }

    /// A bare connection.
    pub(crate) async fn dial(&self) -> io::Result<Box<dyn Stream>> {
        Ok(match self.network.as_str() {
            "unix" => Box::new(UnixStream::connect(&self.address).await?),
            _ => Box::new(TcpStream::connect(&self.address).await?),
        })
    }

    /// A channel in clear.
    pub(crate) async fn connect(&self) -> Result<Channel, tonic::transport::Error> {
        self.channel(None).await
    }

    /// A channel over TLS of one version, with a client certificate or without. It trusts the announced certificate alone,
    /// under the name `localhost`.
    pub(crate) async fn connect_tls(
        &self,
        identity: Option<Identity>,
        version: &'static SupportedProtocolVersion,
    ) -> Result<Channel, tonic::transport::Error> {
        let mut roots = RootCertStore::empty();
        let certificate = self.certificate.clone().expect("the handshake has one");
        roots.add(certificate).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[version])
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match identity {
            Some(identity) => config.with_client_cert_resolver(Arc::new(identity)),
            None => config.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        self.channel(Some(TlsConnector::from(Arc::new(config)))).await
    }

    async fn channel(&self, tls: Option<TlsConnector>) -> Result<Channel, tonic::transport::Error> {
        let handshake = self.clone();
        let connector = service_fn(move |_| {
            let (handshake, tls) = (handshake.clone(), tls.clone());
            async move {
                let stream = handshake.dial().await?;
                let stream: Box<dyn Stream> = match tls {
                    None => stream,
                    Some(tls) => {
                        let name = ServerName::try_from("localhost").unwrap();
                        let stream = tls.connect(name, stream).await?;
                        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
                        Box::new(stream)
                    }
                };
                Ok::<_, io::Error>(TokioIo::new(stream))
            }
        });
        let endpoint = Endpoint::from_static("http://localhost");
        patiently(endpoint.connect_with_connector(connector)).await
    }
}

pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A provider that has shaken hands.
pub(crate) struct Plugin {
    pub(crate) process: Process,
    pub(crate) handshake: Handshake,
}

impl Plugin {
    /// A channel in clear.
    pub(crate) async fn connect(&self) -> Channel {
        self.handshake.connect().await.unwrap()
    }

    /// Asks for the end as a host does, hangs up, and holds the process to the host's two seconds.
    pub(crate) async fn shut_down(self, channel: Channel) -> (ExitStatus, String, Vec<String>) {
        let mut controller = GrpcControllerClient::new(channel);
        patiently(controller.shutdown(Empty {})).await.unwrap();
        drop(controller);
        tokio::time::timeout(Duration::from_secs(2), self.process.end())
            .await
            .expect("it ends within 2 s, or the host kills it")
    }
}

/// A certificate, and the key that signs in its name: the same kind that go-plugin makes.
#[derive(Debug)]
pub(crate) struct Identity(Arc<CertifiedKey>);

impl Identity {
    /// `certificate` and `key` are PEM. They need not belong together: a thief may have one and not the other.
    pub(crate) fn new(certificate: &str, key: &str) -> Self {
        let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
        let key = p521::ecdsa::SigningKey::from(p521::SecretKey::from_pkcs8_pem(key).unwrap());
        let key = Arc::new(P521Key(key));
        Self(Arc::new(CertifiedKey::new(vec![certificate], key)))
    }
}

impl ResolvesClientCert for Identity {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

/// ring has no P-521, so rustls gets it from outside.
#[derive(Clone, Debug)]
struct P521Key(p521::ecdsa::SigningKey);

impl SigningKey for P521Key {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        offered.contains(&SignatureScheme::ECDSA_NISTP521_SHA512).then(|| Box::new(self.clone()) as Box<dyn Signer>)
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ECDSA
    }
}

impl Signer for P521Key {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        let signature: p521::ecdsa::DerSignature = self.0.sign(message);
        Ok(signature.as_bytes().to_vec())
    }

    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ECDSA_NISTP521_SHA512
    }
}

/// Waits for what comes soon if it comes at all.
pub(crate) async fn patiently<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future).await.expect("it takes far less")
}
