//! The 36 calls: each turns its message into the framework's terms, has the server answer, and turns the answer back.
//!
//! Whatever goes wrong becomes a diagnostic in the answer. A gRPC error would reach the person without a place in the
//! configuration, and for some calls Terraform would only say that the plugin did not respond.

mod action;
mod calls;
mod data_source;
mod ephemeral;
#[cfg(test)]
mod every_call;
mod function;
#[cfg(test)]
mod in_process;
mod list_resource;
mod resource;
#[cfg(test)]
mod tests;
mod unsupported;

use std::sync::Arc;

use futures_util::stream::BoxStream;
use tokio::time::Instant;
use tracing::{Instrument, Span};

use crate::{
    capabilities::ClientCapabilities,
    deferral::{DeferredReason, not_allowed},
    diagnostics::{Diagnostic, Diagnostics},
    log::{SDK_PROTO, guarded, keys, request_span},
    provider::Provider,
    server::{Configured, Server, panicked},
    wire::{
        convert::{diagnostics_to_wire, path_text},
        generated::tfplugin6 as proto,
    },
};

/// The generated service's implementation.
pub(crate) struct Service<P: Provider>(pub(crate) Arc<Server<P>>);

impl<P: Provider> Clone for Service<P> {
    fn clone(&self) -> Service<P> {
        Service(Arc::clone(&self.0))
    }
}

/// What a call comes to, before it is put into its message.
type Answered<T> = Result<tonic::Response<T>, tonic::Status>;

/// What a streaming call comes to.
type Events<T> = BoxStream<'static, Result<T, tonic::Status>>;

/// An answer that can carry diagnostics.
trait Answer: Default {
    fn with(self, diagnostics: Vec<proto::Diagnostic>) -> Self;
    fn diagnostics(&self) -> &[proto::Diagnostic];
}

macro_rules! answers {
    ($($call:ident),* $(,)?) => {
        $(impl Answer for proto::$call::Response {
            fn with(mut self, diagnostics: Vec<proto::Diagnostic>) -> Self {
                self.diagnostics = diagnostics;
                self
            }

            fn diagnostics(&self) -> &[proto::Diagnostic] {
                &self.diagnostics
            }
        })*
    };
}

answers!(
    apply_resource_change,
    close_ephemeral_resource,
    configure_provider,
    configure_state_store,
    delete_state,
    generate_resource_config,
    get_functions,
    get_metadata,
    get_provider_schema,
    get_resource_identity_schemas,
    get_states,
    import_resource_state,
    lock_state,
    move_resource_state,
    open_ephemeral_resource,
    plan_action,
    plan_resource_change,
    read_data_source,
    read_resource,
    read_state_bytes,
    renew_ephemeral_resource,
    unlock_state,
    upgrade_resource_identity,
    upgrade_resource_state,
    validate_action_config,
    validate_data_resource_config,
    validate_ephemeral_resource_config,
    validate_list_resource_config,
    validate_provider_config,
    validate_resource_config,
    validate_state_store,
    write_state_bytes,
);

/// An answer that holds nothing but diagnostics.
fn only<T: Answer>(diagnostics: Diagnostics) -> T {
    T::default().with(diagnostics_to_wire(diagnostics))
}

/// What a call is about, for its log lines: the field and the name.
type Subject<'a> = Option<(&'static str, &'a str)>;

impl<P: Provider> Service<P> {
    /// Runs one call under its log span. An `Err` is an answer with nothing but its diagnostics; so is a panic.
    /// `otherwise` is the answer to fill then: some answers mean something where they are empty, such as "the object is
    /// gone".
    async fn answer<T: Answer>(
        &self,
        call: &'static str,
        subject: Subject<'_>,
        otherwise: T,
        work: impl Future<Output = Result<T, Diagnostics>>,
    ) -> Answered<T> {
        let mut served = Served::begin::<P>(call, subject);
        let outcome = guarded(work).instrument(served.span.clone()).await;
        let failed = |diagnostics: Diagnostics| otherwise.with(diagnostics_to_wire(diagnostics));
        let answer = match outcome {
            Ok(Ok(answer)) => answer,
            Ok(Err(diagnostics)) => failed(diagnostics),
            Err(panic) => failed(panicked(call, &panic).into()),
        };
        served.count(answer.diagnostics());
        Ok(tonic::Response::new(answer))
    }

