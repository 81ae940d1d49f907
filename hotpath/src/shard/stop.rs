//! How a connection is told that its input ends.

use std::cell::Cell;
use std::future::Future;
use std::pin::pin;

use futures::future::{Either, select};

use super::wake::Wake;
use crate::limits::STREAM_LAST_READS_MAX;

/// Whether a connection is to end. It is asked to once, and for good.
#[derive(Debug, Default)]
pub(super) struct Stop {
    is_asked: Cell<bool>,
    wake: Wake,
    reads_since: Cell<usize>,
}

impl Stop {
    /// Asks the connection to end once it has taken what is there.
    pub(super) fn ask(&self) {
        self.is_asked.set(true);
        self.wake.set();
    }

    /// Whether it was asked to.
    pub(super) fn is_asked(&self) -> bool {
        self.is_asked.get()
    }

    /// What the future gives, `None` when the connection is to end before that.
    pub(super) async fn unless_asked<F: Future>(&self, future: F) -> Option<F::Output> {
        if self.is_asked() {
            return None;
        }
        match select(pin!(future), pin!(self.wake.wait())).await {
            Either::Left((output, _)) => Some(output),
            Either::Right(_) => None,
        }
    }

    /// Whether a connection that is to end may read once more: a sender that never pauses must not keep it open.
    pub(super) fn may_read_on(&self) -> bool {
        self.reads_since.set(self.reads_since.get() + 1);
        self.reads_since.get() <= STREAM_LAST_READS_MAX
    }
}
