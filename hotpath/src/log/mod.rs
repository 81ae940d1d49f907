//! The log of a shard: what was acknowledged is on disk before the sender is told so, and is found again.
//!
//! Sealed blocks are appended in groups, one `fdatasync` a group. A segment is deleted when every block in it is in
//! a committed object. The format, the guarantees and what each kind of damage means are in `docs/log.md`.
//!
//! - [`format`], [`payload`], [`scan`]: bytes to records and back, without I/O
//! - [`recovery`]: what the records of all segments say together, without I/O
//! - [`disk`]: the I/O that the log needs, as a trait; [`glommio_disk`]: direct I/O by io_uring
//! - [`open`], [`writer`], [`reader`]: the log itself
//! - [`inspect`]: the same log read by a tool while nobody writes it

pub mod disk;
pub mod error;
pub mod format;
pub mod glommio_disk;
pub mod inspect;
mod open;
pub mod payload;
pub mod reader;
pub mod recovery;
pub mod scan;
mod segments;
pub mod writer;

pub use disk::{Disk, DiskFile};
pub use error::LogError;
pub use format::{RecordKind, RecordPlace};
pub use glommio_disk::GlommioDisk;
pub use payload::{Commit, Intent, Record, RecordError};
pub use reader::LogReader;
pub use recovery::{Damage, DamageReason, Recovery};
pub use writer::{Log, LogOptions};
