//! Sockets: datagrams by recvmmsg, streams by glommio, TLS without I/O of its own.

pub mod pace;
pub mod reuseport;
pub mod socket;
pub mod tls;
pub mod udp;
