//! The role as the program runs it, over folders.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail loudly")]

use std::sync::Arc;
use std::time::Duration;

use bytefreezer_core::config::{Config, Surroundings as ConfigSurroundings};
use bytefreezer_core::ledger::Ledger;
use bytefreezer_core::metrics::Metrics;
use bytefreezer_core::progress::Progress;
use bytefreezer_lake::keys::{BatchKey, batch_prefix, piper_key};
use bytefreezer_lake::store::folder::FolderStore;
use bytefreezer_lake::testing::MemoryStore;
use bytefreezer_lake::{PutCondition, Store, list_all};
use bytefreezer_packer::{Packer, Surroundings};
use hotpath::names::DatasetKey;

const CONFIG: &str = "
instance: box
packer: {poll_interval_seconds: 1}
datasets:
- {tenant: acme, dataset: fw, route: staged, testing: true}
- {tenant: acme, dataset: direct, testing: true}
";

fn config(data_dir: &std::path::Path) -> Config {
    let machine = ConfigSurroundings { variable: &|_| None, hostname: "box".to_owned() };
    Config::from_yaml(CONFIG, "test.yaml", Some(data_dir), &machine).unwrap()
}

fn surroundings(stage: Arc<dyn Store>, lake: Arc<dyn Store>) -> Surroundings {
    let ledger = Arc::new(Ledger::default());
    let progress = Progress::default();
    let metrics = Arc::new(Metrics::new(Arc::clone(&ledger), progress.clone()));
    Surroundings { ledger, progress, metrics, stage, lake }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_role_packs_what_comes_into_the_stage_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let open = |name: &str| FolderStore::open(folder.path().join(name));
    let stage: Arc<dyn Store> = Arc::new(open("piper").await.unwrap());
    let lake: Arc<dyn Store> = Arc::new(open("lake").await.unwrap());
    let surroundings = surroundings(Arc::clone(&stage), Arc::clone(&lake));
    let ledger = Arc::clone(&surroundings.ledger);
    let (progress, metrics) = (surroundings.progress.clone(), Arc::clone(&surroundings.metrics));
    let packer = Packer::start(config(folder.path()), surroundings).await.unwrap();

    let dataset = DatasetKey::new("acme", "fw").unwrap();
    for number in 0..3 {
        let key = piper_key(&BatchKey {
            dataset: dataset.clone(),
            received_ns: number,
            batch: "edge-0-1-2".to_owned(),
        });
        let row = "{\"event_time\":\"2026-11-22T03:04:05.000000Z\",\"message\":\"hello\"}\n";
        stage.put_bytes(&key, row.repeat(100).into(), PutCondition::None).await.unwrap();
    }
    tokio::time::timeout(Duration::from_secs(60), async {
        while ledger.account().iter().map(|account| account.stored).sum::<u64>() < 300 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await
    .expect("the batches are packed within a minute");
    assert!(!list_all(lake.as_ref(), "acme/fw/data/", 100).await.unwrap().is_empty());
    assert!(progress.is_ready(), "{:?}", progress.report());
    let metrics = metrics.encode().unwrap();
    let line = "bytefreezer_packer_packed_batches_total{tenant=\"acme\",dataset=\"fw\"} 3";
    assert!(metrics.lines().any(|found| found == line), "{metrics}");
    packer.drain().await;
    let left = list_all(stage.as_ref(), &batch_prefix(&dataset), 100).await.unwrap();
    assert!(left.is_empty(), "{left:?}");
    assert!(lake.head("acme/direct/metadata/leases/packer.json").await.is_err(), "that one is not staged");
}

#[tokio::test]
async fn a_lake_that_holds_no_conditions_is_refused_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let careless: Arc<dyn Store> = Arc::new(MemoryStore::without_conditions());
    let surroundings = surroundings(Arc::new(MemoryStore::default()), careless);
    let error = Packer::start(config(folder.path()), surroundings).await.unwrap_err();
    let text = format!("{error:#}");
    assert!(text.contains("If-None-Match") && text.contains("SeaweedFS"), "{text}");
}
