//! Actions through the calls: planned, invoked, and completed exactly once.

use std::sync::Arc;

use tokio::sync::Notify;
use tonic::transport::Channel;

use super::*;
use crate::{
    Action, ActionType, Dynamic, Host, Model, Path, Progress, Result, Value, async_trait,
    server::Server,
    wire::{
        generated::tfplugin6::provider_client::ProviderClient,
        service::in_process::{errors, host, on_wire, patiently, rest, warnings},
    },
};

/// A tower with one bell.
struct Tower;

/// What a test and an action tell each other.
#[derive(Clone, Default)]
struct Rope {
    pull: Arc<Notify>,
    done: Arc<Notify>,
}

/// Nothing to configure.
#[derive(Clone, Model)]
struct Nothing {}

/// Rings the bell.
#[derive(Clone, Model)]
struct Ring {
    /// What happens.
    #[attr(required)]
    scene: Value<String>,
    /// Who may ring.
    #[attr(optional, write_only)]
    password_wo: Value<String>,
}

#[async_trait]
impl Provider for Tower {
    type Config = Nothing;
    type Api = Rope;
    const NAME: &'static str = "tower";
    const ADDRESS: &'static str = "example/tower";
    const VERSION: &'static str = "1.0.0";
    const LOG_CRATES: &'static [&'static str] = &[];

    fn configure(_: Nothing, _: &Host, _: &mut Diagnostics) -> Result<Rope> {
        Ok(Rope::default())
    }

    fn actions() -> Vec<ActionType<Rope>> {
        vec![ActionType::of::<Ring>()]
    }
}

#[async_trait]
impl Action<Rope> for Ring {
    const NAME: &'static str = "tower_ring";

    async fn plan(api: Option<&Rope>, config: &Ring, diagnostics: &mut Diagnostics) {
        let state = if api.is_some() { "configured" } else { "not configured" };
        diagnostics.warn("Planned", format!("{state}, {}", config.scene.is_unknown()));
        if config.scene.known().is_some_and(|scene| scene == "fails") {
            diagnostics.error_at(Path::attribute("scene"), "It would fail", "Choose another scene.");
        }
    }

    async fn invoke(rope: &Rope, config: Ring, progress: &mut Progress) -> Result<()> {
        match config.scene.known().map_or("", String::as_str) {
            "twice" => {
                progress.say("ding").await;
                progress.say(config.password_wo.known().map_or("none", String::as_str)).await;
            }
            "fails" => {
                progress.say("ding").await;
                let mut diagnostics = Diagnostics::new();
                diagnostics.warn("The rope is worn", "Buy a new one.");
                diagnostics.error("The bell cracked", "Cast a new one.");
                return Err(diagnostics);
            }
            "fails in silence" => return Err(Diagnostics::new()),
            "panics" => {
                progress.say("ding").await;
                panic!("the bell fell");
            }
            "warns" => {
                progress.warn("It is late", "People sleep.").await;
                progress.say("ding").await;
            }
            "waits" => {
                progress.say("ready").await;
                rope.pull.notified().await;
                for stroke in 0..100 {
                    progress.say(format!("stroke {stroke}")).await;
                }
                rope.done.notify_one();
            }
            other => panic!("{other}"),
        }
        Ok(())
    }
}

async fn tower(rope: Rope) -> ProviderClient<Channel> {
    host(Service(Arc::new(Server::<Tower>::configured_to(rope)))).await
}

fn config(scene: Value<String>) -> Option<proto::DynamicValue> {
    on_wire(&Dynamic::Map(Ring { scene, password_wo: "open".into() }.into_object()), &Ring::schema(0).value_type())
}

fn request(scene: &str) -> proto::invoke_action::Request {
    proto::invoke_action::Request {
        action_type: "tower_ring".to_owned(),
        config: config(scene.into()),
        ..Default::default()
    }
}

