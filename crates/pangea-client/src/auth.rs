//! The access token: minted when first needed, shared, refreshed, and revoked at the end.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use tokio::{
    sync::{Mutex, MutexGuard},
    time::Instant,
};
use url::Url;

use crate::{
    answer::{self, Answer, Reply},
    config::{AuthMethod, Config, Credentials},
    deadline::Deadline,
    error::{Error, Failure, Kind, Result, Told},
    lenient,
    request::{Bearer, Decode, Repeat, Service, Style},
    scrub::Scrub,
    transport::{Course, Field, Parcel, Payload, Proof, Transport},
};

/// How long before its expiry a token is replaced: more than the longest attempt with default limits, so that a token
/// does not die on the way.
const REFRESH_SLACK: Duration = Duration::from_secs(60);

/// A token that lives shorter than four times the slack is replaced when three quarters of its life are over, since
/// otherwise one that lives a minute would be replaced at every call.
const SLACK_FRACTION: u32 = 4;

/// How many tokens that were replaced before their end are remembered for their revocation. Each more simply expires.
const MAX_RETIRED: usize = 16;

/// The tokens of one login.
#[derive(Default)]
pub(crate) struct Auth {
    /// Held while a token is minted, so that callers who come meanwhile wait for it and mint none of their own.
    state: Mutex<State>,
    /// How many mints have failed, so that those who waited for one share its failure.
    failures: AtomicU64,
    closed: AtomicBool,
}

#[derive(Default)]
struct State {
    current: Option<Token>,
    retired: Vec<Token>,
    last_failure: Option<Error>,
    minted: u64,
}

struct Token {
    value: SecretString,
    refresh_at: Option<Instant>,
    expires_at: Option<Instant>,
    scopes: Option<BTreeSet<String>>,
    number: u64,
}

/// A token in a caller's hand.
pub(crate) struct Held {
    /// `None` for a call that needs none.
    value: Option<SecretString>,
    /// Which of the minted ones it is; `None` for one that was configured and cannot be replaced.
    number: Option<u64>,
}

impl Held {
    /// How a request shows it.
    pub(crate) fn proof(&self) -> Proof {
        self.value.clone().map_or(Proof::Nobody, Proof::Bearer)
    }

    /// Whether another can be minted in its place.
    pub(crate) fn is_minted(&self) -> bool {
        self.number.is_some()
    }
}

impl Auth {
    /// The token for a call. `context` makes the error of a call for which nothing is configured.
    pub(crate) async fn bearer(
        &self,
        transport: &Transport,
        whose: Bearer,
        service: Service,
        deadline: Deadline,
        context: impl FnOnce(Failure) -> Error,
    ) -> Result<Held> {
        let config = &transport.config;
        let configured = |value: &SecretString| Held { value: Some(value.clone()), number: None };
        if whose == Bearer::Nobody {
            return Ok(Held { value: None, number: None });
        }
        if whose == Bearer::Service
            && let Some(token) = config.service_tokens.get(service.name()).or(config.service_token.as_ref())
        {
            return Ok(configured(token));
        }
        match &config.credentials {
            Credentials::ClientCredentials { .. } if self.closed.load(Ordering::Acquire) => {
                Err(context(Failure::new(Kind::Stopped, "the client was shut down")))
            }
            Credentials::ClientCredentials { client_id, client_secret, auth_method, scopes } => {
                let login = Login { client_id, client_secret, auth_method: *auth_method, scopes: scopes.as_ref() };
                self.minted(transport, &login, deadline).await
            }
            Credentials::AccessToken(token) => Ok(configured(token)),
            Credentials::None => Err(context(Failure::new(
                Kind::MissingCredentials,
                "it needs a token, and no credentials are configured",
            ))),
        }
    }

    /// Drops a token that was answered with a 401, unless it was replaced meanwhile. It may be alive all the same, where one
    /// service or a gateway refused it, so it is revoked in the end.
    pub(crate) async fn reject(&self, held: &Held, now: Instant) {
        let mut state = self.state.lock().await;
        if state.current.as_ref().map(|token| token.number) == held.number {
            state.retire(now);
        }
    }

    /// The scopes that the login's token was granted, as the token endpoint said; where there is no token yet, one is asked for in
    /// one attempt. `None` where nobody said, where none could be had, and with a ready token.
    pub(crate) async fn granted_scopes(&self, transport: &Transport) -> Option<BTreeSet<String>> {
        let login = Login::configured(&transport.config).filter(|_| !self.closed.load(Ordering::Acquire))?;
        let state = self.in_one_attempt(transport, &login, false).await?;
        state.current.as_ref()?.scopes.clone().or_else(|| login.scopes.cloned())
    }

    /// Lets the next call mint a new token. The old one may still be on its way elsewhere, so it is revoked only at the end.
    pub(crate) async fn forget(&self, now: Instant) {
        self.state.lock().await.retire(now);
    }

