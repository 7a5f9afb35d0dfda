//! The table of all 36 calls. What each of them does stands in the file of its concept, beside this one.

use super::{
    Answered, Events, Service, only,
    resource::config_from_wire,
    unsupported::{self, STATE_STORE, none_such},
};
use crate::{
    check_schema::check_schema,
    diagnostics::Diagnostics,
    log::{SDK_PROTO, keys},
    provider::Provider,
    registration::ResourceType,
    server::bug,
    types::Type,
    wire::{
        convert::{capabilities_from_wire, identity_schema_to_wire, schema_to_wire, value_from_wire},
        generated::tfplugin6::{self as proto, provider_server},
    },
};

/// Always all that the framework can do, whatever the provider has: a host looks at them once.
fn capabilities() -> Option<proto::ServerCapabilities> {
    let all = proto::ServerCapabilities {
        plan_destroy: true,
        get_provider_schema_optional: true,
        move_resource_state: true,
        generate_resource_config: true,
    };
    tracing::trace!(
        target: SDK_PROTO,
        message = "Announced server capabilities",
        { keys::TF_SERVER_CAPABILITY_PLAN_DESTROY } = all.plan_destroy,
        { keys::TF_SERVER_CAPABILITY_GET_PROVIDER_SCHEMA_OPTIONAL } = all.get_provider_schema_optional,
        { keys::TF_SERVER_CAPABILITY_MOVE_RESOURCE_STATE } = all.move_resource_state,
        { keys::TF_SERVER_CAPABILITY_GENERATE_RESOURCE_CONFIG } = all.generate_resource_config,
    );
    Some(all)
}

