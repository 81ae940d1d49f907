//! Access logs that begin with the time: nginx proxy manager, Jira and Confluence, and formats of people's own.

use super::access::{Parts, split_request};
use super::columns::{Writer, is_address};
use super::request::Target;
use super::tokens::{Token, Tokens};
use crate::batch::ShortText;

const FORM: ShortText = ShortText::new("access");
const PROXY_MANAGER: ShortText = ShortText::new("npm");
const ATLASSIAN: ShortText = ShortText::new("tomcat");
/// Words before the method in the logs of Jira: a proxy's address, user, thread and source.
const TOMCAT_WORDS_MAX: usize = 4;

/// What came of a line that has the form.
type Put = Option<Result<(), &'static str>>;

pub(super) fn put(parts: Parts<'_>, writer: &mut Writer<'_>) -> Put {
    if parts.after.contains("[Client ") {
        return put_proxy_manager(parts, writer);
    }
    if let Some(quote) = parts.after.find('"') {
        return put_own(parts, quote, writer);
    }
    put_tomcat(parts, writer)
}

/// `HIT 200 200 - GET https host "/path" [Client 192.0.2.1] [Length 1543] [Gzip 2.45] [Sent-to 10.0.0.15] "agent"
/// "referer"`, or without the cache status and the upstream's.
fn put_proxy_manager(parts: Parts<'_>, writer: &mut Writer<'_>) -> Put {
    let (head, tail) = parts.after.split_at(parts.after.find('"')?);
    let words: Vec<&str> = head.split_ascii_whitespace().take(8).collect();
    let (cache, upstream, status, method, scheme, host) = match words[..] {
        [cache, upstream, status, "-", method, scheme, host] => {
            (cache, upstream, status, method, scheme, host)
        }
        [status, "-", method, scheme, host] => ("-", "-", status, method, scheme, host),
        _ => return None,
    };
    let inner = tail.strip_prefix('"')?;
    let end = memchr::memmem::find(inner.as_bytes(), b"\" [Client ")?;
    let mut tokens = Tokens::new(inner.get(end + 1..)?);
    writer.form(PROXY_MANAGER);
    writer.stamp(parts.stamp);
    writer.extra("upstream_cache_status", cache);
    writer.extra_number("upstream_status", upstream);
    writer.status(status);
    writer.text(writer.columns.http_method, method);
    writer.extra("url_scheme", scheme);
    writer.text(writer.columns.http_host, host);
    writer.target(Target::parse(&inner[..end]));
    while let Some(text) = tokens.bracketed() {
        let (name, value) = text.split_once(' ').unwrap_or((text, ""));
        match name {
            "Client" => writer.source(value),
            "Length" => writer.bytes(value),
            "Gzip" => writer.extra_double("gzip_ratio", value),
            "Sent-to" => writer.extra("sent_to", value),
            _ => writer.extra(name, value),
        }
    }
    for column in [writer.columns.user_agent, writer.columns.http_referer] {
        if let Some(token) = tokens.token() {
            writer.text(column, token.text());
        }
    }
    writer.text(writer.columns.other_fields, tokens.rest);
    Some(Ok(()))
}

/// `host 192.0.2.1 0.227 "GET / HTTP/2.0" 207 125 440 - agent`: the words before the request are told by what they are.
fn put_own(parts: Parts<'_>, quote: usize, writer: &mut Writer<'_>) -> Put {
    let (head, quoted) = parts.after.split_at(quote);
    let mut request = split_request(quoted)?;
    let words: Vec<&str> = head.split_ascii_whitespace().collect();
    let source = words.iter().position(|word| is_address(word))?;
    writer.form(FORM);
    writer.stamp(parts.stamp);
    writer.source(words[source]);
    for (number, word) in words.iter().enumerate() {
        match word.parse::<f64>() {
            _ if number == source => {}
            Ok(_) => writer.extra_double("request_time", word),
            Err(_) if *word == "_" => {}
            Err(_) => writer.text(writer.columns.http_host, word),
        }
    }
    writer.request(request.line);
    writer.status(request.rest.word().unwrap_or(""));
    writer.bytes(request.rest.word().unwrap_or(""));
    put_unquoted_end(request.rest, writer);
    Some(Ok(()))
}

/// Bytes sent with headers, referer and user agent, in quotes or not.
fn put_unquoted_end(mut tokens: Tokens<'_>, writer: &mut Writer<'_>) {
    if tokens.rest.starts_with(|first: char| first.is_ascii_digit()) {
        writer.extra_number("bytes_sent", tokens.word().unwrap_or(""));
    }
    let is_quoted = tokens.is_quoted();
    writer.text(writer.columns.http_referer, tokens.token().map_or("", Token::text));
    if is_quoted {
        writer.text(writer.columns.user_agent, tokens.token().map_or("", Token::text));
        writer.text(writer.columns.other_fields, tokens.rest.trim_ascii_end());
        return;
    }
    writer.text(writer.columns.user_agent, tokens.rest.trim_ascii_end());
}

/// `user thread 192.0.2.1 GET /path HTTP/1.1 200 1020ms 7881 referer agent`, an address of a proxy before the user.
fn put_tomcat(parts: Parts<'_>, writer: &mut Writer<'_>) -> Put {
    let version_at = memchr::memmem::find(parts.after.as_bytes(), b" HTTP/")?;
    let (head, tail) = (parts.after.get(..version_at)?, parts.after.get(version_at + 1..)?);
    let words: Vec<&str> = head.splitn(TOMCAT_WORDS_MAX + 3, ' ').collect();
    let (proxy, user, thread, source, method, target) = match words[..] {
        [user, thread, source, method, target] => ("-", user, thread, source, method, target),
        [proxy, user, thread, source, method, target] => (proxy, user, thread, source, method, target),
        _ => return None,
    };
    let mut tokens = Tokens::new(tail);
    let version = tokens.word()?.strip_prefix("HTTP/")?;
    writer.form(ATLASSIAN);
    writer.stamp(parts.stamp);
    writer.extra("http_x_forwarded_for", proxy);
    writer.text(writer.columns.user_name, user);
    writer.extra("thread_name", thread);
    writer.source(source);
    writer.text(writer.columns.http_method, method);
    writer.target(Target::parse(target));
    writer.text(writer.columns.http_version, version);
    writer.status(tokens.word().unwrap_or(""));
    let duration = tokens.word().unwrap_or("");
    writer.extra_number("duration_ms", duration.strip_suffix("ms").unwrap_or(duration));
    writer.bytes(tokens.word().unwrap_or(""));
    writer.text(writer.columns.http_referer, tokens.word().unwrap_or(""));
    writer.text(writer.columns.user_agent, tokens.rest.trim_ascii_end());
    Some(Ok(()))
}
