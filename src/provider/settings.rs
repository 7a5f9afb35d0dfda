//! What the provider block and the environment come to, as a pure function of the two.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    time::Duration,
};

use pangea_client::{Api, AuthMethod, BaseUrl, Config, Credentials, Endpoints, ExposeSecret, SecretString};
use tf_framework::{Diagnostic, Diagnostics, Path, Secret, Value};

use crate::{
    diagnose, ids,
    provider::{
        block::{Block, ClientSecrets},
        environment::{self, Environment},
    },
};

/// Where a value came from. Messages name it; they never show the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// An attribute of the provider block.
    Attribute(&'static str),
    /// An environment variable.
    Variable(&'static str),
    /// Neither: the provider's own default.
    Default,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Attribute(name) => write!(f, "the provider's attribute `{name}`"),
            Source::Variable(name) => write!(f, "the environment variable {name}"),
            Source::Default => write!(f, "the provider's default"),
        }
    }
}

impl Source {
    /// Blames the attribute, where it is one.
    pub fn blame(self, diagnostic: Diagnostic) -> Diagnostic {
        match self {
            Source::Attribute(name) => diagnostic.at(Path::attribute(name)),
            Source::Variable(_) | Source::Default => diagnostic,
        }
    }
}

/// One setting.
#[derive(Clone, Debug)]
pub enum Setting<T> {
    /// Set, and where.
    Known(T, Source),
    /// Set by this attribute to what is known only during the apply.
    Unknown(&'static str),
    /// Set nowhere.
    Absent,
}

impl<T> Setting<T> {
    /// Where it was set to a known value.
    pub fn source(&self) -> Option<Source> {
        match self {
            Setting::Known(_, source) => Some(*source),
            Setting::Unknown(_) | Setting::Absent => None,
        }
    }

    fn map<U>(self, change: impl FnOnce(T) -> U) -> Setting<U> {
        match self {
            Setting::Known(value, source) => Setting::Known(change(value), source),
            Setting::Unknown(attribute) => Setting::Unknown(attribute),
            Setting::Absent => Setting::Absent,
        }
    }

