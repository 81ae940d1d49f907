//! Numbers, words, addresses, names of hosts, paths and identifiers.

pub(super) static PATTERNS: &[(&str, &str)] = &[
    // Numbers.
    ("INT", r"[+-]?[0-9]+"),
    ("POSINT", r"(?-u:\b)[1-9][0-9]*(?-u:\b)"),
    ("NONNEGINT", r"(?-u:\b)[0-9]+(?-u:\b)"),
    ("BASE10NUM", r"[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)"),
    ("NUMBER", r"%{BASE10NUM}"),
    ("BASE16NUM", r"[+-]?(?:0[xX])?[0-9A-Fa-f]+"),
    ("BASE16FLOAT", r"[+-]?(?:0[xX])?(?:[0-9A-Fa-f]+(?:\.[0-9A-Fa-f]*)?|\.[0-9A-Fa-f]+)"),
    // Words.
    ("WORD", r"\b\w+\b"),
    ("NOTSPACE", r"\S+"),
    ("SPACE", r"\s*"),
    ("DATA", r".*?"),
    ("GREEDYDATA", r".*"),
    ("QUOTEDSTRING", r#""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`"#),
    ("QS", r"%{QUOTEDSTRING}"),
    // Identifiers.
    ("UUID", r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}"),
    // RFC 2141 section 2: a namespace of at most 32 characters, and at least one character behind it.
    ("URN", r"urn:[0-9A-Za-z][0-9A-Za-z-]{0,31}:(?:%[0-9A-Fa-f]{2}|[0-9A-Za-z()+,.:=@;$_!*'/?#-])+"),
    // People.
    ("USERNAME", r"[0-9A-Za-z._-]+"),
    ("USER", r"%{USERNAME}"),
    // RFC 5322 section 3.2.3: atoms with points between them; RFC 5321 section 4.5.3.1.1: 64 octets.
    ("EMAILLOCALPART", r"[0-9A-Za-z!#$%&'*+/=?^_`{|}~-]{1,64}(?:\.[0-9A-Za-z!#$%&'*+/=?^_`{|}~-]+)*"),
    ("EMAILADDRESS", r"%{EMAILLOCALPART}@%{HOSTNAME}"),
    // Addresses of the second layer.
    ("MAC", r"%{CISCOMAC}|%{WINDOWSMAC}|%{COMMONMAC}"),
    ("CISCOMAC", r"(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}"),
    ("WINDOWSMAC", r"(?:[0-9A-Fa-f]{2}-){5}[0-9A-Fa-f]{2}"),
    ("COMMONMAC", r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}"),
    // Addresses of the third layer.
    ("IP", r"%{IPV6}|%{IPV4}"),
    ("IPV4", r"(?-u:\b)%{IPV4_OCTET}(?:\.%{IPV4_OCTET}){3}(?-u:\b)"),
    ("IPV4_OCTET", r"(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]{1,2})"),
    // RFC 4291 section 2.2 with the zone of RFC 4007. Forms that end in an IPv4 address come first: their beginning is an
    // address too. No letter or digit stands beside an address.
    (
        "IPV6",
        r"(?-u:\b{start-half})(?:%{IPV6_WITH_IPV4}|%{IPV6_GROUPS})(?-u:\b{end-half})(?:%[0-9A-Za-z._~-]+)?",
    ),
    ("IPV6_GROUP", r"[0-9A-Fa-f]{1,4}"),
    (
        "IPV6_WITH_IPV4",
        r"(?:(?:%{IPV6_GROUP}:){6}|(?:%{IPV6_GROUP}(?::%{IPV6_GROUP}){0,4})?::(?:%{IPV6_GROUP}:){0,5})%{IPV4}",
    ),
    (
        "IPV6_GROUPS",
        r"%{IPV6_GROUP}(?::%{IPV6_GROUP}){7}|(?:%{IPV6_GROUP}(?::%{IPV6_GROUP}){0,6})?::(?:%{IPV6_GROUP}(?::%{IPV6_GROUP}){0,6})?",
    ),
    // Hosts.
    ("HOSTNAME", r"(?-u:\b)[0-9A-Za-z][0-9A-Za-z_-]*(?:\.[0-9A-Za-z_][0-9A-Za-z_-]*)*\.?"),
    ("IPORHOST", r"%{IP}|%{HOSTNAME}"),
    ("HOST", r"%{HOSTNAME}"),
    ("HOSTPORT", r"(?:\[%{IPV6}\]|%{IPORHOST}):%{POSINT}"),
    // Paths.
    ("PATH", r"%{UNIXPATH}|%{WINPATH}"),
    ("UNIXPATH", r"(?:/[\w%!$@:.,+~=#&-]*)+"),
    ("WINPATH", r"(?:[A-Za-z]:|\\)(?:\\[^\\?*]*)+"),
    ("TTY", r"/dev/(?:pts/[0-9]+|tty\w*|console)"),
    // RFC 3986 section 3.
    ("URIPROTO", r"[A-Za-z][0-9A-Za-z+.-]*"),
    ("URIHOST", r"(?:\[%{IPV6}\]|%{IPORHOST})(?::%{POSINT})?"),
    ("URIPATH", r"/[\w$.+!*'(){},~:;=@#%&/|^-]*"),
    ("URIQUERY", r"[\w$.+!*'|(){},~@#%&/=:;?<>^\[\]\\-]*"),
    ("URIPARAM", r"\?%{URIQUERY}"),
    ("URIPATHPARAM", r"%{URIPATH}(?:%{URIPARAM})?"),
    ("URI", r"%{URIPROTO}://(?:%{USER}(?::[^@\s/]*)?@)?(?:%{URIHOST})?(?:%{URIPATHPARAM})?"),
    // HTTP.
    (
        "HTTPMETHOD",
        r"(?-u:\b)(?:GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|PROPFIND|PROPPATCH|MKCOL|COPY|MOVE|LOCK|UNLOCK|SEARCH|REPORT)(?-u:\b)",
    ),
    ("HTTPVERSION", r"(?:HTTP/)?[0-9](?:\.[0-9]+)?"),
    (
        "LOGLEVEL",
        r"(?i-u:emerg(?:ency)?|alert|crit(?:ical)?|panic|fatal|severe|err(?:or)?|warn(?:ing)?|notice|info(?:rmation(?:al)?)?|debug|trace|verbose)",
    ),
    // Names of the product that configurations were written for.
    ("BYTEFREEZER_LOGLEVEL", r"%{LOGLEVEL}"),
    ("BYTEFREEZER_TIMESTAMP", r"%{TIMESTAMP_ISO8601}"),
    ("BYTEFREEZER_UUID", r"%{UUID}"),
];
