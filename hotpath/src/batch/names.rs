//! Column names that need no quoting in SQL.

use crate::limits::{COLUMN_NAME_BYTES_MAX, SIDE_TYPE_BYTES_MAX};

/// The column for a field name: lower snake case of ASCII letters, digits and `_`, beginning with a letter or `_`.
///
/// `srcIp` and `Src-IP` become `src_ip`, `event.action` becomes `event_action`, `HTTPStatus` becomes
/// `http_status`. Characters beyond ASCII become `_`. `None` when nothing is left of the name or it is too long.
pub fn column_name(spelling: &str) -> Option<String> {
    if spelling.len() > COLUMN_NAME_BYTES_MAX {
        return None;
    }
    let characters: Vec<char> = spelling.chars().collect();
    let mut name = String::with_capacity(spelling.len() + 4);
    for (position, character) in characters.iter().enumerate() {
        if !character.is_ascii_alphanumeric() {
            push_separator(&mut name, *character);
            continue;
        }
        if character.is_ascii_uppercase() && position > 0 {
            let before = characters[position - 1];
            let next_is_lower = characters.get(position + 1).is_some_and(char::is_ascii_lowercase);
            if before.is_ascii_lowercase()
                || before.is_ascii_digit()
                || (before.is_ascii_uppercase() && next_is_lower)
            {
                push_separator(&mut name, '_');
            }
        }
        name.push(character.to_ascii_lowercase());
    }
    let trimmed = name.trim_end_matches('_').len();
    if name.bytes().any(|byte| byte != b'_') {
        name.truncate(trimmed);
    }
    if name.is_empty() || name.bytes().all(|byte| byte == b'_') {
        return None;
    }
    if name.starts_with(|first: char| first.is_ascii_digit()) {
        name.insert(0, '_');
    }
    Some(name)
}

/// Whether a column may be called so: what [`column_name`] gives, the names of side columns (`port__string`) included.
pub(super) fn is_column_name(name: &str) -> bool {
    // The type's name and the `__` before it come on top of a column's own name.
    let is_short = name.len() <= COLUMN_NAME_BYTES_MAX + SIDE_TYPE_BYTES_MAX;
    let begins_well = name.starts_with(|first: char| first.is_ascii_lowercase() || first == '_');
    let is_of_words =
        name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    is_short && begins_well && is_of_words && name.bytes().any(|byte| byte != b'_')
}

/// One `_` for a run of separators; a leading `_` of the name itself is kept.
fn push_separator(name: &mut String, character: char) {
    let leading = name.is_empty() && character != '_';
    if !leading && !name.ends_with('_') {
        name.push('_');
    }
}

#[cfg(test)]
mod tests {
    use super::{column_name, is_column_name};

    #[test]
    fn names_become_lower_snake_case() {
        let cases = [
            ("srcIp", "src_ip"),
            ("Src-IP", "src_ip"),
            ("event.action", "event_action"),
            ("HTTPStatus", "http_status"),
            ("@timestamp", "timestamp"),
            ("_id", "_id"),
            ("2fa", "_2fa"),
            ("bytes_in", "bytes_in"),
            ("naïve key", "na_ve_key"),
            ("EventID", "event_id"),
            ("ipv4Address", "ipv4_address"),
            ("a__b", "a_b"),
        ];
        for (spelling, expected) in cases {
            assert_eq!(column_name(spelling).as_deref(), Some(expected), "{spelling}");
        }
    }

    #[test]
    fn columns_are_called_what_fields_are_made_to_be_called() {
        for name in ["src_ip", "_extra", "_2fa", "port__list_string", "ie_9_1"] {
            assert!(is_column_name(name), "{name}");
        }
        let long = "x".repeat(200);
        for name in ["", "_", "2fa", "srcIp", "a b", "@types", "é", &long] {
            assert!(!is_column_name(name), "{name}");
        }
    }

    #[test]
    fn a_name_without_letters_or_too_long_has_no_column() {
        for spelling in ["", "--", "_", "é", &"x".repeat(200)] {
            assert_eq!(column_name(spelling), None, "{spelling}");
        }
    }
}
