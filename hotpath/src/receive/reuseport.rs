//! How the kernel spreads datagrams over the sockets of one address, one for each shard (SO_REUSEPORT).
//!
//! By itself it hashes addresses and ports of both ends: one busy relay lands on one shard, and an exporter of flows that
//! sends from several ports lands on several, each of which lacks the templates of the others. A small program of
//! classic BPF chooses instead; its answer is the number of a socket, in the order in which they were bound.

use std::io;
use std::os::fd::{AsFd, AsRawFd};

/// How datagrams are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spread {
    /// Each goes anywhere, whoever sent it.
    Evenly,
    /// All from one address go to the same socket.
    BySenderAddress,
}

/// Where the network header begins, and the kernel's own values (`linux/filter.h`).
const NETWORK_HEADER: u32 = libc::SKF_NET_OFF as u32;
const RANDOM_NUMBER: u32 = (libc::SKF_AD_OFF + libc::SKF_AD_RANDOM) as u32;
/// Offsets of the sender's address in the headers of IPv4 (RFC 791 section 3.1) and IPv6 (RFC 8200 section 3).
const IPV4_SOURCE: u32 = NETWORK_HEADER + 12;
const IPV6_SOURCE: u32 = NETWORK_HEADER + 8;
/// Knuth's multiplicative hash: the upper half of the product depends on every bit of the address.
const HASH_MULTIPLIER: u32 = 0x9E37_79B1;

const LOAD_BYTE: u32 = libc::BPF_LD | libc::BPF_B | libc::BPF_ABS;
const LOAD_WORD: u32 = libc::BPF_LD | libc::BPF_W | libc::BPF_ABS;
const SHIFT_RIGHT: u32 = libc::BPF_ALU | libc::BPF_RSH | libc::BPF_K;
const MULTIPLY: u32 = libc::BPF_ALU | libc::BPF_MUL | libc::BPF_K;
const REMAINDER: u32 = libc::BPF_ALU | libc::BPF_MOD | libc::BPF_K;
const XOR_WITH_INDEX: u32 = libc::BPF_ALU | libc::BPF_XOR | libc::BPF_X;
const TO_INDEX: u32 = libc::BPF_MISC | libc::BPF_TAX;
const JUMP: u32 = libc::BPF_JMP | libc::BPF_JA;
const JUMP_IF_EQUAL: u32 = libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K;
const RETURN: u32 = libc::BPF_RET | libc::BPF_A;

/// Tells the kernel how to spread datagrams over `sockets` sockets, which share the address of `socket` and are all
/// bound.
///
/// # Errors
/// What the kernel says; it goes on spreading by its own hash then.
pub fn spread(socket: &impl AsFd, sockets: usize, spread: Spread) -> io::Result<()> {
    let sockets = u32::try_from(sockets).map_err(io::Error::other)?;
    if sockets < 2 {
        return Ok(());
    }
    let mut program = match spread {
        Spread::Evenly => evenly(sockets),
        Spread::BySenderAddress => by_sender_address(sockets),
    };
    let program = libc::sock_fprog { len: program.len() as u16, filter: program.as_mut_ptr() };
    // SAFETY: `program` points to `len` instructions that outlive the call; the kernel copies and checks them.
    let result = unsafe {
        libc::setsockopt(
            socket.as_fd().as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_ATTACH_REUSEPORT_CBPF,
            (&raw const program).cast(),
            size_of::<libc::sock_fprog>() as libc::socklen_t,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

fn evenly(sockets: u32) -> Vec<libc::sock_filter> {
    vec![run(LOAD_WORD, RANDOM_NUMBER), run(REMAINDER, sockets), run(RETURN, 0)]
}

fn by_sender_address(sockets: u32) -> Vec<libc::sock_filter> {
    let mut program = vec![
        run(LOAD_BYTE, NETWORK_HEADER),
        run(SHIFT_RIGHT, 4),
        libc::sock_filter { code: JUMP_IF_EQUAL as u16, jt: 0, jf: 2, k: 4 },
        run(LOAD_WORD, IPV4_SOURCE),
        // Over the instructions for IPv6.
        run(JUMP, 10),
        run(LOAD_WORD, IPV6_SOURCE),
    ];
    for word in 1..4 {
        // The accumulator is put aside, because loading needs it.
        program.push(run(TO_INDEX, 0));
        program.push(run(LOAD_WORD, IPV6_SOURCE + 4 * word));
        program.push(run(XOR_WITH_INDEX, 0));
    }
    program.push(run(MULTIPLY, HASH_MULTIPLIER));
    program.push(run(SHIFT_RIGHT, 16));
    program.push(run(REMAINDER, sockets));
    program.push(run(RETURN, 0));
    program
}

/// An instruction that does not jump by a condition.
fn run(code: u32, operand: u32) -> libc::sock_filter {
    libc::sock_filter { code: code as u16, jt: 0, jf: 0, k: operand }
}

#[cfg(test)]
mod tests {
    use std::net::{SocketAddr, UdpSocket};
    use std::os::fd::OwnedFd;

    use super::*;
    use crate::receive::socket::{bind_udp, local_address};

    const SOCKETS: usize = 4;

    fn receivers(address: &str, how: Spread) -> (SocketAddr, Vec<UdpSocket>) {
        let mut address: SocketAddr = address.parse().unwrap();
        let mut sockets: Vec<OwnedFd> = Vec::new();
        for _ in 0..SOCKETS {
            let (socket, _) = bind_udp(address, 4 << 20).unwrap();
            address = local_address(&socket).unwrap();
            sockets.push(socket);
        }
        spread(&sockets[0], SOCKETS, how).unwrap();
        (address, sockets.into_iter().map(UdpSocket::from).collect())
    }

    /// Datagrams that wait at each socket.
    fn received(sockets: &[UdpSocket]) -> Vec<usize> {
        let count = |socket: &UdpSocket| {
            let mut buffer = [0; 64];
            std::iter::from_fn(|| socket.recv(&mut buffer).ok()).count()
        };
        sockets.iter().map(count).collect()
    }

    #[test]
    fn one_sender_reaches_every_socket_when_spread_evenly() {
        let (address, sockets) = receivers("127.0.0.1:0", Spread::Evenly);
        let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
        for _ in 0..400 {
            sender.send_to(b"x", address).unwrap();
        }
        let received = received(&sockets);
        assert_eq!(received.iter().sum::<usize>(), 400);
        assert!(received.iter().all(|count| *count > 20), "{received:?}");
    }

    #[test]
    fn an_address_reaches_one_socket_from_all_its_ports() {
        for host in ["127.0.0.1", "[::1]"] {
            let (address, sockets) = receivers(&format!("{host}:0"), Spread::BySenderAddress);
            for _ in 0..40 {
                let sender = UdpSocket::bind(format!("{host}:0")).unwrap();
                sender.send_to(b"x", address).unwrap();
            }
            let received = received(&sockets);
            assert_eq!(received.iter().sum::<usize>(), 40, "{host}");
            assert_eq!(received.iter().filter(|count| **count > 0).count(), 1, "{host}: {received:?}");
        }
    }

    #[test]
    fn addresses_are_spread_over_the_sockets() {
        // All of 127/8 is this host's.
        let (address, sockets) = receivers("127.0.0.1:0", Spread::BySenderAddress);
        for host in 1..=64 {
            let sender = UdpSocket::bind(format!("127.0.1.{host}:0")).unwrap();
            sender.send_to(b"x", address).unwrap();
        }
        let received = received(&sockets);
        assert!(received.iter().all(|count| *count >= 4), "{received:?}");
    }
}
