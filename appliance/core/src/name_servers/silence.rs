//! Name servers that have stopped answering are left alone for a while, so that events do not wait for them again and again.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use crate::limits::{NAME_SILENCE_SECONDS, NAME_SILENT_QUERIES_MAX};

/// Whether the servers are silent.
#[derive(Debug, Default)]
pub(super) struct Silence(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Queries without an answer since the last answer.
    unanswered: usize,
    until: Option<Instant>,
}

impl Silence {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the servers are not asked now.
    pub(super) fn lasts(&self) -> bool {
        self.lock().until.is_some_and(|until| Instant::now() < until)
    }

    /// A server has answered, whatever it said.
    pub(super) fn end(&self) {
        *self.lock() = State::default();
    }

    /// No server has answered a query. After so many of these the silence begins; when it is over, one is enough.
    pub(super) fn note(&self) {
        let mut state = self.lock();
        state.unanswered += 1;
        if state.unanswered >= NAME_SILENT_QUERIES_MAX {
            state.until = Some(Instant::now() + Duration::from_secs(NAME_SILENCE_SECONDS));
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn servers_that_do_not_answer_are_left_alone_for_a_while() {
        let silence = Silence::default();
        for _ in 1..NAME_SILENT_QUERIES_MAX {
            silence.note();
        }
        assert!(!silence.lasts());
        silence.note();
        assert!(silence.lasts());
        advance(Duration::from_secs(NAME_SILENCE_SECONDS)).await;
        assert!(!silence.lasts(), "they are asked once more");
        silence.note();
        assert!(silence.lasts());
        silence.end();
        assert!(!silence.lasts());
        silence.note();
        assert!(!silence.lasts(), "an answer begins the count anew");
    }
}
