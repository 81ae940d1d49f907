//! Uploads: finished cuts become objects and metadata, or go to a receiver, in the order of their positions, for as long
//! as it takes.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytefreezer_lake::store::chain;
use bytefreezer_lake::{Publisher, StoreError};
use hotpath::cut::FileKind;
use hotpath::names::DatasetKey;
use hotpath::shard::{ShardCommand, Upload, UploadedCut};
use tokio::sync::mpsc;
use tracing::{debug, info, warn};

use crate::forward::Forwarder;
use crate::limits::{UPLOAD_BATCH_CUTS_MAX, UPLOAD_RETRY_MS_MAX, UPLOAD_RETRY_MS_MIN};

/// Whether the storage takes objects, as the last upload found it.
#[derive(Debug, Default)]
pub struct UploadState {
    trouble: std::sync::Mutex<Option<String>>,
}

impl UploadState {
    /// Why the storage took nothing the last time; `None` when it did.
    pub fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    fn set(&self, trouble: Option<String>) {
        *self.trouble.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = trouble;
    }
}

/// Where finished cuts go.
#[derive(Clone)]
pub struct Destinations {
    /// Parquet files.
    pub publisher: Publisher,
    /// Files of rows; `None` where no dataset is on the staged route.
    pub forwarder: Option<Forwarder>,
}

/// Hands every finished cut to the uploads of its dataset and shard, until the shards are gone.
///
/// Commits of one dataset and shard must come in the order of their positions, so each pair has one upload at a time;
/// different pairs do not wait for each other.
pub async fn run(
    uploads: async_channel::Receiver<Upload>,
    destinations: Destinations,
    shards: Arc<Vec<async_channel::Sender<ShardCommand>>>,
    state: Arc<UploadState>,
) {
    let mut lanes: HashMap<(DatasetKey, u16), mpsc::UnboundedSender<Upload>> = HashMap::new();
    while let Ok(upload) = uploads.recv().await {
        let lane = (upload.cut.dataset.clone(), upload.cut.shard);
        let sender = lanes.entry(lane).or_insert_with(|| {
            // Unbounded here, bounded by the log: it holds every row of these cuts until they are committed.
            let (sender, receiver) = mpsc::unbounded_channel();
            tokio::spawn(run_lane(receiver, destinations.clone(), Arc::clone(&shards), Arc::clone(&state)));
            sender
        });
        // A lane ends only when its shard is gone, and then the log has the intent.
        let _ = sender.send(upload);
    }
}

async fn run_lane(
    mut uploads: mpsc::UnboundedReceiver<Upload>,
    destinations: Destinations,
    shards: Arc<Vec<async_channel::Sender<ShardCommand>>>,
    state: Arc<UploadState>,
) {
    let mut batch = Vec::new();
    while uploads.recv_many(&mut batch, UPLOAD_BATCH_CUTS_MAX).await > 0 {
        // Files of rows go one by one: only the last batch that was sent can come again.
        let runs = batch
            .chunk_by(|one, next| one.cut.kind == FileKind::Parquet && next.cut.kind == FileKind::Parquet);
        for run in runs {
            let dead_rows = upload_until_done(&destinations, run, &state).await;
            for upload in run {
                let Some(shard) = shards.get(usize::from(upload.cut.shard)) else { return };
                if shard.send(ShardCommand::Uploaded(uploaded(upload, dead_rows))).await.is_err() {
                    return;
                }
                remove_local_files(upload).await;
            }
        }
        batch.clear();
    }
}

/// Uploads cuts, whatever happens, with growing pauses between the attempts. Gives the rows that no receiver took.
async fn upload_until_done(destinations: &Destinations, batch: &[Upload], state: &UploadState) -> u64 {
    let mut pause_ms = UPLOAD_RETRY_MS_MIN;
    let dead_rows = loop {
        let failure = match try_upload(destinations, batch).await {
            Ok(dead_rows) => break dead_rows,
            Err(failure) => failure,
        };
        warn!(
            cuts = batch.len(),
            error = failure,
            pause_ms,
            "cannot upload, trying again; finished files wait on disk"
        );
        state.set(Some(failure));
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        pause_ms = (pause_ms * 2).min(UPLOAD_RETRY_MS_MAX);
    };
    if state.trouble().is_some() {
        info!("the storage takes objects again");
        state.set(None);
    }
    dead_rows
}

/// Uploads Parquet files of several cuts, or the rows of one.
async fn try_upload(destinations: &Destinations, batch: &[Upload]) -> Result<u64, String> {
    let is_parquet = |upload: &Upload| upload.cut.kind == FileKind::Parquet;
    if batch.iter().all(is_parquet) {
        let published = try_publish(&destinations.publisher, batch).await;
        return published.map(|()| 0).map_err(|error| chain(&*error));
    }
    let Some(forwarder) = &destinations.forwarder else {
        return Err("no receivers are configured: set `forward.receivers`".to_owned());
    };
    let mut dead_rows = 0;
    for upload in batch {
        dead_rows += forwarder.deliver(upload).await?.dead_rows;
    }
    Ok(dead_rows)
}

async fn try_publish(publisher: &Publisher, batch: &[Upload]) -> Result<(), Arc<StoreError>> {
    let cuts: Vec<_> = batch.iter().map(|upload| upload.cut.clone()).collect();
    for result in publisher.publish_batch(&cuts).await {
        result?;
    }
    for upload in batch.iter().filter(|upload| !upload.stale_keys.is_empty()) {
        info!(dataset = %upload.cut.dataset, keys = upload.stale_keys.len(), "removing objects that a repeated cut does not have");
        publisher.retract(&upload.cut.dataset, &upload.stale_keys).await.map_err(Arc::new)?;
    }
    Ok(())
}

fn uploaded(upload: &Upload, dead_rows: u64) -> UploadedCut {
    let cut = &upload.cut;
    UploadedCut {
        dataset: cut.dataset.clone(),
        first_position: cut.first_position,
        last_position: cut.last_position,
        rows: cut.local_files().map(|file| file.rows).sum(),
        bytes: cut.local_files().map(|file| file.bytes).sum(),
        files: cut.local_files().count() as u64,
        dead_rows: dead_rows + cut.dead_letters.as_ref().map_or(0, |file| file.rows),
    }
}

/// What is left of the files after the upload: a folder on the same disk has taken them by renaming.
async fn remove_local_files(upload: &Upload) {
    for file in upload.cut.local_files() {
        if let Err(error) = tokio::fs::remove_file(&file.path).await {
            debug!(path = %file.path.display(), %error, "a local file is gone already");
        }
    }
}
