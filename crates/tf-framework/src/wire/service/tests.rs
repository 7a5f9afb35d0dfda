//! What resources are able to do beside their operations, asked for as Terraform does, in this process.

use std::{sync::Arc, time::Duration};

use serde_json::json;
use tonic::Request;

use super::Service;
use crate::{
    Context, DataSource, DataSourceType, DeferredReason, Diagnostics, GenerateConfig, Host, Identified, Model,
    MoveSource, MoveState, Path, Plan, Provider, Resource, ResourceType, Result, Timeouts, Value, async_trait,
    model::Element,
    server::Server,
    types::Type,
    value::Dynamic,
    wire::{
        convert::{value_from_wire, value_to_wire},
        generated::tfplugin6::{self as proto, provider_server::Provider as _},
    },
};

/// A provider of one kind of note.
struct Notes;

/// The provider block.
#[derive(Clone, Model)]
struct Settings {
    /// Address of the service.
    #[attr(optional)]
    address: Value<String>,
}

#[async_trait]
impl Provider for Notes {
    type Config = Settings;
    type Api = ();

    const NAME: &'static str = "notes";
    const ADDRESS: &'static str = "example/notes";
    const VERSION: &'static str = "0.0.0";
    const LOG_CRATES: &'static [&'static str] = &[];

    fn configure(config: Settings, host: &Host, _: &mut Diagnostics) -> Result<()> {
        if config.address.is_unknown() {
            host.defer(DeferredReason::ProviderConfigUnknown)?;
        }
        Ok(())
    }

    fn resources() -> Vec<ResourceType<()>> {
        vec![
            ResourceType::of::<Note>().identified().moves_state().generates_config().into(),
            ResourceType::of::<Eager>().into(),
        ]
    }

    fn data_sources() -> Vec<DataSourceType<()>> {
        vec![DataSourceType::of::<Found>()]
    }
}

/// A note.
#[derive(Clone, Debug, Default, Model)]
struct Note {
    /// Id of the note.
    #[attr(computed, keep_when_unknown)]
    id: Value<String>,
    /// What it says.
    #[attr(required)]
    text: Value<String>,
    /// What else there is to say, as JSON.
    #[attr(optional, json)]
    settings: Value<String>,
    /// When the service touched it last.
    #[attr(computed)]
    touched: Value<String>,
    /// Another way to write `text`.
    #[attr(optional_computed)]
    short: Value<String>,
    /// How long operations may take.
    #[attr(optional)]
    timeouts: Value<Timeouts>,
}

impl Note {
    /// As the service tells it, which writes JSON in its own way.
    fn told(self) -> Note {
        Note {
            id: "n_1".into(),
            touched: "monday".into(),
            short: self.text.clone(),
            settings: self.settings.map(|settings| settings.replace(' ', "").replace(':', " :  ")),
            ..self
        }
    }
}

#[async_trait]
impl Resource<()> for Note {
    const NAME: &'static str = "notes_note";

    fn modify_plan(_: Option<&()>, plan: &mut Plan<Note>) {
        let later = plan.config().is_some_and(|config| config.text.as_deref() == Some("later"));
        if later {
            plan.defer(DeferredReason::ResourceConfigUnknown);
        }
    }

    async fn create(_: &(), plan: Note, ctx: &mut Context<Note>) -> Result<Note> {
        if plan.text.as_deref() == Some("never") {
            ctx.defer(DeferredReason::AbsentPrerequisite)?;
        }
        Ok(plan.told())
    }

    async fn read(_: &(), state: Note, ctx: &mut Context<Note>) -> Result<Option<Note>> {
        if state.text.as_deref() == Some("later") {
            ctx.defer(DeferredReason::AbsentPrerequisite)?;
            return Ok(Some(Note { touched: Value::Unknown, id: Value::Unknown, ..state }));
        }
        Ok(Some(state.told()))
    }

    async fn update(_: &(), _: Note, plan: Note, _: &mut Context<Note>) -> Result<Note> {
        Ok(plan.told())
    }

