//! Numbers of IP protocols from their names.

use super::packet::ip_protocol_name;

/// The number of a protocol by IANA's keyword in lower case, or by what Zeek calls it.
pub(super) fn protocol_number(name: &str) -> Option<i64> {
    match name {
        "tcp" => Some(6),
        "udp" => Some(17),
        "icmp" => Some(1),
        "icmp6" => Some(58),
        _ => (0..=u8::MAX).find(|number| ip_protocol_name(*number) == Some(name)).map(i64::from),
    }
}

#[cfg(test)]
mod tests {
    use super::protocol_number;

    #[test]
    fn names_have_their_numbers() {
        for (name, number) in
            [("tcp", Some(6)), ("gre", Some(47)), ("sctp", Some(132)), ("", None), ("x", None)]
        {
            assert_eq!(protocol_number(name), number, "{name}");
        }
    }
}
