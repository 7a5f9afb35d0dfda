//! The services beside the provider's own that go-plugin wants from a plugin: shutdown, output, broker and health.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::stream::{self, BoxStream, StreamExt};
use tonic::{Request, Response, Status, Streaming, async_trait};

use super::generated::goplugin::grpc_broker_server::GrpcBroker;
use super::generated::goplugin::grpc_controller_server::GrpcController;
use super::generated::goplugin::grpc_stdio_server::GrpcStdio;
use super::generated::goplugin::{ConnInfo, Empty, StdioData};
use super::generated::health::health_check_response::ServingStatus;
use super::generated::health::health_server::Health;
use super::generated::health::{HealthCheckRequest, HealthCheckResponse};
use super::lifecycle::Lifecycle;

/// Ends the process when the host says so.
pub(crate) struct Controller(pub(crate) Arc<Lifecycle>);

#[async_trait]
impl GrpcController for Controller {
    /// Answers once everything is cleaned up: the host waits for the answer, and gives 2 s from then on.
    async fn shutdown(&self, _: Request<Empty>) -> Result<Response<Empty>, Status> {
        self.0.shut_down().await;
        Ok(Response::new(Empty {}))
    }
}

/// Has no output to carry: logs go to stderr, and nothing else is printed. The host wants the stream to stay open.
pub(crate) struct Stdio(pub(crate) Arc<Lifecycle>);

#[async_trait]
impl GrpcStdio for Stdio {
    type StreamStdioStream = BoxStream<'static, Result<StdioData, Status>>;

    async fn stream_stdio(&self, _: Request<()>) -> Result<Response<Self::StreamStdioStream>, Status> {
        let stopped = self.0.stopped();
        let stream = stopped.map(|()| stream::empty()).flatten_stream();
        Ok(Response::new(stream.boxed()))
    }
}

/// Opens no connection beside the main one. The host wants the stream to stay open.
pub(crate) struct Broker(pub(crate) Arc<Lifecycle>);

#[async_trait]
impl GrpcBroker for Broker {
    type StartStreamStream = BoxStream<'static, Result<ConnInfo, Status>>;

    async fn start_stream(
        &self,
        request: Request<Streaming<ConnInfo>>,
    ) -> Result<Response<Self::StartStreamStream>, Status> {
        let stopped = self.0.stopped();
        let mut incoming = request.into_inner();
        let done = async move {
            tokio::select! {
                () = stopped => {}
                () = async { while let Some(Ok(_)) = incoming.next().await {} } => {}
            }
        };
        let stream = done.map(|()| stream::empty()).flatten_stream();
        Ok(Response::new(stream.boxed()))
    }
}

/// Says that the process serves.
pub(crate) struct Healthy;

#[async_trait]
impl Health for Healthy {
    /// go-plugin asks for the service `plugin`; the empty name is the server as a whole.
    async fn check(&self, request: Request<HealthCheckRequest>) -> Result<Response<HealthCheckResponse>, Status> {
        match request.into_inner().service.as_str() {
            "" | "plugin" => Ok(Response::new(HealthCheckResponse { status: ServingStatus::Serving.into() })),
            _ => Err(Status::not_found("unknown service")),
        }
    }
}
