//! Names of tenants and datasets: checked once, where they come in, and safe in keys, paths and SQL afterwards.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Longest tenant or dataset name, in bytes.
pub const MAX_NAME_BYTES: usize = 64;

/// Longest name of a batch, in bytes: that of an instance with the longest name and the largest numbers.
pub const MAX_BATCH_NAME_BYTES: usize = 112;

/// Why a tenant or dataset name is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// The name has no character.
    #[error("the {what} name is empty: give it 1 to {bytes_max} characters")]
    Empty {
        /// `tenant` or `dataset`.
        what: &'static str,
        /// Bytes that it may have.
        bytes_max: usize,
    },
    /// The name is longer than it may be.
    #[error("the {what} name has {length} bytes: shorten it to at most {bytes_max}")]
    TooLong {
        /// `tenant` or `dataset`.
        what: &'static str,
        /// Its length in bytes.
        length: usize,
        /// Bytes that it may have.
        bytes_max: usize,
    },
    /// The name holds a character that keys and SQL do not take.
    #[error(
        "the {what} name `{name}` is not allowed: use letters, digits, `_` and `-`, begin and end with a letter or digit, and do not write `--`"
    )]
    Characters {
        /// `tenant` or `dataset`.
        what: &'static str,
        /// The name as given, escaped.
        name: String,
    },
    /// The text is not `tenant/dataset`.
    #[error("`{text}` is not a dataset: write `tenant/dataset`")]
    NotAPair {
        /// The text as given, escaped.
        text: String,
    },
}

/// A dataset of a tenant. Displayed `tenant/dataset`; the SQL table is `tenant.dataset`.
///
/// Both names are ASCII letters, digits, `_` and `-`, begin and end with a letter or digit, hold no `--`
/// (it separates the parts of an intake object's name), and have at most [`MAX_NAME_BYTES`] bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "DatasetKeyText")]
pub struct DatasetKey {
    tenant: String,
    dataset: String,
}

/// [`DatasetKey`] as it is written, before its names are checked.
#[derive(Deserialize)]
struct DatasetKeyText {
    tenant: String,
    dataset: String,
}

impl TryFrom<DatasetKeyText> for DatasetKey {
    type Error = NameError;

    fn try_from(text: DatasetKeyText) -> Result<Self, NameError> {
        Self::new(text.tenant, text.dataset)
    }
}

impl DatasetKey {
    /// Checks both names. Errors: the first thing that is wrong with either.
    pub fn new(tenant: impl Into<String>, dataset: impl Into<String>) -> Result<Self, NameError> {
        let (tenant, dataset) = (tenant.into(), dataset.into());
        check_name("tenant", &tenant)?;
        check_name("dataset", &dataset)?;
        Ok(Self { tenant, dataset })
    }

    /// The tenant's name.
    pub fn tenant(&self) -> &str {
        &self.tenant
    }

    /// The dataset's name within its tenant.
    pub fn dataset(&self) -> &str {
        &self.dataset
    }
}

impl fmt::Display for DatasetKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.tenant, self.dataset)
    }
}

impl FromStr for DatasetKey {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        let Some((tenant, dataset)) = text.split_once('/') else {
            return Err(NameError::NotAPair { text: shown(text) });
        };
        Self::new(tenant, dataset)
    }
}

/// Checks one tenant, dataset or instance name; `what` names it in the error.
pub fn check_name(what: &'static str, name: &str) -> Result<(), NameError> {
    check_name_within(MAX_NAME_BYTES, what, name)
}

/// Checks the name of a batch of the staged route: the same characters, up to [`MAX_BATCH_NAME_BYTES`].
pub fn check_batch_name(name: &str) -> Result<(), NameError> {
    check_name_within(MAX_BATCH_NAME_BYTES, "batch", name)
}

fn check_name_within(bytes_max: usize, what: &'static str, name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty { what, bytes_max });
    }
    if name.len() > bytes_max {
        return Err(NameError::TooLong { what, length: name.len(), bytes_max });
    }
    let bytes = name.as_bytes();
    let ends_are_plain = bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric);
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !ends_are_plain || !bytes.iter().all(allowed) || name.contains("--") {
        return Err(NameError::Characters { what, name: shown(name) });
    }
    Ok(())
}

/// What was given, short and without control characters, for an error message.
fn shown(text: &str) -> String {
    text.chars().take(MAX_NAME_BYTES).flat_map(char::escape_debug).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_names_are_taken_and_shown_as_tenant_slash_dataset() {
        let key = DatasetKey::new("acme", "fw-logs_2").unwrap();
        assert_eq!(key.to_string(), "acme/fw-logs_2");
        assert_eq!("acme/fw-logs_2".parse::<DatasetKey>().unwrap(), key);
        assert_eq!((key.tenant(), key.dataset()), ("acme", "fw-logs_2"));
    }

    #[test]
    fn what_could_leave_its_folder_or_break_a_key_is_refused() {
        for bad in ["", "..", ".", "a/b", "a b", "-a", "a-", "_a", "a--b", "a\0", "ä", "a'b", &"x".repeat(65)]
        {
            assert!(DatasetKey::new("acme", bad).is_err(), "{bad:?}");
            assert!(DatasetKey::new(bad, "logs").is_err(), "{bad:?}");
        }
    }

    #[test]
    fn names_read_from_json_are_checked_too() {
        let good: DatasetKey = serde_json::from_str(r#"{"tenant":"acme","dataset":"fw"}"#).unwrap();
        assert_eq!(serde_json::to_string(&good).unwrap(), r#"{"tenant":"acme","dataset":"fw"}"#);
        let bad = serde_json::from_str::<DatasetKey>(r#"{"tenant":"..","dataset":"fw"}"#);
        assert!(bad.unwrap_err().to_string().contains("tenant name"));
    }

    #[test]
    fn a_batch_may_have_the_longest_name_that_a_proxy_gives() {
        let longest = format!("{}-{}-{}-{}", "x".repeat(MAX_NAME_BYTES), u16::MAX, u64::MAX, u64::MAX);
        assert_eq!(longest.len(), MAX_BATCH_NAME_BYTES);
        check_batch_name(&longest).unwrap();
        for bad in ["", "..", "a/b", "a--b", "-a", &format!("{longest}0")] {
            assert!(check_batch_name(bad).unwrap_err().to_string().contains("batch name"), "{bad:?}");
        }
    }

    #[test]
    fn a_refused_name_is_shown_without_control_characters() {
        let error = DatasetKey::new("acme", "a\u{1b}[31m").unwrap_err().to_string();
        assert!(!error.contains('\u{1b}'), "{error}");
    }
}
