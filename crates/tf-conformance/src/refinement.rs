//! What Terraform may know of a value that it doesn't know yet.
//!
//! On the wire it is a map from numbers to facts; here it is the same map as JSON.

use std::str::FromStr;

use bigdecimal::BigDecimal;
use rmpv::Value as Packed;
use serde_json::{Map, Value, json};

use crate::broken::{Result, broken, ensure};
use crate::types;
use crate::value::{exact, number_text};

/// The facts: a promise when a provider plans them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Refinement {
    /// It won't be null.
    pub not_null: bool,
    /// How a text begins.
    pub prefix: Option<String>,
    /// Bounds of a number, and whether the bound itself counts.
    pub at_least: Option<(BigDecimal, bool)>,
    pub at_most: Option<(BigDecimal, bool)>,
    /// Bounds of a collection's size.
    pub min_len: Option<u64>,
    pub max_len: Option<u64>,
}

impl Refinement {
    /// Whether a value keeps what was promised.
    pub fn admits(&self, value: &Value) -> bool {
        let number = || match value {
            Value::Number(number) => BigDecimal::from_str(&number.to_string()).ok(),
            _ => None,
        };
        let length = match value {
            Value::Array(items) => Some(items.len() as u64),
            Value::Object(fields) => Some(fields.len() as u64),
            _ => None,
        };
        let above = |(bound, inclusive): &(BigDecimal, bool)| {
            number().is_none_or(|number| number > *bound || *inclusive && number == *bound)
        };
        let below = |(bound, inclusive): &(BigDecimal, bool)| {
            number().is_none_or(|number| number < *bound || *inclusive && number == *bound)
        };
        !(self.not_null && value.is_null())
            && self.prefix.as_ref().is_none_or(|prefix| value.as_str().is_none_or(|text| text.starts_with(prefix)))
            && self.at_least.as_ref().is_none_or(above)
            && self.at_most.as_ref().is_none_or(below)
            && self.min_len.is_none_or(|min| length.is_none_or(|length| length >= min))
            && self.max_len.is_none_or(|max| length.is_none_or(|length| length <= max))
    }
}

/// Reads the facts out of their JSON.
pub(crate) fn of_json(json: Value) -> Refinement {
    let bound = |key: &str| {
        let number = BigDecimal::from_str(&json[key][0].to_string()).ok()?;
        Some((number, json[key][1].as_bool().unwrap_or(true)))
    };
    Refinement {
        not_null: json["1"] == json!(false),
        prefix: json["2"].as_str().map(str::to_owned),
        at_least: bound("3"),
        at_most: bound("4"),
        min_len: json["5"].as_u64(),
        max_len: json["6"].as_u64(),
    }
}

/// The facts as they travel.
pub(crate) fn to_packed(json: &Value) -> Packed {
    let entries = json.as_object().into_iter().flatten().filter_map(|(key, fact)| {
        let fact = match fact {
            Value::Bool(flag) => Packed::Boolean(*flag),
            Value::String(text) => Packed::from(text.as_str()),
            Value::Array(bound) => Packed::Array(vec![packed_number(&bound[0]), Packed::Boolean(bound[1] == true)]),
            number => packed_number(number),
        };
        Some((Packed::from(key.parse::<u64>().ok()?), fact))
    });
    Packed::Map(entries.collect())
}

fn packed_number(number: &Value) -> Packed {
    number.as_i64().map_or_else(|| Packed::from(number.to_string()), Packed::from)
}

/// Reads what a provider sends, by core's rules.
///
/// # Errors
/// What core can't read.
pub(crate) fn to_json(packed: &Packed, ty: &Value) -> Result<Value> {
    let entries = packed.as_map().ok_or_else(|| broken!("refinements must be a map, and not {packed}"))?;
    ensure!(!entries.is_empty(), "an unknown value is refined by nothing, which core can't read");
    let kind = types::kind(ty);
    let mut facts = Map::new();
    for (key, fact) in entries {
        let key = key.as_u64().ok_or_else(|| broken!("{key} is no key of a refinement"))?;
        let fits = match key {
            1 => kind != "dynamic" && fact.as_bool().is_some(),
            2 => kind == "string" && fact.as_str().is_some(),
            3 | 4 => kind == "number" && fact.as_array().is_some_and(|bound| bound.len() == 2),
            5 | 6 => matches!(kind, "list" | "set" | "map") && fact.as_u64().is_some(),
            _ => false,
        };
        ensure!(fits, "core knows no refinement {key} of a {kind}");
        let fact = match fact {
            Packed::Boolean(flag) => json!(flag),
            Packed::String(text) => json!(text.as_str()),
            Packed::Array(bound) => {
                let number = number_text(&bound[0]).and_then(|text| exact(&text));
                json!([number.ok_or_else(|| broken!("{} is no bound", bound[0]))?, bound[1].as_bool()])
            }
            number => json!(number.as_u64()),
        };
        facts.insert(key.to_string(), fact);
    }
    Ok(Value::Object(facts))
}
