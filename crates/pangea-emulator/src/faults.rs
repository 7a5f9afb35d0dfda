//! Faults to order: which requests go wrong, how often, and how.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::answers::Answer;
use crate::call::Call;

/// A plan to spoil some requests. By default the next request of any kind, once.
///
/// ```text
/// Fault::status(429).header("retry-after", "1").method("POST").path("*/grant").times(2)
/// ```
#[derive(Clone, Debug)]
pub struct Fault {
    method: Option<String>,
    path: String,
    skip: u32,
    times: Option<u32>,
    kind: Kind,
}

/// What happens to a request.
#[derive(Clone, Debug)]
enum Kind {
    /// It is not handled; this is answered. Without a body, in the shape that the host uses for that status.
    Status { status: u16, headers: Vec<(String, String)>, body: Option<String> },
    /// It is handled, and this stands in the answer instead of the body.
    Malformed { body: String },
    /// It is handled, and the connection ends in the middle of the body.
    Truncated,
    /// It is not handled, and the connection is reset.
    Reset,
    /// It is handled, and the connection is reset instead of an answer.
    LostAnswer,
    /// It is handled after this time.
    Latency(Duration),
    /// It is handled, and answered after this time.
    LateAnswer(Duration),
    /// It is handled, and the result has to be polled for; only on hosts with the envelope.
    Accepted(u32),
    /// It is handled, and one place of the JSON answer is changed, or removed.
    Rewrite { pointer: String, value: Option<Value> },
}

impl Fault {
    /// Answers with this status instead of handling the request.
    #[must_use]
    pub fn status(status: u16) -> Fault {
        Fault::of(Kind::Status { status, headers: Vec::new(), body: None })
    }

    /// Handles the request, and answers with this text where JSON should be.
    #[must_use]
    pub fn malformed(body: &str) -> Fault {
        Fault::of(Kind::Malformed { body: body.to_owned() })
    }

    /// Handles the request, and ends the connection in the middle of the answer.
    #[must_use]
    pub fn truncated() -> Fault {
        Fault::of(Kind::Truncated)
    }

    /// Resets the connection and does not handle the request.
    #[must_use]
    pub fn reset() -> Fault {
        Fault::of(Kind::Reset)
    }

    /// Handles the request, and resets the connection instead of answering.
    #[must_use]
    pub fn lost_answer() -> Fault {
        Fault::of(Kind::LostAnswer)
    }

    /// Handles the request after this time.
    #[must_use]
    pub fn latency(time: Duration) -> Fault {
        Fault::of(Kind::Latency(time))
    }

    /// Handles the request at once, and answers after this time.
    #[must_use]
    pub fn late_answer(time: Duration) -> Fault {
        Fault::of(Kind::LateAnswer(time))
    }

    /// Answers 202 so many times, the first answer included, before the result is given.
    #[must_use]
    pub fn accepted(times: u32) -> Fault {
        Fault::of(Kind::Accepted(times))
    }

    /// Handles the request, and puts `value` at a JSON pointer of the answer.
    #[must_use]
    pub fn rewrite(pointer: &str, value: Value) -> Fault {
        Fault::of(Kind::Rewrite { pointer: pointer.to_owned(), value: Some(value) })
    }

    /// Handles the request, and takes away what is at a JSON pointer of the answer.
    #[must_use]
    pub fn remove(pointer: &str) -> Fault {
        Fault::of(Kind::Rewrite { pointer: pointer.to_owned(), value: None })
    }

    /// A header of the answer, for [`Fault::status`].
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Fault {
        if let Kind::Status { headers, .. } = &mut self.kind {
            headers.push((name.to_owned(), value.to_owned()));
        }
        self
    }

    /// The body of the answer, for [`Fault::status`].
    #[must_use]
    pub fn body(mut self, text: &str) -> Fault {
        if let Kind::Status { body, .. } = &mut self.kind {
            *body = Some(text.to_owned());
        }
        self
    }

