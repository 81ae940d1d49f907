//! The log's promise under faults: nothing acknowledged is lost, order is kept, nothing comes twice.
//! (SPECIFICATION.md R2: power loss, R3: the k-th I/O call fails, R5: disk full.)

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail by panicking")]

mod log_support;

use futures::executor::block_on;
use hotpath::log::{Commit, Intent, LogError, LogOptions, Record};
use log_support::disk::{FAULTS, SimulatedDisk};
use log_support::model::Model;
use log_support::{block_record, dataset, open, options, pool, texts};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Seeds of the power loss test; `LOG_POWER_LOSS_SEEDS=10000` runs the long one.
const POWER_LOSS_SEEDS: u64 = 500;

fn seeds(default: u64) -> u64 {
    std::env::var("LOG_POWER_LOSS_SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[test]
fn a_power_loss_takes_nothing_that_was_acknowledged() {
    let withdrawn: u64 = (0..seeds(POWER_LOSS_SEEDS)).map(|seed| block_on(power_losses(seed))).sum();
    assert!(withdrawn > 0, "no run refused a group before it wrote");
}

/// How many groups the log refused for certain.
async fn power_losses(seed: u64) -> u64 {
    let disk = SimulatedDisk::new(seed);
    let mut random = StdRng::seed_from_u64(seed);
    let mut model = Model::default();
    for life in 0..3 {
        let mut log = model.reopen(&disk, &format!("seed {seed} life {life}")).await;
        for _ in 0..random.random_range(0..15) {
            model.step(&mut log, &mut random).await;
        }
        // The last operation may be cut off at any of its calls.
        let cut = disk.calls() + random.random_range(1..8);
        let fault = FAULTS[random.random_range(0..FAULTS.len())];
        disk.fail_at(cut, 1000, fault);
        model.step(&mut log, &mut random).await;
        drop(log);
        if random.random_bool(0.8) {
            disk.power_loss();
        }
        disk.heal();
    }
    model.reopen(&disk, &format!("seed {seed} end")).await;
    model.appends_withdrawn
}

#[test]
fn whichever_call_fails_the_log_goes_on_and_nothing_is_lost() {
    let once = FAULTS.map(|fault| (fault, 1));
    for (fault, count) in once.into_iter().chain([(FAULTS[0], 4)]) {
        let mut first = 1;
        while block_on(run_with_failure(first, count, fault)) {
            first += 1;
        }
        assert!(first > 50, "the run made few calls: {first}");
    }
}

/// Whether the run was long enough to get to the failing call.
async fn run_with_failure(first: u64, count: u64, fault: log_support::disk::Fault) -> bool {
    let what = format!("call {first} of {count}, {fault:?}");
    let disk = SimulatedDisk::new(first);
    disk.fail_at(first, count, fault);
    let mut random = StdRng::seed_from_u64(1);
    let mut model = Model::default();
    for _ in 0..2 {
        let mut log = open_at_last(&disk, &mut model, &what).await;
        for _ in 0..8 {
            model.step(&mut log, &mut random).await;
        }
    }
    let was_reached = disk.calls() >= first;
    disk.heal();
    let mut log = model.reopen(&disk, &what).await;
    let done = model.appends_done;
    for _ in 0..6 {
        model.step(&mut log, &mut random).await;
    }
    assert!(model.appends_done > done, "{what}: the log does not recover");
    disk.power_loss();
    model.reopen(&disk, &what).await;
    was_reached
}

/// Starts until a start has not met the failing calls: one that has may refuse, or see less.
async fn open_at_last(
    disk: &SimulatedDisk,
    model: &mut Model,
    what: &str,
) -> hotpath::log::Log<SimulatedDisk> {
    for _ in 0..20 {
        let failures = disk.failures();
        let opened = open(disk.clone()).await;
        if disk.failures() > failures {
            continue;
        }
        let (log, recovery) = opened.unwrap();
        disk.pause_failures(true);
        model.check(&log, recovery, what).await;
        disk.pause_failures(false);
        return log;
    }
    panic!("{what}: the log does not open again")
}

fn events(count: usize, bytes: usize) -> Vec<String> {
    (0..count).map(|number| format!("{number}{}", "y".repeat(bytes))).collect()
}

#[test]
fn a_full_log_refuses_blocks_and_takes_commits_until_there_is_room() {
    block_on(async {
        let disk = SimulatedDisk::new(1);
        let small = LogOptions { disk_bytes_max: 1 << 20, ..options() };
        let (mut log, _) = hotpath::log::Log::open(disk.clone(), small, pool()).await.unwrap();
        let record = block_record("fw", &events(4, 20_000));
        let mut last = 0;
        let error = loop {
            match log.append(std::slice::from_ref(&record)).await {
                Ok(places) => last = places[0].last_position(),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, LogError::Full { .. }), "{error}");
        assert!(disk.used_bytes() <= 1 << 20);
        // Many uploads may still be begun and committed.
        for number in 0..40 {
            let keys = vec![format!("key-{number}")];
            let intent = Intent { dataset: dataset("fw"), first: 0, last: number, keys };
            log.append(&[Record::Intent(intent)]).await.unwrap();
            log.commit(Commit { dataset: dataset("fw"), first: 0, last: number }).await.unwrap();
            assert!(disk.used_bytes() <= 1 << 20);
        }
        log.commit(Commit { dataset: dataset("fw"), first: 0, last }).await.unwrap();
        log.append(&[record]).await.unwrap();
        assert!(log.used_bytes() <= 1 << 20);
    });
}

#[test]
fn a_full_disk_refuses_blocks_and_takes_commits_until_there_is_room() {
    block_on(async {
        let disk = SimulatedDisk::new(1);
        disk.set_capacity(600 << 10);
        let (mut log, _) = open(disk.clone()).await.unwrap();
        let record = block_record("fw", &events(4, 20_000));
        let mut last = 0;
        let error = loop {
            match log.append(std::slice::from_ref(&record)).await {
                Ok(places) => last = places[0].last_position(),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, LogError::Full { .. }), "{error}");
        log.commit(Commit { dataset: dataset("fw"), first: 0, last }).await.unwrap();
        log.append(&[record]).await.unwrap();
    });
}

#[test]
fn a_segment_goes_when_every_block_in_it_is_committed_and_not_before() {
    block_on(async {
        let disk = SimulatedDisk::new(1);
        let (mut log, _) = open(disk.clone()).await.unwrap();
        let slow = log.append(&[block_record("slow", &events(1, 10))]).await.unwrap();
        let mut last = 0;
        for _ in 0..12 {
            last = log.append(&[block_record("fw", &events(4, 20_000))]).await.unwrap()[0].last_position();
        }
        let before = disk.names().len();
        assert!(before > 4);
        log.commit(Commit { dataset: dataset("fw"), first: 0, last }).await.unwrap();
        assert_eq!(
            disk.names().len(),
            2,
            "the first has a block of another dataset, the last is being written"
        );
        drop(log);
        disk.power_loss();
        let (mut log, recovery) = open(disk.clone()).await.unwrap();
        assert_eq!(recovery.blocks, slow);
        assert_eq!(recovery.committed[&dataset("fw")], last);
        let read = log.reader().read(&slow[0]).await.unwrap();
        assert_eq!(texts(&read), events(1, 10));
        log.commit(Commit { dataset: dataset("slow"), first: 0, last: 0 }).await.unwrap();
        assert_eq!(disk.names().len(), 1);
    });
}

#[test]
fn an_intent_without_a_commit_is_found_again_and_with_one_is_not() {
    block_on(async {
        let disk = SimulatedDisk::new(1);
        let (mut log, _) = open(disk.clone()).await.unwrap();
        log.append(&[block_record("fw", &events(9, 10))]).await.unwrap();
        let intent = |first, last| Intent {
            dataset: dataset("fw"),
            first,
            last,
            keys: vec![format!("a/{first}"), "b".to_owned()],
        };
        log.append(&[Record::Intent(intent(0, 3)), Record::Intent(intent(4, 8))]).await.unwrap();
        let early = log.commit(Commit { dataset: dataset("fw"), first: 4, last: 8 }).await;
        assert!(matches!(early, Err(LogError::CommitOutOfOrder { pending_first: 0, .. })), "{early:?}");
        log.commit(Commit { dataset: dataset("fw"), first: 0, last: 3 }).await.unwrap();
        drop(log);
        let (mut log, recovery) = open(disk.clone()).await.unwrap();
        assert_eq!(recovery.pending_intents, [intent(4, 8)]);
        assert_eq!(recovery.blocks.len(), 1, "half of the block is not committed");
        assert_eq!(recovery.next_position, 9);
        log.commit(Commit { dataset: dataset("fw"), first: 4, last: 8 }).await.unwrap();
        let (_, recovery) = open(disk).await.unwrap();
        assert_eq!(recovery.pending_intents, []);
        assert_eq!(recovery.blocks, []);
    });
}

#[test]
fn an_idle_log_does_not_grow_by_restarts() {
    block_on(async {
        let disk = SimulatedDisk::new(1);
        for life in 0..30 {
            let (mut log, recovery) = open(disk.clone()).await.unwrap();
            assert_eq!(recovery.next_position, life);
            log.append(&[block_record("fw", &events(1, 10))]).await.unwrap();
            log.commit(Commit { dataset: dataset("fw"), first: life, last: life }).await.unwrap();
            assert!(disk.names().len() <= 2, "{:?}", disk.names());
        }
    });
}

#[test]
fn a_log_of_another_instance_or_shard_is_refused() {
    block_on(async {
        let disk = SimulatedDisk::new(1);
        let (mut log, _) = open(disk.clone()).await.unwrap();
        log.append(&[block_record("fw", &events(1, 10))]).await.unwrap();
        for other in
            [LogOptions { shard: 4, ..options() }, LogOptions { instance: "edge-2".to_owned(), ..options() }]
        {
            let error = hotpath::log::Log::open(disk.clone(), other, pool()).await.unwrap_err();
            assert!(matches!(error, LogError::Foreign { .. }), "{error}");
        }
    });
}

#[test]
fn what_cannot_be_written_is_refused_before_anything_is() {
    block_on(async {
        let (mut log, _) = open(SimulatedDisk::new(1)).await.unwrap();
        let group: Vec<Record> = (0..4).map(|_| block_record("fw", &events(4, 20_000))).collect();
        let error = log.append(&group).await.unwrap_err();
        assert!(matches!(error, LogError::GroupTooLarge { .. }), "{error}");
        let error = log.append(&[block_record("fw", &[])]).await.unwrap_err();
        assert!(matches!(error, LogError::Record { index: 0, .. }), "{error}");
        assert_eq!(log.next_position(), 0);
        let tiny = LogOptions { segment_bytes: 4096, ..options() };
        assert!(tiny.check().unwrap_err().to_string().contains("4096"));
    });
}
