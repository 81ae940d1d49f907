//! Access logs that are JSON: Caddy, Traefik, Cloudflare, and nginx with a JSON format of people's own.
//!
//! Every member has its column; those that web logs have columns for under other names fill these too.

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

/// Values of members with a role by the numbers of their lines in [`ROLES`].
type Members<'a> = [Option<Value<'a>>; ROLES.len()];

impl JsonLines {
    /// Puts a line that is a JSON object; what is none gets a fault.
    pub(super) fn put(&mut self, line: &str, writer: &mut Writer<'_>) -> Result<(), &'static str> {
        self.reader.read(line, |document, scratch| {
            if !matches!(document.kind(), Kind::Object) {
                return Err(NO_OBJECT);
            }
            // Members that have the name of a column fill it first; those with a role fill what is left.
            document.put_fields(scratch, &mut EventSink(writer.rows));
            let mut members: Members<'_> = [None; ROLES.len()];
            find(document, "", &mut members);
            put_members(&members, writer);
            document.liberty().map_or(Ok(()), Err)
        })?
    }
}

/// Members as fields of an event that they are all of.
struct EventSink<'r>(&'r mut BatchBuilder);

impl FieldSink for EventSink<'_> {
    fn field(&mut self, name: &str, value: &Value<'_>) {
        self.0.event_field(name, value);
    }

    fn long_number(&mut self, name: &str, digits: &str, column_type: &ColumnType) {
        self.0.expect_event_field(name, column_type);
        self.0.event_field(name, &Value::Text(digits));
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
            (Kind::Array(mut items), ..) => note(path, name, items.next(), members),
            (Kind::Text(_) | Kind::Other, ..) => note(path, name, Some(member), members),
        }
    }
}

fn note<'a>(path: &str, name: &str, value: Option<Document<'a>>, members: &mut Members<'a>) {
    let is_it = |known: &str| match known.strip_prefix(path) {
        Some(own) if path.is_empty() => own == name,
        Some(own) => own.strip_prefix('.') == Some(name),
        None => false,
    };
    let Some(number) = ROLES.iter().position(|(known, _)| is_it(known)) else { return };
    if let Some(member) = members.get_mut(number)
        && member.is_none()
    {
        *member = value.and_then(|value| value.scalar());
    }
}

fn put_members(members: &Members<'_>, writer: &mut Writer<'_>) {
    writer.form(form_of(members));
    let mut has_time = false;
    for ((_, role), found) in ROLES.iter().zip(members) {
        let Some(found) = found else { continue };
        match (role, found) {
            (Role::Time, _) if has_time => {}
            (Role::Time, found) => has_time = put_time(*found, writer),
            (Role::Status, Value::Int64(number)) => {
                writer.rows.put_i64(writer.columns.http_status, *number);
            }
            (Role::Bytes, Value::Int64(number)) => writer.rows.put_i64(writer.columns.bytes, *number),
            (_, Value::Text(text)) => put_text(*role, text, writer),
            _ => {}
        }
    }
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

fn put_text(role: Role, text: &str, writer: &mut Writer<'_>) {
    let columns = writer.columns;
    match role {
        Role::Source if writer.rows.has_value(columns.source_ip) => {}
        Role::Source => writer.source(text),
        Role::User => writer.text(columns.user_name, text),
        Role::Method => writer.text(columns.http_method, text),
        Role::Target if text != "-" => writer.target(Target::parse(text)),
        Role::Path => writer.text(columns.url_path, text),
        Role::Query => writer.text(columns.url_query, text),
        Role::Request if request::parse(text).is_some() => writer.request(text),
        Role::Request => writer.text(columns.http_request, text),
        Role::Protocol => writer.text(columns.http_version, text.strip_prefix("HTTP/").unwrap_or(text)),
        Role::Status if !writer.rows.has_value(columns.http_status) => writer.status(text),
        Role::Bytes if !writer.rows.has_value(columns.bytes) => writer.bytes(text),
        Role::Referer => writer.text(columns.http_referer, text),
        Role::Agent => writer.text(columns.user_agent, text),
        Role::Host => writer.text(columns.http_host, text),
        Role::Level => writer.text(columns.level, text),
        Role::Message => writer.text(columns.message, text),
        Role::Target | Role::Status | Role::Bytes | Role::Time => {}
    }
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
