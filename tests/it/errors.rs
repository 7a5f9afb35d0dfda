//! What the person at the terminal reads when something goes wrong, and what of it heals by itself.

use std::{net::TcpListener, sync::LazyLock};

use expect_test::expect;
use pangea_emulator::{Fault, Recorded};
use regex_lite::Regex;
use serde_json::{Value, json};
use xtask::acceptance::every_cli;

use crate::world::{InWorlds as _, World};

const PROJECT: &str = "resource \"pangea_project\" \"it\" {\n  name = \"shop\"\n  geo  = \"us\"\n}\n";

const ADDRESS: &str = "pangea_project.it";

/// A provider block with these lines, and a project.
fn block(lines: &str) -> String {
    format!("provider \"pangea\" {{\n  {lines}\n}}\n{PROJECT}")
}

/// Without it each lasting failure would be waited for.
const AT_ONCE: &str = "max_retries = 0";

/// Applies, which must fail, and gives what the person reads, without the parts that the operating system words.
#[track_caller]
fn told(world: &mut World) -> String {
    static SYSTEM: LazyLock<[(Regex, &str); 2]> = LazyLock::new(|| {
        [
            (
                Regex::new(r"failed to lookup address information: [^)]*").unwrap(),
                "failed to lookup address information: …",
            ),
            (Regex::new(r"os error \d+").unwrap(), "os error …"),
        ]
    });
    let text = world.apply_fails();
    SYSTEM.iter().fold(text, |text, (system, mask)| system.replace_all(&text, *mask).into_owned())
}

/// What came to a path that ends so.
fn calls_to(world: &World, end: &str) -> Vec<Recorded> {
    world.emulator().requests().into_iter().filter(|request| request.path.ends_with(end)).collect()
}

/// Seconds from one request to another. The emulator's times end in `THH:MM:SS.ffffffZ`.
fn between(one: &Recorded, other: &Recorded) -> f64 {
    let of_day = |request: &Recorded| {
        let (_, time) = request.at.split_once('T').unwrap();
        let parts = time.trim_end_matches('Z').split(':').map(|part| part.parse::<f64>().unwrap());
        parts.fold(0.0, |sum, part| sum * 60.0 + part)
    };
    (of_day(other) - of_day(one)).rem_euclid(86_400.0)
}

