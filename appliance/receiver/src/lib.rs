//! The role that takes batches over HTTP and puts them into the stage intake.
//!
//! The way of a request: [`access`] (may it send), [`headers`] (what does it bring), then [`rows`] for decoded rows, which
//! stream into the spool, or [`events`] for what is to be decoded and gathered. It is answered once all of it is on disk;
//! [`upload`] brings whole batches from the [`spool`] to the storage.

mod access;
mod account;
mod decode;
mod events;
mod gather;
mod headers;
pub mod limits;
mod naming;
mod receiver;
mod refusal;
mod requests;
mod row_check;
mod rows;
mod spool;
mod table;
mod upload;
mod watch;

pub use receiver::{Receiver, Surroundings};
