//! The provider: its configuration, and the lists of what it offers.

mod block;
mod environment;
mod settings;

use std::{sync::Arc, time::Duration};

use pangea_client::{Api, Config, Stop};
use tf_framework::{
    ActionType, Context, DataSourceType, Diagnostic, Diagnostics, EphemeralResourceType, FunctionType, Host, Job,
    ListResourceType, Model, Path, Provider, ResourceType, Result, Value, async_trait,
};
use tokio::task::AbortHandle;

use crate::{
    access::Access, acting::Objects, actions, data_sources, diagnose, ephemerals, export, functions, gone,
    list_resources, plan_help::PlanHelp, resources,
};

pub use block::{Block, ClientSecrets};
pub use environment::{ALLOW_DELETE, Environment, of_process as environment_of_process};
pub use settings::{Login, Setting, Settings, Source};

/// The provider as the framework serves it.
pub struct PangeaProvider;

#[async_trait]
impl Provider for PangeaProvider {
    type Config = Block;
    type Api = Pangea;

    const NAME: &'static str = "pangea";
    const ADDRESS: &'static str = "pangea/pangea";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const LOG_CRATES: &'static [&'static str] = &["terraform_provider_pangea", "pangea_client"];
    const JOBS: &'static [Job] = &[export::JOB];

    fn validate(config: &Block, diagnostics: &mut Diagnostics) {
        diagnostics.extend(Settings::resolve(config, &environment::none).1);
    }

    fn configure(config: Block, host: &Host, diagnostics: &mut Diagnostics) -> Result<Pangea> {
        let (settings, found) = Settings::resolve(&config, &environment::of_process);
        if found.has_errors() {
            return Err(found);
        }
        diagnostics.extend(found);
        let stop = Stop::new();
        let mut pangea = Pangea::new(settings, &host.terraform_version, stop.clone())?;
        let mut signal = host.stop.clone();
        pangea.stop_bridge = bridge(async move { signal.stopped().await }, stop);
        Ok(pangea)
    }

    async fn shutdown(pangea: &Pangea) {
        pangea.shutdown().await;
    }

    fn resources() -> Vec<ResourceType<Pangea>> {
        vec![
            ResourceType::of::<resources::Project>().identified().into(),
            ResourceType::of::<resources::ManagementClient>().identified().into(),
            ResourceType::of::<resources::ServiceClient>().identified().into(),
            ResourceType::of::<resources::ClientGrant>().identified().into(),
            ResourceType::of::<resources::ClientSecret>().identified().generates_config().into(),
            ResourceType::of::<resources::ServiceConfig>().identified().into(),
            ResourceType::of::<resources::Organization>().identified().into(),
        ]
    }

    fn data_sources() -> Vec<DataSourceType<Pangea>> {
        vec![
            DataSourceType::of::<data_sources::Project>(),
            DataSourceType::of::<data_sources::Projects>(),
            DataSourceType::of::<data_sources::Client>(),
            DataSourceType::of::<data_sources::Clients>(),
            DataSourceType::of::<data_sources::ClientRoles>(),
            DataSourceType::of::<data_sources::ClientSecrets>(),
            DataSourceType::of::<data_sources::Organization>(),
            DataSourceType::of::<data_sources::OauthServer>(),
            DataSourceType::of::<data_sources::Jwks>(),
            DataSourceType::of::<data_sources::ServiceConfig>(),
            DataSourceType::of::<data_sources::ServiceConfigs>(),
            DataSourceType::of::<data_sources::TextGuard>(),
        ]
    }

    fn list_resources() -> Vec<ListResourceType<Pangea>> {
        vec![
            ListResourceType::of::<list_resources::Projects>(),
            ListResourceType::of::<list_resources::ManagementClients>(),
            ListResourceType::of::<list_resources::ServiceClients>(),
            ListResourceType::of::<list_resources::ClientSecrets>(),
        ]
    }

    fn actions() -> Vec<ActionType<Pangea>> {
        vec![ActionType::of::<actions::ClientSecretRotate>(), ActionType::of::<actions::TokenRevoke>()]
    }

    fn ephemeral_resources() -> Vec<EphemeralResourceType<Pangea>> {
        vec![
            EphemeralResourceType::of::<ephemerals::ClientSecret>(),
            EphemeralResourceType::of::<ephemerals::AccessToken>(),
            EphemeralResourceType::of::<ephemerals::TokenInfo>(),
        ]
    }

    fn functions() -> Vec<FunctionType> {
        vec![
            FunctionType::of::<functions::BasicAuth>(),
            FunctionType::of::<functions::ParseScopes>(),
            FunctionType::of::<functions::JwkToPem>(),
            FunctionType::of::<functions::ParseId>(),
        ]
    }
}

/// What every operation is given: the way to Pangea, and what the provider knows besides. Clones share all of it.
#[derive(Clone)]
pub struct Pangea {
    api: Api,
    settings: Arc<Settings>,
    stop_bridge: Option<AbortHandle>,
    /// Who gave a client its scopes and roles, as far as this process knows.
    pub access: Arc<Access>,
    /// Which objects act as which client, as far as this process knows.
    pub objects: Arc<Objects>,
    /// What its plans have asked of the service.
    pub plan_help: Arc<PlanHelp>,
}

impl Pangea {
    /// Makes everything ready. Nothing is asked of the service. `stop` ends the waits of every call.
    ///
    /// # Errors
    /// When the settings can't be used together.
    pub fn new(settings: Settings, terraform_version: &str, stop: Stop) -> Result<Pangea> {
        let config = Config { user_agent: user_agent(terraform_version), stop, ..settings.to_config() };
        let api = Api::new(config).map_err(|error| diagnose::unusable(&error, Source::Default))?;
        Ok(Pangea {
            api,
            settings: Arc::new(settings),
            stop_bridge: None,
            access: Arc::default(),
            objects: Arc::default(),
            plan_help: Arc::default(),
        })
    }