#[tonic::async_trait]
impl<P: Provider> provider_server::Provider for Service<P> {
    async fn get_metadata(
        &self,
        _: tonic::Request<proto::get_metadata::Request>,
    ) -> Answered<proto::get_metadata::Response> {
        self.answer("GetMetadata", None, Default::default(), async {
            use proto::get_metadata::{
                ActionMetadata, DataSourceMetadata, EphemeralMetadata, FunctionMetadata, ListResourceMetadata,
                ResourceMetadata, Response,
            };
            let names = |names: &mut dyn Iterator<Item = &&'static str>| -> Vec<String> {
                names.map(|name| (*name).to_owned()).collect()
            };
            let resources = names(&mut self.0.resources.keys());
            let data_sources = names(&mut self.0.data_sources.keys());
            let list_resources = names(&mut self.0.list_resources.keys());
            let actions = names(&mut self.0.actions.keys());
            let functions = names(&mut self.0.functions.keys());
            let ephemeral_resources = names(&mut self.0.ephemeral_resources.keys());
            Ok(Response {
                server_capabilities: capabilities(),
                resources: resources.into_iter().map(|type_name| ResourceMetadata { type_name }).collect(),
                data_sources: data_sources.into_iter().map(|type_name| DataSourceMetadata { type_name }).collect(),
                list_resources: list_resources
                    .into_iter()
                    .map(|type_name| ListResourceMetadata { type_name })
                    .collect(),
                actions: actions.into_iter().map(|type_name| ActionMetadata { type_name }).collect(),
                ephemeral_resources: ephemeral_resources
                    .into_iter()
                    .map(|type_name| EphemeralMetadata { type_name })
                    .collect(),
                functions: functions.into_iter().map(|name| FunctionMetadata { name }).collect(),
                ..Default::default()
            })
        })
        .await
    }

    async fn get_provider_schema(
        &self,
        _: tonic::Request<proto::get_provider_schema::Request>,
    ) -> Answered<proto::get_provider_schema::Response> {
        self.answer("GetProviderSchema", None, Default::default(), async {
            let server = &self.0;
            self.check_lists()?;
            check_in_debug_builds::<P>()?;
            Ok(proto::get_provider_schema::Response {
                provider: Some(schema_to_wire(server.schema())),
                server_capabilities: capabilities(),
                resource_schemas: server
                    .resources
                    .iter()
                    .map(|(name, entry)| ((*name).to_owned(), schema_to_wire(entry.resource.schema())))
                    .collect(),
                data_source_schemas: server
                    .data_sources
                    .iter()
                    .map(|(name, data_source)| ((*name).to_owned(), schema_to_wire(data_source.schema())))
                    .collect(),
                list_resource_schemas: server
                    .list_resources
                    .iter()
                    .map(|(name, list)| ((*name).to_owned(), schema_to_wire(list.schema())))
                    .collect(),
                action_schemas: server
                    .actions
                    .iter()
                    .map(|(name, action)| {
                        let schema = Some(schema_to_wire(action.schema()));
                        ((*name).to_owned(), proto::ActionSchema { schema })
                    })
                    .collect(),
                ephemeral_resource_schemas: server
                    .ephemeral_resources
                    .iter()
                    .map(|(name, ephemeral)| ((*name).to_owned(), schema_to_wire(ephemeral.schema())))
                    .collect(),
                functions: self.functions()?,
                ..Default::default()
            })
        })
        .await
    }

    async fn get_resource_identity_schemas(
        &self,
        _: tonic::Request<proto::get_resource_identity_schemas::Request>,
    ) -> Answered<proto::get_resource_identity_schemas::Response> {
        self.answer("GetResourceIdentitySchemas", None, Default::default(), async {
            let schema = |entry: &ResourceType<P::Api>| {
                entry.identity.as_ref().map(|identity| identity_schema_to_wire(identity.schema()))
            };
            let resources = self.0.resources.iter();
            Ok(proto::get_resource_identity_schemas::Response {
                identity_schemas: resources
                    .filter_map(|(name, entry)| Some(((*name).to_owned(), schema(entry)?)))
                    .collect(),
                ..Default::default()
            })
        })
        .await
    }

    async fn validate_provider_config(
        &self,
        request: tonic::Request<proto::validate_provider_config::Request>,
    ) -> Answered<proto::validate_provider_config::Response> {
        let request = request.into_inner();
        self.answer("ValidateProviderConfig", None, Default::default(), async {
            let config = value_from_wire(request.config.as_ref(), &self.provider_type())?;
            Ok(only(self.0.validate(&config)))
        })
        .await
    }

    async fn configure_provider(
        &self,
        request: tonic::Request<proto::configure_provider::Request>,
    ) -> Answered<proto::configure_provider::Response> {
        let request = request.into_inner();
        self.answer("ConfigureProvider", None, Default::default(), async {
            let config = value_from_wire(request.config.as_ref(), &self.provider_type())?;
            let client = capabilities_from_wire(request.client_capabilities.as_ref());
            Ok(only(self.0.configure(request.terraform_version, &config, client)))
        })
        .await
    }

    async fn stop_provider(
        &self,
        _: tonic::Request<proto::stop_provider::Request>,
    ) -> Answered<proto::stop_provider::Response> {
        self.0.stop();
        Ok(tonic::Response::new(Default::default()))
    }

    async fn validate_resource_config(
        &self,
        request: tonic::Request<proto::validate_resource_config::Request>,
    ) -> Answered<proto::validate_resource_config::Response> {
        let request = request.into_inner();
        self.answer(
            "ValidateResourceConfig",
            Some((keys::TF_RESOURCE_TYPE, &request.type_name)),
            Default::default(),
            async {
                let resource = self.resource(&request.type_name)?;
                let config = config_from_wire(resource, request.config.as_ref())?;
                let capabilities = capabilities_from_wire(request.client_capabilities.as_ref());
                Ok(only(resource.validate(&config, capabilities)))
            },
        )
        .await
    }

    async fn upgrade_resource_state(
        &self,
        request: tonic::Request<proto::upgrade_resource_state::Request>,
    ) -> Answered<proto::upgrade_resource_state::Response> {
        let request = request.into_inner();
        self.answer(
            "UpgradeResourceState",
            Some((keys::TF_RESOURCE_TYPE, &request.type_name)),
            Default::default(),
            async { self.upgrade_state(&request) },
        )
        .await
    }

    async fn upgrade_resource_identity(
        &self,
        request: tonic::Request<proto::upgrade_resource_identity::Request>,
    ) -> Answered<proto::upgrade_resource_identity::Response> {
        let request = request.into_inner();
        self.answer(
            "UpgradeResourceIdentity",
            Some((keys::TF_RESOURCE_TYPE, &request.type_name)),
            Default::default(),
            async { self.upgrade_identity(&request) },
        )
        .await
    }

    async fn read_resource(
        &self,
        request: tonic::Request<proto::read_resource::Request>,
    ) -> Answered<proto::read_resource::Response> {
        let request = request.into_inner();
        // No state would read as "the object is gone", and no private state as "forget it".
        let otherwise = proto::read_resource::Response {
            new_state: request.current_state.clone(),
            private: request.private.clone(),
            new_identity: request.current_identity.clone(),
            ..Default::default()
        };
        self.answer(
            "ReadResource",
            Some((keys::TF_RESOURCE_TYPE, &request.type_name)),
            otherwise,
            self.read_object(&request),
        )
        .await
    }

    async fn plan_resource_change(
        &self,
        request: tonic::Request<proto::plan_resource_change::Request>,
    ) -> Answered<proto::plan_resource_change::Response> {
        let request = request.into_inner();
        self.answer(
            "PlanResourceChange",
            Some((keys::TF_RESOURCE_TYPE, &request.type_name)),
            Default::default(),
            self.plan_change(&request),
        )
        .await
    }

    async fn apply_resource_change(
        &self,
        request: tonic::Request<proto::apply_resource_change::Request>,
    ) -> Answered<proto::apply_resource_change::Response> {
        let request = request.into_inner();
        let otherwise = proto::apply_resource_change::Response {
            new_state: request.prior_state.clone(),
            private: request.planned_private.clone(),
            new_identity: request.planned_identity.clone(),
            ..Default::default()
        };
        self.answer(
            "ApplyResourceChange",
            Some((keys::TF_RESOURCE_TYPE, &request.type_name)),
            otherwise,
            self.apply_change(&request),
        )
        .await
    }

    async fn import_resource_state(
        &self,
        request: tonic::Request<proto::import_resource_state::Request>,
    ) -> Answered<proto::import_resource_state::Response> {
        let request = request.into_inner();
        self.answer(
            "ImportResourceState",
            Some((keys::TF_RESOURCE_TYPE, &request.type_name)),
            Default::default(),
            self.import_object(&request),
        )
        .await
    }

    async fn move_resource_state(
        &self,
        request: tonic::Request<proto::move_resource_state::Request>,
    ) -> Answered<proto::move_resource_state::Response> {
        let request = request.into_inner();
        self.answer(
            "MoveResourceState",
            Some((keys::TF_RESOURCE_TYPE, &request.target_type_name)),
            Default::default(),
            async { self.move_state(&request) },
        )
        .await
    }

    async fn generate_resource_config(
        &self,
        request: tonic::Request<proto::generate_resource_config::Request>,
    ) -> Answered<proto::generate_resource_config::Response> {
        let request = request.into_inner();
        self.answer(
            "GenerateResourceConfig",
            Some((keys::TF_RESOURCE_TYPE, &request.type_name)),
            Default::default(),
            async { self.generate_config(&request) },
        )
        .await
    }

    async fn validate_data_resource_config(
        &self,
        request: tonic::Request<proto::validate_data_resource_config::Request>,
    ) -> Answered<proto::validate_data_resource_config::Response> {
        let request = request.into_inner();
        self.answer(
            "ValidateDataResourceConfig",
            Some((keys::TF_DATA_SOURCE_TYPE, &request.type_name)),
            Default::default(),
            async {
                let data_source = self.data_source(&request.type_name)?;
                let config = value_from_wire(request.config.as_ref(), data_source.value_type())?;
                Ok(only(data_source.validate(&config)))
            },
        )
        .await
    }

    async fn read_data_source(
        &self,
        request: tonic::Request<proto::read_data_source::Request>,
    ) -> Answered<proto::read_data_source::Response> {
        let request = request.into_inner();
        self.answer(
            "ReadDataSource",
            Some((keys::TF_DATA_SOURCE_TYPE, &request.type_name)),
            Default::default(),
            self.read_data(&request),
        )
        .await
    }

    async fn validate_ephemeral_resource_config(
        &self,
        request: tonic::Request<proto::validate_ephemeral_resource_config::Request>,
    ) -> Answered<proto::validate_ephemeral_resource_config::Response> {
        let request = request.into_inner();
        self.answer(
            "ValidateEphemeralResourceConfig",
            Some((keys::TF_EPHEMERAL_RESOURCE_TYPE, &request.type_name)),
            Default::default(),
            async {
                let ephemeral = self.ephemeral_resource(&request.type_name)?;
                let config = value_from_wire(request.config.as_ref(), ephemeral.value_type())?;
                Ok(only(ephemeral.validate(&config)))
            },
        )
        .await
    }

    async fn open_ephemeral_resource(
        &self,
        request: tonic::Request<proto::open_ephemeral_resource::Request>,
    ) -> Answered<proto::open_ephemeral_resource::Response> {
        let request = request.into_inner();
        self.answer(
            "OpenEphemeralResource",
            Some((keys::TF_EPHEMERAL_RESOURCE_TYPE, &request.type_name)),
            Default::default(),
            self.open_ephemeral(&request),
        )
        .await
    }

    async fn renew_ephemeral_resource(
        &self,
        request: tonic::Request<proto::renew_ephemeral_resource::Request>,
    ) -> Answered<proto::renew_ephemeral_resource::Response> {
        let request = request.into_inner();
        self.answer(
            "RenewEphemeralResource",
            Some((keys::TF_EPHEMERAL_RESOURCE_TYPE, &request.type_name)),
            Default::default(),
            self.renew_ephemeral(&request),
        )
        .await
    }

    async fn close_ephemeral_resource(
        &self,
        request: tonic::Request<proto::close_ephemeral_resource::Request>,
    ) -> Answered<proto::close_ephemeral_resource::Response> {
        let request = request.into_inner();
        self.answer(
            "CloseEphemeralResource",
            Some((keys::TF_EPHEMERAL_RESOURCE_TYPE, &request.type_name)),
            Default::default(),
            async { self.close_ephemeral(&request).await.map(only) },
        )
        .await
    }

    async fn get_functions(
        &self,
        _: tonic::Request<proto::get_functions::Request>,
    ) -> Answered<proto::get_functions::Response> {
        self.answer("GetFunctions", None, Default::default(), async {
            Ok(proto::get_functions::Response { functions: self.functions()?, diagnostics: Vec::new() })
        })
        .await
    }

    async fn call_function(
        &self,
        request: tonic::Request<proto::call_function::Request>,
    ) -> Answered<proto::call_function::Response> {
        let request = request.into_inner();
        self.answer(
            "CallFunction",
            Some((keys::TF_FUNCTION_NAME, &request.name)),
            Default::default(),
            self.function_call(&request),
        )
        .await
    }

    async fn validate_list_resource_config(
        &self,
        request: tonic::Request<proto::validate_list_resource_config::Request>,
    ) -> Answered<proto::validate_list_resource_config::Response> {
        let request = request.into_inner();
        self.answer(
            "ValidateListResourceConfig",
            Some((keys::TF_LIST_RESOURCE_TYPE, &request.type_name)),
            Default::default(),
            async {
                let list = self.list_of(&request.type_name)?;
                let config = value_from_wire(request.config.as_ref(), list.value_type())?;
                Ok(only(list.validate(config)))
            },
        )
        .await
    }

    type ListResourceStream = Events<proto::list_resource::Event>;

    async fn list_resource(
        &self,
        request: tonic::Request<proto::list_resource::Request>,
    ) -> Answered<Self::ListResourceStream> {
        Ok(tonic::Response::new(self.listing(request.into_inner())))
    }

    async fn validate_action_config(
        &self,
        request: tonic::Request<proto::validate_action_config::Request>,
    ) -> Answered<proto::validate_action_config::Response> {
        let request = request.into_inner();
        self.answer(
            "ValidateActionConfig",
            Some((keys::TF_ACTION_TYPE, &request.type_name)),
            Default::default(),
            async {
                let action = self.action(&request.type_name)?;
                let config = value_from_wire(request.config.as_ref(), action.value_type())?;
                Ok(only(action.validate(config)))
            },
        )
        .await
    }

    async fn plan_action(
        &self,
        request: tonic::Request<proto::plan_action::Request>,
    ) -> Answered<proto::plan_action::Response> {
        let request = request.into_inner();
        self.answer(
            "PlanAction",
            Some((keys::TF_ACTION_TYPE, &request.action_type)),
            Default::default(),
            self.plan_of_action(&request),
        )
        .await
    }

    type InvokeActionStream = Events<proto::invoke_action::Event>;

    async fn invoke_action(
        &self,
        request: tonic::Request<proto::invoke_action::Request>,
    ) -> Answered<Self::InvokeActionStream> {
        Ok(tonic::Response::new(self.invocation(request.into_inner())))
    }

    async fn validate_state_store_config(
        &self,
        request: tonic::Request<proto::validate_state_store::Request>,
    ) -> Answered<proto::validate_state_store::Response> {
        none_such(STATE_STORE, &request.into_inner().type_name)
    }

    async fn configure_state_store(
        &self,
        request: tonic::Request<proto::configure_state_store::Request>,
    ) -> Answered<proto::configure_state_store::Response> {
        Ok(tonic::Response::new(unsupported::configure_state_store(&request.into_inner().type_name)))
    }

    type ReadStateBytesStream = unsupported::OneEvent<proto::read_state_bytes::Response>;

    async fn read_state_bytes(
        &self,
        request: tonic::Request<proto::read_state_bytes::Request>,
    ) -> Answered<Self::ReadStateBytesStream> {
        Ok(tonic::Response::new(unsupported::read_state_bytes(&request.into_inner().type_name)))
    }

    async fn write_state_bytes(
        &self,
        request: tonic::Request<tonic::Streaming<proto::write_state_bytes::RequestChunk>>,
    ) -> Answered<proto::write_state_bytes::Response> {
        unsupported::write_state_bytes(request.into_inner()).await
    }

    async fn lock_state(
        &self,
        request: tonic::Request<proto::lock_state::Request>,
    ) -> Answered<proto::lock_state::Response> {
        none_such(STATE_STORE, &request.into_inner().type_name)
    }

    async fn unlock_state(
        &self,
        request: tonic::Request<proto::unlock_state::Request>,
    ) -> Answered<proto::unlock_state::Response> {
        none_such(STATE_STORE, &request.into_inner().type_name)
    }

    async fn get_states(
        &self,
        request: tonic::Request<proto::get_states::Request>,
    ) -> Answered<proto::get_states::Response> {
        none_such(STATE_STORE, &request.into_inner().type_name)
    }

    async fn delete_state(
        &self,
        request: tonic::Request<proto::delete_state::Request>,
    ) -> Answered<proto::delete_state::Response> {
        none_such(STATE_STORE, &request.into_inner().type_name)
    }
}

/// A mistake in a schema is an error that says where it is. A release was tested, and loses no time over it.
fn check_in_debug_builds<P: Provider>() -> Result<(), Diagnostics> {
    let problems = if cfg!(debug_assertions) { check_schema::<P>() } else { Vec::new() };
    if problems.is_empty() {
        return Ok(());
    }
    let list = problems.iter().map(|problem| format!("\n- {problem}")).collect::<String>();
    Err(bug(format!("The provider's schema can't be used:{list}\n")).into())
}

impl<P: Provider> Service<P> {
    fn provider_type(&self) -> Type {
        self.0.schema().value_type()
    }
}
