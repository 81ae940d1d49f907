//! Access logs in the common and combined formats, and what is made of them: a virtual host in front, parts left out,
//! further fields behind.

use super::columns::{Writer, is_address};
use super::time;
use super::tokens::{Token, Tokens};
use super::{haproxy, time_first};
use crate::batch::ShortText;
use crate::decode::syslog::bsd_time::BsdStamp;

const FORM: ShortText = ShortText::new("access");
const TRAEFIK: ShortText = ShortText::new("traefik");
/// Bytes before the time that are looked at.
const PREFIX_BYTES_MAX: usize = 1_024;
/// Brackets that are tried for one that holds a time.
const BRACKETS_MAX: usize = 8;
/// Words before the time of a line whose source is a name: host, ident, user, and a virtual host before them.
const NAMED_WORDS_MAX: usize = 4;

/// The form of a line's parts around the time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Parts<'a> {
    pub(super) before: &'a str,
    pub(super) stamp: BsdStamp,
    pub(super) after: &'a str,
}

/// Finds `[17/Oct/2023:05:57:49 +1100]`.
pub(super) fn split(line: &str) -> Option<Parts<'_>> {
    let looked_at = line.as_bytes().get(..PREFIX_BYTES_MAX).unwrap_or(line.as_bytes());
    for open in memchr::memchr_iter(b'[', looked_at).take(BRACKETS_MAX) {
        let inner = line.get(open + 1..)?;
        let Some(stamp) = time::common(inner) else { continue };
        let after = inner.get(stamp.length..)?.trim_ascii_start();
        if let Some(after) = after.strip_prefix(']') {
            let before = line.get(..open)?.trim_ascii();
            return Some(Parts { before, stamp, after: after.trim_ascii_start() });
        }
    }
    None
}

/// Puts a line that has such a time; `false`, and nothing is put, where it has none.
pub(super) fn put(line: &str, writer: &mut Writer<'_>) -> Option<Result<(), &'static str>> {
    let parts = split(line)?;
    if parts.before.is_empty() {
        return time_first::put(parts, writer);
    }
    if let Some(found) = haproxy::put(parts, writer) {
        return Some(found);
    }
    let who = Who::parse(parts.before)?;
    let (between, quoted) = parts.after.split_at(parts.after.find('"')?);
    let mut request = split_request(quoted)?;
    writer.stamp(parts.stamp);
    who.put(writer);
    put_between(between.trim_ascii(), writer);
    writer.request(request.line);
    writer.status(request.rest.word().unwrap_or(""));
    writer.bytes(request.rest.word().unwrap_or(""));
    Some(put_behind_bytes(request.rest, writer))
}

/// Words between the time and the request: the virtual host in some formats.
fn put_between(text: &str, writer: &mut Writer<'_>) {
    if text.contains(' ') {
        writer.extra("fields_before_request", text);
    } else {
        writer.text(writer.columns.http_host, text);
    }
}

/// A request line and what follows its quotes.
#[derive(Debug)]
pub(super) struct QuotedRequest<'a> {
    pub(super) line: &'a str,
    pub(super) rest: Tokens<'a>,
}

/// Takes the request from its quotes: they end before a status, whatever quotes a scanner has sent.
pub(super) fn split_request(quoted: &str) -> Option<QuotedRequest<'_>> {
    let inner = quoted.strip_prefix('"')?;
    for end in memchr::memmem::find_iter(inner.as_bytes(), "\" ") {
        let Some(rest) = inner.get(end + 2..) else { continue };
        if is_status(rest.split(' ').next().unwrap_or("")) {
            return Some(QuotedRequest { line: &inner[..end], rest: Tokens::new(rest) });
        }
    }
    let mut tokens = Tokens::new(quoted);
    match tokens.token()? {
        Token::Quoted(line) => Some(QuotedRequest { line, rest: tokens }),
        Token::Word(_) | Token::Open(_) => None,
    }
}