    /// The same for one operation, whose calls must all be over within `limit` from now.
    #[must_use]
    pub fn within(&self, limit: Duration) -> Pangea {
        Pangea { api: self.api.within(limit), ..self.clone() }
    }

    /// The management APIs.
    ///
    /// # Errors
    /// Names the attribute that is not known yet, or what is missing to log in.
    pub fn api(&self) -> Result<&Api> {
        self.check_connection()?;
        self.check_login(None)?;
        Ok(&self.api)
    }

    /// The APIs that anybody may ask, without a login.
    ///
    /// # Errors
    /// Names the attribute that is not known yet.
    pub fn open_api(&self) -> Result<&Api> {
        self.check_connection()?;
        Ok(&self.api)
    }

    /// The API of a service, by its host label such as `authn`: it carries the service's own token where one is set, else
    /// the login's.
    ///
    /// # Errors
    /// As [`Pangea::api`].
    pub fn service_api(&self, service: &str) -> Result<&Api> {
        self.check_connection()?;
        match self.settings.service_token {
            Setting::Unknown(attribute) => return Err(unknown(attribute).into()),
            _ if self.settings.service_token_source(service).is_some() => {}
            _ => self.check_login(Some(service))?,
        }
        Ok(&self.api)
    }

    /// The client itself, for whoever has looked at connection and credentials already.
    pub(crate) fn client_of_api(&self) -> &Api {
        &self.api
    }

    /// The organization for resources that don't name one: null where there is none, unknown where it is known only during
    /// the apply.
    pub fn default_organization_id(&self) -> Value<String> {
        match &self.settings.organization_id {
            Setting::Known(id, _) => Value::from(id.as_str()),
            Setting::Unknown(_) => Value::Unknown,
            Setting::Absent => Value::Null,
        }
    }

    /// The organization of an object: its own, else the provider's.
    ///
    /// # Errors
    /// Says at the attribute `organization_id` where to set one.
    pub fn organization_id(&self, own: &Value<String>) -> Result<String> {
        match (own, self.default_organization_id()) {
            (Value::Known(own), _) => Ok(own.clone()),
            (_, Value::Known(default)) => Ok(default),
            (_, Value::Unknown) => Err(unknown("organization_id").into()),
            (_, Value::Null) => Err(missing_organization().into()),
        }
    }

