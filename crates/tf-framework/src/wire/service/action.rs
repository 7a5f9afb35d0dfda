//! The calls about actions.

#[cfg(test)]
mod tests;

use futures_util::StreamExt;
use tokio::sync::mpsc::{self, Sender};
use tokio_stream::wrappers::ReceiverStream;
use tracing::Instrument;

use super::{Events, Served, Service, only, unknown};
use crate::{
    diagnostics::Diagnostics,
    log::{guarded, keys},
    provider::Provider,
    server::{
        action::{ActionEvent, AnyAction},
        panicked,
    },
    wire::{
        convert::{capabilities_from_wire, deferred_to_wire, diagnostics_to_wire, value_from_wire},
        generated::tfplugin6 as proto,
    },
};

use proto::invoke_action::event::{self, Type};

/// How many messages wait for Terraform to take them, so that an action seldom waits for the terminal.
const AHEAD: usize = 16;

impl<P: Provider> Service<P> {
    pub(super) fn action(&self, name: &str) -> Result<&dyn AnyAction<P::Api>, Diagnostics> {
        self.0.actions.get(name).map(AsRef::as_ref).ok_or_else(|| unknown("action type", name).into())
    }

    pub(super) async fn plan_of_action(
        &self,
        request: &proto::plan_action::Request,
    ) -> Result<proto::plan_action::Response, Diagnostics> {
        let action = self.action(&request.action_type)?;
        let config = value_from_wire(request.config.as_ref(), action.value_type())?;
        let client = capabilities_from_wire(request.client_capabilities.as_ref());
        if let Some(reason) = self.deferred(&format!("The plan of a {}", request.action_type), client)? {
            return Ok(proto::plan_action::Response { deferred: deferred_to_wire(Some(reason)), ..Default::default() });
        }
        let configured = self.0.configured();
        Ok(only(action.plan(configured.as_deref().map(|configured| &configured.api), config).await))
    }

    /// Runs an action in a task of its own, so that it comes to its end although Terraform hangs up in the middle. The stream ends
    /// with `completed` whatever happens: one that ends without reads as a success.
    pub(super) fn invocation(&self, request: proto::invoke_action::Request) -> Events<proto::invoke_action::Event> {
        let mut served = Served::begin::<P>("InvokeAction", Some((keys::TF_ACTION_TYPE, &request.action_type)));
        let (events, told) = mpsc::channel(AHEAD);
        let service = self.clone();
        let span = served.span.clone();
        let work = async move {
            let outcome = guarded(service.invoke(&request, events.clone())).await;
            let diagnostics = match outcome {
                Ok(outcome) => outcome.unwrap_or_else(|diagnostics| diagnostics),
                Err(panic) => panicked("InvokeAction", &panic).into(),
            };
            // Nobody reads it where Terraform is gone.
            let _ = events.send(ActionEvent::Completed(diagnostics)).await;
        };
        tokio::spawn(work.instrument(span));
        let events = ReceiverStream::new(told).map(move |event| {
            let event = action_event(event);
            if let Some(Type::Completed(completed)) = &event.r#type {
                served.count(&completed.diagnostics);
            }
            Ok(event)
        });
        events.boxed()
    }

    async fn invoke(
        &self,
        request: &proto::invoke_action::Request,
        events: Sender<ActionEvent>,
    ) -> Result<Diagnostics, Diagnostics> {
        let action = self.action(&request.action_type)?;
        let config = value_from_wire(request.config.as_ref(), action.value_type())?;
        let configured = self.configured()?;
        Ok(action.invoke(&configured.api, config, events).await)
    }
}

fn action_event(event: ActionEvent) -> proto::invoke_action::Event {
    let event = match event {
        ActionEvent::Progress(message) => Type::Progress(event::Progress { message }),
        ActionEvent::Completed(diagnostics) => {
            Type::Completed(event::Completed { diagnostics: diagnostics_to_wire(diagnostics) })
        }
    };
    proto::invoke_action::Event { r#type: Some(event) }
}
