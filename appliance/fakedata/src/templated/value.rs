//! The value of a field, and how it is written (RFC 7011, section 6 and 7).

use std::net::IpAddr;

use bytes::BufMut;

use super::{EncodeError, Field, VARIABLE_LENGTH};

/// The shortest length that a variable-length field writes in three bytes.
const LONG_FORM_FROM: usize = 255;

/// The value of a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number in as many bytes as the template says, 1 to 8 (reduced-size encoding: RFC 7011, section 6.2).
    Unsigned(u64),
    /// A number in two's complement, in as many bytes as the template says.
    Signed(i64),
    /// IEEE 754, in 4 or 8 bytes.
    Float(f64),
    /// Bytes as they are: text, addresses, lists.
    Bytes(Vec<u8>),
    /// Bytes of a variable-length field whose length is written in three bytes though one might do.
    LongBytes(Vec<u8>),
}

impl Value {
    /// Text.
    pub fn text(text: &str) -> Self {
        Self::Bytes(text.into())
    }

    /// An address: 4 or 16 bytes.
    pub fn address(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::Bytes(address.octets().into()),
            IpAddr::V6(address) => Self::Bytes(address.octets().into()),
        }
    }

    pub(super) fn encode(&self, field: &Field, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        if field.length == VARIABLE_LENGTH {
            return self.encode_variable(field, out);
        }
        if self.append(usize::from(field.length), out) { Ok(()) } else { Err(does_not_fit(field)) }
    }

    fn encode_variable(&self, field: &Field, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let (bytes, is_long) = match self {
            Self::Bytes(bytes) => (bytes, bytes.len() >= LONG_FORM_FROM),
            Self::LongBytes(bytes) => (bytes, true),
            Self::Unsigned(_) | Self::Signed(_) | Self::Float(_) => {
                out.put_u8(8);
                return if self.append(8, out) { Ok(()) } else { Err(does_not_fit(field)) };
            }
        };
        if is_long {
            out.put_u8(255);
            out.put_u16(u16::try_from(bytes.len()).map_err(|_| EncodeError::TooLong)?);
        } else {
            out.put_u8(bytes.len() as u8);
        }
        out.put_slice(bytes);
        Ok(())
    }

    /// Appends `length` bytes, or returns false when the value does not fit them.
    fn append(&self, length: usize, out: &mut Vec<u8>) -> bool {
        match self {
            Self::Unsigned(value) => {
                let fits = (1..=8).contains(&length) && (length == 8 || *value >> (8 * length) == 0);
                if fits {
                    out.put_uint(*value, length);
                }
                fits
            }
            Self::Signed(value) => {
                let fits = (1..=8).contains(&length) && {
                    let unused = 64 - 8 * length as u32;
                    (value << unused) >> unused == *value
                };
                if fits {
                    out.put_int(*value, length);
                }
                fits
            }
            Self::Float(value) => {
                match length {
                    4 => out.put_f32(*value as f32),
                    8 => out.put_f64(*value),
                    _ => return false,
                }
                true
            }
            Self::Bytes(bytes) | Self::LongBytes(bytes) => {
                if bytes.len() == length {
                    out.put_slice(bytes);
                }
                bytes.len() == length
            }
        }
    }
}

fn does_not_fit(field: &Field) -> EncodeError {
    EncodeError::DoesNotFit { element: field.element, length: field.length }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(value: &Value, length: u16) -> Result<Vec<u8>, EncodeError> {
        let mut out = Vec::new();
        value.encode(&Field::new(1, length), &mut out).map(|()| out)
    }

    #[test]
    fn numbers_are_as_wide_as_the_template_says() {
        assert_eq!(encoded(&Value::Unsigned(0x1234), 4).unwrap(), [0, 0, 0x12, 0x34]);
        assert_eq!(encoded(&Value::Unsigned(0x1234), 2).unwrap(), [0x12, 0x34]);
        assert!(encoded(&Value::Unsigned(0x1234), 1).is_err());
        assert_eq!(encoded(&Value::Unsigned(u64::MAX), 8).unwrap(), [0xff; 8]);
        assert_eq!(encoded(&Value::Signed(-2), 3).unwrap(), [0xff, 0xff, 0xfe]);
        assert!(encoded(&Value::Signed(-129), 1).is_err());
        assert_eq!(encoded(&Value::Float(1.5), 4).unwrap(), 1.5_f32.to_be_bytes());
    }

    #[test]
    fn variable_lengths_have_a_short_and_a_long_form() {
        assert_eq!(encoded(&Value::text("dns"), VARIABLE_LENGTH).unwrap(), b"\x03dns");
        assert_eq!(encoded(&Value::LongBytes(b"dns".into()), VARIABLE_LENGTH).unwrap(), b"\xff\x00\x03dns");
        let long = encoded(&Value::Bytes(vec![b'a'; 255]), VARIABLE_LENGTH).unwrap();
        assert_eq!(long[..4], [255, 0, 255, b'a']);
        assert_eq!(encoded(&Value::Bytes(vec![0; 65_536]), VARIABLE_LENGTH), Err(EncodeError::TooLong));
    }
}