    /// Whether the person allowed to delete this object although it is protected, through [`ALLOW_DELETE`].
    pub fn may_delete(&self, id: &str) -> bool {
        self.settings.allow_delete.contains(id)
    }

    /// The client that the provider is logged in as; `None` with a ready token, whose client isn't known.
    pub fn login_client_id(&self) -> Option<&str> {
        match &self.settings.login {
            Login::Client { id: (id, _), .. } => Some(id),
            Login::Token(..) | Login::Unknown(_) | Login::Half(..) | Login::Nobody => None,
        }
    }

    /// Whether this is the client that the provider is logged in as.
    pub fn is_login(&self, client_id: &str) -> bool {
        self.login_client_id() == Some(client_id)
    }

    /// Makes sure that a `what` which was not found is gone, and warns that it is dropped from the state.
    ///
    /// # Errors
    /// Where the provider's organization isn't visible either; then nothing may be forgotten.
    pub async fn confirm_gone<M: Model>(&self, what: &str, id: &str, ctx: &mut Context<M>) -> Result<()> {
        gone::confirm_noted(self, what, id, ctx).await?;
        gone::warn(what, id, ctx);
        Ok(())
    }

    /// What the provider block and the environment say, for messages.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Revokes what the calls needed: tokens, and secrets of the run.
    pub(crate) async fn shutdown(&self) {
        if let Some(bridge) = &self.stop_bridge {
            bridge.abort();
        }
        self.api.shutdown().await;
    }

    pub(crate) fn check_connection(&self) -> Result<()> {
        let unknown_address = match self.settings.address {
            Setting::Unknown(attribute) => Some(attribute),
            Setting::Known(..) | Setting::Absent => None,
        };
        match unknown_address.or(self.settings.unknown) {
            Some(attribute) => Err(unknown(attribute).into()),
            None => Ok(()),
        }
    }

    pub(crate) fn check_login(&self, service: Option<&str>) -> Result<()> {
        match &self.settings.login {
            Login::Client { .. } | Login::Token(..) => Ok(()),
            Login::Unknown(attribute) => Err(unknown(attribute).into()),
            Login::Half(..) | Login::Nobody => Err(diagnose::missing_credentials(&self.settings, service).into()),
        }
    }
}

/// The error at an object whose organization is set nowhere.
pub fn missing_organization() -> Diagnostic {
    Diagnostic::error(
        "Missing organization",
        "Neither the resource nor the provider says which organization is meant. Set `organization_id` here or in the \
         provider block, or the environment variable PANGEA_ORGANIZATION_ID. It is the id (`poi_…`) on the page \
         Organization Settings of the Pangea User Console.",
    )
    .at(Path::attribute("organization_id"))
}

fn unknown(attribute: &str) -> Diagnostic {
    Diagnostic::error(
        "Provider configuration is not known yet",
        format!(
            "The provider's attribute `{attribute}` depends on something that is known only after an apply, and this \
             operation has to call Pangea now. Apply what it depends on first, with \
             `terraform apply -target=ADDRESS`, or set `{attribute}` to a value that is known."
        ),
    )
}

/// Provider and host by name and version. OpenTofu doesn't say who it is: 1.12 gives the version of a Terraform that it resembles.
fn user_agent(terraform_version: &str) -> String {
    let version: String = terraform_version.chars().filter(char::is_ascii_graphic).collect();
    format!("terraform-provider-pangea/{} terraform/{version}", PangeaProvider::VERSION)
}

/// Passes the host's wish to stop on to the client's waits. Outside of a runtime, where nothing can wait, there is nothing
/// to stop either.
fn bridge(host_stops: impl Future<Output = ()> + Send + 'static, client: Stop) -> Option<AbortHandle> {
    let runtime = tokio::runtime::Handle::try_current().ok()?;
    let task = runtime.spawn(async move {
        host_stops.await;
        client.signal();
    });
    Some(task.abort_handle())
}

#[cfg(test)]
mod tests;
