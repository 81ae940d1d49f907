//! One event a datagram.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use anyhow::{Context, Result};

/// A socket that sends to one receiver.
#[derive(Debug)]
pub struct Datagrams {
    socket: UdpSocket,
    unsent: u64,
    trouble: Option<String>,
}

impl Datagrams {
    /// Opens the socket.
    pub fn new(receiver: SocketAddr) -> Result<Self> {
        let any: SocketAddr = match receiver {
            SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
            SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
        };
        let socket = UdpSocket::bind(any).context("cannot open a UDP socket")?;
        socket.connect(receiver).with_context(|| format!("cannot send to {receiver}"))?;
        Ok(Self { socket, unsent: 0, trouble: None })
    }

    /// Sends a datagram. "Refused" is the answer to the one before: this one has not been sent then, and is once more.
    pub fn send(&mut self, datagram: &[u8]) {
        let mut sent = self.socket.send(datagram);
        if sent.as_ref().is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
            self.count("connection refused");
            sent = self.socket.send(datagram);
        }
        if let Err(error) = sent {
            self.count(&error.to_string());
        }
    }

    /// How many datagrams could not be sent, or were refused.
    pub fn unsent(&self) -> u64 {
        self.unsent
    }

    /// Why the last one was not.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    fn count(&mut self, trouble: &str) {
        self.unsent += 1;
        self.trouble = Some(trouble.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datagram_arrives_as_it_is() {
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        let mut datagrams = Datagrams::new(receiver.local_addr().unwrap()).unwrap();
        datagrams.send(b"{}");
        let mut buffer = [0; 16];
        let length = receiver.recv(&mut buffer).unwrap();
        assert_eq!((&buffer[..length], datagrams.unsent()), (&b"{}"[..], 0));
    }

    #[test]
    fn a_datagram_that_nobody_takes_is_counted_once_that_is_known() {
        // Port 1 (tcpmux) is nobody's.
        let mut datagrams = Datagrams::new("127.0.0.1:1".parse().unwrap()).unwrap();
        // Over loopback the answer to one is there before the next is sent.
        datagrams.send(b"first");
        datagrams.send(b"second");
        datagrams.send(b"third");
        assert!(datagrams.unsent() >= 1, "{datagrams:?}");
        assert_eq!(datagrams.trouble(), Some("connection refused"));
    }

    #[test]
    fn a_datagram_that_is_too_long_is_counted() {
        let receiver = UdpSocket::bind("127.0.0.1:0").unwrap();
        let mut datagrams = Datagrams::new(receiver.local_addr().unwrap()).unwrap();
        datagrams.send(&vec![b'x'; 70_000]);
        assert_eq!(datagrams.unsent(), 1);
    }
}
