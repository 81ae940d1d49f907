//! What is written in a grok pattern beside a regular expression: `%{NAME:field:type}` and `(?<field>...)`.

use crate::batch::{Value, column_name};
use crate::cut::ColumnType;

/// Which of the two names that a built-in pattern has for a field is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Naming {
    /// Those of the Elastic Common Schema.
    Ecs,
    /// Those of patterns before there was that schema.
    Classic,
}

/// The types that a part of a text can be read as.
const TYPE_NAMES: &str = "int, long, float, double, bool, string";

/// What a caught text is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CaughtType {
    Text,
    Integer,
    Double,
    Boolean,
}

impl CaughtType {
    fn of_name(name: &str) -> Option<Self> {
        match name {
            "string" | "text" | "keyword" => Some(Self::Text),
            "int" | "integer" | "long" => Some(Self::Integer),
            "float" | "double" => Some(Self::Double),
            "bool" | "boolean" => Some(Self::Boolean),
            _ => None,
        }
    }

    /// The type of the column.
    pub(super) fn column_type(self) -> ColumnType {
        match self {
            Self::Text => ColumnType::String,
            Self::Integer => ColumnType::Int64,
            Self::Double => ColumnType::Double,
            Self::Boolean => ColumnType::Boolean,
        }
    }

    /// The value that a text says; the text itself where it says none of the type.
    pub(super) fn read(self, text: &str) -> Value<'_> {
        let read = match self {
            Self::Text => None,
            Self::Integer => text.parse().ok().map(Value::Int64),
            Self::Double => text.parse().ok().filter(|number: &f64| number.is_finite()).map(Value::Double),
            Self::Boolean => boolean(text).map(Value::Boolean),
        };
        read.unwrap_or(Value::Text(text))
    }
}

fn boolean(text: &str) -> Option<bool> {
    const TRUE: [&str; 6] = ["true", "t", "yes", "y", "on", "1"];
    const FALSE: [&str; 6] = ["false", "f", "no", "n", "off", "0"];
    let is = |word: &&str| text.eq_ignore_ascii_case(word);
    if TRUE.iter().any(is) {
        return Some(true);
    }
    FALSE.iter().any(is).then_some(false)
}

/// Where a caught text goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Target {
    /// The field as it becomes a column's name.
    pub(super) field: String,
    pub(super) caught_type: CaughtType,
}

impl Target {
    /// Reads what stands behind the first colon of a reference or in the angle brackets of a group: `field`,
    /// `field:type`, and in built-in patterns `field|classic_field:type`. `None` where nothing is to be caught.
    pub(super) fn parse(text: &str, naming: Naming) -> Result<Option<Self>, String> {
        let (names, type_name) = text.split_once(':').unwrap_or((text, "string"));
        let name = match (names.split_once('|'), naming) {
            (None, _) => names,
            (Some((ecs, _)), Naming::Ecs) => ecs,
            (Some((_, classic)), Naming::Classic) => classic,
        };
        if name.is_empty() && names.contains('|') {
            return Ok(None);
        }
        let caught_type = CaughtType::of_name(type_name).ok_or_else(|| {
            format!("`{type_name}` of field `{names}` is no type: write one of {TYPE_NAMES}, or none")
        })?;
        let field = flat_name(name);
        if column_name(&field).is_none() {
            return Err(format!("`{name}` can be no column's name: write letters, digits and `_`"));
        }
        Ok(Some(Self { field, caught_type }))
    }
}

/// `[source][address]` as `source_address`; other names as they are, since a column's name has `_` for all else.
fn flat_name(name: &str) -> String {
    name.trim_start_matches('[').trim_end_matches(']').replace("][", "_")
}

/// `%{NAME}` or `%{NAME:field:type}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reference<'a> {
    /// The pattern's name.
    pub(super) name: &'a str,
    /// What stands behind the first colon, if there is one.
    pub(super) target: Option<&'a str>,
}

impl<'a> Reference<'a> {
    /// Reads a reference at the beginning of a text, and what follows it.
    pub(super) fn parse(text: &'a str) -> Result<(Self, &'a str), String> {
        let inner = text.strip_prefix("%{").unwrap_or(text);
        let Some((inner, after)) = inner.split_once('}') else {
            return Err(format!(
                "`{}` is not closed: write `%{{NAME}}` or `%{{NAME:field}}`",
                beginning(text)
            ));
        };
        let (name, target) = match inner.split_once(':') {
            Some((name, target)) => (name, Some(target)),
            None => (inner, None),
        };
        let is_name =
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !is_name {
            return Err(format!(
                "`{name}` in `%{{{inner}}}` is no name of a pattern: it has letters, digits and `_`"
            ));
        }
        Ok((Self { name, target }, after))
    }
}

/// The first characters of a text, for an error.
pub(super) fn beginning(text: &str) -> String {
    const CHARACTERS: usize = 24;
    text.chars().take(CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_have_a_name_a_field_and_a_type() {
        let (reference, after) = Reference::parse("%{INT:[http][response][status_code]:int} x").unwrap();
        assert_eq!((reference.name, after), ("INT", " x"));
        let target = Target::parse(reference.target.unwrap(), Naming::Ecs).unwrap().unwrap();
        assert_eq!(target.field, "http_response_status_code");
        assert_eq!(target.caught_type, CaughtType::Integer);
        assert_eq!(Reference::parse("%{INT}").unwrap().0.target, None);
        for (text, part) in [("%{INT", "is not closed"), ("%{}", "no name of a pattern"), ("%{A B}", "`A B`")]
        {
            let reason = Reference::parse(text).unwrap_err();
            assert!(reason.contains(part), "{reason}");
        }
    }

    #[test]
    fn built_in_fields_have_two_names() {
        let field = |text, naming| Target::parse(text, naming).unwrap().map(|target| target.field);
        assert_eq!(field("[source][ip]|src_ip", Naming::Ecs).as_deref(), Some("source_ip"));
        assert_eq!(field("[source][ip]|src_ip", Naming::Classic).as_deref(), Some("src_ip"));
        assert_eq!(field("[url][port]|:int", Naming::Classic), None);
        assert!(Target::parse("a:decimal", Naming::Ecs).unwrap_err().contains("int, long, float"));
        assert!(Target::parse("é", Naming::Ecs).is_err());
    }

    #[test]
    fn what_is_not_of_the_type_stays_text() {
        assert_eq!(CaughtType::Integer.read("+12"), Value::Int64(12));
        assert_eq!(CaughtType::Integer.read("-"), Value::Text("-"));
        assert_eq!(CaughtType::Integer.read("9223372036854775808"), Value::Text("9223372036854775808"));
        assert_eq!(CaughtType::Double.read("1.5"), Value::Double(1.5));
        assert_eq!(CaughtType::Double.read("inf"), Value::Text("inf"));
        assert_eq!(CaughtType::Boolean.read("Yes"), Value::Boolean(true));
        assert_eq!(CaughtType::Boolean.read("F"), Value::Boolean(false));
        assert_eq!(CaughtType::Boolean.read("maybe"), Value::Text("maybe"));
        assert_eq!(CaughtType::Text.read("1"), Value::Text("1"));
    }
}
