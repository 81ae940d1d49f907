//! Templates and options templates: RFC 3954 sections 5.2 and 6.1, RFC 7011 section 3.4.

use crate::limits::FLOW_TEMPLATE_FIELDS_MAX;

use super::header::Version;
use super::reader::Reader;

/// The length that says that each record has its own (RFC 7011 section 3.2).
pub(super) const VARIABLE_LENGTH: u16 = u16::MAX;
/// The smallest id of a template, and of a set of data.
pub(super) const TEMPLATE_ID_MIN: u16 = 256;
/// The bit that says that an enterprise number follows (RFC 7011 section 3.2).
const ENTERPRISE_BIT: u16 = 0x8000;

/// A field of records: what it is, and its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FieldSpec {
    /// Private enterprise number, 0 for IANA's elements and all of NetFlow.
    pub(super) enterprise: u32,
    pub(super) id: u16,
    /// Bytes, or [`VARIABLE_LENGTH`].
    pub(super) length: u16,
}

/// What records look like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Template {
    pub(super) fields: Vec<FieldSpec>,
    /// How many of the first fields are the scope of options; `None` for flows.
    pub(super) scope_fields: Option<u16>,
}

/// A record of a template set.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum TemplateRecord {
    /// The template with its id.
    Template(u16, Template),
    /// The template of this id is no more (RFC 7011 section 8.1).
    Withdrawal(u16),
    /// All templates of the kind are no more: of flows, or (`true`) of options.
    WithdrawalOfAll(bool),
}

/// The two kinds of template sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TemplateKind {
    Flows,
    Options,
}

/// The next record of a template set; `None` at its end, where only padding is left.
pub(super) fn next_record(
    reader: &mut Reader<'_>,
    version: Version,
    kind: TemplateKind,
) -> Option<Result<TemplateRecord, &'static str>> {
    // Padding has fewer bytes than any record (RFC 7011 section 3.3.1); some exporters add more zeros.
    if reader.rest().len() < 4 || reader.rest().iter().all(|byte| *byte == 0) {
        return None;
    }
    let read = match (version, kind) {
        (Version::Ipfix, kind) => read_ipfix(reader, kind),
        (_, TemplateKind::Flows) => read_v9(reader),
        (_, TemplateKind::Options) => read_v9_options(reader),
    };
    Some(read.unwrap_or(Err("a template goes beyond its set")))
}

type ReadRecord = Option<Result<TemplateRecord, &'static str>>;

fn read_ipfix(reader: &mut Reader<'_>, kind: TemplateKind) -> ReadRecord {
    let id = reader.u16()?;
    let field_count = reader.u16()?;
    let is_options = kind == TemplateKind::Options;
    if field_count == 0 {
        // RFC 7011 section 8.1: the id of the set itself stands for all of its kind.
        return Some(match (id, is_options) {
            (2, false) | (3, true) => Ok(TemplateRecord::WithdrawalOfAll(is_options)),
            (TEMPLATE_ID_MIN.., _) => Ok(TemplateRecord::Withdrawal(id)),
            _ => Err("a withdrawal of a template id below 256"),
        });
    }
    if id < TEMPLATE_ID_MIN {
        return Some(Err("a template with an id below 256"));
    }
    let mut scope_fields = None;
    if is_options {
        let scope_count = reader.u16()?;
        // RFC 7011 section 3.4.2.2: the scope is not empty, and part of the fields.
        if scope_count == 0 || scope_count > field_count {
            return Some(Err("an options template whose scope is empty or larger than itself"));
        }
        scope_fields = Some(scope_count);
    }
    let fields = match read_fields(reader, usize::from(field_count), true)? {
        Ok(fields) => fields,
        Err(reason) => return Some(Err(reason)),
    };
    Some(template(id, fields, scope_fields))
}

fn read_v9(reader: &mut Reader<'_>) -> ReadRecord {
    let id = reader.u16()?;
    let field_count = usize::from(reader.u16()?);
    if id < TEMPLATE_ID_MIN {
        return Some(Err("a template with an id below 256"));
    }
    let fields = match read_fields(reader, field_count, false)? {
        Ok(fields) => fields,
        Err(reason) => return Some(Err(reason)),
    };
    Some(template(id, fields, None))
}

/// RFC 3954 section 6.1: lengths in bytes in place of counts.
fn read_v9_options(reader: &mut Reader<'_>) -> ReadRecord {
    const SPEC_BYTES: usize = 4;
    let id = reader.u16()?;
    let scope_bytes = usize::from(reader.u16()?);
    let option_bytes = usize::from(reader.u16()?);
    if id < TEMPLATE_ID_MIN {
        return Some(Err("a template with an id below 256"));
    }
    if !scope_bytes.is_multiple_of(SPEC_BYTES) || !option_bytes.is_multiple_of(SPEC_BYTES) {
        return Some(Err("an options template whose lengths are not those of whole fields"));
    }
    let fields = match read_fields(reader, (scope_bytes + option_bytes) / SPEC_BYTES, false)? {
        Ok(fields) => fields,
        Err(reason) => return Some(Err(reason)),
    };
    Some(template(id, fields, Some((scope_bytes / SPEC_BYTES) as u16)))
}

fn read_fields(
    reader: &mut Reader<'_>,
    count: usize,
    has_enterprises: bool,
) -> Option<Result<Vec<FieldSpec>, &'static str>> {
    if count > FLOW_TEMPLATE_FIELDS_MAX {
        return Some(Err("a template with more fields than are taken"));
    }
    // `count` fields take at least four bytes each.
    let mut fields = Vec::with_capacity(count.min(reader.rest().len() / 4));
    for _ in 0..count {
        let (id, length) = (reader.u16()?, reader.u16()?);
        let is_enterprise = has_enterprises && id & ENTERPRISE_BIT != 0;
        let (id, enterprise) = if is_enterprise { (id & !ENTERPRISE_BIT, reader.u32()?) } else { (id, 0) };
        fields.push(FieldSpec { enterprise, id, length });
    }
    Some(Ok(fields))
}

