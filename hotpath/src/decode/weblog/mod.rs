//! Logs of web servers, proxies and load balancers: the form of each line is told by the line itself.
//! See `docs/protocols/weblog.md`.

mod access;
mod apache_error;
mod application;
mod aws;
mod bitbucket;
mod columns;
mod haproxy;
mod iis_event;
mod json;
mod json_roles;
mod nginx_error;
mod request;
mod squid;
pub(in crate::decode) mod time;
mod time_first;
mod tokens;

use std::net::IpAddr;

use super::marked::Clock;
use super::syslog::bsd_time;
use super::syslog::{BYTE_ORDER_MARK, END_OF_MESSAGE, SyslogDecoder, SyslogOptions};
use super::w3c::W3cLines;
use super::{Decoder, StateError};
use crate::batch::{BatchBuilder, ShortText};
use crate::block::Event;
use crate::decode::text::text_or_escaped;
pub(in crate::decode) use columns::{Columns, Writer, is_address};
use json::JsonLines;
pub(in crate::decode) use request::Target;

/// A line that has a syslog header, and a body of no known form.
const SYSLOG: ShortText = ShortText::new("syslog");
const UNKNOWN: &str = "a line of no form that web servers write";
/// Bytes before a bar that are looked at for the name of a container.
const CONTAINER_BYTES_MAX: usize = 64;
/// Bytes before a colon that are looked at for a host and a tag.
const TAG_BYTES_MAX: usize = 256;

/// What came of a line: `None` where it has no known form, and nothing was put.
type Put = Option<Result<(), &'static str>>;

/// Decodes lines of web servers, one row each. Its memory is used again from event to event.
#[derive(Debug)]
pub struct WeblogDecoder {
    columns: Columns,
    syslog: SyslogDecoder,
    forms: Forms,
    /// The line where it is not UTF-8.
    escaped: String,
}

/// What forms need from line to line.
#[derive(Debug, Default)]
struct Forms {
    json: JsonLines,
    w3c: W3cLines,
}

impl WeblogDecoder {
    /// A decoder that writes to `rows`; the options are for syslog headers, their time zone holds for all times that
    /// name none.
    pub fn new(options: SyslogOptions, rows: &mut BatchBuilder) -> Self {
        Self {
            columns: Columns::define(rows),
            syslog: SyslogDecoder::new(options, rows),
            forms: Forms::default(),
            escaped: String::new(),
        }
    }

    fn decode_text(&mut self, text: &str, event: &Event<'_>, rows: &mut BatchBuilder) {
        let line = text.trim_end_matches(END_OF_MESSAGE);
        let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        let result = if has_syslog_header(line) {
            self.put_behind_header(line, event, rows)
        } else {
            match self.put_line(line, event, rows) {
                Some(result) => result,
                None => self.put_behind_header(line, event, rows),
            }
        };
        if event.truncated {
            rows.put_raw(event.bytes);
        }
        if let Err(fault) = result {
            rows.parse_error(fault);
            rows.put_raw(event.bytes);
        }
    }

    /// Puts a line that begins with something else than a log: a syslog header, a container's name, a host and a tag.
    fn put_behind_header(
        &mut self,
        line: &str,
        event: &Event<'_>,
        rows: &mut BatchBuilder,
    ) -> Result<(), &'static str> {
        if let Some(before) = self.syslog.put_header_of(line, event.received_us, rows) {
            let body = self.put_line(before.text, event, rows);
            if body.is_none() {
                rows.put_short(self.columns.log_format, SYSLOG);
                if !before.text.is_empty() {
                    rows.put_text(self.columns.message, before.text);
                }
            }
            return before.fault.map_or(body.unwrap_or(Ok(())), Err);
        }
        for (prefix, body) in [split_container(line), split_tag(line)].into_iter().flatten() {
            if let Some(result) = self.put_line(body, event, rows) {
                rows.field("prefix", &crate::batch::Value::Text(prefix));
                return result;
            }
        }
        if !line.is_empty() {
            rows.put_text(self.columns.message, line);
        }
        Err(if line.is_empty() { "an empty line" } else { UNKNOWN })
    }

    fn put_line(&mut self, line: &str, event: &Event<'_>, rows: &mut BatchBuilder) -> Put {
        let clock = Clock { times: self.syslog.times(), received_us: event.received_us };
        let mut writer = Writer { columns: self.columns, clock, rows };
        self.forms.put(line, event.peer.ip, &mut writer)
    }
}

