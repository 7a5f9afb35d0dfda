//! A provider process that Terraform has started, and every call to it.

use std::collections::BTreeMap;

use serde_json::Value;
use tf_framework::wire::proto::tfplugin6::provider_client::ProviderClient;
use tf_framework::wire::proto::tfplugin6::schema::Block;
use tf_framework::wire::proto::tfplugin6::{
    self as proto, ClientCapabilities, Diagnostic, ResourceIdentityData, ResourceIdentitySchema, Schema,
    get_provider_schema, get_resource_identity_schemas,
};
use tonic::transport::Channel;
use tonic::{Code, Status};

use crate::broken::{Broken, Result, broken, ensure};
use crate::plugin::{Plugin, patiently};
use crate::types;
use crate::value::{complete, from_wire, to_wire};

/// Largest message in bytes; the same as Terraform's own servers.
const MAX_MESSAGE: usize = 256 << 20;

/// What Terraform 1.16 can take, outside of an apply.
pub const CAPABILITIES: ClientCapabilities = ClientCapabilities {
    deferral_allowed: false,
    write_only_attributes_allowed: true,
    store_planned_private: true,
    computed_blocks_allowed: true,
};

/// A process whose schema is known.
pub struct Session {
    pub plugin: Plugin,
    pub channel: Channel,
    pub provider: ProviderClient<Channel>,
    pub schema: get_provider_schema::Response,
    pub identities: BTreeMap<String, ResourceIdentitySchema>,
    /// Every diagnostic so far.
    pub said: Vec<Said>,
}

/// A diagnostic, and what it is about.
#[derive(Clone, Debug)]
pub struct Said {
    pub call: &'static str,
    pub kind: Kind,
    pub type_name: String,
    pub diagnostic: Diagnostic,
}

/// What a call is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Provider,
    Resource,
    DataSource,
    EphemeralResource,
    ListResource,
    Action,
    StateStore,
}

impl Session {
    /// Asks for the schema over a connection.
    ///
    /// # Errors
    /// Where the schema is not answered.
    pub async fn over(plugin: Plugin, channel: Channel) -> Result<Session> {
        let mut provider = client(channel.clone());
        let schema = patiently(provider.get_provider_schema(get_provider_schema::Request {})).await?;
        let schema = schema.map_err(|status| refused("GetProviderSchema", &status))?.into_inner();
        let identities =
            patiently(provider.get_resource_identity_schemas(get_resource_identity_schemas::Request {})).await?;
        let identities = match identities {
            Ok(answer) => answer.into_inner().identity_schemas,
            // A provider without identities need not know the call.
            Err(status) if status.code() == Code::Unimplemented => BTreeMap::new(),
            Err(status) => return Err(refused("GetResourceIdentitySchemas", &status)),
        };
        Ok(Session { plugin, channel, provider, schema, identities, said: Vec::new() })
    }

    /// The schema of a type.
    ///
    /// # Errors
    /// Where there is none, or one without a block.
    pub fn block(&self, kind: Kind, type_name: &str) -> Result<&Block> {
        let all = &self.schema;
        let schema: Option<&Schema> = match kind {
            Kind::Provider => all.provider.as_ref(),
            Kind::Resource => all.resource_schemas.get(type_name),
            Kind::DataSource => all.data_source_schemas.get(type_name),
            Kind::EphemeralResource => all.ephemeral_resource_schemas.get(type_name),
            Kind::ListResource => all.list_resource_schemas.get(type_name),
            Kind::StateStore => all.state_store_schemas.get(type_name),
            Kind::Action => all.action_schemas.get(type_name).and_then(|action| action.schema.as_ref()),
        };
        let schema = schema.ok_or_else(|| broken!("the schema has no {type_name}"))?;
        schema.block.as_ref().ok_or_else(|| broken!("the schema of {type_name} has no block"))
    }

    /// The type of a type's value.
    ///
    /// # Errors
    /// Where its schema is not sound.
    pub fn value_type(&self, kind: Kind, type_name: &str) -> Result<Value> {
        types::of_block(self.block(kind, type_name)?)
    }

    /// The type of a resource type's identity, where it has one.
    ///
    /// # Errors
    /// Where its schema is not sound.
    pub fn identity_type(&self, type_name: &str) -> Result<Option<Value>> {
        self.identities.get(type_name).map(types::of_identity).transpose()
    }

    /// An answered identity, null where there is none.
    ///
    /// # Errors
    /// Where it is none of the type, or of a type that has none.
    pub fn identity(&self, type_name: &str, data: Option<&ResourceIdentityData>) -> Result<Value> {
        let Some(data) = data else { return Ok(Value::Null) };
        let ty = self.identity_type(type_name)?;
        let ty = ty.ok_or_else(|| broken!("an identity came for {type_name}, which has no identity schema"))?;
        from_wire(data.identity_data.as_ref(), &ty).map_err(|problem| broken!("the identity: {problem}"))
    }

    /// The identity as it is sent; none where it is null.
    pub fn identity_to_wire(&self, type_name: &str, identity: &Value) -> Option<ResourceIdentityData> {
        let ty = self.identity_type(type_name).ok().flatten()?;
        (!identity.is_null()).then(|| ResourceIdentityData { identity_data: Some(to_wire(identity, &ty)) })
    }

