//! Plays Terraform to the built provider: starts it, speaks the protocol, and holds each answer to the checks that Terraform makes.

pub mod values;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Value, json};
use tf_conformance::core::{self, Action, action, object_problems, plan_problems, proposed_new};
use tf_conformance::plugin::{Plugin, Start};
use tf_conformance::types;
use tf_framework::wire::proto::tfplugin6::provider_client::ProviderClient;
use tf_framework::wire::proto::tfplugin6::schema::{Attribute, Block};
use tf_framework::wire::proto::tfplugin6::{
    self as proto, Diagnostic, DynamicValue, ResourceIdentityData, apply_resource_change, configure_provider,
    get_provider_schema, get_resource_identity_schemas, import_resource_state, plan_resource_change, read_resource,
    upgrade_resource_state,
};
use tonic::transport::Channel;

use self::values::{complete, from_wire, to_wire};

/// A configured provider process, and the emulator that it talks to.
pub struct Host {
    pub emulator: pangea_emulator::Server,
    pub provider: ProviderClient<Channel>,
    pub channel: Channel,
    pub schema: get_provider_schema::Response,
    /// The types of the resource types' identities.
    pub identities: BTreeMap<String, Value>,
    plugin: Plugin,
}

/// An object as Terraform stores it.
#[derive(Clone, Debug, PartialEq)]
pub struct Object {
    pub type_name: &'static str,
    pub state: Value,
    pub private: Vec<u8>,
    /// Null where its type has none.
    pub identity: Value,
}

/// A plan that passed Terraform's checks.
#[derive(Debug)]
pub struct Planned {
    pub action: Action,
    pub state: Value,
    /// The attributes that cause a replacement.
    pub replaces: Vec<String>,
    pub warnings: Vec<String>,
    type_name: &'static str,
    prior: Value,
    config: Value,
    private: Vec<u8>,
    identity: Value,
}

/// How the tests start the provider: without TLS, and pointed at an emulator.
pub fn start(emulator: &pangea_emulator::Server) -> Start {
    let start = Start::by_host(Path::new(env!("CARGO_BIN_EXE_terraform-provider-pangea")));
    emulator.environment().into_iter().fold(start, |start, (name, value)| start.env(&name, &value))
}

impl Host {
    /// A provider that is configured by its environment alone.
    pub async fn start() -> Host {
        let mut host = Host::unconfigured().await;
        host.next_run().await;
        host
    }

    /// A provider of which nothing but the schema has been asked.
    pub async fn unconfigured() -> Host {
        let emulator = pangea_emulator::Server::start(pangea_emulator::Options::default()).unwrap();
        let plugin = start(&emulator).plugin().await.unwrap();
        let channel = plugin.connect().await.unwrap();
        Host::over(emulator, plugin, channel).await
    }

    /// The same over a connection that exists.
    pub async fn over(emulator: pangea_emulator::Server, plugin: Plugin, channel: Channel) -> Host {
        let limit = 256 << 20;
        let mut provider = ProviderClient::new(channel.clone()).max_encoding_message_size(limit);
        let schema = patiently(provider.get_provider_schema(get_provider_schema::Request {})).await;
        let request = get_resource_identity_schemas::Request {};
        let identities = patiently(provider.get_resource_identity_schemas(request)).await.unwrap().into_inner();
        let identities = identities
            .identity_schemas
            .into_iter()
            .map(|(name, schema)| (name, types::of_identity(&schema).unwrap()))
            .collect();
        Host { emulator, provider, channel, schema: schema.unwrap().into_inner(), identities, plugin }
    }

    /// What Terraform does before each run: every apply is one of its own.
    pub async fn next_run(&mut self) {
        assert_eq!(self.configure(json!({})).await, Vec::<String>::new());
    }

    /// ConfigureProvider with this block; its errors.
    pub async fn configure(&mut self, block: Value) -> Vec<String> {
        let request = configure_provider::Request {
            terraform_version: "1.16.0".to_owned(),
            config: Some(to_wire(&complete(block, &self.provider_type()))),
            ..Default::default()
        };
        let answer = patiently(self.provider.configure_provider(request)).await.unwrap().into_inner();
        errors(&answer.diagnostics)
    }

    /// Ends the process as Terraform does, and as soon as Terraform wants it; the emulator lives on.
    pub async fn shut_down(self) -> pangea_emulator::Server {
        drop(self.provider);
        let (status, stdout, _) = self.plugin.shut_down(self.channel).await.unwrap();
        assert!(status.success(), "{status}");
        assert_eq!(stdout, "");
        self.emulator
    }

