//! Where objects live: one [`Store`] over a local folder or S3, the keys of a dataset's objects, and the
//! publishing of finished files with their `schema.json` and `partitions.json`.

pub mod keys;
pub mod limits;
pub mod pace;

pub mod store;

pub use store::{Object, ObjectInfo, PutCondition, Store, StoreError, StoreErrorKind};
