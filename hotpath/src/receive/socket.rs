//! Listening sockets: one of each for every shard, sharing the address by SO_REUSEPORT.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsRawFd, FromRawFd, IntoRawFd, OwnedFd};

use nix::sys::socket::{
    self, AddressFamily, Backlog, SockFlag, SockType, SockaddrStorage, setsockopt, sockopt,
};

use crate::limits::LISTEN_BACKLOG;

/// The receive buffer that a socket got, beside the one it was to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiveBuffer {
    /// Bytes asked for.
    pub wanted_bytes: usize,
    /// Bytes that the kernel gave.
    pub granted_bytes: usize,
}

impl ReceiveBuffer {
    /// Whether the kernel gave less than was asked for.
    pub fn is_short(&self) -> bool {
        self.granted_bytes < self.wanted_bytes
    }
}

/// Binds a UDP socket with a large receive buffer, coalescing (UDP_GRO) and the kernel's drop counter (SO_RXQ_OVFL).
///
/// # Errors
/// Whatever the kernel says when the socket cannot be made or bound.
pub fn bind_udp(address: SocketAddr, buffer_bytes: usize) -> io::Result<(OwnedFd, ReceiveBuffer)> {
    let socket = open(address, SockType::Datagram)?;
    let buffer = grow_receive_buffer(&socket, buffer_bytes)?;
    // Coalescing is an optimisation: a kernel without it delivers datagram by datagram.
    let _ = setsockopt(&socket, sockopt::UdpGroSegment, &true);
    setsockopt(&socket, sockopt::RxqOvfl, &1)?;
    socket::bind(socket.as_raw_fd(), &SockaddrStorage::from(address))?;
    Ok((socket, buffer))
}

/// Binds a TCP socket and listens.
///
/// # Errors
/// Whatever the kernel says when the socket cannot be made or bound.
pub fn bind_tcp(address: SocketAddr) -> io::Result<OwnedFd> {
    let socket = open(address, SockType::Stream)?;
    setsockopt(&socket, sockopt::ReuseAddr, &true)?;
    setsockopt(&socket, sockopt::KeepAlive, &true)?;
    socket::bind(socket.as_raw_fd(), &SockaddrStorage::from(address))?;
    socket::listen(&socket, Backlog::new(LISTEN_BACKLOG)?)?;
    Ok(socket)
}

/// Bytes of a socket's receive buffer.
///
/// # Errors
/// When the kernel does not say.
pub fn receive_buffer_bytes(socket: &OwnedFd) -> io::Result<usize> {
    Ok(socket::getsockopt(socket, sockopt::RcvBuf)?)
}

/// The address that a socket is bound to.
///
/// # Errors
/// When the kernel does not say, or the address is not an IP address.
pub fn local_address(socket: &impl AsRawFd) -> io::Result<SocketAddr> {
    let name: SockaddrStorage = socket::getsockname(socket.as_raw_fd())?;
    if let Some(v4) = name.as_sockaddr_in() {
        return Ok(SocketAddr::from((v4.ip(), v4.port())));
    }
    if let Some(v6) = name.as_sockaddr_in6() {
        return Ok(SocketAddr::from((v6.ip(), v6.port())));
    }
    Err(io::Error::other("the socket is not bound to an ip address"))
}

fn open(address: SocketAddr, kind: SockType) -> io::Result<OwnedFd> {
    let family = if address.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    let socket = socket::socket(family, kind, SockFlag::SOCK_CLOEXEC | SockFlag::SOCK_NONBLOCK, None)?;
    setsockopt(&socket, sockopt::ReusePort, &true)?;
    Ok(socket)
}

fn grow_receive_buffer(socket: &OwnedFd, wanted_bytes: usize) -> io::Result<ReceiveBuffer> {
    // The kernel doubles what it is told, for its own book-keeping, and reports the doubled figure.
    let told_bytes = wanted_bytes / 2;
    if setsockopt(socket, sockopt::RcvBufForce, &told_bytes).is_err() {
        setsockopt(socket, sockopt::RcvBuf, &told_bytes)?;
    }
    let granted_bytes = receive_buffer_bytes(socket)?;
    Ok(ReceiveBuffer { wanted_bytes, granted_bytes })
}

/// The socket in glommio's hands, on the executor that calls.
pub fn udp_socket_of(socket: OwnedFd) -> glommio::net::UdpSocket {
    // SAFETY: the descriptor is open and owned; ownership goes to the new socket, which closes it.
    unsafe { glommio::net::UdpSocket::from_raw_fd(socket.into_raw_fd()) }
}

/// The listener in glommio's hands, on the executor that calls.
pub fn tcp_listener_of(socket: OwnedFd) -> glommio::net::TcpListener {
    // SAFETY: the descriptor is open and owned; ownership goes to the new listener, which closes it.
    unsafe { glommio::net::TcpListener::from_raw_fd(socket.into_raw_fd()) }
}
