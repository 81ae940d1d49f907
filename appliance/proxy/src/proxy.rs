//! The role as a whole: starts, changes and drains the shards and their inputs.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use anyhow::{Context, anyhow};
use bytefreezer_core::config::{Config, DatasetConfig, HttpInput};
use bytefreezer_core::http_server::{ServeLimits, serve};
use bytefreezer_core::ledger::Ledger;
use bytefreezer_core::metrics::Metrics;
use bytefreezer_core::progress::Progress;
use bytefreezer_core::shutdown::{ShutdownTrigger, shutdown};
use bytefreezer_lake::{Publisher, Store};
use hotpath::batch::ColumnRegistry;
use hotpath::block::BlockPool;
use hotpath::clock::{Clock, SystemClock};
use hotpath::limits::BLOCK_BYTES;
use hotpath::log::LogOptions;
use hotpath::names::DatasetKey;
use hotpath::shard::{
    InputSettings, ShardCommand, ShardHandle, ShardSettings, ShardStatus, Transport, UnknownDataset, start,
};
use tracing::{error, info, warn};

use crate::cpus::CpuPlan;
use crate::http_input::{self, HttpIngest};
use crate::limits::{DRAIN_SECONDS_MAX, SHARD_COMMANDS_MAX, SHARDS_MAX};
use crate::listeners::{self, PlannedInput};
use crate::settings::{dataset_settings, default_dataset_settings, transport};
use crate::upload::{self, UploadState};
use crate::watch;

/// What the process gives to the role.
pub struct Surroundings {
    /// The account of events.
    pub ledger: Arc<Ledger>,
    /// Where the role says that it makes progress.
    pub progress: Progress,
    /// Where its figures go.
    pub metrics: Arc<Metrics>,
    /// Where objects go.
    pub store: Arc<dyn Store>,
    /// Columns of each dataset that are known from earlier files.
    pub registries: HashMap<DatasetKey, Arc<ColumnRegistry>>,
}

/// An address that the role listens on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// What comes in there: `syslog udp`, `http`.
    pub what: String,
    /// Whose events it brings.
    pub dataset: DatasetKey,
    /// The address, its real port included.
    pub address: SocketAddr,
}

/// The role while it runs.
pub struct Proxy {
    shards: Vec<ShardHandle>,
    commands: Arc<Vec<async_channel::Sender<ShardCommand>>>,
    clock: Arc<dyn Clock>,
    ledger: Arc<Ledger>,
    registries: HashMap<DatasetKey, Arc<ColumnRegistry>>,
    datasets: Vec<DatasetKey>,
    inputs: BTreeMap<String, (PlannedInput, SocketAddr)>,
    http: BTreeMap<SocketAddr, RunningHttp>,
    uploads: tokio::task::JoinHandle<()>,
    watch: tokio::task::JoinHandle<()>,
}

/// What a new configuration changes about the inputs; all of it is ready to start.
struct Change {
    stopping: Vec<String>,
    stopping_http: Vec<SocketAddr>,
    starting: Vec<StartingInput>,
    starting_http: Vec<StartingHttp>,
}

/// The HTTP inputs of an address, with its listening socket.
struct StartingHttp {
    listen: SocketAddr,
    inputs: Vec<(DatasetKey, HttpInput)>,
    listener: std::net::TcpListener,
}

/// A syslog input with its sockets, one for each shard.
struct StartingInput {
    id: String,
    plan: PlannedInput,
    address: SocketAddr,
    transport: Transport,
    sockets: Vec<OwnedFd>,
}

struct RunningHttp {
    inputs: Vec<(DatasetKey, HttpInput)>,
    address: SocketAddr,
    /// The listening socket once more, for when the inputs behind it change.
    listener: std::net::TcpListener,
    stop: ShutdownTrigger,
    server: tokio::task::JoinHandle<()>,
}

