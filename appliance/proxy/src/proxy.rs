//! The role as a whole: starts, changes and drains the shards and their inputs.

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, ensure};
use axum::Router;
use bytefreezer_core::config::{Config, DatasetConfig, Route};
use bytefreezer_core::http_server::{ServeLimits, serve_over};
use bytefreezer_core::ledger::Ledger;
use bytefreezer_core::metrics::Metrics;
use bytefreezer_core::name_servers::NameServers;
use bytefreezer_core::progress::Progress;
use bytefreezer_core::resources::{self, ResourceFolder};
use bytefreezer_core::shutdown::{ShutdownTrigger, shutdown};
use bytefreezer_core::tls::http_tls_config;
use bytefreezer_lake::{Publisher, Store};
use hotpath::batch::ColumnRegistry;
use hotpath::clock::{Clock, SystemClock};
use hotpath::filter::Resources;
use hotpath::names::DatasetKey;
use hotpath::shard::{InputSettings, ShardCommand, ShardHandle, Transport};
use rustls::ServerConfig;
use tokio::runtime::Handle;
use tracing::{error, info};

use crate::cpus::CpuPlan;
use crate::forward::Forwarder;
use crate::http;
use crate::limits::DRAIN_SECONDS_MAX;
use crate::listeners::{self, HttpInputs, HttpPlace, PlannedInput};
use crate::settings::{batch_bytes_max, dataset_settings, message_bytes_max, source_type, transport};
use crate::shards::{Shards, shard_cpus};
use crate::upload::{self, Destinations, UploadState};
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
    /// What comes in there: `syslog udp`, `http /ingest/default/web`.
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
    requests: http::Shared,
    ledger: Arc<Ledger>,
    registries: HashMap<DatasetKey, Arc<ColumnRegistry>>,
    resources: Arc<Resources>,
    datasets: Vec<DatasetKey>,
    /// Whether there is somebody who hands batches to receivers; that is settled at the start.
    can_forward: bool,
    inputs: BTreeMap<String, (PlannedInput, SocketAddr)>,
    http: BTreeMap<HttpPlace, RunningHttp>,
    uploads: tokio::task::JoinHandle<()>,
    dead_letters: Option<tokio::task::JoinHandle<()>>,
    refresh: tokio::task::JoinHandle<()>,
    watch: tokio::task::JoinHandle<()>,
}

/// What a new configuration changes about the inputs; all of it is ready to start.
struct Change {
    stopping: Vec<String>,
    stopping_http: Vec<HttpPlace>,
    starting: Vec<StartingInput>,
    starting_http: Vec<StartingHttp>,
}

/// The HTTP inputs of an address, with its listening socket.
struct StartingHttp {
    place: HttpPlace,
    inputs: HttpInputs,
    listener: std::net::TcpListener,
    router: Router,
    tls: Option<Arc<ServerConfig>>,
}

/// An input with its sockets, one for each shard.
struct StartingInput {
    id: String,
    plan: PlannedInput,
    address: SocketAddr,
    transport: Transport,
    sockets: Vec<OwnedFd>,
}

