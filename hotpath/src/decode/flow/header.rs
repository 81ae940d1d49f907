//! The headers of NetFlow v1, v5, v7, v9 (RFC 3954 section 5.1) and IPFIX (RFC 7011 section 3.1).

use crate::batch::ShortText;

use super::reader::Reader;

/// The versions that there are; the first two bytes of every datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Version {
    V1,
    V5,
    V7,
    V9,
    Ipfix,
}

impl Version {
    /// The version of a number, `None` for one that is not known.
    pub(super) fn of(number: u16) -> Option<Self> {
        Some(match number {
            1 => Self::V1,
            5 => Self::V5,
            7 => Self::V7,
            9 => Self::V9,
            10 => Self::Ipfix,
            _ => return None,
        })
    }

    pub(super) fn number(self) -> u8 {
        match self {
            Self::V1 => 1,
            Self::V5 => 5,
            Self::V7 => 7,
            Self::V9 => 9,
            Self::Ipfix => 10,
        }
    }

    /// The text of the column `flow_format`.
    pub(super) fn name(self) -> ShortText {
        const V1: ShortText = ShortText::new("netflow_v1");
        const V5: ShortText = ShortText::new("netflow_v5");
        const V7: ShortText = ShortText::new("netflow_v7");
        const V9: ShortText = ShortText::new("netflow_v9");
        const IPFIX: ShortText = ShortText::new("ipfix");
        match self {
            Self::V1 => V1,
            Self::V5 => V5,
            Self::V7 => V7,
            Self::V9 => V9,
            Self::Ipfix => IPFIX,
        }
    }
}

/// What a header says of all records behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) version: Version,
    /// Records (v1, v5, v7: exactly those that follow; v9: with the templates), 0 for IPFIX.
    pub(super) count: u16,
    /// Bytes of the message, header and all: its length field where it is IPFIX, else all that was received.
    pub(super) length: usize,
    /// When it was exported, in microseconds since 1970.
    pub(super) export_us: i64,
    /// The exporter's uptime then in milliseconds, with 32 bits; IPFIX has none.
    pub(super) uptime_ms: Option<u32>,
    pub(super) sequence: Option<u32>,
    /// Observation domain (IPFIX) or source id (v9).
    pub(super) domain: Option<u32>,
    /// Type and slot of the switching engine (v5).
    pub(super) engine: Option<(u8, u8)>,
    /// Mode (2 bits) and interval (14 bits) of sampling (v5).
    pub(super) sampling: Option<(u8, u16)>,
}

impl Header {
    /// Reads a header; `None` where it is not whole. What follows it is left in the reader.
    pub(super) fn read(version: Version, reader: &mut Reader<'_>) -> Option<Self> {
        let received = reader.rest().len();
        reader.u16()?;
        let count = reader.u16()?;
        let mut header = Self {
            version,
            count,
            length: received,
            export_us: 0,
            uptime_ms: None,
            sequence: None,
            domain: None,
            engine: None,
            sampling: None,
        };
        match version {
            Version::V1 | Version::V5 | Version::V7 => header.read_fixed(reader)?,
            Version::V9 => {
                header.uptime_ms = Some(reader.u32()?);
                header.export_us = seconds_us(reader.u32()?);
                header.sequence = Some(reader.u32()?);
                header.domain = Some(reader.u32()?);
            }
            Version::Ipfix => {
                (header.count, header.length) = (0, usize::from(count));
                header.export_us = seconds_us(reader.u32()?);
                header.sequence = Some(reader.u32()?);
                header.domain = Some(reader.u32()?);
            }
        }
        Some(header)
    }

    /// What follows the count in the versions that have one format of record.
    fn read_fixed(&mut self, reader: &mut Reader<'_>) -> Option<()> {
        self.uptime_ms = Some(reader.u32()?);
        let seconds = reader.u32()?;
        self.export_us = seconds_us(seconds) + i64::from(reader.u32()?) / 1_000;
        if self.version == Version::V1 {
            return Some(());
        }
        self.sequence = Some(reader.u32()?);
        if self.version == Version::V7 {
            // Reserved.
            reader.u32()?;
            return Some(());
        }
        self.engine = Some((reader.u8()?, reader.u8()?));
        let sampling = reader.u16()?;
        self.sampling = Some(((sampling >> 14) as u8, sampling & 0x3FFF));
        Some(())
    }

    /// What templates, sampling and sequence numbers are kept by, beside the exporter's address.
    pub(super) fn scope(&self) -> u32 {
        let engine = self.engine.map(|(kind, slot)| u32::from(kind) << 8 | u32::from(slot));
        self.domain.or(engine).unwrap_or(0)
    }
}

fn seconds_us(seconds: u32) -> i64 {
    i64::from(seconds) * 1_000_000
}
