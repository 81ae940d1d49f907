//! Access logs that are JSON: Caddy, Traefik, Cloudflare, and nginx with a JSON format of people's own.
//!
//! Members that web logs have columns for, whatever they are called, fill these; every other member has its own.

use super::columns::Writer;
use super::json_roles::{ROLES, Role};
use super::request::{self, Target};
use super::time;
use crate::batch::{BatchBuilder, ShortText, Value};
use crate::cut::ColumnType;
use crate::decode::json::{Document, FieldSink, JsonReader, Kind};

const CADDY: ShortText = ShortText::new("caddy");
const TRAEFIK: ShortText = ShortText::new("traefik");
const CLOUDFLARE: ShortText = ShortText::new("cloudflare");
const OTHER: ShortText = ShortText::new("json");
const NO_OBJECT: &str = "JSON that is no object";

/// Parses lines; its memory is used again for the next one.
#[derive(Debug, Default)]
pub(super) struct JsonLines {
    reader: JsonReader,
}

/// A value that has a role.
#[derive(Debug, Clone, Copy)]
struct Found<'a> {
    value: Value<'a>,
    /// It is all of its member: not one of several items.
    is_whole: bool,
}

/// Members with a role by the numbers of their lines in [`ROLES`].
type Members<'a> = [Option<Found<'a>>; ROLES.len()];

/// Members that the columns of web logs hold as they are, by the same numbers.
type Taken = [bool; ROLES.len()];

impl JsonLines {
    /// Puts a line that is a JSON object; what is none gets a fault.
    pub(super) fn put(&mut self, line: &str, writer: &mut Writer<'_>) -> Result<(), &'static str> {
        self.reader.read(line, |document, scratch| {
            if !matches!(document.kind(), Kind::Object) {
                return Err(NO_OBJECT);
            }
            let mut members: Members<'_> = [None; ROLES.len()];
            find(document, "", &mut members);
            let taken = put_members(&members, writer);
            document.put_fields(scratch, &mut OtherMembers { taken, rows: writer.rows });
            document.liberty().map_or(Ok(()), Err)
        })?
    }
}

/// Puts the members that are left as fields of the event.
struct OtherMembers<'r> {
    taken: Taken,
    rows: &'r mut BatchBuilder,
}

impl FieldSink for OtherMembers<'_> {
    fn field(&mut self, name: &str, value: &Value<'_>) {
        let mut roles = ROLES.iter().zip(&mut self.taken);
        if let Some((_, taken)) = roles.find(|((known, _), taken)| **taken && *known == name) {
            // A second member of the name is another one.
            *taken = false;
            return;
        }
        self.rows.event_field(name, value);
    }

    fn long_number(&mut self, name: &str, digits: &str, column_type: &ColumnType) {
        self.rows.expect_event_field(name, column_type);
        self.rows.event_field(name, &Value::Text(digits));
    }
}

/// Finds the members with a role; those that are known stand in the object itself, in `request`, and in its `headers`.
fn find<'a>(object: Document<'a>, path: &str, members: &mut Members<'a>) {
    for (name, member) in object.members() {
        match (member.kind(), path, name) {
            (Kind::Object, "", "request") => find(member, "request", members),
            (Kind::Object, "request", "headers") => find(member, "request.headers", members),
            (Kind::Object, ..) => {}
            // Of a header that came more than once the first one counts.
            (Kind::Array(mut items), ..) => {
                let is_whole = items.count_left() == 1;
                note(path, name, items.next(), is_whole, members);
            }
            (Kind::Text(_) | Kind::Other, ..) => note(path, name, Some(member), true, members),
        }
    }
}

fn note<'a>(path: &str, name: &str, value: Option<Document<'a>>, is_whole: bool, members: &mut Members<'a>) {
    let is_it = |known: &str| match known.strip_prefix(path) {
        Some(own) if path.is_empty() => own == name,
        Some(own) => own.strip_prefix('.') == Some(name),
        None => false,
    };
    let Some(number) = ROLES.iter().position(|(known, _)| is_it(known)) else { return };
    if let Some(member) = members.get_mut(number)
        && member.is_none()
    {
        let value = value.and_then(|value| value.scalar());
        *member = value.map(|value| Found { value, is_whole });
    }
}