    async fn delete(_: &(), _: Note, _: &mut Context<Note>) -> Result<()> {
        Ok(())
    }

    async fn import(_: &(), id: &str, ctx: &mut Context<Note>) -> Result<Note> {
        if id == "later" {
            ctx.defer(DeferredReason::AbsentPrerequisite)?;
            return Ok(Note { id: Value::Unknown, ..Note::default() });
        }
        Ok(Note { id: id.into(), ..Note::default() })
    }
}

/// What tells a note from others.
#[derive(Clone, Model)]
struct NoteIdentity {
    /// Id of the note.
    #[attr(required)]
    id: Value<String>,
}

#[async_trait]
impl Identified<()> for Note {
    type Identity = NoteIdentity;

    fn identity(&self) -> Option<NoteIdentity> {
        Some(NoteIdentity { id: self.id.clone() })
    }

    async fn import_by_identity(_: &(), identity: NoteIdentity, _: &mut Context<Note>) -> Result<Note> {
        Ok(Note { id: identity.id, ..Note::default() })
    }
}

/// What is needed of an older kind of note.
#[derive(Clone, Model)]
struct Memo {
    /// Number of the memo.
    #[attr(computed)]
    number: Value<i64>,
    /// What it says.
    #[attr(required)]
    words: Value<String>,
}

impl MoveState<()> for Note {
    fn move_state(source: &MoveSource, ctx: &mut Context<Note>) -> Result<Option<Note>> {
        if source.is("example/notes", "notes_memo") {
            let memo: Memo = source.read()?;
            ctx.private().set("was_memo", true);
            let id = memo.number.map(|number| format!("n_{number}"));
            return Ok(Some(Note { id, text: memo.words, ..Note::default() }));
        }
        if source.is("other/other", "other_thing") {
            assert_eq!(source.schema_version(), 3);
            assert_eq!(source.private_bytes(), b"foreign");
            assert_eq!(source.private(), crate::Private::default());
            let id = source.identity().and_then(|(identity, _)| identity["key"].as_str()).unwrap_or("none");
            let text = source.state()["text"].as_str().unwrap_or("none");
            return Ok(Some(Note { id: id.into(), text: text.into(), ..Note::default() }));
        }
        Ok(None)
    }
}

impl GenerateConfig<()> for Note {
    fn generate_config(state: &Note, config: &mut Note, diagnostics: &mut Diagnostics) {
        if state.short == state.text {
            config.short = Value::Null;
        }
        diagnostics.warn("A note is short", "It may be longer.");
    }
}

/// A resource that plans whatever the provider knows.
#[derive(Clone, Model)]
struct Eager {
    /// Anything.
    #[attr(computed)]
    made: Value<String>,
}

#[async_trait]
impl Resource<()> for Eager {
    const NAME: &'static str = "notes_eager";
    const PLANS_WHILE_DEFERRED: bool = true;

    fn modify_plan(_: Option<&()>, plan: &mut Plan<Eager>) {
        plan.set::<Value<String>>("made", "here".into());
    }

    async fn create(_: &(), plan: Eager, _: &mut Context<Eager>) -> Result<Eager> {
        Ok(plan)
    }

    async fn read(_: &(), state: Eager, _: &mut Context<Eager>) -> Result<Option<Eager>> {
        Ok(Some(state))
    }

    async fn update(_: &(), _: Eager, plan: Eager, _: &mut Context<Eager>) -> Result<Eager> {
        Ok(plan)
    }

    async fn delete(_: &(), _: Eager, _: &mut Context<Eager>) -> Result<()> {
        Ok(())
    }
}

/// A note that somebody else wrote.
#[derive(Clone, Model)]
struct Found {
    /// What to look for.
    #[attr(required, json)]
    filter: Value<String>,
    /// What it says.
    #[attr(computed)]
    text: Value<String>,
}

#[async_trait]
impl DataSource<()> for Found {
    const NAME: &'static str = "notes_found";

