//! Address tests: is an address in one of these networks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// A set of networks, sorted and without overlap, so that a look-up is one binary search.
///
/// IPv4-mapped IPv6 addresses and networks (`::ffff:10.0.0.0/104`) count as IPv4.
#[derive(Debug, Clone, Default)]
pub(super) struct NetworkSet {
    v4: Vec<Ipv4Net>,
    v6: Vec<Ipv6Net>,
}

impl NetworkSet {
    pub(super) fn new(networks: &[IpNet]) -> Self {
        let mut v4 = Vec::new();
        let mut v6 = Vec::new();
        for network in networks {
            match unmapped(*network) {
                IpNet::V4(network) => v4.push(network.trunc()),
                IpNet::V6(network) => v6.push(network.trunc()),
            }
        }
        let mut v4 = Ipv4Net::aggregate(&v4);
        let mut v6 = Ipv6Net::aggregate(&v6);
        v4.sort_unstable_by_key(Ipv4Net::network);
        v6.sort_unstable_by_key(Ipv6Net::network);
        Self { v4, v6 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// Whether `text` is an address in one of the networks; a text that is no address is not.
    pub(super) fn contains_text(&self, text: &str) -> bool {
        text.parse::<IpAddr>().is_ok_and(|address| self.contains(address))
    }

    fn contains(&self, address: IpAddr) -> bool {
        match address.to_canonical() {
            IpAddr::V4(address) => self.contains_v4(address),
            IpAddr::V6(address) => self.contains_v6(address),
        }
    }

    fn contains_v4(&self, address: Ipv4Addr) -> bool {
        let following = self.v4.partition_point(|network| network.network() <= address);
        following.checked_sub(1).is_some_and(|index| self.v4[index].contains(&address))
    }

    fn contains_v6(&self, address: Ipv6Addr) -> bool {
        let following = self.v6.partition_point(|network| network.network() <= address);
        following.checked_sub(1).is_some_and(|index| self.v6[index].contains(&address))
    }
}

/// What a text of an `in` list means as a network.
pub(in crate::filter) enum NetworkText {
    /// A network in CIDR form, or one address.
    Network(IpNet),
    /// Meant as a network, but it is none, for this reason.
    Wrong(String),
    /// Something else.
    Other,
}

/// Reads `text` as a network (`10.0.0.0/8`) or as one address.
pub(in crate::filter) fn read_network(text: &str) -> NetworkText {
    if let Ok(address) = text.parse::<IpAddr>() {
        return NetworkText::Network(IpNet::from(address));
    }
    let Some((address, _)) = text.split_once('/') else {
        return NetworkText::Other;
    };
    let Ok(address) = address.parse::<IpAddr>() else {
        return NetworkText::Other;
    };
    match text.parse::<IpNet>() {
        Ok(network) => NetworkText::Network(network),
        Err(_) => {
            let longest = if address.is_ipv4() { 32 } else { 128 };
            NetworkText::Wrong(format!(
                "'{text}' is no network: its prefix length is a whole number from 0 to {longest}"
            ))
        }
    }
}

/// The IPv4 network that is mapped into an IPv6 one; another network as it is.
pub(in crate::filter) fn unmapped(network: IpNet) -> IpNet {
    let IpNet::V6(v6) = network else {
        return network;
    };
    let prefix_length = v6.prefix_len().checked_sub(96);
    match (v6.addr().to_ipv4_mapped(), prefix_length) {
        (Some(address), Some(length)) => Ipv4Net::new(address, length).map_or(network, IpNet::V4),
        _ => network,
    }
}

#[cfg(test)]
mod tests {
    use super::{NetworkSet, NetworkText, read_network};

    fn set(texts: &[&str]) -> NetworkSet {
        let mut networks = Vec::new();
        for text in texts {
            match read_network(text) {
                NetworkText::Network(network) => networks.push(network),
                _ => panic!("{text} is no network"),
            }
        }
        NetworkSet::new(&networks)
    }

    #[test]
    fn edges_of_overlapping_and_adjacent_networks_are_right() {
        let set = set(&["10.0.0.0/8", "10.1.0.0/16", "192.168.4.0/23", "192.168.9.7", "2001:db8::/32"]);
        for inside in [
            "10.0.0.0",
            "10.255.255.255",
            "192.168.5.255",
            "192.168.9.7",
            "2001:db8:ffff::1",
            "::ffff:10.2.3.4",
        ] {
            assert!(set.contains_text(inside), "{inside}");
        }
        for outside in [
            "9.255.255.255",
            "11.0.0.0",
            "192.168.6.0",
            "192.168.9.8",
            "2001:db9::",
            "10.0.0",
            "",
            "10.0.0.1 ",
        ] {
            assert!(!set.contains_text(outside), "{outside}");
        }
    }

    #[test]
    fn mapped_networks_are_ipv4_networks() {
        assert!(set(&["::ffff:10.0.0.0/104"]).contains_text("10.200.0.1"));
        assert!(!set(&["::/0"]).contains_text("10.200.0.1"));
    }

    #[test]
    fn a_wrong_prefix_length_is_told_from_an_ordinary_text() {
        assert!(matches!(read_network("10.0.0.0/33"), NetworkText::Wrong(_)));
        assert!(matches!(read_network("/etc/passwd"), NetworkText::Other));
        assert!(matches!(read_network("a/8"), NetworkText::Other));
    }
}
