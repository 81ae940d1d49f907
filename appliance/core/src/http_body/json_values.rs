//! Where the values of a JSON text begin and end (RFC 8259), found without reading them.
//!
//! Only what tells values apart is looked at: brackets and strings. Whether a value is right inside is the decoder's
//! business, which keeps one that is not, with the reason.

use std::ops::Range;

use super::split::SplitError;

/// Gives `found` the place of each value of a text, one after the other with nothing but blanks between them (as
/// NDJSON, concatenated JSON and JSON text sequences, RFC 7464, have them). Of a list its elements are given instead.
///
/// # Errors
/// Where the text is no JSON, or what `found` says.
pub(super) fn each_value(
    text: &[u8],
    mut found: impl FnMut(Range<usize>) -> Result<(), SplitError>,
) -> Result<(), SplitError> {
    let mut at = blanks_end(text, 0);
    while at < text.len() {
        at = if text.get(at) == Some(&b'[') {
            each_element(text, at, &mut found)?
        } else {
            let end = value_end(text, at)?;
            found(at..end)?;
            end
        };
        at = blanks_end(text, at);
    }
    Ok(())
}

/// The elements of the list that begins at `at`; returns where it ends.
fn each_element(
    text: &[u8],
    at: usize,
    found: &mut impl FnMut(Range<usize>) -> Result<(), SplitError>,
) -> Result<usize, SplitError> {
    let mut at = blanks_end(text, at + 1);
    if text.get(at) == Some(&b']') {
        return Ok(at + 1);
    }
    loop {
        let end = value_end(text, at)?;
        found(at..end)?;
        at = blanks_end(text, end);
        match text.get(at) {
            Some(b',') => at = blanks_end(text, at + 1),
            Some(b']') => return Ok(at + 1),
            _ => return Err(SplitError::NotJson(at)),
        }
    }
}

/// Behind the value that begins at `at`.
fn value_end(text: &[u8], at: usize) -> Result<usize, SplitError> {
    match text.get(at) {
        Some(b'{' | b'[') => nested_end(text, at),
        Some(b'"') => string_end(text, at),
        _ => scalar_end(text, at),
    }
}

/// Behind the object or list that begins at `at`.
fn nested_end(text: &[u8], start: usize) -> Result<usize, SplitError> {
    let (mut at, mut depth) = (start, 0_usize);
    while let Some(byte) = text.get(at) {
        match byte {
            b'"' => {
                at = string_end(text, at)?;
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 {
            return Ok(at);
        }
    }
    Err(SplitError::NotJson(start))
}

/// Behind the string that begins at `start`.
fn string_end(text: &[u8], start: usize) -> Result<usize, SplitError> {
    let mut at = start + 1;
    while let Some(found) = text.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) {
        at += found;
        if text.get(at) == Some(&b'"') {
            return Ok(at + 1);
        }
        // The escaped character, whatever it is.
        at += 2;
    }
    Err(SplitError::NotJson(start))
}

/// Behind the number or word that begins at `start`.
fn scalar_end(text: &[u8], start: usize) -> Result<usize, SplitError> {
    let rest = text.get(start..).unwrap_or_default();
    let ends = |byte: &u8| is_blank(*byte) || matches!(byte, b',' | b']' | b'}' | b'{' | b'[' | b'"');
    let length = rest.iter().position(ends).unwrap_or(rest.len());
    let scalar = rest.get(..length).unwrap_or_default();
    match serde_json::from_slice::<serde_json::Value>(scalar) {
        Ok(_) => Ok(start + length),
        Err(_) => Err(SplitError::NotJson(start)),
    }
}

fn blanks_end(text: &[u8], start: usize) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    start + rest.iter().take_while(|byte| is_blank(**byte)).count()
}

/// RFC 8259 section 2, and the record separator of RFC 7464.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x1e)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values(text: &str) -> Result<Vec<&str>, SplitError> {
        let mut values = Vec::new();
        each_value(text.as_bytes(), |range| {
            values.push(&text[range]);
            Ok(())
        })?;
        Ok(values)
    }

    #[test]
    fn values_stand_one_after_the_other() {
        assert_eq!(values(r#"{"a": 1}"#).unwrap(), [r#"{"a": 1}"#]);
        assert_eq!(
            values("{\"a\": 1}{\"b\": [2]}\n {\n}\n").unwrap(),
            ["{\"a\": 1}", "{\"b\": [2]}", "{\n}"]
        );
        assert_eq!(values("\u{1e}{\"a\":1}\n\u{1e}{\"b\":2}\n").unwrap(), ["{\"a\":1}", "{\"b\":2}"]);
        assert_eq!(values(" \n").unwrap(), [""; 0]);
        assert_eq!(values(r#"1 "a" true -2.5e3"#).unwrap(), ["1", "\"a\"", "true", "-2.5e3"]);
    }

    #[test]
    fn a_list_is_its_elements() {
        assert_eq!(
            values(r#"[{"a":1} , {"b":[1,2]},"c" ,[3], null]"#).unwrap(),
            [r#"{"a":1}"#, r#"{"b":[1,2]}"#, r#""c""#, "[3]", "null"]
        );
        assert_eq!(values("[]").unwrap(), [""; 0]);
        assert_eq!(values("[1]\n[2]\n").unwrap(), ["1", "2"]);
    }

    #[test]
    fn brackets_in_strings_are_text() {
        let text = r#"{"a": "}]\"{", "b\\": "\\"}"#;
        assert_eq!(values(&format!("[{text},{text}]")).unwrap(), [text, text]);
    }

    #[test]
    fn what_is_no_json_is_told_with_its_place() {
        let cases = [
            ("{\"a\": 1", 0),
            ("{\"a\": \"1}", 6),
            ("[1 2]", 3),
            ("[1,]", 3),
            ("[1", 2),
            ("[", 1),
            ("{} x", 3),
            ("]", 0),
            ("[error] text", 1),
            ("[12:00] text", 1),
            ("[2024] text", 7),
            ("{} , {}", 3),
            ("tru", 0),
        ];
        for (text, place) in cases {
            assert_eq!(values(text), Err(SplitError::NotJson(place)), "{text}");
        }
    }

    #[test]
    fn depth_takes_no_stack() {
        let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
        assert_eq!(values(&deep).unwrap().len(), 1);
        assert!(values(&"[".repeat(1_000_000)).is_err());
    }

    fn json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            "[ -~äö\\n\"\\\\]{0,12}".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::Array),
                prop::collection::hash_map("[a-z\"{\\[]{0,4}", inner, 0..4)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn elements_of_a_list_are_found_as_a_parser_finds_them(list in prop::collection::vec(json(), 0..6), pretty: bool) {
            let text = if pretty { serde_json::to_string_pretty(&list) } else { serde_json::to_string(&list) };
            let text = text.unwrap();
            let found: Vec<serde_json::Value> =
                values(&text).unwrap().into_iter().map(|value| serde_json::from_str(value).unwrap()).collect();
            prop_assert_eq!(found, list);
        }

        #[test]
        fn no_text_makes_it_panic(text in "[\\[\\]{}\",:1a \\\\]{0,40}") {
            let _ = values(&text);
        }
    }
}
