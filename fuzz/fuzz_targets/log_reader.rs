//! Any bytes as a segment of the log: never a panic, never a hang, and what is taken for a record lies inside them.
//!
//! Checksums would stop almost every input at the first record, so the second half of each run sets right the
//! checksums of the headers and payloads that the input would have.
#![no_main]

use hotpath::log::format::{ALIGNMENT, RECORD_HEADER_BYTES};
use hotpath::log::recovery::{Ends, assemble, judge};
use hotpath::log::scan::scan_segment;
use libfuzzer_sys::fuzz_target;

fn read(bytes: &[u8]) {
    let scan = scan_segment(1, bytes);
    let mut end = 0;
    for record in &scan.records {
        assert!(record.header.offset >= end, "records do not overlap");
        end = record.header.end();
        assert!(end <= bytes.len() as u64, "a record lies inside its file");
    }
    let mut ends = Ends::default();
    ends.learn(&scan);
    for known_end in [None, Some(bytes.len() as u64 / 2)] {
        let judged = judge(scan_segment(1, bytes), known_end);
        let (_, recovery) = assemble(vec![judged]);
        assert!(recovery.blocks.iter().all(|place| place.last_position() < recovery.next_position));
    }
}

/// Spreads the input over blocks of the segment and makes each one a record with right checksums.
fn with_checksums(input: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; ALIGNMENT];
    for part in input.chunks(RECORD_HEADER_BYTES + 256).take(16) {
        let offset = bytes.len();
        bytes.resize(offset + ALIGNMENT, 0);
        let record = &mut bytes[offset..];
        record[..part.len()].copy_from_slice(part);
        record[..4].copy_from_slice(b"bfzr");
        record[32..40].copy_from_slice(&1u64.to_le_bytes());
        record[40..48].copy_from_slice(&(offset as u64).to_le_bytes());
        record[48..56].fill(0);
        let payload_bytes = u32::from_le_bytes([record[16], record[17], 0, 0]) as usize % 3840;
        record[16..20].copy_from_slice(&(payload_bytes as u32).to_le_bytes());
        record[20..24].copy_from_slice(&(ALIGNMENT as u32).to_le_bytes());
        let payload = crc32c::crc32c(&record[RECORD_HEADER_BYTES..RECORD_HEADER_BYTES + payload_bytes]);
        record[24..28].copy_from_slice(&payload.to_le_bytes());
        let header = crc32c::crc32c(&record[..RECORD_HEADER_BYTES - 4]);
        record[RECORD_HEADER_BYTES - 4..RECORD_HEADER_BYTES].copy_from_slice(&header.to_le_bytes());
    }
    bytes
}

fuzz_target!(|input: &[u8]| {
    read(input);
    read(&with_checksums(input));
});