    fn or_else(self, other: impl FnOnce() -> Setting<T>) -> Setting<T> {
        match self {
            Setting::Absent => other(),
            set => set,
        }
    }
}

/// As whom the provider calls.
#[derive(Clone, Debug)]
pub enum Login {
    /// An OAuth client.
    Client {
        /// Its id, and where that came from.
        id: (String, Source),
        /// Its secret, and where that came from.
        secret: (SecretString, Source),
    },
    /// A ready token, and where it came from.
    Token(SecretString, Source),
    /// This attribute is known only during the apply.
    Unknown(&'static str),
    /// An id without a secret, or the reverse: what is there, and the attribute and variable that are not.
    Half(Source, (&'static str, &'static str)),
    /// Nothing was set.
    Nobody,
}

/// Everything that the provider block and the environment say.
#[derive(Clone)]
pub struct Settings {
    /// Where the services are.
    pub address: Setting<BaseUrl>,
    /// Addresses of the OAuth endpoints that differ from the derived ones.
    pub endpoints: Endpoints,
    /// As whom to call.
    pub login: Login,
    /// How the client shows its secret.
    pub auth_method: AuthMethod,
    /// What narrows the token.
    pub scopes: Option<BTreeSet<String>>,
    /// The token for service APIs.
    pub service_token: Setting<SecretString>,
    /// The tokens of single services by host label.
    pub service_tokens: BTreeMap<&'static str, (SecretString, Source)>,
    /// The client as which calls that act in a project are made by default.
    pub impersonate_client_id: Setting<String>,
    /// Secrets of clients to act as; an unknown one is there as such. `None` while the whole map is unknown.
    pub client_credentials: Option<BTreeMap<String, Value<SecretString>>>,
    /// Whether others get a secret for the run.
    pub mint_run_secrets: Value<bool>,
    /// Whether each read of a client looks at its secrets.
    pub check_client_secrets: bool,
    /// The default organization.
    pub organization_id: Setting<String>,
    /// How often a call is tried again.
    pub max_retries: u32,
    /// The limit for one attempt.
    pub request_timeout: Duration,
    /// How many requests are under way at one time.
    pub max_concurrent_requests: usize,
    /// Further certification authorities.
    pub ca_certificate_pem: Option<String>,
    /// The proxy.
    pub proxy_url: Option<SecretString>,
    /// Ids of protected objects that may be deleted all the same.
    pub allow_delete: BTreeSet<String>,
    /// The first attribute that every call depends on and that is known only during the apply.
    pub unknown: Option<&'static str>,
}

impl Settings {
    /// Weighs attributes against variables: attributes win, and those of one group (the address, the login) make all the
    /// group's variables irrelevant.
    ///
    /// Unknown values are no error. Errors come beside the settings, so that all of them are found at once.
    pub fn resolve(block: &Block, environment: Environment<'_>) -> (Settings, Diagnostics) {
        let mut diagnostics = Diagnostics::new();
        let address = address(block, environment);
        let settings = Settings {
            endpoints: match address.source() {
                // A shell that followed the guide for one place must not send another place's credentials there.
                Some(Source::Attribute(_)) => Endpoints::default(),
                _ if block.domain.is_unknown() || block.base_url_template.is_unknown() => Endpoints::default(),
                _ => endpoints(environment),
            },
            address,
            login: login(block, environment),
            auth_method: match block.token_endpoint_auth_method.as_deref() {
                Some("client_secret_post") => AuthMethod::Post,
                _ => AuthMethod::Basic,
            },
            scopes: block.scopes.known().cloned(),
            service_token: secret_attribute(&block.service_token, "service_token")
                .or_else(|| secret_variable(environment, environment::SERVICE_TOKEN)),
            service_tokens: service_tokens(block, environment),
            impersonate_client_id: attribute(&block.impersonate_client_id, "impersonate_client_id"),
            client_credentials: client_credentials(&block.client_credentials),
            mint_run_secrets: match block.mint_run_secrets {
                Value::Null => Value::Known(true),
                given => given,
            },
            check_client_secrets: block.check_client_secrets == Value::Known(true),
            organization_id: attribute(&block.organization_id, "organization_id")
                .or_else(|| variable(environment, environment::ORGANIZATION_ID)),
            max_retries: limit(&block.max_retries).unwrap_or(Config::DEFAULT_MAX_RETRIES),
            request_timeout: limit(&block.request_timeout).map_or(Config::DEFAULT_REQUEST_TIMEOUT, Duration::from_secs),
            max_concurrent_requests: limit(&block.max_concurrent_requests)
                .unwrap_or(Config::DEFAULT_MAX_CONCURRENT_REQUESTS),
            ca_certificate_pem: block.ca_certificate_pem.known().cloned(),
            proxy_url: block.proxy_url.known().map(|url| url.expose().into()),
            allow_delete: words(environment(environment::ALLOW_DELETE)),
            unknown: first_unknown(block),
        };
        check_conflict(block, &mut diagnostics);
        settings.check_ids(&mut diagnostics);
        settings.check_addresses(&mut diagnostics);
        settings.check_template(&mut diagnostics);
        (settings, diagnostics)
    }

