//! What the client is told: where Pangea is, as whom to call, and its limits.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
    time::Duration,
};

use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use crate::{
    clock::{Clock, SystemClock},
    error::{Failure, Kind},
    request::Service,
    stop::Stop,
};

/// The part of a base URL template that is replaced by a service's name, as in Pangea's own SDKs.
const PLACEHOLDER: &str = "{SERVICE_NAME}";

/// Everything an [`Api`](crate::Api) is told. Start from [`Config::default`] and set what differs.
#[derive(Clone)]
pub struct Config {
    /// Where the services are. Default: the domain [`BaseUrl::DEFAULT_DOMAIN`].
    pub base_url: BaseUrl,
    /// Addresses of the OAuth endpoints, where they are not derived from `base_url`.
    pub endpoints: Endpoints,
    /// As whom to call. Default: [`Credentials::None`], which makes every call fail with [`Kind::MissingCredentials`].
    pub credentials: Credentials,
    /// The bearer token for service APIs (such as AuthN) without an entry in `service_tokens`. Default: the login's token.
    pub service_token: Option<SecretString>,
    /// Bearer tokens for single service APIs, by the service's host label, such as `authn`. They win over `service_token`.
    pub service_tokens: BTreeMap<String, SecretString>,
    /// Secrets of clients to act as ([`Api::acting_as`](crate::Api::acting_as)), by client id. Default: none.
    pub client_credentials: BTreeMap<String, SecretString>,
    /// Whether a client to act as whose secret is not known is given one that lives as long as the handle. Default: true.
    pub mint_run_secrets: bool,
    /// How often a request is sent again after a failure that may pass. Default: [`Config::DEFAULT_MAX_RETRIES`].
    pub max_retries: u32,
    /// Limit for one attempt, from connecting to the last byte of the answer. Default: [`Config::DEFAULT_REQUEST_TIMEOUT`].
    pub request_timeout: Duration,
    /// How many requests are on their way at one time, at least 1. Default: [`Config::DEFAULT_MAX_CONCURRENT_REQUESTS`].
    pub max_concurrent_requests: usize,
    /// Certificates of further certification authorities in PEM, trusted besides the machine's own. Default: none.
    pub ca_certificate_pem: Option<String>,
    /// The proxy for every address that is not loopback; it may hold a password. Default: the standard proxy variables.
    pub proxy_url: Option<SecretString>,
    /// The whole `User-Agent` header. Default: this crate's name and version.
    pub user_agent: String,
    /// Ends waits early. Default: a signal that nobody fires.
    pub stop: Stop,
    /// The source of time. Default: [`SystemClock`].
    pub clock: Arc<dyn Clock>,
}

impl Config {
    /// Four retries take about 4 s on average with the client's back-off: enough for a restart behind a load balancer.
    pub const DEFAULT_MAX_RETRIES: u32 = 4;
    /// Long enough for the slowest create of a project, short enough that a dead connection is noticed by a person.
    pub const DEFAULT_REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
    /// As many as Terraform's own default parallelism, so that no operation waits for another by default.
    pub const DEFAULT_MAX_CONCURRENT_REQUESTS: usize = 10;

    /// Whether every part of the configuration can be used, without any I/O.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        self.base_url.check()?;
        for (name, address) in self.endpoints.named() {
            address.as_deref().map_or(Ok(()), |address| endpoint(name, address).map(drop))?;
        }
        if self.max_concurrent_requests == 0 {
            return Err(invalid("max_concurrent_requests must be at least 1"));
        }
        if self.request_timeout.is_zero() {
            return Err(invalid("request_timeout must be longer than 0 s"));
        }
        Ok(())
    }

    /// Every secret that was configured and may be echoed by a service.
    pub(crate) fn secrets(&self) -> impl Iterator<Item = &SecretString> {
        let login = match &self.credentials {
            Credentials::ClientCredentials { client_secret, .. } => Some(client_secret),
            Credentials::AccessToken(token) => Some(token),
            Credentials::None => None,
        };
        let services = self.service_token.iter().chain(self.service_tokens.values());
        login.into_iter().chain(services).chain(self.client_credentials.values())
    }

    /// The token endpoint: the override, else the derived address.
    pub(crate) fn token_endpoint(&self) -> Result<Url, Failure> {
        self.oauth_endpoint("token endpoint", &self.endpoints.token, "/v1beta/oauth/token")
    }

    /// The introspection endpoint: the override, else the derived address.
    pub(crate) fn introspection_endpoint(&self) -> Result<Url, Failure> {
        self.oauth_endpoint("introspection endpoint", &self.endpoints.introspection, "/v1beta/oauth/token/introspect")
    }

    /// The revocation endpoint: the override, else the derived address.
    pub(crate) fn revocation_endpoint(&self) -> Result<Url, Failure> {
        self.oauth_endpoint("revocation endpoint", &self.endpoints.revocation, "/v1beta/oauth/token/revoke")
    }

    fn oauth_endpoint(&self, name: &str, address: &Option<String>, path: &str) -> Result<Url, Failure> {
        match address {
            Some(address) => endpoint(name, address),
            None => self.base_url.join(Service::AUTHORIZATION_ACCESS, path),
        }
    }
}

