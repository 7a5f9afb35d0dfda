//! The handle: sends requests with a token, takes up what was put off, and hands out the typed calls.

use std::{borrow::Cow, collections::BTreeSet, fmt, sync::Arc, time::Duration};

use reqwest::Method;

use crate::{
    acting::{Actor, Actors},
    ai_guard::AiGuard,
    answer::{self, Answer},
    auth::{Auth, Held},
    authn::Authn,
    clients::Clients,
    config::{BaseUrl, Config, Credentials},
    configs::{ConfigService, Configs},
    deadline::Deadline,
    error::{Error, Failure, Kind, Reached, Result, Told},
    oauth::OAuth,
    organizations::Organizations,
    projects::Projects,
    request::{Bearer, Decode, Repeat, Request, Style},
    retry,
    tokens::{TokenHolder, Tokens},
    transport::{Course, Parcel, Payload, Transport},
    vault::Vault,
};

/// How long the result of a call that was put off is waited for: as long as the most patient of Pangea's own clients
/// with a bound below its 4 minutes, and long enough for what takes a minute.
const MAX_POLL_WAIT: Duration = Duration::from_secs(120);

/// The longest time between two looks at a result that was put off.
const MAX_POLL_PAUSE: Duration = Duration::from_secs(8);

/// How long the revocations at the end may take in all. A plugin's host waits 5 s for its shutdown, and a second is
/// left for what else there is to do.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(4);

/// How much of that the clients that were acted as may take: the login's own tokens are revoked in the rest, since they are
/// needed until then.
const ACTORS_LIMIT: Duration = Duration::from_secs(3);

/// A handle to Pangea's management APIs. Clones share connections, token and limits.
#[derive(Clone)]
pub struct Api {
    pub(crate) shared: Arc<Shared>,
    caller: Caller,
    /// The domain of the services, where it is not that of the configuration.
    domain: Option<String>,
    pub(crate) deadline: Deadline,
}

pub(crate) struct Shared {
    pub(crate) transport: Transport,
    pub(crate) auth: Auth,
    pub(crate) actors: Actors,
}

/// As whom a handle calls.
#[derive(Clone)]
enum Caller {
    /// As each call says: the login, or the service's own token.
    Configured,
    /// As the login, at services too.
    Login,
    /// As another client.
    Actor(Arc<Actor>),
}

impl Api {
    /// Makes a handle. Nothing is sent, resolved or read from the disk before the first call.
    ///
    /// # Errors
    /// [`Kind::InsecureTransport`] for a plain `http://` address that is not loopback, [`Kind::InvalidConfig`] for anything else
    /// that cannot be used.
    pub fn new(config: Config) -> Result<Api> {
        let transport = Transport::new(config).map_err(|failure| Error::new(failure, "configuration", ""))?;
        let shared = Shared { transport, auth: Auth::default(), actors: Actors::default() };
        Ok(Api::of(&Arc::new(shared)))
    }

    /// The same handle, which makes every call as another client of the organization: the token decides in which project a
    /// call to a service acts.
    ///
    /// The client's secret is the login's own where it is the same client, else that of
    /// [`Config::client_credentials`], else one that is made when the first call needs it, unless
    /// [`Config::mint_run_secrets`] is off. Such a secret expires after ten minutes, is renewed as long as the handle lives, and
    /// is revoked by [`Api::shutdown`]. Where none can be had, calls are [`Kind::CannotAct`].
    #[must_use]
    pub fn acting_as(&self, client_id: &str) -> Api {
        let caller =
            if self.is_login(client_id) { Caller::Login } else { Caller::Actor(self.shared.actors.actor(client_id)) };
        Api { caller, ..self.clone() }
    }

    /// The same handle, whose calls go to another domain, such as that of a project in another geography. Tokens still come from
    /// the configured one, and a configured template of addresses still wins.
    #[must_use]
    pub fn at_domain(&self, domain: &str) -> Api {
        Api { domain: Some(domain.to_owned()), ..self.clone() }
    }

    /// The same handle for one operation, whose calls must all be over within `limit` from now: those that its handles make, their
    /// waits, and what they need first, such as a token. What is on its way then is not waited for any longer; a create of which
    /// nobody knows whether it was carried out is [`Kind::Ambiguous`]. See [`Error::is_overdue`].
    #[must_use]
    pub fn within(&self, limit: Duration) -> Api {
        Api { deadline: Deadline::after(limit, self.config().clock.now()), ..self.clone() }
    }

