//! What a dataset says about its flows.

use std::net::IpAddr;

use ipnet::IpNet;

use super::sampling::Rate;

/// Options of NetFlow and IPFIX.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FlowOptions {
    /// Sampling rates that count instead of what exporters say; of several, the one with the smallest network.
    pub sampling_overrides: Vec<SamplingOverride>,
}

/// The sampling rate of the exporters of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SamplingOverride {
    /// Addresses of exporters.
    pub network: IpNet,
    /// One packet of this many was looked at; 1 is no sampling, and 0 is taken for 1.
    pub rate: u32,
}

/// The overrides, and the one of the exporter that was asked for last.
#[derive(Debug)]
pub(super) struct Overrides {
    overrides: Vec<SamplingOverride>,
    last: Option<(IpAddr, Option<Rate>)>,
}

impl Overrides {
    pub(super) fn new(options: &FlowOptions) -> Self {
        Self { overrides: options.sampling_overrides.clone(), last: None }
    }

    /// The rate that is set for an exporter.
    pub(super) fn rate(&mut self, exporter: IpAddr) -> Option<Rate> {
        if let Some((known, rate)) = self.last
            && known == exporter
        {
            return rate;
        }
        let holding = self.overrides.iter().filter(|of| of.network.contains(&exporter));
        let found = holding.max_by_key(|of| of.network.prefix_len());
        let rate = found.and_then(|of| Rate::one_in(u64::from(of.rate.max(1))));
        self.last = Some((exporter, rate));
        rate
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_network_counts() {
        let sampling_overrides =
            [("192.0.2.0/24", 100), ("192.0.2.7/32", 7), ("0.0.0.0/0", 1), ("2001:db8::/32", 0)]
                .map(|(network, rate)| SamplingOverride { network: network.parse().unwrap(), rate })
                .to_vec();
        let mut overrides = Overrides::new(&FlowOptions { sampling_overrides });
        for (exporter, expected) in [
            ("192.0.2.7", Some(7)),
            ("192.0.2.8", Some(100)),
            ("198.51.100.1", Some(1)),
            ("2001:db8::1", Some(1)),
            ("2001:db9::1", None),
        ] {
            let rate = overrides.rate(exporter.parse().unwrap());
            assert_eq!(rate.map(Rate::rounded), expected, "{exporter}");
        }
    }
}
