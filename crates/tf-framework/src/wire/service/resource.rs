//! The calls about managed resources.

use super::{Answer, Service, unknown};
use crate::{
    deferral::DeferredReason,
    diagnostics::{Diagnostic, Diagnostics},
    generate_config::configuration,
    move_state::MoveSource,
    normal_form::{normal_form, open_computed_blocks},
    private::Private,
    provider::Provider,
    registration::ResourceType,
    server::{
        identity::AnyIdentity,
        resource::{AnyResource, ApplyRequest, PlanRequest},
    },
    value::Dynamic,
    wire::{
        convert::{
            capabilities_from_wire, deferred_to_wire, diagnostics_to_wire, path_to_wire, value_from_wire, value_to_wire,
        },
        generated::tfplugin6 as proto,
    },
};

impl<P: Provider> Service<P> {
    pub(super) fn entry(&self, name: &str) -> Result<&ResourceType<P::Api>, Diagnostics> {
        self.0.resources.get(name).ok_or_else(|| unknown("resource type", name).into())
    }

    pub(super) fn resource(&self, name: &str) -> Result<&dyn AnyResource<P::Api>, Diagnostics> {
        Ok(self.entry(name)?.resource.as_ref())
    }

    pub(super) async fn plan_change(
        &self,
        request: &proto::plan_resource_change::Request,
    ) -> Result<proto::plan_resource_change::Response, Diagnostics> {
        let entry = self.entry(&request.type_name)?;
        let (resource, ty) = (entry.resource.as_ref(), entry.resource.value_type());
        let client = capabilities_from_wire(request.client_capabilities.as_ref());
        let deferred = self.deferred(&format!("The plan of a {}", request.type_name), client)?;
        let plan = PlanRequest {
            prior: state_from_wire(resource, request.prior_state.as_ref())?,
            config: config_from_wire(resource, request.config.as_ref())?,
            proposed: value_from_wire(request.proposed_new_state.as_ref(), ty)?,
            prior_private: Private::from_wire(&request.prior_private),
            client,
            planned_private: (!request.planned_private.is_empty())
                .then(|| Private::from_wire(&request.planned_private)),
        };
        if deferred.is_some() && !resource.plans_while_deferred() {
            return Ok(proto::plan_resource_change::Response {
                planned_state: Some(state_to_wire(resource, plan.proposed)?),
                planned_private: request.prior_private.clone(),
                planned_identity: request.prior_identity.clone(),
                deferred: deferred_to_wire(deferred),
                ..Default::default()
            });
        }
        let configured = self.0.configured();
        let is_new = plan.prior.is_null();
        let planned = resource.plan(configured.as_deref().map(|configured| &configured.api), plan).await;
        // The first plan of a replacement is about the object that goes, and so is a destroy: it is named to the apply. Otherwise
        // the identity is that of the planned state, once it is known.
        let planned_identity = if planned.planned.is_null() || !is_new && !planned.replace.is_empty() {
            request.prior_identity.clone()
        } else {
            // The second plan of a replacement has the identity of the object that went, and none of its state.
            identity_of(entry, &planned.planned, request.prior_identity.as_ref().filter(|_| !is_new))?
        };
        Ok(proto::plan_resource_change::Response {
            planned_identity,
            planned_state: Some(state_to_wire(resource, planned.planned)?),
            requires_replace: planned.replace.iter().map(path_to_wire).collect(),
            planned_private: planned.private.into_wire(),
            deferred: deferred_to_wire(planned.deferred.or(deferred)),
            diagnostics: diagnostics_to_wire(planned.diagnostics),
            ..Default::default()
        })
    }

    pub(super) async fn apply_change(
        &self,
        request: &proto::apply_resource_change::Request,
    ) -> Result<proto::apply_resource_change::Response, Diagnostics> {
        let entry = self.entry(&request.type_name)?;
        let resource = entry.resource.as_ref();
        let change = ApplyRequest {
            prior: state_from_wire(resource, request.prior_state.as_ref())?,
            planned: state_from_wire(resource, request.planned_state.as_ref())?,
            config: config_from_wire(resource, request.config.as_ref())?,
            planned_private: Private::from_wire(&request.planned_private),
        };
        let configured = self.configured()?;
        let applied = resource.apply(&configured.api, change).await;
        Ok(proto::apply_resource_change::Response {
            new_identity: identity_of(entry, &applied.state, None)?,
            new_state: Some(state_to_wire(resource, applied.state)?),
            private: applied.private.into_wire(),
            diagnostics: diagnostics_to_wire(applied.diagnostics),
            ..Default::default()
        })
    }

