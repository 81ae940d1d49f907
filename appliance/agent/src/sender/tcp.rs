//! One event a line. While there is no connection, events wait.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::limits::WAITING_EVENTS_MAX;

/// How long a connection may take to come up, and how long a write may stand still.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two attempts to connect.
const PAUSE: Duration = Duration::from_secs(1);

/// A connection that is opened again when it is lost.
#[derive(Debug)]
pub struct Lines {
    receiver: SocketAddr,
    connection: Option<TcpStream>,
    try_at: Instant,
    waiting: VecDeque<Vec<u8>>,
    unsent: u64,
    trouble: Option<String>,
}

impl Lines {
    /// For a receiver that need not be there yet.
    pub fn new(receiver: SocketAddr) -> Self {
        Self {
            receiver,
            connection: None,
            try_at: Instant::now(),
            waiting: VecDeque::new(),
            unsent: 0,
            trouble: None,
        }
    }

    /// Takes an event over; it is sent with the next flush.
    pub fn add(&mut self, event: &[u8]) {
        if self.waiting.len() >= WAITING_EVENTS_MAX {
            self.unsent += 1;
            return;
        }
        let mut line = Vec::with_capacity(event.len() + 1);
        line.extend_from_slice(event);
        line.push(b'\n');
        self.waiting.push_back(line);
    }

    /// Sends what waits, if there is a connection or one can be opened now.
    pub fn flush(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        if let Err(error) = self.send_waiting() {
            self.connection = None;
            self.try_at = Instant::now() + PAUSE;
            self.trouble = Some(error.to_string());
        }
    }

    /// How many events found no room.
    pub fn unsent(&self) -> u64 {
        self.unsent
    }

    /// Why the connection was lost, or not opened.
    pub fn trouble(&self) -> Option<&str> {
        self.trouble.as_deref()
    }

    /// A line that was not written whole is written again over the next connection.
    fn send_waiting(&mut self) -> io::Result<()> {
        if self.connection.is_none() && Instant::now() < self.try_at {
            return Ok(());
        }
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => connect(self.receiver)?,
        };
        while let Some(line) = self.waiting.front() {
            connection.write_all(line)?;
            self.waiting.pop_front();
        }
        self.connection = Some(connection);
        Ok(())
    }
}

fn connect(receiver: SocketAddr) -> io::Result<TcpStream> {
    let connection = TcpStream::connect_timeout(&receiver, PATIENCE)?;
    connection.set_write_timeout(Some(PATIENCE))?;
    connection.set_nodelay(true)?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::socket::{
        AddressFamily, Backlog, SockFlag, SockProtocol, SockType, SockaddrIn, bind, getsockname, listen,
        socket,
    };
    use std::io::{BufRead, BufReader};
    use std::net::TcpListener;
    use std::os::fd::AsRawFd;

    #[test]
    fn lines_wait_until_there_is_a_receiver() {
        // A port that is taken refuses until somebody listens on it.
        let socket =
            socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_CLOEXEC, SockProtocol::Tcp).unwrap();
        bind(socket.as_raw_fd(), &SockaddrIn::new(127, 0, 0, 1, 0)).unwrap();
        let port = getsockname::<SockaddrIn>(socket.as_raw_fd()).unwrap().port();
        let mut lines = Lines::new(([127, 0, 0, 1], port).into());
        lines.add(b"one");
        lines.flush();
        assert!(lines.trouble().is_some());

        listen(&socket, Backlog::new(1).unwrap()).unwrap();
        lines.add(b"two");
        lines.try_at = Instant::now();
        lines.flush();
        let mut received = BufReader::new(TcpListener::from(socket).accept().unwrap().0).lines();
        assert_eq!(received.next().unwrap().unwrap(), "one");
        assert_eq!(received.next().unwrap().unwrap(), "two");
        assert_eq!(lines.unsent(), 0);
    }

    #[test]
    fn what_finds_no_room_is_counted() {
        let mut lines = Lines::new("127.0.0.1:9".parse().unwrap());
        for _ in 0..WAITING_EVENTS_MAX + 3 {
            lines.add(b"x");
        }
        assert_eq!(lines.unsent(), 3);
    }
}
