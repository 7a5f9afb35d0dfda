//! Access tokens in a caller's own hand, apart from those that calls carry: minted, looked up and revoked at
//! `authorization.access`.

use std::{collections::BTreeSet, fmt, sync::Arc};

use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use crate::{
    acting::{Actor, Credential},
    answer::{self, Answer},
    api::Api,
    auth::{self, Login},
    config::{AuthMethod, Config, Credentials},
    error::{Error, Failure, Kind, Result},
    lenient,
    request::{Decode, Repeat, Style},
    transport::{Course, Field},
};

/// The client whose tokens they are. Only the client itself, with a secret that lives, is told of its tokens and may revoke them.
#[derive(Clone)]
pub enum TokenHolder {
    /// The client that the handle is logged in as. Not possible with a ready token.
    Login,
    /// A client by a secret of its own.
    Client {
        /// The client's id, `psa_…`.
        client_id: String,
        /// One of its secrets, `pck_…`.
        client_secret: SecretString,
        /// How the two are shown.
        auth_method: AuthMethod,
    },
    /// A client that the handle acts as; see [`Api::acting_as`] for where its secret comes from.
    Actor(String),
}

impl fmt::Display for TokenHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TokenHolder::Login => f.write_str("the login"),
            TokenHolder::Client { client_id, .. } | TokenHolder::Actor(client_id) => write!(f, "client {client_id}"),
        }
    }
}

/// The calls on the tokens of one client. Made by [`Api::tokens`].
pub struct Tokens<'a> {
    pub(crate) api: &'a Api,
    pub(crate) holder: TokenHolder,
}

/// A token that was minted for its caller, who is to revoke it.
#[derive(Clone, Debug)]
pub struct MintedToken {
    /// `pts_…`.
    pub access_token: SecretString,
    /// How long it lives, in seconds.
    pub expires_in: Option<u64>,
    /// The scopes that it was granted; `None` where the answer doesn't say.
    pub scopes: Option<BTreeSet<String>>,
}

/// What is known of a token. One that is unknown, expired, revoked or somebody else's is not active, and nothing more is said of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct TokenInfo {
    /// Whether it may be used.
    pub active: bool,
    /// Its id, `pmt_…`.
    pub jti: Option<String>,
    /// The client, `psa_…`.
    pub client_id: Option<String>,
    /// The client's name.
    pub username: Option<String>,
    /// The owner of the client, `pui_…`.
    pub sub: Option<String>,
    /// The authorization server.
    pub iss: Option<String>,
    /// `Bearer`.
    pub token_type: Option<String>,
    /// Its scopes.
    #[serde(rename = "scope", default, deserialize_with = "lenient::scopes")]
    pub scopes: BTreeSet<String>,
    /// When it was issued, in seconds since 1970.
    pub iat: Option<i64>,
    /// From when it is good.
    pub nbf: Option<i64>,
    /// Until when.
    pub exp: Option<i64>,
}

