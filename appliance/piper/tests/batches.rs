//! Batches on their way through a piper: what comes out, and what is left when it dies or they are damaged.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytefreezer_core::config::{Config, PiperConfig};
use bytefreezer_core::ledger::Ledger;
use bytefreezer_core::progress::Progress;
use bytefreezer_lake::testing::{FaultyStore, MemoryStore};
use bytefreezer_lake::{PutCondition, Store};
use bytefreezer_piper::{Piper, Surroundings};
use flate2::Compression;
use flate2::write::GzEncoder;
use hotpath::layout::{BatchKey, intake_key, piper_key};
use hotpath::names::DatasetKey;
use tempfile::TempDir;

const WAIT_MAX: Duration = Duration::from_secs(30);

fn dataset() -> DatasetKey {
    DatasetKey::new("acme", "fw").unwrap()
}

fn batch(number: u64) -> BatchKey {
    BatchKey { dataset: dataset(), received_ns: number, batch: format!("edge-0-{number}-{number}") }
}

fn row(severity: u8, message: &str) -> String {
    format!(r#"{{"event_time":"2026-11-22T03:04:05.000006Z","severity":{severity},"message":"{message}"}}"#)
}

fn packed(lines: &[String]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    for line in lines {
        writeln!(packer, "{line}").unwrap();
    }
    packer.finish().unwrap()
}

/// The stages, and a folder for files.
struct Site {
    intake: Arc<MemoryStore>,
    output: Arc<MemoryStore>,
    folder: TempDir,
    ledger: Arc<Ledger>,
    keep_days: u64,
}

impl Site {
    fn new() -> Self {
        Self {
            intake: Arc::default(),
            output: Arc::default(),
            folder: tempfile::tempdir().unwrap(),
            ledger: Arc::default(),
            keep_days: 0,
        }
    }

    async fn put(&self, batch: &BatchKey, bytes: Vec<u8>) {
        self.intake.put_bytes(&intake_key(batch), bytes.into(), PutCondition::None).await.unwrap();
    }

    /// A piper over other stores than its own; its name is that of its folder.
    async fn start_over(
        &self,
        name: &str,
        intake: Arc<dyn Store>,
        output: Arc<dyn Store>,
    ) -> anyhow::Result<Piper> {
        let datasets = serde_json::json!([{
            "tenant": "acme", "dataset": "fw", "route": "staged",
            "filters": [
                {"type": "drop", "config": {"condition": "severity == 7"}},
                {"type": "add_field", "config": {"field": "site", "value": "north"}}
            ]
        }]);
        let config = Config {
            instance: name.to_owned(),
            data_dir: self.folder.path().join(name),
            datasets: serde_json::from_value(datasets).unwrap(),
            piper: PiperConfig {
                poll_interval_seconds: 1,
                lease_seconds: 3,
                keep_days: self.keep_days,
                ..PiperConfig::default()
            },
            ..Config::default()
        };
        let surroundings = Surroundings {
            ledger: Arc::clone(&self.ledger),
            progress: Progress::default(),
            intake,
            output,
            registries: std::collections::HashMap::default(),
        };
        Piper::start(&config, surroundings).await
    }

    async fn start(&self) -> Piper {
        self.start_over("piper", self.intake.clone(), self.output.clone()).await.unwrap()
    }

    async fn output_of(&self, batch: &BatchKey) -> Option<String> {
        let object = self.output.get(&piper_key(batch), 1 << 20).await.ok()?;
        Some(String::from_utf8(object.bytes.to_vec()).unwrap())
    }

    fn batches_left(&self) -> usize {
        self.intake.keys().iter().filter(|key| key.ends_with(".ndjson.gz")).count()
    }
}

async fn wait_until(what: &str, is_so: impl Fn() -> bool) {
    let started = Instant::now();
    while !is_so() {
        assert!(started.elapsed() < WAIT_MAX, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_goes_through_the_filters_and_its_source_is_released() {
    let site = Site::new();
    let lines = [row(4, "kept"), row(7, "dropped"), "no row".to_owned(), row(5, "kept too")];
    site.put(&batch(1), packed(&lines)).await;
    let piper = site.start().await;
    wait_until("the batch is worked on", || site.batches_left() == 0).await;
    piper.drain().await;

    let expected: String = [row(4, "kept"), row(5, "kept too")]
        .iter()
        .map(|line| format!("{},\"site\":\"north\"}}\n", line.trim_end_matches('}')))
        .collect();
    assert_eq!(site.output_of(&batch(1)).await.unwrap(), expected);
    let refused = site.output.get("acme/fw/dead_letters/1--edge-0-1-1.ndjson", 1000).await.unwrap();
    assert_eq!(refused.bytes, "{\"reason\":\"no JSON (RFC 8259)\",\"line\":\"no row\"}\n");

    let account = &site.ledger.account()[0];
    let events = (account.received, account.filtered, account.rejected, account.stored, account.imbalance);
    assert_eq!(events, (4, 1, 1, 2, 0));
    // The lease of what is done is not left behind.
    assert_eq!(site.intake.keys(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_which_nothing_is_left_is_released_all_the_same() {
    let site = Site::new();
    site.put(&batch(1), packed(&[row(7, "dropped")])).await;
    let piper = site.start().await;
    wait_until("the batch is worked on", || site.batches_left() == 0).await;
    piper.drain().await;
    assert!(site.output.keys().is_empty(), "{:?}", site.output.keys());
    assert_eq!(site.ledger.account()[0].filtered, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_kept_whole_with_its_reason() {
    let site = Site::new();
    let mut cut = packed(&[row(4, "kept")]);
    cut.truncate(cut.len() - 9);
    site.put(&batch(1), cut.clone()).await;
    site.put(&batch(2), b"not packed".to_vec()).await;
    let piper = site.start().await;
    wait_until("both are set aside", || site.batches_left() == 0).await;
    piper.drain().await;
    assert_eq!(site.output_of(&batch(1)).await, None);
    let kept = site.output.get("acme/fw/dead_letters/1--edge-0-1-1.ndjson.gz", 1000).await.unwrap();
    assert_eq!(kept.bytes, cut);
    for number in [1, 2] {
        let note = format!("acme/fw/dead_letters/{number}--edge-0-{number}-{number}.json");
        let note: serde_json::Value =
            serde_json::from_slice(&site.output.get(&note, 1000).await.unwrap().bytes).unwrap();
        assert_eq!(note["key"], intake_key(&batch(number)));
        assert!(!note["reason"].as_str().unwrap().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_pipers_share_the_batches() {
    let site = Site::new();
    for number in 1..=40 {
        site.put(&batch(number), packed(&[row(4, &number.to_string())])).await;
    }
    let mut pipers = Vec::new();
    for name in ["one", "two", "three"] {
        pipers.push(site.start_over(name, site.intake.clone(), site.output.clone()).await.unwrap());
    }
    wait_until("all are worked on", || site.batches_left() == 0).await;
    for piper in pipers {
        piper.drain().await;
    }
    assert_eq!(site.output.keys().len(), 40);
    // Each was worked on once: nobody came into the quarter of another.
    assert_eq!(site.ledger.account()[0].stored, 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_is_kept_is_not_worked_on_again() {
    let mut site = Site::new();
    site.keep_days = 1;
    site.put(&batch(1), packed(&[row(4, "kept")])).await;
    let piper = site.start().await;
    let is_done = |site: &Site| site.intake.keys().iter().any(|key| key.contains("/done/"));
    wait_until("the batch is done", || is_done(&site)).await;
    site.output.delete(&piper_key(&batch(1))).await.unwrap();
    // Two more looks.
    tokio::time::sleep(Duration::from_millis(2500)).await;
    piper.drain().await;
    assert_eq!(site.output_of(&batch(1)).await, None);
    assert_eq!(site.batches_left(), 1, "it is kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_piper_that_dies_at_any_call_loses_nothing_and_doubles_nothing() {
    let mut deaths = Vec::new();
    for call in 1..40 {
        for (dies_in_intake, does_its_work) in [(true, false), (true, true), (false, false), (false, true)] {
            deaths.push(tokio::spawn(die_and_be_followed(call, dies_in_intake, does_its_work)));
        }
    }
    for death in deaths {
        death.await.unwrap();
    }
}

/// One piper dies at a call of a stage; the next one comes over the same stages.
async fn die_and_be_followed(call: u64, dies_in_intake: bool, does_its_work: bool) {
    let site = Site::new();
    let lines = [row(4, "one"), row(7, "dropped"), row(5, "two")];
    site.put(&batch(1), packed(&lines)).await;
    let mut stages: [Arc<dyn Store>; 2] = [site.intake.clone(), site.output.clone()];
    let dying = &mut stages[usize::from(!dies_in_intake)];
    *dying = Arc::new(FaultyStore::dying_at(Arc::clone(dying), call, does_its_work));
    let [intake, output] = stages;
    if let Ok(first) = site.start_over("first", intake, output).await {
        tokio::time::sleep(Duration::from_millis(300)).await;
        first.drain().await;
    }
    let second = site.start_over("second", site.intake.clone(), site.output.clone()).await.unwrap();
    wait_until("the second one ends what the first began", || site.batches_left() == 0).await;
    second.drain().await;
    let output = site.output_of(&batch(1)).await.unwrap();
    assert_eq!(output.lines().count(), 2, "call {call}: {output}");
    let rows: Vec<String> = site.output.keys().into_iter().filter(|key| key.ends_with(".ndjson")).collect();
    assert_eq!(rows, [piper_key(&batch(1))]);
}
