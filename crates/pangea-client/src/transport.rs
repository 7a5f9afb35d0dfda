//! Carries requests over HTTP: one attempt, and the loop of attempts around it.

use std::{error::Error as StdError, io, sync::OnceLock, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::{
    Method,
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, USER_AGENT},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tokio::sync::{Semaphore, SemaphorePermit};
use url::{Url, form_urlencoded};

use crate::{
    answer::{self, Reply},
    config::{self, Config},
    deadline::Deadline,
    error::{Failure, Kind, Reached, Told},
    request::Repeat,
    retry::{self, CoolDowns},
    scrub::Scrub,
};

/// The largest body that is read, in bytes: thousands of objects on one page, and no threat to memory.
const MAX_BODY_BYTES: usize = 8 * 1024 * 1024;

/// How long connecting may take, within the limit for the whole attempt.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// What one attempt sends.
pub(crate) struct Parcel {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) payload: Payload,
    pub(crate) proof: Proof,
}

/// The body.
pub(crate) enum Payload {
    Nothing,
    Json(Value),
    Form(Vec<(&'static str, Field)>),
}

/// One field of a form.
pub(crate) enum Field {
    Plain(String),
    Secret(SecretString),
}

/// Who sends it.
pub(crate) enum Proof {
    Nobody,
    Bearer(SecretString),
    Basic { client_id: String, client_secret: SecretString },
}

impl Parcel {
    /// Host and port, as errors and cool-downs name it.
    pub(crate) fn host(&self) -> &str {
        &self.url[url::Position::BeforeHost..url::Position::AfterPort]
    }

    /// What the answer must be cleaned of, besides the secrets of the configuration.
    fn secrets(&self) -> impl Iterator<Item = &SecretString> {
        let form: &[_] = if let Payload::Form(fields) = &self.payload { fields } else { &[] };
        let fields =
            form.iter().filter_map(|(_, field)| if let Field::Secret(secret) = field { Some(secret) } else { None });
        let proof = match &self.proof {
            Proof::Nobody => None,
            Proof::Bearer(token) => Some(token),
            Proof::Basic { client_secret, .. } => Some(client_secret),
        };
        fields.chain(proof)
    }

    /// The request as it goes over the wire. This is the one place where secrets leave their type.
    fn to_wire(&self, client: &reqwest::Client, config: &Config, limit: Duration) -> Result<reqwest::Request, Failure> {
        let mut builder = client
            .request(self.method.clone(), self.url.clone())
            .timeout(limit)
            .header(USER_AGENT, &config.user_agent)
            .header(ACCEPT, "application/json");
        let authorization = match &self.proof {
            Proof::Nobody => None,
            Proof::Bearer(token) => Some(format!("Bearer {}", token.expose_secret())),
            // As Pangea's guide does it, without RFC 6749's form encoding first: ids and secrets need none.
            Proof::Basic { client_id, client_secret } => Some(format!(
                "Basic {}",
                BASE64_STANDARD.encode(format!("{client_id}:{}", client_secret.expose_secret()))
            )),
        };
        if let Some(authorization) = authorization {
            let unusable =
                |_| Failure::new(Kind::InvalidConfig, "the token or secret holds characters that no header can carry");
            let mut value = HeaderValue::from_str(&authorization).map_err(unusable)?;
            value.set_sensitive(true);
            builder = builder.header(AUTHORIZATION, value);
        }
        builder = match &self.payload {
            Payload::Nothing => builder,
            Payload::Json(json) => builder.header(CONTENT_TYPE, "application/json").body(json.to_string()),
            Payload::Form(fields) => {
                let mut form = form_urlencoded::Serializer::new(String::new());
                for (key, field) in fields {
                    form.append_pair(
                        key,
                        match field {
                            Field::Plain(text) => text,
                            Field::Secret(secret) => secret.expose_secret(),
                        },
                    );
                }
                builder.header(CONTENT_TYPE, "application/x-www-form-urlencoded").body(form.finish())
            }
        };
        builder.build().map_err(|error| {
            Failure::new(Kind::InvalidConfig, "the request cannot be built").caused_by(error.without_url())
        })
    }
}

/// What one call has cost so far, and until when it must be over.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Course {
    pub(crate) attempts: u32,
    pub(crate) retries: u32,
    pub(crate) waited: Duration,
    pub(crate) deadline: Deadline,
}

impl Course {
    /// That of a call which has not begun.
    pub(crate) fn until(deadline: Deadline) -> Course {
        Course { deadline, ..Course::default() }
    }

