//! A packer that is stopped at any step loses nothing and does nothing twice.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use async_trait::async_trait;
use bytefreezer_core::ledger::Ledger;
use bytefreezer_core::metrics::Metrics;
use bytefreezer_core::progress::Progress;
use bytefreezer_core::shutdown::{Shutdown, ShutdownTrigger, shutdown};
use bytefreezer_lake::keys::{BatchKey, data_prefix, partitions_key, piper_key};
use bytefreezer_lake::pace::Pace;
use bytefreezer_lake::partitions::Partitions;
use bytefreezer_lake::store::prefixed::PrefixedStore;
use bytefreezer_lake::testing::{Fault, FaultyStore, MemoryStore};
use bytefreezer_lake::{LeaseBoard, PutCondition, Store, list_all};
use bytes::Bytes;
use hotpath::cut::FileKind;
use hotpath::encode::DatasetOptions;
use hotpath::names::DatasetKey;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use crate::book::{Keeping, PlanBook};
use crate::dataset::{DatasetPacker, Settings, Site, Turn};
use crate::error::PackError;
use crate::metrics::PackerMetrics;
use crate::plan::{Plan, PlanSource, PlanState, dead_letters_key, plan_key};

const LEASE: Duration = Duration::from_secs(60);

/// Time that moves when a test says so. Nobody waits for long: who would is not woken.
#[derive(Debug, Default)]
struct HandPace {
    now_us: AtomicU64,
}

impl HandPace {
    fn pass(&self, time: Duration) {
        self.now_us.fetch_add(time.as_micros() as u64, Ordering::Relaxed);
    }
}

#[async_trait]
impl Pace for HandPace {
    fn now_us(&self) -> i64 {
        1_795_266_121_000_000 + self.now_us.load(Ordering::Relaxed) as i64
    }

    fn monotonic(&self) -> Duration {
        Duration::from_micros(self.now_us.load(Ordering::Relaxed))
    }

    async fn sleep(&self, pause: Duration) {
        if pause >= Duration::from_secs(5) {
            std::future::pending::<()>().await;
        }
        tokio::task::yield_now().await;
    }

    fn jitter(&self, most: Duration) -> Duration {
        most
    }
}

fn fw() -> DatasetKey {
    DatasetKey::new("acme", "fw").unwrap()
}

/// Stage and lake in one memory, and a clock.
struct World {
    memory: Arc<MemoryStore>,
    pace: Arc<HandPace>,
    folder: tempfile::TempDir,
    ledger: Arc<Ledger>,
    _stop: ShutdownTrigger,
    stop: Shutdown,
}

impl World {
    fn new() -> Self {
        let (stop_trigger, stop) = shutdown();
        Self {
            memory: Arc::default(),
            pace: Arc::default(),
            folder: tempfile::tempdir().unwrap(),
            ledger: Arc::default(),
            _stop: stop_trigger,
            stop,
        }
    }

    fn stage(&self) -> PrefixedStore {
        PrefixedStore::new(Arc::clone(&self.memory) as Arc<dyn Store>, "piper").unwrap()
    }

    fn lake(&self) -> PrefixedStore {
        PrefixedStore::new(Arc::clone(&self.memory) as Arc<dyn Store>, "lake").unwrap()
    }

    /// A packer that sees the memory through `store`.
    fn packer_over(&self, name: &str, store: Arc<dyn Store>) -> DatasetPacker {
        let lake: Arc<dyn Store> = Arc::new(PrefixedStore::new(Arc::clone(&store), "lake").unwrap());
        let pace: Arc<dyn Pace> = Arc::clone(&self.pace) as Arc<dyn Pace>;
        let site = Site {
            stage: Arc::new(PrefixedStore::new(store, "piper").unwrap()),
            board: LeaseBoard::new(Arc::clone(&lake), Arc::clone(&pace)),
            lake,
            pace,
            instance: name.to_owned(),
            spool: self.folder.path().join(name),
            lease_length: LEASE,
            keeping: Keeping::for_days(30),
            memory_bytes_max: 16 << 20,
            on_progress: Arc::new(|| ()),
        };
        let settings = Settings {
            key: fw(),
            file_bytes_max: 128 << 20,
            age_max: Duration::ZERO,
            options: DatasetOptions { kind: FileKind::Parquet, ..DatasetOptions::default() },
        };
        let metrics = PackerMetrics::register(&Metrics::new(Arc::clone(&self.ledger), Progress::default()));
        let account = self.ledger.open(&fw(), 0).unwrap();
        DatasetPacker::new(settings, Arc::new(site), account, metrics.of(&fw()))
    }

