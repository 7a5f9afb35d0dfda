//! The calls that do something, and the table of all of them.

use super::{
    Answer, Answered, Service, only, unknown,
    unsupported::{self, ACTION, EPHEMERAL, LIST, STATE_STORE, none_such},
};
use crate::{
    diagnostics::{Diagnostic, Diagnostics},
    log::keys,
    private::Private,
    provider::Provider,
    resource::ResourceType,
    server::{
        data_source::AnyDataSource,
        identity::AnyIdentity,
        resource::{AnyResource, ApplyRequest, PlanRequest},
    },
    types::Type,
    value::Dynamic,
    wire::{
        convert::{
            diagnostics_to_wire, identity_schema_to_wire, path_to_wire, schema_to_wire, value_from_wire, value_to_wire,
        },
        generated::tfplugin6::{self as proto, provider_server},
    },
};

impl<P: Provider> Service<P> {
    fn entry(&self, name: &str) -> Result<&ResourceType<P::Api>, Diagnostics> {
        self.0.resources.get(name).ok_or_else(|| unknown("resource type", name).into())
    }

    fn resource(&self, name: &str) -> Result<&dyn AnyResource<P::Api>, Diagnostics> {
        Ok(self.entry(name)?.resource.as_ref())
    }

    fn data_source(&self, name: &str) -> Result<&dyn AnyDataSource<P::Api>, Diagnostics> {
        self.0.data_sources.get(name).map(AsRef::as_ref).ok_or_else(|| unknown("data source type", name).into())
    }

    fn plan_change(
        &self,
        request: &proto::plan_resource_change::Request,
    ) -> Result<proto::plan_resource_change::Response, Diagnostics> {
        let entry = self.entry(&request.type_name)?;
        let (resource, ty) = (&entry.resource, entry.resource.value_type());
        let plan = PlanRequest {
            prior: value_from_wire(request.prior_state.as_ref(), ty)?,
            config: value_from_wire(request.config.as_ref(), ty)?,
            proposed: value_from_wire(request.proposed_new_state.as_ref(), ty)?,
            prior_private: Private::from_wire(&request.prior_private),
        };
        let configured = self.0.configured();
        let planned = resource.plan(configured.as_deref().map(|configured| &configured.api), plan);
        // A destroy names its object to the apply; otherwise the identity is that of the planned state, once it is known.
        let planned_identity = if planned.planned.is_null() {
            request.prior_identity.clone()
        } else {
            identity_of(entry, &planned.planned, request.prior_identity.as_ref())?
        };
        Ok(proto::plan_resource_change::Response {
            planned_identity,
            planned_state: Some(value_to_wire(&planned.planned, ty)?),
            requires_replace: planned.replace.iter().map(path_to_wire).collect(),
            planned_private: planned.private.into_wire(),
            diagnostics: diagnostics_to_wire(planned.diagnostics),
            ..Default::default()
        })
    }

    async fn apply_change(
        &self,
        request: &proto::apply_resource_change::Request,
    ) -> Result<proto::apply_resource_change::Response, Diagnostics> {
        let entry = self.entry(&request.type_name)?;
        let (resource, ty) = (&entry.resource, entry.resource.value_type());
        let change = ApplyRequest {
            prior: value_from_wire(request.prior_state.as_ref(), ty)?,
            planned: value_from_wire(request.planned_state.as_ref(), ty)?,
            config: value_from_wire(request.config.as_ref(), ty)?,
            planned_private: Private::from_wire(&request.planned_private),
        };
        let configured = self.configured()?;
        let applied = resource.apply(&configured.api, change).await;
        Ok(proto::apply_resource_change::Response {
            new_identity: identity_of(entry, &applied.state, None)?,
            new_state: Some(value_to_wire(&applied.state, ty)?),
            private: applied.private.into_wire(),
            diagnostics: diagnostics_to_wire(applied.diagnostics),
            ..Default::default()
        })
    }

    async fn read_object(
        &self,
        request: &proto::read_resource::Request,
    ) -> Result<proto::read_resource::Response, Diagnostics> {
        let entry = self.entry(&request.type_name)?;
        let (resource, ty) = (&entry.resource, entry.resource.value_type());
        let state = value_from_wire(request.current_state.as_ref(), ty)?;
        let configured = self.configured()?;
        let read = resource.read(&configured.api, state, Private::from_wire(&request.private)).await;
        Ok(proto::read_resource::Response {
            new_identity: identity_of(entry, &read.state, request.current_identity.as_ref())?,
            new_state: Some(value_to_wire(&read.state, ty)?),
            private: read.private.into_wire(),
            diagnostics: diagnostics_to_wire(read.diagnostics),
            ..Default::default()
        })
    }

