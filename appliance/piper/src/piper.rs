//! The role as a whole: looks for batches, and workers that share them.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::Context;
use bytefreezer_core::config::Config;
use bytefreezer_core::ledger::Ledger;
use bytefreezer_core::name_servers::NameServers;
use bytefreezer_core::progress::{Component, ComponentState, Progress};
use bytefreezer_core::resources::{self, ResourceFolder};
use bytefreezer_core::shutdown::{Shutdown, ShutdownTrigger, shutdown};
use bytefreezer_lake::pace::{Pace, SystemPace};
use bytefreezer_lake::{LeaseBoard, Store, check_conditions};
use hotpath::account::{Aside, DatasetWriters, Movement, RejectReason};
use hotpath::batch::ColumnRegistry;
use hotpath::filter::Resources;
use hotpath::layout::BatchKey;
use hotpath::names::DatasetKey;
use tokio::runtime::Handle;
use tokio::sync::{Mutex, Semaphore};
use tokio::task::{JoinHandle, JoinSet};
use tracing::warn;

use crate::limits::{DRAIN_SECONDS_MAX, RETRY_MS_MAX, RETRY_MS_MIN, STALL_SECONDS};
use crate::look::waiting_batches;
use crate::pipe::Piped;
use crate::pipeline::{Pipeline, pipelines};
use crate::release::kept_batches;
use crate::work::{Outcome, Workshop};

/// What the process gives to the role.
pub struct Surroundings {
    /// The account of events.
    pub ledger: Arc<Ledger>,
    /// Where the role says that it makes progress.
    pub progress: Progress,
    /// The stage that batches come from.
    pub intake: Arc<dyn Store>,
    /// The stage that they go to.
    pub output: Arc<dyn Store>,
    /// Columns of each dataset that are known from earlier files.
    pub registries: HashMap<DatasetKey, Arc<ColumnRegistry>>,
}

/// The role while it runs.
pub struct Piper {
    shared: Arc<Shared>,
    resources: Arc<Resources>,
    stop: ShutdownTrigger,
    looking: JoinHandle<()>,
    refresh: JoinHandle<()>,
}

/// What the tasks of the role share.
struct Shared {
    workshop: Workshop,
    pipelines: RwLock<Vec<Arc<Pipeline>>>,
    registries: std::sync::Mutex<HashMap<DatasetKey, Arc<ColumnRegistry>>>,
    accounts: Mutex<HashMap<DatasetKey, DatasetWriters>>,
    ledger: Arc<Ledger>,
    component: Arc<Component>,
    poll_interval: Duration,
    places: Arc<Semaphore>,
}

