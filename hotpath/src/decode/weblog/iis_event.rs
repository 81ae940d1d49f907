//! IIS's access log as Windows events have it: `<Event ...><EventData><Data Name="c-ip">192.0.2.1</Data>...`.

use super::columns::Writer;
use super::request::Target;
use crate::batch::ShortText;

const FORM: ShortText = ShortText::new("iis_event");
/// What the provider of these events is called.
const PROVIDER: &[u8] = b"Microsoft-Windows-IIS-Logging";
/// Data of an event that are looked at.
const DATA_MAX: usize = 64;

/// Puts an event of IIS; `None` for any other text.
pub(super) fn put(line: &str, writer: &mut Writer<'_>) -> Option<Result<(), &'static str>> {
    if !line.starts_with("<Event") || memchr::memmem::find(line.as_bytes(), PROVIDER).is_none() {
        return None;
    }
    writer.form(FORM);
    let (mut date, mut time) = ("", "");
    let mut rest = line;
    for _ in 0..DATA_MAX {
        let Some(datum) = next_datum(&mut rest) else { break };
        match datum {
            ("date", value) => date = value,
            ("time", value) => time = value,
            (name, value) => put_datum(name, value, writer),
        }
    }
    // UTC, as in IIS's files.
    if writer.time_text(&format!("{date}T{time}Z")) {
        return Some(Ok(()));
    }
    Some(Err("an event of IIS without its date and time"))
}

/// The next `<Data Name="name">value</Data>`.
fn next_datum<'a>(rest: &mut &'a str) -> Option<(&'a str, &'a str)> {
    let (_, after) = rest.split_once("<Data Name=\"")?;
    let (name, after) = after.split_once('"')?;
    let (_, after) = after.split_once('>')?;
    let (value, after) = after.split_once("</Data>")?;
    *rest = after;
    Some((name, value.trim_ascii()))
}

fn put_datum(name: &str, value: &str, writer: &mut Writer<'_>) {
    let unescaped = unescape(value);
    let value = unescaped.as_deref().unwrap_or(value);
    let columns = writer.columns;
    match name {
        "c-ip" => writer.source(value),
        "cs-username" => writer.text(columns.user_name, value),
        "cs-method" => writer.text(columns.http_method, value),
        "cs-uri-stem" => writer.text(columns.url_path, Target::parse(value).path),
        "cs-uri-query" => writer.text(columns.url_query, value),
        "sc-status" => writer.status(value),
        "sc-bytes" => writer.bytes(value),
        "csUser-Agent" | "cs(User-Agent)" => writer.text(columns.user_agent, value),
        "csReferer" | "cs(Referer)" => writer.text(columns.http_referer, value),
        "cs-host" => writer.text(columns.http_host, value),
        "sc-win32-status" | "cs-bytes" | "s-port" | "sc-substatus" => writer.extra_number(name, value),
        "time-taken" => writer.extra_double(name, value),
        _ => writer.extra(name, value),
    }
}

/// The text of a value with the five entities that XML has by itself; `None` where it has none.
fn unescape(value: &str) -> Option<String> {
    memchr::memchr(b'&', value.as_bytes())?;
    let mut text = String::with_capacity(value.len());
    let mut rest = value;
    while let Some((before, after)) = rest.split_once('&') {
        text.push_str(before);
        let entities = [("amp;", '&'), ("lt;", '<'), ("gt;", '>'), ("quot;", '"'), ("apos;", '\'')];
        match entities.into_iter().find(|(entity, _)| after.starts_with(entity)) {
            Some((entity, character)) => {
                text.push(character);
                rest = &after[entity.len()..];
            }
            None => {
                text.push('&');
                rest = after;
            }
        }
    }
    text.push_str(rest);
    Some(text)
}
