//! One dataset: gathers its batches, makes plans of them and carries those out.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bytefreezer_core::config::{Config, DatasetConfig};
use bytefreezer_core::shutdown::Shutdown;
use bytefreezer_lake::keys::rfc3339_us;
use bytefreezer_lake::pace::Pace;
use bytefreezer_lake::store::chain;
use bytefreezer_lake::{FencedStore, KeptLease, LeaseBoard, LeaseGuard, Store, StoreErrorKind};
use futures::stream::{self, StreamExt};
use hotpath::account::DatasetWriters;
use hotpath::cut::FileKind;
use hotpath::encode::DatasetOptions;
use hotpath::encode::schema::ColumnSet;
use hotpath::names::DatasetKey;
use tracing::{info, warn};

use crate::book::{Keeping, PlanBook};
use crate::error::PackError;
use crate::limits::SET_ASIDE_MAX;
use crate::limits::{CALLS_IN_FLIGHT, FILE_SHARE_AT_FIRST, FILE_SHARE_MAX, FILE_SHARE_MIN, PART_BYTES_MIN};
use crate::metrics::DatasetMetrics;
use crate::plan::{Plan, PlanSource, PlanState, lease_key};
use crate::waiting::{Gathering, Waiting, WaitingBatch};

/// What all datasets of a packer share.
pub(crate) struct Site {
    /// Where batches come from.
    pub(crate) stage: Arc<dyn Store>,
    /// Where Parquet files, metadata, plans and leases are.
    pub(crate) lake: Arc<dyn Store>,
    pub(crate) board: LeaseBoard,
    pub(crate) pace: Arc<dyn Pace>,
    /// Name of this packer, for people.
    pub(crate) instance: String,
    /// Folder for files until they are uploaded.
    pub(crate) spool: PathBuf,
    pub(crate) lease_length: Duration,
    pub(crate) keeping: Keeping,
    pub(crate) memory_bytes_max: usize,
    /// Called where something got on.
    pub(crate) on_progress: Arc<dyn Fn() + Send + Sync>,
}

/// What a dataset's files shall be like.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    pub(crate) key: DatasetKey,
    pub(crate) file_bytes_max: u64,
    pub(crate) age_max: Duration,
    pub(crate) options: DatasetOptions,
}

impl Settings {
    pub(crate) fn new(config: &Config, dataset: &DatasetConfig) -> anyhow::Result<Self> {
        let row_group_memory =
            config.shards.row_group_memory_bytes.bytes().min(config.packer.memory_bytes_max.bytes());
        Ok(Self {
            key: dataset.key()?,
            file_bytes_max: dataset.parquet.file_bytes_max.bytes(),
            age_max: if dataset.testing { Duration::ZERO } else { dataset.file_age_max() },
            options: DatasetOptions {
                kind: FileKind::Parquet,
                row_group_rows: usize::try_from(config.shards.row_group_rows).unwrap_or(usize::MAX),
                row_group_memory_bytes: usize::try_from(row_group_memory).unwrap_or(usize::MAX),
                // A plan says where files end.
                file_bytes_max: u64::MAX,
                file_age_max_ms: u64::MAX,
                zstd_level: dataset.parquet.zstd_level,
            },
        })
    }
}

/// What a look at a dataset came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Nothing is to be done yet.
    Idle,
    /// Another packer has the dataset.
    Elsewhere,
    /// So many plans were carried out.
    Packed(u64),
}

/// The stores while the lease is held.
pub(crate) struct Fenced {
    pub(crate) stage: Arc<dyn Store>,
    pub(crate) lake: Arc<dyn Store>,
    pub(crate) guard: LeaseGuard,
    pub(crate) fence: u64,
}

impl Fenced {
    pub(crate) fn new(site: &Site, lease: &KeptLease) -> Self {
        let under = |store: &Arc<dyn Store>| -> Arc<dyn Store> {
            Arc::new(FencedStore::new(Arc::clone(store), lease.guard()))
        };
        Self {
            stage: under(&site.stage),
            lake: under(&site.lake),
            guard: lease.guard(),
            fence: lease.fence(),
        }
    }
}

