//! Acting as another client: its secret, given or made for as long as this handle lives, and its tokens.
//!
//! A secret that is made here is short-lived and stands in memory alone. It is renewed as long as the handle lives, so that its
//! tokens can be revoked, which only the client itself can do, with a secret that lives.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{
        Arc, Mutex as StdMutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use reqwest::Method;
use secrecy::SecretString;
use tokio::{sync::Mutex, task::AbortHandle, time::Instant};

use crate::{
    answer,
    api::{Api, Shared},
    auth::{Auth, Held, Login},
    config::AuthMethod,
    error::{Error, Failure, Kind, Result},
    request::{Decode, Service, Style},
    transport::{Course, Parcel, Payload, Proof},
};

/// How long a secret lives that nobody renews: long enough to miss one renewal, short enough that one which a killed process left
/// behind is soon nothing.
const RUN_SECRET_SECONDS: i64 = 600;

/// How often a secret is renewed: twice within its life.
const RENEWAL: Duration = Duration::from_secs(240);

/// How long the revocation of one client's tokens may take at the end, so that its secret is revoked in any case.
const TOKENS_LIMIT: Duration = Duration::from_millis(1_500);

/// How often the revocation of a secret is tried at the end.
const REVOCATIONS: u32 = 2;

/// The clients that this handle acts as.
#[derive(Default)]
pub(crate) struct Actors {
    actors: StdMutex<BTreeMap<String, Arc<Actor>>>,
}

impl Actors {
    /// The client of this id, the same for all who ask.
    pub(crate) fn actor(&self, client_id: &str) -> Arc<Actor> {
        let mut actors = self.all();
        Arc::clone(actors.entry(client_id.to_owned()).or_insert_with(|| Arc::new(Actor::new(client_id))))
    }

    /// The client of this id, where somebody asked for it before.
    pub(crate) fn known(&self, client_id: &str) -> Option<Arc<Actor>> {
        self.all().get(client_id).cloned()
    }

