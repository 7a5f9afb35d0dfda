//! All 36 calls, of a provider that has everything, of one whose types do no more than they must, and of one that has nothing.
//!
//! What is not supported must be told in a shape that hosts take well: an error with the name where a person asked for it, and
//! never a gRPC status, nor an answer that reads as a success or as "the object is gone".

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, SystemTime},
};

use tonic::transport::Channel;

use super::{
    Service,
    in_process::{errors, host, on_wire, patiently, rest},
};
use crate::{
    Action, ActionType, Context, DataSource, DataSourceType, Diagnostics, Dynamic, EphemeralContext, EphemeralResource,
    EphemeralResourceType, Function, FunctionError, FunctionType, GenerateConfig, Host, Identified, ListResource,
    ListResourceType, Model, MoveSource, MoveState, Progress, Provider, Resource, ResourceType, Result, Results, Value,
    async_trait,
    server::Server,
    wire::generated::tfplugin6::{self as proto, invoke_action::event::Type as Event, provider_client::ProviderClient},
};

/// The calls in the order of the protocol, and what each provider answers: [`Everything`], [`Bare`], [`Nothing`].
const TABLE: [(&str, [&str; 3]); 36] = [
    ("get_metadata", ["thing found thing ring ticket join", "thing ticket", ""]),
    ("get_provider_schema", ["provider thing found thing ring ticket join", "provider thing ticket", "provider"]),
    ("get_resource_identity_schemas", ["thing", "", ""]),
    ("validate_provider_config", ["taken"; 3]),
    ("validate_resource_config", ["taken", "taken", NO_RESOURCE]),
    ("validate_data_resource_config", ["taken", NO_DATA_SOURCE, NO_DATA_SOURCE]),
    ("upgrade_resource_state", ["a value", "a value", NO_RESOURCE]),
    // Of a state without an identity it is none, whatever the provider has: the next read fills it in.
    ("upgrade_resource_identity", ["an identity", "error: Unable to upgrade the resource identity", NO_RESOURCE]),
    ("configure_provider", ["taken"; 3]),
    ("read_resource", ["a value", "a value", NO_RESOURCE]),
    ("plan_resource_change", ["a value", "a value", NO_RESOURCE]),
    ("apply_resource_change", ["a value", "a value", NO_RESOURCE]),
    ("import_resource_state", ["an object and its identity", "error: Import is not supported", NO_RESOURCE]),
    ("move_resource_state", ["a value", "error: Unable to move the resource state", NO_RESOURCE]),
    // The schema tells enough, so every resource does.
    ("generate_resource_config", ["a value", "a value", NO_RESOURCE]),
    ("read_data_source", ["a value", NO_DATA_SOURCE, NO_DATA_SOURCE]),
    ("validate_ephemeral_resource_config", ["taken", "taken", NO_EPHEMERAL]),
    ("open_ephemeral_resource", ["a value, to be renewed", "a value", NO_EPHEMERAL]),
    ("renew_ephemeral_resource", ["to be renewed again", "error: Unable to renew an ephemeral resource", NO_EPHEMERAL]),
    // Whatever was opened is closed, also where closing it means nothing.
    ("close_ephemeral_resource", ["closed", "closed", NO_EPHEMERAL]),
    ("get_functions", ["join", "", ""]),
    ("call_function", ["a result", NO_FUNCTION, NO_FUNCTION]),
    ("list_resource", ["2 results", NO_LIST, NO_LIST]),
    ("validate_list_resource_config", ["taken", NO_LIST, NO_LIST]),
    ("validate_state_store_config", [NO_STORE; 3]),
    ("configure_state_store", [NO_STORE; 3]),
    ("read_state_bytes", [NO_STORE; 3]),
    ("write_state_bytes", [NO_STORE; 3]),
    ("lock_state", [NO_STORE; 3]),
    ("unlock_state", [NO_STORE; 3]),
    ("get_states", [NO_STORE; 3]),
    ("delete_state", [NO_STORE; 3]),
    ("plan_action", ["taken", NO_ACTION, NO_ACTION]),
    ("invoke_action", ["1 progress, then the end", NO_ACTION, NO_ACTION]),
    ("validate_action_config", ["taken", NO_ACTION, NO_ACTION]),
    ("stop_provider", ["stopped"; 3]),
];