    pub(super) async fn read_object(
        &self,
        request: &proto::read_resource::Request,
    ) -> Result<proto::read_resource::Response, Diagnostics> {
        let entry = self.entry(&request.type_name)?;
        let resource = entry.resource.as_ref();
        let state = state_from_wire(resource, request.current_state.as_ref())?;
        let client = capabilities_from_wire(request.client_capabilities.as_ref());
        if let Some(reason) = self.deferred(&format!("The read of a {}", request.type_name), client)? {
            return Ok(proto::read_resource::Response {
                new_state: Some(state_to_wire(resource, state)?),
                private: request.private.clone(),
                new_identity: request.current_identity.clone(),
                deferred: deferred_to_wire(Some(reason)),
                diagnostics: Vec::new(),
            });
        }
        let configured = self.configured()?;
        let read = resource.read(&configured.api, state, Private::from_wire(&request.private), client).await;
        let identity = identity_of(entry, &read.state, request.current_identity.as_ref())?;
        // An identity that isn't told in the state yet must not be forgotten meanwhile.
        let before = request.current_identity.clone().filter(|_| read.deferred.is_some());
        Ok(proto::read_resource::Response {
            new_identity: identity.or(before),
            new_state: Some(state_to_wire(resource, read.state)?),
            private: read.private.into_wire(),
            deferred: deferred_to_wire(read.deferred),
            diagnostics: diagnostics_to_wire(read.diagnostics),
        })
    }

    pub(super) async fn import_object(
        &self,
        request: &proto::import_resource_state::Request,
    ) -> Result<proto::import_resource_state::Response, Diagnostics> {
        let entry = self.entry(&request.type_name)?;
        let asked_for = match (&entry.identity, &request.identity) {
            (Some(identity), Some(data)) => value_from_wire(data.identity_data.as_ref(), identity.value_type())?,
            _ => Dynamic::Null,
        };
        if request.id.is_empty() && asked_for.is_null() {
            return Err(nothing_to_import(&request.type_name).into());
        }
        let client = capabilities_from_wire(request.client_capabilities.as_ref());
        if let Some(reason) = self.deferred(&format!("The import of a {}", request.type_name), client)? {
            return deferred_import(request, entry, reason);
        }
        let configured = self.configured()?;
        let imported = match &entry.identity {
            Some(identity) if request.id.is_empty() => identity.import(&configured.api, &asked_for, client).await,
            _ => entry.resource.import(&configured.api, &request.id, client).await,
        };
        let deferred = deferred_to_wire(imported.deferred);
        let mut answer = proto::import_resource_state::Response { deferred, ..Default::default() };
        if !imported.diagnostics.has_errors() {
            let before = request.identity.clone().filter(|_| imported.deferred.is_some());
            answer.imported_resources.push(proto::import_resource_state::ImportedResource {
                type_name: request.type_name.clone(),
                identity: identity_of(entry, &imported.state, None)?.or(before),
                state: Some(state_to_wire(entry.resource.as_ref(), imported.state)?),
                private: imported.private.into_wire(),
            });
        }
        Ok(answer.with(diagnostics_to_wire(imported.diagnostics)))
    }

    pub(super) fn upgrade_identity(
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

    pub(super) fn generate_config(
        &self,
        request: &proto::generate_resource_config::Request,
    ) -> Result<proto::generate_resource_config::Response, Diagnostics> {
        let entry = self.entry(&request.type_name)?;
        let ty = entry.resource.value_type();
        let state = value_from_wire(request.state.as_ref(), ty)?;
        let mut diagnostics = Diagnostics::new();
        let mut config = configuration(entry.resource.schema().body(), &state);
        if let Some(revise) = entry.generator {
            config = revise(&state, &config, &mut diagnostics)?;
        }
        Ok(proto::generate_resource_config::Response {
            config: Some(value_to_wire(&config, ty)?),
            diagnostics: diagnostics_to_wire(diagnostics),
        })
    }

    pub(super) fn move_state(
        &self,
        request: &proto::move_resource_state::Request,
    ) -> Result<proto::move_resource_state::Response, Diagnostics> {
        let entry = self.entry(&request.target_type_name)?;
        let source = move_source(request)?;
        // A missing state would drop the object without a word, so whatever can't be moved is an error.
        let moved = entry.mover.and_then(|take_over| take_over(&source)).ok_or_else(|| not_taken_over(request))?;
        if moved.diagnostics.has_errors() {
            return Err(moved.diagnostics);
        }
        Ok(proto::move_resource_state::Response {
            target_identity: identity_of(entry, &moved.state, None)?,
            target_state: Some(state_to_wire(entry.resource.as_ref(), moved.state)?),
            target_private: moved.private.into_wire(),
            diagnostics: diagnostics_to_wire(moved.diagnostics),
        })
    }

    pub(super) fn upgrade_state(
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
            upgraded_state: Some(state_to_wire(resource, state)?),
            diagnostics: Vec::new(),
        })
    }
}