    /// The client's configuration, without its user agent, stop signal and clock. What is unknown is left at its default:
    /// nothing may be called before [`Settings::unknown`] and the address are looked at.
    pub fn to_config(&self) -> Config {
        let service_tokens = self.service_tokens.iter().map(|(name, (token, _))| ((*name).to_owned(), token.clone()));
        Config {
            base_url: match &self.address {
                Setting::Known(address, _) => address.clone(),
                Setting::Unknown(_) | Setting::Absent => BaseUrl::default(),
            },
            endpoints: self.endpoints.clone(),
            credentials: match &self.login {
                Login::Client { id: (id, _), secret: (secret, _) } => Credentials::ClientCredentials {
                    client_id: id.clone(),
                    client_secret: secret.clone(),
                    auth_method: self.auth_method,
                    scopes: self.scopes.clone(),
                },
                Login::Token(token, _) => Credentials::AccessToken(token.clone()),
                Login::Unknown(_) | Login::Half(..) | Login::Nobody => Credentials::None,
            },
            service_token: match &self.service_token {
                Setting::Known(token, _) => Some(token.clone()),
                Setting::Unknown(_) | Setting::Absent => None,
            },
            service_tokens: service_tokens.collect(),
            client_credentials: self.known_credentials(),
            mint_run_secrets: self.mint_run_secrets == Value::Known(true),
            max_retries: self.max_retries,
            request_timeout: self.request_timeout,
            max_concurrent_requests: self.max_concurrent_requests,
            ca_certificate_pem: self.ca_certificate_pem.clone(),
            proxy_url: self.proxy_url.clone(),
            ..Config::default()
        }
    }

    /// Where the bearer of a service call comes from; `None` where it is the login.
    pub fn service_token_source(&self, service: &str) -> Option<Source> {
        self.service_tokens.get(service).map(|(_, source)| *source).or(self.service_token.source())
    }

    fn known_credentials(&self) -> BTreeMap<String, SecretString> {
        let known = |(id, secret): (&String, &Value<SecretString>)| Some((id.clone(), secret.known()?.clone()));
        self.client_credentials.iter().flatten().filter_map(known).collect()
    }

    fn check_ids(&self, diagnostics: &mut Diagnostics) {
        let mut check = |value: &str, source: Source, expected| {
            if let Some(problem) = ids::mismatch(value, expected) {
                let detail = format!("The value of {source} {problem}.");
                diagnostics.push(source.blame(Diagnostic::error("Id of another kind", detail)));
            }
        };
        match &self.login {
            Login::Client { id, secret } => {
                check(&id.0, id.1, ids::CLIENT);
                check(secret.0.expose_secret(), secret.1, ids::CLIENT_SECRET_VALUE);
            }
            Login::Token(token, source) => check(token.expose_secret(), *source, ids::TOKEN),
            Login::Unknown(_) | Login::Half(..) | Login::Nobody => {}
        }
        if let Setting::Known(id, source) = &self.organization_id {
            check(id, *source, ids::ORGANIZATION);
        }
        if let Setting::Known(id, source) = &self.impersonate_client_id {
            check(id, *source, ids::CLIENT);
        }
        for (id, secret) in self.client_credentials.iter().flatten() {
            let source = Source::Attribute("client_credentials");
            check(id, source, ids::CLIENT);
            if let Some(secret) = secret.known() {
                check(secret.expose_secret(), source, ids::CLIENT_SECRET_VALUE);
            }
        }
    }

    /// The same paths are at several services, so without the name in the address nobody could tell which is meant.
    fn check_template(&self, diagnostics: &mut Diagnostics) {
        const PLACEHOLDER: &str = "{SERVICE_NAME}";
        if let Setting::Known(BaseUrl::Template(template), source) = &self.address
            && !template.contains(PLACEHOLDER)
        {
            let detail = format!(
                "The value of {source} holds no `{PLACEHOLDER}`, in whose place the name of each service belongs, such as in \
                 `https://{PLACEHOLDER}.aws.us.pangea.cloud` or `http://127.0.0.1:4010/{PLACEHOLDER}`. Put it into the host or the path."
            );
            diagnostics.push(source.blame(Diagnostic::error("Address without the service's name", detail)));
        }
    }

