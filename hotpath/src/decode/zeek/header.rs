//! The header of a Zeek log in its own text form: lines that begin with `#`.

use std::rc::Rc;

use super::kind::Kind;
use crate::limits::DATASET_COLUMNS_MAX;

/// A field of a log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) meaning: Option<Meaning>,
}

/// What a field means beside its own name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    EventTime,
    SourceIp,
    SourcePort,
    DestIp,
    DestPort,
    Protocol,
}

impl Meaning {
    /// Of a field in the log of this path.
    fn of(name: &str, path: Option<&str>) -> Option<Self> {
        Some(match (name, path) {
            ("ts", _) => Self::EventTime,
            ("id.orig_h", _) | ("src", Some("notice")) => Self::SourceIp,
            ("id.orig_p", _) => Self::SourcePort,
            ("id.resp_h", _) | ("dst", Some("notice")) => Self::DestIp,
            ("id.resp_p", _) | ("p", Some("notice")) => Self::DestPort,
            ("proto", _) => Self::Protocol,
            _ => return None,
        })
    }
}

/// What the lines of a header say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    /// Stands between two fields.
    pub(super) separator: char,
    /// Stands between two items of a set or vector.
    pub(super) set_separator: char,
    /// An empty text, set or vector.
    pub(super) empty_field: Rc<str>,
    /// No value.
    pub(super) unset_field: Rc<str>,
    /// Which log it is: `conn`, `dns`.
    pub(super) path: Option<Rc<str>>,
    pub(super) fields: Rc<[Field]>,
    /// The line that names the fields, and the one with their types, as far as they were sent.
    names: Rc<str>,
    types: Rc<str>,
}

impl Default for Header {
    /// What Zeek writes where it is not told otherwise.
    fn default() -> Self {
        Self {
            separator: '\t',
            set_separator: ',',
            empty_field: "(empty)".into(),
            unset_field: "-".into(),
            path: None,
            fields: [].into(),
            names: "".into(),
            types: "".into(),
        }
    }
}

impl Header {
    /// The header that some lines say.
    pub(super) fn of_lines(lines: &str) -> Self {
        let mut header = Self::default();
        for line in lines.lines() {
            header.take(line);
        }
        header
    }

    /// Takes a line that begins with `#`; `false` for one that says nothing of the records behind it.
    pub(super) fn take(&mut self, line: &str) -> bool {
        // Only this line has a space behind its name: what it says is not known before.
        if let Some(value) = line.strip_prefix("#separator ") {
            *self = Self { separator: character(value).unwrap_or('\t'), ..Self::default() };
            return true;
        }
        let Some((name, value)) = line.split_once(self.separator) else { return false };
        match name {
            "#set_separator" => self.set_separator = character(value).unwrap_or(','),
            "#empty_field" => self.empty_field = value.into(),
            "#unset_field" => self.unset_field = value.into(),
            "#path" => self.path = (!value.is_empty()).then(|| value.into()),
            "#fields" => (self.names, self.types) = (value.into(), "".into()),
            "#types" => self.types = value.into(),
            _ => return false,
        }
        self.fields = self.named_fields();
        true
    }

    fn named_fields(&self) -> Rc<[Field]> {
        if self.names.is_empty() {
            return [].into();
        }
        let kinds = self.types.split(self.separator).map(Kind::of_name).chain(std::iter::repeat(Kind::TEXT));
        let names = self.names.split(self.separator).take(DATASET_COLUMNS_MAX);
        let path = self.path.as_deref();
        let field = |(name, kind): (&str, Kind)| Field {
            name: name.to_owned(),
            kind,
            meaning: Meaning::of(name, path),
        };
        names.zip(kinds).map(field).collect()
    }

    /// The lines that make this header again.
    pub(super) fn to_lines(&self) -> String {
        let separator = self.separator;
        let mut lines = format!("#separator {}\n", escaped(separator));
        let mut add = |name: &str, value: &str| {
            for part in [name, separator.encode_utf8(&mut [0; 4]), value, "\n"] {
                lines.push_str(part);
            }
        };
        add("#set_separator", &escaped(self.set_separator));
        add("#empty_field", &self.empty_field);
        add("#unset_field", &self.unset_field);
        add("#path", self.path.as_deref().unwrap_or_default());
        add("#fields", &self.names);
        add("#types", &self.types);
        lines
    }
}

/// A character as [`character`] reads it.
fn escaped(character: char) -> String {
    if character.is_ascii() { format!("\\x{:02x}", u32::from(character)) } else { character.to_string() }
}

/// A character as the header has it: itself, or `\x` and two hexadecimal digits.
fn character(text: &str) -> Option<char> {
    if let Some(digits) = text.strip_prefix("\\x") {
        let code = u8::from_str_radix(digits.get(..2)?, 16).ok()?;
        return code.is_ascii().then_some(char::from(code));
    }
    text.chars().next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cut::ColumnType;

    #[test]
    fn the_lines_of_a_header() {
        let header = Header::of_lines(
            "#separator \\x7c\n#set_separator|;\n#empty_field|EMPTY\n#unset_field|?\n#path|conn\n#open|x\n#fields|ts|id.orig_p|a\n#types|time|port|set[addr]",
        );
        assert_eq!((header.separator, header.set_separator), ('|', ';'));
        assert_eq!((&*header.empty_field, &*header.unset_field), ("EMPTY", "?"));
        assert_eq!(header.path.as_deref(), Some("conn"));
        assert_eq!(Header::of_lines(&header.to_lines()), header);
        let fields: Vec<_> =
            header.fields.iter().map(|field| (field.name.as_str(), field.kind.column_type())).collect();
        let addresses = ColumnType::List(Box::new(ColumnType::String));
        assert_eq!(
            fields,
            [("ts", ColumnType::Timestamp), ("id.orig_p", ColumnType::Int64), ("a", addresses)]
        );
    }

    #[test]
    fn a_separator_begins_a_header_of_its_own() {
        let mut header = Header::of_lines("#path\tconn\n#fields\ta\tb\n#types\tcount\n");
        assert_eq!(header.fields[1].kind, Kind::TEXT, "a field without a type");
        assert!(header.take("#separator \\x09"));
        assert_eq!(header, Header::default());
        assert!(!header.take("#close\t2024-03-05-06-07-08"));
        assert!(!header.take("#"));
    }
}
