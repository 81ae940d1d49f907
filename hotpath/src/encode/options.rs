//! What a dataset says about its files, and what the thread knows of itself.

use std::path::PathBuf;

use crate::cut::FileKind;

/// Rules of a dataset's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatasetOptions {
    /// What the files are. While files are open, another kind waits for the cut that closes them.
    pub kind: FileKind,
    /// Most rows in a row group.
    pub row_group_rows: usize,
    /// Memory that the rows of an open row group hold, blocks and columns, in bytes; then it is written.
    pub row_group_memory_bytes: usize,
    /// Bytes of a file that cause a cut: of a Parquet file written, and estimated for the open row group; of rows before they are packed.
    pub file_bytes_max: u64,
    /// Time since the first event of a cut that ends it, in milliseconds. Testing datasets have 1 or 2 seconds.
    pub file_age_max_ms: u64,
    /// zstd level of all columns, 1 to 22; others are taken to the nearest of these.
    pub zstd_level: i32,
}

impl Default for DatasetOptions {
    fn default() -> Self {
        Self {
            kind: FileKind::Parquet,
            row_group_rows: 1_048_576,
            row_group_memory_bytes: 128 << 20,
            file_bytes_max: 128 << 20,
            file_age_max_ms: 20 * 60 * 1_000,
            zstd_level: 1,
        }
    }
}

/// Who writes, and where to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncoderIdentity {
    /// Name of this instance of the appliance.
    pub instance: String,
    /// The shard whose events are written.
    pub shard: u16,
    /// Directory for files until they are uploaded. It exists; the thread does not make it.
    pub spool: PathBuf,
    /// Directory for states of decoders. It exists; the thread does not make it.
    pub decoder_states: PathBuf,
}
