//! A scripted HTTP server on a free port, a clock that never sleeps, and a client that uses both.

use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    sync::{Barrier, Notify},
    time::Instant,
};

use crate::{Api, AuthMethod, BaseUrl, Clock, Config, Credentials, Stop};

pub(super) const CLIENT_ID: &str = "psa_abcdefghijklmnopqrstuvwxyz234567";
pub(super) const CLIENT_SECRET: &str = "pck_abcdefghijklmnopqrstuvwxyz234567";
pub(super) const TOKEN_PATH: &str = "/authorization.access/v1beta/oauth/token";
pub(super) const REVOKE_PATH: &str = "/authorization.access/v1beta/oauth/token/revoke";

/// A client as the service answers it.
pub(super) const CLIENT: &str = r#"{"client_id":"psa_a","client_name":"one","scope":"b a"}"#;

/// One request as the server saw it.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// `POST /path?query`.
    pub(super) line: String,
    pub(super) headers: String,
    pub(super) body: String,
}

impl Call {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.headers.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }
}

/// What the server does with a request.
#[derive(Clone)]
pub(super) enum Reaction {
    Answer {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: Vec<u8>,
    },
    /// Sends these bytes as they are and closes.
    Bytes(Vec<u8>),
    /// Closes without an answer.
    Close,
    /// Never answers.
    Hang,
    /// Answers with a client once as many as the barrier asks for have come.
    Meet(Arc<Barrier>),
}

pub(super) fn json(status: u16, body: &str) -> Reaction {
    Reaction::Answer { status, headers: vec![("content-type", "application/json".into())], body: body.into() }
}

impl Reaction {
    pub(super) fn with(self, name: &'static str, value: impl Into<String>) -> Reaction {
        match self {
            Reaction::Answer { status, mut headers, body } => {
                headers.push((name, value.into()));
                Reaction::Answer { status, headers, body }
            }
            other => other,
        }
    }
}

pub(super) type Script = Box<dyn FnMut(&Call) -> Option<Reaction> + Send>;

#[derive(Clone)]
pub(super) struct Server {
    pub(super) address: String,
    calls: Arc<Mutex<Vec<Call>>>,
    peak: Arc<Mutex<(usize, usize)>>,
}