    fn packer(&self, name: &str) -> DatasetPacker {
        self.packer_over(name, Arc::clone(&self.memory) as Arc<dyn Store>)
    }

    async fn put_batch(&self, received_ns: u64, content: impl Into<Bytes>) -> String {
        let key = piper_key(&BatchKey { dataset: fw(), received_ns, batch: "edge-0-1-2".to_owned() });
        self.stage().put_bytes(&key, content.into(), PutCondition::None).await.unwrap();
        key
    }

    /// Turns until nothing is left in the stage; the clock moves on between them.
    async fn pack_all(&self, packer: &mut DatasetPacker) {
        for _ in 0..20 {
            packer.turn(&self.stop).await.unwrap();
            if self.waiting().await.is_empty() {
                return;
            }
            self.pace.pass(LEASE / 2);
        }
        panic!("batches are left: {:?}", self.waiting().await);
    }

    async fn waiting(&self) -> Vec<String> {
        let left = list_all(&self.stage(), "acme/fw/", 100_000).await.unwrap();
        left.into_iter().map(|object| object.key).collect()
    }

    /// Parquet objects, listed or not.
    async fn objects(&self) -> usize {
        list_all(&self.lake(), &data_prefix(&fw()), 1_000).await.unwrap().len()
    }

    /// How often each `id` is in the files that are listed. Every object must be listed, and listed right.
    async fn ids(&self) -> BTreeMap<i64, usize> {
        let lake = self.lake();
        let mut ids = BTreeMap::new();
        let there = list_all(&lake, &data_prefix(&fw()), 100_000).await.unwrap();
        if there.is_empty() {
            return ids;
        }
        let list = lake.get(&partitions_key(&fw()), 1 << 30).await.unwrap();
        let list: Partitions = serde_json::from_slice(&list.bytes).unwrap();
        let listed: Vec<_> = list.files.iter().map(|file| (file.key.clone(), file.bytes)).collect();
        let there: Vec<_> = there.into_iter().map(|object| (object.key, object.bytes)).collect();
        assert_eq!(listed, there);
        for file in &list.files {
            let bytes = lake.get(&file.key, 1 << 30).await.unwrap().bytes;
            let mut rows = 0;
            for batch in ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap().build().unwrap() {
                let batch = batch.unwrap();
                rows += batch.num_rows() as u64;
                for id in batch.column_by_name("id").unwrap().as_primitive::<Int64Type>().values() {
                    *ids.entry(*id).or_default() += 1;
                }
            }
            assert_eq!(rows, file.rows, "{}", file.key);
        }
        ids
    }

    async fn assert_packed_once(&self, ids: std::ops::Range<i64>, what: &str) {
        let wanted: BTreeMap<i64, usize> = ids.map(|id| (id, 1)).collect();
        assert_eq!(self.ids().await, wanted, "{what}");
    }