    /// Revokes every token of the login that was minted and may still live, and mints no more. What cannot be revoked in time
    /// expires.
    pub(crate) async fn close(&self, transport: &Transport, limit: Duration) {
        self.closed.store(true, Ordering::Release);
        if let Some(login) = Login::configured(&transport.config) {
            self.revoke_all(transport, &login, limit).await;
        }
    }

    /// Revokes every token that was minted for this login and may still live.
    pub(crate) async fn revoke_all(&self, transport: &Transport, login: &Login<'_>, limit: Duration) {
        let revoke_all = async {
            let mut state = self.state.lock().await;
            state.retire(transport.config.clock.now());
            let tokens = std::mem::take(&mut state.retired);
            drop(state);
            futures_util::future::join_all(tokens.iter().map(|token| revoke(transport, login, &token.value))).await;
        };
        if tokio::time::timeout(limit, revoke_all).await.is_err() {
            tracing::warn!("access tokens could not be revoked in time; they live until they expire");
        }
    }

    /// A token of the login for a call at the very end: the one in use, or one more, in one attempt and outside the limit on
    /// concurrent requests. `fresh` asks for one more in any case.
    pub(crate) async fn for_the_end(&self, transport: &Transport, fresh: bool) -> Option<SecretString> {
        if let Credentials::AccessToken(token) = &transport.config.credentials {
            return Some(token.clone());
        }
        let login = Login::configured(&transport.config)?;
        let state = self.in_one_attempt(transport, &login, fresh).await?;
        state.current.as_ref().map(|token| token.value.clone())
    }

    /// The state with a token of the login in it, which lives: the one in use, or one more, asked for in one attempt and outside the
    /// limit on concurrent requests.
    async fn in_one_attempt(
        &self,
        transport: &Transport,
        login: &Login<'_>,
        fresh: bool,
    ) -> Option<MutexGuard<'_, State>> {
        let mut state = self.state.lock().await;
        let now = transport.config.clock.now();
        let lives = |token: &Token| !fresh && token.expires_at.is_none_or(|then| now < then);
        if !state.current.as_ref().is_some_and(lives) {
            state.retire(now);
            let parcel = login.token_request(&transport.config).ok()?;
            let read = |reply: &_, scrub: &_| read_grant(transport, reply, scrub);
            let grant = transport.attempt(&parcel, &Course::attempt(1), &read).await.ok()?;
            state.minted += 1;
            let number = state.minted;
            state.current = Some(grant.token(now, number));
        }
        Some(state)
    }

    /// A token of the login: the one in use, or another one once that nears its end.
    pub(crate) async fn minted(&self, transport: &Transport, login: &Login<'_>, deadline: Deadline) -> Result<Held> {
        let failures_before = self.failures.load(Ordering::Acquire);
        let late = |failure| Error::new(failure, "POST token endpoint", "");
        let mut state = deadline.cut(&*transport.config.clock, self.state.lock()).await.map_err(late)?;
        let now = transport.config.clock.now();
        if let Some(token) = state.current.as_ref().filter(|token| token.refresh_at.is_none_or(|then| now < then)) {
            return Ok(Held { value: Some(token.value.clone()), number: Some(token.number) });
        }
        if self.failures.load(Ordering::Acquire) > failures_before
            && let Some(failure) = &state.last_failure
        {
            return Err(failure.clone());
        }
        state.retire(now);
        match mint(transport, login, deadline).await {
            Ok(grant) => {
                state.minted += 1;
                let token = grant.token(now, state.minted);
                let held = Held { value: Some(token.value.clone()), number: Some(token.number) };
                state.current = Some(token);
                state.last_failure = None;
                Ok(held)
            }
            // Whoever waited for this one may have more time.
            Err(error) if error.is_overdue() => Err(error),
            Err(error) => {
                state.last_failure = Some(error.clone());
                self.failures.fetch_add(1, Ordering::Release);
                Err(error)
            }
        }
    }
}

impl State {
    fn retire(&mut self, now: Instant) {
        self.retired.extend(self.current.take());
        self.retired.retain(|token| token.expires_at.is_none_or(|then| now < then));
        let surplus = self.retired.len().saturating_sub(MAX_RETIRED);
        self.retired.drain(..surplus);
    }
}

/// Who asks for a token.
#[derive(Clone)]
pub(crate) struct Login<'c> {
    pub(crate) client_id: &'c str,
    pub(crate) client_secret: &'c SecretString,
    pub(crate) auth_method: AuthMethod,
    pub(crate) scopes: Option<&'c BTreeSet<String>>,
}

