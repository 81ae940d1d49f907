//! Parquet files that cannot be written: everything is decoded again, and nothing twice.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::io::Write;
use std::net::TcpStream;
use std::time::Duration;

use support::{folder_store, start_in};

const DATASET: &str = "datasets:
  - dataset: logs
    testing: true
    parquet: {file_age_max_seconds: 1}
    inputs: [{type: syslog, transport: tcp, listen: '127.0.0.1:0'}]
";

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_while_files_cannot_be_written_is_stored_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder_store(&folder).await;
    let running =
        start_in(folder, DATASET, "log_segment_bytes: 8 MiB, log_disk_bytes_max: 64 MiB", store).await;
    let spool = running.folder.path().join("spool/0");
    let away = running.folder.path().join("spool/away");
    let mut tcp = TcpStream::connect(running.address("syslog tcp")).unwrap();
    let mut sent = 0;
    for step in 0..400 {
        match step {
            50 => std::fs::rename(&spool, &away).unwrap(),
            300 => std::fs::rename(&away, &spool).unwrap(),
            _ => {}
        }
        for _ in 0..50 {
            writeln!(tcp, "<34>1 2026-11-21T10:00:00Z host app 1 ID1 - number {sent}").unwrap();
            sent += 1;
        }
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
    drop(tcp);
    running.until("every row", |account| account.received == sent && account.in_flight == 0).await;
    let account = running.account();
    assert_eq!((account.stored, account.imbalance), (sent, 0));
    assert_eq!(running.rows() as u64, sent);
    running.proxy.drain().await;
}
