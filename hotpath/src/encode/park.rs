//! Waiting for a message with a time limit, on a plain thread.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};

use async_channel::{Receiver, RecvError};

/// Wakes a parked thread.
struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// The next message; `None` when none came in time.
///
/// # Errors
/// When the channel is empty and closed.
pub(super) fn receive_within<T>(
    receiver: &Receiver<T>,
    time_limit: Duration,
) -> Result<Option<T>, RecvError> {
    let started = Instant::now();
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut receiving = pin!(receiver.recv());
    loop {
        if let Poll::Ready(result) = receiving.as_mut().poll(&mut context) {
            return result.map(Some);
        }
        let left = time_limit.saturating_sub(started.elapsed());
        if left.is_zero() {
            return Ok(None);
        }
        std::thread::park_timeout(left);
    }
}
