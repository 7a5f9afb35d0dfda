//! What a person reads, one text for each kind of failure.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    thread,
    time::Duration,
};

use expect_test::{Expect, expect};
use pangea_client::{Api, NewProject, Stop};
use tf_framework::{Secret, Value};

use super::*;
use crate::{
    provider::Block,
    testing::{pangea, render, variables},
};

const CREATE: Attempt<'_> = Attempt::new("create", "project", "shop")
    .needing("pangea:platform:project:manage")
    .fields(&[("name", "name"), ("org_id", "organization_id")]);
const READ: Attempt<'_> = Attempt::new("read", "project", "ppi_a").needing("pangea:platform:project:read");
const KEYS: Attempt<'_> = Attempt::new("read", "signing keys (JWKS)", "").at_service("authn");

const TOKEN: (&str, &str) = ("PANGEA_ACCESS_TOKEN", "pts_hidden");
const CLIENT: [(&str, &str); 2] = [("PANGEA_CLIENT_ID", "psa_a"), ("PANGEA_CLIENT_SECRET", "pck_hidden")];

/// Answers each request with the same status line and body, until the test's process ends. Gives `HOST:PORT`.
fn service(status: &'static str, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    thread::spawn(move || listener.incoming().for_each(|stream| answer(stream.unwrap(), status, body)));
    host
}

fn answer(mut stream: TcpStream, status: &str, body: &str) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut line, mut length) = (String::new(), 0);
    while reader.read_line(&mut line).unwrap() > 2 {
        let header = line.to_ascii_lowercase();
        length = header.strip_prefix("content-length:").map_or(length, |value| value.trim().parse().unwrap());
        line.clear();
    }
    reader.read_exact(&mut vec![0; length]).unwrap();
    let size = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\nx-request-id: prq_a\r\nconnection: close\r\ncontent-length: {size}\r\n\r\n");
    let _ = stream.write_all(format!("{head}{body}").as_bytes());
}

/// A provider block for that host, without retries.
fn block(host: &str) -> Block {
    let template = format!("http://{host}/{{SERVICE_NAME}}");
    Block { base_url_template: template.into(), max_retries: 0.into(), ..Block::default() }
}

/// The provider at that host.
fn at(host: &str, list: &[(&str, &str)]) -> Pangea {
    pangea(block(host), list)
}

/// The text of a failure, with the host's random port taken out.
fn check<T>(result: Result<T>, host: &str, expected: Expect) {
    let text = render(&result.err().expect("it succeeded")).replace(host, "HOST");
    assert!(!text.contains("hidden"), "a secret is shown: {text}");
    expected.assert_eq(&text);
}

async fn creates(list: &[(&str, &str)], status: &'static str, body: &'static str, expected: Expect) {
    let host = service(status, body);
    let pangea = at(&host, list);
    let result = pangea.api().unwrap().projects().create(&NewProject::default()).await.explain(&pangea, &CREATE);
    check(result, &host, expected);
}

async fn reads(list: &[(&str, &str)], status: &'static str, body: &'static str, expected: Expect) {
    let host = service(status, body);
    check(read(&at(&host, list)).await, &host, expected);
}

async fn read(pangea: &Pangea) -> Result<pangea_client::Project> {
    pangea.api().unwrap().projects().get("ppi_a").await.explain(pangea, &READ)
}

async fn reads_keys(list: &[(&str, &str)], status: &'static str, body: &'static str, expected: Expect) {
    let host = service(status, body);
    let pangea = at(&host, list);
    let result = pangea.service_api("authn").unwrap().authn().jwks().await.explain(&pangea, &KEYS);
    check(result, &host, expected);
}

