//! Error logs, load balancers and proxies.

use super::{assert_columns, decode};

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
