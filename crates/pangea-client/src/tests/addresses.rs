//! Where requests may go: the transport rule, proxies, certificates.

use std::{
    process::Command,
    sync::{Arc, Mutex},
};

use expect_test::{Expect, expect};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::net::TcpListener;
use tokio_rustls::{TlsAcceptor, rustls};

use super::world::{Server, World, json};
use crate::{Api, BaseUrl, Config, Credentials, Endpoints, Kind};

fn refused(config: Config, kind: Kind, text: Expect) {
    let error = Api::new(config).unwrap_err();
    assert_eq!(error.kind(), kind);
    text.assert_eq(&error.to_string());
}

fn template(text: &str) -> Config {
    Config { base_url: BaseUrl::Template(text.to_owned()), ..Config::default() }
}

fn domain(text: &str) -> Config {
    Config { base_url: BaseUrl::Domain(text.to_owned()), ..Config::default() }
}

#[test]
fn plain_http_goes_to_loopback_only() {
    for address in [
        "http://127.0.0.1:1/{SERVICE_NAME}",
        "http://127.9.9.9",
        "http://[::1]:1",
        "http://localhost:1/",
        "https://{SERVICE_NAME}.x.y",
    ] {
        Api::new(template(address)).unwrap();
    }
    for address in [
        "http://{SERVICE_NAME}.x.y",
        "http://10.0.0.1",
        "http://localhost.x.y",
        "http://{SERVICE_NAME}.localhost",
        "http://[::ffff:127.0.0.1]",
        "http://0.0.0.0",
    ] {
        assert_eq!(Api::new(template(address)).unwrap_err().kind(), Kind::InsecureTransport, "{address}");
    }
    refused(
        template("http://{SERVICE_NAME}.x.y"),
        Kind::InsecureTransport,
        expect![
            "configuration: the base URL template is a plain http:// address at authorization.access.x.y, and credentials travel over plain HTTP only to a loopback address"
        ],
    );
}

#[test]
fn overridden_endpoints_are_under_the_same_rule() {
    let plain = || Some("http://x.y/token".to_owned());
    for endpoints in [
        Endpoints { token: plain(), ..Endpoints::default() },
        Endpoints { introspection: plain(), ..Endpoints::default() },
        Endpoints { revocation: plain(), ..Endpoints::default() },
    ] {
        assert_eq!(Api::new(Config { endpoints, ..Config::default() }).unwrap_err().kind(), Kind::InsecureTransport);
    }
}

#[test]
fn what_cannot_be_used_is_named() {
    refused(
        domain("x.y/z"),
        Kind::InvalidConfig,
        expect!["configuration: the domain `x.y/z` is not a host name such as aws.us.pangea.cloud"],
    );
    refused(
        domain("x@y"),
        Kind::InvalidConfig,
        expect!["configuration: the domain `x@y` is not a host name such as aws.us.pangea.cloud"],
    );
    refused(
        template("ftp://x"),
        Kind::InvalidConfig,
        expect!["configuration: the base URL template is not usable: its scheme `ftp` is neither https nor http"],
    );
    refused(
        template("https://a:planted@x"),
        Kind::InvalidConfig,
        expect!["configuration: the base URL template is not usable: it holds a user name or a password"],
    );
    refused(
        template("{SERVICE_NAME}"),
        Kind::InvalidConfig,
        expect!["configuration: the base URL template is not usable: relative URL without a base"],
    );
    refused(
        Config { max_concurrent_requests: 0, ..Config::default() },
        Kind::InvalidConfig,
        expect!["configuration: max_concurrent_requests must be at least 1"],
    );
    refused(
        Config { ca_certificate_pem: Some("no".into()), ..Config::default() },
        Kind::InvalidConfig,
        expect!["configuration: ca_certificate_pem holds no certificate in PEM"],
    );
    refused(
        Config { proxy_url: Some("http://a:planted@[".into()), ..Config::default() },
        Kind::InvalidConfig,
        expect!["configuration: the proxy URL is not usable: it is not a URL such as http://proxy.example:3128"],
    );
}

