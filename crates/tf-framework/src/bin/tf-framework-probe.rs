//! A provider of few calls, for the tests of the process around it: each call misbehaves in a way of its own.
//!
//! It is told what to do by variables: `PROBE_NETWORK=tcp`, and `PROBE_CLEAN_UP=ADDRESS`, where a test listens: cleaning up
//! means to connect there and to wait until the test hangs up.

// The tests of the process have no other way to tell it what to do.
#![expect(clippy::disallowed_methods)]

use std::process::ExitCode;

use futures_util::stream::{self, BoxStream, StreamExt};
use tf_framework::wire::proto::tfplugin6::diagnostic::Severity;
use tf_framework::wire::proto::tfplugin6::provider_server::Provider;
use tf_framework::wire::proto::tfplugin6::*;
use tf_framework::wire::proto::{Network, Program, guarded, serve};
use tokio::net::TcpStream;
use tonic::{Request, Response, Status, Streaming, async_trait};

fn main() -> ExitCode {
    let network = match std::env::var("PROBE_NETWORK").as_deref() {
        Ok("tcp") => Network::Tcp,
        _ => Network::default(),
    };
    serve(Program {
        name: "probe",
        version: "1.2.3",
        address: "example/probe",
        log_crates: &["tf_framework_probe"],
        jobs: &[],
        service: Probe,
        on_shutdown: Box::pin(clean_up()),
        network,
    })
}

async fn clean_up() {
    if let Ok(address) = std::env::var("PROBE_CLEAN_UP") {
        let test = TcpStream::connect(address).await.expect("the test listens");
        test.readable().await.expect("the test hangs up");
    }
}

struct Probe;

impl Probe {
    /// Logs on every level, under a span.
    #[tracing::instrument(name = "configure", skip_all, fields(tf_rpc = "ConfigureProvider", count = 3))]
    fn configure(&self, terraform_version: &str) {
        tracing::error!("an error");
        tracing::warn!(terraform_version, "a warning");
        tracing::info!(on = true, "some news");
        tracing::debug!(list = ?["a", "b"], "a detail");
        tracing::trace!(body = "x".repeat(100_000), "a long line");
    }

    /// Echoes the state.
    fn read(&self, request: read_resource::Request) -> read_resource::Response {
        read_resource::Response { new_state: request.current_state, ..Default::default() }
    }

    /// Panics, and is caught.
    async fn validate_provider(&self) -> validate_provider_config::Response {
        let caught = guarded(async { panic!("caught in validate") }).await;
        let diagnostics = caught.err().map(|panic| Diagnostic {
            severity: Severity::Error.into(),
            summary: panic.to_string(),
            ..Default::default()
        });
        validate_provider_config::Response { diagnostics: diagnostics.into_iter().collect() }
    }

    /// Panics where nobody catches.
    fn plan(&self) -> plan_resource_change::Response {
        panic!("uncaught in plan")
    }

    /// Says in the log that it runs, and never ends.
    async fn apply(&self) -> apply_resource_change::Response {
        tracing::error!("applying for ever");
        std::future::pending().await
    }
}

