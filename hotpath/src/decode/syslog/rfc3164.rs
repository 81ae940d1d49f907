//! The header of RFC 3164 section 4.1 as devices send it, from the byte after PRI: sequence numbers, a host
//! before the time, the time in many forms, no host, no tag.

use std::net::IpAddr;
use std::str::FromStr;

use super::bsd_time::{self, BsdStamp};
use super::iso_time::{IsoParser, IsoStamp};
use crate::decode::byte_set::ByteSet;
use crate::limits::TAG_BYTES_MAX;

/// Words before the time that are looked at: two numbers and a host.
const PREFIX_WORDS_MAX: usize = 3;
/// Longest word before the time.
const PREFIX_WORD_BYTES_MAX: usize = 255;

static WHITESPACE: ByteSet = ByteSet::of(b" \t\n\x0c\r");
static NOT_IN_HOST: ByteSet = ByteSet::of(b":[=\"{(<|");
static NOT_IN_TAG: ByteSet = ByteSet::of(b":[]\"{=<");

/// The time of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::decode) enum Stamp {
    Iso(IsoStamp),
    Bsd(BsdStamp),
    /// Microseconds since 1970.
    EpochUs(i64),
}

/// What was found before the message.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Header<'a> {
    pub(super) stamp: Option<Stamp>,
    pub(super) hostname: Option<&'a str>,
    pub(super) app_name: Option<&'a str>,
    pub(super) proc_id: Option<&'a str>,
    /// The sequence number that Cisco devices put before the time.
    pub(super) msg_id: Option<&'a str>,
    pub(super) message: &'a str,
}

/// Whether a text without PRI begins with a header, which its time shows.
pub(in crate::decode) fn starts_with_header(text: &str) -> bool {
    parse(text, false, &mut IsoParser::default()).stamp.is_some()
}

/// Takes the header apart. A text without one is all message.
pub(super) fn parse<'a>(text: &'a str, has_pri: bool, times: &mut IsoParser) -> Header<'a> {
    let mut header = Header { message: text, ..Header::default() };
    let start = text.trim_start_matches(' ');
    let start = start.strip_prefix(':').map_or(start, |rest| rest.trim_start_matches(' '));
    if let Some((stamp, rest)) = stamp(start, times) {
        header.stamp = Some(stamp);
        after_stamp(&mut header, rest, has_pri);
        return header;
    }
    if let Some(rest) = before_stamp(&mut header, start, times) {
        after_stamp(&mut header, rest, has_pri);
        return header;
    }
    if has_pri {
        tag(&mut header, text.trim_start_matches(' '));
    }
    header
}

/// The time that the text begins with, which ends at a space or a colon.
fn stamp<'a>(text: &'a str, times: &mut IsoParser) -> Option<(Stamp, &'a str)> {
    let bytes = text.as_bytes();
    let (stamp, length) = match bytes.first()? {
        b'0'..=b'9' => digits_stamp(bytes, times)?,
        // Cisco marks a clock that is not set by `*`, one that is not synchronised by `.`.
        b'*' | b'.' => {
            let stamp = bsd_time::parse(&bytes[1..])?;
            (Stamp::Bsd(stamp), stamp.length + 1)
        }
        b'A'..=b'Z' | b'a'..=b'z' => {
            let stamp = bsd_time::parse(bytes)?;
            (Stamp::Bsd(stamp), stamp.length)
        }
        _ => return None,
    };
    let rest = text.get(length..)?;
    matches!(rest.as_bytes().first(), None | Some(b' ' | b':' | b'\t')).then_some((stamp, rest))
}

