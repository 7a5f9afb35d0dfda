//! What a user of the emulator may choose.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use clap::ValueEnum;

/// How an emulator is started. The default is a seeded one in memory, on a free port of 127.0.0.1, over plain HTTP.
#[derive(Clone, Debug)]
pub struct Options {
    /// Address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// File that keeps the documents across restarts; none keeps them in memory.
    pub data: Option<PathBuf>,
    /// Whether an organization, an owner, a management client, a project and an AuthN token are made where the data holds none.
    pub seed: bool,
    /// Behaviours that differ from the best guess about the real service.
    pub switches: BTreeSet<Switch>,
    /// How many times every console and AuthN call is answered with 202 before its result is given. 0: at once.
    pub accepted: u32,
    /// Whether to serve HTTPS with a certificate of an authority made for this process.
    pub tls: bool,
    /// Seed of ids and secrets, for runs that must repeat; none draws from the operating system.
    pub rng_seed: Option<u64>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            data: None,
            seed: true,
            switches: BTreeSet::new(),
            accepted: 0,
            tls: false,
            rng_seed: None,
        }
    }
}

/// One behaviour that the sources leave open, or in which the guides and the SDKs disagree, turned the other way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Switch {
    /// As the guides say: an empty body after grant and revoke, and `us-west-2` as the region of a project in `us` (the official
    /// SDKs can read neither); and the seed has the organization and project ids that the guides' commands write out.
    AsDocumented,
    /// Errors of the host `authorization.access` come in the Pangea envelope instead of the OAuth shape.
    EnvelopeErrors,
    /// Register and secret creation answer 201 instead of 200.
    Created201,
    /// Deleting a client or a secret answers 204 without a body instead of 200 with `{}`.
    Delete204,
    /// A failed token revocation answers 200 with the error instead of 400.
    RevokeFailure200,
    /// An unknown project or organization answers 404 `NotFound` instead of 400 `DoesNotExist`.
    NotFound404,
    /// A token asked for with scopes that the client lacks is granted without them instead of refused.
    NarrowScope,
    /// The token endpoint takes only the authentication method that the client was registered with.
    StrictAuthMethod,
    /// Tokens end with the secret that they were taken with, instead of living until they expire.
    TokensEndWithSecret,
    /// The lifetime that an update gives a secret counts from the making of the secret, instead of from the update.
    ExpiryFromCreation,
    /// A project that still has clients cannot be deleted, instead of taking them with it.
    KeepProjectsWithClients,
    /// The name of a client must be new in its organization or project; otherwise only that of a service client in its project.
    UniqueClientNames,
}
