//! What 64 bytes are, as a bit for each of them, the first byte in the lowest bit.
//!
//! Fields are a few bytes long, so that a loop over bytes costs mostly its ends; with a bit for each byte the next
//! end is one instruction away. This is the one module of the decoders that is unsafe: it calls SSE2.

/// Bytes that are looked at together.
pub(super) const MASK_BYTES: usize = 64;

/// What a key may be made of: ASCII letters and digits and `_ . - @ /`.
pub(super) const fn is_key_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-' | b'@' | b'/')
}

/// Marks for key=value pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PairMasks {
    pub(super) equals: u64,
    /// Bytes that are none of [`is_key_byte`].
    pub(super) not_key: u64,
}

/// Marks for a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct HeaderMasks {
    pub(super) space: u64,
    pub(super) not_ascii: u64,
}

/// Marks for a JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct JsonMasks {
    pub(super) quote: u64,
    /// Backslashes and control characters.
    pub(super) escape: u64,
}

/// The marks for pairs.
#[inline]
pub(super) fn pair_masks(bytes: &[u8; MASK_BYTES]) -> PairMasks {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: SSE2 is a part of x86-64; every processor of the architecture has it.
    return unsafe { sse2::pair_masks(bytes) };
    #[cfg(not(target_arch = "x86_64"))]
    return by_bytes::pair_masks(bytes);
}

/// The marks for a header.
#[inline]
pub(super) fn header_masks(bytes: &[u8; MASK_BYTES]) -> HeaderMasks {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: as in `pair_masks`.
    return unsafe { sse2::header_masks(bytes) };
    #[cfg(not(target_arch = "x86_64"))]
    return by_bytes::header_masks(bytes);
}

/// The marks for a JSON text.
#[inline]
pub(super) fn json_masks(bytes: &[u8; MASK_BYTES]) -> JsonMasks {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: as in `pair_masks`.
    return unsafe { sse2::json_masks(bytes) };
    #[cfg(not(target_arch = "x86_64"))]
    return by_bytes::json_masks(bytes);
}

/// 16 bytes at once.
#[cfg(target_arch = "x86_64")]
mod sse2 {
    use std::arch::x86_64::{
        __m128i, _mm_cmpeq_epi8, _mm_min_epu8, _mm_movemask_epi8, _mm_or_si128, _mm_set_epi64x,
        _mm_set1_epi8, _mm_sub_epi8,
    };

    use super::{HeaderMasks, JsonMasks, MASK_BYTES, PairMasks};

    #[target_feature(enable = "sse2")]
    #[inline]
    fn load(bytes: &[u8; 16]) -> __m128i {
        let (halves, _) = bytes.as_chunks();
        _mm_set_epi64x(i64::from_le_bytes(halves[1]), i64::from_le_bytes(halves[0]))
    }

    #[target_feature(enable = "sse2")]
    #[inline]
    fn is(bytes: __m128i, wanted: u8) -> __m128i {
        _mm_cmpeq_epi8(bytes, _mm_set1_epi8(wanted.cast_signed()))
    }

    #[target_feature(enable = "sse2")]
    #[inline]
    fn is_between(bytes: __m128i, first: u8, last: u8) -> __m128i {
        let above = _mm_sub_epi8(bytes, _mm_set1_epi8(first.cast_signed()));
        _mm_cmpeq_epi8(_mm_min_epu8(above, _mm_set1_epi8((last - first).cast_signed())), above)
    }

    /// The highest bit of each byte, at the place of the 16 bytes with this number.
    #[target_feature(enable = "sse2")]
    #[inline]
    fn bits(bytes: __m128i, number: usize) -> u64 {
        u64::from(_mm_movemask_epi8(bytes).cast_unsigned()) << (16 * number)
    }

    #[target_feature(enable = "sse2")]
    #[inline]
    pub(super) fn pair_masks(bytes: &[u8; MASK_BYTES]) -> PairMasks {
        let (mut equals, mut key) = (0, 0);
        for (number, bytes) in bytes.as_chunks().0.iter().enumerate() {
            let bytes = load(bytes);
            // Digits stand behind `-`, `.` and `/`, capitals behind `@`.
            let digits = is_between(bytes, b'-', b'9');
            let capitals = is_between(bytes, b'@', b'Z');
            let letters = _mm_or_si128(is_between(bytes, b'a', b'z'), is(bytes, b'_'));
            key |= bits(_mm_or_si128(_mm_or_si128(digits, capitals), letters), number);
            equals |= bits(is(bytes, b'='), number);
        }
        PairMasks { equals, not_key: !key }
    }

    #[target_feature(enable = "sse2")]
    #[inline]
    pub(super) fn header_masks(bytes: &[u8; MASK_BYTES]) -> HeaderMasks {
        let (mut space, mut not_ascii) = (0, 0);
        for (number, bytes) in bytes.as_chunks().0.iter().enumerate() {
            let bytes = load(bytes);
            space |= bits(is(bytes, b' '), number);
            not_ascii |= bits(bytes, number);
        }
        HeaderMasks { space, not_ascii }
    }

    #[target_feature(enable = "sse2")]
    #[inline]
    pub(super) fn json_masks(bytes: &[u8; MASK_BYTES]) -> JsonMasks {
        let (mut quote, mut escape) = (0, 0);
        for (number, bytes) in bytes.as_chunks().0.iter().enumerate() {
            let bytes = load(bytes);
            quote |= bits(is(bytes, b'"'), number);
            escape |= bits(_mm_or_si128(is_between(bytes, 0, 0x1f), is(bytes, b'\\')), number);
        }
        JsonMasks { quote, escape }
    }
}

/// Byte by byte, as the marks are defined.
#[cfg(any(test, not(target_arch = "x86_64")))]
mod by_bytes {
    use super::{HeaderMasks, JsonMasks, MASK_BYTES, PairMasks, is_key_byte};

    fn bits(bytes: &[u8; MASK_BYTES], is: fn(u8) -> bool) -> u64 {
        bytes.iter().rev().fold(0, |bits, byte| bits << 1 | u64::from(is(*byte)))
    }

    pub(super) fn pair_masks(bytes: &[u8; MASK_BYTES]) -> PairMasks {
        PairMasks {
            equals: bits(bytes, |byte| byte == b'='),
            not_key: bits(bytes, |byte| !is_key_byte(byte)),
        }
    }

    pub(super) fn header_masks(bytes: &[u8; MASK_BYTES]) -> HeaderMasks {
        HeaderMasks {
            space: bits(bytes, |byte| byte == b' '),
            not_ascii: bits(bytes, |byte| !byte.is_ascii()),
        }
    }

    pub(super) fn json_masks(bytes: &[u8; MASK_BYTES]) -> JsonMasks {
        JsonMasks {
            quote: bits(bytes, |byte| byte == b'"'),
            escape: bits(bytes, |byte| byte < b' ' || byte == b'\\'),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_the_mark_of_its_kind_at_every_place() {
        for shift in 0..=255u8 {
            let bytes = std::array::from_fn(|position| (position as u8).wrapping_add(shift));
            assert_eq!(pair_masks(&bytes), by_bytes::pair_masks(&bytes));
            assert_eq!(header_masks(&bytes), by_bytes::header_masks(&bytes));
            assert_eq!(json_masks(&bytes), by_bytes::json_masks(&bytes));
        }
    }
}
