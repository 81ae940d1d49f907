//! The agent at work: from the kernel's ring to the receiver, until it is told to end.

use std::io::{self, Write};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use bytefreezer_core::systemd;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

use crate::args::{AgentCommand, EbpfArgs, Transport};
use crate::event::{Event, Losses};
use crate::machine::Machine;
use crate::record::Record;
use crate::sender::Sender;
use crate::sensor::Sensor;

/// How often it looks whether events were lost, and whether what waits can be sent.
const INTERVAL: Duration = Duration::from_secs(1);
/// Records taken at a time before what was made of them is sent.
const BATCH_RECORDS: usize = 256;

/// Does what was asked for. `out` takes a line when it begins to look.
///
/// # Errors
/// [`crate::Refusal`] when the kernel does not let it; or when `out` or the socket fails.
pub fn run(command: &AgentCommand, out: &mut impl Write) -> Result<()> {
    let AgentCommand::Ebpf(args) = command;
    // Before the program is in the kernel: a signal shall not leave it there half way.
    let signals = block_signals()?;
    let sensor = Sensor::attach()?;
    if args.check {
        writeln!(out, "the kernel lets the agent look")?;
        return Ok(out.flush()?);
    }
    let mut agent = Agent {
        sensor,
        sender: Sender::new(args)?,
        machine: Machine::new(host_name(args)?),
        own_pid: std::process::id(),
        reported: Losses::default(),
    };
    let way = format!("{} {}", transport_name(args.transport), args.target);
    writeln!(out, "sending executions and connections of {} to {way}\nready", agent.machine.host)?;
    out.flush()?;
    systemd::notify_ready(&format!("sending to {way}"));
    agent.work_until(&signals)?;
    systemd::notify_stopping("ending");
    Ok(())
}

struct Agent {
    sensor: Sensor,
    sender: Sender,
    machine: Machine,
    own_pid: u32,
    reported: Losses,
}

impl Agent {
    fn work_until(&mut self, signals: &SignalFd) -> Result<()> {
        let mut look_at = Instant::now() + INTERVAL;
        loop {
            let ended = self.wait(signals, look_at)?;
            self.send_records();
            if ended || Instant::now() >= look_at {
                self.report_losses();
                look_at = Instant::now() + INTERVAL;
            }
            self.sender.flush();
            if ended {
                return Ok(());
            }
        }
    }

    /// Waits for records, a signal or the time; says whether it was a signal.
    fn wait(&self, signals: &SignalFd, until: Instant) -> Result<bool> {
        let remaining = until.saturating_duration_since(Instant::now());
        let timeout = PollTimeout::try_from(remaining).unwrap_or(PollTimeout::MAX);
        let mut sources = [
            PollFd::new(self.sensor.as_fd(), PollFlags::POLLIN),
            PollFd::new(signals.as_fd(), PollFlags::POLLIN),
        ];
        poll(&mut sources, timeout).context("cannot wait for events")?;
        let [_, signal] = sources;
        Ok(signal.any().unwrap_or(false))
    }

    /// Sends all records that are there.
    fn send_records(&mut self) {
        let mut taken = 0;
        while let Some(record) = self.sensor.next() {
            if self.is_own(&record) {
                continue;
            }
            let event = Event::of_record(record, &mut self.machine);
            send(&mut self.sender, &event);
            taken += 1;
            if taken % BATCH_RECORDS == 0 {
                self.sender.flush();
            }
        }
    }

    /// Its own way to the receiver is nobody's news.
    fn is_own(&self, record: &Record) -> bool {
        matches!(record, Record::Connect(connect) if connect.process.pid == self.own_pid)
    }

    fn report_losses(&mut self) {
        let now = Losses { lost_events: self.sensor.lost(), unsent_events: self.sender.unsent() };
        if now == self.reported {
            return;
        }
        let since = Losses {
            lost_events: now.lost_events.saturating_sub(self.reported.lost_events),
            unsent_events: now.unsent_events.saturating_sub(self.reported.unsent_events),
        };
        self.reported = now;
        note(&since, self.sender.trouble());
        send(&mut self.sender, &Event::of_losses(since, &self.machine.host));
    }
}

fn send(sender: &mut Sender, event: &Event<'_>) {
    // Strings and numbers always have a form in JSON.
    if let Ok(json) = serde_json::to_vec(event) {
        sender.send(&json);
    }
}

/// Says on standard error what did not arrive. There is nobody to tell when that fails.
fn note(losses: &Losses, trouble: Option<&str>) {
    let Losses { lost_events, unsent_events } = losses;
    let mut text = format!("{lost_events} events lost in the kernel's ring, {unsent_events} not sent");
    if let Some(trouble) = trouble.filter(|_| *unsent_events > 0) {
        text.push_str(": ");
        text.push_str(trouble);
    }
    let _ = writeln!(io::stderr().lock(), "{text}");
}

fn transport_name(transport: Transport) -> &'static str {
    match transport {
        Transport::Udp => "udp",
        Transport::Tcp => "tcp",
    }
}

fn host_name(args: &EbpfArgs) -> Result<String> {
    if let Some(host) = &args.host {
        return Ok(host.clone());
    }
    let name = nix::sys::utsname::uname().context("cannot read the host name")?;
    Ok(name.nodename().to_string_lossy().into_owned())
}

/// SIGTERM and SIGINT, as something that can be waited for.
fn block_signals() -> Result<SignalFd> {
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGTERM);
    signals.add(Signal::SIGINT);
    signals.thread_block().context("cannot block signals")?;
    SignalFd::with_flags(&signals, SfdFlags::SFD_CLOEXEC).context("cannot wait for signals")
}
