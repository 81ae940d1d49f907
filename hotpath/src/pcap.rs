//! Capture files: the UDP datagrams in pcap and pcapng, over a slice of bytes.
//!
//! Reads Ethernet (with VLAN tags), Linux cooked (1 and 2), BSD loopback and raw IP; IPv4 and IPv6. Fragments are
//! not put together: they are skipped and counted, as is everything that is not UDP.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::limits::CAPTURE_INTERFACES_MAX;

/// One UDP datagram of a capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Datagram<'a> {
    /// When it was captured, in microseconds since 1970; `None` where the capture does not say.
    pub time_us: Option<i64>,
    /// The sender.
    pub source: SocketAddr,
    /// The receiver.
    pub destination: SocketAddr,
    /// What was sent, as far as it was captured.
    pub payload: &'a [u8],
}

/// Why a file is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CaptureError {
    /// It begins with the mark of no capture format.
    #[error("not a pcap or pcapng file")]
    UnknownFormat,
    /// A length in it points outside the file, or cannot be.
    #[error("the capture is damaged at byte {0}")]
    Damaged(usize),
}

/// Whether the bytes begin as a capture file does.
pub fn is_capture(bytes: &[u8]) -> bool {
    ClassicHeader::read(bytes).is_some() || bytes.starts_with(&BLOCK_SECTION_HEADER.to_be_bytes())
}

/// Reads a capture, datagram by datagram; ends at the first damage.
#[derive(Debug)]
pub struct Capture<'a> {
    bytes: &'a [u8],
    position: usize,
    layout: Layout,
    interfaces: Vec<Interface>,
    skipped_packets: u64,
}

#[derive(Debug, Clone, Copy)]
enum Layout {
    Classic { big_endian: bool },
    NextGeneration { big_endian: bool },
}

/// Where packets came from: how they begin, and the unit of their times.
#[derive(Debug, Clone, Copy)]
struct Interface {
    link_type: u32,
    ticks_per_second: u64,
}

const BLOCK_SECTION_HEADER: u32 = 0x0A0D_0D0A;
const BLOCK_INTERFACE: u32 = 1;
const BLOCK_SIMPLE_PACKET: u32 = 3;
const BLOCK_ENHANCED_PACKET: u32 = 6;
const OPTION_TIME_RESOLUTION: u16 = 9;

impl<'a> Capture<'a> {
    /// Begins to read.
    ///
    /// # Errors
    /// [`CaptureError::UnknownFormat`] when the bytes are no capture.
    pub fn new(bytes: &'a [u8]) -> Result<Self, CaptureError> {
        if let Some(header) = ClassicHeader::read(bytes) {
            return Ok(Self {
                bytes,
                position: ClassicHeader::BYTES,
                layout: Layout::Classic { big_endian: header.big_endian },
                interfaces: vec![header.interface],
                skipped_packets: 0,
            });
        }
        if !bytes.starts_with(&BLOCK_SECTION_HEADER.to_be_bytes()) {
            return Err(CaptureError::UnknownFormat);
        }
        Ok(Self {
            bytes,
            position: 0,
            layout: Layout::NextGeneration { big_endian: false },
            interfaces: Vec::new(),
            skipped_packets: 0,
        })
    }

    /// Packets so far that were not UDP, fragments, or of a kind that is not read.
    pub fn skipped_packets(&self) -> u64 {
        self.skipped_packets
    }