    /// The calls on OAuth clients and their secrets.
    pub fn clients(&self) -> Clients<'_> {
        Clients { api: self }
    }

    /// The calls on projects.
    pub fn projects(&self) -> Projects<'_> {
        Projects { api: self }
    }

    /// The calls on organizations.
    pub fn organizations(&self) -> Organizations<'_> {
        Organizations { api: self }
    }

    /// The calls on the OAuth server that need no login.
    pub fn oauth(&self) -> OAuth<'_> {
        OAuth { api: self }
    }

    /// The calls on the tokens of one client, for a caller who keeps them in its own hand: those that carry calls are minted and
    /// revoked without it.
    pub fn tokens(&self, holder: TokenHolder) -> Tokens<'_> {
        Tokens { api: self, holder }
    }

    /// The calls on Vault.
    pub fn vault(&self) -> Vault<'_> {
        Vault { api: self }
    }

    /// The calls on AuthN.
    pub fn authn(&self) -> Authn<'_> {
        Authn { api: self }
    }

    /// The calls on the configurations of a service.
    pub fn configs(&self, service: ConfigService) -> Configs<'_> {
        Configs { api: self, service }
    }

    /// The calls on AI Guard.
    pub fn ai_guard(&self) -> AiGuard<'_> {
        AiGuard { api: self }
    }

    /// The scopes of the login's token. The token endpoint says them with each token, so this costs no call of its own; where there is
    /// no token yet, one is asked for, in one attempt. `None` where it could not be had, where the endpoint doesn't say, and with a
    /// ready token.
    pub async fn granted_scopes(&self) -> Option<BTreeSet<String>> {
        self.shared.auth.granted_scopes(&self.shared.transport).await
    }

    /// Lets the next call that is made as this client, the login or one that is acted as, mint a new access token. It is needed after
    /// a grant to that client: the old token does not know of it, so its 403 proves nothing. Does nothing where a ready token was
    /// configured, or nobody called as the client.
    pub async fn forget_token(&self, client_id: &str) {
        let now = self.config().clock.now();
        if self.is_login(client_id) {
            self.shared.auth.forget(now).await;
        }
        if let Some(actor) = self.shared.actors.known(client_id) {
            actor.auth.forget(now).await;
        }
    }

    /// Revokes what was minted, within 4 s, and ends the login: later calls are [`Kind::Stopped`]. First go the tokens and secrets
    /// of clients that were acted as, all clients at once, then the login's tokens.
    ///
    /// It does not fail: what could not be revoked expires by itself, and is logged. Ready tokens are never revoked.
    pub async fn shutdown(&self) {
        let began = tokio::time::Instant::now();
        let Shared { transport, auth, actors } = &*self.shared;
        if tokio::time::timeout(ACTORS_LIMIT, actors.close(&self.shared)).await.is_err() {
            tracing::warn!("secrets of this run could not be revoked in time; they expire within ten minutes");
        }
        auth.close(transport, SHUTDOWN_LIMIT.saturating_sub(began.elapsed())).await;
    }

    fn is_login(&self, client_id: &str) -> bool {
        match &self.config().credentials {
            Credentials::ClientCredentials { client_id: own, .. } => own == client_id,
            Credentials::AccessToken(_) | Credentials::None => false,
        }
    }

    /// A handle that calls as it was configured.
    pub(crate) fn of(shared: &Arc<Shared>) -> Api {
        Api { shared: Arc::clone(shared), caller: Caller::Configured, domain: None, deadline: Deadline::default() }
    }

    /// The same handle, which calls as it was configured, for what a call needs first.
    pub(crate) fn configured(&self) -> Api {
        Api { deadline: self.deadline, ..Api::of(&self.shared) }
    }

    /// What the handle was told.
    pub fn config(&self) -> &Config {
        &self.shared.transport.config
    }

    /// Sends a request.
    pub(crate) async fn send<T>(&self, request: Request<T>) -> Result<T> {
        let mut course = Course::until(self.deadline);
        self.carry(&request, &mut course).await.map_err(|error| match error.attempts() {
            // An error of the token endpoint already tells its own course.
            0 => error.tried(course.attempts, course.waited),
            _ => error,
        })
    }

    /// Reads one object; one that is gone is `None`. Every read of a client, project or organization that may be gone comes
    /// through here, so this is the place for reading them from listings and keeping those, with a miss confirmed by id.
    pub(crate) async fn find<T>(&self, request: Request<T>) -> Result<Option<T>> {
        match self.send(request).await {
            Err(error) if error.is_gone() => Ok(None),
            answer => answer.map(Some),
        }
    }

    /// Makes an object, at most once. Every create comes through here, so this is the place where, after
    /// [`Kind::Ambiguous`], candidates can be looked up: same name and creator, made after the request by the server's clock.
    pub(crate) async fn create<T>(&self, request: Request<T>) -> Result<T> {
        debug_assert_eq!(request.repeat, Repeat::AtMostOnce, "a create that is repeated freely may make two objects");
        self.send(request).await
    }

    async fn carry<T>(&self, request: &Request<T>, course: &mut Course) -> Result<T> {
        let nowhere = |failure| Error::new(failure, request, "");
        let path = request.escaped_path().map_err(nowhere)?;
        let mut url = self.base_url().and_then(|base| base.join(request.service, &path)).map_err(nowhere)?;
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        let mut may_renew = true;
        loop {
            let held = self.bearer(request).await?;
            let parcel = Parcel {
                method: request.method.clone(),
                url: url.clone(),
                payload: request.body.clone().map_or(Payload::Nothing, Payload::Json),
                proof: held.proof(),
            };
            let named = |failure| Error::new(failure, request, parcel.host());
            match self.deliver(&parcel, request.style, request.repeat, request.decode, course).await {
                Ok(Answer::Done(value)) => return Ok(value),
                Ok(Answer::Accepted { request_id }) => {
                    return self.poll(request, &request_id, &held, course).await.map_err(named);
                }
                // The token may have been revoked, or have died with its secret: one more, and then a 401 is the answer.
                Err(failure) if failure.kind == Kind::Unauthorized && held.is_minted() && may_renew => {
                    may_renew = false;
                    self.auth().reject(&held, self.config().clock.now()).await;
                }
                Err(failure) => return Err(named(failure)),
            }
        }
    }

    /// The token for a call.
    async fn bearer<T>(&self, request: &Request<T>) -> Result<Held> {
        let Shared { transport, auth, .. } = &*self.shared;
        let nowhere = |failure| Error::new(failure, request, "");
        match &self.caller {
            _ if request.bearer == Bearer::Nobody => {
                auth.bearer(transport, Bearer::Nobody, request.service, self.deadline, nowhere).await
            }
            Caller::Configured => auth.bearer(transport, request.bearer, request.service, self.deadline, nowhere).await,
            Caller::Login => auth.bearer(transport, Bearer::Login, request.service, self.deadline, nowhere).await,
            Caller::Actor(actor) => actor.bearer(self.configured()).await,
        }
    }

    /// The tokens that this handle's calls carry.
    fn auth(&self) -> &Auth {
        match &self.caller {
            Caller::Configured | Caller::Login => &self.shared.auth,
            Caller::Actor(actor) => &actor.auth,
        }
    }

    fn base_url(&self) -> std::result::Result<Cow<'_, BaseUrl>, Failure> {
        match (&self.domain, &self.config().base_url) {
            (Some(domain), BaseUrl::Domain(_)) => {
                let base_url = BaseUrl::Domain(domain.clone());
                base_url.check()?;
                Ok(Cow::Owned(base_url))
            }
            (_, base_url) => Ok(Cow::Borrowed(base_url)),
        }
    }

    /// Waits for the result of a call that was put off, with the token of that call: another is not let through.
    async fn poll<T>(
        &self,
        request: &Request<T>,
        request_id: &str,
        held: &Held,
        course: &mut Course,
    ) -> std::result::Result<T, Failure> {
        let transport = &self.shared.transport;
        let parcel = Parcel {
            method: Method::GET,
            url: self.base_url()?.join(request.service, &format!("/request/{request_id}"))?,
            payload: Payload::Nothing,
            proof: held.proof(),
        };
        let pending = || Failure {
            told: Told::id(Some(request_id.to_owned())),
            reached: Reached::Unknown,
            ..Failure::new(Kind::Timeout, "the service accepted it and has not finished it")
        };
        let unsettled = |failure| retry::settle(of_poll(failure), request.repeat);
        let mut pause = Duration::from_secs(1);
        let mut waited = Duration::ZERO;
        while waited < MAX_POLL_WAIT {
            transport.wait(pause, course, pending).await.map_err(unsettled)?;
            waited += pause;
            pause = (pause * 2).min(MAX_POLL_PAUSE);
            match self
                .deliver(&parcel, Style::Envelope, Repeat::Freely, request.decode, course)
                .await
                .map_err(unsettled)?
            {
                Answer::Done(value) => return Ok(value),
                Answer::Accepted { .. } => {}
            }
        }
        Err(unsettled(Failure {
            what: format!("the service accepted it and has not finished it within {} s", waited.as_secs()),
            ..pending()
        }))
    }

    async fn deliver<T>(
        &self,
        parcel: &Parcel,
        style: Style,
        repeat: Repeat,
        decode: Decode<T>,
        course: &mut Course,
    ) -> std::result::Result<Answer<T>, Failure> {
        let transport = &self.shared.transport;
        let clock = &transport.config.clock;
        transport
            .deliver(parcel, repeat, course, |reply, scrub| answer::read(reply, style, decode, scrub, clock.wall()))
            .await
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Api").field("config", self.config()).finish_non_exhaustive()
    }
}

/// What a failure to get a put-off result means. Only faults in the values come from the call itself; anything else,
/// a 404 too, says that the result is out of reach, not what became of the call.
fn of_poll(failure: Failure) -> Failure {
    match failure.kind {
        Kind::Validation => failure,
        Kind::NotFound => Failure { kind: Kind::Other, reached: Reached::Unknown, ..failure },
        _ => Failure { reached: Reached::Unknown, ..failure },
    }
}
