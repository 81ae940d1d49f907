//! Datagrams by recvmmsg on the raw descriptor: up to [`UDP_SLOTS`] a call, coalesced ones (UDP_GRO) taken apart.
//!
//! Measured on one core: in full batches a datagram costs 0.5 to 0.6 µs, as it does by io_uring's multishot receive,
//! which lost datagrams in one of its modes; coalesced by the kernel, 0.05 to 0.1 µs. To be woken for a single one costs
//! 2 to 10 µs. glommio's own receiving takes one datagram a call and no control messages, without which there are neither
//! coalescing nor the kernel's drop counter.

use std::io;
use std::mem;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::fd::RawFd;

use crate::limits::{UDP_SLOT_BYTES, UDP_SLOTS};

/// Bytes for the control messages of one slot: UDP_GRO and SO_RXQ_OVFL, an int each.
const CONTROL_BYTES: usize = 64;

/// One datagram as it was received.
#[derive(Debug, Clone, Copy)]
pub struct Datagram<'a> {
    /// The payload.
    pub bytes: &'a [u8],
    /// The sender.
    pub sender: SocketAddr,
    /// The kernel cut the datagram; it was longer than any slot.
    pub truncated: bool,
}

/// What one call brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Received {
    /// Slots that were filled; fewer than [`UDP_SLOTS`] means that the socket is empty.
    pub slots: usize,
    /// Datagrams, coalesced ones counted one by one.
    pub datagrams: usize,
    /// The socket's count of datagrams that the kernel dropped, since it was opened, modulo 2^32.
    pub kernel_drops: Option<u32>,
}

#[repr(C, align(8))]
struct Control([u8; CONTROL_BYTES]);

/// Memory for receiving, used by all UDP sockets of a shard in turn.
pub struct DatagramReceiver {
    slots: Vec<u8>,
    controls: Vec<Control>,
    names: Vec<libc::sockaddr_storage>,
    vectors: Vec<libc::iovec>,
    headers: Vec<libc::mmsghdr>,
}

impl std::fmt::Debug for DatagramReceiver {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("DatagramReceiver").finish_non_exhaustive()
    }
}

impl Default for DatagramReceiver {
    fn default() -> Self {
        Self::new()
    }
}

impl DatagramReceiver {
    /// Takes the memory; pages that short datagrams never reach are never touched.
    pub fn new() -> Self {
        // SAFETY: all-zero is a valid value of these C structs.
        let (name, header): (libc::sockaddr_storage, libc::mmsghdr) =
            unsafe { (mem::zeroed(), mem::zeroed()) };
        let vector = libc::iovec { iov_base: std::ptr::null_mut(), iov_len: 0 };
        Self {
            slots: vec![0; UDP_SLOTS * UDP_SLOT_BYTES],
            controls: (0..UDP_SLOTS).map(|_| Control([0; CONTROL_BYTES])).collect(),
            names: vec![name; UDP_SLOTS],
            vectors: vec![vector; UDP_SLOTS],
            headers: vec![header; UDP_SLOTS],
        }
    }