impl Default for Config {
    fn default() -> Config {
        Config {
            base_url: BaseUrl::default(),
            endpoints: Endpoints::default(),
            credentials: Credentials::None,
            service_token: None,
            service_tokens: BTreeMap::new(),
            client_credentials: BTreeMap::new(),
            mint_run_secrets: true,
            max_retries: Config::DEFAULT_MAX_RETRIES,
            request_timeout: Config::DEFAULT_REQUEST_TIMEOUT,
            max_concurrent_requests: Config::DEFAULT_MAX_CONCURRENT_REQUESTS,
            ca_certificate_pem: None,
            proxy_url: None,
            user_agent: concat!("pangea-client/", env!("CARGO_PKG_VERSION")).to_owned(),
            stop: Stop::new(),
            clock: Arc::new(SystemClock),
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("base_url", &self.base_url)
            .field("endpoints", &self.endpoints)
            .field("credentials", &self.credentials)
            .field("service_token", &self.service_token)
            .field("service_tokens", &self.service_tokens)
            .field("client_credentials", &self.client_credentials)
            .field("mint_run_secrets", &self.mint_run_secrets)
            .field("max_retries", &self.max_retries)
            .field("request_timeout", &self.request_timeout)
            .field("max_concurrent_requests", &self.max_concurrent_requests)
            .field("ca_certificate_pem", &self.ca_certificate_pem.is_some())
            .field("proxy_url", &self.proxy_url)
            .field("user_agent", &self.user_agent)
            .finish_non_exhaustive()
    }
}

/// Where the services are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BaseUrl {
    /// A Pangea domain such as `aws.us.pangea.cloud`; each service is the host `https://SERVICE.DOMAIN`.
    Domain(String),
    /// A URL that holds `{SERVICE_NAME}`, in its host or in its path, such as `http://127.0.0.1:4010/{SERVICE_NAME}`.
    /// Without the placeholder all services share one root. `http://` is refused but for a loopback address.
    Template(String),
}

impl BaseUrl {
    /// The domain that Pangea's SDKs use by default.
    pub const DEFAULT_DOMAIN: &str = "aws.us.pangea.cloud";

    /// The address of a path (already escaped, with a leading slash) at a service.
    pub(crate) fn join(&self, service: Service, path: &str) -> Result<Url, Failure> {
        let text = match self {
            BaseUrl::Domain(domain) => format!("https://{service}.{domain}"),
            BaseUrl::Template(template) => template.replace(PLACEHOLDER, service.name()),
        };
        let name = match self {
            BaseUrl::Domain(_) => "domain",
            BaseUrl::Template(_) => "base URL template",
        };
        let mut url = endpoint(name, &text)?;
        let root = url.path().trim_end_matches('/').to_owned();
        url.set_path(&format!("{root}{path}"));
        Ok(url)
    }

    pub(crate) fn check(&self) -> Result<(), Failure> {
        // A slash, an @ or a # in a domain would move the host that gets the credentials.
        let stray = |c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':'));
        match self {
            BaseUrl::Domain(domain) if domain.is_empty() || domain.contains(stray) => {
                Err(invalid(format!("the domain `{domain}` is not a host name such as {}", BaseUrl::DEFAULT_DOMAIN)))
            }
            _ => self.join(Service::AUTHORIZATION_ACCESS, "/").map(drop),
        }
    }
}

