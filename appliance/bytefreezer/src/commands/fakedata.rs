//! `bytefreezer fakedata`: made-up events at a stated rate. The work is done in the crate `bytefreezer-fakedata`.

use std::io::Write;

use anyhow::{Context, Result};
use bytefreezer_fakedata::FakedataArgs;

use crate::output::Output;

/// Sends the events, and prints what was sent.
pub fn run(args: &FakedataArgs) -> Result<()> {
    let mut out = Output::open()?;
    let sent = bytefreezer_fakedata::run(args, &mut out);
    out.flush().context("cannot write the report")?;
    sent
}
