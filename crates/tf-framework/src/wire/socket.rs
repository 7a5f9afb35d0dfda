//! Where the host connects: a Unix socket that only its user can reach, or TCP on the loopback address.

use std::io;
use std::ops::RangeInclusive;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpListener;
#[cfg(unix)]
use tokio::net::UnixListener;
use tokio_rustls::TlsAcceptor;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::Connected;

use super::environment::Environment;
use super::start_error::StartError;

/// How long a caller may take for its TLS handshake. The host needs milliseconds; a stranger that says nothing is dropped.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);

/// The rest after a failed accept, such as when the process is out of file descriptors: the next try would fail at once.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Connections that wait for the server to take them up. It does so at once, so few are enough.
const WAITING_CONNECTIONS: usize = 16;

/// The kind of socket to serve on. Public for tests alone: each system has one that is right.
#[cfg_attr(not(feature = "client"), allow(dead_code, unreachable_pub))]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// A Unix socket in a directory of its own.
    #[cfg(unix)]
    Unix,
    /// A port on 127.0.0.1.
    Tcp,
}

/// As Go's plugins do: Unix sockets wherever there are some.
impl Default for Network {
    fn default() -> Self {
        #[cfg(unix)]
        return Self::Unix;
        #[cfg(not(unix))]
        return Self::Tcp;
    }
}

/// A bound socket. Dropping it removes the socket's directory.
pub(crate) struct Endpoint {
    pub(crate) listener: Listener,
    pub(crate) address: Address,
    /// Held for its `Drop`.
    _directory: Option<TempDir>,
}

/// What is told to the host.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    /// `unix` or `tcp`.
    pub(crate) network: &'static str,
    /// The socket's path, or `127.0.0.1:PORT`.
    pub(crate) address: String,
}

pub(crate) enum Listener {
    #[cfg(unix)]
    Unix(UnixListener),
    Tcp(TcpListener),
}

/// Binds the socket. Needs a runtime around it.
pub(crate) async fn bind(network: Network, environment: &Environment) -> Result<Endpoint, StartError> {
    match network {
        #[cfg(unix)]
        Network::Unix => unix::bind(environment),
        Network::Tcp => bind_tcp(environment).await,
    }
}