impl Proxy {
    /// Starts the shards, takes up what their logs hold, and begins to listen. Call it in a tokio runtime.
    ///
    /// # Errors
    /// Whatever keeps the role from taking durable data; nothing runs then.
    pub async fn start(config: Config, plan: &CpuPlan, surroundings: Surroundings) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
        let (finished, uploads) = async_channel::unbounded();
        let mut shards = Vec::new();
        let mut commands = Vec::new();
        let mut statuses = Vec::new();
        let mut registries = surroundings.registries;
        for (number, cpu) in shard_cpus(plan, &config.data_dir).into_iter().enumerate() {
            let number = u16::try_from(number).context("more shards than there are numbers")?;
            let (sender, receiver) = async_channel::bounded(SHARD_COMMANDS_MAX);
            let status = Arc::new(ShardStatus::default());
            let folders = Folders::make(&config.data_dir, number)?;
            let mut datasets = Vec::new();
            for dataset in &config.datasets {
                let key = dataset.key()?;
                let registry = Arc::clone(registries.entry(key.clone()).or_default());
                let writers = surroundings.ledger.open(&key, number)?;
                datasets.push((dataset_settings(&config, dataset, registry)?, writers));
            }
            let settings = ShardSettings {
                shard: number,
                instance: config.instance.clone(),
                cpu: Some(cpu),
                log_directory: folders.log,
                log: log_options(&config, number),
                spool_directory: folders.spool,
                spool_disk_bytes_max: config.shards.spool_disk_bytes_max.bytes(),
                flush_interval: Duration::from_millis(config.shards.log_flush_interval_ms),
                pool: BlockPool::new(
                    BLOCK_BYTES,
                    config.shards.block_pool_bytes.bytes() as usize / BLOCK_BYTES,
                ),
                row_groups_bytes_max: 2 * config.shards.row_group_memory_bytes.bytes() as usize,
                datasets,
                unknown_dataset: unknown_dataset(&config, &surroundings.ledger, number),
                clock: Arc::clone(&clock),
                status: Arc::clone(&status),
                finished_cuts: finished.clone(),
                commands: receiver,
            };
            let handle = tokio::task::block_in_place(|| start(settings))?;
            shards.push(handle);
            commands.push(sender);
            statuses.push(status);
        }
        let commands = Arc::new(commands);
        let state = Arc::new(UploadState::default());
        let publisher = Publisher::new(surroundings.store, &config.instance)?;
        let uploads =
            tokio::spawn(upload::run(uploads, publisher, Arc::clone(&commands), Arc::clone(&state)));
        let watch = watch::spawn(&surroundings.progress, &surroundings.metrics, statuses, state)?;
        let datasets = config.datasets.iter().map(DatasetConfig::key).collect::<Result<Vec<_>, _>>()?;
        let mut proxy = Self {
            shards,
            commands,
            clock,
            ledger: surroundings.ledger,
            registries,
            datasets,
            inputs: BTreeMap::new(),
            http: BTreeMap::new(),
            uploads,
            watch,
        };
        let change = proxy.prepare(&config)?;
        proxy.apply(change).await?;
        Ok(proxy)
    }

    /// Where the role listens.
    pub fn addresses(&self) -> Vec<Address> {
        let mut addresses = Vec::new();
        for (planned, address) in self.inputs.values() {
            let what = format!("syslog {}", listeners::transport_name(planned.input.transport));
            addresses.push(Address { what, dataset: planned.dataset.clone(), address: *address });
        }
        for http in self.http.values() {
            for (dataset, input) in &http.inputs {
                let what = format!("http {}", path_of(dataset, input));
                addresses.push(Address { what, dataset: dataset.clone(), address: http.address });
            }
        }
        addresses
    }

    /// Takes over another configuration: datasets and inputs change one by one, the others go on undisturbed.
    ///
    /// # Errors
    /// When the new configuration cannot be used; then everything goes on as it was. What concerns shards, storage
    /// and directories takes effect at the next start.
    pub async fn reload(&mut self, config: &Config) -> anyhow::Result<()> {
        let change = self.prepare(config)?;
        self.change_datasets(config).await?;
        self.apply(change).await
    }

    /// Everything of a change that can fail: settings are made, sockets are bound. Nothing is changed by it.
    fn prepare(&self, config: &Config) -> anyhow::Result<Change> {
        for dataset in &config.datasets {
            dataset_settings(config, dataset, Arc::default())?;
        }
        let syslog = listeners::plan(config)?;
        let udp_buffer_bytes = config.shards.udp_receive_buffer_bytes.bytes() as usize;
        let mut starting = Vec::new();
        for (id, plan) in &syslog {
            if self.inputs.get(id).is_some_and(|(running, _)| running == plan) {
                continue;
            }
            let transport = transport(&plan.input)?;
            let (address, sockets) = listeners::bind(&plan.input, self.commands.len(), udp_buffer_bytes)?;
            starting.push(StartingInput { id: id.clone(), plan: plan.clone(), address, transport, sockets });
        }
        let http = listeners::plan_http(config)?;
        let mut starting_http = Vec::new();
        for (listen, inputs) in &http {
            let running = self.http.get(listen);
            if running.is_some_and(|running| running.inputs == *inputs) {
                continue;
            }
            let listener = match running {
                // The address stays open: nobody is refused while its inputs change.
                Some(running) => running.listener.try_clone(),
                None => std::net::TcpListener::bind(listen),
            };
            let listener = listener.with_context(|| format!("cannot listen on http {listen}"))?;
            starting_http.push(StartingHttp { listen: *listen, inputs: inputs.clone(), listener });
        }
        let is_kept = |id: &String, running: &PlannedInput| syslog.get(id) == Some(running);
        let inputs = self.inputs.iter().filter(|(id, (running, _))| !is_kept(id, running));
        let http_inputs =
            self.http.iter().filter(|(listen, running)| http.get(*listen) != Some(&running.inputs));
        Ok(Change {
            stopping: inputs.map(|(id, _)| id.clone()).collect(),
            stopping_http: http_inputs.map(|(listen, _)| *listen).collect(),
            starting,
            starting_http,
        })
    }

    async fn change_datasets(&mut self, config: &Config) -> anyhow::Result<()> {
        for dataset in &config.datasets {
            let key = dataset.key()?;
            let is_new = !self.datasets.contains(&key);
            let registry = Arc::clone(self.registries.entry(key.clone()).or_default());
            for (number, shard) in self.commands.iter().enumerate() {
                let settings = dataset_settings(config, dataset, Arc::clone(&registry))?;
                let number = u16::try_from(number).unwrap_or(u16::MAX);
                let writers = if is_new { Some(self.ledger.open(&key, number)?) } else { None };
                send(shard, ShardCommand::SetDataset(Box::new(settings), writers)).await?;
            }
            if is_new {
                self.datasets.push(key);
            }
        }
        Ok(())
    }

    /// Starts what is new before it stops what is gone; an input that stays as it is keeps its sockets.
    async fn apply(&mut self, change: Change) -> anyhow::Result<()> {
        for id in change.stopping {
            for shard in self.commands.iter() {
                send(shard, ShardCommand::StopInput(id.clone())).await?;
            }
            self.inputs.remove(&id);
        }
        for starting in change.starting {
            self.start_input(starting).await?;
        }
        for listen in change.stopping_http {
            if let Some(running) = self.http.remove(&listen) {
                running.stop.stop();
                let _ = running.server.await;
            }
        }
        for StartingHttp { listen, inputs, listener } in change.starting_http {
            let running = self.start_http(inputs, listener)?;
            self.http.insert(listen, running);
        }
        Ok(())
    }

    async fn start_input(&mut self, starting: StartingInput) -> anyhow::Result<()> {
        let StartingInput { id, plan, address, transport, sockets } = starting;
        for (shard, socket) in self.commands.iter().zip(sockets) {
            let settings = InputSettings {
                id: id.clone(),
                dataset: plan.dataset.clone(),
                socket,
                address,
                message_bytes_max: plan.input.max_message_bytes.bytes() as usize,
                transport: transport.clone(),
            };
            send(shard, ShardCommand::StartInput(Box::new(settings))).await?;
        }
        self.inputs.insert(id, (plan, address));
        Ok(())
    }

    fn start_http(
        &self,
        inputs: Vec<(DatasetKey, HttpInput)>,
        listener: std::net::TcpListener,
    ) -> anyhow::Result<RunningHttp> {
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let served = tokio::net::TcpListener::from_std(listener.try_clone()?)?;
        let ingests = inputs.iter().map(|(dataset, input)| HttpIngest {
            dataset: dataset.clone(),
            path: path_of(dataset, input),
            body_bytes_max: input.max_body_bytes.bytes() as usize,
            token: input.token.clone(),
            shards: Arc::clone(&self.commands),
            clock: Arc::clone(&self.clock),
            turn: Arc::new(AtomicUsize::new(0)),
        });
        let router = http_input::router(ingests.collect());
        let (stop, token) = shutdown();
        let server = tokio::spawn(async move {
            if let Err(error) = serve(served, router, ServeLimits::default(), token).await {
                error!(%address, %error, "an http input ended");
            }
        });
        Ok(RunningHttp { inputs, address, listener, stop, server })
    }

    /// Ends: inputs first, then what is in flight is logged, written and uploaded as far as time allows.
    pub async fn drain(mut self) {
        while let Some((_, running)) = self.http.pop_first() {
            running.stop.stop();
            let _ = running.server.await;
        }
        let deadline = Duration::from_secs(DRAIN_SECONDS_MAX);
        for shard in self.commands.iter() {
            let _ = shard.send(ShardCommand::Drain { deadline }).await;
        }
        for shard in std::mem::take(&mut self.shards) {
            tokio::task::block_in_place(|| shard.join());
        }
        self.watch.abort();
        // The shards held the senders; without them the uploads end by themselves.
        self.uploads.abort();
        info!("drained");
    }
}

