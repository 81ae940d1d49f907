//! What NetFlow v9 (RFC 3954) and IPFIX (RFC 7011) have in common: templates, and records written by them.

mod value;

use bytes::BufMut;

pub use value::Value;

/// Length of a field in a template whose length stands in each record (RFC 7011, section 7).
pub const VARIABLE_LENGTH: u16 = 65_535;

/// The lowest number of a template (RFC 3954, section 5.2; RFC 7011, section 3.4.1); sets below it are special.
pub const TEMPLATE_ID_MIN: u16 = 256;

/// The bit of an element's number that says that an enterprise's number follows (RFC 7011, section 3.2).
const ENTERPRISE_BIT: u16 = 0x8000;

/// Why something cannot be written as the standard says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// A message, set, record or text is longer than its length field can say.
    #[error("longer than its length field can say")]
    TooLong,
    /// A record has more or fewer values than its template has fields.
    #[error("a record of {values} values for a template of {fields} fields")]
    ValueCount {
        /// Values of the record.
        values: usize,
        /// Fields of the template.
        fields: usize,
    },
    /// A value does not fit the length that the template gives its field.
    #[error("the value of element {element} does not fit {length} bytes")]
    DoesNotFit {
        /// The element's number.
        element: u16,
        /// The length in the template.
        length: u16,
    },
    /// What the format has no way to say: an enterprise's element or a variable length in NetFlow v9.
    #[error("NetFlow v9 has no such field")]
    NotInVersion9,
}

/// A field of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Number of the information element, or of a scope in NetFlow v9.
    pub element: u16,
    /// Private enterprise number, where the element is not IANA's.
    pub enterprise: Option<u32>,
    /// Bytes in each record, or [`VARIABLE_LENGTH`].
    pub length: u16,
}

impl Field {
    /// An element of IANA's registry.
    pub const fn new(element: u16, length: u16) -> Self {
        Self { element, enterprise: None, length }
    }

    /// An element of an enterprise.
    pub const fn of_enterprise(enterprise: u32, element: u16, length: u16) -> Self {
        Self { element, enterprise: Some(enterprise), length }
    }

    /// Appends the field specifier of IPFIX (RFC 7011, section 3.2).
    pub fn encode_ipfix(&self, out: &mut Vec<u8>) {
        match self.enterprise {
            None => {
                out.put_u16(self.element);
                out.put_u16(self.length);
            }
            Some(enterprise) => {
                out.put_u16(self.element | ENTERPRISE_BIT);
                out.put_u16(self.length);
                out.put_u32(enterprise);
            }
        }
    }
}

/// A template of data records, or of options when it has scope fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// Its number, from [`TEMPLATE_ID_MIN`] on.
    pub id: u16,
    /// How many of the first fields are scopes; 0 for a template of data records.
    pub scopes: u16,
    /// Its fields, the scopes first.
    pub fields: Vec<Field>,
}

impl Template {
    /// A template of data records.
    pub fn new(id: u16, fields: Vec<Field>) -> Self {
        Self { id, scopes: 0, fields }
    }

    /// A template of options, whose first `scopes` fields are scopes.
    pub fn of_options(id: u16, scopes: u16, fields: Vec<Field>) -> Self {
        Self { id, scopes, fields }
    }

    /// Appends a data record.
    ///
    /// # Errors
    /// When the values do not fit the fields; then `out` ends with a part of the record.
    pub fn encode_record(&self, values: &[Value], out: &mut Vec<u8>) -> Result<(), EncodeError> {
        if values.len() != self.fields.len() {
            return Err(EncodeError::ValueCount { values: values.len(), fields: self.fields.len() });
        }
        for (field, value) in self.fields.iter().zip(values) {
            value.encode(field, out)?;
        }
        Ok(())
    }
}

/// A set (flow set in NetFlow v9) of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Set {
    /// Templates of data records (RFC 3954, section 5.2; RFC 7011, section 3.4.1).
    Templates(Vec<Template>),
    /// Templates of options (RFC 3954, section 6.1; RFC 7011, section 3.4.2).
    OptionsTemplates(Vec<Template>),
    /// Data records, written by [`Template::encode_record`] (RFC 3954, section 5.3; RFC 7011, section 3.4.3).
    Data {
        /// Number of their template.
        template: u16,
        /// How many they are; stands in the header of NetFlow v9.
        records: u16,
        /// The records.
        bytes: Vec<u8>,
        /// Zeros behind them; fewer than the shortest record, or they are taken for one.
        padding: u16,
    },
    /// Takes templates back, those of options where it says so; IPFIX only (RFC 7011, section 8.1).
    Withdrawal {
        /// Whether they are templates of options.
        options: bool,
        /// Their numbers; all of the domain when it is empty.
        templates: Vec<u16>,
    },
}

impl Set {
    /// Data records written by `template`, with `padding` zeros behind them.
    ///
    /// # Errors
    /// When a record does not fit the template.
    pub fn of_records(
        template: &Template,
        records: &[Vec<Value>],
        padding: u16,
    ) -> Result<Self, EncodeError> {
        let mut bytes = Vec::new();
        for values in records {
            template.encode_record(values, &mut bytes)?;
        }
        let records = u16::try_from(records.len()).map_err(|_| EncodeError::TooLong)?;
        Ok(Self::Data { template: template.id, records, bytes, padding })
    }
}

/// Appends a set: its number, its length, and what `body` writes.
pub(crate) fn encode_set(
    id: u16,
    out: &mut Vec<u8>,
    body: impl FnOnce(&mut Vec<u8>) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let start = out.len();
    out.put_u16(id);
    out.put_u16(0);
    body(out)?;
    set_length(out, start, start + 2)
}

/// Writes the length of everything from `start` on over the two bytes at `at`.
pub(crate) fn set_length(out: &mut [u8], start: usize, at: usize) -> Result<(), EncodeError> {
    let length = u16::try_from(out.len() - start).map_err(|_| EncodeError::TooLong)?;
    out[at..at + 2].copy_from_slice(&length.to_be_bytes());
    Ok(())
}

/// A count that has two bytes on the wire.
pub(crate) fn count(items: usize) -> Result<u16, EncodeError> {
    u16::try_from(items).map_err(|_| EncodeError::TooLong)
}
