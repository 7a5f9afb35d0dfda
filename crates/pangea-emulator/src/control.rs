//! The emulator's own endpoints under `/_emulator/`. They answer to this machine alone.
//!
//! | request | does |
//! | --- | --- |
//! | `GET state` | shows everything but secrets: the emulator's time, documents, live tokens, the last 200 requests, what is left beside the seed |
//! | `GET faults` | lists the faults that are still planned |
//! | `POST faults` | plans one, in the form of [`Fault::from_json`] |
//! | `DELETE faults` | drops them all |
//! | `POST clock` | pushes the clock by `advance_seconds` |

use std::time::Duration;

use axum::http::Method;
use serde_json::{Value, json};

use crate::answers::Answer;
use crate::faults::Fault;
use crate::router::Connection;
use crate::state::State;
use crate::view;

/// Answers `/_emulator/{path}`.
pub(crate) fn serve(state: &State, connection: Connection, method: &Method, path: &str, body: &[u8]) -> Answer {
    if !connection.peer.ip().to_canonical().is_loopback() {
        return refused(403, "Only this machine may steer the emulator");
    }
    match (method.as_str(), path) {
        ("GET", "state") => Answer::json(200, &view::of(&mut state.lock())),
        ("GET", "faults") => Answer::json(200, &state.lock().faults.view()),
        ("DELETE", "faults") => {
            state.clear_faults();
            Answer::json(200, &json!({}))
        }
        ("POST", "faults") => match read(body).and_then(|form| Fault::from_json(&form)) {
            Ok(fault) => {
                state.inject(fault);
                Answer::json(200, &json!({}))
            }
            Err(why) => refused(400, &why),
        },
        ("POST", "clock") => match read(body).map(|form| form["advance_seconds"].as_u64()) {
            Ok(Some(seconds)) => {
                state.advance(Duration::from_secs(seconds));
                Answer::json(200, &json!({}))
            }
            Ok(None) => refused(400, "The clock needs advance_seconds, a whole number"),
            Err(why) => refused(400, &why),
        },
        _ => refused(404, "There are GET state, GET, POST and DELETE faults, and POST clock"),
    }
}

fn read(body: &[u8]) -> Result<Value, String> {
    serde_json::from_slice(body).map_err(|error| format!("The body is not JSON: {error}"))
}

fn refused(status: u16, why: &str) -> Answer {
    Answer::json(status, &json!({ "error": why }))
}
