//! The filters, one a file.

pub(super) mod add_field;
pub(super) mod conditional;
pub(super) mod drop;
pub(super) mod exclude;
mod field_test;
pub(super) mod include;
mod random_share;
pub(super) mod remove_field;
pub(super) mod rename_field;
pub(super) mod sample;
