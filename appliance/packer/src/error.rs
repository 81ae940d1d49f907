//! Why a dataset could not be packed.

use std::path::PathBuf;
use std::sync::Arc;

use bytefreezer_lake::StoreError;
use hotpath::encode::EncodeError;

/// What kept a plan from being made or carried out. Nothing is lost by any of it: batches stay until a plan that names
/// them is committed.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// A store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A store failed while files were published.
    #[error("cannot publish the files of a plan: {0}")]
    Publish(Arc<StoreError>),
    /// Parquet files could not be written.
    #[error("cannot write parquet files: {0}")]
    Encode(#[from] EncodeError),
    /// A batch is not made of lines.
    #[error("the batch `{key}` cannot be read: {reason}")]
    Source {
        /// Its object.
        key: String,
        /// Why.
        reason: String,
    },
    /// The disk of the spool failed.
    #[error("cannot {action} {}: {source}", path.display())]
    Spool {
        /// What was tried.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A plan would have more files of an hour than can be named.
    #[error(
        "plan {number} has more than {parts_max} parts: give the dataset a larger `parquet.file_bytes_max`"
    )]
    Parts {
        /// The plan.
        number: u64,
        /// Parts that a plan may have.
        parts_max: usize,
    },
    /// Another packer has the dataset.
    #[error("another packer has taken the dataset over")]
    Fenced,
    /// Batches of a plan were replaced again and again while they were read.
    #[error(
        "the batches of plan {number} do not stay as they are; is somebody else writing to the stage `piper`?"
    )]
    Changing {
        /// The plan.
        number: u64,
    },
    /// The process is about to end.
    #[error("stopped before the plan was carried out; it is left to the next packer")]
    Stopped,
}

impl PackError {
    /// An error of the system about a file of the spool.
    pub(crate) fn spool(action: &'static str, path: &std::path::Path, source: std::io::Error) -> Self {
        Self::Spool { action, path: path.to_path_buf(), source }
    }
}