/// A time that begins with a digit, a version number of RFC 5424 before it let pass.
fn digits_stamp(bytes: &[u8], times: &mut IsoParser) -> Option<(Stamp, usize)> {
    if let Some(stamp) = times.parse(bytes) {
        return Some((Stamp::Iso(stamp), stamp.length));
    }
    if let Some(stamp) = bsd_time::parse(bytes) {
        return Some((Stamp::Bsd(stamp), stamp.length));
    }
    let version_bytes = super::rfc5424::version_bytes(bytes)?;
    let rest = &bytes[version_bytes..];
    let (stamp, length) = if let Some(stamp) = times.parse(rest) {
        (Stamp::Iso(stamp), stamp.length)
    } else if let Some(stamp) = bsd_time::parse(rest) {
        (Stamp::Bsd(stamp), stamp.length)
    } else {
        epoch(rest)?
    };
    Some((stamp, version_bytes + length))
}

/// Seconds since 1970 with a fraction, as Meraki devices have it.
fn epoch(bytes: &[u8]) -> Option<(Stamp, usize)> {
    if bytes.get(10) != Some(&b'.') || bytes[0] == b'0' {
        return None;
    }
    let seconds = super::iso_time::number(&bytes[..5])? as i64 * 100_000
        + i64::from(super::iso_time::number(&bytes[5..10])?);
    let (micros, fraction_bytes) = super::iso_time::fraction(&bytes[10..]);
    (fraction_bytes > 0)
        .then_some((Stamp::EpochUs(seconds * 1_000_000 + i64::from(micros)), 10 + fraction_bytes))
}

/// Cisco's `20: host: 6340004: *Mar  5 06:07:08: `: words that end in a colon, then the time. Takes them only
/// when the time comes, and returns what follows it.
fn before_stamp<'a>(header: &mut Header<'a>, text: &'a str, times: &mut IsoParser) -> Option<&'a str> {
    let mut rest = text;
    let mut host = None;
    let mut task = None;
    let mut sequence = None;
    for _ in 0..PREFIX_WORDS_MAX {
        let end = memchr::memchr2(b':', b' ', rest.as_bytes())?;
        if end == 0 || end > PREFIX_WORD_BYTES_MAX || !rest[end..].starts_with(": ") {
            return None;
        }
        let word = &rest[..end];
        match word.as_bytes()[0] {
            _ if word.bytes().all(|byte| byte.is_ascii_digit()) => sequence = Some(word),
            b'*' => task = Some(&word[1..]),
            first if first.is_ascii_alphanumeric() && host.is_none() => host = Some(word),
            _ => return None,
        }
        rest = rest[end + 1..].trim_start_matches(' ');
        if let Some((stamp, after)) = stamp(rest, times) {
            header.stamp = Some(stamp);
            header.hostname = host;
            header.proc_id = task;
            header.msg_id = sequence;
            return Some(after);
        }
    }
    None
}

/// Host and tag behind the time.
fn after_stamp<'a>(header: &mut Header<'a>, text: &'a str, has_pri: bool) {
    if let Some(rest) = text.strip_prefix(':') {
        // A colon ends Cisco's time; no host follows.
        tag(header, rest.trim_start_matches(' '));
        return;
    }
    let text = text.trim_start_matches([' ', '\t']);
    if header.hostname.is_some() {
        tag(header, text);
        return;
    }
    let Some((host, rest)) = host(text) else {
        tag(header, text.strip_prefix(": ").unwrap_or(text));
        return;
    };
    let after_host = rest.trim_start_matches(' ');
    let after_host = match after_host.strip_prefix(':') {
        Some(rest) if rest.starts_with(' ') => rest.trim_start_matches(' '),
        _ => after_host,
    };
    // Many logs begin with an ISO time and are no syslog: there the word is a host only when a tag follows it.
    let bsd = matches!(header.stamp, Some(Stamp::Bsd(_)));
    if has_pri || bsd || split_tag(after_host).is_some() || IpAddr::from_str(host).is_ok() {
        header.hostname = Some(host);
        tag(header, after_host);
    } else {
        header.message = text;
    }
}

