//! The provider block.

use std::collections::{BTreeMap, BTreeSet};

use tf_framework::{Dynamic, Element, Misfit, Model, Path, Secret, Shape, Type, Unfit, Value};

/// Manages what Pangea's management APIs hold: projects, the OAuth clients that act in them, and what these clients may do.
#[derive(Clone, Default, Model)]
pub struct Block {
    /// Domain of the Pangea services. Defaults to `aws.us.pangea.cloud`. Variable: `PANGEA_DOMAIN`.
    #[attr(optional)]
    pub domain: Value<String>,
    /// Address of the services, with `{SERVICE_NAME}` where the service's name belongs, such as
    /// `https://{SERVICE_NAME}.aws.us.pangea.cloud`. It wins over `domain`. Plain `http://` is an error for anything but a
    /// loopback address. Variable: `PANGEA_BASE_URL_TEMPLATE`, which is not read where `domain` is set.
    #[attr(optional)]
    pub base_url_template: Value<String>,
    /// Id (`psa_…`) of the management client to log in as. Variable: `PANGEA_CLIENT_ID`.
    #[attr(optional, length(1..=255))]
    pub client_id: Value<String>,
    /// Secret (`pck_…`) of that client. Variable: `PANGEA_CLIENT_SECRET`.
    #[attr(optional, sensitive, length(1..=4096))]
    pub client_secret: Value<Secret>,
    /// How the client shows its secret to the token endpoint: `client_secret_basic` (the default) or `client_secret_post`.
    #[attr(optional, one_of(&["client_secret_basic", "client_secret_post"]))]
    pub token_endpoint_auth_method: Value<String>,
    /// A ready bearer token, instead of `client_id` and `client_secret`. It is never renewed and never revoked. Variable:
    /// `PANGEA_ACCESS_TOKEN`, which is not read where `client_id` or `client_secret` is set.
    #[attr(optional, sensitive, length(1..=4096))]
    pub access_token: Value<Secret>,
    /// Scopes to ask for in the token. By default it has all scopes of the client.
    #[attr(optional, size(1..=usize::MAX), each_must("be one scope, without spaces", is_word))]
    pub scopes: Value<BTreeSet<String>>,
    /// Id (`poi_…`) of the organization, for resources that don't name one. Variable: `PANGEA_ORGANIZATION_ID`.
    #[attr(optional, length(1..=255))]
    pub organization_id: Value<String>,
    /// Token for calls to a project's services, such as the keys of AuthN, where it is not the management token. Variables:
    /// the service's own, such as `PANGEA_AUTHN_TOKEN`, then `PANGEA_SERVICE_TOKEN`.
    #[attr(optional, sensitive, length(1..=4096))]
    pub service_token: Value<Secret>,
    /// Id (`psa_…`) of the client as which calls are made that act in a project, by default: those of service configurations and
    /// service clients, of AI Guard and AuthN. An object's own `impersonate_client_id` wins. It must be written out: a client that
    /// this configuration makes is named on the object, as a reference. Conflicts with `service_token`.
    #[attr(optional, length(1..=255))]
    pub impersonate_client_id: Value<String>,
    /// Secrets of clients to act as, by client id. The map, or values in it, may be unknown during a plan, and ephemeral. A client
    /// without one here gets a secret for the run, unless `mint_run_secrets` is `false`.
    #[attr(optional, sensitive)]
    pub client_credentials: Value<ClientSecrets>,
    /// Whether a client to act as, whose secret is not in `client_credentials`, gets one for the run: it expires after ten minutes,
    /// is kept in memory alone, and is revoked when the run ends. Defaults to `true`.
    #[attr(optional)]
    pub mint_run_secrets: Value<bool>,
    /// Whether each read of a client looks at its secrets, one call a client more: one that is gone or has expired is then drift, and
    /// where it is stored a new one is planned. Defaults to `false`.
    #[attr(optional)]
    pub check_client_secrets: Value<bool>,
    /// How often a call that failed for a passing reason is tried again, 0 to 20. Defaults to 4.
    #[attr(optional, between(0..=20))]
    pub max_retries: Value<i64>,
    /// Seconds that one attempt of a call may take, 1 to 600. Defaults to 30.
    #[attr(optional, between(1..=600))]
    pub request_timeout: Value<i64>,
    /// How many calls may be under way at once, 1 to 100. Defaults to 10.
    #[attr(optional, between(1..=100))]
    pub max_concurrent_requests: Value<i64>,
    /// Certificates, as PEM, of authorities to trust besides the system's.
    #[attr(optional)]
    pub ca_certificate_pem: Value<String>,
    /// Proxy for all calls, such as `http://proxy.example:3128`, instead of the standard variables. It may hold a password.
    /// Loopback addresses never use one.
    #[attr(optional, sensitive)]
    pub proxy_url: Value<Secret>,
}

/// Secrets by client id. One of them may be unknown while the others are known.
#[derive(Clone, Default)]
pub struct ClientSecrets(pub BTreeMap<String, Value<Secret>>);

impl Element for ClientSecrets {
    fn shape() -> Shape {
        Shape::Plain(Type::map(Type::String))
    }

    fn from_known(value: Dynamic, path: &Path) -> Result<ClientSecrets, Unfit> {
        let Dynamic::Map(entries) = value else {
            return Err(Unfit::Misfit(Misfit { path: path.clone(), problem: "must be a map".to_owned() }));
        };
        let read = |(id, secret): (String, Dynamic)| {
            let secret = match secret {
                Dynamic::Null => Value::Null,
                Dynamic::Unknown => Value::Unknown,
                known => Value::Known(Secret::from_known(known, &path.key(&id))?),
            };
            Ok((id, secret))
        };
        entries.into_iter().map(read).collect::<Result<_, _>>().map(ClientSecrets)
    }

    fn into_known(self) -> Dynamic {
        let plain = |secret| match secret {
            Value::Null => Dynamic::Null,
            Value::Unknown => Dynamic::Unknown,
            Value::Known(secret) => Secret::into_known(secret),
        };
        Dynamic::Map(self.0.into_iter().map(|(id, secret)| (id, plain(secret))).collect())
    }
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && !text.contains(char::is_whitespace)
}
