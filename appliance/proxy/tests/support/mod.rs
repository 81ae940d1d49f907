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

    pub fn column(&self, name: &str) -> Vec<String> {
        column_in(&self.folder, name)
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

/// What was answered to a request.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| self.text().into())
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(':'));
        fields.into_iter().find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
    }
}

/// The answer to one request on a connection of its own.
pub async fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let mut request = format!("{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    let mut request = format!("{request}content-length: {}\r\n\r\n", body.len()).into_bytes();
    request.extend_from_slice(body);
    let answered = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(&request).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        answer
    });
    let answer = answered.await.unwrap();
    let head_end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let head = String::from_utf8(answer[..head_end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head, body: answer[head_end + 4..].to_vec() }
}

/// The statuses of POSTs that go over one connection.
pub async fn send_on_one_connection(address: SocketAddr, requests: &[(&str, &str)]) -> Vec<u16> {
    let mut bytes = String::new();
    for (number, (path, body)) in requests.iter().enumerate() {
        let close = if number + 1 == requests.len() { "connection: close\r\n" } else { "" };
        let length = body.len();
        bytes.push_str(&format!(
            "POST {path} HTTP/1.1\r\nhost: test\r\n{close}content-length: {length}\r\n\r\n{body}"
        ));
    }
    let answered = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(bytes.as_bytes()).unwrap();
        let mut answers = String::new();
        stream.read_to_string(&mut answers).unwrap();
        answers
    });
    let answers = answered.await.unwrap();
    answers.split("HTTP/1.1 ").skip(1).map(|answer| answer[..3].parse().unwrap()).collect()
}

/// A port that nobody has at the moment.
pub fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A text column of every row in the store of this folder.
fn column_in(folder: &tempfile::TempDir, name: &str) -> Vec<String> {
    use parquet::file::reader::FileReader;
    use parquet::record::Field;
    let mut values = Vec::new();
    for file in parquet_files(&folder.path().join("lake")) {
        let file = std::fs::File::open(file).unwrap();
        let reader = parquet::file::reader::SerializedFileReader::new(file).unwrap();
        for row in reader.get_row_iter(None).unwrap() {
            for (column, value) in row.unwrap().get_column_iter() {
                if let (true, Field::Str(text)) = (column == name, value) {
                    values.push(text.clone());
                }
            }
        }
    }
    values
}
