use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int64Type, TimestampMicrosecondType};

use super::*;
use crate::batch::{ColumnRegistry, RowOptions};
use crate::block::{Block, BlockMemory, Peer, SourceType};
use crate::decode::decode_block;

const RECEIVED: &str = "2024-03-05T06:10:00Z";

fn us(text: &str) -> i64 {
    chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_micros()
}

fn decode_all(lines: &[&str]) -> RecordBatch {
    let unbounded =
        RowOptions { keep_raw: false, event_time_past_max_us: i64::MAX, event_time_future_max_us: i64::MAX };
    let mut rows = BatchBuilder::new(Arc::new(ColumnRegistry::default()), unbounded);
    let mut decoder = WeblogDecoder::new(SyslogOptions::default(), &mut rows);
    let mut block = Block::new(BlockMemory::unpooled(1 << 20), us(RECEIVED));
    let peer = Peer::new("192.0.2.1:514".parse().unwrap(), SourceType::Syslog);
    for line in lines {
        block.push(line.as_bytes(), &peer, us(RECEIVED), false).unwrap();
    }
    decode_block(&block.seal(), &mut decoder, &mut rows)
}

/// One decoded line, every value as text.
struct Row(RecordBatch);

impl Row {
    fn get(&self, name: &str) -> Option<String> {
        let column = self.0.column_by_name(name)?;
        if column.is_null(0) {
            return None;
        }
        if let Some(text) = column.as_string_view_opt() {
            return Some(text.value(0).to_owned());
        }
        if let Some(numbers) = column.as_primitive_opt::<Int64Type>() {
            return Some(numbers.value(0).to_string());
        }
        if let Some(numbers) = column.as_primitive_opt::<Float64Type>() {
            return Some(numbers.value(0).to_string());
        }
        let time_us = column.as_primitive::<TimestampMicrosecondType>().value(0);
        let time = chrono::DateTime::from_timestamp_micros(time_us)?;
        Some(time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
    }
}

fn decode(line: &str) -> Row {
    Row(decode_all(&[line]))
}

/// Checks the columns of a line; `-` stands for none. Those of receipt are not looked at.
fn assert_columns(line: &str, expected: &[(&str, &str)]) {
    let row = decode(line);
    for (name, value) in expected {
        let wanted = Some((*value).to_owned()).filter(|value| value != "-");
        assert_eq!(row.get(name), wanted, "{name}: {line}");
    }
    let is_expected = |name: &str| expected.iter().any(|(column, _)| *column == name);
    for field in row.0.schema().fields() {
        let name = field.name().as_str();
        let is_of_receipt =
            matches!(name, "ingest_time" | "peer_ip" | "peer_port" | "source_type" | "event_time");
        assert!(is_of_receipt || is_expected(name), "{name} is {:?}: {line}", row.get(name));
    }
}

const COMMON: &[(&str, &str)] = &[
    ("log_format", "access"),
    ("source_ip", "192.0.2.9"),
    ("event_time", "2023-10-16T18:57:49Z"),
    ("http_method", "GET"),
    ("url_path", "/a/b"),
    ("url_query", "c=d"),
    ("http_version", "1.1"),
    ("http_status", "404"),
    ("bytes", "226"),
];

fn with_common<'a>(more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut all = COMMON.to_vec();
    all.retain(|(name, _)| !more.iter().any(|(other, _)| other == name));
    all.extend_from_slice(more);
    all
}