/// The progress, and the completion after it: every event must be one of both, and the completion single and last.
fn told(events: Vec<proto::invoke_action::Event>) -> (Vec<String>, Vec<proto::Diagnostic>) {
    let mut types: Vec<Type> = events.into_iter().map(|event| event.r#type.unwrap()).collect();
    let Some(Type::Completed(completed)) = types.pop() else { panic!("the last event is the completion") };
    let progress = types.into_iter().map(|event| match event {
        Type::Progress(progress) => progress.message,
        Type::Completed(_) => panic!("there is one completion"),
    });
    (progress.collect(), completed.diagnostics)
}

async fn invoke(request: proto::invoke_action::Request) -> (Vec<String>, Vec<proto::Diagnostic>) {
    let mut provider = tower(Rope::default()).await;
    let mut events = provider.invoke_action(request).await.unwrap().into_inner();
    told(rest(&mut events).await)
}

#[tokio::test]
async fn progress_comes_first_and_one_completion_last_and_write_only_values_reach_the_action() {
    let (progress, completed) = invoke(request("twice")).await;
    assert_eq!(progress, ["ding", "open"]);
    assert!(completed.is_empty());
}

#[tokio::test]
async fn a_failed_action_completes_with_its_errors() {
    let (progress, completed) = invoke(request("fails")).await;
    assert_eq!(progress, ["ding", "Warning: The rope is worn: Buy a new one."]);
    assert_eq!(errors(&completed), ["The bell cracked"]);

    let (_, completed) = invoke(request("fails in silence")).await;
    assert_eq!(errors(&completed), ["The operation failed without a message"]);
}

#[tokio::test]
async fn a_panic_completes_the_action_with_an_error_that_speaks_of_no_state() {
    let (progress, completed) = invoke(request("panics")).await;
    assert_eq!(progress, ["ding"]);
    assert_eq!(errors(&completed), ["The provider panicked"]);
    assert!(completed[0].detail.contains("the bell fell") && !completed[0].detail.contains("state"));
}

/// Terraform drops the warnings of a completion.
#[tokio::test]
async fn a_warning_is_told_as_progress_too() {
    let (progress, completed) = invoke(request("warns")).await;
    assert_eq!(progress, ["Warning: It is late: People sleep.", "ding"]);
    assert_eq!(warnings(&completed), ["It is late"]);
}

#[tokio::test]
async fn what_keeps_an_action_from_beginning_is_in_its_completion() {
    let unknown = proto::invoke_action::Request { action_type: "tower_paint".to_owned(), ..request("twice") };
    let broken = Some(proto::DynamicValue { msgpack: vec![0xc1], json: Vec::new() });
    let unreadable = proto::invoke_action::Request { config: broken, ..request("twice") };
    for (request, title) in [(unknown, "Unknown action type"), (unreadable, "Unreadable value from Terraform")] {
        let (progress, completed) = invoke(request).await;
        assert!(progress.is_empty());
        assert_eq!(errors(&completed), [title]);
    }

    let mut provider = host(Service(Arc::new(Server::<Tower>::new()))).await;
    let mut events = provider.invoke_action(request("twice")).await.unwrap().into_inner();
    let (_, completed) = told(rest(&mut events).await);
    assert_eq!(errors(&completed), ["The provider is not configured"]);
}

#[tokio::test]
async fn progress_arrives_while_the_action_runs_even_after_a_call_to_stop() {
    let rope = Rope::default();
    let mut provider = tower(rope.clone()).await;
    let mut events = provider.invoke_action(request("waits")).await.unwrap().into_inner();
    let first = patiently(events.message()).await.unwrap().unwrap();
    assert_eq!(
        first.r#type,
        Some(Type::Progress(proto::invoke_action::event::Progress { message: "ready".to_owned() }))
    );
    provider.stop_provider(proto::stop_provider::Request {}).await.unwrap();
    rope.pull.notify_one();
    let (progress, completed) = told(rest(&mut events).await);
    assert_eq!((progress.len(), completed.len()), (100, 0));
}

#[tokio::test]
async fn an_action_runs_to_its_end_although_the_host_hangs_up() {
    let rope = Rope::default();
    let mut provider = tower(rope.clone()).await;
    let mut events = provider.invoke_action(request("waits")).await.unwrap().into_inner();
    assert!(patiently(events.message()).await.unwrap().is_some());
    drop(events);
    rope.pull.notify_one();
    patiently(rope.done.notified()).await;
}

#[tokio::test]
async fn a_plan_says_what_would_go_wrong_and_takes_unknown_values() {
    let plan = async |provider: &mut ProviderClient<Channel>, scene: Value<String>| {
        let request = proto::plan_action::Request {
            action_type: "tower_ring".to_owned(),
            config: config(scene),
            ..Default::default()
        };
        provider.plan_action(request).await.unwrap().into_inner()
    };
    let mut provider = tower(Rope::default()).await;
    let answer = plan(&mut provider, "fails".into()).await;
    assert_eq!(errors(&answer.diagnostics), ["It would fail"]);
    assert!(answer.diagnostics[1].attribute.is_some() && answer.deferred.is_none());
    let answer = plan(&mut provider, Value::Unknown).await;
    assert_eq!(answer.diagnostics[0].detail, "configured, true");

    let mut provider = host(Service(Arc::new(Server::<Tower>::new()))).await;
    let answer = plan(&mut provider, "twice".into()).await;
    assert_eq!(answer.diagnostics[0].detail, "not configured, false");
}

/// Terraform 1.15 sends null where the `config` block was left out.
#[tokio::test]
async fn a_configuration_is_checked_and_one_that_was_left_out_too() {
    let mut provider = tower(Rope::default()).await;
    let ty = Ring::schema(0).value_type();
    for (config, expected) in [
        (config("twice".into()), vec![]),
        (config(Value::Unknown), vec![]),
        (on_wire(&Dynamic::Null, &ty), vec!["Missing required attribute"]),
    ] {
        let request = proto::validate_action_config::Request { type_name: "tower_ring".to_owned(), config };
        let answer = provider.validate_action_config(request).await.unwrap().into_inner();
        assert_eq!(errors(&answer.diagnostics), expected);
    }
}

#[tokio::test]
async fn the_schema_and_the_metadata_name_the_actions() {
    let mut provider = tower(Rope::default()).await;
    let schema = provider.get_provider_schema(proto::get_provider_schema::Request {}).await.unwrap().into_inner();
    let schema = schema.action_schemas["tower_ring"].schema.as_ref().unwrap();
    let attributes = &schema.block.as_ref().unwrap().attributes;
    let written: Vec<_> = attributes.iter().map(|one| (one.name.as_str(), one.write_only)).collect();
    assert_eq!(written, [("password_wo", true), ("scene", false)]);
    let metadata = provider.get_metadata(proto::get_metadata::Request {}).await.unwrap().into_inner();
    assert_eq!(metadata.actions[0].type_name, "tower_ring");
}
