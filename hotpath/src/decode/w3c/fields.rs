//! Names of fields, and what they mean (section "Identifiers" of the draft, IIS's and CloudFront's documentation).

use crate::limits::W3C_FIELDS_MAX;

/// What a field means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Meaning {
    Date,
    Time,
    /// Of the zone of the server.
    LocalDate,
    LocalTime,
    Source,
    SourcePort,
    User,
    Method,
    /// Path and query.
    Uri,
    Path,
    Query,
    Version,
    Status,
    Bytes,
    Referer,
    Agent,
    Host,
    /// Columns of their own names.
    Text(String),
    Integer(String),
    Double(String),
}

/// The fields of a line, in their order.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct FieldList(Vec<Meaning>);

/// A directive with more fields than are taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooMany;

impl FieldList {
    /// The fields that names between white space stand for.
    ///
    /// # Errors
    /// When there are too many.
    pub(super) fn parse(names: &str) -> Result<Self, TooMany> {
        let mut fields = Vec::new();
        for name in names.split_ascii_whitespace() {
            if fields.len() == W3C_FIELDS_MAX {
                return Err(TooMany);
            }
            fields.push(Meaning::of(name));
        }
        Ok(Self(fields))
    }

    pub(super) fn fields(&self) -> &[Meaning] {
        &self.0
    }
}

impl Meaning {
    fn of(name: &str) -> Self {
        let lower = name.to_ascii_lowercase();
        match lower.as_str() {
            "date" => Self::Date,
            "time" => Self::Time,
            "date-local" => Self::LocalDate,
            "time-local" => Self::LocalTime,
            "c-ip" => Self::Source,
            "c-port" => Self::SourcePort,
            "cs-username" | "c-auth-id" | "cs-auth-id" => Self::User,
            "cs-method" => Self::Method,
            "cs-uri" => Self::Uri,
            "cs-uri-stem" => Self::Path,
            "cs-uri-query" => Self::Query,
            "cs-version" | "cs-protocol-version" => Self::Version,
            "sc-status" => Self::Status,
            "sc-bytes" | "bytes" => Self::Bytes,
            "cs(referer)" | "cs(referrer)" => Self::Referer,
            "cs(user-agent)" => Self::Agent,
            "cs-host" | "cs(host)" => Self::Host,
            "s-port" | "sc-substatus" | "sc-win32-status" | "cs-bytes" | "cached" | "c-bytes" | "s-bytes"
            | "timetakenms" | "sc-content-len" | "sc-range-start" | "sc-range-end" => {
                Self::Integer(name.to_owned())
            }
            // IIS writes milliseconds, CloudFront seconds with a fraction.
            "time-taken" | "time-to-first-byte" => Self::Double(name.to_owned()),
            _ => Self::Text(name.to_owned()),
        }
    }
}

/// What IIS logs unless it is told otherwise.
pub(super) const IIS_DEFAULT: &str = "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip \
    cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken";

/// The same as of IIS 7.5 and before, where there was no referer.
pub(super) const IIS_WITHOUT_REFERER: &str = "date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip \
    cs(User-Agent) sc-status sc-substatus sc-win32-status time-taken";

/// With the site's and the server's name, all fields that IIS 6 to 8 offer.
pub(super) const IIS_ALL: &str = "date time s-sitename s-computername s-ip cs-method cs-uri-stem cs-uri-query s-port \
    cs-username c-ip cs-version cs(User-Agent) cs(Cookie) cs(Referer) cs-host sc-status sc-substatus \
    sc-win32-status sc-bytes cs-bytes time-taken";

/// The standard logs of CloudFront.
pub(super) const CLOUDFRONT: &str = "date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status \
    cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header \
    cs-protocol cs-bytes time-taken x-forwarded-for ssl-protocol ssl-cipher x-edge-response-result-type \
    cs-protocol-version fle-status fle-encrypted-fields c-port time-to-first-byte x-edge-detailed-result-type \
    sc-content-type sc-content-len sc-range-start sc-range-end";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_their_meaning_in_any_capitals() {
        let list = FieldList::parse("date  cs(User-Agent)\tCS-URI-Stem x-Own time-taken").unwrap();
        let own = Meaning::Text("x-Own".to_owned());
        let taken = Meaning::Double("time-taken".to_owned());
        assert_eq!(list.fields(), [Meaning::Date, Meaning::Agent, Meaning::Path, own, taken]);
        assert_eq!(FieldList::parse(&"a ".repeat(W3C_FIELDS_MAX + 1)), Err(TooMany));
        for (names, count) in [(IIS_DEFAULT, 15), (IIS_WITHOUT_REFERER, 14), (IIS_ALL, 22), (CLOUDFRONT, 33)]
        {
            assert_eq!(FieldList::parse(names).unwrap().fields().len(), count);
        }
    }
}
