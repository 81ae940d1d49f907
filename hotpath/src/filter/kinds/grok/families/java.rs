//! Java, Tomcat, Maven, and the Ruby programs Rails and MCollective.

pub(super) static PATTERNS: &[(&str, &str)] = &[
    ("JAVACLASS", r"(?:[A-Za-z_$][\w$]*\.)*[A-Za-z_$][\w$]*"),
    ("JAVAFILE", r"[\w$. -]+"),
    ("JAVAMETHOD", r"<(?:cl)?init>|[A-Za-z_$][\w$]*"),
    ("JAVALOGMESSAGE", r"%{GREEDYDATA}"),
    (
        "JAVASTACKTRACEPART",
        r"%{SPACE}at %{JAVACLASS:[java][log][origin][class][name]|class}\.%{JAVAMETHOD:[log][origin][function]|method}\(%{JAVAFILE:[log][origin][file][name]|file}(?::%{INT:[log][origin][file][line]|line:int})?\)",
    ),
    ("JAVATHREAD", r"(?:[A-Z]{2}-Processor[0-9]+)"),
    // `31-Jul-2020 16:40:38.451`, and `Jul 31, 2020 4:40:20 PM` before Tomcat 8.
    ("CATALINA8_DATESTAMP", r"%{MONTHDAY}-%{MONTH}-[0-9]{4} %{TIME}"),
    ("CATALINA7_DATESTAMP", r"%{MONTH} %{MONTHDAY}, [0-9]{4} %{TIME} (?:AM|PM)"),
    ("CATALINA_DATESTAMP", r"%{CATALINA8_DATESTAMP}|%{CATALINA7_DATESTAMP}"),
    (
        "CATALINA8_LOG",
        r"%{CATALINA8_DATESTAMP:timestamp} %{LOGLEVEL:[log][level]|level} \[%{DATA:[java][log][origin][thread][name]|thread}\] %{JAVACLASS:[java][log][origin][class][name]|class}\.(?<|logmessage>(?:%{JAVAMETHOD:[log][origin][function]|method})? ?%{JAVALOGMESSAGE:message|})",
    ),
    (
        "CATALINA7_LOG",
        r"%{CATALINA7_DATESTAMP:timestamp} %{JAVACLASS:[java][log][origin][class][name]|class} (?<|logmessage>(?:%{JAVAMETHOD:[log][origin][function]|method})?\s*(?:%{LOGLEVEL:[log][level]|level}:)? ?%{JAVALOGMESSAGE:message|})",
    ),
    ("CATALINALOG", r"%{CATALINA8_LOG}|%{CATALINA7_LOG}"),
    ("TOMCAT_DATESTAMP", r"[0-9]{4}-%{MONTHNUM}-%{MONTHDAY} %{HOUR}:%{MINUTE}:%{SECOND} %{ISO8601_TIMEZONE}"),
    (
        "TOMCATLEGACY_LOG",
        r"%{TOMCAT_DATESTAMP:timestamp} \| %{LOGLEVEL:[log][level]|level} \| %{JAVACLASS:[java][log][origin][class][name]|class} - %{JAVALOGMESSAGE:message|logmessage}",
    ),
    ("TOMCATLOG", r"%{CATALINALOG}|%{TOMCATLEGACY_LOG}"),
    ("MAVEN_VERSION", r"[0-9]+\.[0-9]+(?:\.[0-9]+)?(?:[.-](?:RELEASE|SNAPSHOT))?"),
    // Ruby.
    ("RUBY_LOGLEVEL", r"DEBUG|FATAL|ERROR|WARN|INFO"),
    (
        "RUBY_LOGGER",
        r"[DFEWI], \[%{TIMESTAMP_ISO8601:timestamp} #%{POSINT:[process][pid]|pid:int}\] +%{RUBY_LOGLEVEL:[log][level]|loglevel} -- +%{DATA:[process][name]|progname}: %{GREEDYDATA:message}",
    ),
    (
        "MCOLLECTIVE",
        r"., \[%{TIMESTAMP_ISO8601:timestamp} #%{POSINT:[process][pid]|pid:int}\]%{SPACE}%{LOGLEVEL:[log][level]|event_level}",
    ),
    (
        "MCOLLECTIVEAUDIT",
        r"%{TIMESTAMP_ISO8601:timestamp}: reqid=%{NOTSPACE:[mcollective][request_id]|request_id}: %{GREEDYDATA:message}",
    ),
    // Rails 3 and later.
    ("RUUID", r"[0-9A-Fa-f]{32}"),
    (
        "RCONTROLLER",
        r"(?<[rails][controller][class]|controller>[^#\s]+)#(?<[rails][controller][action]|action>\w+)",
    ),
    ("RAILS_TIMESTAMP", r"[0-9]{4}-%{MONTHNUM}-%{MONTHDAY} %{HOUR}:%{MINUTE}:%{SECOND} %{ISO8601_TIMEZONE}"),
    (
        "RAILS3HEAD",
        r#"(?m:^)Started %{WORD:[http][request][method]|verb} "%{URIPATHPARAM:[url][original]|request}" for %{IPORHOST:[source][address]|clientip} at %{RAILS_TIMESTAMP:timestamp}"#,
    ),
    (
        "RPROCESSING",
        r"\W*Processing by %{RCONTROLLER} as %{NOTSPACE:[rails][request][format]|format}(?:\W*Parameters: \{%{DATA:[rails][request][params]|params}\}\W*)?",
    ),
    (
        "RAILS3PROFILE",
        r"\(Views: %{NUMBER:[rails][request][duration][view]|viewms:float}ms \| ActiveRecord: %{NUMBER:[rails][request][duration][active_record]|activerecordms:float}ms|\(ActiveRecord: %{NUMBER:[rails][request][duration][active_record]|activerecordms:float}ms",
    ),
    (
        "RAILS3FOOT",
        r"Completed %{POSINT:[http][response][status_code]|response:int}%{DATA} in %{NUMBER:[rails][request][duration][total]|totalms:float}ms(?: %{RAILS3PROFILE}%{GREEDYDATA})?",
    ),
    (
        "RAILS3",
        r"%{RAILS3HEAD}(?:%{RPROCESSING})?(?<[rails][request][explain][original]|context>(?s:.*?))?(?:%{RAILS3FOOT})?$",
    ),
];
