//! The block: pooled memory that events are received into, logged from, parsed in, and recycled.
//!
//! Events lie back to back in the block's memory; a table of entries beside it says where each one is, when it
//! was received and from whom. A sealed block is immutable and shared: the columns of a batch are views into it,
//! and its memory goes back to the pool when the last of them is gone.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::ops::Range;
use std::sync::Arc;

use arrow::buffer::Buffer;

use crate::limits::{BLOCK_ENTRIES_MAX, BLOCK_PEERS_MAX};
pub use crate::memory::{BlockMemory, BlockPool};

/// By which kind of input an event came in; the text of the column `source_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum SourceType {
    /// Syslog over UDP, TCP or TLS.
    Syslog = 1,
    /// A request to the HTTP input.
    Http = 2,
    /// NetFlow over UDP.
    Netflow = 3,
    /// IPFIX over UDP, TCP or TLS.
    Ipfix = 4,
    /// sFlow over UDP.
    Sflow = 5,
    /// Plain datagrams.
    Udp = 6,
    /// Plain streams of messages, TLS too.
    Tcp = 7,
    /// Events of eBPF sensors, over UDP, TCP or TLS.
    Ebpf = 8,
    /// A request as those to Splunk's HTTP Event Collector: each event is one object of it.
    SplunkHec = 9,
    /// A request as those to Elasticsearch's `_bulk`: each event is the line of an action, a line break, and the document.
    ElasticsearchBulk = 10,
}

impl SourceType {
    /// All kinds.
    const ALL: [Self; 10] = [
        Self::Syslog,
        Self::Http,
        Self::Netflow,
        Self::Ipfix,
        Self::Sflow,
        Self::Udp,
        Self::Tcp,
        Self::Ebpf,
        Self::SplunkHec,
        Self::ElasticsearchBulk,
    ];

    /// The text of the column `source_type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Syslog => "syslog",
            Self::Http => "http",
            Self::Netflow => "netflow",
            Self::Ipfix => "ipfix",
            Self::Sflow => "sflow",
            Self::Udp => "udp",
            Self::Tcp => "tcp",
            Self::Ebpf => "ebpf",
            Self::SplunkHec => "splunk_hec",
            Self::ElasticsearchBulk => "elasticsearch_bulk",
        }
    }

    /// The kind that a log record names, `None` for a number of a later version.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == number)
    }
}

/// Who sent an event, and by which kind of input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Peer {
    /// The sender's address; an IPv4 address mapped into IPv6 stands as IPv4.
    pub ip: IpAddr,
    /// The sender's port.
    pub port: u16,
    /// The kind of input.
    pub source_type: SourceType,
}

impl Peer {
    /// The peer behind a socket address.
    pub fn new(address: SocketAddr, source_type: SourceType) -> Self {
        Self { ip: address.ip().to_canonical(), port: address.port(), source_type }
    }

    /// The address as 16 bytes, IPv4 mapped into IPv6.
    pub fn ip_octets(&self) -> [u8; 16] {
        match self.ip {
            IpAddr::V4(ip) => ip.to_ipv6_mapped().octets(),
            IpAddr::V6(ip) => ip.octets(),
        }
    }

    /// The peer that [`Peer::ip_octets`], a port and a kind describe.
    pub fn from_octets(octets: [u8; 16], port: u16, source_type: SourceType) -> Self {
        Self { ip: IpAddr::V6(Ipv6Addr::from(octets)).to_canonical(), port, source_type }
    }
}

/// The event was cut at the longest message that its input takes.
pub const ENTRY_TRUNCATED: u16 = 1;

/// Where one event lies in its block: 16 bytes, as they stand in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// First byte in the block's data.
    pub offset: u32,
    /// Bytes.
    pub length: u32,
    /// Microseconds between the block's base time and receipt.
    pub received_delta_us: u32,
    /// Index into the block's peers.
    pub peer: u16,
    /// [`ENTRY_TRUNCATED`] or 0.
    pub flags: u16,
}

/// Why an event was not taken by a block: it is full, seal it and take another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the block is full")]
pub struct BlockFull;

/// A block that is being filled.
#[derive(Debug)]
pub struct Block {
    memory: BlockMemory,
    used_bytes: usize,
    entries: Vec<Entry>,
    peers: Vec<Peer>,
    base_time_us: i64,
}

impl Block {
    /// An empty block over memory of a pool; times of entries count from `base_time_us` (microseconds since 1970).
    pub fn new(memory: BlockMemory, base_time_us: i64) -> Self {
        Self { memory, used_bytes: 0, entries: Vec::with_capacity(4096), peers: Vec::new(), base_time_us }
    }

