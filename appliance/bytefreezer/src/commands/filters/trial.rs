//! `bytefreezer filters test`: filters on sample rows, before they go live.

use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use bytefreezer_core::name_servers::NameServers;
use bytefreezer_core::resources::ResourceFolder;
use bytefreezer_core::transformations::{Samples, Trial, TrialLimits};
use chrono::Utc;
use clap::Args;
use hotpath::decode::Format;
use hotpath::filter::Resources;
use serde_json::{Map, Value};

use super::Layout;
use super::table::write_report;
use crate::events::format;
use crate::limits::{FILTERS_BYTES_MAX, SAMPLES_BYTES_MAX};
use crate::output::Output;

/// Arguments of `filters test`.
#[derive(Args, Debug)]
pub struct TestArgs {
    /// The filters, for example `--filters filters.json` with `{"filters":[{"type":"drop","config":{"condition":"level == 'debug'"}}]}` or the list alone in it
    #[arg(long, value_name = "FILE")]
    filters: PathBuf,
    /// What the samples are, for example `--format syslog`: events of this format, one a line. `json`: rows, an object each
    #[arg(long, value_name = "FORMAT", default_value = "json", value_parser = format)]
    format: Format,
    /// Folder with the databases, tables and lists that filters name, for example `--resources /var/lib/bytefreezer/resources`
    #[arg(long, value_name = "DIR", default_value = ".")]
    resources: PathBuf,
    /// How the report is written, for example `--output json`
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
    output: Layout,
    /// The file with the samples, for example `rows.ndjson`; `-` is standard input
    #[arg(value_name = "SAMPLES")]
    samples: PathBuf,
}

/// Carries the filters out and prints the report.
pub fn run(args: &TestArgs) -> Result<()> {
    let shown = args.filters.display();
    let text = read_text(&args.filters, FILTERS_BYTES_MAX).context("cannot read the filters")?;
    let filters =
        serde_json::from_str(&text).with_context(|| format!("the filters in {shown} are no JSON"))?;
    let text = read_text(&args.samples, SAMPLES_BYTES_MAX).context("cannot read the samples")?;
    let resources = Resources::new(Arc::new(ResourceFolder::new(&args.resources)));
    let trial = Trial {
        filters,
        samples: samples(&text, args.format),
        dataset: None,
        resources: Arc::new(resources.with_names(Arc::new(NameServers::on_own_thread()))),
        received_us: Utc::now().timestamp_micros(),
        limits: TrialLimits::TEST,
        deadline: None,
    };
    let report = trial.run()?;
    let mut out = Output::open()?;
    let written = match args.output {
        Layout::Json => writeln!(out, "{}", serde_json::to_string_pretty(&report)?),
        Layout::Table if report.valid => write_report(&report, &mut out),
        Layout::Table => Ok(()),
    };
    written.and_then(|()| out.flush()).context("cannot write the report")?;
    if report.valid {
        return Ok(());
    }
    let messages: Vec<&str> = report.errors.iter().map(|error| error.message.as_str()).collect();
    bail!("the filters in {shown} are wrong: {}", messages.join("\n"))
}

fn read_text(path: &Path, bytes_max: u64) -> Result<String> {
    let shown = path.display();
    let input: Box<dyn Read> = if path == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        Box::new(File::open(path).with_context(|| shown.to_string())?)
    };
    let mut bytes = Vec::new();
    input.take(bytes_max + 1).read_to_end(&mut bytes).with_context(|| shown.to_string())?;
    ensure!(bytes.len() as u64 <= bytes_max, "{shown} is longer than {bytes_max} bytes");
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// JSON objects are rows, each on its line or in a list; everything else is events, one a line.
fn samples(text: &str, format: Format) -> Samples {
    if format == Format::JSON
        && let Some(rows) = rows_of(text)
    {
        return Samples::Rows(rows);
    }
    Samples::Lines { format, lines: text.lines().map(str::to_owned).collect() }
}

fn rows_of(text: &str) -> Option<Vec<Map<String, Value>>> {
    let mut rows = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        let items = match value.ok()? {
            Value::Array(items) => items,
            value => vec![value],
        };
        for item in items {
            let Value::Object(row) = item else { return None };
            rows.push(row);
        }
    }
    Some(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_rows_wherever_they_stand_and_everything_else_is_lines() {
        for text in ["{\"a\":1}\n{\"a\":2}\n", "[{\"a\":1},\n {\"a\":2}]", "{\"a\":\n1}{\"a\":2}"] {
            let Samples::Rows(rows) = samples(text, Format::JSON) else { panic!("{text}") };
            assert_eq!(rows.len(), 2, "{text}");
        }
        for text in ["{\"a\":1}\nbroken\n", "1\n2", "[[]]\nx"] {
            let Samples::Lines { lines, .. } = samples(text, Format::JSON) else { panic!("{text}") };
            assert_eq!(lines.len(), 2, "{text}");
        }
        assert!(matches!(samples("{}", Format::SYSLOG), Samples::Lines { .. }));
    }
}
