//! The calls.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use prost_types::Timestamp;
use serde_json::{Value, json};
use tf_conformance::types;
use tf_conformance::value::{UNKNOWN, complete, is_unknown, to_wire};
use tf_framework::wire::proto::guarded;
use tf_framework::wire::proto::tfplugin6::diagnostic::Severity;
use tf_framework::wire::proto::tfplugin6::invoke_action::event::{Completed, Progress, Type};
use tf_framework::wire::proto::tfplugin6::provider_server::Provider;
use tf_framework::wire::proto::tfplugin6::*;
use tokio::sync::Notify;
use tokio_stream::Stream;
use tonic::{Request, Response, Status, Streaming, async_trait};

use crate::operations::{
    self, Outcome, block_type, error, identity, identity_from, identity_of, read, thing_type, write,
};
use crate::schema::{self, THING, THINGS};
use crate::state_store::{self, of_chests};
use crate::{breaks, store};

/// What Terraform may call a private value: base64 of JSON under a key.
const PRIVATE: &[u8] = br#"{"made":"MQ=="}"#;

/// How long a slow create takes, unless it is stopped.
const SLOW: Duration = Duration::from_secs(4);

type Answer<T> = Result<Response<T>, Status>;
type Events<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[derive(Default)]
pub(crate) struct Service {
    knows_schema: AtomicBool,
    calls: AtomicU32,
    stopped: Arc<Notify>,
}

fn said(diagnostic: Diagnostic) -> Vec<Diagnostic> {
    vec![diagnostic]
}

fn unknown(kind: &str, name: &str) -> Diagnostic {
    error(&format!("The provider has no {kind} {name:?}"))
}

fn at(mut diagnostic: Diagnostic, name: &str) -> Diagnostic {
    use attribute_path::{Step, step::Selector};
    let step = Step { selector: Some(Selector::AttributeName(name.to_owned())) };
    diagnostic.attribute = Some(AttributePath { steps: vec![step] });
    diagnostic
}

/// Answers `Err` as nothing but its message.
macro_rules! answered {
    ($response:path, $outcome:expr) => {{
        use $response as answer;
        // Some answers have no other field.
        #[allow(clippy::needless_update)]
        let failed = |problem| answer::Response { diagnostics: said(problem), ..Default::default() };
        let outcome: Outcome<answer::Response> = $outcome;
        Ok(Response::new(outcome.unwrap_or_else(failed)))
    }};
}

fn of_things(type_name: &str) -> Outcome<()> {
    if type_name == THING { Ok(()) } else { Err(unknown("resource", type_name)) }
}

impl Service {
    /// Counts calls, each of which gives another number.
    fn count(&self) -> u32 {
        self.calls.fetch_add(1, Ordering::Relaxed)
    }

    fn planned(&self, request: &plan_resource_change::Request) -> Outcome<plan_resource_change::Response> {
        of_things(&request.type_name)?;
        let ty = thing_type();
        let prior = read(request.prior_state.as_ref(), &ty)?;
        let config = read(request.config.as_ref(), &ty)?;
        let proposed = read(request.proposed_new_state.as_ref(), &ty)?;
        let mut answer = plan_resource_change::Response {
            planned_private: if request.prior_private.is_empty() {
                PRIVATE.to_vec()
            } else {
                request.prior_private.clone()
            },
            legacy_type_system: breaks("50-legacy"),
            ..Default::default()
        };
        if proposed.is_null() {
            answer.planned_state = write(if breaks("40") { &prior } else { &Value::Null });
            answer.planned_identity = request.prior_identity.clone();
            return Ok(answer);
        }
        if !proposed.is_object() || !config.is_object() {
            return Err(error("There is nothing to plan"));
        }
        let planned = operations::plan(&prior, &config, &proposed);
        if prior.is_object() && prior["kind"] != planned["kind"] {
            let path = if breaks("39-path") { "nothing" } else { "kind" };
            answer.requires_replace.extend(at(error(""), path).attribute);
        }
        if breaks("50-deferred") {
            answer.deferred = Some(Deferred { reason: 1 });
        }
        if breaks("37") {
            let warning = Diagnostic { severity: Severity::Warning.into(), ..error(&self.count().to_string()) };
            answer.diagnostics = said(warning);
        }
        answer.planned_identity = identity(&planned);
        if breaks("63") && prior.is_null() {
            answer.planned_identity = Some(identity_of(&json!(UNKNOWN)));
        }
        answer.planned_state = write(&planned);
        Ok(answer)
    }

