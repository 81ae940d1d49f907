//! Netfilter (Shorewall, SuSE), NetScreen and Junos.

pub(super) static PATTERNS: &[(&str, &str)] = &[
    // What the kernel's LOG target writes of a packet.
    ("IPTABLES_FLAGS", r"(?:CWR |ECE |URG |ACK |PSH |RST |SYN |FIN )*"),
    (
        "IPTABLES_MAC",
        r"MAC=(?:%{COMMONMAC:[destination][mac]|nf_dst_mac}:%{COMMONMAC:[source][mac]|nf_src_mac}(?::[0-9A-Fa-f]{2}:[0-9A-Fa-f]{2})?)? ",
    ),
    (
        "IPTABLES_IPV4",
        r"SRC=%{IPV4:[source][ip]|nf_src_ip} DST=%{IPV4:[destination][ip]|nf_dst_ip} LEN=%{INT:[iptables][length]|nf_len:int} TOS=(?<|nf_tos>0x(?<[iptables][tos]|>[0-9A-Fa-f]+)) PREC=(?<|nf_prec>0x(?<[iptables][precedence_bits]|>[0-9A-Fa-f]+)) TTL=%{INT:[iptables][ttl]|nf_ttl:int} ID=%{INT:[iptables][id]|nf_id}(?: (?<[iptables][fragment_flags]|nf_fragment_flags>(?:CE|DF|MF)(?: (?:CE|DF|MF))*))?(?: FRAG:%{INT:[iptables][fragment_offset]|nf_fragment_offset:int})?",
    ),
    (
        "IPTABLES_IPV6",
        r"SRC=%{IPV6:[source][ip]|nf_src_ip} DST=%{IPV6:[destination][ip]|nf_dst_ip} LEN=%{INT:[iptables][length]|nf_len:int} TC=%{INT:[iptables][tos]|nf_tos} HOPLIMIT=%{INT:[iptables][ttl]|nf_ttl:int} FLOWLBL=%{INT:[iptables][flow_label]|nf_flow_label}",
    ),
    (
        "IPTABLES_PORTS",
        r"SPT=%{INT:[source][port]|nf_src_port:int} DPT=%{INT:[destination][port]|nf_dst_port:int}",
    ),
    (
        "IPTABLES_TCP",
        r"(?: SEQ=%{INT:[iptables][tcp][seq]|nf_tcp_seq} ACK=%{INT:[iptables][tcp][ack]|nf_tcp_ack})? WINDOW=%{INT:[iptables][tcp][window]|nf_window:int} RES=0x(?<[iptables][tcp_reserved_bits]|nf_tcp_res>[0-9A-Fa-f]+) %{IPTABLES_FLAGS:[iptables][tcp][flags]|nf_tcp_flags}",
    ),
    (
        "IPTABLES",
        r"IN=(?:(?<[observer][ingress][interface][name]|nf_in_interface>\S+))? (?:PHYSIN=\S* )?OUT=(?:(?<[observer][egress][interface][name]|nf_out_interface>\S+))? (?:PHYSOUT=\S* )?(?:%{IPTABLES_MAC})?(?:%{IPTABLES_IPV4}|%{IPTABLES_IPV6}) PROTO=%{WORD:[network][transport]|nf_protocol}(?: %{IPTABLES_PORTS}(?:%{IPTABLES_TCP})?| TYPE=%{INT:[iptables][icmp][type]|nf_icmp_type:int} CODE=%{INT:[iptables][icmp][code]|nf_icmp_code:int})?",
    ),
    // The kernel's time since it began stands in brackets, on most systems.
    (
        "KERNEL_LINE",
        r"%{SYSLOGTIMESTAMP:timestamp} %{SYSLOGHOST:[observer][hostname]|nf_host} kernel:(?: \[ *%{NUMBER:|nagios_epoch}\])?",
    ),
    (
        "SHOREWALL",
        r"%{KERNEL_LINE} ?Shorewall:(?<[shorewall][firewall][type]|nf_action1>[^\s:]+):(?<[shorewall][firewall][action]|nf_action2>[^\s:]+):? ?%{IPTABLES}",
    ),
    ("SFW2_LOG_PREFIX", r"SFW2-IN(?:ext|int|dmz)?-(?<[suse][firewall][action]|nf_action>\S+)"),
    ("SFW2", r"%{KERNEL_LINE} ?%{SFW2_LOG_PREFIX:[suse][firewall][log_prefix]|nf_log_prefix} %{IPTABLES}"),
    // Juniper NetScreen: the sessions of its traffic log.
    (
        "NETSCREENSESSIONLOG",
        r#"%{SYSLOGTIMESTAMP:timestamp|date} %{IPORHOST:[observer][hostname]|device} (?<[observer][name]|device_name>[^\s:]+): (?<[observer][product]|>NetScreen) device_id=%{WORD:[netscreen][device_id]|device_id} +(?:\[\w+\])?system-\w+-%{NONNEGINT:[event][code]|event_code}\(%{WORD:[netscreen][session][type]|session_type}\): start_time=(?<|start_time>"(?<[netscreen][session][start_time]|>[^"]*)") duration=%{INT:[netscreen][session][duration]|duration:int} policy_id=%{INT:[netscreen][policy_id]|policy_id} service=%{DATA:[netscreen][service]|service} proto=%{INT:[netscreen][protocol_number]|proto:int} src zone=%{WORD:[observer][ingress][zone]|src_zone} dst zone=%{WORD:[observer][egress][zone]|dst_zone} action=%{WORD:[event][action]|action} sent=%{INT:[source][bytes]|sent:int} rcvd=%{INT:[destination][bytes]|rcvd:int} src=%{IPORHOST:[source][address]|src_ip} dst=%{IPORHOST:[destination][address]|dst_ip}(?: icmp type=%{INT:[netscreen][icmp][type]|icmp_type:int})?(?: src_port=%{INT:[source][port]|src_port:int} dst_port=%{INT:[destination][port]|dst_port:int})?(?: src-xlated ip=%{IP:[source][nat][ip]|src_xlated_ip} port=%{INT:[source][nat][port]|src_xlated_port:int} dst-xlated ip=%{IP:[destination][nat][ip]|dst_xlated_ip} port=%{INT:[destination][nat][port]|dst_xlated_port:int})?(?: session_id=%{INT:[netscreen][session][id]|session_id} reason=%{GREEDYDATA:[netscreen][session][reason]|reason})?"#,
    ),
    // Junos on SRX: sessions closed, created and denied.
    ("RT_FLOW_TAG", r"RT_FLOW_SESSION_(?:CREATE|CLOSE|DENY)(?:_LS)?"),
    (
        "RT_FLOW_ENDPOINTS",
        r"%{IP:[source][ip]|src-ip}/%{INT:[source][port]|src-port:int}->%{IP:[destination][ip]|dst-ip}/%{INT:[destination][port]|dst-port:int}",
    ),
    (
        "RT_FLOW_SESSION",
        r"%{RT_FLOW_ENDPOINTS} %{NOTSPACE:[juniper][srx][service_name]|service} %{IP:[source][nat][ip]|nat-src-ip}/%{INT:[source][nat][port]|nat-src-port:int}->%{IP:[destination][nat][ip]|nat-dst-ip}/%{INT:[destination][nat][port]|nat-dst-port:int} (?:None|N/A|%{NOTSPACE:[juniper][srx][src_nat_rule_name]|src-nat-rule-name}) (?:None|N/A|%{NOTSPACE:[juniper][srx][dst_nat_rule_name]|dst-nat-rule-name}) %{INT:[network][iana_number]|protocol-id} %{NOTSPACE:[rule][name]|policy-name} %{NOTSPACE:[observer][ingress][zone]|from-zone} %{NOTSPACE:[observer][egress][zone]|to-zone} %{INT:[juniper][srx][session_id]|session-id}",
    ),
    (
        "RT_FLOW1",
        r"%{RT_FLOW_TAG:[juniper][srx][tag]|event}: %{DATA:[juniper][srx][reason]|close-reason}: %{RT_FLOW_SESSION} %{INT:[source][packets]|sent-packets:int}\(%{INT:[source][bytes]|sent:int}\) %{INT:[destination][packets]|received-packets:int}\(%{INT:[destination][bytes]|received:int}\) %{INT:[juniper][srx][elapsed_time]|elapsed-time:int}",
    ),
    ("RT_FLOW2", r"%{RT_FLOW_TAG:[juniper][srx][tag]|event}: session created %{RT_FLOW_SESSION}"),
    (
        "RT_FLOW3",
        r"%{RT_FLOW_TAG:[juniper][srx][tag]|event}: session denied %{RT_FLOW_ENDPOINTS} %{NOTSPACE:[juniper][srx][service_name]|service} %{INT:[network][iana_number]|protocol-id}\([0-9]+\) %{NOTSPACE:[rule][name]|policy-name} %{NOTSPACE:[observer][ingress][zone]|from-zone} %{NOTSPACE:[observer][egress][zone]|to-zone}",
    ),
];