impl<'c> Login<'c> {
    /// The one that is configured, unless it is a ready token or nobody.
    pub(crate) fn configured(config: &'c Config) -> Option<Login<'c>> {
        match &config.credentials {
            Credentials::ClientCredentials { client_id, client_secret, auth_method, scopes } => {
                Some(Login { client_id, client_secret, auth_method: *auth_method, scopes: scopes.as_ref() })
            }
            Credentials::AccessToken(_) | Credentials::None => None,
        }
    }

    pub(crate) fn parcel(&self, url: Url, mut form: Vec<(&'static str, Field)>) -> Parcel {
        let (client_id, client_secret) = (self.client_id.to_owned(), self.client_secret.clone());
        let proof = match self.auth_method {
            AuthMethod::Basic => Proof::Basic { client_id, client_secret },
            AuthMethod::Post => {
                form.push(("client_id", Field::Plain(client_id)));
                form.push(("client_secret", Field::Secret(client_secret)));
                Proof::Nobody
            }
        };
        Parcel { method: Method::POST, url, payload: Payload::Form(form), proof }
    }

    fn token_request(&self, config: &Config) -> std::result::Result<Parcel, Failure> {
        let mut form = vec![("grant_type", Field::Plain("client_credentials".to_owned()))];
        if let Some(scopes) = self.scopes.filter(|scopes| !scopes.is_empty()) {
            form.push(("scope", Field::Plain(lenient::scope_text(scopes))));
        }
        Ok(self.parcel(config.token_endpoint()?, form))
    }
}

/// A token as the token endpoint grants it.
#[derive(Deserialize)]
pub(crate) struct Grant {
    pub(crate) access_token: SecretString,
    token_type: Option<String>,
    /// Seconds. Without it a token is used until it is refused.
    #[serde(default)]
    pub(crate) expires_in: Value,
    /// What was granted. Where the server leaves it out, it is what was asked for (RFC 6749, 5.1).
    pub(crate) scope: Option<String>,
}

impl Grant {
    /// `asked_at` is when the request was sent, so that its time on the way counts as part of its life.
    fn token(self, asked_at: Instant, number: u64) -> Token {
        let life = self.expires_in.as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let after = |life: Duration| asked_at.checked_add(life);
        Token {
            refresh_at: life.and_then(|life| after(life - REFRESH_SLACK.min(life / SLACK_FRACTION))),
            expires_at: life.and_then(after),
            scopes: self.scope.map(|scope| scope.split_whitespace().map(str::to_owned).collect()),
            value: self.access_token,
            number,
        }
    }
}

pub(crate) async fn mint(transport: &Transport, login: &Login<'_>, deadline: Deadline) -> Result<Grant> {
    let parcel =
        login.token_request(&transport.config).map_err(|failure| Error::new(failure, "POST token endpoint", ""))?;
    let mut course = Course::until(deadline);
    let read = |reply: &_, scrub: &_| read_grant(transport, reply, scrub);
    transport.deliver(&parcel, Repeat::Freely, &mut course, read).await.map_err(|failure| {
        let request = format!("{} token endpoint {}", parcel.method, parcel.url.path());
        Error::new(of_login(failure), request, parcel.host()).tried(course.attempts, course.waited)
    })
}

fn read_grant(transport: &Transport, reply: &Reply, scrub: &Scrub) -> std::result::Result<Grant, Failure> {
    match answer::read(reply, Style::Rest, Decode::Json(grant), scrub, transport.config.clock.wall())? {
        Answer::Done(grant) => Ok(grant),
        Answer::Accepted { .. } => {
            Err(Failure::new(Kind::Malformed, "the token endpoint put the answer off, which OAuth does not know"))
        }
    }
}

/// What a failure of one of the token endpoints means. Above all, its 404 says that an address is wrong and nothing about the
/// object whose call needed the token.
pub(crate) fn of_login(failure: Failure) -> Failure {
    let kind = match failure.kind {
        Kind::Unauthorized => Kind::InvalidClient,
        Kind::NotFound => Kind::Other,
        kind => kind,
    };
    let told = Box::new(Told { errors: Vec::new(), ..*failure.told });
    Failure { kind, told, ..failure }
}

fn grant(answer: Value) -> serde_json::Result<Grant> {
    let grant: Grant = serde_json::from_value(answer)?;
    let usable = !grant.access_token.expose_secret().is_empty()
        && grant.token_type.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"));
    if usable { Ok(grant) } else { Err(serde::de::Error::custom("not a bearer token")) }
}

/// Revokes one token, in one attempt and outside the limit on concurrent requests.
async fn revoke(transport: &Transport, login: &Login<'_>, token: &SecretString) {
    let Ok(url) = transport.config.revocation_endpoint() else { return };
    let parcel = login.parcel(url, vec![("token", Field::Secret(token.clone()))]);
    let wall = transport.config.clock.wall();
    let read = |reply: &_, scrub: &_| answer::read(reply, Style::Rest, Decode::Nothing(|| ()), scrub, wall);
    if let Err(failure) = transport.attempt(&parcel, &Course::attempt(1), &read).await {
        tracing::debug!(reason = failure.what, "an access token was not revoked; it lives until it expires");
    }
}