impl Forms {
    /// Puts a line by the first form that it has.
    fn put(&mut self, line: &str, peer: IpAddr, writer: &mut Writer<'_>) -> Put {
        match line.as_bytes().first()? {
            b'{' => Some(self.json.put(line, writer)),
            b'#' => self.w3c.put(line, peer, writer),
            b'<' => iis_event::put(line, writer),
            b'[' => apache_error::put(line, writer)
                .or_else(|| access::put(line, writer))
                .or_else(|| application::put(line, writer)),
            b'0'..=b'9' => self.put_from_digit(line, peer, writer),
            _ => access::put(line, writer)
                .or_else(|| aws::put(line, writer))
                .or_else(|| bitbucket::put(line, writer))
                .or_else(|| self.w3c.put_if_it_fits(line, peer, writer)),
        }
    }

    /// Lines that begin with a time or an address.
    fn put_from_digit(&mut self, line: &str, peer: IpAddr, writer: &mut Writer<'_>) -> Put {
        if let Some(console) = json::split_console(line) {
            return Some(self.json.put_console(&console, writer));
        }
        nginx_error::put(line, writer)
            .or_else(|| access::put(line, writer))
            .or_else(|| squid::put(line, writer))
            .or_else(|| aws::put(line, writer))
            .or_else(|| bitbucket::put(line, writer))
            .or_else(|| self.w3c.put_if_it_fits(line, peer, writer))
            .or_else(|| application::put(line, writer))
    }
}

/// Whether a line begins with a PRI or with the time of RFC 3164, which no web server's own log does.
fn has_syslog_header(line: &str) -> bool {
    match line.as_bytes() {
        [b'<', b'0'..=b'9', ..] => true,
        [b'A'..=b'Z', ..] => bsd_time::parse(line.as_bytes()).is_some(),
        _ => false,
    }
}

/// `caddy  | line`, as the logs of several containers are shown together: the name and the line.
fn split_container(line: &str) -> Option<(&str, &str)> {
    let bar = line.bytes().take(CONTAINER_BYTES_MAX).position(|byte| byte == b'|')?;
    let name = line.get(..bar)?.trim_ascii();
    let is_name = !name.is_empty() && !name.contains([' ', '"', '[']);
    is_name.then_some((name, line.get(bar + 1..)?.trim_ascii_start()))
}

/// `host nginx[983479]: line`, a syslog header that has lost its time: what stands before the colon, and the line.
fn split_tag(line: &str) -> Option<(&str, &str)> {
    let looked_at = line.as_bytes().get(..TAG_BYTES_MAX).unwrap_or(line.as_bytes());
    let colon = memchr::memmem::find(looked_at, b": ")?;
    let head = line.get(..colon)?;
    let is_head = head.split(' ').count() <= 2 && !head.contains(['"', '|']);
    is_head.then_some((head, line.get(colon + 2..)?.trim_ascii_start()))
}

impl Decoder for WeblogDecoder {
    fn decode(&mut self, event: &Event<'_>, rows: &mut BatchBuilder) {
        rows.begin_row(event);
        let mut escaped = std::mem::take(&mut self.escaped);
        let text = text_or_escaped(event, &mut escaped);
        self.decode_text(text, event, rows);
        self.escaped = escaped;
        rows.end_row();
    }

    fn take_changed_state(&mut self) -> Option<Vec<u8>> {
        self.forms.w3c.take_changed_state()
    }

    fn restore_state(&mut self, state: &[u8]) -> Result<(), StateError> {
        self.forms.w3c.restore_state(state)
    }
}

#[cfg(test)]
mod tests;
