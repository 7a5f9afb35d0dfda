//! `data.pangea_oauth_server` on real programs.

use pangea_emulator::Fault;
use serde_json::json;
use xtask::acceptance::every_cli;

use crate::world::InWorlds as _;

const DATA: &str = "data \"pangea_oauth_server\" \"it\" {}\n";

#[test]
fn the_metadata_is_read_without_any_login() {
    every_cli().run(|world| {
        for name in ["PANGEA_CLIENT_ID", "PANGEA_CLIENT_SECRET", "PANGEA_AUTHN_TOKEN", "PANGEA_ORGANIZATION_ID"] {
            world.unset(name);
        }
        world.config(DATA).apply();
        let found = world.values("data.pangea_oauth_server.it");
        let issuer = format!("{}/authorization.access", world.emulator().url());
        assert_eq!(found["issuer"], json!(issuer));
        assert_eq!(found["token_endpoint"], json!(format!("{issuer}/v1beta/oauth/token")));
        assert_eq!(found["introspection_endpoint"], json!(format!("{issuer}/v1beta/oauth/token/introspect")));
        assert_eq!(found["revocation_endpoint"], json!(format!("{issuer}/v1beta/oauth/token/revoke")));
        assert_eq!(found["grant_types_supported"], json!(["client_credentials"]));
        assert_eq!(found["response_types_supported"], json!(["token"]));
        let ways = json!(["client_secret_basic", "client_secret_post"]);
        assert_eq!(found["token_endpoint_auth_methods_supported"], ways);
        assert!(found["scopes_supported"].as_array().unwrap().contains(&json!("pangea:platform:account:read")));
        world.plan_is_empty();
        let calls = world.requests();
        assert!(calls.iter().all(|call| call == "GET /authorization.access/.well-known/oauth-authorization-server"));
        assert!(world.emulator().tokens().is_empty(), "no token was made");
    });
}

#[test]
fn what_is_left_out_of_the_metadata_is_empty() {
    every_cli().run(|world| {
        world
            .emulator()
            .inject(Fault::malformed(r#"{"issuer": "https://a.example"}"#).path("*/.well-known/*").always());
        world.config(DATA).apply();
        let found = world.values("data.pangea_oauth_server.it");
        assert_eq!((&found["scopes_supported"], &found["token_endpoint"]), (&json!([]), &json!(null)));
    });
}
