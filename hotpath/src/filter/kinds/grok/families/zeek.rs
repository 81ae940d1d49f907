//! Zeek's logs as lines of values between tabs; those of Bro before version 3 have fewer.

pub(super) static PATTERNS: &[(&str, &str)] = &[
    // A value that may have spaces in it.
    ("ZEEK_VALUE", r"[^\t]+"),
    ("ZEEK_BOOL", r"[TF]"),
    (
        "ZEEK_ENDPOINTS",
        r"%{NUMBER:timestamp|ts}\t%{NOTSPACE:[zeek][session_id]|uid}\t%{IP:[source][ip]|orig_h}\t%{INT:[source][port]|orig_p:int}\t%{IP:[destination][ip]|resp_h}\t%{INT:[destination][port]|resp_p:int}",
    ),
    (
        "ZEEK_CONN_COUNTS",
        r"%{WORD:[network][transport]|proto}\t(?:-|%{ZEEK_VALUE:[network][protocol]|service})\t(?:-|%{NUMBER:[zeek][connection][duration]|duration:float})\t(?:-|%{INT:[zeek][connection][orig_bytes]|orig_bytes:int})\t(?:-|%{INT:[zeek][connection][resp_bytes]|resp_bytes:int})\t(?:-|%{WORD:[zeek][connection][state]|conn_state})\t(?:-|%{ZEEK_BOOL:[zeek][connection][local_orig]|local_orig})",
    ),
    (
        "ZEEK_CONN_PACKETS",
        r"(?:-|%{INT:[zeek][connection][missed_bytes]|missed_bytes:int})\t(?:-|%{ZEEK_VALUE:[zeek][connection][history]|history})\t(?:-|%{INT:[source][packets]|orig_pkts:int})\t(?:-|%{INT:[source][bytes]|orig_ip_bytes:int})\t(?:-|%{INT:[destination][packets]|resp_pkts:int})\t(?:-|%{INT:[destination][bytes]|resp_ip_bytes:int})\t(?:-|%{ZEEK_VALUE:[zeek][connection][tunnel_parents]|tunnel_parents})",
    ),
    (
        "BRO_CONN",
        r"%{ZEEK_ENDPOINTS}\t%{ZEEK_CONN_COUNTS}\t(?:(?:-|%{ZEEK_BOOL:[zeek][connection][local_resp]|local_resp})\t)?%{ZEEK_CONN_PACKETS}",
    ),
    (
        "ZEEK_CONN",
        r"%{ZEEK_ENDPOINTS}\t%{ZEEK_CONN_COUNTS}\t(?:-|%{ZEEK_BOOL:[zeek][connection][local_resp]|local_resp})\t%{ZEEK_CONN_PACKETS}(?:\t(?:-|%{COMMONMAC:[source][mac]|orig_l2_addr})\t(?:-|%{COMMONMAC:[destination][mac]|resp_l2_addr}))?",
    ),
    (
        "ZEEK_DNS_ANSWER",
        r"(?:-|%{ZEEK_VALUE:[dns][question][name]|query})\t(?:-|%{INT:[zeek][dns][qclass]|qclass:int})\t(?:-|%{ZEEK_VALUE:[zeek][dns][qclass_name]|qclass_name})\t(?:-|%{INT:[zeek][dns][qtype]|qtype:int})\t(?:-|%{ZEEK_VALUE:[dns][question][type]|qtype_name})\t(?:-|%{INT:[zeek][dns][rcode]|rcode:int})\t(?:-|%{ZEEK_VALUE:[dns][response_code]|rcode_name})\t(?:-|%{ZEEK_BOOL:[zeek][dns][AA]|AA})\t(?:-|%{ZEEK_BOOL:[zeek][dns][TC]|TC})\t(?:-|%{ZEEK_BOOL:[zeek][dns][RD]|RD})\t(?:-|%{ZEEK_BOOL:[zeek][dns][RA]|RA})\t(?:-|%{NONNEGINT:[zeek][dns][Z]|Z:int})\t(?:-|%{ZEEK_VALUE:[zeek][dns][answers]|answers})\t(?:-|%{ZEEK_VALUE:[zeek][dns][TTLs]|TTLs})\t(?:-|%{ZEEK_BOOL:[zeek][dns][rejected]|rejected})",
    ),
    (
        "BRO_DNS",
        r"%{ZEEK_ENDPOINTS}\t%{WORD:[network][transport]|proto}\t(?:-|%{INT:[dns][id]|trans_id:int})\t%{ZEEK_DNS_ANSWER}",
    ),
    (
        "ZEEK_DNS",
        r"%{ZEEK_ENDPOINTS}\t%{WORD:[network][transport]|proto}\t(?:-|%{INT:[dns][id]|trans_id:int})\t(?:-|%{NUMBER:[zeek][dns][rtt]|rtt:float})\t%{ZEEK_DNS_ANSWER}",
    ),
    (
        "ZEEK_HTTP_HEAD",
        r"%{ZEEK_ENDPOINTS}\t%{INT:[zeek][http][trans_depth]|trans_depth:int}\t(?:-|%{WORD:[http][request][method]|method})\t(?:-|%{ZEEK_VALUE:[url][domain]|domain})\t(?:-|%{ZEEK_VALUE:[url][original]|uri})\t(?:-|%{ZEEK_VALUE:[http][request][referrer]|referrer})",
    ),
    (
        "ZEEK_HTTP_BODY",
        r"(?:-|%{ZEEK_VALUE:[user_agent][original]|user_agent})\t(?:-|%{NUMBER:[http][request][body][bytes]|request_body_len:int})\t(?:-|%{NUMBER:[http][response][body][bytes]|response_body_len:int})\t(?:-|%{POSINT:[http][response][status_code]|status_code:int})\t(?:-|%{ZEEK_VALUE:[zeek][http][status_msg]|status_msg})\t(?:-|%{POSINT:[zeek][http][info_code]|info_code:int})\t(?:-|%{ZEEK_VALUE:[zeek][http][info_msg]|info_msg})",
    ),
    (
        "ZEEK_HTTP_USER",
        r"(?:\(empty\)|-|%{ZEEK_VALUE:[zeek][http][tags]|bro_tags})\t(?:-|%{ZEEK_VALUE:[url][username]|username})\t(?:-|%{ZEEK_VALUE:[url][password]|password})\t(?:-|%{ZEEK_VALUE:[zeek][http][proxied]|proxied})",
    ),
    (
        "BRO_HTTP",
        r"%{ZEEK_HTTP_HEAD}\t%{ZEEK_HTTP_BODY}\t(?:-|%{ZEEK_VALUE:[zeek][http][filename]|filename})\t%{ZEEK_HTTP_USER}\t(?:-|%{ZEEK_VALUE:[zeek][http][orig_fuids]|orig_fuids})\t(?:-|%{ZEEK_VALUE:[http][request][mime_type]|orig_mime_types})\t(?:-|%{ZEEK_VALUE:[zeek][http][resp_fuids]|resp_fuids})\t(?:-|%{ZEEK_VALUE:[http][response][mime_type]|resp_mime_types})$",
    ),
    (
        "ZEEK_HTTP",
        r"%{ZEEK_HTTP_HEAD}\t(?:-|%{NUMBER:[http][version]|version})\t%{ZEEK_HTTP_BODY}\t%{ZEEK_HTTP_USER}\t(?:-|%{ZEEK_VALUE:[zeek][http][orig_fuids]|orig_fuids})\t(?:-|%{ZEEK_VALUE:[zeek][http][orig_filenames]|orig_filenames})\t(?:-|%{ZEEK_VALUE:[http][request][mime_type]|orig_mime_types})\t(?:-|%{ZEEK_VALUE:[zeek][http][resp_fuids]|resp_fuids})\t(?:-|%{ZEEK_VALUE:[zeek][http][resp_filenames]|resp_filenames})\t(?:-|%{ZEEK_VALUE:[http][response][mime_type]|resp_mime_types})$",
    ),
    // Of several hosts, the first.
    (
        "ZEEK_FILES",
        r"%{NUMBER:timestamp|ts}\t%{NOTSPACE:[zeek][files][fuid]|fuid}\t(?:-|%{IP:[server][ip]|tx_hosts}[^\t]*)\t(?:-|%{IP:[client][ip]|rx_hosts}[^\t]*)\t(?:-|%{ZEEK_VALUE:[zeek][files][session_ids]|conn_uids})\t(?:-|%{ZEEK_VALUE:[zeek][files][source]|source})\t(?:-|%{INT:[zeek][files][depth]|depth:int})\t(?:-|%{ZEEK_VALUE:[zeek][files][analyzers]|analyzers})\t(?:-|%{ZEEK_VALUE:[file][mime_type]|mime_type})\t(?:-|%{ZEEK_VALUE:[file][name]|filename})\t(?:-|%{NUMBER:[zeek][files][duration]|duration:float})\t(?:-|%{ZEEK_BOOL:[zeek][files][local_orig]|local_orig})\t(?:-|%{ZEEK_BOOL:[zeek][files][is_orig]|is_orig})\t(?:-|%{INT:[zeek][files][seen_bytes]|seen_bytes:int})\t(?:-|%{INT:[file][size]|total_bytes:int})\t(?:-|%{INT:[zeek][files][missing_bytes]|missing_bytes:int})\t(?:-|%{INT:[zeek][files][overflow_bytes]|overflow_bytes:int})\t(?:-|%{ZEEK_BOOL:[zeek][files][timedout]|timedout})\t(?:-|%{ZEEK_VALUE:[zeek][files][parent_fuid]|parent_fuid})\t(?:-|%{ZEEK_VALUE:[file][hash][md5]|md5})\t(?:-|%{ZEEK_VALUE:[file][hash][sha1]|sha1})\t(?:-|%{ZEEK_VALUE:[file][hash][sha256]|sha256})\t(?:-|%{ZEEK_VALUE:[zeek][files][extracted]|extracted})(?:\t(?:-|%{ZEEK_BOOL:[zeek][files][extracted_cutoff]|extracted_cutoff})\t(?:-|%{INT:[zeek][files][extracted_size]|extracted_size:int}))?",
    ),
    ("BRO_FILES", r"%{ZEEK_FILES}"),
];
