//! The names of the IP protocols that are met, by IANA's keywords in lower case.

use crate::batch::ShortText;

/// Numbers of the protocols that carry ICMP messages.
pub(super) const ICMP: u64 = 1;
pub(super) const ICMP_V6: u64 = 58;

static NAMES: [Option<ShortText>; 256] = {
    let known: [(u8, &str); 52] = [
        (0, "hopopt"),
        (1, "icmp"),
        (2, "igmp"),
        (3, "ggp"),
        (4, "ipv4"),
        (5, "st"),
        (6, "tcp"),
        (7, "cbt"),
        (8, "egp"),
        (9, "igp"),
        (12, "pup"),
        (17, "udp"),
        (20, "hmp"),
        (22, "xns-idp"),
        (27, "rdp"),
        (28, "irtp"),
        (29, "iso-tp4"),
        (33, "dccp"),
        (36, "xtp"),
        (37, "ddp"),
        (41, "ipv6"),
        (42, "sdrp"),
        (43, "ipv6-route"),
        (44, "ipv6-frag"),
        (45, "idrp"),
        (46, "rsvp"),
        (47, "gre"),
        (48, "dsr"),
        (50, "esp"),
        (51, "ah"),
        (54, "narp"),
        (57, "skip"),
        (58, "ipv6-icmp"),
        (59, "ipv6-nonxt"),
        (60, "ipv6-opts"),
        (73, "cphb"),
        (88, "eigrp"),
        (89, "ospfigp"),
        (92, "mtp"),
        (94, "ipip"),
        (97, "etherip"),
        (98, "encap"),
        (103, "pim"),
        (108, "ipcomp"),
        (112, "vrrp"),
        (113, "pgm"),
        (115, "l2tp"),
        (124, "isis"),
        (132, "sctp"),
        (133, "fc"),
        (136, "udplite"),
        (137, "mpls-in-ip"),
    ];
    let mut names = [None; 256];
    let mut position = 0;
    while position < known.len() {
        let (number, name) = known[position];
        names[number as usize] = Some(ShortText::new(name));
        position += 1;
    }
    names
};

/// The name of a protocol number; `None` for one that has none here.
#[inline]
pub(super) fn name(number: u64) -> Option<ShortText> {
    *NAMES.get(usize::try_from(number).ok()?)?
}
