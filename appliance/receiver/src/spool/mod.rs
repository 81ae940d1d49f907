//! What has been received and is not in the storage yet, as files.
//!
//! ```text
//! arriving/   batches that come in as they are; at a start they are removed: nobody was told that they are kept
//! gathering/  open batches, packed requests one behind the other; at a start cut behind the last whole one and closed
//! waiting/    whole batches, until they are in the storage
//! lock        held by the process that has the spool
//! ```

mod arriving;
mod group;
mod names;
mod recovery;
mod space;

use std::collections::HashSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::Context;
use hotpath::layout::BatchKey;
use hotpath::names::DatasetKey;
use tracing::error;

pub use arriving::{Arrival, ArrivingBatch};
pub use group::OpenBatch;
use names::file_name;
pub use names::file_name_fits;
pub use space::{NoSpace, Reserved, SpoolSpace};

use crate::limits::SPOOL_FILES_MAX;

/// The spool.
#[derive(Debug)]
pub struct Spool {
    folder: PathBuf,
    space: SpoolSpace,
    table: Mutex<Table>,
    /// Names of files that come in.
    next_number: AtomicU64,
    uploads: async_channel::Sender<WaitingFile>,
    trouble: Mutex<Option<String>>,
    _lock: File,
}

/// The batches that are known by their name.
#[derive(Debug, Default)]
struct Table {
    arriving: HashSet<BatchKey>,
    waiting: HashSet<BatchKey>,
}

/// A whole batch that waits for the storage.
#[derive(Debug)]
pub struct WaitingFile {
    /// The batch.
    pub key: BatchKey,
    /// Its rows.
    pub rows: u64,
    /// Bytes of the file.
    pub bytes: u64,
    /// The file.
    pub path: PathBuf,
    reserved: Reserved,
}

/// A spool, and what was in it.
pub struct Opened {
    /// The spool.
    pub spool: Arc<Spool>,
    /// Gets every batch that is whole, those of before at once.
    pub waiting: async_channel::Receiver<WaitingFile>,
    /// The batches of before: whose they are, and their rows.
    pub found: Vec<(DatasetKey, u64)>,
}

/// Why something is not kept.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// There is no room for it.
    #[error("the spool is full")]
    Full,
    /// The disk does not do what it is told.
    #[error("the spool cannot be written")]
    Io(#[source] io::Error),
}

impl From<NoSpace> for SpoolError {
    fn from(_: NoSpace) -> Self {
        Self::Full
    }
}

impl From<io::Error> for SpoolError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::Full,
            _ => Self::Io(error),
        }
    }
}

impl SpoolError {
    /// The same for another sender.
    pub fn copy(&self) -> Self {
        match self {
            Self::Full => Self::Full,
            Self::Io(error) => Self::Io(io::Error::new(error.kind(), error.to_string())),
        }
    }
}

impl Spool {
    /// Opens the spool in a folder, which is made where it is not there, and takes up what an earlier process left.
    ///
    /// # Errors
    /// When the folder cannot be used, or another process does.
    pub fn open(folder: &Path, bytes_max: u64) -> anyhow::Result<Opened> {
        let shown = folder.display();
        make_folders(folder).with_context(|| format!("cannot make the spool {shown}"))?;
        let lock =
            File::create(folder.join("lock")).with_context(|| format!("cannot use the spool {shown}"))?;
        lock.try_lock().with_context(|| format!("another process has the spool {shown}"))?;
        // Bounded by the number of files.
        let (uploads, waiting) = async_channel::unbounded();
        let spool = Arc::new(Self {
            folder: folder.to_owned(),
            space: SpoolSpace::new(bytes_max),
            table: Mutex::default(),
            next_number: AtomicU64::new(0),
            uploads,
            trouble: Mutex::default(),
            _lock: lock,
        });
        let found = recovery::recover(&spool).with_context(|| format!("cannot take up the spool {shown}"))?;
        Ok(Opened { spool, waiting, found })
    }

    /// The disk that it takes.
    pub fn space(&self) -> &SpoolSpace {
        &self.space
    }

    /// Whole batches that are not in the storage yet.
    pub fn waiting_files(&self) -> usize {
        self.table().waiting.len()
    }

