//! The first bytes of the transport layer.

use super::Transport;

const ICMP: u8 = 1;
const TCP: u8 = 6;
const UDP: u8 = 17;
const DCCP: u8 = 33;
const ICMPV6: u8 = 58;
const SCTP: u8 = 132;
const UDP_LITE: u8 = 136;

/// Reads what the protocol has of it; `None` where that is cut off.
pub(super) fn read(protocol: u8, bytes: &[u8], transport: &mut Transport) -> Option<()> {
    match protocol {
        TCP => {
            read_ports(bytes, transport)?;
            // RFC 9293 section 3.1: the control bits are in the byte behind the data offset.
            transport.tcp_flags = Some(*bytes.get(13)?);
        }
        UDP | DCCP | SCTP | UDP_LITE => read_ports(bytes, transport)?,
        ICMP | ICMPV6 => {
            transport.icmp_type = Some(*bytes.first()?);
            transport.icmp_code = Some(*bytes.get(1)?);
        }
        _ => {}
    }
    Some(())
}

fn read_ports(bytes: &[u8], transport: &mut Transport) -> Option<()> {
    let ([s1, s2, d1, d2], _) = super::split::<4>(bytes)?;
    transport.source_port = Some(u16::from_be_bytes([s1, s2]));
    transport.destination_port = Some(u16::from_be_bytes([d1, d2]));
    Some(())
}