    /// Revokes the tokens and secrets of all clients at once.
    pub(crate) async fn close(&self, shared: &Arc<Shared>) {
        let actors: Vec<_> = self.all().values().cloned().collect();
        futures_util::future::join_all(actors.iter().map(|actor| actor.close(shared))).await;
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Arc<Actor>>> {
        self.actors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One client that is acted as.
pub(crate) struct Actor {
    client_id: String,
    pub(crate) auth: Auth,
    /// Held while a secret is found or made, so that callers who come meanwhile wait for it and make none of their own.
    credential: Mutex<Option<Credential>>,
    closed: AtomicBool,
}

/// How the client shows itself.
#[derive(Clone)]
pub(crate) struct Credential {
    secret: SecretString,
    auth_method: AuthMethod,
    run: Option<RunSecret>,
}

impl Credential {
    /// Whether its secret was made here.
    pub(crate) fn is_of_a_run(&self) -> bool {
        self.run.is_some()
    }
}

/// A secret that was made here.
#[derive(Clone)]
struct RunSecret {
    id: String,
    renewal: AbortHandle,
}

impl Actor {
    fn new(client_id: &str) -> Actor {
        Actor {
            client_id: client_id.to_owned(),
            auth: Auth::default(),
            credential: Mutex::default(),
            closed: AtomicBool::default(),
        }
    }

    /// The token for a call. `api` calls as it was configured. Boxed, since finding a secret makes calls of its own.
    pub(crate) fn bearer(self: &Arc<Self>, api: Api) -> Pin<Box<dyn Future<Output = Result<Held>> + Send + '_>> {
        Box::pin(self.token(api))
    }

    /// How the client shows itself; found or made where nobody has asked yet. Boxed for the same reason.
    pub(crate) fn found(self: &Arc<Self>, api: Api) -> Pin<Box<dyn Future<Output = Result<Credential>> + Send>> {
        let actor = Arc::clone(self);
        Box::pin(async move { actor.credential(&api).await })
    }

    async fn token(self: &Arc<Self>, api: Api) -> Result<Held> {
        let mut may_replace = true;
        loop {
            let credential = self.credential(&api).await?;
            match self.auth.minted(&api.shared.transport, &self.login(&credential), api.deadline).await {
                // Somebody revoked it, or the machine slept through its end.
                Err(error) if error.kind() == Kind::InvalidClient && credential.run.is_some() && may_replace => {
                    may_replace = false;
                    self.drop_secret(&credential).await;
                }
                answer => return answer,
            }
        }
    }

    pub(crate) fn login<'c>(&'c self, credential: &'c Credential) -> Login<'c> {
        Login {
            client_id: &self.client_id,
            client_secret: &credential.secret,
            auth_method: credential.auth_method,
            // What narrows the login's tokens says nothing about those of another client.
            scopes: None,
        }
    }

    async fn credential(self: &Arc<Self>, api: &Api) -> Result<Credential> {
        let clock = &*api.config().clock;
        let mut credential =
            api.deadline.cut(clock, self.credential.lock()).await.map_err(|failure| self.error(failure))?;
        if self.closed.load(Ordering::Acquire) {
            return Err(self.error(Failure::new(Kind::Stopped, "the client was shut down")));
        }
        if let Some(credential) = &*credential {
            return Ok(credential.clone());
        }
        let found = self.find(api).await?;
        *credential = Some(found.clone());
        Ok(found)
    }

    async fn find(self: &Arc<Self>, api: &Api) -> Result<Credential> {
        let given = api.config().client_credentials.get(&self.client_id).cloned();
        if given.is_none() && !api.config().mint_run_secrets {
            return Err(self
                .error(Failure::new(Kind::CannotAct, "no secret of it is given, and none may be made for this run")));
        }
        let auth_method = match api.clients().find(&self.client_id).await {
            Ok(Some(client)) if client.token_endpoint_auth_method.as_deref() == Some("client_secret_post") => {
                AuthMethod::Post
            }
            Ok(Some(_)) => AuthMethod::Basic,
            Ok(None) => {
                let failure = Failure::new(Kind::CannotAct, "the client does not exist, or the login does not see it");
                return Err(self.error(Failure { status: Some(404), ..failure }));
            }
            // A secret that is given needs no login; basic is what Pangea itself chooses.
            Err(error) if given.is_some() && is_of_the_login(&error) => AuthMethod::Basic,
            Err(error) => return Err(self.cannot_act("the client can't be read", error)),
        };
        match given {
            Some(secret) => Ok(Credential { secret, auth_method, run: None }),
            None => self.make(api, auth_method).await,
        }
    }

    /// Makes a secret for this run.
    async fn make(self: &Arc<Self>, api: &Api, auth_method: AuthMethod) -> Result<Credential> {
        let made_at = Instant::now();
        let made = api.clients().create_run_secret(&self.client_id, RUN_SECRET_SECONDS).await;
        let made = match made {
            Ok(made) => made,
            Err(error) if error.is_gone() => {
                let failure = Failure::new(Kind::CannotAct, "the client does not exist, or the login does not see it");
                return Err(self.error(Failure { status: Some(404), ..failure.caused_by(error) }));
            }
            Err(error) => return Err(self.cannot_act("no secret could be made for it", error)),
        };
        tracing::debug!(
            client_id = self.client_id,
            client_secret_id = made.client_secret_id,
            "made a secret for this run"
        );
        let renewal = Renewal {
            id: made.client_secret_id.clone(),
            expires_at: made.client_secret_expires_at,
            made_at,
            actor: Arc::downgrade(self),
            shared: Arc::downgrade(&api.shared),
        };
        let run = RunSecret { id: made.client_secret_id, renewal: renewal.begin() };
        Ok(Credential { secret: made.client_secret, auth_method, run: Some(run) })
    }

    /// Forgets a secret that is no longer good, unless it was replaced meanwhile.
    pub(crate) async fn drop_secret(&self, gone: &Credential) {
        let mut credential = self.credential.lock().await;
        let id = |credential: &Credential| credential.run.as_ref().map(|run| run.id.clone());
        if credential.as_ref().and_then(id) == id(gone) {
            if let Some(run) = &gone.run {
                run.renewal.abort();
            }
            *credential = None;
        }
    }

    /// Revokes the tokens, then the secret: without one that lives, a client's tokens can't be revoked.
    async fn close(&self, shared: &Arc<Shared>) {
        self.closed.store(true, Ordering::Release);
        // A secret that is being made is waited for, so that it is revoked as well.
        let Some(credential) = self.credential.lock().await.take() else { return };
        self.auth.revoke_all(&shared.transport, &self.login(&credential), TOKENS_LIMIT).await;
        if let Some(run) = &credential.run {
            run.renewal.abort();
            self.revoke(shared, &run.id).await;
        }
    }

    /// Revokes a secret, outside of the limit on concurrent requests. One that is gone is as good as revoked.
    async fn revoke(&self, shared: &Shared, client_secret_id: &str) {
        let path = format!("/v1beta/oauth/clients/{}/secrets/{client_secret_id}", self.client_id);
        let Ok(url) = shared.transport.config.base_url.join(Service::AUTHORIZATION_ACCESS, &path) else { return };
        let wall = shared.transport.config.clock.wall();
        let read = |reply: &_, scrub: &_| answer::read(reply, Style::Rest, Decode::Nothing(|| ()), scrub, wall);
        let mut fresh = false;
        for attempt in 1..=REVOCATIONS {
            let Some(token) = shared.auth.for_the_end(&shared.transport, fresh).await else { break };
            let proof = Proof::Bearer(token);
            let parcel = Parcel { method: Method::DELETE, url: url.clone(), payload: Payload::Nothing, proof };
            match shared.transport.attempt(&parcel, &Course::attempt(attempt), &read).await {
                Ok(_) => return,
                Err(failure) if failure.kind == Kind::NotFound && !failure.foreign => return,
                Err(failure) => fresh = failure.kind == Kind::Unauthorized,
            }
        }
        tracing::warn!(client_secret_id, "a secret of this run was not revoked; it expires within ten minutes");
    }

    /// The failure to get a secret, as far as it says that the client can't be acted as; anything else is what it is.
    fn cannot_act(&self, what: &str, error: Error) -> Error {
        if !is_of_the_login(&error) {
            return error;
        }
        let failure = Failure::new(Kind::CannotAct, format!("{what}: {error}"));
        self.error(Failure { status: error.status(), ..failure.caused_by(error) })
    }

    fn error(&self, failure: Failure) -> Error {
        Error::new(failure, format!("acting as client {}", self.client_id), "")
    }
}

/// Whether a failure says that the login may not do this, or that there is none.
fn is_of_the_login(error: &Error) -> bool {
    matches!(error.kind(), Kind::Forbidden | Kind::Unauthorized | Kind::InvalidClient | Kind::MissingCredentials)
}

/// Keeps a secret alive until it is aborted, or until nobody is there any more.
struct Renewal {
    id: String,
    expires_at: Option<String>,
    made_at: Instant,
    actor: Weak<Actor>,
    shared: Weak<Shared>,
}

impl Renewal {
    /// In a function of its own, since making a secret is part of what a renewal's calls may need.
    fn begin(self) -> AbortHandle {
        tokio::spawn(self.run()).abort_handle()
    }

    async fn run(mut self) {
        loop {
            // The runtime's own clock: a test's clock that never sleeps would renew without end.
            tokio::time::sleep(RENEWAL).await;
            let (Some(actor), Some(shared)) = (self.actor.upgrade(), self.shared.upgrade()) else { return };
            if let Err(error) = self.renew(&actor, &Api::of(&shared)).await {
                tracing::debug!(reason = %error, "a secret of this run was not renewed");
            }
        }
    }

    async fn renew(&mut self, actor: &Actor, api: &Api) -> Result<()> {
        let age = self.made_at.elapsed();
        let until = self.expires_at.as_deref();
        self.expires_at =
            api.clients().prolong_secret(&actor.client_id, &self.id, until, RUN_SECRET_SECONDS, age).await?;
        Ok(())
    }
}