    /// The next datagram; `None` at the end.
    ///
    /// # Errors
    /// [`CaptureError::Damaged`] where the file cannot be followed any further.
    pub fn next_datagram(&mut self) -> Result<Option<Datagram<'a>>, CaptureError> {
        while self.position < self.bytes.len() {
            let start = self.position;
            let packet = match self.layout {
                Layout::Classic { big_endian } => self.classic_packet(big_endian),
                Layout::NextGeneration { big_endian } => self.block(big_endian),
            };
            let Some(packet) = packet.ok_or(CaptureError::Damaged(start))? else { continue };
            let found = udp_of_frame(packet.link_type, packet.data);
            let Some((source, destination, payload)) = found else {
                self.skipped_packets += 1;
                continue;
            };
            return Ok(Some(Datagram { time_us: packet.time_us, source, destination, payload }));
        }
        Ok(None)
    }

    /// A record of the classic format. The outer `None` means damage.
    fn classic_packet(&mut self, big_endian: bool) -> Option<Option<Packet<'a>>> {
        let header = self.bytes.get(self.position..self.position + 16)?;
        let interface = *self.interfaces.first()?;
        let (seconds, ticks) = (u32_at(header, 0, big_endian)?, u32_at(header, 4, big_endian)?);
        let length = u32_at(header, 8, big_endian)? as usize;
        let start = self.position + 16;
        // A capture that was ended in the middle of a packet still has the packets before.
        let data = self.bytes.get(start..start.checked_add(length)?)?;
        self.position = start + length;
        let micros = u64::from(ticks) * 1_000_000 / interface.ticks_per_second;
        let time_us = i64::from(seconds) * 1_000_000 + micros as i64;
        Some(Some(Packet { link_type: interface.link_type, time_us: Some(time_us), data }))
    }

    /// A block of pcapng; a packet when it holds one. The outer `None` means damage.
    fn block(&mut self, mut big_endian: bool) -> Option<Option<Packet<'a>>> {
        let rest = self.bytes.get(self.position..)?;
        if rest.starts_with(&BLOCK_SECTION_HEADER.to_be_bytes()) {
            big_endian = match rest.get(8..12)? {
                [0x1A, 0x2B, 0x3C, 0x4D] => true,
                [0x4D, 0x3C, 0x2B, 0x1A] => false,
                _ => return None,
            };
            self.layout = Layout::NextGeneration { big_endian };
            self.interfaces.clear();
        }
        let kind = u32_at(rest, 0, big_endian)?;
        let length = u32_at(rest, 4, big_endian)? as usize;
        if length < 12 || !length.is_multiple_of(4) {
            return None;
        }
        let body = rest.get(8..length - 4)?;
        rest.get(length - 4..length)?;
        self.position += length;
        match kind {
            BLOCK_INTERFACE => {
                if self.interfaces.len() < CAPTURE_INTERFACES_MAX {
                    self.interfaces.push(interface_of(body, big_endian)?);
                }
                Some(None)
            }
            BLOCK_ENHANCED_PACKET => Some(self.enhanced_packet(body, big_endian)?),
            BLOCK_SIMPLE_PACKET => {
                let Some(interface) = self.interfaces.first() else { return Some(None) };
                let original_bytes = u32_at(body, 0, big_endian)? as usize;
                let data = body.get(4..)?;
                let data = &data[..data.len().min(original_bytes)];
                Some(Some(Packet { link_type: interface.link_type, time_us: None, data }))
            }
            _ => Some(None),
        }
    }

    fn enhanced_packet(&mut self, body: &'a [u8], big_endian: bool) -> Option<Option<Packet<'a>>> {
        let number = u32_at(body, 0, big_endian)? as usize;
        let Some(interface) = self.interfaces.get(number) else {
            self.skipped_packets += 1;
            return Some(None);
        };
        let high = u64::from(u32_at(body, 4, big_endian)?);
        let ticks = high << 32 | u64::from(u32_at(body, 8, big_endian)?);
        let length = u32_at(body, 12, big_endian)? as usize;
        let data = body.get(20..20usize.checked_add(length)?)?;
        let micros = u128::from(ticks) * 1_000_000 / u128::from(interface.ticks_per_second);
        Some(Some(Packet { link_type: interface.link_type, time_us: i64::try_from(micros).ok(), data }))
    }
}

struct Packet<'a> {
    link_type: u32,
    time_us: Option<i64>,
    data: &'a [u8],
}

struct ClassicHeader {
    big_endian: bool,
    interface: Interface,
}

impl ClassicHeader {
    const BYTES: usize = 24;

    fn read(bytes: &[u8]) -> Option<Self> {
        let header = bytes.get(..Self::BYTES)?;
        let (big_endian, ticks_per_second) = match header.get(..4)? {
            [0xA1, 0xB2, 0xC3, 0xD4] => (true, 1_000_000),
            [0xD4, 0xC3, 0xB2, 0xA1] => (false, 1_000_000),
            [0xA1, 0xB2, 0x3C, 0x4D] => (true, 1_000_000_000),
            [0x4D, 0x3C, 0xB2, 0xA1] => (false, 1_000_000_000),
            _ => return None,
        };
        // The upper bits say how frames are checked.
        let link_type = u32_at(header, 20, big_endian)? & 0xFFFF;
        Some(Self { big_endian, interface: Interface { link_type, ticks_per_second } })
    }
}

