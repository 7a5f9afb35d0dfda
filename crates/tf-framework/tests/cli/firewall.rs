//! A provider with nested blocks in each nesting.

use serde_json::{Value, json};
use xtask::acceptance::every_cli;
use xtask::folder::Folder;

use crate::run;

const POLICY: &str = "firewall_policy.it";

/// A policy with these blocks inside.
fn policy(blocks: &str) -> String {
    format!("provider \"firewall\" {{}}\n\nresource \"firewall_policy\" \"it\" {{\n  name = \"edge\"\n{blocks}\n}}\n")
}

/// A block of each nesting, with a network each.
fn of_each_nesting(network: &str) -> String {
    let inside = format!("{{\n network = \"{network}\"\n port {{\n number = 80\n }}\n }}\n");
    policy(&format!("log {inside} limits {inside} rule {inside} exception {inside} zone \"one\" {inside}"))
}

/// What comes of such a block.
fn entry(network: &str) -> Value {
    let port = json!({ "number": 80, "protocol": "tcp" });
    json!({ "network": network, "verdict": "allow", "summary": format!("{network}: allow"), "port": [port] })
}

fn without_name(folder: &Folder) -> Value {
    let mut values = folder.values(POLICY);
    values.as_object_mut().unwrap().remove("name");
    values
}

#[test]
fn blocks_of_each_nesting_are_created_changed_and_removed() {
    run(every_cli(), "firewall", |folder| {
        for network in ["10.0.0.0/8", "10.1.0.0/16"] {
            folder.config(&of_each_nesting(network)).apply();
            let entry = entry(network);
            let expected = json!({
                "log": entry, "limits": entry, "rule": [entry], "exception": [entry], "zone": { "one": entry },
            });
            assert_eq!(without_name(folder), expected, "on {}", folder.cli());
            folder.plan_is_empty();
        }
        folder.config(&policy("")).apply();
        let nothing = json!({ "network": null, "verdict": "allow", "summary": "all: allow", "port": [] });
        let expected = json!({ "log": null, "limits": nothing, "rule": [], "exception": [], "zone": {} });
        assert_eq!(without_name(folder), expected, "on {}", folder.cli());
        folder.plan_is_empty();
        folder.destroy();
    });
}

fn networks(entries: &Value) -> Vec<&str> {
    entries.as_array().unwrap().iter().map(|entry| entry["network"].as_str().unwrap()).collect()
}

#[test]
fn blocks_come_and_go_beside_others_that_stay() {
    let rule = |network: &str| format!("rule {{\n network = \"{network}\"\n }}\n");
    let exception = |network: &str| format!("exception {{\n network = \"{network}\"\n }}\n");
    run(every_cli(), "firewall", |folder| {
        for chosen in [&["10.0.0.0/8"][..], &["10.0.0.0/8", "10.1.0.0/16", "10.2.0.0/16"], &["10.2.0.0/16"]] {
            let blocks = chosen.iter().map(|network| rule(network) + &exception(network)).collect::<String>();
            folder.config(&policy(&blocks)).apply();
            let values = folder.values(POLICY);
            assert_eq!((networks(&values["rule"]), networks(&values["exception"])), (chosen.to_vec(), chosen.to_vec()));
            folder.plan_is_empty();
        }
    });
}

#[test]
fn a_dynamic_block_that_is_known_only_after_another_resource_is_planned_and_applied() {
    run(every_cli(), "firewall", |folder| {
        let dynamic = |name: &str, label: &str| {
            format!(
                "dynamic \"{name}\" {{\n for_each = toset(split(\",\", terraform_data.other.id))\n {label}\n content {{\n \
                 network = \"10.0.0.0/${{length(\"x\")}}\"\n }}\n }}\n"
            )
        };
        let blocks = [dynamic("rule", ""), dynamic("exception", ""), dynamic("zone", "labels = [\"one\"]")].concat();
        folder.config(&format!("resource \"terraform_data\" \"other\" {{}}\n{}", policy(&blocks)));
        let plan = folder.plan();
        assert_eq!(plan.change(POLICY)["after_unknown"]["rule"], true, "on {}", folder.cli());
        folder.apply_planned(&plan);
        let values = folder.values(POLICY);
        assert_eq!(values["rule"][0]["network"], "10.0.0.0/1");
        assert_eq!(values["zone"]["one"]["summary"], "10.0.0.0/1: allow");
        folder.plan_is_empty();
    });
}

#[test]
fn a_mistake_inside_a_block_is_reported_at_its_line() {
    run(every_cli(), "firewall", |folder| {
        let wrong = "rule {\n network = \"10.0.0.0/8\"\n }\n rule {\n network = \"ten\"\n }\n";
        let errors = folder.config(&policy(wrong)).validate_fails();
        assert!(errors.contains("at network = \"ten\"") && errors.contains("rule[1].network"), "{errors}");

        let errors = folder.config(&policy(&"rule {}\n".repeat(4))).validate_fails();
        assert!(errors.contains("rule"), "{errors}");

        let warnings = folder.config(&policy("zone \"one\" {}")).validate().warnings();
        assert!(warnings.contains("Block is deprecated") && warnings.contains("Write a `rule` instead."), "{warnings}");
    });
}
