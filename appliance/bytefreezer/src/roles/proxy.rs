//! The roles `run` and `proxy`: taking in, with health beside it, and for `run` SQL in the same process.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use bytefreezer_core::config::Config;
use bytefreezer_core::health::{HealthState, health_router};
use bytefreezer_core::http_server::{ServeLimits, serve};
use bytefreezer_core::ledger::Ledger;
use bytefreezer_core::logging::LogHandle;
use bytefreezer_core::metrics::Metrics;
use bytefreezer_core::progress::{ComponentState, Progress};
use bytefreezer_core::shutdown::{Shutdown, Signal, Signals, shutdown};
use bytefreezer_core::systemd::{feed_watchdog, notify_ready, notify_reloading, notify_stopping};
use bytefreezer_lake::limits::MAX_METADATA_BYTES;
use bytefreezer_lake::schema::DatasetSchema;
use bytefreezer_lake::{Store, StoreErrorKind, keys};
use bytefreezer_proxy::cpus::{CpuPlan, bind_thread};
use bytefreezer_proxy::{Proxy, Surroundings};
use hotpath::batch::ColumnRegistry;
use hotpath::names::DatasetKey;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::task::JoinHandle;
use tracing::{error, info, warn};

use super::query::{BEAT_DEADLINE, Routes, beat, query_routes};
use super::{announce, begin};
use crate::lake_access::open_store_of;
use crate::settings::ConfigArgs;

/// What `systemctl status` shows while the role works.
const STATUS: &str = "taking events in";
/// Threads for uploads, HTTP inputs, health.
const SERVING_THREADS: usize = 2;
/// Longest wait at the start for what the storage knows of the columns; without it their types are found anew.
const KNOWN_COLUMNS_WAIT: Duration = Duration::from_secs(10);

/// Every role in one process, until SIGTERM.
pub fn run(args: &ConfigArgs) -> Result<()> {
    start(args, true)
}

/// The role that takes events in, until SIGTERM.
pub fn proxy(args: &ConfigArgs) -> Result<()> {
    start(args, false)
}

fn start(args: &ConfigArgs, with_query: bool) -> Result<()> {
    let (config, log) = begin(args)?;
    let plan = CpuPlan::new(&config.shards.cpus)?;
    let serving = threads("serve", &plan)?;
    // Apart, so that a query that takes all CPUs it may have does not hold up uploads and health.
    let working = if with_query { Some(threads("query", &plan)?) } else { None };
    let query_handle = working.as_ref().map(|working| working.handle().clone());
    let done = serving.block_on(serve_until_told(args, config, &log, &plan, query_handle));
    if let Some(working) = working {
        working.shutdown_background();
    }
    serving.shutdown_background();
    done
}

/// Threads beside the shards; where CPUs are left over by the shards, they keep to those.
fn threads(name: &str, plan: &CpuPlan) -> Result<Runtime> {
    let rest = plan.rest.clone();
    Builder::new_multi_thread()
        .thread_name(name)
        .worker_threads(SERVING_THREADS)
        .on_thread_start(move || bind_thread(&rest))
        .enable_all()
        .build()
        .context("cannot start threads")
}

async fn serve_until_told(
    args: &ConfigArgs,
    config: Config,
    log: &LogHandle,
    plan: &CpuPlan,
    working: Option<Handle>,
) -> Result<()> {
    let mut signals = Signals::take_over().context("cannot take the signals over")?;
    let file = args.config.as_deref();
    let store = open_store_of(&config, file).await?;
    let ledger = Arc::new(Ledger::default());
    let progress = Progress::default();
    let metrics = Arc::new(Metrics::new(Arc::clone(&ledger), progress.clone()));
    let health = HealthState {
        progress: progress.clone(),
        ledger: Arc::clone(&ledger),
        metrics: Arc::clone(&metrics),
    };
    let (trigger, token) = shutdown();
    // Health answers while the log is taken up: that may take long, and somebody will ask.
    let mut servers = Servers { token: token.clone(), tasks: Vec::new(), addresses: Vec::new() };
    servers.start("health", config.health.listen, health_router(health.clone())).await?;
    let watchdog = tokio::spawn(feed_watchdog(progress.clone(), token.clone()));
    let surroundings = Surroundings {
        ledger,
        progress: progress.clone(),
        metrics,
        registries: known_columns(store.as_ref(), &config).await,
        store,
    };
    let mut proxy = Proxy::start(config.clone(), plan, surroundings).await?;
    let query = match working {
        None => None,
        Some(working) => {
            let component = progress.register("query", Some(BEAT_DEADLINE))?;
            let routes = Routes::new(query_routes(&config, file, working.clone())?);
            let app = health_router(health).fallback_service(routes.service());
            servers.start("query", config.query.listen, app).await?;
            component.set(ComponentState::Ready);
            servers.tasks.push(tokio::spawn(async move {
                beat(component, token).await;
                Ok(())
            }));
            Some((working, routes))
        }
    };
    for address in proxy.addresses() {
        announce(&format!("listening on {} {} for {}", address.what, address.address, address.dataset))?;
    }
    for (what, address) in &servers.addresses {
        announce(&format!("listening on {what} http://{address}"))?;
    }
    announce("ready")?;
    notify_ready(STATUS);
    info!("ready");
    while signals.next().await == Signal::Reload {
        notify_reloading();
        let query = query.as_ref().map(|(working, routes)| (working, routes));
        reload(args, log, &mut proxy, query).await;
        notify_ready(STATUS);
    }
    notify_stopping("draining");
    info!("draining");
    proxy.drain().await;
    trigger.stop();
    servers.join().await?;
    watchdog.await.context("the watchdog's task broke down")
}