    /// Lets the client look at each address by itself, so that the error names the attribute or variable at fault.
    fn check_addresses(&self, diagnostics: &mut Diagnostics) {
        let mut check = |config: Config, source: Source| {
            if let Err(error) = Api::new(config) {
                diagnostics.push(diagnose::unusable(&error, source));
            }
        };
        if let Setting::Known(base_url, source) = &self.address {
            check(Config { base_url: base_url.clone(), ..Config::default() }, *source);
        }
        let Endpoints { token, introspection, revocation } = self.endpoints.clone();
        let nowhere = Endpoints::default;
        for (endpoints, name) in [
            (Endpoints { token, ..nowhere() }, environment::TOKEN_ENDPOINT),
            (Endpoints { introspection, ..nowhere() }, environment::INTROSPECTION_ENDPOINT),
            (Endpoints { revocation, ..nowhere() }, environment::REVOCATION_ENDPOINT),
        ] {
            check(Config { endpoints, ..Config::default() }, Source::Variable(name));
        }
        let ca_certificate_pem = self.ca_certificate_pem.clone();
        check(Config { ca_certificate_pem, ..Config::default() }, Source::Attribute("ca_certificate_pem"));
        let proxy_url = self.proxy_url.clone();
        check(Config { proxy_url, ..Config::default() }, Source::Attribute("proxy_url"));
    }
}

fn attribute<T: Clone>(value: &Value<T>, name: &'static str) -> Setting<T> {
    match value {
        Value::Known(value) => Setting::Known(value.clone(), Source::Attribute(name)),
        Value::Unknown => Setting::Unknown(name),
        Value::Null => Setting::Absent,
    }
}

fn secret_attribute(value: &Value<Secret>, name: &'static str) -> Setting<SecretString> {
    attribute(value, name).map(|secret| trimmed(&secret))
}

/// A secret without the blanks around it: one that was read from a file has a line break at the end.
fn trimmed(secret: &Secret) -> SecretString {
    secret.expose().trim().into()
}

fn secret_variable(environment: Environment<'_>, name: &'static str) -> Setting<SecretString> {
    variable(environment, name).map(SecretString::from)
}

fn variable(environment: Environment<'_>, name: &'static str) -> Setting<String> {
    environment(name).map_or(Setting::Absent, |value| Setting::Known(value, Source::Variable(name)))
}

fn address(block: &Block, environment: Environment<'_>) -> Setting<BaseUrl> {
    let template = |value: Setting<String>| value.map(BaseUrl::Template);
    let domain = |value: Setting<String>| value.map(BaseUrl::Domain);
    template(attribute(&block.base_url_template, "base_url_template"))
        .or_else(|| domain(attribute(&block.domain, "domain")))
        .or_else(|| template(variable(environment, environment::BASE_URL_TEMPLATE)))
        .or_else(|| domain(variable(environment, environment::DOMAIN)))
        .or_else(|| Setting::Known(BaseUrl::default(), Source::Default))
}

fn endpoints(environment: Environment<'_>) -> Endpoints {
    Endpoints {
        token: environment(environment::TOKEN_ENDPOINT),
        introspection: environment(environment::INTROSPECTION_ENDPOINT),
        revocation: environment(environment::REVOCATION_ENDPOINT),
    }
}

fn login(block: &Block, environment: Environment<'_>) -> Login {
    let token = match secret_attribute(&block.access_token, "access_token") {
        Setting::Absent if block.client_id.is_null() && block.client_secret.is_null() => {
            secret_variable(environment, environment::ACCESS_TOKEN)
        }
        attribute => attribute,
    };
    let id = attribute(&block.client_id, "client_id").or_else(|| variable(environment, environment::CLIENT_ID));
    let secret = secret_attribute(&block.client_secret, "client_secret")
        .or_else(|| secret_variable(environment, environment::CLIENT_SECRET));
    match (token, id, secret) {
        (Setting::Known(token, source), ..) => Login::Token(token, source),
        (Setting::Unknown(attribute), ..)
        | (_, Setting::Unknown(attribute), _)
        | (_, _, Setting::Unknown(attribute)) => Login::Unknown(attribute),
        (_, Setting::Known(id, id_source), Setting::Known(secret, secret_source)) => {
            Login::Client { id: (id, id_source), secret: (secret, secret_source) }
        }
        (_, Setting::Known(_, source), Setting::Absent) => {
            Login::Half(source, ("client_secret", environment::CLIENT_SECRET))
        }
        (_, Setting::Absent, Setting::Known(_, source)) => Login::Half(source, ("client_id", environment::CLIENT_ID)),
        (_, Setting::Absent, Setting::Absent) => Login::Nobody,
    }
}

/// The tokens of single services, which only variables give: the attribute `service_token` is for all services, and makes
/// the variables irrelevant.
fn service_tokens(block: &Block, environment: Environment<'_>) -> BTreeMap<&'static str, (SecretString, Source)> {
    if !block.service_token.is_null() {
        return BTreeMap::new();
    }
    let token = |(service, name): (&'static str, &'static str)| {
        Some((service, (environment(name)?.into(), Source::Variable(name))))
    };
    environment::SERVICE_TOKENS.into_iter().filter_map(token).collect()
}

fn client_credentials(map: &Value<ClientSecrets>) -> Option<BTreeMap<String, Value<SecretString>>> {
    let secret = |secret: &Value<Secret>| match secret {
        Value::Known(secret) => Value::Known(trimmed(secret)),
        Value::Unknown => Value::Unknown,
        Value::Null => Value::Null,
    };
    match map {
        Value::Known(map) => {
            let given = map.0.iter().filter(|(_, secret)| !secret.is_null());
            Some(given.map(|(id, value)| (id.clone(), secret(value))).collect())
        }
        Value::Null => Some(BTreeMap::new()),
        Value::Unknown => None,
    }
}

/// The schema's own rules keep a limit small; what doesn't fit all the same is as good as not set.
fn limit<N: TryFrom<i64>>(value: &Value<i64>) -> Option<N> {
    value.known().and_then(|number| N::try_from(*number).ok())
}

fn words(list: Option<String>) -> BTreeSet<String> {
    let list = list.unwrap_or_default();
    list.split(',').map(str::trim).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

fn first_unknown(block: &Block) -> Option<&'static str> {
    [
        (block.token_endpoint_auth_method.is_unknown(), "token_endpoint_auth_method"),
        (block.scopes.is_unknown(), "scopes"),
        (block.max_retries.is_unknown(), "max_retries"),
        (block.request_timeout.is_unknown(), "request_timeout"),
        (block.max_concurrent_requests.is_unknown(), "max_concurrent_requests"),
        (block.ca_certificate_pem.is_unknown(), "ca_certificate_pem"),
        (block.proxy_url.is_unknown(), "proxy_url"),
    ]
    .into_iter()
    .find_map(|(unknown, attribute)| unknown.then_some(attribute))
}

fn check_conflict(block: &Block, diagnostics: &mut Diagnostics) {
    let others = [(block.client_id.is_known(), "client_id"), (block.client_secret.is_known(), "client_secret")];
    let other = others.into_iter().find_map(|(known, name)| known.then_some(name));
    if let (true, Some(other)) = (block.access_token.is_known(), other) {
        let detail = format!(
            "`access_token` and `{other}` are both set, and the provider can log in in one way only. Remove `access_token` \
             to log in as an OAuth client, whose tokens are renewed and revoked; or remove `client_id` and `client_secret`."
        );
        diagnostics.error_at(Path::attribute("access_token"), "Conflicting credentials", detail);
    }
    if block.service_token.is_known() && block.impersonate_client_id.is_known() {
        let detail = "`service_token` and `impersonate_client_id` are both set, and each says who calls a project's services. Remove \
                      one of them.";
        diagnostics.error_at(Path::attribute("impersonate_client_id"), "Conflicting credentials", detail);
    }
}

#[cfg(test)]
mod tests;
