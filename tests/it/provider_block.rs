//! The provider block on real programs: what wins over what, who logs in how, and what is left of it after the run.

use std::fs;

use expect_test::expect;
use pangea_emulator::{Fault, Options, Recorded, Server, Switch};
use serde_json::{Value, json};
use xtask::acceptance::every_cli;
use xtask::{clis::Product, http};

use crate::world::{InWorlds as _, World};

const PROJECT: &str = "resource \"pangea_project\" \"it\" {\n  name = \"shop\"\n  geo  = \"us\"\n}\n";

const TOKEN: &str = "/authorization.access/v1beta/oauth/token";
const REVOKE: &str = "/authorization.access/v1beta/oauth/token/revoke";

/// A provider block with these lines, and a project.
fn block(lines: &str) -> String {
    format!("provider \"pangea\" {{\n  {lines}\n}}\n{PROJECT}")
}

/// The lines that log in with the client of the world's variables.
fn login(world: &World) -> String {
    let (id, secret) = (world.variable("PANGEA_CLIENT_ID"), world.variable("PANGEA_CLIENT_SECRET"));
    format!("client_id     = {id:?}\n  client_secret = {secret:?}")
}

/// Gets a token from the emulator, as a script before Terraform would.
pub fn token(world: &World) -> String {
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}",
        world.variable("PANGEA_CLIENT_ID"),
        world.variable("PANGEA_CLIENT_SECRET")
    );
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let url = format!("{}{TOKEN}", world.emulator().url());
    let (status, body) = http::request("POST", &url, &headers, &form).unwrap();
    assert_eq!(status, 200, "{body}");
    world.emulator().clear_requests();
    serde_json::from_str::<Value>(&body).unwrap()["access_token"].as_str().unwrap().to_owned()
}

/// What came to a path since the start or the last look at all requests.
fn calls_to(emulator: &Server, path: &str) -> Vec<Recorded> {
    emulator.requests().into_iter().filter(|request| request.path == path).collect()
}

/// Credentials that no emulator knows.
fn spoil(world: &mut World) {
    world.set("PANGEA_CLIENT_ID", "psa_unknown").set("PANGEA_CLIENT_SECRET", "pck_wrong");
}

