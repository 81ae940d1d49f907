//! Messages of Cisco ASA by their numbers, and the tag that Cisco's devices begin with.

pub(super) static PATTERNS: &[(&str, &str)] = &[
    ("CISCOTIMESTAMP", r"%{MONTH} +%{MONTHDAY}(?: [0-9]{4})? %{TIME}"),
    ("CISCOTAG", r"[0-9A-Z_]+-%{INT}-(?:[0-9A-Z_]+)"),
    (
        "CISCO_TAGGED_SYSLOG",
        r"^(?:<%{POSINT:[log][syslog][priority]|syslog_pri:int}>)?(?:%{POSINT}: )?[*.]?%{CISCOTIMESTAMP:timestamp}(?: [A-Z]{2,5})?(?: %{SYSLOGHOST:[host][hostname]|sysloghost})? ?: %%{CISCOTAG:[cisco][asa][tag]|ciscotag}:",
    ),
    (
        "CISCO_ACTION",
        r"Built|Teardown|Deny|Denied|denied|requested|permitted|denied by ACL|discarded|est-allowed|Dropping|created|deleted",
    ),
    (
        "CISCO_REASON",
        r"Duplicate TCP SYN|Failed to locate egress interface|Invalid transport field|No matching connection|DNS Response|DNS Query|%{WORD}(?: %{WORD})*",
    ),
    ("CISCO_DIRECTION", r"(?i-u:inbound|outbound)"),
    ("CISCO_PROTOCOL", r"(?i-u:tcp|udp|icmp(?:v?6)?|ip|esp|gre|sctp)|[0-9]+"),
    ("CISCO_INTERFACE", r"[0-9A-Za-z._/-]+"),
    ("CISCO_FLAGS", r"[A-Z]+(?: [A-Z]+)*"),
    // Ends of a connection: an interface, an address or a name, a port, and a user.
    (
        "CISCO_SRC",
        r"(?:%{CISCO_INTERFACE:[observer][ingress][interface][name]|src_interface}:)?(?:%{IP:[source][ip]|src_ip}|%{HOSTNAME:[source][address]|src_ip})(?:/%{INT:[source][port]|src_port:int})?(?: ?\((?<[source][user][name]|src_fwuser>[^)\s/]+)\))?",
    ),
    (
        "CISCO_DST",
        r"(?:%{CISCO_INTERFACE:[observer][egress][interface][name]|dst_interface}:)?(?:%{IP:[destination][ip]|dst_ip}|%{HOSTNAME:[destination][address]|dst_ip})(?:/%{INT:[destination][port]|dst_port:int})?(?: ?\((?<[destination][user][name]|dst_fwuser>[^)\s/]+)\))?",
    ),
    (
        "CISCO_HASHES",
        r"\[(?<[cisco][asa][hashcode1]|hashcode1>[^\s,\]]+), (?<[cisco][asa][hashcode2]|hashcode2>[^\s\]]+)\]",
    ),
    (
        "CISCO_INTERVAL",
        r"hit-cnt %{INT:[cisco][asa][hit_count]|hit_count:int} (?:first hit|%{INT:[cisco][asa][interval]|interval:int}-second interval)",
    ),
    (
        "CISCOFW104001",
        r"\((?:Primary|Secondary)\) Switching to ACTIVE - %{GREEDYDATA:[event][reason]|switch_reason}",
    ),
    (
        "CISCOFW104002",
        r"\((?:Primary|Secondary)\) Switching to STANDBY - %{GREEDYDATA:[event][reason]|switch_reason}",
    ),
    ("CISCOFW104003", r"\((?:Primary|Secondary)\) Switching to FAILED\."),
    ("CISCOFW104004", r"\((?:Primary|Secondary)\) Switching to OK\."),
    (
        "CISCOFW105003",
        r"\((?:Primary|Secondary)\) Monitoring on interface %{NOTSPACE:[network][interface][name]|interface_name} waiting",
    ),
    (
        "CISCOFW105004",
        r"\((?:Primary|Secondary)\) Monitoring on interface %{NOTSPACE:[network][interface][name]|interface_name} normal",
    ),
    (
        "CISCOFW106001",
        r"%{CISCO_DIRECTION:[cisco][asa][network][direction]|direction} %{CISCO_PROTOCOL:[cisco][asa][network][transport]|protocol} connection %{CISCO_ACTION:[cisco][asa][outcome]|action} from %{CISCO_SRC} to %{CISCO_DST} flags %{CISCO_FLAGS:[cisco][asa][tcp_flags]|tcp_flags} on interface %{CISCO_INTERFACE:[observer][egress][interface][name]|interface}",
    ),
    (
        "CISCOFW106006_106007_106010",
        r"%{CISCO_ACTION:[cisco][asa][outcome]|action} %{CISCO_DIRECTION:[cisco][asa][network][direction]|direction} %{CISCO_PROTOCOL:[cisco][asa][network][transport]|protocol} (?:from|src) %{CISCO_SRC} (?:to|dst) %{CISCO_DST} (?:on interface %{CISCO_INTERFACE:[observer][egress][interface][name]|interface}|due to %{CISCO_REASON:[event][reason]|reason})",
    ),
    (
        "CISCOFW106014",
        r"%{CISCO_ACTION:[cisco][asa][outcome]|action} %{CISCO_DIRECTION:[cisco][asa][network][direction]|direction} %{CISCO_PROTOCOL:[cisco][asa][network][transport]|protocol} src %{CISCO_SRC} dst %{CISCO_DST} ?\(type %{INT:[cisco][asa][icmp_type]|icmp_type:int}, code %{INT:[cisco][asa][icmp_code]|icmp_code:int}\)",
    ),
    (
        "CISCOFW106015",
        r"%{CISCO_ACTION:[cisco][asa][outcome]|action} %{CISCO_PROTOCOL:[cisco][asa][network][transport]|protocol} \(%{DATA:[cisco][asa][rule_name]|policy_id}\) from %{CISCO_SRC} to %{CISCO_DST} flags %{CISCO_FLAGS:[cisco][asa][tcp_flags]|tcp_flags} +on interface %{CISCO_INTERFACE:[observer][egress][interface][name]|interface}",
    ),
    (
        "CISCOFW106021",
        r"%{CISCO_ACTION:[cisco][asa][outcome]|action} %{CISCO_PROTOCOL:[cisco][asa][network][transport]|protocol} reverse path check from %{CISCO_SRC} to %{CISCO_DST} on interface %{CISCO_INTERFACE:[observer][egress][interface][name]|interface}",
    ),
    (
        "CISCOFW106023",
        r#"%{CISCO_ACTION:[cisco][asa][outcome]|action}(?: protocol)? %{CISCO_PROTOCOL:[cisco][asa][network][transport]|protocol} src %{CISCO_SRC} dst %{CISCO_DST}(?: ?\(type %{INT:[cisco][asa][icmp_type]|icmp_type:int}, code %{INT:[cisco][asa][icmp_code]|icmp_code:int}\))? by access-group "?(?<[cisco][asa][rule_name]|policy_id>[^"\s]+)"? %{CISCO_HASHES}"#,
    ),
    (
        "CISCOFW106100",
        r"access-list %{NOTSPACE:[cisco][asa][rule_name]|policy_id} %{CISCO_ACTION:[cisco][asa][outcome]|action} %{CISCO_PROTOCOL:[cisco][asa][network][transport]|protocol} %{CISCO_INTERFACE_SRC} -> %{CISCO_INTERFACE_DST} %{CISCO_INTERVAL} %{CISCO_HASHES}",
    ),
    (
        "CISCO_INTERFACE_SRC",
        r"(?<[observer][ingress][interface][name]|src_interface>[^\s/]+)/%{IP:[source][ip]|src_ip}\(%{INT:[source][port]|src_port:int}\)(?:\((?<[source][user][name]|src_fwuser>[^)]+)\))?",
    ),
    (
        "CISCO_INTERFACE_DST",
        r"(?<[observer][egress][interface][name]|dst_interface>[^\s/]+)/%{IP:[destination][ip]|dst_ip}\(%{INT:[destination][port]|dst_port:int}\)(?:\((?<[destination][user][name]|dst_fwuser>[^)]+)\))?",
    ),
    (
        "CISCOFW106102_106103",
        r"access-list %{NOTSPACE:[cisco][asa][rule_name]|policy_id} %{CISCO_ACTION:[cisco][asa][outcome]|action} %{CISCO_PROTOCOL:[cisco][asa][network][transport]|protocol} for user '?%{DATA:[user][name]|username}'? %{CISCO_INTERFACE_SRC} -> %{CISCO_INTERFACE_DST} %{CISCO_INTERVAL} %{CISCO_HASHES}",
    ),
    (
        "CISCOFW110002",
        r"%{CISCO_REASON:[event][reason]|reason} for %{CISCO_PROTOCOL:[cisco][asa][network][transport]|protocol} from %{CISCO_SRC} to %{CISCO_DST}",
    ),
    (
        "CISCOFW302010",
        r"%{INT:[cisco][asa][connections][in_use]|connection_count:int} in use, %{INT:[cisco][asa][connections][most_used]|connection_count_max:int} most used",
    ),
    (
        "CISCO_MAPPED_SRC",
        r"%{CISCO_INTERFACE:[observer][ingress][interface][name]|src_interface}:%{IP:[source][ip]|src_ip}/%{INT:[source][port]|src_port:int}(?: \(%{IP:[source][nat][ip]|src_mapped_ip}/%{INT:[source][nat][port]|src_mapped_port:int}\))?(?:\((?<[source][user][name]|src_fwuser>[^)]+)\))?",
    ),
    (
        "CISCO_MAPPED_DST",
        r"%{CISCO_INTERFACE:[observer][egress][interface][name]|dst_interface}:%{IP:[destination][ip]|dst_ip}/%{INT:[destination][port]|dst_port:int}(?: \(%{IP:[destination][nat][ip]|dst_mapped_ip}/%{INT:[destination][nat][port]|dst_mapped_port:int}\))?(?:\((?<[destination][user][name]|dst_fwuser>[^)]+)\))?",
    ),
    (
        "CISCOFW302013_302014_302015_302016",
        r"%{CISCO_ACTION:[cisco][asa][outcome]|action}(?: %{CISCO_DIRECTION:[cisco][asa][network][direction]|direction})? %{CISCO_PROTOCOL:[cisco][asa][network][transport]|protocol} connection %{INT:[cisco][asa][connection_id]|connection_id} (?:for|from) %{CISCO_MAPPED_SRC} to %{CISCO_MAPPED_DST}(?: duration (?<[cisco][asa][duration]|duration>[0-9]+:[0-9]{2}:[0-9]{2}) bytes %{INT:[network][bytes]|bytes:int}(?: %{CISCO_REASON:[event][reason]|reason})?)?(?: \(%{DATA:[user][name]|user}\))?",
    ),
    (
        "CISCOFW302020_302021",
        r"%{CISCO_ACTION:[cisco][asa][outcome]|action}(?: %{CISCO_DIRECTION:[cisco][asa][network][direction]|direction})? %{CISCO_PROTOCOL:[cisco][asa][network][transport]|protocol} connection for faddr %{IP:[destination][ip]|dst_ip}/%{INT:[cisco][asa][icmp_seq]|icmp_seq_num:int}(?:\((?<[destination][user][name]|fwuser>[^)]+)\))? gaddr %{IP:[source][nat][ip]|src_xlated_ip}/%{INT:[cisco][asa][icmp_type]|icmp_code_xlated:int} laddr %{IP:[source][ip]|src_ip}/%{INT}",
    ),
    (
        "CISCOFW304001",
        r"%{IP:[source][ip]|src_ip}(?: ?\(%{DATA:[source][user][name]|src_fwuser}\))? Accessed URL %{IP:[destination][ip]|dst_ip}:%{GREEDYDATA:[url][original]|dst_url}",
    ),
    (
        "CISCOFW305011",
        r"%{CISCO_ACTION:[cisco][asa][outcome]|action} %{WORD:[cisco][asa][nat_type]|xlate_type} %{CISCO_PROTOCOL:[cisco][asa][network][transport]|protocol} translation from %{CISCO_INTERFACE:[observer][ingress][interface][name]|src_interface}:%{IP:[source][ip]|src_ip}(?:/%{INT:[source][port]|src_port:int})?(?:\((?<[source][user][name]|src_fwuser>[^)]+)\))? to %{CISCO_INTERFACE:[observer][egress][interface][name]|src_xlated_interface}:%{IP:[source][nat][ip]|src_xlated_ip}/%{INT:[source][nat][port]|src_xlated_port:int}",
    ),
    (
        "CISCOFW313001_313004_313008",
        r"%{CISCO_ACTION:[cisco][asa][outcome]|action} %{CISCO_PROTOCOL:[cisco][asa][network][transport]|protocol} type=%{INT:[cisco][asa][icmp_type]|icmp_type:int}, code=%{INT:[cisco][asa][icmp_code]|icmp_code:int} from %{IP:[source][ip]|src_ip} on interface %{CISCO_INTERFACE:[observer][egress][interface][name]|interface}(?: to %{IP:[destination][ip]|dst_ip})?",
    ),
    (
        "CISCOFW313005",
        r"%{CISCO_REASON:[event][reason]|reason} for %{CISCO_PROTOCOL:[cisco][asa][network][transport]|protocol} error message: %{WORD} src %{CISCO_SRC} dst %{CISCO_DST} \(type %{INT:[cisco][asa][icmp_type]|icmp_type:int}, code %{INT:[cisco][asa][icmp_code]|icmp_code:int}\) on %{CISCO_INTERFACE:[cisco][asa][interface]|interface} interface\. +Original IP payload: %{GREEDYDATA:[cisco][asa][original_ip_payload]|original_ip_payload}",
    ),
    (
        "CISCOFW402117",
        r"%{WORD:[cisco][asa][network][type]|protocol}: Received a non-IPSec packet \(protocol= ?%{WORD:[cisco][asa][network][transport]|orig_protocol}\) from %{IP:[source][ip]|src_ip} to %{IP:[destination][ip]|dst_ip}",
    ),
    (
        "CISCOFW402119",
        r"%{WORD:[cisco][asa][network][type]|protocol}: Received an %{WORD:[cisco][asa][ipsec][protocol]|orig_protocol} packet \(SPI= ?(?<[cisco][asa][ipsec][spi]|spi>0x[0-9A-Fa-f]+), sequence number= ?(?<[cisco][asa][ipsec][seq_num]|seq_num>0x[0-9A-Fa-f]+)\) from %{IP:[source][ip]|src_ip} \(user= ?%{DATA:[source][user][name]|user}\) to %{IP:[destination][ip]|dst_ip} that failed anti-replay checking",
    ),
    (
        "CISCOFW419001",
        r"%{CISCO_ACTION:[cisco][asa][outcome]|action} %{CISCO_PROTOCOL:[cisco][asa][network][transport]|protocol} packet from %{CISCO_SRC} to %{CISCO_DST}, reason: %{GREEDYDATA:[event][reason]|reason}",
    ),
    (
        "CISCOFW419002",
        r"%{CISCO_REASON:[event][reason]|reason} from %{CISCO_SRC} to %{CISCO_DST} with different initial sequence number",
    ),
    (
        "CISCOFW500004",
        r"%{CISCO_REASON:[event][reason]|reason} for protocol=%{CISCO_PROTOCOL:[cisco][asa][network][transport]|protocol}, from %{CISCO_SRC} to %{CISCO_DST}",
    ),
    (
        "CISCOFW602303_602304",
        r"%{WORD:[cisco][asa][network][type]|protocol}: An %{CISCO_DIRECTION:[cisco][asa][network][direction]|direction} (?<[cisco][asa][ipsec][tunnel_type]|tunnel_type>\S+) SA \(SPI= ?(?<[cisco][asa][ipsec][spi]|spi>0x[0-9A-Fa-f]+)\) between %{IP:[source][ip]|src_ip} and %{IP:[destination][ip]|dst_ip} \(user= ?%{DATA:[source][user][name]|user}\) has been %{CISCO_ACTION:[cisco][asa][outcome]|action}",
    ),
    (
        "CISCOFW710001_710002_710003_710005_710006",
        r"%{CISCO_PROTOCOL:[cisco][asa][network][transport]|protocol} (?:request|access) %{CISCO_ACTION:[cisco][asa][outcome]|action} from %{CISCO_SRC} to %{CISCO_DST}",
    ),
    (
        "CISCOFW713172",
        r"Group = %{DATA:[cisco][asa][source][group]|group}, IP = %{IP:[source][ip]|src_ip}, Automatic NAT Detection Status: +Remote end +%{DATA:[@metadata][cisco][asa][remote_nat]|is_remote_natted} +behind a NAT device +This +end +%{DATA:[@metadata][cisco][asa][local_nat]|is_local_natted} +behind a NAT device",
    ),
    (
        "CISCOFW733100",
        r"\[ ?%{DATA:[cisco][asa][burst][object]|drop_type}\] drop %{DATA:[cisco][asa][burst][id]|drop_rate_id} exceeded\. Current burst rate is %{INT:[cisco][asa][burst][current_rate]|drop_rate_current_burst:int} per second, max configured rate is %{INT:[cisco][asa][burst][configured_rate]|drop_rate_max_burst:int}; Current average rate is %{INT:[cisco][asa][burst][avg_rate]|drop_rate_current_avg:int} per second, max configured rate is %{INT:[cisco][asa][burst][configured_avg_rate]|drop_rate_max_avg:int}; Cumulative total count is %{INT:[cisco][asa][burst][cumulative_count]|drop_total_count:int}",
    ),
];