#[test]
fn a_wrong_secret() {
    every_cli().run(|world| {
        let wrong = "pck_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
        world.set("PANGEA_CLIENT_SECRET", wrong).config(PROJECT);
        let run = world.run(&["apply", "-auto-approve", "-input=false"]);
        assert!(!run.stderr.contains(wrong) && !run.stdout.contains(wrong), "the secret is shown");
        world.emulator().clear_requests();
        expect![[r#"
            Error: Unable to create the project: wrong client id or secret
              at pangea_project.it
              at resource "pangea_project" "it" {

            The provider tried to create the project "shop". POST token endpoint /authorization.access/v1beta/oauth/token at 127.0.0.1:PORT: the service answered 401 (invalid_client): The client credentials are not valid.

            The client id comes from the environment variable PANGEA_CLIENT_ID, and the secret comes from the environment variable PANGEA_CLIENT_SECRET. Check that the two belong together, that the secret has not expired or been revoked, and that the client was made for this domain (from the environment variable PANGEA_BASE_URL_TEMPLATE). Clients and their secrets are on the page Organization API Credentials (or Project API Credentials) of the Pangea User Console.

            Pangea's request id: prq_…
        "#]].assert_eq(&told(world));
        // One when it is planned, one when it is planned again to be applied, and one of the create.
        assert_eq!(calls_to(world, "/oauth/token").len(), 3, "another try heals nothing");
    });
}

#[test]
fn an_unknown_domain() {
    every_cli().run(|world| {
        world.config(&block("domain      = \"pangea.invalid\"\n  max_retries = 0"));
        expect![[r#"
            Error: Unable to create the project: the connection failed
              at pangea_project.it
              at resource "pangea_project" "it" {

            The provider tried to create the project "shop". POST token endpoint /v1beta/oauth/token at authorization.access.pangea.invalid: the host's name cannot be resolved (failed to lookup address information: …).

            The address comes from the provider's attribute `domain`; check it (`domain` or `base_url_template`). Check the network and whether a proxy is needed (`proxy_url`, or the variable HTTPS_PROXY). For a private certification authority set `ca_certificate_pem`.
        "#]].assert_eq(&told(world));
        assert_eq!(world.requests(), Vec::<String>::new());
    });
}

#[test]
fn a_refused_connection() {
    every_cli().run(|world| {
        // Free again at once, so that nobody listens there.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        world.set("PANGEA_BASE_URL_TEMPLATE", &format!("http://{address}/{{SERVICE_NAME}}"));
        world.config(&block(AT_ONCE));
        expect![[r#"
            Error: Unable to create the project: the connection failed
              at pangea_project.it
              at resource "pangea_project" "it" {

            The provider tried to create the project "shop". POST token endpoint /authorization.access/v1beta/oauth/token at 127.0.0.1:PORT: no connection could be made (Connection refused (os error …)).

            The address comes from the environment variable PANGEA_BASE_URL_TEMPLATE; check it (`domain` or `base_url_template`). Check the network and whether a proxy is needed (`proxy_url`, or the variable HTTPS_PROXY). For a private certification authority set `ca_certificate_pem`.
        "#]].assert_eq(&told(world));
    });
}

#[test]
fn a_missing_scope() {
    every_cli().run(|world| {
        let login = world.variable("PANGEA_CLIENT_ID").to_owned();
        world.emulator().set_scope(&login, &["pangea:platform:project:read"]);
        world.config(PROJECT);
        expect![[r#"
            Error: Unable to create the project: not allowed
              at pangea_project.it
              at resource "pangea_project" "it" {

            The provider tried to create the project "shop". POST api.console /v1beta/platform/project/create at 127.0.0.1:PORT: the service answered 403 (Unauthorized): Not authorized to access this resource: the token lacks the scope pangea:platform:project:manage.

            The token is valid, but not for this: the client psa_… that the provider is logged in as needs the scope `pangea:platform:project:manage` and a role that reaches the object, such as `admin` on the organization or the project. Scopes and roles are granted on the page Organization API Credentials (or Project API Credentials) of the Pangea User Console.

            Pangea's request id: prq_…
        "#]].assert_eq(&told(world));
        assert_eq!(calls_to(world, "/project/create").len(), 1);
    });
}

#[test]
fn a_missing_role() {
    every_cli().run(|world| {
        let login = world.variable("PANGEA_CLIENT_ID").to_owned();
        world.emulator().set_roles(&login, &[]);
        world.config(PROJECT);
        expect![[r#"
            Error: Unable to create the project: not allowed
              at pangea_project.it
              at resource "pangea_project" "it" {

            The provider tried to create the project "shop". POST api.console /v1beta/platform/project/create at 127.0.0.1:PORT: the service answered 403 (Unauthorized): Not authorized to access this resource: the client has no role, so it can call nothing.

            The token is valid, but not for this: the client psa_… that the provider is logged in as needs the scope `pangea:platform:project:manage` and a role that reaches the object, such as `admin` on the organization or the project. Scopes and roles are granted on the page Organization API Credentials (or Project API Credentials) of the Pangea User Console.

            Pangea's request id: prq_…
        "#]].assert_eq(&told(world));
    });
}

#[test]
fn too_many_requests_heal_and_the_wait_that_was_asked_for_is_kept() {
    every_cli().run(|world| {
        world.emulator().inject(Fault::status(429).header("retry-after", "2").path("*/project/create"));
        world.config(PROJECT).apply();
        let calls = calls_to(world, "/project/create");
        let [refused, done] = calls.as_slice() else { panic!("{calls:?}") };
        assert_eq!((refused.status, done.status), (Some(429), Some(200)));
        let waited = between(refused, done);
        assert!((2.0..20.0).contains(&waited), "it waited {waited} s");
        world.plan_is_empty();
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn too_many_requests_that_never_end() {
    every_cli().run(|world| {
        world.emulator().inject(Fault::status(429).header("retry-after", "1").path("*/project/create").always());
        world.config(&block("max_retries = 1"));
        expect![[r#"
            Error: Unable to create the project: too many requests
              at pangea_project.it
              at resource "pangea_project" "it" {

            The provider tried to create the project "shop". POST api.console /v1beta/platform/project/create at 127.0.0.1:PORT: the service answered 429 (TooManyRequests): Too many requests, in 2 attempts with 1 s of waiting between them.

            Pangea asks for fewer requests. Wait a little and run Terraform again. Where this happens often, lower the provider's `max_concurrent_requests` (now 10), or raise `max_retries` (now 1).

            Pangea's request id: prq_…
        "#]].assert_eq(&told(world));
        assert_eq!(calls_to(world, "/project/create").len(), 2);
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn a_wait_that_is_longer_than_anyone_should_wait_unasked() {
    every_cli().run(|world| {
        world.emulator().inject(Fault::status(429).header("retry-after", "3600").path("*/project/create").always());
        world.config(PROJECT);
        expect![[r#"
            Error: Unable to create the project: too many requests
              at pangea_project.it
              at resource "pangea_project" "it" {

            The provider tried to create the project "shop". POST api.console /v1beta/platform/project/create at 127.0.0.1:PORT: the service answered 429 (TooManyRequests): Too many requests; the next attempt would be in 3600 s, and no call waits longer than 300 s in all.

            Pangea asks for fewer requests. Wait a little and run Terraform again. Where this happens often, lower the provider's `max_concurrent_requests` (now 10), or raise `max_retries` (now 4).

            Pangea's request id: prq_…
        "#]].assert_eq(&told(world));
        assert_eq!(calls_to(world, "/project/create").len(), 1);
    });
}

#[test]
fn a_failing_service_that_recovers_is_not_noticed() {
    every_cli().run(|world| {
        world.emulator().inject(Fault::status(500).path("*/oauth/token"));
        world.config(PROJECT).apply();
        world.emulator().inject(Fault::status(503).path("*/project/get").times(2));
        world.emulator().inject(Fault::reset().path("*/project/get"));
        world.plan_is_empty();
        world.emulator().inject(Fault::status(500).path("*/project/update"));
        world.config(&PROJECT.replace("shop", "store")).apply();
        assert!(world.emulator().project_named("store").is_some());
        world.emulator().inject(Fault::lost_answer().path("*/project/delete"));
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn a_failing_service_that_does_not_recover() {
    every_cli().run(|world| {
        world.config(&block("max_retries = 1")).apply();
        world.emulator().inject(Fault::status(500).path("*/project/get").always());
        expect![[r#"
            Error: Unable to read the project: Pangea failed
              at pangea_project.it
              at resource "pangea_project" "it" {

            The provider tried to read the project "ppi_…". POST api.console /v1beta/platform/project/get at 127.0.0.1:PORT: the service answered 500 (InternalError): The emulator was asked to answer 500, in 2 attempts.

            This is a fault of the service, not of the configuration. Run Terraform again later; where it passes after a while, a higher `max_retries` (now 1) bridges it. Pangea's support can look the request up by its id.

            Pangea's request id: prq_…
        "#]].assert_eq(&told(world));
        world.emulator().clear_faults();
        world.plan_is_empty();
    });
}

#[test]
fn a_create_that_ends_in_a_server_error_is_not_tried_again() {
    every_cli().run(|world| {
        world.emulator().inject(Fault::status(500).path("*/project/create").always());
        world.config(PROJECT);
        expect![[r#"
            Error: Unable to create the project: outcome unknown
              at pangea_project.it
              at resource "pangea_project" "it" {

            The provider tried to create the project "shop". POST api.console /v1beta/platform/project/create at 127.0.0.1:PORT may or may not have been carried out: the service answered 500 (InternalError): The emulator was asked to answer 500.

            So the project "shop" may exist now, or may not. Look for it in the Pangea User Console, by its name and the time. If it is there, take it into the state with an `import` block and its id, or delete it. Only then apply again: names may repeat, and another apply may make it a second time.

            Pangea's request id: prq_…
        "#]].assert_eq(&told(world));
        assert_eq!(calls_to(world, "/project/create").len(), 1);
    });
}

#[test]
fn a_create_whose_answer_is_lost() {
    every_cli().run(|world| {
        world.emulator().inject(Fault::lost_answer().path("*/project/create"));
        world.config(PROJECT);
        expect![[r#"
            Error: Unable to create the project: outcome unknown
              at pangea_project.it
              at resource "pangea_project" "it" {

            The provider tried to create the project "shop". POST api.console /v1beta/platform/project/create at 127.0.0.1:PORT may or may not have been carried out: the connection broke before the whole answer was there.

            So the project "shop" may exist now, or may not. Look for it in the Pangea User Console, by its name and the time. If it is there, take it into the state with an `import` block and its id, or delete it. Only then apply again: names may repeat, and another apply may make it a second time.
        "#]].assert_eq(&told(world));
        assert_eq!(calls_to(world, "/project/create").len(), 1);

        // What the error advises: the project is there, and an import takes it in.
        let made = world.emulator().project_named("shop").unwrap()["id"].as_str().unwrap().to_owned();
        assert_eq!(world.values(ADDRESS), Value::Null);
        world.import(ADDRESS, &made);
        world.plan_is_empty();
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn an_answer_that_is_a_page_of_html() {
    every_cli().run(|world| {
        world.config(PROJECT).apply();
        world.emulator().inject(Fault::malformed("<html>Please log in to the hotel's network</html>").path("*/project/get").always());
        expect![[r#"
            Error: Unable to read the project: answer not understood
              at pangea_project.it
              at resource "pangea_project" "it" {

            The provider tried to read the project "ppi_…". POST api.console /v1beta/platform/project/get at 127.0.0.1:PORT: the answer (200) is not understood: it is not a JSON object.

            A proxy or gateway on the way may have answered in Pangea's place. The address comes from the environment variable PANGEA_BASE_URL_TEMPLATE; check it (`domain` or `base_url_template`). If the address is right, please report this as a bug of the provider, with the request id.

            Pangea's request id: prq_…
        "#]].assert_eq(&told(world));
    });
}

#[test]
fn an_answer_without_what_was_asked_for() {
    every_cli().run(|world| {
        world.config(PROJECT).apply();
        world.emulator().inject(Fault::rewrite("/result", json!({"id": 7})).path("*/project/get").always());
        expect![[r#"
            Error: Unable to read the project: answer not understood
              at pangea_project.it
              at resource "pangea_project" "it" {

            The provider tried to read the project "ppi_…". POST api.console /v1beta/platform/project/get at 127.0.0.1:PORT: the answer (200) is not understood: a field is of another type than documented.

            A proxy or gateway on the way may have answered in Pangea's place. The address comes from the environment variable PANGEA_BASE_URL_TEMPLATE; check it (`domain` or `base_url_template`). If the address is right, please report this as a bug of the provider, with the request id.

            Pangea's request id: prq_…
        "#]].assert_eq(&told(world));
    });
}

#[test]
fn an_answer_that_ends_in_the_middle() {
    every_cli().run(|world| {
        world.config(&block(AT_ONCE)).apply();
        world.emulator().inject(Fault::truncated().path("*/project/get").always());
        expect![[r#"
            Error: Unable to read the project: the connection failed
              at pangea_project.it
              at resource "pangea_project" "it" {

            The provider tried to read the project "ppi_…". POST api.console /v1beta/platform/project/get at 127.0.0.1:PORT: the connection broke before the whole answer was there (end of file before message length reached).

            The address comes from the environment variable PANGEA_BASE_URL_TEMPLATE; check it (`domain` or `base_url_template`). Check the network and whether a proxy is needed (`proxy_url`, or the variable HTTPS_PROXY). For a private certification authority set `ca_certificate_pem`.
        "#]].assert_eq(&told(world));
        world.emulator().clear_faults();
        world.plan_is_empty();
    });
}

#[test]
fn a_create_whose_answer_is_not_understood() {
    every_cli().run(|world| {
        world.emulator().inject(Fault::malformed("<html>").path("*/project/create"));
        world.config(PROJECT);
        expect![[r#"
            Error: Unable to create the project: outcome unknown
              at pangea_project.it
              at resource "pangea_project" "it" {

            The provider tried to create the project "shop". POST api.console /v1beta/platform/project/create at 127.0.0.1:PORT may or may not have been carried out: the answer (200) is not understood: it is not a JSON object.

            So the project "shop" may exist now, or may not. Look for it in the Pangea User Console, by its name and the time. If it is there, take it into the state with an `import` block and its id, or delete it. Only then apply again: names may repeat, and another apply may make it a second time.

            Pangea's request id: prq_…
        "#]].assert_eq(&told(world));
        assert!(world.emulator().project_named("shop").is_some());
    });
}

#[test]
fn an_update_that_fails_leaves_the_state_as_it_was() {
    every_cli().run(|world| {
        world.config(PROJECT).apply();
        world.emulator().inject(Fault::status(403).path("*/project/update"));
        let text = world.config(&PROJECT.replace("shop", "store")).apply_fails();
        assert!(text.starts_with("Error: Unable to rename the project: not allowed\n"), "{text}");
        assert_eq!(world.text(ADDRESS, "name"), "shop");
        world.apply();
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn a_delete_that_fails_keeps_the_project_in_the_state() {
    every_cli().run(|world| {
        world.config(PROJECT).apply();
        world.emulator().inject(Fault::status(403).path("*/project/delete"));
        let text = world.destroy_fails();
        assert!(text.starts_with("Error: Unable to delete the project: not allowed\n"), "{text}");
        world.plan_is_empty();
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn no_credentials() {
    every_cli().run(|world| {
        world.unset("PANGEA_CLIENT_ID").unset("PANGEA_CLIENT_SECRET").config(PROJECT);
        expect![[r#"
            Error: Missing Pangea credentials
              at pangea_project.it
              at resource "pangea_project" "it" {

            Neither the provider block nor the environment says how to log in to Pangea. Set one of:
              - `client_id` and `client_secret`, or PANGEA_CLIENT_ID and PANGEA_CLIENT_SECRET: a management client, whose tokens the provider gets, renews and revokes;
              - `access_token`, or PANGEA_ACCESS_TOKEN: a ready token, which lives an hour as a rule.

            Management clients and their secrets are made on the page Organization API Credentials (or Project API Credentials) of the Pangea User Console.
        "#]].assert_eq(&told(world));
        assert_eq!(world.requests(), Vec::<String>::new());
    });
}

#[test]
fn half_of_the_credentials() {
    every_cli().run(|world| {
        world.unset("PANGEA_CLIENT_SECRET").config(PROJECT);
        expect![[r#"
            Error: Missing Pangea credentials
              at pangea_project.it
              at resource "pangea_project" "it" {

            The credentials are half there: one part comes from the environment variable PANGEA_CLIENT_ID, and the other is missing. Set the provider's attribute `client_secret` or the environment variable PANGEA_CLIENT_SECRET.

            Management clients and their secrets are made on the page Organization API Credentials (or Project API Credentials) of the Pangea User Console.
        "#]].assert_eq(&told(world));
        world.unset("PANGEA_CLIENT_ID").config(&block("client_secret = \"pck_a\""));
        let text = told(world);
        assert!(text.contains("comes from the provider's attribute `client_secret`"), "{text}");
        assert_eq!(world.requests(), Vec::<String>::new());
    });
}

#[test]
fn an_insecure_address() {
    every_cli().run(|world| {
        world.config(&block("base_url_template = \"http://{SERVICE_NAME}.example.com\""));
        expect![[r#"
            Error: Insecure address
              at provider["registry.terraform.io/pangea/pangea"]
              at base_url_template = "http://{SERVICE_NAME}.example.com"

            The value of the provider's attribute `base_url_template` can't be used: the base URL template is a plain http:// address at authorization.access.example.com, and credentials travel over plain HTTP only to a loopback address. Use an https:// address; plain http:// is for an emulator on this machine.
        "#]].assert_eq(&told(world));
        world.set("PANGEA_BASE_URL_TEMPLATE", "http://{SERVICE_NAME}.example.com").config(PROJECT);
        expect![[r#"
            Error: Insecure address
              at provider["registry.terraform.io/pangea/pangea"]

            The value of the environment variable PANGEA_BASE_URL_TEMPLATE can't be used: the base URL template is a plain http:// address at authorization.access.example.com, and credentials travel over plain HTTP only to a loopback address. Use an https:// address; plain http:// is for an emulator on this machine.

            Error: Invalid provider configuration

            Provider "registry.terraform.io/pangea/pangea" requires explicit configuration. Add a provider block to the root module and configure the provider's required arguments as described in the provider documentation.
        "#]].assert_eq(&told(world));
        assert_eq!(world.requests(), Vec::<String>::new());
    });
}

/// A provider block one attribute of which is known only during the apply.
fn unknown(attribute: &str, value: &str) -> String {
    let source = format!("resource \"terraform_data\" \"late\" {{\n  input = {value:?}\n}}\n");
    source + &block(&format!("{attribute} = terraform_data.late.output"))
}

#[test]
fn a_login_that_is_known_only_during_the_apply_is_enough_for_a_create() {
    every_cli().run(|world| {
        let secret = world.variable("PANGEA_CLIENT_SECRET").to_owned();
        world.unset("PANGEA_CLIENT_SECRET").config(&unknown("client_secret", &secret));
        assert_eq!(world.plan().actions().len(), 2);
        assert_eq!(world.requests(), Vec::<String>::new());
        world.apply();
        world.plan_is_empty();
        world.destroy();
        assert!(world.emulator().leftovers().is_empty());
    });
}

#[test]
fn a_provider_attribute_that_is_not_known_yet_is_named_by_the_plan_that_needs_it() {
    every_cli().run(|world| {
        world.config(PROJECT).apply();
        world.requests();
        world.config(&unknown("client_secret", "pck_late"));
        expect![[r#"
            Error: Provider configuration is not known yet
              at pangea_project.it
              at resource "pangea_project" "it" {

            The provider's attribute `client_secret` depends on something that is known only after an apply, and this operation has to call Pangea now. Apply what it depends on first, with `terraform apply -target=ADDRESS`, or set `client_secret` to a value that is known.
        "#]].assert_eq(&world.plan_fails());
        for (attribute, value) in
            [("base_url_template", "http://localhost/{SERVICE_NAME}"), ("client_id", "psa_late"), ("access_token", "pts_late"), ("max_retries", "1")]
        {
            let text = world.config(&unknown(attribute, value)).plan_fails();
            assert!(text.contains(&format!("The provider's attribute `{attribute}` depends on")), "{text}");
        }
        assert_eq!(world.requests(), Vec::<String>::new());
    });
}

#[test]
fn a_service_token_that_is_not_known_yet_is_named_by_the_plan_that_reads_the_keys() {
    every_cli().run(|world| {
        let keys = "data \"pangea_jwks\" \"it\" {}\n".to_owned();
        let text = world.config(&(keys + &unknown("service_token", "pts_late"))).plan_fails();
        assert!(text.contains("The provider's attribute `service_token` depends on"), "{text}");
        assert!(world.requests().iter().all(|request| request.contains("/oauth/token")), "a service was asked");
    });
}

#[test]
fn a_default_organization_that_is_not_known_yet_is_filled_in_by_the_apply() {
    every_cli().run(|world| {
        let organization = world.variable("PANGEA_ORGANIZATION_ID").to_owned();
        world.unset("PANGEA_ORGANIZATION_ID").config(&unknown("organization_id", &organization));
        let plan = world.plan();
        assert_eq!(plan.change(ADDRESS)["after_unknown"]["organization_id"], json!(true));
        world.apply_planned(&plan);
        assert_eq!(world.text(ADDRESS, "organization_id"), organization);
        world.plan_is_empty();
        world.destroy();
    });
}

#[test]
fn invalid_values_of_the_provider_block_are_shown_at_their_attributes() {
    every_cli().run(|world| {
        let lines = r#"max_retries                = 99
  request_timeout            = 0
  max_concurrent_requests    = 1.5
  token_endpoint_auth_method = "none"
  scopes                     = ["pangea:platform:project:read", "a b"]
  access_token               = """#;
        world.config(&block(lines));
        expect![[r#"
            Error: Invalid value
              at provider["registry.terraform.io/pangea/pangea"]
              at token_endpoint_auth_method = "none"

            `token_endpoint_auth_method` must be one of "client_secret_basic", "client_secret_post". The value is "none".

            Error: Invalid value
              at provider["registry.terraform.io/pangea/pangea"]
              at access_token               = ""

            `access_token` must have 1 to 4096 characters.

            Error: Invalid value
              at provider["registry.terraform.io/pangea/pangea"]
              at scopes                     = ["pangea:platform:project:read", "a b"]

            Each element of `scopes` must be one scope, without spaces. The value is "a b".

            Error: Invalid value
              at provider["registry.terraform.io/pangea/pangea"]
              at max_retries                = 99

            `max_retries` must be between 0 and 20. The value is 99.

            Error: Invalid value
              at provider["registry.terraform.io/pangea/pangea"]
              at request_timeout            = 0

            `request_timeout` must be between 1 and 600. The value is 0.

            Error: Invalid value
              at provider["registry.terraform.io/pangea/pangea"]
              at max_concurrent_requests    = 1.5

            `max_concurrent_requests` must be a whole number, and not a huge one.
        "#]].assert_eq(&world.plan_fails());
        assert_eq!(world.requests(), Vec::<String>::new());
    });
}

#[test]
fn values_of_the_provider_block_that_cannot_be_used_are_shown_at_their_attributes() {
    every_cli().run(|world| {
        let lines = r#"domain             = "https://aws.us.pangea.cloud"
  client_id          = "poi_a"
  client_secret      = "pts_a"
  organization_id    = "psa_a"
  ca_certificate_pem = "no certificate"
  proxy_url          = "proxy at example""#;
        world.config(&block(lines));
        expect![[r#"
            Error: Id of another kind
              at provider["registry.terraform.io/pangea/pangea"]
              at client_id          = "poi_a"

            The value of the provider's attribute `client_id` looks like the id of an organization, and should begin with `psa_`.

            Error: Id of another kind
              at provider["registry.terraform.io/pangea/pangea"]
              at client_secret      = "pts_a"

            The value of the provider's attribute `client_secret` looks like the value of a token, and should begin with `pck_`.

            Error: Id of another kind
              at provider["registry.terraform.io/pangea/pangea"]
              at organization_id    = "psa_a"

            The value of the provider's attribute `organization_id` looks like the id of a client, and should begin with `poi_`.

            Error: Unusable provider configuration
              at provider["registry.terraform.io/pangea/pangea"]
              at domain             = "https://aws.us.pangea.cloud"

            The value of the provider's attribute `domain` can't be used: the domain `https://aws.us.pangea.cloud` is not a host name such as aws.us.pangea.cloud. Correct it; nothing was sent to Pangea.

            Error: Unusable provider configuration
              at provider["registry.terraform.io/pangea/pangea"]
              at ca_certificate_pem = "no certificate"

            The value of the provider's attribute `ca_certificate_pem` can't be used: ca_certificate_pem holds no certificate in PEM. Correct it; nothing was sent to Pangea.

            Error: Unusable provider configuration
              at provider["registry.terraform.io/pangea/pangea"]
              at proxy_url          = "proxy at example"

            The value of the provider's attribute `proxy_url` can't be used: the proxy URL is not usable: it is not a URL such as http://proxy.example:3128. Correct it; nothing was sent to Pangea.
        "#]].assert_eq(&world.plan_fails());
        assert_eq!(world.requests(), Vec::<String>::new());
    });
}

#[test]
fn a_variable_that_cannot_be_used_is_named() {
    every_cli().run(|world| {
        world.set("PANGEA_ORGANIZATION_ID", "psa_a").set("PANGEA_TOKEN_ENDPOINT", "not an address").config(PROJECT);
        expect![[r#"
            Error: Id of another kind
              at provider["registry.terraform.io/pangea/pangea"]

            The value of the environment variable PANGEA_ORGANIZATION_ID looks like the id of a client, and should begin with `poi_`.

            Error: Unusable provider configuration
              at provider["registry.terraform.io/pangea/pangea"]

            The value of the environment variable PANGEA_TOKEN_ENDPOINT can't be used: the token endpoint is not usable: relative URL without a base. Correct it; nothing was sent to Pangea.

            Error: Invalid provider configuration

            Provider "registry.terraform.io/pangea/pangea" requires explicit configuration. Add a provider block to the root module and configure the provider's required arguments as described in the provider documentation.
        "#]].assert_eq(&world.plan_fails());
        assert_eq!(world.requests(), Vec::<String>::new());
    });
}
