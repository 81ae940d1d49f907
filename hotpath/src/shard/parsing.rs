//! The parse task: logged blocks, in the order of their positions, become filtered batches for the encoder thread.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use arrow::array::RecordBatch;
use glommio::timer::sleep;
use tracing::{error, info};

use super::intake::DatasetIndex;
use super::{Dataset, LoggedBlock, Shard, ShardLogReader};
use crate::account::{Aside, DropReason, Movement};
use crate::block::SealedBlock;
use crate::cut::FileKind;
use crate::decode::decode_block;
use crate::encode::EncoderMessage;
use crate::filter::FilterOutcome;
use crate::layout::parse_intake_key;
use crate::limits::BLOCK_WAIT_MS;
use crate::log::{Intent, LogError};

/// Parses until the shard ends.
///
/// The blocks of a dataset are taken one after the other. While one waits for what its filters ask others, in a task of its
/// own, the blocks of other datasets go on.
pub(super) async fn run(shard: Rc<Shard>, log: ShardLogReader) {
    loop {
        let Some(next) = take_next(&shard) else {
            shard.parse_work.wait().await;
            continue;
        };
        let backlog = shard.logged.borrow().len() as u64;
        shard.settings.status.parse_backlog_blocks.store(backlog, Ordering::Relaxed);
        let index = next.dataset;
        if shard.datasets.borrow()[index].filters.waits() {
            let task = glommio::spawn_local(parse_waiting(Rc::clone(&shard), log.clone(), next));
            shard.waiting.borrow_mut().insert(index, task);
        } else {
            shard.is_parsing.set(true);
            parse_next(&shard, &log, next).await;
            shard.is_parsing.set(false);
        }
        glommio::executor().yield_task_queue_now().await;
    }
}

/// The first block whose dataset has none that waits.
fn take_next(shard: &Shard) -> Option<LoggedBlock> {
    let waiting = shard.waiting.borrow();
    let mut logged = shard.logged.borrow_mut();
    let place = logged.iter().position(|block| !waiting.contains_key(&block.dataset))?;
    logged.remove(place)
}

/// Parses a block whose filters may wait, and lets the dataset's next one come.
async fn parse_waiting(shard: Rc<Shard>, log: ShardLogReader, next: LoggedBlock) {
    let index = next.dataset;
    parse_next(&shard, &log, next).await;
    // This task itself: dropping it would cancel it.
    if let Some(task) = shard.waiting.borrow_mut().remove(&index) {
        task.detach();
    }
    shard.parse_work.set();
}

async fn parse_next(shard: &Shard, log: &ShardLogReader, mut next: LoggedBlock) {
    let setbacks = shard.datasets.borrow()[next.dataset].setbacks;
    restart_encoder(shard, next.dataset).await;
    close_ranges_before(shard, &next).await;
    let fetched = fetch(shard, log, &mut next).await;
    // After a setback meanwhile the block waits again, behind those before it.
    let is_current = || shard.datasets.borrow()[next.dataset].setbacks == setbacks;
    if is_current() {
        match fetched {
            Some(block) => parse(shard, &next, &block, &is_current).await,
            None => count_damage(shard, &next),
        }
    }
    if is_current() {
        close_ranges_through(shard, &next).await;
    }
}

/// After a setback: the encoder takes rows again, and the decoder begins where the last cut ended.
async fn restart_encoder(shard: &Shard, index: DatasetIndex) {
    {
        let mut datasets = shard.datasets.borrow_mut();
        let dataset = &mut datasets[index];
        if !dataset.must_restart {
            return;
        }
        dataset.must_restart = false;
        dataset.learned.go_back(dataset.decoder.as_mut());
        // What a filter has counted of the blocks that come again does not count twice.
        dataset.filter_state = dataset.filters.new_state();
    }
    let _ = shard.encoder.send(EncoderMessage::Restart { dataset: index as u32 }).await;
}

/// The block itself: it is still in memory, or is read back from the log.
async fn fetch(shard: &Shard, log: &ShardLogReader, next: &mut LoggedBlock) -> Option<SealedBlock> {
    if let Some(block) = next.block.take() {
        shard.logged_in_memory.set(shard.logged_in_memory.get() - 1);
        return Some(block);
    }
    loop {
        match log.read(&next.place).await {
            Ok(block) => return Some(block),
            Err(LogError::NoBlockMemory) => sleep(Duration::from_millis(BLOCK_WAIT_MS)).await,
            Err(error) => {
                error!(shard = shard.settings.shard, place = ?next.place, %error, "cannot read a block back from the log");
                return None;
            }
        }
    }
}

fn count_damage(shard: &Shard, next: &LoggedBlock) {
    let mut datasets = shard.datasets.borrow_mut();
    let dataset = &mut datasets[next.dataset];
    dataset.uncut.retain(|place| *place != next.place);
    if dataset.note_decoded(&next.place) {
        return;
    }
    shard.settings.status.log_damaged_records.fetch_add(1, Ordering::Relaxed);
    let lost = Movement::lose_held(DropReason::LogDamaged, u64::from(next.place.entry_count));
    shard.intake.borrow_mut().tally(next.dataset).record(&lost);
}

