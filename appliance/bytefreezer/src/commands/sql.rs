//! `bytefreezer sql`: a question to the stored data, answered in this process.

use anyhow::{Context, Result, anyhow};
use bytefreezer_query::{Caller, OutputError, OutputFormat, QueryEngine, QueryError, write_result};
use clap::{Args, ValueEnum};

use crate::lake_access::open_engine;
use crate::output::{Output, note};
use crate::settings::ConfigArgs;

/// Arguments of `sql`.
#[derive(Args, Debug)]
#[command(
    after_help = "A dataset is the table `tenant.dataset`, or just `dataset` where that is unambiguous. `SHOW TABLES` lists them,
`DESCRIBE table` lists the columns. The limits of the configuration's `query` hold.

Examples:
  bytefreezer sql --data-dir /srv/bytefreezer \"select hostname, count(*) from syslog group by hostname\"
  bytefreezer sql --config /etc/bytefreezer/bytefreezer.yaml --format csv \"select count(*) from default.syslog\""
)]
pub struct SqlArgs {
    #[command(flatten)]
    config: ConfigArgs,
    /// How rows are written, for example `--format csv`: `table` for people, `json` (an array, an object a row), `csv` (a header line first)
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
    format: Format,
    /// One statement that reads, for example `\"select count(*) from syslog\"`
    #[arg(value_name = "SQL")]
    statement: String,
}

/// How rows are written.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Table,
    Json,
    Csv,
}

impl From<Format> for OutputFormat {
    fn from(format: Format) -> Self {
        match format {
            Format::Table => Self::Table,
            Format::Json => Self::Json,
            Format::Csv => Self::Csv,
        }
    }
}

/// Runs the statement and prints its rows.
pub fn run(args: &SqlArgs) -> Result<()> {
    let config = args.config.load()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the threads of the query")?;
    let engine = open_engine(&config, args.config.config.as_deref(), None)?;
    let done = runtime.block_on(answer(&engine, args));
    // Whatever the query still does after an error is of no use to anybody.
    runtime.shutdown_background();
    done
}

async fn answer(engine: &QueryEngine, args: &SqlArgs) -> Result<()> {
    let mut result = engine.execute(&args.statement, &Caller::everything()).await.map_err(in_words)?;
    let mut out = Output::open()?;
    let summary = match write_result(&mut result, args.format.into(), &mut out).await {
        Ok(summary) => summary,
        Err(OutputError::Query(error)) => return Err(in_words(error)),
        Err(error) => return Err(error.into()),
    };
    if summary.truncated && !matches!(args.format, Format::Table) {
        note(format_args!("note: the first {} rows, there are more (`query.rows_max`)", summary.rows));
    }
    Ok(())
}

/// Here the caller is the operator, who may know everything.
fn in_words(error: QueryError) -> anyhow::Error {
    match &error.operator_detail {
        Some(detail) => anyhow!("{error} ({detail})"),
        None => error.into(),
    }
}
