//! Which names can be a tenant or a dataset at all.

/// Whether a text may be used as one part of an object key: what cannot be a name is never looked up in the store.
pub fn is_dataset_name_part(text: &str) -> bool {
    if text.is_empty() || text.len() > 255 || text.starts_with('.') {
        return false;
    }
    text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

#[cfg(test)]
mod tests {
    use super::is_dataset_name_part;

    #[test]
    fn letters_digits_and_hyphens_are_names() {
        for name in ["syslog", "web-logs", "acme_corp", "A1", "v1.2"] {
            assert!(is_dataset_name_part(name), "{name}");
        }
    }

    #[test]
    fn what_could_leave_the_folder_is_no_name() {
        for name in ["", ".", "..", "../x", "a/b", "a\\b", "a b", "ä", "a\0", ".hidden", "x'y"] {
            assert!(!is_dataset_name_part(name), "{name}");
        }
    }
}
