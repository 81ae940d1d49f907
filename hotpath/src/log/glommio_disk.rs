//! The log's disk by glommio: direct I/O through io_uring, so that a log never fills the page cache and a write
//! that was synced is not merely in it.
//!
//! On a file system without direct I/O, glommio uses buffered I/O for tmpfs; any other one refuses the file with
//! `EINVAL`, which is reported with what to do. Listing, and setting damaged bytes aside, are plain blocking calls:
//! they happen while a log is opened, before its shard takes anything in.

use crate::log::disk::{Disk, DiskFile};
use crate::log::format::ALIGNMENT;
use glommio::GlommioError;
use glommio::io::{Directory, DmaBuffer, DmaFile, OpenOptions, ReadResult};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// The folder beside the segments that damaged bytes are copied to.
pub const DAMAGED_FOLDER: &str = "damaged";

/// A folder on a real disk. Use it inside a glommio executor.
#[derive(Debug)]
pub struct GlommioDisk {
    folder: PathBuf,
    directory: Directory,
}

impl GlommioDisk {
    /// Opens the folder of a log, and makes it when it is not there.
    ///
    /// # Errors
    /// What the system answered.
    pub async fn open(folder: impl Into<PathBuf>) -> io::Result<Self> {
        let folder = folder.into();
        fs::create_dir_all(&folder)?;
        // The folder's own name must survive a power loss before anything in it is acknowledged.
        if let Some(parent) = folder.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            fs::File::open(parent)?.sync_all()?;
        }
        let directory = Directory::open(&folder).await.map_err(plain)?;
        Ok(Self { folder, directory })
    }

    async fn open_file(&self, name: &str, is_new: bool) -> io::Result<GlommioFile> {
        let path = self.folder.join(name);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create_new(is_new).mode(0o640);
        let file = options.dma_open(&path).await.map_err(|error| refused_direct_io(plain(error), &path))?;
        if file.alignment() > ALIGNMENT as u64 {
            let text = format!(
                "{} has blocks of {} bytes, the log needs {ALIGNMENT} or less: use another disk",
                self.folder.display(),
                file.alignment()
            );
            return Err(io::Error::new(io::ErrorKind::Unsupported, text));
        }
        Ok(GlommioFile(file))
    }
}

fn refused_direct_io(error: io::Error, path: &Path) -> io::Error {
    if error.raw_os_error() != Some(libc::EINVAL) {
        return error;
    }
    let text = format!(
        "{} is on a file system without direct I/O: put the log on ext4, xfs or btrfs ({error})",
        path.display()
    );
    io::Error::new(io::ErrorKind::Unsupported, text)
}

/// glommio's error as the system's, so that callers can tell a full disk from a broken one.
fn plain(error: GlommioError<()>) -> io::Error {
    match error {
        GlommioError::IoError(source) => source,
        GlommioError::EnhancedIoError { source, .. } => match source.raw_os_error() {
            Some(code) => io::Error::from_raw_os_error(code),
            None => source,
        },
        other => io::Error::other(other.to_string()),
    }
}

impl Disk for GlommioDisk {
    type File = GlommioFile;

    async fn create(&self, name: &str) -> io::Result<GlommioFile> {
        self.open_file(name, true).await
    }

    async fn open(&self, name: &str) -> io::Result<GlommioFile> {
        self.open_file(name, false).await
    }

    async fn list(&self) -> io::Result<Vec<String>> {
        Ok(list_files(&self.folder)?.into_iter().map(|(name, _)| name).collect())
    }

    async fn remove(&self, name: &str) -> io::Result<()> {
        glommio::io::remove(self.folder.join(name)).await.map_err(plain)
    }

    async fn sync_directory(&self) -> io::Result<()> {
        self.directory.sync().await.map_err(plain)
    }

    async fn list_set_aside(&self) -> io::Result<Vec<(String, u64)>> {
        list_set_aside(&self.folder)
    }

    async fn set_aside(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        set_aside(&self.folder, name, bytes)
    }
}

/// Names and lengths of the plain files in a folder.
pub(crate) fn list_files(folder: &Path) -> io::Result<Vec<(String, u64)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        if let (true, Ok(name)) = (metadata.is_file(), entry.file_name().into_string()) {
            files.push((name, metadata.len()));
        }
    }
    Ok(files)
}

/// Names and lengths of what was set aside from the log in `folder`.
pub(crate) fn list_set_aside(folder: &Path) -> io::Result<Vec<(String, u64)>> {
    match list_files(&folder.join(DAMAGED_FOLDER)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        other => other,
    }
}

/// Copies bytes to the folder `damaged` of the log in `folder`, durable when this returns.
pub(crate) fn set_aside(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let damaged = folder.join(DAMAGED_FOLDER);
    fs::create_dir_all(&damaged)?;
    let mut file = fs::File::create(damaged.join(name))?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::File::open(&damaged)?.sync_all()?;
    fs::File::open(folder)?.sync_all()
}

/// A segment's file, opened for direct I/O.
#[derive(Debug)]
pub struct GlommioFile(DmaFile);

/// What was read of a segment.
#[derive(Debug)]
pub struct GlommioRead(ReadResult);

impl AsRef<[u8]> for GlommioRead {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl DiskFile for GlommioFile {
    type Buffer = DmaBuffer;
    type Read = GlommioRead;

    fn buffer(&self, bytes: usize) -> DmaBuffer {
        self.0.alloc_dma_buffer(bytes)
    }

    async fn write_at(&self, buffer: DmaBuffer, offset: u64) -> io::Result<usize> {
        self.0.write_at(buffer, offset).await.map_err(plain)
    }

    async fn read_at(&self, offset: u64, bytes: usize) -> io::Result<GlommioRead> {
        self.0.read_at_aligned(offset, bytes).await.map(GlommioRead).map_err(plain)
    }

    async fn sync(&self) -> io::Result<()> {
        self.0.fdatasync().await.map_err(plain)
    }

    async fn preallocate(&self, bytes: u64) -> io::Result<()> {
        self.0.pre_allocate(bytes, false).await.map_err(plain)
    }

    async fn truncate(&self, bytes: u64) -> io::Result<()> {
        self.0.truncate(bytes).await.map_err(plain)
    }

    async fn len(&self) -> io::Result<u64> {
        self.0.file_size().await.map_err(plain)
    }

    async fn close(self) -> io::Result<()> {
        self.0.close().await.map_err(plain)
    }
}
