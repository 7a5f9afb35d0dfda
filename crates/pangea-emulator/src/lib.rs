//! An emulator of Pangea's management APIs: OAuth clients, projects, the organization, the configurations of services, AuthN's keys
//! and AI Guard's text guard.
//!
//! It knows documents, ids and the API's rules. It never knows the types of `pangea-client`, nor Terraform:
//! with shared types a misspelt field would be misspelt on both sides, and every test would pass.
//!
//! [`app`] is the whole of it as a router; [`Server`] puts it on a socket for tests and demos.

mod access;
mod answers;
mod authn;
mod call;
mod clients;
mod clock;
mod configs;
mod control;
mod faults;
mod fields;
mod guard;
mod ids;
mod inspect;
mod listing;
mod oauth;
mod options;
mod organization;
mod page;
mod polling;
mod projects;
mod requests;
mod roles;
mod router;
mod scopes;
mod secrets;
mod seed;
mod server;
mod state;
mod store;
mod tls;
mod vault;
mod view;

pub use faults::Fault;
pub use options::{Options, Switch};
pub use requests::Recorded;
pub use router::{app, endpoints};
pub use seed::Credentials;
pub use server::Server;
pub use state::State;
pub use view::Leftovers;
