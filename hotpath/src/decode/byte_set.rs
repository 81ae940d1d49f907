//! Sets of bytes that decoders tell apart.

/// A set of bytes; to look one up is one load.
#[derive(Debug)]
pub(super) struct ByteSet([bool; 256]);

impl ByteSet {
    /// The set of these bytes.
    pub(super) const fn of(bytes: &[u8]) -> Self {
        Self([false; 256]).put(bytes, true)
    }

    /// The set, with the bytes from `first` to `last` too.
    pub(super) const fn with_range(mut self, first: u8, last: u8) -> Self {
        let mut number = first as usize;
        while number <= last as usize {
            self.0[number] = true;
            number += 1;
        }
        self
    }

    /// The set, with ASCII letters and digits too.
    pub(super) const fn with_alphanumeric(self) -> Self {
        self.with_range(b'0', b'9').with_range(b'A', b'Z').with_range(b'a', b'z')
    }

    /// The set, without these bytes.
    pub(super) const fn without(self, bytes: &[u8]) -> Self {
        self.put(bytes, false)
    }

    const fn put(mut self, bytes: &[u8], is_in: bool) -> Self {
        let mut number = 0;
        while number < bytes.len() {
            self.0[bytes[number] as usize] = is_in;
            number += 1;
        }
        self
    }

    #[inline]
    pub(super) fn has(&self, byte: u8) -> bool {
        self.0[usize::from(byte)]
    }
}

#[cfg(test)]
mod tests {
    use super::ByteSet;

    #[test]
    fn a_set_has_what_it_was_made_of_and_nothing_else() {
        let set = ByteSet::of(b"_").with_range(0xf0, 0xff).with_alphanumeric().without(b"b\xf1");
        for byte in 0..=u8::MAX {
            let expected = byte == b'_' || byte >= 0xf0 || byte.is_ascii_alphanumeric();
            assert_eq!(set.has(byte), expected && byte != b'b' && byte != 0xf1, "{byte:#x}");
        }
    }
}