    /// Only requests with this method.
    #[must_use]
    pub fn method(mut self, method: &str) -> Fault {
        self.method = Some(method.to_owned());
        self
    }

    /// Only requests whose path matches, with the service before it or without: `*` stands for any text, slashes too.
    #[must_use]
    pub fn path(mut self, pattern: &str) -> Fault {
        pattern.clone_into(&mut self.path);
        self
    }

    /// How many of the matching requests go wrong. 1 where this is not said.
    #[must_use]
    pub fn times(mut self, times: u32) -> Fault {
        self.times = Some(times);
        self
    }

    /// All matching requests go wrong, until the faults are cleared.
    #[must_use]
    pub fn always(mut self) -> Fault {
        self.times = None;
        self
    }

    /// So many matching requests pass first.
    #[must_use]
    pub fn skip(mut self, skip: u32) -> Fault {
        self.skip = skip;
        self
    }

    /// Reads a fault from the form that `POST /_emulator/faults` takes: an object with `kind`, and where wanted `method`, `path`, `skip`
    /// and `times` (null: always). The kinds and what else they take:
    ///
    /// - `status`: `status`, and where wanted `headers` and `body` (a text as it is, anything else as JSON)
    /// - `malformed`: `body`, else `<html>`
    /// - `truncated`, `reset`, `lost-answer`: nothing
    /// - `latency`, `late-answer`: `milliseconds`
    /// - `accepted`: `answers`, how many are 202, else 1
    /// - `rewrite`: `pointer` into the JSON answer, and `value`; without a value, what is there is removed
    ///
    /// # Errors
    /// What is wrong with it, in a sentence.
    pub fn from_json(form: &Value) -> Result<Fault, String> {
        let form = form.as_object().ok_or("A fault is a JSON object")?;
        if let Some(unknown) = form.keys().find(|key| !FIELDS.contains(&key.as_str())) {
            return Err(format!("A fault has no field {unknown}"));
        }
        let mut fault = Fault::of(Kind::from_json(form)?);
        if form.contains_key("method") {
            fault.method = Some(text(form, "method")?);
        }
        if form.contains_key("path") {
            fault.path = text(form, "path")?;
        }
        fault.skip = form.get("skip").map_or(Ok(0), number)?;
        fault.times = match form.get("times") {
            None => Some(1),
            Some(Value::Null) => None,
            Some(times) => Some(number(times)?),
        };
        Ok(fault)
    }

    fn of(kind: Kind) -> Fault {
        Fault { method: None, path: "*".to_owned(), skip: 0, times: Some(1), kind }
    }

    fn matches(&self, call: &Call) -> bool {
        self.method.as_deref().is_none_or(|method| method.eq_ignore_ascii_case(&call.method))
            && (matches(&self.path, &call.path) || matches(&self.path, &call.full_path()))
    }

    /// Counts a matching request, and says whether it goes wrong.
    fn fires(&mut self) -> bool {
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        match &mut self.times {
            None => true,
            Some(0) => false,
            Some(left) => {
                *left -= 1;
                true
            }
        }
    }
}

impl Kind {
    fn from_json(form: &Map<String, Value>) -> Result<Kind, String> {
        Ok(match text(form, "kind")?.as_str() {
            "status" => Kind::Status {
                status: form.get("status").ok_or("The kind status needs a status").and_then(|status| {
                    status
                        .as_u64()
                        .and_then(|status| u16::try_from(status).ok())
                        .filter(|status| (200..600).contains(status))
                        .ok_or("A status is a number from 200 to 599")
                })?,
                headers: headers(form)?,
                body: form.get("body").map(body_text),
            },
            "malformed" => Kind::Malformed { body: form.get("body").map_or("<html>".to_owned(), body_text) },
            "truncated" => Kind::Truncated,
            "reset" => Kind::Reset,
            "lost-answer" => Kind::LostAnswer,
            "latency" => Kind::Latency(milliseconds(form)?),
            "late-answer" => Kind::LateAnswer(milliseconds(form)?),
            "accepted" => Kind::Accepted(form.get("answers").map_or(Ok(1), number)?),
            "rewrite" => Kind::Rewrite { pointer: text(form, "pointer")?, value: form.get("value").cloned() },
            other => return Err(format!("There is no kind of fault named {other}")),
        })
    }