impl Tokens<'_> {
    /// Mints a token, for some of the client's scopes or for all of them.
    ///
    /// # Errors
    /// [`Kind::InvalidClient`] for a wrong secret, [`Kind::Validation`] for a scope that the client doesn't hold, [`Kind::CannotAct`]
    /// where no secret of the client can be had.
    pub async fn mint(&self, scopes: Option<&BTreeSet<String>>) -> Result<MintedToken> {
        let mut may_replace = true;
        loop {
            let shown = self.shown().await?;
            let minted =
                auth::mint(&self.api.shared.transport, &Login { scopes, ..shown.login() }, self.api.deadline).await;
            match (minted, &shown) {
                // Somebody revoked the secret of this run, or the machine slept through its end.
                (Err(error), Shown::Actor(actor, credential))
                    if error.kind() == Kind::InvalidClient && credential.is_of_a_run() && may_replace =>
                {
                    may_replace = false;
                    actor.drop_secret(credential).await;
                }
                (minted, _) => return minted.map(MintedToken::from),
            }
        }
    }

    /// Looks a token of the client up.
    ///
    /// # Errors
    /// As [`Tokens::mint`], but a wrong secret is no error: nothing is then said of the token.
    pub async fn introspect(&self, token: &SecretString) -> Result<TokenInfo> {
        self.ask(INTROSPECTION, Config::introspection_endpoint, token, Decode::Json(serde_json::from_value)).await
    }

    /// Revokes a token of the client.
    ///
    /// # Errors
    /// [`Kind::Validation`] for a token that is unknown, has expired, was revoked already or is somebody else's.
    pub async fn revoke(&self, token: &SecretString) -> Result<()> {
        self.ask(REVOCATION, Config::revocation_endpoint, token, Decode::Nothing(|| ())).await
    }

    async fn ask<T>(
        &self,
        name: &str,
        endpoint: fn(&Config) -> std::result::Result<Url, Failure>,
        token: &SecretString,
        decode: Decode<T>,
    ) -> Result<T> {
        let shown = self.shown().await?;
        let transport = &self.api.shared.transport;
        let url = endpoint(&transport.config).map_err(|failure| Error::new(failure, name, ""))?;
        let parcel = shown.login().parcel(url, vec![("token", Field::Secret(token.clone()))]);
        let mut course = Course::until(self.api.deadline);
        let wall = transport.config.clock.wall();
        let read = |reply: &_, scrub: &_| match answer::read(reply, Style::Rest, decode, scrub, wall)? {
            Answer::Done(value) => Ok(value),
            Answer::Accepted { .. } => {
                Err(Failure::new(Kind::Malformed, "the answer was put off, which OAuth does not know"))
            }
        };
        transport.deliver(&parcel, Repeat::Freely, &mut course, read).await.map_err(|failure| {
            let error = Error::new(auth::of_login(failure), format!("POST {name}"), parcel.host());
            error.tried(course.attempts, course.waited)
        })
    }

    /// What the client shows of itself.
    async fn shown(&self) -> Result<Shown<'_>> {
        let config = self.api.config();
        match (&self.holder, &config.credentials) {
            (TokenHolder::Client { client_id, client_secret, auth_method }, _) => {
                Ok(Shown::Given(Login { client_id, client_secret, auth_method: *auth_method, scopes: None }))
            }
            (TokenHolder::Actor(client_id), Credentials::ClientCredentials { client_id: own, .. })
                if client_id == own =>
            {
                self.login(config)
            }
            (TokenHolder::Actor(client_id), _) => {
                let actor = self.api.shared.actors.actor(client_id);
                let credential = actor.found(self.api.configured()).await?;
                Ok(Shown::Actor(actor, credential))
            }
            (TokenHolder::Login, _) => self.login(config),
        }
    }

    fn login<'c>(&self, config: &'c Config) -> Result<Shown<'c>> {
        let missing = || {
            Failure::new(
                Kind::CannotAct,
                "a client and its secret are needed, and the login is a ready token or nobody",
            )
        };
        let login = Login::configured(config);
        login.map(Shown::Given).ok_or_else(|| Error::new(missing(), format!("tokens of {}", self.holder), ""))
    }
}

enum Shown<'c> {
    Given(Login<'c>),
    Actor(Arc<Actor>, Credential),
}

impl Shown<'_> {
    /// With all of the client's scopes, whatever narrows the tokens of the login's own calls.
    fn login(&self) -> Login<'_> {
        match self {
            Shown::Given(login) => Login { scopes: None, ..login.clone() },
            Shown::Actor(actor, credential) => actor.login(credential),
        }
    }
}

impl From<auth::Grant> for MintedToken {
    fn from(grant: auth::Grant) -> MintedToken {
        let scopes = grant.scope.as_ref().map(|scope| scope.split_whitespace().map(str::to_owned).collect());
        MintedToken { expires_in: grant.expires_in.as_u64(), scopes, access_token: grant.access_token }
    }
}

const INTROSPECTION: &str = "introspection endpoint";
const REVOCATION: &str = "revocation endpoint";
