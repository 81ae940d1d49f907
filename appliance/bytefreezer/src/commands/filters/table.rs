//! Filters and reports for people to read.

use std::io::{self, Write};

use bytefreezer_core::transformations::{AppliedFilter, Outcome, RowReport, TrialReport};
use hotpath::filter::FilterKind;
use serde_json::{Map, Value};

use crate::output::printable;

/// A line for each filter.
pub fn write_kinds(kinds: &[&FilterKind], out: &mut impl Write) -> io::Result<()> {
    let width = kinds.iter().map(|kind| kind.name.len()).max().unwrap_or(0);
    for kind in kinds {
        writeln!(out, "{:width$}  {}", kind.name, kind.description)?;
    }
    Ok(())
}

/// A filter with its keys.
pub fn write_kind(kind: &FilterKind, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{}: {}", kind.name, kind.description)?;
    for key in kind.keys {
        write!(out, "\n  {} ({}", key.name, key.value_type)?;
        if !key.default.is_empty() {
            write!(out, ", default {}", key.default)?;
        }
        writeln!(out, ")\n    {}", key.description)?;
        writeln!(out, "    for example {}", key.example)?;
    }
    Ok(())
}

/// What became of each row, and the figures of all of them in the last line.
pub fn write_report(report: &TrialReport, out: &mut impl Write) -> io::Result<()> {
    for (index, row) in report.results.iter().enumerate() {
        write_row(index + 1, row, out)?;
    }
    write!(out, "{} rows in, {} out, {} with errors", report.rows_in, report.rows_out, report.rows_failed)?;
    for filter in report.filters.iter().filter(|filter| filter.dropped > 0) {
        write!(out, "; filter {} ({}) dropped {}", filter.index, filter.kind, filter.dropped)?;
    }
    writeln!(out, "; {:.1} µs", report.duration_us)
}

fn write_row(number: usize, row: &RowReport, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "row {number} (sample {}, {:.1} µs)", row.sample, row.duration_us)?;
    writeln!(out, "  before  {}", json_line(&row.input))?;
    for applied in &row.applied {
        writeln!(out, "  {:>6}  {}", applied.index, applied_line(applied))?;
    }
    for output in &row.output {
        writeln!(out, "  after   {}", json_line(output))?;
    }
    if let Some(error) = &row.error {
        writeln!(out, "  error   {}", printable(error))?;
    }
    writeln!(out)
}

/// `split: changed, 1 -> 3 rows, added answer, changed message`
fn applied_line(applied: &AppliedFilter) -> String {
    let outcome = match applied.outcome {
        Outcome::Changed => "changed",
        Outcome::Dropped => "dropped",
        Outcome::Unchanged => "unchanged",
        Outcome::Skipped => "skipped",
        Outcome::Failed => "failed",
    };
    let mut line = format!("{}: {outcome}", applied.kind);
    if let Some(reason) = &applied.reason {
        line.push_str(&format!(" ({reason})"));
    }
    if applied.outcome != Outcome::Dropped && applied.rows_in != applied.rows_out {
        line.push_str(&format!(", {} -> {} rows", applied.rows_in, applied.rows_out));
    }
    let columns = [("added", &applied.added), ("changed", &applied.changed), ("removed", &applied.removed)];
    for (what, names) in columns.iter().filter(|(_, names)| !names.is_empty()) {
        line.push_str(&format!(", {what} {}", names.join(" ")));
    }
    printable(&line)
}

fn json_line(row: &Map<String, Value>) -> String {
    // An object of values always has a JSON form.
    printable(&serde_json::to_string(row).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_says_before_after_and_what_each_filter_did() {
        let row = |text: &str| serde_json::from_str::<Map<String, Value>>(text).unwrap();
        let applied = AppliedFilter {
            index: 1,
            kind: "split".to_owned(),
            outcome: Outcome::Changed,
            reason: None,
            rows_in: 1,
            rows_out: 2,
            added: vec!["part".to_owned()],
            changed: Vec::new(),
            removed: Vec::new(),
        };
        let result = RowReport {
            sample: 3,
            input: row(r#"{"a":"1;2"}"#),
            output: vec![row(r#"{"part":"1"}"#), row(r#"{"part":"\u009b2J"}"#)],
            applied: vec![applied],
            duration_us: 1.25,
            error: None,
        };
        let report = TrialReport {
            valid: true,
            rows_in: 1,
            rows_out: 2,
            results: vec![result],
            ..TrialReport::default()
        };
        let mut text = Vec::new();
        write_report(&report, &mut text).unwrap();
        let expected = "row 1 (sample 3, 1.2 µs)\n  before  {\"a\":\"1;2\"}\n       1  split: changed, 1 -> 2 rows, added part\n  \
                        after   {\"part\":\"1\"}\n  after   {\"part\":\"\\u{9b}2J\"}\n\n1 rows in, 2 out, 0 with errors; 0.0 µs\n";
        assert_eq!(String::from_utf8(text).unwrap(), expected);
    }
}
