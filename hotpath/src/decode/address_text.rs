//! Addresses as text, without the formatting machinery of the standard library: a flow has two to eight of them.

use std::fmt;
use std::ops::Range;

/// Room for the longest address, `ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff`, and for the four bytes that are written
/// of an octet at once.
const TEXT_BYTES_MAX: usize = 48;

const HEX_DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The text of an address.
#[derive(Clone, Copy)]
pub struct AddressText {
    /// ASCII up to `length`.
    bytes: [u8; TEXT_BYTES_MAX],
    length: usize,
}

impl fmt::Debug for AddressText {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), out)
    }
}

impl AddressText {
    const EMPTY: Self = Self { bytes: [0; TEXT_BYTES_MAX], length: 0 };

    /// The text itself.
    #[inline]
    pub fn as_str(&self) -> &str {
        let text = self.bytes.get(..self.length).unwrap_or_default();
        debug_assert!(text.is_ascii());
        // SAFETY: nothing but digits, points, colons and the letters `a` to `f` is written up to `length`.
        unsafe { std::str::from_utf8_unchecked(text) }
    }

    #[inline]
    fn push(&mut self, character: u8) {
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = character;
            self.length += 1;
        }
    }

    /// The digits of an octet with a point behind them; the caller takes the last point back.
    #[inline]
    fn push_octet(&mut self, octet: u8) {
        let room = self.bytes.get_mut(self.length..).and_then(<[u8]>::first_chunk_mut);
        if let Some(place) = room {
            *place = OCTETS[usize::from(octet)];
            self.length += 2 + usize::from(octet >= 10) + usize::from(octet >= 100);
        }
    }

    #[inline]
    fn push_octets(&mut self, octets: [u8; 4]) {
        for octet in octets {
            self.push_octet(octet);
        }
        self.length -= 1;
    }

    /// A group of an IPv6 address, without its leading zeros.
    #[inline]
    fn push_group(&mut self, group: u16) {
        let digits = 4 - (group | 1).leading_zeros() / 4;
        for digit in (0..digits).rev() {
            self.push(HEX_DIGITS[usize::from(group >> (4 * digit) & 0xF)]);
        }
    }

    fn push_groups(&mut self, groups: &[u16]) {
        for (position, group) in groups.iter().enumerate() {
            if position > 0 {
                self.push(b':');
            }
            self.push_group(*group);
        }
    }
}

/// The digits of each octet and a point, in four bytes.
static OCTETS: [[u8; 4]; 256] = {
    let mut table = [[b'.'; 4]; 256];
    let mut octet = 0;
    while octet < 256 {
        let digits = [b'0' + (octet / 100) as u8, b'0' + (octet / 10 % 10) as u8, b'0' + (octet % 10) as u8];
        let skipped = if octet >= 100 {
            0
        } else if octet >= 10 {
            1
        } else {
            2
        };
        let mut position = skipped;
        while position < 3 {
            table[octet][position - skipped] = digits[position];
            position += 1;
        }
        octet += 1;
    }
    table
};

/// `192.0.2.1`
#[inline]
pub fn ipv4_text(octets: [u8; 4]) -> AddressText {
    let mut text = AddressText::EMPTY;
    text.push_octets(octets);
    text
}

/// `2001:db8::1`, as RFC 5952 section 4 has it: lower case, the longest run of zeros (the first of equal ones) left
/// out, IPv4 behind `::ffff:` in its own notation (section 5).
pub fn ipv6_text(octets: [u8; 16]) -> AddressText {
    let mut text = AddressText::EMPTY;
    if let [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, a, b, c, d] = octets {
        for character in *b"::ffff:" {
            text.push(character);
        }
        text.push_octets([a, b, c, d]);
        return text;
    }
    let groups = groups_of(octets);
    let zeros = longest_run_of_zeros(&groups);
    let before = groups.get(..zeros.start).unwrap_or_default();
    text.push_groups(before);
    if zeros.is_empty() {
        return text;
    }
    text.push(b':');
    text.push(b':');
    text.push_groups(groups.get(zeros.end..).unwrap_or_default());
    text
}

fn groups_of(octets: [u8; 16]) -> [u16; 8] {
    let mut groups = [0; 8];
    for (group, pair) in groups.iter_mut().zip(octets.as_chunks::<2>().0) {
        *group = u16::from_be_bytes(*pair);
    }
    groups
}

/// The longest run of at least two groups that are zero; where there is none, an empty one behind all groups.
fn longest_run_of_zeros(groups: &[u16; 8]) -> Range<usize> {
    let none = groups.len()..groups.len();
    let (mut longest, mut run_start) = (none, 0);
    for (position, group) in groups.iter().enumerate() {
        if *group != 0 {
            run_start = position + 1;
            continue;
        }
        let run = run_start..position + 1;
        if run.len() >= 2 && run.len() > longest.len() {
            longest = run;
        }
    }
    longest
}

