//! How attributes and variables are weighed.

use expect_test::{Expect, expect};
use tf_framework::{Secret, Value};

use super::*;
use crate::testing::{render, variables};

/// Resolves, and shows what came of it without a secret.
fn check(block: Block, list: &[(&str, &str)], expected: Expect) {
    let (settings, diagnostics) = Settings::resolve(&block, &variables(list));
    let address = match &settings.address {
        Setting::Known(BaseUrl::Domain(domain), source) => format!("domain {domain}, {source}"),
        Setting::Known(BaseUrl::Template(template), source) => format!("template {template}, {source}"),
        Setting::Unknown(attribute) => format!("unknown {attribute}"),
        Setting::Absent => "none".to_owned(),
    };
    let login = match &settings.login {
        Login::Client { id, secret } => format!("client {} ({}), secret ({})", id.0, id.1, secret.1),
        Login::Token(_, source) => format!("token ({source})"),
        Login::Unknown(attribute) => format!("unknown {attribute}"),
        Login::Half(source, (lacks, _)) => format!("half ({source}), lacks {lacks}"),
        Login::Nobody => "nobody".to_owned(),
    };
    let text = format!("address: {address}\nlogin: {login}\n{}", render(&diagnostics));
    assert!(!text.contains("hidden"), "a secret is shown: {text}");
    expected.assert_eq(&text);
}

fn known(text: &str) -> Value<String> {
    Value::from(text)
}

fn secret(text: &str) -> Value<Secret> {
    Value::Known(Secret::new(text))
}

