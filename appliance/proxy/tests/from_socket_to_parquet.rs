//! The role from its sockets to the objects in a folder store.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::io::{Read, Write};
use std::net::{TcpStream, UdpSocket};

use support::{Running, config_of, folder_store, post, rows_in, start_in};

const SYSLOG: &str = "datasets:
  - dataset: logs
    format: syslog
    testing: true
    inputs:
      - {type: syslog, transport: udp, listen: '127.0.0.1:0'}
      - {type: syslog, transport: tcp, listen: '127.0.0.1:0'}
      - {type: http, listen: '127.0.0.1:0'}
";

const LOG: &str = "log_segment_bytes: 8 MiB, log_disk_bytes_max: 64 MiB";

async fn start(datasets: &str) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let store = folder_store(&folder).await;
    start_in(folder, datasets, LOG, store).await
}

#[tokio::test(flavor = "multi_thread")]
async fn datagrams_streams_and_requests_become_rows() {
    let running = start(SYSLOG).await;
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    udp.send_to(b"<34>1 2026-11-21T10:00:00Z host app 1 ID1 - over udp", running.address("syslog udp"))
        .unwrap();
    let mut tcp = TcpStream::connect(running.address("syslog tcp")).unwrap();
    tcp.write_all(b"52 <34>1 2026-11-21T10:00:00Z host app 1 ID1 - counted ").unwrap();
    drop(tcp);
    let mut tcp = TcpStream::connect(running.address("syslog tcp")).unwrap();
    tcp.write_all(
        b"<34>Oct 11 22:14:15 mymachine su: first line\n<34>Oct 11 22:14:15 mymachine su: last line",
    )
    .unwrap();
    drop(tcp);
    running.until("every row", |account| account.stored == 4).await;
    assert_eq!(running.rows(), 4);
    let account = running.account();
    assert_eq!((account.received, account.in_flight, account.imbalance), (4, 0, 0));
    let page = running.metrics.encode().unwrap();
    assert!(page.contains("bytefreezer_shard_log_commits_total{shard=\"0\"}"), "{page}");
    running.proxy.drain().await;
}

const EVERY_KIND: &str = "datasets:
  - dataset: logs
    format: syslog
    testing: true
    inputs:
      - {type: netflow, listen: '127.0.0.1:0'}
      - {type: sflow, listen: '127.0.0.1:0'}
      - {type: udp, listen: '127.0.0.1:0'}
      - {type: tcp, listen: '127.0.0.1:0', framing: newline}
      - {type: ebpf, transport: udp, listen: '127.0.0.1:0'}
      - {type: ipfix, transport: udp, listen: '127.0.0.1:0'}
      - {type: ipfix, transport: tcp, listen: '127.0.0.1:0'}
";

/// Reads until the peer closes.
fn wait_for_end(mut stream: TcpStream) {
    stream.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
    assert_eq!(stream.read(&mut [0; 16]).unwrap_or(0), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_event_says_by_which_kind_of_input_it_came() {
    let running = start(EVERY_KIND).await;
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    for kind in ["netflow udp", "sflow udp", "udp", "ebpf udp", "ipfix udp"] {
        udp.send_to(kind.as_bytes(), running.address(kind)).unwrap();
    }
    let mut tcp = TcpStream::connect(running.address("tcp")).unwrap();
    tcp.write_all(b"5 <1>a\ntcp").unwrap();
    drop(tcp);

    let mut ipfix = TcpStream::connect(running.address("ipfix tcp")).unwrap();
    let message = [&[0, 10, 0, 20][..], &[b'i'; 16]].concat();
    ipfix.write_all(&[&message[..], &message, b"no ipfix"].concat()).unwrap();
    tokio::task::block_in_place(|| wait_for_end(ipfix));
    running.until("every row", |account| account.stored == 10).await;
    let mut kinds = running.column("source_type");
    kinds.sort();
    let expected = ["ebpf", "ipfix", "ipfix", "ipfix", "ipfix", "netflow", "sflow", "tcp", "tcp", "udp"];
    assert_eq!(kinds, expected);
    let raw = running.column("raw");
    assert!(raw.contains(&"no ipfix".to_owned()), "what came where the stream was lost is kept: {raw:?}");
    assert_eq!(running.account().imbalance, 0);
    running.proxy.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn draining_stores_everything_that_was_taken() {
    let running = start(&SYSLOG.replace("testing: true", "testing: false")).await;
    let mut tcp = TcpStream::connect(running.address("syslog tcp")).unwrap();
    for number in 0..10_000 {
        writeln!(tcp, "<34>1 2026-11-21T10:00:00Z host app 1 ID1 - number {number}").unwrap();
    }
    drop(tcp);
    running.until("receipt", |account| account.received == 10_000).await;
    let Running { proxy, ledger, folder, .. } = running;
    proxy.drain().await;
    assert_eq!(ledger.account()[0].stored, 10_000);
    assert_eq!(rows_in(&folder), 10_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dataset_is_decoded_in_its_format_until_a_reload_names_another() {
    let json = SYSLOG.replace("format: syslog", "format: json");
    let mut running = start(&json).await;
    let event = r#"{"name": "value"}"#;
    assert_eq!(post(running.address("http"), event.to_owned()).await.0, 200);
    running.until("the JSON row", |account| account.stored == 1).await;
    assert_eq!(running.account().aside["parse_errors"], 0);

    let syslog = config_of(running.folder.path(), SYSLOG, LOG);
    running.proxy.reload(&syslog).await.unwrap();
    assert_eq!(post(running.address("http"), event.to_owned()).await.0, 200);
    running.until("the row that is no syslog", |account| account.stored == 2).await;
    assert_eq!(running.account().aside["parse_errors"], 1);
    running.proxy.drain().await;
}
