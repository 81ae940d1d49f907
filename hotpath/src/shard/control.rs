//! Commands from the rest of the process, and what the encoder thread reports.

use std::cell::Cell;
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use glommio::timer::sleep;
use tracing::{error, info, warn};

use super::acknowledgement::{Acknowledgement, IngestOutcome};
use super::inputs::{self, Input};
use super::intake::DatasetIndex;
use super::{
    Dataset, DatasetSettings, IngestBatch, InputSettings, LoggedBlock, RunningInput, Shard, ShardCommand,
    Transport, Upload,
};
use crate::account::DatasetWriters;
use crate::batch::BatchBuilder;
use crate::cut::{FileKind, FinishedCut, FinishedFile};
use crate::decode::decoder;
use crate::encode::{EncoderEvent, EncoderMessage};
use crate::filter::{FilterSurroundings, Filters};
use crate::layout::{dead_letters_key, intake_key, object_key};
use crate::limits::{DRAIN_LOOK_MS, ENCODE_RETRY_MS};

/// Obeys commands until the shard is drained.
pub(super) async fn run(shard: Rc<Shard>) {
    loop {
        match shard.settings.commands.recv().await {
            Ok(ShardCommand::SetDataset(settings, writers)) => {
                let is_new = shard.dataset_index(&settings.key).is_none();
                let index = shard.set_dataset(*settings, writers).await;
                if let (true, Some(index)) = (is_new, index) {
                    shard.load_learned(index);
                }
            }
            Ok(ShardCommand::StartInput(settings)) => start_input(&shard, *settings),
            Ok(ShardCommand::StopInput(id)) => stop_input(&shard, &id).await,
            Ok(ShardCommand::Ingest(batch)) => ingest(&shard, *batch),
            Ok(ShardCommand::Uploaded(uploaded)) => {
                shard.open_uploads.set(shard.open_uploads.get().saturating_sub(1));
                shard.commits.borrow_mut().push_back(uploaded);
                shard.log_work.set();
            }
            Ok(ShardCommand::CutAll) => {
                let _ = shard.encoder.send(EncoderMessage::CutAll).await;
            }
            Ok(ShardCommand::Drain { deadline }) => {
                // The rest of the commands, above all those that say what is uploaded, are obeyed meanwhile.
                let draining = Rc::clone(&shard);
                glommio::spawn_local(async move { draining.drain(deadline).await }).detach();
            }
            Err(_) => return,
        }
        if shard.is_drained.get() {
            return;
        }
    }
}

/// Takes cuts and failures from the encoder thread until it ends.
pub(super) async fn run_encoder_events(shard: Rc<Shard>, events: async_channel::Receiver<EncoderEvent>) {
    while let Ok(event) = events.recv().await {
        match event {
            EncoderEvent::Cut { cut, .. } => shard.cut_finished(cut),
            EncoderEvent::Failed { dataset, error, .. } => {
                warn!(shard = shard.settings.shard, %error, "cannot write parquet files, trying again from the log");
                let shard = Rc::clone(&shard);
                glommio::spawn_local(async move {
                    sleep(Duration::from_millis(ENCODE_RETRY_MS)).await;
                    shard.parse_again(dataset as usize);
                })
                .detach();
            }
        }
    }
}

/// A finished cut as it goes to the uploads, with the objects that an earlier attempt would have left behind.
pub(super) fn upload_of(shard: &Shard, cut: FinishedCut) -> Upload {
    let keys = keys_of(shard, &cut);
    let mut stale_keys = Vec::new();
    if let Some(index) = shard.dataset_index(&cut.dataset) {
        let mut datasets = shard.datasets.borrow_mut();
        let dataset = &mut datasets[index];
        while dataset.uncut.front().is_some_and(|place| place.last_position() <= cut.last_position) {
            dataset.uncut.pop_front();
        }
        let closing = &mut dataset.intents_closing;
        let over = closing.extract_if(.., |intent| intent.last <= cut.last_position);
        stale_keys.extend(over.flat_map(|intent| intent.keys));
        stale_keys.retain(|key| !keys.contains(key));
    }
    Upload { cut, keys, stale_keys }
}

