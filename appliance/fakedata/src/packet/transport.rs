//! TCP, UDP and ICMP headers.

use bytes::BufMut;

use super::checksum;

/// What stands behind the network header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// TCP (RFC 9293, section 3.1), without options.
    Tcp {
        /// Source port.
        source_port: u16,
        /// Destination port.
        dest_port: u16,
        /// The eight control bits.
        flags: u8,
    },
    /// UDP (RFC 768).
    Udp {
        /// Source port.
        source_port: u16,
        /// Destination port.
        dest_port: u16,
    },
    /// ICMP (RFC 792), or ICMPv6 (RFC 4443) over IPv6.
    Icmp {
        /// Type.
        kind: u8,
        /// Code.
        code: u8,
    },
}

const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMP_V6: u8 = 58;

impl Transport {
    /// The protocol's number in IPv4.
    pub fn protocol(&self) -> u8 {
        match self {
            Self::Tcp { .. } => TCP,
            Self::Udp { .. } => UDP,
            Self::Icmp { .. } => ICMP,
        }
    }

    /// The protocol's number in IPv6.
    pub fn protocol_v6(&self) -> u8 {
        match self {
            Self::Icmp { .. } => ICMP_V6,
            other => other.protocol(),
        }
    }

    /// Appends header and payload; `addresses` are those of the network header, for the checksum.
    pub(super) fn encode(&self, payload_bytes: u16, addresses: &[u8], out: &mut Vec<u8>) {
        let start = out.len();
        let checksum_at = match *self {
            Self::Tcp { source_port, dest_port, flags } => {
                out.put_u16(source_port);
                out.put_u16(dest_port);
                out.put_u64(0x0000_1000_0000_2000);
                // Five words of header, and the window.
                out.put_slice(&[0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
                16
            }
            Self::Udp { source_port, dest_port } => {
                out.put_u16(source_port);
                out.put_u16(dest_port);
                out.put_u16(8 + payload_bytes);
                out.put_u16(0);
                6
            }
            Self::Icmp { kind, code } => {
                out.put_slice(&[kind, code, 0, 0, 0, 1, 0, 1]);
                2
            }
        };
        out.put_bytes(b'x', usize::from(payload_bytes));
        let sum = self.checksum(addresses, &out[start..]);
        out[start + checksum_at..start + checksum_at + 2].copy_from_slice(&sum.to_be_bytes());
    }

    fn checksum(&self, addresses: &[u8], bytes: &[u8]) -> u16 {
        let is_v4 = addresses.len() == 8;
        if is_v4 && matches!(self, Self::Icmp { .. }) {
            return checksum::of(&[bytes]);
        }
        let protocol = if is_v4 { self.protocol() } else { self.protocol_v6() };
        // The sums of both pseudo headers (RFC 9293, section 3.1; RFC 8200, section 8.1) are made of the same words.
        let length = (bytes.len() as u32).to_be_bytes();
        checksum::of(&[addresses, &length, &[0, protocol], bytes])
    }
}
