//! What the kernel's part puts into the ring: `bpf/records.h`, field by field.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use crate::limits::{COMMAND_LINE_BYTES_MAX, FILE_NAME_BYTES_MAX};

const KIND_EXEC: u32 = 1;
const KIND_CONNECT: u32 = 2;
const FAMILY_IPV4: u16 = 2;
const FAMILY_IPV6: u16 = 10;
const NAME_BYTES: usize = 16;

/// What the kernel reports.
#[derive(Debug, PartialEq, Eq)]
pub enum Record {
    /// A program was executed.
    Exec(Exec),
    /// A connection was opened, or could not be.
    Connect(Connect),
}

/// The process that did it.
#[derive(Debug, PartialEq, Eq)]
pub struct Process {
    /// When, since boot.
    pub time: Duration,
    /// Its number, in the machine's own namespace.
    pub pid: u32,
    /// That of its parent; 0 when it has none.
    pub parent: u32,
    /// Its user.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// Its name, 15 bytes at the most.
    pub name: String,
}

/// A program was executed.
#[derive(Debug, PartialEq, Eq)]
pub struct Exec {
    /// By whom.
    pub process: Process,
    /// The file, as it was named.
    pub file_name: String,
    /// Its arguments, the first bytes of them; empty when they could not be read.
    pub command_line: String,
    /// There is more of them.
    pub truncated: bool,
}

/// A connection was opened, or could not be.
#[derive(Debug, PartialEq, Eq)]
pub struct Connect {
    /// By whom.
    pub process: Process,
    /// This end.
    pub source: (IpAddr, u16),
    /// The other end.
    pub destination: (IpAddr, u16),
    /// It was opened.
    pub established: bool,
}

/// Reads a record; `None` when it is none.
pub fn parse(bytes: &[u8]) -> Option<Record> {
    let mut fields = Fields(bytes);
    match fields.u32()? {
        KIND_EXEC => exec(&mut fields).map(Record::Exec),
        KIND_CONNECT => connect(&mut fields).map(Record::Connect),
        _ => None,
    }
}

fn exec(fields: &mut Fields<'_>) -> Option<Exec> {
    let length = fields.u32()? as usize;
    let process = process(fields)?;
    let file_name = fields.take::<FILE_NAME_BYTES_MAX>()?;
    let arguments = fields.take::<COMMAND_LINE_BYTES_MAX>()?;
    let arguments = arguments.get(..length).unwrap_or(arguments);
    Some(Exec {
        process,
        file_name: text_before_nul(file_name),
        command_line: command_line(arguments),
        truncated: length > COMMAND_LINE_BYTES_MAX,
    })
}

fn connect(fields: &mut Fields<'_>) -> Option<Connect> {
    let family = fields.u16()?;
    let [established, _] = *fields.take::<2>()?;
    let process = process(fields)?;
    let source_port = u16::from_be_bytes(*fields.take()?);
    let destination_port = u16::from_be_bytes(*fields.take()?);
    fields.u32()?;
    let source = address(family, fields.take()?)?;
    let destination = address(family, fields.take()?)?;
    Some(Connect {
        process,
        source: (source, source_port),
        destination: (destination, destination_port),
        established: established != 0,
    })
}

fn process(fields: &mut Fields<'_>) -> Option<Process> {
    Some(Process {
        time: Duration::from_nanos(u64::from_ne_bytes(*fields.take()?)),
        pid: fields.u32()?,
        parent: fields.u32()?,
        uid: fields.u32()?,
        gid: fields.u32()?,
        name: text_before_nul(fields.take::<NAME_BYTES>()?),
    })
}

/// An IPv6 socket may speak IPv4 (::ffff:192.0.2.1); that is shown as what it is.
fn address(family: u16, bytes: &[u8; 16]) -> Option<IpAddr> {
    match family {
        FAMILY_IPV4 => bytes.first_chunk::<4>().map(|bytes| Ipv4Addr::from(*bytes).into()),
        FAMILY_IPV6 => Some(Ipv6Addr::from(*bytes).to_canonical()),
        _ => None,
    }
}

fn text_before_nul(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(bytes.get(..end).unwrap_or(bytes)).into_owned()
}

/// Arguments as the kernel keeps them, each with a NUL behind it, as one line.
pub fn command_line(arguments: &[u8]) -> String {
    let mut line = arguments.to_vec();
    while line.last() == Some(&0) {
        line.pop();
    }
    for byte in &mut line {
        if *byte == 0 {
            *byte = b' ';
        }
    }
    String::from_utf8_lossy(&line).into_owned()
}

/// The bytes that are not read yet.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (field, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(field)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(|bytes| u32::from_ne_bytes(*bytes))
    }

    fn u16(&mut self) -> Option<u16> {
        self.take().map(|bytes| u16::from_ne_bytes(*bytes))
    }
}

#[cfg(test)]
mod tests;
