//! What files of the spool are called: `{tenant}--{dataset}--{unix_nanoseconds}--{batch}--{rows}`, and without the rows
//! while the batch is open.

use hotpath::layout::{BatchKey, intake_key, parse_intake_key};

use crate::limits::FILE_NAME_BYTES_MAX;

/// How the key of an object in the stage ends.
const SUFFIX: &str = ".ndjson.gz";

/// The name of a whole batch.
pub(super) fn file_name(key: &BatchKey, rows: u64) -> String {
    format!("{}--{rows}", group_name(key))
}

/// The name of an open batch.
pub(super) fn group_name(key: &BatchKey) -> String {
    let key = intake_key(key);
    let name = key.rsplit('/').next().unwrap_or_default();
    name.strip_suffix(SUFFIX).unwrap_or(name).to_owned()
}

/// Whether a batch can be a file, here and in a stage that is a folder.
pub fn file_name_fits(key: &BatchKey) -> bool {
    let object = group_name(key).len() + SUFFIX.len();
    object.max(file_name(key, u64::MAX).len()) <= FILE_NAME_BYTES_MAX
}

/// Reads a name that [`file_name`] gave: the batch and its rows.
pub(super) fn parse_file_name(name: &str) -> Option<(BatchKey, u64)> {
    let (group, rows) = name.rsplit_once("--")?;
    Some((parse_group_name(group)?, rows.parse().ok()?))
}

/// Reads a name that [`group_name`] gave.
pub(super) fn parse_group_name(name: &str) -> Option<BatchKey> {
    let mut parts = name.split("--");
    let (tenant, dataset) = (parts.next()?, parts.next()?);
    parse_intake_key(&format!("{tenant}/{dataset}/{name}{SUFFIX}"))
}

#[cfg(test)]
mod tests {
    use hotpath::names::DatasetKey;

    use super::*;

    #[test]
    fn a_name_says_which_batch_it_is_and_how_many_rows_it_has() {
        let dataset = DatasetKey::new("acme", "fw-logs").unwrap();
        let key = BatchKey { dataset, received_ns: 17, batch: "edge-1-0-5-9".to_owned() };
        assert_eq!(file_name(&key, 5), "acme--fw-logs--17--edge-1-0-5-9--5");
        assert_eq!(parse_file_name(&file_name(&key, u64::MAX)), Some((key.clone(), u64::MAX)));
        assert_eq!(parse_group_name(&group_name(&key)), Some(key));
    }

    #[test]
    fn other_names_are_not_taken_for_ours() {
        for name in ["", "lost+found", "acme--fw--17--edge", "acme--fw--x--edge--5", "acme--fw--17--edge--x"]
        {
            assert_eq!(parse_file_name(name), None, "{name}");
        }
        assert_eq!(parse_group_name("..--fw--17--edge"), None);
    }
}
