//! HAProxy's HTTP and TCP logs, and its lines about connections that failed (its configuration manual, section 8.2).

use super::access::Parts;
use super::columns::{Writer, split_port};
use super::tokens::Tokens;
use crate::batch::ShortText;

const HTTP: ShortText = ShortText::new("haproxy_http");
const TCP: ShortText = ShortText::new("haproxy_tcp");
const ERROR: ShortText = ShortText::new("haproxy_err");

/// Names of the times in an HTTP line, in milliseconds: waiting for the request, in the queue, for the connection, for
/// the response, and all of it.
const HTTP_TIMES: [&str; 5] = ["time_request", "time_queue", "time_connect", "time_response", "duration_ms"];
const TCP_TIMES: [&str; 3] = ["time_queue", "time_connect", "duration_ms"];
/// Names of the numbers of connections.
const CONNECTIONS: [&str; 5] =
    ["connections_active", "connections_frontend", "connections_backend", "connections_server", "retries"];
const QUEUES: [&str; 2] = ["queue_server", "queue_backend"];

/// Puts `192.0.2.1:14853 [time] frontend backend/server ...`; `None` where the line is none of these.
pub(super) fn put(parts: Parts<'_>, writer: &mut Writer<'_>) -> Option<Result<(), &'static str>> {
    split_port(parts.before)?;
    if parts.after.starts_with('"') {
        return None;
    }
    let mut tokens = Tokens::new(parts.after);
    let frontend = tokens.word()?;
    if let Some(listener) = frontend.strip_suffix(':') {
        put_start(ERROR, parts, writer);
        let (frontend, listener) = listener.split_once('/').unwrap_or((listener, ""));
        writer.extra("frontend_name", frontend);
        writer.extra("listener_name", listener);
        writer.text(writer.columns.message, tokens.rest);
        return Some(Ok(()));
    }
    let (backend, server) = tokens.word()?.split_once('/')?;
    let times = tokens.word()?;
    let form = match times.split('/').count() {
        5 => HTTP,
        3 => TCP,
        _ => return None,
    };
    put_start(form, parts, writer);
    // A frontend that ended TLS has a tilde behind its name.
    writer.extra("frontend_name", frontend.trim_end_matches('~'));
    writer.extra("backend_name", backend);
    writer.extra("server_name", server);
    if form == TCP {
        put_numbers(times, &TCP_TIMES, writer);
        writer.bytes(tokens.word().unwrap_or("").trim_start_matches('+'));
        writer.extra("termination_state", tokens.word().unwrap_or(""));
        put_numbers(tokens.word().unwrap_or(""), &CONNECTIONS, writer);
        put_numbers(tokens.word().unwrap_or(""), &QUEUES, writer);
        writer.text(writer.columns.other_fields, tokens.rest);
        return Some(Ok(()));
    }
    put_numbers(times, &HTTP_TIMES, writer);
    Some(put_http(tokens, writer))
}

fn put_start(form: ShortText, parts: Parts<'_>, writer: &mut Writer<'_>) {
    writer.form(form);
    writer.stamp(parts.stamp);
    writer.source(parts.before);
}

/// `200 739 - - --NN 0/0/0/0/0 0/0 {captured} {captured} "GET / HTTP/1.1"`.
fn put_http(mut tokens: Tokens<'_>, writer: &mut Writer<'_>) -> Result<(), &'static str> {
    let status = tokens.word().unwrap_or("");
    // -1 stands for a connection that ended before there was one.
    if status != "-1" {
        writer.status(status);
    }
    writer.bytes(tokens.word().unwrap_or("").trim_start_matches('+'));
    writer.extra("request_cookie", tokens.word().unwrap_or(""));
    writer.extra("response_cookie", tokens.word().unwrap_or(""));
    writer.extra("termination_state", tokens.word().unwrap_or(""));
    put_numbers(tokens.word().unwrap_or(""), &CONNECTIONS, writer);
    put_numbers(tokens.word().unwrap_or(""), &QUEUES, writer);
    let (head, request) = tokens.rest.split_at(tokens.rest.find('"').unwrap_or(tokens.rest.len()));
    put_captures(head, writer);
    let request = request.trim_start_matches('"').trim_ascii_end();
    let Some(line) = request.strip_suffix('"') else {
        // The line is cut at the longest that HAProxy writes; what is there of the request is kept.
        writer.text(writer.columns.http_request, request);
        return if request.is_empty() { Ok(()) } else { Err("a text in quotes that does not end") };
    };
    if line == "<BADREQ>" {
        writer.text(writer.columns.http_request, line);
    } else {
        writer.request(line);
    }
    Ok(())
}

/// Headers of request and response that were captured, in braces.
fn put_captures(text: &str, writer: &mut Writer<'_>) {
    let text = text.trim_ascii();
    let (request, response) = match text.split_once("} {") {
        Some((request, response)) => (request, response),
        None => (text, ""),
    };
    writer.extra("captured_request_headers", request.trim_matches(['{', '}']));
    writer.extra("captured_response_headers", response.trim_matches(['{', '}']));
}

/// Numbers between slashes; +1 marks those of a connection that was retried or logged early.
fn put_numbers(text: &str, names: &[&str], writer: &mut Writer<'_>) {
    for (name, number) in names.iter().zip(text.split('/')) {
        writer.extra_number(name, number.trim_start_matches('+'));
    }
}