    pub fn block(&self, type_name: &str) -> &Block {
        let schema = self.schema.resource_schemas.get(type_name);
        let schema = schema.or_else(|| self.schema.data_source_schemas.get(type_name));
        schema.unwrap_or_else(|| panic!("{type_name} is not in the schema")).block.as_ref().unwrap()
    }

    pub fn attributes(&self, type_name: &str) -> &[Attribute] {
        &self.block(type_name).attributes
    }

    pub fn value_type(&self, type_name: &str) -> Value {
        types::of_block(self.block(type_name)).unwrap()
    }

    pub fn provider_type(&self) -> Value {
        types::of_block(self.schema.provider.as_ref().unwrap().block.as_ref().unwrap()).unwrap()
    }

    /// A value of a type on the wire. Attributes that are left out are null.
    pub fn wire(&self, type_name: &str, value: &Value) -> DynamicValue {
        to_wire(&complete(value.clone(), &self.value_type(type_name)))
    }

    /// The configuration of an ephemeral resource on the wire.
    pub fn ephemeral(&self, type_name: &str, config: &Value) -> DynamicValue {
        let schema = &self.schema.ephemeral_resource_schemas[type_name];
        to_wire(&complete(config.clone(), &types::of_block(schema.block.as_ref().unwrap()).unwrap()))
    }

    /// What Terraform sends to plan this.
    pub fn plan_request(
        &self,
        type_name: &'static str,
        prior: Option<&Object>,
        config: &Value,
    ) -> plan_resource_change::Request {
        let ty = self.value_type(type_name);
        let prior_state = prior.map_or(Value::Null, |object| object.state.clone());
        let config = complete(config.clone(), &ty);
        plan_resource_change::Request {
            type_name: type_name.to_owned(),
            proposed_new_state: Some(to_wire(&proposed_new(self.block(type_name), &prior_state, &config))),
            prior_state: Some(to_wire(&prior_state)),
            config: Some(to_wire(&config)),
            prior_private: prior.map_or(Vec::new(), |object| object.private.clone()),
            prior_identity: prior.and_then(|object| identity_to_wire(&object.identity)),
            ..Default::default()
        }
    }

    /// Plans as Terraform does, a replacement twice, and holds each answer to Terraform's checks. A null configuration destroys.
    pub async fn plan(&mut self, type_name: &'static str, prior: Option<&Object>, config: Value) -> Planned {
        let first = self.plan_once(type_name, prior, &config).await;
        if first.action != Action::Replace {
            return first;
        }
        let (private, identity) = (first.private.clone(), first.identity.clone());
        let again = Object { type_name, state: Value::Null, private, identity };
        let second = self.plan_once(type_name, Some(&again), &config).await;
        assert_eq!(second.private, first.private, "the second plan of a replacement echoes the private state");
        Planned { action: Action::Replace, prior: first.prior, replaces: first.replaces, ..second }
    }

    async fn plan_once(&mut self, type_name: &'static str, prior: Option<&Object>, config: &Value) -> Planned {
        let request = self.plan_request(type_name, prior, config);
        let answer = self.plan_answer(request.clone()).await;
        assert!(self.plan_answer(request).await == answer, "the same request is planned to the same bytes");
        assert_eq!(errors(&answer.diagnostics), Vec::<String>::new());
        assert!(!answer.legacy_type_system && answer.deferred.is_none());
        let block = self.block(type_name);
        let ty = types::of_block(block).unwrap();
        let config = complete(config.clone(), &ty);
        let prior = prior.map_or(Value::Null, |object| object.state.clone());
        let state = from_wire(answer.planned_state.as_ref(), &ty);
        let problems = plan_problems(block, &prior, &config, &state);
        assert_eq!(problems, Vec::<String>::new(), "prior {prior}, config {config}, planned {state}");
        let replaces: Vec<_> = answer.requires_replace.iter().map(path).collect();
        // With an unknown one, Terraform would apply without having shown the plan.
        let identity = self.identity(type_name, answer.planned_identity.as_ref());
        Planned {
            identity,
            action: action(block, &prior, &state, &answer.requires_replace),
            warnings: warnings(&answer.diagnostics),
            private: answer.planned_private,
            state,
            replaces,
            type_name,
            prior,
            config,
        }
    }

    pub async fn plan_answer(&mut self, request: plan_resource_change::Request) -> plan_resource_change::Response {
        patiently(self.provider.plan_resource_change(request)).await.unwrap().into_inner()
    }

    /// Plans, which must fail; the errors.
    pub async fn plan_fails(&mut self, type_name: &'static str, prior: Option<&Object>, config: Value) -> Vec<String> {
        let request = self.plan_request(type_name, prior, &config);
        let errors = errors(&self.plan_answer(request).await.diagnostics);
        assert!(!errors.is_empty());
        errors
    }