    async fn import_object(
        &self,
        request: &proto::import_resource_state::Request,
    ) -> Result<proto::import_resource_state::Response, Diagnostics> {
        let entry = self.entry(&request.type_name)?;
        let ty = entry.resource.value_type();
        let asked_for = match (&entry.identity, &request.identity) {
            (Some(identity), Some(data)) => value_from_wire(data.identity_data.as_ref(), identity.value_type())?,
            _ => Dynamic::Null,
        };
        if request.id.is_empty() && asked_for.is_null() {
            return Err(nothing_to_import(&request.type_name).into());
        }
        let configured = self.configured()?;
        let imported = match &entry.identity {
            Some(identity) if request.id.is_empty() => identity.import(&configured.api, &asked_for).await,
            _ => entry.resource.import(&configured.api, &request.id).await,
        };
        let mut answer = proto::import_resource_state::Response::default();
        if !imported.diagnostics.has_errors() {
            answer.imported_resources.push(proto::import_resource_state::ImportedResource {
                type_name: request.type_name.clone(),
                state: Some(value_to_wire(&imported.state, ty)?),
                private: imported.private.into_wire(),
                identity: identity_of(entry, &imported.state, None)?,
            });
        }
        Ok(answer.with(diagnostics_to_wire(imported.diagnostics)))
    }

    fn upgrade_identity(
        &self,
        request: &proto::upgrade_resource_identity::Request,
    ) -> Result<proto::upgrade_resource_identity::Response, Diagnostics> {
        let raw = request.raw_identity.clone().unwrap_or_default();
        // Terraform asks to upgrade an empty identity wherever a state has none; the next read fills it in.
        if raw.json.is_empty() && raw.flatmap.is_empty() {
            return Ok(proto::upgrade_resource_identity::Response::default());
        }
        let Some(identity) = &self.entry(&request.type_name)?.identity else {
            return Err(no_identity(&request.type_name).into());
        };
        let upgraded = identity.upgrade(request.version, &raw.json)?;
        Ok(proto::upgrade_resource_identity::Response {
            upgraded_identity: identity_to_wire(identity.as_ref(), &upgraded)?,
            diagnostics: Vec::new(),
        })
    }

    fn upgrade_state(
        &self,
        request: &proto::upgrade_resource_state::Request,
    ) -> Result<proto::upgrade_resource_state::Response, Diagnostics> {
        let resource = self.resource(&request.type_name)?;
        let raw = request.raw_state.clone().unwrap_or_default();
        if raw.json.is_empty() && !raw.flatmap.is_empty() {
            let error = Diagnostic::error(
                "Unable to read the stored state",
                format!(
                    "The state of this {} was written by Terraform 0.11 or older. Run `terraform refresh` with Terraform \
                     0.12 first, or remove the object from the state and import it again.",
                    request.type_name
                ),
            );
            return Err(error.into());
        }
        let state = resource.upgrade(request.version, &raw.json)?;
        Ok(proto::upgrade_resource_state::Response {
            upgraded_state: Some(value_to_wire(&state, resource.value_type())?),
            diagnostics: Vec::new(),
        })
    }

    async fn read_data(
        &self,
        request: &proto::read_data_source::Request,
    ) -> Result<proto::read_data_source::Response, Diagnostics> {
        let data_source = self.data_source(&request.type_name)?;
        let ty = data_source.value_type();
        let config = value_from_wire(request.config.as_ref(), ty)?;
        let configured = self.configured()?;
        let (state, diagnostics) = data_source.read(&configured.api, config).await;
        Ok(proto::read_data_source::Response {
            state: Some(value_to_wire(&state, ty)?),
            diagnostics: diagnostics_to_wire(diagnostics),
            ..Default::default()
        })
    }

    fn provider_type(&self) -> Type {
        self.0.schema().value_type()
    }
}

/// The identity of an object in this state, for the wire; none while it is not known whole. `before` is what it was.
fn identity_of<Api>(
    entry: &ResourceType<Api>,
    state: &Dynamic,
    before: Option<&proto::ResourceIdentityData>,
) -> Result<Option<proto::ResourceIdentityData>, Diagnostics> {
    let Some(identity) = &entry.identity else { return Ok(None) };
    let now = identity.of_state(state);
    let before = value_from_wire(before.and_then(|data| data.identity_data.as_ref()), identity.value_type())?;
    identity.check_unchanged(&before, &now)?;
    identity_to_wire(identity.as_ref(), &now)
}

fn identity_to_wire<Api>(
    identity: &dyn AnyIdentity<Api>,
    value: &Dynamic,
) -> Result<Option<proto::ResourceIdentityData>, Diagnostics> {
    if value.is_null() {
        return Ok(None);
    }
    let identity_data = Some(value_to_wire(value, identity.value_type())?);
    Ok(Some(proto::ResourceIdentityData { identity_data }))
}

fn nothing_to_import(type_name: &str) -> Diagnostic {
    Diagnostic::error(
        "Import needs an id",
        format!("A {type_name} is imported by its id or its identity; see its page for the form of both."),
    )
}

