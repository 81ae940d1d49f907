//! Runs statements: parse, check, resolve, plan, check again, execute, each under the limits.

use std::sync::Arc;
use std::time::Instant;

use arrow::datatypes::SchemaRef;
use arrow::record_batch::RecordBatch;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::sql::parser::Statement;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tracing::{debug, info};

use crate::caller::{Caller, Scope};
use crate::catalog::LakeCatalog;
use crate::datafusion_error::from_datafusion;
use crate::error::{QueryError, QueryErrorKind};
use crate::limits::QueryLimits;
use crate::metadata_statements::{describe, pruning_rows, show_tables};
use crate::plan_check::check_plan;
use crate::pruning::PruningLog;
use crate::resolve::resolve_tables;
use crate::result::QueryResult;
use crate::running::{AbortOnDrop, RunningQuery, run, task_failure, time_limit_error};
use crate::session::SessionMaker;
use crate::statement::{AllowedStatement, parse_read_only};

/// How an engine is set up.
#[derive(Debug)]
pub struct QueryOptions {
    /// What the lake holds.
    pub catalog: Arc<dyn LakeCatalog>,
    /// What a query may take.
    pub limits: QueryLimits,
    /// The tokio runtime that queries run on, so that they do not hold up the one that serves HTTP. `None`: the runtime
    /// that `execute` is called on.
    pub runtime: Option<Handle>,
    /// Parts that one query is worked on in parallel. `None`: one a CPU that this process may use.
    pub target_partitions: Option<usize>,
}

impl QueryOptions {
    /// Default limits, the caller's runtime, every CPU.
    pub fn new(catalog: Arc<dyn LakeCatalog>) -> Self {
        Self { catalog, limits: QueryLimits::default(), runtime: None, target_partitions: None }
    }
}

/// A statement and who asks.
#[derive(Debug, Clone)]
pub struct QueryRequest {
    /// The SQL text.
    pub sql: String,
    /// What it may name.
    pub scope: Scope,
    /// Most rows wanted; the engine's own limit holds beside it.
    pub max_rows: Option<usize>,
}

/// Read-only SQL over the lake. Cheap to clone.
#[derive(Debug, Clone)]
pub struct QueryEngine {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    catalog: Arc<dyn LakeCatalog>,
    limits: QueryLimits,
    runtime: Option<Handle>,
    sessions: SessionMaker,
    slots: Arc<Semaphore>,
}

/// A statement ready to run.
enum Prepared {
    /// Answered from the catalog alone.
    Rows(RecordBatch),
    /// A plan to execute, and rows that come after its own.
    Plan {
        plan: Arc<dyn ExecutionPlan>,
        session: SessionState,
        then: Option<RecordBatch>,
        log: Arc<PruningLog>,
    },
}

impl QueryEngine {
    /// An engine over a lake. Fails when the folder for spilling cannot be used.
    pub fn new(options: QueryOptions) -> Result<Self, QueryError> {
        let cpus = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let target_partitions = options.target_partitions.unwrap_or_else(cpus).max(1);
        let sessions = SessionMaker::new(options.catalog.object_store(), &options.limits, target_partitions)
            .map_err(|error| from_datafusion(&error))?;
        let slots = Arc::new(Semaphore::new(options.limits.concurrent_queries));
        let QueryOptions { catalog, limits, runtime, .. } = options;
        Ok(Self { inner: Arc::new(Inner { catalog, limits, runtime, sessions, slots }) })
    }

    /// What the lake holds, as this engine sees it.
    pub fn catalog(&self) -> &Arc<dyn LakeCatalog> {
        &self.inner.catalog
    }

    /// The limits that queries run under.
    pub fn limits(&self) -> &QueryLimits {
        &self.inner.limits
    }

    /// Runs a statement over everything that a caller may see.
    pub async fn execute(&self, sql: &str, caller: &Caller) -> Result<QueryResult, QueryError> {
        let scope = Scope::of(caller.clone());
        self.execute_request(QueryRequest { sql: sql.to_owned(), scope, max_rows: None }).await
    }

