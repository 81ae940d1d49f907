//! Names of IP protocols.

/// Keywords of the IANA registry "Protocol Numbers" in lower case, by number; empty where it has none.
#[rustfmt::skip]
const PROTOCOL_NAMES: [&str; 146] = [
    "hopopt", "icmp", "igmp", "ggp", "ipv4", "st", "tcp", "cbt", "egp", "igp", "bbn-rcc-mon", "nvp-ii",
    "pup", "argus", "emcon", "xnet", "chaos", "udp", "mux", "dcn-meas", "hmp", "prm", "xns-idp", "trunk-1",
    "trunk-2", "leaf-1", "leaf-2", "rdp", "irtp", "iso-tp4", "netblt", "mfe-nsp", "merit-inp", "dccp",
    "3pc", "idpr", "xtp", "ddp", "idpr-cmtp", "tp++", "il", "ipv6", "sdrp", "ipv6-route", "ipv6-frag",
    "idrp", "rsvp", "gre", "dsr", "bna", "esp", "ah", "i-nlsp", "swipe", "narp", "min-ipv4", "tlsp", "skip",
    "ipv6-icmp", "ipv6-nonxt", "ipv6-opts", "", "cftp", "", "sat-expak", "kryptolan", "rvd", "ippc", "",
    "sat-mon", "visa", "ipcv", "cpnx", "cphb", "wsn", "pvp", "br-sat-mon", "sun-nd", "wb-mon", "wb-expak",
    "iso-ip", "vmtp", "secure-vmtp", "vines", "iptm", "nsfnet-igp", "dgp", "tcf", "eigrp", "ospf",
    "sprite-rpc", "larp", "mtp", "ax.25", "ipip", "micp", "scc-sp", "etherip", "encap", "", "gmtp", "ifmp",
    "pnni", "pim", "aris", "scps", "qnx", "a/n", "ipcomp", "snp", "compaq-peer", "ipx-in-ip", "vrrp", "pgm",
    "", "l2tp", "ddx", "iatp", "stp", "srp", "uti", "smp", "sm", "ptp", "isis", "fire", "crtp", "crudp",
    "sscopmce", "iplt", "sps", "pipe", "sctp", "fc", "rsvp-e2e-ignore", "mobility-header", "udplite",
    "mpls-in-ip", "manet", "hip", "shim6", "wesp", "rohc", "ethernet", "aggfrag", "nsh",
];

/// What a protocol is called, `tcp` or `ipv6-icmp`; `None` for numbers without a name.
pub fn ip_protocol_name(number: u8) -> Option<&'static str> {
    PROTOCOL_NAMES.get(usize::from(number)).copied().filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::ip_protocol_name;

    #[test]
    fn protocols_have_their_iana_keywords() {
        for (number, name) in
            [(1, "icmp"), (6, "tcp"), (17, "udp"), (47, "gre"), (50, "esp"), (58, "ipv6-icmp")]
        {
            assert_eq!(ip_protocol_name(number), Some(name));
        }
        for (number, name) in [(89, "ospf"), (103, "pim"), (115, "l2tp"), (132, "sctp"), (145, "nsh")] {
            assert_eq!(ip_protocol_name(number), Some(name));
        }
        assert_eq!(ip_protocol_name(61), None);
        assert_eq!(ip_protocol_name(255), None);
    }
}
