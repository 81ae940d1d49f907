//! Testing a transformation before it goes live: filters on sample rows, and what each of them did with each row.
//!
//! [`Trial::run`] is all there is: filters as a configuration writes them and [`Samples`] in, a [`TrialReport`] out. The
//! engine is the one of the hot path, gone through a filter at a time. `docs/transformations.md` says what the report means.

mod changes;
mod error;
mod receipt;
mod report;
mod rows;
mod samples;
mod tracks;
mod trial;

pub use error::TrialError;
pub use report::{AppliedFilter, FilterFault, FilterFigures, Outcome, RowReport, TrialReport};
pub use samples::Samples;
pub use trial::{Trial, TrialLimits};

#[cfg(test)]
mod tests;