const NO_RESOURCE: &str = "error: Unknown resource type";
const NO_DATA_SOURCE: &str = "error: Unknown data source type";
const NO_EPHEMERAL: &str = "error: Unknown ephemeral resource type";
const NO_FUNCTION: &str = "error: The provider has no function named \"join\"";
const NO_LIST: &str = "error: Unknown list resource type";
const NO_ACTION: &str = "error: Unknown action type";
const NO_STORE: &str = "error: Unknown state store type";

#[tokio::test]
async fn every_call_is_answered_as_the_table_says() {
    let answers = [of::<Everything>().await, of::<Bare>().await, of::<Nothing>().await];
    for (call, wanted) in TABLE {
        let found = answers.each_ref().map(|answers| answers[call].as_str());
        assert_eq!(found, wanted, "{call}");
    }
    assert!(answers[0].keys().copied().eq(calls_of_the_protocol().keys().map(String::as_str)));
}

/// The calls of `proto/tfplugin6.proto`, in snake case.
fn calls_of_the_protocol() -> BTreeMap<String, ()> {
    let text = include_str!("../../../../../proto/tfplugin6.proto");
    let names = text.lines().filter_map(|line| line.trim().strip_prefix("rpc ")?.split('(').next());
    let snake = |name: &str| {
        let letters = name.trim().chars();
        let spaced = letters.map(|c| if c.is_uppercase() { format!("_{}", c.to_lowercase()) } else { c.into() });
        (spaced.collect::<String>().trim_start_matches('_').to_owned(), ())
    };
    names.map(snake).collect()
}

/// Has one of each kind, and each does all it can.
struct Everything;
/// Has a resource and an ephemeral resource that do no more than they must.
struct Bare;
/// Has nothing but a name.
struct Nothing;

/// Nothing to configure.
#[derive(Clone, Model)]
struct Settings {}

/// A thing.
#[derive(Clone, Default, Model)]
struct Thing {
    /// Its id.
    #[attr(computed, keep_when_unknown)]
    id: Value<String>,
    /// Its name.
    #[attr(optional)]
    name: Value<String>,
}

/// What tells a thing from others.
#[derive(Clone, Model)]
struct ThingIdentity {
    /// Its id.
    #[attr(required)]
    id: Value<String>,
}

/// What is written on a sheet, of a data source, an ephemeral resource, an action, or a list.
#[derive(Clone, Model)]
struct Sheet {
    /// Its name.
    #[attr(optional)]
    name: Value<String>,
}

/// Joins texts.
#[derive(Clone, Model)]
struct Join {
    /// The texts.
    #[attr(required, variadic)]
    texts: Value<Vec<String>>,
}

macro_rules! provider {
    ($provider:ident { $($more:tt)* }) => {
        #[async_trait]
        impl Provider for $provider {
            type Config = Settings;
            type Api = $provider;
            const NAME: &'static str = "table";
            const ADDRESS: &'static str = "example/table";
            const VERSION: &'static str = "0.0.0";
            const LOG_CRATES: &'static [&'static str] = &[];

            fn configure(_: Settings, _: &Host, _: &mut Diagnostics) -> Result<$provider> {
                Ok($provider)
            }

            $($more)*
        }
    };
}

provider!(Everything {
    fn resources() -> Vec<ResourceType<Everything>> {
        vec![ResourceType::of::<Thing>().identified().moves_state().generates_config().into()]
    }

    fn data_sources() -> Vec<DataSourceType<Everything>> {
        vec![DataSourceType::of::<Sheet>()]
    }

    fn list_resources() -> Vec<ListResourceType<Everything>> {
        vec![ListResourceType::of::<Sheet>()]
    }

    fn actions() -> Vec<ActionType<Everything>> {
        vec![ActionType::of::<Sheet>()]
    }

    fn ephemeral_resources() -> Vec<EphemeralResourceType<Everything>> {
        vec![EphemeralResourceType::of::<Sheet>()]
    }

    fn functions() -> Vec<FunctionType> {
        vec![FunctionType::of::<Join>()]
    }
});

