//! The emulator's whole state: documents, time, randomness, planned faults and the log of requests, behind one lock.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use crate::access;
use crate::answers::Answer;
use crate::clock::Clock;
use crate::faults::{Fault, Faults};
use crate::ids;
use crate::options::{Options, Switch};
use crate::requests::Log;
use crate::seed;
use crate::store::{Document, Store, Table, text};

/// A handle on one emulator's state. Clones share it.
#[derive(Clone)]
pub struct State {
    // A std mutex: no caller holds it across an await, and everything under it is short.
    world: Arc<Mutex<World>>,
}

/// What is behind the lock.
pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    pub(crate) rng: StdRng,
    pub(crate) faults: Faults,
    pub(crate) log: Log,
    /// Answers that wait to be polled, by request id.
    pub(crate) pending: BTreeMap<String, Pending>,
    pub(crate) options: Options,
}

/// An answer that is ready, but is held back for some polls.
pub(crate) struct Pending {
    pub(crate) answer: Answer,
    /// How many more polls are answered with 202.
    pub(crate) polls_left: u32,
    pub(crate) polls_done: u32,
    pub(crate) held_at: Timestamp,
    /// The Authorization header of the first request; only the same one may poll.
    pub(crate) authorization: Option<String>,
}

impl State {
    /// The state that the options ask for: read from the data file, seeded, or empty.
    ///
    /// # Errors
    /// A data file that cannot be read or written.
    pub fn new(options: Options) -> io::Result<State> {
        let store = match &options.data {
            Some(file) => Store::open(file.clone())?,
            None => Store::default(),
        };
        let rng = match options.rng_seed {
            Some(seed) => StdRng::seed_from_u64(seed),
            None => rand::make_rng(),
        };
        let mut world = World {
            store,
            clock: Clock::default(),
            rng,
            faults: Faults::default(),
            log: Log::default(),
            pending: BTreeMap::new(),
            options,
        };
        if world.options.seed {
            seed::plant(&mut world);
        }
        world.store.save()?;
        Ok(State { world: Arc::new(Mutex::new(world)) })
    }

    /// Pushes the emulator's clock forward, so that secrets and tokens expire without waiting.
    pub fn advance(&self, by: Duration) {
        self.lock().clock.advance(by);
    }

    /// Plans a fault. Faults are tried in the order in which they were planned.
    pub fn inject(&self, fault: Fault) {
        self.lock().faults.plan(fault);
    }

    /// Drops every fault that is still planned.
    pub fn clear_faults(&self) {
        self.lock().faults.clear();
    }

    /// A panic while the lock was held leaves documents that are still whole, since each is changed in one step.
    pub(crate) fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl World {
    pub(crate) fn mint(&mut self, prefix: &str) -> String {
        ids::mint(&mut self.rng, prefix)
    }

    pub(crate) fn is_on(&self, switch: Switch) -> bool {
        self.options.switches.contains(&switch)
    }

    /// Whether an access token is good at this time.
    pub(crate) fn lives(&self, token: &Document, now: Timestamp) -> bool {
        let secret_lives = || {
            let secret = self.store.get(Table::Secrets, text(token, "client_secret_id"));
            secret.is_some_and(|secret| !access::is_over(secret, "client_secret_expires_at", now))
        };
        !access::is_over(token, "expires_at", now)
            && self.store.get(Table::Clients, text(token, "client_id")).is_some()
            && (!self.is_on(Switch::TokensEndWithSecret) || secret_lives())
    }
}
