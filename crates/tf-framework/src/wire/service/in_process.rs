//! Plays Terraform to a provider in the same process, over real HTTP/2 all the same.

use std::time::Duration;

use hyper_util::rt::TokioIo;
use tokio::io::DuplexStream;
use tonic::transport::{Channel, Endpoint, Server as Transport};
use tower::service_fn;

use super::Service;
use crate::{
    provider::Provider,
    types::Type,
    value::Dynamic,
    wire::{
        generated::tfplugin6::{
            self as proto, diagnostic::Severity, provider_client::ProviderClient, provider_server::ProviderServer,
        },
        msgpack,
    },
};

/// No single step of a test takes nearly this long on any machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// How much the host takes unread, in bytes: what Go's gRPC takes.
const WINDOW: u32 = 65_535;

/// A host's end of the line.
pub(super) async fn host<P: Provider>(service: Service<P>) -> ProviderClient<Channel> {
    let (near, far) = tokio::io::duplex(1 << 20);
    let incoming = tokio_stream::once(Ok::<DuplexStream, std::io::Error>(far));
    tokio::spawn(Transport::builder().add_service(ProviderServer::new(service)).serve_with_incoming(incoming));
    let mut near = Some(near);
    let connector = service_fn(move |_| std::future::ready(near.take().map(TokioIo::new).ok_or("it connects once")));
    let endpoint = Endpoint::from_static("http://localhost").initial_stream_window_size(WINDOW);
    ProviderClient::new(patiently(endpoint.connect_with_connector(connector)).await.unwrap())
}

/// Waits for what comes soon if it comes at all.
pub(super) async fn patiently<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future).await.expect("it takes far less")
}

/// All that is left of a stream.
pub(super) async fn rest<T>(events: &mut tonic::Streaming<T>) -> Vec<T> {
    let mut left = Vec::new();
    while let Some(event) = patiently(events.message()).await.unwrap() {
        left.push(event);
    }
    left
}

pub(super) fn on_wire(value: &Dynamic, ty: &Type) -> Option<proto::DynamicValue> {
    Some(proto::DynamicValue { msgpack: msgpack::encode(value, ty).unwrap(), json: Vec::new() })
}

pub(super) fn from_wire(value: Option<&proto::DynamicValue>, ty: &Type) -> Dynamic {
    msgpack::decode(&value.unwrap().msgpack, ty).unwrap()
}

/// The titles of the errors.
pub(super) fn errors(diagnostics: &[proto::Diagnostic]) -> Vec<&str> {
    of(Severity::Error, diagnostics)
}

/// The titles of the warnings.
pub(super) fn warnings(diagnostics: &[proto::Diagnostic]) -> Vec<&str> {
    of(Severity::Warning, diagnostics)
}

fn of(severity: Severity, diagnostics: &[proto::Diagnostic]) -> Vec<&str> {
    let wanted = diagnostics.iter().filter(|one| one.severity() == severity);
    wanted.map(|one| one.summary.as_str()).collect()
}
