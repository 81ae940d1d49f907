//! What a message is, by its first bytes and a few words in it. A look costs less than any decoder.

use super::json_kind;
use super::kind::Kind;
use super::shapes;
use crate::block::SourceType;
use crate::decode::flow_datagram;
use crate::decode::marked;
use crate::decode::syslog::{BYTE_ORDER_MARK, starts_with_header};

/// What is known of a sender beside its message.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sender {
    /// The input that the message came by.
    pub(super) source_type: SourceType,
    /// The format whose header the sender announced: records look like nothing in particular.
    pub(super) announced: Option<Kind>,
    /// It is the first message of a connection: a header of CSV may be in it.
    pub(super) is_first: bool,
}

/// The kind of a message.
pub(super) fn detect(bytes: &[u8], text: Option<&str>, sender: Sender) -> Kind {
    if let Some(kind) = binary(bytes, sender.source_type) {
        return kind;
    }
    // What is not UTF-8 has its shape all the same: each shape is of ASCII, at the beginning.
    let Some(text) = text else { return of_text(&String::from_utf8_lossy(bytes), sender) };
    of_text(text, sender)
}

/// Flows come by the inputs that are for them, and by plain datagrams; elsewhere such bytes are broken text.
fn binary(bytes: &[u8], source_type: SourceType) -> Option<Kind> {
    let found = flow_datagram(bytes).map(kind_of_flows);
    match source_type {
        SourceType::Netflow => Some(found.unwrap_or(Kind::Netflow)),
        SourceType::Ipfix => Some(found.unwrap_or(Kind::Ipfix)),
        SourceType::Sflow => Some(found.unwrap_or(Kind::Sflow)),
        // GELF over UDP: chunks, gzip or zlib.
        SourceType::Udp => found.or_else(|| is_packed(bytes).then_some(Kind::Gelf)),
        _ => None,
    }
}

fn kind_of_flows(source_type: SourceType) -> Kind {
    match source_type {
        SourceType::Sflow => Kind::Sflow,
        SourceType::Ipfix => Kind::Ipfix,
        _ => Kind::Netflow,
    }
}

fn is_packed(bytes: &[u8]) -> bool {
    matches!(bytes, [0x1e, 0x0f, ..] | [0x1f, 0x8b, 8, ..] | [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..])
}

fn of_text(text: &str, sender: Sender) -> Kind {
    let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let start = text.trim_ascii_start();
    match start.as_bytes() {
        [b'{', ..] => json_kind::of_object(start, sender.source_type),
        [b'[', rest @ ..] if matches!(rest.trim_ascii_start().first(), Some(b'{' | b'[' | b'"')) => {
            json_kind::of_list(start)
        }
        [b'<', b'0'..=b'9', ..] => behind_header(text),
        [b'#', ..] => shapes::header(start).or(sender.announced).unwrap_or_else(|| plain(sender)),
        _ => of_line(text, start, sender),
    }
}

/// A message with a syslog header, by its body: the decoders of those read the header too.
fn behind_header(text: &str) -> Kind {
    match marked_kind(text) {
        Some(kind) => kind,
        None if shapes::has_request(text) => Kind::Weblog,
        None => Kind::Syslog,
    }
}

fn marked_kind(text: &str) -> Option<Kind> {
    marked::Place::find(text).map(|place| match place.kind {
        marked::Kind::Cef => Kind::Cef,
        marked::Kind::Leef => Kind::Leef,
    })
}

/// A line that begins with none of the characters that say most.
fn of_line(text: &str, start: &str, sender: Sender) -> Kind {
    if let Some(kind) = marked_kind(text) {
        return kind;
    }
    // Records begin with a time or a number more often than not, and so do some headers of syslog.
    let record = sender.announced.filter(|_| start.starts_with(|first: char| first.is_ascii_digit()));
    if record.is_none() && starts_with_header(text) {
        return behind_header(text);
    }
    if shapes::is_weblog(start) {
        return Kind::Weblog;
    }
    if shapes::is_vpc_flow(start) {
        return Kind::Vpcflow;
    }
    // A table may hold anything.
    let table = sender.announced.filter(|kind| matches!(kind, Kind::Csv | Kind::Tsv));
    if let Some(announced) = record.or(table) {
        return announced;
    }
    if shapes::is_statsd(start) {
        return Kind::Statsd;
    }
    if shapes::is_influx(start) {
        return Kind::Influx;
    }
    if sender.is_first
        && let Some(kind) = shapes::table(start)
    {
        return kind;
    }
    if shapes::is_logfmt(start) {
        return Kind::Logfmt;
    }
    sender.announced.unwrap_or_else(|| plain(sender))
}

/// What looks like nothing: on an input for syslog it is a message whose header is missing.
fn plain(sender: Sender) -> Kind {
    if sender.source_type == SourceType::Syslog { Kind::Syslog } else { Kind::Lines }
}
