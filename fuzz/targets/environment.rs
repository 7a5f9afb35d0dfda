//! Text as the environment of a process, one `NAME=value` after another, with a zero byte between them.

#![no_main]

use std::collections::HashMap;

use libfuzzer_sys::fuzz_target;
use tf_framework::inside::shake_hands;

fuzz_target!(|text: &str| {
    let variables: HashMap<&str, &str> = text.split('\0').filter_map(|entry| entry.split_once('=')).collect();
    let asks = variables.get("PLUGIN_MULTIPLEX_GRPC").is_some_and(|value| !value.is_empty());
    if let Ok((ports, line)) = shake_hands(|name| variables.get(name).map(|value| (*value).to_owned())) {
        assert!(!ports.is_empty());
        assert_eq!(line.matches('\n').count(), 1, "{line:?}");
        assert_eq!(line.split('|').count(), if asks { 7 } else { 6 }, "{line:?}");
    }
});
