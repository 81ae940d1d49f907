//! The bytes of a field as a value: the data types of RFC 7011 section 6.1.

use std::fmt::Write;

use crate::batch::Value;

use super::plan::Kind;
use super::times;
use crate::decode::address_text::{push_hex, push_ipv4, push_ipv6, push_mac};
use crate::decode::text::utf8_or_escaped;

/// A number of at most eight bytes (reduced-size encoding, RFC 7011 section 6.2); of a longer one its last eight.
#[inline]
pub(super) fn unsigned(bytes: &[u8]) -> u64 {
    match bytes {
        [] => 0,
        [a] => u64::from(*a),
        [a, b] => u64::from(u16::from_be_bytes([*a, *b])),
        [a, b, c, d] => u64::from(u32::from_be_bytes([*a, *b, *c, *d])),
        _ => bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)),
    }
}

/// The same with a sign, which is that of the shorter form.
fn signed(bytes: &[u8]) -> i64 {
    let shift = 64 - 8 * bytes.len().min(8) as u32;
    if shift == 64 {
        return 0;
    }
    (unsigned(bytes) << shift) as i64 >> shift
}

pub(super) fn float(bytes: &[u8]) -> f64 {
    match (bytes.first_chunk(), bytes.len()) {
        (Some(double), 8..) => f64::from_be_bytes(*double),
        _ => bytes.first_chunk().map_or(0.0, |single| f64::from(f32::from_be_bytes(*single))),
    }
}

/// Reads a value; `None` for no bytes, and for text and times that say nothing. What does not fit the type of its
/// column comes as text, so that it is kept beside.
///
/// Lists are not read here: they need templates.
pub(super) fn read<'a>(kind: Kind, bytes: &'a [u8], written: &'a mut String) -> Option<Value<'a>> {
    if bytes.is_empty() {
        return None;
    }
    written.clear();
    // The length of a variable one is known only now.
    match kind.with_length(bytes.len()) {
        Kind::Unsigned => Some(integer(unsigned(bytes), written)),
        Kind::Signed => Some(Value::Int64(signed(bytes))),
        Kind::Float => Some(Value::Double(float(bytes))),
        Kind::Boolean => Some(match bytes {
            // RFC 7011 section 6.1.5.
            [1] => Value::Boolean(true),
            [2] => Value::Boolean(false),
            _ => integer(unsigned(bytes), written),
        }),
        Kind::Text => text(bytes, written),
        Kind::Seconds => Some(time(times::of_seconds(unsigned(bytes)), bytes, written)),
        Kind::Milliseconds => Some(time(times::of_milliseconds(unsigned(bytes)), bytes, written)),
        Kind::Ntp => Some(Value::Timestamp(times::of_ntp(unsigned(bytes))?)),
        Kind::Ipv4 | Kind::Ipv6 | Kind::Mac => {
            write_address(bytes, written);
            Some(Value::Text(written))
        }
        Kind::Octets | Kind::BasicList | Kind::SubTemplateList | Kind::SubTemplateMultiList => {
            push_hex(bytes, written);
            Some(Value::Text(written))
        }
    }
}

/// A number, or its digits where no column of integers holds it.
fn integer(number: u64, written: &mut String) -> Value<'_> {
    match i64::try_from(number) {
        Ok(number) => Value::Int64(number),
        Err(_) => {
            // Writing to a String cannot fail.
            let _ = write!(written, "{number}");
            Value::Text(written)
        }
    }
}

/// A time, or the digits of its number where no column of times holds it.
fn time<'a>(time_us: Option<i64>, bytes: &[u8], written: &'a mut String) -> Value<'a> {
    match time_us {
        Some(time_us) => Value::Timestamp(time_us),
        None => {
            let _ = write!(written, "{}", unsigned(bytes));
            Value::Text(written)
        }
    }
}

/// Text without the zeros that fill it up.
fn text<'a>(bytes: &'a [u8], written: &'a mut String) -> Option<Value<'a>> {
    let length = bytes.iter().rposition(|byte| *byte != 0)? + 1;
    let bytes = bytes.get(..length)?;
    Some(Value::Text(utf8_or_escaped(bytes, written)))
}

/// An address of 4, 16 or 6 bytes.
fn write_address(bytes: &[u8], out: &mut String) {
    match *bytes {
        [a, b, c, d] => push_ipv4([a, b, c, d], out),
        [a, b, c, d, e, f] => push_mac([a, b, c, d, e, f], out),
        _ => {
            if let Some(octets) = bytes.first_chunk() {
                push_ipv6(*octets, out);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_read(kind: Kind, bytes: &[u8], expected: Option<Value<'_>>) {
        assert_eq!(read(kind, bytes, &mut String::new()), expected, "{kind:?} {bytes:?}");
    }

    #[test]
    fn numbers_may_be_shorter_than_their_type() {
        assert_read(Kind::Unsigned, &[1, 0, 0], Some(Value::Int64(65_536)));
        assert_read(Kind::Unsigned, &[0x7F, 0, 0, 0, 0, 0, 0, 0], Some(Value::Int64(0x7F << 56)));
        assert_read(Kind::Unsigned, &[0xFF; 8], Some(Value::Text("18446744073709551615")));
        assert_read(Kind::Unsigned, &[1; 9], Some(Value::Text("010101010101010101")));
        assert_read(Kind::Signed, &[0xFF, 0xFE], Some(Value::Int64(-2)));
        assert_read(Kind::Signed, &[0x80, 0, 0, 0, 0, 0, 0, 0], Some(Value::Int64(i64::MIN)));
        assert_read(Kind::Float, &1.5f32.to_be_bytes(), Some(Value::Double(1.5)));
        assert_read(Kind::Float, &(-0.25f64).to_be_bytes(), Some(Value::Double(-0.25)));
        assert_read(Kind::Unsigned, &[], None);
    }

    #[test]
    fn booleans_text_and_octets() {
        assert_read(Kind::Boolean, &[1], Some(Value::Boolean(true)));
        assert_read(Kind::Boolean, &[2], Some(Value::Boolean(false)));
        assert_read(Kind::Boolean, &[0], Some(Value::Int64(0)));
        assert_read(Kind::Text, b"eth0\0\0\0", Some(Value::Text("eth0")));
        assert_read(Kind::Text, &[0; 4], None);
        assert_read(Kind::Text, b"caf\xe9", Some(Value::Text("caf\\xe9")));
        assert_read(Kind::Octets, &[0x0A, 0xFF], Some(Value::Text("0aff")));
    }

    #[test]
    fn addresses() {
        assert_read(Kind::Ipv4, &[192, 0, 2, 1], Some(Value::Text("192.0.2.1")));
        assert_read(Kind::Mac, &[0, 1, 2, 0xAB, 0xCD, 0xEF], Some(Value::Text("00:01:02:ab:cd:ef")));
        let mut v6 = [0; 16];
        (v6[0], v6[1], v6[15]) = (0x20, 1, 1);
        assert_read(Kind::Ipv6, &v6, Some(Value::Text("2001::1")));
        assert_read(Kind::Ipv4, &v6, Some(Value::Text("2001::1")));
        assert_read(Kind::Mac, &[1, 2], Some(Value::Text("0102")));
    }

    #[test]
    fn times() {
        assert_read(Kind::Seconds, &[0, 0, 0, 2], Some(Value::Timestamp(2_000_000)));
        assert_read(Kind::Milliseconds, &[0xFF; 8], Some(Value::Text("18446744073709551615")));
        assert_read(Kind::Ntp, &[0; 8], None);
    }
}
