//! The columns of web logs, and how values get into them.

use std::net::{IpAddr, SocketAddr};

use super::request::{self, Request, Target};
use crate::batch::{BatchBuilder, ColumnIndex, ShortText, Value};
use crate::cut::ColumnType;
use crate::decode::marked::Clock;
use crate::decode::syslog::Stamp;
use crate::decode::syslog::bsd_time::BsdStamp;

/// The columns of every form, see `docs/protocols/weblog.md`.
#[derive(Debug, Clone, Copy)]
pub(in crate::decode) struct Columns {
    pub(in crate::decode) log_format: ColumnIndex,
    pub(in crate::decode) source_ip: ColumnIndex,
    pub(in crate::decode) source_port: ColumnIndex,
    pub(in crate::decode) user_name: ColumnIndex,
    pub(in crate::decode) http_method: ColumnIndex,
    pub(in crate::decode) url_path: ColumnIndex,
    pub(in crate::decode) url_query: ColumnIndex,
    pub(in crate::decode) url_original: ColumnIndex,
    pub(in crate::decode) http_version: ColumnIndex,
    pub(in crate::decode) http_status: ColumnIndex,
    pub(in crate::decode) bytes: ColumnIndex,
    pub(in crate::decode) http_referer: ColumnIndex,
    pub(in crate::decode) user_agent: ColumnIndex,
    pub(in crate::decode) http_host: ColumnIndex,
    pub(in crate::decode) http_request: ColumnIndex,
    pub(in crate::decode) level: ColumnIndex,
    pub(in crate::decode) message: ColumnIndex,
    pub(in crate::decode) record_type: ColumnIndex,
    pub(in crate::decode) other_fields: ColumnIndex,
}

impl Columns {
    pub(in crate::decode) fn define(rows: &mut BatchBuilder) -> Self {
        let mut text = |name| rows.define(name, ColumnType::String);
        Self {
            log_format: text("log_format"),
            source_ip: text("source_ip"),
            user_name: text("user_name"),
            http_method: text("http_method"),
            url_path: text("url_path"),
            url_query: text("url_query"),
            url_original: text("url_original"),
            http_version: text("http_version"),
            http_referer: text("http_referer"),
            user_agent: text("user_agent"),
            http_host: text("http_host"),
            http_request: text("http_request"),
            level: text("level"),
            message: text("message"),
            record_type: text("record_type"),
            other_fields: text("other_fields"),
            source_port: rows.define("source_port", ColumnType::Int64),
            http_status: rows.define("http_status", ColumnType::Int64),
            bytes: rows.define("bytes", ColumnType::Int64),
        }
    }
}

/// Writes the values of one line; `-` and an empty text stand for none in all web logs.
#[derive(Debug)]
pub(in crate::decode) struct Writer<'a> {
    pub(in crate::decode) columns: Columns,
    pub(in crate::decode) clock: Clock<'a>,
    pub(in crate::decode) rows: &'a mut BatchBuilder,
}

fn is_value(text: &str) -> bool {
    !matches!(text, "" | "-")
}

