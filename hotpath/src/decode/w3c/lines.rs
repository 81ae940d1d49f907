//! Directives, and lines of values.

use std::net::IpAddr;

use super::fields::{CLOUDFRONT, FieldList, IIS_ALL, IIS_DEFAULT, IIS_WITHOUT_REFERER, Meaning};
use super::state::{Stream, Streams};
use crate::batch::ShortText;
use crate::decode::StateError;
use crate::decode::syslog::iso_time::{fraction, seconds_of_day};
use crate::decode::weblog::{Target, Writer, is_address};
use crate::limits::W3C_DIRECTIVE_BYTES_MAX;

const FORM: ShortText = ShortText::new("w3c");
const DIRECTIVE: ShortText = ShortText::new("directive");
const DATE_BYTES: usize = 10;
/// Values of a line that are looked at.
const VALUES_MAX: usize = 512;

/// What came of a line.
pub(in crate::decode) type Put = Option<Result<(), &'static str>>;

/// Reads lines by what directives of their senders have said.
#[derive(Debug)]
pub(in crate::decode) struct W3cLines {
    streams: Streams,
    /// Field lists for lines of which no directive was seen.
    defaults: [FieldList; 3],
    cloudfront: FieldList,
}

impl Default for W3cLines {
    fn default() -> Self {
        // The lists are shorter than the longest that is taken.
        let list = |names| FieldList::parse(names).unwrap_or_default();
        Self {
            streams: Streams::default(),
            defaults: [list(IIS_DEFAULT), list(IIS_WITHOUT_REFERER), list(IIS_ALL)],
            cloudfront: list(CLOUDFRONT),
        }
    }
}

impl W3cLines {
    /// Puts a directive or a line of values; `None`, and nothing is put, where it is neither.
    pub(in crate::decode) fn put(&mut self, line: &str, peer: IpAddr, writer: &mut Writer<'_>) -> Put {
        if line.starts_with('#') {
            return Some(self.put_directive(line, peer, writer));
        }
        if let Some(stream) = self.streams.get(peer)
            && !stream.fields.fields().is_empty()
        {
            return put_values(line, &stream.fields, Some(stream), writer);
        }
        self.put_by_default(line, writer)
    }

    /// Puts a line of values that fits what is known of its sender, or looks as IIS writes by default.
    pub(in crate::decode) fn put_if_it_fits(
        &mut self,
        line: &str,
        peer: IpAddr,
        writer: &mut Writer<'_>,
    ) -> Put {
        if let Some(stream) = self.streams.get(peer)
            && fits(line, &stream.fields)
        {
            return put_values(line, &stream.fields, Some(stream), writer);
        }
        self.put_by_default(line, writer)
    }

    fn put_by_default(&self, line: &str, writer: &mut Writer<'_>) -> Put {
        date_of(line)?;
        let values = Values::new(line).take(VALUES_MAX).count();
        if line.contains('\t') {
            // Older logs have fewer fields, newer ones more.
            return (values >= 18).then(|| put_values(line, &self.cloudfront, None, writer)).flatten();
        }
        let third = Values::new(line).nth(2)?;
        let names_site = third.starts_with("W3SVC");
        if !names_site && !is_address(third) {
            return None;
        }
        let list = self.defaults.iter().find(|list| list.fields().len() == values);
        let fallback = &self.defaults[if names_site { 2 } else { 0 }];
        put_values(line, list.unwrap_or(fallback), None, writer)
    }

    fn put_directive(
        &mut self,
        line: &str,
        peer: IpAddr,
        writer: &mut Writer<'_>,
    ) -> Result<(), &'static str> {
        writer.form(FORM);
        writer.rows.put_short(writer.columns.record_type, DIRECTIVE);
        writer.text(writer.columns.message, line);
        let Some((name, value)) = line.get(1..).and_then(|rest| rest.split_once(':')) else {
            // A remark in a form of its own.
            return Ok(());
        };
        let value = value.trim_ascii();
        if name.eq_ignore_ascii_case("Fields") {
            if value.len() > W3C_DIRECTIVE_BYTES_MAX {
                return Err("a #Fields directive that is too long");
            }
            let Ok(fields) = FieldList::parse(value) else {
                return Err("a #Fields directive with more fields than are taken");
            };
            self.streams.set_fields(peer, value, fields);
        }
        let is_date = name.eq_ignore_ascii_case("Date") || name.eq_ignore_ascii_case("Start-Date");
        if is_date && let Some(date) = date_of(value) {
            self.streams.set_date(peer, date);
            writer.time_text(&format!("{value}Z"));
        }
        Ok(())
    }

    pub(in crate::decode) fn take_changed_state(&mut self) -> Option<Vec<u8>> {
        self.streams.take_changed()
    }

    pub(in crate::decode) fn restore_state(&mut self, state: &[u8]) -> Result<(), StateError> {
        self.streams.restore(state)
    }
}

/// The date that a line begins with.
fn date_of(line: &str) -> Option<&str> {
    let date = line.get(..DATE_BYTES)?;
    let is_date = date.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    (is_date && matches!(line.as_bytes().get(DATE_BYTES), None | Some(b' ' | b'\t'))).then_some(date)
}

/// Whether a line may be one of these fields: what can be looked at is as it should be, and as many values are there.
fn fits(line: &str, list: &FieldList) -> bool {
    let mut values = Values::new(line);
    for field in list.fields() {
        let Some(value) = values.next() else { return false };
        let is_right = match field {
            Meaning::Date | Meaning::LocalDate => date_of(value).is_some(),
            Meaning::Time | Meaning::LocalTime => seconds_of_day(value.as_bytes()).is_some(),
            Meaning::Source => value == "-" || is_address(value),
            Meaning::Status => value == "-" || value.bytes().all(|byte| byte.is_ascii_digit()),
            _ => true,
        };
        if !is_right {
            return false;
        }
    }
    !list.fields().is_empty()
}