    async fn read(_: &(), config: Found, ctx: &mut Context<Found>) -> Result<Found> {
        if config.filter.as_deref() == Some("\"later\"") {
            ctx.defer(DeferredReason::AbsentPrerequisite)?;
            return Ok(Found { text: Value::Unknown, ..config });
        }
        Ok(Found { filter: config.filter.map(|filter| format!(" {filter} ")), text: "found".into() })
    }
}

const NOTE: &str = "notes_note";

fn service() -> Service<Notes> {
    Service(Arc::new(Server::new()))
}

/// A provider that Terraform configured with this address, and whether it took "not yet" for an answer; the errors.
async fn configured(address: Dynamic, deferral_allowed: bool) -> (Service<Notes>, Vec<String>) {
    let service = service();
    let block = Dynamic::map([("address", address)]);
    let config = value_to_wire(&block, &Settings::schema(0).value_type()).unwrap();
    let request = proto::configure_provider::Request {
        config: Some(config),
        client_capabilities: client(deferral_allowed),
        ..Default::default()
    };
    let answer = service.configure_provider(Request::new(request)).await.unwrap().into_inner();
    (service, texts(&answer.diagnostics))
}

async fn ready() -> Service<Notes> {
    configured(Dynamic::Null, false).await.0
}

fn client(deferral_allowed: bool) -> Option<proto::ClientCapabilities> {
    Some(proto::ClientCapabilities { deferral_allowed, ..Default::default() })
}

fn texts(diagnostics: &[proto::Diagnostic]) -> Vec<String> {
    diagnostics.iter().map(|one| format!("{}: {}", one.summary, one.detail)).collect()
}

fn note_type() -> Type {
    Note::schema(0).value_type()
}

fn note(note: Note) -> Option<proto::DynamicValue> {
    Some(value_to_wire(&note.into_known(), &note_type()).unwrap())
}

fn read_note(value: Option<&proto::DynamicValue>) -> Note {
    Note::from_known(value_from_wire(value, &note_type()).unwrap(), &Path::root()).unwrap()
}

fn state(text: &str) -> Note {
    Note { text: text.into(), ..Note::default() }.told()
}

fn reason(deferred: Option<proto::Deferred>) -> i32 {
    deferred.map_or(0, |deferred| deferred.reason)
}

fn raw(json: &serde_json::Value) -> Option<proto::RawState> {
    Some(proto::RawState { json: json.to_string().into_bytes(), ..Default::default() })
}

async fn moved(request: proto::move_resource_state::Request) -> proto::move_resource_state::Response {
    // Nobody configured this provider, as Terraform doesn't before a move.
    service().move_resource_state(Request::new(request)).await.unwrap().into_inner()
}

fn memo(state: Option<proto::RawState>) -> proto::move_resource_state::Request {
    proto::move_resource_state::Request {
        source_provider_address: "registry.opentofu.org/example/notes".to_owned(),
        source_type_name: "notes_memo".to_owned(),
        source_state: state,
        target_type_name: NOTE.to_owned(),
        ..Default::default()
    }
}