    fn name(&self) -> &'static str {
        match self {
            Kind::Status { .. } => "status",
            Kind::Malformed { .. } => "malformed",
            Kind::Truncated => "truncated",
            Kind::Reset => "reset",
            Kind::LostAnswer => "lost-answer",
            Kind::Latency(_) => "latency",
            Kind::LateAnswer(_) => "late-answer",
            Kind::Accepted(_) => "accepted",
            Kind::Rewrite { .. } => "rewrite",
        }
    }
}

/// The faults that are planned.
#[derive(Default)]
pub(crate) struct Faults {
    planned: Vec<Fault>,
}

/// What the planned faults do to one request.
#[derive(Default)]
pub(crate) struct Effect {
    /// Time to wait first.
    pub(crate) latency: Duration,
    /// Time to wait before the answer.
    pub(crate) lateness: Duration,
    /// Answered without handling.
    pub(crate) instead: Option<Instead>,
    /// Done to the answer after handling.
    pub(crate) afterwards: Option<Afterwards>,
    pub(crate) name: Option<&'static str>,
}

pub(crate) enum Instead {
    Answer { status: u16, headers: Vec<(String, String)>, body: Option<String> },
    Reset,
}

pub(crate) enum Afterwards {
    Body(String),
    Truncate,
    Lose,
    Hold(u32),
    Rewrite { pointer: String, value: Option<Value> },
}

impl Faults {
    pub(crate) fn plan(&mut self, fault: Fault) {
        self.planned.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.planned.clear();
    }

    /// What is still planned, for people to read.
    pub(crate) fn view(&self) -> Value {
        let planned = self.planned.iter().map(|fault| {
            json!({ "kind": fault.kind.name(), "method": fault.method, "path": fault.path, "skip": fault.skip, "times": fault.times })
        });
        planned.collect()
    }

    /// What happens to this request: every wait that matches, up to the first fault of another kind.
    pub(crate) fn fire(&mut self, call: &Call) -> Effect {
        let mut effect = Effect::default();
        for fault in &mut self.planned {
            if !fault.matches(call) || !fault.fires() {
                continue;
            }
            effect.name = Some(fault.kind.name());
            match fault.kind.clone() {
                Kind::Latency(time) => {
                    effect.latency += time;
                    continue;
                }
                Kind::LateAnswer(time) => {
                    effect.lateness += time;
                    continue;
                }
                Kind::Status { status, headers, body } => {
                    effect.instead = Some(Instead::Answer { status, headers, body })
                }
                Kind::Reset => effect.instead = Some(Instead::Reset),
                Kind::Malformed { body } => effect.afterwards = Some(Afterwards::Body(body)),
                Kind::Truncated => effect.afterwards = Some(Afterwards::Truncate),
                Kind::LostAnswer => effect.afterwards = Some(Afterwards::Lose),
                Kind::Accepted(times) => effect.afterwards = Some(Afterwards::Hold(times)),
                Kind::Rewrite { pointer, value } => effect.afterwards = Some(Afterwards::Rewrite { pointer, value }),
            }
            break;
        }
        self.planned.retain(|fault| fault.times != Some(0));
        effect
    }
}

