//! Starts the role as the process does, and sends to it as other programs do.

#![allow(dead_code, reason = "no test uses all of it")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytefreezer_core::config::Config;
use bytefreezer_core::ledger::{DatasetAccount, Ledger};
use bytefreezer_core::metrics::Metrics;
use bytefreezer_core::progress::Progress;
use bytefreezer_lake::store::folder::FolderStore;
use bytefreezer_lake::{Store, list_all};
use bytefreezer_receiver::{Receiver, Surroundings};
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

/// Longest wait for something that is to happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// A role that runs in a folder of its own.
pub struct Running {
    pub receiver: Receiver,
    pub ledger: Arc<Ledger>,
    pub progress: Progress,
    pub metrics: Arc<Metrics>,
    pub intake: Arc<dyn Store>,
}

/// A configuration with these settings of the receiver beside an address and tokens.
pub fn config_of(folder: &Path, receiver: &str) -> Config {
    let yaml = format!(
        "instance: test\ndata_dir: {}\n\
         receiver:\n  listen: 127.0.0.1:0\n  batch_age_max_seconds: 1\n\
         \x20 tokens: [{{token: all}}, {{token: only-acme, tenant: acme}}, {{token: only-other, tenant: other}}]\n{receiver}\
         datasets:\n\
         \x20 - {{tenant: acme, dataset: logs, route: staged, format: json}}\n\
         \x20 - {{tenant: acme, dataset: syslog, route: staged, format: syslog}}\n\
         \x20 - {{tenant: acme, dataset: flows, route: staged, format: netflow}}\n\
         \x20 - {{tenant: acme, dataset: direct, format: json}}\n\
         \x20 - {{tenant: other, dataset: logs, route: staged, format: json}}\n",
        folder.display()
    );
    let file = folder.join("test.yaml");
    std::fs::write(&file, yaml).unwrap();
    Config::load(Some(&file), None).unwrap()
}

/// A stage in the folder `intake` of this folder.
pub async fn folder_stage(folder: &tempfile::TempDir) -> Arc<dyn Store> {
    Arc::new(FolderStore::open(folder.path().join("intake")).await.unwrap())
}

/// Starts the role; one before in the same folder may still be ending.
pub async fn start(folder: &tempfile::TempDir, settings: &str, intake: Arc<dyn Store>) -> Running {
    let begun = Instant::now();
    loop {
        let (ledger, progress) = (Arc::new(Ledger::default()), Progress::default());
        let metrics = Arc::new(Metrics::new(Arc::clone(&ledger), progress.clone()));
        let surroundings = Surroundings {
            ledger: Arc::clone(&ledger),
            progress: progress.clone(),
            metrics: Arc::clone(&metrics),
            intake: Arc::clone(&intake),
        };
        match Receiver::start(&config_of(folder.path(), settings), surroundings).await {
            Ok(receiver) => return Running { receiver, ledger, progress, metrics, intake },
            Err(error) => assert!(begun.elapsed() < PATIENCE, "{error:#}"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

impl Running {
    pub fn address(&self) -> SocketAddr {
        self.receiver.addresses()[0]
    }

    /// The account of `acme/{dataset}`, all zero before anything was counted.
    pub fn account(&self, dataset: &str) -> DatasetAccount {
        let found =
            self.ledger.account().into_iter().find(|one| one.tenant == "acme" && one.dataset == dataset);
        found.unwrap_or_else(|| panic!("nothing was counted for {dataset}"))
    }

    /// Waits until so many rows of the dataset are stored, and nothing is on the way.
    pub async fn until_stored(&self, dataset: &str, rows: u64) {
        let stored = || {
            let account = self.account(dataset);
            assert_eq!(account.imbalance, 0);
            account.stored == rows && account.in_flight == 0
        };
        until(&format!("{rows} rows of {dataset}"), stored).await;
    }

    /// Sends a request and reads the answer.
    pub async fn send(&self, request: Request) -> Answer {
        let address = self.address();
        tokio::task::spawn_blocking(move || request.send(address)).await.unwrap()
    }

    /// The state of a component as `/readyz` tells it.
    pub fn component(&self, name: &str) -> &'static str {
        self.progress.report().into_iter().find(|report| report.name == name).unwrap().state
    }

    /// The objects of the stage, unpacked, by key.
    pub async fn objects(&self) -> Vec<(String, String)> {
        let mut objects = Vec::new();
        for object in list_all(self.intake.as_ref(), "", 1000).await.unwrap() {
            if object.key.ends_with(".ndjson.gz") {
                let packed = self.intake.get(&object.key, 1 << 30).await.unwrap().bytes;
                let mut text = String::new();
                MultiGzDecoder::new(packed.as_ref()).read_to_string(&mut text).unwrap();
                objects.push((object.key, text));
            }
        }
        objects
    }
}

/// Waits until something holds.
pub async fn until(what: &str, holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "{what}: does not come");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// A request to be sent.
#[derive(Clone)]
pub struct Request {
    pub path: String,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// Head and body, in lower case.
    pub text: String,
}

impl Request {
    /// One with a token that may send anywhere.
    pub fn new(path: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("authorization".to_owned(), "Bearer all".to_owned())];
        Self { path: path.to_owned(), headers, body: body.into() }
    }

    /// A batch of these rows, not packed.
    pub fn rows(batch: &str, rows: &str) -> Self {
        Self::new("/acme/logs", rows)
            .with("x-proxy-batch-id", batch)
            .with("x-proxy-line-count", &rows.lines().count().to_string())
            .with("x-proxy-created-at", "2026-11-22T03:04:05.000000006Z")
            .with("x-proxy-data-hint", "rows")
    }

    /// With a header, instead of one of that name.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self = self.without(name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| known != name);
        self
    }

    /// With its body packed.
    pub fn packed(mut self, coding: &str) -> Self {
        self.body = match coding {
            "gzip" => gzip(&self.body),
            "zstd" => zstd::encode_all(&self.body[..], 1).unwrap(),
            other => panic!("{other}"),
        };
        self.with("content-encoding", coding)
    }

    /// The head, with what says how long the body is.
    pub fn head(&self, length: &str) -> String {
        let headers: String =
            self.headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        format!("POST {} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n{headers}{length}\r\n\r\n", self.path)
    }

    fn send(&self, address: SocketAddr) -> Answer {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(self.head(&format!("content-length: {}", self.body.len())).as_bytes()).unwrap();
        // Refused meanwhile, perhaps.
        let _ = stream.write_all(&self.body);
        read_answer(&mut stream)
    }
}

pub fn read_answer(stream: &mut TcpStream) -> Answer {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    let _ = stream.shutdown(Shutdown::Both);
    let text = String::from_utf8_lossy(&bytes).to_lowercase();
    let status = text.split(' ').nth(1).unwrap_or_else(|| panic!("no answer: {text}")).parse().unwrap();
    Answer { status, text }
}

pub fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

/// So many rows, from a number on.
pub fn rows(first: usize, count: usize) -> String {
    (first..first + count)
        .map(|number| format!("{{\"event_time\":\"2026-11-22T03:04:05.000006Z\",\"number\":{number}}}\n"))
        .collect()
}

/// The files of the spool, below its folder.
pub fn spool_files(folder: &tempfile::TempDir) -> Vec<String> {
    let mut files = Vec::new();
    for part in ["arriving", "gathering", "waiting"] {
        for entry in std::fs::read_dir(folder.path().join("receiver").join(part)).unwrap() {
            files.push(format!("{part}/{}", entry.unwrap().file_name().to_string_lossy()));
        }
    }
    files
}