provider!(Bare {
    fn resources() -> Vec<ResourceType<Bare>> {
        vec![ResourceType::of::<Thing>().into()]
    }

    fn ephemeral_resources() -> Vec<EphemeralResourceType<Bare>> {
        vec![EphemeralResourceType::of::<Sheet>()]
    }
});

provider!(Nothing {});

macro_rules! thing {
    ($provider:ident { $($more:tt)* }) => {
        #[async_trait]
        impl Resource<$provider> for Thing {
            const NAME: &'static str = "table_thing";

            async fn create(_: &$provider, plan: Thing, _: &mut Context<Thing>) -> Result<Thing> {
                Ok(Thing { id: "t_1".into(), ..plan })
            }

            async fn read(_: &$provider, state: Thing, _: &mut Context<Thing>) -> Result<Option<Thing>> {
                Ok(Some(state))
            }

            async fn update(_: &$provider, _: Thing, plan: Thing, _: &mut Context<Thing>) -> Result<Thing> {
                Ok(plan)
            }

            async fn delete(_: &$provider, _: Thing, _: &mut Context<Thing>) -> Result<()> {
                Ok(())
            }

            $($more)*
        }
    };
}

thing!(Everything {
    async fn import(_: &Everything, id: &str, _: &mut Context<Thing>) -> Result<Thing> {
        Ok(Thing { id: id.into(), ..Thing::default() })
    }
});

thing!(Bare {});

#[async_trait]
impl Identified<Everything> for Thing {
    type Identity = ThingIdentity;

    fn identity(&self) -> Option<ThingIdentity> {
        Some(ThingIdentity { id: self.id.clone() })
    }

    async fn import_by_identity(_: &Everything, identity: ThingIdentity, _: &mut Context<Thing>) -> Result<Thing> {
        Ok(Thing { id: identity.id, ..Thing::default() })
    }
}

impl MoveState<Everything> for Thing {
    fn move_state(_: &MoveSource, _: &mut Context<Thing>) -> Result<Option<Thing>> {
        Ok(Some(Thing { id: "t_1".into(), ..Thing::default() }))
    }
}

impl GenerateConfig<Everything> for Thing {
    fn generate_config(_: &Thing, _: &mut Thing, _: &mut Diagnostics) {}
}

#[async_trait]
impl DataSource<Everything> for Sheet {
    const NAME: &'static str = "table_found";

    async fn read(_: &Everything, config: Sheet, _: &mut Context<Sheet>) -> Result<Sheet> {
        Ok(config)
    }
}

#[async_trait]
impl ListResource<Everything> for Sheet {
    type Resource = Thing;

    async fn list(_: &Everything, _: Sheet, results: &mut Results<Everything, Thing>) -> Result<()> {
        for id in ["t_1", "t_2"] {
            let _ = results.push(id, Thing { id: id.into(), ..Thing::default() }).await;
        }
        Ok(())
    }
}

#[async_trait]
impl Action<Everything> for Sheet {
    const NAME: &'static str = "table_ring";

    async fn invoke(_: &Everything, _: Sheet, progress: &mut Progress) -> Result<()> {
        progress.say("ringing").await;
        Ok(())
    }
}

#[async_trait]
impl EphemeralResource<Everything> for Sheet {
    const NAME: &'static str = "table_ticket";

    async fn open(_: &Everything, config: Sheet, ctx: &mut EphemeralContext) -> Result<Sheet> {
        ctx.renew_at(SystemTime::UNIX_EPOCH + Duration::from_secs(60));
        Ok(config)
    }

    async fn renew(_: &Everything, ctx: &mut EphemeralContext) -> Result<()> {
        ctx.renew_at(SystemTime::UNIX_EPOCH + Duration::from_secs(120));
        Ok(())
    }

    async fn close(_: &Everything, _: &mut EphemeralContext) -> Result<()> {
        Ok(())
    }
}

