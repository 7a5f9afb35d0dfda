//! Many objects in one apply, ten at a time: in the end there is exactly what was declared.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use xtask::acceptance::every_cli;

use crate::world::{InWorlds as _, World};

/// Clients, and as many grants: enough for each of Terraform's ten threads to meet every other.
const COUNT: usize = 50;

fn many(clients: &str, grants: &str) -> String {
    format!(
        r#"
resource "pangea_management_client" "it" {{
  count  = {COUNT}
  name   = "it-${{count.index}}"
  scopes = [{clients}]
}}

resource "pangea_client_grant" "it" {{
  count     = {COUNT}
  client_id = pangea_management_client.it[count.index].client_id
  scopes    = [{grants}]
}}
"#
    )
}

/// The names of all clients that are not the seed's, and the different sets of scopes that they have.
fn held(world: &World) -> (BTreeSet<String>, BTreeSet<Vec<String>>) {
    let clients: Vec<Value> =
        world.emulator().clients().into_iter().filter(|client| client["seeded"] != json!(true)).collect();
    assert_eq!(clients.len(), COUNT, "each client was made once");
    let text = |client: &Value, field: &str| client[field].as_str().unwrap_or_default().to_owned();
    let names = clients.iter().map(|client| text(client, "client_name")).collect();
    (names, clients.iter().map(|client| world.scopes(&text(client, "client_id"))).collect())
}

#[test]
fn fifty_clients_and_fifty_grants_leave_exactly_what_is_declared() {
    const READ: &str = "pangea:platform:project:read";
    const MANAGE: &str = "pangea:platform:project:manage";
    const AUDIT: &str = "pangea:service:audit:config:manage";
    let quoted = |scope: &str| format!("\"{scope}\"");
    every_cli().run(|world| {
        let names: BTreeSet<String> = (0..COUNT).map(|number| format!("it-{number}")).collect();
        world.config(&many(&quoted(READ), &quoted(AUDIT))).apply();
        let token_requests = world.requests().into_iter().filter(|request| request.ends_with("/oauth/token")).count();
        assert!(token_requests <= 2, "{token_requests} tokens for one plan and one apply");
        assert_eq!(held(world), (names.clone(), BTreeSet::from([vec![READ.to_owned(), AUDIT.to_owned()]])));
        world.plan_is_empty();

        // The grants' scope and the clients' own trade places, everywhere at once.
        world.config(&many(&quoted(AUDIT), &format!("{}, {}", quoted(READ), quoted(MANAGE)))).apply();
        let mut traded = vec![READ.to_owned(), MANAGE.to_owned(), AUDIT.to_owned()];
        traded.sort();
        assert_eq!(held(world), (names, BTreeSet::from([traded])));
        world.plan_is_empty();

        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}
