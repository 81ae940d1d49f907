//! The mail server Exim, the name server BIND and the backup system Bacula.

pub(super) static PATTERNS: &[(&str, &str)] = &[
    // Exim: the arrival of a message (chapter 52 of its specification).
    ("EXIM_MSGID", r"[0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4}"),
    ("EXIM_FLAGS", r"<=|=>|->|>>|\*>|\*\*|=="),
    (
        "EXIM_DATE",
        r"(?<timestamp>(?<|exim_year>[0-9]{4})-%{MONTHNUM:|exim_month}-%{MONTHDAY:|exim_day} %{TIME:|exim_time})(?: %{ISO8601_TIMEZONE:[event][timezone]|})?",
    ),
    ("EXIM_PID", r"\[%{POSINT:[process][pid]|pid:int}\]"),
    ("EXIM_QT", r"(?:[0-9]+[ywdhms])+"),
    (
        "EXIM_REMOTE_HOST",
        r"H=(?:(?<[source][address]|remote_hostname>[^\s(\[]+) )?(?:\((?<[exim][log][remote_address]|remote_heloname>[^)]+)\) )?\[%{IP:[source][ip]|remote_host}\](?::%{POSINT:[source][port]|remote_port:int})?",
    ),
    (
        "EXIM_INTERFACE",
        r"I=\[%{IP:[destination][ip]|exim_interface}\](?::%{NUMBER:[destination][port]|exim_interface_port:int})?",
    ),
    ("EXIM_PROTOCOL", r"P=%{NOTSPACE:[network][protocol]|protocol}"),
    ("EXIM_MSG_SIZE", r"S=%{NUMBER:[exim][log][message][size]|exim_msg_size:int}"),
    ("EXIM_HEADER_ID", r"id=%{NOTSPACE:[exim][log][header_id]|exim_header_id}"),
    ("EXIM_SUBJECT", r#"T="(?<[exim][log][message][subject]|exim_subject>(?:[^"\\]|\\.)*)""#),
    ("EXIM_RECIPIENT", r"for %{NOTSPACE:[exim][log][recipient][email]|exim_recipient_email}"),
    ("EXIM_OTHER", r"[A-Z][0-9A-Z]*=\S+|from <[^>]*>"),
    (
        "EXIM_ITEM",
        r"%{EXIM_REMOTE_HOST}|%{EXIM_INTERFACE}|%{EXIM_PROTOCOL}|%{EXIM_MSG_SIZE}|%{EXIM_HEADER_ID}|%{EXIM_SUBJECT}|%{EXIM_RECIPIENT}|%{EXIM_OTHER}",
    ),
    (
        "EXIM",
        r"%{EXIM_DATE}(?: %{EXIM_PID})? %{EXIM_MSGID:[exim][log][message][id]|exim_msgid} (?<[exim][log][flags]|exim_flags><=) (?:<>|%{NOTSPACE:[exim][log][sender][email]|exim_sender_email})(?: %{EXIM_ITEM})*",
    ),
    // BIND 9.
    ("BIND9_TIMESTAMP", r"%{MONTHDAY}-%{MONTH}-[0-9]{4} %{TIME}"),
    ("BIND9_DNSTYPE", r"[0-9A-Z]+"),
    ("BIND9_CATEGORY", r"[a-z-]+"),
    (
        "BIND9_QUERYLOGBASE",
        r"client(?: @0x[0-9A-Fa-f]+)? %{IP:[client][ip]|clientip}#%{POSINT:[client][port]|clientport:int}(?: \(%{NOTSPACE:[bind][log][question][name]|}\))?: (?:view %{NOTSPACE:[bind][log][view][name]|view}: )?query: %{NOTSPACE:[dns][question][name]|query} %{WORD:[dns][question][class]|} (?<|querytype>%{BIND9_DNSTYPE:[dns][question][type]|}(?: (?<[bind][log][question][flags]|>[+-][0-9A-Z()]*))?)(?: \(%{IP:[server][ip]|dns}\))?",
    ),
    (
        "BIND9_QUERYLOG",
        r"%{BIND9_TIMESTAMP:timestamp} %{BIND9_CATEGORY:[bind][log][category]|category}: %{LOGLEVEL:[log][level]|loglevel}: %{BIND9_QUERYLOGBASE}",
    ),
    ("BIND9", r"%{BIND9_QUERYLOG}"),
    // Bacula and Bareos.
    ("BACULA_TIMESTAMP", r"%{MONTHDAY}-%{MONTH}(?:-[0-9]{4})? %{HOUR}:%{MINUTE}"),
    ("BACULA_HOST", r"[0-9A-Za-z_.-]+"),
    ("BACULA_VOLUME", r#"[^"\s]+"#),
    ("BACULA_DEVICE", r#"[^"\s]+"#),
    ("BACULA_DEVICEPATH", r"%{UNIXPATH}"),
    ("BACULA_CAPACITY", r"[0-9]{1,3}(?:,[0-9]{3})*"),
    ("BACULA_VERSION", r"%{USER}"),
    ("BACULA_JOB", r"%{USER}"),
    (
        "BACULA_ON_DEVICE",
        r#""%{BACULA_DEVICE:[bacula][volume][device]|device}" \(%{BACULA_DEVICEPATH:[bacula][volume][path]|devicepath}\)"#,
    ),
    ("BACULA_NAMED_VOLUME", r#""%{BACULA_VOLUME:[bacula][volume][name]|volume}""#),
    (
        "BACULA_LOG_MAX_CAPACITY",
        r"User defined maximum volume capacity %{BACULA_CAPACITY:[bacula][volume][max_capacity]|max_capacity} exceeded on device %{BACULA_ON_DEVICE}\.?",
    ),
    (
        "BACULA_LOG_END_VOLUME",
        r"End of medium on Volume %{BACULA_NAMED_VOLUME} Bytes=%{BACULA_CAPACITY:[bacula][volume][bytes]|bytes} Blocks=%{BACULA_CAPACITY:[bacula][volume][blocks]|blocks} at %{BACULA_TIMESTAMP:[bacula][timestamp]|}\.?",
    ),
    ("BACULA_LOG_NEW_VOLUME", r"Created new Volume %{BACULA_NAMED_VOLUME} in catalog\."),
    (
        "BACULA_LOG_NEW_LABEL",
        r"Labeled new Volume %{BACULA_NAMED_VOLUME} on (?:file )?device %{BACULA_ON_DEVICE}\.",
    ),
    (
        "BACULA_LOG_WROTE_LABEL",
        r"Wrote label to prelabeled Volume %{BACULA_NAMED_VOLUME} on device %{BACULA_ON_DEVICE}\.?",
    ),
    (
        "BACULA_LOG_NEW_MOUNT",
        r"New volume %{BACULA_NAMED_VOLUME} mounted on device %{BACULA_ON_DEVICE} at %{BACULA_TIMESTAMP:[bacula][timestamp]|}\.?",
    ),
    (
        "BACULA_LOG_OPEN_FILE",
        r#"Could not open (?:file|directory) "?%{UNIXPATH:[file][path]|}"?: ERR=%{GREEDYDATA:[error][message]|berror}"#,
    ),
    (
        "BACULA_LOG_STAT",
        r#"Could not stat "?%{UNIXPATH:[file][path]|}"?: ERR=%{GREEDYDATA:[error][message]|berror}"#,
    ),
    (
        "BACULA_LOG_DIFFERENT_FS",
        r"%{UNIXPATH:[file][path]|} is a different filesystem\. Will not descend from %{UNIXPATH} into it\.",
    ),
    ("BACULA_LOG_JOB", r"(?:Error: )?Bacula %{BACULA_HOST} %{BACULA_VERSION:[bacula][version]|} \([^)]*\):"),
    (
        "BACULA_LOG_STARTJOB",
        r"Start Backup JobId %{INT:[bacula][job][id]|}, Job=%{BACULA_JOB:[bacula][job][name]|job}",
    ),
    ("BACULA_LOG_STARTRESTORE", r"Start Restore Job %{BACULA_JOB:[bacula][job][name]|job}"),
    (
        "BACULA_LOG_ELAPSED",
        r"Job write elapsed time = (?<[bacula][job][elapsed_time]|elapsed>[0-9]+:[0-9]{2}:[0-9]{2}), Transfer rate = %{NUMBER}(?: [KMG])? +Bytes/second",
    ),
    ("BACULA_LOG_MARKCANCEL", r"Job %{BACULA_JOB:[bacula][job][name]|job} marked to be canceled\."),
    (
        "BACULA_LOG_END_OF_DATA",
        r#"Volume "?%{BACULA_VOLUME:[bacula][volume][name]|volume}"? previously written, moving to end of data\."#,
    ),
    (
        "BACULA_LOG_READY_APPEND",
        r#"Ready to append to end of Volume %{BACULA_NAMED_VOLUME} (?:at file=|size=)%{BACULA_CAPACITY}"#,
    ),
    ("BACULA_LOG_PRUNED", r#"All records pruned from Volume %{BACULA_NAMED_VOLUME}; marking it "Purged""#),
    ("BACULA_LOG_USE_DEVICE", r#"Using Device "%{BACULA_DEVICE:[bacula][volume][device]|device}""#),
    (
        "BACULA_LOG_FATAL_CONN",
        r"Fatal error: bsock\.c:[0-9]+ Unable to connect to (?:Client: %{BACULA_HOST:[bacula][client][name]|client}|Storage daemon) on %{IPORHOST:[client][address]|}:%{POSINT:[client][port]|:int}\. ERR=%{GREEDYDATA:[error][message]|berror}",
    ),
    (
        "BACULA_LOG",
        r"%{BACULA_LOG_MAX_CAPACITY}|%{BACULA_LOG_END_VOLUME}|%{BACULA_LOG_NEW_VOLUME}|%{BACULA_LOG_NEW_LABEL}|%{BACULA_LOG_WROTE_LABEL}|%{BACULA_LOG_NEW_MOUNT}|%{BACULA_LOG_OPEN_FILE}|%{BACULA_LOG_STAT}|%{BACULA_LOG_DIFFERENT_FS}|%{BACULA_LOG_JOB}|%{BACULA_LOG_STARTJOB}|%{BACULA_LOG_STARTRESTORE}|%{BACULA_LOG_ELAPSED}|%{BACULA_LOG_MARKCANCEL}|%{BACULA_LOG_END_OF_DATA}|%{BACULA_LOG_READY_APPEND}|%{BACULA_LOG_PRUNED}|%{BACULA_LOG_USE_DEVICE}|%{BACULA_LOG_FATAL_CONN}",
    ),
    (
        "BACULA_LOGLINE",
        r"%{BACULA_TIMESTAMP:timestamp|bts} %{BACULA_HOST:[host][hostname]|hostname}(?: JobId %{INT:[bacula][job][id]|jobid})?[:,]? +%{BACULA_LOG}",
    ),
];
