//! Read-only SQL over the lake, on DataFusion.
//!
//! [`QueryEngine`] runs a statement for a [`Caller`]: `statement` lets only reading SQL through, `resolve` finds the
//! datasets that its names mean among the caller's, `table` reads their files, `plan_check` looks at the plan once
//! more, `running` holds the limits. `output` writes results for the command line, `http` serves them, and tests
//! transformations beside it.
//! The words of SQL that work are in `docs/sql.md`.

mod caller;
mod catalog;
mod datafusion_error;
mod engine;
mod error;
mod functions;
mod http;
mod limits;
mod metadata_statements;
mod newest_rows;
mod output;
mod plan_check;
mod planner_thread;
mod pruning;
mod resolve;
mod result;
mod running;
mod session;
mod statement;
mod suggest;
mod table;
mod token_check;

pub use caller::{Caller, Scope, Tenants};
pub use catalog::{
    CatalogError, DataFile, DatasetName, DatasetSnapshot, HourPartition, LakeCatalog, StoreCatalog,
    is_dataset_name_part, lake_type_name,
};
pub use engine::{QueryEngine, QueryOptions, QueryRequest};
pub use error::{Position, QueryError, QueryErrorKind};
pub use http::{Access, TokenGrant, router};
pub use limits::QueryLimits;
pub use metadata_statements::{DatasetSummary, summaries, table_columns};
pub use output::{OutputError, OutputFormat, OutputSummary, write_result};
pub use pruning::ScanPruning;
pub use result::QueryResult;