    /// Validates and configures the provider block, as before every plan.
    ///
    /// # Errors
    /// What it is refused for.
    pub async fn configure(&mut self, block: &Value) -> Result<()> {
        let ty = self.value_type(Kind::Provider, "provider")?;
        let config = Some(to_wire(&complete(block.clone(), &ty), &ty));
        let request = proto::validate_provider_config::Request { config: config.clone() };
        no_errors("ValidateProviderConfig", &self.validate_provider_config(request).await?.diagnostics)?;
        let request = proto::configure_provider::Request {
            terraform_version: "1.16.0".to_owned(),
            config,
            client_capabilities: Some(CAPABILITIES),
        };
        no_errors("ConfigureProvider", &self.configure_provider(request).await?.diagnostics)
    }

    fn note(&mut self, call: &'static str, kind: Kind, type_name: &str, diagnostics: &[Diagnostic]) {
        let said = |diagnostic: &Diagnostic| Said {
            call,
            kind,
            type_name: type_name.to_owned(),
            diagnostic: diagnostic.clone(),
        };
        self.said.extend(diagnostics.iter().map(said));
    }
}

/// The calls that answer diagnostics, in the framework of this session: each is bounded in time and noted.
macro_rules! calls {
    ($($call:ident: $name:literal, $kind:ident, $type_name:expr;)*) => {
        impl Session {
            $(
                #[doc = concat!($name, ".\n\n# Errors\nA status, or no answer at all.")]
                pub async fn $call(&mut self, request: proto::$call::Request) -> Result<proto::$call::Response> {
                    let type_name: fn(&proto::$call::Request) -> &str = $type_name;
                    let type_name = type_name(&request).to_owned();
                    let answer = patiently(self.provider.$call(request)).await?;
                    let answer = answer.map_err(|status| refused($name, &status))?.into_inner();
                    self.note($name, Kind::$kind, &type_name, &answer.diagnostics);
                    Ok(answer)
                }
            )*
        }
    };
}

calls! {
    validate_provider_config: "ValidateProviderConfig", Provider, |_| "provider";
    configure_provider: "ConfigureProvider", Provider, |_| "provider";
    validate_resource_config: "ValidateResourceConfig", Resource, |request| &request.type_name;
    upgrade_resource_state: "UpgradeResourceState", Resource, |request| &request.type_name;
    upgrade_resource_identity: "UpgradeResourceIdentity", Resource, |request| &request.type_name;
    read_resource: "ReadResource", Resource, |request| &request.type_name;
    plan_resource_change: "PlanResourceChange", Resource, |request| &request.type_name;
    apply_resource_change: "ApplyResourceChange", Resource, |request| &request.type_name;
    import_resource_state: "ImportResourceState", Resource, |request| &request.type_name;
    move_resource_state: "MoveResourceState", Resource, |request| &request.target_type_name;
    generate_resource_config: "GenerateResourceConfig", Resource, |request| &request.type_name;
    validate_data_resource_config: "ValidateDataResourceConfig", DataSource, |request| &request.type_name;
    read_data_source: "ReadDataSource", DataSource, |request| &request.type_name;
    validate_ephemeral_resource_config: "ValidateEphemeralResourceConfig", EphemeralResource, |request| &request.type_name;
    open_ephemeral_resource: "OpenEphemeralResource", EphemeralResource, |request| &request.type_name;
    renew_ephemeral_resource: "RenewEphemeralResource", EphemeralResource, |request| &request.type_name;
    close_ephemeral_resource: "CloseEphemeralResource", EphemeralResource, |request| &request.type_name;
    validate_list_resource_config: "ValidateListResourceConfig", ListResource, |request| &request.type_name;
    validate_action_config: "ValidateActionConfig", Action, |request| &request.type_name;
    plan_action: "PlanAction", Action, |request| &request.action_type;
}

impl Session {
    /// CallFunction.
    ///
    /// # Errors
    /// A status, or no answer at all.
    pub async fn call_function(
        &mut self,
        request: proto::call_function::Request,
    ) -> Result<proto::call_function::Response> {
        let answer = patiently(self.provider.call_function(request)).await?;
        Ok(answer.map_err(|status| refused("CallFunction", &status))?.into_inner())
    }

    /// The diagnostics of an event, noted.
    pub fn note_event(&mut self, call: &'static str, kind: Kind, type_name: &str, diagnostics: &[Diagnostic]) {
        self.note(call, kind, type_name, diagnostics);
    }
}

/// A client that takes messages as large as Terraform's.
pub fn client(channel: Channel) -> ProviderClient<Channel> {
    ProviderClient::new(channel).max_decoding_message_size(MAX_MESSAGE).max_encoding_message_size(MAX_MESSAGE)
}

/// A status where a diagnostic belongs, with what the person reads of it.
pub fn refused(call: &str, status: &Status) -> Broken {
    let shown = match status.code() {
        Code::Unavailable => "Plugin did not respond",
        Code::Cancelled => "Request cancelled",
        Code::Unimplemented => "Unsupported plugin method",
        _ => "Plugin error",
    };
    broken!(
        "{call} is answered with the status {:?} ({}), which a person reads as {shown:?}",
        status.code(),
        status.message()
    )
}

/// The errors among diagnostics, as a person reads them.
pub fn errors(diagnostics: &[Diagnostic]) -> Vec<String> {
    let errors = diagnostics.iter().filter(|one| one.severity() == proto::diagnostic::Severity::Error);
    errors.map(|one| format!("{}: {}", one.summary, one.detail)).collect()
}

/// No error is there.
///
/// # Errors
/// The first one.
pub fn no_errors(call: &str, diagnostics: &[Diagnostic]) -> Result<()> {
    let errors = errors(diagnostics);
    ensure!(errors.is_empty(), "{call}: {}", errors[0]);
    Ok(())
}
