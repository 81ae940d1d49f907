//! Parsing and planning on a thread with a large stack.
//!
//! Both recurse into the statement. On a worker of tokio a statement well within the limits could run out of stack, which
//! ends the process; and a statement that takes long to plan would hold up the others on that worker.

use std::future::Future;

use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tracing::error;

use crate::error::{QueryError, QueryErrorKind};
use crate::limits;

/// Runs a future on a thread of its own, which ends with it. There are at most as many as slots for queries.
/// The receiver fails when the future panicked.
pub(crate) fn on_large_stack<T: Send + 'static>(
    runtime: &Handle,
    work: impl Future<Output = T> + Send + 'static,
) -> Result<oneshot::Receiver<T>, QueryError> {
    let (sender, receiver) = oneshot::channel();
    let runtime = runtime.clone();
    std::thread::Builder::new()
        .name("query-planner".to_owned())
        .stack_size(limits::PLANNER_STACK_BYTES)
        .spawn(move || {
            // Nobody may be waiting any more: then the result is of no interest.
            let _ = sender.send(runtime.block_on(work));
        })
        .map_err(|io_error| {
            error!(error = %io_error, "no thread for the query planner");
            planner_failure().with_operator_detail(io_error.to_string())
        })?;
    Ok(receiver)
}

/// The error for a planner that did not come to an end by itself.
pub(crate) fn planner_failure() -> QueryError {
    QueryError::new(QueryErrorKind::Internal, "the query planner failed on this statement; the log says more")
}