    /// Runs a statement. Returns once it is planned; the rows come as they are read from the result.
    pub async fn execute_request(&self, request: QueryRequest) -> Result<QueryResult, QueryError> {
        let started = Instant::now();
        let deadline = started + self.inner.limits.time;
        let slot = Arc::clone(&self.inner.slots).try_acquire_owned().map_err(|_| self.busy())?;
        let runtime = self.inner.runtime.clone().unwrap_or_else(Handle::current);

        let max_rows = at_most(self.inner.limits.rows, request.max_rows);
        debug!(sql = request.sql, "query");
        let inner = Arc::clone(&self.inner);
        let planning =
            AbortOnDrop(runtime.spawn(async move { inner.prepare(request, max_rows, slot).await }));
        let (prepared, slot) = match tokio::time::timeout_at(deadline.into(), planning).await {
            Ok(Ok(prepared)) => prepared?,
            Ok(Err(join_error)) => return Err(task_failure(&join_error)),
            Err(_) => return Err(time_limit_error(self.inner.limits.time)),
        };
        info!(planned_ms = started.elapsed().as_millis() as u64, "query planned");
        let running = RunningQuery { runtime, slot, max_rows, started, time_limit: self.inner.limits.time };
        match prepared {
            Prepared::Rows(rows) => {
                let schema = rows.schema();
                let stream = futures::stream::once(async { Ok(rows) });
                Ok(run(running, schema, Box::pin(stream), None, Vec::new()))
            }
            Prepared::Plan { plan, session, then, log } => {
                let schema: SchemaRef = plan.schema();
                let stream =
                    execute_stream(plan, session.task_ctx()).map_err(|error| from_datafusion(&error))?;
                Ok(run(running, schema, stream, then, log.scans()))
            }
        }
    }

    fn busy(&self) -> QueryError {
        let message =
            format!("{} queries are running, no more are allowed", self.inner.limits.concurrent_queries);
        QueryError::new(QueryErrorKind::Busy, message).with_suggestion("try again in a moment")
    }
}

impl Inner {
    /// Everything up to the physical plan. The slot goes through: a query holds it from first to last.
    async fn prepare(
        &self,
        request: QueryRequest,
        max_rows: Option<usize>,
        slot: OwnedSemaphorePermit,
    ) -> Result<(Prepared, OwnedSemaphorePermit), QueryError> {
        let catalog = self.catalog.as_ref();
        let prepared = match parse_read_only(&request.sql)? {
            AllowedStatement::ShowTables => Prepared::Rows(show_tables(catalog, &request.scope).await?),
            AllowedStatement::Describe(table) => {
                Prepared::Rows(describe(catalog, &request.scope, &table).await?)
            }
            AllowedStatement::Query { statement, is_explain } => {
                self.plan(*statement, is_explain, &request.scope, max_rows).await?
            }
        };
        Ok((prepared, slot))
    }

    async fn plan(
        &self,
        statement: Statement,
        is_explain: bool,
        scope: &Scope,
        max_rows: Option<usize>,
    ) -> Result<Prepared, QueryError> {
        let (references, _ctes) = datafusion::sql::resolve::resolve_table_references(&statement, true)
            .map_err(|error| from_datafusion(&error))?;
        let tables = resolve_tables(self.catalog.as_ref(), scope, references).await?;
        let log = Arc::new(PruningLog::default());
        let session = self.sessions.session(tables, &log).map_err(|error| from_datafusion(&error))?;
        let plan = session.statement_to_plan(statement).await.map_err(|error| from_datafusion(&error))?;
        check_plan(&plan)?;
        let plan = if is_explain { plan } else { with_row_limit(plan, max_rows)? };
        let plan = session.create_physical_plan(&plan).await.map_err(|error| from_datafusion(&error))?;
        let then = if is_explain { pruning_rows(&plan.schema(), &log.scans())? } else { None };
        Ok(Prepared::Plan { plan, session, then, log })
    }
}

/// One row more than may be returned, to know that there was one: sorts then keep only the first rows.
fn with_row_limit(plan: LogicalPlan, max_rows: Option<usize>) -> Result<LogicalPlan, QueryError> {
    let Some(max_rows) = max_rows else { return Ok(plan) };
    LogicalPlanBuilder::from(plan)
        .limit(0, Some(max_rows.saturating_add(1)))
        .and_then(LogicalPlanBuilder::build)
        .map_err(|error| from_datafusion(&error))
}

fn at_most(a: Option<usize>, b: Option<usize>) -> Option<usize> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, other) => one.or(other),
    }
}
