//! A batch on its way: packed rows and their name.

use std::io::{Read, Write};
use std::path::Path;

use axum::body::Bytes;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use hotpath::layout::BatchKey;

use crate::limits::FORWARD_BATCH_BYTES_MAX;

/// Rows, gzip packed, and their name.
#[derive(Debug, Clone)]
pub struct Batch {
    /// What it is called in the stages.
    pub key: BatchKey,
    /// How many.
    pub rows: u64,
    /// The packed rows.
    pub packed: Bytes,
}

impl Batch {
    /// Reads a batch from the spool.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub(super) async fn read(path: &Path, key: BatchKey, rows: u64) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("cannot read {}: {error}", path.display());
        let bytes = tokio::fs::metadata(path).await.map_err(failed)?.len();
        if bytes > FORWARD_BATCH_BYTES_MAX {
            return Err(format!("{} has {bytes} bytes, more than batches have", path.display()));
        }
        let packed = tokio::fs::read(path).await.map_err(failed)?.into();
        Ok(Self { key, rows, packed })
    }

    /// The two halves of it, by rows; `None` of one row. Their names follow from its own, so that they are the same
    /// each time.
    ///
    /// # Errors
    /// When it cannot be unpacked.
    pub(super) async fn halves(&self) -> Result<Option<(Self, Self)>, String> {
        if self.rows < 2 {
            return Ok(None);
        }
        let batch = self.clone();
        let divided = tokio::task::spawn_blocking(move || batch.divide()).await;
        divided
            .map_err(|error| error.to_string())?
            .map(Some)
            .map_err(|error| format!("the batch {} cannot be divided: {error}", self.key.batch))
    }

    fn divide(&self) -> std::io::Result<(Self, Self)> {
        let mut lines = MultiGzDecoder::new(self.packed.as_ref());
        let rows = self.rows / 2;
        let (mut first, mut second) = (new_packer(), new_packer());
        let mut passed = 0;
        let mut piece = vec![0; 64 << 10];
        loop {
            let length = lines.read(&mut piece)?;
            let read = piece.get(..length).unwrap_or_default();
            if read.is_empty() {
                break;
            }
            let end = end_of_first_half(read, rows - passed);
            let (head, tail) = read.split_at(end);
            passed += memchr::memchr_iter(b'\n', head).count() as u64;
            first.write_all(head)?;
            second.write_all(tail)?;
        }
        let part = |number: char, rows, packer: GzEncoder<Vec<u8>>| {
            let mut key = self.key.clone();
            key.batch = name_of_part(&key.batch, number);
            Ok::<_, std::io::Error>(Self { key, rows, packed: packer.finish()?.into() })
        };
        Ok((part('1', rows, first)?, part('2', self.rows - rows, second)?))
    }
}

fn new_packer() -> GzEncoder<Vec<u8>> {
    GzEncoder::new(Vec::new(), Compression::fast())
}

/// Where the line number `rows` of a piece ends; all of it where it has fewer, nothing for none.
fn end_of_first_half(piece: &[u8], rows: u64) -> usize {
    let Some(last) = usize::try_from(rows).ok().and_then(|rows| rows.checked_sub(1)) else { return 0 };
    memchr::memchr_iter(b'\n', piece).nth(last).map_or(piece.len(), |end| end + 1)
}

/// `edge-0-1-9` -> `edge-0-1-9-p1` -> `edge-0-1-9-p12`.
fn name_of_part(batch: &str, number: char) -> String {
    let parts = batch.rsplit_once("-p").map(|(_, parts)| parts);
    let is_part =
        parts.is_some_and(|parts| !parts.is_empty() && parts.bytes().all(|byte| matches!(byte, b'1' | b'2')));
    if is_part { format!("{batch}{number}") } else { format!("{batch}-p{number}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hotpath::names::DatasetKey;

    fn batch(lines: &[&str]) -> Batch {
        let mut packer = new_packer();
        for line in lines {
            packer.write_all(format!("{line}\n").as_bytes()).unwrap();
        }
        let dataset = DatasetKey::new("acme", "fw").unwrap();
        Batch {
            key: BatchKey { dataset, received_ns: 5, batch: "edge-0-1-9".to_owned() },
            rows: lines.len() as u64,
            packed: packer.finish().unwrap().into(),
        }
    }

    fn lines(batch: &Batch) -> Vec<String> {
        let mut text = String::new();
        MultiGzDecoder::new(batch.packed.as_ref()).read_to_string(&mut text).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    #[tokio::test]
    async fn halves_have_all_rows_once_and_names_of_their_own() {
        let long = "x".repeat(100_000);
        for whole in [vec!["a", "b"], vec!["a", "b", "c"], vec![&long, "b", "c", &long, "e"]] {
            let batch = batch(&whole);
            let (first, second) = batch.halves().await.unwrap().unwrap();
            assert_eq!((first.rows + second.rows, first.rows), (batch.rows, batch.rows / 2));
            assert_eq!([lines(&first), lines(&second)].concat(), whole);
            assert_eq!(
                (first.key.batch.as_str(), second.key.batch.as_str()),
                ("edge-0-1-9-p1", "edge-0-1-9-p2")
            );
        }
    }

    #[tokio::test]
    async fn parts_are_divided_further_and_one_row_is_not() {
        let (_, second) = batch(&["a", "b", "c"]).halves().await.unwrap().unwrap();
        let (first, _) = second.halves().await.unwrap().unwrap();
        assert_eq!((first.key.batch.as_str(), lines(&first)), ("edge-0-1-9-p21", vec!["b".to_owned()]));
        assert!(first.halves().await.unwrap().is_none());
    }
}