#[async_trait]
impl EphemeralResource<Bare> for Sheet {
    const NAME: &'static str = "table_ticket";

    async fn open(_: &Bare, config: Sheet, _: &mut EphemeralContext) -> Result<Sheet> {
        Ok(config)
    }
}

impl Function for Join {
    const NAME: &'static str = "join";
    type Return = Value<String>;

    fn call(self) -> Result<Value<String>, FunctionError> {
        Ok(self.texts.unwrap_or_default().concat().into())
    }
}

/// What a provider answers to each call, in words.
type Answers = BTreeMap<&'static str, String>;

/// Sends a request, and tells the error of the answer, or what else there is to tell of it.
macro_rules! ask {
    ($answers:ident, $provider:ident.$call:ident($($request:tt)*), $tell:expr) => {{
        let answer = patiently($provider.$call($($request)*)).await.unwrap().into_inner();
        let told = told(&answer.diagnostics, || $tell(&answer).to_owned());
        $answers.insert(stringify!($call), told);
    }};
}

/// The same with a request of no more than the type's name.
macro_rules! ask_by_name {
    ($answers:ident, $provider:ident.$call:ident($messages:ident, $name:literal), $tell:expr) => {{
        // Some requests have no other field.
        #[allow(clippy::needless_update)]
        let request = proto::$messages::Request { type_name: $name.to_owned(), ..Default::default() };
        ask!($answers, $provider.$call(request), $tell);
    }};
}

/// The title of the one error, which must name what is not known; otherwise what is told.
fn told(diagnostics: &[proto::Diagnostic], otherwise: impl FnOnce() -> String) -> String {
    match errors(diagnostics).as_slice() {
        [] => otherwise(),
        [error] => {
            let names = ["thing", "found", "ring", "ticket", "store"].map(|name| format!("\"table_{name}\""));
            let detail = &diagnostics[0].detail;
            assert!(!error.starts_with("Unknown") || names.iter().any(|name| detail.contains(name)), "{detail}");
            format!("error: {error}")
        }
        more => panic!("{more:?}"),
    }
}

fn value(value: Option<&proto::DynamicValue>) -> &'static str {
    match value {
        // Nil.
        Some(value) if value.msgpack == [0xc0] => "null",
        Some(_) => "a value",
        None => "no value",
    }
}

fn names<T>(names: &BTreeMap<String, T>) -> impl Iterator<Item = String> {
    names.keys().map(|name| name.replace("table_", ""))
}

async fn of<P: Provider>() -> Answers {
    let mut provider = host(Service(Arc::new(Server::<P>::new()))).await;
    let mut answers = Answers::new();
    of_the_provider(&mut provider, &mut answers).await;
    of_resources(&mut provider, &mut answers).await;
    of_identities(&mut provider, &mut answers).await;
    of_changes(&mut provider, &mut answers).await;
    of_sheets(&mut provider, &mut answers).await;
    of_streams(&mut provider, &mut answers).await;
    of_state_stores(&mut provider, &mut answers).await;
    answers
}