/// The host that the text begins with, and what follows it.
fn host(text: &str) -> Option<(&str, &str)> {
    let word_end = text.bytes().position(|byte| WHITESPACE.has(byte)).unwrap_or(text.len());
    let (word, rest) = text.split_at(word_end);
    let next = rest.trim_start_matches(' ');
    if text.starts_with("last message ") || text.starts_with("message repeated ") {
        return None;
    }
    if let Some(name) = word.strip_suffix(':') {
        let message_of_device =
            next.starts_with('%') || next.starts_with("CEF:") || next.starts_with("LEEF:");
        return (is_address(name) || (message_of_device && is_host(name))).then_some((name, rest));
    }
    // `sogod [26818]: ` is a tag.
    if pid(next).is_some_and(|(_, after)| after.starts_with(':')) {
        return None;
    }
    if let Some((name, _)) = word.split_once(',') {
        let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
        return (is_host(name) && !is_number).then(|| (name, &text[name.len() + 1..]));
    }
    (is_host(word) || is_address(word)).then_some((word, rest))
}

fn is_host(word: &str) -> bool {
    let starts = word.starts_with(|first: char| first.is_alphanumeric() || first == '_');
    starts && !word.bytes().any(|byte| NOT_IN_HOST.has(byte))
}

fn is_address(word: &str) -> bool {
    // Only what can be one is tried: a parser that fails costs more than the look.
    word.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.' | b'%'))
        && word.bytes().any(|byte| matches!(byte, b':' | b'.'))
        && IpAddr::from_str(word).is_ok()
}

/// Takes a tag, if the text begins with one, and the rest as the message.
fn tag<'a>(header: &mut Header<'a>, text: &'a str) {
    let Some((name, pid, message)) = split_tag(text) else {
        header.message = text;
        return;
    };
    header.app_name = Some(name);
    header.proc_id = pid.or(header.proc_id);
    header.message = message;
}

/// `name: `, `name[pid]: `, `name [pid]: ` or `name[pid] ` (section 4.1.3): name, pid and what follows.
fn split_tag(text: &str) -> Option<(&str, Option<&str>, &str)> {
    let bytes = text.as_bytes();
    let name_bytes =
        bytes.iter().take(TAG_BYTES_MAX + 1).position(|byte| NOT_IN_TAG.has(*byte) || *byte <= b' ')?;
    let name = text.get(..name_bytes)?;
    let first = *bytes.first()?;
    if !(first.is_ascii_alphanumeric() || matches!(first, b'%' | b'/' | b'_' | b'.' | b'-' | b'(' | b'#'))
        || name.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
    {
        return None;
    }
    match bytes[name_bytes] {
        b':' => {
            let message = &text[name_bytes + 1..];
            let ends = match message.as_bytes().first() {
                None => true,
                Some(next) => next.is_ascii_whitespace() || is_tagged_text(*next),
            };
            ends.then(|| (name, None, message.strip_prefix(' ').unwrap_or(message)))
        }
        b'[' => {
            let (pid, after) = pid(&text[name_bytes..])?;
            let message = after.strip_prefix(':').unwrap_or(after);
            let ends = message.is_empty() || after.starts_with(':') || message.starts_with(' ');
            ends.then(|| (name, Some(pid), message.strip_prefix(' ').unwrap_or(message)))
        }
        b' ' => {
            let (pid, after) = pid(&text[name_bytes + 1..])?;
            let message = after.strip_prefix(':')?;
            Some((name, Some(pid), message.strip_prefix(' ').unwrap_or(message)))
        }
        _ => None,
    }
}

/// Whether a message may begin with this byte right behind the colon of a tag: not in `12:30`, `C:\`, `http://`, `a::b`.
fn is_tagged_text(byte: u8) -> bool {
    !byte.is_ascii_digit() && !matches!(byte, b'/' | b'\\' | b':')
}

/// `[pid]` at the beginning of the text: what is in the brackets, and what follows.
fn pid(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('[')?;
    let end =
        inner.as_bytes().iter().take(TAG_BYTES_MAX).position(|byte| matches!(byte, b']' | b'[' | b' '))?;
    if end == 0 || inner.as_bytes()[end] != b']' {
        return None;
    }
    Some((&inner[..end], &inner[end + 1..]))
}