struct RunningHttp {
    inputs: HttpInputs,
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
        let Surroundings { ledger, progress, metrics, store, registries } = surroundings;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
        let datasets = config.datasets.iter().map(DatasetConfig::key).collect::<Result<Vec<_>, _>>()?;
        let (finished_cuts, uploads) = async_channel::unbounded();
        let names = Arc::new(NameServers::on(Handle::current()));
        let folder = Arc::new(ResourceFolder::new(&config.resources_dir));
        let resources = Arc::new(Resources::awaiting(folder).with_names(names));
        let mut shards = Shards::new(registries, Arc::clone(&resources));
        for (number, cpu) in shard_cpus(plan, &config.data_dir).into_iter().enumerate() {
            let number = u16::try_from(number).context("more shards than there are numbers")?;
            shards.start(&config, number, cpu, &ledger, &clock, &finished_cuts)?;
        }
        let Shards { handles, commands, statuses, registries, .. } = shards;
        let commands = Arc::new(commands);
        let state = Arc::new(UploadState::default());
        let forwarder = Forwarder::of(&config)?;
        let can_forward = forwarder.is_some();
        let dead_letters =
            forwarder.clone().map(|forwarder| tokio::spawn(forwarder.look_after_dead_letters()));
        let destinations = Destinations { publisher: Publisher::new(store, &config.instance)?, forwarder };
        let uploads =
            tokio::spawn(upload::run(uploads, destinations, Arc::clone(&commands), Arc::clone(&state)));
        let requests = http::Shared {
            shards: Arc::clone(&commands),
            statuses: Arc::new(statuses.clone()),
            clock,
            turn: Arc::default(),
            memory: http::RequestMemory::default(),
            batch_bytes_max: batch_bytes_max(&config),
        };
        let refresh = tokio::spawn(resources::refresh(Arc::clone(&resources)));
        let watch = watch::spawn(&progress, &metrics, statuses, state)?;
        let mut proxy = Self {
            shards: handles,
            commands,
            requests,
            ledger,
            registries,
            resources,
            datasets,
            can_forward,
            inputs: BTreeMap::new(),
            http: BTreeMap::new(),
            uploads,
            dead_letters,
            refresh,
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
            let what = listeners::name_of(&planned.input);
            addresses.push(Address { what, dataset: planned.dataset.clone(), address: *address });
        }
        for http in self.http.values() {
            for (dataset, input) in &http.inputs {
                let what = format!("http {}", http::main_path(input));
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
            ensure!(
                self.can_forward || dataset.route == Route::Direct,
                "dataset {}/{} takes the staged route, which no dataset took at the start: restart",
                dataset.tenant,
                dataset.dataset
            );
            dataset_settings(config, dataset, Arc::default(), &self.resources)?;
        }
        let planned = listeners::plan(config)?;
        let udp_buffer_bytes = config.shards.udp_receive_buffer_bytes.bytes() as usize;
        let mut starting = Vec::new();
        for (id, plan) in &planned {
            if self.inputs.get(id).is_some_and(|(running, _)| running == plan) {
                continue;
            }
            let transport = transport(&plan.input)?;
            let (address, sockets) = listeners::bind(&plan.input, self.commands.len(), udp_buffer_bytes)?;
            starting.push(StartingInput { id: id.clone(), plan: plan.clone(), address, transport, sockets });
        }
        let http = listeners::plan_http(config)?;
        let mut starting_http = Vec::new();
        for (place, inputs) in &http {
            let (listen, _) = place;
            let running = self.http.get(place);
            if running.is_some_and(|running| running.inputs == *inputs) {
                continue;
            }
            let listener = match running {
                // The address stays open: nobody is refused while its inputs change.
                Some(running) => running.listener.try_clone(),
                None => std::net::TcpListener::bind(listen),
            };
            let listener = listener.with_context(|| format!("cannot listen on http {listen}"))?;
            let router = http::router(inputs, &self.requests)?;
            // Inputs that share an address have the same keys; the check of the configuration makes sure of it.
            let tls = inputs.first().and_then(|(_, input)| input.tls.as_ref());
            let tls = tls.map(http_tls_config).transpose()?.map(Arc::new);
            let (place, inputs) = (place.clone(), inputs.clone());
            starting_http.push(StartingHttp { place, inputs, listener, router, tls });
        }
        let is_kept = |id: &String, running: &PlannedInput| planned.get(id) == Some(running);
        let inputs = self.inputs.iter().filter(|(id, (running, _))| !is_kept(id, running));
        let http_inputs =
            self.http.iter().filter(|(place, running)| http.get(*place) != Some(&running.inputs));
        Ok(Change {
            stopping: inputs.map(|(id, _)| id.clone()).collect(),
            stopping_http: http_inputs.map(|(place, _)| place.clone()).collect(),
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
                let settings = dataset_settings(config, dataset, Arc::clone(&registry), &self.resources)?;
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
        for place in change.stopping_http {
            if let Some(running) = self.http.remove(&place) {
                running.stop.stop();
                let _ = running.server.await;
            }
        }
        for starting in change.starting_http {
            let place = starting.place.clone();
            self.http.insert(place, start_http(starting)?);
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
                source_type: source_type(&plan.input),
                message_bytes_max: message_bytes_max(&plan.input),
                transport: transport.clone(),
            };
            send(shard, ShardCommand::StartInput(Box::new(settings))).await?;
        }
        self.inputs.insert(id, (plan, address));
        Ok(())
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
        self.refresh.abort();
        if let Some(dead_letters) = &self.dead_letters {
            dead_letters.abort();
        }
        // The shards held the senders; without them the uploads end by themselves.
        self.uploads.abort();
        info!("drained");
    }
}

async fn send(shard: &async_channel::Sender<ShardCommand>, command: ShardCommand) -> anyhow::Result<()> {
    shard.send(command).await.map_err(|_| anyhow!("a shard has ended"))
}

fn start_http(starting: StartingHttp) -> anyhow::Result<RunningHttp> {
    let StartingHttp { inputs, listener, router, tls, .. } = starting;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let served = tokio::net::TcpListener::from_std(listener.try_clone()?)?;
    let mut limits = ServeLimits::default();
    if let Some((_, input)) = inputs.first() {
        limits.connections_max = input.max_connections as usize;
    }
    let (stop, token) = shutdown();
    let server = tokio::spawn(async move {
        if let Err(error) = serve_over(served, tls, router, limits, token).await {
            error!(%address, %error, "an http input ended");
        }
    });
    Ok(RunningHttp { inputs, address, listener, stop, server })
}
