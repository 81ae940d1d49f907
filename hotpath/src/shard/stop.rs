//! How a connection is told that its input ends.

use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use futures::future::{Either, select};
use futures::task::AtomicWaker;

use crate::limits::STREAM_LAST_READS_MAX;

/// Whether a connection is to end. It is asked to once, and for good.
#[derive(Debug, Default)]
pub(super) struct Stop {
    is_asked: Cell<bool>,
    /// The connection's task. It waits anew with each read, so that only the last waker is kept.
    task: AtomicWaker,
    reads_since: Cell<usize>,
}

impl Stop {
    /// Asks the connection to end once it has taken what is there.
    pub(super) fn ask(&self) {
        self.is_asked.set(true);
        self.task.wake();
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
        let asked = poll_fn(|context| {
            self.task.register(context.waker());
            if self.is_asked() { Poll::Ready(()) } else { Poll::Pending }
        });
        match select(pin!(future), pin!(asked)).await {
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

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use futures::future::{join, pending, ready};

    use super::*;

    #[test]
    fn what_a_connection_waits_for_is_given_up_when_it_is_asked_to_end() {
        let stop = Stop::default();
        assert_eq!(block_on(stop.unless_asked(ready(1))), Some(1));
        let (waited, ()) = block_on(join(stop.unless_asked(pending::<()>()), async { stop.ask() }));
        assert_eq!(waited, None);
        assert_eq!(block_on(stop.unless_asked(ready(1))), None, "for good");
    }

    #[test]
    fn the_reads_after_it_are_counted() {
        let stop = Stop::default();
        assert!((0..STREAM_LAST_READS_MAX).all(|_| stop.may_read_on()));
        assert!(!stop.may_read_on());
    }
}
