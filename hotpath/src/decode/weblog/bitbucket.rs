//! Bitbucket's access log: fields between bars.
//! `192.0.2.1 | https | o@1x2 | user | 2012-10-29 00:06:26,838 | "request" | "referer" "agent" | 200 | 13 | 0 | refs | 101 | s |`

use super::columns::Writer;
use super::request;
use super::tokens::{Token, Tokens};
use crate::batch::ShortText;

const FORM: ShortText = ShortText::new("bitbucket");
/// Fields up to the request, which every line has.
const FIELDS_MIN: usize = 7;
/// The fields behind the status.
const LAST_FIELDS: [&str; 5] = ["bytes_read", "bytes_written", "labels", "duration_ms", "session_id"];

/// Puts a line of the form; `None` where it is none.
pub(super) fn put(line: &str, writer: &mut Writer<'_>) -> Option<Result<(), &'static str>> {
    let mut fields: Vec<&str> = line.split(" |").map(str::trim_ascii).take(32).collect();
    let request_at = fields.iter().position(|field| field.starts_with('"'))?;
    if fields.len() < FIELDS_MIN || !(5..=6).contains(&request_at) {
        return None;
    }
    // A request that comes through the mesh has the number of the outer one too.
    let outer_request = if request_at == 6 { fields.remove(3) } else { "-" };
    let [source, protocol, request_id, user, time, request, ..] = fields[..] else { return None };
    let stamp = writer.clock.times.parse_iso(time).filter(|stamp| stamp.length == time.len())?;
    let time_us = writer.clock.times.of_iso(&stamp, writer.clock.received_us);
    writer.rows.set_event_time(time_us);
    writer.form(FORM);
    writer.source(source);
    writer.extra("protocol", protocol);
    writer.extra("request_id", request_id);
    writer.extra("outer_request_id", outer_request);
    writer.text(writer.columns.user_name, user);
    let request = request.trim_matches('"');
    if request::parse(request).is_some() {
        writer.request(request);
    } else {
        writer.text(writer.columns.http_request, request);
    }
    put_end(fields.get(6..).unwrap_or_default(), writer);
    Some(Ok(()))
}

fn put_end(fields: &[&str], writer: &mut Writer<'_>) {
    let Some((clients, rest)) = fields.split_first() else { return };
    let mut tokens = Tokens::new(clients);
    writer.text(writer.columns.http_referer, tokens.token().map_or("", Token::text));
    writer.text(writer.columns.user_agent, tokens.token().map_or("", Token::text));
    let Some((status, rest)) = rest.split_first() else { return };
    writer.status(status);
    for (name, value) in LAST_FIELDS.into_iter().zip(rest) {
        match name {
            "bytes_written" => writer.bytes(value),
            "bytes_read" | "duration_ms" => writer.extra_number(name, value),
            _ => writer.extra(name, value),
        }
    }
}