/// `02:00:5e:10:00:ff`
pub fn mac_text(octets: [u8; 6]) -> AddressText {
    let mut text = AddressText::EMPTY;
    for (position, octet) in octets.into_iter().enumerate() {
        if position > 0 {
            text.push(b':');
        }
        text.push(HEX_DIGITS[usize::from(octet >> 4)]);
        text.push(HEX_DIGITS[usize::from(octet & 0xF)]);
    }
    text
}

/// The bytes of an address of either version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IpOctets {
    /// IPv4.
    V4([u8; 4]),
    /// IPv6.
    V6([u8; 16]),
}

impl IpOctets {
    /// The address as text.
    #[inline]
    pub fn text(self) -> AddressText {
        match self {
            Self::V4(octets) => ipv4_text(octets),
            Self::V6(octets) => ipv6_text(octets),
        }
    }
}

/// Appends an IPv4 address.
pub fn push_ipv4(octets: [u8; 4], out: &mut String) {
    out.push_str(ipv4_text(octets).as_str());
}

/// Appends an IPv6 address.
pub fn push_ipv6(octets: [u8; 16], out: &mut String) {
    out.push_str(ipv6_text(octets).as_str());
}

/// Appends a hardware address.
pub fn push_mac(octets: [u8; 6], out: &mut String) {
    out.push_str(mac_text(octets).as_str());
}

/// Appends bytes as hexadecimal digits, `0a1b2c`.
pub fn push_hex(bytes: &[u8], out: &mut String) {
    out.reserve(2 * bytes.len());
    for byte in bytes {
        out.push(char::from(HEX_DIGITS[usize::from(byte >> 4)]));
        out.push(char::from(HEX_DIGITS[usize::from(byte & 0xF)]));
    }
}

/// Bytes as hexadecimal digits, in a buffer that is used again.
pub fn hex_text<'a>(bytes: &[u8], buffer: &'a mut String) -> &'a str {
    buffer.clear();
    push_hex(bytes, buffer);
    buffer
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ipv4_is_as_the_standard_library_writes_it() {
        for octet in 0..=255 {
            let octets = [octet, 255 - octet, octet / 3, octet];
            assert_eq!(ipv4_text(octets).as_str(), Ipv4Addr::from(octets).to_string());
        }
    }

    #[test]
    fn ipv6_leaves_out_the_longest_run_of_zeros_and_the_first_of_equal_ones() {
        // RFC 5952 sections 4.1, 4.2.2, 4.2.3 and 5.
        let cases = [
            "::",
            "::1",
            "1::",
            "2001:db8::1",
            "2001:db8:0:1:1:1:1:1",
            "2001:0:0:1::1",
            "2001:db8::1:0:0:1",
            "::ffff:192.0.2.128",
            "fe80::1234",
            "1:2:3:4:5:6:7:8",
            "1:2:3:4:5:6::",
            "::2:3:4:5:6:7:8",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
            "2001:db8:10:200:a00::",
        ];
        for text in cases {
            let address: Ipv6Addr = text.parse().unwrap();
            let ours = ipv6_text(address.octets());
            assert_eq!(ours.as_str(), address.to_string(), "{text}");
        }
        assert_eq!(
            ipv6_text("2001:0:0:1:0:0:0:1".parse::<Ipv6Addr>().unwrap().octets()).as_str(),
            "2001:0:0:1::1"
        );
    }

    proptest! {
        #[test]
        fn ipv6_is_as_the_standard_library_writes_it(
            groups in prop::array::uniform8(prop_oneof![Just(0), any::<u16>()])
        ) {
            let address = Ipv6Addr::from(groups);
            let text = ipv6_text(address.octets());
            prop_assert_eq!(text.as_str(), address.to_string());
        }
    }

    #[test]
    fn hardware_addresses_and_bytes_are_hexadecimal() {
        assert_eq!(mac_text([2, 0, 0x5E, 0x10, 0, 0xFF]).as_str(), "02:00:5e:10:00:ff");
        let mut buffer = "before".to_owned();
        assert_eq!(hex_text(&[0, 0x1B, 0xFF], &mut buffer), "001bff");
        assert_eq!(hex_text(&[], &mut buffer), "");
    }

    #[test]
    fn addresses_are_appended_behind_what_is_there() {
        let mut text = "a ".to_owned();
        push_ipv4([192, 0, 2, 1], &mut text);
        text.push(' ');
        push_ipv6(Ipv6Addr::LOCALHOST.octets(), &mut text);
        text.push(' ');
        push_mac([0; 6], &mut text);
        text.push(' ');
        push_hex(&[1, 2], &mut text);
        assert_eq!(text, "a 192.0.2.1 ::1 00:00:00:00:00:00 0102");
    }
}