#[tokio::test]
async fn an_object_of_another_type_goes_on_with_state_identity_and_private_state() {
    let answer = moved(memo(raw(&json!({ "number": 7, "words": "hello", "more": [] })))).await;
    assert_eq!(texts(&answer.diagnostics), Vec::<String>::new());
    let note = read_note(answer.target_state.as_ref());
    assert_eq!((note.id.as_deref(), note.text.as_deref()), (Some("n_7"), Some("hello")));
    assert!(note.touched.is_null(), "what isn't known yet is left to the read");
    assert_eq!(answer.target_private, br#"{"was_memo":"dHJ1ZQ=="}"#);
    let identity = answer.target_identity.and_then(|identity| identity.identity_data);
    let identity = value_from_wire(identity.as_ref(), &NoteIdentity::schema(0).value_type()).unwrap();
    assert_eq!(identity, Dynamic::map([("id", "n_7")]));
}

#[tokio::test]
async fn one_resource_takes_over_from_several_sources() {
    let answer = moved(proto::move_resource_state::Request {
        source_provider_address: "registry.terraform.io/other/other".to_owned(),
        source_type_name: "other_thing".to_owned(),
        source_schema_version: 3,
        source_private: b"foreign".to_vec(),
        source_identity: raw(&json!({ "key": "k" })),
        ..memo(raw(&json!({ "text": "hello" })))
    })
    .await;
    assert_eq!(texts(&answer.diagnostics), Vec::<String>::new());
    let note = read_note(answer.target_state.as_ref());
    assert_eq!((note.id.as_deref(), note.text.as_deref()), (Some("k"), Some("hello")));
    assert_eq!(answer.target_private, b"");
}

#[tokio::test]
async fn an_object_that_nothing_takes_over_is_an_error_that_names_both_types() {
    let state = raw(&json!({ "words": "hello" }));
    let other_type =
        proto::move_resource_state::Request { source_type_name: "notes_x".to_owned(), ..memo(state.clone()) };
    let to_other_type =
        proto::move_resource_state::Request { target_type_name: "notes_eager".to_owned(), ..memo(state.clone()) };
    let of_other_provider = proto::move_resource_state::Request {
        source_provider_address: "registry.opentofu.org/else/notes".to_owned(),
        ..memo(state)
    };
    for request in [other_type, to_other_type, of_other_provider] {
        let names = [request.target_type_name.clone(), request.source_type_name.clone(), "/notes".to_owned()];
        let answer = moved(request).await;
        assert!(answer.target_state.is_none(), "a missing state needs its error");
        let [error] = texts(&answer.diagnostics).try_into().unwrap();
        assert!(names.iter().all(|name| error.contains(name)), "{error}");
    }
}

#[tokio::test]
async fn a_state_that_cannot_be_read_is_an_error_of_the_move() {
    let flatmap = proto::RawState { flatmap: [("words".to_owned(), "hello".to_owned())].into(), ..Default::default() };
    let not_json = proto::RawState { json: b"{".to_vec(), ..Default::default() };
    for (state, problem) in [
        (Some(flatmap), "Terraform 0.11 or older"),
        (Some(not_json), "can't be read: EOF"),
        (raw(&json!(null)), "can't be read: there is none"),
        (None, "can't be read: there is none"),
        (raw(&json!({ "number": "seven", "words": "hello" })), "can't be read: number: not a decimal number"),
        (raw(&json!({ "number": 1.5, "words": "hello" })), "can't be read: `number` must be a whole number"),
        (raw(&json!([])), "can't be read: object("),
    ] {
        let answer = moved(memo(state)).await;
        assert!(answer.target_state.is_none());
        let [error] = texts(&answer.diagnostics).try_into().unwrap();
        assert!(error.contains(problem) && error.contains("notes_memo"), "{error}");
    }
}

#[tokio::test]
async fn a_resource_revises_its_generated_configuration() {
    let request = proto::generate_resource_config::Request { type_name: NOTE.to_owned(), state: note(state("hello")) };
    let answer = service().generate_resource_config(Request::new(request)).await.unwrap().into_inner();
    let config = read_note(answer.config.as_ref());
    assert_eq!(config.text.as_deref(), Some("hello"));
    assert!(config.id.is_null() && config.touched.is_null() && config.short.is_null());
    assert_eq!(texts(&answer.diagnostics), ["A note is short: It may be longer."]);
}

fn plan_of(config: Note, deferral_allowed: bool) -> proto::plan_resource_change::Request {
    proto::plan_resource_change::Request {
        type_name: NOTE.to_owned(),
        prior_state: Some(value_to_wire(&Dynamic::Null, &note_type()).unwrap()),
        proposed_new_state: note(config.clone()),
        config: note(config),
        prior_private: b"{}".to_vec(),
        client_capabilities: client(deferral_allowed),
        ..Default::default()
    }
}

fn configuration(text: &str) -> Note {
    Note { text: text.into(), ..Note::default() }
}

#[tokio::test]
async fn an_operation_that_may_wait_is_deferred_with_its_reason() {
    let service = ready().await;
    let plan = plan_of(configuration("later"), true);
    let planned = service.plan_resource_change(Request::new(plan)).await.unwrap().into_inner();
    assert_eq!(texts(&planned.diagnostics), Vec::<String>::new());
    assert_eq!(reason(planned.deferred), 1);
    assert!(read_note(planned.planned_state.as_ref()).id.is_unknown(), "it is planned as far as it is known");

    let current_identity = Some(proto::ResourceIdentityData {
        identity_data: Some(
            value_to_wire(&Dynamic::map([("id", "n_1")]), &NoteIdentity::schema(0).value_type()).unwrap(),
        ),
    });
    let read = proto::read_resource::Request {
        type_name: NOTE.to_owned(),
        current_state: note(state("later")),
        current_identity: current_identity.clone(),
        client_capabilities: client(true),
        ..Default::default()
    };
    let read = service.read_resource(Request::new(read)).await.unwrap().into_inner();
    assert_eq!((texts(&read.diagnostics), reason(read.deferred)), (Vec::new(), 3));
    assert!(read_note(read.new_state.as_ref()).touched.is_unknown());
    assert_eq!(read.new_identity, current_identity);

    let import = proto::import_resource_state::Request {
        type_name: NOTE.to_owned(),
        id: "later".to_owned(),
        client_capabilities: client(true),
        ..Default::default()
    };
    let import = service.import_resource_state(Request::new(import)).await.unwrap().into_inner();
    assert_eq!((texts(&import.diagnostics), reason(import.deferred)), (Vec::new(), 3));
    assert!(read_note(import.imported_resources[0].state.as_ref()).id.is_unknown());

    let (answer, _) = found(&service, "\"later\"", true).await;
    assert_eq!((texts(&answer.diagnostics), reason(answer.deferred)), (Vec::new(), 3));
}

async fn found(
    service: &Service<Notes>,
    filter: &str,
    deferral_allowed: bool,
) -> (proto::read_data_source::Response, Dynamic) {
    let ty = Found::schema(0).value_type();
    let config = Dynamic::map([("filter", Dynamic::from(filter)), ("text", Dynamic::Null)]);
    let request = proto::read_data_source::Request {
        type_name: "notes_found".to_owned(),
        config: Some(value_to_wire(&config, &ty).unwrap()),
        client_capabilities: client(deferral_allowed),
        ..Default::default()
    };
    let answer = service.read_data_source(Request::new(request)).await.unwrap().into_inner();
    let state = value_from_wire(answer.state.as_ref(), &ty).unwrap();
    (answer, state)
}

#[tokio::test]
async fn an_operation_that_may_not_wait_fails_and_says_what_for() {
    let service = ready().await;
    let plan = plan_of(configuration("later"), false);
    let planned = service.plan_resource_change(Request::new(plan)).await.unwrap().into_inner();
    let read = proto::read_resource::Request {
        type_name: NOTE.to_owned(),
        current_state: note(state("later")),
        ..Default::default()
    };
    let read = service.read_resource(Request::new(read)).await.unwrap().into_inner();
    assert_eq!(read.new_state, note(state("later")), "the object stays");
    let import = proto::import_resource_state::Request {
        type_name: NOTE.to_owned(),
        id: "later".to_owned(),
        ..Default::default()
    };
    let import = service.import_resource_state(Request::new(import)).await.unwrap().into_inner();
    let (answer, _) = found(&service, "\"later\"", false).await;
    let create = proto::apply_resource_change::Request {
        type_name: NOTE.to_owned(),
        planned_state: note(configuration("never")),
        config: note(configuration("never")),
        ..Default::default()
    };
    let create = service.apply_resource_change(Request::new(create)).await.unwrap().into_inner();

    let own = "part of its configuration is known only after an apply";
    let other = "something that it needs does not exist yet";
    for (deferred, said, subject, cause) in [
        (planned.deferred, planned.diagnostics, "The plan of a notes_note", own),
        (read.deferred, read.diagnostics, "The read of a notes_note", other),
        (import.deferred, import.diagnostics, "The import of a notes_note", other),
        (answer.deferred, answer.diagnostics, "The read of a notes_found", other),
        (None, create.diagnostics, "This change", other),
    ] {
        assert_eq!(deferred, None);
        let [error] = texts(&said).try_into().unwrap();
        assert!(error.starts_with(&format!("Not possible yet: {subject} has to wait, because {cause}")), "{error}");
    }
}

#[tokio::test]
async fn a_provider_that_waits_defers_everything() {
    let (service, errors) = configured(Dynamic::Unknown, true).await;
    assert_eq!(errors, Vec::<String>::new());
    let request = plan_of(configuration("hello"), true);
    let planned = service.plan_resource_change(Request::new(request.clone())).await.unwrap().into_inner();
    assert_eq!((reason(planned.deferred), planned.planned_state), (2, request.proposed_new_state));
    assert_eq!(planned.planned_private, request.prior_private);

    let request = proto::read_resource::Request {
        type_name: NOTE.to_owned(),
        current_state: note(state("hello")),
        private: b"{}".to_vec(),
        client_capabilities: client(true),
        ..Default::default()
    };
    let read = service.read_resource(Request::new(request.clone())).await.unwrap().into_inner();
    assert_eq!((reason(read.deferred), read.new_state, read.private), (2, request.current_state, request.private));

    let request = proto::import_resource_state::Request {
        type_name: NOTE.to_owned(),
        id: "n_1".to_owned(),
        client_capabilities: client(true),
        ..Default::default()
    };
    let import = service.import_resource_state(Request::new(request)).await.unwrap().into_inner();
    let state = value_from_wire(import.imported_resources[0].state.as_ref(), &note_type()).unwrap();
    assert_eq!((reason(import.deferred), state), (2, Dynamic::Unknown));

    let (answer, state) = found(&service, "{}", true).await;
    assert_eq!((reason(answer.deferred), state), (2, Dynamic::Unknown));
}

#[tokio::test]
async fn a_resource_may_plan_while_its_provider_waits() {
    let (service, _) = configured(Dynamic::Unknown, true).await;
    let ty = Eager::schema(0).value_type();
    let config = Some(value_to_wire(&Dynamic::map([("made", Dynamic::Null)]), &ty).unwrap());
    let request = proto::plan_resource_change::Request {
        type_name: "notes_eager".to_owned(),
        proposed_new_state: config.clone(),
        config,
        client_capabilities: client(true),
        ..Default::default()
    };
    let planned = service.plan_resource_change(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(reason(planned.deferred), 2);
    let state = value_from_wire(planned.planned_state.as_ref(), &ty).unwrap();
    assert_eq!(state, Dynamic::map([("made", "here")]));
}

#[tokio::test]
async fn a_provider_that_may_not_wait_fails_at_once() {
    let (service, errors) = configured(Dynamic::Unknown, false).await;
    let [error] = errors.try_into().unwrap();
    assert!(error.starts_with("Not possible yet: The provider has to wait, because part of the provider's"), "{error}");
    let (answer, _) = found(&service, "{}", false).await;
    assert_eq!((answer.deferred, answer.diagnostics[0].summary.as_str()), (None, "The provider is not configured"));

    // One that could wait when it was configured is still not answered where a single call can't.
    let (service, _) = configured(Dynamic::Unknown, true).await;
    let (answer, _) = found(&service, "{}", false).await;
    assert_eq!(answer.deferred, None);
    let [error] = texts(&answer.diagnostics).try_into().unwrap();
    assert!(error.contains("The read of a notes_found has to wait"), "{error}");
}

const SETTINGS: &str = r#"{"a": 1, "b": true}"#;
const SPACED: &str = r#"{ "b":true, "a":1.0 }"#;

#[tokio::test]
async fn what_the_service_writes_differently_is_no_change() {
    let service = ready().await;
    let planned = Note { settings: SETTINGS.into(), ..configuration("hello") };
    let create = proto::apply_resource_change::Request {
        type_name: NOTE.to_owned(),
        planned_state: note(planned.clone()),
        config: note(planned),
        ..Default::default()
    };
    let made = service.apply_resource_change(Request::new(create)).await.unwrap().into_inner();
    assert_eq!(read_note(made.new_state.as_ref()).settings.as_deref(), Some(SETTINGS));
    let read = proto::read_resource::Request {
        type_name: NOTE.to_owned(),
        current_state: made.new_state.clone(),
        current_identity: made.new_identity.clone(),
        ..Default::default()
    };
    let read = service.read_resource(Request::new(read)).await.unwrap().into_inner();
    assert_eq!(read.new_state, made.new_state);
    let (_, state) = found(&service, "{}", false).await;
    assert_eq!(state, Dynamic::map([("filter", "{}"), ("text", "found")]));
}

/// Plans `config` against an object that was made with [`SETTINGS`].
async fn replanned(config: Note) -> Note {
    let prior = Note { settings: SETTINGS.into(), ..state("hello") };
    // Terraform's merge of both.
    let proposed = Note { id: "n_1".into(), touched: "monday".into(), short: prior.short.clone(), ..config.clone() };
    let request = proto::plan_resource_change::Request {
        prior_state: note(prior),
        proposed_new_state: note(proposed),
        ..plan_of(config, false)
    };
    let planned = ready().await.plan_resource_change(Request::new(request)).await.unwrap().into_inner();
    assert_eq!(texts(&planned.diagnostics), Vec::<String>::new());
    read_note(planned.planned_state.as_ref())
}

#[tokio::test]
async fn a_configuration_that_is_only_written_differently_plans_nothing() {
    let planned = replanned(Note { settings: SPACED.into(), ..configuration("hello") }).await;
    assert_eq!(planned.settings.as_deref(), Some(SETTINGS));
    assert_eq!(planned.touched.as_deref(), Some("monday"), "nothing is to be learned from an update");
    let planned = replanned(Note { settings: "{}".into(), ..configuration("hello") }).await;
    assert_eq!(planned.settings.as_deref(), Some("{}"));
    assert!(planned.touched.is_unknown());
}

#[tokio::test]
async fn timeouts_stay_through_a_read_and_a_bad_one_is_an_error_at_its_place() {
    let service = ready().await;
    let timeouts = Timeouts { create: "1h30m".parse().ok().into(), ..Timeouts::default() };
    let with_timeouts = Note { timeouts: timeouts.into(), ..state("hello") };
    assert_eq!(with_timeouts.timeouts.create(Duration::ZERO), Duration::from_secs(5400));
    let read = proto::read_resource::Request {
        type_name: NOTE.to_owned(),
        current_state: note(with_timeouts.clone()),
        ..Default::default()
    };
    let read = service.read_resource(Request::new(read)).await.unwrap().into_inner();
    assert_eq!(read.new_state, note(with_timeouts));

    let mut config = configuration("hello").into_object();
    let soon = Dynamic::map(["create", "read", "update", "delete"].map(|name| (name, Dynamic::from("soon"))));
    config.insert("timeouts".to_owned(), soon);
    let request = proto::validate_resource_config::Request {
        type_name: NOTE.to_owned(),
        config: Some(value_to_wire(&Dynamic::Map(config), &note_type()).unwrap()),
        ..Default::default()
    };
    let answer = service.validate_resource_config(Request::new(request)).await.unwrap().into_inner();
    let [error] = texts(&answer.diagnostics).try_into().unwrap();
    assert!(error.contains("`timeouts.create` must be a length of time such as \"30m\""), "{error}");
    assert_eq!(answer.diagnostics[0].attribute.as_ref().map(|path| path.steps.len()), Some(2));
}