impl Server {
    /// Answers what the script leaves open with a fresh token (token endpoint) or a client (anything else).
    pub(super) async fn start(script: impl FnMut(&Call) -> Option<Reaction> + Send + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Server::at(listener.local_addr().unwrap().to_string());
        let (shared, script) = (server.clone(), Arc::new(Mutex::new(Box::new(script) as Script)));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(shared.clone().serve(stream, script.clone()));
            }
        });
        server
    }

    /// One that has seen nothing; its caller accepts the connections.
    pub(super) fn at(address: String) -> Server {
        Server { address, calls: Arc::default(), peak: Arc::default() }
    }

    /// The requests so far, without those for tokens.
    pub(super) fn calls(&self) -> Vec<Call> {
        self.all().into_iter().filter(|call| !call.line.contains("/oauth/token")).collect()
    }

    pub(super) fn token_calls(&self) -> Vec<Call> {
        self.all().into_iter().filter(|call| call.line == format!("POST {TOKEN_PATH}")).collect()
    }

    pub(super) fn all(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    /// The largest number of requests that were with the server at one time.
    pub(super) fn peak(&self) -> usize {
        self.peak.lock().unwrap().1
    }

    pub(super) async fn serve(self, mut stream: impl AsyncRead + AsyncWrite + Unpin, script: Arc<Mutex<Script>>) {
        let Some(call) = read(&mut stream).await else { return };
        let reaction = {
            let mut calls = self.calls.lock().unwrap();
            calls.push(call.clone());
            let tokens = calls.iter().filter(|call| call.line.ends_with(TOKEN_PATH)).count();
            let token =
                format!(r#"{{"access_token":"pts_{tokens}","token_type":"Bearer","expires_in":3599,"scope":""}}"#);
            let fallback = if call.line.ends_with(TOKEN_PATH) { json(200, &token) } else { json(200, CLIENT) };
            (script.lock().unwrap())(&call).unwrap_or(fallback)
        };
        self.enter();
        let bytes = match reaction {
            Reaction::Answer { status, headers, body } => answer(status, &headers, &body),
            Reaction::Bytes(bytes) => bytes,
            Reaction::Close => Vec::new(),
            Reaction::Hang => std::future::pending().await,
            Reaction::Meet(barrier) => {
                barrier.wait().await;
                answer(200, &[], CLIENT.as_bytes())
            }
        };
        self.peak.lock().unwrap().0 -= 1;
        let _ = stream.write_all(&bytes).await;
        let _ = stream.shutdown().await;
    }

    fn enter(&self) {
        let mut peak = self.peak.lock().unwrap();
        peak.0 += 1;
        peak.1 = peak.1.max(peak.0);
    }
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Call> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let (line, headers) = head.split_once("\r\n").unwrap_or((head, ""));
            let line = line.trim_end_matches(" HTTP/1.1").to_owned();
            let call = Call { line, headers: headers.to_owned(), body: body.to_owned() };
            let length = call.header("content-length").map_or(0, |value| value.parse().unwrap());
            if body.len() >= length {
                return Some(call);
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}

fn answer(status: u16, headers: &[(&'static str, String)], body: &[u8]) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} X\r\nconnection: close\r\n");
    if status != 204 {
        head += &format!("content-length: {}\r\n", body.len());
    }
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    [head.as_bytes(), b"\r\n", body].concat()
}

/// A clock on which every wait is over at once, but counted. A stuck one never ends a wait.
pub(super) struct FakeClock {
    now: Mutex<Instant>,
    slept: Mutex<Vec<Duration>>,
    stuck: bool,
    /// Told at each wait.
    waiting: Notify,
}

impl FakeClock {
    pub(super) fn new(stuck: bool) -> Arc<FakeClock> {
        Arc::new(FakeClock { now: Mutex::new(Instant::now()), slept: Mutex::default(), stuck, waiting: Notify::new() })
    }

    pub(super) fn advance(&self, duration: Duration) {
        *self.now.lock().unwrap() += duration;
    }

    /// Comes back once the client waits; the limit only ends a test that fails.
    pub(super) async fn until_waiting(&self) {
        tokio::time::timeout(Duration::from_secs(10), self.waiting.notified()).await.expect("the client does not wait");
    }

    pub(super) fn slept(&self) -> Vec<Duration> {
        self.slept.lock().unwrap().clone()
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Instant {
        *self.now.lock().unwrap()
    }

    /// 2023-11-14 22:13:20 UTC, for ever.
    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        self.slept.lock().unwrap().push(duration);
        self.waiting.notify_one();
        if self.stuck {
            return Box::pin(std::future::pending());
        }
        self.advance(duration);
        Box::pin(std::future::ready(()))
    }
}

/// A server, a clock, and a client of both.
pub(super) struct World {
    pub(super) server: Server,
    pub(super) clock: Arc<FakeClock>,
    pub(super) stop: Stop,
    pub(super) api: Api,
}

impl World {
    pub(super) async fn start(script: impl FnMut(&Call) -> Option<Reaction> + Send + 'static) -> World {
        World::with(script, |config| config).await
    }

    /// Answers with these reactions, one a call; those for tokens don't count, and after the last all is well.
    pub(super) async fn answering(reactions: impl IntoIterator<Item = Reaction> + 'static) -> World {
        World::start(in_turn(reactions)).await
    }

    pub(super) async fn with(
        script: impl FnMut(&Call) -> Option<Reaction> + Send + 'static,
        change: impl FnOnce(Config) -> Config,
    ) -> World {
        World::on(FakeClock::new(false), script, change).await
    }

    pub(super) async fn on(
        clock: Arc<FakeClock>,
        script: impl FnMut(&Call) -> Option<Reaction> + Send + 'static,
        change: impl FnOnce(Config) -> Config,
    ) -> World {
        let server = Server::start(script).await;
        let stop = Stop::new();
        let config = Config {
            base_url: BaseUrl::Template(format!("http://{}/{{SERVICE_NAME}}", server.address)),
            credentials: login(AuthMethod::Basic),
            stop: stop.clone(),
            clock: clock.clone(),
            ..Config::default()
        };
        World { api: Api::new(change(config)).unwrap(), server, clock, stop }
    }
}

pub(super) fn in_turn(
    reactions: impl IntoIterator<Item = Reaction> + 'static,
) -> impl FnMut(&Call) -> Option<Reaction> + Send {
    let mut reactions: VecDeque<_> = reactions.into_iter().collect();
    move |call| if call.line.contains("/oauth/token") { None } else { reactions.pop_front() }
}

pub(super) fn login(auth_method: AuthMethod) -> Credentials {
    Credentials::ClientCredentials {
        client_id: CLIENT_ID.into(),
        client_secret: CLIENT_SECRET.into(),
        auth_method,
        scopes: None,
    }
}
