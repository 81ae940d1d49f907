//! A small agent: it has the kernel report which programs are executed and which TCP connections are opened, and sends
//! each as a JSON object to an input of the appliance (or to whoever else listens).
//!
//! `sensor` puts the program of `bpf/` into the kernel, `refusal` says why the kernel does not let it, `record` reads
//! what comes through the ring buffer, `machine` adds what the kernel's record lacks, `event` is the JSON, `sender` takes
//! it away. Nothing is lost without being counted: `agent` reports that too.

mod agent;
mod args;
mod clock;
mod event;
mod executions;
mod limits;
mod machine;
mod proc;
mod record;
mod refusal;
mod sender;
mod sensor;

pub use agent::run;
pub use args::{AgentCommand, EbpfArgs, Transport};
pub use refusal::Refusal;
