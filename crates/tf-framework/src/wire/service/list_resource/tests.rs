//! Lists through the calls: what is streamed, and where the stream ends.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::Notify;
use tonic::transport::Channel;

use super::*;
use crate::{
    Context, Diagnostic, Dynamic, Host, Identified, ListResource, ListResourceType, Model, Resource, ResourceType,
    Result, Results, Value, async_trait,
    server::Server,
    wire::{
        generated::tfplugin6::{list_resource::Event, provider_client::ProviderClient},
        service::in_process::{errors, from_wire, host, on_wire, patiently, rest, warnings},
    },
};

/// A shelf that holds as many books as anyone asks for.
struct Library;

/// What a test sees of a listing that runs.
#[derive(Clone, Default)]
struct Shelf {
    pushed: Arc<AtomicUsize>,
    begun: Arc<Notify>,
    dropped: Arc<Notify>,
}

/// Nothing to configure.
#[derive(Clone, Model)]
struct Nothing {}

/// A book.
#[derive(Clone, Model)]
struct Book {
    /// Title.
    #[attr(required)]
    title: Value<String>,
    /// Number of pages.
    #[attr(computed)]
    pages: Value<i64>,
    /// Where it is hidden.
    #[attr(optional, write_only)]
    place_wo: Value<String>,
}

/// What tells one book from another.
#[derive(Clone, Model)]
struct BookIdentity {
    /// Title.
    #[attr(required)]
    title: Value<String>,
}

/// How the shelf is gone through.
#[derive(Clone, Model)]
struct BookList {
    /// What happens.
    #[attr(required)]
    scene: Value<String>,
}

#[async_trait]
impl Provider for Library {
    type Config = Nothing;
    type Api = Shelf;
    const NAME: &'static str = "library";
    const ADDRESS: &'static str = "example/library";
    const VERSION: &'static str = "1.0.0";
    const LOG_CRATES: &'static [&'static str] = &[];

    fn configure(_: Nothing, _: &Host, _: &mut Diagnostics) -> Result<Shelf> {
        Ok(Shelf::default())
    }

    fn resources() -> Vec<ResourceType<Shelf>> {
        vec![ResourceType::of::<Book>().identified().into()]
    }

    fn list_resources() -> Vec<ListResourceType<Shelf>> {
        vec![ListResourceType::of::<BookList>()]
    }
}

#[async_trait]
impl Resource<Shelf> for Book {
    const NAME: &'static str = "library_book";

    async fn create(_: &Shelf, plan: Book, _: &mut Context<Book>) -> Result<Book> {
        Ok(plan)
    }

    async fn read(_: &Shelf, state: Book, ctx: &mut Context<Book>) -> Result<Option<Book>> {
        if ctx.private().is_set("imported") {
            ctx.warn("Read as an import", "As it is.");
        }
        Ok(Some(state).filter(|book| book.title != Value::from("Lost")))
    }

    async fn update(_: &Shelf, _: Book, plan: Book, _: &mut Context<Book>) -> Result<Book> {
        Ok(plan)
    }

    async fn delete(_: &Shelf, _: Book, _: &mut Context<Book>) -> Result<()> {
        Ok(())
    }
}

#[async_trait]
impl Identified<Shelf> for Book {
    type Identity = BookIdentity;

    fn identity(&self) -> Option<BookIdentity> {
        Some(BookIdentity { title: self.title.clone() })
    }

    async fn import_by_identity(_: &Shelf, identity: BookIdentity, ctx: &mut Context<Book>) -> Result<Book> {
        ctx.private().set("imported", true);
        Ok(book(identity.title))
    }
}

fn book(title: impl Into<Value<String>>) -> Book {
    Book { title: title.into(), pages: 300.into(), place_wo: "behind the clock".into() }
}

/// Tells that the listing is over, however it came to that.
struct Ends(Arc<Notify>);

impl Drop for Ends {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

#[async_trait]
impl ListResource<Shelf> for BookList {
    type Resource = Book;

