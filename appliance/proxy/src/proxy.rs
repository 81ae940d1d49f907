//! The role as a whole: starts, changes and drains the shards and their inputs.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use anyhow::{Context, anyhow};
use bytefreezer_core::config::{Config, HttpInput};
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
use hotpath::shard::{InputSettings, ShardCommand, ShardHandle, ShardSettings, ShardStatus, start};
use tracing::{error, info};

use crate::cpus::CpuPlan;
use crate::http_input::{self, HttpIngest};
use crate::limits::{DRAIN_SECONDS_MAX, SHARD_COMMANDS_MAX};
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
    config: Config,
}

struct RunningHttp {
    inputs: Vec<(DatasetKey, HttpInput)>,
    address: SocketAddr,
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
        for (number, cpu) in plan.shards.iter().enumerate() {
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
            let ledger = Arc::clone(&surroundings.ledger);
            let settings = ShardSettings {
                shard: number,
                instance: config.instance.clone(),
                cpu: Some(*cpu),
                log_directory: folders.log,
                log: log_options(&config, number),
                spool_directory: folders.spool,
                flush_interval: Duration::from_millis(config.shards.log_flush_interval_ms),
                pool: BlockPool::new(BLOCK_BYTES, config.shards.block_pool_bytes.bytes() as usize / BLOCK_BYTES),
                row_groups_bytes_max: 2 * config.shards.row_group_memory_bytes.bytes() as usize,
                datasets,
                unknown_dataset: Box::new(move |key| {
                    let writers = ledger.open(key, number).unwrap_or_else(|error| {
                        error!(dataset = %key, %error, "a dataset of the log is stored without an account");
                        hotpath::account::DatasetCounters::new().1
                    });
                    (default_dataset_settings(key), writers)
                }),
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
        let datasets = config.datasets.iter().map(|dataset| dataset.key()).collect::<Result<Vec<_>, _>>()?;
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
            config: config.clone(),
        };
        proxy.change_inputs(&config).await?;
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
        for dataset in &config.datasets {
            // All of it is made before any of it is sent: a filter that does not compile changes nothing.
            dataset_settings(config, dataset, Arc::default())?;
        }
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
        self.change_inputs(config).await?;
        self.config = config.clone();
        Ok(())
    }

    async fn change_inputs(&mut self, config: &Config) -> anyhow::Result<()> {
        self.change_syslog_inputs(config).await?;
        self.change_http_inputs(config).await
    }

    /// Binds what is new, then stops what is gone; an input that stays as it is keeps its sockets.
    async fn change_syslog_inputs(&mut self, config: &Config) -> anyhow::Result<()> {
        let planned = listeners::plan(config)?;
        let udp_buffer_bytes = config.shards.udp_receive_buffer_bytes.bytes() as usize;
        let mut starting = Vec::new();
        for (id, plan) in &planned {
            if self.inputs.get(id).is_some_and(|(running, _)| running == plan) {
                continue;
            }
            let transport = transport(&plan.input)?;
            let (address, sockets) = listeners::bind(&plan.input, self.commands.len(), udp_buffer_bytes)?;
            starting.push((id.clone(), plan.clone(), address, transport, sockets));
        }
        let stopping: Vec<String> = self
            .inputs
            .iter()
            .filter(|(id, (running, _))| planned.get(*id) != Some(running))
            .map(|(id, _)| id.clone())
            .collect();
        for id in stopping {
            for shard in self.commands.iter() {
                send(shard, ShardCommand::StopInput(id.clone())).await?;
            }
            self.inputs.remove(&id);
        }
        for (id, plan, address, transport, sockets) in starting {
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
        }
        Ok(())
    }

    async fn change_http_inputs(&mut self, config: &Config) -> anyhow::Result<()> {
        let planned = listeners::plan_http(config)?;
        let gone: Vec<SocketAddr> = self
            .http
            .iter()
            .filter(|(listen, running)| planned.get(*listen) != Some(&running.inputs))
            .map(|(listen, _)| *listen)
            .collect();
        for listen in gone {
            if let Some(running) = self.http.remove(&listen) {
                running.stop.stop();
                let _ = running.server.await;
            }
        }
        for (listen, inputs) in planned {
            if !self.http.contains_key(&listen) {
                let running = self.start_http(listen, inputs).await?;
                self.http.insert(listen, running);
            }
        }
        Ok(())
    }

    async fn start_http(&self, listen: SocketAddr, inputs: Vec<(DatasetKey, HttpInput)>) -> anyhow::Result<RunningHttp> {
        let listener =
            tokio::net::TcpListener::bind(listen).await.with_context(|| format!("cannot listen on http {listen}"))?;
        let address = listener.local_addr()?;
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
            if let Err(error) = serve(listener, router, ServeLimits::default(), token).await {
                error!(%address, %error, "an http input ended");
            }
        });
        Ok(RunningHttp { inputs, address, stop, server })
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