    /// Receives what waits on a socket, without blocking, and hands over each datagram.
    ///
    /// # Errors
    /// What recvmmsg says; an empty socket and an interruption are no errors but `slots: 0`.
    pub fn receive(&mut self, socket: RawFd, mut each: impl FnMut(Datagram<'_>)) -> io::Result<Received> {
        self.prepare();
        // SAFETY: the headers point to vectors, names and controls of this struct, each valid for the length that
        // the header states, and none of them moves or is borrowed during the call.
        let count = unsafe {
            libc::recvmmsg(
                socket,
                self.headers.as_mut_ptr(),
                UDP_SLOTS as libc::c_uint,
                libc::MSG_DONTWAIT,
                std::ptr::null_mut(),
            )
        };
        if count < 0 {
            let error = io::Error::last_os_error();
            return match error.kind() {
                io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Ok(Received::default()),
                _ => Err(error),
            };
        }
        let mut received = Received { slots: count as usize, ..Received::default() };
        for slot in 0..received.slots {
            self.hand_over(slot, &mut received, &mut each);
        }
        Ok(received)
    }

    /// The kernel writes lengths and flags back into the headers: they are set anew for each call.
    fn prepare(&mut self) {
        for slot in 0..UDP_SLOTS {
            let start = slot * UDP_SLOT_BYTES;
            self.vectors[slot] = libc::iovec {
                iov_base: self.slots[start..start + UDP_SLOT_BYTES].as_mut_ptr().cast(),
                iov_len: UDP_SLOT_BYTES,
            };
            let header = &mut self.headers[slot].msg_hdr;
            header.msg_name = (&raw mut self.names[slot]).cast();
            header.msg_namelen = mem::size_of::<libc::sockaddr_storage>() as libc::socklen_t;
            header.msg_iov = &raw mut self.vectors[slot];
            header.msg_iovlen = 1;
            header.msg_control = self.controls[slot].0.as_mut_ptr().cast();
            header.msg_controllen = CONTROL_BYTES as _;
            header.msg_flags = 0;
        }
    }

    fn hand_over(&self, slot: usize, received: &mut Received, each: &mut impl FnMut(Datagram<'_>)) {
        let header = &self.headers[slot];
        let Some(sender) = sender_of(&self.names[slot]) else { return };
        let control = control_of(&header.msg_hdr);
        if control.kernel_drops.is_some() {
            received.kernel_drops = control.kernel_drops;
        }
        let length = (header.msg_len as usize).min(UDP_SLOT_BYTES);
        let bytes = &self.slots[slot * UDP_SLOT_BYTES..slot * UDP_SLOT_BYTES + length];
        let truncated = header.msg_hdr.msg_flags & libc::MSG_TRUNC != 0;
        let segment_bytes = control.segment_bytes.unwrap_or(length).max(1);
        if length <= segment_bytes {
            received.datagrams += 1;
            each(Datagram { bytes, sender, truncated });
            return;
        }
        for segment in bytes.chunks(segment_bytes) {
            received.datagrams += 1;
            each(Datagram { bytes: segment, sender, truncated: false });
        }
    }
}

fn sender_of(name: &libc::sockaddr_storage) -> Option<SocketAddr> {
    match i32::from(name.ss_family) {
        libc::AF_INET => {
            // SAFETY: the family says that the kernel wrote a sockaddr_in, which fits into the storage.
            let v4 = unsafe { &*(&raw const *name).cast::<libc::sockaddr_in>() };
            let ip = Ipv4Addr::from(u32::from_be(v4.sin_addr.s_addr));
            Some(SocketAddr::from((ip, u16::from_be(v4.sin_port))))
        }
        libc::AF_INET6 => {
            // SAFETY: the family says that the kernel wrote a sockaddr_in6, which fits into the storage.
            let v6 = unsafe { &*(&raw const *name).cast::<libc::sockaddr_in6>() };
            let ip = Ipv6Addr::from(v6.sin6_addr.s6_addr).to_canonical();
            Some(SocketAddr::from((ip, u16::from_be(v6.sin6_port))))
        }
        _ => None,
    }
}

#[derive(Default)]
struct ControlMessages {
    segment_bytes: Option<usize>,
    kernel_drops: Option<u32>,
}

fn control_of(header: &libc::msghdr) -> ControlMessages {
    let mut found = ControlMessages::default();
    // SAFETY: the kernel filled `msg_controllen` bytes at `msg_control`, which belong to the receiver; CMSG_FIRSTHDR
    // and CMSG_NXTHDR stay within them.
    let mut message = unsafe { libc::CMSG_FIRSTHDR(header) };
    while !message.is_null() {
        // SAFETY: `message` is not null, so it points to a whole header within the control bytes.
        let (level, kind) = unsafe { ((*message).cmsg_level, (*message).cmsg_type) };
        // SAFETY: both control messages that the socket was told to send carry a 32 bit number.
        let number = || unsafe { libc::CMSG_DATA(message).cast::<u32>().read_unaligned() };
        match (level, kind) {
            (libc::SOL_UDP, libc::UDP_GRO) => found.segment_bytes = Some(number() as usize),
            (libc::SOL_SOCKET, libc::SO_RXQ_OVFL) => found.kernel_drops = Some(number()),
            _ => {}
        }
        // SAFETY: as for CMSG_FIRSTHDR.
        message = unsafe { libc::CMSG_NXTHDR(header, message) };
    }
    found
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;
    use std::os::fd::AsRawFd;

    use super::*;
    use crate::receive::socket::{bind_udp, local_address};

    fn receive_all(
        receiver: &mut DatagramReceiver,
        socket: RawFd,
    ) -> (Vec<(Vec<u8>, SocketAddr, bool)>, Received) {
        let mut all = Vec::new();
        let received = receiver
            .receive(socket, |datagram| {
                all.push((datagram.bytes.to_vec(), datagram.sender, datagram.truncated));
            })
            .unwrap();
        (all, received)
    }

    #[test]
    fn datagrams_come_in_order_with_their_sender() {
        for address in ["127.0.0.1:0", "[::1]:0"] {
            let (socket, _) = bind_udp(address.parse().unwrap(), 1 << 20).unwrap();
            let sender = UdpSocket::bind(address).unwrap();
            let to = local_address(&socket).unwrap();
            for number in 0..10 {
                sender.send_to(format!("message {number}").as_bytes(), to).unwrap();
            }
            let (all, received) = receive_all(&mut DatagramReceiver::new(), socket.as_raw_fd());
            assert_eq!(received.datagrams, 10);
            assert_eq!(all[9].0, b"message 9");
            assert_eq!(all[9].1, sender.local_addr().unwrap());
        }
    }

    #[test]
    fn an_empty_socket_gives_nothing_and_an_empty_datagram_counts() {
        let (socket, _) = bind_udp("127.0.0.1:0".parse().unwrap(), 1 << 20).unwrap();
        let mut receiver = DatagramReceiver::new();
        assert_eq!(receive_all(&mut receiver, socket.as_raw_fd()).1, Received::default());
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        sender.send_to(b"", local_address(&socket).unwrap()).unwrap();
        assert_eq!(receive_all(&mut receiver, socket.as_raw_fd()).1.datagrams, 1);
    }

    #[test]
    fn segments_of_one_send_are_taken_apart() {
        let (socket, _) = bind_udp("127.0.0.1:0".parse().unwrap(), 8 << 20).unwrap();
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        sender.connect(local_address(&socket).unwrap()).unwrap();
        nix::sys::socket::setsockopt(&sender, nix::sys::socket::sockopt::UdpGsoSegment, &10).unwrap();
        let payload: Vec<u8> = (0..95u8).collect();
        sender.send(&payload).unwrap();
        let (all, received) = receive_all(&mut DatagramReceiver::new(), socket.as_raw_fd());
        assert_eq!(received.datagrams, 10);
        assert_eq!(all[9].0, &payload[90..]);
        assert!(all.iter().all(|(_, _, truncated)| !truncated));
    }

    #[test]
    fn what_the_kernel_drops_is_told() {
        let (socket, _) = bind_udp("127.0.0.1:0".parse().unwrap(), 4096).unwrap();
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        let to = local_address(&socket).unwrap();
        for _ in 0..100 {
            sender.send_to(&[0; 1000], to).unwrap();
        }
        let mut receiver = DatagramReceiver::new();
        let (first, _) = receive_all(&mut receiver, socket.as_raw_fd());
        sender.send_to(b"after", to).unwrap();
        let (_, received) = receive_all(&mut receiver, socket.as_raw_fd());
        assert_eq!(received.kernel_drops, Some(100 - first.len() as u32));
    }
}