async fn send(shard: &async_channel::Sender<ShardCommand>, command: ShardCommand) -> anyhow::Result<()> {
    shard.send(command).await.map_err(|_| anyhow!("a shard has ended"))
}

fn path_of(dataset: &DatasetKey, input: &HttpInput) -> String {
    input.path.replace("{tenant}", dataset.tenant()).replace("{dataset}", dataset.dataset())
}

fn log_options(config: &Config, shard: u16) -> LogOptions {
    LogOptions {
        instance: config.instance.clone(),
        shard,
        segment_bytes: config.shards.log_segment_bytes.bytes(),
        disk_bytes_max: config.shards.log_disk_bytes_max.bytes(),
        random_seed: rand::random(),
    }
}

/// What a shard does with a dataset that only its log knows.
fn unknown_dataset(config: &Config, ledger: &Arc<Ledger>, shard: u16) -> UnknownDataset {
    let (config, ledger) = (config.clone(), Arc::clone(ledger));
    Box::new(move |key| {
        let writers = ledger.open(key, shard)?;
        Ok((default_dataset_settings(&config, key)?, writers))
    })
}

/// The CPU of each shard. Where an earlier start had more shards, so has this one, sharing CPUs: their logs may hold
/// events that are not stored yet.
fn shard_cpus(plan: &CpuPlan, data_dir: &Path) -> Vec<usize> {
    let logs = std::fs::read_dir(data_dir.join("log")).into_iter().flatten().flatten();
    let numbers = logs.filter_map(|entry| entry.file_name().to_str()?.parse::<usize>().ok());
    let earlier = numbers.max().map_or(0, |highest| highest + 1).min(SHARDS_MAX);
    if earlier > plan.shards.len() {
        warn!(
            earlier,
            configured = plan.shards.len(),
            "an earlier start had more shards; their logs are taken up too"
        );
    }
    plan.shards.iter().copied().cycle().take(earlier.max(plan.shards.len())).collect()
}

/// The folders of one shard.
struct Folders {
    log: PathBuf,
    spool: PathBuf,
}

impl Folders {
    /// Makes them. The spool is emptied: the log has every row of what lay there.
    fn make(data_dir: &Path, shard: u16) -> anyhow::Result<Self> {
        let log = data_dir.join("log").join(shard.to_string());
        let spool = data_dir.join("spool").join(shard.to_string());
        if let Err(error) = std::fs::remove_dir_all(&spool)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            return Err(error).with_context(|| format!("cannot empty {}", spool.display()));
        }
        for folder in [&log, &spool] {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        Ok(Self { log, spool })
    }
}