/// One dataset of the packer.
pub(crate) struct DatasetPacker {
    pub(crate) settings: Settings,
    pub(crate) site: Arc<Site>,
    pub(crate) book: PlanBook,
    pub(crate) account: DatasetWriters,
    pub(crate) metrics: DatasetMetrics,
    /// Columns of the last plan.
    pub(crate) columns: ColumnSet,
    waiting: Waiting,
    /// Whether the plans of packers before this one are known.
    is_caught_up: bool,
    /// Batches that are not made of lines: left where they are, for people to look at.
    set_aside: Vec<PlanSource>,
}

impl DatasetPacker {
    pub(crate) fn new(
        settings: Settings,
        site: Arc<Site>,
        account: DatasetWriters,
        metrics: DatasetMetrics,
    ) -> Self {
        let key = settings.key.clone();
        Self {
            settings,
            site,
            book: PlanBook::new(key.clone()),
            account,
            metrics,
            columns: ColumnSet::default(),
            waiting: Waiting::new(key),
            is_caught_up: false,
            set_aside: Vec::new(),
        }
    }

    pub(crate) fn key(&self) -> &DatasetKey {
        &self.settings.key
    }

    /// How many batches are set aside.
    pub(crate) fn set_aside(&self) -> usize {
        self.set_aside.len()
    }

    /// Looks into the stage, and packs what is due if no other packer has the dataset.
    ///
    /// # Errors
    /// See [`PackError`]. The dataset can be tried again later.
    pub(crate) async fn turn(&mut self, stop: &Shutdown) -> Result<Turn, PackError> {
        let found = self.waiting.look(self.site.stage.as_ref(), self.site.pace.monotonic()).await?;
        self.metrics.show_waiting(found.batches.iter().map(|batch| batch.object.bytes));
        let batches = self.without_set_aside(found.batches);
        if !self.is_work_for_us(&batches) {
            return Ok(Turn::Idle);
        }
        let site = Arc::clone(&self.site);
        let key = lease_key(self.key());
        let Some(lease) = site.board.take(&key, &site.instance, site.lease_length).await? else {
            return Ok(Turn::Elsewhere);
        };
        let lease = lease.keep();
        let done = self.work(&Fenced::new(&site, &lease), batches, found.is_complete, stop).await;
        if let Err(error) = lease.release().await {
            warn!(dataset = %self.key(), error = chain(&error), "cannot give a lease back; it ends by itself");
        }
        done
    }

    fn without_set_aside(&self, mut batches: Vec<WaitingBatch>) -> Vec<WaitingBatch> {
        let is_set_aside = |batch: &WaitingBatch| {
            self.set_aside.iter().any(|one| one.key == batch.object.key && one.etag == batch.object.etag)
        };
        batches.retain(|batch| !is_set_aside(batch));
        batches
    }

    fn is_work_for_us(&self, batches: &[WaitingBatch]) -> bool {
        // A packer before this one may have left a plan open.
        let may_be_left_open = !self.is_caught_up && !batches.is_empty();
        may_be_left_open
            || self.gathering().is_due(batches, self.site.pace.monotonic())
            || batches.iter().any(|batch| self.book.has_packed(&batch.object.key))
    }

    fn gathering(&self) -> Gathering {
        let share = self.book.file_share().unwrap_or(FILE_SHARE_AT_FIRST);
        let bytes = self.settings.file_bytes_max as f64 / share.clamp(FILE_SHARE_MIN, FILE_SHARE_MAX);
        Gathering { bytes_wanted: (bytes as u64).max(PART_BYTES_MIN), age_max: self.settings.age_max }
    }