fn keys_of(shard: &Shard, cut: &FinishedCut) -> Vec<String> {
    let instance = &shard.settings.instance;
    let mut keys: Vec<String> = cut.files.iter().map(|file| key_of(cut, file, instance)).collect();
    if cut.dead_letters.is_some() {
        let (first, last) = (cut.first_position, cut.last_position);
        keys.push(dead_letters_key(&cut.dataset, instance, cut.shard, first, last));
    }
    keys
}

/// The key of a cut's file: in the lake, or in the stage that receivers put batches into.
fn key_of(cut: &FinishedCut, file: &FinishedFile, instance: &str) -> String {
    match cut.kind {
        FileKind::Parquet => {
            object_key(&cut.dataset, file.hour, instance, cut.shard, cut.first_position, cut.last_position)
        }
        FileKind::Rows => intake_key(&cut.batch_key(file, instance)),
    }
}

fn start_input(shard: &Rc<Shard>, settings: InputSettings) {
    let Some(dataset) = shard.dataset_index(&settings.dataset) else {
        error!(input = settings.id, dataset = %settings.dataset, "an input names a dataset that the shard does not have");
        return;
    };
    // Without the second descriptor only what arrives in the last moment before closing is lost.
    let is_udp = matches!(settings.transport, Transport::Udp);
    let datagrams = if is_udp { settings.socket.try_clone().ok() } else { None };
    let input = Rc::new(Input {
        shard: Rc::clone(shard),
        id: settings.id.clone(),
        dataset,
        address: settings.address,
        source_type: settings.source_type,
        message_bytes_max: settings.message_bytes_max,
        datagrams,
        connections: Default::default(),
        kernel_drops: Cell::new(0),
    });
    let task = glommio::spawn_local(inputs::run(Rc::clone(&input), settings.socket, settings.transport));
    shard.inputs.borrow_mut().insert(settings.id, RunningInput { input, task });
}

async fn stop_input(shard: &Shard, id: &str) {
    let running = shard.inputs.borrow_mut().remove(id);
    if let Some(running) = running {
        running.task.cancel().await;
        inputs::end(&running.input);
    }
}

/// Takes a batch as a whole, or not at all.
fn ingest(shard: &Shard, batch: IngestBatch) {
    let dataset = shard.dataset_index(&batch.dataset);
    let mut intake = shard.intake.borrow_mut();
    let (Some(dataset), true) = (dataset, shard.log_takes_data() && intake.has_room_for(batch.bytes.len()))
    else {
        let _ = batch.reply.try_send(IngestOutcome::Busy);
        return;
    };
    let acknowledgement = Acknowledgement::new(batch.reply);
    for (range, cut) in batch.messages {
        let event = (batch.bytes.get(range).unwrap_or_default(), cut);
        let taken = intake.push_of_batch(dataset, event, &batch.peer, batch.received_us, &acknowledgement);
        if taken.is_err() {
            // `has_room_for` has made sure that this does not happen; if it does, the sender is not told 200.
            acknowledgement.fail();
            break;
        }
    }
    drop(intake);
    shard.log_work.set();
}

