//! The log task: groups of blocks and control records become durable, senders are answered, blocks go on to parsing.

use std::collections::VecDeque;
use std::pin::pin;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use futures::future::{Either, select};
use glommio::timer::sleep;
use tracing::{error, warn};

use super::acknowledgement::BatchPart;
use super::intake::SealedIntake;
use super::settings::UploadedCut;
use super::status::{LOG_FAILS, LOG_FULL, LOG_TAKES};
use super::{Dataset, LoggedBlock, Shard, ShardLog, Upload};
use crate::account::{Aside, Movement};
use crate::limits::{LOG_GROUP_BLOCKS_MAX, LOG_GROUP_CONTROLS_MAX, LOG_RETRY_MS, LOG_UNTRIED_MS};
use crate::log::{Commit, Intent, LogError, Record, RecordPlace};

/// Logs until the shard ends.
pub(super) async fn run(shard: Rc<Shard>, mut log: ShardLog) {
    loop {
        wait_for_work(&shard).await;
        shard.is_logging.set(true);
        append_controls(&shard, &mut log).await;
        let blocks = shard.intake.borrow_mut().take_sealed(LOG_GROUP_BLOCKS_MAX, log.group_bytes_max());
        if !blocks.is_empty() {
            log_blocks(&shard, &mut log, blocks).await;
        }
        shard.is_logging.set(false);
        shard.settings.status.log_bytes.store(log.used_bytes(), Ordering::Relaxed);
    }
}

impl Shard {
    /// Whether commits or intents can be logged.
    fn has_controls(&self) -> bool {
        !self.commits.borrow().is_empty()
            || (!self.intents.borrow().is_empty() && !self.intents_must_wait.get())
    }
}

/// Waits for something to log; seals the open blocks when a sender waits for them or their time is up.
async fn wait_for_work(shard: &Shard) {
    loop {
        let due_in_us = {
            let mut intake = shard.intake.borrow_mut();
            let due_in_us = flush_due_in_us(shard, intake.oldest_open_us());
            if due_in_us == Some(0) || intake.someone_waits() {
                intake.seal_all();
            }
            if intake.has_sealed() || shard.has_controls() {
                return;
            }
            due_in_us
        };
        match due_in_us {
            None if shard.log_may_be_tried.get() => wait_for_a_try(shard).await,
            None => shard.log_work.wait().await,
            Some(due_in_us) => {
                let work = pin!(shard.log_work.wait());
                let timer = pin!(sleep(Duration::from_micros(due_in_us)));
                select(work, timer).await;
            }
        }
    }
}

/// Waits for someone who tries the log. Who asks beforehand whether data is taken never would: so the trouble is
/// forgotten after a while.
async fn wait_for_a_try(shard: &Shard) {
    let work = pin!(shard.log_work.wait());
    let timer = pin!(sleep(Duration::from_millis(LOG_UNTRIED_MS)));
    if let Either::Right(_) = select(work, timer).await {
        shard.settings.status.log_trouble.store(LOG_TAKES, Ordering::Relaxed);
        shard.log_may_be_tried.set(false);
    }
}

/// Microseconds until the open blocks are due, 0 when they are; `None` when there are none.
fn flush_due_in_us(shard: &Shard, oldest_open_us: Option<i64>) -> Option<u64> {
    let age_us = shard.settings.clock.wall_us() - oldest_open_us?;
    let flush_us = i64::try_from(shard.settings.flush_interval.as_micros()).unwrap_or(i64::MAX);
    // A negative age means that the clock was set back: the blocks are due rather than kept for hours.
    if age_us < 0 || age_us >= flush_us { Some(0) } else { Some((flush_us - age_us).unsigned_abs()) }
}

/// Logs a group of blocks and hands them on. While the log is full or cannot be written it is tried again, and the
/// batches that it certainly does not have are given back to their senders.
async fn log_blocks(shard: &Shard, log: &mut ShardLog, mut blocks: Vec<SealedIntake>) {
    while !blocks.is_empty() {
        let next_position = log.next_position();
        match log.append(&block_records(shard, &blocks)).await {
            Ok(places) => {
                note_taken(shard);
                hand_on(shard, blocks, places);
                return;
            }
            Err(error) => note_trouble(shard, log, &error),
        }
        // Positions are given before the first byte is written: while none was given, none of the group is on disk.
        if log.next_position() != next_position {
            blocks.iter().flat_map(|sealed| &sealed.batches).for_each(BatchPart::set_may_be_logged);
        }
        withdraw(shard, &mut blocks);
        // What frees the log are commits: they must not wait behind the blocks that do not fit.
        sleep(Duration::from_millis(LOG_RETRY_MS)).await;
        append_controls(shard, log).await;
    }
    shard.log_may_be_tried.set(!shard.intake.borrow().has_sealed());
}

fn block_records(shard: &Shard, blocks: &[SealedIntake]) -> Vec<Record> {
    let datasets = shard.datasets.borrow();
    blocks.iter().map(|sealed| block_record(&datasets, sealed)).collect()
}

fn block_record(datasets: &[Dataset], sealed: &SealedIntake) -> Record {
    Record::Block { dataset: datasets[sealed.dataset].key.clone(), block: sealed.block.clone() }
}

/// Gives back what can be given back, and shows in the account what is held meanwhile.
fn withdraw(shard: &Shard, blocks: &mut Vec<SealedIntake>) {
    let mut intake = shard.intake.borrow_mut();
    intake.withdraw_batches(blocks);
    intake.account_for_open();
}

fn note_taken(shard: &Shard) {
    let status = &shard.settings.status;
    status.log_trouble.store(LOG_TAKES, Ordering::Relaxed);
    status.log_commits.fetch_add(1, Ordering::Relaxed);
    shard.log_may_be_tried.set(false);
}

