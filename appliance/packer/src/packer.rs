//! The role as a whole: starts, takes over another configuration, drains.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use bytefreezer_core::config::{Config, Route};
use bytefreezer_core::ledger::Ledger;
use bytefreezer_core::metrics::Metrics;
use bytefreezer_core::progress::{Component, ComponentState, Progress};
use bytefreezer_core::shutdown::{Shutdown, ShutdownTrigger, shutdown};
use bytefreezer_lake::pace::{Pace, SystemPace};
use bytefreezer_lake::store::chain;
use bytefreezer_lake::{LeaseBoard, Store, check_conditions};
use hotpath::names::DatasetKey;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing::{error, info, warn};

use crate::book::Keeping;
use crate::dataset::{DatasetPacker, Settings, Site, Turn};
use crate::error::PackError;
use crate::limits::{DRAIN, RETRY_MAX, RETRY_MIN, STALL};
use crate::metrics::PackerMetrics;

/// What the process gives to the role.
pub struct Surroundings {
    /// The account of events.
    pub ledger: Arc<Ledger>,
    /// Where the role says that it makes progress.
    pub progress: Progress,
    /// Where its figures go.
    pub metrics: Arc<Metrics>,
    /// What pipers write (`stages.piper`).
    pub stage: Arc<dyn Store>,
    /// Where Parquet files go (`storage`).
    pub lake: Arc<dyn Store>,
}

/// The role while it runs.
#[derive(Debug)]
pub struct Packer {
    settings: watch::Sender<Vec<Settings>>,
    stop: ShutdownTrigger,
    work: JoinHandle<()>,
}

impl Packer {
    /// Looks whether the lake can be worked in, and starts. Call it in a tokio runtime.
    ///
    /// # Errors
    /// When the spool cannot be made, or the lake does not hold conditions of puts. A lake that is away is waited for.
    pub async fn start(config: Config, surroundings: Surroundings) -> anyhow::Result<Self> {
        let Surroundings { ledger, progress, metrics, stage, lake } = surroundings;
        let are_conditions_held = conditions_are_held(lake.as_ref()).await?;
        let (stop, token) = shutdown();
        let component = Arc::new(progress.register("packer", Some(STALL))?);
        let beat = Arc::clone(&component);
        let pace: Arc<dyn Pace> = Arc::new(SystemPace);
        let site = Site {
            board: LeaseBoard::new(Arc::clone(&lake), Arc::clone(&pace)),
            stage,
            lake,
            pace,
            instance: config.instance.clone(),
            spool: spool(&config)?,
            lease_length: Duration::from_secs(config.packer.lease_seconds),
            keeping: Keeping::for_days(config.packer.remember_days),
            memory_bytes_max: usize::try_from(config.packer.memory_bytes_max.bytes()).unwrap_or(usize::MAX),
            on_progress: Arc::new(move || beat.beat()),
        };
        let (sender, settings) = watch::channel(staged(&config)?);
        let worker = Worker {
            site: Arc::new(site),
            ledger,
            metrics: PackerMetrics::register(&metrics),
            component,
            settings,
            poll_interval: Duration::from_secs(config.packer.poll_interval_seconds),
            datasets: BTreeMap::new(),
            are_conditions_held,
        };
        let work = tokio::spawn(worker.run(token));
        Ok(Self { settings: sender, stop, work })
    }

    /// Takes over the datasets of another configuration. Everything else takes effect at the next start.
    ///
    /// # Errors
    /// When a dataset has no valid name, which no loaded configuration has.
    pub fn reload(&self, config: &Config) -> anyhow::Result<()> {
        self.settings.send_replace(staged(config)?);
        Ok(())
    }

    /// Ends. A plan under way is carried out as far as time allows; what is left of it is done by the next packer.
    pub async fn drain(mut self) {
        self.stop.stop();
        if tokio::time::timeout(DRAIN, &mut self.work).await.is_err() {
            warn!("a plan was not carried out in time; it is left open for the next packer");
            self.work.abort();
        }
        info!("drained");
    }
}

/// Whether the lake holds conditions; `false` when it cannot be asked now.
async fn conditions_are_held(lake: &dyn Store) -> anyhow::Result<bool> {
    match check_conditions(lake).await {
        Ok(()) => Ok(true),
        Err(error) if error.is_retryable() => {
            warn!(location = lake.location(), error = chain(&error), "the storage is away, waiting for it");
            Ok(false)
        }
        Err(error) => bail!("packers cannot work in this storage: {}", chain(&error)),
    }
}

/// The folder for files until they are uploaded. What an earlier run has left in it is of no use any more.
fn spool(config: &Config) -> anyhow::Result<PathBuf> {
    let folder: &Path = &config.data_dir.join("packer").join(&config.instance);
    let failed = || format!("cannot prepare the folder {}", folder.display());
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error).with_context(failed),
        _ => {}
    }
    std::fs::create_dir_all(folder).with_context(failed)?;
    Ok(folder.to_path_buf())
}

