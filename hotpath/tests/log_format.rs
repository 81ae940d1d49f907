//! What is written is read again as it was; what was changed on disk is found, and nothing else suffers from it.
//! (SPECIFICATION.md R6.)

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panicking")]

mod log_support;

use futures::executor::block_on;
use hotpath::log::scan::{Content, scan_segment};
use hotpath::log::{Commit, Damage, DamageReason, Intent, Record};
use log_support::disk::SimulatedDisk;
use log_support::{block_record, dataset, open, texts};
use proptest::prelude::{ProptestConfig, any, prop, prop_assert, prop_assert_eq, proptest};

/// A small log with every kind of record, and its only segment.
fn small_log() -> (String, Vec<u8>) {
    block_on(async {
        let disk = SimulatedDisk::new(1);
        let (mut log, _) = open(disk.clone()).await.unwrap();
        log.append(&[block_record("fw", &events("a", 3)), block_record("web", &events("b", 2))])
            .await
            .unwrap();
        let keys = vec!["acme/fw/0-2.parquet".to_owned()];
        log.append(&[Record::Intent(Intent { dataset: dataset("fw"), first: 0, last: 2, keys })])
            .await
            .unwrap();
        log.commit(Commit { dataset: dataset("fw"), first: 0, last: 2 }).await.unwrap();
        log.append(&[block_record("fw", &events("c", 4))]).await.unwrap();
        drop(log);
        let name = disk.names().remove(0);
        // What was never written is left out, to make the test short.
        let bytes = disk.file(&name);
        let end = scan_segment(1, &bytes).records_end() as usize;
        (name, bytes[..end].to_vec())
    })
}

fn events(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("<14>{prefix}{number}")).collect()
}

/// Every bit of what is not zero and of the checksums; of the zeros, one bit of every 16th byte.
fn bits(bytes: &[u8]) -> Vec<(usize, u8)> {
    let mut bits = Vec::new();
    for (offset, byte) in bytes.iter().enumerate() {
        let is_written = *byte != 0 || (offset % 4096 < 256 && offset % 4096 >= 252);
        if is_written {
            bits.extend((0..8).map(|bit| (offset, bit)));
        } else if offset % 16 == 0 {
            bits.push((offset, (offset / 16 % 8) as u8));
        }
    }
    bits
}

#[test]
fn any_flipped_bit_is_found_or_harmless_and_never_makes_a_wrong_row() {
    let (name, bytes) = small_log();
    let good: Vec<Vec<String>> = vec![events("b", 2), events("c", 4)];
    for (offset, bit) in bits(&bytes) {
        let mut flipped = bytes.clone();
        flipped[offset] ^= 1 << bit;
        let disk = SimulatedDisk::new(1);
        disk.put_file(&name, flipped.clone());
        let what = format!("bit {bit} of byte {offset}");
        block_on(async {
            let (log, recovery) = open(disk.clone()).await.unwrap();
            let found: Vec<&Damage> = recovery.damage.iter().chain(&recovery.torn).collect();
            let reader = log.reader();
            let mut blocks = Vec::new();
            for place in &recovery.blocks {
                blocks.push(texts(&reader.read(place).await.unwrap()));
            }
            // The committed block comes again when its commit is what was lost; nothing else ever does.
            blocks.retain(|block| *block != events("a", 3) || found.is_empty());
            let missing = good.iter().filter(|block| !blocks.contains(block)).count();
            assert!(blocks.iter().all(|block| good.contains(block)), "{what}: a row is wrong");
            assert!(missing <= found.len(), "{what}: a row is missing and nobody says so");
            assert!(found.len() <= 1, "{what}: one flipped bit damages one record: {found:?}");
            for damage in found {
                assert!(damage.set_aside, "{what}");
                let copy = &disk.aside()[&damage.file_name()];
                let range = damage.offset as usize..(damage.offset + damage.bytes) as usize;
                assert_eq!(copy, &flipped[range], "{what}");
            }
        });
    }
}

#[test]
fn a_damaged_record_says_what_was_lost_and_the_rest_goes_on() {
    let (name, mut bytes) = small_log();
    // The payload of the block of `web`: behind the header, two checkpoints and the block of `fw`.
    bytes[4 * 4096 + 300] ^= 1;
    let disk = SimulatedDisk::new(1);
    disk.put_file(&name, bytes);
    block_on(async {
        let (mut log, recovery) = open(disk.clone()).await.unwrap();
        let damage = &recovery.damage[0];
        assert_eq!(damage.reason, DamageReason::PayloadChecksum);
        assert_eq!((damage.dataset.clone(), damage.events), (Some(dataset("web")), Some(2)));
        assert_eq!((recovery.damage_count, recovery.blocks.len()), (1, 1));
        assert_eq!(log.next_position(), 9);
        let places = log.append(&[block_record("web", &events("d", 1))]).await.unwrap();
        assert_eq!((places[0].segment, places[0].first_position), (2, 9), "new records go to a new segment");
        // Once it is set aside the segment goes like any other.
        log.commit(Commit { dataset: dataset("fw"), first: 3, last: 8 }).await.unwrap();
        assert_eq!(disk.names().len(), 1);
        assert_eq!(disk.aside().len(), 1);
    });
}

#[test]
fn a_record_of_another_place_or_forged_inside_an_event_is_not_taken() {
    let (_, bytes) = small_log();
    let mut moved = bytes.clone();
    moved.extend_from_slice(&bytes[3 * 4096..4 * 4096]);
    let scan = scan_segment(1, &moved);
    assert_eq!(scan.gaps.len(), 1);
    assert_eq!(scan.gaps[0].reason, DamageReason::Stale);
    // The same bytes under the name of another segment hold nothing.
    assert!(scan_segment(2, &bytes).records.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_block_is_read_back_as_it_was(
        groups in prop::collection::vec(prop::collection::vec("[ -~]{0,400}", 1..20), 1..12)
    ) {
        block_on(async {
            let disk = SimulatedDisk::new(1);
            let (mut log, _) = open(disk.clone()).await.unwrap();
            let mut places = Vec::new();
            for (number, group) in groups.iter().enumerate() {
                let name = ["fw", "web"][number % 2];
                places.extend(log.append(&[block_record(name, group)]).await.unwrap());
            }
            drop(log);
            let (log, recovery) = open(disk).await.unwrap();
            prop_assert_eq!(&recovery.blocks, &places);
            for (place, group) in places.iter().zip(&groups) {
                let block = log.reader().read(place).await.unwrap();
                let written = log_support::block_of(group);
                prop_assert_eq!(block.data(), written.data());
                prop_assert_eq!(block.entries(), written.entries());
                prop_assert_eq!(block.peers(), written.peers());
                prop_assert_eq!(block.base_time_us(), written.base_time_us());
            }
            Ok(())
        })?;
    }

    #[test]
    fn any_bytes_are_scanned_without_a_panic(
        head in prop::collection::vec(any::<u8>(), 0..512),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..20),
    ) {
        let (_, mut bytes) = small_log();
        for (index, value) in changes {
            let offset = index.index(bytes.len());
            bytes[offset] = value;
        }
        let length = head.len();
        bytes[4096 * 3..4096 * 3 + length].copy_from_slice(&head);
        let scan = scan_segment(1, &bytes);
        prop_assert!(scan.records.iter().all(|record| record.content != Content::Void));
    }
}