/// Loads the configuration again. A wrong one is reported, and everything stays as it is.
async fn reload(args: &ConfigArgs, log: &LogHandle, proxy: &mut Proxy, query: Option<(&Handle, &Routes)>) {
    let config = match args.load() {
        Ok(config) => config,
        Err(problems) => return error!(%problems, "the configuration is wrong, the one before stays"),
    };
    if let Err(error) = proxy.reload(&config).await {
        return error!(error = format!("{error:#}"), "cannot reload, the configuration before stays");
    }
    if let Some((working, routes)) = query {
        match query_routes(&config, args.config.as_deref(), working.clone()) {
            Ok(new) => routes.replace(new),
            Err(error) => error!(error = format!("{error:#}"), "queries go on with the configuration before"),
        }
    }
    if let Err(error) = log.set_level(&config.log) {
        warn!(%error, "the level of the log stays");
    }
    info!("reloaded; what concerns shards, storage and directories takes effect at the next start");
}

/// The HTTP servers of the process.
struct Servers {
    token: Shutdown,
    tasks: Vec<JoinHandle<std::io::Result<()>>>,
    addresses: Vec<(&'static str, std::net::SocketAddr)>,
}

impl Servers {
    async fn start(
        &mut self,
        what: &'static str,
        listen: std::net::SocketAddr,
        router: axum::Router,
    ) -> Result<()> {
        let listener =
            TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
        self.addresses.push((what, listener.local_addr()?));
        self.tasks.push(tokio::spawn(serve(listener, router, ServeLimits::default(), self.token.clone())));
        Ok(())
    }

    async fn join(self) -> Result<()> {
        for task in self.tasks {
            task.await.context("a server's task broke down")??;
        }
        Ok(())
    }
}

/// The columns that earlier files have, so that their types stay.
async fn known_columns(store: &dyn Store, config: &Config) -> HashMap<DatasetKey, Arc<ColumnRegistry>> {
    let mut known = HashMap::new();
    for dataset in &config.datasets {
        let Ok(key) = dataset.key() else { continue };
        let columns = match tokio::time::timeout(KNOWN_COLUMNS_WAIT, schema_of(store, &key)).await {
            Ok(Ok(columns)) => columns,
            Ok(Err(error)) => {
                warn!(dataset = %key, error = format!("{error:#}"), "cannot read the columns of earlier files, their types are found anew");
                continue;
            }
            Err(_) => {
                warn!(
                    location = store.location(),
                    "the storage does not answer; column types are found anew"
                );
                return known;
            }
        };
        known.insert(key, Arc::new(columns));
    }
    known
}

async fn schema_of(store: &dyn Store, dataset: &DatasetKey) -> Result<ColumnRegistry> {
    let object = match store.get(&keys::schema_key(dataset), MAX_METADATA_BYTES).await {
        Ok(object) => object,
        Err(error) if error.kind() == StoreErrorKind::NotFound => return Ok(ColumnRegistry::default()),
        Err(error) => return Err(error.into()),
    };
    let schema: DatasetSchema =
        serde_json::from_slice(&object.bytes).context("schema.json is not readable")?;
    Ok(ColumnRegistry::new(schema.columns.into_iter().map(|column| (column.name, column.column_type))))
}
