//! The calls of which the provider has nothing to offer: each answers in the shape that the host expects for "no such thing".

use tokio_stream::{Once, once};

use super::{Answer, unknown_on_wire};
use crate::wire::generated::tfplugin6 as proto;

/// A stream of exactly one message.
pub(super) type OneEvent<T> = Once<Result<T, tonic::Status>>;

/// An answer that holds nothing but the error that there is no such type.
pub(super) fn none_such<T: Answer>(kind: &str, name: &str) -> Result<tonic::Response<T>, tonic::Status> {
    Ok(tonic::Response::new(T::default().with(unknown_on_wire(kind, name))))
}

/// Terraform reads the capabilities before the diagnostics, and crashes where they are absent.
pub(super) fn configure_state_store(type_name: &str) -> proto::configure_state_store::Response {
    let capabilities = Some(proto::StateStoreServerCapabilities::default());
    let response = proto::configure_state_store::Response { capabilities, ..Default::default() };
    response.with(unknown_on_wire(STATE_STORE, type_name))
}

/// Terraform reads the range of every chunk, and crashes where it is absent.
pub(super) fn read_state_bytes(type_name: &str) -> OneEvent<proto::read_state_bytes::Response> {
    let range = Some(proto::StateRange::default());
    let response = proto::read_state_bytes::Response { range, ..Default::default() };
    once(Ok(response.with(unknown_on_wire(STATE_STORE, type_name))))
}

/// Takes all that the host sends, since a host that can't send to the end reports that instead of the answer.
pub(super) async fn write_state_bytes(
    mut chunks: tonic::Streaming<proto::write_state_bytes::RequestChunk>,
) -> Result<tonic::Response<proto::write_state_bytes::Response>, tonic::Status> {
    let mut type_name = String::new();
    while let Some(chunk) = chunks.message().await? {
        if let Some(meta) = chunk.meta {
            type_name = meta.type_name;
        }
    }
    none_such(STATE_STORE, &type_name)
}

pub(super) const STATE_STORE: &str = "state store type";
