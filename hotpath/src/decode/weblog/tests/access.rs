//! Access logs in the common and combined formats, and near to them.

use super::{assert_columns, decode};

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
