//! What no pipeline takes: lines that are no rows, and batches that cannot be read. They are kept with their reasons.

use hotpath::layout::BatchKey;
use hotpath::rows::RefusedRow;
use serde_json::json;

/// Appends a line of JSON for each refused line: `reason`, and `line` as far as it is text.
pub(crate) fn write_refused(piece: &[u8], refused: &[RefusedRow], out: &mut Vec<u8>) {
    for row in refused {
        let line = String::from_utf8_lossy(piece.get(row.line.clone()).unwrap_or_default());
        out.extend_from_slice(json!({ "reason": row.reason, "line": line }).to_string().as_bytes());
        out.push(b'\n');
    }
}

/// Where the rows of a batch are kept that a filter failed on.
pub(crate) fn failed_key(batch: &BatchKey) -> String {
    format!("{}/dead_letters/{}.failed.ndjson.gz", batch.dataset, file_name(batch))
}

/// Where the refused lines of a batch are kept.
pub(crate) fn lines_key(batch: &BatchKey) -> String {
    format!("{}/dead_letters/{}.ndjson", batch.dataset, file_name(batch))
}

/// Where a batch is kept that cannot be read, as it came.
pub(crate) fn batch_key(batch: &BatchKey) -> String {
    format!("{}/dead_letters/{}.ndjson.gz", batch.dataset, file_name(batch))
}

/// Where the reason stands.
pub(crate) fn reason_key(batch: &BatchKey) -> String {
    format!("{}/dead_letters/{}.json", batch.dataset, file_name(batch))
}

fn file_name(batch: &BatchKey) -> String {
    format!("{}--{}", batch.received_ns, batch.batch)
}