fn is_status(word: &str) -> bool {
    word == "-" || (word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Referer, user agent and further fields.
fn put_behind_bytes(mut tokens: Tokens<'_>, writer: &mut Writer<'_>) -> Result<(), &'static str> {
    for column in [writer.columns.http_referer, writer.columns.user_agent] {
        if !tokens.is_quoted() {
            break;
        }
        match tokens.token() {
            Some(Token::Open(text)) => {
                writer.form(FORM);
                writer.text(column, text);
                return Err("a text in quotes that does not end");
            }
            Some(token) => writer.text(column, token.text()),
            None => {}
        }
    }
    if put_traefik(tokens, writer) {
        writer.form(TRAEFIK);
        return Ok(());
    }
    writer.form(FORM);
    if !put_forwarded_for(tokens, writer) {
        writer.text(writer.columns.other_fields, tokens.rest.trim_ascii_end());
    }
    Ok(())
}

/// Traefik's `500 "test@docker" "http://172.17.0.3:80" 0ms`: requests so far, router, server, duration.
fn put_traefik(mut tokens: Tokens<'_>, writer: &mut Writer<'_>) -> bool {
    let (Some(Token::Word(count)), Some(Token::Quoted(router)), Some(Token::Quoted(server))) =
        (tokens.token(), tokens.token(), tokens.token())
    else {
        return false;
    };
    let Some(duration_ms) = tokens.rest.trim_ascii().strip_suffix("ms") else { return false };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(count) || !is_number(duration_ms) {
        return false;
    }
    writer.extra_number("request_count", count);
    writer.extra("router_name", router);
    writer.extra("service_url", server);
    writer.extra_number("duration_ms", duration_ms);
    true
}

/// nginx's example format ends in `"$http_x_forwarded_for"`.
fn put_forwarded_for(mut tokens: Tokens<'_>, writer: &mut Writer<'_>) -> bool {
    let Some(Token::Quoted(text)) = tokens.token() else { return false };
    let is_list = text == "-" || text.split(',').all(|part| is_address(part.trim_ascii()));
    if !is_list || !tokens.rest.trim_ascii().is_empty() {
        return false;
    }
    writer.extra("http_x_forwarded_for", text);
    true
}

/// What stands before the time.
#[derive(Debug, Default, PartialEq, Eq)]
struct Who<'a> {
    /// The virtual host, and its port.
    host: &'a str,
    source: &'a str,
    ident: &'a str,
    user: &'a str,
}

impl<'a> Who<'a> {
    /// Source, ident and user; a virtual host before them. `None` where the words are something else.
    fn parse(text: &'a str) -> Option<Self> {
        let mut tokens = Tokens::new(text);
        let (host, source) = source(text, &mut tokens)?;
        let ident = if tokens.rest.contains(' ') { tokens.word()? } else { "" };
        // User names have spaces in them.
        let user = tokens.rest.trim_ascii_end();
        let is_none = user.split(' ').all(|word| word == "-");
        Some(Self { host, source, ident, user: if is_none { "" } else { user } })
    }

    fn put(&self, writer: &mut Writer<'_>) {
        writer.source(self.source);
        writer.text(writer.columns.http_host, self.host);
        writer.extra("ident", self.ident);
        writer.text(writer.columns.user_name, self.user);
    }
}

/// The virtual host, if there is one, and the source.
fn source<'a>(text: &'a str, tokens: &mut Tokens<'a>) -> Option<(&'a str, &'a str)> {
    let first = tokens.word()?;
    if first.ends_with(',') {
        // The list of addresses that proxies gave.
        while tokens.word()?.ends_with(',') {}
        let list_bytes = text.len() - tokens.rest.len();
        return Some(("", text.get(..list_bytes)?.trim_ascii_end()));
    }
    if is_source(first) {
        return Some(("", first));
    }
    if first_word(tokens.rest).is_some_and(is_source) {
        return Some((first, tokens.word()?));
    }
    // A name stands for the source; where all four words are there, the first one is the virtual host.
    let words = text.split_ascii_whitespace().count();
    if words > NAMED_WORDS_MAX || !text.split_ascii_whitespace().all(is_name) {
        return None;
    }
    if words == NAMED_WORDS_MAX && first_word(tokens.rest) != Some("-") {
        return Some((first, tokens.word()?));
    }
    Some(("", first))
}

/// Whether a word may be a host or a user, and not a tag, a time or a part of other text.
fn is_name(word: &str) -> bool {
    let is_stamp = word.as_bytes().get(4) == Some(&b'-') && word.as_bytes().get(10) == Some(&b'T');
    !is_stamp && !word.ends_with(':') && !word.contains(['=', '"', '|', '[', '{'])
}

fn first_word(text: &str) -> Option<&str> {
    text.split(' ').next()
}

/// An address, with or without a port.
fn is_source(word: &str) -> bool {
    is_address(word) || super::columns::split_port(word).is_some()
}
