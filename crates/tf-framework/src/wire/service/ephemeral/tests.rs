//! Ephemeral resources through the calls: what is opened, renewed and closed, and with which private data.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use tonic::transport::Channel;

use super::*;
use crate::{
    DeferredReason, Dynamic, EphemeralContext, EphemeralResource, EphemeralResourceType, Host, Model, Path, Provider,
    Result, Value, async_trait,
    server::Server,
    wire::{
        generated::tfplugin6::provider_client::ProviderClient,
        service::in_process::{errors, from_wire, host, on_wire, warnings},
    },
};

/// A cloakroom: things are lent against a ticket.
struct Cloakroom;

/// What was done, in order.
#[derive(Clone, Default)]
struct Journal(Arc<Mutex<Vec<String>>>);

impl Journal {
    fn write(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// Nothing to configure.
#[derive(Clone, Model)]
struct Nothing {}

/// Part of a ticket.
#[derive(Clone, Model)]
struct Stub {
    /// Who has it.
    #[attr(required)]
    holder: Value<String>,
    /// Printed on it.
    #[attr(computed)]
    number: Value<i64>,
}

/// A ticket. It says itself what is to go wrong.
#[derive(Clone, Model)]
struct Ticket {
    /// What happens.
    #[attr(required, length(1..=20))]
    scene: Value<String>,
    /// May be left out, and be written in capitals.
    #[attr(optional, same_when(|one, other| one.eq_ignore_ascii_case(other)))]
    note: Value<String>,
    /// Two halves.
    #[attr(optional)]
    stubs: Value<Vec<Stub>>,
    /// What it is good for.
    #[attr(computed, sensitive)]
    code: Value<String>,
}

/// Has nothing but an `open`.
#[derive(Clone, Model)]
struct Token {
    /// The token.
    #[attr(computed)]
    token: Value<String>,
}

#[async_trait]
impl Provider for Cloakroom {
    type Config = Nothing;
    type Api = Journal;
    const NAME: &'static str = "cloakroom";
    const ADDRESS: &'static str = "example/cloakroom";
    const VERSION: &'static str = "1.0.0";
    const LOG_CRATES: &'static [&'static str] = &[];

    fn configure(_: Nothing, host: &Host, _: &mut Diagnostics) -> Result<Journal> {
        host.defer(DeferredReason::ProviderConfigUnknown)?;
        Ok(Journal::default())
    }

    fn ephemeral_resources() -> Vec<EphemeralResourceType<Journal>> {
        vec![EphemeralResourceType::of::<Ticket>(), EphemeralResourceType::of::<Token>()]
    }
}

/// One minute after 1970 began.
fn renew_at() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(60)
}

#[async_trait]
impl EphemeralResource<Journal> for Ticket {
    const NAME: &'static str = "cloakroom_ticket";

    fn validate(config: &Ticket, diagnostics: &mut Diagnostics) {
        if config.note.as_deref() == Some("late") {
            diagnostics.error_at(Path::attribute("note"), "We are closed", "Come back tomorrow.");
        }
    }

    async fn open(journal: &Journal, config: Ticket, ctx: &mut EphemeralContext) -> Result<Ticket> {
        let scene = config.scene.clone().unwrap_or_default();
        journal.write(format!("open {scene}"));
        ctx.private().set("number", "7");
        ctx.renew_at(renew_at());
        let mut ticket = Ticket { code: "x1".into(), ..config };
        match scene.as_str() {
            "warns" => ctx.warn("It is damp", "Wrap it."),
            "fails" => {
                ctx.warn("It is damp", "Wrap it.");
                let mut diagnostics = Diagnostics::new();
                diagnostics.error("It is full", "Come back tomorrow.");
                return Err(diagnostics);
            }
            "fails in silence" => return Err(Diagnostics::new()),
            "panics" => panic!("the hook broke"),
            "leaves an unknown" => ticket.code = Value::Unknown,
            "changes the scene" => ticket.scene = "another".into(),
            "shouts the note" => ticket.note = ticket.note.map(|note| note.to_uppercase()),
            "fills the note" => ticket.note = "a note".into(),
            "numbers the stubs" => {
                ticket.stubs =
                    ticket.stubs.map(|stubs| stubs.into_iter().map(|stub| Stub { number: 1.into(), ..stub }).collect());
            }
            "changes a stub" => {
                ticket.stubs = ticket
                    .stubs
                    .map(|stubs| stubs.into_iter().map(|stub| Stub { holder: "b".into(), ..stub }).collect());
            }
            "loses a stub" => ticket.stubs = ticket.stubs.map(|_| Vec::new()),
            _ => {}
        }
        Ok(ticket)
    }

