//! Access logs of AWS load balancers: application (`h2 2020-01-11T16:55:32.115600Z app/...`), classic
//! (`2021-05-13T23:39:43.945958Z my-loadbalancer ...`) and network (`tls 2.0 2022-04-01T08:51:42 net/...`).

use super::columns::Writer;
use super::tokens::{Token, Tokens};
use crate::batch::ShortText;

const CLASSIC: ShortText = ShortText::new("aws_elb");
const APPLICATION: ShortText = ShortText::new("aws_alb");

const NETWORK: ShortText = ShortText::new("aws_nlb");

/// The fields of a network load balancer's line behind the time, in their order.
const NETWORK_FIELDS: [&str; 19] = [
    "elb",
    "listener",
    "client",
    "target",
    "connection_time",
    "tls_handshake_time",
    "received_bytes",
    "bytes",
    "incoming_tls_alert",
    "chosen_cert_arn",
    "chosen_cert_serial",
    "ssl_cipher",
    "ssl_protocol",
    "tls_named_group",
    "domain_name",
    "alpn_fe_protocol",
    "alpn_be_protocol",
    "alpn_client_preference_list",
    "tls_connection_creation_time",
];

/// What an application load balancer begins a line with.
const TYPES: [&str; 6] = ["http", "https", "h2", "grpcs", "ws", "wss"];
/// The fields behind the TLS version, in their order.
const APPLICATION_FIELDS: [&str; 13] = [
    "target_group_arn",
    "trace_id",
    "domain_name",
    "chosen_cert_arn",
    "matched_rule_priority",
    "request_creation_time",
    "actions_executed",
    "redirect_url",
    "error_reason",
    "target_port_list",
    "target_status_code_list",
    "classification",
    "classification_reason",
];

/// Puts a line of either form; `None` where it is none.
pub(super) fn put(line: &str, writer: &mut Writer<'_>) -> Option<Result<(), &'static str>> {
    let mut tokens = Tokens::new(line);
    let first = tokens.word()?;
    if first == "tls" {
        return put_network(tokens, writer);
    }
    let is_application = TYPES.contains(&first);
    let stamp = if is_application { tokens.word()? } else { first };
    if stamp.as_bytes().get(10) != Some(&b'T') {
        return None;
    }
    let parsed = writer.clock.times.parse_iso(stamp).filter(|parsed| parsed.length == stamp.len())?;
    let balancer = tokens.word()?;
    let (client, target) = (tokens.word()?, tokens.word()?);
    let times = [tokens.word()?, tokens.word()?, tokens.word()?];
    let statuses = [tokens.word()?, tokens.word()?];
    let bytes = [tokens.word()?, tokens.word()?];
    if !tokens.is_quoted() || times.iter().any(|time| time.parse::<f64>().is_err()) {
        return None;
    }
    let time_us = writer.clock.times.of_iso(&parsed, writer.clock.received_us);
    writer.rows.set_event_time(time_us);
    writer.form(if is_application { APPLICATION } else { CLASSIC });
    if is_application {
        writer.extra("type", first);
    }
    writer.extra("elb", balancer);
    writer.source(client);
    writer.extra("target", target);
    let names = ["request_processing_time", "target_processing_time", "response_processing_time"];
    for (name, time) in names.into_iter().zip(times) {
        // -1 stands for a time that there is none of.
        writer.extra_double(name, if time == "-1" { "-" } else { time });
    }
    writer.status(statuses[0]);
    writer.extra_number("target_status_code", statuses[1]);
    writer.extra_number("received_bytes", bytes[0]);
    writer.bytes(bytes[1]);
    let Some(request) = quoted(&mut tokens) else { return Some(Err("a text in quotes that does not end")) };
    // A connection that brought no request has a line of bars.
    if !request.trim_matches(['-', ' ']).is_empty() {
        writer.request(request);
    }
    let Some(agent) = quoted(&mut tokens) else { return Some(Ok(())) };
    writer.text(writer.columns.user_agent, agent);
    writer.extra("ssl_cipher", tokens.word().unwrap_or(""));
    writer.extra("ssl_protocol", tokens.word().unwrap_or(""));
    if is_application {
        put_application_fields(&mut tokens, writer);
    }
    writer.text(writer.columns.other_fields, tokens.rest.trim_ascii_end());
    Some(Ok(()))
}

/// A line about a TLS connection: `tls`, the version of the form, and the time (UTC) stand before its fields.
fn put_network(mut tokens: Tokens<'_>, writer: &mut Writer<'_>) -> Option<Result<(), &'static str>> {
    let version = tokens.word()?;
    let stamp = tokens.word()?;
    let is_known = version.parse::<f64>().is_ok() && tokens.rest.starts_with("net/");
    if !is_known || !writer.time_text(&format!("{}Z", stamp.trim_end_matches('Z'))) {
        return None;
    }
    writer.form(NETWORK);
    writer.extra("type", "tls");
    for name in NETWORK_FIELDS {
        let Some(token) = tokens.token() else { return Some(Ok(())) };
        match name {
            "client" => writer.source(token.text()),
            "bytes" => writer.bytes(token.text()),
            "connection_time" | "tls_handshake_time" | "received_bytes" => {
                writer.extra_number(name, token.text());
            }
            _ => writer.extra(name, token.text()),
        }
    }
    writer.text(writer.columns.other_fields, tokens.rest.trim_ascii_end());
    Some(Ok(()))
}

fn put_application_fields(tokens: &mut Tokens<'_>, writer: &mut Writer<'_>) {
    for name in APPLICATION_FIELDS {
        let Some(token) = tokens.token() else { return };
        if name == "matched_rule_priority" {
            writer.extra_number(name, token.text());
        } else {
            writer.extra(name, token.text());
        }
    }
}

fn quoted<'a>(tokens: &mut Tokens<'a>) -> Option<&'a str> {
    match tokens.token()? {
        Token::Quoted(text) => Some(text),
        Token::Word(_) | Token::Open(_) => None,
    }
}