/// The settings of the datasets that take the staged route.
fn staged(config: &Config) -> anyhow::Result<Vec<Settings>> {
    let datasets = config.datasets.iter().filter(|dataset| dataset.route == Route::Staged);
    datasets.map(|dataset| Settings::new(config, dataset)).collect()
}

/// A dataset and when it may be tried again.
struct Scheduled {
    packer: DatasetPacker,
    not_before: Option<Instant>,
    pause: Duration,
    trouble: Option<String>,
}

/// Looks at one dataset after the other.
struct Worker {
    site: Arc<Site>,
    ledger: Arc<Ledger>,
    metrics: PackerMetrics,
    component: Arc<Component>,
    settings: watch::Receiver<Vec<Settings>>,
    poll_interval: Duration,
    datasets: BTreeMap<DatasetKey, Scheduled>,
    are_conditions_held: bool,
}

impl Worker {
    async fn run(mut self, mut stop: Shutdown) {
        let mut pause = RETRY_MIN;
        while !self.are_conditions_held && !stop.is_requested() {
            match check_conditions(self.site.lake.as_ref()).await {
                Ok(()) => self.are_conditions_held = true,
                Err(error) => self.component.set(ComponentState::Blocked(chain(&error))),
            }
            sleep_or_stop(pause, &mut stop).await;
            pause = (pause * 2).min(RETRY_MAX);
        }
        while !stop.is_requested() {
            self.take_settings();
            for dataset in self.datasets.values_mut() {
                if stop.is_requested() {
                    return;
                }
                self.component.beat();
                dataset.turn(&stop).await;
            }
            self.component.set(self.state());
            let poll_interval = self.poll_interval;
            tokio::select! {
                () = sleep_or_stop(poll_interval, &mut stop) => {}
                _ = self.settings.changed() => {}
            }
        }
    }

    /// Begins datasets that are new, gives others their settings, and lets go of those that are gone.
    fn take_settings(&mut self) {
        let wanted = self.settings.borrow_and_update().clone();
        self.datasets.retain(|key, _| wanted.iter().any(|settings| settings.key == *key));
        for settings in wanted {
            if let Some(scheduled) = self.datasets.get_mut(&settings.key) {
                scheduled.packer.settings = settings;
                continue;
            }
            let key = settings.key.clone();
            let account = match self.ledger.open(&key, 0) {
                Ok(account) => account,
                Err(error) => {
                    error!(dataset = %key, %error, "cannot pack a dataset");
                    continue;
                }
            };
            let metrics = self.metrics.of(&key);
            let packer = DatasetPacker::new(settings, Arc::clone(&self.site), account, metrics);
            let scheduled = Scheduled { packer, not_before: None, pause: RETRY_MIN, trouble: None };
            self.datasets.insert(key, scheduled);
        }
    }

    /// Trouble with a dataset does not keep others from being packed, nor anybody from sending.
    fn state(&self) -> ComponentState {
        let troubles = self.datasets.iter().filter_map(|(key, dataset)| {
            let trouble = dataset.trouble.as_ref()?;
            Some(format!("{key}: {trouble}"))
        });
        match troubles.collect::<Vec<_>>() {
            none if none.is_empty() => ComponentState::Ready,
            some => ComponentState::Degraded(some.join("; ")),
        }
    }
}

impl Scheduled {
    async fn turn(&mut self, stop: &Shutdown) {
        if self.not_before.is_some_and(|moment| Instant::now() < moment) {
            return;
        }
        match self.packer.turn(stop).await {
            Ok(Turn::Idle | Turn::Elsewhere | Turn::Packed(_)) => {
                if self.not_before.take().is_some() {
                    info!(dataset = %self.packer.key(), "the dataset is packed again");
                }
                self.pause = RETRY_MIN;
                self.trouble = match self.packer.set_aside() {
                    0 => None,
                    batches => Some(format!("{batches} batches cannot be read and are left in the stage")),
                };
            }
            Err(error) => self.postpone(&error),
        }
    }

    fn postpone(&mut self, error: &PackError) {
        let (dataset, pause_ms) = (self.packer.key(), self.pause.as_millis() as u64);
        let reason = chain(error);
        if matches!(error, PackError::Fenced) {
            // The other packer goes on with what was begun.
            info!(%dataset, reason, "leaving the dataset to another packer");
        } else {
            warn!(%dataset, error = reason, pause_ms, "cannot pack, trying again; batches wait in the stage");
            self.trouble = Some(reason);
        }
        self.packer.metrics.count_failure();
        self.not_before = Some(Instant::now() + self.pause);
        self.pause = (self.pause * 2).min(RETRY_MAX);
    }
}

async fn sleep_or_stop(pause: Duration, stop: &mut Shutdown) {
    tokio::select! {
        () = stop.wait() => {}
        () = tokio::time::sleep(pause) => {}
    }
}
