//! What decoding costs: processor time a row, for each format, from sealed block to record batch.
//!
//! `decode_cost [NAME [ROUNDS]]` prints the best and the median of the rounds, of all cases or of those whose name
//! begins so. Instructions a row are the difference of two runs under `valgrind --tool=callgrind` with different ROUNDS.

mod cases;

use anyhow::{Context, ensure};
use bytefreezer_benches::cpu_time::thread_cpu_ns;
use bytefreezer_benches::pipeline::Parser;
use hotpath::block::SealedBlock;
use hotpath::decode::Format;

use cases::Case;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const ROUNDS: usize = 20;
/// How often a round decodes all blocks.
const PASSES: usize = 4;

/// What decoding all blocks of a case gives.
struct Outcome {
    rows: usize,
    not_understood: usize,
    columns: usize,
}

/// Decodes all blocks some times; returns the processor time of one.
fn round(parser: &mut Parser, blocks: &[SealedBlock], rows_expected: usize) -> anyhow::Result<u64> {
    let started_ns = thread_cpu_ns()?;
    let mut rows = 0;
    for block in (0..PASSES).flat_map(|_| blocks) {
        rows += parser.parse(block).num_rows();
    }
    let spent_ns = thread_cpu_ns()? - started_ns;
    ensure!(rows == rows_expected * PASSES, "the same rows in every round");
    Ok(spent_ns / PASSES as u64)
}

/// Decodes all blocks once, and looks at what comes of it.
fn look(parser: &mut Parser, blocks: &[SealedBlock]) -> Outcome {
    let mut outcome = Outcome { rows: 0, not_understood: 0, columns: 0 };
    for block in blocks {
        let batch = parser.parse(block);
        outcome.rows += batch.num_rows();
        outcome.columns = outcome.columns.max(batch.num_columns());
        let errors = batch.column_by_name("parse_error");
        outcome.not_understood += errors.map_or(0, |errors| errors.len() - errors.null_count());
    }
    outcome
}

#[expect(clippy::print_stdout, reason = "a program that prints figures")]
fn measure(case: &Case, rounds: usize) -> anyhow::Result<()> {
    let Ok(format) = case.format.parse::<Format>() else {
        println!("{:<18} there is no format {}", case.name, case.format);
        return Ok(());
    };
    let blocks = (case.blocks)();
    let events: usize = blocks.iter().map(|block| block.entries().len()).sum();
    let bytes: usize = blocks.iter().map(|block| block.data().len()).sum();
    let mut parser = Parser::new(format);
    // The first time, decoders learn what later rounds know: templates, columns.
    look(&mut parser, &blocks);
    let outcome = look(&mut parser, &blocks);
    let mut times = (0..rounds)
        .map(|_| round(&mut parser, &blocks, outcome.rows))
        .collect::<anyhow::Result<Vec<u64>>>()?;
    times.sort_unstable();
    let per_row = |ns: u64| ns as f64 / outcome.rows as f64;
    println!(
        "{:<18} best {:>7.1} ns/row  median {:>7.1} ns/row  {:>5} bytes/event  {:>5.1} rows/event  {:>3} columns  {} not understood",
        case.name,
        per_row(times[0]),
        per_row(times[times.len() / 2]),
        bytes / events,
        outcome.rows as f64 / events as f64,
        outcome.columns,
        outcome.not_understood,
    );
    Ok(())
}

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_default();
    let rounds = match arguments.next() {
        Some(text) => text.parse().with_context(|| format!("{text:?} is no number of rounds"))?,
        None => ROUNDS,
    };
    for case in cases::all() {
        if case.name.starts_with(&name) {
            measure(&case, rounds)?;
        }
    }
    Ok(())
}
