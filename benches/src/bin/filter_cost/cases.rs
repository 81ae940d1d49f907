//! What is measured: each filter with a configuration that one would write for a web access log.

use serde_json::{Value, json};

use crate::resources::{DATABASE, LIST, TABLE};

/// A filter and its configuration.
pub struct Case {
    /// Name of the case: the filter, and which of its ways where there are several.
    pub name: &'static str,
    /// The filter.
    pub kind: &'static str,
    /// Its configuration.
    pub config: Value,
}

/// Filters that are not measured, and why.
pub const LEFT_OUT: [(&str, &str); 1] = [("dns", "what it costs are the answers of name servers")];

/// Filters whose configuration here changes no row.
pub const LEAVES_ROWS_AS_THEY_ARE: [&str; 2] = ["passthrough", "json_validate"];

/// All cases.
pub fn all() -> Vec<Case> {
    let mut cases = fields();
    cases.extend(choosing());
    cases.extend(texts());
    cases.extend(lookups());
    cases
}

fn case(name: &'static str, kind: &'static str, config: Value) -> Case {
    Case { name, kind, config }
}

/// Filters of whole fields.
fn fields() -> Vec<Case> {
    vec![
        case("passthrough", "passthrough", json!({})),
        case("rename_field", "rename_field", json!({"from": "user_agent", "to": "agent"})),
        case("add_field", "add_field", json!({"field": "environment", "value": "production"})),
        case(
            "add_field-variables",
            "add_field",
            json!({"field": "line", "value": "${timestamp} ${line_number}"}),
        ),
        case("remove_field", "remove_field", json!({"fields": ["http_referer", "raw"]})),
        case("uppercase_keys", "uppercase_keys", json!({"source_field": "*"})),
        case(
            "conditional_field",
            "conditional_field",
            json!({"field": "http_status", "operator": "lt", "value": 300, "action": "set_null"}),
        ),
        case(
            "mutate",
            "mutate",
            json!({"lowercase": ["user_agent"], "convert": {"http_status": "string"}, "remove": ["http_referer"]}),
        ),
    ]
}

/// Filters that drop events.
fn choosing() -> Vec<Case> {
    vec![
        case("drop", "drop", json!({"condition": "http_status == 304 and url_path contains 'css'"})),
        case("include", "include", json!({"field": "http_status", "equals": [200, 206]})),
        case("exclude", "exclude", json!({"field": "url_path", "matches": "\\.(png|css|js|ico)$"})),
        case(
            "conditional",
            "conditional",
            json!({"condition": "http_status >= 400", "then": [{"type": "add_field", "config": {"field": "failed", "value": true}}]}),
        ),
        case("sample-percentage", "sample", json!({"percentage": 10})),
        case("sample-rate", "sample", json!({"rate": 10})),
        case("dedup", "dedup", json!({"fields": ["source_ip", "url_path"], "window_seconds": 60})),
        case("limit", "limit", json!({"field": "source_ip", "events": 10})),
    ]
}

/// Filters that look into texts.
fn texts() -> Vec<Case> {
    vec![
        case(
            "regex_replace",
            "regex_replace",
            json!({"source_field": "url_path", "pattern": "[0-9]+", "replacement": "N", "target_field": "route"}),
        ),
        case("kv", "kv", json!({"source_field": "pairs", "target_field": "pair"})),
        case("json_parse", "json_parse", json!({"source_field": "payload", "target_field": "inner"})),
        case("json_validate", "json_validate", json!({"source_field": "payload"})),
        case("json_flatten", "json_flatten", json!({"source_field": "payload"})),
        case("split", "split", json!({"field": "url_path", "terminator": "/", "target": "part"})),
        case(
            "fingerprint",
            "fingerprint",
            json!({"source_fields": ["source_ip", "user_agent"], "method": "SHA256"}),
        ),
        case(
            "mask-pseudonymise",
            "mask",
            json!({"field": "source_ip", "method": "pseudonymise", "key": "a key for this bench alone"}),
        ),
        case("mask-pattern", "mask", json!({"field": "raw", "pattern": "[0-9]+\\.[0-9]+\\.[0-9]+\\.[0-9]+"})),
        case("grok", "grok", json!({"source_field": "raw", "pattern": "%{COMBINEDAPACHELOG}"})),
        case(
            "grok-words",
            "grok",
            json!({"source_field": "pairs", "pattern": "method=%{WORD:verb} path=%{NOTSPACE:path}"}),
        ),
        case(
            "date_parse",
            "date_parse",
            json!({"source_field": "when", "target_field": "parsed", "format": "02/Jan/2006:15:04:05 -0700"}),
        ),
        case(
            "parse-weblog",
            "parse",
            json!({"source_field": "raw", "format": "weblog", "target_field": "again"}),
        ),
        case(
            "parse-json",
            "parse",
            json!({"source_field": "payload", "format": "json", "target_field": "inner"}),
        ),
    ]
}

/// Filters that look values up.
fn lookups() -> Vec<Case> {
    let networks =
        json!({"office": ["83.149.0.0/16", "10.0.0.0/8"], "dmz": ["192.0.2.0/24"], "rest": ["0.0.0.0/0"]});
    vec![
        case("geoip", "geoip", json!({"field": "source_ip", "database": DATABASE})),
        case("useragent", "useragent", json!({})),
        case("enricher", "enricher", json!({"source_field": "source_ip", "enrichment": TABLE})),
        case("cidr", "cidr", json!({"field": "source_ip", "networks": networks})),
        case("threat_intel", "threat_intel", json!({"field": "source_ip", "lists": [LIST]})),
    ]
}
