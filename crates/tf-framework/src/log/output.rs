//! The way of log lines to stderr: a bounded queue and one thread, so that nobody waits for a host that reads slowly.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

/// Lines that may wait. A line rarely has more than half a kilobyte, so a full queue is some 4 MB.
const MAX_WAITING: usize = 8192;

/// How long the end of the process waits for the last lines.
const FLUSH_LIMIT: Duration = Duration::from_secs(1);

#[derive(Default)]
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    lines: VecDeque<Vec<u8>>,
    /// Lines that found the queue full.
    lost: u64,
    /// Whether the thread holds lines that it has not written yet.
    writing: bool,
}

static QUEUE: OnceLock<Queue> = OnceLock::new();

/// Queues a line. Where the queue is full the line is lost, and a later line says how many were.
pub(super) fn write(line: Vec<u8>) {
    let queue = QUEUE.get_or_init(|| {
        // The thread waits for this value, so it finds the queue in place. If it can't be made, lines queue up and are lost.
        let _ = std::thread::Builder::new().name("log".to_owned()).spawn(|| write_out(QUEUE.wait()));
        Queue::default()
    });
    let mut state = queue.lock();
    if state.lines.len() < MAX_WAITING {
        state.lines.push_back(line);
    } else {
        state.lost += 1;
    }
    drop(state);
    queue.changed.notify_all();
}

/// Waits, not for long, until what was queued is written.
pub(crate) fn flush() {
    if let Some(queue) = QUEUE.get() {
        // Late or not, the process ends.
        let _ = queue
            .changed
            .wait_timeout_while(queue.lock(), FLUSH_LIMIT, |state| state.writing || !state.lines.is_empty());
    }
}

/// Writes whole lines at once and lets go of the lock meanwhile, for as long as the process lives.
fn write_out(queue: &Queue) {
    loop {
        let mut state = queue
            .changed
            .wait_while(queue.lock(), |state| state.lines.is_empty())
            .unwrap_or_else(PoisonError::into_inner);
        let lines = std::mem::take(&mut state.lines);
        let lost = std::mem::take(&mut state.lost);
        state.writing = true;
        drop(state);

        for line in lines {
            // Stderr is the last place to report to, so a failure there stays unreported.
            let _ = std::io::stderr().write_all(&line);
        }
        if lost > 0 {
            let _ = writeln!(
                std::io::stderr(),
                r#"{{"@level":"warn","@message":"{lost} log lines were lost: the host reads too slowly","@module":"sdk.framework"}}"#
            );
        }
        queue.lock().writing = false;
        queue.changed.notify_all();
    }
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