impl Writer<'_> {
    /// Says which form the line has.
    pub(in crate::decode) fn form(&mut self, name: ShortText) {
        self.rows.put_short(self.columns.log_format, name);
    }

    pub(in crate::decode) fn text(&mut self, column: ColumnIndex, text: &str) {
        if is_value(text) {
            self.rows.put_text(column, text);
        }
    }

    /// A number; what is none goes to the text column beside it.
    pub(in crate::decode) fn number(&mut self, column: ColumnIndex, side_column: &str, text: &str) {
        if !is_value(text) {
            return;
        }
        match text.parse() {
            Ok(number) => self.rows.put_i64(column, number),
            Err(_) => self.rows.field(side_column, &Value::Text(text)),
        }
    }

    pub(in crate::decode) fn status(&mut self, text: &str) {
        self.number(self.columns.http_status, "http_status__string", text);
    }

    pub(in crate::decode) fn bytes(&mut self, text: &str) {
        self.number(self.columns.bytes, "bytes__string", text);
    }

    /// A field that only some forms have, as text.
    pub(in crate::decode) fn extra(&mut self, name: &str, text: &str) {
        if is_value(text) {
            self.rows.field(name, &Value::Text(text));
        }
    }

    /// A field that only some forms have, as a whole number.
    pub(in crate::decode) fn extra_number(&mut self, name: &str, text: &str) {
        if !is_value(text) {
            return;
        }
        match text.parse() {
            Ok(number) => self.rows.field(name, &Value::Int64(number)),
            Err(_) => self.unfit(name, text, &ColumnType::Int64),
        }
    }

    /// A field that only some forms have, as a number with a fraction.
    pub(in crate::decode) fn extra_double(&mut self, name: &str, text: &str) {
        if !is_value(text) {
            return;
        }
        match text.parse() {
            Ok(number) if f64::is_finite(number) => self.rows.field(name, &Value::Double(number)),
            _ => self.unfit(name, text, &ColumnType::Double),
        }
    }

    /// The column keeps its type, whatever the first value of a dataset is.
    fn unfit(&mut self, name: &str, text: &str, column_type: &ColumnType) {
        self.rows.expect_field(name, column_type);
        self.rows.field(name, &Value::Text(text));
    }

    /// An address, with or without a port behind it; of a list, which proxies make, the first one.
    pub(in crate::decode) fn source(&mut self, text: &str) {
        let first = text.split(',').next().unwrap_or(text).trim_ascii();
        if first.len() < text.len() {
            self.extra("http_x_forwarded_for", text);
        }
        let text = first;
        let Some((ip, port)) = split_port(text) else {
            self.text(self.columns.source_ip, text);
            return;
        };
        self.text(self.columns.source_ip, ip);
        self.number(self.columns.source_port, "source_port__string", port);
    }

    /// A request line; what is none is kept whole.
    pub(in crate::decode) fn request(&mut self, line: &str) {
        let Some(Request { method, target, version }) = request::parse(line) else {
            self.text(self.columns.http_request, line);
            return;
        };
        self.text(self.columns.http_method, method);
        self.target(target);
        self.text(self.columns.http_version, version.unwrap_or(""));
    }

    pub(in crate::decode) fn target(&mut self, target: Target<'_>) {
        self.text(self.columns.url_original, target.original.unwrap_or(""));
        self.text(self.columns.http_host, target.host.unwrap_or(""));
        self.text(self.columns.url_path, target.path);
        self.text(self.columns.url_query, target.query.unwrap_or(""));
    }

    pub(in crate::decode) fn stamp(&mut self, stamp: BsdStamp) {
        if let Some(time_us) = self.clock.times.of(&Stamp::Bsd(stamp), self.clock.received_us) {
            self.rows.set_event_time(time_us);
        }
    }

    /// The event's time as a whole text says it; `false` where it says none.
    pub(in crate::decode) fn time_text(&mut self, text: &str) -> bool {
        let time_us = self.clock.times.instant_us(text, self.clock.received_us);
        if let Some(time_us) = time_us {
            self.rows.set_event_time(time_us);
        }
        time_us.is_some()
    }
}

/// An address and the port behind it: `192.0.2.1:80`, `[2001:db8::1]:80`, `2001:db8::1:80` with eight groups before it.
pub(in crate::decode) fn split_port(text: &str) -> Option<(&str, &str)> {
    let (ip, port) = text.rsplit_once(':')?;
    if port.is_empty() || port.len() > 5 || !port.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if text.parse::<SocketAddr>().is_ok() {
        return Some((ip.trim_start_matches('[').trim_end_matches(']'), port));
    }
    // An address of version 6 has colons of its own; one that is whole without its last group has a port behind it.
    let is_whole = text.parse::<IpAddr>().is_err() && ip.parse::<IpAddr>().is_ok();
    is_whole.then_some((ip, port))
}

/// Whether a word is an address.
pub(in crate::decode) fn is_address(word: &str) -> bool {
    word.parse::<IpAddr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_told_from_the_last_group_of_an_address() {
        for (text, expected) in [
            ("192.0.2.1:80", Some(("192.0.2.1", "80"))),
            ("[2001:db8::1]:80", Some(("2001:db8::1", "80"))),
            ("0:0:0:0:0:0:0:1:80", Some(("0:0:0:0:0:0:0:1", "80"))),
            ("2001:db8::1", None),
            ("::1", None),
            ("192.0.2.1", None),
            ("192.0.2.1:x", None),
            ("host:80", None),
            ("", None),
        ] {
            assert_eq!(split_port(text), expected, "{text}");
        }
    }
}