impl Piper {
    /// Starts to look for batches. Call it in a tokio runtime.
    ///
    /// # Errors
    /// When the stage does not hold the conditions that leases need, filters do not compile, or the folder for files
    /// cannot be made.
    pub async fn start(config: &Config, surroundings: Surroundings) -> anyhow::Result<Self> {
        let Surroundings { ledger, progress, intake, output, registries } = surroundings;
        check_conditions(intake.as_ref()).await.context("the stage intake cannot be shared")?;
        let folder = config.data_dir.join("piper_work");
        empty_folder(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        let names = Arc::new(NameServers::on(Handle::current()));
        let folder_of_resources = Arc::new(ResourceFolder::new(&config.resources_dir));
        let resources = Arc::new(Resources::awaiting(folder_of_resources).with_names(names));
        let settings = &config.piper;
        let pace: Arc<dyn Pace> = Arc::new(SystemPace);
        let component = Arc::new(progress.register("piper", Some(Duration::from_secs(STALL_SECONDS)))?);
        let beating = Arc::clone(&component);
        let workshop = Workshop {
            on_progress: Arc::new(move || beating.beat()),
            board: Arc::new(LeaseBoard::new(Arc::clone(&intake), pace)),
            intake,
            output,
            instance: config.instance.clone(),
            lease_length: Duration::from_secs(settings.lease_seconds),
            keep_days: settings.keep_days,
            folder,
        };
        let shared = Arc::new(Shared {
            workshop,
            pipelines: RwLock::default(),
            registries: std::sync::Mutex::new(registries),
            accounts: Mutex::default(),
            ledger,
            component,
            poll_interval: Duration::from_secs(settings.poll_interval_seconds),
            places: Arc::new(Semaphore::new(settings.parallel_batches as usize)),
        });
        shared.set_pipelines(config, &resources)?;
        shared.component.set(ComponentState::Ready);
        let (stop, token) = shutdown();
        let looking = tokio::spawn(look_for_ever(Arc::clone(&shared), token));
        let refresh = tokio::spawn(resources::refresh(Arc::clone(&resources)));
        Ok(Self { shared, resources, stop, looking, refresh })
    }

    /// Takes over the datasets of another configuration; batches under way go on as they began.
    ///
    /// # Errors
    /// When filters do not compile; then everything goes on as it was.
    pub fn reload(&self, config: &Config) -> anyhow::Result<()> {
        self.shared.set_pipelines(config, &self.resources)
    }

    /// Ends: batches under way are finished as far as time allows, the others are left to other pipers.
    pub async fn drain(self) {
        self.stop.stop();
        let looking = self.looking.abort_handle();
        if tokio::time::timeout(Duration::from_secs(DRAIN_SECONDS_MAX), self.looking).await.is_err() {
            looking.abort();
            warn!("batches under way are left to other pipers");
        }
        self.refresh.abort();
    }
}

fn empty_folder(folder: &std::path::Path) -> std::io::Result<()> {
    match std::fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    std::fs::create_dir_all(folder)
}

/// Looks at every dataset again and again, and has what it finds worked on.
async fn look_for_ever(shared: Arc<Shared>, mut stop: Shutdown) {
    let mut pause_ms = RETRY_MS_MIN;
    loop {
        let looked = shared.look_once(stop.clone()).await;
        if stop.is_requested() {
            return;
        }
        shared.component.beat();
        let pause = match looked {
            Ok(0) => {
                pause_ms = RETRY_MS_MIN;
                shared.component.set(ComponentState::Ready);
                shared.poll_interval
            }
            // Where there was work there may be more.
            Ok(_) => {
                pause_ms = RETRY_MS_MIN;
                shared.component.set(ComponentState::Ready);
                continue;
            }
            Err(error) => {
                let error = format!("{error:#}");
                warn!(error, pause_ms, "cannot work on batches, trying again");
                shared.component.set(ComponentState::Degraded(error));
                let pause = Duration::from_millis(pause_ms);
                pause_ms = (pause_ms * 2).min(RETRY_MS_MAX);
                pause
            }
        };
        tokio::select! {
            () = stop.wait() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

impl Shared {
    fn set_pipelines(&self, config: &Config, resources: &Arc<Resources>) -> anyhow::Result<()> {
        let registry_of = |dataset: &DatasetKey| {
            let mut registries = self.registries.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(registries.entry(dataset.clone()).or_default())
        };
        let new = pipelines(config, resources, registry_of)?;
        *self.pipelines.write().unwrap_or_else(PoisonError::into_inner) = new;
        Ok(())
    }

    /// Works on all that is waiting in all datasets. Gives the number of batches that were worked on here.
    async fn look_once(self: &Arc<Self>, stop: Shutdown) -> anyhow::Result<usize> {
        let pipelines = self.pipelines.read().unwrap_or_else(PoisonError::into_inner).clone();
        let mut done = 0;
        let mut trouble = None;
        for pipeline in pipelines {
            match self.work_on_dataset(&pipeline, stop.clone()).await {
                Ok(batches) => done += batches,
                Err(error) => trouble = Some(error),
            }
        }
        match trouble {
            Some(error) => Err(error),
            None => Ok(done),
        }
    }

    async fn work_on_dataset(
        self: &Arc<Self>,
        pipeline: &Arc<Pipeline>,
        stop: Shutdown,
    ) -> anyhow::Result<usize> {
        let workshop = &self.workshop;
        let store = workshop.intake.as_ref();
        let kept = match workshop.keep_days {
            0 => BTreeSet::new(),
            days => kept_batches(store, &pipeline.dataset, days, SystemPace.now_us()).await?,
        };
        let mut waiting = waiting_batches(store, &pipeline.dataset, &kept).await?;
        // So that pipers do not all begin with the same.
        let start = rand::random_range(0..waiting.len().max(1));
        waiting.rotate_left(start);
        let mut working = JoinSet::new();
        for batch in waiting {
            let place = Arc::clone(&self.places).acquire_owned().await?;
            if stop.is_requested() {
                break;
            }
            let (shared, pipeline) = (Arc::clone(self), Arc::clone(pipeline));
            working.spawn(async move {
                let done = shared.work_on(&batch, &pipeline).await;
                drop(place);
                done
            });
        }
        let mut done = 0;
        let mut trouble = None;
        while let Some(worked) = working.join_next().await {
            match worked.context("a batch's task broke down")? {
                Ok(true) => done += 1,
                Ok(false) => {}
                Err(error) => trouble = Some(error),
            }
        }
        match trouble {
            Some(error) => Err(error),
            None => Ok(done),
        }
    }

    /// Works on a batch; whether it was done here.
    async fn work_on(&self, batch: &BatchKey, pipeline: &Arc<Pipeline>) -> anyhow::Result<bool> {
        let outcome = self.workshop.work_on(batch, pipeline).await;
        self.component.beat();
        match outcome.with_context(|| format!("batch {} of {}", batch.batch, batch.dataset))? {
            Outcome::Done(piped) => {
                self.account(&batch.dataset, &movement_of(&piped)).await?;
                Ok(true)
            }
            Outcome::Dead => Ok(true),
            Outcome::Elsewhere => Ok(false),
        }
    }

    async fn account(&self, dataset: &DatasetKey, movement: &Movement) -> anyhow::Result<()> {
        let mut accounts = self.accounts.lock().await;
        let writers = match accounts.entry(dataset.clone()) {
            std::collections::hash_map::Entry::Occupied(open) => open.into_mut(),
            std::collections::hash_map::Entry::Vacant(new) => new.insert(self.ledger.open(dataset, 0)?),
        };
        writers.uploader.record(movement);
        Ok(())
    }
}

/// The account of a batch that went through: what was read, and what came out, counted apart.
fn movement_of(piped: &Piped) -> Movement {
    let held =
        piped.rows_read + piped.rows_added - piped.rows_filtered.min(piped.rows_read + piped.rows_added);
    let mut movement = Movement::receive(piped.rows_read, piped.bytes_read);
    movement.add(&Movement::refuse(RejectReason::Malformed, piped.lines_refused));
    movement.add(&Movement::unfold(piped.rows_added));
    movement.add(&Movement::filter(piped.rows_filtered).and(Aside::FilterErrors, piped.rows_faulty));
    movement.add(
        &Movement::store(piped.rows_written, held)
            .and(Aside::BytesStored, piped.bytes_written)
            .and(Aside::DeadLetters, piped.rows_dead),
    );
    movement
}