#[test]
fn access_lines_with_parts_in_front_and_behind() {
    const TIME: &str = "[17/Oct/2023:05:57:49 +1100]";
    const REQUEST: &str = "\"GET /a/b?c=d HTTP/1.1\" 404 226";
    for (before, after, more) in [
        ("192.0.2.9 - -", "", &[][..]),
        ("192.0.2.9", "", &[]),
        ("192.0.2.9 - joe", "", &[("user_name", "joe")]),
        ("192.0.2.9 id joe doe", "", &[("ident", "id"), ("user_name", "joe doe")]),
        ("192.0.2.9 - - -", "", &[]),
        ("192.0.2.9:1234 - -", "", &[("source_port", "1234")]),
        ("www.example.com 192.0.2.9 - -", "", &[("http_host", "www.example.com")]),
        ("www.example.com:80 192.0.2.9 - -", "", &[("http_host", "www.example.com:80")]),
        ("client.example.com - -", "", &[("source_ip", "client.example.com")]),
        ("www.h client.h - -", "", &[("http_host", "www.h"), ("source_ip", "client.h")]),
        (
            "192.0.2.9, 198.51.100.7 - -",
            "",
            &[("http_x_forwarded_for", "192.0.2.9, 198.51.100.7"), ("source_ip", "192.0.2.9")],
        ),
        ("192.0.2.9 - -", " \"-\" \"\"", &[]),
        (
            "192.0.2.9 - -",
            " \"http://r/\" \"a \\\"b\\\" c\"",
            &[("http_referer", "http://r/"), ("user_agent", "a \\\"b\\\" c")],
        ),
        ("192.0.2.9 - -", " \"-\" \"curl\" \"-\"", &[("user_agent", "curl")]),
        (
            "192.0.2.9 - -",
            " \"-\" \"curl\" \"1.1.1.1, 2.2.2.2\"",
            &[("user_agent", "curl"), ("http_x_forwarded_for", "1.1.1.1, 2.2.2.2")],
        ),
        ("192.0.2.9 - -", " \"-\" \"curl\" 12 x", &[("user_agent", "curl"), ("other_fields", "12 x")]),
        ("192.0.2.9 - -", " 17", &[("other_fields", "17")]),
        (
            "192.0.2.9 - -",
            " \"-\" \"curl\" 500 \"r@docker\" \"http://s:80\" 4ms",
            &[
                ("log_format", "traefik"),
                ("user_agent", "curl"),
                ("request_count", "500"),
                ("router_name", "r@docker"),
                ("service_url", "http://s:80"),
                ("duration_ms", "4"),
            ],
        ),
    ] {
        assert_columns(&format!("{before} {TIME} {REQUEST}{after}"), &with_common(more));
    }
    let row = decode("66.249.66.1 - - - [31/Jan/2015:14:29:44 ] www.h \"GET / HTTP/1.1\" 200 8");
    assert_eq!(
        (row.get("event_time").unwrap().as_str(), row.get("http_host").unwrap().as_str()),
        ("2015-01-31T14:29:44Z", "www.h")
    );
}