/// The calls that name no type, and that of a function.
async fn of_the_provider(provider: &mut ProviderClient<Channel>, answers: &mut Answers) {
    ask!(answers, provider.get_metadata(proto::get_metadata::Request {}), |answer: &proto::get_metadata::Response| {
        let names = answer.resources.iter().map(|one| &one.type_name);
        let names = names.chain(answer.data_sources.iter().map(|one| &one.type_name));
        let names = names.chain(answer.list_resources.iter().map(|one| &one.type_name));
        let names = names.chain(answer.actions.iter().map(|one| &one.type_name));
        let names = names.chain(answer.ephemeral_resources.iter().map(|one| &one.type_name));
        let names = names.chain(answer.functions.iter().map(|one| &one.name));
        names.map(|name| name.replace("table_", "")).collect::<Vec<_>>().join(" ")
    });
    let request = proto::get_provider_schema::Request {};
    ask!(answers, provider.get_provider_schema(request), |answer: &proto::get_provider_schema::Response| {
        let all = answer.provider.iter().map(|_| "provider".to_owned()).chain(names(&answer.resource_schemas));
        let all = all.chain(names(&answer.data_source_schemas)).chain(names(&answer.list_resource_schemas));
        let all = all.chain(names(&answer.action_schemas)).chain(names(&answer.ephemeral_resource_schemas));
        all.chain(names(&answer.functions)).collect::<Vec<_>>().join(" ")
    });
    let request = proto::get_resource_identity_schemas::Request {};
    type Identities = proto::get_resource_identity_schemas::Response;
    ask!(answers, provider.get_resource_identity_schemas(request), |answer: &Identities| names(
        &answer.identity_schemas
    )
    .collect::<Vec<_>>()
    .join(" "));
    let request = proto::get_functions::Request {};
    ask!(answers, provider.get_functions(request), |answer: &proto::get_functions::Response| names(&answer.functions)
        .collect::<Vec<_>>()
        .join(" "));

    let config = on_wire(&Dynamic::Map(BTreeMap::new()), &Settings::schema(0).value_type());
    let request = proto::validate_provider_config::Request { config: config.clone() };
    ask!(answers, provider.validate_provider_config(request), |_| "taken");
    let request = proto::configure_provider::Request { config, ..Default::default() };
    ask!(answers, provider.configure_provider(request), |_| "taken");

    let answer = patiently(provider.stop_provider(proto::stop_provider::Request {})).await.unwrap().into_inner();
    answers.insert("stop_provider", if answer.error.is_empty() { "stopped".to_owned() } else { answer.error });

    let request = proto::call_function::Request { name: "join".to_owned(), arguments: Vec::new() };
    let answer = patiently(provider.call_function(request)).await.unwrap().into_inner();
    let told = match (answer.result, answer.error) {
        (Some(_), None) => "a result".to_owned(),
        (None, Some(error)) => {
            let (first, _) = error.text.split_once('.').unwrap();
            format!("error: {first}")
        }
        other => panic!("{other:?}"),
    };
    answers.insert("call_function", told);
}

/// What is asked of a state.
async fn of_resources(provider: &mut ProviderClient<Channel>, answers: &mut Answers) {
    let type_name = || "table_thing".to_owned();
    let raw = |json: &str| Some(proto::RawState { json: json.as_bytes().to_vec(), ..Default::default() });

    let request = proto::validate_resource_config::Request {
        type_name: type_name(),
        config: thing(Dynamic::Null),
        client_capabilities: None,
    };
    ask!(answers, provider.validate_resource_config(request), |_| "taken");
    let raw_state = raw("{\"id\":\"t_1\"}");
    let request = proto::upgrade_resource_state::Request { type_name: type_name(), version: 0, raw_state };
    type Upgraded = proto::upgrade_resource_state::Response;
    ask!(answers, provider.upgrade_resource_state(request), |answer: &Upgraded| value(answer.upgraded_state.as_ref()));
    let current_state = thing("t_1".into());
    let request = proto::read_resource::Request { type_name: type_name(), current_state, ..Default::default() };
    type Read = proto::read_resource::Response;
    ask!(answers, provider.read_resource(request), |answer: &Read| value(answer.new_state.as_ref()));
    let id = "t_1".to_owned();
    let request = proto::import_resource_state::Request { type_name: type_name(), id, ..Default::default() };
    type Imported = proto::import_resource_state::Response;
    let tell = |answer: &Imported| match answer.imported_resources.as_slice() {
        [one] if one.identity.is_some() => "an object and its identity",
        [_] => "an object",
        _ => "no object, or several",
    };
    ask!(answers, provider.import_resource_state(request), tell);
    let request = proto::move_resource_state::Request {
        target_type_name: type_name(),
        source_type_name: "other".to_owned(),
        source_state: raw("{}"),
        ..Default::default()
    };
    type Moved = proto::move_resource_state::Response;
    ask!(answers, provider.move_resource_state(request), |answer: &Moved| value(answer.target_state.as_ref()));
    let request = proto::generate_resource_config::Request { type_name: type_name(), state: thing("t_1".into()) };
    type Generated = proto::generate_resource_config::Response;
    ask!(answers, provider.generate_resource_config(request), |answer: &Generated| value(answer.config.as_ref()));
}