    async fn renew(journal: &Journal, ctx: &mut EphemeralContext) -> Result<()> {
        let number = ctx.private().text("number").to_owned();
        journal.write(format!("renew {number}"));
        match number.as_str() {
            "" => {
                let mut diagnostics = Diagnostics::new();
                diagnostics.error("There is no such ticket", "Open one.");
                return Err(diagnostics);
            }
            "panics" => panic!("the hook broke"),
            "last" => return Ok(()),
            _ => {}
        }
        ctx.private().set("number", format!("{number}+"));
        ctx.renew_at(renew_at());
        Ok(())
    }

    async fn close(journal: &Journal, ctx: &mut EphemeralContext) -> Result<()> {
        let number = ctx.private().text("number").to_owned();
        journal.write(format!("close {number}"));
        match number.as_str() {
            "panics" => panic!("the hook broke"),
            "fails" => {
                let mut diagnostics = Diagnostics::new();
                diagnostics.error("It is lost", "Complain.");
                Err(diagnostics)
            }
            _ => Ok(()),
        }
    }
}

#[async_trait]
impl EphemeralResource<Journal> for Token {
    const NAME: &'static str = "cloakroom_token";

    async fn open(_: &Journal, _: Token, _: &mut EphemeralContext) -> Result<Token> {
        Ok(Token { token: "t".into() })
    }
}

async fn cloakroom(journal: &Journal) -> ProviderClient<Channel> {
    host(Service(Arc::new(Server::<Cloakroom>::configured_to(journal.clone())))).await
}

fn ticket(scene: &str) -> Ticket {
    Ticket { scene: scene.into(), note: Value::Null, stubs: Value::Null, code: Value::Null }
}

fn with_stubs(scene: &str) -> Ticket {
    let stub = |holder: &str| Stub { holder: holder.into(), number: Value::Null };
    Ticket { stubs: vec![stub("a"), stub("c")].into(), ..ticket(scene) }
}

fn wire(ticket: Ticket) -> Option<proto::DynamicValue> {
    on_wire(&Dynamic::Map(ticket.into_object()), &Ticket::schema(0).value_type())
}

async fn open(journal: &Journal, ticket: Ticket) -> proto::open_ephemeral_resource::Response {
    let request = proto::open_ephemeral_resource::Request {
        type_name: "cloakroom_ticket".to_owned(),
        config: wire(ticket),
        ..Default::default()
    };
    cloakroom(journal).await.open_ephemeral_resource(request).await.unwrap().into_inner()
}

fn result(answer: &proto::open_ephemeral_resource::Response) -> Dynamic {
    from_wire(answer.result.as_ref(), &Ticket::schema(0).value_type())
}

async fn renew(journal: &Journal, private: Option<&[u8]>) -> proto::renew_ephemeral_resource::Response {
    let type_name = "cloakroom_ticket".to_owned();
    let request = proto::renew_ephemeral_resource::Request { type_name, private: private.map(<[u8]>::to_vec) };
    cloakroom(journal).await.renew_ephemeral_resource(request).await.unwrap().into_inner()
}

async fn close(journal: &Journal, private: Option<&[u8]>) -> Vec<proto::Diagnostic> {
    let type_name = "cloakroom_ticket".to_owned();
    let request = proto::close_ephemeral_resource::Request { type_name, private: private.map(<[u8]>::to_vec) };
    cloakroom(journal).await.close_ephemeral_resource(request).await.unwrap().into_inner().diagnostics
}

fn number(number: &str) -> Vec<u8> {
    let mut private = Private::default();
    private.set("number", number);
    private.into_wire()
}

#[tokio::test]
async fn an_opened_one_has_its_value_its_private_data_and_a_time_to_renew_it() {
    let journal = Journal::default();
    let answer = open(&journal, ticket("warns")).await;
    assert_eq!(warnings(&answer.diagnostics), ["It is damp"]);
    assert_eq!(errors(&answer.diagnostics), Vec::<&str>::new());
    assert_eq!(result(&answer), Dynamic::Map(Ticket { code: "x1".into(), ..ticket("warns") }.into_object()));
    assert_eq!(answer.renew_at.map(|time| (time.seconds, time.nanos)), Some((60, 0)));
    assert_eq!(answer.private, Some(number("7")));
    assert!(answer.deferred.is_none());
}

