//! Access logs that are JSON: Caddy, Traefik, Cloudflare, and nginx with a JSON format of people's own.
//!
//! Every member has its column; those that web logs have columns for under other names fill these too.

use simd_json::{Buffers, Node, StaticNode, Tape};

use super::columns::Writer;
use super::json_roles::{ROLES, Role};
use super::request::{self, Target};
use super::time;
use crate::batch::ShortText;
use crate::decode::body::JsonFields;
use crate::limits::JSON_FLATTEN_DEPTH_MAX;

const CADDY: ShortText = ShortText::new("caddy");
const TRAEFIK: ShortText = ShortText::new("traefik");
const CLOUDFLARE: ShortText = ShortText::new("cloudflare");
const OTHER: ShortText = ShortText::new("json");
const BROKEN: &str = "broken JSON (RFC 8259)";
/// Objects in objects that are looked into for what web logs have columns for.
const DEPTH_MAX: usize = if JSON_FLATTEN_DEPTH_MAX < 3 { JSON_FLATTEN_DEPTH_MAX } else { 3 };

/// Parses lines; its memory is used again for the next one.
#[derive(Default)]
pub(super) struct JsonLines {
    fields: JsonFields,
    /// simd-json unescapes in place, so it works on a copy.
    copy: Vec<u8>,
    buffers: Buffers,
    tape: Option<Tape<'static>>,
}

impl std::fmt::Debug for JsonLines {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("JsonLines").field("copy_bytes", &self.copy.capacity()).finish_non_exhaustive()
    }
}

/// A value of a member that has a role.
#[derive(Debug, Clone, Copy)]
enum Found<'a> {
    Text(&'a str),
    Integer(i64),
    Double(f64),
}

/// Members with a role by the numbers of their lines in [`ROLES`].
type Members<'a> = [Option<Found<'a>>; ROLES.len()];

impl JsonLines {
    /// Puts a line that is a JSON object; what is none gets a fault.
    pub(super) fn put(&mut self, line: &str, writer: &mut Writer<'_>) -> Result<(), &'static str> {
        self.copy.clear();
        self.copy.extend_from_slice(line.as_bytes());
        let mut tape = self.tape.take().unwrap_or_else(|| Tape(Vec::new())).reset();
        let parsed = simd_json::fill_tape(&mut self.copy, &mut self.buffers, &mut tape).is_ok();
        // Members that have the name of a column fill it first; those with a role fill what is left.
        let is_object = parsed && self.fields.extract_event(line, writer.rows);
        if is_object {
            let mut members: Members<'_> = [None; ROLES.len()];
            find(&tape.0, "", 0, &mut members);
            put_members(&members, writer);
        }
        self.tape = Some(tape.reset());
        if is_object { Ok(()) } else { Err(BROKEN) }
    }
}

/// Finds the members with a role in the object that the nodes begin with.
fn find<'a>(nodes: &[Node<'a>], path: &str, depth: usize, members: &mut Members<'a>) {
    let Some(Node::Object { len, .. }) = nodes.first() else { return };
    let mut rest = &nodes[1..];
    for _ in 0..*len {
        let [Node::String(name), value @ ..] = rest else { return };
        let nodes_of_value = match value.first() {
            Some(Node::Object { count, .. } | Node::Array { count, .. }) => (count + 1).min(value.len()),
            _ => 1.min(value.len()),
        };
        let (value, after) = value.split_at(nodes_of_value);
        rest = after;
        let is_role = |known: &str| match known.strip_prefix(path) {
            Some(own) if path.is_empty() => own == *name,
            Some(own) => own.strip_prefix('.') == Some(*name),
            None => false,
        };
        match value {
            [Node::Object { .. }, ..] if depth + 1 < DEPTH_MAX => {
                // Of the objects around the members that are known each has one name.
                let inner = match (path, *name) {
                    ("", "request") => "request",
                    ("request", "headers") => "request.headers",
                    _ => continue,
                };
                find(value, inner, depth + 1, members);
            }
            [Node::Array { .. }, first, ..] => note(first, is_role, members),
            [scalar] => note(scalar, is_role, members),
            _ => {}
        }
    }
}

fn note<'a>(node: &Node<'a>, is_role: impl Fn(&str) -> bool, members: &mut Members<'a>) {
    let Some(number) = ROLES.iter().position(|(known, _)| is_role(known)) else { return };
    let found = match node {
        Node::String(text) => Found::Text(text),
        Node::Static(StaticNode::I64(number)) => Found::Integer(*number),
        Node::Static(StaticNode::U64(number)) => match i64::try_from(*number) {
            Ok(number) => Found::Integer(number),
            Err(_) => return,
        },
        Node::Static(StaticNode::F64(number)) => Found::Double(*number),
        _ => return,
    };
    if let Some(member) = members.get_mut(number)
        && member.is_none()
    {
        *member = Some(found);
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
            (Role::Status, Found::Integer(number)) => {
                writer.rows.put_i64(writer.columns.http_status, *number);
            }
            (Role::Bytes, Found::Integer(number)) => writer.rows.put_i64(writer.columns.bytes, *number),
            (_, Found::Text(text)) => put_text(*role, text, writer),
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
fn put_time(found: Found<'_>, writer: &mut Writer<'_>) -> bool {
    match found {
        Found::Text(text) => {
            if let Some(stamp) = time::common(text) {
                writer.stamp(stamp);
                return true;
            }
            writer.time_text(text)
        }
        Found::Integer(number) => writer.time_text(&number.to_string()),
        Found::Double(seconds) => {
            const LATEST_S: f64 = 1e11;
            let is_time = seconds > 0.0 && seconds < LATEST_S;
            if is_time {
                writer.rows.set_event_time((seconds * 1e6).round() as i64);
            }
            is_time
        }
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
