//! The text of IP addresses, written once a batch for each address that comes again and again.

use super::text::TextBuffers;
use crate::decode::address_text::{ipv4_text, ipv6_text};

/// Addresses that are remembered, a power of two. One more takes the place of another.
const IPV4_SLOTS: usize = 4_096;
const IPV6_SLOTS: usize = 1_024;

/// An address and its view, which counts in the batch of its number alone.
#[derive(Debug, Clone, Copy, Default)]
struct Slot<K> {
    batch: u32,
    address: K,
    view: u128,
}

/// Views of addresses of the batch that is being built.
#[derive(Debug, Default)]
pub(super) struct AddressTexts {
    batch: u32,
    ipv4: Vec<Slot<u32>>,
    ipv6: Vec<Slot<u128>>,
}

impl AddressTexts {
    /// Forgets all views: those of another batch lie in its buffers.
    pub(super) fn begin(&mut self) {
        if self.batch == u32::MAX {
            (self.ipv4, self.ipv6) = (Vec::new(), Vec::new());
            self.batch = 0;
        }
        self.batch += 1;
    }

    /// The view of an IPv4 address in dotted decimals.
    #[inline]
    pub(super) fn ipv4(&mut self, address: u32, text: &mut TextBuffers) -> u128 {
        let slot = address.wrapping_mul(0x9E37_79B1) as usize >> (32 - IPV4_SLOTS.ilog2());
        if let Some(known) = self.ipv4.get(slot)
            && known.address == address
            && known.batch == self.batch
        {
            return known.view;
        }
        self.write_ipv4(slot, address, text)
    }

    #[inline(never)]
    fn write_ipv4(&mut self, slot: usize, address: u32, text: &mut TextBuffers) -> u128 {
        if self.ipv4.is_empty() {
            self.ipv4.resize(IPV4_SLOTS, Slot::default());
        }
        let view = text.view(ipv4_text(address.to_be_bytes()).as_str());
        if let Some(known) = self.ipv4.get_mut(slot) {
            *known = Slot { batch: self.batch, address, view };
        }
        view
    }

    /// The view of an IPv6 address as RFC 5952 writes it.
    pub(super) fn ipv6(&mut self, octets: [u8; 16], text: &mut TextBuffers) -> u128 {
        let address = u128::from_be_bytes(octets);
        let folded = (address as u64) ^ (address >> 64) as u64;
        let slot = folded.wrapping_mul(0x9E37_79B9_7F4A_7C15) as usize >> (64 - IPV6_SLOTS.ilog2());
        if let Some(known) = self.ipv6.get(slot)
            && known.address == address
            && known.batch == self.batch
        {
            return known.view;
        }
        if self.ipv6.is_empty() {
            self.ipv6.resize(IPV6_SLOTS, Slot::default());
        }
        let view = text.view(ipv6_text(octets).as_str());
        if let Some(known) = self.ipv6.get_mut(slot) {
            *known = Slot { batch: self.batch, address, view };
        }
        view
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_counts_in_its_batch_alone() {
        let (mut addresses, mut text) = (AddressTexts::default(), TextBuffers::default());
        addresses.begin();
        text.begin(b"", arrow::buffer::Buffer::default());
        let first = addresses.ipv4(u32::MAX, &mut text);
        assert_eq!(addresses.ipv4(u32::MAX, &mut text), first, "the text is written once");
        let other = addresses.ipv4(u32::MAX - 1, &mut text);
        assert_ne!(first, other);
        addresses.begin();
        text.begin(b"", arrow::buffer::Buffer::default());
        assert_eq!(
            addresses.ipv4(u32::MAX - 1, &mut text),
            first ^ other ^ addresses.ipv4(u32::MAX, &mut text)
        );
    }
}
