//! What the decoder of flows has learned outlives a restart, and so does the data that it holds.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::net::UdpSocket;

use support::{Running, folder_store, rows_in, start_in};
use tempfile::TempDir;

const DATASET: &str = "datasets:
  - dataset: flows
    testing: true
    inputs: [{type: netflow, listen: '127.0.0.1:0'}]
";
/// Source address, destination address, octets: four bytes each (RFC 3954 section 8).
const FIELDS: [u16; 3] = [8, 12, 1];

async fn start(folder: TempDir) -> Running {
    let store = folder_store(&folder).await;
    start_in(folder, DATASET, "log_segment_bytes: 8 MiB, log_disk_bytes_max: 64 MiB", store).await
}

async fn stop(running: Running) -> TempDir {
    let Running { proxy, folder, .. } = running;
    proxy.drain().await;
    folder
}

/// A datagram of NetFlow v9 with one flow set (RFC 3954 sections 5.1 to 5.3).
fn datagram(flow_set: u16, body: &[u8]) -> Vec<u8> {
    let mut bytes = [0, 9, 0, 1].to_vec();
    // Uptime, time of the export, sequence number, source.
    for word in [1_000_u32, 1_795_168_800, 1, 7] {
        bytes.extend(word.to_be_bytes());
    }
    bytes.extend(flow_set.to_be_bytes());
    bytes.extend((body.len() as u16 + 4).to_be_bytes());
    bytes.extend(body);
    bytes
}

fn template() -> Vec<u8> {
    let mut body = [256_u16, FIELDS.len() as u16].map(u16::to_be_bytes).concat();
    body.extend(FIELDS.iter().flat_map(|field| [field.to_be_bytes(), 4_u16.to_be_bytes()].concat()));
    datagram(0, &body)
}

fn records(count: u32) -> Vec<u8> {
    let record = |number: u32| [0xC000_0201, 0xC633_6401, number].map(u32::to_be_bytes).concat();
    datagram(256, &(0..count).flat_map(record).collect::<Vec<u8>>())
}

fn send(running: &Running, datagram: &[u8]) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.send_to(datagram, running.address("netflow udp")).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_template_is_known_after_a_restart() {
    let running = start(tempfile::tempdir().unwrap()).await;
    send(&running, &template());
    running.until("the row of the template", |account| account.stored == 1).await;
    let running = start(stop(running).await).await;
    send(&running, &records(20));
    running.until("the flows", |account| account.stored == 20).await;
    let account = running.account();
    assert_eq!((account.received, account.aside["unfolded"], account.imbalance), (20, 19, 0));
    assert_eq!(account.aside["parse_errors"], 0);
    assert_eq!(rows_in(&stop(running).await), 21);
}

#[tokio::test(flavor = "multi_thread")]
async fn data_without_a_template_waits_for_it_through_a_restart() {
    let running = start(tempfile::tempdir().unwrap()).await;
    send(&running, &records(5));
    running.until("receipt", |account| account.received == 1).await;
    let folder = stop(running).await;
    assert_eq!(rows_in(&folder), 0);

    let running = start(folder).await;
    let account = running.account();
    assert_eq!((account.received, account.in_flight, account.aside["replayed"]), (1, 1, 1));
    send(&running, &template());
    running.until("the flows", |account| account.stored >= 5 && account.in_flight == 0).await;
    let account = running.account();
    assert_eq!((account.received, account.imbalance), (account.stored, 0));
    assert_eq!(account.aside["parse_errors"], 0);
    let rows = account.stored as usize;
    assert_eq!(rows_in(&stop(running).await), rows);
}
