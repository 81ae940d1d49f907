//! What each filter costs: processor time an event, on a million rows of a real web access log.
//!
//! `filter_cost [NAME [ROUNDS]]` prints the best and the median of the rounds, of all cases or of those whose name
//! begins so, and adds a line of JSON for each to `target/bench/filter_cost.ndjson` (`LOAD_RESULTS_DIR`). The log is the
//! one of the public corpora (`BYTEFREEZER_CORPORA`, or `../shared/corpora`); without it, invented lines, and it says so.

#![expect(clippy::print_stdout, reason = "the table is what the command is for")]

mod cases;
#[path = "../../../../hotpath/tests/filter_support/mmdb.rs"]
#[allow(
    dead_code,
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "it writes databases for tests, and panics where it cannot"
)]
mod mmdb;
mod resources;
mod rows;

use std::fs::{OpenOptions, create_dir_all};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, bail, ensure};
use arrow::array::RecordBatch;
use bytefreezer_benches::cpu_time::measure;
use bytefreezer_core::resources::ResourceFolder;
use hotpath::filter::{FilterDefinition, FilterSurroundings, Filters, Resources, catalogue};
use serde_json::json;

use cases::{Case, LEAVES_ROWS_AS_THEY_ARE, LEFT_OUT};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 3;
const ROWS: usize = 1_000_000;

/// What became of all rows in one round.
#[derive(Debug, Default)]
struct Outcome {
    rows: usize,
    failed: usize,
}

/// Every filter has a case, so that a new one is not forgotten.
fn check_kinds(cases: &[Case]) -> anyhow::Result<()> {
    for kind in catalogue() {
        let left_out = LEFT_OUT.iter().find(|(name, _)| *name == kind.name);
        match (left_out, cases.iter().any(|case| case.kind == kind.name)) {
            (None, true) => {}
            (Some((name, reason)), false) => println!("{name}: left out, {reason}"),
            (None, false) => bail!("the filter {} has no case: write one in cases.rs", kind.name),
            (Some((name, _)), true) => bail!("the filter {name} has a case and is left out nevertheless"),
        }
    }
    Ok(())
}

fn compile(case: &Case, folder: &Path) -> anyhow::Result<Filters> {
    let definition = json!({"type": case.kind, "config": case.config});
    let definition: FilterDefinition = serde_json::from_value(definition)?;
    let resources = Arc::new(Resources::new(Arc::new(ResourceFolder::new(folder))));
    let surroundings = FilterSurroundings { resources, ..FilterSurroundings::default() };
    Filters::compile(&[definition], &surroundings).with_context(|| format!("the case {}", case.name))
}

/// Takes all batches through the filter, with the state that a shard has at its start.
fn round(filters: &Filters, batches: &[RecordBatch]) -> Outcome {
    let mut state = filters.new_state();
    let mut outcome = Outcome::default();
    for (seed, batch) in batches.iter().enumerate() {
        let done = filters.apply(batch.clone(), &mut state, seed as u64);
        outcome.rows += done.batch.num_rows();
        outcome.failed += done.faulty.selected();
    }
    outcome
}

/// Whether the filter does anything with the rows of a batch at all.
fn changes(filters: &Filters, batch: &RecordBatch) -> bool {
    filters.apply(batch.clone(), &mut filters.new_state(), 0).batch != *batch
}

fn run(
    case: &Case,
    batches: &[RecordBatch],
    folder: &Path,
    rounds: usize,
    source: &str,
) -> anyhow::Result<()> {
    let filters = compile(case, folder)?;
    let first = batches.first().context("no rows")?;
    ensure!(
        changes(&filters, first) != LEAVES_ROWS_AS_THEY_ARE.contains(&case.kind),
        "{}: the filter does nothing with these rows, or more than was thought",
        case.name
    );
    let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
    let mut outcome = Outcome::default();
    let mut times_ns = Vec::with_capacity(rounds);
    for _ in 0..rounds {
        let time = measure(1, || {
            outcome = round(&filters, batches);
            Ok(())
        })?;
        times_ns.push(time.as_nanos() as f64 / rows as f64);
    }
    ensure!(
        outcome.failed < rows / 2,
        "{}: the filter failed on {} of {rows} rows",
        case.name,
        outcome.failed
    );
    times_ns.sort_by(f64::total_cmp);
    let best = times_ns.first().copied().context("no rounds")?;
    let median = times_ns.get(times_ns.len() / 2).copied().unwrap_or(best);
    println!(
        "{:<24} best {best:>8.1} ns/event  median {median:>8.1} ns/event  {:>9} rows after it  {} failed",
        case.name, outcome.rows, outcome.failed
    );
    note(&json!({
        "run": "filter_cost", "case": case.name, "type": case.kind, "rows": source, "events": rows,
        "best_ns_per_event": best, "median_ns_per_event": median, "rounds": rounds,
        "rows_after": outcome.rows, "failed": outcome.failed,
    }))
}

/// Appends a line to the results, as the load runs do.
fn note(line: &serde_json::Value) -> anyhow::Result<()> {
    let folder =
        std::env::var_os("LOAD_RESULTS_DIR").map_or_else(|| PathBuf::from("target/bench"), PathBuf::from);
    create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
    let path = folder.join("filter_cost.ndjson");
    let open = OpenOptions::new().create(true).append(true).open(&path);
    let mut file = open.with_context(|| format!("open {}", path.display()))?;
    writeln!(file, "{line}").with_context(|| format!("write {}", path.display()))
}

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let rounds: usize = match arguments.next() {
        Some(text) => text.parse().with_context(|| format!("{text:?} is no number of rounds"))?,
        None => ROUNDS,
    };
    let cases = cases::all();
    check_kinds(&cases)?;
    let folder = tempfile::tempdir().context("make a temporary folder")?;
    resources::write(folder.path())?;
    let (batches, source) = rows::access_log(ROWS)?;
    println!("rows: {source}");
    for case in cases.iter().filter(|case| case.name.starts_with(&name)) {
        run(case, &batches, folder.path(), rounds, source)?;
    }
    Ok(())
}
