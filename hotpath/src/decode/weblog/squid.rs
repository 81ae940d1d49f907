//! Squid's own access log: `1386543323.000 4 192.0.2.1 TCP_DENIED/403 4099 GET http://h/ user HIER_NONE/- text/html`.

use super::columns::{Writer, is_address};
use super::request::Target;
use super::tokens::Tokens;
use crate::batch::ShortText;
use crate::decode::syslog::iso_time::fraction;

const FORM: ShortText = ShortText::new("squid");
/// Digits of seconds since 1970, from 2001 on.
const SECONDS_DIGITS: usize = 10;

/// Puts a line of the form; `None` where it is none.
pub(super) fn put(line: &str, writer: &mut Writer<'_>) -> Option<Result<(), &'static str>> {
    let mut tokens = Tokens::new(line);
    let time_us = instant(tokens.word()?)?;
    let elapsed = tokens.word()?;
    let source = tokens.word()?;
    let (result, status) = tokens.word()?.split_once('/')?;
    if elapsed.parse::<i64>().is_err() || !(is_address(source) || status.parse::<u16>().is_ok()) {
        return None;
    }
    writer.form(FORM);
    writer.rows.set_event_time(time_us);
    writer.extra_number("duration_ms", elapsed);
    writer.source(source);
    writer.extra("result_code", result);
    writer.status(status);
    writer.bytes(tokens.word().unwrap_or(""));
    writer.text(writer.columns.http_method, tokens.word().unwrap_or(""));
    let target = tokens.word().unwrap_or("");
    // Squid names what it refused before there was a target: `error:method-not-allowed`.
    if target.starts_with("error:") {
        writer.text(writer.columns.url_original, target);
    } else if target != "-" {
        writer.target(Target::parse(target));
    }
    writer.text(writer.columns.user_name, tokens.word().unwrap_or(""));
    let (hierarchy, server) = tokens.word().unwrap_or("").split_once('/').unwrap_or(("", ""));
    writer.extra("hierarchy_code", hierarchy);
    writer.extra("peer_host", server);
    writer.extra("content_type", tokens.word().unwrap_or(""));
    writer.text(writer.columns.other_fields, tokens.rest.trim_ascii_end());
    Some(Ok(()))
}

/// Seconds since 1970 with a fraction, in microseconds.
fn instant(word: &str) -> Option<i64> {
    let (seconds, _) = word.split_once('.')?;
    if seconds.len() != SECONDS_DIGITS {
        return None;
    }
    let (micros, fraction_bytes) = fraction(word.as_bytes().get(SECONDS_DIGITS..)?);
    let seconds: u32 = seconds.parse().ok()?;
    (fraction_bytes > 1 && SECONDS_DIGITS + fraction_bytes == word.len())
        .then_some(i64::from(seconds) * 1_000_000 + i64::from(micros))
}
