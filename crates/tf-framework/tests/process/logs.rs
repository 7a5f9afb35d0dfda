//! What stands on stderr, by the rules of the host's log reader.

use serde_json::Value;
use tf_framework::wire::proto::tfplugin6::configure_provider;
use tf_framework::wire::proto::tfplugin6::provider_client::ProviderClient;

use crate::start;

/// All lines of a run with one configuration, each checked against the rules.
async fn lines(variables: &[(&str, &str)]) -> Vec<Value> {
    let start = variables.iter().fold(start(), |start, (name, value)| start.env(name, value));
    let plugin = start.plugin().await.unwrap();
    let channel = plugin.connect().await.unwrap();
    let request = configure_provider::Request { terraform_version: "1.2.3".to_owned(), ..Default::default() };
    ProviderClient::new(channel.clone()).configure_provider(request).await.unwrap();
    let (_, stdout, stderr) = plugin.shut_down(channel).await.unwrap();
    assert_eq!(stdout, "");
    stderr.iter().map(|line| checked(line)).collect()
}

fn checked(line: &str) -> Value {
    assert!(line.len() < 64 * 1024, "{} bytes", line.len());
    let value: Value = serde_json::from_str(line).unwrap();
    let level = value["@level"].as_str().unwrap();
    assert!(["trace", "debug", "info", "warn", "error"].contains(&level), "{line}");
    assert!(value["@message"].is_string(), "{line}");
    let module = value["@module"].as_str().unwrap();
    assert!(["provider", "sdk.proto", "sdk.framework"].contains(&module), "{line}");
    let timestamp = value["@timestamp"].as_str().unwrap();
    let shape = timestamp.replace(|c: char| c.is_ascii_digit(), "0");
    assert_eq!(shape, "0000-00-00T00:00:00.000000Z", "{line}");
    value
}

/// The levels of the probe's own lines.
fn levels(lines: &[Value]) -> Vec<&str> {
    lines.iter().filter(|line| line["@module"] == "provider").map(|line| line["@level"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn at_the_finest_level_every_line_keeps_the_rules() {
    let lines = lines(&[("TF_LOG", "TRACE")]).await;
    assert_eq!(levels(&lines), ["error", "warn", "info", "debug", "trace"]);
    let warning = lines.iter().find(|line| line["@level"] == "warn").unwrap();
    assert_eq!(warning["@message"], "a warning");
    assert_eq!(warning["terraform_version"], "1.2.3");
    // The fields of the span are on the line, numbers as numbers.
    assert_eq!(warning["tf_rpc"], "ConfigureProvider");
    assert_eq!(warning["count"], 3);
    let detail = lines.iter().find(|line| line["@message"] == "a detail").unwrap();
    assert_eq!(detail["list"], r#"["a", "b"]"#);
}

#[tokio::test]
async fn the_host_says_how_much_it_wants_to_hear() {
    let all = lines(&[("TF_LOG", "TRACE"), ("TF_LOG_PROVIDER", "WARN")]).await;
    assert_eq!(levels(&all), ["error", "warn"]);
    assert_eq!(levels(&lines(&[("TF_LOG", "off")]).await), [""; 0]);
}

#[tokio::test]
async fn unasked_it_tells_errors_alone() {
    assert_eq!(levels(&lines(&[]).await), ["error"]);
}
