//! Lists in records (RFC 6313) as JSON text, with the names of what is in them.

use std::fmt::Write;

use crate::batch::{Value, push_json_text};
use crate::decode::address_text::push_hex;
use crate::limits::{FLOW_LIST_DEPTH_MAX, FLOW_LIST_JSON_BYTES_MAX};

use super::domains::Domain;
use super::header::Version;
use super::plan::{Kind, name_and_kind};
use super::reader::Reader;
use super::records::variable_length;
use super::template::{FieldSpec, Template, VARIABLE_LENGTH};
use super::values;

/// Writes lists of a domain's records.
pub(super) struct ListWriter<'a> {
    /// Where the templates of sub-template lists are.
    pub(super) domain: Option<&'a Domain>,
    pub(super) out: &'a mut String,
}

impl ListWriter<'_> {
    /// Writes a list of a kind; what is broken in it, or nested too deep, is written as octets.
    pub(super) fn write(&mut self, kind: Kind, bytes: &[u8]) {
        self.out.clear();
        self.list(kind, bytes, 0);
    }

    fn list(&mut self, kind: Kind, bytes: &[u8], depth: usize) {
        let start = self.out.len();
        let is_within = depth < FLOW_LIST_DEPTH_MAX && start < FLOW_LIST_JSON_BYTES_MAX;
        let written = is_within.then(|| match kind {
            Kind::BasicList => self.basic(bytes, depth),
            Kind::SubTemplateList => self.of_template(bytes, depth),
            _ => self.of_templates(bytes, depth),
        });
        if written.flatten().is_none() {
            self.out.truncate(start);
            self.octets(bytes);
        }
    }

    /// RFC 6313 section 4.5.1: semantic, the element and its length, its values.
    fn basic(&mut self, bytes: &[u8], depth: usize) -> Option<()> {
        let mut reader = Reader::new(bytes);
        let semantic = reader.u8()?;
        let (id, length) = (reader.u16()?, reader.u16()?);
        let enterprise = if id & 0x8000 == 0 { 0 } else { reader.u32()? };
        let spec = FieldSpec { enterprise, id: id & 0x7FFF, length };
        if length == 0 {
            return None;
        }
        let (name, kind) = name_and_kind(Version::Ipfix, spec, false);
        self.semantic(semantic);
        self.name(&name);
        self.out.push('[');
        let mut is_first = true;
        while !reader.rest().is_empty() && self.has_room() {
            self.comma(&mut is_first);
            let cell = take_field(&mut reader, length)?;
            self.value(kind, cell, depth);
        }
        self.out.push(']');
        self.left_over(&reader);
        self.out.push('}');
        Some(())
    }

    /// RFC 6313 section 4.5.2: semantic, a template, its records.
    fn of_template(&mut self, bytes: &[u8], depth: usize) -> Option<()> {
        let mut reader = Reader::new(bytes);
        self.semantic(reader.u8()?);
        self.records_of(reader.u16()?, reader.rest(), depth)?;
        self.out.push('}');
        Some(())
    }

    /// RFC 6313 section 4.5.3: semantic, and for each template its id, the bytes of both, its records.
    fn of_templates(&mut self, bytes: &[u8], depth: usize) -> Option<()> {
        const HEADER_BYTES: usize = 4;
        let mut reader = Reader::new(bytes);
        self.semantic(reader.u8()?);
        self.name("lists");
        self.out.push('[');
        let mut is_first = true;
        while !reader.rest().is_empty() && self.has_room() {
            let (id, length) = (reader.u16()?, usize::from(reader.u16()?));
            let records = reader.take(length.checked_sub(HEADER_BYTES)?)?;
            self.comma(&mut is_first);
            self.out.push('{');
            self.records_of(id, records, depth)?;
            self.out.push('}');
        }
        self.out.push(']');
        self.left_over(&reader);
        self.out.push('}');
        Some(())
    }

    /// The records of a template as objects, or as octets where the template is not known.
    fn records_of(&mut self, id: u16, bytes: &[u8], depth: usize) -> Option<()> {
        self.name("template_id");
        // Writing to a String cannot fail.
        let _ = write!(self.out, "{id}");
        let domain = self.domain;
        let Some(template) = domain.and_then(|domain| domain.template(id)) else {
            self.name("octets");
            self.octets(bytes);
            return Some(());
        };
        self.name("records");
        self.out.push('[');
        let mut reader = Reader::new(bytes);
        let mut is_first = true;
        while !reader.rest().is_empty() && self.has_room() {
            self.comma(&mut is_first);
            self.record(template, &mut reader, depth)?;
        }
        self.out.push(']');
        self.left_over(&reader);
        Some(())
    }

    fn record(&mut self, template: &Template, reader: &mut Reader<'_>, depth: usize) -> Option<()> {
        let scope_fields = usize::from(template.scope_fields.unwrap_or(0));
        self.out.push('{');
        for (position, spec) in template.fields.iter().enumerate() {
            let cell = take_field(reader, spec.length)?;
            let (name, kind) = name_and_kind(Version::Ipfix, *spec, position < scope_fields);
            self.name(&name);
            self.value(kind, cell, depth);
        }
        self.out.push('}');
        Some(())
    }

    fn value(&mut self, kind: Kind, bytes: &[u8], depth: usize) {
        if matches!(kind, Kind::BasicList | Kind::SubTemplateList | Kind::SubTemplateMultiList) {
            return self.list(kind, bytes, depth + 1);
        }
        let mut written = String::new();
        // Writing to a String cannot fail.
        let _ = match values::read(kind, bytes, &mut written) {
            Some(Value::Text(text)) => {
                push_json_text(text, self.out);
                Ok(())
            }
            Some(Value::Int64(number)) => write!(self.out, "{number}"),
            Some(Value::Double(number)) if number.is_finite() => write!(self.out, "{number:?}"),
            Some(Value::Boolean(truth)) => write!(self.out, "{truth}"),
            Some(Value::Timestamp(time_us)) => self.time(time_us),
            _ => {
                self.out.push_str("null");
                Ok(())
            }
        };
    }

    fn time(&mut self, time_us: i64) -> std::fmt::Result {
        match chrono::DateTime::from_timestamp_micros(time_us) {
            Some(time) => {
                write!(self.out, "\"{}\"", time.to_rfc3339_opts(chrono::SecondsFormat::AutoSi, true))
            }
            None => write!(self.out, "{time_us}"),
        }
    }

    /// Opens an object by what the list means (RFC 6313 section 4.4).
    fn semantic(&mut self, semantic: u8) {
        let name = match semantic {
            0 => "none_of",
            1 => "exactly_one_of",
            2 => "one_or_more_of",
            3 => "all_of",
            4 => "ordered",
            _ => "undefined",
        };
        let _ = write!(self.out, "{{\"semantic\":\"{name}\"");
    }

    /// The name of a member, with the comma before it.
    fn name(&mut self, name: &str) {
        let mut is_first = self.out.ends_with('{');
        self.comma(&mut is_first);
        push_json_text(name, self.out);
        self.out.push(':');
    }

    fn comma(&mut self, is_first: &mut bool) {
        if !std::mem::take(is_first) {
            self.out.push(',');
        }
    }

    fn octets(&mut self, bytes: &[u8]) {
        self.out.push('"');
        push_hex(bytes, self.out);
        self.out.push('"');
    }

    fn has_room(&self) -> bool {
        self.out.len() < FLOW_LIST_JSON_BYTES_MAX
    }

    /// What there was no room for.
    fn left_over(&mut self, reader: &Reader<'_>) {
        if !reader.rest().is_empty() {
            self.name("octets");
            self.octets(reader.rest());
        }
    }
}

/// The bytes of a field of a fixed or a variable length.
fn take_field<'a>(reader: &mut Reader<'a>, length: u16) -> Option<&'a [u8]> {
    if length != VARIABLE_LENGTH {
        return reader.take(usize::from(length));
    }
    let (length, length_bytes) = variable_length(reader.rest())?;
    reader.take(length_bytes)?;
    reader.take(length)
}
