//! An open batch: the packed rows of requests, one behind the other in one file, durable after each turn.
//!
//! Packed pieces of gzip that follow each other are one gzip file (RFC 1952 section 2.2).

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use hotpath::layout::BatchKey;

use super::names::group_name;
use super::{Part, Reserved, Spool, SpoolError, sync_folder};

/// An open batch.
#[derive(Debug)]
pub struct OpenBatch {
    spool: Arc<Spool>,
    key: BatchKey,
    path: PathBuf,
    file: File,
    /// What is durable of it.
    durable: Extent,
    /// What was written to it.
    written: Extent,
    reserved: Reserved,
    /// What lies behind what is durable may be anything.
    is_torn: bool,
}

/// A batch that could not be closed.
#[derive(Debug)]
pub struct StillOpen {
    /// The batch.
    pub batch: OpenBatch,
    /// Why.
    pub error: SpoolError,
}

/// How much there is.
#[derive(Debug, Clone, Copy, Default)]
struct Extent {
    bytes: u64,
    rows: u64,
    text_bytes: u64,
}

impl OpenBatch {
    /// Opens a batch of this name, which no other one ever has. Blocks.
    ///
    /// # Errors
    /// What the system says, or that there are as many files as there may be.
    pub fn create(spool: &Arc<Spool>, key: BatchKey) -> Result<Self, SpoolError> {
        if !spool.has_room_for_a_file(&spool.table()) {
            return Err(SpoolError::Full);
        }
        let folder = spool.part(Part::Gathering);
        let path = folder.join(group_name(&key));
        let file = File::create_new(&path)?;
        if let Err(error) = sync_folder(&folder) {
            let _ = fs::remove_file(&path);
            return Err(error.into());
        }
        let reserved = spool.space.open();
        let (durable, written) = (Extent::default(), Extent::default());
        Ok(Self { spool: Arc::clone(spool), key, path, file, durable, written, reserved, is_torn: false })
    }

    /// The batch.
    pub fn key(&self) -> &BatchKey {
        &self.key
    }

    /// Bytes of its durable rows, not packed.
    pub fn text_bytes(&self) -> u64 {
        self.durable.text_bytes
    }

    /// Whether writing to it failed: it must be closed, and another one opened.
    pub fn is_torn(&self) -> bool {
        self.is_torn
    }

    /// Appends packed rows, which are durable after [`OpenBatch::sync`]. Blocks.
    ///
    /// # Errors
    /// When there is no room for them, and nothing was written; or what the system says, and it is torn.
    pub fn append(&mut self, packed: &[u8], rows: u64, text_bytes: u64) -> Result<(), SpoolError> {
        self.reserved.grow(packed.len() as u64)?;
        if let Err(error) = self.file.write_all(packed) {
            self.is_torn = true;
            return Err(error.into());
        }
        self.written.bytes += packed.len() as u64;
        self.written.rows += rows;
        self.written.text_bytes += text_bytes;
        Ok(())
    }

    /// Makes what was appended durable. Blocks.
    ///
    /// # Errors
    /// What the system says; it is torn then, and nothing that was appended since the last time is kept.
    pub fn sync(&mut self) -> Result<(), SpoolError> {
        if let Err(error) = self.file.sync_data() {
            self.is_torn = true;
            return Err(error.into());
        }
        // Of what was being written when it was torn, nothing counts.
        self.durable = self.written;
        Ok(())
    }

    /// Closes it: what is durable of it waits for the storage from now on. Blocks.
    ///
    /// # Errors
    /// What the system says, and the batch, to be closed later.
    pub fn close(mut self) -> Result<(), Box<StillOpen>> {
        match self.try_close() {
            Ok(()) => Ok(()),
            Err(error) => Err(Box::new(StillOpen { batch: self, error })),
        }
    }

    fn try_close(&mut self) -> Result<(), SpoolError> {
        if self.durable.bytes == 0 {
            return Ok(fs::remove_file(&self.path)?);
        }
        if self.is_torn {
            self.file.set_len(self.durable.bytes)?;
            self.file.sync_all()?;
        }
        self.reserved.shrink_to(self.durable.bytes);
        let reserved = std::mem::replace(&mut self.reserved, self.spool.space.open());
        match self.spool.enter(&self.path, &self.key, self.durable.rows, reserved) {
            Ok(()) => Ok(()),
            Err(failed) => {
                self.reserved = failed.reserved;
                Err(failed.error.into())
            }
        }
    }
}
