//! Plays a plugin host: starts a provider's binary, reads the handshake, connects, and ends it.
//!
//! It knows go-plugin's contract and nothing of any framework but the generated messages, so it serves for any provider.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use hyper_util::rt::TokioIo;
use p521::ecdsa::signature::{Signer as _, Verifier as _};
use p521::ecdsa::{DerSignature, VerifyingKey};
use p521::pkcs8::DecodePrivateKey;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{ResolvesClientCert, verify_server_name};
use rustls::crypto::{WebPkiSupportedAlgorithms, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::server::ParsedCertificate;
use rustls::sign::{CertifiedKey, Signer, SigningKey};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureAlgorithm, SignatureScheme, SupportedProtocolVersion};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, ServerName, SignatureVerificationAlgorithm, UnixTime, alg_id,
};
use tempfile::TempDir;
use tf_framework::wire::proto::goplugin::Empty;
use tf_framework::wire::proto::goplugin::grpc_controller_client::GrpcControllerClient;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, BufReader};
use tokio::net::{TcpStream, UnixStream};
use tokio::process::{Child, Command};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio_rustls::TlsConnector;
use tonic::transport::{Channel, Endpoint};
use tower::service_fn;

use crate::broken::{Result, broken, ensure};

/// The pair by which every host says that it is one.
pub const COOKIE: (&str, &str) =
    ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2");

/// A host's certificate and key, made as go-plugin makes them: P-521, CA:TRUE, self-signed, for `localhost`.
pub const HOST: (&str, &str) = (include_str!("../data/host.pem"), include_str!("../data/host-key.pem"));

/// Another of the same kind.
pub const STRANGER: (&str, &str) = (include_str!("../data/stranger.pem"), include_str!("../data/stranger-key.pem"));

/// No single step takes nearly this long on any machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// What a host gives a plugin from the answer to Shutdown until it kills it.
pub const LAST_WAIT: Duration = Duration::from_secs(2);

/// How the binary is started.
pub struct Start {
    command: Command,
    temporary: Option<TempDir>,
}

impl Start {
    /// The binary without a cookie, in an environment that is empty but for a temporary folder of its own.
    pub fn by_hand(binary: &Path) -> Self {
        let temporary = tempfile::tempdir().ok();
        let mut command = Command::new(binary);
        command.env_clear().stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        if let Some(temporary) = &temporary {
            command.env("TMPDIR", temporary.path());
        }
        Self { command, temporary }
    }

    /// As Terraform starts it, but without TLS.
    pub fn by_host(binary: &Path) -> Self {
        Self::by_hand(binary).env(COOKIE.0, COOKIE.1).env("PLUGIN_PROTOCOL_VERSIONS", "6,5")
    }

    /// With a variable.
    #[must_use]
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// With an argument.
    #[must_use]
    pub fn argument(mut self, argument: &str) -> Self {
        self.command.arg(argument);
        self
    }

    /// Where the binary puts its temporary files.
    pub fn temporary(&self) -> PathBuf {
        self.temporary.as_ref().map_or_else(std::env::temp_dir, |folder| folder.path().to_owned())
    }

    /// Starts it and reads the handshake line.
    ///
    /// # Errors
    /// What is wrong with the line, or that there is none.
    pub async fn plugin(self) -> Result<Plugin> {
        let mut process = self.process()?;
        let line = process.handshake_line().await?;
        let handshake = Handshake::parse(&line)?;
        Ok(Plugin { process, handshake })
    }

    /// Starts it and waits for its end.
    ///
    /// # Errors
    /// Where it does not start, or does not end.
    pub async fn output(mut self) -> Result<std::process::Output> {
        let output = patiently(self.command.output()).await?;
        output.map_err(|error| broken!("the binary does not start: {error}"))
    }

    /// Starts it.
    ///
    /// # Errors
    /// Where it does not start.
    pub fn process(mut self) -> Result<Process> {
        let mut child = self.command.spawn().map_err(|error| broken!("the binary does not start: {error}"))?;
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            return Err(broken!("the process has no output"));
        };
        Ok(Process { stdout: read(stdout), stderr: read(stderr), child, _temporary: self.temporary })
    }
}

/// Reads lines as they come, as a host does: a process whose output nobody reads stands still once the pipe is full.
fn read(output: impl AsyncRead + Send + Unpin + 'static) -> UnboundedReceiver<String> {
    let (sender, lines) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut output = BufReader::new(output);
        let mut line = Vec::new();
        while output.read_until(b'\n', &mut line).await.is_ok_and(|length| length > 0) {
            // Nobody need be there any more; it is read all the same.
            let _ = sender.send(String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']).to_owned());
            line.clear();
        }
    });
    lines
}

/// A running process.
pub struct Process {
    pub child: Child,
    stdout: UnboundedReceiver<String>,
    stderr: UnboundedReceiver<String>,
    _temporary: Option<TempDir>,
}

