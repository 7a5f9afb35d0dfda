//! What the emulator holds, for people and for tests: everything but secrets.

use serde_json::{Value, json};

use crate::access;
use crate::clock;
use crate::listing::shown;
use crate::state::World;
use crate::store::{Document, Table, is_seeded, text};

/// What is there beside the seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leftovers {
    pub projects: usize,
    pub configs: usize,
    pub clients: usize,
    pub secrets: usize,
    /// Access tokens that are still good.
    pub tokens: usize,
}

impl Leftovers {
    /// Whether nothing is there beside the seed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Leftovers { projects: 0, configs: 0, clients: 0, secrets: 0, tokens: 0 }
    }
}

impl std::fmt::Display for Leftovers {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Leftovers { projects, configs, clients, secrets, tokens } = self;
        write!(
            formatter,
            "left beside the seed: {projects} projects, {configs} configs, {clients} clients, {secrets} secrets, {tokens} tokens"
        )
    }
}

/// Everything, as JSON.
pub(crate) fn of(world: &mut World) -> Value {
    let leftovers = leftovers(world);
    let requests = world.log.all();
    let skipped = requests.len().saturating_sub(MAX_REQUESTS);
    let requests: Vec<Value> = requests.skip(skipped).map(super::requests::Recorded::view).collect();
    let now = clock::text(world.clock.now());
    json!({
        "now": now,
        "organization": world.store.by_age(Table::Organizations).first(),
        "projects": world.store.by_age(Table::Projects),
        "configs": world.store.by_age(Table::Configs),
        "clients": clients(world),
        "secrets": secrets(world, None),
        "tokens": tokens(world),
        "left_beside_the_seed": {
            "projects": leftovers.projects,
            "configs": leftovers.configs,
            "clients": leftovers.clients,
            "secrets": leftovers.secrets,
            "tokens": leftovers.tokens,
        },
        "summary": leftovers.to_string(),
        "faults": world.faults.view(),
        "requests": requests,
    })
}

/// Every client with its roles and scopes, oldest first.
pub(crate) fn clients(world: &World) -> Vec<&Document> {
    world.store.by_age(Table::Clients)
}

/// The secrets of one client or of all, without their values.
pub(crate) fn secrets(world: &World, client_id: Option<&str>) -> Vec<Document> {
    let mut secrets = world.store.by_age(Table::Secrets);
    secrets.retain(|secret| client_id.is_none_or(|wanted| text(secret, "client_id") == wanted));
    secrets
        .into_iter()
        .map(|secret| {
            let mut secret = secret.clone();
            secret.remove("client_secret");
            // So that whoever looks tells what a run of the provider made for itself from what people made.
            let is_of_a_run = crate::secrets::is_of_a_run(&secret);
            secret.insert("of_a_run".to_owned(), json!(is_of_a_run));
            secret
        })
        .collect()
}

/// The access tokens that are still good, without their values.
pub(crate) fn tokens(world: &mut World) -> Vec<Document> {
    let now = world.clock.now();
    let mut tokens = world.store.by_age(Table::Tokens);
    tokens.retain(|token| world.lives(token, now));
    tokens
        .into_iter()
        .map(|token| {
            let secret = world.store.get(Table::Secrets, text(token, "client_secret_id"));
            let mut token = shown(token, &TOKEN_FIELDS);
            token.insert("of_a_run".to_owned(), json!(secret.is_some_and(crate::secrets::is_of_a_run)));
            token
        })
        .collect()
}

/// The secrets that a run of the provider made for itself and that are still good, without their values.
pub(crate) fn run_secrets(world: &mut World) -> Vec<Document> {
    let now = world.clock.now();
    let mut found = secrets(world, None);
    found.retain(|secret| {
        crate::secrets::is_of_a_run(secret) && !access::is_over(secret, "client_secret_expires_at", now)
    });
    found
}

/// Counts what is there beside the seed. A secret that has expired opens nothing and does not count.
pub(crate) fn leftovers(world: &mut World) -> Leftovers {
    let now = world.clock.now();
    let beside = |table| world.store.all(table).filter(|(_, document)| !is_seeded(document));
    Leftovers {
        projects: beside(Table::Projects).count(),
        configs: beside(Table::Configs).count(),
        clients: beside(Table::Clients).count(),
        secrets: beside(Table::Secrets)
            .filter(|(_, secret)| !access::is_over(secret, "client_secret_expires_at", now))
            .count(),
        tokens: beside(Table::Tokens).filter(|(_, token)| world.lives(token, now)).count(),
    }
}

const TOKEN_FIELDS: [&str; 6] = ["jti", "client_id", "client_secret_id", "scope", "created_at", "expires_at"];

/// Enough to see what just happened.
const MAX_REQUESTS: usize = 200;
