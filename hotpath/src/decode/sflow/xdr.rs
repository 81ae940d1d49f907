//! The encoding of sFlow: XDR (RFC 4506), everything a multiple of four bytes.

use crate::decode::address_text::IpOctets;

/// Bytes that are read from the front. Each method gives `None`, and reads nothing, where too few are left.
#[derive(Debug, Clone, Copy)]
pub(super) struct Xdr<'a> {
    rest: &'a [u8],
}

impl<'a> Xdr<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Bytes of a length that is known beforehand, without padding.
    #[inline]
    pub(super) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.rest.split_first_chunk()?;
        self.rest = rest;
        Some(*first)
    }

    /// RFC 4506 section 4.2: unsigned int.
    #[inline]
    pub(super) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    /// RFC 4506 section 4.5: unsigned hyper.
    #[inline]
    pub(super) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    /// RFC 4506 section 4.9: fixed-length opaque, padded to a multiple of four bytes.
    pub(super) fn fixed(&mut self, length: usize) -> Option<&'a [u8]> {
        let bytes = self.rest.get(..length)?;
        // Padding that is missing at the very end has no meaning that could be lost.
        let padded = length.checked_next_multiple_of(4)?.min(self.rest.len());
        self.rest = self.rest.get(padded..)?;
        Some(bytes)
    }

    /// RFC 4506 section 4.10: variable-length opaque, and string (section 4.11).
    pub(super) fn opaque(&mut self) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let length = usize::try_from(ahead.u32()?).ok()?;
        let bytes = ahead.fixed(length)?;
        *self = ahead;
        Some(bytes)
    }

    /// RFC 4506 section 4.13: a variable-length array; the bytes of its items, each of `item_bytes`.
    pub(super) fn items(&mut self, item_bytes: usize) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let count = usize::try_from(ahead.u32()?).ok()?;
        let (items, rest) = ahead.rest.split_at_checked(count.checked_mul(item_bytes)?)?;
        *self = Self { rest };
        Some(items)
    }

    /// The tag and the data of a "sample_record", "flow_record" or "counter_record".
    pub(super) fn tagged(&mut self) -> Option<(u32, &'a [u8])> {
        let mut ahead = *self;
        let tagged = (ahead.u32()?, ahead.opaque()?);
        *self = ahead;
        Some(tagged)
    }

    /// sFlow version 5, "Address types". The inner `None` is the type `UNKNOWN`.
    pub(super) fn address(&mut self) -> Option<Option<IpOctets>> {
        let mut ahead = *self;
        let address = match ahead.u32()? {
            0 => None,
            1 => Some(IpOctets::V4(ahead.array()?)),
            2 => Some(IpOctets::V6(ahead.array()?)),
            _ => return None,
        };
        *self = ahead;
        Some(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opaque_data_is_padded() {
        let mut xdr = Xdr::new(&[0, 0, 0, 5, b'h', b'e', b'l', b'l', b'o', 0, 0, 0, 0, 0, 0, 7]);
        assert_eq!(xdr.opaque(), Some(&b"hello"[..]));
        assert_eq!(xdr.u32(), Some(7));
        assert!(xdr.is_empty());
        let mut unpadded = Xdr::new(&[0, 0, 0, 1, b'x']);
        assert_eq!(unpadded.opaque(), Some(&b"x"[..]));
        assert!(unpadded.is_empty());
    }

    #[test]
    fn what_is_not_there_is_not_read() {
        let bytes = [0, 0, 0, 2, 0, 0, 0, 9];
        let mut xdr = Xdr::new(&bytes);
        assert_eq!(xdr.items(4), None);
        assert_eq!(xdr.address(), None);
        assert_eq!(xdr.array::<9>(), None);
        assert_eq!(xdr.rest, bytes);
        assert_eq!(Xdr::new(&[0xFF; 4]).opaque(), None);
        assert_eq!(Xdr::new(&[0xFF; 8]).items(usize::MAX), None);
        assert_eq!(Xdr::new(&[0, 0, 0, 3, 1, 2, 3, 4]).address(), None, "no such type of address");
    }

    #[test]
    fn addresses_say_their_type() {
        assert_eq!(Xdr::new(&[0; 4]).address(), Some(None));
        let address = Xdr::new(&[0, 0, 0, 1, 192, 0, 2, 1]).address();
        assert_eq!(address, Some(Some(IpOctets::V4([192, 0, 2, 1]))));
    }
}
