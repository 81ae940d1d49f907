//! Messages as datagrams: many in one send, which the kernel cuts (segmentation offload), or many in one call.

use std::io::IoSlice;
use std::net::{SocketAddr, UdpSocket};
use std::ops::Range;
use std::os::fd::AsRawFd;

use anyhow::{Context, Result, bail};
use nix::errno::Errno;
use nix::sys::socket::{ControlMessage, MsgFlags, MultiHeaders, sendmmsg, sendmsg, setsockopt, sockopt};

use crate::limits::{DATAGRAMS_PER_CALL, GSO_SEGMENTS_MAX, MESSAGE_BYTES_MAX};
use crate::report::Tally;
use crate::sending::{Share, now_us};

/// Send buffer asked of the kernel, in bytes.
const SEND_BUFFER_BYTES: usize = 4 << 20;

/// Sends a connection's share. `tally` holds what was sent even when an error ends it.
pub(crate) fn send(share: &mut Share<'_>, offload: bool, tally: &mut Tally) -> Result<()> {
    let socket = open(share.target)?;
    while let Some(due) = share.pace.wait(u64::MAX) {
        let mut left = due;
        let now_us = now_us();
        while left > 0 {
            let most = if offload { group_size(share) } else { DATAGRAMS_PER_CALL };
            let Some(numbers) = share.numbers.take(left.min(most as u64)) else { return Ok(()) };
            let count = numbers.end - numbers.start;
            let bytes = send_some(&socket, share, offload, numbers, now_us, tally)?;
            share.pace.sent(count);
            tally.events += count;
            tally.bytes += bytes;
            left -= count;
            if due == u64::MAX {
                break;
            }
        }
    }
    Ok(())
}

fn open(target: SocketAddr) -> Result<UdpSocket> {
    let own: &str = if target.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(own).context("cannot open a UDP socket")?;
    socket.connect(target).with_context(|| format!("cannot send to {target} over UDP"))?;
    // A smaller buffer only makes sending slower.
    let _ = setsockopt(&socket, sockopt::SndBuf, &SEND_BUFFER_BYTES);
    Ok(socket)
}

/// How many of the next messages fit in one send: of one length, and no longer together than a datagram can be.
fn group_size(share: &Share<'_>) -> usize {
    let fitting = MESSAGE_BYTES_MAX / share.generator.next_len().max(1);
    share.generator.group_left().min(fitting).clamp(1, GSO_SEGMENTS_MAX)
}

fn send_some(
    socket: &UdpSocket,
    share: &mut Share<'_>,
    offload: bool,
    numbers: Range<u64>,
    now_us: i64,
    tally: &mut Tally,
) -> Result<u64> {
    let count = (numbers.end - numbers.start) as usize;
    let length = share.generator.next_len();
    let mut bytes = Vec::with_capacity(count * (length + 64));
    let mut ends = Vec::with_capacity(count);
    share.generator.set_number(numbers.start);
    for _ in 0..count {
        tally.records += share.generator.append_next(now_us, &mut bytes);
        ends.push(bytes.len());
    }
    if offload {
        send_segments(socket, &bytes, length, tally)?;
    } else {
        send_each(socket, &bytes, &ends, tally)?;
    }
    Ok(bytes.len() as u64)
}

/// One send, cut by the kernel into datagrams of `length` bytes.
fn send_segments(socket: &UdpSocket, bytes: &[u8], length: usize, tally: &mut Tally) -> Result<()> {
    let segment = u16::try_from(length).context("a message is longer than a datagram can be")?;
    let offload = [ControlMessage::UdpGsoSegments(&segment)];
    let controls: &[ControlMessage] = if bytes.len() > length { &offload } else { &[] };
    loop {
        match sendmsg::<()>(socket.as_raw_fd(), &[IoSlice::new(bytes)], controls, MsgFlags::empty(), None) {
            Ok(_) => return Ok(()),
            Err(error @ (Errno::EINVAL | Errno::EIO | Errno::EMSGSIZE)) if bytes.len() > length => {
                bail!(
                    "the way to the target does not take UDP segmentation offload ({error}): use --no-gso, or a --size below its MTU"
                )
            }
            Err(error) => heed(error, tally)?,
        }
    }
}

/// A datagram for each message, many in one call.
fn send_each(socket: &UdpSocket, bytes: &[u8], ends: &[usize], tally: &mut Tally) -> Result<()> {
    let mut start = 0;
    let mut datagrams = Vec::with_capacity(ends.len());
    for &end in ends {
        datagrams.push([IoSlice::new(&bytes[start..end])]);
        start = end;
    }
    let mut sent = 0;
    let mut headers = MultiHeaders::<()>::preallocate(datagrams.len(), None);
    while sent < datagrams.len() {
        let left = &datagrams[sent..];
        match sendmmsg(socket.as_raw_fd(), &mut headers, left, vec![None; left.len()], [], MsgFlags::empty())
        {
            Ok(results) => sent += results.count(),
            Err(error) => heed(error, tally)?,
        }
    }
    Ok(())
}

/// Whether a send is tried again after this error.
fn heed(error: Errno, tally: &mut Tally) -> Result<()> {
    match error {
        Errno::EINTR => Ok(()),
        // No listener at an earlier datagram, or no room in a queue: neither ends a load run.
        Errno::ECONNREFUSED | Errno::ENOBUFS => {
            tally.refused += 1;
            Ok(())
        }
        error => Err(error).context("cannot send over UDP"),
    }
}
