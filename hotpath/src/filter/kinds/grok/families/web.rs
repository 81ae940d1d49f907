//! Logs of Apache, nginx, HAProxy and Squid.

pub(super) static PATTERNS: &[(&str, &str)] = &[
    ("HTTPDUSER", r"%{EMAILADDRESS}|%{USER}"),
    // What stands between quotes, where a quote inside is escaped.
    ("HTTPD_QUOTED", r#"(?:[^"\\]|\\.)*"#),
    (
        "HTTPD_COMMONLOG",
        r#"%{IPORHOST:[source][address]|clientip} (?:-|%{HTTPDUSER:[apache][access][user][identity]|ident}) (?:-|%{HTTPDUSER:[user][name]|auth}) \[%{HTTPDATE:timestamp}\] "(?:%{WORD:[http][request][method]|verb} %{NOTSPACE:[url][original]|request}(?: HTTP/%{NUMBER:[http][version]|httpversion})?|%{HTTPD_QUOTED:[http][request][raw]|rawrequest})" (?:-|%{INT:[http][response][status_code]|response:int}) (?:-|%{INT:[http][response][body][bytes]|bytes:int})"#,
    ),
    (
        "HTTPD_COMBINEDLOG",
        r#"%{HTTPD_COMMONLOG} "(?:-|%{HTTPD_QUOTED:[http][request][referrer]|referrer})" "(?:-|%{HTTPD_QUOTED:[user_agent][original]|agent})""#,
    ),
    ("COMMONAPACHELOG", r"%{HTTPD_COMMONLOG}"),
    ("COMBINEDAPACHELOG", r"%{HTTPD_COMBINEDLOG}"),
    (
        "HTTPD_CLIENT",
        r"\[client %{IPORHOST:[source][address]|clientip}(?::%{POSINT:[source][port]|clientport:int})?\]",
    ),
    (
        "HTTPD20_ERRORLOG",
        r"\[%{HTTPDERROR_DATE:timestamp}\] \[%{LOGLEVEL:[log][level]|loglevel}\](?: %{HTTPD_CLIENT})? %{GREEDYDATA:message}",
    ),
    (
        "HTTPD24_ERRORLOG",
        r"\[%{HTTPDERROR_DATE:timestamp}\] \[(?:%{WORD:[apache][error][module]|module})?:%{LOGLEVEL:[log][level]|loglevel}[0-9]?\] \[pid %{POSINT:[process][pid]|pid:int}(?::tid %{INT:[process][thread][id]|tid:int})?\](?: \(%{NONNEGINT:[apache][error][proxy][error][code]|proxy_errorcode}\)%{DATA:[apache][error][proxy][error][message]|proxy_message}:)?(?: %{HTTPD_CLIENT})?(?: (?<[error][code]|errorcode>[A-Z]+[0-9]+):)? %{GREEDYDATA:message}",
    ),
    ("HTTPD_ERRORLOG", r"%{HTTPD20_ERRORLOG}|%{HTTPD24_ERRORLOG}"),
    // HAProxy, section 8.2 of its configuration manual.
    ("HAPROXYTIME", r"%{HOUR}:%{MINUTE}(?::%{SECOND})?"),
    ("HAPROXYDATE", r"%{MONTHDAY}/%{MONTH}/%{YEAR}:%{HAPROXYTIME}"),
    (
        "HAPROXYCAPTUREDREQUESTHEADERS",
        r"%{DATA:[haproxy][http][request][captured_headers]|captured_request_headers}",
    ),
    (
        "HAPROXYCAPTUREDRESPONSEHEADERS",
        r"%{DATA:[haproxy][http][response][captured_headers]|captured_response_headers}",
    ),
    (
        "HAPROXYCLIENT",
        r"%{IP:[source][address]|client_ip}:%{INT:[source][port]|client_port:int} \[%{HAPROXYDATE:[haproxy][request_date]|accept_date}\] %{NOTSPACE:[haproxy][frontend_name]|frontend_name} (?<[haproxy][backend_name]|backend_name>[^\s/]+)/(?:<NOSRV>|%{NOTSPACE:[haproxy][server_name]|server_name})",
    ),
    (
        "HAPROXYCONNECTIONS",
        r"%{INT:[haproxy][connections][active]|actconn:int}/%{INT:[haproxy][connections][frontend]|feconn:int}/%{INT:[haproxy][connections][backend]|beconn:int}/%{INT:[haproxy][connections][server]|srvconn:int}/(?<[haproxy][connections][retries]|retries:int>[+]?[0-9]+) %{INT:[haproxy][server_queue]|srv_queue:int}/%{INT:[haproxy][backend_queue]|backend_queue:int}",
    ),
    ("HAPROXYPATH", r#"(?<|http_request>%{URIPATH:[url][path]|}(?:\?(?<[url][query]|>[^\s"]*))?)"#),
    (
        "HAPROXYURI",
        r#"(?<[url][original]|>(?:%{URIPROTO:[url][scheme]|http_proto}://)?(?:%{USER:[url][username]|http_user}(?::[^@\s/"]*)?@)?(?:(?<|http_host>%{IPORHOST:[url][domain]|}(?::%{POSINT:[url][port]|:int})?)(?:%{HAPROXYPATH})?|%{HAPROXYPATH})|[^\s"]+)"#,
    ),
    (
        "HAPROXYHTTPBASE",
        r#"%{HAPROXYCLIENT} %{INT:[haproxy][http][request][time_wait_ms]|time_request:int}/%{INT:[haproxy][total_waiting_time_ms]|time_queue:int}/%{INT:[haproxy][connection_wait_time_ms]|time_backend_connect:int}/%{INT:[haproxy][http][request][time_wait_without_data_ms]|time_backend_response:int}/(?<[haproxy][total_time_ms]|time_duration:int>[+]?[0-9]+) (?:-1|%{INT:[http][response][status_code]|http_status_code:int}) (?<[source][bytes]|bytes_read:int>[+]?[0-9]+) (?:-|%{NOTSPACE:[haproxy][http][request][captured_cookie]|captured_request_cookie}) (?:-|%{NOTSPACE:[haproxy][http][response][captured_cookie]|captured_response_cookie}) %{NOTSPACE:[haproxy][termination_state]|termination_state} %{HAPROXYCONNECTIONS} (?:\{%{HAPROXYCAPTUREDREQUESTHEADERS}\} \{%{HAPROXYCAPTUREDRESPONSEHEADERS}\} |\{%{HAPROXYCAPTUREDREQUESTHEADERS}\} )?"(?:<BADREQ>|(?:%{WORD:[http][request][method]|http_verb} %{HAPROXYURI}(?: HTTP/%{NUMBER:[http][version]|http_version})?))?"?"#,
    ),
    (
        "HAPROXYSYSLOG",
        r"(?:%{SYSLOGTIMESTAMP:timestamp|syslog_timestamp}|%{TIMESTAMP_ISO8601:timestamp|timestamp8601}) (?:%{SYSLOGFACILITY} )?%{IPORHOST:[host][hostname]|syslog_server} %{SYSLOGPROG}:",
    ),
    ("HAPROXYHTTP", r"%{HAPROXYSYSLOG} %{HAPROXYHTTPBASE}"),
    (
        "HAPROXYTCP",
        r"%{HAPROXYSYSLOG} %{HAPROXYCLIENT} %{INT:[haproxy][total_waiting_time_ms]|time_queue:int}/%{INT:[haproxy][connection_wait_time_ms]|time_backend_connect:int}/(?<[haproxy][total_time_ms]|time_duration:int>[+]?[0-9]+) (?<[source][bytes]|bytes_read:int>[+]?[0-9]+) %{NOTSPACE:[haproxy][termination_state]|termination_state} %{HAPROXYCONNECTIONS}",
    ),
    // Squid's native format.
    (
        "SQUID3",
        r"%{NUMBER:timestamp} +%{INT:[squid][request][duration]|duration:int} %{IPORHOST:[source][ip]|client_address} %{WORD:[event][action]|cache_result}/(?:000|%{INT:[http][response][status_code]|status_code:int}) %{INT:[http][response][bytes]|bytes:int} %{WORD:[http][request][method]|request_method} (?:-|%{NOTSPACE:[url][original]|url}) (?:-|%{NOTSPACE:[user][name]|user}) %{WORD:[squid][hierarchy_code]|hierarchy_code}/(?:-|%{IPORHOST:[destination][address]|server}) (?:-|%{NOTSPACE:[http][response][mime_type]|content_type})",
    ),
];
