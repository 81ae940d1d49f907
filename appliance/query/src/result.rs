//! What a query gives back: a schema, batches as they are made, and how it ended.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use futures::stream::BoxStream;
use futures::{Stream, StreamExt};

use crate::error::QueryError;
use crate::pruning::ScanPruning;

/// The answer to a statement. The query runs while the batches are read; dropping this cancels it.
pub struct QueryResult {
    schema: SchemaRef,
    batches: BoxStream<'static, Result<RecordBatch, QueryError>>,
    ending: Arc<Ending>,
    started: Instant,
    scans: Vec<ScanPruning>,
}

/// How a query ended, told by the task that runs it.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    pub(crate) truncated: AtomicBool,
}

impl QueryResult {
    pub(crate) fn new(
        schema: SchemaRef,
        batches: impl Stream<Item = Result<RecordBatch, QueryError>> + Send + 'static,
        ending: Arc<Ending>,
        started: Instant,
        scans: Vec<ScanPruning>,
    ) -> Self {
        Self { schema, batches: batches.boxed(), ending, started, scans }
    }

    /// The columns of the result.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The next rows; `None` after the last. After an error there is nothing more.
    pub async fn next_batch(&mut self) -> Option<Result<RecordBatch, QueryError>> {
        self.batches.next().await
    }

    /// Whether rows were left out because of the row limit. Known once [`Self::next_batch`] gave `None`.
    pub fn truncated(&self) -> bool {
        self.ending.truncated.load(Ordering::Acquire)
    }

    /// Time since the statement came in.
    pub fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    /// Which files each scan reads, of how many.
    pub fn scans(&self) -> &[ScanPruning] {
        &self.scans
    }

    /// All batches at once, for small results.
    pub async fn collect(&mut self) -> Result<Vec<RecordBatch>, QueryError> {
        let mut all = Vec::new();
        while let Some(batch) = self.next_batch().await {
            all.push(batch?);
        }
        Ok(all)
    }
}

impl std::fmt::Debug for QueryResult {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("QueryResult").field("schema", &self.schema).field("ending", &self.ending).finish()
    }
}
