//! IPFIX messages (RFC 7011) from plain structs.

mod lists;

use bytes::BufMut;

pub use lists::{ListSemantic, basic_list};

use crate::templated::{EncodeError, Set, Template, count, encode_set, set_length};

/// Set of templates (RFC 7011, section 3.3.2).
const TEMPLATE_SET: u16 = 2;
/// Set of options templates.
const OPTIONS_TEMPLATE_SET: u16 = 3;

/// Bytes of the header of a message.
pub const HEADER_BYTES: usize = 16;

/// The private enterprise number that means the other direction of a biflow (RFC 5103, section 6.1).
pub const REVERSE_ENTERPRISE: u32 = 29_305;

/// The header of a message (RFC 7011, section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Header {
    /// Seconds since 1970.
    pub export_time: u32,
    /// Data records sent before in this domain, modulo 2^32.
    pub sequence: u32,
    /// Observation domain.
    pub domain: u32,
}

/// A message of `sets`.
///
/// # Errors
/// When a set or the message is longer than 65,535 bytes.
pub fn encode(header: &Header, sets: &[Set]) -> Result<Vec<u8>, EncodeError> {
    let mut out = Vec::with_capacity(1500);
    out.put_u16(10);
    out.put_u16(0);
    out.put_u32(header.export_time);
    out.put_u32(header.sequence);
    out.put_u32(header.domain);
    for set in sets {
        append_set(set, &mut out)?;
    }
    set_length(&mut out, 0, 2)?;
    Ok(out)
}

fn append_set(set: &Set, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    match set {
        Set::Templates(templates) => encode_set(TEMPLATE_SET, out, |out| {
            templates.iter().try_for_each(|template| append_template(template, out))
        }),
        Set::OptionsTemplates(templates) => encode_set(OPTIONS_TEMPLATE_SET, out, |out| {
            templates.iter().try_for_each(|template| append_template(template, out))
        }),
        Set::Data { template, bytes, padding, .. } => encode_set(*template, out, |out| {
            out.put_slice(bytes);
            out.put_bytes(0, usize::from(*padding));
            Ok(())
        }),
        Set::Withdrawal { options, templates } => {
            let set = if *options { OPTIONS_TEMPLATE_SET } else { TEMPLATE_SET };
            encode_set(set, out, |out| {
                // Section 8.1: the number of the set itself stands for all templates of its kind.
                let all = [set];
                let numbers = if templates.is_empty() { &all[..] } else { templates };
                for number in numbers {
                    out.put_u16(*number);
                    out.put_u16(0);
                }
                Ok(())
            })
        }
    }
}

/// A template record (section 3.4.1), or an options template record (section 3.4.2).
fn append_template(template: &Template, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    out.put_u16(template.id);
    out.put_u16(count(template.fields.len())?);
    if template.scopes > 0 {
        out.put_u16(template.scopes);
    }
    for field in &template.fields {
        field.encode_ipfix(out);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::templated::{Field, VARIABLE_LENGTH, Value};

    #[test]
    fn a_message_is_laid_out_as_in_rfc_7011_section_3() {
        let template = Template::new(
            256,
            vec![Field::new(8, 4), Field::of_enterprise(9, 12_235, 2), Field::new(96, VARIABLE_LENGTH)],
        );
        let record = vec![Value::Bytes(vec![192, 0, 2, 1]), Value::Unsigned(7), Value::text("dns")];
        let data = Set::of_records(&template, &[record], 2).unwrap();
        let header = Header { export_time: 1, sequence: 2, domain: 3 };
        let message = encode(&header, &[Set::Templates(vec![template]), data]).unwrap();
        #[rustfmt::skip]
        let expected = [
            0, 10, 0, 56,  0, 0, 0, 1,  0, 0, 0, 2,  0, 0, 0, 3,
            0, 2, 0, 24,  1, 0, 0, 3,  0, 8, 0, 4,  0xaf, 0xcb, 0, 2,  0, 0, 0, 9,  0, 96, 0xff, 0xff,
            1, 0, 0, 16,  192, 0, 2, 1,  0, 7,  3, b'd', b'n', b's',  0, 0,
        ];
        assert_eq!(message, expected);
    }

    #[test]
    fn a_withdrawal_is_a_template_without_fields() {
        let withdraw = |options, templates: &[u16]| {
            let set = Set::Withdrawal { options, templates: templates.to_vec() };
            encode(&Header::default(), &[set]).unwrap()[HEADER_BYTES..].to_vec()
        };
        assert_eq!(withdraw(false, &[256]), [0, 2, 0, 8, 1, 0, 0, 0]);
        assert_eq!(withdraw(false, &[]), [0, 2, 0, 8, 0, 2, 0, 0]);
        assert_eq!(withdraw(true, &[]), [0, 3, 0, 8, 0, 3, 0, 0]);
    }
}
