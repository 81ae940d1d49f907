//! Lines that servers write beside their access and error logs: a time, perhaps a level, and text.

use super::columns::Writer;
use super::time;
use super::tokens::Tokens;
use crate::batch::ShortText;

const FORM: ShortText = ShortText::new("text");
/// Letters of the longest level.
const LEVEL_BYTES_MAX: usize = 9;

/// Puts `28-Mar-2022 07:01:48.459 INFO [main] text`, `[2022-02-11 13:41:28] text` or
/// `2022-06-08 22:49:20.774649 [NOTICE] text`; `None` where the line has no such time.
pub(super) fn put(line: &str, writer: &mut Writer<'_>) -> Option<Result<(), &'static str>> {
    let rest = if let Some(stamp) = time::dashed(line).or_else(|| time::slashed(line)) {
        writer.stamp(stamp);
        line.get(stamp.length..)?
    } else {
        let inner = line.strip_prefix('[').unwrap_or(line);
        let stamp = writer.clock.times.parse_iso(inner)?;
        let rest = inner.get(stamp.length..)?;
        let rest = if inner.len() < line.len() { rest.strip_prefix(']')? } else { rest };
        if !rest.starts_with([' ', '\t']) {
            return None;
        }
        let time_us = writer.clock.times.of_iso(&stamp, writer.clock.received_us);
        writer.rows.set_event_time(time_us);
        rest
    };
    let mut tokens = Tokens::new(rest);
    writer.form(FORM);
    writer.text(writer.columns.message, tokens.rest);
    let level = tokens.bracketed().or_else(|| tokens.word()).unwrap_or("");
    if is_level(level) {
        writer.text(writer.columns.level, level);
    }
    Some(Ok(()))
}

fn is_level(word: &str) -> bool {
    let mut lower = [0; LEVEL_BYTES_MAX];
    let Some(lower) = lower.get_mut(..word.len()) else { return false };
    lower.copy_from_slice(word.as_bytes());
    lower.make_ascii_lowercase();
    matches!(
        &*lower,
        b"trace"
            | b"debug"
            | b"info"
            | b"notice"
            | b"warn"
            | b"warning"
            | b"error"
            | b"err"
            | b"severe"
            | b"critical"
            | b"crit"
            | b"alert"
            | b"emerg"
            | b"fatal"
            | b"fine"
    )
}
