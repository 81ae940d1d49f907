//! What belongs to networks: of those that an address is in, the one with the longest prefix counts.

use std::net::IpAddr;

use foldhash::fast::RandomState;
use hashbrown::HashMap;
use ipnet::IpNet;

use super::condition::unmapped;

/// Bits before an IPv4 address that is mapped into IPv6.
const MAPPED_BITS: u8 = 96;

/// A value for each of many networks. An IPv4 address mapped into IPv6 is that IPv4 address, and in no IPv6 network.
#[derive(Debug, Clone)]
pub(in crate::filter) struct PrefixTable<T> {
    /// The networks of each prefix length, the longest first; those of IPv4 as they are mapped into IPv6.
    by_length: Vec<(u8, HashMap<u128, T, RandomState>)>,
}

impl<T> Default for PrefixTable<T> {
    fn default() -> Self {
        Self { by_length: Vec::new() }
    }
}

impl<T> PrefixTable<T> {
    pub(in crate::filter) fn is_empty(&self) -> bool {
        self.by_length.is_empty()
    }

    /// Gives `value` to `network`; returns what it had before.
    pub(in crate::filter) fn insert(&mut self, network: IpNet, value: T) -> Option<T> {
        let (length, bits) = match unmapped(network) {
            IpNet::V4(v4) => (v4.prefix_len() + MAPPED_BITS, v4.addr().to_ipv6_mapped().to_bits()),
            IpNet::V6(v6) => (v6.prefix_len(), v6.addr().to_bits()),
        };
        let place = match self.by_length.binary_search_by(|(known, _)| length.cmp(known)) {
            Ok(place) => place,
            Err(place) => {
                self.by_length.insert(place, (length, HashMap::default()));
                place
            }
        };
        self.by_length[place].1.insert(bits & prefix_mask(length), value)
    }

    /// The value of the longest prefix that `address` has.
    pub(in crate::filter) fn get(&self, address: IpAddr) -> Option<&T> {
        let (bits, shortest) = match address.to_canonical() {
            IpAddr::V4(v4) => (v4.to_ipv6_mapped().to_bits(), MAPPED_BITS),
            IpAddr::V6(v6) => (v6.to_bits(), 0),
        };
        let lengths = self.by_length.iter().take_while(|(length, _)| *length >= shortest);
        for (length, networks) in lengths {
            if let Some(value) = networks.get(&(bits & prefix_mask(*length))) {
                return Some(value);
            }
        }
        None
    }
}

fn prefix_mask(length: u8) -> u128 {
    u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(networks: &[&str]) -> PrefixTable<String> {
        let mut table = PrefixTable::default();
        for network in networks {
            table.insert(network.parse().unwrap(), (*network).to_owned());
        }
        table
    }

    #[test]
    fn the_longest_prefix_wins_and_ipv4_is_no_ipv6() {
        let table = table(&[
            "::/0",
            "10.0.0.0/8",
            "10.1.0.0/16",
            "10.1.2.3/32",
            "2001:db8::/32",
            "::ffff:192.0.2.0/120",
        ]);
        for (address, network) in [
            ("10.1.2.3", Some("10.1.2.3/32")),
            ("10.1.2.4", Some("10.1.0.0/16")),
            ("10.2.0.0", Some("10.0.0.0/8")),
            ("::ffff:10.2.0.0", Some("10.0.0.0/8")),
            ("192.0.2.255", Some("::ffff:192.0.2.0/120")),
            ("192.0.3.0", None),
            ("2001:db8::1", Some("2001:db8::/32")),
            ("2001:db9::1", Some("::/0")),
            ("::1", Some("::/0")),
        ] {
            assert_eq!(table.get(address.parse().unwrap()).map(String::as_str), network, "{address}");
        }
    }

    #[test]
    fn a_network_is_the_same_however_its_host_bits_are_written() {
        let mut table = table(&["0.0.0.0/0", "10.9.9.9/8"]);
        assert_eq!(
            table.insert("10.0.0.0/8".parse().unwrap(), "again".to_owned()).as_deref(),
            Some("10.9.9.9/8")
        );
        assert_eq!(table.get("11.0.0.1".parse().unwrap()).map(String::as_str), Some("0.0.0.0/0"));
        assert!(table.get("::1".parse().unwrap()).is_none());
        assert!(PrefixTable::<()>::default().is_empty());
    }
}
