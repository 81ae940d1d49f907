//! Every bound of this crate, and what happens when it is reached.

use std::time::Duration;

/// Longest object key, in bytes (the limit of S3). A longer one is refused as invalid.
pub const MAX_KEY_BYTES: usize = 1024;

/// Keys in one page of a listing; more come with the next page.
pub const LIST_PAGE_KEYS: usize = 1000;

/// Largest object that [`crate::Store::put_bytes`] takes. A larger one is refused as invalid: use `put_file`.
pub const MAX_PUT_BYTES: usize = 64 << 20;

/// Most bytes that one [`crate::Store::read_range`] gives. A longer range is refused as invalid.
pub const MAX_RANGE_BYTES: u64 = 64 << 20;

/// Size of the pieces in which [`crate::ObjectReader`] gives an object. It holds two of them at a time.
pub const PIECE_BYTES: u64 = 4 << 20;

/// Files larger than this go to S3 in parts. Smaller ones are held in memory whole, and hashed in one go for
/// their signature, which should not hold up a thread of the runtime for long.
pub const MULTIPART_ABOVE_BYTES: u64 = 16 << 20;

/// Size of a part.
pub const PART_BYTES: usize = 8 << 20;

/// Most parts that S3 takes; the part size grows for a file that would need more.
pub const MAX_PARTS: u64 = 10_000;

/// Parts of one file on their way at the same time: with [`PART_BYTES`] the memory of a multipart upload.
pub const PARTS_IN_FLIGHT: usize = 2;

/// Files of one batch uploaded at the same time.
pub const UPLOADS_IN_FLIGHT: usize = 4;

/// Most of an answer of the S3 server that is not an object (listing, error, upload id).
/// A longer listing is an error; a longer error text is cut.
pub const MAX_ANSWER_BYTES: usize = 8 << 20;

/// Largest `schema.json` or `partitions.json` that is read. A larger one is an error that names the object.
pub const MAX_METADATA_BYTES: u64 = 64 << 20;

/// Files listed in one `partitions.json`. Beyond it the oldest hours leave the list (never the store):
/// `complete_from` says from which hour on the list is complete, and a warning is logged. So many fit
/// [`MAX_METADATA_BYTES`] with the longest names, each in an hour of its own.
pub const MAX_LISTED_FILES: usize = 50_000;

/// Columns in one `schema.json`. Beyond it further columns are left out of it (not out of the files), with a
/// warning.
pub const MAX_SCHEMA_COLUMNS: usize = 10_000;

/// Changes kept in the history of one `schema.json`; the oldest leave first.
pub const MAX_SCHEMA_HISTORY: usize = 1_000;

/// Times a metadata object is read and written again because another writer was faster; then the publish
/// fails as unavailable and can be repeated.
pub const MAX_SWAP_ATTEMPTS: u32 = 100;

/// Longest pause between two such attempts, before jitter.
pub const MAX_SWAP_PAUSE: Duration = Duration::from_secs(1);

/// Longest wait for another process to finish its change of the same object in a folder; then unavailable.
pub const FOLDER_LOCK_WAIT: Duration = Duration::from_secs(30);

/// Lock files of a folder store; keys share them by hash.
pub const FOLDER_LOCKS: u64 = 64;

/// Shortest and longest length of a lease. Others are brought within.
pub const LEASE_LENGTH_MIN: Duration = Duration::from_secs(1);
/// See [`LEASE_LENGTH_MIN`].
pub const LEASE_LENGTH_MAX: Duration = Duration::from_secs(3600);

/// The share of a lease's length by which its holder stops earlier than others take it over: one in so many parts.
pub const LEASE_MARGIN_DIVISOR: u32 = 8;

/// Largest object of a lease that is read. A larger one is no lease: an error.
pub const MAX_LEASE_BYTES: u64 = 64 << 10;

/// Characters of the name of a lease's holder. A longer name is cut.
pub const MAX_LEASE_HOLDER_CHARACTERS: usize = 200;

/// Leases of others that are watched by one board. With one more, all are watched anew from then on, so that those whose holders died
/// are taken over later.
pub const LEASES_SEEN_MAX: usize = 100_000;

/// Pause between two attempts to create a bucket whose server was away at the start.
pub const CREATE_BUCKET_PAUSE: Duration = Duration::from_secs(5);
