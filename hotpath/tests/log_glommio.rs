//! The log on a real disk by io_uring, and the tools that read it from outside.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panicking")]

mod log_support;

use glommio::{LocalExecutorBuilder, Placement};
use hotpath::log::inspect::{export, inspect, repair};
use hotpath::log::{Commit, GlommioDisk};
use log_support::{block_record, dataset, open, texts};
use std::os::unix::fs::FileExt;

fn events(prefix: &str, count: usize) -> Vec<String> {
    (0..count).map(|number| format!("<14>{prefix}{number} {}", "z".repeat(9_000))).collect()
}

#[test]
fn a_log_on_a_real_disk_is_written_read_inspected_exported_and_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("shard-3");
    let log_path = path.clone();
    let executor = LocalExecutorBuilder::new(Placement::Unbound).spawn(|| async move {
        let disk = GlommioDisk::open(&log_path).await.unwrap();
        let (mut log, recovery) = open(disk).await.unwrap();
        assert_eq!(recovery.next_position, 0);
        for number in 0..8 {
            let group = [
                block_record("fw", &events(&format!("fw{number}-"), 6)),
                block_record("web", &events("w", 1)),
            ];
            log.append(&group).await.unwrap();
        }
        let segments = log.segment_count();
        assert!(segments > 1, "the blocks fill more than one segment");
        log.commit(Commit { dataset: dataset("fw"), first: 0, last: 19 }).await.unwrap();
        drop(log);
        let (mut log, recovery) = open(GlommioDisk::open(&log_path).await.unwrap()).await.unwrap();
        assert_eq!((recovery.next_position, recovery.damage_count), (56, 0));
        let web: Vec<_> = recovery.blocks.iter().filter(|place| place.dataset == dataset("web")).collect();
        assert_eq!(web.len(), 8);
        let block = log.reader().read(web[7]).await.unwrap();
        assert_eq!(texts(&block), events("w", 1));
        log.append(&[block_record("fw", &events("last", 1))]).await.unwrap();
    });
    executor.unwrap().join().unwrap();

    let seen = inspect(&path).unwrap();
    assert_eq!((seen.next_position, seen.damage_count, seen.torn.len()), (57, 0, 0));
    assert!(serde_json::to_string(&seen).unwrap().contains("\"kind\":\"checkpoint\""));
    let blocks: Vec<_> = export(&path).unwrap().map(Result::unwrap).collect();
    assert_eq!(blocks.len(), 17);
    assert_eq!(texts(&blocks[16].block), events("last", 1));

    let place = &blocks[0].place;
    let segment = path.join(hotpath::log::format::segment_name(place.segment));
    let file = std::fs::OpenOptions::new().write(true).open(segment).unwrap();
    file.write_all_at(b"?", place.offset + 2_000).unwrap();
    assert_eq!(inspect(&path).unwrap().damage_count, 1);
    let report = repair(&path).unwrap();
    assert_eq!((report.repaired.len(), report.left_in_place.len()), (1, 0));
    let seen = inspect(&path).unwrap();
    assert_eq!((seen.damage_count, seen.set_aside.len()), (0, 1));
    assert_eq!(export(&path).unwrap().count(), 16);
}