    /// Why it could not be written the last time; `None` when it could.
    pub fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes how writing to it went. Blocks nobody.
    pub fn note<T>(&self, outcome: &Result<T, SpoolError>) {
        let trouble = match outcome {
            Ok(_) => None,
            Err(SpoolError::Full) => return self.space.note_full(),
            Err(SpoolError::Io(error)) => Some(format!("the spool cannot be written: {error}")),
        };
        let mut noted = self.trouble.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(trouble) = &trouble
            && noted.is_none()
        {
            error!(folder = %self.folder.display(), trouble, "batches are refused until the spool can be written");
        }
        *noted = trouble;
    }

    /// Writes something small, for whether that goes. Blocks.
    ///
    /// # Errors
    /// What the system says.
    pub fn probe(&self) -> Result<(), SpoolError> {
        let path = self.part(Part::Arriving).join("probe");
        let written = File::create(&path).and_then(|file| {
            io::Write::write_all(&mut &file, b"probe")?;
            file.sync_all()
        });
        let removed = fs::remove_file(&path);
        Ok(written.and(removed)?)
    }

    /// Makes a file a whole batch that waits for the storage. Everything in it is on disk. Blocks.
    fn enter(&self, from: &Path, key: &BatchKey, rows: u64, reserved: Reserved) -> Result<(), EnterError> {
        let path = self.part(Part::Waiting).join(file_name(key, rows));
        if let Err(error) = fs::rename(from, &path) {
            return Err(EnterError { error, reserved });
        }
        if let Err(error) = sync_folder(&self.part(Part::Waiting)) {
            // So that the caller finds it where it was.
            let _ = fs::rename(&path, from);
            return Err(EnterError { error, reserved });
        }
        self.wait_for_upload(WaitingFile { key: key.clone(), rows, bytes: reserved.bytes(), path, reserved });
        Ok(())
    }

    fn wait_for_upload(&self, file: WaitingFile) {
        let mut table = self.table();
        table.arriving.remove(&file.key);
        table.waiting.insert(file.key.clone());
        drop(table);
        // Closed only when nothing is uploaded any more; the next start finds the file.
        let _ = self.uploads.try_send(file);
    }

    /// Gives a batch back that could not be uploaded now; it comes again behind the others.
    pub fn upload_later(&self, file: WaitingFile) {
        let _ = self.uploads.try_send(file);
    }

    /// Forgets a batch that is in the storage. Blocks for as long as removing a file takes.
    pub fn forget(&self, file: WaitingFile) {
        let WaitingFile { key, path, reserved, .. } = file;
        if let Err(error) = fs::remove_file(&path) {
            error!(path = %path.display(), %error, "a batch that is stored cannot be removed from the spool, it is uploaded again at the next start");
        }
        self.table().waiting.remove(&key);
        drop(reserved);
        self.space.note_room();
    }

    fn has_room_for_a_file(&self, table: &Table) -> bool {
        let has_room = table.arriving.len() + table.waiting.len() < SPOOL_FILES_MAX;
        if !has_room {
            self.space.note_full();
        }
        has_room
    }

    fn next_path(&self) -> PathBuf {
        let number = self.next_number.fetch_add(1, Ordering::Relaxed);
        self.part(Part::Arriving).join(number.to_string())
    }

    fn part(&self, part: Part) -> PathBuf {
        part.of(&self.folder)
    }

    /// Each change of it is one insertion or removal, so it is whole even after a panic elsewhere.
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A file that could not be entered, and its space.
struct EnterError {
    error: io::Error,
    reserved: Reserved,
}

/// The folders of the spool.
#[derive(Debug, Clone, Copy)]
enum Part {
    Arriving,
    Gathering,
    Waiting,
}

impl Part {
    fn of(self, folder: &Path) -> PathBuf {
        folder.join(match self {
            Self::Arriving => "arriving",
            Self::Gathering => "gathering",
            Self::Waiting => "waiting",
        })
    }
}

/// Makes the folders, so that what is durable in them is so whatever happens to the machine.
fn make_folders(folder: &Path) -> io::Result<()> {
    for part in [Part::Arriving, Part::Gathering, Part::Waiting] {
        fs::create_dir_all(part.of(folder))?;
    }
    sync_folder(folder)?;
    match folder.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => sync_folder(parent),
        _ => Ok(()),
    }
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests;