    /// Appends one event.
    ///
    /// # Errors
    /// [`BlockFull`] when it does not fit; the block is as it was.
    pub fn push(
        &mut self,
        bytes: &[u8],
        peer: &Peer,
        received_us: i64,
        truncated: bool,
    ) -> Result<(), BlockFull> {
        let end = self.used_bytes + bytes.len();
        if end > self.memory.capacity_bytes() || self.entries.len() == BLOCK_ENTRIES_MAX {
            return Err(BlockFull);
        }
        let received_delta_us = (received_us - self.base_time_us).max(0);
        let Ok(received_delta_us) = u32::try_from(received_delta_us) else { return Err(BlockFull) };
        let peer = self.peer_index(peer)?;
        self.memory.write_at(self.used_bytes, bytes);
        self.entries.push(Entry {
            offset: self.used_bytes as u32,
            length: bytes.len() as u32,
            received_delta_us,
            peer,
            flags: if truncated { ENTRY_TRUNCATED } else { 0 },
        });
        self.used_bytes = end;
        Ok(())
    }

    fn peer_index(&mut self, peer: &Peer) -> Result<u16, BlockFull> {
        // Senders come in bursts: the last one is the likeliest, and a block has few of them.
        if let Some(found) = self.peers.iter().rposition(|known| known == peer) {
            return Ok(found as u16);
        }
        if self.peers.len() == BLOCK_PEERS_MAX {
            return Err(BlockFull);
        }
        self.peers.push(*peer);
        Ok((self.peers.len() - 1) as u16)
    }

    /// Number of events.
    pub fn entry_count(&self) -> usize {
        self.entries.len()
    }

    /// Bytes of all events.
    pub fn used_bytes(&self) -> usize {
        self.used_bytes
    }

    /// Time that entries count from, in microseconds since 1970.
    pub fn base_time_us(&self) -> i64 {
        self.base_time_us
    }

    /// Ends filling: from here on the block is immutable and may be shared between threads.
    pub fn seal(self) -> SealedBlock {
        SealedBlock {
            data: Arc::new(self.memory),
            used_bytes: self.used_bytes,
            entries: Arc::new(self.entries),
            peers: Arc::new(self.peers),
            base_time_us: self.base_time_us,
        }
    }
}

/// A block that is complete: logged, then parsed in place. Cloning shares it.
#[derive(Debug, Clone)]
pub struct SealedBlock {
    data: Arc<BlockMemory>,
    used_bytes: usize,
    entries: Arc<Vec<Entry>>,
    peers: Arc<Vec<Peer>>,
    base_time_us: i64,
}

/// Why the parts of a block that were read from a log do not belong together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BlockPartsError {
    /// An entry points outside the data.
    #[error("entry {0} points outside the block's data")]
    EntryOutsideData(usize),
    /// An entry names a peer that the block does not have.
    #[error("entry {0} names an unknown peer")]
    UnknownPeer(usize),
}

impl SealedBlock {
    /// A block from what was read back from the log: `used_bytes` of `memory` hold the data.
    ///
    /// # Errors
    /// When an entry does not fit the data or the peers; nothing of the block can be trusted then.
    pub fn from_parts(
        memory: BlockMemory,
        used_bytes: usize,
        entries: Vec<Entry>,
        peers: Vec<Peer>,
        base_time_us: i64,
    ) -> Result<Self, BlockPartsError> {
        for (number, entry) in entries.iter().enumerate() {
            if entry.offset as usize + entry.length as usize > used_bytes.min(memory.capacity_bytes()) {
                return Err(BlockPartsError::EntryOutsideData(number));
            }
            if usize::from(entry.peer) >= peers.len() {
                return Err(BlockPartsError::UnknownPeer(number));
            }
        }
        Ok(Self {
            data: Arc::new(memory),
            used_bytes,
            entries: Arc::new(entries),
            peers: Arc::new(peers),
            base_time_us,
        })
    }

    /// The same block without the entries of these ranges; their bytes are part of no event then.
    pub fn without(&self, gone: impl Iterator<Item = Range<usize>>) -> Self {
        let mut is_kept = vec![true; self.entries.len()];
        for range in gone {
            if let Some(entries) = is_kept.get_mut(range) {
                entries.fill(false);
            }
        }
        let kept = self.entries.iter().zip(is_kept).filter(|(_, is_kept)| *is_kept);
        let entries = Arc::new(kept.map(|(entry, _)| *entry).collect());
        Self { entries, ..self.clone() }
    }