fn put_members(members: &Members<'_>, writer: &mut Writer<'_>) -> Taken {
    writer.form(form_of(members));
    let mut taken = [false; ROLES.len()];
    let mut has_time = false;
    for (((_, role), found), taken) in ROLES.iter().zip(members).zip(&mut taken) {
        let Some(Found { value, is_whole }) = found else { continue };
        if *role == Role::Time {
            // It keeps its column, with digits that a column of times does not have.
            has_time = has_time || put_time(*value, writer);
            continue;
        }
        *taken = put_member(*role, value, writer) && *is_whole;
    }
    taken
}

/// Whose log the line is of, by a member that no other has.
fn form_of(members: &Members<'_>) -> ShortText {
    let has =
        |name: &str| ROLES.iter().zip(members).any(|((known, _), found)| *known == name && found.is_some());
    if has("request.uri") || (has("ts") && has("msg") && has("level")) {
        return CADDY;
    }
    if has("ClientHost") || has("DownstreamStatus") {
        return TRAEFIK;
    }
    if has("ClientIP") && has("ClientRequestHost") { CLOUDFLARE } else { OTHER }
}

/// Puts a member into the column of its role; `false`, and nothing is put, where that has a value or another type.
fn put_member(role: Role, value: &Value<'_>, writer: &mut Writer<'_>) -> bool {
    let column = role.column(&writer.columns);
    if writer.rows.has_value(column) {
        return false;
    }
    match (role, value) {
        (Role::Status | Role::Bytes, Value::Int64(number)) => writer.rows.put_i64(column, *number),
        (Role::Status, Value::Text(text)) => writer.status(text),
        (Role::Bytes, Value::Text(text)) => writer.bytes(text),
        (Role::Source, Value::Text(text)) => writer.source(text),
        (Role::Target, Value::Text(text)) if *text != "-" => writer.target(Target::parse(text)),
        (Role::Request, Value::Text(text)) if request::parse(text).is_some() => writer.request(text),
        (Role::Protocol, Value::Text(text)) => {
            writer.text(column, text.strip_prefix("HTTP/").unwrap_or(text));
        }
        (_, Value::Text(text)) => writer.text(column, text),
        _ => return false,
    }
    true
}

/// A time as text, or since 1970 in seconds with a fraction or in a whole number.
fn put_time(found: Value<'_>, writer: &mut Writer<'_>) -> bool {
    match found {
        Value::Text(text) => {
            if let Some(stamp) = time::common(text) {
                writer.stamp(stamp);
                return true;
            }
            writer.time_text(text)
        }
        Value::Int64(number) => writer.time_text(&number.to_string()),
        Value::Double(seconds) => {
            const LATEST_S: f64 = 1e11;
            let is_time = seconds > 0.0 && seconds < LATEST_S;
            if is_time {
                writer.rows.set_event_time((seconds * 1e6).round() as i64);
            }
            is_time
        }
        Value::Boolean(_) | Value::Timestamp(_) | Value::List(_) => false,
    }
}

/// Caddy's log for consoles: a time, `INFO`, `http.log.access`, `handled request` and `{...}`, with tabs between.
pub(super) fn split_console(line: &str) -> Option<Console<'_>> {
    let mut parts = line.split('\t');
    let stamp_text = parts.next()?;
    let stamp = time::slashed(stamp_text).filter(|stamp| stamp.length == stamp_text.len())?;
    let level = parts.next()?;
    let object_at = line.find("\t{").map(|at| at + 1);
    let end = object_at.map_or(line.len(), |at| at - 1);
    let message = line.get(stamp_text.len() + level.len() + 2..end)?;
    let (logger, message) = message.split_once('\t').unwrap_or(("", message));
    Some(Console { stamp, level, logger, message, object: object_at.and_then(|at| line.get(at..)) })
}

/// The parts of such a line.
#[derive(Debug)]
pub(super) struct Console<'a> {
    stamp: crate::decode::syslog::bsd_time::BsdStamp,
    level: &'a str,
    logger: &'a str,
    message: &'a str,
    object: Option<&'a str>,
}

impl JsonLines {
    pub(super) fn put_console(
        &mut self,
        line: &Console<'_>,
        writer: &mut Writer<'_>,
    ) -> Result<(), &'static str> {
        writer.form(CADDY);
        writer.stamp(line.stamp);
        writer.text(writer.columns.level, line.level);
        writer.extra("logger", line.logger);
        writer.text(writer.columns.message, line.message);
        line.object.map_or(Ok(()), |object| self.put(object, writer))
    }
}