#[tokio::test]
async fn renewing_goes_on_from_the_private_data_that_was_left() {
    let journal = Journal::default();
    let opened = open(&journal, ticket("plain")).await;
    let once = renew(&journal, opened.private.as_deref()).await;
    let twice = renew(&journal, once.private.as_deref()).await;
    assert_eq!(twice.private, Some(number("7++")));
    assert_eq!(twice.renew_at.map(|time| time.seconds), Some(60));
    assert!(twice.diagnostics.is_empty());
    assert_eq!(journal.lines(), ["open plain", "renew 7", "renew 7+"]);
}

#[tokio::test]
async fn without_a_new_time_there_is_no_further_renewal() {
    let last = renew(&Journal::default(), Some(&number("last"))).await;
    assert_eq!((last.renew_at, last.private), (None, Some(number("last"))));
}

#[tokio::test]
async fn closing_takes_the_private_data_of_open_of_renew_and_none() {
    let journal = Journal::default();
    let opened = open(&journal, ticket("plain")).await.private;
    let renewed = renew(&journal, opened.as_deref()).await.private;
    for private in [opened.as_deref(), renewed.as_deref(), Some(&b""[..]), None, Some(b"foreign")] {
        assert!(close(&journal, private).await.is_empty());
    }
    assert_eq!(journal.lines()[2..], ["close 7", "close 7+", "close ", "close ", "close "]);
}

#[tokio::test]
async fn what_fails_to_open_is_told_and_neither_answered_nor_closed() {
    for (scene, error) in [
        ("fails", "It is full"),
        ("fails in silence", "The operation failed without a message"),
        ("panics", "The provider panicked"),
    ] {
        let journal = Journal::default();
        let answer = open(&journal, ticket(scene)).await;
        assert_eq!(errors(&answer.diagnostics), [error], "{scene}");
        assert_eq!((result(&answer), answer.renew_at, answer.private), (Dynamic::Null, None, Some(Vec::new())));
        assert_eq!(journal.lines(), [format!("open {scene}")]);
    }
}

#[tokio::test]
async fn a_panic_says_what_may_be_left_behind() {
    let answer = open(&Journal::default(), ticket("panics")).await;
    let detail = &answer.diagnostics[0].detail;
    assert!(detail.starts_with("Open of a cloakroom_ticket stopped with a panic: the hook broke"), "{detail}");
    assert!(detail.ends_with("What was opened before the panic may still be open."), "{detail}");
}

#[tokio::test]
async fn a_result_that_terraform_would_refuse_is_closed_and_an_error() {
    for (ticket, at) in [
        (ticket("leaves an unknown"), "code"),
        (ticket("changes the scene"), "scene"),
        (ticket("fills the note"), "note"),
        (with_stubs("changes a stub"), "stubs[0].holder"),
        (with_stubs("loses a stub"), "stubs"),
    ] {
        let journal = Journal::default();
        let answer = open(&journal, ticket).await;
        assert!(errors(&answer.diagnostics).iter().all(|title| *title == "Bug in the provider"), "{at}");
        let detail = &answer.diagnostics[0].detail;
        assert!(detail.contains(&format!("`{at}`")), "{at}: {detail}");
        assert_eq!(result(&answer), Dynamic::Null);
        assert_eq!(journal.lines()[1..], ["close 7"], "{at}");
    }
}

#[tokio::test]
async fn a_computed_value_inside_a_nested_attribute_may_be_filled_in() {
    let answer = open(&Journal::default(), with_stubs("numbers the stubs")).await;
    assert_eq!(errors(&answer.diagnostics), Vec::<&str>::new());
}

#[tokio::test]
async fn what_is_only_written_differently_stays_as_it_is_configured() {
    let config = Ticket { note: "soft".into(), ..ticket("shouts the note") };
    let answer = open(&Journal::default(), config).await;
    assert_eq!(errors(&answer.diagnostics), Vec::<&str>::new());
    assert_eq!(result(&answer).as_map().unwrap()["note"], Dynamic::from("soft"));
}

#[tokio::test]
async fn nothing_is_opened_while_the_whole_provider_waits() {
    let mut provider = host(Service(Arc::new(Server::<Cloakroom>::new()))).await;
    let request = proto::configure_provider::Request {
        config: on_wire(&Dynamic::map([("", Dynamic::Null); 0]), &Nothing::schema(0).value_type()),
        client_capabilities: Some(proto::ClientCapabilities { deferral_allowed: true, ..Default::default() }),
        ..Default::default()
    };
    let configured = provider.configure_provider(request).await.unwrap().into_inner();
    assert_eq!(errors(&configured.diagnostics), Vec::<&str>::new());
    // Terraform says with this request nothing of what it can do.
    let request = proto::open_ephemeral_resource::Request {
        type_name: "cloakroom_ticket".to_owned(),
        config: wire(ticket("plain")),
        client_capabilities: None,
    };
    let answer = provider.open_ephemeral_resource(request).await.unwrap().into_inner();
    assert_eq!(answer.deferred.map(|deferred| deferred.reason()), Some(proto::deferred::Reason::ProviderConfigUnknown));
    assert_eq!((result(&answer), answer.diagnostics), (Dynamic::Unknown, Vec::new()));
}

