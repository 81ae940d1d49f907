//! nginx's error log: `2021/12/01 13:53:33 [error] 31#31: *46 message, client: 192.0.2.1, server: s, request: "..."`.

use super::columns::Writer;
use super::time;
use super::tokens::{Token, Tokens};
use crate::batch::ShortText;
use crate::limits::KEY_VALUE_PAIRS_MAX;

const FORM: ShortText = ShortText::new("nginx_error");
/// What begins the fields behind the message of a line about a connection.
const FIELDS_START: &str = ", client: ";

/// Puts a line of the form; `None` where it is none.
pub(super) fn put(line: &str, writer: &mut Writer<'_>) -> Option<Result<(), &'static str>> {
    let stamp = time::slashed(line)?;
    let mut tokens = Tokens::new(line.get(stamp.length..)?);
    let level = tokens.bracketed()?;
    let (process, thread) = tokens.word()?.strip_suffix(':')?.split_once('#')?;
    if !process.bytes().chain(thread.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    writer.form(FORM);
    writer.stamp(stamp);
    writer.text(writer.columns.level, level);
    writer.extra_number("process_id", process);
    writer.extra_number("thread_id", thread);
    if let Some(connection) = tokens.rest.strip_prefix('*')
        && let Some((number, rest)) = connection.split_once(' ')
    {
        writer.extra_number("connection_id", number);
        tokens.rest = rest;
    }
    let fields_at = memchr::memmem::find(tokens.rest.as_bytes(), FIELDS_START.as_bytes());
    let (message, fields) = tokens.rest.split_at(fields_at.unwrap_or(tokens.rest.len()));
    writer.text(writer.columns.message, message);
    put_fields(fields, writer);
    Some(Ok(()))
}

/// `, name: value` or `, name: "value"`, one behind the other.
fn put_fields(text: &str, writer: &mut Writer<'_>) {
    let mut rest = text;
    for _ in 0..KEY_VALUE_PAIRS_MAX {
        let Some((name, after)) = rest.strip_prefix(", ").and_then(|rest| rest.split_once(": ")) else {
            break;
        };
        let mut tokens = Tokens::new(after);
        let value = if tokens.is_quoted() {
            let value = tokens.token().map_or("", Token::text);
            rest = tokens.rest;
            value
        } else {
            let end = memchr::memmem::find(after.as_bytes(), b", ").unwrap_or(after.len());
            rest = after.get(end..).unwrap_or("");
            after.get(..end).unwrap_or("")
        };
        put_field(name, value, writer);
    }
    writer.text(writer.columns.other_fields, rest);
}

fn put_field(name: &str, value: &str, writer: &mut Writer<'_>) {
    match name {
        "client" => writer.source(value),
        "server" => writer.extra("server_name", value),
        "request" => writer.request(value),
        "host" => writer.text(writer.columns.http_host, value),
        "referrer" => writer.text(writer.columns.http_referer, value),
        "login" => writer.text(writer.columns.user_name, value),
        _ => writer.extra(name, value),
    }
}