/// What an interface description block says.
fn interface_of(body: &[u8], big_endian: bool) -> Option<Interface> {
    let link_type = u32::from(u16_at(body, 0, big_endian)?);
    let mut ticks_per_second = 1_000_000;
    let mut at = 8;
    while let (Some(code), Some(length)) = (u16_at(body, at, big_endian), u16_at(body, at + 2, big_endian)) {
        if code == 0 {
            break;
        }
        if code == OPTION_TIME_RESOLUTION {
            let resolution = *body.get(at + 4)?;
            let (base, exponent) =
                if resolution & 0x80 == 0 { (10u64, resolution) } else { (2, resolution & 0x7F) };
            ticks_per_second = base.checked_pow(u32::from(exponent))?;
        }
        at += 4 + usize::from(length).next_multiple_of(4);
    }
    Some(Interface { link_type, ticks_per_second })
}

type Udp<'a> = (SocketAddr, SocketAddr, &'a [u8]);

/// The datagram in a frame of a link layer.
fn udp_of_frame(link_type: u32, frame: &[u8]) -> Option<Udp<'_>> {
    match link_type {
        0 | 108 => udp_of_ip(frame.get(4..)?),
        1 => udp_of_ether_type(u16_at(frame, 12, true)?, frame.get(14..)?),
        12 | 14 | 101 | 228 | 229 => udp_of_ip(frame),
        113 => udp_of_ether_type(u16_at(frame, 14, true)?, frame.get(16..)?),
        276 => udp_of_ether_type(u16_at(frame, 0, true)?, frame.get(20..)?),
        _ => None,
    }
}

/// The datagram behind an EtherType; VLAN tags, at most two of them, are gone past.
fn udp_of_ether_type(mut ether_type: u16, mut packet: &[u8]) -> Option<Udp<'_>> {
    for _ in 0..2 {
        if !matches!(ether_type, 0x8100 | 0x88A8 | 0x9100) {
            break;
        }
        ether_type = u16_at(packet, 2, true)?;
        packet = packet.get(4..)?;
    }
    matches!(ether_type, 0x0800 | 0x86DD).then(|| udp_of_ip(packet))?
}

fn udp_of_ip(packet: &[u8]) -> Option<Udp<'_>> {
    match packet.first()? >> 4 {
        4 => udp_of_ipv4(packet),
        6 => udp_of_ipv6(packet),
        _ => None,
    }
}

const PROTOCOL_UDP: u8 = 17;

fn udp_of_ipv4(packet: &[u8]) -> Option<Udp<'_>> {
    let header_bytes = usize::from(packet[0] & 0x0F) * 4;
    let is_fragment = u16_at(packet, 6, true)? & 0x3FFF != 0;
    if header_bytes < 20 || is_fragment || *packet.get(9)? != PROTOCOL_UDP {
        return None;
    }
    // Captured bytes beyond the packet's own length are padding of the link layer.
    let total_bytes = usize::from(u16_at(packet, 2, true)?);
    let end = if total_bytes == 0 { packet.len() } else { total_bytes.min(packet.len()) };
    let source: [u8; 4] = packet.get(12..16)?.try_into().ok()?;
    let destination: [u8; 4] = packet.get(16..20)?.try_into().ok()?;
    udp(packet.get(header_bytes..end)?, Ipv4Addr::from(source).into(), Ipv4Addr::from(destination).into())
}

fn udp_of_ipv6(packet: &[u8]) -> Option<Udp<'_>> {
    /// Hop-by-hop, routing, fragment, destination options: no sender uses each more than twice.
    const EXTENSION_HEADERS_MAX: usize = 8;
    let end = 40 + usize::from(u16_at(packet, 4, true)?);
    let packet = &packet[..end.min(packet.len())];
    let source: [u8; 16] = packet.get(8..24)?.try_into().ok()?;
    let destination: [u8; 16] = packet.get(24..40)?.try_into().ok()?;
    let mut next_header = *packet.get(6)?;
    let mut rest = packet.get(40..)?;
    for _ in 0..EXTENSION_HEADERS_MAX {
        if !matches!(next_header, 0 | 43 | 60) {
            break;
        }
        next_header = *rest.first()?;
        let bytes = (usize::from(*rest.get(1)?) + 1) * 8;
        rest = rest.get(bytes..)?;
    }
    if next_header != PROTOCOL_UDP {
        return None;
    }
    udp(rest, Ipv6Addr::from(source).into(), Ipv6Addr::from(destination).into())
}