    /// The bytes of all events.
    pub fn data(&self) -> &[u8] {
        &self.data.as_slice()[..self.used_bytes]
    }

    /// Where each event lies.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The senders that entries name.
    pub fn peers(&self) -> &[Peer] {
        &self.peers
    }

    /// Time that entries count from, in microseconds since 1970.
    pub fn base_time_us(&self) -> i64 {
        self.base_time_us
    }

    /// Bytes that the block takes in a log at the most.
    pub fn logged_bytes_max(&self) -> usize {
        const HEADER_AND_PADDING_BYTES: usize = 3 * crate::limits::BLOCK_ALIGNMENT_BYTES;
        const PEER_BYTES: usize = 32;
        self.used_bytes
            + self.entries.len() * size_of::<Entry>()
            + self.peers.len() * PEER_BYTES
            + HEADER_AND_PADDING_BYTES
    }

    /// The events in the order of receipt.
    pub fn events(&self) -> impl Iterator<Item = Event<'_>> {
        self.entries.iter().map(|entry| self.event(entry, None))
    }

    /// The events in the order of receipt, with their text known to be such where all of the block is: one look at
    /// a block costs less than one at each event.
    pub fn events_as_text(&self) -> impl Iterator<Item = Event<'_>> {
        let text = simdutf8::basic::from_utf8(self.data()).ok();
        self.entries.iter().map(move |entry| self.event(entry, text))
    }

    fn event<'a>(&'a self, entry: &Entry, text: Option<&'a str>) -> Event<'a> {
        let place = entry.offset as usize..entry.offset as usize + entry.length as usize;
        Event {
            // Nothing, where an event ends amidst a character that the next one goes on with.
            text: text.and_then(|text| text.get(place.clone())),
            // Entries are checked against the data where a block is made (`push`, `from_parts`).
            bytes: &self.data()[place],
            received_us: self.base_time_us + i64::from(entry.received_delta_us),
            peer: self.peers[usize::from(entry.peer)],
            truncated: entry.flags & ENTRY_TRUNCATED != 0,
        }
    }

    /// The data as an Arrow buffer that keeps the block's memory alive. A block that is less than half full is
    /// copied instead, so that a few events do not hold a whole block.
    pub fn arrow_buffer(&self) -> Buffer {
        if self.used_bytes * 2 < self.data.capacity_bytes() {
            return Buffer::from(self.data());
        }
        BlockMemory::arrow_buffer(&self.data, self.used_bytes)
    }
}

/// One event as a decoder gets it.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// What was received, without framing.
    pub bytes: &'a [u8],
    /// The same, where it is known to be UTF-8.
    text: Option<&'a str>,
    /// Receipt, in microseconds since 1970.
    pub received_us: i64,
    /// The sender.
    pub peer: Peer,
    /// Whether the message was cut at the longest that its input takes.
    pub truncated: bool,
}

impl<'a> Event<'a> {
    /// An event that lies in no block.
    pub fn new(bytes: &'a [u8], received_us: i64, peer: Peer, truncated: bool) -> Self {
        Self { bytes, text: None, received_us, peer, truncated }
    }

    /// What was received as text, `None` where it is not UTF-8.
    #[inline]
    pub fn text(&self) -> Option<&'a str> {
        self.text.or_else(|| simdutf8::basic::from_utf8(self.bytes).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(messages: &[&[u8]]) -> Vec<Option<String>> {
        let mut block = Block::new(BlockMemory::unpooled(4096), 0);
        let peer = Peer::new(SocketAddr::from(([192, 0, 2, 7], 514)), SourceType::Syslog);
        for message in messages {
            block.push(message, &peer, 0, false).unwrap();
        }
        let block = block.seal();
        let known: Vec<_> = block.events_as_text().map(|event| event.text().map(str::to_owned)).collect();
        let looked_at: Vec<_> = block.events().map(|event| event.text().map(str::to_owned)).collect();
        assert_eq!(known, looked_at);
        known
    }

    #[test]
    fn an_event_is_text_by_itself_whatever_stands_beside_it() {
        assert_eq!(
            texts(&[b"a", "\u{e9}".as_bytes(), b""]),
            [Some("a".into()), Some("\u{e9}".into()), Some("".into())]
        );
        assert_eq!(texts(&[b"a", b"\xff", b"b"]), [Some("a".into()), None, Some("b".into())]);
        // The two halves of a character are text only together.
        assert_eq!(texts(&[b"a\xc3", b"\xa9b", b"c"]), [None, None, Some("c".into())]);
    }
}