    async fn dead_letters(&self, number: u64) -> Vec<serde_json::Value> {
        let object = self.lake().get(&dead_letters_key(&fw(), number), 1 << 20).await.unwrap();
        object
            .bytes
            .split(|byte| *byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect()
    }
}

/// A row; every hundredth is of the next hour.
fn row(id: i64) -> String {
    let (hour, second) = (3 + id / 100, id % 60);
    format!(
        "{{\"event_time\":\"2026-11-22T{hour:02}:00:{second:02}.000000Z\",\"id\":{id},\"message\":\"number {id}\"}}\n"
    )
}

fn rows(ids: std::ops::Range<i64>) -> String {
    ids.map(row).collect()
}

/// Three batches with rows of two hours; one line of them is no row.
async fn three_batches(world: &World) -> String {
    world.put_batch(1, rows(0..50)).await;
    world.put_batch(2, format!("{}not a row\n{}", rows(50..70), rows(70..120))).await;
    world.put_batch(3, rows(120..130)).await
}

#[tokio::test]
async fn batches_become_files_by_hour_and_what_is_no_row_is_kept() {
    let world = World::new();
    three_batches(&world).await;
    let mut packer = world.packer("a");
    assert_eq!(packer.turn(&world.stop).await.unwrap(), Turn::Packed(1));
    world.assert_packed_once(0..130, "all").await;
    assert!(world.waiting().await.is_empty());
    let files = list_all(&world.lake(), &data_prefix(&fw()), 10).await.unwrap();
    let keys: Vec<&str> = files.iter().map(|file| file.key.as_str()).collect();
    assert_eq!(
        keys,
        [
            "acme/fw/data/parquet/year=2026/month=11/day=22/hour=03/packer-0-1-1.parquet",
            "acme/fw/data/parquet/year=2026/month=11/day=22/hour=04/packer-0-1-1.parquet",
        ]
    );
    let letters = world.dead_letters(1).await;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0]["line"], "not a row");
    let account = &world.ledger.account()[0];
    let told = (account.received, account.stored, account.rejected, account.in_flight, account.imbalance);
    assert_eq!(told, (131, 130, 1, 0, 0));
    assert_eq!(packer.turn(&world.stop).await.unwrap(), Turn::Idle);
}

#[tokio::test]
async fn wherever_a_packer_dies_the_next_one_ends_with_every_row_once() {
    for does_its_work in [false, true] {
        let mut last_call = 0;
        for call in 1..200 {
            let world = World::new();
            let last_batch = three_batches(&world).await;
            let dying = Arc::new(FaultyStore::dying_at(
                Arc::clone(&world.memory) as Arc<dyn Store>,
                call,
                does_its_work,
            ));
            let mut first = world.packer_over("a", Arc::clone(&dying) as Arc<dyn Store>);
            drop(first.turn(&world.stop).await);
            drop(first);
            if dying.calls() < call {
                break;
            }
            last_call = call;
            let mut second = world.packer("b");
            world.pack_all(&mut second).await;
            let what = format!("call {call}, its work done: {does_its_work}");
            world.assert_packed_once(0..130, &what).await;
            assert_eq!(world.dead_letters(1).await.len(), 1, "{what}");

            // The last batch comes again, its answer having been lost.
            let again = world.put_batch(3, rows(120..130)).await;
            assert_eq!(again, last_batch);
            world.pack_all(&mut second).await;
            world.assert_packed_once(0..130, &what).await;
        }
        assert!(last_call > 15, "a plan makes more calls than {last_call}");
    }
}

