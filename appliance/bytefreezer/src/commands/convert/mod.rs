//! `bytefreezer convert`: a file of events to one Parquet file, by way of the filters.

mod parquet_file;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use arrow::array::RecordBatch;
use bytefreezer_core::name_servers::NameServers;
use bytefreezer_core::resources::ResourceFolder;
use clap::Args;
use hotpath::batch::ColumnRegistry;
use hotpath::decode::Format;
use hotpath::filter::{FilterDefinition, FilterPipelineDefinition, FilterSurroundings, Filters, Resources};

use crate::events::{EventReader, ROWS_OF_FILES, ReadArgs, Summary};
use crate::limits::FILTERS_BYTES_MAX;
use crate::output::note;
use parquet_file::{Columns, ParquetFile};

/// Arguments of `convert`.
#[derive(Args, Debug)]
#[command(
    after_help = "Decoding, filters, columns and types are those of the appliance. Rows are sorted by `event_time` within each row group.
A summary (rows, rows dropped by filters, errors by reason) goes to standard error.

Examples:
  bytefreezer convert /var/log/syslog syslog.parquet
  bytefreezer convert events.ndjson events.parquet
  bytefreezer convert --filters filters.json --zstd-level 3 capture.pcap denied.parquet"
)]
pub struct ConvertArgs {
    #[command(flatten)]
    read: ReadArgs,
    /// Filters to take the rows through, for example `--filters filters.json` with `{\"filters\":[{\"type\":\"drop\",\"config\":{\"condition\":\"action == 'deny'\"}}]}` in it
    #[arg(long, value_name = "FILE")]
    filters: Option<PathBuf>,
    /// Folder with the databases, tables and lists that filters name, for example `--resources /var/lib/bytefreezer/resources`
    #[arg(long, value_name = "DIR", default_value = ".")]
    resources: PathBuf,
    /// Threads to work with, for example `--threads 1`; there is no more than one so far
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=1))]
    threads: u8,
    /// How hard to compress, for example `--zstd-level 3`
    #[arg(long, value_name = "LEVEL", default_value_t = 1, value_parser = clap::value_parser!(i32).range(1..=22))]
    zstd_level: i32,
    /// A capture (pcap, pcapng) or text, for example `/var/log/syslog`; what is called `.json`, `.ndjson` or `.jsonl` is read as JSON
    #[arg(value_name = "IN")]
    input: PathBuf,
    /// The Parquet file to write, for example `syslog.parquet`; one of that name is replaced
    #[arg(value_name = "OUT")]
    output: PathBuf,
}

/// Converts the file.
pub fn run(args: &ConvertArgs) -> Result<()> {
    ensure!(
        args.input != Path::new("-"),
        "a file is read twice where need be, so it cannot be standard input"
    );
    let filters = match &args.filters {
        Some(path) => read_filters(path)?,
        None => Vec::new(),
    };
    // Both readings find the same resources, and what name servers said.
    let resources = Resources::new(Arc::new(ResourceFolder::new(&args.resources)));
    let resources = Arc::new(resources.with_names(Arc::new(NameServers::on_own_thread())));
    let mut columns = Columns::default();
    let mut summary = convert(args, &filters, &resources, &mut columns)?;
    if !columns.were_sufficient() {
        // Rows came with columns that the file did not have when it was begun. Now all of them are known.
        columns.begin_again();
        summary = convert(args, &filters, &resources, &mut columns)?;
    }
    ensure!(
        columns.were_sufficient(),
        "{} has other columns at the second reading; is it being written?",
        args.input.display()
    );
    note(summary.to_json());
    Ok(())
}

/// Reads the input once. The output is there afterwards if the columns were sufficient.
fn convert(
    args: &ConvertArgs,
    filters: &[FilterDefinition],
    resources: &Arc<Resources>,
    columns: &mut Columns,
) -> Result<Summary> {
    let surroundings = FilterSurroundings {
        columns: columns.registry(),
        rows: ROWS_OF_FILES,
        resources: Arc::clone(resources),
        dataset: None,
    };
    let filters = Filters::compile(filters, &surroundings).context("the filters are wrong")?;
    let mut reader = EventReader::new(&reading(args), columns.registry());
    let mut state = filters.new_state();
    let mut file = ParquetFile::new(&args.output, args.zstd_level);
    let mut dropped = 0;
    let mut batches = 0;
    let mut sink = |batch: RecordBatch| {
        let outcome = filters.apply(batch, &mut state, batches);
        batches += 1;
        dropped += outcome.dropped_rows as u64;
        file.push(outcome.batch, columns)
    };
    reader.read_file(&args.input, &mut sink)?;
    reader.decode(&mut sink)?;
    file.finish(columns)?;
    reader.summary.filtered = dropped;
    Ok(reader.summary)
}

fn read_filters(path: &Path) -> Result<Vec<FilterDefinition>> {
    let failed = || format!("cannot read the filters in {}", path.display());
    let mut text = String::new();
    let file = File::open(path).with_context(failed)?;
    file.take(FILTERS_BYTES_MAX + 1).read_to_string(&mut text).with_context(failed)?;
    ensure!(
        text.len() as u64 <= FILTERS_BYTES_MAX,
        "{} is longer than {FILTERS_BYTES_MAX} bytes",
        path.display()
    );
    let wrong = || format!("the filters in {} are wrong", path.display());
    let definition = FilterPipelineDefinition::from_json(&text).with_context(wrong)?;
    Ok(definition.filters)
}

/// How the file is read: as JSON where its name says that it is, unless another format is asked for.
fn reading(args: &ConvertArgs) -> ReadArgs {
    let extension = args.input.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let is_json = ["json", "ndjson", "jsonl"].iter().any(|json| extension.eq_ignore_ascii_case(json));
    let mut read = args.read.clone();
    if is_json && read.format == Format::SYSLOG {
        read.format = Format::JSON;
    }
    read
}

/// The columns' types that all readings of one input agree on.
fn new_registry() -> Arc<ColumnRegistry> {
    Arc::new(ColumnRegistry::default())
}
