//! Waking one task of an executor from another of the same executor.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::task::{Poll, Waker};

/// A flag that one task waits for. Setting it twice before it is seen is the same as setting it once.
#[derive(Debug, Default)]
pub(crate) struct Wake {
    set: Cell<bool>,
    waiting: RefCell<Vec<Waker>>,
}

impl Wake {
    /// Sets the flag and wakes all who wait.
    pub(crate) fn set(&self) {
        if !self.set.replace(true) {
            for waker in self.waiting.borrow_mut().drain(..) {
                waker.wake();
            }
        }
    }

    /// Waits until the flag is set, and clears it.
    pub(crate) async fn wait(&self) {
        poll_fn(|context| {
            if self.set.replace(false) {
                return Poll::Ready(());
            }
            let mut waiting = self.waiting.borrow_mut();
            if !waiting.iter().any(|waker| waker.will_wake(context.waker())) {
                waiting.push(context.waker().clone());
            }
            Poll::Pending
        })
        .await;
    }
}
