//! A provider: its configuration, and the lists of what it offers.

use std::{
    process::ExitCode,
    sync::{Arc, OnceLock},
};

use async_trait::async_trait;

use crate::{
    Result,
    action::ActionType,
    data_source::DataSourceType,
    deferral::{DeferredReason, not_allowed},
    diagnostics::Diagnostics,
    ephemeral::EphemeralResourceType,
    function::FunctionType,
    list_resource::ListResourceType,
    model::Model,
    registration::ResourceType,
    serve::{Job, Program},
    server::Server,
    stop::StopSignal,
    wire::{service::Service, socket::Network},
};

/// A whole provider. [`serve()`] makes a process of it.
#[async_trait]
pub trait Provider: Send + Sync + 'static {
    /// The provider block.
    type Config: Model;

    /// What `configure` makes and every operation gets.
    type Api: Send + Sync + 'static;

    /// Short name, which every type's name begins with: `pangea`.
    const NAME: &'static str;

    /// Source address as a configuration writes it: `pangea/pangea`.
    const ADDRESS: &'static str;

    /// Version of the provider, without a `v`.
    const VERSION: &'static str;

    /// The crates whose log lines go to Terraform beside the framework's own, named as in `use`.
    const LOG_CRATES: &'static [&'static str];

    /// What the program does besides serving, when a person asks it to. The default is nothing.
    const JOBS: &'static [Job] = &[];

    /// Checks the provider block. Values may be unknown. Nothing is asked of the service here.
    fn validate(_config: &Self::Config, _diagnostics: &mut Diagnostics) {}

    /// Makes what operations need. It should not talk to the service: Terraform configures several processes in one run, and
    /// not each of them has something to do. Values may be unknown during a plan.
    ///
    /// # Errors
    /// What the person should read.
    fn configure(config: Self::Config, host: &Host, diagnostics: &mut Diagnostics) -> Result<Self::Api>;

    /// Ends what `configure` and later operations began. Called before the process ends and when a new configuration
    /// replaces this one; it is given five seconds.
    async fn shutdown(_api: &Self::Api) {}

    /// The resources. The default is none.
    fn resources() -> Vec<ResourceType<Self::Api>> {
        Vec::new()
    }

    /// The data sources. The default is none.
    fn data_sources() -> Vec<DataSourceType<Self::Api>> {
        Vec::new()
    }

    /// The list resources. The default is none. Each lists a resource type that stands, `identified`, in
    /// [`resources`](Provider::resources).
    fn list_resources() -> Vec<ListResourceType<Self::Api>> {
        Vec::new()
    }

    /// The actions. The default is none.
    fn actions() -> Vec<ActionType<Self::Api>> {
        Vec::new()
    }

    /// The ephemeral resources. The default is none.
    fn ephemeral_resources() -> Vec<EphemeralResourceType<Self::Api>> {
        Vec::new()
    }

    /// The functions. The default is none.
    fn functions() -> Vec<FunctionType> {
        Vec::new()
    }
}

/// Who configures the provider.
#[derive(Clone, Debug)]
pub struct Host {
    /// Version of Terraform or OpenTofu, as it names itself; which of the two it is, it doesn't say.
    pub terraform_version: String,
    /// Tells when Terraform asks to stop.
    pub stop: StopSignal,
    pub(crate) deferral_allowed: bool,
    pub(crate) deferred: Arc<OnceLock<DeferredReason>>,
}

impl Host {
    /// Says that the provider can't do anything yet, as when the address of its service is not known. Every read, import,
    /// plan and opening of an ephemeral resource is then answered with "not yet", without asking the resource; one that can plan all the same says so with
    /// [`PLANS_WHILE_DEFERRED`](crate::Resource::PLANS_WHILE_DEFERRED). Needs Terraform 1.9 in a run that allows it, see
    /// [`may_defer`](Host::may_defer).
    ///
    /// # Errors
    /// Where the host doesn't allow it: what the person should read.
    pub fn defer(&self, reason: DeferredReason) -> Result<()> {
        if !self.deferral_allowed {
            return Err(not_allowed("The provider", reason).into());
        }
        // The first reason stands.
        let _ = self.deferred.set(reason);
        Ok(())
    }

    /// Whether the host takes it for an answer that the provider can't do anything yet.
    pub fn may_defer(&self) -> bool {
        self.deferral_allowed
    }
}

/// Makes a process of the provider: `main` calls it and returns what it gives.
///
/// Started by Terraform it serves until Terraform is done; with `--debug` it waits for one to attach; started by hand it says
/// what it is and ends with exit code 1.
pub fn serve<P: Provider>() -> ExitCode {
    let server = Arc::new(Server::<P>::new());
    let service = Service(Arc::clone(&server));
    crate::serve::serve(Program {
        name: P::NAME,
        version: P::VERSION,
        address: P::ADDRESS,
        log_crates: P::LOG_CRATES,
        jobs: P::JOBS,
        service,
        on_shutdown: Box::pin(async move { server.shutdown().await }),
        network: Network::default(),
    })
}