#[tokio::test]
async fn a_configuration_that_is_not_known_is_not_opened() {
    let journal = Journal::default();
    let answer = open(&journal, Ticket { note: Value::Unknown, ..ticket("plain") }).await;
    assert_eq!(errors(&answer.diagnostics), ["Unexpected request"]);
    assert!(journal.lines().is_empty());
}

#[tokio::test]
async fn what_fails_later_is_told_and_the_private_data_stays() {
    let journal = Journal::default();
    let renewed = renew(&journal, None).await;
    assert_eq!((errors(&renewed.diagnostics), renewed.renew_at), (vec!["There is no such ticket"], None));
    let renewed = renew(&journal, Some(&number("panics"))).await;
    assert_eq!(errors(&renewed.diagnostics), ["The provider panicked"]);
    assert_eq!((renewed.private, renewed.renew_at), (Some(number("panics")), None));
    assert_eq!(errors(&close(&journal, Some(&number("panics"))).await), ["The provider panicked"]);
    assert_eq!(errors(&close(&journal, Some(&number("fails"))).await), ["It is lost"]);
}

#[tokio::test]
async fn by_default_renewing_is_an_error_and_closing_does_nothing() {
    let mut provider = cloakroom(&Journal::default()).await;
    let type_name = "cloakroom_token".to_owned();
    let request = proto::renew_ephemeral_resource::Request { type_name: type_name.clone(), private: None };
    let renewed = provider.renew_ephemeral_resource(request).await.unwrap().into_inner();
    assert_eq!(errors(&renewed.diagnostics), ["Unable to renew an ephemeral resource"]);
    let request = proto::close_ephemeral_resource::Request { type_name, private: None };
    assert!(provider.close_ephemeral_resource(request).await.unwrap().into_inner().diagnostics.is_empty());
}

#[tokio::test]
async fn a_configuration_is_validated_by_the_rules_and_by_the_type() {
    let mut provider = cloakroom(&Journal::default()).await;
    for (ticket, expected) in [
        (ticket(""), vec!["Invalid value"]),
        (Ticket { code: "mine".into(), ..ticket("a") }, vec!["Read-only attribute"]),
        (Ticket { note: "late".into(), ..ticket("a") }, vec!["We are closed"]),
        (Ticket { scene: Value::Unknown, note: Value::Unknown, ..ticket("a") }, vec![]),
    ] {
        let request = proto::validate_ephemeral_resource_config::Request {
            type_name: "cloakroom_ticket".to_owned(),
            config: wire(ticket),
        };
        let answer = provider.validate_ephemeral_resource_config(request).await.unwrap().into_inner();
        assert_eq!(errors(&answer.diagnostics), expected);
    }
}

#[tokio::test]
async fn a_provider_that_is_not_configured_opens_and_closes_nothing() {
    let mut provider = host(Service(Arc::new(Server::<Cloakroom>::new()))).await;
    let type_name = "cloakroom_ticket".to_owned();
    let config = wire(ticket("plain"));
    let request =
        proto::open_ephemeral_resource::Request { type_name: type_name.clone(), config, ..Default::default() };
    let opened = provider.open_ephemeral_resource(request).await.unwrap().into_inner();
    assert_eq!(errors(&opened.diagnostics), ["The provider is not configured"]);
    let request = proto::close_ephemeral_resource::Request { type_name, private: None };
    let closed = provider.close_ephemeral_resource(request).await.unwrap().into_inner();
    assert_eq!(errors(&closed.diagnostics), ["The provider is not configured"]);
}

#[tokio::test]
async fn schema_and_metadata_name_every_type() {
    let mut provider = cloakroom(&Journal::default()).await;
    let schema = provider.get_provider_schema(proto::get_provider_schema::Request {}).await.unwrap().into_inner();
    let names: Vec<_> = schema.ephemeral_resource_schemas.keys().cloned().collect();
    assert_eq!(names, ["cloakroom_ticket", "cloakroom_token"]);
    assert!(schema.ephemeral_resource_schemas.values().all(|schema| schema.block.is_some()));
    let metadata = provider.get_metadata(proto::get_metadata::Request {}).await.unwrap().into_inner();
    assert_eq!(metadata.ephemeral_resources.into_iter().map(|one| one.type_name).collect::<Vec<_>>(), names);
}