impl Process {
    /// The next line on stdout.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn stdout_line(&mut self) -> Result<String> {
        let line = patiently(self.stdout.recv()).await?;
        line.ok_or_else(|| broken!("the process ended without a line on stdout"))
    }

    /// The first line; where there is none, the error holds what stands on stderr.
    async fn handshake_line(&mut self) -> Result<String> {
        match self.stdout_line().await {
            Ok(line) => Ok(line),
            Err(problem) => {
                let mut said = Vec::new();
                while let Ok(Some(line)) = patiently(self.stderr.recv()).await {
                    said.push(line);
                }
                Err(broken!("{problem}; on stderr: {}", said.join(" ")))
            }
        }
    }

    /// Reads stderr up to the first line that holds `text`, and returns all that was read.
    ///
    /// # Errors
    /// Where there is no such line.
    pub async fn stderr_until(&mut self, text: &str) -> Result<Vec<String>> {
        let mut lines = Vec::new();
        while let Some(line) = patiently(self.stderr.recv()).await? {
            let found = line.contains(text);
            lines.push(line);
            if found {
                return Ok(lines);
            }
        }
        Err(broken!("no line on stderr holds {text:?}: {lines:#?}"))
    }

    /// Sends a signal.
    ///
    /// # Errors
    /// Where the process is gone.
    pub fn signal(&self, signal: nix::sys::signal::Signal) -> Result<()> {
        let id = self.child.id().and_then(|id| id.try_into().ok()).ok_or_else(|| broken!("the process has ended"))?;
        nix::sys::signal::kill(nix::unistd::Pid::from_raw(id), signal).map_err(|error| broken!("no signal: {error}"))
    }

    /// Waits for the end: how it ended, the rest of stdout, the rest of stderr.
    ///
    /// # Errors
    /// Where it does not end.
    pub async fn end(mut self) -> Result<(ExitStatus, String, Vec<String>)> {
        let (mut stdout, mut stderr) = (String::new(), Vec::new());
        while let Some(line) = patiently(self.stdout.recv()).await? {
            stdout += &line;
            stdout += "\n";
        }
        while let Some(line) = patiently(self.stderr.recv()).await? {
            stderr.push(line);
        }
        let status = patiently(self.child.wait()).await?.map_err(|error| broken!("{error}"))?;
        Ok((status, stdout, stderr))
    }
}

/// What the handshake line says.
#[derive(Clone, Debug)]
pub struct Handshake {
    pub network: String,
    pub address: String,
    pub certificate: Option<CertificateDer<'static>>,
    pub multiplex: Option<String>,
}

impl Handshake {
    /// Takes the line as go-plugin does, and insists on protocol 6 over gRPC.
    ///
    /// # Errors
    /// What a host would refuse.
    pub fn parse(line: &str) -> Result<Self> {
        let fields = line.split('|').collect::<Vec<_>>();
        ensure!(
            matches!(fields.len(), 6 | 7),
            "the handshake line has {} fields, and not 6 or 7: {line:?}",
            fields.len()
        );
        ensure!(fields[0] == "1", "the core protocol version is {:?}, and not 1", fields[0]);
        ensure!(fields[1] == "6", "the protocol version is {:?}, and not 6", fields[1]);
        ensure!(matches!(fields[2], "unix" | "tcp"), "the network is {:?}, and neither unix nor tcp", fields[2]);
        ensure!(fields[4] == "grpc", "the protocol is {:?}, and not grpc", fields[4]);
        let certificate = STANDARD_NO_PAD.decode(fields[5]);
        let certificate = certificate
            .map_err(|error| broken!("the certificate in field 6 is not standard base64 without padding: {error}"))?;
        Ok(Self {
            network: fields[2].to_owned(),
            address: fields[3].to_owned(),
            certificate: (!certificate.is_empty()).then(|| certificate.into()),
            multiplex: fields.get(6).map(ToString::to_string),
        })
    }

    /// A bare connection.
    ///
    /// # Errors
    /// Where nobody listens.
    pub async fn dial(&self) -> io::Result<Box<dyn Stream>> {
        Ok(match self.network.as_str() {
            "unix" => Box::new(UnixStream::connect(&self.address).await?),
            _ => Box::new(TcpStream::connect(&self.address).await?),
        })
    }

    /// A channel in clear.
    ///
    /// # Errors
    /// Where nobody listens.
    pub async fn connect(&self) -> Result<Channel> {
        self.channel(None).await
    }

