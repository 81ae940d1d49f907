//! The I/O that the log needs, so that a test can lose, tear and refuse it.

use std::io;

/// The folder of one log. Names have no path in them.
#[expect(async_fn_in_trait, reason = "a log stays on its executor: its futures need not be Send")]
pub trait Disk {
    /// An open file.
    type File: DiskFile;

    /// Creates a file to read and write; an error when there is one of that name.
    async fn create(&self, name: &str) -> io::Result<Self::File>;

    /// Opens a file to read and write.
    async fn open(&self, name: &str) -> io::Result<Self::File>;

    /// The names of all files, in any order.
    async fn list(&self) -> io::Result<Vec<String>>;

    /// Deletes a file; durable only after [`Disk::sync_directory`].
    async fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes creations and deletions durable.
    async fn sync_directory(&self) -> io::Result<()>;

    /// Names and lengths of the files in the folder `damaged`.
    async fn list_set_aside(&self) -> io::Result<Vec<(String, u64)>>;

    /// Writes a file to the folder `damaged`, durable when this returns. One of that name is replaced.
    async fn set_aside(&self, name: &str, bytes: &[u8]) -> io::Result<()>;
}

/// A file of a log. Offsets and lengths are multiples of [`ALIGNMENT`](crate::log::format::ALIGNMENT).
#[expect(async_fn_in_trait, reason = "a log stays on its executor: its futures need not be Send")]
pub trait DiskFile {
    /// Memory that can be written from; may hold anything when it is taken.
    type Buffer: AsRef<[u8]> + AsMut<[u8]>;
    /// Memory that was read into.
    type Read: AsRef<[u8]>;

    /// Memory of exactly this many bytes.
    fn buffer(&self, bytes: usize) -> Self::Buffer;

    /// Writes the buffer; returns how many bytes were written, which may be fewer.
    async fn write_at(&self, buffer: Self::Buffer, offset: u64) -> io::Result<usize>;

    /// Reads up to so many bytes; fewer only at the end of the file.
    async fn read_at(&self, offset: u64, bytes: usize) -> io::Result<Self::Read>;

    /// Makes everything written durable (fdatasync).
    async fn sync(&self) -> io::Result<()>;

    /// Takes space for the file, which has this length then and reads as zeros.
    async fn preallocate(&self, bytes: u64) -> io::Result<()>;

    /// Shortens the file.
    async fn truncate(&self, bytes: u64) -> io::Result<()>;

    /// Bytes of the file.
    async fn len(&self) -> io::Result<u64>;

    /// Closes the file.
    async fn close(self) -> io::Result<()>;
}