impl Shard {
    /// Adds a dataset, or changes one from its next block on. `None` where neither can be done.
    pub(super) async fn set_dataset(
        self: &Rc<Self>,
        settings: DatasetSettings,
        writers: Option<DatasetWriters>,
    ) -> Option<DatasetIndex> {
        let surroundings = FilterSurroundings {
            dataset: Some(settings.key.clone()),
            columns: Arc::clone(&settings.registry),
            resources: Arc::clone(&settings.resources),
            rows: settings.rows,
        };
        let filters = match Filters::compile(&settings.filters, &surroundings) {
            Ok(filters) => Rc::new(filters),
            Err(error) => {
                error!(dataset = %settings.key, %error, "filters do not compile, the dataset stays as it was");
                return None;
            }
        };
        let filter_state = filters.new_state();
        let mut rows = BatchBuilder::new(settings.registry, settings.rows);
        let decoder = decoder(settings.format, &settings.decoder, &mut rows);
        let known = self.dataset_index(&settings.key);
        let index = match (known, writers) {
            (Some(index), _) => {
                let same_format = self.datasets.borrow()[index].format == settings.format;
                self.replace_decoder(index, decoder, same_format);
                let dataset = &mut self.datasets.borrow_mut()[index];
                (dataset.rows, dataset.format) = (rows, settings.format);
                (dataset.filters, dataset.filter_state) = (filters, filter_state);
                dataset.sets_failed_aside = settings.sets_failed_aside;
                index
            }
            (None, Some(writers)) => {
                let index = self.intake.borrow_mut().add_dataset(writers.executor);
                self.by_key.borrow_mut().insert(settings.key.clone(), index);
                self.datasets.borrow_mut().push(Dataset {
                    key: settings.key.clone(),
                    format: settings.format,
                    decoder,
                    learned: Default::default(),
                    rows,
                    filters,
                    sets_failed_aside: settings.sets_failed_aside,
                    filter_state,
                    encoder_tally: writers.encoder,
                    uploader_tally: writers.uploader,
                    held: Default::default(),
                    uncut: Default::default(),
                    decoded_through: None,
                    setbacks: 0,
                    must_restart: false,
                    intents: Default::default(),
                    intents_closing: Vec::new(),
                });
                index
            }
            (None, None) => {
                error!(dataset = %settings.key, "a new dataset came without its account");
                return None;
            }
        };
        let message =
            EncoderMessage::Configure { dataset: index as u32, key: settings.key, options: settings.encode };
        let _ = self.encoder.send(message).await;
        Some(index)
    }

    /// Puts all since the last cut back to be decoded, because the encoder lost it when it could not write. Blocks that
    /// wait to be decoded for the first time are among it, and keep their place behind the others.
    fn parse_again(&self, index: DatasetIndex) {
        let mut datasets = self.datasets.borrow_mut();
        let dataset = &mut datasets[index];
        dataset.setbacks += 1;
        dataset.must_restart = true;
        let mut logged = self.logged.borrow_mut();
        let waits = |block: &LoggedBlock| block.dataset == index;
        let (mut waiting, others): (VecDeque<_>, VecDeque<_>) = logged.drain(..).partition(waits);
        *logged = others;
        for place in dataset.uncut.iter().rev() {
            let block = waiting.pop_back_if(|block| block.place == *place).and_then(|waiting| waiting.block);
            logged.push_front(LoggedBlock { dataset: index, place: place.clone(), block });
        }
        self.parse_work.set();
    }

    /// Ends taking in, logs and closes what is there, and waits for the uploads as long as it may.
    async fn drain(self: &Rc<Self>, deadline: Duration) {
        let until = self.settings.clock.monotonic() + deadline;
        let ids: Vec<String> = self.inputs.borrow().keys().cloned().collect();
        for id in ids {
            stop_input(self, &id).await;
        }
        let mut has_cut = false;
        while self.settings.clock.monotonic() < until {
            self.intake.borrow_mut().seal_all();
            self.log_work.set();
            let is_logged = self.has_no_connections()
                && !self.intake.borrow().has_sealed()
                && self.has_no_controls()
                && !self.is_logging.get();
            let is_parsed = is_logged && self.has_parsed_all();
            if is_parsed && !has_cut {
                let _ = self.encoder.send(EncoderMessage::CutAll).await;
                has_cut = true;
                continue;
            }
            if is_parsed && has_cut && self.has_nothing_to_upload() {
                break;
            }
            sleep(Duration::from_millis(DRAIN_LOOK_MS)).await;
        }
        let left = self.open_uploads.get();
        if left > 0 {
            info!(
                shard = self.settings.shard,
                left, "ending before every upload is done; the log has their rows"
            );
        }
        let _ = self.encoder.send(EncoderMessage::Stop).await;
        self.is_drained.set(true);
        self.drained.set();
    }

    fn has_parsed_all(&self) -> bool {
        self.logged.borrow().is_empty() && !self.is_parsing.get() && self.waiting.borrow().is_empty()
    }

    fn has_nothing_to_upload(&self) -> bool {
        self.datasets_are_cut()
            && self.open_uploads.get() == 0
            && self.has_no_controls()
            && !self.is_logging.get()
    }

    fn has_no_controls(&self) -> bool {
        self.intents.borrow().is_empty() && self.commits.borrow().is_empty()
    }

    fn datasets_are_cut(&self) -> bool {
        self.datasets.borrow().iter().all(|dataset| dataset.uncut.is_empty())
    }
}