    async fn applied(&self, request: &apply_resource_change::Request) -> Outcome<apply_resource_change::Response> {
        of_things(&request.type_name)?;
        let ty = thing_type();
        let prior = read(request.prior_state.as_ref(), &ty)?;
        let planned = read(request.planned_state.as_ref(), &ty)?;
        let mut answer =
            apply_resource_change::Response { private: request.planned_private.clone(), ..Default::default() };
        if planned.is_null() {
            if let Some(id) = prior["id"].as_str() {
                store::remove(id);
            }
            answer.new_state = write(if breaks("41-delete") { &prior } else { &Value::Null });
            answer.private.clear();
            return Ok(answer);
        }
        match planned["name"].as_str() {
            // As where nobody catches it.
            Some("panics") if breaks("62-exit") => std::process::exit(101),
            Some("panics") => {
                let create = async { panic!("The create can't go on") };
                // A task catches it as well, but the hook takes it for a crash.
                let panicked = match breaks("62-crash") {
                    true => tokio::spawn(create).await.map_err(|problem| problem.to_string()),
                    false => guarded(create).await.map_err(|panic| panic.to_string()),
                };
                return panicked.map_err(|problem| error(&format!("The create panicked: {problem}")));
            }
            Some("slow") => {
                tokio::select! {
                    () = self.stopped.notified() => {}
                    () = tokio::time::sleep(SLOW) => {}
                }
            }
            _ => {}
        }
        let new = operations::apply(&prior, &planned);
        if new["name"] == "fails" {
            answer.diagnostics = said(error("The object was made, and then something went wrong"));
            if breaks("51") {
                return Ok(apply_resource_change::Response { new_state: write(&Value::Null), ..answer });
            }
        }
        answer.new_identity = identity(&new);
        if breaks("49") && prior.is_object() {
            answer.new_identity = Some(identity_of(&json!("another")));
        }
        answer.new_state = write(&new);
        Ok(answer)
    }

    fn looked_at(request: &read_resource::Request) -> Outcome<read_resource::Response> {
        of_things(&request.type_name)?;
        let current = read(request.current_state.as_ref(), &thing_type())?;
        let mut answer = read_resource::Response {
            private: if breaks("48-lost") { Vec::new() } else { request.private.clone() },
            ..Default::default()
        };
        if breaks("48-foreign") && !request.private.is_empty() && !request.private.starts_with(b"{\"made\"") {
            return Err(error("The private data is of somebody else"));
        }
        if breaks("50-read") {
            answer.deferred = Some(Deferred { reason: 1 });
        }
        let found = current["id"].as_str().and_then(store::get);
        let found = if breaks("43") { found.or(Some(current)) } else { found };
        let mut state = found.unwrap_or_default();
        if breaks("42") && state.is_object() {
            state["notes"] = json!(["another"]);
        }
        answer.new_state = write(&state);
        answer.new_identity = identity(&state).filter(|_| !breaks("64-read"));
        Ok(answer)
    }

    fn imported(request: &import_resource_state::Request) -> Outcome<import_resource_state::Response> {
        of_things(&request.type_name)?;
        let by_identity = identity_from(request.identity.as_ref())?;
        let id = if by_identity.is_object() { by_identity["id"].as_str().unwrap_or_default() } else { &request.id };
        if by_identity.is_object() && id.is_empty() {
            let problem = error("The id of the identity is empty");
            return Err(if breaks("66") { problem } else { at(problem, "id") });
        }
        let mut state = store::get(id).ok_or_else(|| error("There is no such thing"))?;
        if breaks("47-import") {
            state["secret"] = json!("told");
        }
        let known = identity(&state).filter(|_| !breaks("64-import"));
        if breaks("45-state") {
            state["id"] = json!("thing-0");
        }
        let one = import_resource_state::ImportedResource {
            type_name: if breaks("45-type") { THINGS.to_owned() } else { THING.to_owned() },
            state: write(&state),
            private: PRIVATE.to_vec(),
            identity: known,
        };
        let imported_resources = if breaks("45-two") { vec![one.clone(), one] } else { vec![one] };
        Ok(import_resource_state::Response { imported_resources, ..Default::default() })
    }

