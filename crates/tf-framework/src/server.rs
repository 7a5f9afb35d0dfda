//! What each call means, in the framework's own terms: no protobuf, no sockets.

pub(crate) mod action;
pub(crate) mod data_source;
pub(crate) mod ephemeral;
pub(crate) mod function;
pub(crate) mod identity;
pub(crate) mod lazy_schema;
pub(crate) mod list_resource;
pub(crate) mod resource;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use tokio::task::JoinSet;

use crate::{
    capabilities::ClientCapabilities,
    deferral::DeferredReason,
    diagnostics::{Diagnostic, Diagnostics},
    log::PanicMessage,
    model::{Misfit, Model},
    modify_plan::read_model,
    provider::{Host, Provider},
    registration::ResourceType,
    schema::Schema,
    stop::{StopSignal, Stopper},
    validate::{report, validate},
    value::Dynamic,
};

/// One provider process: what it offers, and how it is configured.
pub(crate) struct Server<P: Provider> {
    pub(crate) resources: BTreeMap<&'static str, ResourceType<P::Api>>,
    pub(crate) data_sources: BTreeMap<&'static str, Box<dyn data_source::AnyDataSource<P::Api>>>,
    pub(crate) list_resources: BTreeMap<&'static str, Box<dyn list_resource::AnyListResource<P::Api>>>,
    pub(crate) actions: BTreeMap<&'static str, Box<dyn action::AnyAction<P::Api>>>,
    pub(crate) ephemeral_resources: BTreeMap<&'static str, Box<dyn ephemeral::AnyEphemeralResource<P::Api>>>,
    pub(crate) functions: BTreeMap<&'static str, Box<dyn function::AnyFunction>>,
    schema: OnceLock<Schema>,
    configured: RwLock<Option<Arc<Configured<P::Api>>>>,
    /// Earlier configurations on their way out.
    ending: Mutex<JoinSet<()>>,
}

/// What one ConfigureProvider call made. A debugged process is configured again and again.
pub(crate) struct Configured<Api> {
    pub(crate) api: Api,
    /// Why nothing can be done yet, if so.
    pub(crate) deferred: Option<DeferredReason>,
    stopper: Stopper,
}

impl<Api> Configured<Api> {
    /// Tells when Terraform asks to stop.
    pub(crate) fn stop_signal(&self) -> StopSignal {
        self.stopper.signal()
    }
}

impl<P: Provider> Server<P> {
    pub(crate) fn new() -> Server<P> {
        Server {
            resources: P::resources().into_iter().map(|entry| (entry.name(), entry)).collect(),
            data_sources: P::data_sources().into_iter().map(|entry| (entry.name(), entry.0)).collect(),
            list_resources: P::list_resources().into_iter().map(|entry| (entry.name(), entry.0)).collect(),
            actions: P::actions().into_iter().map(|entry| (entry.name(), entry.0)).collect(),
            ephemeral_resources: P::ephemeral_resources().into_iter().map(|entry| (entry.name(), entry.0)).collect(),
            functions: P::functions().into_iter().map(|entry| (entry.name(), entry.0)).collect(),
            schema: OnceLock::new(),
            configured: RwLock::new(None),
            ending: Mutex::new(JoinSet::new()),
        }
    }

    /// As if it had been configured to `api`.
    #[cfg(test)]
    pub(crate) fn configured_to(api: P::Api) -> Server<P> {
        let server = Server::new();
        *server.configured_mut() = Some(Arc::new(Configured { api, deferred: None, stopper: Stopper::new() }));
        server
    }

    pub(crate) fn schema(&self) -> &Schema {
        self.schema.get_or_init(|| P::Config::schema(0))
    }

    pub(crate) fn validate(&self, config: &Dynamic) -> Diagnostics {
        validate::<P::Config>(self.schema().body(), config, P::validate)
    }