impl Default for BaseUrl {
    fn default() -> BaseUrl {
        BaseUrl::Domain(BaseUrl::DEFAULT_DOMAIN.to_owned())
    }
}

/// Addresses of the OAuth endpoints that are not where [`BaseUrl`] puts them. The transport rule holds for them too.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Endpoints {
    /// Where access tokens are minted. Default: `/v1beta/oauth/token` at `authorization.access`.
    pub token: Option<String>,
    /// Where access tokens are introspected. Default: `/v1beta/oauth/token/introspect` at `authorization.access`.
    pub introspection: Option<String>,
    /// Where access tokens are revoked. Default: `/v1beta/oauth/token/revoke` at `authorization.access`.
    pub revocation: Option<String>,
}

impl Endpoints {
    fn named(&self) -> [(&'static str, &Option<String>); 3] {
        [
            ("token endpoint", &self.token),
            ("introspection endpoint", &self.introspection),
            ("revocation endpoint", &self.revocation),
        ]
    }
}

/// As whom the client calls.
#[derive(Clone, Debug, Default)]
pub enum Credentials {
    /// An OAuth client. Its tokens are minted when first needed, refreshed, and revoked by [`Api::shutdown`](crate::Api::shutdown).
    ClientCredentials {
        /// The client's id, `psa_…`.
        client_id: String,
        /// One of its secrets, `pck_…`.
        client_secret: SecretString,
        /// How the two are shown to the token endpoint.
        auth_method: AuthMethod,
        /// Narrows the token to these scopes. Default: all that the client holds.
        scopes: Option<BTreeSet<String>>,
    },
    /// A ready access token, `pts_…`. It is neither refreshed nor revoked.
    AccessToken(SecretString),
    /// Nobody: a call that needs a token is [`Kind::MissingCredentials`].
    #[default]
    None,
}

impl Credentials {
    /// Whether they are a token, with which no other token can be got.
    pub fn is_ready_token(&self) -> bool {
        matches!(self, Credentials::AccessToken(_))
    }
}

/// How a client shows its credentials to the token endpoint, in OAuth's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuthMethod {
    /// `client_secret_basic`: in the `Authorization` header.
    #[default]
    Basic,
    /// `client_secret_post`: in the form.
    Post,
}

/// Whether a URL points at this machine: `127.0.0.0/8`, `::1` or the name `localhost`.
///
/// Names below `localhost` are left out on purpose: many resolvers ask the network for them.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Parses an address and holds it to the transport rule. `name` says which address it is, for the person who set it.
fn endpoint(name: &str, address: &str) -> Result<Url, Failure> {
    let unusable = |why: String| invalid(format!("the {name} is not usable: {why}"));
    let url = Url::parse(address).map_err(|cause| unusable(cause.to_string()))?;
    if url.host().is_none() {
        return Err(unusable("it names no host".to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(unusable("it holds a user name or a password".to_owned()));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(unusable("it holds a query or a fragment".to_owned()));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(Failure::new(
            Kind::InsecureTransport,
            format!(
                "the {name} is a plain http:// address at {}, and credentials travel over plain HTTP only to a loopback address",
                url.host_str().unwrap_or_default()
            ),
        )),
        other => Err(unusable(format!("its scheme `{other}` is neither https nor http"))),
    }
}

fn invalid(what: impl Into<String>) -> Failure {
    Failure::new(Kind::InvalidConfig, what)
}

/// The proxy as reqwest takes it. The text of a failed parse is dropped, since the address may hold a password.
pub(crate) fn proxy(address: &SecretString) -> Result<reqwest::Proxy, Failure> {
    reqwest::Proxy::all(address.expose_secret())
        .map_err(|_| invalid("the proxy URL is not usable: it is not a URL such as http://proxy.example:3128"))
}

/// The further certification authorities as reqwest takes them.
pub(crate) fn certificates(pem: &str) -> Result<Vec<reqwest::Certificate>, Failure> {
    match reqwest::Certificate::from_pem_bundle(pem.as_bytes()) {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(invalid("ca_certificate_pem holds no certificate in PEM")),
    }
}
