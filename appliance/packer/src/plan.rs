//! A plan: which batches become which objects. It is in the store before the first object of it is, so that whoever finds
//! it open after a crash does the same again, over the same names.

use bytefreezer_lake::{ObjectInfo, StoreError, StoreErrorKind};
use bytes::Bytes;
use hotpath::names::DatasetKey;
use serde::{Deserialize, Serialize};

/// The name that stands for all packers in keys of objects, where a proxy has its own.
pub const WRITER: &str = "packer";

/// Batches that become Parquet objects together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Plans of a dataset are numbered from 1. Its objects have this number as their first and last position.
    pub number: u64,
    /// How far it is.
    pub state: PlanState,
    /// The packer that wrote this.
    pub packer: String,
    /// Its version: another one may divide the rows among files in another way.
    pub version: String,
    /// The fence number of its lease.
    pub fence: u64,
    /// When the plan was made (RFC 3339).
    pub made_at: String,
    /// Bytes of batches after which the next file of an hour is begun.
    pub part_bytes: u64,
    /// Whether batches were replaced or taken away after it was made, so that objects of an earlier attempt may have
    /// other rows.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rebound: bool,
    /// The batches, in the order of their rows.
    pub sources: Vec<PlanSource>,
    /// What came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<PlanResult>,
}

/// How far a plan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlanState {
    /// Its objects may be there or not.
    Open,
    /// Its objects are there and listed. Its batches are deleted and not packed again.
    Committed,
}

/// A batch of a plan: this version of this object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanSource {
    /// Its key in the stage `piper`.
    pub key: String,
    /// The version.
    pub etag: String,
    /// Its size.
    pub bytes: u64,
}

/// What came of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanResult {
    /// When it was committed (RFC 3339).
    pub committed_at: String,
    /// Parquet objects.
    pub files: u64,
    /// Rows in them.
    pub rows: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Lines that were no rows and are in the dead letters.
    pub refused_lines: u64,
}

impl PlanSource {
    /// The object that it names.
    pub fn object(&self) -> ObjectInfo {
        ObjectInfo { key: self.key.clone(), bytes: self.bytes, etag: self.etag.clone(), modified_us: None }
    }
}

impl Plan {
    /// Bytes of all batches.
    pub fn source_bytes(&self) -> u64 {
        self.sources.iter().map(|source| source.bytes).sum()
    }

    /// Reads the object of a plan. Errors: `Invalid`.
    pub fn parse(key: &str, bytes: &[u8]) -> Result<Self, StoreError> {
        serde_json::from_slice(bytes).map_err(|cause| {
            let detail = "this is not a plan of a packer: the dataset is not packed until the object is mended or moved away";
            StoreError::new(StoreErrorKind::Invalid, "get", key, detail).caused_by(cause)
        })
    }

    /// The object of a plan. Errors: `Invalid`.
    pub fn to_bytes(&self, key: &str) -> Result<Bytes, StoreError> {
        let text = serde_json::to_vec_pretty(self).map_err(|cause| {
            StoreError::new(StoreErrorKind::Invalid, "put", key, "the plan cannot be written")
                .caused_by(cause)
        })?;
        Ok(text.into())
    }
}

/// Where the plans of a dataset lie.
pub fn plans_prefix(dataset: &DatasetKey) -> String {
    format!("{dataset}/metadata/plans/")
}

/// The object of a plan.
pub fn plan_key(dataset: &DatasetKey, number: u64) -> String {
    format!("{}{number}.json", plans_prefix(dataset))
}

/// The number of a plan's object; `None` for another object.
pub fn plan_number(dataset: &DatasetKey, key: &str) -> Option<u64> {
    let number: u64 = key.strip_prefix(&plans_prefix(dataset))?.strip_suffix(".json")?.parse().ok()?;
    (plan_key(dataset, number) == key).then_some(number)
}

/// The lease of those who pack a dataset.
pub fn lease_key(dataset: &DatasetKey) -> String {
    format!("{dataset}/metadata/leases/packer.json")
}

/// The lines of a plan that were no rows.
pub fn dead_letters_key(dataset: &DatasetKey, number: u64) -> String {
    format!("{dataset}/dead_letters/{WRITER}-{number}.ndjson")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fw() -> DatasetKey {
        DatasetKey::new("acme", "fw").unwrap()
    }

    #[test]
    fn a_plan_is_found_by_its_number_and_other_objects_are_not_plans() {
        assert_eq!(plan_key(&fw(), 17), "acme/fw/metadata/plans/17.json");
        assert_eq!(plan_number(&fw(), "acme/fw/metadata/plans/17.json"), Some(17));
        for other in ["17.json", "acme/fw/metadata/plans/017.json", "acme/fw/metadata/plans/x.json", ""] {
            assert_eq!(plan_number(&fw(), other), None, "{other}");
        }
    }

    #[test]
    fn a_plan_of_the_longest_keys_is_small_enough_to_be_read_again() {
        let source = PlanSource { key: "x".repeat(400), etag: "e".repeat(100), bytes: u64::MAX };
        let plan = Plan {
            number: u64::MAX,
            state: PlanState::Open,
            packer: "x".repeat(64),
            version: "0".repeat(20),
            fence: u64::MAX,
            made_at: "2026-11-22T00:00:00.000000Z".to_owned(),
            part_bytes: u64::MAX,
            rebound: true,
            sources: vec![source; crate::limits::PLAN_SOURCES_MAX],
            result: None,
        };
        let bytes = plan.to_bytes("k").unwrap();
        assert!((bytes.len() as u64) < crate::limits::MAX_PLAN_BYTES);
        assert_eq!(Plan::parse("k", &bytes).unwrap(), plan);
        assert_eq!(Plan::parse("k", b"{}").unwrap_err().kind(), StoreErrorKind::Invalid);
    }
}