    fn called(&self, request: &call_function::Request) -> Result<Value, FunctionError> {
        let wrong = |text: &str, function_argument| FunctionError { text: text.to_owned(), function_argument };
        let functions = schema::functions();
        let function = functions
            .get(&request.name)
            .ok_or_else(|| wrong(&format!("There is no function {:?}", request.name), None))?;
        let fixed = function.parameters.len();
        let count = request.arguments.len();
        if !breaks("55-arity") && (count < fixed || (function.variadic_parameter.is_none() && count > fixed)) {
            return Err(wrong("The number of arguments is wrong", None));
        }
        let mut values = Vec::new();
        for (position, argument) in request.arguments.iter().enumerate() {
            let parameter = function.parameters.get(position).or(function.variadic_parameter.as_ref());
            let ty = parameter.and_then(|parameter| types::parse(&parameter.r#type).ok()).unwrap_or_default();
            let value =
                read(Some(argument), &ty).map_err(|problem| wrong(&problem.summary, i64::try_from(position).ok()))?;
            values.push(value);
        }
        if request.name == "echo" {
            return Ok(values.first().cloned().unwrap_or_default());
        }
        let texts: Vec<&str> = values.iter().map(|value| value.as_str().unwrap_or_default()).collect();
        let (separator, texts) = texts.split_first().unwrap_or((&"", &[]));
        if separator.is_empty() {
            return Err(wrong("The separator is empty", Some(i64::from(breaks("55-argument")))));
        }
        let joined = texts.join(separator);
        Ok(json!(if breaks("55-pure") { format!("{joined}{}", self.count()) } else { joined }))
    }

    fn opened(request: &open_ephemeral_resource::Request) -> Outcome<open_ephemeral_resource::Response> {
        let ty = token_type(&request.type_name)?;
        let mut result = read(request.config.as_ref(), &ty)?;
        result["token"] = json!("a token");
        if breaks("54") {
            result["user"] = json!("another");
        }
        Ok(open_ephemeral_resource::Response {
            result: Some(to_wire(&result, &ty)),
            renew_at: Some(Timestamp { seconds: 4_000_000_000, nanos: 0 }),
            private: Some(b"opened".to_vec()),
            ..Default::default()
        })
    }
}

fn token_type(type_name: &str) -> Outcome<Value> {
    let schema = schema::all().ephemeral_resource_schemas.remove(type_name);
    let block = schema.and_then(|schema| schema.block).ok_or_else(|| unknown("ephemeral resource", type_name))?;
    Ok(block_type(&block))
}

/// The configuration of a data source, a list or an action.
fn configuration(schema: Option<Schema>, name: &str, config: Option<&DynamicValue>) -> Outcome<(Value, Value)> {
    let block = schema.and_then(|schema| schema.block).ok_or_else(|| unknown("thing of that kind named", name))?;
    let ty = block_type(&block);
    let config = read(config, &ty)?;
    Ok((complete(if config.is_null() { json!({}) } else { config }, &ty), ty))
}

fn stream<T: Send + 'static>(events: Vec<T>) -> Events<T> {
    Box::pin(tokio_stream::iter(events.into_iter().map(Ok)))
}

fn completed(diagnostics: Vec<Diagnostic>) -> invoke_action::Event {
    invoke_action::Event { r#type: Some(Type::Completed(Completed { diagnostics })) }
}

fn progress(message: &str) -> invoke_action::Event {
    invoke_action::Event { r#type: Some(Type::Progress(Progress { message: message.to_owned() })) }
}

fn invoked(request: &invoke_action::Request) -> Outcome<Vec<invoke_action::Event>> {
    let schema = schema::all().action_schemas.remove(&request.action_type).and_then(|action| action.schema);
    let (config, _) = configuration(schema, &request.action_type, request.config.as_ref())?;
    let mut events = vec![progress("ringing")];
    if config["times"] == 0 && !breaks("57") {
        events.push(completed(said(error("There is nothing to ring"))));
        return Ok(events);
    }
    match true {
        _ if breaks("69-end") => {}
        _ if breaks("69-empty") => events = vec![invoke_action::Event { r#type: None }, completed(Vec::new())],
        _ if breaks("69-order") => events = vec![completed(Vec::new()), progress("ringing")],
        _ if breaks("69-two") => events.extend([completed(Vec::new()), completed(Vec::new())]),
        _ => events.push(completed(Vec::new())),
    }
    Ok(events)
}

fn listed(request: &list_resource::Request) -> Outcome<Vec<list_resource::Event>> {
    let schema = schema::all().list_resource_schemas.remove(&request.type_name);
    configuration(schema, &request.type_name, request.config.as_ref())?;
    let limit = if breaks("56-limit") { usize::MAX } else { usize::try_from(request.limit).unwrap_or_default() };
    let event = |state: &Value| list_resource::Event {
        identity: Some(if breaks("70") { identity_of(&json!(UNKNOWN)) } else { identity(state).unwrap_or_default() })
            .filter(|_| !breaks("56-identity")),
        display_name: state["name"].as_str().unwrap_or_default().to_owned(),
        resource_object: write(state).filter(|_| request.include_resource_object && !breaks("56-object")),
        diagnostic: Vec::new(),
    };
    Ok(store::all().iter().take(limit).map(event).collect())
}

#[async_trait]
impl Provider for Service {
    async fn get_metadata(&self, _: Request<get_metadata::Request>) -> Answer<get_metadata::Response> {
        let all = schema::all();
        let data_sources = all.data_source_schemas.into_keys().filter(|_| !breaks("22"));
        let mut answer = get_metadata::Response { server_capabilities: all.server_capabilities, ..Default::default() };
        answer
            .resources
            .extend(all.resource_schemas.into_keys().map(|type_name| get_metadata::ResourceMetadata { type_name }));
        answer.data_sources.extend(data_sources.map(|type_name| get_metadata::DataSourceMetadata { type_name }));
        answer.functions.extend(all.functions.into_keys().map(|name| get_metadata::FunctionMetadata { name }));
        let ephemeral = all.ephemeral_resource_schemas.into_keys();
        answer.ephemeral_resources.extend(ephemeral.map(|type_name| get_metadata::EphemeralMetadata { type_name }));
        let lists = all.list_resource_schemas.into_keys();
        answer.list_resources.extend(lists.map(|type_name| get_metadata::ListResourceMetadata { type_name }));
        answer
            .actions
            .extend(all.action_schemas.into_keys().map(|type_name| get_metadata::ActionMetadata { type_name }));
        let stores = all.state_store_schemas.into_keys();
        answer.state_stores.extend(stores.map(|type_name| get_metadata::StateStoreMetadata { type_name }));
        Ok(Response::new(answer))
    }

    async fn get_provider_schema(
        &self,
        _: Request<get_provider_schema::Request>,
    ) -> Answer<get_provider_schema::Response> {
        self.knows_schema.store(true, Ordering::Relaxed);
        let mut all = schema::all();
        if breaks("21-block") {
            all.data_source_schemas.get_mut(THINGS).unwrap().block = None;
        }
        Ok(Response::new(all))
    }

    async fn get_resource_identity_schemas(
        &self,
        _: Request<get_resource_identity_schemas::Request>,
    ) -> Answer<get_resource_identity_schemas::Response> {
        let mut identity = schema::identity();
        identity.identity_attributes[0].optional_for_import = breaks("20-identity");
        let identity_schemas = [(THING.to_owned(), identity)].into();
        Ok(Response::new(get_resource_identity_schemas::Response { identity_schemas, ..Default::default() }))
    }

    async fn validate_provider_config(
        &self,
        request: Request<validate_provider_config::Request>,
    ) -> Answer<validate_provider_config::Response> {
        if breaks("16") && self.count() > 50 {
            return Err(Status::resource_exhausted("too many calls"));
        }
        answered!(validate_provider_config, {
            let provider = schema::all().provider;
            configuration(provider, "provider", request.get_ref().config.as_ref()).and_then(|(config, _)| {
                if breaks("61") && is_unknown(&config["name"]) {
                    return Err(error("The name must be known"));
                }
                Ok(Default::default())
            })
        })
    }

    async fn configure_provider(
        &self,
        _: Request<configure_provider::Request>,
    ) -> Answer<configure_provider::Response> {
        if breaks("19-stdout") {
            println!("configured");
        }
        Ok(Response::new(Default::default()))
    }

    async fn stop_provider(&self, _: Request<stop_provider::Request>) -> Answer<stop_provider::Response> {
        if breaks("52") {
            tokio::time::sleep(SLOW).await;
        }
        self.stopped.notify_waiters();
        Ok(Response::new(Default::default()))
    }

    async fn validate_resource_config(
        &self,
        request: Request<validate_resource_config::Request>,
    ) -> Answer<validate_resource_config::Response> {
        let request = request.into_inner();
        if breaks("17") && request.config.as_ref().is_some_and(|config| config.msgpack.len() > 4 << 20) {
            return Err(Status::out_of_range("the message is too large"));
        }
        if breaks("23") && !self.knows_schema.load(Ordering::Relaxed) {
            return Err(Status::failed_precondition("the schema was not asked for"));
        }
        answered!(validate_resource_config, {
            of_things(&request.type_name).and_then(|()| {
                let config = read(request.config.as_ref(), &thing_type())?;
                let keeps = request.client_capabilities.is_some_and(|all| all.write_only_attributes_allowed);
                if !keeps && !config["secret"].is_null() && !breaks("47-capability") {
                    return Err(at(error("A host that is older than Terraform 1.11 would store the secret"), "secret"));
                }
                operations::validate(&config)?;
                let diagnostics = match true {
                    _ if breaks("60-severity") => vec![Diagnostic { severity: 0, ..error("something") }],
                    _ if breaks("60-place") => {
                        vec![at(Diagnostic { severity: Severity::Warning.into(), ..error("something") }, "nothing")]
                    }
                    _ => Vec::new(),
                };
                Ok(validate_resource_config::Response { diagnostics })
            })
        })
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<upgrade_resource_state::Request>,
    ) -> Answer<upgrade_resource_state::Response> {
        let request = request.into_inner();
        answered!(upgrade_resource_state, {
            of_things(&request.type_name).and_then(|()| {
                let json = request.raw_state.as_ref().map_or(&[][..], |raw| &raw.json);
                let state = operations::upgrade(request.version, json)?;
                Ok(upgrade_resource_state::Response { upgraded_state: write(&state), ..Default::default() })
            })
        })
    }

    async fn upgrade_resource_identity(
        &self,
        request: Request<upgrade_resource_identity::Request>,
    ) -> Answer<upgrade_resource_identity::Response> {
        let request = request.into_inner();
        answered!(upgrade_resource_identity, {
            of_things(&request.type_name).and_then(|()| {
                let nothing = request.raw_identity.is_none_or(|raw| raw.json.is_empty());
                if nothing && !breaks("65") {
                    return Ok(Default::default());
                }
                Err(error("There is no older identity"))
            })
        })
    }

    async fn read_resource(&self, request: Request<read_resource::Request>) -> Answer<read_resource::Response> {
        if breaks("59") && request.get_ref().type_name != THING {
            return Err(Status::not_found(request.into_inner().type_name));
        }
        answered!(read_resource, Service::looked_at(request.get_ref()))
    }

    async fn plan_resource_change(
        &self,
        request: Request<plan_resource_change::Request>,
    ) -> Answer<plan_resource_change::Response> {
        answered!(plan_resource_change, self.planned(request.get_ref()))
    }

    async fn apply_resource_change(
        &self,
        request: Request<apply_resource_change::Request>,
    ) -> Answer<apply_resource_change::Response> {
        answered!(apply_resource_change, self.applied(request.get_ref()).await)
    }

    async fn import_resource_state(
        &self,
        request: Request<import_resource_state::Request>,
    ) -> Answer<import_resource_state::Response> {
        answered!(import_resource_state, Service::imported(request.get_ref()))
    }

    async fn move_resource_state(
        &self,
        request: Request<move_resource_state::Request>,
    ) -> Answer<move_resource_state::Response> {
        let request = request.into_inner();
        if breaks("46") && request.target_type_name == THING {
            return Ok(Response::new(Default::default()));
        }
        let problem = format!("Nothing can be moved to a {:?}", request.target_type_name);
        Ok(Response::new(move_resource_state::Response { diagnostics: said(error(&problem)), ..Default::default() }))
    }

    async fn generate_resource_config(
        &self,
        request: Request<generate_resource_config::Request>,
    ) -> Answer<generate_resource_config::Response> {
        let request = request.into_inner();
        answered!(generate_resource_config, {
            of_things(&request.type_name).and_then(|()| {
                let state = read(request.state.as_ref(), &thing_type())?;
                let config = write(&operations::generate(&state));
                Ok(generate_resource_config::Response { config, ..Default::default() })
            })
        })
    }

    async fn validate_data_resource_config(
        &self,
        request: Request<validate_data_resource_config::Request>,
    ) -> Answer<validate_data_resource_config::Response> {
        let request = request.into_inner();
        let schema = schema::all().data_source_schemas.remove(&request.type_name);
        answered!(validate_data_resource_config, {
            configuration(schema, &request.type_name, request.config.as_ref()).map(|_| Default::default())
        })
    }

    async fn read_data_source(
        &self,
        request: Request<read_data_source::Request>,
    ) -> Answer<read_data_source::Response> {
        let request = request.into_inner();
        let schema = schema::all().data_source_schemas.remove(&request.type_name);
        answered!(read_data_source, {
            configuration(schema, &request.type_name, request.config.as_ref()).map(|(mut state, ty)| {
                state["count_of_them"] = json!(store::all().len());
                if breaks("53-config") {
                    state["name"] = json!("another");
                }
                if breaks("53-unknown") {
                    state["count_of_them"] = json!(UNKNOWN);
                }
                read_data_source::Response { state: Some(to_wire(&state, &ty)), ..Default::default() }
            })
        })
    }

    async fn validate_ephemeral_resource_config(
        &self,
        request: Request<validate_ephemeral_resource_config::Request>,
    ) -> Answer<validate_ephemeral_resource_config::Response> {
        answered!(
            validate_ephemeral_resource_config,
            token_type(&request.get_ref().type_name).map(|_| Default::default())
        )
    }

    async fn open_ephemeral_resource(
        &self,
        request: Request<open_ephemeral_resource::Request>,
    ) -> Answer<open_ephemeral_resource::Response> {
        answered!(open_ephemeral_resource, Service::opened(request.get_ref()))
    }

    async fn renew_ephemeral_resource(
        &self,
        request: Request<renew_ephemeral_resource::Request>,
    ) -> Answer<renew_ephemeral_resource::Response> {
        answered!(
            renew_ephemeral_resource,
            token_type(&request.get_ref().type_name).map(|_| renew_ephemeral_resource::Response {
                private: Some(b"renewed".to_vec()),
                ..Default::default()
            })
        )
    }

    async fn close_ephemeral_resource(
        &self,
        request: Request<close_ephemeral_resource::Request>,
    ) -> Answer<close_ephemeral_resource::Response> {
        let request = request.into_inner();
        answered!(close_ephemeral_resource, {
            token_type(&request.type_name).and_then(|_| {
                if breaks("68") && request.private.as_deref() != Some(b"opened") {
                    return Err(error("That was never opened"));
                }
                Ok(Default::default())
            })
        })
    }

    async fn get_functions(&self, _: Request<get_functions::Request>) -> Answer<get_functions::Response> {
        let functions = if breaks("24") { Default::default() } else { schema::functions() };
        Ok(Response::new(get_functions::Response { functions, ..Default::default() }))
    }

    async fn call_function(&self, request: Request<call_function::Request>) -> Answer<call_function::Response> {
        let request = request.into_inner();
        let ty = json!(if request.name == "echo" { "dynamic" } else { "string" });
        Ok(Response::new(match self.called(&request) {
            Ok(_) if breaks("55-absent") => Default::default(),
            Ok(result) => call_function::Response { result: Some(to_wire(&result, &ty)), error: None },
            Err(error) => call_function::Response { result: None, error: Some(error) },
        }))
    }

    async fn validate_list_resource_config(
        &self,
        request: Request<validate_list_resource_config::Request>,
    ) -> Answer<validate_list_resource_config::Response> {
        let request = request.into_inner();
        let schema = schema::all().list_resource_schemas.remove(&request.type_name);
        answered!(validate_list_resource_config, {
            configuration(schema, &request.type_name, request.config.as_ref()).map(|_| Default::default())
        })
    }

    type ListResourceStream = Events<list_resource::Event>;

    async fn list_resource(&self, request: Request<list_resource::Request>) -> Answer<Self::ListResourceStream> {
        let events = listed(request.get_ref());
        let failed = |problem| vec![list_resource::Event { diagnostic: said(problem), ..Default::default() }];
        Ok(Response::new(stream(events.unwrap_or_else(failed))))
    }

    async fn validate_action_config(
        &self,
        request: Request<validate_action_config::Request>,
    ) -> Answer<validate_action_config::Response> {
        let request = request.into_inner();
        let schema = schema::all().action_schemas.remove(&request.type_name).and_then(|action| action.schema);
        answered!(validate_action_config, {
            configuration(schema, &request.type_name, request.config.as_ref()).map(|_| Default::default())
        })
    }

    async fn plan_action(&self, request: Request<plan_action::Request>) -> Answer<plan_action::Response> {
        let request = request.into_inner();
        let schema = schema::all().action_schemas.remove(&request.action_type).and_then(|action| action.schema);
        answered!(plan_action, {
            configuration(schema, &request.action_type, request.config.as_ref()).map(|_| Default::default())
        })
    }

    type InvokeActionStream = Events<invoke_action::Event>;

    async fn invoke_action(&self, request: Request<invoke_action::Request>) -> Answer<Self::InvokeActionStream> {
        let events = invoked(request.get_ref());
        Ok(Response::new(stream(events.unwrap_or_else(|problem| vec![completed(said(problem))]))))
    }

    type ReadStateBytesStream = Events<read_state_bytes::Response>;

    async fn write_state_bytes(
        &self,
        request: Request<Streaming<write_state_bytes::RequestChunk>>,
    ) -> Answer<write_state_bytes::Response> {
        let mut stream = request.into_inner();
        let mut chunks = Vec::new();
        while let Some(chunk) = stream.message().await? {
            chunks.push(chunk);
        }
        answered!(write_state_bytes, state_store::write(chunks).map(|()| Default::default()))
    }

    async fn validate_state_store_config(
        &self,
        request: Request<validate_state_store::Request>,
    ) -> Answer<validate_state_store::Response> {
        answered!(validate_state_store, of_chests(&request.get_ref().type_name).map(|()| Default::default()))
    }

    async fn configure_state_store(
        &self,
        request: Request<configure_state_store::Request>,
    ) -> Answer<configure_state_store::Response> {
        answered!(configure_state_store, state_store::configure(request.get_ref()))
    }

    async fn read_state_bytes(
        &self,
        request: Request<read_state_bytes::Request>,
    ) -> Answer<Self::ReadStateBytesStream> {
        let request = request.into_inner();
        let failed = |problem| read_state_bytes::Response { diagnostics: said(problem), ..Default::default() };
        Ok(Response::new(stream(match of_chests(&request.type_name) {
            Ok(()) => state_store::read(&request.state_id),
            Err(problem) => vec![failed(problem)],
        })))
    }

    async fn lock_state(&self, request: Request<lock_state::Request>) -> Answer<lock_state::Response> {
        let request = request.into_inner();
        answered!(lock_state, {
            of_chests(&request.type_name).and_then(|()| {
                let lock_id = state_store::lock(&request.state_id)?;
                Ok(lock_state::Response { lock_id, ..Default::default() })
            })
        })
    }

    async fn unlock_state(&self, request: Request<unlock_state::Request>) -> Answer<unlock_state::Response> {
        let request = request.into_inner();
        answered!(unlock_state, {
            of_chests(&request.type_name)
                .and_then(|()| state_store::unlock(&request.state_id, &request.lock_id))
                .map(|()| Default::default())
        })
    }

    async fn get_states(&self, request: Request<get_states::Request>) -> Answer<get_states::Response> {
        answered!(get_states, {
            of_chests(&request.get_ref().type_name)
                .map(|()| get_states::Response { state_id: state_store::ids(), ..Default::default() })
        })
    }

    async fn delete_state(&self, request: Request<delete_state::Request>) -> Answer<delete_state::Response> {
        let request = request.into_inner();
        answered!(delete_state, {
            of_chests(&request.type_name).map(|()| {
                state_store::delete(&request.state_id);
                Default::default()
            })
        })
    }
}