/// Reads a state or a planned one. Nothing write-only comes with it, not even from a state that an older schema wrote.
fn state_from_wire<Api>(
    resource: &dyn AnyResource<Api>,
    state: Option<&proto::DynamicValue>,
) -> Result<Dynamic, Diagnostics> {
    Ok(normal_form(resource.schema().body(), value_from_wire(state, resource.value_type())?))
}

/// Reads a configuration. A computed block that nobody wrote is null in each, though Terraform says so only for a plan.
pub(super) fn config_from_wire<Api>(
    resource: &dyn AnyResource<Api>,
    config: Option<&proto::DynamicValue>,
) -> Result<Dynamic, Diagnostics> {
    Ok(open_computed_blocks(resource.schema().body(), value_from_wire(config, resource.value_type())?))
}

/// Writes a state or a planned one, in the form that Terraform demands.
pub(super) fn state_to_wire<Api>(
    resource: &dyn AnyResource<Api>,
    state: Dynamic,
) -> Result<proto::DynamicValue, Diagnostics> {
    value_to_wire(&normal_form(resource.schema().body(), state), resource.value_type())
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

pub(super) fn identity_to_wire<Api>(
    identity: &dyn AnyIdentity<Api>,
    value: &Dynamic,
) -> Result<Option<proto::ResourceIdentityData>, Diagnostics> {
    if value.is_null() {
        return Ok(None);
    }
    let identity_data = Some(value_to_wire(value, identity.value_type())?);
    Ok(Some(proto::ResourceIdentityData { identity_data }))
}

fn move_source(request: &proto::move_resource_state::Request) -> Result<MoveSource, Diagnostics> {
    let read = |raw: &Option<proto::RawState>| match raw {
        Some(raw) if !raw.json.is_empty() => serde_json::from_slice(&raw.json).map_err(|error| error.to_string()),
        Some(raw) if !raw.flatmap.is_empty() => Err("it was written by Terraform 0.11 or older".to_owned()),
        _ => Ok(serde_json::Value::Null),
    };
    let unmovable = |problem: String| {
        Diagnostic::error(
            "Unable to move the resource state",
            format!(
                "The state of the {} of {} can't be read: {problem}. Remove the `moved` block, and apply once with the \
                 provider that wrote it.",
                request.source_type_name, request.source_provider_address
            ),
        )
    };
    let state = read(&request.source_state).map_err(unmovable)?;
    if state.is_null() {
        return Err(unmovable("there is none".to_owned()).into());
    }
    let identity = Some(read(&request.source_identity).map_err(unmovable)?).filter(|identity| !identity.is_null());
    let (provider, type_name) = (request.source_provider_address.clone(), request.source_type_name.clone());
    Ok(MoveSource::new(provider, type_name, request.source_schema_version, state)
        .with_private(request.source_private.clone())
        .with_identity(identity, request.source_identity_schema_version))
}

fn not_taken_over(request: &proto::move_resource_state::Request) -> Diagnostic {
    Diagnostic::error(
        "Unable to move the resource state",
        format!(
            "A {} can't take over the state of a {} of {}. Remove the `moved` block, then remove the one from the state and \
             import the other.",
            request.target_type_name, request.source_type_name, request.source_provider_address
        ),
    )
}

/// An import that waits for the whole provider: of an object about which nothing is known but its identity.
fn deferred_import<Api>(
    request: &proto::import_resource_state::Request,
    entry: &ResourceType<Api>,
    reason: DeferredReason,
) -> Result<proto::import_resource_state::Response, Diagnostics> {
    let imported = proto::import_resource_state::ImportedResource {
        type_name: request.type_name.clone(),
        state: Some(value_to_wire(&Dynamic::Unknown, entry.resource.value_type())?),
        private: Vec::new(),
        identity: request.identity.clone(),
    };
    Ok(proto::import_resource_state::Response {
        imported_resources: vec![imported],
        deferred: deferred_to_wire(Some(reason)),
        diagnostics: Vec::new(),
    })
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