fn udp(segment: &[u8], source: IpAddr, destination: IpAddr) -> Option<Udp<'_>> {
    let length = usize::from(u16_at(segment, 4, true)?);
    let payload = segment.get(8..)?;
    let payload = payload.get(..length.saturating_sub(8)).unwrap_or(payload);
    let source = SocketAddr::new(source, u16_at(segment, 0, true)?);
    Some((source, SocketAddr::new(destination, u16_at(segment, 2, true)?), payload))
}

fn u16_at(bytes: &[u8], at: usize, big_endian: bool) -> Option<u16> {
    let number: [u8; 2] = bytes.get(at..at + 2)?.try_into().ok()?;
    Some(if big_endian { u16::from_be_bytes(number) } else { u16::from_le_bytes(number) })
}

fn u32_at(bytes: &[u8], at: usize, big_endian: bool) -> Option<u32> {
    let number: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
    Some(if big_endian { u32::from_be_bytes(number) } else { u32::from_le_bytes(number) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PAYLOAD: &[u8] = b"<13>hello";

    fn udp_segment() -> Vec<u8> {
        let length = (8 + PAYLOAD.len()) as u16;
        let mut segment =
            [&5140u16.to_be_bytes()[..], &514u16.to_be_bytes(), &length.to_be_bytes(), &[0, 0]].concat();
        segment.extend_from_slice(PAYLOAD);
        segment
    }

    fn ipv4(fragment: u16) -> Vec<u8> {
        let segment = udp_segment();
        let mut packet = vec![0x45, 0];
        packet.extend_from_slice(&((20 + segment.len()) as u16).to_be_bytes());
        packet.extend_from_slice(&[0, 0]);
        packet.extend_from_slice(&fragment.to_be_bytes());
        packet.extend_from_slice(&[64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2]);
        packet.extend_from_slice(&segment);
        packet
    }

    fn ipv6() -> Vec<u8> {
        let segment = udp_segment();
        let mut packet = vec![0x60, 0, 0, 0];
        packet.extend_from_slice(&((8 + segment.len()) as u16).to_be_bytes());
        packet.extend_from_slice(&[0, 64]);
        packet.extend_from_slice(&"2001:db8::1".parse::<Ipv6Addr>().unwrap().octets());
        packet.extend_from_slice(&"2001:db8::2".parse::<Ipv6Addr>().unwrap().octets());
        // Hop-by-hop options, then UDP.
        packet.extend_from_slice(&[17, 0, 1, 4, 0, 0, 0, 0]);
        packet.extend_from_slice(&segment);
        packet
    }

    /// Addresses of no interest, the types and tags, the packet, and padding.
    fn ethernet(types: &[u8], packet: &[u8]) -> Vec<u8> {
        [&[0; 12][..], types, packet, &[0; 6]].concat()
    }

    fn classic(link_type: u32, frames: &[Vec<u8>]) -> Vec<u8> {
        let mut file = [&0xA1B2_C3D4u32.to_le_bytes()[..], &[2, 0, 4, 0], &[0; 8], &[0, 0, 4, 0]].concat();
        file.extend_from_slice(&link_type.to_le_bytes());
        for frame in frames {
            for number in [1_700_000_000, 250_000, frame.len() as u32, frame.len() as u32] {
                file.extend_from_slice(&number.to_le_bytes());
            }
            file.extend_from_slice(frame);
        }
        file
    }

    fn block(kind: u32, body: &[u8]) -> Vec<u8> {
        let mut body = body.to_vec();
        body.resize(body.len().next_multiple_of(4), 0);
        let length = (body.len() as u32 + 12).to_be_bytes();
        [&kind.to_be_bytes()[..], &length, &body, &length].concat()
    }

    /// Big-endian pcapng of one raw IP interface with nanosecond times.
    fn next_generation(packet: &[u8]) -> Vec<u8> {
        let section = [&[0x1A, 0x2B, 0x3C, 0x4D, 0, 1, 0, 0][..], &[0xFF; 8]].concat();
        let interface = [&[0, 101, 0, 0, 0, 0, 0, 0][..], &[0, 9, 0, 1, 9, 0, 0, 0], &[0; 4]].concat();
        let nanos = 1_700_000_000_250_000_000u64.to_be_bytes();
        let length = (packet.len() as u32).to_be_bytes();
        let enhanced = [&[0; 4][..], &nanos, &length, &length, packet].concat();
        [block(BLOCK_SECTION_HEADER, &section), block(BLOCK_INTERFACE, &interface), block(5, &[1, 2, 3, 4])]
            .concat()
            .into_iter()
            .chain(block(BLOCK_ENHANCED_PACKET, &enhanced))
            .collect()
    }

    fn read(file: &[u8]) -> (Vec<Datagram<'_>>, u64) {
        let mut capture = Capture::new(file).unwrap();
        let mut found = Vec::new();
        while let Some(datagram) = capture.next_datagram().unwrap() {
            found.push(datagram);
        }
        (found, capture.skipped_packets())
    }

    #[test]
    fn datagrams_of_every_link_layer() {
        let v4 = ipv4(0x4000);
        let cases = [
            (1, ethernet(&[0x08, 0x00], &v4)),
            (1, ethernet(&[0x81, 0x00, 0, 7, 0x08, 0x00], &v4)),
            (1, ethernet(&[0x88, 0xA8, 0, 7, 0x81, 0x00, 0, 8, 0x86, 0xDD], &ipv6())),
            (113, [&[0; 14][..], &[0x08, 0x00], &v4].concat()),
            (276, [&[0x08, 0x00][..], &[0; 18], &v4].concat()),
            (0, [&[2, 0, 0, 0][..], &v4].concat()),
            (101, ipv6()),
        ];
        for (link_type, frame) in cases {
            let file = classic(link_type, &[frame]);
            let (found, skipped) = read(&file);
            assert_eq!((found.len(), skipped), (1, 0), "link type {link_type}");
            assert_eq!(found[0].payload, PAYLOAD, "link type {link_type}");
            assert_eq!((found[0].source.port(), found[0].destination.port()), (5140, 514));
            assert_eq!(found[0].time_us, Some(1_700_000_000_250_000));
        }
    }

    #[test]
    fn pcapng_with_its_own_unit_of_time() {
        let file = next_generation(&ipv4(0));
        assert!(is_capture(&file));
        let (found, _) = read(&file);
        assert_eq!(found[0].payload, PAYLOAD);
        assert_eq!(found[0].source.to_string(), "192.0.2.1:5140");
        assert_eq!(found[0].time_us, Some(1_700_000_000_250_000));
    }

    #[test]
    fn fragments_and_other_protocols_are_skipped_and_counted() {
        let mut tcp = ipv4(0);
        tcp[9] = 6;
        let file = classic(101, &[ipv4(0x2000), ipv4(185), tcp, ipv4(0)]);
        let (found, skipped) = read(&file);
        assert_eq!((found.len(), skipped), (1, 3));
    }

    #[test]
    fn a_file_that_ends_in_a_packet_gives_those_before_and_says_where() {
        let file = classic(101, &[ipv4(0), ipv4(0)]);
        let mut capture = Capture::new(&file[..file.len() - 1]).unwrap();
        assert!(capture.next_datagram().unwrap().is_some());
        assert_eq!(capture.next_datagram(), Err(CaptureError::Damaged(24 + 16 + ipv4(0).len())));
        assert_eq!(Capture::new(b"<13>hello").err(), Some(CaptureError::UnknownFormat));
    }

    proptest! {
        #[test]
        fn damage_never_panics(at in 0usize..220, byte: u8, cut in 0usize..220) {
            for file in [classic(1, &[ethernet(&[0x86, 0xDD], &ipv6())]), next_generation(&ipv4(0))] {
                let mut file = file;
                let at = at % file.len();
                file[at] = byte;
                file.truncate(cut.max(4));
                let Ok(mut capture) = Capture::new(&file) else { continue };
                while let Ok(Some(_)) = capture.next_datagram() {}
            }
        }
    }
}
