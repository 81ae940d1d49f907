//! A file to its messages: a capture by its first bytes, anything else as text.

use std::fs::File;
use std::io::Read;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use hotpath::block::{Peer, SourceType};
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
            return self.read_text(input, bytes, &shown.to_string(), sink);
        }
        input.take(CAPTURE_BYTES_MAX).read_to_end(&mut bytes).with_context(unreadable)?;
        ensure!(
            bytes.len() as u64 <= CAPTURE_BYTES_MAX,
            "the capture {shown} is longer than {CAPTURE_BYTES_MAX} bytes; split it, for example with editcap"
        );
        self.read_capture(&bytes, &shown.to_string(), sink)
    }

    fn read_capture(&mut self, bytes: &[u8], name: &str, sink: &mut Sink<'_>) -> Result<()> {
        let mut capture = Capture::new(bytes).with_context(|| format!("cannot read {name}"))?;
        loop {
            match capture.next_datagram() {
                Ok(Some(datagram)) => {
                    let peer = Peer::new(datagram.source, SourceType::Syslog);
                    let whole = datagram.payload;
                    let kept = whole.get(..MESSAGE_BYTES_MAX).unwrap_or(whole);
                    self.add(kept, &peer, datagram.time_us, kept.len() < whole.len(), sink)?;
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
        // Nobody sent it: the address that means none.
        let peer = Peer::new(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)), SourceType::Syslog);
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
