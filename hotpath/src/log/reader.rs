//! Reads blocks back out of the log, into memory of the pool.

use crate::block::{BlockPool, SealedBlock};
use crate::log::disk::{Disk, DiskFile};
use crate::log::error::LogError;
use crate::log::format::{HeaderError, RecordHeader, RecordKind, RecordPlace, segment_name};
use crate::log::payload::BlockPayload;
use crate::log::recovery::DamageReason;
use crate::log::scan::payload_of;
use std::rc::Rc;

/// Reads blocks by their places; clones share the disk. A block stays readable until it is committed.
#[derive(Debug)]
pub struct LogReader<D: Disk> {
    disk: Rc<D>,
    pool: BlockPool,
}

impl<D: Disk> Clone for LogReader<D> {
    fn clone(&self) -> Self {
        Self { disk: Rc::clone(&self.disk), pool: self.pool.clone() }
    }
}

impl<D: Disk> LogReader<D> {
    pub(super) fn new(disk: Rc<D>, pool: BlockPool) -> Self {
        Self { disk, pool }
    }

    /// Reads a block and checks it again.
    ///
    /// # Errors
    /// [`LogError::NoBlockMemory`] when the pool is empty (wait and read again), [`LogError::Io`], and
    /// [`LogError::Damaged`] when the record is no longer what it was.
    pub async fn read(&self, place: &RecordPlace) -> Result<SealedBlock, LogError> {
        let memory = self.pool.take().ok_or(LogError::NoBlockMemory)?;
        let name = segment_name(place.segment);
        let file = self.disk.open(&name).await.map_err(LogError::io("open", &name))?;
        let read = file.read_at(place.offset, place.record_bytes as usize).await;
        let closed = file.close().await;
        let record = read.and_then(|read| closed.map(|()| read)).map_err(LogError::io("read", &name))?;
        let damaged = |reason| LogError::Damaged { segment: place.segment, offset: place.offset, reason };
        let payload = block_payload(place, record.as_ref()).map_err(damaged)?;
        payload.into_block(memory).map_err(|_| damaged(DamageReason::PayloadContent))
    }
}

fn block_payload<'a>(place: &RecordPlace, record: &'a [u8]) -> Result<BlockPayload<'a>, DamageReason> {
    let header = RecordHeader::decode(record).map_err(|error| match error {
        HeaderError::NoRecord => DamageReason::NoRecord,
        HeaderError::Checksum => DamageReason::HeaderChecksum,
        HeaderError::Content => DamageReason::HeaderContent,
    })?;
    if RecordPlace::of(&header).as_ref() != Some(place) || header.kind != RecordKind::Block {
        return Err(DamageReason::Stale);
    }
    let payload = payload_of(&header, record).ok_or(DamageReason::PayloadChecksum)?;
    BlockPayload::decode(&header, payload).map_err(|_| DamageReason::PayloadContent)
}
