//! What each check does.

mod actions;
mod ephemeral;
mod functions;
mod lists;
mod malformed;
mod names;
mod process;
mod reads;
mod resource;
mod said;
mod schema;
mod state_stores;
mod values;

use crate::suite::{Rules, SCHEMA, Scope, Suite};

/// Runs all of them.
pub(crate) async fn run(suite: &Suite, rules: &mut Rules) {
    if suite.scope != Scope::Calls {
        process::run(suite, rules).await;
    }
    if suite.scope == Scope::Process {
        return;
    }
    if !schema::run(suite, rules).await {
        // The table says of each what it waits for.
        let _ = rules.about(SCHEMA, 26..=71);
        return;
    }
    let mut said = Vec::new();
    names::run(suite, rules, &mut said).await;
    malformed::run(suite, rules, &mut said).await;
    resource::run(suite, rules, &mut said).await;
    values::run(suite, rules, &mut said).await;
    reads::run(suite, rules, &mut said).await;
    ephemeral::run(suite, rules, &mut said).await;
    functions::run(suite, rules, &mut said).await;
    lists::run(suite, rules, &mut said).await;
    actions::run(suite, rules, &mut said).await;
    state_stores::run(suite, rules, &mut said).await;
    said::run(suite, rules, &said).await;
}
