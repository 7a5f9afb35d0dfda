//! The objects: a JSON file for each.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

fn folder() -> PathBuf {
    std::env::var_os("FAULTY_FOLDER").map_or_else(std::env::temp_dir, PathBuf::from)
}

fn file(id: &str) -> PathBuf {
    folder().join(format!("{id}.json"))
}

/// An id that no object has.
pub(crate) fn new_id() -> String {
    let number = (1..).find(|number| !file(&format!("thing-{number}")).exists()).unwrap_or_default();
    format!("thing-{number}")
}

pub(crate) fn put(state: &Value) {
    fs::write(file(state["id"].as_str().unwrap()), state.to_string()).unwrap();
}

pub(crate) fn get(id: &str) -> Option<Value> {
    if id.is_empty() || id.contains('/') {
        return None;
    }
    serde_json::from_slice(&fs::read(file(id)).ok()?).ok()
}

pub(crate) fn remove(id: &str) {
    // One that is gone is fine.
    let _ = fs::remove_file(file(id));
}

/// All of them, in the order of their ids.
pub(crate) fn all() -> Vec<Value> {
    let entries = fs::read_dir(folder()).into_iter().flatten().flatten();
    let mut ids: Vec<String> =
        entries.filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".json")?.to_owned())).collect();
    ids.sort();
    ids.iter().filter_map(|id| get(id)).collect()
}
