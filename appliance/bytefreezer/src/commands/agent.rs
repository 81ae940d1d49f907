//! `bytefreezer agent`: reports what happens on this machine. The work is done in the crate `bytefreezer-agent`.

use anyhow::Result;
use bytefreezer_agent::AgentCommand;

use crate::output::Output;

/// Reports until it is told to end.
pub fn run(command: &AgentCommand) -> Result<()> {
    bytefreezer_agent::run(command, &mut Output::open()?)
}
