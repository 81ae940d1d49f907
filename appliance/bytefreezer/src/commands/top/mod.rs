//! `bytefreezer top`: the account of events of a running appliance.

mod account;
mod metrics;
mod screen;
mod table;

use std::io::Write;

use anyhow::{Context, Result};
use clap::Args;
use tokio::runtime::{Builder, Runtime};
use url::Url;

use crate::output::Output;
use account::Source;

/// Arguments of `top`.
#[derive(Args, Debug)]
#[command(after_help = "A rate needs two looks, so `--once` has none. In the live view `q` ends.

Examples:
  bytefreezer top
  bytefreezer top --once --url http://127.0.0.1:8008")]
pub struct TopArgs {
    /// Where the appliance tells how it is, the configuration's `health.listen`, for example `--url http://127.0.0.1:8008`
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8008", value_parser = http_url)]
    url: Url,
    /// Print the table once as text, for example `top --once`, for scripts
    #[arg(long)]
    once: bool,
}

fn http_url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        scheme => Err(format!("`{scheme}` is neither http nor https")),
    }
}

/// Shows the account.
pub fn run(args: &TopArgs) -> Result<()> {
    let runtime = Builder::new_current_thread().enable_all().build().context("cannot start")?;
    let source = Source::new(args.url.clone())?;
    if args.once { once(&runtime, &source) } else { screen::show(&runtime, &source) }
}

fn once(runtime: &Runtime, source: &Source) -> Result<()> {
    let snapshot = runtime.block_on(source.ask())?;
    let mut out = Output::open()?;
    out.write_all(table::as_text(&snapshot, None).as_bytes())
        .and_then(|()| out.flush())
        .context("cannot write the table")
}
