//! Backslashes in headers and values.

/// Takes the backslashes away from what `escape` knows, and leaves any other in its place.
pub(in crate::decode) fn unescape(text: &str, escape: impl Fn(u8) -> Option<char>, out: &mut String) {
    out.clear();
    let mut rest = text;
    while let Some(found) = memchr::memchr(b'\\', rest.as_bytes()) {
        out.push_str(&rest[..found]);
        rest = &rest[found + 1..];
        match rest.bytes().next().and_then(&escape) {
            Some(character) => {
                out.push(character);
                rest = &rest[1..];
            }
            None => out.push('\\'),
        }
    }
    out.push_str(rest);
}

/// What stands behind a backslash in a header.
pub(in crate::decode) fn header_escape(byte: u8) -> Option<char> {
    matches!(byte, b'|' | b'\\').then_some(char::from(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backslash_before_anything_else_stays() {
        let mut out = String::new();
        unescape(r"a\|b\\c\=d\", header_escape, &mut out);
        assert_eq!(out, r"a|b\c\=d\");
        unescape("é\\é\\|", header_escape, &mut out);
        assert_eq!(out, "é\\é|");
    }
}