    /// That of a single attempt, which is the `nth` at something.
    pub(crate) fn attempt(nth: u32) -> Course {
        Course { attempts: nth, ..Course::default() }
    }
}

/// The connections, and what all callers share to be polite.
pub(crate) struct Transport {
    pub(crate) config: Config,
    routes: [OnceLock<reqwest::Client>; 3],
    slots: Semaphore,
    cool_downs: CoolDowns,
}

impl Transport {
    /// Does no I/O: connections, and the certificates they need, are made ready when the first request needs them.
    pub(crate) fn new(config: Config) -> Result<Transport, Failure> {
        config.check()?;
        config.ca_certificate_pem.as_deref().map(config::certificates).transpose()?;
        config.proxy_url.as_ref().map(config::proxy).transpose()?;
        let slots = Semaphore::new(config.max_concurrent_requests.min(Semaphore::MAX_PERMITS));
        Ok(Transport { config, routes: Default::default(), slots, cool_downs: CoolDowns::default() })
    }

    /// Sends a parcel until an answer is understood, or until no further attempt is allowed.
    pub(crate) async fn deliver<T>(
        &self,
        parcel: &Parcel,
        repeat: Repeat,
        course: &mut Course,
        read: impl Fn(&Reply, &Scrub) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let host = parcel.host();
        loop {
            let slot = self.turn(host, course).await?;
            course.attempts = course.attempts.saturating_add(1);
            let outcome = self.attempt(parcel, course, &read).await;
            drop(slot);
            let failure = match outcome {
                Ok(value) => return Ok(value),
                Err(failure) => failure,
            };
            if let Some(pause) = failure.pause {
                self.cool_downs.extend(host, self.config.clock.now().checked_add(pause));
            }
            if course.retries >= self.config.max_retries || !retry::may_repeat(&failure, repeat) {
                return Err(retry::settle(failure, repeat));
            }
            let wait = match failure.pause {
                Some(pause) if !pause.is_zero() => pause,
                _ => retry::backoff(course.retries, rand::random()),
            };
            course.retries += 1;
            self.wait(wait, course, || failure).await?;
        }
    }

    /// One attempt: sends, reads the body, logs a line.
    pub(crate) async fn attempt<T>(
        &self,
        parcel: &Parcel,
        course: &Course,
        read: &impl Fn(&Reply, &Scrub) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let attempt = course.attempts;
        let start = self.config.clock.now();
        let reply = self.exchange(parcel, course.deadline).await;
        let duration_ms = self.config.clock.now().saturating_duration_since(start).as_millis() as u64;
        let (method, host, path) = (parcel.method.as_str(), parcel.host(), parcel.url.path());
        match reply {
            Ok(reply) => {
                let request_id = answer::request_id(&reply.headers);
                tracing::debug!(
                    method,
                    host,
                    path,
                    status = reply.status,
                    duration_ms,
                    attempt,
                    request_id,
                    "request answered"
                );
                read(&reply, &Scrub::of(self.config.secrets().chain(parcel.secrets())))
            }
            Err(failure) => {
                tracing::debug!(
                    method,
                    host,
                    path,
                    duration_ms,
                    attempt,
                    reason = failure.what,
                    "request not answered"
                );
                Err(failure)
            }
        }
    }

    /// Waits, unless the call has waited enough or the stop signal fires. `failure` is what the wait is for.
    pub(crate) async fn wait(
        &self,
        wait: Duration,
        course: &mut Course,
        failure: impl FnOnce() -> Failure,
    ) -> Result<(), Failure> {
        if wait.is_zero() {
            return Ok(());
        }
        if course.waited.saturating_add(wait) > retry::MAX_TOTAL_WAIT {
            let failure = failure();
            let what = format!(
                "{}; the next attempt would be in {} s, and no call waits longer than {} s in all",
                failure.what,
                wait.as_secs(),
                retry::MAX_TOTAL_WAIT.as_secs()
            );
            return Err(Failure { what, ..failure });
        }
        if wait > course.deadline.remaining(self.config.clock.now()) {
            let failure = failure();
            let what = format!(
                "{}; the next attempt would be in {} s, after the operation's time limit of {}",
                failure.what,
                wait.as_secs_f64(),
                course.deadline.limit()
            );
            return Err(Failure { what, overdue: true, ..failure });
        }
        tokio::select! {
            biased;
            () = self.config.stop.signalled() => {
                let failure = failure();
                let what = format!("stopped while waiting to try again; before that, {}", failure.what);
                Err(Failure { kind: Kind::Stopped, what, ..failure })
            }
            () = self.config.clock.sleep(wait) => {
                course.waited += wait;
                Ok(())
            }
        }
    }

    /// Waits until the host may be asked and a slot is free, as long as there is time. The queue for a slot moves at least once per
    /// request timeout.
    async fn turn(&self, host: &str, course: &mut Course) -> Result<SemaphorePermit<'_>, Failure> {
        loop {
            let remaining = self.cool_downs.remaining(host, self.config.clock.now());
            self.wait(remaining, course, || Failure::new(Kind::RateLimited, "the host asked all callers to wait"))
                .await?;
            let slot = tokio::select! {
                biased;
                slot = course.deadline.cut(&*self.config.clock, self.slots.acquire()) => slot?.map_err(|_| stopped())?,
                () = self.config.stop.signalled() => return Err(stopped()),
            };
            let now = self.config.clock.now();
            if course.deadline.remaining(now).is_zero() {
                return Err(course.deadline.over());
            }
            // While this caller queued, another may have been told to wait.
            if self.cool_downs.remaining(host, now).is_zero() {
                return Ok(slot);
            }
        }
    }