fn note_trouble(shard: &Shard, log: &ShardLog, error: &LogError) {
    let is_full = matches!(error, LogError::Full { .. }) || error.is_storage_full();
    let trouble = if is_full { LOG_FULL } else { LOG_FAILS };
    shard.log_may_be_tried.set(false);
    let before = shard.settings.status.log_trouble.swap(trouble, Ordering::Relaxed);
    if before == trouble {
        return;
    }
    let (shard_number, used_bytes) = (shard.settings.shard, log.used_bytes());
    if trouble == LOG_FULL {
        warn!(
            shard = shard_number,
            used_bytes,
            "the log is at its limit on disk: streams wait, requests are refused, datagrams are dropped until uploads free it"
        );
    } else {
        error!(shard = shard_number, %error, "cannot write the log, trying again");
    }
}

/// Makes waiting commits and intents durable and does what follows from each; what cannot be written now stays.
async fn append_controls(shard: &Shard, log: &mut ShardLog) {
    let done = match append_commits(shard, log).await {
        // Commits first: they free what intents may be waiting for.
        Ok(()) => append_intents(shard, log).await,
        failed => failed,
    };
    match done {
        Ok(()) => {}
        // Uploads are far behind. Blocks go on being logged; the intents follow as commits come in.
        Err(LogError::PendingIntents { .. }) => shard.intents_must_wait.set(true),
        Err(error) => {
            note_trouble(shard, log, &error);
            sleep(Duration::from_millis(LOG_RETRY_MS)).await;
        }
    }
}

async fn append_commits(shard: &Shard, log: &mut ShardLog) -> Result<(), LogError> {
    while !shard.commits.borrow().is_empty() {
        let group = records_of(&shard.commits.borrow(), log, commit_record);
        log.append(&group).await?;
        note_taken(shard);
        shard.intents_must_wait.set(false);
        let committed: Vec<UploadedCut> = shard.commits.borrow_mut().drain(..group.len()).collect();
        committed.iter().for_each(|uploaded| shard.note_stored(uploaded));
        if let Err(error) = log.release().await {
            warn!(shard = shard.settings.shard, %error, "cannot remove committed log segments, trying again later");
        }
    }
    Ok(())
}

async fn append_intents(shard: &Shard, log: &mut ShardLog) -> Result<(), LogError> {
    while !shard.intents.borrow().is_empty() && !shard.intents_must_wait.get() {
        let group = records_of(&shard.intents.borrow(), log, intent_record);
        log.append(&group).await?;
        note_taken(shard);
        let uploads: Vec<Upload> = shard.intents.borrow_mut().drain(..group.len()).collect();
        uploads.into_iter().for_each(|upload| shard.hand_to_upload(upload));
    }
    Ok(())
}

/// Records for the first of a queue, as many as go into one group; at least one.
fn records_of<T>(queue: &VecDeque<T>, log: &ShardLog, record_of: impl Fn(&T) -> Record) -> Vec<Record> {
    let mut bytes = 0;
    let mut records = Vec::new();
    for entry in queue.iter().take(LOG_GROUP_CONTROLS_MAX) {
        let record = record_of(entry);
        bytes += record.disk_bytes() as u64;
        if !records.is_empty() && bytes > log.group_bytes_max() {
            break;
        }
        records.push(record);
    }
    records
}

fn intent_record(upload: &Upload) -> Record {
    Record::Intent(Intent {
        dataset: upload.cut.dataset.clone(),
        first: upload.cut.first_position,
        last: upload.cut.last_position,
        keys: upload.keys.clone(),
    })
}

fn commit_record(uploaded: &UploadedCut) -> Record {
    Record::Commit(Commit {
        dataset: uploaded.dataset.clone(),
        first: uploaded.first_position,
        last: uploaded.last_position,
    })
}

/// Blocks that are durable: their senders are answered, and they wait to be parsed. Beyond what may wait in memory
/// they are read back from the log later.
fn hand_on(shard: &Shard, blocks: Vec<SealedIntake>, places: Vec<RecordPlace>) {
    let mut logged = shard.logged.borrow_mut();
    for (sealed, place) in blocks.into_iter().zip(places) {
        sealed.batches.iter().for_each(BatchPart::set_durable);
        let keep = shard.may_keep_block();
        if keep {
            shard.logged_in_memory.set(shard.logged_in_memory.get() + 1);
        }
        shard.datasets.borrow_mut()[sealed.dataset].uncut.push_back(place.clone());
        let block = keep.then_some(sealed.block);
        logged.push_back(LoggedBlock { dataset: sealed.dataset, place, block });
    }
    shard.settings.status.parse_backlog_blocks.store(logged.len() as u64, Ordering::Relaxed);
    drop(logged);
    shard.parse_work.set();
}

impl Shard {
    /// Counts what a committed cut stored.
    fn note_stored(&self, uploaded: &UploadedCut) {
        let held = self.release_held(&uploaded.dataset, uploaded.last_position);
        let Some(index) = self.dataset_index(&uploaded.dataset) else { return };
        let movement = Movement::store(uploaded.rows, held)
            .and(Aside::BytesStored, uploaded.bytes)
            .and(Aside::FilesStored, uploaded.files)
            .and(Aside::DeadLetters, uploaded.dead_rows);
        self.datasets.borrow_mut()[index].uploader_tally.record(&movement);
        self.remove_outdated(index, uploaded.last_position);
        self.settings.status.upload_backlog_cuts.fetch_sub(1, Ordering::Relaxed);
        self.spool_bytes.set(self.spool_bytes.get().saturating_sub(uploaded.bytes));
    }
}