    async fn work(
        &mut self,
        stores: &Fenced,
        mut batches: Vec<WaitingBatch>,
        are_all: bool,
        stop: &Shutdown,
    ) -> Result<Turn, PackError> {
        let mut packed = 0;
        for open in self.book.catch_up(stores.lake.as_ref()).await? {
            info!(dataset = %self.key(), plan = open.plan.number, made_by = open.plan.packer, "carrying out a plan that was left open");
            self.carry_out(open, true, stores).await?;
            packed += 1;
        }
        self.is_caught_up = true;
        loop {
            let (again, fresh): (Vec<_>, Vec<_>) =
                batches.into_iter().partition(|batch| self.book.has_packed(&batch.object.key));
            let left = self.delete(stores.stage.as_ref(), again).await;
            batches = self.without_set_aside(fresh);
            let is_due = self.gathering().is_due(&batches, self.site.pace.monotonic());
            if !is_due || stop.is_requested() {
                if are_all && left == 0 {
                    let now_us = self.site.pace.now_us();
                    self.book.forget_old(stores.lake.as_ref(), self.site.keeping, now_us).await?;
                }
                return Ok(Turn::Packed(packed));
            }
            let taken = self.gathering().for_plan(&batches);
            let sources = batches.iter().take(taken).map(source_of).collect();
            let plan = self.book.begin(stores.lake.as_ref(), self.plan(sources, stores.fence)).await?;
            self.carry_out(plan, false, stores).await?;
            packed += 1;
        }
    }

    fn plan(&self, sources: Vec<PlanSource>, fence: u64) -> Plan {
        Plan {
            number: 0,
            state: PlanState::Open,
            packer: self.site.instance.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            fence,
            made_at: rfc3339_us(self.site.pace.now_us()),
            part_bytes: self.gathering().bytes_wanted,
            rebound: false,
            sources,
            result: None,
        }
    }

    /// Deletes batches that were packed. Gives how many are left.
    async fn delete(&self, stage: &dyn Store, batches: Vec<WaitingBatch>) -> usize {
        delete_all(stage, batches.into_iter().map(|batch| batch.object.key).collect()).await
    }

    /// Leaves a batch in the stage and out of plans, as long as it is as it is now.
    pub(crate) fn set_source_aside(&mut self, source: PlanSource) {
        if self.set_aside.len() >= SET_ASIDE_MAX {
            self.set_aside.clear();
        }
        self.set_aside.push(source);
    }
}

fn source_of(batch: &WaitingBatch) -> PlanSource {
    let object = &batch.object;
    PlanSource { key: object.key.clone(), etag: object.etag.clone(), bytes: object.bytes }
}

/// Deletes objects. What cannot be deleted is reported, and is deleted when it is found the next time. Gives how many.
pub(crate) async fn delete_all(store: &dyn Store, keys: Vec<String>) -> usize {
    let deletions = stream::iter(keys).map(|key| async move { store.delete(&key).await });
    let failures: Vec<_> = deletions
        .buffer_unordered(CALLS_IN_FLIGHT)
        .filter_map(|done| async move { done.err() })
        .collect()
        .await;
    if let Some(error) = failures.first() {
        let left = failures.len();
        warn!(left, error = chain(error), "cannot delete batches that were packed; trying again later");
    }
    failures.len()
}

/// An empty folder for the files of a dataset's plan.
pub(crate) fn empty_folder(spool: &Path, dataset: &DatasetKey) -> Result<PathBuf, PackError> {
    let folder = spool.join(format!("{}--{}", dataset.tenant(), dataset.dataset()));
    match std::fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(PackError::spool("empty", &folder, error));
        }
        _ => {}
    }
    std::fs::create_dir_all(&folder).map_err(|error| PackError::spool("create", &folder, error))?;
    Ok(folder)
}

/// Whether a batch is not there in the version that was asked for.
pub(crate) fn is_other_version(error: &PackError) -> bool {
    let PackError::Store(error) = error else { return false };
    matches!(error.kind(), StoreErrorKind::NotFound | StoreErrorKind::PreconditionFailed)
}