async fn of_changes(provider: &mut ProviderClient<Channel>, answers: &mut Answers) {
    let null = on_wire(&Dynamic::Null, &Thing::schema(0).value_type());
    let create = proto::plan_resource_change::Request {
        type_name: "table_thing".to_owned(),
        prior_state: null.clone(),
        proposed_new_state: thing(Dynamic::Null),
        config: thing(Dynamic::Null),
        ..Default::default()
    };
    type Planned = proto::plan_resource_change::Response;
    let planned = |answer: &Planned| value(answer.planned_state.as_ref());
    ask!(answers, provider.plan_resource_change(create.clone()), planned);
    let destroy = proto::plan_resource_change::Request {
        prior_state: thing("t_1".into()),
        proposed_new_state: null.clone(),
        config: null.clone(),
        ..create
    };
    let answer = patiently(provider.plan_resource_change(destroy)).await.unwrap().into_inner();
    // Not even of an unknown type is anything left.
    assert!(matches!(planned(&answer), "null" | "no value"));
    let request = proto::apply_resource_change::Request {
        type_name: "table_thing".to_owned(),
        prior_state: null,
        planned_state: thing(Dynamic::Unknown),
        config: thing(Dynamic::Null),
        ..Default::default()
    };
    type Applied = proto::apply_resource_change::Response;
    ask!(answers, provider.apply_resource_change(request), |answer: &Applied| value(answer.new_state.as_ref()));
}

fn thing(id: Dynamic) -> Option<proto::DynamicValue> {
    on_wire(&Dynamic::map([("id", id), ("name", "one".into())]), &Thing::schema(0).value_type())
}

async fn of_identities(provider: &mut ProviderClient<Channel>, answers: &mut Answers) {
    let request = |raw_identity| proto::upgrade_resource_identity::Request {
        type_name: "table_thing".to_owned(),
        version: 0,
        raw_identity,
    };
    for nothing in [None, Some(proto::RawState::default())] {
        let answer = patiently(provider.upgrade_resource_identity(request(nothing))).await.unwrap().into_inner();
        assert!(answer.upgraded_identity.is_none() && answer.diagnostics.is_empty());
    }
    let stored = proto::RawState { json: b"{\"id\":\"t_1\"}".to_vec(), ..Default::default() };
    type Upgraded = proto::upgrade_resource_identity::Response;
    ask!(answers, provider.upgrade_resource_identity(request(Some(stored))), |answer: &Upgraded| {
        if answer.upgraded_identity.is_some() { "an identity" } else { "none" }
    });
}

/// Data sources, ephemeral resources, and what comes before lists and actions.
async fn of_sheets(provider: &mut ProviderClient<Channel>, answers: &mut Answers) {
    let config = || on_wire(&Dynamic::map([("name", "one")]), &Sheet::schema(0).value_type());

    let request =
        proto::validate_data_resource_config::Request { type_name: "table_found".to_owned(), config: config() };
    ask!(answers, provider.validate_data_resource_config(request), |_| "taken");
    let request = proto::read_data_source::Request {
        type_name: "table_found".to_owned(),
        config: config(),
        ..Default::default()
    };
    type Found = proto::read_data_source::Response;
    ask!(answers, provider.read_data_source(request), |answer: &Found| value(answer.state.as_ref()));

    let request =
        proto::validate_ephemeral_resource_config::Request { type_name: "table_ticket".to_owned(), config: config() };
    ask!(answers, provider.validate_ephemeral_resource_config(request), |_| "taken");
    let request = proto::open_ephemeral_resource::Request {
        type_name: "table_ticket".to_owned(),
        config: config(),
        client_capabilities: None,
    };
    ask!(answers, provider.open_ephemeral_resource(request), |answer: &proto::open_ephemeral_resource::Response| {
        let renewed = if answer.renew_at.is_some() { ", to be renewed" } else { "" };
        format!("{}{renewed}", value(answer.result.as_ref()))
    });
    let tell = |answer: &proto::renew_ephemeral_resource::Response| match answer.renew_at {
        Some(_) => "to be renewed again",
        None => "renewed",
    };
    ask_by_name!(answers, provider.renew_ephemeral_resource(renew_ephemeral_resource, "table_ticket"), tell);
    ask_by_name!(answers, provider.close_ephemeral_resource(close_ephemeral_resource, "table_ticket"), |_| "closed");

    let request = proto::validate_list_resource_config::Request {
        type_name: "table_thing".to_owned(),
        config: config(),
        ..Default::default()
    };
    ask!(answers, provider.validate_list_resource_config(request), |_| "taken");
    let request = proto::validate_action_config::Request { type_name: "table_ring".to_owned(), config: config() };
    ask!(answers, provider.validate_action_config(request), |_| "taken");
    let request = proto::plan_action::Request {
        action_type: "table_ring".to_owned(),
        config: config(),
        client_capabilities: None,
    };
    ask!(answers, provider.plan_action(request), |_| "taken");
}