#[tokio::test]
async fn a_packer_whose_calls_fail_now_and_then_goes_on_by_itself() {
    for call in 1..60 {
        let world = World::new();
        three_batches(&world).await;
        let faulty = FaultyStore::failing_call(Arc::clone(&world.memory) as Arc<dyn Store>, call);
        let mut packer = world.packer_over("a", Arc::new(faulty));
        for _ in 0..10 {
            drop(packer.turn(&world.stop).await);
            world.pace.pass(LEASE / 2);
        }
        assert!(world.waiting().await.is_empty(), "call {call}");
        world.assert_packed_once(0..130, &format!("call {call}")).await;
        let account = &world.ledger.account()[0];
        assert_eq!((account.stored, account.imbalance), (130, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_packers_share_a_dataset_over_a_store_that_fails_now_and_then() {
    let world = Arc::new(World::new());
    // Mixed well: a plain sequence would fail the same step of one turn after the other.
    let plan = |call: u64| {
        let mixed = call.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        match (mixed >> 31) & 63 {
            0 => Some(Fault::Refused),
            1 => Some(Fault::LostReply),
            _ => None,
        }
    };
    let mut packers = tokio::task::JoinSet::new();
    for number in 0..3 {
        let world = Arc::clone(&world);
        packers.spawn(async move {
            let store = FaultyStore::new(Arc::clone(&world.memory) as Arc<dyn Store>, plan);
            let mut packer = world.packer_over(&format!("packer-{number}"), Arc::new(store));
            let mut quiet = 0;
            while quiet < 50 {
                let done = packer.turn(&world.stop).await;
                quiet = if world.waiting().await.is_empty() { quiet + 1 } else { 0 };
                drop(done);
                // Thirty times as fast as the clock on the wall: a plan takes less than a lease lasts, on a busy machine too.
                world.pace.pass(Duration::from_millis(20));
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        });
    }
    for number in 0..40_u64 {
        let first = number as i64 * 10;
        world.put_batch(number, rows(first..first + 10)).await;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    tokio::time::timeout(Duration::from_secs(120), packers.join_all()).await.expect("they come to an end");
    world.assert_packed_once(0..400, "three packers").await;
}

#[tokio::test]
async fn a_large_plan_is_divided_and_its_parts_are_the_same_whoever_makes_them() {
    let mut keys = Vec::new();
    for name in ["a", "b"] {
        let world = World::new();
        // Some 6 MiB in one batch, of more hours than may be open, and another one.
        let long = "x".repeat(5_000);
        let line = |id: i64| {
            let (day, hour) = (1 + id / 24 % 28, id % 24);
            format!(
                "{{\"event_time\":\"2026-11-{day:02}T{hour:02}:00:00.000000Z\",\"id\":{id},\"long\":\"{long}\"}}\n"
            )
        };
        world.put_batch(1, (0..1200).map(line).collect::<String>()).await;
        world.put_batch(2, rows(1200..1300)).await;
        let mut packer = world.packer(name);
        packer.settings.file_bytes_max = 256 << 10;
        world.pack_all(&mut packer).await;
        world.assert_packed_once(0..1300, "divided").await;
        let files = list_all(&world.lake(), &data_prefix(&fw()), 10_000).await.unwrap();
        keys.push(files.into_iter().map(|file| (file.key, file.bytes)).collect::<Vec<_>>());
    }
    assert!(keys[0].iter().any(|(key, _)| key.contains("/packer-2-1-1.parquet")), "{:?}", keys[0]);
    assert_eq!(keys[0], keys[1]);
}

/// An open plan of a packer that died, over these sources.
async fn open_plan(world: &World, sources: Vec<PlanSource>) {
    let plan = Plan {
        number: 0,
        state: PlanState::Open,
        packer: "dead".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        fence: 1,
        made_at: String::new(),
        part_bytes: 1 << 20,
        rebound: false,
        sources,
        result: None,
    };
    PlanBook::new(fw()).begin(&world.lake(), plan).await.unwrap();
}

async fn source(world: &World, key: &str) -> PlanSource {
    let object = world.stage().head(key).await.unwrap();
    PlanSource { key: key.to_owned(), etag: object.etag, bytes: object.bytes }
}

#[tokio::test]
async fn a_batch_that_was_replaced_since_the_plan_was_made_is_packed_as_it_is_now() {
    let mut were_published = 0;
    for call in 1..40 {
        let world = World::new();
        let key = world.put_batch(1, format!("{}no row\n", rows(0..150))).await;
        open_plan(&world, vec![source(&world, &key).await]).await;
        // An attempt that gets as far as that.
        let dying = FaultyStore::dying_at(Arc::clone(&world.memory) as Arc<dyn Store>, call, true);
        drop(world.packer_over("dead", Arc::new(dying)).turn(&world.stop).await);
        let plan = world.lake().get(&plan_key(&fw(), 1), 1 << 20).await.unwrap().bytes;
        if Plan::parse("plan", &plan).unwrap().state == PlanState::Committed {
            break;
        }
        were_published += world.objects().await;
        world.put_batch(1, rows(0..70)).await;
        let mut packer = world.packer("b");
        world.pack_all(&mut packer).await;
        world.assert_packed_once(0..70, &format!("as it is now, and nothing of before: {call}")).await;
        assert!(world.lake().head(&dead_letters_key(&fw(), 1)).await.is_err());
    }
    assert!(were_published > 2, "some attempts have put objects of both hours");
}

#[tokio::test]
async fn a_batch_that_somebody_has_removed_does_not_hold_the_others_up() {
    let world = World::new();
    let (gone, here) = (world.put_batch(1, rows(0..10)).await, world.put_batch(2, rows(10..20)).await);
    let sources = vec![source(&world, &gone).await, source(&world, &here).await];
    open_plan(&world, sources).await;
    world.stage().delete(&gone).await.unwrap();
    world.pack_all(&mut world.packer("b")).await;
    world.assert_packed_once(10..20, "what is there").await;
}

#[tokio::test]
async fn a_batch_that_is_not_made_of_lines_is_left_and_the_others_are_packed() {
    let world = World::new();
    let bad = world.put_batch(1, "x".repeat(18 << 20)).await;
    world.put_batch(2, rows(0..10)).await;
    let mut packer = world.packer("a");
    packer.turn(&world.stop).await.unwrap();
    world.assert_packed_once(0..10, "the other").await;
    assert_eq!(world.waiting().await, [bad]);
    assert_eq!((packer.turn(&world.stop).await.unwrap(), packer.set_aside()), (Turn::Idle, 1));
    // Mended, it is packed.
    world.put_batch(1, rows(10..20)).await;
    world.pack_all(&mut packer).await;
    world.assert_packed_once(0..20, "both").await;
}

#[tokio::test]
async fn while_another_packer_has_the_dataset_nothing_is_done() {
    let world = World::new();
    three_batches(&world).await;
    let other = world.packer("other");
    let key = crate::plan::lease_key(&fw());
    let lease = other.site.board.take(&key, "other", LEASE).await.unwrap().unwrap();
    let mut packer = world.packer("a");
    assert_eq!(packer.turn(&world.stop).await.unwrap(), Turn::Elsewhere);
    lease.release().await.unwrap();
    assert_eq!(packer.turn(&world.stop).await.unwrap(), Turn::Packed(1));
}

#[tokio::test]
async fn a_packer_that_lost_its_lease_changes_nothing() {
    let world = World::new();
    let key = world.put_batch(1, rows(0..10)).await;
    let mut slow = world.packer("slow");
    let lease_key = crate::plan::lease_key(&fw());
    let lease = slow.site.board.take(&lease_key, "slow", LEASE).await.unwrap().unwrap().keep();
    let stores = crate::dataset::Fenced::new(&slow.site, &lease);
    open_plan(&world, vec![source(&world, &key).await]).await;
    let open = slow.book.catch_up(&world.lake()).await.unwrap().remove(0);
    world.pace.pass(LEASE);
    let before = world.memory.keys();
    let error = slow.carry_out(open, false, &stores).await.unwrap_err();
    assert!(matches!(error, PackError::Fenced | PackError::Store(_)), "{error}");
    assert_eq!(world.memory.keys(), before);
}

#[tokio::test]
async fn a_dataset_is_gathered_until_its_oldest_batch_has_waited() {
    let world = World::new();
    let mut packer = world.packer("a");
    packer.settings.age_max = Duration::from_secs(1_200);
    world.put_batch(1, rows(0..10)).await;
    assert_eq!(packer.turn(&world.stop).await.unwrap(), Turn::Packed(0), "looks for plans left open");
    assert_eq!(packer.turn(&world.stop).await.unwrap(), Turn::Idle);
    world.pace.pass(Duration::from_secs(1_000));
    world.put_batch(2, rows(10..20)).await;
    assert_eq!(packer.turn(&world.stop).await.unwrap(), Turn::Idle);
    world.pace.pass(Duration::from_secs(200));
    assert_eq!(packer.turn(&world.stop).await.unwrap(), Turn::Packed(1));
    world.assert_packed_once(0..20, "both in one plan").await;
}

#[tokio::test]
async fn plans_are_kept_for_their_days_and_then_forgotten() {
    let world = World::new();
    let mut packer = world.packer("a");
    for number in 0..3_u64 {
        let first = number as i64 * 10;
        world.put_batch(number, rows(first..first + 10)).await;
        world.pack_all(&mut packer).await;
        world.pace.pass(Duration::from_secs(20 * 86_400));
    }
    world.put_batch(9, rows(30..40)).await;
    world.pack_all(&mut packer).await;
    let there = |number| world.memory.keys().contains(&format!("lake/{}", plan_key(&fw(), number)));
    assert_eq!([1, 2, 3, 4].map(there), [false, false, true, true]);
    world.assert_packed_once(0..40, "all").await;
    assert!(is_empty(&world.folder.path().join("a").join("acme--fw")), "nothing is left in the spool");
}

fn is_empty(folder: &Path) -> bool {
    std::fs::read_dir(folder).unwrap().next().is_none()
}
