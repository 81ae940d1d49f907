//! A file to its events: the datagrams of a capture, which is told by its first bytes; one datagram; or messages of text.

use std::fs::File;
use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use hotpath::block::{Peer, SourceType};
use hotpath::decode::{Format, Unit, flow_datagram};
use hotpath::framing::{Framed, Framer, Message};
use hotpath::limits::MESSAGE_BYTES_MAX;
use hotpath::pcap::{Capture, is_capture};

use super::{EventReader, Sink};
use crate::limits::{CAPTURE_BYTES_MAX, READ_BYTES};

impl EventReader {
    /// Reads a file, `-` for standard input.
    ///
    /// # Errors
    /// When it cannot be read, or the sink fails. What stands in it is never an error.
    pub fn read_file(&mut self, path: &Path, sink: &mut Sink<'_>) -> Result<()> {
        let shown = path.display();
        let unreadable = || format!("cannot read {shown}");
        let mut input: Box<dyn Read> = if path == Path::new("-") {
            Box::new(std::io::stdin())
        } else {
            Box::new(File::open(path).with_context(unreadable)?)
        };
        let mut bytes = Vec::with_capacity(READ_BYTES);
        input.by_ref().take(READ_BYTES as u64).read_to_end(&mut bytes).with_context(unreadable)?;
        if !is_capture(&bytes) {
            if self.is_datagram(&bytes) {
                input.take(MESSAGE_BYTES_MAX as u64).read_to_end(&mut bytes).with_context(unreadable)?;
                return self.add_datagram(&bytes, nobody(), None, sink);
            }
            return self.read_text(input, bytes, &shown.to_string(), sink);
        }
        input.take(CAPTURE_BYTES_MAX).read_to_end(&mut bytes).with_context(unreadable)?;
        ensure!(
            bytes.len() as u64 <= CAPTURE_BYTES_MAX,
            "the capture {shown} is longer than {CAPTURE_BYTES_MAX} bytes; split it, for example with editcap"
        );
        self.read_capture(&bytes, &shown.to_string(), sink)
    }

    /// A file of text is as a connection of its own: a header in it holds for it, and not for the next one.
    fn next_connection(&mut self) -> SocketAddr {
        let mut address = nobody();
        address.set_port(self.text_files);
        self.text_files = self.text_files.wrapping_add(1);
        address
    }

    /// Whether a file that begins with these bytes is one datagram.
    fn is_datagram(&self, first: &[u8]) -> bool {
        match self.format.unit() {
            Unit::Message => false,
            Unit::Datagram => true,
            Unit::Content => flow_datagram(first).is_some(),
        }
    }

    /// Adds a datagram, cut at the longest message. One without a byte is no event, as on a socket.
    fn add_datagram(
        &mut self,
        datagram: &[u8],
        sender: SocketAddr,
        captured_us: Option<i64>,
        sink: &mut Sink<'_>,
    ) -> Result<()> {
        if datagram.is_empty() {
            return Ok(());
        }
        let kept = datagram.get(..MESSAGE_BYTES_MAX).unwrap_or(datagram);
        let kind = source_of(self.format, SourceType::Udp);
        let kind = if kind == SourceType::Udp { flow_datagram(kept).unwrap_or(kind) } else { kind };
        self.add(kept, &Peer::new(sender, kind), captured_us, kept.len() < datagram.len(), sink)
    }

    fn read_capture(&mut self, bytes: &[u8], name: &str, sink: &mut Sink<'_>) -> Result<()> {
        let mut capture = Capture::new(bytes).with_context(|| format!("cannot read {name}"))?;
        loop {
            match capture.next_datagram() {
                Ok(Some(datagram)) => {
                    self.add_datagram(datagram.payload, datagram.source, datagram.time_us, sink)?;
                }
                Ok(None) => break,
                Err(damage) => {
                    self.summary.error(&format!("{name}: {damage}"));
                    break;
                }
            }
        }
        self.summary.skipped_packets += capture.skipped_packets();
        Ok(())
    }

    /// `bytes` are the first of the file.
    fn read_text(
        &mut self,
        mut input: impl Read,
        mut bytes: Vec<u8>,
        name: &str,
        sink: &mut Sink<'_>,
    ) -> Result<()> {
        let peer = Peer::new(self.next_connection(), source_of(self.format, SourceType::Tcp));
        let mut framer = Framer::new(self.framing, MESSAGE_BYTES_MAX);
        loop {
            loop {
                match framer.next(&bytes) {
                    Framed::Message(message) => self.add_message(&bytes, &message, &peer, sink)?,
                    Framed::NeedMore => break,
                    Framed::Close(reason) => {
                        self.summary.error(&format!("{name}: {reason}"));
                        return self.add_rest(&bytes[framer.discard_consumed()..], &peer, sink);
                    }
                }
            }
            bytes.drain(..framer.discard_consumed());
            let before = bytes.len();
            let mut chunk = input.by_ref().take(READ_BYTES as u64);
            chunk.read_to_end(&mut bytes).with_context(|| format!("cannot read {name}"))?;
            if bytes.len() == before {
                break;
            }
        }
        match framer.finish(&bytes) {
            Some(message) => self.add_message(&bytes, &message, &peer, sink),
            None => Ok(()),
        }
    }

    fn add_message(
        &mut self,
        bytes: &[u8],
        message: &Message,
        peer: &Peer,
        sink: &mut Sink<'_>,
    ) -> Result<()> {
        self.add(&bytes[message.range.clone()], peer, None, message.truncated, sink)
    }

    /// What stands where no message can be told any more is kept as one, cut at the longest.
    fn add_rest(&mut self, rest: &[u8], peer: &Peer, sink: &mut Sink<'_>) -> Result<()> {
        let kept = rest.get(..MESSAGE_BYTES_MAX).unwrap_or(rest);
        if kept.is_empty() {
            return Ok(());
        }
        self.add(kept, peer, None, true, sink)
    }
}

/// Nobody sent what stands in a file: the address that means none, the same one for all files.
fn nobody() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))
}

/// The kind of input that events of a format come by; `plain` for a format that comes by any.
fn source_of(format: Format, plain: SourceType) -> SourceType {
    match format.name() {
        "syslog" | "cef" | "leef" => SourceType::Syslog,
        "netflow" => SourceType::Netflow,
        "ipfix" => SourceType::Ipfix,
        "sflow" => SourceType::Sflow,
        "ebpf" => SourceType::Ebpf,
        _ => plain,
    }
}