/// Decodes and filters one block, counts what the filters removed, and hands the rest to the encoder.
async fn parse(shard: &Shard, next: &LoggedBlock, block: &SealedBlock, is_current: &impl Fn() -> bool) {
    let (decoded, filters, mut state) = {
        let mut datasets = shard.datasets.borrow_mut();
        let dataset = &mut datasets[next.dataset];
        // Taken out, because filters may wait, and others look at the dataset meanwhile.
        (decode(dataset, block), Rc::clone(&dataset.filters), std::mem::take(&mut dataset.filter_state))
    };
    // What chance draws depends on the block alone, so that a replay draws the same.
    let outcome = filters.apply_async(decoded.batch, &mut state, next.place.first_position).await;
    let message = {
        let is_current = is_current();
        let mut datasets = shard.datasets.borrow_mut();
        let dataset = &mut datasets[next.dataset];
        // The configuration may have brought others meanwhile.
        if Rc::ptr_eq(&filters, &dataset.filters) {
            dataset.filter_state = state;
        }
        if !is_current {
            return;
        }
        batch_message(dataset, next, decoded.counts, outcome)
    };
    // The channel closes only when the encoder thread has ended, and that ends after this task.
    if shard.encoder.send(message).await.is_err() && !shard.is_drained.get() {
        error!(shard = shard.settings.shard, "the encoder thread has ended before its shard");
    }
}

/// What a block was decoded to.
struct Decoded {
    batch: RecordBatch,
    counts: DecodedCounts,
}

/// What is known of a block before its filters.
struct DecodedCounts {
    events: u64,
    /// The records that its events turned out to be.
    unfolded: Movement,
    parse_errors: u64,
    decoder_state: Option<Arc<[u8]>>,
}

fn decode(dataset: &mut Dataset, block: &SealedBlock) -> Decoded {
    let events = block.entries().len() as u64;
    let held_before = dataset.decoder.held_events();
    let batch = decode_block(block, dataset.decoder.as_mut(), &mut dataset.rows);
    let parse_errors = dataset.rows.take_parse_errors();
    let unfolded = unfold(dataset, events + held_before, batch.num_rows() as u64);
    let decoder_state = dataset.learned.note(dataset.decoder.as_mut());
    Decoded { batch, counts: DecodedCounts { events, unfolded, parse_errors, decoder_state } }
}

/// The rows of a block for the encoder; what became of its events is counted, unless that was done before.
fn batch_message(
    dataset: &mut Dataset,
    next: &LoggedBlock,
    decoded: DecodedCounts,
    outcome: FilterOutcome,
) -> EncoderMessage {
    let rows = outcome.batch.num_rows() as u64;
    let faulty = outcome.faulty.selected() as u64;
    let (batch, dead_letters) =
        if dataset.sets_failed_aside { outcome.apart() } else { (outcome.batch, None) };
    let (first_position, last_position) = (next.place.first_position, next.place.last_position());
    if !dataset.note_decoded(&next.place) {
        let mut movement = decoded.unfolded;
        movement.add(&Movement::unfold(outcome.added_rows as u64));
        movement.add(
            &Movement::filter(outcome.dropped_rows as u64)
                .and(Aside::ParseErrors, decoded.parse_errors)
                .and(Aside::FilterErrors, faulty),
        );
        dataset.encoder_tally.record(&movement);
        dataset.held.push_back((last_position, rows));
    }
    EncoderMessage::Rows {
        dataset: next.dataset as u32,
        batch,
        dead_letters,
        first_position,
        last_position,
        events: decoded.events,
        decoder_state: decoded.decoder_state,
        hold_cut: dataset.replayed_range(first_position).map(kind_of_files),
    }
}

/// What the files of an earlier intent are, whatever the dataset's would be now.
fn kind_of_files(intent: &Intent) -> FileKind {
    let is_batch = intent.keys.first().is_some_and(|key| parse_intake_key(key).is_some());
    if is_batch { FileKind::Rows } else { FileKind::Parquet }
}

/// The records that events turned out to be: each gives a row at least, or is held by the decoder.
fn unfold(dataset: &Dataset, events: u64, rows: u64) -> Movement {
    let records = rows + dataset.decoder.held_events();
    if records < events {
        // The account shows it as events that stay in flight.
        error!(dataset = %dataset.key, events, records, "a decoder gave fewer rows than it was given events");
    }
    Movement::unfold(records.saturating_sub(events))
}

/// Closes the ranges of earlier intents that end before this block: what followed in them is damaged.
async fn close_ranges_before(shard: &Shard, next: &LoggedBlock) {
    let first_position = next.place.first_position;
    close_ranges(shard, next.dataset, |last| last < first_position).await;
}

/// Closes the range of an earlier intent that ends with this block.
async fn close_ranges_through(shard: &Shard, next: &LoggedBlock) {
    let last_position = next.place.last_position();
    close_ranges(shard, next.dataset, |last| last <= last_position).await;
}

async fn close_ranges(shard: &Shard, dataset: DatasetIndex, is_over: impl Fn(u64) -> bool) {
    loop {
        {
            let mut datasets = shard.datasets.borrow_mut();
            let ranges = &mut datasets[dataset].intents;
            if !ranges.front().is_some_and(|intent| is_over(intent.last)) {
                return;
            }
            if let Some(intent) = ranges.pop_front() {
                info!(%intent.dataset, intent.first, intent.last, "closing the files of a cut again");
                datasets[dataset].intents_closing.push(intent);
            }
        }
        let _ = shard.encoder.send(EncoderMessage::Cut { dataset: dataset as u32 }).await;
    }
}
