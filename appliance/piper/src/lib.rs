//! The role that takes batches from the stage `intake` through the filters of their datasets, into the stage `piper`.
//!
//! The way of a batch: [`look`] finds it in a listing, [`work`] takes its lease, [`pipe`] reads it piece by piece through
//! the filters into a file, the file is put under the batch's name, and [`release`] gives the source up. Whatever ends a
//! piper in between, another one does the same again under the same name.

mod dead_letters;
pub mod limits;
mod look;
mod pipe;
mod pipeline;
mod piper;
mod release;
mod source;
mod work;

pub use piper::{Piper, Surroundings};
