//! Starts the role as the process does, with what a test wants to be different.

#![allow(dead_code, reason = "no test uses all of it")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
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

/// A role that runs in a folder of its own.
pub struct Running {
    pub proxy: Proxy,
    pub ledger: Arc<Ledger>,
    pub folder: tempfile::TempDir,
    pub metrics: Arc<Metrics>,
    pub progress: Progress,
}

/// A configuration with these datasets and these settings of the log.
pub fn config_of(folder: &Path, datasets: &str, log: &str) -> Config {
    let yaml = format!(
        "instance: test\ndata_dir: {}\nshards: {{cpus: [0], udp_receive_buffer_bytes: 1 MiB, block_pool_bytes: 32 MiB, {log}}}\n{datasets}",
        folder.display()
    );
    let file = folder.join("test.yaml");
    std::fs::write(&file, yaml).unwrap();
    Config::load(Some(&file), None).unwrap()
}

/// The status and the whole answer, in lower case, to a request at the HTTP input of `default/logs`.
pub async fn post(address: SocketAddr, body: String) -> (u16, String) {
    let request = format!(
        "POST /ingest/default/logs HTTP/1.1\r\nhost: test\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let answered = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.to_lowercase()
    });
    let answer = answered.await.unwrap();
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    (status, answer)
}

/// A store in the folder `lake` of this folder.
pub async fn folder_store(folder: &tempfile::TempDir) -> Arc<dyn Store> {
    let lake = StoreOptions::Folder { path: folder.path().join("lake") };
    open_store(lake, Default::default(), Arc::new(SystemPace)).await.unwrap()
}

/// Starts the role with these datasets and these settings of the log.
pub async fn start_in(
    folder: tempfile::TempDir,
    datasets: &str,
    log: &str,
    store: Arc<dyn Store>,
) -> Running {
    let config = config_of(folder.path(), datasets, log);
    let ledger = Arc::new(Ledger::default());
    let progress = Progress::default();
    let metrics = Arc::new(Metrics::new(Arc::clone(&ledger), progress.clone()));
    let surroundings = Surroundings {
        ledger: Arc::clone(&ledger),
        progress: progress.clone(),
        metrics: Arc::clone(&metrics),
        store,
        registries: HashMap::new(),
    };
    let plan = CpuPlan::new(&config.shards.cpus).unwrap();
    let proxy = Proxy::start(config, &plan, surroundings).await.unwrap();
    Running { proxy, ledger, folder, metrics, progress }
}

impl Running {
    pub fn address(&self, what: &str) -> SocketAddr {
        self.proxy.addresses().into_iter().find(|address| address.what.starts_with(what)).unwrap().address
    }

    pub fn account(&self) -> DatasetAccount {
        self.ledger.account().remove(0)
    }

    pub async fn until(&self, what: &str, holds: impl Fn(&DatasetAccount) -> bool) {
        let start = Instant::now();
        while !holds(&self.account()) {
            assert!(start.elapsed() < Duration::from_secs(30), "{what} does not come: {:?}", self.account());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub fn rows(&self) -> usize {
        rows_in(&self.folder)
    }
}

/// Rows of all Parquet files in the store of this folder.
pub fn rows_in(folder: &tempfile::TempDir) -> usize {
    parquet_files(&folder.path().join("lake")).iter().map(|file| rows_of(file)).sum()
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
    let reader =
        parquet::file::reader::SerializedFileReader::new(std::fs::File::open(file).unwrap()).unwrap();
    use parquet::file::reader::FileReader;
    reader.metadata().file_metadata().num_rows() as usize
}
