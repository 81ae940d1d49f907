//! Every maximum of this crate, and what happens when it is reached.

use std::time::Duration;

/// Batches that one plan names. With more, the next plan takes the others.
pub const PLAN_SOURCES_MAX: usize = 2_000;

/// Bytes of the batches of one plan, not packed. The next plan takes what is beyond; a single batch that is larger has a
/// plan of its own. What becomes of a plan lies in the spool until all of it is uploaded.
pub const PLAN_BYTES_MAX: u64 = 32 << 30;

/// Bytes of the object of a plan. A larger one is no plan: an error.
pub const MAX_PLAN_BYTES: u64 = 8 << 20;

/// Files of one plan for the same hour. A plan with more cannot be carried out.
pub const PLAN_PARTS_MAX: usize = 1 << 16;

/// Times that a plan is made anew because its batches were replaced or taken away; then its next attempt comes later.
pub const REBINDINGS_MAX: usize = 8;

/// Plans of a dataset that are kept to know what was packed. With one more the oldest is forgotten, before its days are
/// over: should one of its batches come again, that is packed again. Batches of a plan that is forgotten are gone from the stage.
pub const PLANS_KEPT_MAX: usize = 20_000;

/// Batches of all plans kept of a dataset; the same holds.
pub const SOURCES_KEPT_MAX: usize = 500_000;

/// Plans in a dataset's folder that are listed. With more, the dataset is not packed until some are removed.
pub const PLANS_LISTED_MAX: usize = 100_000;

/// Batches of a dataset that are listed at a time. Further ones are seen once these are packed.
pub const WAITING_BATCHES_MAX: usize = 100_000;

/// Calls to a store at a time where many small ones are to be made.
pub const CALLS_IN_FLIGHT: usize = 16;

/// Smallest part of a plan's batches that goes to one file: a file cannot be made smaller than what comes of it.
pub const PART_BYTES_MIN: u64 = 1 << 20;

/// Share of a batch's bytes that its rows are taken to have in Parquet before a plan has shown it.
pub const FILE_SHARE_AT_FIRST: f64 = 0.125;

/// The least and greatest share that is believed of a plan.
pub const FILE_SHARE_MIN: f64 = 0.005;
/// See [`FILE_SHARE_MIN`].
pub const FILE_SHARE_MAX: f64 = 2.0;

/// Batches that are set aside because they cannot be read. Of more, all are tried again.
pub const SET_ASIDE_MAX: usize = 1_000;

/// Pause before a dataset that failed is tried again, at first and at most.
pub const RETRY_MIN: Duration = Duration::from_secs(1);
/// See [`RETRY_MIN`].
pub const RETRY_MAX: Duration = Duration::from_secs(60);

/// Time without progress after which the packer counts as stalled and the watchdog is no longer fed: longer than a store
/// may take for one call with all its attempts.
pub const STALL: Duration = Duration::from_secs(3_600);

/// Time that a stop waits for the plan under way. Then it is left open, for whichever packer is next.
pub const DRAIN: Duration = Duration::from_secs(60);
