//! The datagram: its header, and what every row of it has.

use super::xdr::Xdr;
use crate::batch::{BatchBuilder, ColumnIndex, ShortText};
use crate::block::Event;
use crate::cut::ColumnType;
use crate::decode::address_text::{AddressText, IpOctets};

const VERSION: u32 = 5;

const FLOW_FORMAT: ShortText = ShortText::new("sflow_v5");

/// The columns of the datagram's header.
#[derive(Debug)]
pub(super) struct DatagramColumns {
    record_type: ColumnIndex,
    flow_format: ColumnIndex,
    exporter_ip: ColumnIndex,
    sub_agent_id: ColumnIndex,
    sequence_number: ColumnIndex,
    sys_uptime: ColumnIndex,
}

impl DatagramColumns {
    pub(super) fn define(rows: &mut BatchBuilder) -> Self {
        Self {
            record_type: rows.define("record_type", ColumnType::String),
            flow_format: rows.define("flow_format", ColumnType::String),
            exporter_ip: rows.define("exporter_ip", ColumnType::String),
            sub_agent_id: rows.define("sub_agent_id", ColumnType::Int64),
            sequence_number: rows.define("sequence_number", ColumnType::Int64),
            sys_uptime: rows.define("sys_uptime", ColumnType::Int64),
        }
    }
}

/// "sample_datagram_v5" up to its samples.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Header {
    /// `None` where nothing of the header is known.
    fields: Option<HeaderFields>,
    /// Samples that follow, by its own account.
    pub(super) samples: u32,
}

#[derive(Debug, Clone, Copy)]
struct HeaderFields {
    agent: Option<AddressText>,
    sub_agent_id: u32,
    sequence_number: u32,
    uptime_ms: u32,
}

impl Header {
    /// Reads the header.
    ///
    /// # Errors
    /// Why it is none of version 5.
    pub(super) fn read(xdr: &mut Xdr<'_>) -> Result<Self, &'static str> {
        match xdr.u32() {
            Some(VERSION) => Self::read_version_5(xdr).ok_or("an sflow header that is cut off"),
            Some(1) => Err("sflow version 1 is not decoded"),
            Some(2) => Err("sflow version 2 is not decoded"),
            Some(3) => Err("sflow version 3 is not decoded"),
            Some(4) => Err("sflow version 4 is not decoded"),
            Some(_) => Err("not sflow: it does not begin with version 5"),
            None => Err("not sflow: too short for a version"),
        }
    }

    fn read_version_5(xdr: &mut Xdr<'_>) -> Option<Self> {
        let agent = xdr.address()?.map(IpOctets::text);
        let fields = HeaderFields {
            agent,
            sub_agent_id: xdr.u32()?,
            sequence_number: xdr.u32()?,
            uptime_ms: xdr.u32()?,
        };
        Some(Self { fields: Some(fields), samples: xdr.u32()? })
    }
}

/// A datagram that is being decoded.
#[derive(Debug)]
pub(super) struct Datagram<'a> {
    event: &'a Event<'a>,
    header: Header,
    has_rows: bool,
    raw_kept: bool,
}

impl<'a> Datagram<'a> {
    pub(super) fn new(event: &'a Event<'a>, header: Header) -> Self {
        Self { event, header, has_rows: false, raw_kept: false }
    }

    /// Begins a row with what is known from the header.
    pub(super) fn begin_row(
        &mut self,
        record_type: &str,
        columns: &DatagramColumns,
        rows: &mut BatchBuilder,
    ) {
        if self.has_rows {
            rows.begin_further_row(self.event);
        } else {
            self.has_rows = true;
            rows.begin_row(self.event);
        }
        if self.event.truncated {
            self.keep_raw(rows);
        }
        rows.put_text(columns.record_type, record_type);
        let Some(header) = &self.header.fields else { return };
        rows.put_short(columns.flow_format, FLOW_FORMAT);
        if let Some(agent) = &header.agent {
            rows.put_text(columns.exporter_ip, agent.as_str());
        }
        rows.put_i64(columns.sub_agent_id, i64::from(header.sub_agent_id));
        rows.put_i64(columns.sequence_number, i64::from(header.sequence_number));
        rows.put_i64(columns.sys_uptime, i64::from(header.uptime_ms));
    }

    /// Says what is wrong with the current row.
    pub(super) fn fault(&mut self, reason: &str, rows: &mut BatchBuilder) {
        rows.parse_error(reason);
        self.keep_raw(rows);
    }

    /// The structure of the current row ends within its fields.
    pub(super) fn short_structure(&mut self, name: &str, rows: &mut BatchBuilder) {
        self.fault(&format!("an sflow {name} structure that is shorter than its fields"), rows);
    }

    /// Keeps the datagram, in one of its rows: a small one could make thousands of copies otherwise.
    fn keep_raw(&mut self, rows: &mut BatchBuilder) {
        if !self.raw_kept {
            self.raw_kept = true;
            rows.put_raw(self.event.bytes);
        }
    }
}
