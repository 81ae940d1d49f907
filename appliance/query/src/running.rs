//! A query under way: a task that makes batches, a bounded queue, and the limits of time and rows.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use datafusion::error::DataFusionError;
use futures::stream::unfold;
use futures::{Stream, StreamExt};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::task::{JoinError, JoinHandle};
use tracing::error;

use crate::datafusion_error::from_datafusion;
use crate::error::{QueryError, QueryErrorKind};
use crate::limits;
use crate::pruning::ScanPruning;
use crate::result::{Ending, QueryResult};

/// A task that is cancelled when nobody waits for it any more.
pub(crate) struct AbortOnDrop<T>(pub(crate) JoinHandle<T>);

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl<T> Future for AbortOnDrop<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context)
    }
}

/// What a query runs with.
pub(crate) struct RunningQuery {
    pub(crate) runtime: Handle,
    pub(crate) slot: OwnedSemaphorePermit,
    pub(crate) max_rows: Option<usize>,
    pub(crate) started: Instant,
    pub(crate) time_limit: Duration,
}

type Batches = mpsc::Sender<Result<RecordBatch, QueryError>>;

/// Starts a query. `then` comes after the stream's own rows.
pub(crate) fn run(
    query: RunningQuery,
    schema: SchemaRef,
    stream: Pin<Box<dyn Stream<Item = Result<RecordBatch, DataFusionError>> + Send>>,
    then: Option<RecordBatch>,
    scans: Vec<ScanPruning>,
) -> QueryResult {
    let RunningQuery { runtime, slot, max_rows, started, time_limit } = query;
    let (sender, receiver) = mpsc::channel(limits::RESULT_QUEUE_BATCHES);
    let ending = Arc::new(Ending::default());
    let stream = stream.chain(futures::stream::iter(then.map(Ok)));
    let producer = produce(stream, sender, max_rows, Arc::clone(&ending));
    let task = AbortOnDrop(runtime.spawn(async move {
        producer.await;
        drop(slot);
    }));
    let consumer = Consumer { receiver, task, deadline: started + time_limit, time_limit };
    let batches = unfold(Some(consumer), next_batch);
    QueryResult::new(schema, batches, ending, started, scans)
}

async fn produce(
    mut stream: impl Stream<Item = Result<RecordBatch, DataFusionError>> + Unpin,
    sender: Batches,
    max_rows: Option<usize>,
    ending: Arc<Ending>,
) {
    let mut rows_left = max_rows.unwrap_or(usize::MAX);
    while let Some(batch) = stream.next().await {
        let batch = match batch {
            Ok(batch) => batch,
            Err(error) => {
                // Nobody may be waiting for it any more: then it is of no interest.
                let _ = sender.send(Err(from_datafusion(&error))).await;
                return;
            }
        };
        let is_too_much = batch.num_rows() > rows_left;
        let batch = if is_too_much { batch.slice(0, rows_left) } else { batch };
        rows_left -= batch.num_rows();
        if is_too_much {
            ending.truncated.store(true, Ordering::Release);
        }
        if batch.num_rows() > 0 && sender.send(Ok(batch)).await.is_err() {
            return;
        }
        if is_too_much {
            return;
        }
    }
}

struct Consumer {
    receiver: mpsc::Receiver<Result<RecordBatch, QueryError>>,
    task: AbortOnDrop<()>,
    deadline: Instant,
    time_limit: Duration,
}

async fn next_batch(
    consumer: Option<Consumer>,
) -> Option<(Result<RecordBatch, QueryError>, Option<Consumer>)> {
    let mut consumer = consumer?;
    let Ok(received) = tokio::time::timeout_at(consumer.deadline.into(), consumer.receiver.recv()).await
    else {
        return Some((Err(time_limit_error(consumer.time_limit)), None));
    };
    match received {
        Some(Ok(batch)) => Some((Ok(batch), Some(consumer))),
        Some(Err(error)) => Some((Err(error), None)),
        // The queue closes when the task is through, or when it panicked.
        None => match consumer.task.await {
            Ok(()) => None,
            Err(join_error) => Some((Err(task_failure(&join_error)), None)),
        },
    }
}

/// The error for a query that took too long.
pub(crate) fn time_limit_error(limit: Duration) -> QueryError {
    let message = format!("the query took longer than {} s and was cancelled", limit.as_secs_f64());
    QueryError::new(QueryErrorKind::TimeLimit, message)
        .with_suggestion("add a condition on event_time that names a shorter time")
}

/// The error for a task that did not end by itself: a panic in the query engine, or the process is stopping.
pub(crate) fn task_failure(join_error: &JoinError) -> QueryError {
    error!(error = %join_error, "query task failed");
    let message = "the query engine failed on this statement; the log says more";
    QueryError::new(QueryErrorKind::Internal, message).with_operator_detail(join_error.to_string())
}