    /// Applies a plan with Terraform's checks; `None` after a delete.
    pub async fn apply(&mut self, planned: &Planned) -> Option<Object> {
        match planned.action {
            Action::NoOp => panic!("Terraform doesn't apply where there is nothing to do"),
            Action::Replace => {
                let null = Value::Null;
                assert_eq!(self.apply_half(planned, &planned.prior, &null, &null).await, None);
                self.apply_half(planned, &null, &planned.state, &planned.config).await
            }
            _ => self.apply_half(planned, &planned.prior, &planned.state, &planned.config).await,
        }
    }

    async fn apply_half(&mut self, planned: &Planned, prior: &Value, state: &Value, config: &Value) -> Option<Object> {
        let answer = self.apply_answer(planned, prior, state, config).await;
        assert_eq!(errors(&answer.diagnostics), Vec::<String>::new());
        let ty = self.value_type(planned.type_name);
        let new = from_wire(answer.new_state.as_ref(), &ty);
        assert!(!values::has_unknown(&new), "{new}");
        let problems = object_problems(self.block(planned.type_name), state, &new);
        assert_eq!(problems, Vec::<String>::new(), "planned {state}, now {new}");
        let identity = self.identity(planned.type_name, answer.new_identity.as_ref());
        let object = Object { type_name: planned.type_name, state: new, private: answer.private, identity };
        self.kept(object)
    }

    /// Applies a plan, which must fail: the errors, and what Terraform stores after them.
    pub async fn apply_fails(&mut self, planned: &Planned) -> (Vec<String>, Option<Object>) {
        let answer = self.apply_answer(planned, &planned.prior, &planned.state, &planned.config).await;
        let errors = errors(&answer.diagnostics);
        assert!(!errors.is_empty());
        let new = from_wire(answer.new_state.as_ref(), &self.value_type(planned.type_name));
        assert!(!new.to_string().contains("unknown"), "nothing unknown is stored: {new}");
        let identity = self.identity(planned.type_name, answer.new_identity.as_ref());
        let object = Object { type_name: planned.type_name, state: new, private: answer.private, identity };
        (errors, self.kept(object))
    }

    /// Deletes without a plan that was asked for, which must fail, as the first half of a replacement does.
    pub async fn delete_fails(&mut self, object: &Object) -> (Vec<String>, Option<Object>) {
        let planned = Planned {
            action: Action::Delete,
            state: Value::Null,
            replaces: Vec::new(),
            warnings: Vec::new(),
            type_name: object.type_name,
            prior: object.state.clone(),
            config: Value::Null,
            private: object.private.clone(),
            identity: object.identity.clone(),
        };
        self.apply_fails(&planned).await
    }

    async fn apply_answer(
        &mut self,
        planned: &Planned,
        prior: &Value,
        state: &Value,
        config: &Value,
    ) -> apply_resource_change::Response {
        let request = apply_resource_change::Request {
            type_name: planned.type_name.to_owned(),
            prior_state: Some(to_wire(prior)),
            planned_state: Some(to_wire(state)),
            config: Some(to_wire(config)),
            planned_private: planned.private.clone(),
            planned_identity: identity_to_wire(&planned.identity),
            ..Default::default()
        };
        let answer = patiently(self.provider.apply_resource_change(request)).await.unwrap().into_inner();
        assert!(!answer.legacy_type_system && answer.new_state.is_some());
        answer
    }

    /// Plans a new object and applies it.
    pub async fn create(&mut self, type_name: &'static str, config: Value) -> Object {
        let planned = self.plan(type_name, None, config).await;
        assert_eq!(planned.action, Action::Create);
        self.apply(&planned).await.unwrap()
    }

    /// Plans a destroy and applies it.
    pub async fn destroy(&mut self, object: &Object) {
        let planned = self.plan(object.type_name, Some(object), Value::Null).await;
        assert_eq!(planned.action, Action::Delete);
        assert_eq!(self.apply(&planned).await, None);
    }

    /// Upgrades the stored state and reads the object, as Terraform does at the start of each plan; `None` where it is gone.
    pub async fn refresh(&mut self, object: &Object) -> Option<Object> {
        let upgraded = self.upgrade(object.type_name, 0, object.state.to_string().as_bytes()).await;
        assert_eq!(upgraded.as_ref(), Ok(&object.state));
        let answer = self.read_answer(object).await;
        assert_eq!(errors(&answer.diagnostics), Vec::<String>::new());
        let state = from_wire(answer.new_state.as_ref(), &self.value_type(object.type_name));
        assert!(!values::has_unknown(&state), "{state}");
        let identity = self.identity(object.type_name, answer.new_identity.as_ref());
        self.kept(Object { type_name: object.type_name, state, private: answer.private, identity })
    }

