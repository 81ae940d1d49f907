//! The generator as a program of its own: `fakedata syslog --target 127.0.0.1:5514 --count 1000`.

use clap::Parser;

/// Sends made-up events.
#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    fakedata: bytefreezer_fakedata::FakedataArgs,
}

fn main() -> anyhow::Result<()> {
    bytefreezer_fakedata::run(&Cli::parse().fakedata, &mut std::io::stdout())
}
