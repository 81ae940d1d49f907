//! Messages over one TCP connection.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::generator::Generator;
use crate::limits::{CLOSE_SECONDS_MAX, TCP_CHUNK_BYTES, WRITE_SECONDS_MAX};
use crate::report::Tally;
use crate::sending::{Framing, Share, now_us};

/// Sends a connection's share. `tally` holds what was sent even when an error ends it.
pub(crate) fn send(share: &mut Share<'_>, framing: Framing, tally: &mut Tally) -> Result<()> {
    let target = share.target;
    let mut stream =
        TcpStream::connect(target).with_context(|| format!("cannot connect to {target} over TCP"))?;
    stream
        .set_write_timeout(Some(Duration::from_secs(WRITE_SECONDS_MAX)))
        .context("cannot set a time limit on the connection")?;

    let messages_max = (TCP_CHUNK_BYTES / share.size).max(1) as u64;
    let mut chunk = Vec::with_capacity(TCP_CHUNK_BYTES * 2);
    while let Some(due) = share.pace.wait(messages_max) {
        let Some(numbers) = share.numbers.take(due) else { break };
        let (count, now_us) = (numbers.end - numbers.start, now_us());
        share.generator.set_number(numbers.start);
        chunk.clear();
        for _ in 0..count {
            tally.records += append_framed(share.generator.as_mut(), framing, now_us, &mut chunk);
        }
        stream.write_all(&chunk).with_context(|| format!("{target} stopped taking messages"))?;
        share.pace.sent(count);
        tally.events += count;
        tally.bytes += chunk.len() as u64;
    }
    close(&mut stream);
    Ok(())
}

/// Appends the next event; returns how many records it holds.
fn append_framed(generator: &mut dyn Generator, framing: Framing, now_us: i64, chunk: &mut Vec<u8>) -> u64 {
    match framing {
        Framing::None => generator.append_next(now_us, chunk),
        Framing::Newline => {
            let records = generator.append_next(now_us, chunk);
            chunk.push(b'\n');
            records
        }
        Framing::OctetCounted => {
            // Writing to a vector cannot fail.
            let _ = write!(chunk, "{} ", generator.next_len());
            generator.append_next(now_us, chunk)
        }
    }
}

/// Says that nothing more comes, and gives the peer time to take what is under way. What goes wrong here changes nothing
/// in what was sent.
fn close(stream: &mut TcpStream) {
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.set_read_timeout(Some(Duration::from_secs(CLOSE_SECONDS_MAX)));
    let mut answer = [0; 512];
    while stream.read(&mut answer).is_ok_and(|count| count > 0) {}
}