    /// Why the whole provider can't do anything yet, if so; an error where the host of this call doesn't take that for an
    /// answer. `subject` is the operation and its object: "The read of a pangea_project".
    fn deferred(&self, subject: &str, client: ClientCapabilities) -> Result<Option<DeferredReason>, Diagnostics> {
        match self.0.configured().and_then(|configured| configured.deferred) {
            Some(reason) if !client.deferral_allowed => Err(not_allowed(subject, reason).into()),
            deferred => Ok(deferred),
        }
    }

    /// What operations need.
    fn configured(&self) -> Result<Arc<Configured<P::Api>>, Diagnostics> {
        self.0.configured().ok_or_else(|| {
            Diagnostic::error(
                "The provider is not configured",
                "Terraform called the provider before it configured it, or configuring it failed. If the error above \
                 does not say why, this is a bug: please report it.",
            )
            .into()
        })
    }
}

/// The log line of one diagnostic.
macro_rules! said {
    ($level:ident, $name:literal, $diagnostic:ident) => {
        tracing::event!(
            target: SDK_PROTO,
            tracing::Level::$level,
            message = concat!("Response contains ", $name, " diagnostic"),
            { keys::DIAGNOSTIC_SEVERITY } = $diagnostic.severity().as_str_name(),
            { keys::DIAGNOSTIC_SUMMARY } = $diagnostic.summary,
            { keys::DIAGNOSTIC_DETAIL } = $diagnostic.detail,
            { keys::DIAGNOSTIC_ATTRIBUTE } = $diagnostic.attribute.as_ref().map(path_text),
        )
    };
}

/// One call, for its log lines: they stand under its span, and the last is written when this is dropped.
struct Served {
    span: Span,
    started: Instant,
    errors: usize,
    warnings: usize,
}

impl Served {
    fn begin<P: Provider>(call: &'static str, subject: Subject<'_>) -> Served {
        let span = request_span(call, P::ADDRESS);
        if let Some((field, name)) = subject {
            span.record(field, name);
        }
        span.in_scope(|| {
            tracing::trace!(target: SDK_PROTO, message = "Received request");
            tracing::trace!(target: SDK_PROTO, message = "Sending request downstream");
        });
        Served { span, started: Instant::now(), errors: 0, warnings: 0 }
    }

    /// Notes what the person is told.
    fn count(&mut self, diagnostics: &[proto::Diagnostic]) {
        let _entered = self.span.enter();
        for diagnostic in diagnostics {
            if diagnostic.severity() == proto::diagnostic::Severity::Warning {
                self.warnings += 1;
                said!(WARN, "warning", diagnostic);
            } else {
                self.errors += 1;
                said!(ERROR, "error", diagnostic);
            }
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _entered = self.span.enter();
        tracing::trace!(
            target: SDK_PROTO,
            message = "Received downstream response",
            { keys::TF_REQ_DURATION_MS } = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            { keys::DIAGNOSTIC_ERROR_COUNT } = self.errors,
            { keys::DIAGNOSTIC_WARNING_COUNT } = self.warnings,
        );
        tracing::trace!(target: SDK_PROTO, message = "Served request");
    }
}

/// The error for a name that the provider doesn't have. `kind` is "resource type", "function" and the like.
fn unknown(kind: &str, name: &str) -> Diagnostic {
    Diagnostic::error(
        format!("Unknown {kind}"),
        format!(
            "The provider has no {kind} named {name:?}. It may need a newer version of the provider, or the name may be \
             misspelt."
        ),
    )
}

/// The same, ready for an answer.
fn unknown_on_wire(kind: &str, name: &str) -> Vec<proto::Diagnostic> {
    diagnostics_to_wire(unknown(kind, name).into())
}
