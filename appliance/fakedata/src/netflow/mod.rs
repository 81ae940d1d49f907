//! NetFlow datagrams from plain structs: the fixed records of v1, v5 and v7, and v9 with templates (RFC 3954).

pub mod fixed;
pub mod v9;
