//! Calls that answer with a stream, to a provider on the framework.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tf_conformance::plugin::{Plugin, Start};
use tf_framework::wire::proto::tfplugin6::provider_client::ProviderClient;
use tf_framework::wire::proto::tfplugin6::{DynamicValue, configure_provider, invoke_action, list_resource};
use tonic::Streaming;
use tonic::transport::Channel;

use crate::example::example;
use crate::host::patiently;

/// A notebook in this folder, ready for calls.
async fn notebook(folder: &Path) -> (Plugin, Channel) {
    let plugin = Start::by_host(&example("notebook")).env("TF_LOG", "TRACE").plugin().await.unwrap();
    let channel = plugin.connect().await.unwrap();
    let config = value(&json!({ "folder": folder.to_str().unwrap() }));
    let request = configure_provider::Request { config, ..Default::default() };
    let answer = ProviderClient::new(channel.clone()).configure_provider(request).await.unwrap().into_inner();
    assert!(answer.diagnostics.is_empty());
    (plugin, channel)
}

fn value(value: &Value) -> Option<DynamicValue> {
    Some(DynamicValue { msgpack: Vec::new(), json: value.to_string().into_bytes() })
}

fn all_notes() -> list_resource::Request {
    list_resource::Request {
        type_name: "notebook_note".to_owned(),
        config: value(&json!({ "title_prefix": null })),
        include_resource_object: true,
        limit: 1000,
    }
}

async fn count<T>(mut events: Streaming<T>) -> usize {
    let mut count = 0;
    while patiently(events.message()).await.unwrap().is_some() {
        count += 1;
    }
    count
}

#[tokio::test]
async fn the_log_names_what_is_listed_and_what_is_done_and_how_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("one.txt"), "1").unwrap();
    fs::write(folder.path().join("two.txt"), [0xff]).unwrap();
    let (plugin, channel) = notebook(folder.path()).await;
    let mut provider = ProviderClient::new(channel.clone());
    assert_eq!(count(provider.list_resource(all_notes()).await.unwrap().into_inner()).await, 2);
    let action_type = "notebook_archive".to_owned();
    let config = value(&json!({ "name": "archive" }));
    let request = invoke_action::Request { action_type, config, ..Default::default() };
    assert_eq!(count(provider.invoke_action(request).await.unwrap().into_inner()).await, 2);
    drop(provider);

    let (_, _, stderr) = plugin.shut_down(channel).await.unwrap();
    let lines: Vec<Value> = stderr.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let is_announced = |line: &Value| line["@message"] == "Announced client capabilities";
    let announced: Vec<_> = lines.iter().filter(|line| is_announced(line)).collect();
    assert_eq!(announced.len(), 1);
    assert_eq!(announced[0]["tf_rpc"], "ConfigureProvider");
    assert_eq!(announced[0]["tf_client_capability_write_only_attributes_allowed"], false);
    let answered = |call: &str| {
        let lines: Vec<_> = lines.iter().filter(|line| line["tf_rpc"] == call).collect();
        let told: Vec<_> = lines.iter().map(|line| (line["@level"].as_str(), line["@message"].as_str())).collect();
        let (trace, error) = (Some("trace"), Some("error"));
        let wanted = [
            (trace, Some("Received request")),
            (trace, Some("Sending request downstream")),
            (error, Some("Response contains error diagnostic")),
            (trace, Some("Received downstream response")),
            (trace, Some("Served request")),
        ];
        assert_eq!(told, wanted, "{call}");
        assert_eq!(lines[2]["diagnostic_severity"], "ERROR");
        assert!(lines[2]["diagnostic_summary"].is_string() && lines[2]["diagnostic_detail"].is_string(), "{call}");
        lines[3].clone()
    };
    let (listed, done) = (answered("ListResource"), answered("InvokeAction"));
    assert_eq!(
        (&listed["tf_list_resource_type"], &done["tf_action_type"]),
        (&"notebook_note".into(), &"notebook_archive".into())
    );
    for line in [listed, done] {
        assert_eq!((&line["diagnostic_error_count"], &line["diagnostic_warning_count"]), (&1.into(), &0.into()));
    }
}

#[tokio::test]
async fn a_listing_that_nobody_reads_to_its_end_does_not_hold_up_the_process() {
    let folder = tempfile::tempdir().unwrap();
    for title in 0..100 {
        fs::write(folder.path().join(format!("{title}.txt")), "x".repeat(100_000)).unwrap();
    }
    let (plugin, channel) = notebook(folder.path()).await;
    let mut notes = ProviderClient::new(channel.clone()).list_resource(all_notes()).await.unwrap().into_inner();
    assert!(patiently(notes.message()).await.unwrap().is_some());
    let (status, _, _) = plugin.shut_down(channel).await.unwrap();
    assert!(status.success(), "{status}");
}
