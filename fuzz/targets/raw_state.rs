//! Bytes as a stored state, through the call that upgrades it: the first byte is the version, the rest the request's state,
//! as JSON or, where it begins with a zero byte, as the message itself.

#![no_main]

use std::collections::{BTreeMap, BTreeSet};

use futures_executor::block_on;
use libfuzzer_sys::fuzz_target;
use prost::Message;
use tf_framework::inside::service;
use tf_framework::wire::proto::tfplugin6::provider_server::Provider as _;
use tf_framework::wire::proto::tfplugin6::{RawState, upgrade_resource_state};
use tf_framework::{
    Context, Diagnostics, Dynamic, Host, Model, Number, Provider, Resource, ResourceType, Result, Value, async_trait,
};

fuzz_target!(|bytes: &[u8]| {
    let Some((version, state)) = bytes.split_first() else { return };
    let raw_state = match state.split_first() {
        Some((0, message)) => RawState::decode(message).ok(),
        _ => Some(RawState { json: state.to_vec(), ..Default::default() }),
    };
    let request = upgrade_resource_state::Request {
        type_name: "fuzz_thing".to_owned(),
        version: i64::from(*version) - 1,
        raw_state,
    };
    let answer = block_on(service::<Fuzz>().upgrade_resource_state(tonic::Request::new(request)));
    let answer = answer.expect("no call fails in itself").into_inner();
    // Either a state or the reason why there is none, and never the report of a panic.
    assert_ne!(answer.upgraded_state.is_some(), !answer.diagnostics.is_empty());
    assert!(answer.diagnostics.iter().all(|one| one.summary != "The provider panicked"), "{:?}", answer.diagnostics);
});

struct Fuzz;

/// Nothing to configure.
#[derive(Clone, Debug, Model)]
struct Nothing {}

#[async_trait]
impl Provider for Fuzz {
    type Config = Nothing;
    type Api = ();
    const NAME: &'static str = "fuzz";
    const ADDRESS: &'static str = "example/fuzz";
    const VERSION: &'static str = "0.0.0";
    const LOG_CRATES: &'static [&'static str] = &[];

    fn configure(_: Nothing, _: &Host, _: &mut Diagnostics) -> Result<()> {
        Ok(())
    }

    fn resources() -> Vec<ResourceType<()>> {
        vec![ResourceType::of::<Thing>().into()]
    }
}

/// One attribute of every kind.
#[derive(Clone, Debug, Model)]
struct Thing {
    /// Text.
    #[attr(required)]
    name: Value<String>,
    /// A flag.
    #[attr(optional)]
    flag: Value<bool>,
    /// A number of any size.
    #[attr(optional)]
    number: Value<Number>,
    /// Anything.
    #[attr(optional)]
    anything: Value<Dynamic>,
    /// A list.
    #[attr(optional)]
    list: Value<Vec<String>>,
    /// A set.
    #[attr(optional)]
    set: Value<BTreeSet<String>>,
    /// A map.
    #[attr(optional)]
    map: Value<BTreeMap<String, bool>>,
    /// Objects in a list.
    #[attr(optional)]
    parts: Value<Vec<Part>>,
}

/// A part of a thing.
#[derive(Clone, Debug, Model)]
struct Part {
    /// Text.
    #[attr(required)]
    name: Value<String>,
    /// Anything.
    #[attr(optional)]
    anything: Value<Dynamic>,
}

#[async_trait]
impl Resource<()> for Thing {
    const NAME: &'static str = "fuzz_thing";
    const VERSION: i64 = 1;

    async fn create(_: &(), plan: Thing, _: &mut Context<Thing>) -> Result<Thing> {
        Ok(plan)
    }

    async fn read(_: &(), state: Thing, _: &mut Context<Thing>) -> Result<Option<Thing>> {
        Ok(Some(state))
    }

    async fn update(_: &(), _: Thing, plan: Thing, _: &mut Context<Thing>) -> Result<Thing> {
        Ok(plan)
    }

    async fn delete(_: &(), _: Thing, _: &mut Context<Thing>) -> Result<()> {
        Ok(())
    }

    /// Version 0 kept the name under another one.
    fn upgrade(_: i64, mut state: serde_json::Value) -> Result<serde_json::Value> {
        if let Some(state) = state.as_object_mut()
            && let Some(name) = state.remove("title")
        {
            state.insert("name".to_owned(), name);
        }
        Ok(state)
    }
}
