//! Which keys are allowed: those that mean the same thing in a folder, in a URL and in S3.

use super::{StoreError, StoreErrorKind};
use crate::limits::MAX_KEY_BYTES;

/// Checks a key: parts of ASCII letters, digits and `._=-`, separated by single `/`, none of them beginning
/// with `.`, at most [`MAX_KEY_BYTES`] bytes. So a key cannot leave its folder. Errors: `Invalid`.
pub fn check_key(operation: &'static str, key: &str) -> Result<(), StoreError> {
    let refuse = |why: &str| {
        let shown: String = key.chars().take(200).flat_map(char::escape_debug).collect();
        Err(StoreError::new(StoreErrorKind::Invalid, operation, shown, format!("the key {why}")))
    };
    if key.is_empty() {
        return refuse("is empty");
    }
    if key.len() > MAX_KEY_BYTES {
        return refuse("is longer than 1024 bytes");
    }
    for part in key.split('/') {
        if part.is_empty() {
            return refuse("begins or ends with `/` or holds `//`");
        }
        if part.starts_with('.') {
            return refuse("has a part that begins with `.`");
        }
        // The longest name that the usual file systems take.
        if part.len() > 255 {
            return refuse("has a part of more than 255 bytes");
        }
        if !part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._=-".contains(&byte)) {
            return refuse("may hold only letters, digits, `.`, `_`, `=`, `-` and `/`");
        }
    }
    Ok(())
}

/// Checks the prefix of a listing: empty, or the beginning of an allowed key. Errors: `Invalid`.
pub fn check_prefix(prefix: &str) -> Result<(), StoreError> {
    let part = prefix.strip_suffix('/').unwrap_or(prefix);
    if prefix.is_empty() {
        return Ok(());
    }
    check_key("list", part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_keys_are_allowed() {
        for key in ["a", "t/d/data/parquet/year=2026/month=01/x-0-1-2.parquet", "t/d/metadata/schema.json"] {
            check_key("get", key).unwrap();
        }
        for prefix in ["", "t", "t/", "t/d/data/par"] {
            check_prefix(prefix).unwrap();
        }
    }

    #[test]
    fn a_key_cannot_leave_its_folder_or_change_meaning_in_a_url() {
        let long_part = "x".repeat(256);
        let long_key = "x/".repeat(600);
        let bad = [
            "",
            "/a",
            "a/",
            "a//b",
            "..",
            "a/../b",
            "./a",
            "a/.hidden",
            "a b",
            "a\\b",
            "a?b",
            "a%2e",
            "a\0",
            "ä",
            &long_part,
            &long_key,
        ];
        for key in bad {
            let error = check_key("get", key).unwrap_err();
            assert_eq!(error.kind(), StoreErrorKind::Invalid, "{key}");
        }
        for prefix in ["/", "..", "a//", "../", "a b"] {
            check_prefix(prefix).unwrap_err();
        }
    }
}