#[tokio::test]
async fn an_object_that_does_not_exist() {
    let body = r#"{"request_id":"prq_a","status":"ValidationError","summary":"There was 1 error(s)",
        "result":{"errors":[{"code":"DoesNotExist","detail":"no such project","source":"/id"}]}}"#;
    reads(&[TOKEN], "400 Bad Request", body, expect![[r#"
        Error: Unable to read the project: it does not exist

        The provider tried to read the project "ppi_a". POST api.console /v1beta/platform/project/get at HOST: the service answered 400 (ValidationError): no such project (DoesNotExist at /id).

        It was deleted outside of Terraform, or belongs to an organization or project that the provider's login doesn't see. Run `terraform plan`: it reads the project "ppi_a" again, and plans to create what is gone.

        Pangea's request id: prq_a
    "#]]).await;
}

#[tokio::test]
async fn an_address_that_is_not_pangeas() {
    reads(&[TOKEN], "404 Not Found", "<html>nothing here</html>", expect![[r#"
        Error: Unable to read the project: wrong address

        The provider tried to read the project "ppi_a". POST api.console /v1beta/platform/project/get at HOST: the service answered 404: a page of HTML, which Pangea's services don't write.

        The address comes from the provider's attribute `base_url_template`; check it (`domain` or `base_url_template`). Something answers there that is not Pangea's API.

        Pangea's request id: prq_a
    "#]]).await;
}

#[tokio::test]
async fn a_ready_token_that_is_not_accepted() {
    reads(&[TOKEN], "401 Unauthorized", r#"{"error":"invalid_token"}"#, expect![[r#"
        Error: Unable to read the project: token not accepted

        The provider tried to read the project "ppi_a". POST api.console /v1beta/platform/project/get at HOST: the service answered 401 (invalid_token).

        The token comes from the environment variable PANGEA_ACCESS_TOKEN. It has expired or was revoked, or belongs to another domain. Get a new one, or set `client_id` and `client_secret` in its place: then the provider gets its tokens itself.

        Pangea's request id: prq_a
    "#]]).await;
}

#[tokio::test]
async fn a_service_token_that_is_not_accepted() {
    let list = [TOKEN, ("PANGEA_AUTHN_TOKEN", "pts_hidden")];
    reads_keys(&list, "401 Unauthorized", r#"{"error":"invalid_token"}"#, expect![[r#"
        Error: Unable to read the signing keys (JWKS): token not accepted

        The provider tried to read the signing keys (JWKS). POST authn /v2/client/jwks at HOST: the service answered 401 (invalid_token).

        The token comes from the environment variable PANGEA_AUTHN_TOKEN. It may have expired or been revoked, or belong to another service or domain. Service tokens are made on the service's page in the Pangea User Console, under API Credentials.

        Pangea's request id: prq_a
    "#]]).await;
}

#[tokio::test]
async fn a_wrong_secret() {
    reads(&CLIENT, "401 Unauthorized", r#"{"error":"invalid_client"}"#, expect![[r#"
        Error: Unable to read the project: wrong client id or secret

        The provider tried to read the project "ppi_a". POST token endpoint /authorization.access/v1beta/oauth/token at HOST: the service answered 401 (invalid_client).

        The client id comes from the environment variable PANGEA_CLIENT_ID, and the secret comes from the environment variable PANGEA_CLIENT_SECRET. Check that the two belong together, that the secret has not expired or been revoked, and that the client was made for this domain (from the provider's attribute `base_url_template`). Clients and their secrets are on the page Organization API Credentials (or Project API Credentials) of the Pangea User Console.

        Pangea's request id: prq_a
    "#]]).await;
}

#[tokio::test]
async fn a_missing_scope() {
    let body = r#"{"error":"insufficient_scope","error_description":"pts_hidden lacks it"}"#;
    creates(&[TOKEN], "403 Forbidden", body, expect![[r#"
        Error: Unable to create the project: not allowed

        The provider tried to create the project "shop". POST api.console /v1beta/platform/project/create at HOST: the service answered 403 (insufficient_scope): [redacted] lacks it.

        The token is valid, but not for this: the client of the token from the environment variable PANGEA_ACCESS_TOKEN needs the scope `pangea:platform:project:manage` and a role that reaches the object, such as `admin` on the organization or the project. Scopes and roles are granted on the page Organization API Credentials (or Project API Credentials) of the Pangea User Console.

        Pangea's request id: prq_a
    "#]]).await;
}

#[tokio::test]
async fn a_service_token_that_is_for_something_else() {
    let list = [TOKEN, ("PANGEA_SERVICE_TOKEN", "pts_hidden")];
    reads_keys(&list, "403 Forbidden", r#"{"error":"insufficient_scope"}"#, expect![[r#"
        Error: Unable to read the signing keys (JWKS): not allowed

        The provider tried to read the signing keys (JWKS). POST authn /v2/client/jwks at HOST: the service answered 403 (insufficient_scope).

        The token comes from the environment variable PANGEA_SERVICE_TOKEN, and is valid but not for this. Service tokens are made on the service's page in the Pangea User Console, under API Credentials.

        Pangea's request id: prq_a
    "#]]).await;
}

#[tokio::test]
async fn a_service_that_the_login_has_no_part_in() {
    reads_keys(&[TOKEN], "403 Forbidden", r#"{"error":"access_denied"}"#, expect![[r#"
        Error: Unable to read the signing keys (JWKS): not allowed

        The provider tried to read the signing keys (JWKS). POST authn /v2/client/jwks at HOST: the service answered 403 (access_denied).

        The call was made as the client of the token from the environment variable PANGEA_ACCESS_TOKEN, and a project's services answer only who belongs to the project: a client of the whole organization does not. Name a client of the project in `impersonate_client_id`, set the provider's `service_token`, or log in as a client of the project. Service tokens are made on the service's page in the Pangea User Console, under API Credentials.

        Pangea's request id: prq_a
    "#]]).await;
}

#[tokio::test]
async fn values_that_the_service_refuses_are_shown_at_their_attributes() {
    let body = r#"{"request_id":"prq_a","status":"ValidationError","summary":"There were 2 error(s)","result":{"errors":[
        {"code":"AboveMaxLength","detail":"The name is too long.","source":"/name"},
        {"code":"NotEnumMember","detail":"no such region","source":"/region"}]}}"#;
    creates(&[TOKEN], "400 Bad Request", body, expect![[r#"
        Error at name: Unable to create the project: invalid value

        The provider tried to create the project "shop", and Pangea refused a value: The name is too long (AboveMaxLength at /name).

        Correct the value in the configuration.

        Pangea's request id: prq_a

        Error: Unable to create the project: invalid value

        The provider tried to create the project "shop", and Pangea refused a value: no such region (NotEnumMember at /region).

        Compare the configuration with the documentation of the resource.

        Pangea's request id: prq_a
    "#]]).await;
}

#[tokio::test]
async fn a_refusal_without_a_place() {
    let body = r#"{"error":"invalid_scope","error_description":"no such scope"}"#;
    reads(&[TOKEN], "400 Bad Request", body, expect![[r#"
        Error: Unable to read the project: refused as invalid

        The provider tried to read the project "ppi_a". POST api.console /v1beta/platform/project/get at HOST: the service answered 400 (invalid_scope): no such scope.

        Compare the configuration with what Pangea says about it.

        Pangea's request id: prq_a
    "#]]).await;
}

#[tokio::test]
async fn a_conflict() {
    reads(&[TOKEN], "409 Conflict", r#"{"error":"conflict"}"#, expect![[r#"
        Error: Unable to read the project: conflict with its present state

        The provider tried to read the project "ppi_a". POST api.console /v1beta/platform/project/get at HOST: the service answered 409 (conflict).

        Something else may be changing the project "ppi_a" at the same time. Run `terraform plan` to see how it is now, then apply again.

        Pangea's request id: prq_a
    "#]]).await;
}

#[tokio::test]
async fn too_many_requests() {
    reads(&[TOKEN], "429 Too Many Requests", r#"{"error":"slow_down"}"#, expect![[r#"
        Error: Unable to read the project: too many requests

        The provider tried to read the project "ppi_a". POST api.console /v1beta/platform/project/get at HOST: the service answered 429 (slow_down).

        Pangea asks for fewer requests. Wait a little and run Terraform again. Where this happens often, lower the provider's `max_concurrent_requests` (now 10), or raise `max_retries` (now 0).

        Pangea's request id: prq_a
    "#]]).await;
}

#[tokio::test]
async fn a_fault_of_the_service() {
    reads(&[TOKEN], "500 Internal Server Error", r#"{"error":"server_error"}"#, expect![[r#"
        Error: Unable to read the project: Pangea failed

        The provider tried to read the project "ppi_a". POST api.console /v1beta/platform/project/get at HOST: the service answered 500 (server_error).

        This is a fault of the service, not of the configuration. Run Terraform again later; where it passes after a while, a higher `max_retries` (now 0) bridges it. Pangea's support can look the request up by its id.

        Pangea's request id: prq_a
    "#]]).await;
}

#[tokio::test]
async fn a_create_whose_outcome_is_unknown() {
    creates(&[TOKEN], "502 Bad Gateway", "<html>bad gateway</html>", expect![[r#"
        Error: Unable to create the project: outcome unknown

        The provider tried to create the project "shop". POST api.console /v1beta/platform/project/create at HOST may or may not have been carried out: the service answered 502: a page of HTML, which Pangea's services don't write.

        So the project "shop" may exist now, or may not. Look for it in the Pangea User Console, by its name and the time. If it is there, take it into the state with an `import` block and its id, or delete it. Only then apply again: names may repeat, and another apply may make it a second time.

        Pangea's request id: prq_a
    "#]]).await;
}

#[tokio::test]
async fn a_host_that_refuses_connections() {
    // Free again at once, so that nobody listens there.
    let host = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    check(
        read(&at(&host, &[TOKEN])).await,
        &host,
        expect![[r#"
        Error: Unable to read the project: the connection failed

        The provider tried to read the project "ppi_a". POST api.console /v1beta/platform/project/get at HOST: no connection could be made (Connection refused (os error 111)).

        The address comes from the provider's attribute `base_url_template`; check it (`domain` or `base_url_template`). Check the network and whether a proxy is needed (`proxy_url`, or the variable HTTPS_PROXY). For a private certification authority set `ca_certificate_pem`.
    "#]],
    );
}

#[tokio::test]
async fn a_host_that_does_not_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap().to_string();
    let (settings, _) = Settings::resolve(&block(&host), &variables(&[TOKEN]));
    let settings = Settings { request_timeout: Duration::from_millis(50), ..settings };
    check(
        read(&Pangea::new(settings, "1.11.4", Stop::new()).unwrap()).await,
        &host,
        expect![[r#"
        Error: Unable to read the project: no answer in time

        The provider tried to read the project "ppi_a". POST api.console /v1beta/platform/project/get at HOST: no whole answer within 0.05 s.

        Run Terraform again. Where Pangea is slow for long, raise the provider's `request_timeout` (now 0.05 s for one attempt). The address comes from the provider's attribute `base_url_template`; check it (`domain` or `base_url_template`).
    "#]],
    );
}

#[tokio::test]
async fn an_operation_whose_time_is_over() {
    let host = service("200 OK", "{}");
    let pangea = at(&host, &[TOKEN]).within(Duration::ZERO);
    check(
        read(&pangea).await,
        &host,
        expect![[r#"
            Error at timeouts: Unable to read the project: not done in time

            The provider tried to read the project "ppi_a". POST api.console /v1beta/platform/project/get at HOST: not sent, since the operation's time limit of 0 s was over.

            Run Terraform again: it goes on from what is in the state. A call that was cut off may have been carried out all the same. The attempts ended at the time limit of the operation, which `timeouts` raises. For a read or a delete the limit that was applied last counts: raise it, and apply that with `-refresh=false`.
        "#]],
    );
}

#[tokio::test]
async fn an_answer_that_is_not_understood() {
    reads(&[TOKEN], "200 OK", r#"{"status":"Success","result":{"id":7}}"#, expect![[r#"
        Error: Unable to read the project: answer not understood

        The provider tried to read the project "ppi_a". POST api.console /v1beta/platform/project/get at HOST: the answer (200) is not understood: a field is of another type than documented.

        A proxy or gateway on the way may have answered in Pangea's place. The address comes from the provider's attribute `base_url_template`; check it (`domain` or `base_url_template`). If the address is right, please report this as a bug of the provider, with the request id.

        Pangea's request id: prq_a
    "#]]).await;
}

#[tokio::test]
async fn a_service_that_is_not_enabled() {
    let body = r#"{"request_id":"prq_a","status":"ServiceNotEnabled","summary":"authn is not enabled","result":null}"#;
    reads_keys(&[TOKEN], "403 Forbidden", body, expect![[r#"
        Error: Unable to read the signing keys (JWKS): service not enabled

        The provider tried to read the signing keys (JWKS). POST authn /v2/client/jwks at HOST: the service answered 403 (ServiceNotEnabled): authn is not enabled.

        Services are enabled by hand: in the Pangea User Console choose the project that the token belongs to, open the page of AuthN, and enable it.

        Pangea's request id: prq_a
    "#]]).await;
}

#[tokio::test]
async fn no_credit() {
    let body = r#"{"request_id":"prq_a","status":"NoCredit","summary":"no credit","result":null}"#;
    reads(&[TOKEN], "402 Payment Required", body, expect![[r#"
        Error: Unable to read the project: no credit left

        The provider tried to read the project "ppi_a". POST api.console /v1beta/platform/project/get at HOST: the service answered 402 (NoCredit): no credit.

        The organization has no credit left for this call. Look at its billing in the Pangea User Console.

        Pangea's request id: prq_a
    "#]]).await;
}

#[tokio::test]
async fn a_token_that_no_header_can_carry() {
    let host = service("200 OK", "{}");
    check(
        read(&at(&host, &[("PANGEA_ACCESS_TOKEN", "hidden\n")])).await,
        &host,
        expect![[r#"
        Error: Unable to read the project: unusable provider configuration

        The provider tried to read the project "ppi_a". POST api.console /v1beta/platform/project/get at HOST: the token or secret holds characters that no header can carry.

        Correct the provider block or its environment variables; nothing was sent to Pangea.
    "#]],
    );
}

#[tokio::test]
async fn a_run_that_is_stopped() {
    let host = service("503 Service Unavailable", "{}");
    let stop = Stop::new();
    stop.signal();
    let (settings, _) = Settings::resolve(&Block { max_retries: 1.into(), ..block(&host) }, &variables(&[TOKEN]));
    check(
        read(&Pangea::new(settings, "1.11.4", stop).unwrap()).await,
        &host,
        expect![[r#"
        Error: Unable to read the project: stopped

        The provider tried to read the project "ppi_a". POST api.console /v1beta/platform/project/get at HOST: stopped while waiting to try again; before that, the service answered 503: {}.

        Terraform was asked to stop, so nothing more was begun. What was done before is in the state; run Terraform again to go on.

        Pangea's request id: prq_a
    "#]],
    );
}

#[tokio::test]
async fn an_answer_that_nobody_expects() {
    reads(&[TOKEN], "302 Found", "", expect![[r#"
        Error: Unable to read the project: unexpected answer

        The provider tried to read the project "ppi_a". POST api.console /v1beta/platform/project/get at HOST: the service answered 302, a redirect, which is never followed.

        Run Terraform again. If it stays, please report this as a bug of the provider, with the request id.

        Pangea's request id: prq_a
    "#]]).await;
}

#[test]
fn an_insecure_address_is_refused_before_any_call() {
    let template = "http://{SERVICE_NAME}.example.com";
    let config = pangea_client::Config {
        base_url: pangea_client::BaseUrl::Template(template.to_owned()),
        ..pangea_client::Config::default()
    };
    let error = Api::new(config).unwrap_err();
    expect![[r#"
        Error: Insecure address

        The value of the environment variable PANGEA_BASE_URL_TEMPLATE can't be used: the base URL template is a plain http:// address at authorization.access.example.com, and credentials travel over plain HTTP only to a loopback address. Use an https:// address; plain http:// is for an emulator on this machine.
    "#]].assert_eq(&render(&unusable(&error, Source::Variable("PANGEA_BASE_URL_TEMPLATE")).into()));
}

#[test]
fn a_fault_inside_a_field_is_shown_at_its_attribute() {
    let place = |pointer| CREATE.attribute_of(pointer).map(|path| path.to_string());
    assert_eq!(place("/name").as_deref(), Some("name"));
    assert_eq!(place("/org_id/0/x").as_deref(), Some("organization_id"));
    assert_eq!(place("/names"), None);
    assert_eq!(place(""), None);
}

#[tokio::test]
async fn a_narrowed_token_is_named_as_a_possible_reason() {
    let host = service("403 Forbidden", r#"{"error":"insufficient_scope"}"#);
    let block = Block {
        scopes: Value::Known(["pangea:platform:project:read".to_owned()].into()),
        access_token: Value::Known(Secret::new("pts_hidden")),
        ..block(&host)
    };
    let result = read(&pangea(block, &[])).await;
    assert!(render(&result.unwrap_err()).contains("`scopes` narrows the token"));
}
