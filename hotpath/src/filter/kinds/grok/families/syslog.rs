//! Syslog as RFC 3164, RFC 5424 and daemons write it.

pub(super) static PATTERNS: &[(&str, &str)] = &[
    // Printable ASCII without brackets.
    ("PROG", r"[!-Z\\^-~]+"),
    ("SYSLOGPROG", r"%{PROG:[process][name]|program}(?:\[%{POSINT:[process][pid]|pid:int}\])?"),
    ("SYSLOGHOST", r"%{IPORHOST}"),
    (
        "SYSLOGFACILITY",
        r"<%{NONNEGINT:[log][syslog][facility][code]|facility:int}\.%{NONNEGINT:[log][syslog][priority]|priority:int}>",
    ),
    (
        "SYSLOGBASE",
        r"%{SYSLOGTIMESTAMP:timestamp} (?:%{SYSLOGFACILITY} )?(?:%{SYSLOGHOST:[host][hostname]|logsource} )?%{SYSLOGPROG}:",
    ),
    (
        "SYSLOGBASE2",
        r"(?:%{SYSLOGTIMESTAMP:timestamp}|%{TIMESTAMP_ISO8601:timestamp})(?: %{SYSLOGFACILITY})?(?: %{SYSLOGHOST:[host][hostname]|logsource})?(?: %{SYSLOGPROG}:)?",
    ),
    ("SYSLOGLINE", r"%{SYSLOGBASE2} %{GREEDYDATA:message}"),
    (
        "SYSLOGPAMSESSION",
        r"%{SYSLOGBASE} (?<message>%{WORD:[system][auth][pam][module]|pam_module}\(%{DATA:[system][auth][pam][origin]|pam_caller}\): session %{WORD:[system][auth][pam][session_state]|pam_session_state} for user %{USERNAME:[user][name]|username}(?: by %{GREEDYDATA:[system][auth][pam][by]|pam_by})?)",
    ),
    ("CRON_ACTION", r"[A-Z][A-Z ]*"),
    (
        "CRONLOG",
        r"%{SYSLOGBASE} \(%{USER:[user][name]|user}\) %{CRON_ACTION:[system][cron][action]|action} \(%{DATA:message}\)",
    ),
    // RFC 5424 section 6.
    ("SYSLOG5424PRINTASCII", r"[!-~]+"),
    ("SYSLOG5424PRI", r"<%{NONNEGINT:[log][syslog][priority]|syslog5424_pri:int}>"),
    ("SYSLOG5424SD", r#"(?:\[[^\]\s"]+(?: +[^=\s\]"]+=(?:"(?:[^"\\]|\\.)*"|[^\s\]"]*))*\])+"#),
    (
        "SYSLOG5424BASE",
        r"%{SYSLOG5424PRI}%{NONNEGINT:[system][syslog][version]|syslog5424_ver} +(?:-|%{TIMESTAMP_ISO8601:timestamp|syslog5424_ts}) +(?:-|%{IPORHOST:[host][hostname]|syslog5424_host}) +(?:-|%{SYSLOG5424PRINTASCII:[process][name]|syslog5424_app}) +(?:-|%{SYSLOG5424PRINTASCII:[process][pid]|syslog5424_proc:int}) +(?:-|%{SYSLOG5424PRINTASCII:[event][code]|syslog5424_msgid})(?: +(?:-|%{SYSLOG5424SD:[system][syslog][structured_data]|syslog5424_sd}))?",
    ),
    ("SYSLOG5424LINE", r"%{SYSLOG5424BASE} +%{GREEDYDATA:message|syslog5424_msg}"),
];
