//! NetFlow v9 (RFC 3954).

use bytes::BufMut;

use crate::templated::{EncodeError, Set, Template, VARIABLE_LENGTH, count, encode_set};

/// Flow set of templates (RFC 3954, section 5.2).
const TEMPLATE_SET: u16 = 0;
/// Flow set of options templates (section 6.1).
const OPTIONS_TEMPLATE_SET: u16 = 1;

/// Bytes of the header.
pub const HEADER_BYTES: usize = 20;

/// The number of a scope (section 6.1).
pub mod scope {
    /// The exporter.
    pub const SYSTEM: u16 = 1;
    /// An interface.
    pub const INTERFACE: u16 = 2;
    /// A line card.
    pub const LINE_CARD: u16 = 3;
    /// A cache.
    pub const CACHE: u16 = 4;
    /// A template.
    pub const TEMPLATE: u16 = 5;
}

/// The header (section 5.1), without what follows from the sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Header {
    /// Milliseconds since the exporter started.
    pub uptime_ms: u32,
    /// Seconds since 1970.
    pub unix_seconds: u32,
    /// Datagrams sent before.
    pub sequence: u32,
    /// The exporter's source id.
    pub source_id: u32,
}

/// A datagram of `sets`, each padded to four bytes as section 5.3 asks, with the padding of [`Set::Data`] before that.
///
/// # Errors
/// When a set is longer than 65,535 bytes, or has what only IPFIX has.
pub fn encode(header: &Header, sets: &[Set]) -> Result<Vec<u8>, EncodeError> {
    let mut out = Vec::with_capacity(1500);
    out.put_u16(9);
    out.put_u16(count(sets.iter().map(records_of).sum())?);
    out.put_u32(header.uptime_ms);
    out.put_u32(header.unix_seconds);
    out.put_u32(header.sequence);
    out.put_u32(header.source_id);
    for set in sets {
        append_set(set, &mut out)?;
    }
    Ok(out)
}

/// Section 5.1: the count is that of all records, of templates and of data.
fn records_of(set: &Set) -> usize {
    match set {
        Set::Templates(templates) | Set::OptionsTemplates(templates) => templates.len(),
        Set::Data { records, .. } => usize::from(*records),
        Set::Withdrawal { .. } => 0,
    }
}

fn append_set(set: &Set, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    match set {
        Set::Templates(templates) => encode_set(TEMPLATE_SET, out, |out| {
            templates.iter().try_for_each(|template| append_template(template, out))?;
            pad(out);
            Ok(())
        }),
        Set::OptionsTemplates(templates) => encode_set(OPTIONS_TEMPLATE_SET, out, |out| {
            templates.iter().try_for_each(|template| append_options_template(template, out))?;
            pad(out);
            Ok(())
        }),
        Set::Data { template, bytes, padding, .. } => encode_set(*template, out, |out| {
            out.put_slice(bytes);
            out.put_bytes(0, usize::from(*padding));
            pad(out);
            Ok(())
        }),
        Set::Withdrawal { .. } => Err(EncodeError::NotInVersion9),
    }
}

/// Everything before a set is a multiple of four, so this aligns the end of the set.
fn pad(out: &mut Vec<u8>) {
    out.resize(out.len().next_multiple_of(4), 0);
}

fn append_template(template: &Template, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    out.put_u16(template.id);
    out.put_u16(count(template.fields.len())?);
    append_fields(template, out)
}

/// Section 6.1: scopes and options are counted in bytes here, not in fields.
fn append_options_template(template: &Template, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let scopes = usize::from(template.scopes);
    out.put_u16(template.id);
    out.put_u16(count(scopes * 4)?);
    out.put_u16(count(template.fields.len().saturating_sub(scopes) * 4)?);
    append_fields(template, out)
}

fn append_fields(template: &Template, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    for field in &template.fields {
        if field.enterprise.is_some() || field.length == VARIABLE_LENGTH {
            return Err(EncodeError::NotInVersion9);
        }
        out.put_u16(field.element);
        out.put_u16(field.length);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::templated::{Field, Value};

    #[test]
    fn a_datagram_is_laid_out_as_in_rfc_3954_section_5_and_6() {
        let flows = Template::new(256, vec![Field::new(8, 4), Field::new(4, 1)]);
        let options = Template::of_options(257, 1, vec![Field::new(scope::INTERFACE, 2), Field::new(34, 2)]);
        let record = vec![Value::Bytes(vec![192, 0, 2, 1]), Value::Unsigned(17)];
        let data = Set::of_records(&flows, &[record], 0).unwrap();
        let header = Header { uptime_ms: 1, unix_seconds: 2, sequence: 3, source_id: 4 };
        let sets = [Set::Templates(vec![flows]), Set::OptionsTemplates(vec![options]), data];
        #[rustfmt::skip]
        let expected = [
            0, 9, 0, 3,  0, 0, 0, 1,  0, 0, 0, 2,  0, 0, 0, 3,  0, 0, 0, 4,
            0, 0, 0, 16,  1, 0, 0, 2,  0, 8, 0, 4,  0, 4, 0, 1,
            0, 1, 0, 20,  1, 1, 0, 4,  0, 4,  0, 2, 0, 2,  0, 34, 0, 2,  0, 0,
            1, 0, 0, 12,  192, 0, 2, 1,  17,  0, 0, 0,
        ];
        assert_eq!(encode(&header, &sets).unwrap(), expected);
    }

    #[test]
    fn what_only_ipfix_has_is_refused() {
        for field in [Field::of_enterprise(9, 1, 4), Field::new(96, VARIABLE_LENGTH)] {
            let sets = [Set::Templates(vec![Template::new(256, vec![field])])];
            assert_eq!(encode(&Header::default(), &sets), Err(EncodeError::NotInVersion9));
        }
        let withdrawal = Set::Withdrawal { options: false, templates: vec![] };
        assert_eq!(encode(&Header::default(), &[withdrawal]), Err(EncodeError::NotInVersion9));
    }
}
