//! What all kinds of samples begin with.

use super::xdr::Xdr;
use crate::batch::{BatchBuilder, ColumnIndex};
use crate::cut::ColumnType;

/// The columns of a sample's number and source.
#[derive(Debug)]
pub(super) struct SampleColumns {
    sample_sequence_number: ColumnIndex,
    source_id_type: ColumnIndex,
    source_id_index: ColumnIndex,
}

impl SampleColumns {
    pub(super) fn define(rows: &mut BatchBuilder) -> Self {
        Self {
            sample_sequence_number: rows.define("sample_sequence_number", ColumnType::Int64),
            source_id_type: rows.define("source_id_type", ColumnType::Int64),
            source_id_index: rows.define("source_id_index", ColumnType::Int64),
        }
    }

    pub(super) fn put(&self, number: SampleNumber, rows: &mut BatchBuilder) {
        rows.put_i64(self.sample_sequence_number, i64::from(number.sequence_number));
        rows.put_i64(self.source_id_type, i64::from(number.source_type));
        rows.put_i64(self.source_id_index, i64::from(number.source_index));
    }
}

/// Which sample of which source.
#[derive(Debug, Clone, Copy)]
pub(super) struct SampleNumber {
    sequence_number: u32,
    /// 0: ifIndex, 1: smonVlanDataSource, 2: entPhysicalEntry, 3: logical entity.
    source_type: u32,
    source_index: u32,
}

impl SampleNumber {
    /// "sequence_number" and "source_id" of a sample.
    pub(super) fn read(xdr: &mut Xdr<'_>, expanded: bool) -> Option<Self> {
        let sequence_number = xdr.u32()?;
        let (source_type, source_index) = if expanded {
            (xdr.u32()?, xdr.u32()?)
        } else {
            // "sFlowDataSource": the type in the most significant byte.
            let source = xdr.u32()?;
            (source >> 24, source & 0xFF_FFFF)
        };
        Some(Self { sequence_number, source_type, source_index })
    }
}