#[test]
fn nothing_set_is_the_default_domain_and_nobody() {
    check(
        Block::default(),
        &[],
        expect![[r#"
        address: domain aws.us.pangea.cloud, the provider's default
        login: nobody
    "#]],
    );
}

#[test]
fn variables_stand_in_for_attributes() {
    let list = [
        ("PANGEA_DOMAIN", "aws.eu.pangea.cloud"),
        ("PANGEA_CLIENT_ID", "psa_a"),
        ("PANGEA_CLIENT_SECRET", "pck_hidden"),
    ];
    check(
        Block::default(),
        &list,
        expect![[r#"
        address: domain aws.eu.pangea.cloud, the environment variable PANGEA_DOMAIN
        login: client psa_a (the environment variable PANGEA_CLIENT_ID), secret (the environment variable PANGEA_CLIENT_SECRET)
    "#]],
    );
}

#[test]
fn an_attribute_of_the_address_makes_both_its_variables_irrelevant() {
    let block = Block { domain: known("aws.eu.pangea.cloud"), ..Block::default() };
    check(
        block,
        &[("PANGEA_BASE_URL_TEMPLATE", "http://127.0.0.1:1/{SERVICE_NAME}")],
        expect![[r#"
        address: domain aws.eu.pangea.cloud, the provider's attribute `domain`
        login: nobody
    "#]],
    );
}

#[test]
fn the_template_wins_over_the_domain() {
    let template = "https://{SERVICE_NAME}.example.com";
    let block = Block { domain: known("ignored.example"), base_url_template: known(template), ..Block::default() };
    check(
        block,
        &[],
        expect![[r#"
        address: template https://{SERVICE_NAME}.example.com, the provider's attribute `base_url_template`
        login: nobody
    "#]],
    );
}

#[test]
fn an_access_token_attribute_makes_the_credential_variables_irrelevant() {
    let block = Block { access_token: secret("pts_hidden"), ..Block::default() };
    check(
        block,
        &[("PANGEA_CLIENT_ID", "psa_a"), ("PANGEA_CLIENT_SECRET", "pck_hidden")],
        expect![[r#"
        address: domain aws.us.pangea.cloud, the provider's default
        login: token (the provider's attribute `access_token`)
    "#]],
    );
}

#[test]
fn a_credential_attribute_makes_the_access_token_variable_irrelevant() {
    let block = Block { client_id: known("psa_a"), ..Block::default() };
    let list = [("PANGEA_ACCESS_TOKEN", "pts_hidden"), ("PANGEA_CLIENT_SECRET", "pck_hidden")];
    check(
        block,
        &list,
        expect![[r#"
        address: domain aws.us.pangea.cloud, the provider's default
        login: client psa_a (the provider's attribute `client_id`), secret (the environment variable PANGEA_CLIENT_SECRET)
    "#]],
    );
}

#[test]
fn among_variables_the_access_token_wins() {
    let list =
        [("PANGEA_ACCESS_TOKEN", "pts_hidden"), ("PANGEA_CLIENT_ID", "psa_a"), ("PANGEA_CLIENT_SECRET", "pck_hidden")];
    check(
        Block::default(),
        &list,
        expect![[r#"
        address: domain aws.us.pangea.cloud, the provider's default
        login: token (the environment variable PANGEA_ACCESS_TOKEN)
    "#]],
    );
}

#[test]
fn two_ways_to_log_in_as_attributes_are_a_conflict() {
    let block = Block { access_token: secret("pts_hidden"), client_secret: secret("pck_hidden"), ..Block::default() };
    check(
        block,
        &[],
        expect![[r#"
        address: domain aws.us.pangea.cloud, the provider's default
        login: token (the provider's attribute `access_token`)
        Error at access_token: Conflicting credentials

        `access_token` and `client_secret` are both set, and the provider can log in in one way only. Remove `access_token` to log in as an OAuth client, whose tokens are renewed and revoked; or remove `client_id` and `client_secret`.
    "#]],
    );
}

#[test]
fn half_of_the_credentials_is_no_error_before_a_call() {
    check(
        Block::default(),
        &[("PANGEA_CLIENT_ID", "psa_a")],
        expect![[r#"
        address: domain aws.us.pangea.cloud, the provider's default
        login: half (the environment variable PANGEA_CLIENT_ID), lacks client_secret
    "#]],
    );
    check(
        Block { client_secret: secret("pck_hidden"), ..Block::default() },
        &[],
        expect![[r#"
        address: domain aws.us.pangea.cloud, the provider's default
        login: half (the provider's attribute `client_secret`), lacks client_id
    "#]],
    );
}

#[test]
fn an_unknown_attribute_is_not_replaced_by_a_variable() {
    let block = Block { client_secret: Value::Unknown, domain: Value::Unknown, ..Block::default() };
    let list = [
        ("PANGEA_DOMAIN", "aws.eu.pangea.cloud"),
        ("PANGEA_CLIENT_ID", "psa_a"),
        ("PANGEA_CLIENT_SECRET", "pck_hidden"),
        ("PANGEA_ACCESS_TOKEN", "pts_hidden"),
    ];
    check(
        block,
        &list,
        expect![[r#"
        address: unknown domain
        login: unknown client_secret
    "#]],
    );
}

#[test]
fn plain_http_is_refused_at_its_attribute_and_by_the_name_of_its_variable() {
    let template = "http://{SERVICE_NAME}.example.com";
    check(
        Block { base_url_template: known(template), ..Block::default() },
        &[],
        expect![[r#"
            address: template http://{SERVICE_NAME}.example.com, the provider's attribute `base_url_template`
            login: nobody
            Error at base_url_template: Insecure address

            The value of the provider's attribute `base_url_template` can't be used: the base URL template is a plain http:// address at authorization.access.example.com, and credentials travel over plain HTTP only to a loopback address. Use an https:// address; plain http:// is for an emulator on this machine.
        "#]],
    );
    check(
        Block::default(),
        &[("PANGEA_BASE_URL_TEMPLATE", template)],
        expect![[r#"
            address: template http://{SERVICE_NAME}.example.com, the environment variable PANGEA_BASE_URL_TEMPLATE
            login: nobody
            Error: Insecure address

            The value of the environment variable PANGEA_BASE_URL_TEMPLATE can't be used: the base URL template is a plain http:// address at authorization.access.example.com, and credentials travel over plain HTTP only to a loopback address. Use an https:// address; plain http:// is for an emulator on this machine.
        "#]],
    );
    check(
        Block::default(),
        &[("PANGEA_TOKEN_ENDPOINT", "http://example.com/token")],
        expect![[r#"
            address: domain aws.us.pangea.cloud, the provider's default
            login: nobody
            Error: Insecure address

            The value of the environment variable PANGEA_TOKEN_ENDPOINT can't be used: the token endpoint is a plain http:// address at example.com, and credentials travel over plain HTTP only to a loopback address. Use an https:// address; plain http:// is for an emulator on this machine.
        "#]],
    );
}

#[test]
fn plain_http_to_this_machine_is_fine() {
    for host in ["127.0.0.1:4010", "localhost", "[::1]:80"] {
        let template = format!("http://{host}/{{SERVICE_NAME}}");
        let block = Block { base_url_template: known(&template), ..Block::default() };
        assert!(Settings::resolve(&block, &environment::none).1.is_empty(), "{host}");
    }
}

#[test]
fn a_template_without_the_services_name_is_refused() {
    let block = Block { base_url_template: known("https://gateway.example"), ..Block::default() };
    check(
        block,
        &[],
        expect![[r#"
        address: template https://gateway.example, the provider's attribute `base_url_template`
        login: nobody
        Error at base_url_template: Address without the service's name

        The value of the provider's attribute `base_url_template` holds no `{SERVICE_NAME}`, in whose place the name of each service belongs, such as in `https://{SERVICE_NAME}.aws.us.pangea.cloud` or `http://127.0.0.1:4010/{SERVICE_NAME}`. Put it into the host or the path.
    "#]],
    );
}

#[test]
fn a_secret_from_a_file_has_no_line_break_at_its_end() {
    let credentials = ClientSecrets([("psa_b".to_owned(), secret("pck_b\n"))].into());
    let block = Block {
        client_id: known("psa_a"),
        client_secret: secret("pck_a\r\n"),
        client_credentials: Value::Known(credentials),
        ..Block::default()
    };
    let config = Settings::resolve(&block, &environment::none).0.to_config();
    let Credentials::ClientCredentials { client_secret, .. } = config.credentials else { panic!("no credentials") };
    assert_eq!(client_secret.expose_secret(), "pck_a");
    assert_eq!(config.client_credentials["psa_b"].expose_secret(), "pck_b");
}

#[test]
fn what_is_no_domain_no_certificate_and_no_proxy_is_refused_without_being_shown() {
    let block = Block {
        domain: known("https://aws.us.pangea.cloud"),
        ca_certificate_pem: known("-----BEGIN PRIVATE KEY-----hidden"),
        proxy_url: secret("://user:hidden"),
        ..Block::default()
    };
    check(
        block,
        &[],
        expect![[r#"
            address: domain https://aws.us.pangea.cloud, the provider's attribute `domain`
            login: nobody
            Error at domain: Unusable provider configuration

            The value of the provider's attribute `domain` can't be used: the domain `https://aws.us.pangea.cloud` is not a host name such as aws.us.pangea.cloud. Correct it; nothing was sent to Pangea.

            Error at ca_certificate_pem: Unusable provider configuration

            The value of the provider's attribute `ca_certificate_pem` can't be used: ca_certificate_pem holds no certificate in PEM. Correct it; nothing was sent to Pangea.

            Error at proxy_url: Unusable provider configuration

            The value of the provider's attribute `proxy_url` can't be used: the proxy URL is not usable: it is not a URL such as http://proxy.example:3128. Correct it; nothing was sent to Pangea.
        "#]],
    );
}

#[test]
fn an_id_of_another_kind_is_refused_without_being_shown() {
    let block = Block { client_id: known("pck_hidden"), client_secret: secret("psa_hidden"), ..Block::default() };
    let (_, diagnostics) = Settings::resolve(&block, &variables(&[("PANGEA_ORGANIZATION_ID", "ppi_hidden")]));
    expect![[r#"
        Error at client_id: Id of another kind

        The value of the provider's attribute `client_id` looks like the value of a client secret, and should begin with `psa_`.

        Error at client_secret: Id of another kind

        The value of the provider's attribute `client_secret` looks like the id of a client, and should begin with `pck_`.

        Error: Id of another kind

        The value of the environment variable PANGEA_ORGANIZATION_ID looks like the id of a project, and should begin with `poi_`.
    "#]].assert_eq(&render(&diagnostics));
}

#[test]
fn endpoint_variables_are_ignored_where_the_address_is_an_attribute() {
    let list = [("PANGEA_TOKEN_ENDPOINT", "https://elsewhere.example/token")];
    let token = |block: Block| Settings::resolve(&block, &variables(&list)).0.to_config().endpoints.token;
    assert_eq!(token(Block::default()).as_deref(), Some("https://elsewhere.example/token"));
    assert_eq!(token(Block { domain: known("aws.eu.pangea.cloud"), ..Block::default() }), None);
    assert_eq!(token(Block { base_url_template: Value::Unknown, ..Block::default() }), None);
}

#[test]
fn a_service_token_comes_from_the_attribute_then_the_services_variable_then_the_common_one() {
    let list = [("PANGEA_AUTHN_TOKEN", "pts_hidden"), ("PANGEA_SERVICE_TOKEN", "pts_hidden")];
    let source = |block: Block, list: &[(&str, &str)]| {
        Settings::resolve(&block, &variables(list)).0.service_token_source("authn")
    };
    let attribute = Block { service_token: secret("pts_hidden"), ..Block::default() };
    assert_eq!(source(attribute, &list), Some(Source::Attribute("service_token")));
    assert_eq!(source(Block::default(), &list), Some(Source::Variable("PANGEA_AUTHN_TOKEN")));
    assert_eq!(source(Block::default(), &list[1..]), Some(Source::Variable("PANGEA_SERVICE_TOKEN")));
    assert_eq!(source(Block::default(), &[]), None);
}

#[test]
fn limits_reach_the_client_and_have_its_defaults() {
    let block = Block { max_retries: 0.into(), request_timeout: 7.into(), ..Block::default() };
    let config = Settings::resolve(&block, &environment::none).0.to_config();
    assert_eq!((config.max_retries, config.request_timeout), (0, Duration::from_secs(7)));
    assert_eq!(config.max_concurrent_requests, Config::DEFAULT_MAX_CONCURRENT_REQUESTS);
}

#[test]
fn ids_that_may_be_deleted_are_separated_by_commas() {
    let (settings, _) = Settings::resolve(&Block::default(), &variables(&[("PANGEA_ALLOW_DELETE", "ppi_a, ppi_b,,")]));
    assert_eq!(settings.allow_delete, ["ppi_a".to_owned(), "ppi_b".to_owned()].into());
}
