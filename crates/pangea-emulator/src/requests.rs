//! The log of requests, with every secret masked before it is kept.

use std::collections::VecDeque;

use serde_json::{Value, json};
use url::form_urlencoded;

use crate::ids;

/// One request and how it was answered.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// When it came, in the emulator's time.
    pub at: String,
    /// `prq_...`
    pub request_id: String,
    /// The service's host label, such as `authorization.access` or `ai-guard`.
    pub service: &'static str,
    pub method: String,
    /// With the service before it, such as `/api.console/v1beta/platform/project/get`, and without the query.
    pub path: String,
    /// The query as pairs, in order.
    pub query: Vec<(String, String)>,
    /// None where the connection was cut instead.
    pub status: Option<u16>,
    /// The client whose token or credentials came with it.
    pub client_id: Option<String>,
    /// Whether its token or credentials come from a secret that a run of the provider made for itself.
    pub by_run_secret: bool,
    pub user_agent: Option<String>,
    /// Masked, and cut at 8 KiB.
    pub request_body: String,
    /// Masked, and cut at 8 KiB.
    pub response_body: String,
    /// The fault that was put on it.
    pub fault: Option<&'static str>,
}

impl Recorded {
    /// Method, path and status in one line.
    #[must_use]
    pub fn line(&self) -> String {
        let status = self.status.map_or("cut".to_owned(), |status| status.to_string());
        format!("{} {} {status}", self.method, self.path)
    }

    /// The request body as JSON; null where it is none.
    #[must_use]
    pub fn request_json(&self) -> Value {
        serde_json::from_str(&self.request_body).unwrap_or_default()
    }

    pub(crate) fn view(&self) -> Value {
        json!({
            "at": self.at,
            "request_id": self.request_id,
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "client_id": self.client_id,
            "by_run_secret": self.by_run_secret,
            "user_agent": self.user_agent,
            "fault": self.fault,
        })
    }
}

/// The latest requests.
#[derive(Default)]
pub(crate) struct Log {
    requests: VecDeque<Recorded>,
}

impl Log {
    /// Keeps a request, masked.
    pub(crate) fn keep(&mut self, mut request: Recorded) {
        request.path = masked(&request.path);
        request.query = masked_pairs(request.query);
        request.client_id = request.client_id.map(|id| masked(&id));
        request.user_agent = request.user_agent.map(|agent| masked(&agent));
        request.request_body = masked_body(&request.request_body);
        request.response_body = masked_body(&request.response_body);
        if self.requests.len() == CAPACITY {
            self.requests.pop_front();
        }
        self.requests.push_back(request);
    }

    pub(crate) fn all(&self) -> impl DoubleEndedIterator<Item = &Recorded> + ExactSizeIterator {
        self.requests.iter()
    }

    pub(crate) fn clear(&mut self) {
        self.requests.clear();
    }
}

/// A JSON body or a form without its secrets. Two nets: fields that hold secrets by name, and whatever looks like one.
fn masked_body(body: &str) -> String {
    let body = match serde_json::from_str::<Value>(body) {
        Ok(mut value) => {
            mask_fields(&mut value);
            value.to_string()
        }
        Err(_) if body.contains('=') => masked_form(body),
        Err(_) => body.to_owned(),
    };
    cut(masked(&body))
}

fn mask_fields(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (field, value) in object {
                if SECRET_FIELDS.contains(&field.as_str()) && value.is_string() {
                    *value = json!(MASK);
                } else {
                    mask_fields(value);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(mask_fields),
        _ => {}
    }
}

fn masked_form(body: &str) -> String {
    let pairs = masked_pairs(form_urlencoded::parse(body.as_bytes()).into_owned().collect());
    pairs.into_iter().map(|(key, value)| format!("{key}={value}")).collect::<Vec<String>>().join("&")
}

fn masked_pairs(pairs: Vec<(String, String)>) -> Vec<(String, String)> {
    pairs
        .into_iter()
        .map(|(key, value)| {
            let value = if SECRET_FIELDS.contains(&key.as_str()) { MASK.to_owned() } else { masked(&value) };
            (key, value)
        })
        .collect()
}

/// The text with every secret value and every token value replaced, wherever they stand.
fn masked(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) =
        [ids::SECRET_VALUE, ids::TOKEN_VALUE].iter().filter_map(|prefix| rest.find(&format!("{prefix}_"))).min()
    {
        let (before, found) = rest.split_at(start);
        // Three letters and the underscore, all ASCII.
        let (prefix, after) = found.split_at(4);
        kept.push_str(before);
        kept.push_str(prefix);
        rest = after;
        if let Some(value) = after.as_bytes().get(..ids::SUFFIX_LENGTH)
            && value.iter().all(|byte| ids::is_letter(*byte))
        {
            kept.push_str(MASK);
            rest = &after[ids::SUFFIX_LENGTH..];
        }
    }
    kept.push_str(rest);
    kept
}

fn cut(mut text: String) -> String {
    if text.len() > MAX_BODY_BYTES {
        let end = (0..=MAX_BODY_BYTES).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default();
        text.truncate(end);
    }
    text
}

const MASK: &str = "***";

const SECRET_FIELDS: [&str; 4] = ["client_secret", "access_token", "refresh_token", "token"];

/// Enough for the longest test run; older requests are dropped.
const CAPACITY: usize = 50_000;

/// A list of a thousand clients need not be kept for each page of it.
const MAX_BODY_BYTES: usize = 8 * 1024;

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "pck_abcdefghijklmnopqrstuvwxyz234567";

    #[test]
    fn a_secret_is_masked_by_its_field_and_by_its_look() {
        assert_eq!(masked_body(r#"{"client_secret":"hunter2","n":1}"#), r#"{"client_secret":"***","n":1}"#);
        assert_eq!(masked_body(&format!(r#"["x {SECRET} y"]"#)), r#"["x pck_*** y"]"#);
        assert_eq!(
            masked_body("grant_type=client_credentials&client_secret=hunter2"),
            "grant_type=client_credentials&client_secret=***"
        );
        assert_eq!(masked_body(&format!("<html>{SECRET}{SECRET}")), "<html>pck_***pck_***");
    }

    #[test]
    fn what_only_begins_like_a_secret_is_kept() {
        assert_eq!(masked("pck_ pts_short"), "pck_ pts_short");
    }

    #[test]
    fn a_long_body_is_cut_between_characters() {
        assert!(cut("ä".repeat(MAX_BODY_BYTES)).len() <= MAX_BODY_BYTES);
    }
}
