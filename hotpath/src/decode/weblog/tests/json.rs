use arrow::array::AsArray;

use super::decode;

#[test]
fn json_lines_fill_the_columns_of_web_logs() {
    let row = decode(
        r#"{"level":"info","ts":1693840791.756,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"172.17.0.1","client_ip":"192.0.2.9","proto":"HTTP/1.0","method":"GET","host":"h:8080","uri":"/a?b","headers":{"User-Agent":["curl/7"],"Referer":["http://r/"]}},"user_id":"","size":7,"status":0}"#,
    );
    for (name, value) in [
        ("log_format", "caddy"),
        ("source_ip", "192.0.2.9"),
        ("request_remote_ip", "172.17.0.1"),
        ("request_client_ip", "-"),
        ("request_headers_user_agent", "-"),
        ("status", "-"),
        ("msg", "-"),
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
fn what_a_column_does_not_hold_whole_keeps_its_own() {
    let row = decode(
        r#"{"remote_addr":"192.0.2.9","status":200,"status":404,"request":{"headers":{"Referer":["a","b"]}},"level":5,"uri":"-"}"#,
    );
    for (name, value) in [
        ("source_ip", "192.0.2.9"),
        ("remote_addr", "-"),
        ("http_status", "200"),
        ("status", "404"),
        ("http_referer", "a"),
        ("level", "-"),
        ("body_level", "5"),
    ] {
        assert_eq!(row.get(name), Some(value.to_owned()).filter(|value| value != "-"), "{name}");
    }
    let referers = row.0.column_by_name("request_headers_referer").unwrap();
    assert_eq!(referers.as_list::<i32>().value(0).len(), 2);
}