async fn of_streams(provider: &mut ProviderClient<Channel>, answers: &mut Answers) {
    let config = || on_wire(&Dynamic::map([("name", "one")]), &Sheet::schema(0).value_type());

    let request = proto::list_resource::Request {
        type_name: "table_thing".to_owned(),
        config: config(),
        include_resource_object: false,
        limit: 100,
    };
    let mut events = patiently(provider.list_resource(request)).await.unwrap().into_inner();
    let events = rest(&mut events).await;
    let (said, identified) = (events.iter().flat_map(|event| event.diagnostic.clone()), events.iter());
    let identified = identified.filter(|event| event.identity.is_some()).count();
    let told_of_list = told(&said.collect::<Vec<_>>(), || format!("{identified} results"));
    answers.insert("list_resource", told_of_list);

    let request = proto::invoke_action::Request {
        action_type: "table_ring".to_owned(),
        config: config(),
        client_capabilities: None,
    };
    let mut events = patiently(provider.invoke_action(request)).await.unwrap().into_inner();
    let mut events = rest(&mut events).await;
    // Without the end it would read as a success.
    let Some(Event::Completed(end)) = events.pop().and_then(|event| event.r#type) else { panic!("no end") };
    assert!(events.iter().all(|event| matches!(event.r#type, Some(Event::Progress(_)))));
    answers.insert("invoke_action", told(&end.diagnostics, || format!("{} progress, then the end", events.len())));
}

async fn of_state_stores(provider: &mut ProviderClient<Channel>, answers: &mut Answers) {
    ask_by_name!(answers, provider.validate_state_store_config(validate_state_store, "table_store"), |_| "taken");
    ask_by_name!(answers, provider.configure_state_store(configure_state_store, "table_store"), |_| "taken");
    ask_by_name!(answers, provider.lock_state(lock_state, "table_store"), |_| "locked");
    ask_by_name!(answers, provider.unlock_state(unlock_state, "table_store"), |_| "unlocked");
    ask_by_name!(answers, provider.get_states(get_states, "table_store"), |_| "states");
    ask_by_name!(answers, provider.delete_state(delete_state, "table_store"), |_| "deleted");

    let request = proto::read_state_bytes::Request { type_name: "table_store".to_owned(), ..Default::default() };
    let mut chunks = patiently(provider.read_state_bytes(request)).await.unwrap().into_inner();
    let chunks = rest(&mut chunks).await;
    // Terraform reads the range of every chunk, and crashes where there is none.
    assert!(chunks.len() == 1 && chunks[0].range.is_some());
    answers.insert("read_state_bytes", told(&chunks[0].diagnostics, || "bytes".to_owned()));

    let meta = Some(proto::RequestChunkMeta { type_name: "table_store".to_owned(), ..Default::default() });
    let first = proto::write_state_bytes::RequestChunk { meta, bytes: vec![1; 1000], ..Default::default() };
    let more = proto::write_state_bytes::RequestChunk { bytes: vec![2; 1000], ..Default::default() };
    ask!(answers, provider.write_state_bytes(tokio_stream::iter([first, more])), |_| "written");
}