    async fn exchange(&self, parcel: &Parcel, deadline: Deadline) -> Result<Reply, Failure> {
        let client = self.route(&parcel.url)?;
        let remaining = deadline.remaining(self.config.clock.now());
        let limit = remaining.min(self.config.request_timeout);
        let request = parcel.to_wire(client, &self.config, limit)?;
        let broken = |error| match broken(error, limit) {
            failure if failure.kind == Kind::Timeout && remaining == limit => {
                let what =
                    format!("no whole answer before the operation's time limit of {} was over", deadline.limit());
                Failure { what, overdue: true, ..failure }
            }
            failure => failure,
        };
        let mut response = client.execute(request).await.map_err(broken)?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if body.len() + chunk.len() > MAX_BODY_BYTES {
                let what = format!("the answer ({status}) is larger than {MAX_BODY_BYTES} bytes");
                return Err(Failure {
                    status: Some(status),
                    told: Told::id(answer::request_id(&headers)),
                    reached: Reached::Unknown,
                    ..Failure::new(Kind::Malformed, what)
                });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Reply { status, headers, body })
    }

    /// The connections for an address, made ready the first time.
    fn route(&self, url: &Url) -> Result<&reqwest::Client, Failure> {
        let route = match (config::is_loopback(url), url.scheme()) {
            (true, "http") => Route::LoopbackPlain,
            (true, _) => Route::LoopbackTls,
            (false, _) => Route::Outward,
        };
        let cell = &self.routes[route as usize];
        if let Some(client) = cell.get() {
            return Ok(client);
        }
        let client = route.client(&self.config)?;
        Ok(cell.get_or_init(|| client))
    }
}

/// The three kinds of connections.
#[derive(Clone, Copy)]
enum Route {
    /// Needs no certificates, so none are read from the disk.
    LoopbackPlain,
    LoopbackTls,
    Outward,
}

impl Route {
    fn client(self, config: &Config) -> Result<reqwest::Client, Failure> {
        // The whole process uses ring; where it was installed already, that is the one that is meant.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            // Every attempt is counted here, so none is made behind this crate's back.
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT_TIMEOUT.min(config.request_timeout));
        builder = match self {
            // A proxy would get the bearer token of every loopback call. The name is pinned, since a resolver may send
            // it elsewhere.
            Route::LoopbackPlain | Route::LoopbackTls => {
                let this_machine = [([127, 0, 0, 1], 0).into(), (std::net::Ipv6Addr::LOCALHOST, 0).into()];
                builder.no_proxy().resolve_to_addrs("localhost", &this_machine)
            }
            Route::Outward => match &config.proxy_url {
                Some(address) => builder.proxy(config::proxy(address)?),
                None => builder,
            },
        };
        builder = match (self, &config.ca_certificate_pem) {
            (Route::LoopbackPlain, _) => builder.tls_certs_only([]),
            (_, Some(pem)) => builder.tls_certs_merge(config::certificates(pem)?),
            (_, None) => builder,
        };
        builder.build().map_err(|error| {
            Failure::new(Kind::InvalidConfig, "the HTTP client cannot be set up").caused_by(error.without_url())
        })
    }
}

/// Sorts a failure of the connection.
fn broken(error: reqwest::Error, timeout: Duration) -> Failure {
    let error = error.without_url();
    let lasting = chain(&error).any(is_untrusted);
    let (kind, what, reached) = if error.is_connect() {
        let what = match () {
            () if error.is_timeout() => {
                format!("no connection within {} s", CONNECT_TIMEOUT.min(timeout).as_secs_f64())
            }
            () if error.is_dns() => "the host's name cannot be resolved".to_owned(),
            () if lasting => "the host's certificate is not trusted".to_owned(),
            () => "no connection could be made".to_owned(),
        };
        (Kind::Unreachable, what, Reached::Refused)
    } else if error.is_timeout() {
        (Kind::Timeout, format!("no whole answer within {} s", timeout.as_secs_f64()), Reached::Unknown)
    } else {
        (Kind::Unreachable, "the connection broke before the whole answer was there".to_owned(), Reached::Unknown)
    };
    Failure { lasting, reached, ..Failure::new(kind, what).caused_by(error) }
}

/// An error and its causes. An `io::Error` hides what it wraps from `source`, so that is looked at too.
fn chain<'e>(error: &'e (dyn StdError + 'static)) -> impl Iterator<Item = &'e (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |&error| {
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        wrapped.map(|wrapped| wrapped as &(dyn StdError + 'static)).or_else(|| error.source())
    })
}

fn is_untrusted(error: &(dyn StdError + 'static)) -> bool {
    matches!(error.downcast_ref(), Some(rustls::Error::InvalidCertificate(_)))
}

fn stopped() -> Failure {
    Failure::new(Kind::Stopped, "stopped while waiting for other requests to finish, before anything was sent")
}
