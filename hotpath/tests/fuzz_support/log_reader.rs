//! Any bytes as segments of a log: what is taken for a record lies inside them, and everything else is a gap.
//!
//! Checksums would stop almost every input at its first record. So the input is read twice: as it is, and in a compact
//! form, 512 bytes for the start of each record, that is laid out over two segments and gets right checksums.

use hotpath::block::BlockMemory;
use hotpath::log::format::{
    ALIGNMENT, RECORD_HEADER_BYTES, RecordHeader, RecordKind, SegmentEnd, SegmentHeader, VERSION,
};
use hotpath::log::payload::BlockPayload;
use hotpath::log::recovery::{Ends, assemble, judge};
use hotpath::log::scan::{SegmentScan, payload_of, scan_segment};

/// Header and start of the payload of a record in the compact form.
const COMPACT_BYTES: usize = 512;
/// Records of each segment that is made of the compact form.
const RECORDS_MAX: usize = 8;
const NONCE: u64 = 0;

pub fn check(input: &[u8]) {
    recover(&[input]);
    let parts: Vec<&[u8]> = input.chunks(COMPACT_BYTES).take(2 * RECORDS_MAX).collect();
    let (older, newer) = parts.split_at(parts.len() / 2);
    recover(&[&segment(1, older), &segment(2, newer)]);
}

/// Does what opening a log does with the bytes of its segments.
fn recover(segments: &[&[u8]]) {
    let mut ends = Ends::default();
    let mut judged = Vec::new();
    for (number, bytes) in segments.iter().enumerate().rev() {
        let sequence = number as u64 + 1;
        let scan = scan_segment(sequence, bytes);
        check_scan(&scan, bytes);
        ends.learn(&scan);
        judged.push(judge(scan, ends.of(sequence)));
    }
    judged.reverse();
    let (_, recovery) = assemble(judged);
    assert!(recovery.blocks.iter().all(|place| place.last_position() < recovery.next_position));
    let mut positions_end = 0;
    for place in &recovery.blocks {
        assert!(place.first_position >= positions_end, "no position is given back twice");
        positions_end = place.last_position() + 1;
        let committed = recovery.committed.get(&place.dataset);
        assert!(committed.is_none_or(|last| *last < place.last_position()), "nor one that is committed");
    }
    assert!(recovery.damage.len() as u64 <= recovery.damage_count);
}

fn check_scan(scan: &SegmentScan, bytes: &[u8]) {
    let records = scan.records.iter().map(|record| (record.header.offset, record.header.end()));
    let gaps = scan.gaps.iter().map(|gap| (gap.offset, gap.end()));
    let mut places: Vec<(u64, u64)> = records.chain(gaps).collect();
    places.sort_unstable();
    for (number, (start, end)) in places.iter().enumerate() {
        assert!(start <= end && *end <= bytes.len() as u64, "all lies inside the file");
        assert!(number == 0 || *start >= places[number - 1].1, "nothing overlaps");
    }
    for record in &scan.records {
        check_block(&record.header, bytes);
    }
}

/// The events of a block can all be read.
fn check_block(header: &RecordHeader, bytes: &[u8]) {
    if header.kind != RecordKind::Block {
        return;
    }
    let payload = payload_of(header, &bytes[header.offset as usize..]).unwrap();
    let parts = BlockPayload::decode(header, payload).unwrap();
    let memory = BlockMemory::unpooled(parts.data.len());
    let block = parts.into_block(memory).unwrap();
    assert_eq!(block.entries().len(), header.entry_count as usize);
    let data = block.data().as_ptr_range();
    for event in block.events() {
        let bytes = event.bytes.as_ptr_range();
        assert!(data.start <= bytes.start && bytes.end <= data.end);
    }
}

/// A segment whose records begin with the parts, each with the place and the checksums that it must have.
fn segment(sequence: u64, parts: &[&[u8]]) -> Vec<u8> {
    let mut bytes = vec![0; ALIGNMENT];
    let previous = SegmentEnd { sequence: sequence - 1, end: ((1 + parts.len()) * ALIGNMENT) as u64 };
    let header = SegmentHeader {
        version: VERSION,
        shard: 0,
        instance_hash: 0,
        sequence,
        nonce: NONCE,
        next_position: 0,
        previous,
    };
    header.encode(&mut bytes);
    for part in parts {
        let offset = bytes.len();
        bytes.resize(offset + ALIGNMENT, 0);
        let record = &mut bytes[offset..];
        record[..part.len()].copy_from_slice(part);
        set_place_and_checksums(record, sequence, offset as u64);
    }
    bytes
}

fn set_place_and_checksums(record: &mut [u8], sequence: u64, offset: u64) {
    record[..4].copy_from_slice(b"bfzr");
    let payload_bytes =
        usize::from(u16::from_le_bytes([record[16], record[17]])) % (ALIGNMENT - RECORD_HEADER_BYTES + 1);
    record[16..20].copy_from_slice(&(payload_bytes as u32).to_le_bytes());
    record[20..24].copy_from_slice(&(ALIGNMENT as u32).to_le_bytes());
    let payload = crc32c::crc32c(&record[RECORD_HEADER_BYTES..RECORD_HEADER_BYTES + payload_bytes]);
    record[24..28].copy_from_slice(&payload.to_le_bytes());
    record[32..40].copy_from_slice(&sequence.to_le_bytes());
    record[40..48].copy_from_slice(&offset.to_le_bytes());
    record[48..56].copy_from_slice(&NONCE.to_le_bytes());
    let header = crc32c::crc32c(&record[..RECORD_HEADER_BYTES - 4]);
    record[RECORD_HEADER_BYTES - 4..RECORD_HEADER_BYTES].copy_from_slice(&header.to_le_bytes());
}
