//! sFlow version 5 datagrams (sflow.org, "sFlow Version 5", July 2004) from plain structs.

mod counters;
mod flow_records;
mod samples;

use std::net::IpAddr;

use bytes::BufMut;

pub use counters::{
    CounterRecord, EthernetCounters, HostCpu, HostDescription, HostMemory, HostNetwork, InterfaceCounters,
    ProcessorCounters, VlanCounters,
};
pub use flow_records::{FlowRecord, Gateway, RawPacketHeader, Router, SampledIpv4, SampledIpv6};
pub use samples::{CounterSample, DiscardedPacket, FlowSample, Sample, SourceId};

/// A datagram (section 5, `sample_datagram_v5`).
#[derive(Debug, Clone, PartialEq)]
pub struct Datagram {
    /// Address of the agent.
    pub agent: IpAddr,
    /// Number of the part of the agent that sends.
    pub sub_agent: u32,
    /// Datagrams sent before by this part.
    pub sequence: u32,
    /// Milliseconds since the agent started.
    pub uptime_ms: u32,
    /// Samples.
    pub samples: Vec<Sample>,
}

/// The datagram as bytes.
pub fn encode(datagram: &Datagram) -> Vec<u8> {
    let mut out = Vec::with_capacity(1500);
    out.put_u32(5);
    put_address(datagram.agent, &mut out);
    out.put_u32(datagram.sub_agent);
    out.put_u32(datagram.sequence);
    out.put_u32(datagram.uptime_ms);
    out.put_u32(datagram.samples.len() as u32);
    for sample in &datagram.samples {
        sample.encode(&mut out);
    }
    out
}

/// The number of a structure of sflow.org's own: enterprise 0 (section 4, `data_format`).
fn put_record(format: u32, out: &mut Vec<u8>, body: impl FnOnce(&mut Vec<u8>)) {
    out.put_u32(format);
    let length_at = out.len();
    out.put_u32(0);
    body(out);
    let length = (out.len() - length_at - 4) as u32;
    out[length_at..length_at + 4].copy_from_slice(&length.to_be_bytes());
}

/// `address`: its kind, then its bytes.
fn put_address(address: IpAddr, out: &mut Vec<u8>) {
    match address {
        IpAddr::V4(address) => {
            out.put_u32(1);
            out.put_slice(&address.octets());
        }
        IpAddr::V6(address) => {
            out.put_u32(2);
            out.put_slice(&address.octets());
        }
    }
}

/// XDR `opaque<>` and `string<>` (RFC 4506, section 4.10): length, bytes, zeros up to a multiple of four.
fn put_opaque(bytes: &[u8], out: &mut Vec<u8>) {
    out.put_u32(bytes.len() as u32);
    out.put_slice(bytes);
    out.put_bytes(0, bytes.len().next_multiple_of(4) - bytes.len());
}

/// A MAC address in eight bytes.
fn put_mac(mac: [u8; 6], out: &mut Vec<u8>) {
    out.put_slice(&mac);
    out.put_u16(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datagram_is_laid_out_as_in_section_5() {
        let record = FlowRecord::RawPacketHeader(RawPacketHeader {
            protocol: 1,
            frame_bytes: 64,
            stripped_bytes: 4,
            header: vec![1, 2, 3, 4, 5],
        });
        let sample = Sample::Flow(FlowSample {
            sequence: 7,
            source: SourceId { kind: 0, index: 3 },
            sampling_rate: 512,
            sample_pool: 1_024,
            drops: 0,
            input: 3,
            output: 4,
            records: vec![record],
        });
        let datagram = Datagram {
            agent: [192, 0, 2, 1].into(),
            sub_agent: 1,
            sequence: 2,
            uptime_ms: 3,
            samples: vec![sample],
        };
        let words: Vec<u32> = encode(&datagram)
            .chunks_exact(4)
            .map(|word| u32::from_be_bytes([word[0], word[1], word[2], word[3]]))
            .collect();
        #[rustfmt::skip]
        let expected = [
            5, 1, 0xc000_0201, 1, 2, 3, 1,
            1, 64, 7, 3, 512, 1_024, 0, 3, 4, 1,
            1, 24, 1, 64, 4, 5, 0x0102_0304, 0x0500_0000,
        ];
        assert_eq!(words, expected);
    }

    #[test]
    fn every_record_says_its_length() {
        let mut out = Vec::new();
        CounterRecord::Interface(InterfaceCounters::default()).encode(&mut out);
        assert_eq!((out.len(), &out[..8]), (8 + 88, &[0, 0, 0, 1, 0, 0, 0, 88][..]));
        out.clear();
        CounterRecord::Ethernet(EthernetCounters::default()).encode(&mut out);
        assert_eq!((out.len(), &out[..8]), (8 + 52, &[0, 0, 0, 2, 0, 0, 0, 52][..]));
        out.clear();
        FlowRecord::ExtendedSwitch { source_vlan: 1, source_priority: 0, dest_vlan: 2, dest_priority: 0 }
            .encode(&mut out);
        assert_eq!(out[..12], [0, 0, 0x03, 0xe9, 0, 0, 0, 16, 0, 0, 0, 1]);
    }
}
