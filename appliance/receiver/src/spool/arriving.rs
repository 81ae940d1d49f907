//! Batches that have a name and come in as one.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hotpath::layout::BatchKey;

use super::{Reserved, Spool, SpoolError};

/// What there is to do about a batch that comes.
#[derive(Debug)]
pub enum Arrival {
    /// It is new: take it.
    New(ArrivingBatch),
    /// It is here as a whole already, and durable.
    Waiting,
    /// Another request is bringing it.
    Arriving,
}

/// A batch that is coming in. Dropped before it is kept, nothing of it is left.
#[derive(Debug)]
pub struct ArrivingBatch {
    spool: Arc<Spool>,
    key: BatchKey,
    path: PathBuf,
    reserved: Reserved,
    is_kept: bool,
}

impl Spool {
    /// Begins to take a batch.
    ///
    /// # Errors
    /// When there are as many files as there may be.
    pub fn arrive(self: &Arc<Self>, key: &BatchKey) -> Result<Arrival, SpoolError> {
        let mut table = self.table();
        if table.waiting.contains(key) {
            return Ok(Arrival::Waiting);
        }
        if table.arriving.contains(key) {
            return Ok(Arrival::Arriving);
        }
        if !self.has_room_for_a_file(&table) {
            return Err(SpoolError::Full);
        }
        table.arriving.insert(key.clone());
        drop(table);
        Ok(Arrival::New(ArrivingBatch {
            spool: Arc::clone(self),
            key: key.clone(),
            path: self.next_path(),
            reserved: self.space.open(),
            is_kept: false,
        }))
    }
}

impl ArrivingBatch {
    /// The batch.
    pub fn key(&self) -> &BatchKey {
        &self.key
    }

    /// Where it is written to; the file is to be created.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Reserves room for what is about to be written.
    ///
    /// # Errors
    /// When there is none.
    pub fn grow(&mut self, bytes: usize) -> Result<(), SpoolError> {
        Ok(self.reserved.grow(bytes as u64)?)
    }

    /// Keeps it: durable when this returns. Blocks.
    ///
    /// # Errors
    /// What the system says; nothing is kept then.
    pub fn keep(mut self, file: &File, rows: u64) -> Result<(), SpoolError> {
        file.sync_all()?;
        let reserved = std::mem::replace(&mut self.reserved, self.spool.space.open());
        match self.spool.enter(&self.path, &self.key, rows, reserved) {
            Ok(()) => self.is_kept = true,
            Err(failed) => return Err(failed.error.into()),
        }
        Ok(())
    }
}

impl Drop for ArrivingBatch {
    fn drop(&mut self) {
        if self.is_kept {
            return;
        }
        if let Err(error) = fs::remove_file(&self.path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(path = %self.path.display(), %error, "what is left of a batch is removed at the next start");
        }
        self.spool.table().arriving.remove(&self.key);
    }
}