#[test]
fn requests_that_are_none_are_kept_without_a_fault() {
    for (request, kept) in [
        (r"\x16\x03\x01\x01 \x02", r"\x16\x03\x01\x01 \x02"),
        ("HELP", "HELP"),
        ("", "-"),
        ("-", "-"),
        (r#"GET /x" 200 1 "y"#, r#"GET /x" 200 1 "y"#),
        (r#"a "quoted" b"#, r#"a "quoted" b"#),
    ] {
        let row =
            decode(&format!("192.0.2.9 - - [17/Oct/2023:05:57:49 +1100] \"{request}\" 400 157 \"-\" \"-\""));
        if request.starts_with("GET /x") {
            // Nobody can tell where it ends.
            assert_eq!(row.get("url_path").as_deref(), Some("/x"));
            continue;
        }
        assert_eq!(row.get("http_request"), Some(kept.to_owned()).filter(|kept| kept != "-"), "{request}");
        assert_eq!(
            (row.get("http_status").as_deref(), row.get("parse_error")),
            (Some("400"), None),
            "{request}"
        );
    }
    let row = decode("192.0.2.9 - - [17/Oct/2023:05:57:49 +1100] \"GET / HTTP/1.1\" - - \"-\" \"curl");
    assert_eq!((row.get("http_status"), row.get("bytes")), (None, None));
    assert_eq!(row.get("user_agent").as_deref(), Some("curl"));
    assert!(row.get("parse_error").unwrap().contains("quotes"));
}

#[test]
fn error_logs_of_nginx_and_apache() {
    assert_columns(
        "2021/12/02 11:53:15 [error] 40#41: *42 limiting requests, excess: 5.4 by zone \"z\", client: ::1, server: s, \
         request: \"GET /?a=\\\"b\\\", x HTTP/1.1\", upstream: \"http://u\", host: \"h\", referrer: \"http://r/\"",
        &[
            ("log_format", "nginx_error"),
            ("event_time", "2021-12-02T11:53:15Z"),
            ("level", "error"),
            ("process_id", "40"),
            ("thread_id", "41"),
            ("connection_id", "42"),
            ("message", "limiting requests, excess: 5.4 by zone \"z\""),
            ("source_ip", "::1"),
            ("server_name", "s"),
            ("http_method", "GET"),
            ("url_path", "/"),
            ("url_query", "a=\\\"b\\\", x"),
            ("http_version", "1.1"),
            ("upstream", "http://u"),
            ("http_host", "h"),
            ("http_referer", "http://r/"),
        ],
    );
    assert_columns(
        "2021/12/02 11:53:15 [notice] 1#1: start worker processes",
        &[
            ("log_format", "nginx_error"),
            ("level", "notice"),
            ("process_id", "1"),
            ("thread_id", "1"),
            ("message", "start worker processes"),
        ],
    );
    assert_columns(
        "[Sat Jul 20 21:39:11.978080 2013] [auth_basic:error] [pid 17512:tid 140] [client 127.0.0.1:51390] AH01617: \
         user u: [x] failed, referer: http://r/",
        &[
            ("log_format", "apache_error"),
            ("event_time", "2013-07-20T21:39:11.978080Z"),
            ("module", "auth_basic"),
            ("level", "error"),
            ("process_id", "17512"),
            ("thread_id", "140"),
            ("source_ip", "127.0.0.1"),
            ("source_port", "51390"),
            ("error_code", "AH01617"),
            ("message", "user u: [x] failed"),
            ("http_referer", "http://r/"),
        ],
    );
    let row =
        decode("Feb 15 16:23:00 srv httpd[22]: [authz_core:error] [pid 22] [client 192.0.2.9:5] AH01630: no");
    assert_eq!(
        (row.get("log_format").as_deref(), row.get("source_ip").as_deref()),
        (Some("apache_error"), Some("192.0.2.9"))
    );
    assert_eq!(
        (row.get("module").as_deref(), row.get("message").as_deref()),
        (Some("authz_core"), Some("no"))
    );
    assert_eq!(row.get("event_time").as_deref(), Some("2024-02-15T16:23:00Z"));
    assert_columns(
        "[Sat Jun 01 02:17:42 2013] [error] [client 192.0.2.9] File does not exist: /x",
        &[
            ("log_format", "apache_error"),
            ("event_time", "2013-06-01T02:17:42Z"),
            ("level", "error"),
            ("source_ip", "192.0.2.9"),
            ("message", "File does not exist: /x"),
        ],
    );
}

#[test]
fn haproxy_with_and_without_a_syslog_header() {
    const LINE: &str = "192.0.2.9:14853 [14/Jan/2015:12:48:57.127] https-in~ be/srv 170/0/0/3/173 200 739 - - --NN \
                        4/3/2/1/0 0/0 {h|} {r} \"GET /x?y HTTP/1.1\"";
    for head in ["", "Apr  4 14:30:19 hap-1 haproxy[39]: ", "<134>Apr  4 14:30:19 hap-1 haproxy[39]: "] {
        let row = decode(&format!("{head}{LINE}"));
        for (name, value) in [
            ("log_format", "haproxy_http"),
            ("event_time", "2015-01-14T12:48:57.127Z"),
            ("source_ip", "192.0.2.9"),
            ("source_port", "14853"),
            ("frontend_name", "https-in"),
            ("backend_name", "be"),
            ("server_name", "srv"),
            ("time_request", "170"),
            ("duration_ms", "173"),
            ("http_status", "200"),
            ("bytes", "739"),
            ("termination_state", "--NN"),
            ("connections_active", "4"),
            ("captured_request_headers", "h|"),
            ("captured_response_headers", "r"),
            ("http_method", "GET"),
            ("url_path", "/x"),
        ] {
            assert_eq!(row.get(name).as_deref(), Some(value), "{name}: {head}");
        }
        assert_eq!((row.get("message"), row.get("parse_error")), (None, None));
        assert_eq!(row.get("hostname").as_deref(), (!head.is_empty()).then_some("hap-1"));
    }
    let row = decode("192.0.2.9:5003 [28/Feb/2025:02:43:10.123] fe/li: SSL handshake failure");
    assert_eq!(row.get("message").as_deref(), Some("SSL handshake failure"));
    assert_eq!(row.get("log_format").as_deref(), Some("haproxy_err"));
    let row = decode("192.0.2.9:5003 [28/Feb/2025:02:43:10.123] fe be/<NOSRV> -1/-1/12 0 SC 1/1/0/0/0 0/0");
    assert_eq!(
        (row.get("log_format").as_deref(), row.get("time_queue").as_deref()),
        (Some("haproxy_tcp"), Some("-1"))
    );
}

#[test]
fn load_balancers_and_squid() {
    let row = decode(
        "h2 2020-01-11T16:55:32.115600Z app/p/1 192.0.2.9:55753 192.0.2.8:80 0.010 -1 0.000 302 200 32 596 \"GET \
         https://www.h:443/x.png?v=5 HTTP/2.0\" \"UA 1\" C TLSv1.2 arn:x \"T\" \"www.h\" \"arn:c\" 2 \
         2020-01-11T16:55:32.1Z \"waf,forward\" \"-\" \"-\" \"192.0.2.8:80\" \"302\" \"-\" \"-\" TID",
    );
    for (name, value) in [
        ("log_format", "aws_alb"),
        ("type", "h2"),
        ("elb", "app/p/1"),
        ("source_ip", "192.0.2.9"),
        ("request_processing_time", "0.01"),
        ("target_processing_time", "-"),
        ("http_status", "302"),
        ("target_status_code", "200"),
        ("received_bytes", "32"),
        ("bytes", "596"),
        ("url_path", "/x.png"),
        ("url_query", "v=5"),
        ("http_host", "www.h:443"),
        ("url_original", "https://www.h:443/x.png?v=5"),
        ("http_version", "2.0"),
        ("user_agent", "UA 1"),
        ("ssl_protocol", "TLSv1.2"),
        ("domain_name", "www.h"),
        ("matched_rule_priority", "2"),
        ("actions_executed", "waf,forward"),
        ("target_port_list", "192.0.2.8:80"),
        ("other_fields", "TID"),
        ("event_time", "2020-01-11T16:55:32.115600Z"),
    ] {
        assert_eq!(row.get(name), Some(value.to_owned()).filter(|value| value != "-"), "{name}");
    }
    let row =
        decode("2021-05-13T23:39:45.945958Z lb 192.0.2.9:2817 - 0.1 -1 0.0 - - 82 305 \"- - - \" \"-\" - -");
    assert_eq!(
        (row.get("log_format").as_deref(), row.get("bytes").as_deref()),
        (Some("aws_elb"), Some("305"))
    );
    assert_eq!((row.get("http_status"), row.get("parse_error"), row.get("http_request")), (None, None, None));

    let row = decode(
        "tls 2.0 2022-04-01T08:51:42 net/n/1 g3 192.0.2.9:51341 192.0.2.8:443 5 2 98 246 - arn:c - C tlsv12 - d h2 h2 \
         \"h2\" 2022-04-01T08:51:20",
    );
    for (name, value) in [
        ("log_format", "aws_nlb"),
        ("event_time", "2022-04-01T08:51:42Z"),
        ("source_port", "51341"),
        ("bytes", "246"),
        ("tls_handshake_time", "2"),
        ("alpn_client_preference_list", "h2"),
        ("tls_connection_creation_time", "2022-04-01T08:51:20"),
    ] {
        assert_eq!(row.get(name).as_deref(), Some(value), "{name}");
    }

    assert_columns(
        "1386543323.500      4 192.0.2.9 TCP_DENIED/403 4099 GET http://h/x?y joe HIER_DIRECT/192.0.2.7 text/html",
        &[
            ("log_format", "squid"),
            ("event_time", "2013-12-08T22:55:23.500Z"),
            ("duration_ms", "4"),
            ("source_ip", "192.0.2.9"),
            ("result_code", "TCP_DENIED"),
            ("http_status", "403"),
            ("bytes", "4099"),
            ("http_method", "GET"),
            ("url_original", "http://h/x?y"),
            ("http_host", "h"),
            ("url_path", "/x"),
            ("url_query", "y"),
            ("user_name", "joe"),
            ("hierarchy_code", "HIER_DIRECT"),
            ("peer_host", "192.0.2.7"),
            ("content_type", "text/html"),
        ],
    );
}

#[test]
fn lines_that_begin_with_the_time() {
    let row = decode(
        "[24/Jan/2022:16:51:02 +0000] HIT 200 201 - GET http h.local \"/p?q\" [Client 192.0.2.9] [Length 192] \
         [Gzip 3.10] [Sent-to s] \"UA\" \"-\"",
    );
    for (name, value) in [
        ("log_format", "npm"),
        ("source_ip", "192.0.2.9"),
        ("http_status", "201"),
        ("upstream_status", "200"),
        ("upstream_cache_status", "HIT"),
        ("http_host", "h.local"),
        ("url_path", "/p"),
        ("url_query", "q"),
        ("bytes", "192"),
        ("gzip_ratio", "3.1"),
        ("user_agent", "UA"),
    ] {
        assert_eq!(row.get(name).as_deref(), Some(value), "{name}");
    }
    let row = decode(
        "[24/Jan/2022:13:40:19 +0000] 444 - GET https 4.3.2.1 \"/.env\" [Client 192.0.2.9] [Length 0] [Gzip -] \"UA\" \"-\"",
    );
    assert_eq!(
        (row.get("http_status").as_deref(), row.get("url_path").as_deref()),
        (Some("444"), Some("/.env"))
    );
    let row = decode(
        "[10/Feb/2024:21:23:32 +0100] mx.h 192.0.2.9 0.227 \"REPORT /x/ HTTP/2.0\" 207 125 440 - UA (a b)",
    );
    assert_eq!(
        (row.get("http_host").as_deref(), row.get("request_time").as_deref()),
        (Some("mx.h"), Some("0.227"))
    );
    assert_eq!(
        (row.get("bytes_sent").as_deref(), row.get("user_agent").as_deref()),
        (Some("440"), Some("UA (a b)"))
    );
    let row = decode(
        "[03/Oct/2022:09:00:01 +0000] 192.0.2.7 jdoe exec-1 192.0.2.9 GET /s HTTP/1.1 200 350ms 12 http://r/ UA 5",
    );
    assert_eq!(
        (row.get("user_name").as_deref(), row.get("duration_ms").as_deref()),
        (Some("jdoe"), Some("350"))
    );
    assert_eq!(
        (row.get("source_ip").as_deref(), row.get("user_agent").as_deref()),
        (Some("192.0.2.9"), Some("UA 5"))
    );
    let row = decode(
        "192.0.2.9,192.0.2.7 | https | o@1x2 | joe | 2012-10-29 00:06:26,838 | \"GET /g HTTP/1.1\" | \"\" \"git/1\" | \
         200 | 13 | 99 | refs | 101 | t |",
    );
    assert_eq!(
        (row.get("log_format").as_deref(), row.get("bytes").as_deref()),
        (Some("bitbucket"), Some("99"))
    );
    assert_eq!(
        (row.get("user_agent").as_deref(), row.get("duration_ms").as_deref()),
        (Some("git/1"), Some("101"))
    );
}

#[test]
fn json_lines_fill_the_columns_of_web_logs() {
    let row = decode(
        r#"{"level":"info","ts":1693840791.756,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"172.17.0.1","client_ip":"192.0.2.9","proto":"HTTP/1.0","method":"GET","host":"h:8080","uri":"/a?b","headers":{"User-Agent":["curl/7"],"Referer":["http://r/"]}},"user_id":"","size":7,"status":0}"#,
    );
    for (name, value) in [
        ("log_format", "caddy"),
        ("source_ip", "192.0.2.9"),
        ("request_remote_ip", "172.17.0.1"),
        ("event_time", "2023-09-04T15:19:51.756Z"),
        ("http_method", "GET"),
        ("url_path", "/a"),
        ("url_query", "b"),
        ("http_version", "1.0"),
        ("http_status", "0"),
        ("bytes", "7"),
        ("user_agent", "curl/7"),
        ("http_referer", "http://r/"),
        ("http_host", "h:8080"),
        ("level", "info"),
        ("body_level", "-"),
        ("logger", "http.log.access"),
        ("message", "handled request"),
    ] {
        assert_eq!(row.get(name), Some(value.to_owned()).filter(|value| value != "-"), "{name}");
    }
    let row = decode(r#"caddy  | {"level":"info","ts":1693840791.756,"msg":"m"}"#);
    assert_eq!((row.get("prefix").as_deref(), row.get("message").as_deref()), (Some("caddy"), Some("m")));
    let row = decode(
        r#"{"ClientAddr":"192.0.2.9:39496","ClientHost":"192.0.2.9","DownstreamStatus":200,"DownstreamContentSize":357,"RequestMethod":"GET","RequestPath":"/x?y","RequestProtocol":"HTTP/1.1","StartUTC":"2021-12-08T14:02:43.587782192Z","time":"2021-12-08T14:02:44Z","request_User-Agent":"Nikto"}"#,
    );
    assert_eq!(
        (row.get("log_format").as_deref(), row.get("http_status").as_deref()),
        (Some("traefik"), Some("200"))
    );
    assert_eq!(row.get("event_time").as_deref(), Some("2021-12-08T14:02:43.587782Z"));
    assert_eq!(
        (row.get("user_agent").as_deref(), row.get("url_query").as_deref()),
        (Some("Nikto"), Some("y"))
    );
    let row = decode(
        r#"{"ClientIP":"192.0.2.9","ClientRequestHost":"h","EdgeStartTimestamp":1712790000100000000,"EdgeResponseStatus":403}"#,
    );
    assert_eq!(
        (row.get("log_format").as_deref(), row.get("http_status").as_deref()),
        (Some("cloudflare"), Some("403"))
    );
    assert_eq!(row.get("event_time").as_deref(), Some("2024-04-10T23:00:00.100Z"));
    let row = decode(
        r#"{"remote_addr":"192.0.2.9","request":"GET /x HTTP/1.1","status":"200","time_local":"17/Oct/2023:05:57:49 +1100"}"#,
    );
    assert_eq!(
        (row.get("url_path").as_deref(), row.get("http_status").as_deref()),
        (Some("/x"), Some("200"))
    );
    assert_eq!(row.get("event_time").as_deref(), Some("2023-10-16T18:57:49Z"));
    let row = decode(
        "2023/09/04 15:19:51.756\tINFO\thttp.log.access\thandled request\t{\"request\":{\"uri\":\"/a\"},\"status\":200}",
    );
    assert_eq!(
        (row.get("url_path").as_deref(), row.get("logger").as_deref()),
        (Some("/a"), Some("http.log.access"))
    );
    assert_eq!((row.get("level").as_deref(), row.get("http_status").as_deref()), (Some("INFO"), Some("200")));
    let row = decode("{\"a\":");
    assert_eq!(
        (row.get("parse_error").as_deref(), row.get("raw").as_deref()),
        (Some("broken JSON (RFC 8259)"), Some("{\"a\":"))
    );
}

#[test]
fn each_line_is_told_by_itself() {
    let batch = decode_all(&[
        "192.0.2.9 - - [17/Oct/2023:05:57:49 +1100] \"GET / HTTP/1.1\" 200 1",
        "#Fields: c-ip cs-method cs-uri-stem",
        "192.0.2.9 GET /w3c",
        "192.0.2.9 - - [17/Oct/2023:05:57:49 +1100] \"GET /clf HTTP/1.1\" 200 1",
        "2015-07-28 15:07:26 1.2.3.4 GET /iis a=b 80 - 31.3.3.7 agent 302 0 0 624",
        "2022-06-08 22:49:20.774649 [NOTICE] text",
        "28-Mar-2022 07:01:48.459 INFO [main] starting",
        "<13>Mar  5 06:07:08 h nginx: reopening logs",
        "h nginx[9]: 2023/12/09 21:35:20 [notice] 9#9: *2 m, client: 192.0.2.2",
        "what is this",
        "",
    ]);
    let formats =
        ["access", "w3c", "w3c", "access", "w3c", "text", "text", "syslog", "nginx_error", "-", "-"];
    for (number, expected) in formats.into_iter().enumerate() {
        let row = Row(batch.slice(number, 1));
        assert_eq!(row.get("log_format").as_deref().unwrap_or("-"), expected, "line {number}");
        assert_eq!(row.get("parse_error").is_some(), expected == "-", "line {number}");
    }
    let paths = [(0, "/"), (2, "/w3c"), (3, "/clf"), (4, "/iis")];
    for (number, path) in paths {
        assert_eq!(Row(batch.slice(number, 1)).get("url_path").as_deref(), Some(path));
    }
    assert_eq!(Row(batch.slice(6, 1)).get("level").as_deref(), Some("INFO"));
    assert_eq!(Row(batch.slice(7, 1)).get("message").as_deref(), Some("reopening logs"));
    assert_eq!(Row(batch.slice(9, 1)).get("raw").as_deref(), Some("what is this"));
}
