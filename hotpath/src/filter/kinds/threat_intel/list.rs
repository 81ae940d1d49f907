//! A list of addresses, networks, domains, hashes and other texts, and the question whether it has one.

use std::net::IpAddr;

use ipnet::IpNet;

use super::bloomed_set::BloomedSet;
use super::list_text::entries;
use crate::filter::limits::{MAX_THREAT_LIST_BYTES, MAX_THREAT_LIST_ENTRIES};
use crate::filter::prefixes::PrefixTable;
use crate::filter::resources::Parsed;

/// How a list is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ListOptions {
    /// An entry a line, or JSON.
    Plain,
    /// CSV, the entries in the column that the first row gives this name.
    Named(String),
    /// CSV without a first row of names, the entries in the column of this number, from 1.
    Numbered(u64),
}

/// A list in memory. Upper and lower case are one.
pub(super) struct ThreatList {
    addresses: BloomedSet<u128>,
    networks: PrefixTable<()>,
    texts: BloomedSet<Box<str>>,
    /// Domains that stand for their subdomains in any case: `.example.com`, `*.example.com`.
    domains: BloomedSet<Box<str>>,
}

impl Parsed for ThreatList {
    type Options = ListOptions;
    const BYTES_MAX: usize = MAX_THREAT_LIST_BYTES;

    fn parse(bytes: Vec<u8>, options: &ListOptions) -> Result<Self, String> {
        let text = simdutf8::basic::from_utf8(&bytes).map_err(|_| "it is no text in UTF-8".to_owned())?;
        let mut sorted = Sorted::default();
        entries(text.trim_start_matches('\u{feff}'), options, &mut |entry| sorted.add(entry))?;
        let list = sorted.finish();
        // What was cut off while it was fetched is not taken for a list in which there is no evil any more.
        if list.addresses.len() + list.texts.len() + list.domains.len() == 0 && list.networks.is_empty() {
            return Err("the list has no entry".to_owned());
        }
        Ok(list)
    }
}

impl ThreatList {
    /// Whether the list has `text`: as it is, as an address in one of its networks, or as a subdomain of one of its
    /// domains, those that are said to stand for theirs or (`with_subdomains`) all.
    pub(super) fn contains(&self, text: &str, with_subdomains: bool) -> bool {
        if let Ok(address) = text.parse::<IpAddr>() {
            return self.addresses.contains(&bits(address)) || self.networks.get(address).is_some();
        }
        let text = text.trim_end_matches('.');
        let lower;
        let text = if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            lower = text.to_ascii_lowercase();
            lower.as_str()
        } else {
            text
        };
        if self.texts.contains(text) || self.domains.contains(text) {
            return true;
        }
        if !with_subdomains && self.domains.len() == 0 {
            return false;
        }
        let mut rest = text;
        while let Some((_, parent)) = rest.split_once('.') {
            if self.domains.contains(parent) || (with_subdomains && self.texts.contains(parent)) {
                return true;
            }
            rest = parent;
        }
        false
    }
}

/// The entries of a list by what they are.
#[derive(Default)]
struct Sorted {
    count: usize,
    addresses: Vec<u128>,
    networks: PrefixTable<()>,
    texts: Vec<Box<str>>,
    domains: Vec<Box<str>>,
}

impl Sorted {
    fn add(&mut self, entry: &str) -> Result<(), String> {
        self.count += 1;
        if self.count > MAX_THREAT_LIST_ENTRIES {
            return Err(format!("the list has more than {MAX_THREAT_LIST_ENTRIES} entries"));
        }
        if let Ok(address) = entry.parse::<IpAddr>() {
            self.addresses.push(bits(address));
            return Ok(());
        }
        if let Ok(network) = entry.parse::<IpNet>() {
            self.networks.insert(network, ());
            return Ok(());
        }
        let entry = entry.trim_end_matches('.').to_ascii_lowercase();
        let domain = entry.strip_prefix("*.").or_else(|| entry.strip_prefix('.'));
        match domain {
            Some(domain) => self.domains.push(domain.into()),
            None => self.texts.push(entry.into_boxed_str()),
        }
        Ok(())
    }

    fn finish(self) -> ThreatList {
        ThreatList {
            addresses: BloomedSet::new(self.addresses),
            networks: self.networks,
            texts: BloomedSet::new(self.texts),
            domains: BloomedSet::new(self.domains),
        }
    }
}

/// An address as a number; IPv4 as it is mapped into IPv6.
fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped().to_bits(),
        IpAddr::V6(v6) => v6.to_bits(),
    }
}
