//! Flow records: NetFlow and IPFIX.

pub mod elements;
