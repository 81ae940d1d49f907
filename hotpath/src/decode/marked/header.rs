//! Fields between bars, as the headers of CEF and LEEF have them.

/// A field between two bars, without its outer spaces.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::decode) struct Field<'a> {
    pub(in crate::decode) text: &'a str,
    /// It has a backslash.
    pub(in crate::decode) escaped: bool,
}

/// The fields of a header behind its version, and what follows them.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::decode) struct Header<'a, const FIELDS: usize> {
    pub(in crate::decode) fields: [Field<'a>; FIELDS],
    pub(in crate::decode) rest: &'a str,
    /// Fewer fields than the format has.
    pub(in crate::decode) incomplete: bool,
}

impl<'a, const FIELDS: usize> Header<'a, FIELDS> {
    /// Takes apart what follows the version. The bar behind the last field may be missing; a last text without a bar
    /// that `is_pairs` is no field, but what follows a header that ends early.
    pub(in crate::decode) fn parse(text: &'a str, is_pairs: fn(&str) -> bool) -> Self {
        let mut header = Self { fields: [Field::default(); FIELDS], rest: "", incomplete: false };
        let mut rest = text;
        for number in 0..FIELDS {
            let (end, escaped) = field_end(rest.as_bytes());
            // A bar is ASCII, so that both sides are text.
            let (field, after) = (&rest[..end], rest.get(end + 1..));
            if after.is_none() && is_pairs(field) {
                header.rest = field;
                header.incomplete = true;
                return header;
            }
            header.fields[number] = Field { text: field.trim_ascii(), escaped };
            let Some(after) = after else {
                header.incomplete = number + 1 < FIELDS;
                return header;
            };
            rest = after;
        }
        header.rest = rest;
        header
    }
}

/// Where the next bar without a backslash stands, or the text ends; and whether there is a backslash before it.
pub(in crate::decode) fn field_end(text: &[u8]) -> (usize, bool) {
    let mut at = 0;
    let mut escaped = false;
    while let Some(found) = text.get(at..).and_then(|rest| memchr::memchr2(b'|', b'\\', rest)) {
        at += found;
        if text[at] == b'|' {
            return (at, escaped);
        }
        escaped = true;
        at += 2;
    }
    (text.len(), escaped)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Header<'_, 6> {
        Header::parse(text, |field| field.contains('='))
    }

    #[test]
    fn fields_end_at_bars_without_a_backslash() {
        let header = parse(r"a\|b|c\\|| d ||5|e=1|2");
        assert_eq!(header.fields.map(|field| field.text), [r"a\|b", r"c\\", "", "d", "", "5"]);
        assert_eq!(header.fields.map(|field| field.escaped), [true, true, false, false, false, false]);
        assert_eq!((header.rest, header.incomplete), ("e=1|2", false));
    }

    #[test]
    fn a_header_that_ends_early_gives_what_it_has() {
        let header = parse("a|b|c|d|e|5");
        assert_eq!((header.fields[5].text, header.rest, header.incomplete), ("5", "", false));
        let header = parse("a|b|c|d");
        assert_eq!((header.fields[3].text, header.incomplete), ("d", true));
        let header = parse("a|b|c|d|e|src=1 dst=2");
        assert_eq!((header.fields[5].text, header.rest, header.incomplete), ("", "src=1 dst=2", true));
        let header = parse("a|b\\");
        assert_eq!((header.fields[1].text, header.incomplete), ("b\\", true));
    }
}