    pub async fn read_answer(&mut self, object: &Object) -> read_resource::Response {
        let request = self.read_request(object);
        let answer = patiently(self.provider.read_resource(request)).await.unwrap().into_inner();
        assert!(answer.deferred.is_none() && answer.new_state.is_some());
        answer
    }

    pub fn read_request(&self, object: &Object) -> read_resource::Request {
        read_resource::Request {
            type_name: object.type_name.to_owned(),
            current_state: Some(to_wire(&object.state)),
            private: object.private.clone(),
            current_identity: identity_to_wire(&object.identity),
            ..Default::default()
        }
    }

    /// Upgrades a stored state; the errors where it can't be.
    pub async fn upgrade(&mut self, type_name: &str, version: i64, json: &[u8]) -> Result<Value, Vec<String>> {
        let raw_state = proto::RawState { json: json.to_owned(), flatmap: BTreeMap::new() };
        let request =
            upgrade_resource_state::Request { type_name: type_name.to_owned(), version, raw_state: Some(raw_state) };
        let answer = patiently(self.provider.upgrade_resource_state(request)).await.unwrap().into_inner();
        let errors = errors(&answer.diagnostics);
        if errors.is_empty() {
            Ok(from_wire(answer.upgraded_state.as_ref(), &self.value_type(type_name)))
        } else {
            Err(errors)
        }
    }

    /// Imports by id, not yet read; the errors where it can't be.
    pub async fn import(&mut self, type_name: &'static str, id: &str) -> Result<Object, Vec<String>> {
        let request =
            import_resource_state::Request { type_name: type_name.to_owned(), id: id.to_owned(), ..Default::default() };
        self.imported(type_name, request).await
    }

    async fn imported(
        &mut self,
        type_name: &'static str,
        request: import_resource_state::Request,
    ) -> Result<Object, Vec<String>> {
        let answer = patiently(self.provider.import_resource_state(request)).await.unwrap().into_inner();
        let errors = errors(&answer.diagnostics);
        if !errors.is_empty() {
            assert!(answer.imported_resources.is_empty());
            return Err(errors);
        }
        let [imported] = answer.imported_resources.as_slice() else { panic!("one object is imported") };
        assert_eq!(imported.type_name, type_name);
        let state = from_wire(imported.state.as_ref(), &self.value_type(type_name));
        let identity = self.identity(type_name, imported.identity.as_ref());
        let object = Object { type_name, state, private: imported.private.clone(), identity };
        Ok(self.kept(object).expect("an import answers a state"))
    }

    /// An answered identity: known as a whole, or null.
    fn identity(&self, type_name: &str, data: Option<&ResourceIdentityData>) -> Value {
        let Some(data) = data else { return Value::Null };
        let ty = self.identities.get(type_name).unwrap_or_else(|| panic!("{type_name} has no identity"));
        let identity = from_wire(data.identity_data.as_ref(), ty);
        assert!(!identity.is_null() && !values::has_unknown(&identity), "{type_name}: {identity}");
        identity
    }

    /// The object if there is one; then its identity must have been answered, or Terraform would forget it.
    fn kept(&self, object: Object) -> Option<Object> {
        if object.state.is_null() {
            return None;
        }
        assert_eq!(object.identity.is_object(), self.identities.contains_key(object.type_name), "{object:?}");
        Some(object)
    }
}

fn identity_to_wire(identity: &Value) -> Option<ResourceIdentityData> {
    (!identity.is_null()).then(|| ResourceIdentityData { identity_data: Some(to_wire(identity)) })
}

/// Errors as the user reads them. Every diagnostic must have a severity and a headline.
pub fn errors(diagnostics: &[Diagnostic]) -> Vec<String> {
    of_severity(diagnostics, proto::diagnostic::Severity::Error)
}

pub fn warnings(diagnostics: &[Diagnostic]) -> Vec<String> {
    of_severity(diagnostics, proto::diagnostic::Severity::Warning)
}

fn of_severity(diagnostics: &[Diagnostic], severity: proto::diagnostic::Severity) -> Vec<String> {
    for diagnostic in diagnostics {
        assert!(matches!(diagnostic.severity, 1 | 2) && !diagnostic.summary.is_empty(), "{}", diagnostic.detail);
    }
    let wanted = diagnostics.iter().filter(|diagnostic| diagnostic.severity() == severity);
    wanted.map(|diagnostic| format!("{}: {}", diagnostic.summary, diagnostic.detail)).collect()
}

/// An attribute path such as `roles.0.id`.
pub fn path(path: &proto::AttributePath) -> String {
    core::shown(path)
}

/// Waits for what comes soon if it comes at all.
pub async fn patiently<F: Future>(future: F) -> F::Output {
    tf_conformance::plugin::patiently(future).await.unwrap()
}