fn no_identity(type_name: &str) -> Diagnostic {
    Diagnostic::error(
        "Unable to upgrade the resource identity",
        format!(
            "A {type_name} has no identity in this version of the provider, and the state holds one. A newer version of the \
             provider wrote it: use that version."
        ),
    )
}

/// Always all that the framework can do, whatever the provider has: a host looks at them once.
fn capabilities() -> Option<proto::ServerCapabilities> {
    Some(proto::ServerCapabilities {
        plan_destroy: true,
        get_provider_schema_optional: true,
        move_resource_state: true,
        generate_resource_config: false,
    })
}

#[tonic::async_trait]
impl<P: Provider> provider_server::Provider for Service<P> {
    async fn get_metadata(
        &self,
        _: tonic::Request<proto::get_metadata::Request>,
    ) -> Answered<proto::get_metadata::Response> {
        self.answer("GetMetadata", None, Default::default(), async {
            use proto::get_metadata::{DataSourceMetadata, ResourceMetadata, Response};
            let names = |names: &mut dyn Iterator<Item = &&'static str>| -> Vec<String> {
                names.map(|name| (*name).to_owned()).collect()
            };
            let resources = names(&mut self.0.resources.keys());
            let data_sources = names(&mut self.0.data_sources.keys());
            Ok(Response {
                server_capabilities: capabilities(),
                resources: resources.into_iter().map(|type_name| ResourceMetadata { type_name }).collect(),
                data_sources: data_sources.into_iter().map(|type_name| DataSourceMetadata { type_name }).collect(),
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
            Ok(only(self.0.configure(request.terraform_version, &config)))
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
                let config = value_from_wire(request.config.as_ref(), resource.value_type())?;
                Ok(only(resource.validate(&config)))
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
            async { self.plan_change(&request) },
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
        Ok(tonic::Response::new(unsupported::move_resource_state(request.into_inner())))
    }

    async fn generate_resource_config(
        &self,
        request: tonic::Request<proto::generate_resource_config::Request>,
    ) -> Answered<proto::generate_resource_config::Response> {
        none_such("generator for the resource type", &request.into_inner().type_name)
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
        none_such(EPHEMERAL, &request.into_inner().type_name)
    }

    async fn open_ephemeral_resource(
        &self,
        request: tonic::Request<proto::open_ephemeral_resource::Request>,
    ) -> Answered<proto::open_ephemeral_resource::Response> {
        none_such(EPHEMERAL, &request.into_inner().type_name)
    }

    async fn renew_ephemeral_resource(
        &self,
        request: tonic::Request<proto::renew_ephemeral_resource::Request>,
    ) -> Answered<proto::renew_ephemeral_resource::Response> {
        none_such(EPHEMERAL, &request.into_inner().type_name)
    }

    async fn close_ephemeral_resource(
        &self,
        request: tonic::Request<proto::close_ephemeral_resource::Request>,
    ) -> Answered<proto::close_ephemeral_resource::Response> {
        none_such(EPHEMERAL, &request.into_inner().type_name)
    }

    async fn get_functions(
        &self,
        _: tonic::Request<proto::get_functions::Request>,
    ) -> Answered<proto::get_functions::Response> {
        Ok(tonic::Response::new(Default::default()))
    }

    async fn call_function(
        &self,
        request: tonic::Request<proto::call_function::Request>,
    ) -> Answered<proto::call_function::Response> {
        Ok(tonic::Response::new(unsupported::call_function(&request.into_inner().name)))
    }

    async fn validate_list_resource_config(
        &self,
        request: tonic::Request<proto::validate_list_resource_config::Request>,
    ) -> Answered<proto::validate_list_resource_config::Response> {
        none_such(LIST, &request.into_inner().type_name)
    }

    type ListResourceStream = unsupported::OneEvent<proto::list_resource::Event>;

    async fn list_resource(
        &self,
        request: tonic::Request<proto::list_resource::Request>,
    ) -> Answered<Self::ListResourceStream> {
        Ok(tonic::Response::new(unsupported::list_resource(&request.into_inner().type_name)))
    }

    async fn validate_action_config(
        &self,
        request: tonic::Request<proto::validate_action_config::Request>,
    ) -> Answered<proto::validate_action_config::Response> {
        none_such(ACTION, &request.into_inner().type_name)
    }

    async fn plan_action(
        &self,
        request: tonic::Request<proto::plan_action::Request>,
    ) -> Answered<proto::plan_action::Response> {
        none_such(ACTION, &request.into_inner().action_type)
    }

    type InvokeActionStream = unsupported::OneEvent<proto::invoke_action::Event>;

    async fn invoke_action(
        &self,
        request: tonic::Request<proto::invoke_action::Request>,
    ) -> Answered<Self::InvokeActionStream> {
        Ok(tonic::Response::new(unsupported::invoke_action(&request.into_inner().action_type)))
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
