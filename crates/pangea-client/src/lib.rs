//! A typed async client of Pangea's management APIs.
//!
//! Charter: this room knows Pangea's web APIs, OAuth tokens, HTTP and retries. It never knows Terraform, state or plans.
//!
//! Reading order: [`Config`] says where and as whom, [`Api`] is the handle, its methods ([`Api::clients`],
//! [`Api::projects`], [`Api::organizations`], [`Api::oauth`], [`Api::authn`], [`Api::configs`],
//! [`Api::ai_guard`]) give the typed calls, [`Api::acting_as`] makes them as another client, and [`Error`] says what went wrong, sorted by what the caller can do next ([`Kind`]).
//!
//! ```
//! use pangea_client::{Api, BaseUrl, Config, Credentials, Kind};
//!
//! # async fn example() -> pangea_client::Result<()> {
//! let api = Api::new(Config {
//!     base_url: BaseUrl::Domain("aws.us.pangea.cloud".to_owned()),
//!     credentials: Credentials::AccessToken("pts_…".into()),
//!     ..Config::default()
//! })?;
//! match api.clients().find("psa_…").await {
//!     Ok(Some(client)) => println!("{} may {:?}", client.client_name, client.scopes),
//!     Ok(None) => println!("it is gone"),
//!     Err(error) if error.kind() == Kind::Forbidden => println!("it lacks {:?}", error.missing_scope()),
//!     Err(error) => return Err(error),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Inside, a call is built as a plain value (`request`), carried by `api` with a token from `auth`, sent and retried by
//! `transport` under the rules of `retry`, and its answer is understood by `answer`.

#![deny(missing_docs)]

mod acting;
mod ai_guard;
mod answer;
mod api;
mod auth;
mod authn;
mod clients;
mod clock;
mod config;
mod configs;
mod deadline;
mod error;
mod lenient;
mod oauth;
mod organizations;
mod paging;
mod projects;
mod request;
mod retry;
mod scrub;
mod secrets;
mod stop;
mod tokens;
mod transport;
mod vault;

#[cfg(test)]
mod tests;

pub use ai_guard::{AiGuard, GuardInput, GuardMessage, GuardRequest, GuardVerdict};
pub use api::Api;
pub use authn::{Authn, Jwk, Jwks};
pub use clients::{
    Client, ClientFilter, ClientUpdate, Clients, NewClient, RegisteredClient, Role, RoleFilter, TimeFilter,
};
pub use clock::{Clock, SystemClock};
pub use config::{AuthMethod, BaseUrl, Config, Credentials, Endpoints};
pub use configs::{ConfigFilter, ConfigService, Configs, ServiceConfig};
pub use error::{Error, Kind, Result, ValidationError};
pub use oauth::{OAuth, ServerMetadata};
pub use organizations::{Organization, Organizations};
pub use projects::{NewProject, Project, ProjectFilter, Projects};
pub use secrecy::{ExposeSecret, SecretString};
pub use secrets::{
    CreatedSecret, NewSecret, RUN_SECRET_PREFIX, SecretFilter, SecretMetadata, SecretOrigin, SecretUpdate,
    UpdatedSecret,
};
pub use stop::Stop;
pub use tokens::{MintedToken, TokenHolder, TokenInfo, Tokens};
pub use vault::{RotationState, Vault, VaultSecret};