/// A template without the fields that have no bytes: they say nothing, and cost time in each record.
fn template(
    id: u16,
    mut fields: Vec<FieldSpec>,
    scope_fields: Option<u16>,
) -> Result<TemplateRecord, &'static str> {
    let scope = fields.iter().take(usize::from(scope_fields.unwrap_or(0)));
    let empty_scope_fields = scope.filter(|field| field.length == 0).count() as u16;
    let scope_fields = scope_fields.map(|count| count - empty_scope_fields);
    fields.retain(|field| field.length > 0);
    // Without a byte in each record there is no telling how many records there are.
    if fields.is_empty() {
        return Err("a template of records without a byte");
    }
    Ok(TemplateRecord::Template(id, Template { fields, scope_fields }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(
        version: Version,
        kind: TemplateKind,
        words: &[u16],
    ) -> Vec<Result<TemplateRecord, &'static str>> {
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_be_bytes()).collect();
        let mut reader = Reader::new(&bytes);
        let mut records = Vec::new();
        while let Some(record) = next_record(&mut reader, version, kind) {
            let is_fault = record.is_err();
            records.push(record);
            if is_fault {
                break;
            }
        }
        records
    }

    fn spec(enterprise: u32, id: u16, length: u16) -> FieldSpec {
        FieldSpec { enterprise, id, length }
    }

    #[test]
    fn ipfix_templates_have_enterprise_elements_and_padding() {
        // RFC 7011 appendix A.2.2: an enterprise element among the IANA's.
        let words = [256, 3, 8, 4, 0x8000 | 15, 4, 0, 31_337, 2, 65_535, 0];
        let fields = vec![spec(0, 8, 4), spec(31_337, 15, 4), spec(0, 2, VARIABLE_LENGTH)];
        assert_eq!(
            read(Version::Ipfix, TemplateKind::Flows, &words),
            [Ok(TemplateRecord::Template(256, Template { fields, scope_fields: None }))]
        );
    }

    #[test]
    fn options_templates_say_what_is_scope() {
        // RFC 7011 appendix A.4.2: the line card is the scope.
        let words = [258, 3, 1, 141, 4, 41, 2, 42, 2];
        let fields = vec![spec(0, 141, 4), spec(0, 41, 2), spec(0, 42, 2)];
        let expected =
            TemplateRecord::Template(258, Template { fields: fields.clone(), scope_fields: Some(1) });
        assert_eq!(read(Version::Ipfix, TemplateKind::Options, &words), [Ok(expected)]);
        // RFC 3954 section 6.1: lengths in bytes.
        let words = [258, 4, 8, 141, 4, 41, 2, 42, 2, 0];
        let expected = TemplateRecord::Template(258, Template { fields, scope_fields: Some(1) });
        assert_eq!(read(Version::V9, TemplateKind::Options, &words), [Ok(expected)]);
    }

    #[test]
    fn withdrawals() {
        let flows = |words: &[u16]| read(Version::Ipfix, TemplateKind::Flows, words);
        assert_eq!(
            flows(&[256, 0, 257, 0]),
            [Ok(TemplateRecord::Withdrawal(256)), Ok(TemplateRecord::Withdrawal(257))]
        );
        assert_eq!(flows(&[2, 0]), [Ok(TemplateRecord::WithdrawalOfAll(false))]);
        assert_eq!(
            read(Version::Ipfix, TemplateKind::Options, &[3, 0]),
            [Ok(TemplateRecord::WithdrawalOfAll(true))]
        );
        assert!(flows(&[3, 0])[0].is_err());
        assert!(read(Version::V9, TemplateKind::Flows, &[256, 0])[0].is_err(), "v9 has none");
    }

    #[test]
    fn what_is_no_template_has_a_reason() {
        for words in [
            &[255, 1, 1, 4][..],
            &[256, 2, 1, 4],
            &[256, 1, 1, 0],
            &[256, FLOW_TEMPLATE_FIELDS_MAX as u16 + 1, 1, 4],
            &[256, 1, 0x8000 | 1, 4],
        ] {
            assert!(read(Version::Ipfix, TemplateKind::Flows, words)[0].is_err(), "{words:?}");
        }
        for words in [&[256, 1, 0, 1, 4][..], &[256, 1, 2, 1, 4], &[256, 1]] {
            assert!(read(Version::Ipfix, TemplateKind::Options, words)[0].is_err(), "{words:?}");
        }
        for words in [&[256, 3, 4, 1, 4, 1, 4][..], &[256, 4, 4, 1, 4]] {
            assert!(read(Version::V9, TemplateKind::Options, words)[0].is_err(), "{words:?}");
        }
        assert_eq!(read(Version::V9, TemplateKind::Flows, &[0, 0, 0]), [], "zeros fill up the set");
    }

    #[test]
    fn fields_without_bytes_are_left_out() {
        let words = [256, 3, 1, 8, 0, 10, 4, 1, 4];
        let expected = Template { fields: vec![spec(0, 10, 4), spec(0, 1, 4)], scope_fields: Some(0) };
        let words = [&words[..3], &words[4..]].concat();
        assert_eq!(
            read(Version::Ipfix, TemplateKind::Options, &[&words[..3], &[8, 0], &words[4..]].concat()),
            [Ok(TemplateRecord::Template(256, expected))]
        );
    }
}