    async fn list(shelf: &Shelf, config: BookList, results: &mut Results<Shelf, Book>) -> Result<()> {
        let _ends = Ends(shelf.dropped.clone());
        // None of these looks at what a push says.
        match config.scene.known().map_or("", String::as_str) {
            "three" => {
                for title in ["Emma", "Kim", "Dune"] {
                    let _ = results.push(title, book(title)).await;
                    shelf.pushed.fetch_add(1, Ordering::Relaxed);
                }
            }
            "endless" => loop {
                let title = "x".repeat(40_000);
                let _ = results.push(title.clone(), book(title)).await;
                shelf.pushed.fetch_add(1, Ordering::Relaxed);
            },
            "fails" => {
                let _ = results.push("Emma", book("Emma")).await;
                return Err(Diagnostic::error("The shelf fell down", "Set it up.").into());
            }
            "fails in silence" => return Err(Diagnostics::new()),
            "panics" => {
                let _ = results.push("Emma", book("Emma")).await;
                panic!("no such shelf");
            }
            "no title" => {
                let _ = results.push("Emma", book(Value::Null)).await;
                let _ = results.push("Kim", book("Kim")).await;
            }
            "unknown title" => {
                let _ = results.push_identity("Emma", BookIdentity { title: Value::Unknown }).await;
            }
            "unknown pages" => {
                let _ = results.push("Emma", Book { pages: Value::Unknown, ..book("Emma") }).await;
            }
            "identity alone" => {
                let _ = results.push_identity("Emma", BookIdentity { title: "Emma".into() }).await;
            }
            "imported" => {
                for title in ["Emma", "Lost", "Kim"] {
                    let _ = results.push_imported(shelf, title, BookIdentity { title: title.into() }).await?;
                }
            }
            "warns" => {
                results.warn("A page is torn", "Of the catalogue.");
                let _ = results.push("Emma", book("Emma")).await;
                results.warn("The end is missing", "Of the catalogue.");
            }
            "limit" => {
                let said = format!("{:?} {}", results.limit(), results.wants_resource());
                let _ = results.push(said, book("Emma")).await;
            }
            "hangs" => {
                shelf.begun.notify_one();
                std::future::pending::<()>().await;
            }
            other => panic!("{other}"),
        }
        Ok(())
    }
}

async fn library(shelf: Shelf) -> ProviderClient<Channel> {
    host(Service(Arc::new(Server::<Library>::configured_to(shelf)))).await
}

fn config(scene: &str) -> Option<proto::DynamicValue> {
    let config = BookList { scene: scene.into() };
    on_wire(&Dynamic::Map(config.into_object()), &BookList::schema(0).value_type())
}

fn request(scene: &str) -> proto::list_resource::Request {
    proto::list_resource::Request {
        type_name: "library_book".to_owned(),
        config: config(scene),
        include_resource_object: false,
        limit: 100,
    }
}

async fn list(request: proto::list_resource::Request) -> Vec<Event> {
    let mut provider = library(Shelf::default()).await;
    let mut events = provider.list_resource(request).await.unwrap().into_inner();
    rest(&mut events).await
}

/// The titles that the identities hold.
fn titles(events: &[Event]) -> Vec<String> {
    let ty = BookIdentity::schema(0).value_type();
    let titles = events.iter().filter_map(|event| {
        let identity = from_wire(event.identity.as_ref()?.identity_data.as_ref(), &ty);
        assert!(identity.is_wholly_known());
        identity.as_map()?["title"].as_str().map(str::to_owned)
    });
    titles.collect()
}

/// The one error of these events, which must be in the last of them.
fn last_error(events: &[Event]) -> &proto::Diagnostic {
    let (last, others) = events.split_last().unwrap();
    assert!(others.iter().all(|event| errors(&event.diagnostic).is_empty()) && last.identity.is_none());
    assert_eq!(errors(&last.diagnostic).len(), 1, "{last:?}");
    last.diagnostic.iter().find(|one| one.severity() == proto::diagnostic::Severity::Error).unwrap()
}

#[tokio::test]
async fn every_object_comes_with_its_identity_and_only_a_wanted_resource_with_it() {
    for include_resource_object in [false, true] {
        let events = list(proto::list_resource::Request { include_resource_object, ..request("three") }).await;
        assert_eq!(titles(&events), ["Emma", "Kim", "Dune"]);
        let names: Vec<&str> = events.iter().map(|event| event.display_name.as_str()).collect();
        assert_eq!(names, ["Emma", "Kim", "Dune"]);
        for event in &events {
            assert!(event.diagnostic.is_empty());
            assert_eq!(event.resource_object.is_some(), include_resource_object);
        }
        if include_resource_object {
            let resource = from_wire(events[2].resource_object.as_ref(), &Book::schema(0).value_type());
            let expected = Book { place_wo: Value::Null, ..book("Dune") };
            assert_eq!(resource, Dynamic::Map(expected.into_object()));
        }
    }
}

#[tokio::test]
async fn what_is_listed_as_imported_is_what_an_import_and_a_read_come_to() {
    let events = list(proto::list_resource::Request { include_resource_object: true, ..request("imported") }).await;
    // What is gone by the time of the read is left out, and the read's warnings come along.
    assert_eq!(titles(&events), ["Emma", "Kim"]);
    let resource = from_wire(events[1].resource_object.as_ref(), &Book::schema(0).value_type());
    assert_eq!(resource, Dynamic::Map(Book { place_wo: Value::Null, ..book("Kim") }.into_object()));
    assert!(events.iter().all(|event| warnings(&event.diagnostic) == ["Read as an import"]), "{events:?}");

    // Where nobody wants the resource, nothing is read.
    let events = list(request("imported")).await;
    assert_eq!(titles(&events), ["Emma", "Lost", "Kim"]);
    assert!(events.iter().all(|event| event.diagnostic.is_empty() && event.resource_object.is_none()));
}

#[tokio::test]
async fn the_limit_ends_a_listing_that_pushes_on() {
    for (scene, limit) in [("three", 2), ("three", 3), ("endless", 2)] {
        let events = list(proto::list_resource::Request { limit, ..request(scene) }).await;
        assert_eq!(titles(&events).len(), usize::try_from(limit).unwrap());
        assert!(events.iter().all(|event| event.diagnostic.is_empty()));
    }
}

#[tokio::test]
async fn the_provider_learns_what_is_wanted_and_no_limit_is_none() {
    for (limit, said) in [(7, "Some(7) false"), (0, "None false"), (-1, "None false")] {
        let events = list(proto::list_resource::Request { limit, ..request("limit") }).await;
        assert_eq!(events[0].display_name, said);
    }
}

#[tokio::test]
async fn an_error_in_the_middle_is_the_last_event() {
    let events = list(request("fails")).await;
    assert_eq!(titles(&events), ["Emma"]);
    assert_eq!(last_error(&events).summary, "The shelf fell down");

    let events = list(request("fails in silence")).await;
    assert_eq!(last_error(&events).summary, "The operation failed without a message");
}

#[tokio::test]
async fn a_panic_is_an_error_and_the_process_lists_on() {
    let mut provider = library(Shelf::default()).await;
    for _ in 0..2 {
        let mut events = provider.list_resource(request("panics")).await.unwrap().into_inner();
        let events = rest(&mut events).await;
        assert_eq!(titles(&events), ["Emma"]);
        assert!(last_error(&events).detail.contains("no such shelf"));
    }
}

#[tokio::test]
async fn an_identity_that_is_not_whole_is_a_bug_and_never_sent() {
    for scene in ["no title", "unknown title"] {
        let events = list(request(scene)).await;
        assert_eq!(titles(&events), [""; 0], "{scene}");
        assert!(last_error(&events).detail.contains("library_book"));
    }
}

#[tokio::test]
async fn a_wanted_resource_holds_no_unknown_and_an_unwanted_one_may() {
    let events =
        list(proto::list_resource::Request { include_resource_object: true, ..request("unknown pages") }).await;
    assert!(last_error(&events).detail.contains("`pages`"));
    assert_eq!(titles(&list(request("unknown pages")).await), ["Emma"]);
}

#[tokio::test]
async fn a_wanted_resource_that_could_not_be_read_is_a_warning() {
    for (include_resource_object, warned) in [(true, vec!["Incomplete result"]), (false, vec![])] {
        let request = proto::list_resource::Request { include_resource_object, ..request("identity alone") };
        let events = list(request).await;
        assert_eq!(titles(&events), ["Emma"]);
        assert!(events[0].resource_object.is_none());
        assert_eq!(warnings(&events[0].diagnostic), warned);
    }
}

#[tokio::test]
async fn warnings_go_out_with_the_next_object_or_at_the_end() {
    let events = list(request("warns")).await;
    assert_eq!(titles(&events), ["Emma"]);
    assert_eq!(warnings(&events[0].diagnostic), ["A page is torn"]);
    assert_eq!(warnings(&events[1].diagnostic), ["The end is missing"]);
    assert!(events.len() == 2 && events[1].identity.is_none());
}

#[tokio::test]
async fn what_keeps_a_listing_from_beginning_is_its_one_event() {
    let unknown = proto::list_resource::Request { type_name: "library_film".to_owned(), ..request("three") };
    let broken = Some(proto::DynamicValue { msgpack: vec![0xc1], json: Vec::new() });
    let unreadable = proto::list_resource::Request { config: broken, ..request("three") };
    for (request, title) in [(unknown, "Unknown list resource type"), (unreadable, "Unreadable value from Terraform")] {
        let events = list(request).await;
        assert_eq!((events.len(), last_error(&events).summary.as_str()), (1, title));
    }

    let mut provider = host(Service(Arc::new(Server::<Library>::new()))).await;
    let mut events = provider.list_resource(request("three")).await.unwrap().into_inner();
    let events = rest(&mut events).await;
    assert_eq!((events.len(), last_error(&events).summary.as_str()), (1, "The provider is not configured"));
}

/// The objects are large, so that what the line itself holds is a few of them and not thousands.
#[tokio::test]
async fn a_listing_waits_for_its_reader_and_ends_when_that_hangs_up() {
    let shelf = Shelf::default();
    let mut provider = library(shelf.clone()).await;
    let endless = proto::list_resource::Request { limit: 1_000_000, ..request("endless") };
    let mut events = provider.list_resource(endless).await.unwrap().into_inner();
    for _ in 0..3 {
        assert!(patiently(events.message()).await.unwrap().is_some());
    }
    drop(events);
    patiently(shelf.dropped.notified()).await;
    let pushed = shelf.pushed.load(Ordering::Relaxed);
    assert!((2..=10).contains(&pushed), "{pushed} objects were pushed for a reader of 3");
}

#[tokio::test]
async fn a_listing_that_waits_for_its_service_ends_when_the_reader_hangs_up() {
    let shelf = Shelf::default();
    let mut provider = library(shelf.clone()).await;
    let events = provider.list_resource(request("hangs")).await.unwrap().into_inner();
    patiently(shelf.begun.notified()).await;
    drop(events);
    patiently(shelf.dropped.notified()).await;
}

#[tokio::test]
async fn a_call_to_stop_ends_the_listings_that_run_with_an_error_and_no_later_one() {
    let shelf = Shelf::default();
    let mut provider = library(shelf.clone()).await;
    let mut events = provider.list_resource(request("hangs")).await.unwrap().into_inner();
    patiently(shelf.begun.notified()).await;
    provider.stop_provider(proto::stop_provider::Request {}).await.unwrap();
    let events = rest(&mut events).await;
    assert_eq!(last_error(&events).summary, "The listing was interrupted");
    patiently(shelf.dropped.notified()).await;

    let mut events = provider.list_resource(request("three")).await.unwrap().into_inner();
    assert_eq!(titles(&rest(&mut events).await), ["Emma", "Kim", "Dune"]);
}

#[tokio::test]
async fn a_configuration_is_checked_and_one_that_was_left_out_too() {
    let mut provider = library(Shelf::default()).await;
    let ty = BookList::schema(0).value_type();
    for (config, expected) in [
        (config("three"), vec![]),
        (on_wire(&Dynamic::Null, &ty), vec!["Missing required attribute"]),
        (None, vec!["Missing required attribute"]),
    ] {
        let request = proto::validate_list_resource_config::Request {
            type_name: "library_book".to_owned(),
            config,
            ..Default::default()
        };
        let answer = provider.validate_list_resource_config(request).await.unwrap().into_inner();
        assert_eq!(errors(&answer.diagnostics), expected);
    }
}

#[tokio::test]
async fn the_schema_and_the_metadata_name_the_list_resources() {
    let mut provider = library(Shelf::default()).await;
    let schema = provider.get_provider_schema(proto::get_provider_schema::Request {}).await.unwrap().into_inner();
    let attributes = &schema.list_resource_schemas["library_book"].block.as_ref().unwrap().attributes;
    assert_eq!(attributes[0].name, "scene");
    let metadata = provider.get_metadata(proto::get_metadata::Request {}).await.unwrap().into_inner();
    assert_eq!(metadata.list_resources[0].type_name, "library_book");
}

/// Lists what it does not manage.
struct Thief;

#[async_trait]
impl Provider for Thief {
    type Config = Nothing;
    type Api = Shelf;
    const NAME: &'static str = "thief";
    const ADDRESS: &'static str = "example/thief";
    const VERSION: &'static str = "1.0.0";
    const LOG_CRATES: &'static [&'static str] = &[];

    fn configure(_: Nothing, _: &Host, _: &mut Diagnostics) -> Result<Shelf> {
        Ok(Shelf::default())
    }

    fn resources() -> Vec<ResourceType<Shelf>> {
        vec![ResourceType::of::<Book>().into()]
    }

    fn list_resources() -> Vec<ListResourceType<Shelf>> {
        vec![ListResourceType::of::<BookList>()]
    }
}

#[tokio::test]
async fn a_list_of_a_type_that_is_registered_without_its_identity_is_a_bug_told_with_the_schema() {
    let mut provider = host(Service(Arc::new(Server::<Thief>::configured_to(Shelf::default())))).await;
    let schema = provider.get_provider_schema(proto::get_provider_schema::Request {}).await.unwrap().into_inner();
    assert_eq!(errors(&schema.diagnostics), ["Bug in the provider"]);
    let mut events = provider.list_resource(request("three")).await.unwrap().into_inner();
    assert!(last_error(&rest(&mut events).await).detail.contains("library_book"));
}
