//! Samples (section 5).

use bytes::BufMut;

use super::counters::CounterRecord;
use super::flow_records::FlowRecord;
use super::{put_opaque, put_record};

/// Where a sample was taken: kind 0 is an interface by its ifIndex, 1 a VLAN, 2 a physical entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SourceId {
    /// Kind of source.
    pub kind: u8,
    /// Its number; in the compact forms of 24 bits.
    pub index: u32,
}

impl SourceId {
    fn compact(self) -> u32 {
        u32::from(self.kind) << 24 | self.index & 0xff_ffff
    }
}

/// Packets sampled, with what is known of one of them.
#[derive(Debug, Clone, PartialEq)]
pub struct FlowSample {
    /// Samples taken before at this source.
    pub sequence: u32,
    /// Where it was taken.
    pub source: SourceId,
    /// One packet of so many is taken.
    pub sampling_rate: u32,
    /// Packets that could have been taken.
    pub sample_pool: u32,
    /// Samples lost for lack of resources.
    pub drops: u32,
    /// ifIndex it came in by. In the compact form, the two highest bits are a format.
    pub input: u32,
    /// ifIndex it left by.
    pub output: u32,
    /// What is known of the packet.
    pub records: Vec<FlowRecord>,
}

/// Counters of a source at one time.
#[derive(Debug, Clone, PartialEq)]
pub struct CounterSample {
    /// Samples taken before at this source.
    pub sequence: u32,
    /// Whose counters they are.
    pub source: SourceId,
    /// The counters.
    pub records: Vec<CounterRecord>,
}

/// A packet that a device threw away ("sFlow Dropped Packet Notification Structures").
#[derive(Debug, Clone, PartialEq)]
pub struct DiscardedPacket {
    /// Notifications before at this source.
    pub sequence: u32,
    /// Where it was thrown away.
    pub source: SourceId,
    /// Notifications lost.
    pub drops: u32,
    /// ifIndex it came in by.
    pub input: u32,
    /// ifIndex it was to leave by.
    pub output: u32,
    /// Why, as that document numbers it (256 `unknown_l2`, 262 `acl`).
    pub reason: u32,
    /// What is known of the packet.
    pub records: Vec<FlowRecord>,
}

/// A sample of a datagram.
#[derive(Debug, Clone, PartialEq)]
pub enum Sample {
    /// `flow_sample`.
    Flow(FlowSample),
    /// `counters_sample`.
    Counters(CounterSample),
    /// `flow_sample_expanded`: ifIndex of 32 bits.
    ExpandedFlow(FlowSample),
    /// `counters_sample_expanded`.
    ExpandedCounters(CounterSample),
    /// `discarded_packet`.
    Discarded(DiscardedPacket),
    /// A structure that we have no name for.
    Other {
        /// Enterprise (20 bits) and format (12 bits).
        format: u32,
        /// Its bytes.
        bytes: Vec<u8>,
    },
}

impl Sample {
    /// Appends the sample with its format and length.
    pub fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Flow(sample) => put_record(1, out, |out| {
                put_flow_start(sample, false, out);
                out.put_u32(sample.input);
                out.put_u32(sample.output);
                put_flow_records(&sample.records, out);
            }),
            Self::Counters(sample) => put_record(2, out, |out| {
                out.put_u32(sample.sequence);
                out.put_u32(sample.source.compact());
                put_counter_records(&sample.records, out);
            }),
            Self::ExpandedFlow(sample) => put_record(3, out, |out| {
                put_flow_start(sample, true, out);
                // `interface_expanded`: format 0 is one interface.
                for index in [sample.input, sample.output] {
                    out.put_u32(0);
                    out.put_u32(index);
                }
                put_flow_records(&sample.records, out);
            }),
            Self::ExpandedCounters(sample) => put_record(4, out, |out| {
                out.put_u32(sample.sequence);
                put_expanded(sample.source, out);
                put_counter_records(&sample.records, out);
            }),
            Self::Discarded(sample) => put_record(5, out, |out| {
                out.put_u32(sample.sequence);
                put_expanded(sample.source, out);
                for number in [sample.drops, sample.input, sample.output, sample.reason] {
                    out.put_u32(number);
                }
                put_flow_records(&sample.records, out);
            }),
            Self::Other { format, bytes } => {
                out.put_u32(*format);
                put_opaque(bytes, out);
            }
        }
    }
}

fn put_flow_start(sample: &FlowSample, is_expanded: bool, out: &mut Vec<u8>) {
    out.put_u32(sample.sequence);
    if is_expanded {
        put_expanded(sample.source, out);
    } else {
        out.put_u32(sample.source.compact());
    }
    out.put_u32(sample.sampling_rate);
    out.put_u32(sample.sample_pool);
    out.put_u32(sample.drops);
}

fn put_expanded(source: SourceId, out: &mut Vec<u8>) {
    out.put_u32(u32::from(source.kind));
    out.put_u32(source.index);
}

fn put_flow_records(records: &[FlowRecord], out: &mut Vec<u8>) {
    out.put_u32(records.len() as u32);
    for record in records {
        record.encode(out);
    }
}

fn put_counter_records(records: &[CounterRecord], out: &mut Vec<u8>) {
    out.put_u32(records.len() as u32);
    for record in records {
        record.encode(out);
    }
}
