//! Apache's error log: `[Sat Jun 01 02:17:42 2013] [error] [client 192.0.2.1] message` (2.2), and
//! `[... 2013] [auth_basic:error] [pid 1:tid 2] [client 192.0.2.1:51386] AH01618: message` (2.4).

use super::columns::Writer;
use super::time;
use super::tokens::Tokens;
use crate::batch::ShortText;

const FORM: ShortText = ShortText::new("apache_error");
/// Letters and digits of a message's number.
const NUMBER_BYTES: usize = 7;
const REFERER: &str = ", referer: ";

/// Puts a line of the form; `None` where it is none.
pub(super) fn put(line: &str, writer: &mut Writer<'_>) -> Option<Result<(), &'static str>> {
    let mut tokens = Tokens::new(line);
    let start = tokens;
    let first = tokens.bracketed()?;
    match time::with_weekday(first) {
        Some(stamp) => writer.stamp(stamp),
        // By syslog it comes without its time.
        None if is_level(level_of(first)) && starts_with_process_or_client(tokens.rest) => tokens = start,
        None => return None,
    }
    writer.form(FORM);
    loop {
        let before = tokens;
        let Some(text) = tokens.bracketed() else { break };
        if !put_bracket(text, writer) {
            // It belongs to the message.
            tokens = before;
            break;
        }
    }
    let mut message = tokens.rest;
    if let Some((number, rest)) = split_number(message) {
        writer.extra("error_code", number);
        message = rest;
    }
    if let Some(at) = memchr::memmem::rfind(message.as_bytes(), REFERER.as_bytes()) {
        let (text, referer) = message.split_at(at);
        writer.text(writer.columns.http_referer, referer.get(REFERER.len()..).unwrap_or(""));
        message = text;
    }
    writer.text(writer.columns.message, message);
    Some(Ok(()))
}

/// What a bracket before the message says; `false` where it says nothing that is known.
fn put_bracket(text: &str, writer: &mut Writer<'_>) -> bool {
    if let Some(client) = text.strip_prefix("client ").or_else(|| text.strip_prefix("remote ")) {
        writer.source(client);
        return true;
    }
    if let Some(process) = text.strip_prefix("pid ") {
        let (process, thread) = process.split_once(":tid ").unwrap_or((process, ""));
        writer.extra_number("process_id", process);
        writer.extra_number("thread_id", thread);
        return true;
    }
    let level = level_of(text);
    if !is_level(level) {
        return false;
    }
    writer.extra("module", text.strip_suffix(level).unwrap_or("").trim_end_matches(':'));
    writer.text(writer.columns.level, level);
    true
}

/// `error` of `auth_basic:error`.
fn level_of(text: &str) -> &str {
    text.rsplit(':').next().unwrap_or(text)
}

fn is_level(word: &str) -> bool {
    matches!(
        word.trim_end_matches(|last: char| last.is_ascii_digit()),
        "emerg" | "alert" | "crit" | "error" | "warn" | "notice" | "info" | "debug" | "trace"
    )
}

fn starts_with_process_or_client(text: &str) -> bool {
    ["[pid ", "[client ", "[remote "].iter().any(|start| text.starts_with(start))
}

/// `AH01618: `.
fn split_number(message: &str) -> Option<(&str, &str)> {
    let (number, rest) = message.split_once(": ")?;
    let digits = number.strip_prefix("AH")?;
    (number.len() == NUMBER_BYTES && digits.bytes().all(|byte| byte.is_ascii_digit()))
        .then_some((number, rest))
}