/// Takes connections for as long as the answer is read from. Each TLS handshake runs in a task of its own, so that a slow
/// caller holds up nobody, and one that fails costs nothing but its own connection.
pub(crate) fn connections(listener: Listener, tls: Option<TlsAcceptor>) -> ReceiverStream<io::Result<Connection>> {
    let (sender, receiver) = tokio::sync::mpsc::channel(WAITING_CONNECTIONS);
    tokio::spawn(async move {
        loop {
            let accepted = tokio::select! {
                () = sender.closed() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok(connection) => {
                    tokio::spawn(hand_over(connection, tls.clone(), sender.clone()));
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    });
    ReceiverStream::new(receiver)
}

async fn hand_over(
    connection: Connection,
    tls: Option<TlsAcceptor>,
    sender: tokio::sync::mpsc::Sender<io::Result<Connection>>,
) {
    let connection = match tls {
        None => connection,
        Some(tls) => match tokio::time::timeout(HANDSHAKE_LIMIT, tls.accept(connection)).await {
            Ok(Ok(stream)) => Connection(Box::new(stream)),
            Ok(Err(error)) => {
                tracing::warn!(%error, "refused a connection: no TLS with the host's certificate");
                return;
            }
            Err(_) => {
                tracing::warn!("dropped a connection: its TLS handshake took too long");
                return;
            }
        },
    };
    // It fails only once the server has stopped, and then nobody waits for this connection.
    let _ = sender.send(Ok(connection)).await;
}

impl Listener {
    async fn accept(&self) -> io::Result<Connection> {
        match self {
            #[cfg(unix)]
            Self::Unix(listener) => Ok(Connection(Box::new(listener.accept().await?.0))),
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok(Connection(Box::new(stream)))
            }
        }
    }
}

/// The first port from `PLUGIN_MIN_PORT` to `PLUGIN_MAX_PORT` that is free. A missing one counts as 0, the system's choice.
async fn bind_tcp(environment: &Environment) -> Result<Endpoint, StartError> {
    let ports = ports(environment)?;
    let range = no_listening(&ports);
    let mut last = None;
    for port in ports {
        match TcpListener::bind(("127.0.0.1", port)).await {
            Ok(listener) => {
                let address = listener.local_addr().map_err(|error| StartError::new(range, error))?.to_string();
                return Ok(Endpoint {
                    listener: Listener::Tcp(listener),
                    address: Address { network: "tcp", address },
                    _directory: None,
                });
            }
            Err(error) => last = Some(error),
        }
    }
    let last = last.unwrap_or_else(|| io::ErrorKind::AddrInUse.into());
    Err(StartError::new(range, last))
}

/// The ports that the host allows. Never empty.
pub(crate) fn ports(environment: &Environment) -> Result<RangeInclusive<u16>, StartError> {
    let min = port("PLUGIN_MIN_PORT", environment.min_port.as_deref())?;
    let max = port("PLUGIN_MAX_PORT", environment.max_port.as_deref())?;
    if min > max {
        return Err(StartError::new(no_listening(&(min..=max)), "PLUGIN_MIN_PORT is above PLUGIN_MAX_PORT"));
    }
    Ok(min..=max)
}

fn no_listening(ports: &RangeInclusive<u16>) -> String {
    format!("cannot listen on 127.0.0.1, ports {} to {}", ports.start(), ports.end())
}

fn port(name: &str, value: Option<&str>) -> Result<u16, StartError> {
    let value = value.unwrap_or("0");
    value.parse().map_err(|error| StartError::new(format!("{name} is no port: {value:?}"), error))
}

#[cfg(unix)]
mod unix {
    //! The socket's own directory is what keeps others out: some systems ignore the mode of the socket itself.

    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, chown};
    use std::path::Path;

    use nix::unistd::Group;

    use super::*;

    const ONLY_THE_USER: u32 = 0o700;
    const GROUP_MAY_ENTER: u32 = 0o710;
    const GROUP_MAY_CONNECT: u32 = 0o660;

    pub(super) fn bind(environment: &Environment) -> Result<Endpoint, StartError> {
        let parent = environment.socket_directory.as_ref().map_or_else(std::env::temp_dir, Into::into);
        let attempt = || format!("cannot make a socket in {}", parent.display());
        let directory = tempfile::Builder::new()
            .prefix("plugin")
            .permissions(Permissions::from_mode(ONLY_THE_USER))
            .tempdir_in(&parent)
            .map_err(|error| StartError::new(attempt(), error))?;
        let path = directory.path().join("socket");
        let listener = UnixListener::bind(&path).map_err(|error| StartError::new(attempt(), error))?;
        if let Some(group) = &environment.socket_group {
            let attempt = format!("cannot give the plugin socket to the group {group:?}");
            admit_group(group, directory.path(), &path).map_err(|error| StartError::new(attempt, error))?;
        }
        let address = path
            .to_str()
            .map(str::to_owned)
            .ok_or_else(|| StartError::new(attempt(), "the handshake takes no path that is not UTF-8"))?;
        Ok(Endpoint {
            listener: Listener::Unix(listener),
            address: Address { network: "unix", address },
            _directory: Some(directory),
        })
    }

    /// The directory is opened last, so that the socket is never reachable half done.
    fn admit_group(group: &str, directory: &Path, socket: &Path) -> io::Result<()> {
        let id = match group.parse() {
            Ok(id) => id,
            Err(_) => Group::from_name(group)?.ok_or_else(|| io::Error::other("there is no such group"))?.gid.as_raw(),
        };
        chown(socket, None, Some(id))?;
        std::fs::set_permissions(socket, Permissions::from_mode(GROUP_MAY_CONNECT))?;
        chown(directory, None, Some(id))?;
        std::fs::set_permissions(directory, Permissions::from_mode(GROUP_MAY_ENTER))
    }
}

/// A connection of any kind, in clear or not.
pub(crate) struct Connection(Box<dyn Stream>);

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Nothing about a caller is worth knowing: it is the host, or it did not get this far.
impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buffer)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, buffers)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