    /// Configures the provider anew, and ends what an earlier configuration began.
    pub(crate) fn configure(
        &self,
        terraform_version: String,
        config: &Dynamic,
        client: ClientCapabilities,
    ) -> Diagnostics {
        let mut diagnostics = Diagnostics::new();
        let config = match read_model::<P::Config>(config) {
            Ok(config) => config,
            Err(misfit) => {
                report(misfit, &mut diagnostics);
                return diagnostics;
            }
        };
        let Some(config) = config else {
            diagnostics.push(bug("Terraform configured the provider with nothing at all."));
            return diagnostics;
        };
        let stopper = Stopper::new();
        let (deferred, deferral_allowed) = (Arc::default(), client.deferral_allowed);
        let host = Host { terraform_version, stop: stopper.signal(), deferral_allowed, deferred };
        let configured = match P::configure(config, &host, &mut diagnostics) {
            Ok(api) => Some(Arc::new(Configured { api, deferred: host.deferred.get().copied(), stopper })),
            Err(errors) => {
                diagnostics.extend(errors);
                // What follows must not go on under the earlier configuration.
                None
            }
        };
        if let Some(former) = std::mem::replace(&mut *self.configured_mut(), configured) {
            let mut ending = self.ending.lock().unwrap_or_else(PoisonError::into_inner);
            while ending.try_join_next().is_some() {}
            ending.spawn(async move { P::shutdown(&former.api).await });
        }
        diagnostics
    }

    /// What the provider was configured to; `None` before that.
    pub(crate) fn configured(&self) -> Option<Arc<Configured<P::Api>>> {
        self.configured_ref().clone()
    }

    /// Tells running operations that the person wants to stop. The process goes on serving.
    pub(crate) fn stop(&self) {
        if let Some(configured) = self.configured() {
            configured.stopper.stop();
        }
    }

    /// Ends what the configurations began; the process ends after it.
    pub(crate) async fn shutdown(&self) {
        let ending = std::mem::take(&mut *self.ending.lock().unwrap_or_else(PoisonError::into_inner));
        let configured = self.configured_mut().take();
        let now = async {
            if let Some(configured) = configured {
                configured.stopper.stop();
                P::shutdown(&configured.api).await;
            }
        };
        tokio::join!(now, ending.join_all());
    }

    // A poisoned lock holds a whole value all the same: each write is one assignment.
    fn configured_ref(&self) -> RwLockReadGuard<'_, Option<Arc<Configured<P::Api>>>> {
        self.configured.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn configured_mut(&self) -> RwLockWriteGuard<'_, Option<Arc<Configured<P::Api>>>> {
        self.configured.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An error that no person can have caused.
pub(crate) fn bug(what: impl Into<String>) -> Diagnostic {
    let what = what.into();
    Diagnostic::error("Bug in the provider", format!("{what} This is always a bug in the provider: please report it."))
}

/// The error for a value that the framework could not bring into a model, though Terraform had it from there.
pub(crate) fn misfit_bug(what: &str, misfit: &Misfit) -> Diagnostic {
    bug(format!("{what}: `{}` {}.", misfit.path, misfit.problem)).at(misfit.path.clone())
}

/// A configuration block. Terraform sends null where a block without a required attribute was left out.
pub(crate) fn block(config: Dynamic) -> Dynamic {
    if config.is_null() { Dynamic::Map(BTreeMap::new()) } else { config }
}

/// The error for a panic. It names the call, and says what may have happened to the object.
pub(crate) fn panicked(call: &str, panic: &PanicMessage) -> Diagnostic {
    let aftermath = "What was changed before the panic is in the state as far as the provider knew; run `terraform plan` to \
                     compare it with the service.";
    panicked_leaving(call, panic, aftermath)
}

/// The same for a call that has nothing to do with a state: `aftermath` says how things stand after it.
pub(crate) fn panicked_leaving(call: &str, panic: &PanicMessage, aftermath: &str) -> Diagnostic {
    Diagnostic::error(
        "The provider panicked",
        format!(
            "{call} stopped with a panic: {panic}\n\nThis is always a bug in the provider: please report it. {aftermath}"
        ),
    )
}
