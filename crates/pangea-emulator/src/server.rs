//! The emulator on a socket, on a thread of its own.

use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime;
use tokio::sync::oneshot;
use tokio::time;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt as _;

use crate::options::Options;
use crate::router::{Connection, Severed, app};
use crate::state::State;
use crate::tls;

/// A running emulator. It stops when this is dropped; everything else about it is its [`State`].
pub struct Server {
    state: State,
    address: SocketAddr,
    scheme: &'static str,
    ca_certificate_pem: Option<String>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts an emulator. When this returns, it accepts connections.
    ///
    /// # Errors
    /// An address that cannot be listened on, a data file that cannot be read.
    pub fn start(options: Options) -> io::Result<Server> {
        let listener = StdListener::bind(options.listen)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let tls = if options.tls { Some(tls::new(address.ip())?) } else { None };
        let scheme = if options.tls { "https" } else { "http" };
        let state = State::new(options)?;
        let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let acceptor = tls.as_ref().map(|tls| TlsAcceptor::from(tls.config.clone()));
        let router = app(state.clone());
        let thread = thread::Builder::new().name("pangea-emulator".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    // Dropping the sender stops as well.
                    _ = stopped => {}
                    () = accept(listener, router, acceptor, scheme) => {}
                }
            });
        })?;
        Ok(Server {
            state,
            address,
            scheme,
            ca_certificate_pem: tls.map(|tls| tls.ca_certificate_pem),
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens, such as `http://127.0.0.1:41234`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// The base URL template of the official clients, such as `http://127.0.0.1:41234/{SERVICE_NAME}`.
    #[must_use]
    pub fn base_url_template(&self) -> String {
        format!("{}/{{SERVICE_NAME}}", self.url())
    }

    /// The certificate to trust, where the server speaks HTTPS.
    #[must_use]
    pub fn ca_certificate_pem(&self) -> Option<&str> {
        self.ca_certificate_pem.as_deref()
    }

    /// The variables with which a program reaches this emulator as the seed's client. Without a seed only the address.
    #[must_use]
    pub fn environment(&self) -> Vec<(String, String)> {
        let mut environment = vec![("PANGEA_BASE_URL_TEMPLATE".to_owned(), self.base_url_template())];
        if let Some(credentials) = self.state.credentials() {
            environment.extend([
                ("PANGEA_CLIENT_ID".to_owned(), credentials.client_id),
                ("PANGEA_CLIENT_SECRET".to_owned(), credentials.client_secret),
                ("PANGEA_ORGANIZATION_ID".to_owned(), credentials.organization_id),
                ("PANGEA_AUTHN_TOKEN".to_owned(), credentials.authn_token),
            ]);
        }
        environment
    }

    /// A handle on the state that outlives the server.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }
}

impl Deref for Server {
    type Target = State;

    fn deref(&self) -> &State {
        &self.state
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the thread has been printed there already.
            let _ = thread.join();
        }
    }
}

async fn accept(listener: StdListener, router: Router, acceptor: Option<TlsAcceptor>, scheme: &'static str) {
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let connection = Connection { scheme, peer };
                tokio::spawn(serve(stream, router.clone(), acceptor.clone(), connection));
            }
            // Out of file descriptors, say: give others time to close theirs instead of spinning.
            Err(_) => time::sleep(ACCEPT_PAUSE).await,
        }
    }
}

/// Serves one connection to its end. An error on it is the peer's business, or what a fault asked for.
async fn serve(stream: TcpStream, router: Router, acceptor: Option<TlsAcceptor>, connection: Connection) {
    // Small answers must not wait for the peer's delayed acknowledgement.
    let _ = stream.set_nodelay(true);
    let reset = Arc::new(AtomicBool::new(false));
    let line = Line { stream, reset: reset.clone() };
    match acceptor {
        None => speak(line, router, connection, reset).await,
        Some(acceptor) => {
            if let Ok(Ok(stream)) = time::timeout(HANDSHAKE_LIMIT, acceptor.accept(line)).await {
                speak(stream, router, connection, reset).await;
            }
        }
    }
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + 'static,
    router: Router,
    connection: Connection,
    reset: Arc<AtomicBool>,
) {
    let service = service_fn(move |mut request: Request<Incoming>| {
        let (router, reset) = (router.clone(), reset.clone());
        async move {
            request.extensions_mut().insert(connection);
            let response: Response<Body> = router.oneshot(request).await.unwrap_or_else(|never| match never {});
            if response.extensions().get::<Severed>().is_some() {
                reset.store(true, Ordering::Relaxed);
                return Err(io::Error::from(io::ErrorKind::ConnectionReset));
            }
            Ok(response)
        }
    });
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// A stream that can end in a reset instead of an orderly close.
struct Line {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.reset.load(Ordering::Relaxed) {
            // Where this fails the peer sees an early end instead of a reset.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.reset.load(Ordering::Relaxed) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// A handshake takes milliseconds; whoever takes longer is not speaking TLS.
const HANDSHAKE_LIMIT: Duration = Duration::from_secs(10);

const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
