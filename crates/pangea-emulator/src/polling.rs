//! Answers that are held back: 202 first, and the result by polling `/request/{request_id}`.

use std::time::Duration;

use serde_json::json;

use crate::answers::{self, Answer, Problem};
use crate::call::{Call, Family};
use crate::state::{Pending, World};

/// Holds an answer back: `times` answers are 202, this one included. Refusals and answers to polls are never held back.
pub(crate) fn hold(world: &mut World, call: &Call, answer: Answer, times: u32) -> Answer {
    let is_final = answer.status != 200 || polled_id(call).is_some();
    if times == 0 || is_final || call.service.family() != Family::Envelope {
        return answer;
    }
    let now = world.clock.now();
    let oldest = now - Duration::from_secs(60 * TTL_MINUTES);
    world.pending.retain(|_, pending| pending.held_at > oldest);
    let pending = Pending {
        answer,
        polls_left: times - 1,
        polls_done: 0,
        held_at: now,
        authorization: call.authorization.clone(),
    };
    world.pending.insert(call.request_id.clone(), pending);
    accepted(world, call, &call.request_id, 0)
}

/// The id in the path of a poll.
pub(crate) fn polled_id(call: &Call) -> Option<&str> {
    let is_poll = call.method == "GET" && call.service.family() == Family::Envelope;
    call.path.strip_prefix("/request/").filter(|id| is_poll && !id.is_empty() && !id.contains('/'))
}

/// The answer to a poll. Only the token of the original request may ask.
pub(crate) fn poll(world: &mut World, call: &Call, id: &str) -> Answer {
    let now = world.clock.now();
    let Some(pending) = world.pending.get_mut(id) else {
        return answers::refusal(call, now, &Problem::NotFound("The request does not exist".to_owned()), true);
    };
    if pending.authorization != call.authorization {
        return answers::refusal(call, now, &Problem::Unauthorized("The token is not that of the request"), true);
    }
    pending.polls_done += 1;
    if pending.polls_left > 0 {
        pending.polls_left -= 1;
        let done = pending.polls_done;
        return accepted(world, call, id, done);
    }
    pending.answer.clone()
}

fn accepted(world: &mut World, call: &Call, id: &str, retry_counter: u32) -> Answer {
    let result = json!({
        "ttl_mins": TTL_MINUTES,
        "retry_counter": retry_counter,
        "location": format!("{}/request/{id}", call.base_url),
    });
    let now = world.clock.now();
    let mut body = answers::envelope(call, now, "Accepted", "Your request is being processed", result);
    body["request_id"] = json!(id);
    Answer::json(202, &body)
}

/// How long a result can be polled for.
const TTL_MINUTES: u64 = 720;
