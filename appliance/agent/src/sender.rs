//! Takes events to where they shall go: a datagram each, or a line each.

mod tcp;
mod udp;

use std::net::{SocketAddr, ToSocketAddrs};

use anyhow::{Context, Result};

use crate::args::{EbpfArgs, Transport};
use tcp::Lines;
use udp::Datagrams;

/// The way to the receiver.
#[derive(Debug)]
pub enum Sender {
    /// Over UDP.
    Udp(Datagrams),
    /// Over TCP.
    Tcp(Lines),
}

impl Sender {
    /// Looks the receiver's address up. It need not be there yet.
    ///
    /// # Errors
    /// When the address is none, or there is no socket to be had.
    pub fn new(args: &EbpfArgs) -> Result<Self> {
        let address = resolve(&args.target)?;
        Ok(match args.transport {
            Transport::Udp => Self::Udp(Datagrams::new(address)?),
            Transport::Tcp => Self::Tcp(Lines::new(address)),
        })
    }

    /// Sends an event, or keeps it for later.
    pub fn send(&mut self, event: &[u8]) {
        match self {
            Self::Udp(datagrams) => datagrams.send(event),
            Self::Tcp(lines) => lines.add(event),
        }
    }

    /// Sends what is kept, as far as that can be done now.
    pub fn flush(&mut self) {
        if let Self::Tcp(lines) = self {
            lines.flush();
        }
    }

    /// How many events could not be sent so far.
    pub fn unsent(&self) -> u64 {
        match self {
            Self::Udp(datagrams) => datagrams.unsent(),
            Self::Tcp(lines) => lines.unsent(),
        }
    }

    /// Why the last one could not be sent.
    pub fn trouble(&self) -> Option<&str> {
        match self {
            Self::Udp(datagrams) => datagrams.trouble(),
            Self::Tcp(lines) => lines.trouble(),
        }
    }
}

fn resolve(target: &str) -> Result<SocketAddr> {
    let mut addresses =
        target.to_socket_addrs().with_context(|| format!("`{target}` is no address; write HOST:PORT"))?;
    addresses.next().with_context(|| format!("`{target}` has no address"))
}
