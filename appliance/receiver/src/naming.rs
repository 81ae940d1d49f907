//! Names for the batches that the receiver makes itself.

use std::sync::atomic::{AtomicU64, Ordering};

use hotpath::layout::BatchKey;
use hotpath::names::DatasetKey;

use crate::spool::file_name_fits;

/// Gives every batch another name: `{instance}-r-{start}-{number}`, the start of the process in microseconds since the
/// epoch. A proxy's batch never has such a name: it ends with three numbers.
#[derive(Debug)]
pub struct BatchNames {
    prefix: String,
    next: AtomicU64,
}

impl BatchNames {
    /// For an instance that started then.
    pub fn new(instance: &str, start_us: i64) -> Self {
        Self { prefix: format!("{instance}-r-{}", start_us.max(0)), next: AtomicU64::new(0) }
    }

    /// A name that no other batch has.
    pub fn next(&self) -> String {
        self.name(self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// Whether its batches of a dataset can be files.
    pub fn fit(&self, dataset: &DatasetKey) -> bool {
        // More batches than a process makes in its life.
        let batch = self.name(u64::from(u32::MAX));
        file_name_fits(&BatchKey { dataset: dataset.clone(), received_ns: i64::MAX as u64, batch })
    }

    fn name(&self, number: u64) -> String {
        format!("{}-{number}", self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use hotpath::names::check_batch_name;

    use super::*;

    #[test]
    fn each_batch_has_another_name() {
        let names = BatchNames::new("edge-1", 17);
        assert_eq!([names.next(), names.next()], ["edge-1-r-17-0", "edge-1-r-17-1"]);
    }

    #[test]
    fn the_longest_instance_still_gives_names_of_batches() {
        let names = BatchNames::new(&"x".repeat(64), i64::MAX);
        check_batch_name(&names.name(u64::MAX)).unwrap();
        assert!(names.fit(&DatasetKey::new("acme", "fw").unwrap()));
        assert!(!names.fit(&DatasetKey::new("t".repeat(64), "d".repeat(64)).unwrap()));
    }
}