/// Puts the values of a line.
fn put_values(line: &str, list: &FieldList, stream: Option<&Stream>, writer: &mut Writer<'_>) -> Put {
    let (mut date, mut time, mut is_local) = (None, None, false);
    let mut values = Values::new(line);
    let mut missing = 0;
    writer.form(FORM);
    for field in list.fields() {
        let Some(value) = values.next() else {
            missing += 1;
            continue;
        };
        match field {
            Meaning::Date | Meaning::LocalDate => date = Some(value),
            Meaning::Time => time = Some(value),
            Meaning::LocalTime => (time, is_local) = (Some(value), true),
            _ => put_value(field, value, writer),
        }
    }
    let date = date.or_else(|| stream.and_then(|stream| stream.date.as_deref()));
    let mut fault = None;
    if let Some(time) = time
        && !put_time(date, time, is_local, writer)
    {
        fault = Some("a date or time that is none");
    }
    let rest = values.rest();
    writer.text(writer.columns.other_fields, rest);
    if missing > 0 {
        fault = Some("fewer values than the #Fields directive names");
    } else if !rest.is_empty() && stream.is_some() {
        fault = Some("more values than the #Fields directive names");
    }
    Some(fault.map_or(Ok(()), Err))
}

fn put_value(field: &Meaning, value: &str, writer: &mut Writer<'_>) {
    let columns = writer.columns;
    match field {
        Meaning::Source => writer.source(value),
        Meaning::SourcePort => writer.number(columns.source_port, "source_port__string", value),
        Meaning::User => writer.text(columns.user_name, value),
        Meaning::Method => writer.text(columns.http_method, value),
        Meaning::Uri if value != "-" => writer.target(Target::parse(value)),
        Meaning::Path => writer.text(columns.url_path, value),
        Meaning::Query => writer.text(columns.url_query, value),
        Meaning::Version => writer.text(columns.http_version, value.strip_prefix("HTTP/").unwrap_or(value)),
        Meaning::Status => writer.status(value),
        Meaning::Bytes => writer.bytes(value),
        Meaning::Referer => writer.text(columns.http_referer, value),
        Meaning::Agent => writer.text(columns.user_agent, value),
        Meaning::Host => writer.text(columns.http_host, value),
        Meaning::Text(name) => writer.extra(name, value),
        Meaning::Integer(name) => writer.extra_number(name, value),
        Meaning::Double(name) => writer.extra_double(name, value),
        Meaning::Uri | Meaning::Date | Meaning::Time | Meaning::LocalDate | Meaning::LocalTime => {}
    }
}

/// The time of a line: UTC as the draft has it, or the dataset's zone where the field is a local one. `false` where it
/// is none; without a day receipt stands for it.
fn put_time(date: Option<&str>, time: &str, is_local: bool, writer: &mut Writer<'_>) -> bool {
    let Some(date) = date else { return true };
    let (_, fraction_bytes) = fraction(time.as_bytes().get(8..).unwrap_or_default());
    if 8 + fraction_bytes != time.len() {
        return false;
    }
    let text = format!("{date}T{time}{}", if is_local { "" } else { "Z" });
    writer.time_text(&text)
}

/// The values of a line: between tabs where it has any, else between spaces; in quotes, two of which stand for one.
#[derive(Debug, Clone)]
struct Values<'a> {
    text: &'a str,
    by_tabs: bool,
}

impl<'a> Values<'a> {
    fn new(line: &'a str) -> Self {
        let by_tabs = line.contains('\t');
        Self { text: if by_tabs { line } else { line.trim_ascii() }, by_tabs }
    }

    /// What follows the values that were taken.
    fn rest(&self) -> &'a str {
        self.text.trim_ascii()
    }
}

impl<'a> Iterator for Values<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        if self.text.is_empty() {
            return None;
        }
        if self.by_tabs {
            let (value, rest) = self.text.split_once('\t').unwrap_or((self.text, ""));
            self.text = rest;
            return Some(unquoted(value.trim_ascii()));
        }
        let end = match self.text.strip_prefix('"') {
            Some(inner) => closing_quote(inner).map_or(self.text.len(), |end| end + 2),
            None => self.text.find([' ', '\t']).unwrap_or(self.text.len()),
        };
        let (value, rest) = self.text.split_at(end);
        self.text = rest.trim_ascii_start();
        Some(unquoted(value))
    }
}

fn unquoted(value: &str) -> &str {
    value.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(value)
}

/// The quote that ends a text; two of them stand for one.
fn closing_quote(inner: &str) -> Option<usize> {
    let bytes = inner.as_bytes();
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'"', bytes.get(at..)?) {
        at += found;
        if bytes.get(at + 1) != Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(line: &str) -> Vec<&str> {
        Values::new(line).collect()
    }

    #[test]
    fn values_stand_between_spaces_or_tabs() {
        assert_eq!(values("a  b - \"c d\" e=\"f g\""), ["a", "b", "-", "c d", "e=\"f", "g\""]);
        assert_eq!(values("a \" \"\"x\"\" y \" b"), ["a", " \"\"x\"\" y ", "b"]);
        assert_eq!(values("a\t\tb c\t-"), ["a", "", "b c", "-"]);
        assert_eq!(values("\"open a"), ["\"open a"]);
        assert!(values("").is_empty());
        assert_eq!(date_of("2024-03-05 x"), Some("2024-03-05"));
        assert_eq!((date_of("2024-03-05T"), date_of("2024/03/05 "), date_of("é")), (None, None, None));
    }
}
