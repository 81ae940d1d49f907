//! `bytefreezer filters list`: the catalogue, as the filters define it.

use std::io::Write;

use anyhow::{Context, Result, bail};
use clap::Args;
use hotpath::filter::{FilterKind, catalogue};

use super::Layout;
use super::table::{write_kind, write_kinds};
use crate::output::Output;

/// Arguments of `filters list`.
#[derive(Args, Debug)]
pub struct ListArgs {
    /// How it is written, for example `--format json`
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
    format: Layout,
    /// Only this filter, with its keys, for example `geoip`
    #[arg(value_name = "TYPE")]
    kind: Option<String>,
}

/// Prints the catalogue.
pub fn run(args: &ListArgs) -> Result<()> {
    let one = match &args.kind {
        Some(name) => Some(find(name)?),
        None => None,
    };
    let mut out = Output::open()?;
    let written = match (args.format, one) {
        (Layout::Table, Some(kind)) => write_kind(kind, &mut out),
        (Layout::Table, None) => write_kinds(catalogue(), &mut out),
        (Layout::Json, Some(kind)) => writeln!(out, "{}", serde_json::to_string_pretty(kind)?),
        (Layout::Json, None) => writeln!(out, "{}", serde_json::to_string_pretty(catalogue())?),
    };
    written.and_then(|()| out.flush()).context("cannot write the filters")
}

fn find(name: &str) -> Result<&'static FilterKind> {
    match catalogue().iter().copied().find(|kind| kind.name == name) {
        Some(kind) => Ok(kind),
        None => {
            let names: Vec<&str> = catalogue().iter().map(|kind| kind.name).collect();
            bail!("there is no filter `{name}`; there are: {}", names.join(", "))
        }
    }
}