#[tokio::test]
async fn the_configured_proxy_gets_what_leaves_the_machine_and_nothing_else() {
    let proxy = Server::start(|_| Some(json(502, ""))).await;
    let address = format!("http://{}", proxy.address);
    let through = |config| Config { proxy_url: Some(address.as_str().into()), max_retries: 0, ..config };
    let here = World::with(|_| None, through).await;
    here.api.clients().get("psa_a").await.unwrap();
    assert_eq!(proxy.all().len(), 0);

    outward(through(Config::default())).await;
    let seen = proxy.all();
    assert_eq!(seen[0].line, "CONNECT authorization.access.pangea.invalid:443");
    assert!(!format!("{seen:?}").contains("pts_"));
}

/// Makes one call to a host that does not exist.
async fn outward(config: Config) {
    let credentials = Credentials::AccessToken("pts_planted".into());
    let api = Api::new(Config { base_url: BaseUrl::Domain("pangea.invalid".into()), credentials, ..config }).unwrap();
    assert_eq!(api.clients().get("psa_a").await.unwrap_err().kind(), Kind::Unreachable);
}

/// The variables of a process cannot be changed safely while it runs, so the test starts itself once more with them.
#[tokio::test]
async fn the_proxy_of_the_environment_never_gets_a_loopback_call() {
    const INNER: &str = "PANGEA_CLIENT_TEST_IS_INNER";
    if std::env::var_os(INNER).is_some() {
        let world = World::start(|_| None).await;
        world.api.clients().get("psa_a").await.unwrap();
        assert_eq!(world.server.calls().len(), 1);
        return outward(Config { max_retries: 0, ..Config::default() }).await;
    }
    let proxy = Server::start(|_| Some(json(502, ""))).await;
    let address = format!("http://{}", proxy.address);
    let inner = tokio::task::spawn_blocking(move || {
        let name = "tests::addresses::the_proxy_of_the_environment_never_gets_a_loopback_call";
        let variables = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"];
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", name]).env(INNER, "1").env_remove("NO_PROXY").env_remove("no_proxy");
        command.envs(variables.map(|variable| (variable, &address))).output().unwrap()
    });
    let output = inner.await.unwrap();
    assert!(output.status.success() && String::from_utf8_lossy(&output.stdout).contains("1 passed"), "{output:?}");
    let lines: Vec<_> = proxy.all().into_iter().map(|call| call.line).collect();
    assert_eq!(lines, ["CONNECT authorization.access.pangea.invalid:443"]);
}

#[tokio::test]
async fn a_certificate_authority_of_ones_own_is_trusted_only_when_it_is_given() {
    let authority = {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    };
    let server = tls_server(&authority).await;
    let config = || Config {
        base_url: BaseUrl::Template(format!("https://{}/{{SERVICE_NAME}}", server.address)),
        credentials: Credentials::AccessToken("pts_ready".into()),
        ..Config::default()
    };

    let stranger = Api::new(config()).unwrap().clients().get("psa_a").await.unwrap_err();
    assert_eq!((stranger.kind(), stranger.attempts()), (Kind::Unreachable, 1));
    expect!["GET authorization.access /v1beta/oauth/clients/psa_a at ADDRESS: the host's certificate is not trusted"]
        .assert_eq(&stranger.to_string().replace(&server.address, "ADDRESS"));
    assert_eq!(server.all().len(), 0);

    let api = Api::new(Config { ca_certificate_pem: Some(authority.pem()), ..config() }).unwrap();
    api.clients().get("psa_a").await.unwrap();
}

async fn tls_server(authority: &CertifiedIssuer<'_, KeyPair>) -> Server {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap().signed_by(&key, authority).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key.into())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = Server::at(listener.local_addr().unwrap().to_string());
    let shared = server.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(stream) = acceptor.accept(stream).await else { continue };
            tokio::spawn(shared.clone().serve(stream, Arc::new(Mutex::new(Box::new(|_| None)))));
        }
    });
    server
}