#[test]
fn the_tokens_of_a_run_are_revoked_at_its_end() {
    every_cli().run(|world| {
        let revoked = |world: &World| {
            assert_eq!(world.emulator().tokens(), Vec::<Value>::new());
            let (minted, revoked) = (calls_to(world.emulator(), TOKEN).len(), calls_to(world.emulator(), REVOKE).len());
            assert!(minted > 0 && minted == revoked, "{minted} tokens, {revoked} revoked");
            world.emulator().clear_requests();
        };
        world.config(PROJECT).apply();
        revoked(world);
        world.plan_is_empty();
        assert_eq!(calls_to(world.emulator(), TOKEN).len(), 1);
        revoked(world);
        // So they are after a failure.
        world.config(&PROJECT.replace("\"us\"", "\"eu\""));
        world.emulator().inject(Fault::status(403).path("*/project/create"));
        world.apply_fails();
        revoked(world);
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn validate_and_schema_ask_nothing_and_need_no_login() {
    every_cli().run(|world| {
        world.unset("PANGEA_CLIENT_ID").unset("PANGEA_CLIENT_SECRET").unset("PANGEA_ORGANIZATION_ID");
        world.config(PROJECT);
        let valid = world.run(&["validate", "-json"]);
        assert_eq!(valid.code, Some(0), "{}", valid.stdout);
        let schema = world.run(&["providers", "schema", "-json"]);
        assert!(schema.stdout.contains("client_secret_post"), "{}", schema.stdout);
        assert_eq!(world.requests(), Vec::<String>::new());
    });
}

#[test]
fn every_request_says_which_provider_and_which_terraform_sent_it() {
    every_cli().run(|world| {
        world.config(PROJECT).apply();
        let version = match world.cli().product {
            Product::Terraform => world.cli().version.as_str(),
            // The one that OpenTofu gives out as its own: that of a Terraform which it resembles.
            Product::OpenTofu => "1.",
        };
        let expected = format!("terraform-provider-pangea/{} terraform/{version}", env!("CARGO_PKG_VERSION"));
        let requests = world.emulator().requests();
        assert!(requests.len() >= 3, "{requests:?}");
        for request in requests {
            let agent = request.user_agent.clone().unwrap_or_default();
            assert!(agent.starts_with(&expected), "{agent} in {}", request.line());
        }
    });
}

#[test]
fn attributes_come_before_variables() {
    every_cli().run(|world| {
        let mut lines = login(world);
        for (attribute, name) in
            [("base_url_template", "PANGEA_BASE_URL_TEMPLATE"), ("organization_id", "PANGEA_ORGANIZATION_ID")]
        {
            lines += &format!("\n  {attribute} = {:?}", world.variable(name));
        }
        spoil(world);
        world.set("PANGEA_ACCESS_TOKEN", "pts_wrong").set("PANGEA_ORGANIZATION_ID", "poi_unknown");
        world.set("PANGEA_DOMAIN", "pangea.invalid").set("PANGEA_BASE_URL_TEMPLATE", "https://{SERVICE_NAME}.invalid");
        world.config(&block(&lines)).apply();
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn one_half_of_the_login_may_be_an_attribute_and_the_other_a_variable() {
    every_cli().run(|world| {
        let id = world.variable("PANGEA_CLIENT_ID").to_owned();
        world.set("PANGEA_CLIENT_ID", "psa_unknown").set("PANGEA_ACCESS_TOKEN", "pts_wrong");
        world.config(&block(&format!("client_id = {id:?}"))).apply();
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn a_ready_token_makes_the_credentials_irrelevant_and_is_never_revoked() {
    every_cli().run(|world| {
        let token = token(world);
        spoil(world);
        world.config(&block(&format!("access_token = {token:?}"))).apply();
        world.plan_is_empty();
        // Among variables the token wins as well, since the guides export both. Shells and CI systems leave line breaks.
        world.config(PROJECT).set("PANGEA_ACCESS_TOKEN", &format!("{token}\n"));
        world.plan_is_empty();
        world.destroy();
        assert!(world.emulator().requests().iter().all(|request| request.service == "api.console"));
        assert_eq!(world.emulator().tokens().len(), 1);
        assert!(!world.state_file().contains(&token));
    });
}

#[test]
fn a_token_and_credentials_in_one_block_are_an_error_of_validate() {
    every_cli().run(|world| {
        let lines = format!("{}\n  access_token  = \"pts_a\"", login(world));
        world.config(&block(&lines));
        expect![[r#"
            Error: Conflicting credentials
              at provider["registry.terraform.io/pangea/pangea"]
              at access_token  = "pts_a"

            `access_token` and `client_id` are both set, and the provider can log in in one way only. Remove `access_token` to log in as an OAuth client, whose tokens are renewed and revoked; or remove `client_id` and `client_secret`.
        "#]].assert_eq(&world.plan_fails());
        assert_eq!(world.run(&["validate"]).code, Some(1));
        assert_eq!(world.requests(), Vec::<String>::new());
    });
}

#[test]
fn scopes_narrow_the_token_and_are_named_where_they_are_too_narrow() {
    every_cli().run(|world| {
        world.config(&block("scopes = [\"pangea:platform:project:read\"]"));
        expect![[r#"
            Error: Unable to create the project: not allowed
              at pangea_project.it
              at resource "pangea_project" "it" {

            The provider tried to create the project "shop". POST api.console /v1beta/platform/project/create at 127.0.0.1:PORT: the service answered 403 (Unauthorized): Not authorized to access this resource: the token lacks the scope pangea:platform:project:manage.

            The token is valid, but not for this: the client psa_… that the provider is logged in as needs the scope `pangea:platform:project:manage` and a role that reaches the object, such as `admin` on the organization or the project. The provider's attribute `scopes` narrows the token, so the scope must stand there too. Scopes and roles are granted on the page Organization API Credentials (or Project API Credentials) of the Pangea User Console.

            Pangea's request id: prq_…
        "#]].assert_eq(&world.apply_fails());
        let asked = &calls_to(world.emulator(), TOKEN)[0].request_body;
        assert!(asked.contains("scope=pangea:platform:project:read"), "{asked}");

        world.config(&block("scopes = [\"pangea:platform:project:read\", \"pangea:platform:project:manage\"]")).apply();
        world.plan_is_empty();
        world.config(&block("scopes = [\"pangea:service:nothing:read\"]"));
        expect![[r#"
            Error: Unable to read the project: refused as invalid
              at pangea_project.it
              at resource "pangea_project" "it" {

            The provider tried to read the project "ppi_…". POST token endpoint /authorization.access/v1beta/oauth/token at 127.0.0.1:PORT: the service answered 400 (invalid_scope): The client does not have the scope pangea:service:nothing:read.

            Compare the configuration with what Pangea says about it. The provider's attribute `scopes` narrows its token: each of them must be a scope that the client holds.

            Pangea's request id: prq_…
        "#]].assert_eq(&world.plan_fails());
        world.config(PROJECT).destroy();
    });
}

#[test]
fn the_secret_travels_in_the_body_where_the_client_wants_it_there() {
    every_cli().on_each(|cli| {
        let options = Options { switches: [Switch::StrictAuthMethod].into(), ..Options::default() };
        let mut world = World::with(cli, options);
        let client = world.variable("PANGEA_CLIENT_ID").to_owned();
        world.emulator().set_client_field(&client, "token_endpoint_auth_method", json!("client_secret_post"));
        let text = world.config(PROJECT).apply_fails();
        assert!(text.starts_with("Error: Unable to create the project: wrong client id or secret\n"), "{text}");

        world.emulator().clear_requests();
        world.config(&block("token_endpoint_auth_method = \"client_secret_post\"")).apply();
        world.plan_is_empty();
        for call in calls_to(world.emulator(), TOKEN).iter().chain(&calls_to(world.emulator(), REVOKE)) {
            assert!(call.request_body.contains(&format!("client_id={client}")), "{}", call.request_body);
        }
        assert_eq!(world.emulator().tokens(), Vec::<Value>::new());
    });
}

#[test]
fn the_variables_of_single_endpoints_are_followed() {
    every_cli().run(|world| {
        let other = Server::start(Options::default()).unwrap();
        world.set("PANGEA_REVOCATION_ENDPOINT", &format!("{}{REVOKE}", other.url()));
        world.config(PROJECT).plan();
        world.apply();
        assert_eq!(calls_to(world.emulator(), REVOKE).len(), 0);
        assert!(!calls_to(&other, REVOKE).is_empty());

        world.set("PANGEA_TOKEN_ENDPOINT", &format!("{}{TOKEN}", other.url()));
        let text = world.plan_fails();
        assert!(text.starts_with("Error: Unable to read the project: wrong client id or secret\n"), "{text}");
    });
}

#[test]
fn the_variables_of_single_endpoints_are_ignored_where_the_block_says_where_pangea_is() {
    every_cli().run(|world| {
        let other = Server::start(Options::default()).unwrap();
        for (name, path) in [("PANGEA_TOKEN_ENDPOINT", TOKEN), ("PANGEA_REVOCATION_ENDPOINT", REVOKE)] {
            world.set(name, &format!("{}{path}", other.url()));
        }
        let template = world.variable("PANGEA_BASE_URL_TEMPLATE").to_owned();
        world.config(&block(&format!("base_url_template = {template:?}"))).apply();
        world.plan_is_empty();
        world.destroy();
        assert_eq!(other.requests().len(), 0, "a secret went to another place");
        assert_eq!(world.emulator().tokens(), Vec::<Value>::new());
    });
}

#[test]
fn a_private_authority_is_trusted_where_its_certificate_is_given() {
    every_cli().on_each(|cli| {
        let mut world = World::with(cli, Options { tls: true, ..Options::default() });
        world.config(&block("max_retries = 0"));
        expect![[r#"
            Error: Unable to create the project: the connection failed
              at pangea_project.it
              at resource "pangea_project" "it" {

            The provider tried to create the project "shop". POST token endpoint /authorization.access/v1beta/oauth/token at 127.0.0.1:PORT: the host's certificate is not trusted (invalid peer certificate: UnknownIssuer).

            The address comes from the environment variable PANGEA_BASE_URL_TEMPLATE; check it (`domain` or `base_url_template`). Check the network and whether a proxy is needed (`proxy_url`, or the variable HTTPS_PROXY). For a private certification authority set `ca_certificate_pem`.
        "#]].assert_eq(&world.apply_fails());

        let certificate = world.emulator().ca_certificate_pem().unwrap().to_owned();
        fs::write(world.path().join("authority.pem"), certificate).unwrap();
        world.config(&block("ca_certificate_pem = file(\"authority.pem\")")).apply();
        world.plan_is_empty();
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn a_loopback_address_is_never_asked_for_through_a_proxy() {
    every_cli().run(|world| {
        // Nothing answers at port 1.
        world.set("HTTP_PROXY", "http://127.0.0.1:1").set("HTTPS_PROXY", "http://127.0.0.1:1");
        world.config(&block("proxy_url = \"http://user:word@127.0.0.1:1\"")).apply();
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn a_token_that_is_refused_in_the_middle_of_a_run_is_replaced_once() {
    every_cli().run(|world| {
        world.config(PROJECT).apply();
        world.emulator().clear_requests();
        world.emulator().inject(Fault::status(401).path("*/project/get"));
        world.plan_is_empty();
        assert_eq!(calls_to(world.emulator(), TOKEN).len(), 2);

        world.emulator().inject(Fault::status(401).path("*/project/get").always());
        let text = world.plan_fails();
        assert!(text.starts_with("Error: Unable to read the project: token not accepted\n"), "{text}");
    });
}

#[test]
fn two_blocks_with_an_alias_each_use_their_own_login() {
    every_cli().run(|world| {
        let token = token(world);
        let aliased = format!(
            "provider \"pangea\" {{\n  alias        = \"token\"\n  access_token = {token:?}\n}}\n{}",
            PROJECT.replace("\"it\"", "\"other\"").replace("geo ", "provider = pangea.token\n  geo ")
        );
        world.config(&format!("{PROJECT}{aliased}")).apply();
        world.plan_is_empty();
        assert_eq!(world.emulator().tokens().len(), 1);
        world.destroy();
        assert_eq!(world.emulator().leftovers().projects, 0);
    });
}
