//! The role from its sockets to the objects in a folder store.

use std::collections::HashMap;
use std::io::Write;
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytefreezer_core::config::Config;
use bytefreezer_core::ledger::{DatasetAccount, Ledger};
use bytefreezer_core::metrics::Metrics;
use bytefreezer_core::progress::Progress;
use bytefreezer_lake::pace::SystemPace;
use bytefreezer_lake::{Store, StoreOptions, open_store};
use bytefreezer_proxy::cpus::CpuPlan;
use bytefreezer_proxy::{Proxy, Surroundings};

struct Running {
    proxy: Proxy,
    ledger: Arc<Ledger>,
    folder: tempfile::TempDir,
    metrics: Arc<Metrics>,
}

fn config_of(folder: &Path, datasets: &str) -> Config {
    let yaml = format!(
        "instance: test\ndata_dir: {}\nshards:\n  cpus: [0]\n  log_segment_bytes: 8 MiB\n  log_disk_bytes_max: 64 MiB\n  udp_receive_buffer_bytes: 1 MiB\n  block_pool_bytes: 32 MiB\n{datasets}",
        folder.display()
    );
    let file = folder.join("test.yaml");
    std::fs::write(&file, yaml).unwrap();
    Config::load(Some(&file), None).unwrap()
}

const SYSLOG: &str = "datasets:
  - dataset: logs
    testing: true
    inputs:
      - {type: syslog, transport: udp, listen: '127.0.0.1:0'}
      - {type: syslog, transport: tcp, listen: '127.0.0.1:0'}
      - {type: http, listen: '127.0.0.1:0'}
";

async fn start_in(folder: tempfile::TempDir, datasets: &str) -> Running {
    let config = config_of(folder.path(), datasets);
    let lake = StoreOptions::Folder { path: folder.path().join("lake") };
    let store: Arc<dyn Store> = open_store(lake, Default::default(), Arc::new(SystemPace)).await.unwrap();
    let ledger = Arc::new(Ledger::default());
    let progress = Progress::default();
    let metrics = Arc::new(Metrics::new(Arc::clone(&ledger), progress.clone()));
    let surroundings = Surroundings {
        ledger: Arc::clone(&ledger),
        progress,
        metrics: Arc::clone(&metrics),
        store,
        registries: HashMap::new(),
    };
    let plan = CpuPlan::new(&config.shards.cpus).unwrap();
    let proxy = Proxy::start(config, &plan, surroundings).await.unwrap();
    Running { proxy, ledger, folder, metrics }
}

impl Running {
    fn address(&self, what: &str) -> SocketAddr {
        self.proxy.addresses().into_iter().find(|address| address.what.starts_with(what)).unwrap().address
    }

    fn account(&self) -> DatasetAccount {
        self.ledger.account().remove(0)
    }

    async fn until(&self, what: &str, holds: impl Fn(&DatasetAccount) -> bool) {
        let start = Instant::now();
        while !holds(&self.account()) {
            assert!(start.elapsed() < Duration::from_secs(30), "{what} does not come: {:?}", self.account());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    fn rows(&self) -> usize {
        parquet_files(&self.folder.path().join("lake")).iter().map(|file| rows_of(file)).sum()
    }
}

fn parquet_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(parquet_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "parquet") {
            files.push(path);
        }
    }
    files
}

fn rows_of(file: &Path) -> usize {
    let reader = parquet::file::reader::SerializedFileReader::new(std::fs::File::open(file).unwrap()).unwrap();
    use parquet::file::reader::FileReader;
    reader.metadata().file_metadata().num_rows() as usize
}

#[tokio::test(flavor = "multi_thread")]
async fn datagrams_streams_and_requests_become_rows() {
    let running = start_in(tempfile::tempdir().unwrap(), SYSLOG).await;
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    udp.send_to(b"<34>1 2026-11-21T10:00:00Z host app 1 ID1 - over udp", running.address("syslog udp")).unwrap();
    let mut tcp = TcpStream::connect(running.address("syslog tcp")).unwrap();
    tcp.write_all(b"52 <34>1 2026-11-21T10:00:00Z host app 1 ID1 - counted ").unwrap();
    drop(tcp);
    let mut tcp = TcpStream::connect(running.address("syslog tcp")).unwrap();
    tcp.write_all(b"<34>Oct 11 22:14:15 mymachine su: first line\n<34>Oct 11 22:14:15 mymachine su: last line").unwrap();
    drop(tcp);
    running.until("every row", |account| account.stored == 4).await;
    assert_eq!(running.rows(), 4);
    let account = running.account();
    assert_eq!((account.received, account.in_flight, account.imbalance), (4, 0, 0));
    let page = running.metrics.encode().unwrap();
    assert!(page.contains("bytefreezer_shard_log_commits_total{shard=\"0\"}"), "{page}");
    running.proxy.drain().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn draining_stores_everything_that_was_taken() {
    let running = start_in(tempfile::tempdir().unwrap(), &SYSLOG.replace("testing: true", "testing: false")).await;
    let mut tcp = TcpStream::connect(running.address("syslog tcp")).unwrap();
    for number in 0..10_000 {
        writeln!(tcp, "<34>1 2026-11-21T10:00:00Z host app 1 ID1 - number {number}").unwrap();
    }
    drop(tcp);
    running.until("receipt", |account| account.received == 10_000).await;
    let Running { proxy, ledger, folder, .. } = running;
    proxy.drain().await;
    assert_eq!(ledger.account()[0].stored, 10_000);
    let rows: usize = parquet_files(&folder.path().join("lake")).iter().map(|file| rows_of(file)).sum();
    assert_eq!(rows, 10_000);
}
