//! Where objects live: one [`Store`] over a local folder or S3, the keys of a dataset's objects, and the
//! publishing of finished files with their `schema.json` and `partitions.json`, and leases for who may do what.

pub mod keys;
pub mod lease;
pub mod limits;
pub mod pace;
pub mod partitions;
pub mod publish;
pub mod schema;
pub mod store;
mod swap;
pub mod testing;

pub use lease::{FencedStore, KeptLease, Lease, LeaseBoard, LeaseError, LeaseGuard, check_conditions};
pub use publish::{Published, Publisher};
pub use store::reader::ObjectReader;
pub use store::{ListPage, Object, ObjectInfo, PutCondition, Store, StoreError, StoreErrorKind};
pub use store::{StoreOptions, list_all, open_store};