/// Puts a value at a JSON pointer of an answer, or takes away what is there. A field may be new; its object may not.
pub(crate) fn rewrite(answer: &mut Answer, pointer: &str, value: Option<Value>) {
    let Ok(mut body) = serde_json::from_slice::<Value>(&answer.body) else { return };
    let Some((parent, field)) = pointer.rsplit_once('/') else { return };
    let field = field.replace("~1", "/").replace("~0", "~");
    match (body.pointer_mut(parent), value) {
        (Some(Value::Object(object)), Some(value)) => drop(object.insert(field, value)),
        (Some(Value::Object(object)), None) => drop(object.remove(&field)),
        (Some(Value::Array(items)), Some(value)) => {
            if let Some(item) = field.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
                *item = value;
            }
        }
        _ => {}
    }
    answer.body = body.to_string().into_bytes();
}

/// Whether a text fits a pattern in which `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(start) else { return false };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        match text.find(part) {
            Some(at) => text = &text[at + part.len()..],
            None => return false,
        }
    }
    text.ends_with(end)
}

fn text(form: &Map<String, Value>, field: &str) -> Result<String, String> {
    let text = form.get(field).and_then(Value::as_str);
    text.map(str::to_owned).ok_or_else(|| format!("The fault needs the text {field}"))
}

fn milliseconds(form: &Map<String, Value>) -> Result<Duration, String> {
    let time = form.get("milliseconds").ok_or("A fault that takes time needs milliseconds".to_owned());
    time.and_then(number).map(|time| Duration::from_millis(u64::from(time)))
}

fn number(value: &Value) -> Result<u32, String> {
    let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
    number.ok_or_else(|| format!("{value} is no count"))
}

fn headers(form: &Map<String, Value>) -> Result<Vec<(String, String)>, String> {
    let Some(headers) = form.get("headers") else { return Ok(Vec::new()) };
    let headers = headers.as_object().ok_or("The headers are an object")?;
    let pairs = headers.iter().map(|(name, value)| value.as_str().map(|value| (name.clone(), value.to_owned())));
    pairs.collect::<Option<_>>().ok_or_else(|| "A header's value is a text".to_owned())
}

/// A text is sent as it is, anything else as JSON.
fn body_text(body: &Value) -> String {
    body.as_str().map_or_else(|| body.to_string(), str::to_owned)
}

const FIELDS: [&str; 12] = [
    "kind",
    "method",
    "path",
    "times",
    "skip",
    "status",
    "headers",
    "body",
    "milliseconds",
    "answers",
    "pointer",
    "value",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (pattern, text) in [
            ("*", "/a/b"),
            ("/a*", "/a/b"),
            ("*/grant", "/clients/psa_1/grant"),
            ("/clients/*/secrets/*", "/clients/psa_1/secrets/pce_1"),
            ("/a", "/a"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("/a", "/a/b"), ("*/grant", "/grant/x"), ("/b*", "/a/b"), ("/a*b*a", "/aba/")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn a_fault_without_a_kind_or_with_an_unknown_field_is_refused() {
        for form in [
            json!([]),
            json!({}),
            json!({ "kind": "quake" }),
            json!({ "kind": "reset", "tims": 2 }),
            json!({ "kind": "status" }),
            json!({ "kind": "status", "status": 99 }),
            json!({ "kind": "latency" }),
            json!({ "kind": "reset", "times": -1 }),
        ] {
            assert!(Fault::from_json(&form).is_err(), "{form}");
        }
    }

    #[test]
    fn a_rewrite_reaches_into_objects_and_lists() {
        let rewritten = |pointer: &str, value: Option<Value>| {
            let mut answer = Answer::json(200, &json!({ "a": [{ "b": 1 }, 2] }));
            rewrite(&mut answer, pointer, value);
            serde_json::from_slice::<Value>(&answer.body).unwrap()
        };
        assert_eq!(rewritten("/a/0/b", Some(json!(3))), json!({ "a": [{ "b": 3 }, 2] }));
        assert_eq!(rewritten("/a/0/b", None), json!({ "a": [{}, 2] }));
        assert_eq!(rewritten("/a/1", Some(json!(null))), json!({ "a": [{ "b": 1 }, null] }));
        assert_eq!(rewritten("/c", Some(json!(1))), json!({ "a": [{ "b": 1 }, 2], "c": 1 }));
    }
}
