//! The calls about list resources.

#[cfg(test)]
mod tests;

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use futures_util::future::BoxFuture;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio_stream::{Stream, StreamExt};
use tracing::Instrument;

use super::{
    Events, Served, Service,
    resource::{identity_to_wire, state_to_wire},
    unknown,
};
use crate::{
    diagnostics::Diagnostics,
    log::{guarded, keys},
    provider::Provider,
    server::{
        bug,
        list_resource::{AnyListResource, ListEvent, ListRequest, Listed},
        panicked_leaving,
    },
    wire::{
        convert::{diagnostics_to_wire, value_from_wire},
        generated::tfplugin6 as proto,
    },
};

/// How many results wait for Terraform to take them. One is enough for the next to be looked up meanwhile.
const AHEAD: usize = 1;

impl<P: Provider> Service<P> {
    pub(super) fn list_of(&self, name: &str) -> Result<&dyn AnyListResource<P::Api>, Diagnostics> {
        let list = self.0.list_resources.get(name).map(AsRef::as_ref);
        list.ok_or_else(|| unknown("list resource type", name).into())
    }

    /// Terraform finds a listed object's schemas under the name of its resource type, which must be there and have an identity.
    pub(super) fn check_lists(&self) -> Result<(), Diagnostics> {
        let is_identified = |name: &&str| self.0.resources.get(name).is_some_and(|entry| entry.identity.is_some());
        match self.0.list_resources.keys().find(|name| !is_identified(name)) {
            Some(name) => {
                Err(bug(format!("The provider lists {name}, and has no resource type of that name with an identity."))
                    .into())
            }
            None => Ok(()),
        }
    }

    /// Lists objects for as long as Terraform takes them: the listing goes on only while the stream is read, and is dropped with it.
    pub(super) fn listing(&self, request: proto::list_resource::Request) -> Events<proto::list_resource::Event> {
        let name = request.type_name.clone();
        let mut served = Served::begin::<P>("ListResource", Some((keys::TF_LIST_RESOURCE_TYPE, &name)));
        let (sender, found) = mpsc::channel(AHEAD);
        let service = self.clone();
        let work = async move { service.list(request, sender).await };
        let stream = Listing { work: Some(Box::pin(work.instrument(served.span.clone()))), found };
        let (service, mut has_failed) = (self.clone(), false);
        let events = stream.map_while(move |event| {
            // An error is the last that Terraform reads.
            let event = if has_failed { None } else { service.list_event(&name, event) }?;
            has_failed = event.diagnostic.iter().any(|one| one.severity() == proto::diagnostic::Severity::Error);
            served.count(&event.diagnostic);
            Some(event)
        });
        Box::pin(events.map(Ok))
    }

    async fn list(&self, request: proto::list_resource::Request, events: Sender<ListEvent>) {
        let outcome = guarded(self.list_as_configured(&request, events.clone())).await;
        let failed = match outcome {
            Ok(Ok(())) => return,
            Ok(Err(diagnostics)) => diagnostics,
            Err(panic) => panicked_leaving("ListResource", &panic, "Nothing was changed.").into(),
        };
        // Nobody reads it where Terraform is gone.
        let _ = events.send(ListEvent::Said(failed)).await;
    }

    async fn list_as_configured(
        &self,
        request: &proto::list_resource::Request,
        events: Sender<ListEvent>,
    ) -> Result<(), Diagnostics> {
        let list = self.list_of(&request.type_name)?;
        let wanted = ListRequest {
            config: value_from_wire(request.config.as_ref(), list.value_type())?,
            limit: u64::try_from(request.limit).ok().filter(|limit| *limit > 0),
            wants_resource: request.include_resource_object,
        };
        let configured = self.configured()?;
        list.list(&configured.api, wanted, configured.stop_signal(), events).await;
        Ok(())
    }

    /// `None` at the end of the listing.
    fn list_event(&self, name: &str, event: ListEvent) -> Option<proto::list_resource::Event> {
        let said = |diagnostics| proto::list_resource::Event {
            diagnostic: diagnostics_to_wire(diagnostics),
            ..Default::default()
        };
        match event {
            ListEvent::Said(diagnostics) => Some(said(diagnostics)),
            ListEvent::Found(listed) => Some(self.listed_to_wire(name, listed).unwrap_or_else(said)),
            ListEvent::Enough => None,
        }
    }

    fn listed_to_wire(&self, name: &str, listed: Listed) -> Result<proto::list_resource::Event, Diagnostics> {
        self.check_lists()?;
        let entry = self.entry(name)?;
        let identity = match &entry.identity {
            Some(identity) => identity_to_wire(identity.as_ref(), &listed.identity)?,
            None => None,
        };
        let resource = listed.resource.map(|state| state_to_wire(entry.resource.as_ref(), state));
        Ok(proto::list_resource::Event {
            identity,
            display_name: listed.display_name,
            resource_object: resource.transpose()?,
            diagnostic: diagnostics_to_wire(listed.warnings),
        })
    }
}

/// A listing and what it has found, as one stream: the work is done by whoever reads.
struct Listing {
    work: Option<BoxFuture<'static, ()>>,
    found: Receiver<ListEvent>,
}

impl Stream for Listing {
    type Item = ListEvent;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<ListEvent>> {
        if let Some(work) = &mut self.work
            && work.as_mut().poll(cx).is_ready()
        {
            self.work = None;
        }
        self.found.poll_recv(cx)
    }
}