/// Answers UNIMPLEMENTED to every call but the five above.
macro_rules! provider {
    ($($call:ident($request:ty) -> $response:ty;)*) => {
        #[async_trait]
        impl Provider for Probe {
            async fn configure_provider(
                &self,
                request: Request<configure_provider::Request>,
            ) -> Result<Response<configure_provider::Response>, Status> {
                self.configure(&request.into_inner().terraform_version);
                Ok(Response::new(Default::default()))
            }

            async fn read_resource(
                &self,
                request: Request<read_resource::Request>,
            ) -> Result<Response<read_resource::Response>, Status> {
                Ok(Response::new(self.read(request.into_inner())))
            }

            async fn validate_provider_config(
                &self,
                _: Request<validate_provider_config::Request>,
            ) -> Result<Response<validate_provider_config::Response>, Status> {
                Ok(Response::new(self.validate_provider().await))
            }

            async fn plan_resource_change(
                &self,
                _: Request<plan_resource_change::Request>,
            ) -> Result<Response<plan_resource_change::Response>, Status> {
                Ok(Response::new(self.plan()))
            }

            async fn apply_resource_change(
                &self,
                _: Request<apply_resource_change::Request>,
            ) -> Result<Response<apply_resource_change::Response>, Status> {
                Ok(Response::new(self.apply().await))
            }

            type ListResourceStream = BoxStream<'static, Result<list_resource::Event, Status>>;
            async fn list_resource(
                &self,
                _: Request<list_resource::Request>,
            ) -> Result<Response<Self::ListResourceStream>, Status> {
                Ok(Response::new(stream::empty().boxed()))
            }

            type ReadStateBytesStream = BoxStream<'static, Result<read_state_bytes::Response, Status>>;
            async fn read_state_bytes(
                &self,
                _: Request<read_state_bytes::Request>,
            ) -> Result<Response<Self::ReadStateBytesStream>, Status> {
                Ok(Response::new(stream::empty().boxed()))
            }

            type InvokeActionStream = BoxStream<'static, Result<invoke_action::Event, Status>>;
            async fn invoke_action(
                &self,
                _: Request<invoke_action::Request>,
            ) -> Result<Response<Self::InvokeActionStream>, Status> {
                Ok(Response::new(stream::empty().boxed()))
            }

            $(
                async fn $call(&self, _: Request<$request>) -> Result<Response<$response>, Status> {
                    Err(Status::unimplemented(stringify!($call)))
                }
            )*
        }
    };
}

provider! {
    get_metadata(get_metadata::Request) -> get_metadata::Response;
    get_provider_schema(get_provider_schema::Request) -> get_provider_schema::Response;
    get_resource_identity_schemas(get_resource_identity_schemas::Request) -> get_resource_identity_schemas::Response;
    stop_provider(stop_provider::Request) -> stop_provider::Response;
    validate_resource_config(validate_resource_config::Request) -> validate_resource_config::Response;
    upgrade_resource_state(upgrade_resource_state::Request) -> upgrade_resource_state::Response;
    upgrade_resource_identity(upgrade_resource_identity::Request) -> upgrade_resource_identity::Response;
    import_resource_state(import_resource_state::Request) -> import_resource_state::Response;
    move_resource_state(move_resource_state::Request) -> move_resource_state::Response;
    generate_resource_config(generate_resource_config::Request) -> generate_resource_config::Response;
    validate_data_resource_config(validate_data_resource_config::Request) -> validate_data_resource_config::Response;
    read_data_source(read_data_source::Request) -> read_data_source::Response;
    validate_ephemeral_resource_config(validate_ephemeral_resource_config::Request) -> validate_ephemeral_resource_config::Response;
    open_ephemeral_resource(open_ephemeral_resource::Request) -> open_ephemeral_resource::Response;
    renew_ephemeral_resource(renew_ephemeral_resource::Request) -> renew_ephemeral_resource::Response;
    close_ephemeral_resource(close_ephemeral_resource::Request) -> close_ephemeral_resource::Response;
    get_functions(get_functions::Request) -> get_functions::Response;
    call_function(call_function::Request) -> call_function::Response;
    validate_list_resource_config(validate_list_resource_config::Request) -> validate_list_resource_config::Response;
    validate_action_config(validate_action_config::Request) -> validate_action_config::Response;
    plan_action(plan_action::Request) -> plan_action::Response;
    validate_state_store_config(validate_state_store::Request) -> validate_state_store::Response;
    configure_state_store(configure_state_store::Request) -> configure_state_store::Response;
    write_state_bytes(Streaming<write_state_bytes::RequestChunk>) -> write_state_bytes::Response;
    lock_state(lock_state::Request) -> lock_state::Response;
    unlock_state(unlock_state::Request) -> unlock_state::Response;
    get_states(get_states::Request) -> get_states::Response;
    delete_state(delete_state::Request) -> delete_state::Response;
}
