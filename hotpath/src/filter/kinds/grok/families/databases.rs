//! PostgreSQL, Redis and MongoDB.

pub(super) static PATTERNS: &[(&str, &str)] = &[
    (
        "POSTGRESQL",
        r"(?<timestamp>%{DATESTAMP}|%{TIMESTAMP_ISO8601})(?: %{TZ:[event][timezone]|tz})? (?:-|%{DATA:[user][name]|user_id}) (?:-|%{DATA:[postgresql][log][connection_id]|connection_id}) (?:-|%{POSINT:[process][pid]|pid:int})",
    ),
    ("REDISTIMESTAMP", r"%{MONTHDAY} %{MONTH} (?:[0-9]{4} )?%{TIME}"),
    (
        "REDISLOG",
        r"(?:\[%{POSINT:[process][pid]|pid:int}\]|%{POSINT:[process][pid]|pid:int}:[XCSM]) %{REDISTIMESTAMP:timestamp} [.*#-] ",
    ),
    (
        "REDISMONLOG",
        r#"%{NUMBER:timestamp} \[%{INT:[redis][database][id]|database} (?:%{IP:[client][ip]|client}:%{POSINT:[client][port]|port:int}|[^\]]*)\] "%{WORD:[redis][command][name]|command}" ?%{GREEDYDATA:[redis][command][args]|params}"#,
    ),
    (
        "MONGO_LOG",
        r"%{SYSLOGTIMESTAMP:timestamp} \[%{WORD:[mongodb][component]|component}\] %{GREEDYDATA:message}",
    ),
    ("MONGO_QUERY", r"\{ .* \}"),
    ("MONGO_WORDDASH", r"[\w-]+"),
    (
        "MONGO_SLOWQUERY",
        r"%{WORD:[mongodb][profile][op]|op} %{MONGO_WORDDASH:[mongodb][database]|database}\.%{MONGO_WORDDASH:[mongodb][collection]|collection} \w+: %{MONGO_QUERY:[mongodb][query][original]|query} ntoreturn:%{NONNEGINT:[mongodb][profile][ntoreturn]|ntoreturn:int} ntoskip:%{NONNEGINT:[mongodb][profile][ntoskip]|ntoskip:int} nscanned:%{NONNEGINT:[mongodb][profile][nscanned]|nscanned:int}.*? nreturned:%{NONNEGINT:[mongodb][profile][nreturned]|nreturned:int}.*? %{INT:[mongodb][profile][duration]|duration:int}ms",
    ),
    ("MONGO3_SEVERITY", r"[A-Z]"),
    ("MONGO3_COMPONENT", r"\w+"),
    (
        "MONGO3_LOG",
        r"%{TIMESTAMP_ISO8601:timestamp} +%{MONGO3_SEVERITY:[log][level]|severity} +(?:-|%{MONGO3_COMPONENT:[mongodb][component]|component}) +(?:\[%{DATA:[mongodb][context]|context}\] +)?%{GREEDYDATA:message}",
    ),
];