    /// A channel over TLS of one version, with a client certificate or without. It trusts the announced certificate alone,
    /// under the name `localhost`.
    ///
    /// # Errors
    /// What a host would find wrong with the server, or why the server hung up.
    pub async fn connect_tls(
        &self,
        identity: Option<Identity>,
        version: &'static SupportedProtocolVersion,
    ) -> Result<Channel> {
        let announced = self.certificate.clone().ok_or_else(|| broken!("the handshake line has no certificate"))?;
        let provider = Arc::new(ring::default_provider());
        let verifier = Arc::new(OnlyThisServer { announced, others: provider.signature_verification_algorithms });
        let config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .map_err(|error| broken!("{error}"))?
            .dangerous()
            .with_custom_certificate_verifier(verifier);
        let mut config = match identity {
            Some(identity) => config.with_client_cert_resolver(Arc::new(identity)),
            None => config.with_no_client_auth(),
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        self.channel(Some(TlsConnector::from(Arc::new(config)))).await
    }

    async fn channel(&self, tls: Option<TlsConnector>) -> Result<Channel> {
        let handshake = self.clone();
        let connector = service_fn(move |_| {
            let (handshake, tls) = (handshake.clone(), tls.clone());
            async move {
                let stream = handshake.dial().await?;
                let stream: Box<dyn Stream> = match tls {
                    None => stream,
                    Some(tls) => {
                        let name = ServerName::try_from("localhost").map_err(io::Error::other)?;
                        let stream = tls.connect(name, stream).await?;
                        if stream.get_ref().1.alpn_protocol() != Some(b"h2") {
                            return Err(io::Error::other("the server did not agree to ALPN h2"));
                        }
                        Box::new(stream)
                    }
                };
                Ok::<_, io::Error>(TokioIo::new(stream))
            }
        });
        let endpoint = Endpoint::from_static("http://localhost");
        patiently(endpoint.connect_with_connector(connector))
            .await?
            .map_err(|error| broken!("no connection: {}", chain(&error)))
    }
}

/// An error with all its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// A connection of whatever kind.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A provider that has shaken hands.
pub struct Plugin {
    pub process: Process,
    pub handshake: Handshake,
}

impl Plugin {
    /// A channel in clear.
    ///
    /// # Errors
    /// Where nobody listens.
    pub async fn connect(&self) -> Result<Channel> {
        self.handshake.connect().await
    }

    /// Asks for the end as a host does, hangs up, and holds the process to the host's two seconds.
    ///
    /// # Errors
    /// Where it goes on.
    pub async fn shut_down(self, channel: Channel) -> Result<(ExitStatus, String, Vec<String>)> {
        let mut controller = GrpcControllerClient::new(channel);
        // Go's servers are gone before they answer, and hosts don't look at it.
        let _ = patiently(controller.shutdown(Empty {})).await?;
        drop(controller);
        let ended = tokio::time::timeout(LAST_WAIT, self.process.end()).await;
        ended.map_err(|_| broken!("the process goes on 2 s after Shutdown; the host kills it"))?
    }
}

/// A certificate, and the key that signs in its name: the same kind that go-plugin makes.
#[derive(Debug)]
pub struct Identity(Arc<CertifiedKey>);

impl Identity {
    /// `certificate` and `key` are PEM. They need not belong together: a thief may have one and not the other.
    ///
    /// # Errors
    /// Where they are no PEM, or the key is none of P-521.
    pub fn new((certificate, key): (&str, &str)) -> Result<Self> {
        let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).map_err(|error| broken!("{error}"))?;
        let key = p521::SecretKey::from_pkcs8_pem(key).map_err(|error| broken!("{error}"))?;
        let key = Arc::new(P521Key(p521::ecdsa::SigningKey::from(key)));
        Ok(Self(Arc::new(CertifiedKey::new(vec![certificate], key))))
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

/// Trusts the announced certificate alone, whatever its key is and whatever it may sign: go-plugin's is its own authority and
/// has a P-521 key, and webpki takes neither. Only the name must be right, as for every host.
#[derive(Debug)]
struct OnlyThisServer {
    announced: CertificateDer<'static>,
    /// What ring verifies.
    others: WebPkiSupportedAlgorithms,
}

impl OnlyThisServer {
    fn algorithms(&self, scheme: SignatureScheme) -> &WebPkiSupportedAlgorithms {
        if scheme == SignatureScheme::ECDSA_NISTP521_SHA512 { &P521_ONLY } else { &self.others }
    }
}

impl ServerCertVerifier for OnlyThisServer {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if *end_entity != self.announced {
            return Err(rustls::Error::General("the server has another certificate than it announced".to_owned()));
        }
        verify_server_name(&ParsedCertificate::try_from(end_entity)?, name)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, self.algorithms(signed.scheme))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, self.algorithms(signed.scheme))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let mut schemes = vec![SignatureScheme::ECDSA_NISTP521_SHA512];
        schemes.extend(self.others.supported_schemes());
        schemes
    }
}

static P521_ONLY: WebPkiSupportedAlgorithms = WebPkiSupportedAlgorithms {
    all: &[&P521Sha512],
    mapping: &[(SignatureScheme::ECDSA_NISTP521_SHA512, &[&P521Sha512])],
};

/// The signature that go-plugin's key makes.
#[derive(Debug)]
struct P521Sha512;

impl SignatureVerificationAlgorithm for P521Sha512 {
    fn verify_signature(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let key = VerifyingKey::from_sec1_bytes(public_key).map_err(|_| InvalidSignature)?;
        let signature = DerSignature::from_bytes(signature).map_err(|_| InvalidSignature)?;
        key.verify(message, &signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P521
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_SHA512
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
///
/// # Errors
/// Where it does not come.
pub async fn patiently<F: Future>(future: F) -> Result<F::Output> {
    tokio::time::timeout(PATIENCE, future).await.map_err(|_| broken!("nothing came within {} s", PATIENCE.as_secs()))
}
