//! What a person tells the suite of a provider: sample configurations, as JSON.
//!
//! A folder of samples holds `provider.json`, and a file for each type under the name of its kind:
//!
//! ```text
//! samples/
//!   provider.json
//!   resources/NAME.json
//!   data-sources/NAME.json
//!   ephemeral-resources/NAME.json
//!   functions/NAME.json
//!   list-resources/NAME.json
//!   actions/NAME.json
//! ```
//!
//! The fields of each file are those of the structs below, and every one may be left out: what isn't given is not checked, and
//! the table says what was missing. In a configuration, attributes that are left out are null and blocks are empty; a dynamic
//! value is bare JSON, or `{"type": …, "value": …}` to choose its type. A text `"${NAME.ATTRIBUTE}"` is replaced by the attribute
//! of an object under `needs`; inside a longer text, by its text.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::broken::{Result, broken};

/// All samples of a provider.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    pub provider: ProviderSample,
    pub resources: BTreeMap<String, ResourceSample>,
    pub data_sources: BTreeMap<String, ReadSample>,
    pub ephemeral_resources: BTreeMap<String, ReadSample>,
    pub functions: BTreeMap<String, FunctionSample>,
    pub list_resources: BTreeMap<String, ReadSample>,
    pub actions: BTreeMap<String, ActionSample>,
    pub state_stores: BTreeMap<String, ReadSample>,
}

/// `provider.json`: the provider block, and how its binary is run.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProviderSample {
    /// The provider block; by default empty.
    pub config: Option<Value>,
    /// Variables that the process is given beside those of a host.
    pub environment: BTreeMap<String, String>,
    /// The argument that makes the binary wait for hosts to attach; by default `-debug`, which Go's programs take.
    pub debug: Option<String>,
}

/// `resources/NAME.json`: the life of one object.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ResourceSample {
    /// Objects that must be there before; they are made first and deleted in the end.
    pub needs: BTreeMap<String, Need>,
    /// What the object is made with.
    pub config: Value,
    /// The same object, changed in place.
    pub update: Option<Value>,
    /// A configuration that makes another object of it.
    pub replace: Option<Value>,
    /// The import id, in which `${ATTRIBUTE}` stands for what the state holds, such as `${id}`.
    pub import: Option<String>,
    /// Attributes that an import can't know: after it they may differ from what was applied.
    pub unknown_to_import: Vec<String>,
    /// An id of nothing: its import is an error, or the read after it finds nothing.
    pub bad_import: Option<String>,
    /// Attributes that read differently every time.
    pub volatile: Vec<String>,
    /// Why a read after the delete still finds something, where it does: what is managed is part of something that stays.
    pub outlives_delete: Option<String>,
    /// Whether the identity may change with an update.
    pub identity_changes: bool,
    /// A valid configuration of which the create fails when the object has been made already.
    pub fails: Option<Value>,
    /// A valid configuration of which the create takes longer than a second, unless it is stopped.
    pub slow: Option<Value>,
    /// A valid configuration of which the create panics.
    pub panics: Option<Value>,
    /// States that older versions stored.
    pub old_states: Vec<OldState>,
}

/// An object that another one needs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Need {
    pub r#type: String,
    pub config: Value,
}

/// A state as an older version of the provider stored it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OldState {
    /// Its schema version.
    pub version: i64,
    /// The JSON that was stored.
    pub state: Value,
    /// What it is upgraded to; attributes that are left out are null.
    pub becomes: Value,
}

/// `data-sources/NAME.json`, `ephemeral-resources/NAME.json`, `list-resources/NAME.json` and `state-stores/NAME.json`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ReadSample {
    /// Objects that must be there before: for a list, what it is to find.
    pub needs: BTreeMap<String, Need>,
    pub config: Value,
}

/// `functions/NAME.json`: calls and what they come to.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FunctionSample {
    pub calls: Vec<FunctionCall>,
}

/// One call of a function.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FunctionCall {
    pub arguments: Vec<Value>,
    /// What it gives.
    pub result: Option<Value>,
    /// Or the argument at fault, counted from 0.
    pub error_at: Option<i64>,
}

/// `actions/NAME.json`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ActionSample {
    /// Objects that must be there before.
    pub needs: BTreeMap<String, Need>,
    /// A run that succeeds.
    pub config: Value,
    /// A run that fails.
    pub fails: Option<Value>,
    /// A run that panics.
    pub panics: Option<Value>,
}

impl Samples {
    /// Reads a folder.
    ///
    /// # Errors
    /// The file that can't be read, and why.
    pub fn read(folder: &Path) -> Result<Samples> {
        let provider = folder.join("provider.json");
        Ok(Samples {
            provider: if provider.exists() { file(&provider)? } else { ProviderSample::default() },
            resources: files(&folder.join("resources"))?,
            data_sources: files(&folder.join("data-sources"))?,
            ephemeral_resources: files(&folder.join("ephemeral-resources"))?,
            functions: files(&folder.join("functions"))?,
            list_resources: files(&folder.join("list-resources"))?,
            actions: files(&folder.join("actions"))?,
            state_stores: files(&folder.join("state-stores"))?,
        })
    }
}

fn files<T: DeserializeOwned>(folder: &Path) -> Result<BTreeMap<String, T>> {
    let mut samples = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let name = path.file_stem().map(|name| name.to_string_lossy().into_owned());
        if let (Some(name), true) = (name, path.extension().is_some_and(|ending| ending == "json")) {
            samples.insert(name, file(&path)?);
        }
    }
    Ok(samples)
}

fn file<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs::read(path).map_err(|error| broken!("{} can't be read: {error}", path.display()))?;
    serde_json::from_slice(&text).map_err(|error| broken!("{} is no sample: {error}", path.display()))
}

/// The value with every `${…}` replaced. `lookup` gives the value at a path of names.
///
/// # Errors
/// The place that leads nowhere.
pub fn filled(value: &Value, lookup: &dyn Fn(&[&str]) -> Option<Value>) -> Result<Value> {
    Ok(match value {
        Value::String(text) => {
            let whole = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
            match whole.filter(|path| !path.contains('}')) {
                Some(path) => found(path, lookup)?,
                None => Value::String(filled_text(text, lookup)?),
            }
        }
        Value::Array(items) => items.iter().map(|item| filled(item, lookup)).collect::<Result<_>>()?,
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| Ok((name.clone(), filled(value, lookup)?)));
            Value::Object(fields.collect::<Result<_>>()?)
        }
        value => value.clone(),
    })
}

fn filled_text(text: &str, lookup: &dyn Fn(&[&str]) -> Option<Value>) -> Result<String> {
    let (mut filled, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once("${") {
        let (path, after) = after.split_once('}').ok_or_else(|| broken!("{text:?} lacks a closing brace"))?;
        filled += before;
        filled += &match found(path, lookup)? {
            Value::String(text) => text,
            other => other.to_string(),
        };
        rest = after;
    }
    Ok(filled + rest)
}

fn found(path: &str, lookup: &dyn Fn(&[&str]) -> Option<Value>) -> Result<Value> {
    let steps: Vec<_> = path.split('.').collect();
    lookup(&steps).ok_or_else(|| broken!("a sample speaks of ${{{path}}}, and there is no such thing"))
}

/// The value behind names inside another.
pub fn behind(value: &Value, path: &[&str]) -> Option<Value> {
    path.iter().try_fold(value, |value, step| value.get(step)).cloned()
}
